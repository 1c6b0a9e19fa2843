#include "live.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TELL_MS = 50,             /* how often progress is told: nobody sees more */
    PARTIAL_MAX = 64 * 1024,  /* of what can be said while a job runs */
    RECOVERY_PAGE = 100,      /* jobs of an earlier service that are read at once */
    RECOVERY_ARENA = 4 << 20, /* each has a target of 8 KiB at most */
    PAST = 0,                 /* their client */
    PRUNE_SECONDS = 600       /* how often old jobs are looked for while nothing runs */
};

/* ---- places ---- */

static void free_place(struct sc_job_place *place)
{
    free((char *)(uintptr_t)place->job.partial);
    free(atomic_load(&place->said));
    free(place);
}

/* One owner less; under the lock. */
static void let_go(struct sc_job_place *place)
{
    if (--place->owners == 0) free_place(place);
}

static const char *copy_text(const char *text, char **end)
{
    char *copy = *end;
    size_t size = strlen(text) + 1;
    memcpy(copy, text, size);
    *end += size;
    return copy;
}

static void run(struct sc_task *task);
static bool hear(struct sc_follower *follower, double done, const char *partial);

static struct sc_job_place *new_place(struct sc_jobs *jobs, uint64_t client, const struct sc_job *job)
{
    size_t texts = strlen(job->id) + strlen(job->question) + strlen(job->target) + 3;
    struct sc_job_place *place = calloc(1, sizeof *place + texts);
    if (!place) return NULL;
    char *end = (char *)(place + 1);
    place->task = (struct sc_task){.run = run, .client = client};
    place->follower = (struct sc_follower){.hear = hear, .wants_partial = true};
    place->jobs = jobs;
    place->owners = 1;
    place->bytes = job->length;
    place->job = (struct sc_job){.id = copy_text(job->id, &end),
                                 .question = copy_text(job->question, &end),
                                 .target = copy_text(job->target, &end),
                                 .sequence = job->sequence,
                                 .created_at = job->created_at,
                                 .content = job->content,
                                 .accept = job->accept,
                                 .as_of = job->as_of};
    return place;
}

/* Behind the others, or before them. */
static void list(struct sc_jobs *jobs, struct sc_job_place *place, bool first)
{
    place->previous = first ? NULL : jobs->last;
    place->next = first ? jobs->first : NULL;
    if (place->previous)
        place->previous->next = place;
    else
        jobs->first = place;
    if (place->next)
        place->next->previous = place;
    else
        jobs->last = place;
    place->listed = true;
    jobs->live++;
    jobs->live_bytes += place->bytes;
}

static void unlist(struct sc_jobs *jobs, struct sc_job_place *place)
{
    if (!place->listed) return;
    if (place->previous)
        place->previous->next = place->next;
    else
        jobs->first = place->next;
    if (place->next)
        place->next->previous = place->previous;
    else
        jobs->last = place->previous;
    place->listed = false;
    jobs->live--;
    jobs->live_bytes -= place->bytes;
    let_go(place);
}

static struct sc_job_place *find_place(struct sc_jobs *jobs, const char *id)
{
    struct sc_job_place *place = jobs->first;
    while (place && strcmp(place->job.id, id) != 0) place = place->next;
    return place && place->stored ? place : NULL;
}

/* Into another state, and told; under the lock. */
static void enter(struct sc_jobs *jobs, struct sc_job_place *place, const struct sc_job *now)
{
    if (!sc_job_may_move(place->job.state, now->state)) {
        sc_log(SC_LOG_ERROR, "illegal move of a job", "from", sc_job_state_name(place->job.state), "to",
               sc_job_state_name(now->state), "job", place->job.id, NULL);
        abort();
    }
    place->job.state = now->state;
    place->job.started_at = now->started_at;
    place->job.finished_at = now->finished_at;
    place->job.progress = now->progress;
    place->job.result = now->result;
    if (sc_job_has_ended(now->state)) jobs->figures.state[now->state]++;
    sc_jobs_tell(jobs, &place->job);
}

/* ---- a new job ---- */

