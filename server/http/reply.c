#include "reply.h"

#include "base/clock.h"
#include "base/etag.h"
#include "base/log.h"
#include "dispatch.h"
#include "media.h"
#include "problem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* An answer on its way. */
struct reply {
    struct sc_request *request;
    struct sc_answer *answer;
    struct MHD_Response *response;
};

static void add(struct reply *reply, const char *name, const char *value)
{
    if (MHD_add_response_header(reply->response, name, value) != MHD_YES)
        sc_log(SC_LOG_WARN, "a header field cannot be sent", "name", name, "request", reply->request->id,
               NULL);
}

static int status_of(const struct sc_answer *answer)
{
    switch (answer->outcome) {
    case SC_OUTCOME_CREATED:
        return MHD_HTTP_CREATED;
    case SC_OUTCOME_ACCEPTED:
        return MHD_HTTP_ACCEPTED;
    case SC_OUTCOME_NO_CONTENT:
        return MHD_HTTP_NO_CONTENT;
    case SC_OUTCOME_NOT_MODIFIED:
        return MHD_HTTP_NOT_MODIFIED;
    case SC_OUTCOME_PROBLEM:
        return sc_problem_class(answer->problem)->status;
    default:
        return MHD_HTTP_OK;
    }
}

/* Milliseconds with three decimals. */
static char *put_milliseconds(char *at, uint64_t microseconds)
{
    char digits[24], *first = digits + sizeof digits;
    for (int i = 0; i < 4 || microseconds; i++) {
        if (i == 3) *--first = '.';
        *--first = (char)('0' + microseconds % 10);
        microseconds /= 10;
    }
    size_t length = (size_t)(digits + sizeof digits - first);
    memcpy(at, first, length);
    return at + length;
}

/* "parse;dur=0.012, db;dur=0.104, …" */
static void add_timing(struct reply *reply)
{
    const uint64_t *spent = reply->request->call.stage_nanoseconds;
    static const char *const names[SC_STAGES] = {"parse;dur=", ", db;dur=", ", model;dur=", ", encode;dur="};
    char text[256], *at = text;
    for (size_t i = 0; i < SC_STAGES; i++) at = put_milliseconds(stpcpy(at, names[i]), spent[i] / 1000);
    *at = '\0';
    add(reply, "Server-Timing", text);
}

static void add_identity(struct reply *reply)
{
    struct sc_request *request = reply->request;
    add(reply, "X-Request-Id", request->id);
    add(reply, "X-Content-Type-Options", "nosniff");
    if (reply->answer == &request->answer) add_timing(reply); /* else the computation may still go on */
    if (atomic_load(&request->http->draining)) add(reply, "Connection", "close");
}

/* An answer that is known (304) has the tag that the client knows it by. */
static void add_etag(struct reply *reply)
{
    const struct sc_answer *answer = reply->answer;
    char coded[SC_CODED_TAG_MAX];
    const char *other = sc_coded_tag(answer->etag, coded);
    bool known = answer->outcome == SC_OUTCOME_NOT_MODIFIED && reply->request->coding.gzip &&
                 sc_etag_matches(reply->request->fields.value[SC_FIELD_IF_NONE_MATCH], other);
    add(reply, "ETag", answer->coded || known ? other : answer->etag);
}

static void add_caching(struct reply *reply)
{
    static const char *const names[] = {
        [SC_FRESH_NO_STORE] = "no-store",
        [SC_FRESH_REVALIDATE] = "no-cache",
        [SC_FRESH_IMMUTABLE] = "public, max-age=31536000, immutable",
    };
    const struct sc_answer *answer = reply->answer;
    bool problem = answer->outcome == SC_OUTCOME_PROBLEM;
    add(reply, "Cache-Control", names[problem ? SC_FRESH_NO_STORE : answer->freshness]);
    if (*answer->etag && !problem) add_etag(reply);
    if (answer->coded) add(reply, "Content-Encoding", "gzip");
}

/* What else than the address the answer depends on. */
static void add_vary(struct reply *reply)
{
    static const char *const NAMES[] = {
        NULL,     "Accept",         "Accept-Encoding",         "Accept, Accept-Encoding",
        "Origin", "Accept, Origin", "Accept-Encoding, Origin", "Accept, Accept-Encoding, Origin"};
    const struct sc_route *route = reply->request->match.route;
    const struct sc_cors *cors = &reply->request->http->cors;
    bool by_accept = route && route->offers[0] && route->offers[1];
    bool by_origin = cors->count && !cors->any;
    bool by_coding = sc_coding_applies(reply->answer) && reply->answer->outcome != SC_OUTCOME_NO_CONTENT;
    const char *names = NAMES[by_accept | by_coding << 1 | by_origin << 2];
    if (names) add(reply, "Vary", names);
}

