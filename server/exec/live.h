/* What the parts of the jobs share: those that have not ended, and who watches them. */
#ifndef SC_EXEC_LIVE_H
#define SC_EXEC_LIVE_H

#include "secondchair/jobs.h"

#include <pthread.h>
#include <stdatomic.h>

/* A job that has not ended, or a place that is reserved for one. It has two owners: the list, and the task
 * that runs it. */
struct sc_job_place {
    struct sc_task task;
    struct sc_follower follower;
    struct sc_jobs *jobs;
    struct sc_job job; /* its texts lie behind it, but for partial, which is malloc'd */
    unsigned owners;
    bool stored, listed;
    size_t bytes; /* of its request */
    struct sc_job_place *previous, *next;
    atomic_bool unwanted; /* cancelled: the computation is to stop */
    bool stopped;         /* it was told so */
    uint64_t heard;       /* when the computation last told something */
    /* From the computation, which yields to all and so must hold no lock, to the thread that tells. */
    _Atomic double done;
    char *_Atomic said; /* malloc'd; newer than job.partial, or NULL */
};

struct sc_jobs {
    struct sc_store *store;
    struct sc_jobs_bounds bounds;
    struct sc_jobs_runner runner;
    struct sc_pool *pool;
    pthread_t teller;
    bool telling; /* the thread runs */
    atomic_bool closing;
    pthread_mutex_t lock; /* of all below */
    pthread_cond_t work;  /* for the teller */
    struct sc_job_place *first, *last;
    size_t live, live_bytes, running;
    struct sc_job_watch *watch;
    struct sc_jobs_figures figures;
    bool ended; /* the teller is to end */
};

/* watch.c: tells those who watch of a job's state. Under the lock. */
void sc_jobs_tell(struct sc_jobs *jobs, const struct sc_job *job);

/* Ends all watches. Under the lock. */
void sc_jobs_end_watches(struct sc_jobs *jobs);

/* persist.c: hands a write over and waits for its outcome. */
enum sc_store_status sc_jobs_write(struct sc_jobs *jobs, const struct sc_write *what);

/* The same for a change of a job's state; where the store cannot take it now, again and again, until it can
 * or the service stops. */
enum sc_store_status sc_jobs_move(struct sc_jobs *jobs, struct sc_job *job, enum sc_job_state state);

/* Removes those that are too many, too large or too old. */
void sc_jobs_prune(struct sc_jobs *jobs);

#endif
