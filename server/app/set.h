/* Sets: whether one may be stored, what a question about one is about, and each of its members as a scenario
 * that can be evaluated. */
#ifndef SC_APP_SET_H
#define SC_APP_SET_H

#include "codec/set_document.h"
#include "evaluation.h"
#include "resolve.h"
#include "secondchair/call.h"

#include <jansson.h>

struct sc_buffer;

/* True when the set reads and each member is there and has a value. False with all faults, or without when
 * memory is short or the store cannot be read. */
bool sc_set_is_valid(struct sc_call *call, const json_t *document, struct sc_faults *faults)
    __attribute__((warn_unused_result));

/* One member, found, overridden and compiled; then evaluated. */
struct sc_case {
    const char *id; /* these live in the arena */
    int64_t revision;
    char version[SC_VERSION_MAX]; /* of its chain */
    json_t *document, *overlay,
        *overrides;              /* owned: after all overrides; a variant's own; all that were put in */
    char sha256[SC_DIGEST_TEXT]; /* of the document */
    const struct sc_plan *plan;
    const struct sc_evaluation *evaluation; /* NULL until sc_case_evaluate */
};

/* Where a member is looked for, and where its faults go: their pointers lead into the set
 * ("/members/0/scenario") or the question ("/overrides/0/pointer"). */
struct sc_case_context {
    struct sc_reader *reader;
    const struct sc_set *set;
    const json_t *overrides; /* the question's, put in after the member's own; NULL for none */
    struct sc_arena *arena;  /* of all that the case does not own */
    struct sc_faults *faults;
};

/* False with faults, or without for want of memory or storage. Always pair with sc_case_fini. */
bool sc_case_load(const struct sc_case_context *context, size_t index, struct sc_case *one)
    __attribute__((warn_unused_result));
bool sc_case_evaluate(const struct sc_case_context *context, size_t index, struct sc_case *one)
    __attribute__((warn_unused_result));

/* Moves what was found in a member to the context's faults: as faults of the scenario, which `what` ("has no
 * value"), or of the question where what is NULL, whose places they keep. */
void sc_case_blame(const struct sc_case_context *context, size_t index, struct sc_faults *found,
                   const char *what);
void sc_case_fini(struct sc_case *one);

/* What a question about a set is about. */
struct sc_set_subject {
    const char *id;   /* NULL for a set sent along */
    int64_t revision; /* 0 likewise */
    char sha256[SC_DIGEST_TEXT];
    json_t *document;  /* owned */
    struct sc_set set; /* the document's */
    json_t *overrides; /* of every member, an array, or NULL; owned */
    json_t *question;  /* the members of the question alone; owned */
    bool inputs;
};

/* As sc_subject_of_stored and sc_subject_of_sent have it of a scenario, up to the ETag: the members of the
 * set are still to be loaded. */
bool sc_set_subject_of_stored(struct sc_call *call, const char *const *members,
                              struct sc_set_subject *subject) __attribute__((warn_unused_result));
bool sc_set_subject_of_sent(struct sc_call *call, const char *const *members, struct sc_set_subject *subject)
    __attribute__((warn_unused_result));
void sc_set_subject_fini(struct sc_set_subject *subject);

/* What an answer's bytes depend on: begun with the subject and the question, then each member's id and
 * version in their order. False when memory is short. */
bool sc_set_identity_begin(const struct sc_call *call, const struct sc_set_subject *subject,
                           struct sc_buffer *identity) __attribute__((warn_unused_result));
bool sc_set_identity_add(struct sc_buffer *identity, const char *id, const char *version)
    __attribute__((warn_unused_result));

/* Makes the identity the answer's ETag; true: the client has it (304). */
bool sc_set_identity_is_known(struct sc_call *call, const struct sc_buffer *identity);

/* True when the client has the answer already (304): the revisions of the members are looked at, and no
 * document.
 */
bool sc_set_subject_is_known(struct sc_call *call, const struct sc_set_subject *subject)
    __attribute__((warn_unused_result));

#endif
