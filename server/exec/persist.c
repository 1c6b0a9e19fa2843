#include "live.h"

#include <semaphore.h>
#include <time.h>

static void post(struct sc_write *write)
{
    sem_post(write->context);
}

enum sc_store_status sc_jobs_write(struct sc_jobs *jobs, const struct sc_write *what)
{
    sem_t done;
    struct sc_write write = *what;
    sem_init(&done, 0, 0);
    write.done = post;
    write.context = &done;
    if (sc_store_submit(jobs->store, &write))
        while (sem_wait(&done) != 0) continue;
    sem_destroy(&done);
    return write.status;
}

static bool may_pass(enum sc_store_status status)
{
    return status == SC_STORE_BUSY || status == SC_STORE_FULL || status == SC_STORE_BROKEN;
}

enum sc_store_status sc_jobs_move(struct sc_jobs *jobs, struct sc_job *job, enum sc_job_state state)
{
    const struct sc_write write = {.kind = SC_WRITE_JOB_MOVE, .job = job, .from = sc_job_sources(state)};
    job->state = state;
    enum sc_store_status status = sc_jobs_write(jobs, &write);
    while (may_pass(status) && !atomic_load(&jobs->closing)) {
        nanosleep(&(struct timespec){.tv_nsec = 200000000}, NULL);
        status = sc_jobs_write(jobs, &write);
    }
    return status;
}

void sc_jobs_prune(struct sc_jobs *jobs)
{
    const struct sc_write write = {.kind = SC_WRITE_JOB_PRUNE, .kept = &jobs->bounds.kept};
    (void)sc_jobs_write(jobs, &write); /* what is not removed now is removed next time */
}
