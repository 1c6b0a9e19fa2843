/* What the application keeps between calls. */
#ifndef SC_APP_STATE_H
#define SC_APP_STATE_H

#include "batch_stream.h"
#include "secondchair/store.h"

#include <stdatomic.h>

struct sc_cache;
struct sc_jobs;

struct sc_app {
    struct sc_store *store;   /* borrowed */
    struct sc_jobs *jobs;     /* likewise */
    atomic_uint exports;      /* running now */
    atomic_uint imports;      /* whose lines are being read */
    uint64_t batch_work_ms;   /* that one batch may compute */
    struct sc_once_keep once; /* the answers to writes with a key */
    struct sc_batch_counts batch_counts;
    struct sc_cache *answers; /* finished ones that are kept; NULL: none are */
    struct sc_cache *plans;   /* scenarios made ready, and moulds of them; likewise */
};

#endif
