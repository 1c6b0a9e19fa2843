/* Faults of a document or a question: what is wrong, where, and how to mend it. Collected, never printed, by
 * whoever finds them. */
#ifndef SC_FAULT_H
#define SC_FAULT_H

#include <stdbool.h>
#include <stddef.h>

enum sc_fault_code {
#define SC_FAULT(name, meaning) SC_FAULT_##name,
#include "faults.def"
#undef SC_FAULT
    SC_FAULT_CODES
};

enum {
    SC_POINTER_MAX =
        192, /* longest RFC 6901 pointer into a document, terminated; longer ones are cut with "…" */
    SC_DETAIL_MAX = 320,
    SC_FAULTS_MAX = 64 /* reported of one document; more are only counted */
};

struct sc_fault {
    enum sc_fault_code code;
    char pointer[SC_POINTER_MAX];
    char detail[SC_DETAIL_MAX];
};

struct sc_faults {
    struct sc_fault item[SC_FAULTS_MAX];
    size_t count;
    size_t omitted; /* found beyond SC_FAULTS_MAX */
};

/* The name a code has in the API, for instance "out_of_range". */
const char *sc_fault_name(enum sc_fault_code code);

/* What a code means in general, one sentence, for the reference. */
const char *sc_fault_meaning(enum sc_fault_code code);

void sc_fault_add(struct sc_faults *faults, enum sc_fault_code code, const char *pointer, const char *format,
                  ...) __attribute__((format(printf, 4, 5)));

static inline bool sc_faults_any(const struct sc_faults *faults)
{
    return faults->count > 0;
}

#endif
