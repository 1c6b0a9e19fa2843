#include "job_run.h"

#include "problem.h"

#include <stdlib.h>
#include <string.h>

enum { PIECE = 16 * 1024 };

/* A job that is computed. Whatever its use case leaves to others is done here, on the same thread. */
struct job_run {
    struct sc_http *http;
    struct sc_follower *follower;
    struct sc_arena arena;
    struct sc_job job;
    struct sc_uri uri;
    struct sc_match match;
    struct sc_call call;
    struct sc_answer answer;
    struct sc_work *work[SC_DELEGATED_MAX]; /* first in, first out */
    size_t work_count;
    pthread_mutex_t lock;
    pthread_cond_t resumed;
    bool is_resumed;
};

static void resume(struct sc_call *call)
{
    struct job_run *run = call->owner;
    pthread_mutex_lock(&run->lock);
    run->is_resumed = true;
    pthread_cond_signal(&run->resumed);
    pthread_mutex_unlock(&run->lock);
}

static bool delegate(struct sc_work *work)
{
    struct job_run *run = work->call->owner;
    if (run->work_count == SC_DELEGATED_MAX) return false;
    run->work[run->work_count++] = work;
    return true;
}

/* Runs what was delegated first; false where nothing is left. */
static bool run_work(struct job_run *run)
{
    if (run->work_count == 0) return false;
    struct sc_work *work = run->work[0];
    run->work_count--;
    for (size_t i = 0; i < run->work_count; i++) run->work[i] = run->work[i + 1];
    work->run(work, run->call.reader);
    return true;
}

/* The job's request, and what answers it. False: the answer is a problem. */
static bool load(struct job_run *run, const char *id)
{
    struct sc_call *call = &run->call;
    struct sc_reader *reader = sc_readers_own(&run->http->readers);
    enum sc_store_status status =
        reader ? sc_reader_job(reader, id, true, &run->arena, &run->job) : SC_STORE_BROKEN;
    if (status != SC_STORE_OK) {
        sc_call_fail(call, SC_PROBLEM_storage_unavailable, "The job's request cannot be read");
        return false;
    }
    const char *wrong = sc_uri_read(&run->uri, run->job.target, &run->arena);
    if (!wrong) sc_route_find(&run->match, "POST", &run->uri);
    if (wrong || !run->match.route || !(run->match.route->run & SC_RUN_JOB)) {
        sc_call_fail(call, SC_PROBLEM_not_found, "The service has no such question any more");
        return false;
    }
    call->reader = reader;
    call->target = run->job.target;
    call->path = run->uri.path;
    memcpy(call->argument, run->match.argument, sizeof call->argument);
    call->parameter = run->uri.parameter;
    call->parameter_count = run->uri.parameter_count;
    call->body = run->job.body;
    call->body_length = run->job.length;
    call->content = (enum sc_media)run->job.content;
    call->accept = (enum sc_media)run->job.accept;
    return true;
}

static void prepare(struct job_run *run, struct sc_http *http, struct sc_follower *follower)
{
    run->http = http;
    run->follower = follower;
    sc_arena_init(&run->arena, SC_LIMIT_ARENA + http->settings->batch_limit);
    pthread_mutex_init(&run->lock, NULL);
    pthread_cond_init(&run->resumed, NULL);
    run->call = (struct sc_call){.app = http->app,
                                 .arena = &run->arena,
                                 .request_id = "",
                                 .answer = &run->answer,
                                 .resume = resume,
                                 .delegate = delegate,
                                 .threads = 1,
                                 .patient = true,
                                 .owner = run,
                                 .follower = follower};
}

static void ask(struct job_run *run)
{
    sc_reader_set_moment(run->call.reader, run->job.as_of);
    if (run->match.route->use_case(&run->call) == SC_ANSWERED) return;
    pthread_mutex_lock(&run->lock);
    while (!run->is_resumed) pthread_cond_wait(&run->resumed, &run->lock);
    pthread_mutex_unlock(&run->lock);
}

static void sleep_not(void *context)
{
    (void)context;
}

/* The pieces of the answer in one, or a problem. */
static void collect(struct job_run *run, struct sc_buffer *whole)
{
    struct sc_answer *answer = &run->answer;
    ptrdiff_t length = 1;
    if (answer->attach) answer->attach(answer->stream, &(struct sc_waiter){sleep_not, sleep_not, run});
    while (length != 0 && length != -1 && sc_call_goes_on(&run->call, 0, NULL)) {
        char *room = sc_buffer_reserve(whole, PIECE);
        length = room ? answer->next_piece(answer->stream, room, PIECE) : -1;
        if (length > 0) whole->length += (size_t)length;
        if (length == SC_PIECE_LATER && !run_work(run)) length = -1;
    }
    answer->close(answer->stream);
    answer->close = NULL;
    while (run_work(run)) continue; /* so that all of it lets go */
    if (whole->failed)
        sc_call_fail(&run->call, SC_PROBLEM_body_too_large,
                     "The answer is larger than the %d bytes that a job keeps", SC_LIMIT_JOB_RESULT);
    else if (length == -1)
        sc_call_fail(&run->call, SC_PROBLEM_internal, "The answer was broken off");
    else
        answer->body = sc_buffer_take(whole, &answer->body_length);
}

static void collect_pieces(struct job_run *run)
{
    struct sc_buffer whole;
    sc_buffer_init(&whole, SC_LIMIT_JOB_RESULT);
    collect(run, &whole);
    sc_buffer_fini(&whole);
}

/* The answer as it will be stored: a problem as its document. */
static void keep(struct job_run *run, struct sc_job_result *result)
{
    struct sc_answer *answer = &run->answer;
    if (answer->outcome == SC_OUTCOME_PROBLEM) {
        free(answer->body);
        answer->body = sc_problem_write(answer, NULL, &answer->body_length);
        result->problem = sc_problem_class(answer->problem)->name;
    }
    result->media = (int)answer->media;
    result->etag = answer->etag;
    result->body = answer->body;
    result->length = answer->body_length;
}

static void *run_job(void *context, const char *id, struct sc_follower *follower,
                     struct sc_job_result *result)
{
    struct job_run *run = calloc(1, sizeof *run);
    if (!run) {
        result->problem = sc_problem_class(SC_PROBLEM_overloaded)->name;
        return NULL;
    }
    prepare(run, context, follower);
    if (load(run, id)) {
        ask(run);
        if (run->answer.next_piece && run->answer.outcome != SC_OUTCOME_PROBLEM) collect_pieces(run);
        sc_reader_set_moment(run->call.reader, 0);
    }
    keep(run, result);
    return run;
}

static void release(void *context, void *of_run)
{
    struct job_run *run = of_run;
    (void)context;
    if (!run) return;
    free(run->answer.body);
    if (run->answer.close) run->answer.close(run->answer.stream);
    sc_arena_fini(&run->arena);
    pthread_cond_destroy(&run->resumed);
    pthread_mutex_destroy(&run->lock);
    free(run);
}

struct sc_jobs_runner sc_job_runner(struct sc_http *http)
{
    return (struct sc_jobs_runner){.run = run_job, .release = release, .context = http};
}