static void add_content(struct reply *reply)
{
    const struct sc_answer *answer = reply->answer;
    if (answer->outcome == SC_OUTCOME_PROBLEM) {
        add(reply, "Content-Type", "application/problem+json");
        return;
    }
    if (answer->outcome == SC_OUTCOME_NO_CONTENT || answer->outcome == SC_OUTCOME_NOT_MODIFIED) return;
    if (answer->media != SC_MEDIA_NONE) add(reply, "Content-Type", sc_media_type(answer->media));
    if (answer->media == SC_MEDIA_EVENTS) add(reply, "X-Accel-Buffering", "no"); /* for proxies */
    if (answer->media != SC_MEDIA_HTML) return;
    add(reply, "Content-Security-Policy",
        "default-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'");
    add(reply, "Referrer-Policy", "no-referrer");
}

static void add_references(struct reply *reply)
{
    const struct sc_answer *answer = reply->answer;
    const struct sc_request *request = reply->request;
    if (answer->location) add(reply, "Location", answer->location);
    if (answer->outcome == SC_OUTCOME_ACCEPTED) add(reply, "Preference-Applied", "respond-async");
    if (answer->link) add(reply, "Link", answer->link);
    if (!request->match.route && request->match.path_known) {
        add(reply, "Allow", request->match.allow);
        if (strstr(request->match.allow, "PATCH"))
            add(reply, "Accept-Patch",
                "application/merge-patch+json, application/json-patch+json"); /* RFC 5789 */
    }
    if (answer->retry_after) {
        char seconds[16];
        snprintf(seconds, sizeof seconds, "%u", answer->retry_after);
        add(reply, "Retry-After", seconds);
    }
}

static void add_preflight(struct reply *reply)
{
    char age[16];
    snprintf(age, sizeof age, "%d", SC_LIMIT_PREFLIGHT_AGE);
    add(reply, "Access-Control-Allow-Methods", reply->request->match.allow);
    add(reply, "Access-Control-Allow-Headers",
        "Accept, Content-Type, If-Match, If-None-Match, Idempotency-Key, Last-Event-ID, Prefer, "
        "X-Request-Id");
    add(reply, "Access-Control-Max-Age", age);
}

static void add_cors(struct reply *reply)
{
    const struct sc_fields *fields = &reply->request->fields;
    const struct sc_cors *cors = &reply->request->http->cors;
    const char *origin = fields->value[SC_FIELD_ORIGIN];
    if (!origin || !sc_cors_allows(cors, origin)) return;
    add(reply, "Access-Control-Allow-Origin", cors->any ? "*" : origin);
    add(reply, "Access-Control-Expose-Headers",
        "ETag, Location, Link, Preference-Applied, X-Request-Id, Server-Timing, Retry-After");
    bool answered = reply->answer->outcome == SC_OUTCOME_NO_CONTENT && !reply->request->match.route;
    if (answered && fields->value[SC_FIELD_PREFLIGHT_METHOD]) add_preflight(reply);
}

/* A reader that stands still is cut after this piece's time, one that drips after that of all pieces; the
 * time in which there was no piece for it is not its own. */
static void allow_time(struct sc_request *request, size_t capacity, ptrdiff_t length)
{
    uint64_t now = sc_clock_nanoseconds();
    if (!request->pieces_started) request->pieces_started = now;
    if (request->slept) request->pieces_started += now - request->slept;
    request->slept = 0;
    request->sent += length > 0 ? (uint64_t)length : 0;
    uint64_t piece = sc_after(now, sc_allowance(request->http, capacity));
    uint64_t all = sc_after(request->pieces_started, sc_allowance(request->http, request->sent));
    sc_peer_enter(request->peer, SC_PHASE_WRITING, piece < all ? piece : all);
}

static ssize_t read_piece(void *context, uint64_t position, char *bytes, size_t capacity)
{
    struct sc_request *request = context;
    (void)position;
    if (request->abandoned) return MHD_CONTENT_READER_END_WITH_ERROR;
    ptrdiff_t length = request->given->next_piece(request->given->stream, bytes, capacity);
    if (length == SC_PIECE_LATER)
        return 0; /* it sleeps, or was abandoned meanwhile: it will be asked again */
    allow_time(request, capacity, length);
    if (length > 0) return length;
    return length == 0 ? MHD_CONTENT_READER_END_OF_STREAM : MHD_CONTENT_READER_END_WITH_ERROR;
}

