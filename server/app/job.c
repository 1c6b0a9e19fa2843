#include "job.h"

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "base/etag.h"
#include "budget.h"
#include "codec/canonical.h"
#include "codec/csv.h"
#include "codec/faults.h"
#include "page.h"
#include "request.h"
#include "state.h"
#include "subject.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct sc_jobs *sc_call_jobs(const struct sc_call *call)
{
    return call->app->jobs;
}

/* ---- a job as it is shown ---- */

static void write_time(struct sc_json_writer *writer, const char *name, int64_t microseconds)
{
    char text[SC_TIMESTAMP_SIZE];
    if (microseconds) sc_clock_timestamp(microseconds, text);
    sc_json_member_text(writer, name, microseconds ? text : NULL);
}

static void write_link(struct sc_json_writer *writer, const char *name, const struct sc_job *job)
{
    char link[128];
    snprintf(link, sizeof link, "/v1/jobs/%s/%s", job->id, name);
    sc_json_member_text(writer, name, link);
}

void sc_job_write(struct sc_json_writer *writer, const struct sc_job *job)
{
    sc_json_object_begin(writer);
    sc_json_member_text(writer, "id", job->id);
    sc_json_member_text(writer, "state", sc_job_state_name(job->state));
    sc_json_member_text(writer, "question", job->question);
    sc_json_member_text(writer, "target", job->target);
    write_time(writer, "created_at", job->created_at);
    write_time(writer, "started_at", job->started_at);
    write_time(writer, "finished_at", job->finished_at);
    sc_json_member_number(writer, "progress", job->progress);
    if (job->partial) sc_json_member_raw(writer, "partial", job->partial, strlen(job->partial));
    if (job->result.problem && job->result.body)
        sc_json_member_raw(writer, "problem", job->result.body, job->result.length);
    write_link(writer, "result", job);
    write_link(writer, "events", job);
    sc_json_object_end(writer);
}

bool sc_call_job(struct sc_call *call, const char *id, struct sc_job *job)
{
    if (!sc_call_reader(call)) return false;
    uint64_t start = sc_clock_nanoseconds();
    enum sc_store_status status = sc_reader_job(call->reader, id, false, call->arena, job);
    sc_call_spent(call, SC_STAGE_DB, start);
    if (status == SC_STORE_NOT_FOUND)
        sc_call_fail(call, SC_PROBLEM_not_found,
                     "There is no job \"%.64s\"; those that ended are kept for a while only", id);
    else if (status != SC_STORE_OK)
        sc_call_store_problem(call, SC_RECORD_SCENARIO, status, id);
    return status == SC_STORE_OK;
}

/* The result with its body in the call's arena. */
static bool read_problem(struct sc_call *call, struct sc_job *job)
{
    char *body;
    enum sc_store_status status =
        sc_reader_job_result(call->reader, job->id, call->arena, &job->result, &body);
    if (status == SC_STORE_OK) job->result.body = sc_arena_text(call->arena, body, job->result.length);
    free(body);
    if (status == SC_STORE_NOT_FOUND) return true;
    if (status == SC_STORE_OK && job->result.body) return true;
    sc_call_exhausted(call);
    return false;
}

/* What the computation of a job has said lately, in the call's arena. */
static bool read_progress(struct sc_call *call, struct sc_job *job)
{
    char *partial = sc_jobs_progress(sc_call_jobs(call), job);
    job->partial = partial ? sc_call_text(call, partial) : NULL;
    free(partial);
    if (partial && !job->partial) sc_call_exhausted(call);
    return !partial || job->partial;
}

bool sc_call_present_job(struct sc_call *call, const char *id, struct sc_job *job)
{
    if (!sc_call_job(call, id, job)) return false;
    if (!sc_job_has_ended(job->state) && !read_progress(call, job)) return false;
    return job->state != SC_JOB_FAILED || read_problem(call, job);
}

enum sc_progress sc_job_get(struct sc_call *call)
{
    static const char *const none[] = {NULL};
    struct sc_job job;
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    char sha256[SC_DIGEST_TEXT];
    if (!sc_call_allows(call, none) || !sc_call_present_job(call, call->argument[0], &job))
        return SC_ANSWERED;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_job_write(&writer, &job);
    if (buffer.data) sc_digest_bytes(buffer.data, buffer.length, sha256);
    if (buffer.data && sc_answer_is_known(call, sha256, SC_FRESH_REVALIDATE)) {
        sc_buffer_fini(&buffer);
        return SC_ANSWERED;
    }
    return sc_answer_json(call, &writer, &buffer);
}

/* ---- its answer ---- */

