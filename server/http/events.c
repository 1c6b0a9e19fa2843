#include "events.h"

#include "base/clock.h"
#include "codec/writer.h"
#include "obs/metrics.h"
#include "problem.h"
#include "secondchair/stream.h"

#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char SC_EVENTS_STOPPING[] = "The service is shutting down.";
static const char NO_MEMORY[] = "There is no memory for a stream of events.";
static const char TOO_MANY[] = "Too many streams of events are open.";
static const char GONE[] = "The client has gone.";

enum { ANSWER_KEY = 1 }; /* the newest progress of a question replaces the one before, and its answer both */

/* ---- which streams are open ---- */

static ptrdiff_t next_events(void *stream, char *bytes, size_t capacity)
{
    return sc_stream_read(stream, bytes, capacity);
}

static void close_events(void *stream)
{
    sc_stream_close(stream);
}

static void attach_events(void *stream, const struct sc_waiter *waiter)
{
    sc_stream_attach(stream, waiter);
}

static struct sc_answer answer_of(struct sc_stream *stream)
{
    return (struct sc_answer){.media = SC_MEDIA_EVENTS,
                              .next_piece = next_events,
                              .close = close_events,
                              .attach = attach_events,
                              .stream = stream};
}

static void link_in(struct sc_request *request, struct sc_stream *stream)
{
    struct sc_http *http = request->http;
    request->events = stream;
    request->beat_at = sc_after(sc_clock_nanoseconds(), http->settings->heartbeat_ms);
    request->previous_stream = NULL;
    request->next_stream = http->streaming;
    if (request->next_stream) request->next_stream->previous_stream = request;
    http->streaming = request;
    http->streams++;
    sc_metrics_count(SC_COUNTER_STREAMS_OPENED);
}

/* Counts the stream among the open ones and gives it, as this answer; then calls wake, where there is one. Or
 * says why not. */
static const char *admit(struct sc_request *request, struct sc_stream *stream, struct sc_answer *answer,
                         void (*wake)(struct sc_request *request))
{
    struct sc_http *http = request->http;
    pthread_mutex_lock(&http->streams_lock);
    pthread_mutex_lock(&http->lock);
    bool stopping = http->streams_closed || request->abandoned;
    const char *refusal = stopping                                   ? SC_EVENTS_STOPPING
                          : http->streams >= http->settings->streams ? TOO_MANY
                                                                     : NULL;
    if (!refusal) {
        link_in(request, stream);
        *answer = answer_of(stream);
        request->given = answer;
        if (wake) {
            request->writer = stream;
            wake(request);
        }
    }
    pthread_mutex_unlock(&http->lock);
    pthread_mutex_unlock(&http->streams_lock);
    return refusal;
}

void sc_events_leave(struct sc_request *request)
{
    struct sc_http *http = request->http;
    if (!request->events) return;
    pthread_mutex_lock(&http->streams_lock);
    if (request->previous_stream)
        request->previous_stream->next_stream = request->next_stream;
    else
        http->streaming = request->next_stream;
    if (request->next_stream) request->next_stream->previous_stream = request->previous_stream;
    request->events = NULL;
    http->streams--;
    pthread_mutex_unlock(&http->streams_lock);
    sc_metrics_count(SC_COUNTER_STREAMS_CLOSED);
}

/* ---- those who wait ---- */

/* Has the client closed its side? Then it may have gone, and only what is sent to it will tell. */
static bool is_closing(const struct sc_request *request)
{
    struct pollfd look = {.fd = request->peer->socket, .events = POLLRDHUP};
    return poll(&look, 1, 0) > 0;
}

void sc_events_tick(void *context)
{
    struct sc_http *http = context;
    uint64_t now = sc_clock_nanoseconds();
    pthread_mutex_lock(&http->streams_lock);
    bool look = now >= http->look_at;
    if (look) http->look_at = sc_after(now, SC_LIMIT_STREAM_LOOK_MS);
    for (struct sc_request *request = http->streaming; request; request = request->next_stream) {
        if (now < request->beat_at && !(look && is_closing(request))) continue;
        request->beat_at = sc_after(now, http->settings->heartbeat_ms);
        sc_stream_beat(request->events);
    }
    pthread_mutex_unlock(&http->streams_lock);
}

