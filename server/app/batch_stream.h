/* The answers of a batch as one stream: computed by a few threads of the pool in units of questions, sent in
 * their order. What waits for its reader is bounded; a reader that leaves stops the work. */
#ifndef SC_APP_BATCH_STREAM_H
#define SC_APP_BATCH_STREAM_H

#include "batch.h"

#include <stdatomic.h>

/* Counted over all batches. */
struct sc_batch_counts {
    _Atomic uint64_t answered, failed, abandoned; /* questions */
};

#define SC_BATCH_WORK_ENDLESS (UINT64_MAX / 2) /* nanoseconds that no batch computes */

struct sc_batch_limits {
    uint64_t work;                  /* nanoseconds that a batch may compute */
    struct sc_batch_counts *counts; /* borrowed */
};

/* Begins to answer, and makes the call's answer the stream. Takes the frame over. False: the answer is a
 * problem, and the frame is still the caller's. */
bool sc_batch_begin(const struct sc_batch_frame *frame, const struct sc_batch_limits *limits)
    __attribute__((warn_unused_result));

/* Frees what a frame owns. */
void sc_batch_frame_fini(struct sc_batch_frame *frame);

#endif
