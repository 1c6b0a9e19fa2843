/* What a question is about: a scenario with its overrides, resolved, compiled and identified. Shared by every
 * question. */
#ifndef SC_APP_SUBJECT_H
#define SC_APP_SUBJECT_H

#include "mould.h"
#include "secondchair/call.h"
#include "secondchair/plan.h"

#include <jansson.h>

struct sc_json_filter;
struct sc_json_writer;
struct sc_question;
struct sc_ready;

/* A scenario as it was read, before any override: questions may share one. */
struct sc_source {
    const char *id;   /* NULL for a document sent along */
    int64_t revision; /* 0 likewise */
    char sha256[65];  /* of the canonical document; empty where nobody has asked yet */
    json_t *document; /* owned; never changed */
    json_t *overlay;  /* a variant's own overrides, or NULL; owned */
    size_t length;    /* bytes that it was read from; 0 where nobody counted */
};

struct sc_subject {
    const char *id;    /* NULL for a document sent along */
    int64_t revision;  /* 0 likewise */
    char sha256[65];   /* of the canonical document after the overrides */
    json_t *document;  /* after the overrides, unless there is a mould; owned, never changed */
    json_t *overlay;   /* a variant's own overrides, or NULL; owned */
    json_t *overrides; /* the question's, an array, or NULL; owned */
    json_t *question;  /* the members of the question alone, from the body or the query; owned */
    const struct sc_plan *plan;
    struct sc_ready *ready;           /* that it is asked of, or NULL; owned */
    struct sc_mould *mould;           /* that says all that the overrides do, or NULL; owned */
    double moved[SC_MOULD_MOVES_MAX]; /* the numbers to fill it with */
    bool inputs;                      /* ?inputs=true or "inputs": true */
    struct sc_json_filter *filter;    /* which members of the answer are wanted; NULL: all */
};

/* members: the names that a question's body may hold beside "scenario", "overrides" and "inputs", ended by
 * NULL; a query may give them too (numbers, true and false as such, all else as texts). plan_alone: the
 * document after the overrides is not looked at. Parses the body, resolves, overrides, compiles, sets the
 * answer's ETag and freshness, and answers 304 where the client has it. False: the answer is complete (a
 * problem or a 304), or too long for a hurried call. Always pair with sc_subject_fini. Times are booked. */
bool sc_subject_of_stored(struct sc_call *call, const char *const *members, bool plan_alone,
                          struct sc_subject *subject) __attribute__((warn_unused_result));
bool sc_subject_of_sent(struct sc_call *call, const char *const *members, bool plan_alone,
                        struct sc_subject *subject) __attribute__((warn_unused_result));
/* A second scenario, which a member of the question names or holds: resolved and compiled likewise, without
 * overrides. The answer's ETag then names it too. False as above, or where the member is absent; always pair
 * with sc_subject_fini. */
bool sc_subject_of_member(struct sc_call *call, const struct sc_subject *subject, const char *member,
                          struct sc_subject *other) __attribute__((warn_unused_result));
/* Which drivers are uncertain: by the question's own member "uncertainty", or else by the document's, after
 * the overrides; none where neither has one. In the call's arena. False: the answer is a problem. */
struct sc_uncertainty;
bool sc_subject_uncertainty(struct sc_call *call, const struct sc_subject *subject,
                            struct sc_uncertainty *uncertainty) __attribute__((warn_unused_result));

void sc_subject_fini(struct sc_subject *subject);

/* The same in parts, for questions that come without their own call. */
void sc_source_fini(struct sc_source *source);

/* The subject of a question about a source, whose overrides are not put in yet: it has no plan. Takes what
 * the question owns, shares the source's document. */
void sc_subject_take(struct sc_subject *subject, struct sc_question *question,
                     const struct sc_source *source);

/* Finds the mould of what is ready that says all that the overrides do, and reads the numbers; false where
 * there is none. */
bool sc_subject_mould(struct sc_call *call, struct sc_subject *subject) __attribute__((warn_unused_result));

/* Puts the overrides in and compiles, in the call's arena, or fills the mould. False: the answer is a
 * problem. sha256 is then that of the document after the overrides; with a mould, only where digest is true.
 */
bool sc_subject_compile(struct sc_call *call, struct sc_subject *subject, bool digest)
    __attribute__((warn_unused_result));

/* The members that every answer begins with: "engine", "scenario" {id, revision, sha256} (id and revision
 * null for a document sent along), and "inputs" where asked for. */
void sc_subject_write(const struct sc_subject *subject, struct sc_json_writer *writer);

/* Hands the writer's text, one object, over as the answer to a question: 200, JSON, the ETag that was set.
 * Where inputs were asked for, "result_sha256" becomes its last member: SHA-256 of the canonical form of the
 * object without it. A writer that failed becomes a problem. Takes the buffer's bytes. Returns SC_ANSWERED.
 */
struct sc_buffer;
enum sc_progress sc_answer_question(struct sc_call *call, bool inputs, struct sc_json_writer *writer,
                                    struct sc_buffer *buffer);

/* The same for what is no question: 200, JSON, as the writer left it; ETag and freshness as they are set. */
enum sc_progress sc_answer_json(struct sc_call *call, struct sc_json_writer *writer,
                                struct sc_buffer *buffer);

#endif
