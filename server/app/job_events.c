#include "app.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "budget.h"
#include "job.h"
#include "request.h"
#include "secondchair/limits.h"
#include "secondchair/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The id of the last event: a reader who had it and asks again has nothing to learn. */
static const char LAST[] = "end";

/* A stream of what becomes of some jobs, or of all; its own, until the last watch ends. */
struct feed {
    struct sc_job_watch watch;
    struct sc_stream *stream;
    const char *id[SC_LIMIT_PARAMETERS];
    char texts[];
};

static const char *name_of(enum sc_job_state state)
{
    return sc_job_has_ended(state) ? sc_job_state_name(state) : "progress";
}

static void tell(struct sc_stream *stream, const struct sc_job *job, bool last)
{
    char id[128];
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    snprintf(id, sizeof id, "%s:%s", job->id, sc_job_state_name(job->state));
    sc_buffer_init(&buffer, SC_LIMIT_STREAM);
    sc_json_writer_init(&writer, &buffer);
    sc_job_write(&writer, job);
    if (sc_json_finish(&writer))
        sc_stream_event(stream, &(struct sc_event){.name = name_of(job->state),
                                                   .id = last ? LAST : id,
                                                   .data = buffer.data,
                                                   .length = buffer.length,
                                                   .key = (uint64_t)job->sequence});
    sc_buffer_fini(&buffer);
}

static struct feed *feed_of(const struct sc_job_watch *watch)
{
    return (struct feed *)((char *)(uintptr_t)watch - offsetof(struct feed, watch));
}

static void tell_feed(struct sc_job_watch *watch, const struct sc_job *job, bool last)
{
    tell(feed_of(watch)->stream, job, last);
}

static bool is_wanted(const struct sc_job_watch *watch)
{
    return sc_stream_is_read(feed_of(watch)->stream);
}

static void end_feed(struct sc_job_watch *watch)
{
    struct feed *feed = feed_of(watch);
    sc_stream_end(feed->stream);
    free(feed);
}

static struct feed *new_feed(const struct sc_job *job, size_t count)
{
    size_t size = 0;
    for (size_t i = 0; i < count; i++) size += strlen(job[i].id) + 1;
    struct feed *feed = calloc(1, sizeof *feed + size);
    struct sc_stream *stream = sc_stream_new(SC_LIMIT_STREAM);
    if (!feed || !stream) {
        free(feed);
        if (stream) {
            sc_stream_end(stream);
            sc_stream_close(stream);
        }
        return NULL;
    }
    char *end = feed->texts;
    for (size_t i = 0; i < count; i++) {
        feed->id[i] = end;
        end = stpcpy(end, job[i].id) + 1;
    }
    feed->watch = (struct sc_job_watch){.tell = tell_feed, .is_wanted = is_wanted, .end = end_feed};
    feed->stream = stream;
    return feed;
}

/* Tells of those that are not live: they have ended, some of them perhaps just now. */
static void tell_ended(struct sc_call *call, const struct feed *feed, struct sc_job *job, const bool *live,
                       size_t count)
{
    size_t left = 0, living = 0;
    for (size_t i = 0; i < count; i++) living += live[i];
    left = count - living;
    for (size_t i = 0; i < count; i++) {
        if (live[i]) continue;
        left--;
        if (sc_call_present_job(call, job[i].id, &job[i])) tell(feed->stream, &job[i], !left && !living);
    }
    if (call->answer->outcome == SC_OUTCOME_PROBLEM)
        *call->answer = (struct sc_answer){0}; /* removed meanwhile */
}

/* The stream of these jobs; count 0: of all. */
static enum sc_progress follow(struct sc_call *call, struct sc_job *job, size_t count)
{
    bool live[SC_LIMIT_PARAMETERS];
    struct sc_jobs *jobs = sc_call_jobs(call);
    struct feed *feed = new_feed(job, count);
    if (!feed) return sc_call_exhausted(call);
    struct sc_stream *stream = feed->stream;
    sc_jobs_watch(jobs, &feed->watch, feed->id, count, live);
    tell_ended(call, feed, job, live, count);
    call->answer->media = SC_MEDIA_EVENTS;
    call->answer->events = stream;
    sc_jobs_release_watch(jobs, &feed->watch);
    return SC_ANSWERED;
}

/* Reads the jobs of these ids and follows them. 204 where the reader has had the end of all: a browser then
 * asks no more. */
static enum sc_progress follow_ids(struct sc_call *call, const char *const *id, size_t count)
{
    struct sc_job *job = sc_arena_array(call->arena, count + 1, sizeof *job);
    bool over = count > 0 && call->last_event_id && strcmp(call->last_event_id, LAST) == 0;
    if (!job) return sc_call_exhausted(call);
    for (size_t i = 0; i < count; i++) {
        if (!sc_call_job(call, id[i], &job[i])) return SC_ANSWERED;
        over = over && sc_job_has_ended(job[i].state);
    }
    if (!over) return follow(call, job, count);
    call->answer->outcome = SC_OUTCOME_NO_CONTENT;
    return SC_ANSWERED;
}

enum sc_progress sc_job_events(struct sc_call *call)
{
    static const char *const none[] = {NULL};
    if (!sc_call_allows(call, none)) return SC_ANSWERED;
    return follow_ids(call, call->argument, 1);
}

enum sc_progress sc_events(struct sc_call *call)
{
    static const char *const parameters[] = {"job", NULL};
    const char *id[SC_LIMIT_PARAMETERS];
    size_t count = 0;
    if (!sc_call_allows(call, parameters)) return SC_ANSWERED;
    for (size_t i = 0; i < call->parameter_count && count < SC_LIMIT_PARAMETERS; i++)
        id[count++] = call->parameter[i].value;
    return follow_ids(call, id, count);
}
