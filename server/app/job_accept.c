#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "budget.h"
#include "job.h"
#include "once.h"
#include "request.h"
#include "scenario.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A question on its way to become a job; in the call's arena. */
struct acceptance {
    struct sc_write write;
    struct sc_job job;
    struct sc_job_place *place;
    struct sc_call *call;
    const char *location;
    uint64_t start;
};

static bool hear_nothing(struct sc_follower *follower, double done, const char *partial)
{
    (void)follower, (void)done, (void)partial;
    return false;
}

/* Lets the question be answered up to the first of its long parts. True: nothing speaks against it. */
static bool check(struct sc_call *call, sc_use_case *question)
{
    struct sc_follower checker = {.hear = hear_nothing}, *before = call->follower;
    struct sc_answer *answer = call->answer;
    call->follower = &checker;
    (void)question(call); /* pure: it never waits */
    call->follower = before;
    bool decided = answer->outcome == SC_OUTCOME_PROBLEM || answer->outcome == SC_OUTCOME_NOT_MODIFIED;
    if (decided && !call->stopped) return false;
    free(answer->body);
    if (answer->close) answer->close(answer->stream);
    *answer = (struct sc_answer){.outcome = SC_OUTCOME_OK};
    call->stopped = false;
    return true;
}

static enum sc_progress refuse(struct sc_call *call, enum sc_pool_status status)
{
    switch (status) {
    case SC_POOL_CLIENT_FULL:
        return sc_call_fail(call, SC_PROBLEM_too_many_requests,
                            "Too many jobs of this client have not ended; DELETE one, or wait for one");
    case SC_POOL_CLOSED:
        return sc_call_fail(call, SC_PROBLEM_overloaded, "The service is shutting down");
    default:
        return sc_call_fail(call, SC_PROBLEM_overloaded, "Too many jobs have not ended; try again later");
    }
}

static void answer_accepted(struct sc_call *call, const struct acceptance *acceptance)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_job_write(&writer, &acceptance->job);
    if (!sc_json_finish(&writer)) buffer.failed = true;
    sc_answer_buffer(call, SC_MEDIA_JSON, &buffer);
    if (!call->answer->body) return;
    call->answer->outcome = SC_OUTCOME_ACCEPTED;
    call->answer->location = acceptance->location;
}

static bool compose(struct sc_write *write)
{
    const struct acceptance *acceptance = write->context;
    answer_accepted(acceptance->call, acceptance);
    return sc_once_keep(acceptance->call);
}

/* On the writer's thread. */
static void finish(struct sc_write *write)
{
    struct acceptance *acceptance = write->context;
    struct sc_call *call = acceptance->call;
    struct sc_jobs *jobs = sc_call_jobs(call);
    sc_call_spent(call, SC_STAGE_DB, acceptance->start);
    if (write->status == SC_STORE_OK)
        sc_jobs_accept(jobs, acceptance->place, &acceptance->job);
    else
        sc_jobs_forgo(jobs, acceptance->place);
    if (!sc_once_finish(call, write, compose))
        sc_call_store_problem(call, SC_RECORD_SCENARIO, write->status, acceptance->job.id);
    call->resume(call);
}

/* What is asked, of the scenarios as they are now. False: a problem. */
static bool describe(struct sc_call *call, struct acceptance *acceptance)
{
    const char *name = strrchr(call->path, '/');
    struct sc_job *job = &acceptance->job;
    char location[128];
    *job = (struct sc_job){.id = sc_record_id(call->arena),
                           .question = name ? name + 1 : call->path,
                           .target = call->target,
                           .content = (int)call->content,
                           .accept = (int)call->accept,
                           .body = call->body,
                           .length = call->body_length};
    snprintf(location, sizeof location, "/v1/jobs/%s", job->id ? job->id : "");
    acceptance->location = sc_call_text(call, location);
    if (!job->id || !acceptance->location) return sc_call_exhausted(call), false;
    if (!sc_call_reader(call)) return false;
    enum sc_store_status status = sc_reader_moment(call->reader, &job->as_of);
    if (status != SC_STORE_OK) sc_call_store_problem(call, SC_RECORD_SCENARIO, status, job->id);
    return status == SC_STORE_OK;
}

enum sc_progress sc_job_accept(struct sc_call *call, sc_use_case *question)
{
    if (!check(call, question)) return SC_ANSWERED;
    struct acceptance *acceptance = sc_arena_alloc(call->arena, sizeof *acceptance);
    if (!acceptance) return sc_call_exhausted(call);
    struct sc_job *job = &acceptance->job;
    if (!describe(call, acceptance)) return SC_ANSWERED;
    enum sc_pool_status status = sc_jobs_reserve(sc_call_jobs(call), call->client, job, &acceptance->place);
    if (status != SC_POOL_OK) return refuse(call, status);
    acceptance->call = call;
    acceptance->start = sc_clock_nanoseconds();
    acceptance->write =
        (struct sc_write){.kind = SC_WRITE_JOB_CREATE, .job = job, .done = finish, .context = acceptance};
    if (sc_once_submit(call, &acceptance->write, compose)) return SC_WAITING;
    sc_jobs_forgo(sc_call_jobs(call), acceptance->place);
    return sc_call_store_problem(call, SC_RECORD_SCENARIO, acceptance->write.status, job->id);
}