static bool find_problem(const char *name, enum sc_problem *problem)
{
    for (unsigned i = 0; i < SC_PROBLEMS; i++) {
        *problem = (enum sc_problem)i;
        if (strcmp(sc_problem_class(*problem)->name, name) == 0) return true;
    }
    return false;
}

/* The problem as it would have been answered at once, but for the instance, which is of this request. */
static enum sc_progress answer_problem(struct sc_call *call, const struct sc_job_result *result)
{
    enum sc_problem problem;
    struct sc_faults *faults = sc_call_faults(call);
    json_auto_t *stored = json_loadb(result->body, result->length, 0, NULL);
    const char *detail = json_string_value(json_object_get(stored, "detail"));
    if (!faults) return SC_ANSWERED;
    if (!detail || !find_problem(result->problem, &problem))
        return sc_call_fail(call, SC_PROBLEM_internal, "The job's problem cannot be read");
    sc_json_read_faults(stored, faults);
    sc_call_fail(call, problem, "%s", detail);
    if (sc_faults_any(faults)) call->answer->faults = faults;
    return SC_ANSWERED;
}

/* The very bytes; takes body. */
static enum sc_progress answer_done(struct sc_call *call, const struct sc_job_result *result, char *body)
{
    struct sc_answer *answer = call->answer;
    char tag[SC_DIGEST_TEXT];
    sc_digest_bytes(body, result->length, tag);
    answer->media = (enum sc_media)result->media;
    bool known = sc_answer_is_known(call, tag, SC_FRESH_REVALIDATE);
    if (*result->etag) { /* the question has one of its own */
        snprintf(answer->etag, sizeof answer->etag, "%s", result->etag);
        known = sc_etag_matches(call->if_none_match, answer->etag);
    }
    if (known) {
        free(body);
        answer->outcome = SC_OUTCOME_NOT_MODIFIED;
        return SC_ANSWERED;
    }
    answer->outcome = SC_OUTCOME_OK;
    answer->body = body;
    answer->body_length = result->length;
    return SC_ANSWERED;
}

static enum sc_progress answer_result(struct sc_call *call, const struct sc_job *job)
{
    struct sc_job_result result;
    char *body;
    uint64_t start = sc_clock_nanoseconds();
    enum sc_store_status status = sc_reader_job_result(call->reader, job->id, call->arena, &result, &body);
    sc_call_spent(call, SC_STAGE_DB, start);
    if (status == SC_STORE_NOT_FOUND)
        return sc_call_fail(call, SC_PROBLEM_internal, "There was no memory for the job's answer");
    if (status != SC_STORE_OK) {
        free(body);
        return sc_call_store_problem(call, SC_RECORD_SCENARIO, status, job->id);
    }
    if (!result.problem) return answer_done(call, &result, body);
    answer_problem(call, &result);
    free(body);
    return SC_ANSWERED;
}

enum sc_progress sc_job_result_get(struct sc_call *call)
{
    static const char *const none[] = {NULL};
    struct sc_job job;
    if (!sc_call_allows(call, none) || !sc_call_job(call, call->argument[0], &job)) return SC_ANSWERED;
    if (job.state == SC_JOB_CANCELLED)
        return sc_call_fail(call, SC_PROBLEM_not_found, "The job was cancelled: it has no answer");
    if (!sc_job_has_ended(job.state))
        return sc_call_fail(call, SC_PROBLEM_job_not_done,
                            "The job is %s; GET /v1/jobs/%s/events tells when it is done",
                            sc_job_state_name(job.state), job.id);
    return answer_result(call, &job);
}

/* ---- its end before its time ---- */

/* A cancellation, or the removal of a job that has ended, on its way; in the call's arena. */
struct ending {
    struct sc_write write;
    struct sc_job job;
    struct sc_call *call;
};

static void answer_ending(struct sc_call *call, const struct ending *ending)
{
    if (ending->write.status == SC_STORE_OK)
        call->answer->outcome = SC_OUTCOME_NO_CONTENT;
    else if (ending->write.status == SC_STORE_NOT_FOUND)
        sc_call_fail(call, SC_PROBLEM_not_found, "The job \"%s\" has just been removed", ending->job.id);
    else
        sc_call_store_problem(call, SC_RECORD_SCENARIO, ending->write.status, ending->job.id);
}

static void finish_removal(struct sc_write *write)
{
    struct ending *ending = write->context;
    answer_ending(ending->call, ending);
    ending->call->resume(ending->call);
}

static bool submit_removal(struct ending *ending)
{
    ending->write.kind = SC_WRITE_JOB_REMOVE;
    ending->write.from = SC_JOB_ENDED;
    ending->write.done = finish_removal;
    return sc_store_submit(sc_app_store(ending->call->app), &ending->write);
}

