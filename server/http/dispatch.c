#include "dispatch.h"

#include "app/app.h"
#include "app/kept.h"
#include "app/once.h"
#include "base/clock.h"
#include "base/log.h"
#include "events.h"
#include "obs/metrics.h"
#include "prefer.h"

#include <stdlib.h>
#include <string.h>

/* Field values belong to the connection, which an abandoned computation outlives. */
static char *keep(struct sc_request *request, enum sc_field_name field, bool *kept)
{
    const char *value = request->fields.value[field];
    if (!value) return NULL;
    char *copy = sc_arena_text(&request->arena, value, strlen(value));
    if (!copy) *kept = false;
    return copy;
}

/* Tags name the same whether the answer was compressed or not. */
static const char *keep_tags(struct sc_request *request, enum sc_field_name field, bool *kept)
{
    char *tags = keep(request, field, kept);
    if (tags) sc_coding_strip(tags);
    return tags;
}

static void resume(struct sc_call *call);
static bool delegate(struct sc_work *work);

/* A job answers later: not as a stream. */
static void prefer(struct sc_request *request)
{
    const struct sc_route *route = request->match.route;
    request->as_job =
        (route->run & SC_RUN_JOB) && sc_prefers(request->fields.value[SC_FIELD_PREFER], "respond-async");
    if (request->as_job && request->call.accept == SC_MEDIA_EVENTS) request->call.accept = route->offers[0];
}

bool sc_dispatch_prepare(struct sc_request *request)
{
    struct sc_call *call = &request->call;
    bool kept = true;
    call->parameter = request->uri.parameter;
    call->parameter_count = request->uri.parameter_count;
    call->path = request->uri.path;
    call->target = strstr(request->raw, request->uri.path); /* behind scheme and host, where they were sent */
    call->client = request->client;
    memcpy(call->argument, request->match.argument, sizeof call->argument);
    call->method = request->match.route->method;
    call->if_match = keep_tags(request, SC_FIELD_IF_MATCH, &kept);
    call->if_none_match = keep_tags(request, SC_FIELD_IF_NONE_MATCH, &kept);
    call->last_event_id = keep(request, SC_FIELD_LAST_EVENT_ID, &kept);
    if (request->body.length && request->match.route->accepts) { /* elsewhere a body means nothing */
        kept = kept && sc_buffer_append(&request->body, "", 1);
        call->body = request->body.data;
        call->body_length = request->body.length - 1;
    }
    call->app = request->http->app;
    call->resume = resume;
    call->delegate = delegate;
    call->threads = request->http->settings->compute_threads;
    call->owner = request;
    prefer(request);
    bool writes = request->as_job || (request->match.route->run & SC_RUN_ONCE);
    if (writes) call->once_key = keep(request, SC_FIELD_IDEMPOTENCY_KEY, &kept);
    return kept;
}

/* Both under the lock: onto the list of those that sleep, and off it. */
static void link_in(struct sc_request *request)
{
    struct sc_http *http = request->http;
    request->previous = NULL;
    request->next = http->suspended;
    if (request->next) request->next->previous = request;
    http->suspended = request;
}

static void link_out(struct sc_request *request)
{
    if (request->previous)
        request->previous->next = request->next;
    else
        request->http->suspended = request->next;
    if (request->next) request->next->previous = request->previous;
}

/* Wakes the connection of a request that is computed, or has begun to tell; under the lock. */
static void wake(struct sc_request *request)
{
    link_out(request);
    sc_request_move(request, SC_STATE_COMPUTED);
    MHD_resume_connection(request->connection);
}

/* A computation has ended, whatever its outcome: wakes the connection, unless it was given up. */
static void finish(struct sc_request *request)
{
    struct sc_http *http = request->http;
    if (request->writer) { /* the connection is awake, and sends what is told */
        sc_events_conclude(request);
    } else {
        sc_events_settle(request);
        pthread_mutex_lock(&http->lock);
        if (!request->abandoned) wake(request);
        pthread_mutex_unlock(&http->lock);
    }
    sc_request_release(request);
    atomic_fetch_sub(&http->outstanding, 1);
}

