#include "handler.h"

#include "base/clock.h"
#include "dispatch.h"
#include "media.h"
#include "obs/metrics.h"
#include "reply.h"
#include "request.h"

#include <string.h>
#include <strings.h>

/* Makes a problem of the request's answer; always false, for the checks below. */
#define FAIL(request, problem, ...) (sc_call_fail(&(request)->call, SC_PROBLEM_##problem, __VA_ARGS__), false)

static bool judge_framing(struct sc_request *request)
{
    const char *fault = request->fields.fault;
    if (fault) {
        sc_metrics_count(SC_COUNTER_REFUSED);
        return FAIL(request, bad_framing, "%s", fault);
    }
    if (request->fields.count > SC_LIMIT_FIELDS)
        return FAIL(request, headers_too_large, "The request has more than %d header fields.",
                    SC_LIMIT_FIELDS);
    if (request->raw_length > SC_LIMIT_URI)
        return FAIL(request, uri_too_long, "The address is longer than %d bytes.", SC_LIMIT_URI);
    const char *wrong = sc_uri_read(&request->uri, request->raw, &request->arena);
    if (wrong == SC_URI_NO_MEMORY) return FAIL(request, overloaded, "%s", wrong);
    return wrong ? FAIL(request, bad_request, "%s", wrong) : true;
}

/* OPTIONS, which no use case answers. */
static bool answer_options(struct sc_request *request)
{
    const char *origin = request->fields.value[SC_FIELD_ORIGIN];
    bool preflight = origin && request->fields.value[SC_FIELD_PREFLIGHT_METHOD];
    if (preflight && !sc_cors_allows(&request->http->cors, origin))
        return FAIL(request, origin_not_allowed, "Pages of this origin may not call the service.");
    request->answer.outcome = SC_OUTCOME_NO_CONTENT;
    return false;
}

static bool judge_route(struct sc_request *request, const char *method)
{
    struct sc_match *match = &request->match;
    sc_route_find(match, method, &request->uri);
    if (!match->path_known) return FAIL(request, not_found, "The service has no such address.");
    if (strcmp(method, "OPTIONS") == 0) return answer_options(request);
    if (!match->route) return FAIL(request, method_not_allowed, "Here the methods are %s.", match->allow);
    return true;
}

static bool judge_accept(struct sc_request *request)
{
    const enum sc_media *offers = request->match.route->offers;
    size_t count = 0;
    unsigned all = 0;
    char names[SC_DETAIL_MAX];
    while (count < SC_OFFERS_MAX && offers[count]) all |= offers[count++];
    if (count == 0) return true;
    request->call.accept = sc_media_negotiate(request->fields.value[SC_FIELD_ACCEPT], offers, count);
    if (request->call.accept) return true;
    return FAIL(request, not_acceptable, "The answer is offered as %s.",
                sc_media_names(all, names, sizeof names));
}

static bool judge_coding(struct sc_request *request)
{
    struct sc_coding *coding = &request->coding;
    bool offered = sc_coding_read(coding, request->fields.value[SC_FIELD_ACCEPT_ENCODING]);
    bool events = request->call.accept == SC_MEDIA_EVENTS;
    if (events) coding->gzip = false; /* each is to be seen at once */
    if (offered && !(events && coding->not_as_it_is)) return true;
    *coding = (struct sc_coding){.gzip = false};
    return FAIL(request, not_acceptable, "The answer is offered as it is, and but for events as gzip.");
}

static bool judge_content(struct sc_request *request)
{
    unsigned accepts = request->match.route->accepts;
    if (!accepts || !sc_fields_have_body(&request->fields)) return true;
    const char *type = request->fields.value[SC_FIELD_CONTENT_TYPE];
    const char *coding = request->fields.value[SC_FIELD_CONTENT_ENCODING];
    char names[SC_DETAIL_MAX];
    if (coding && strcasecmp(coding, "identity") != 0)
        return FAIL(request, unsupported_media_type,
                    "The body must be sent as it is, without a Content-Encoding.");
    request->call.content = sc_media_of_content_type(type);
    if (request->call.content & accepts) return true;
    return FAIL(request, unsupported_media_type,
                "The body must be %s in UTF-8, and Content-Type must say so.",
                sc_media_names(accepts, names, sizeof names));
}

/* Fills in what the fields say. False: the answer is decided, the body will be thrown away. */
static bool judge(struct sc_request *request, const char *method)
{
    return judge_route(request, method) && judge_accept(request) && judge_coding(request) &&
           judge_content(request);
}