static enum sc_pool_status judge(const struct sc_jobs *jobs, uint64_t client, size_t bytes)
{
    size_t own = 0;
    for (const struct sc_job_place *place = jobs->first; place; place = place->next)
        own += place->task.client == client;
    if (atomic_load(&jobs->closing)) return SC_POOL_CLOSED;
    if (own >= jobs->bounds.live_per_client) return SC_POOL_CLIENT_FULL;
    if (jobs->live >= jobs->bounds.live) return SC_POOL_FULL;
    return bytes + jobs->live_bytes > jobs->bounds.live_bytes ? SC_POOL_FULL : SC_POOL_OK;
}

enum sc_pool_status sc_jobs_reserve(struct sc_jobs *jobs, uint64_t client, const struct sc_job *job,
                                    struct sc_job_place **place)
{
    pthread_mutex_lock(&jobs->lock);
    enum sc_pool_status status = judge(jobs, client, job->length);
    *place = status == SC_POOL_OK ? new_place(jobs, client, job) : NULL;
    if (*place)
        list(jobs, *place, false);
    else
        jobs->figures.refused++;
    pthread_mutex_unlock(&jobs->lock);
    return status == SC_POOL_OK && !*place ? SC_POOL_FULL : status;
}

/* Under the lock. The pool has room for all that may be live. */
static void queue(struct sc_jobs *jobs, struct sc_job_place *place)
{
    place->stored = true;
    place->owners++;
    sc_jobs_tell(jobs, &place->job);
    if (sc_pool_submit(jobs->pool, &place->task) == SC_POOL_OK) return;
    place->owners--; /* the service stops: it is queued at the next start */
}

void sc_jobs_accept(struct sc_jobs *jobs, struct sc_job_place *place, const struct sc_job *job)
{
    pthread_mutex_lock(&jobs->lock);
    place->job.sequence = job->sequence;
    place->job.created_at = job->created_at;
    queue(jobs, place);
    pthread_mutex_unlock(&jobs->lock);
}

void sc_jobs_forgo(struct sc_jobs *jobs, struct sc_job_place *place)
{
    pthread_mutex_lock(&jobs->lock);
    unlist(jobs, place);
    pthread_mutex_unlock(&jobs->lock);
}

/* ---- what becomes of it ---- */

void sc_jobs_cancelled(struct sc_jobs *jobs, const struct sc_job *job)
{
    pthread_mutex_lock(&jobs->lock);
    struct sc_job_place *place = find_place(jobs, job->id);
    if (place) {
        atomic_store(&place->unwanted, true);
        enter(jobs, place, job);
        if (sc_pool_withdraw(jobs->pool, &place->task)) place->owners--;
        unlist(jobs, place);
    }
    pthread_mutex_unlock(&jobs->lock);
}

char *sc_jobs_progress(struct sc_jobs *jobs, struct sc_job *job)
{
    char *partial = NULL;
    pthread_mutex_lock(&jobs->lock);
    const struct sc_job_place *place = find_place(jobs, job->id);
    if (place && place->job.state == job->state) {
        job->progress = place->job.progress;
        partial = place->job.partial ? strdup(place->job.partial) : NULL;
        job->partial = partial;
    }
    pthread_mutex_unlock(&jobs->lock);
    return partial;
}

/* ---- the threads that compute ---- */

static bool hear(struct sc_follower *follower, double done, const char *partial)
{
    struct sc_job_place *place =
        (struct sc_job_place *)((char *)follower - offsetof(struct sc_job_place, follower));
    uint64_t now = sc_clock_nanoseconds();
    if (atomic_load(&place->unwanted) || atomic_load(&place->jobs->closing)) {
        place->stopped = true;
        return false;
    }
    if (place->heard && now - place->heard < TELL_MS * UINT64_C(1000000)) return true;
    place->heard = now;
    if (done > atomic_load(&place->done)) atomic_store(&place->done, done < 1 ? done : 1);
    char *said = partial && strlen(partial) <= PARTIAL_MAX ? strdup(partial) : NULL;
    if (said) free(atomic_exchange(&place->said, said));
    return true;
}

/* Durable first, then told: whoever hears of a state can read it. False: it is not to be run. */
static bool begin(struct sc_jobs *jobs, struct sc_job_place *place)
{
    struct sc_job now = {.id = place->job.id};
    if (atomic_load(&place->unwanted) || atomic_load(&jobs->closing)) return false;
    if (sc_jobs_move(jobs, &now, SC_JOB_RUNNING) != SC_STORE_OK) return false;
    pthread_mutex_lock(&jobs->lock);
    bool wanted = place->listed; /* else it was cancelled between the two */
    if (wanted) {
        enter(jobs, place, &now);
        jobs->running++;
        pthread_cond_signal(&jobs->work);
    }
    pthread_mutex_unlock(&jobs->lock);
    return wanted;
}