static void resume(struct sc_call *call)
{
    finish(call->owner);
}

static bool hear(struct sc_follower *follower, double done, const char *partial)
{
    struct sc_request *request =
        (struct sc_request *)((char *)follower - offsetof(struct sc_request, follower));
    if (atomic_load(&request->http->refusing)) {
        request->stopped_for = SC_EVENTS_STOPPING;
        return false;
    }
    if (request->call.accept != SC_MEDIA_EVENTS || request->is_head) return true;
    if (!request->writer && !sc_events_open(request, wake)) return false;
    return sc_events_tell(request, done, partial);
}

/* Streams of events are told anew each time, and a job is a new one each time. */
static bool may_be_kept(const struct sc_request *request)
{
    return (request->match.route->run & SC_RUN_KEPT) && request->call.accept != SC_MEDIA_EVENTS &&
           !request->as_job;
}

static void keep_answer(struct sc_request *request)
{
    if (may_be_kept(request) && !request->call.stopped) sc_answer_keep(&request->call);
}

static bool recall_answer(struct sc_request *request)
{
    if (!may_be_kept(request) || !sc_answer_recall(&request->call)) return false;
    sc_metrics_count(SC_COUNTER_RECALLED);
    request->asked = true;
    sc_request_move(request, SC_STATE_COMPUTED);
    return true;
}

/* A write with a key of the client's is done once. What is not answered belongs to another thread by now. */
static enum sc_progress ask(struct sc_request *request)
{
    struct sc_call *call = &request->call;
    sc_use_case *use_case = request->match.route->use_case;
    if (call->once_key && !sc_once_begin(call)) return SC_ANSWERED;
    enum sc_progress progress = request->as_job ? sc_job_accept(call, use_case) : use_case(call);
    if (progress == SC_ANSWERED && call->once_key) sc_once_settle(call);
    return progress;
}

static void run_task(struct sc_task *task)
{
    struct sc_request *request = (struct sc_request *)((char *)task - offsetof(struct sc_request, task));
    struct sc_http *http = request->http;
    enum sc_progress progress = SC_ANSWERED;
    if (atomic_load(&http->refusing)) {
        (void)sc_call_fail(&request->call, SC_PROBLEM_overloaded, "%s", SC_EVENTS_STOPPING);
    } else {
        request->call.reader = sc_readers_own(&http->readers);
        request->asked = true;
        request->follower =
            (struct sc_follower){.hear = hear, .wants_partial = request->call.accept == SC_MEDIA_EVENTS};
        request->call.follower = &request->follower;
        progress = ask(request);
        if (progress == SC_ANSWERED) keep_answer(request);
        if (progress == SC_ANSWERED) sc_code(&request->coding, &request->answer, SIZE_MAX);
        if (progress == SC_ANSWERED && request->call.stopped)
            (void)sc_call_fail(&request->call, SC_PROBLEM_overloaded, "%s", request->stopped_for);
    }
    if (progress == SC_ANSWERED) finish(request);
}

/* Puts the connection to sleep and the request on the list; false when the list is closed. */
static bool suspend(struct sc_request *request, enum sc_state state)
{
    struct sc_http *http = request->http;
    pthread_mutex_lock(&http->lock);
    bool open = !http->abandoned;
    if (open) {
        MHD_suspend_connection(request->connection);
        sc_request_move(request, state);
        link_in(request);
    }
    pthread_mutex_unlock(&http->lock);
    return open;
}

void sc_dispatch_sleep(void *context)
{
    struct sc_request *request = context;
    request->slept = sc_clock_nanoseconds();
    sc_peer_enter(request->peer, SC_PHASE_BUSY, UINT64_MAX);
    if (!suspend(request, SC_STATE_SLEEPING)) request->abandoned = true;
}

void sc_dispatch_wake(void *context)
{
    struct sc_request *request = context;
    pthread_mutex_lock(&request->http->lock);
    if (sc_request_state(request) == SC_STATE_SLEEPING) {
        link_out(request);
        sc_request_move(request, SC_STATE_REPLIED);
        MHD_resume_connection(request->connection);
    }
    pthread_mutex_unlock(&request->http->lock);
}