/* Bodies of some classes may be large: only a few of each are held at once. */
static bool judge_room(struct sc_request *request)
{
    unsigned most = sc_request_body_most(request);
    if (request->decided || !most) return true;
    request->holding = true;
    if (atomic_fetch_add(&request->http->held[sc_request_body_class(request)], 1) < most) return true;
    (void)FAIL(request, overloaded, "%u such requests are under way; try again when one has ended.", most);
    request->answer.retry_after = SC_LIMIT_RETRY_AFTER;
    return false;
}

static bool expects_continue(const struct sc_request *request)
{
    const char *expect = request->fields.value[SC_FIELD_EXPECT];
    return expect && strcasecmp(expect, "100-continue") == 0;
}

/* Answers in the first callback, upon which the connection closes: for what must not be read on. */
static enum MHD_Result refuse_now(struct sc_request *request)
{
    request->peer->linger = true;
    sc_request_move(request, SC_STATE_COMPUTED);
    return sc_reply(request);
}

static bool refuse_length(struct sc_request *request)
{
    return FAIL(request, body_too_large, "The body is larger than %zu bytes.",
                sc_request_body_limit(request));
}

/* Is the body known to be too long, or is the client waiting to be told whether to send one that is not
 * wanted? */
static bool judge_length(struct sc_request *request)
{
    bool too_long = request->fields.content_length > sc_request_body_limit(request);
    if (too_long && !request->decided) return refuse_length(request);
    return !too_long && !(request->decided && expects_continue(request));
}

static void prepare_for_body(struct sc_request *request)
{
    if (sc_request_body_class(request) == SC_BODY_IMPORT) request->arena.limit = SC_LIMIT_ARENA_IMPORT;
    sc_buffer_init(&request->body, sc_request_body_limit(request) + 1); /* and the terminating 0 */
    sc_request_move(request, SC_STATE_PARSED);
    if (!sc_fields_have_body(&request->fields)) return;
    request->body_started = sc_clock_nanoseconds();
    uint64_t deadline = sc_after(request->body_started, sc_allowance(request->http, 0));
    sc_peer_enter(request->peer, SC_PHASE_BODY, deadline);
}

static enum MHD_Result begin(struct sc_request *request, const char *method, const char *version)
{
    sc_fields_read(&request->fields, request->connection, method, version, &request->arena);
    request->is_head = strcmp(method, "HEAD") == 0;
    sc_request_identify(request);
    request->call.answer = &request->answer;
    request->call.arena = &request->arena;
    request->call.request_id = request->id;
    if (!judge_framing(request)) return refuse_now(request);
    request->decided = !judge(request, method);
    if (!judge_room(request) || !judge_length(request)) return refuse_now(request);
    prepare_for_body(request);
    return MHD_YES;
}

/* A piece of the body. What is over the limit is thrown away, for libmicrohttpd takes no answer in mid-body,
 * up to a bound where the connection is cut. */
static enum MHD_Result take_piece(struct sc_request *request, const char *bytes, size_t *length)
{
    size_t limit = sc_request_body_limit(request), size = *length;
    *length = 0;
    request->received += size;
    sc_peer_enter(request->peer, SC_PHASE_BODY,
                  sc_after(request->body_started, sc_allowance(request->http, request->received)));
    if (!request->decided && (request->received > limit || !sc_buffer_append(&request->body, bytes, size))) {
        request->decided = true;
        if (request->received > limit)
            (void)refuse_length(request);
        else
            (void)FAIL(request, overloaded, "There is no memory for the request.");
        sc_buffer_fini(&request->body);
    }
    return request->received > (uint64_t)limit + SC_LIMIT_DISCARD ? MHD_NO : MHD_YES;
}

/* The request is whole: decides, computes, or sends it to be computed. */
static enum MHD_Result conclude(struct sc_request *request)
{
    if (!request->decided && !sc_dispatch_prepare(request)) {
        request->decided = true;
        (void)FAIL(request, overloaded, "There is no memory for the request.");
    }
    if (request->decided)
        sc_request_move(request, SC_STATE_COMPUTED);
    else if (!sc_dispatch_run(request))
        return MHD_YES;
    return sc_reply(request);
}

enum MHD_Result sc_handle(void *context, struct MHD_Connection *connection, const char *url,
                          const char *method, const char *version, const char *bytes, size_t *length,
                          void **slot)
{
    struct sc_request *request = *slot;
    (void)context;
    (void)connection;
    (void)url;
    if (!request || !request->peer) return MHD_NO; /* no memory when it began */
    switch (sc_request_state(request)) {
    case SC_STATE_RECEIVED:
        return begin(request, method, version);
    case SC_STATE_PARSED:
        return *length ? take_piece(request, bytes, length) : conclude(request);
    case SC_STATE_COMPUTED:
        return sc_reply(request);
    default:
        return MHD_YES; /* suspended still: woken early */
    }
}