/* A computation that was stopped leaves nothing: it was cancelled, or begins anew at the next start. */
static void finish(struct sc_jobs *jobs, struct sc_job_place *place, const struct sc_job_result *result)
{
    enum sc_job_state state = result->problem ? SC_JOB_FAILED : SC_JOB_DONE;
    struct sc_job now = {
        .id = place->job.id, .progress = result->problem ? atomic_load(&place->done) : 1, .result = *result};
    bool stored = !place->stopped && sc_jobs_move(jobs, &now, state) == SC_STORE_OK;
    pthread_mutex_lock(&jobs->lock);
    jobs->running--;
    if (stored && place->listed) {
        enter(jobs, place, &now);
        unlist(jobs, place);
    }
    pthread_mutex_unlock(&jobs->lock);
    if (stored) sc_jobs_prune(jobs);
}

static void run(struct sc_task *task)
{
    struct sc_job_place *place = (struct sc_job_place *)((char *)task - offsetof(struct sc_job_place, task));
    struct sc_jobs *jobs = place->jobs;
    struct sc_job_result result = {0};
    if (begin(jobs, place)) {
        void *of_run = jobs->runner.run(jobs->runner.context, place->job.id, &place->follower, &result);
        finish(jobs, place, &result);
        jobs->runner.release(jobs->runner.context, of_run);
    }
    pthread_mutex_lock(&jobs->lock);
    let_go(place);
    pthread_mutex_unlock(&jobs->lock);
}

/* ---- the thread that tells ---- */

/* Takes over what the computation has said. True: there is something new. */
static bool take_progress(struct sc_job_place *place)
{
    double done = atomic_load(&place->done);
    char *said = atomic_exchange(&place->said, NULL);
    bool further = done > place->job.progress || said;
    place->job.progress = done;
    if (said) {
        free((char *)(uintptr_t)place->job.partial);
        place->job.partial = said;
    }
    return further;
}

/* Until something runs, or the end; looks for what has grown too old meanwhile. Under the lock. */
static void wait_for_work(struct sc_jobs *jobs)
{
    while (!jobs->running && !jobs->ended) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec += PRUNE_SECONDS;
        if (pthread_cond_timedwait(&jobs->work, &jobs->lock, &until) != ETIMEDOUT) continue;
        pthread_mutex_unlock(&jobs->lock);
        sc_jobs_prune(jobs);
        pthread_mutex_lock(&jobs->lock);
    }
}

static void *tell(void *context)
{
    struct sc_jobs *jobs = context;
    pthread_mutex_lock(&jobs->lock);
    while (!jobs->ended) {
        wait_for_work(jobs);
        for (struct sc_job_place *place = jobs->first; place; place = place->next)
            if (place->job.state == SC_JOB_RUNNING && take_progress(place)) sc_jobs_tell(jobs, &place->job);
        pthread_mutex_unlock(&jobs->lock);
        nanosleep(&(struct timespec){.tv_nsec = TELL_MS * 1000000L}, NULL);
        pthread_mutex_lock(&jobs->lock);
    }
    pthread_mutex_unlock(&jobs->lock);
    return NULL;
}

static bool start_teller(struct sc_jobs *jobs)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    jobs->telling = pthread_create(&jobs->teller, NULL, tell, jobs) == 0;
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (jobs->telling) pthread_setname_np(jobs->teller, "jobs");
    return jobs->telling;
}

/* ---- beginning and end ---- */

static void init_condition(pthread_cond_t *condition)
{
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(condition, &monotonic);
    pthread_condattr_destroy(&monotonic);
}

struct sc_jobs *sc_jobs_new(struct sc_store *store, const struct sc_jobs_bounds *bounds)
{
    struct sc_jobs *jobs = calloc(1, sizeof *jobs);
    if (!jobs) return NULL;
    jobs->store = store;
    jobs->bounds = *bounds;
    pthread_mutex_init(&jobs->lock, NULL);
    init_condition(&jobs->work);
    if (start_teller(jobs)) return jobs;
    sc_jobs_free(jobs);
    return NULL;
}