/* On the writer's thread. A job that has ended meanwhile is removed, as it would be a moment later. */
static void finish_cancellation(struct sc_write *write)
{
    struct ending *ending = write->context;
    struct sc_call *call = ending->call;
    if (write->status == SC_STORE_STALE && submit_removal(ending)) return;
    if (write->status == SC_STORE_OK) sc_jobs_cancelled(sc_call_jobs(call), &ending->job);
    answer_ending(call, ending);
    call->resume(call);
}

enum sc_progress sc_job_delete(struct sc_call *call)
{
    static const char *const none[] = {NULL};
    struct ending *ending = sc_arena_alloc(call->arena, sizeof *ending);
    if (!ending) return sc_call_exhausted(call);
    if (!sc_call_allows(call, none) || !sc_call_present_job(call, call->argument[0], &ending->job))
        return SC_ANSWERED;
    ending->call = call;
    ending->write = (struct sc_write){.kind = SC_WRITE_JOB_MOVE,
                                      .job = &ending->job,
                                      .from = sc_job_sources(SC_JOB_CANCELLED),
                                      .done = finish_cancellation,
                                      .context = ending};
    bool ended = sc_job_has_ended(ending->job.state);
    ending->job.state = ended ? ending->job.state : SC_JOB_CANCELLED;
    ending->job.result.body = NULL; /* it has none of its own */
    bool submitted =
        ended ? submit_removal(ending) : sc_store_submit(sc_app_store(call->app), &ending->write);
    return submitted ? SC_WAITING
                     : sc_call_store_problem(call, SC_RECORD_SCENARIO, ending->write.status, ending->job.id);
}

/* ---- all of them ---- */

static bool read_state(struct sc_call *call, unsigned *states)
{
    const char *asked = sc_call_parameter(call, "state");
    *states = (1u << SC_JOB_STATES) - 1;
    if (!asked) return true;
    for (unsigned state = 0; state < SC_JOB_STATES; state++) {
        if (strcmp(asked, sc_job_state_name((enum sc_job_state)state)) != 0) continue;
        *states = 1u << state;
        return true;
    }
    sc_call_fail(call, SC_PROBLEM_bad_request,
                 "The parameter \"state\" is queued, running, done, failed or cancelled");
    return false;
}

static enum sc_progress list_as_json(struct sc_call *call, const struct sc_job_page *page)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_page_begin(&writer, &buffer);
    for (size_t i = 0; i < page->count; i++) sc_job_write(&writer, &page->item[i]);
    return sc_page_end(call, &writer, &buffer, page->next);
}

static void write_cell(struct sc_csv *csv, int64_t microseconds)
{
    char text[SC_TIMESTAMP_SIZE] = "";
    if (microseconds) sc_clock_timestamp(microseconds, text);
    sc_csv_text(csv, text);
}

static enum sc_progress list_as_csv(struct sc_call *call, const struct sc_job_page *page)
{
    static const char *const columns[] = {"id",         "state",      "question",    "target",
                                          "created_at", "started_at", "finished_at", "progress"};
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_csv_header(&csv, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < page->count; i++) {
        const struct sc_job *job = &page->item[i];
        sc_csv_text(&csv, job->id);
        sc_csv_text(&csv, sc_job_state_name(job->state));
        sc_csv_text(&csv, job->question);
        sc_csv_text(&csv, job->target);
        write_cell(&csv, job->created_at);
        write_cell(&csv, job->started_at);
        write_cell(&csv, job->finished_at);
        sc_csv_number(&csv, job->progress);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

enum sc_progress sc_job_list(struct sc_call *call)
{
    static const char *const parameters[] = {"state", "limit", "after", NULL};
    unsigned states;
    size_t limit;
    int64_t after;
    struct sc_job_page page;
    if (!sc_call_allows(call, parameters) || !read_state(call, &states) ||
        !sc_page_read(call, &limit, &after) || !sc_call_reader(call))
        return SC_ANSWERED;
    uint64_t start = sc_clock_nanoseconds();
    enum sc_store_status status = sc_reader_jobs(call->reader, states, after, limit, call->arena, &page);
    sc_call_spent(call, SC_STAGE_DB, start);
    if (status != SC_STORE_OK) return sc_call_store_problem(call, SC_RECORD_SCENARIO, status, "");
    for (size_t i = 0; i < page.count; i++)
        if (!sc_job_has_ended(page.item[i].state) && !read_progress(call, &page.item[i])) return SC_ANSWERED;
    if (!sc_page_link(call, page.next)) return SC_ANSWERED;
    return call->accept == SC_MEDIA_CSV ? list_as_csv(call, &page) : list_as_json(call, &page);
}
