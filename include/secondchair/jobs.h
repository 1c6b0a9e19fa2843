/* The jobs' port: questions that wait and are computed one after the other, on threads that yield to all
 * others, the clients in turn. What is stored is the truth about a job; this holds those that have not ended,
 * and tells those who watch. */
#ifndef SC_JOBS_H
#define SC_JOBS_H

#include "follower.h"
#include "job.h"
#include "pool.h"
#include "store.h"

struct sc_jobs;

struct sc_jobs_bounds {
    size_t threads;
    size_t live, live_per_client; /* jobs that have not ended */
    size_t live_bytes;            /* of their requests */
    struct sc_job_keep kept;      /* of those that have ended */
};

/* Borrows the store. NULL without memory or threads. */
struct sc_jobs *sc_jobs_new(struct sc_store *store, const struct sc_jobs_bounds *bounds);

/* What computes the job of this id, on one of the threads, and fills its result, whose texts live until
 * release gets what run returned. Once follower has said that nobody wants the answer the result counts for
 * nothing. */
struct sc_jobs_runner {
    void *(*run)(void *context, const char *id, struct sc_follower *follower, struct sc_job_result *result);
    void (*release)(void *context, void *of_run);
    void *context;
};

/* Queues what an earlier service left, in its order. Called once, before the first of the calls below. False
 * and the reason when the store does not answer. */
bool sc_jobs_start(struct sc_jobs *jobs, const struct sc_jobs_runner *runner, char *reason,
                   size_t reason_size) __attribute__((warn_unused_result));

/* ---- a new job ---- */

struct sc_job_place;

/* A place for a job of this client, of which everything is known but sequence and created_at. Both bounds are
 * looked after: CLIENT_FULL, FULL (also for want of memory), CLOSED. */
enum sc_pool_status sc_jobs_reserve(struct sc_jobs *jobs, uint64_t client, const struct sc_job *job,
                                    struct sc_job_place **place) __attribute__((warn_unused_result));

/* The job is stored: it waits for its turn. */
void sc_jobs_accept(struct sc_jobs *jobs, struct sc_job_place *place, const struct sc_job *job);

/* It could not be stored: gives the place back. */
void sc_jobs_forgo(struct sc_jobs *jobs, struct sc_job_place *place);

/* ---- what becomes of it ---- */

/* It is stored as cancelled: takes it out of the queue, or makes its computation stop. */
void sc_jobs_cancelled(struct sc_jobs *jobs, const struct sc_job *job);

/* Adds what only the computation knows to a job that was read from the store: progress, and partial as a text
 * that the caller frees, or NULL. */
char *sc_jobs_progress(struct sc_jobs *jobs, struct sc_job *job);

/* ---- who watches ---- */

/* All functions are called under a lock: they must not block, nor call anything of these jobs. */
struct sc_job_watch {
    /* The job is in another state, or further; the last of those that are watched where last is true. */
    void (*tell)(struct sc_job_watch *watch, const struct sc_job *job, bool last);
    bool (*is_wanted)(const struct sc_job_watch *watch);
    void (*end)(struct sc_job_watch *watch); /* nothing more will be told: the watch is its owner's again */
    /* The rest is the jobs' own. */
    struct sc_job_watch *next;
    const char **id; /* ids that are watched; borrowed until end */
    size_t count, left;
    bool all, held;
};

/* Tells of those of the jobs that have not ended, now and whenever something changes, until all have ended;
 * count 0: of all, for ever. Held: end will not come before sc_jobs_release_watch. live[i] says whether job i
 * has not ended. */
void sc_jobs_watch(struct sc_jobs *jobs, struct sc_job_watch *watch, const char **id, size_t count,
                   bool *live);
void sc_jobs_release_watch(struct sc_jobs *jobs, struct sc_job_watch *watch);

/* ---- the end ---- */

/* Takes no more, and makes what runs stop: it will begin anew at the next start. */
void sc_jobs_close(struct sc_jobs *jobs);

/* Waits until nothing runs any more, so long at most; true when nothing does. After sc_jobs_close. */
bool sc_jobs_settle(struct sc_jobs *jobs, size_t milliseconds) __attribute__((warn_unused_result));

/* Closes, waits for what runs, and ends the threads: the runner is not needed any more. */
void sc_jobs_stop(struct sc_jobs *jobs);

/* Stops, ends the watches. NULL is passed over. */
void sc_jobs_free(struct sc_jobs *jobs);

/* Figures for the metrics: how many are in each of the states that are not an end, and how many have come to
 * each end since the start. */
struct sc_jobs_figures {
    uint64_t state[SC_JOB_STATES], refused;
};
void sc_jobs_figures(struct sc_jobs *jobs, struct sc_jobs_figures *figures);

#endif