static void run_work(struct sc_task *task)
{
    struct sc_work *work = (struct sc_work *)((char *)task - offsetof(struct sc_work, task));
    struct sc_request *request = work->call->owner;
    struct sc_http *http = request->http;
    work->run(work, sc_readers_own(&http->readers)); /* may be queued anew now, or gone */
    sc_request_release(request);
    atomic_fetch_sub(&http->outstanding, 1);
}

static bool delegate(struct sc_work *work)
{
    struct sc_request *request = work->call->owner;
    struct sc_http *http = request->http;
    work->task = (struct sc_task){.run = run_work, .client = request->client};
    atomic_fetch_add(&http->outstanding, 1);
    atomic_fetch_add(&request->owners, 1);
    if (sc_pool_continue(http->pool, &work->task)) return true;
    atomic_fetch_sub(&request->owners, 1);
    atomic_fetch_sub(&http->outstanding, 1);
    return false;
}

static void refuse(struct sc_request *request, enum sc_pool_status status)
{
    if (status == SC_POOL_CLIENT_FULL)
        (void)sc_call_fail(&request->call, SC_PROBLEM_too_many_requests,
                           "Too many computations of this client wait; try again in a second.");
    else if (status == SC_POOL_FULL)
        (void)sc_call_fail(&request->call, SC_PROBLEM_overloaded,
                           "Too many computations wait; try again in a second.");
    else
        (void)sc_call_fail(&request->call, SC_PROBLEM_overloaded, "%s", SC_EVENTS_STOPPING);
}

/* Suspends first, then publishes: the computation may end before this returns. */
static bool run_in_pool(struct sc_request *request)
{
    struct sc_http *http = request->http;
    if (atomic_load(&http->draining) || !suspend(request, SC_STATE_SUSPENDED)) {
        refuse(request, SC_POOL_CLOSED);
        sc_request_move(request, SC_STATE_COMPUTED);
        return true;
    }
    sc_metrics_count(SC_COUNTER_SUSPENDED);
    atomic_fetch_add(&http->outstanding, 1);
    atomic_fetch_add(&request->owners, 1);
    request->task = (struct sc_task){.run = run_task, .client = request->client};
    enum sc_pool_status status = sc_pool_submit(http->pool, &request->task);
    if (status == SC_POOL_OK) return false;
    refuse(request, status);
    finish(request);
    return false;
}

static bool run_inline(struct sc_request *request)
{
    request->call.reader = sc_readers_own(&request->http->readers);
    request->asked = true;
    request->call.hurried = true;
    if (request->match.route->use_case(&request->call) != SC_ANSWERED) {
        sc_log(SC_LOG_ERROR, "a use case that waits is on a route that runs inline", "pattern",
               request->match.route->pattern, NULL);
        abort();
    }
    if (request->call.too_long) {
        request->call.hurried = request->call.too_long = false;
        request->answer = (struct sc_answer){.outcome = SC_OUTCOME_OK};
        return run_in_pool(request);
    }
    keep_answer(request);
    sc_events_settle(request);
    sc_request_move(request, SC_STATE_COMPUTED);
    return true;
}

bool sc_dispatch_run(struct sc_request *request)
{
    sc_peer_enter(request->peer, SC_PHASE_BUSY, UINT64_MAX);
    if (recall_answer(request)) return true;
    bool in_pool = (request->match.route->run & SC_RUN_POOL) || request->as_job;
    return in_pool ? run_in_pool(request) : run_inline(request);
}

void sc_dispatch_abandon(struct sc_http *http)
{
    pthread_mutex_lock(&http->lock);
    http->abandoned = true;
    for (struct sc_request *request = http->suspended; request; request = request->next) {
        bool replied = sc_request_state(request) == SC_STATE_SLEEPING;
        request->abandoned = true;
        sc_metrics_count(SC_COUNTER_ABANDONED);
        sc_request_move(request, replied ? SC_STATE_REPLIED : SC_STATE_COMPUTED);
        MHD_resume_connection(request->connection);
    }
    http->suspended = NULL;
    pthread_mutex_unlock(&http->lock);
}
