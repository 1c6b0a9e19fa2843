/* Many questions in one call: what they share, how each is answered, and how the answers become one stream. A
 * question is answered by the same functions as one that is asked by itself, so that its answer has the same
 * bytes. */
#ifndef SC_APP_BATCH_H
#define SC_APP_BATCH_H

#include "ask.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "budget.h"
#include "codec/split.h"
#include "shelf.h"

#include <stdatomic.h>

/* What a question may leave to its batch. */
struct sc_batch_terms {
    const struct sc_asking *asking;         /* NULL after a fault of it */
    int64_t revision;                       /* of the scenario; 0: the newest */
    const char *field[SC_BATCH_FIELDS_MAX]; /* the members wanted of the answer; borrowed */
    size_t fields;                          /* 0: all */
};

/* Reads the members "question", "revision" and "fields" of an object over what terms has; faults are added.
 */
void sc_batch_terms_read(const json_t *object, struct sc_batch_terms *terms, struct sc_faults *faults);

/* What all questions of a batch share. Nothing of it changes while they are answered, but the shelf's inside.
 */
struct sc_batch_frame {
    struct sc_call *call;
    enum sc_media media;
    struct sc_spans questions;
    json_t *own;                 /* the batch's own members; owned */
    struct sc_batch_terms terms; /* read from them */
    const char *scenario;        /* the id of the default one, of own; NULL: none */
    struct sc_ready *document;   /* the default one where it was sent along; owned */
    struct sc_shelf *shelf;      /* owned */
};

/* A question that waits for others, to be evaluated in lanes with them. */
struct sc_batch_point {
    size_t index;
    json_t *json; /* owned */
    struct sc_batch_terms terms;
};

enum { SC_BATCH_POINTS = 64 };

/* One thread's answering. */
struct sc_batch_asker {
    const struct sc_batch_frame *frame;
    struct sc_reader *reader;
    struct sc_follower follower;  /* asks these, whether a long question goes on: */
    const atomic_bool *left;      /* nobody wants the answers any more */
    uint64_t until;               /* of sc_clock_nanoseconds: the batch has then computed as long as it may */
    struct sc_arena arena, lanes; /* of the question at hand; of the points */
    struct sc_buffer lines;       /* of answers, in order, which nobody has taken yet */
    size_t answered, failed;      /* of those lines */
    struct sc_mould *mould;       /* of all points; owned */
    struct sc_batch_point point[SC_BATCH_POINTS];
    double value[SC_MOULD_MOVES_MAX][SC_BATCH_POINTS];
    size_t points;
};

void sc_batch_asker_init(struct sc_batch_asker *asker, const struct sc_batch_frame *frame,
                         const atomic_bool *left);
void sc_batch_asker_fini(struct sc_batch_asker *asker);

/* Answers the question of that index; its line may come with a later one's, at the latest with
 * sc_batch_flush. Questions come in their order. One that is asked when the time is over, or is not done
 * then, is answered with the problem too_much_work. False: a line could not be written, or nobody wants it.
 */
bool sc_batch_ask(struct sc_batch_asker *asker, size_t index) __attribute__((warn_unused_result));

bool sc_batch_flush(struct sc_batch_asker *asker) __attribute__((warn_unused_result));

/* ---- for the asker's own files ---- */

/* Adds the line of an answer. json is the question; NULL where it could not be read. */
bool sc_batch_line(struct sc_batch_asker *asker, size_t index, const json_t *json,
                   const struct sc_answer *answer) __attribute__((warn_unused_result));

/* What comes before the first line, and after the last: answered and failed are of all. */
bool sc_batch_head(const struct sc_batch_frame *frame, struct sc_buffer *out)
    __attribute__((warn_unused_result));
bool sc_batch_tail(const struct sc_batch_frame *frame, size_t answered, size_t failed, struct sc_buffer *out)
    __attribute__((warn_unused_result));

/* Whether an answer to these terms, of one plan with moved numbers, can come from lanes. */
bool sc_batch_is_light(const struct sc_batch_terms *terms, const struct sc_subject *subject);

/* Takes a light question (and its json) among the points; flushes those before it that are of another mould.
 */
bool sc_batch_wait(struct sc_batch_asker *asker, const struct sc_batch_point *point, struct sc_mould *mould,
                   const double *value) __attribute__((warn_unused_result));

/* Answers a question that was read by itself, in an arena that is reset for it. */
bool sc_batch_ask_alone(struct sc_batch_asker *asker, struct sc_arena *arena,
                        const struct sc_batch_point *point) __attribute__((warn_unused_result));

#endif
