#include "request.h"

#include "base/clock.h"
#include "base/log.h"
#include "events.h"
#include "obs/metrics.h"

#include <ctype.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define TO(state) (1 << SC_STATE_##state)

/* Where each state may lead to. */
static const int MOVES[SC_STATES] = {
    [SC_STATE_RECEIVED] = TO(PARSED) | TO(COMPUTED) | TO(FREED),
    [SC_STATE_PARSED] = TO(SUSPENDED) | TO(COMPUTED) | TO(FREED),
    [SC_STATE_SUSPENDED] = TO(COMPUTED),
    [SC_STATE_COMPUTED] = TO(REPLIED) | TO(FREED),
    [SC_STATE_REPLIED] = TO(SLEEPING) | TO(FREED),
    [SC_STATE_SLEEPING] = TO(REPLIED),
    [SC_STATE_FREED] = 0,
};

static const char *const STATE_NAMES[SC_STATES] = {"received", "parsed",   "suspended", "computed",
                                                   "replied",  "sleeping", "freed"};

void sc_request_move(struct sc_request *request, enum sc_state state)
{
    enum sc_state old = sc_request_state(request);
    if (!(MOVES[old] & 1 << state)) {
        sc_log(SC_LOG_ERROR, "illegal move of a request", "from", STATE_NAMES[old], "to", STATE_NAMES[state],
               "request", request->id, NULL);
        abort();
    }
    atomic_store_explicit(&request->state, (int)state, memory_order_release);
}

/* The memory of a request with so long a target, and what its arena begins with. */
static struct sc_request *allocate(struct sc_peer *peer, size_t length)
{
    struct sc_request *request = peer ? peer->spare : NULL;
    size_t room = length < SC_LIMIT_TARGET_USUAL ? SC_LIMIT_TARGET_USUAL : length;
    size_t size = sizeof *request + room + 1;
    if (request && length < SC_LIMIT_TARGET_USUAL)
        peer->spare = NULL;
    else
        request = malloc(size + SC_LIMIT_REQUEST_MEMORY);
    if (!request) return NULL;
    memset(request, 0, sizeof *request);
    sc_arena_init(&request->arena, SC_LIMIT_ARENA);
    sc_arena_lend(&request->arena, (char *)request + size, SC_LIMIT_REQUEST_MEMORY);
    return request;
}

struct sc_request *sc_request_new(struct sc_http *http, struct MHD_Connection *connection,
                                  struct sc_peer *peer, const char *raw)
{
    size_t length = strlen(raw);
    struct sc_request *request = allocate(peer, length);
    if (!request) return NULL;
    memcpy(request->raw, raw, length + 1);
    request->raw_length = length;
    request->http = http;
    request->connection = connection;
    request->peer = peer;
    request->given = &request->answer;
    request->started = sc_clock_nanoseconds();
    atomic_store_explicit(&request->owners, 1, memory_order_relaxed);
    atomic_fetch_add(&http->in_flight, 1);
    sc_metrics_started();
    return request;
}

static void log_completion(const struct sc_request *request, uint64_t nanoseconds)
{
    char status[16], microseconds[24];
    snprintf(status, sizeof status, "%d", request->status);
    snprintf(microseconds, sizeof microseconds, "%llu", (unsigned long long)nanoseconds / 1000);
    sc_log(request->status >= 500 ? SC_LOG_WARN : SC_LOG_DEBUG, "request", "id", request->id, "path",
           request->uri.path ? request->uri.path : "", "status", status, "us", microseconds, NULL);
}

/* One owner less; true when it was the last one: all but the request's own memory is freed then. */
static bool let_go(struct sc_request *request)
{
    if (atomic_fetch_sub_explicit(&request->owners, 1, memory_order_acq_rel) > 1) return false;
    sc_request_move(request, SC_STATE_FREED);
    free(request->answer.body);
    if (request->answer.release) request->answer.release(request->answer.owner);
    if (request->answer.close) request->answer.close(request->answer.stream);
    if (request->opening.close) request->opening.close(request->opening.stream);
    sc_buffer_fini(&request->body);
    if (request->holding) atomic_fetch_sub(&request->http->held[sc_request_body_class(request)], 1);
    sc_arena_fini(&request->arena);
    return true;
}

/* To the connection, for its next request. */
static void give_back(struct sc_request *request)
{
    struct sc_peer *peer = request->peer;
    bool fits = request->raw_length < SC_LIMIT_TARGET_USUAL;
    if (peer && !peer->spare && fits)
        peer->spare = request;
    else
        free(request);
}

void sc_request_complete(struct sc_request *request)
{
    struct sc_http *http = request->http;
    uint64_t nanoseconds = sc_clock_nanoseconds() - request->started;
    sc_events_leave(request);
    size_t route =
        request->match.route ? (size_t)(request->match.route - SC_ROUTES) : (size_t)SC_METRICS_NO_ROUTE;
    sc_metrics_finished(route, request->status, nanoseconds);
    if (request->status >= 500 || http->settings->log_level == SC_LOG_DEBUG)
        log_completion(request, nanoseconds);
    if (let_go(request)) give_back(request);
    atomic_fetch_sub(&http->in_flight, 1);
}

void sc_request_release(struct sc_request *request)
{
    if (let_go(request)) free(request);
}

static bool is_usable_id(const char *text)
{
    size_t length = strlen(text);
    if (length == 0 || length > SC_LIMIT_REQUEST_ID) return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && *text != '.' && *text != '_' && *text != '-') return false;
    return true;
}

static char *put_hexadecimal(char *at, uint64_t number, size_t digits)
{
    for (size_t i = digits; i-- > 0; number >>= 4) at[i] = "0123456789abcdef"[number & 15];
    return at + digits;
}

/* Unique in this process by its counter, and among processes by a random prefix. */
static void make_id(char id[SC_LIMIT_REQUEST_ID + 1])
{
    static _Atomic uint64_t counter, prefix;
    uint64_t random = atomic_load_explicit(&prefix, memory_order_relaxed);
    if (!random) {
        uint64_t fresh = 0;
        randombytes_buf(&fresh, sizeof fresh);
        fresh |= 1;
        if (atomic_compare_exchange_strong(&prefix, &random, fresh)) random = fresh;
    }
    uint64_t number = atomic_fetch_add_explicit(&counter, 1, memory_order_relaxed);
    char *end = put_hexadecimal(id, random >> 16, 12);
    *end++ = '-';
    *put_hexadecimal(end, number, number >> 32 ? 16 : 8) = '\0';
}

void sc_request_identify(struct sc_request *request)
{
    const char *sent = request->fields.value[SC_FIELD_REQUEST_ID];
    if (sent && is_usable_id(sent))
        snprintf(request->id, sizeof request->id, "%s", sent);
    else
        make_id(request->id);
}

enum sc_body_class sc_request_body_class(const struct sc_request *request)
{
    return request->match.route ? request->match.route->body : SC_BODY_USUAL;
}

size_t sc_request_body_limit(const struct sc_request *request)
{
    const struct sc_settings *settings = request->http->settings;
    switch (sc_request_body_class(request)) {
    case SC_BODY_IMPORT:
        return settings->import_limit;
    case SC_BODY_BATCH:
        return settings->batch_limit;
    default:
        return settings->body_limit;
    }
}

unsigned sc_request_body_most(const struct sc_request *request)
{
    static const unsigned most[SC_BODY_CLASSES] = {
        [SC_BODY_IMPORT] = SC_LIMIT_IMPORTS, [SC_BODY_BATCH] = SC_LIMIT_BATCHES};
    return most[sc_request_body_class(request)];
}
