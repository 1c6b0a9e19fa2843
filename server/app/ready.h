/* Scenarios kept ready for questions: each is read, resolved and compiled once, and so is each set of numbers
 * that questions move in it, until its contents change. Threads share what is kept; it never changes. */
#ifndef SC_APP_READY_H
#define SC_APP_READY_H

#include "mould.h"
#include "subject.h"

struct sc_ready {
    struct sc_source source;    /* frozen */
    const struct sc_plan *plan; /* NULL where the document is not valid */
};

/* The living stored scenario of that id, at a revision or 0 for its newest, as it is now: NULL, and the
 * call's answer is a problem, or shared; to be released. */
struct sc_ready *sc_ready_find(struct sc_call *call, const char *id, int64_t revision);

/* The same of a document that was sent along for many questions, with so many bytes. Takes the one reference
 * to it that there is; NULL when memory is short. */
struct sc_ready *sc_ready_of_document(json_t *document, size_t length);

struct sc_ready *sc_ready_share(struct sc_ready *ready);
void sc_ready_release(struct sc_ready *ready);

/* The mould of a scenario which these overrides fit, made if need be: NULL where there is none, or shared; to
 * be released. */
struct sc_mould *sc_ready_mould(struct sc_call *call, const struct sc_ready *ready, const json_t *overrides);

#endif