/* libmicrohttpd frees an answer after it reports the request complete: the stream is an owner of the request,
 * whose memory it uses. */
static void end_pieces(void *context)
{
    struct sc_request *request = context;
    request->given->close(request->given->stream);
    request->given->close = NULL;
    sc_request_release(request);
}

static struct MHD_Response *respond_in_pieces(struct sc_request *request)
{
    enum { PIECE = 16 * 1024 };
    struct sc_answer *answer = request->given;
    sc_code_pieces(&request->coding, answer);
    if (answer->attach)
        answer->attach(answer->stream, &(struct sc_waiter){sc_dispatch_sleep, sc_dispatch_wake, request});
    atomic_fetch_add(&request->owners, 1);
    struct MHD_Response *response =
        MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, PIECE, read_piece, request, end_pieces);
    if (!response) {
        sc_request_release(request);
        return NULL;
    }
    /* 0.9.75 sends the end of a chunked body after the head of an answer to HEAD: close instead. */
    if (request->is_head) MHD_set_response_options(response, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    return response;
}

static struct MHD_Response *respond_with_fixed(struct sc_answer *answer)
{
    union {
        const char *constant;
        char *bytes;
    } fixed = {answer->fixed ? answer->fixed : ""}; /* the interface lacks const; they are only read */
    size_t length = answer->fixed ? answer->body_length : 0;
    if (!answer->release) return MHD_create_response_from_buffer(length, fixed.bytes, MHD_RESPMEM_PERSISTENT);
    struct MHD_Response *response = MHD_create_response_from_buffer_with_free_callback_cls(
        length, fixed.bytes, answer->release, answer->owner);
    if (response) answer->release = NULL; /* libmicrohttpd's now */
    return response;
}

static struct MHD_Response *respond_with_bytes(const struct sc_request *request, struct sc_answer *answer)
{
    sc_code(&request->coding, answer, SC_LIMIT_CODED_AT_ONCE);
    if (!answer->body) return respond_with_fixed(answer);
    struct MHD_Response *response =
        MHD_create_response_from_buffer(answer->body_length, answer->body, MHD_RESPMEM_MUST_FREE);
    if (response) answer->body = NULL; /* libmicrohttpd's now */
    return response;
}

static struct MHD_Response *respond(struct reply *reply)
{
    struct sc_answer *answer = reply->answer;
    if (answer->outcome == SC_OUTCOME_PROBLEM) {
        free(answer->body);
        answer->fixed = NULL;
        answer->body = sc_problem_write(answer, reply->request->id, &answer->body_length);
        return answer->body ? respond_with_bytes(reply->request, answer) : NULL;
    }
    if (answer->outcome == SC_OUTCOME_OK && answer->next_piece) return respond_in_pieces(reply->request);
    if (answer->outcome != SC_OUTCOME_NO_CONTENT && answer->outcome != SC_OUTCOME_NOT_MODIFIED)
        return respond_with_bytes(reply->request, answer);
    return MHD_create_response_from_buffer(0, NULL, MHD_RESPMEM_PERSISTENT);
}

/* What an abandoned request answers: its own answer may be in the making still. */
static void make_farewell(struct sc_answer *answer)
{
    *answer = (struct sc_answer){
        .outcome = SC_OUTCOME_PROBLEM, .problem = SC_PROBLEM_overloaded, .retry_after = SC_LIMIT_RETRY_AFTER};
    snprintf(answer->detail, sizeof answer->detail, "The service is shutting down.");
}

enum MHD_Result sc_reply(struct sc_request *request)
{
    struct sc_answer farewell;
    struct reply reply = {.request = request, .answer = request->given};
    if (request->abandoned) {
        make_farewell(&farewell);
        reply.answer = &farewell;
    }
    reply.response = respond(&reply);
    if (!reply.response) return MHD_NO;
    add_identity(&reply);
    add_caching(&reply);
    add_vary(&reply);
    add_content(&reply);
    add_references(&reply);
    add_cors(&reply);
    request->status = status_of(reply.answer);
    uint64_t allowance = sc_allowance(request->http, reply.answer->body_length);
    sc_peer_enter(request->peer, SC_PHASE_WRITING, sc_after(sc_clock_nanoseconds(), allowance));
    sc_request_move(request, SC_STATE_REPLIED);
    enum MHD_Result queued =
        MHD_queue_response(request->connection, (unsigned)request->status, reply.response);
    MHD_destroy_response(reply.response);
    return queued;
}
