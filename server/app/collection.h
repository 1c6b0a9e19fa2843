/* What is stored with a history: scenarios, and sets of them. What each is called, where it is found, and how
 * it is checked; all else of their lives is the same. */
#ifndef SC_APP_COLLECTION_H
#define SC_APP_COLLECTION_H

#include "secondchair/call.h"
#include "secondchair/store.h"

#include <jansson.h>

struct sc_collection {
    const char *noun; /* "scenario": in sentences, and the member of a question that sends one along */
    const char *path; /* "/v1/scenarios" */
    enum sc_problem invalid;
    /* True when the document may be stored. False with faults, or without when memory is short. */
    bool (*is_valid)(struct sc_call *call, const json_t *document, struct sc_faults *faults);
};

const struct sc_collection *sc_collection(enum sc_record_type type);

#endif