void sc_events_drain(struct sc_http *http, bool all)
{
    pthread_mutex_lock(&http->streams_lock);
    http->streams_closed = true;
    for (struct sc_request *request = http->streaming; request; request = request->next_stream)
        if (all || !request->writer) sc_stream_cut(request->events);
    pthread_mutex_unlock(&http->streams_lock);
}

/* ---- what a computation tells ---- */

bool sc_events_open(struct sc_request *request, void (*wake)(struct sc_request *request))
{
    struct sc_stream *stream = sc_stream_new(SC_LIMIT_STREAM_ANSWER);
    request->stopped_for = stream ? admit(request, stream, &request->opening, wake) : NO_MEMORY;
    if (request->stopped_for && stream) {
        sc_stream_end(stream);
        sc_stream_close(stream);
    }
    return !request->stopped_for;
}

static bool send_event(struct sc_stream *stream, const char *name, const char *data, size_t length,
                       uint64_t key)
{
    return sc_stream_event(stream,
                           &(struct sc_event){.name = name, .data = data, .length = length, .key = key});
}

bool sc_events_tell(struct sc_request *request, double done, const char *partial)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    uint64_t now = sc_clock_nanoseconds();
    if (!partial && request->told_at && now < sc_after(request->told_at, SC_LIMIT_TELL_MS)) return true;
    request->told_at = now;
    sc_buffer_init(&buffer, SC_LIMIT_STREAM_ANSWER);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    sc_json_member_number(&writer, "progress", done);
    if (partial) sc_json_member_raw(&writer, "partial", partial, strlen(partial));
    sc_json_object_end(&writer);
    /* what is said already is worth reading whatever follows; how far it is, only until it is further */
    bool heard = sc_json_finish(&writer) && send_event(request->writer, "progress", buffer.data,
                                                       buffer.length, partial ? 0 : ANSWER_KEY);
    sc_buffer_fini(&buffer);
    if (!heard) request->stopped_for = GONE;
    return heard;
}

/* The answer as the last event; a problem is one as well. */
static void send_answer(struct sc_request *request, struct sc_stream *stream)
{
    struct sc_answer *answer = &request->answer;
    bool failed = answer->outcome == SC_OUTCOME_PROBLEM;
    size_t length = answer->body_length;
    char *problem = failed ? sc_problem_write(answer, request->id, &length) : NULL;
    const char *data = failed ? problem : answer->body;
    if (data) send_event(stream, failed ? "failed" : "done", data, length, ANSWER_KEY);
    free(problem);
    sc_stream_end(stream);
}

void sc_events_conclude(struct sc_request *request)
{
    send_answer(request, request->writer);
}

static void refuse(struct sc_request *request, const char *refusal)
{
    (void)sc_call_fail(&request->call, SC_PROBLEM_overloaded, "%s", refusal);
}

/* A stream that the use case leaves to others, or that has all its events already. */
static void give(struct sc_request *request, struct sc_stream *stream)
{
    free(request->answer.body);
    request->answer.body = NULL;
    const char *refusal = admit(request, stream, &request->answer, NULL);
    if (!refusal) return;
    sc_stream_close(stream);
    refuse(request, refusal);
}

static ptrdiff_t no_piece(void *stream, char *bytes, size_t capacity)
{
    (void)stream, (void)bytes, (void)capacity;
    return 0;
}

static void close_nothing(void *stream)
{
    (void)stream;
}

/* HEAD is answered as if there were a stream. */
static void answer_head(struct sc_answer *answer, struct sc_stream *stream)
{
    if (stream) sc_stream_close(stream);
    free(answer->body);
    *answer = (struct sc_answer){.media = SC_MEDIA_EVENTS, .next_piece = no_piece, .close = close_nothing};
}

void sc_events_settle(struct sc_request *request)
{
    struct sc_answer *answer = &request->answer;
    struct sc_stream *stream = answer->events;
    answer->events = NULL;
    bool single = !stream && request->call.accept == SC_MEDIA_EVENTS && answer->body &&
                  answer->outcome == SC_OUTCOME_OK;
    if (request->is_head && (stream || single)) {
        answer_head(answer, stream);
    } else if (stream) {
        give(request, stream);
    } else if (single && (stream = sc_stream_new(SC_LIMIT_STREAM_ANSWER))) {
        send_answer(request, stream);
        give(request, stream);
    } else if (single) {
        refuse(request, NO_MEMORY);
    }
}