/* The queued jobs of an earlier service, newest first: each is put before those that are listed. */
static enum sc_store_status list_queued(struct sc_jobs *jobs, struct sc_reader *reader)
{
    enum sc_store_status status = SC_STORE_OK;
    int64_t after = 0;
    do {
        struct sc_arena arena;
        struct sc_job_page page;
        sc_arena_init(&arena, RECOVERY_ARENA);
        status = sc_reader_jobs(reader, 1u << SC_JOB_QUEUED, after, RECOVERY_PAGE, &arena, &page);
        for (size_t i = 0; status == SC_STORE_OK && i < page.count; i++) {
            struct sc_job_place *place = new_place(jobs, PAST, &page.item[i]);
            if (place)
                list(jobs, place, true);
            else
                status = SC_STORE_BUSY;
        }
        after = page.next;
        sc_arena_fini(&arena);
    } while (status == SC_STORE_OK && after);
    return status;
}

static enum sc_store_status recover(struct sc_jobs *jobs)
{
    const struct sc_write reset = {.kind = SC_WRITE_JOB_RESET};
    enum sc_store_status status = sc_jobs_write(jobs, &reset);
    if (status) return status;
    sc_jobs_prune(jobs);
    struct sc_reader *reader = sc_reader_open(jobs->store);
    if (!reader) return SC_STORE_BROKEN;
    status = list_queued(jobs, reader);
    sc_reader_close(reader);
    return status;
}

bool sc_jobs_start(struct sc_jobs *jobs, const struct sc_jobs_runner *runner, char *reason,
                   size_t reason_size)
{
    jobs->runner = *runner;
    if (recover(jobs) != SC_STORE_OK) {
        snprintf(reason, reason_size, "the jobs of the last time cannot be read from the database");
        return false;
    }
    size_t room = jobs->live + jobs->bounds.live;
    jobs->pool = sc_pool_new(SC_POOL_BACKGROUND, jobs->bounds.threads, room, room);
    if (!jobs->pool) {
        snprintf(reason, reason_size, "a thread cannot be started");
        return false;
    }
    pthread_mutex_lock(&jobs->lock);
    for (struct sc_job_place *place = jobs->first; place; place = place->next) queue(jobs, place);
    pthread_mutex_unlock(&jobs->lock);
    return true;
}

void sc_jobs_close(struct sc_jobs *jobs)
{
    atomic_store(&jobs->closing, true);
}

static bool is_idle(struct sc_jobs *jobs)
{
    struct sc_pool_figures figures = {0};
    if (jobs->pool) sc_pool_figures(jobs->pool, &figures);
    return figures.running + figures.queued == 0;
}

bool sc_jobs_settle(struct sc_jobs *jobs, size_t milliseconds)
{
    uint64_t end = sc_clock_nanoseconds() + milliseconds * UINT64_C(1000000);
    while (!is_idle(jobs)) {
        if (sc_clock_nanoseconds() >= end) return false;
        nanosleep(&(struct timespec){.tv_nsec = 2000000}, NULL);
    }
    return true;
}

void sc_jobs_stop(struct sc_jobs *jobs)
{
    sc_jobs_close(jobs);
    sc_pool_free(jobs->pool);
    jobs->pool = NULL;
}

static void stop_teller(struct sc_jobs *jobs)
{
    pthread_mutex_lock(&jobs->lock);
    jobs->ended = true;
    pthread_cond_signal(&jobs->work);
    pthread_mutex_unlock(&jobs->lock);
    if (jobs->telling) pthread_join(jobs->teller, NULL);
}

void sc_jobs_free(struct sc_jobs *jobs)
{
    if (!jobs) return;
    sc_jobs_stop(jobs);
    stop_teller(jobs);
    pthread_mutex_lock(&jobs->lock);
    sc_jobs_end_watches(jobs);
    while (jobs->first) unlist(jobs, jobs->first);
    pthread_mutex_unlock(&jobs->lock);
    pthread_cond_destroy(&jobs->work);
    pthread_mutex_destroy(&jobs->lock);
    free(jobs);
}

void sc_jobs_figures(struct sc_jobs *jobs, struct sc_jobs_figures *figures)
{
    pthread_mutex_lock(&jobs->lock);
    *figures = jobs->figures;
    for (const struct sc_job_place *place = jobs->first; place; place = place->next)
        if (place->stored) figures->state[place->job.state]++;
    pthread_mutex_unlock(&jobs->lock);
}
