/* What is asked besides the scenario or the set: overrides, inputs and the question's own members, from the
 * body and the query. */
#ifndef SC_APP_QUESTION_H
#define SC_APP_QUESTION_H

#include "collection.h"
#include "secondchair/call.h"

#include <jansson.h>

struct sc_question {
    json_t *sent;      /* of a sent question: a document or an id; owned */
    json_t *overrides; /* the body's and then those of ?set=, an array; NULL where there are none; owned */
    json_t *members;   /* the question's own, an object; owned */
    bool inputs;
    int64_t revision; /* ?revision=; 0 for the newest */
};

/* members as for sc_subject_of_stored; sent: the body must name or hold one of this collection, as the member
 * of its noun; NULL: it is stored. False: the answer is a problem. Always pair with sc_question_fini. */
bool sc_question_read(struct sc_call *call, const char *const *members, const struct sc_collection *sent,
                      struct sc_question *question) __attribute__((warn_unused_result));
/* The same of one question among many, which is no call's body: an object whose members beside the question's
 * own are those of own (ended by NULL). Adds to faults; revision is left alone. */
bool sc_question_of_json(struct sc_call *call, const json_t *object, const char *const *own,
                         const char *const *members, struct sc_faults *faults, struct sc_question *question)
    __attribute__((warn_unused_result));
void sc_question_fini(struct sc_question *question);

#endif
