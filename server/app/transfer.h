/* Everything that is stored as lines of JSON, one a revision, and back. */
#ifndef SC_APP_TRANSFER_H
#define SC_APP_TRANSFER_H

#include "resolve.h"
#include "secondchair/fault.h"
#include "secondchair/store.h"

#include <jansson.h>
#include <stdbool.h>

/* The member "kind" of a line: "document", "variant" or "set". */
const char *sc_line_kind(const struct sc_record *record);

/* One line of an export. Texts and values are borrowed from the line's JSON. */
struct sc_line {
    enum sc_record_type type;
    const char *id, *parent, *name, *sha256;
    bool builtin, variant;
    int64_t revision, created_at, updated_at, deleted_at;
    char parents[SC_VERSION_MAX]; /* of a record: "3.5"; "" where the line does not say */
    json_t *document, *overrides; /* one of them */
};

/* Reads a line and checks all that can be seen in it alone: members, ids, times, that the document is valid
 * and has that digest, that the overlay or the set is well-formed. Faults have the pointer place and the
 * member
 * ("/7/id"). False when there was one, or, without any, when memory is short. */
bool sc_line_read(json_t *json, const char *place, struct sc_line *line, struct sc_faults *faults)
    __attribute__((warn_unused_result));

/* ISO 8601 as sc_clock_timestamp writes it, exactly. */
bool sc_time_read(const char *text, int64_t *microseconds) __attribute__((warn_unused_result));

#endif
