/* What is asked besides the scenario: overrides, inputs and the question's own members, from the body and the
 * query. */
#ifndef SC_APP_QUESTION_H
#define SC_APP_QUESTION_H

#include "secondchair/call.h"

#include <jansson.h>

struct sc_question {
    json_t *scenario;  /* of a sent question: an object or an id; owned */
    json_t *overrides; /* the body's and then those of ?set=, an array; NULL where there are none; owned */
    json_t *members;   /* the question's own, an object; owned */
    bool inputs;
    int64_t revision; /* ?revision=; 0 for the newest */
};

/* members as for sc_subject_of_stored; sent says that the body must name or hold a scenario. False: the
 * answer is a problem. Always pair with sc_question_fini. */
bool sc_question_read(struct sc_call *call, const char *const *members, bool sent,
                      struct sc_question *question) __attribute__((warn_unused_result));
void sc_question_fini(struct sc_question *question);

#endif
