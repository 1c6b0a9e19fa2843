#include "server.h"

#include "base/clock.h"
#include "base/log.h"
#include "events.h"
#include "handler.h"
#include "job_run.h"
#include "obs/metrics.h"
#include "request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The request line has come. What this returns is the request's context from now on. */
static void *on_request_line(void *context, const char *raw, struct MHD_Connection *connection)
{
    struct sc_http *http = context;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct sc_peer *peer = info ? info->socket_context : NULL;
    struct sc_request *request = sc_request_new(http, connection, peer, raw ? raw : "");
    if (!request || !peer) return request;
    request->client = peer->client;
    /* The time for a new connection's header began when it was accepted; for one that is kept it begins now.
     */
    uint64_t deadline = peer->kept ? sc_after(request->started, http->settings->header_timeout_ms)
                                   : atomic_load_explicit(&peer->deadline, memory_order_relaxed);
    sc_peer_enter(peer, SC_PHASE_HEADER, deadline);
    return request;
}

/* The one place where the connection lets go of a request. */
static void on_completed(void *context, struct MHD_Connection *connection, void **slot,
                         enum MHD_RequestTerminationCode code)
{
    struct sc_http *http = context;
    struct sc_request *request = *slot;
    (void)connection;
    (void)code;
    *slot = NULL;
    if (!request) return;
    if (request->peer) {
        request->peer->kept = true;
        sc_peer_enter(request->peer, SC_PHASE_IDLE,
                      sc_after(sc_clock_nanoseconds(), http->settings->idle_timeout_ms));
    }
    sc_request_complete(request);
}

static void on_connection(void *context, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
    struct sc_http *http = context;
    if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
        if (*socket_context) sc_peer_close(http->peers, *socket_context);
        *socket_context = NULL;
        sc_metrics_count(SC_COUNTER_CONNECTIONS_CLOSED);
        return;
    }
    const union MHD_ConnectionInfo *socket =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
    const union MHD_ConnectionInfo *address =
        MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    uint64_t deadline = sc_after(sc_clock_nanoseconds(), http->settings->header_timeout_ms);
    *socket_context = socket ? sc_peer_open(http->peers, socket->connect_fd,
                                            address ? address->client_addr : NULL, deadline)
                             : NULL;
    sc_metrics_count(SC_COUNTER_CONNECTIONS_OPENED);
}

static void on_panic(void *context, const char *file, unsigned line, const char *reason)
{
    char where[128];
    (void)context;
    snprintf(where, sizeof where, "%s:%u", file ? file : "", line);
    sc_log(SC_LOG_ERROR, "libmicrohttpd gave up", "reason", reason ? reason : "", "where", where, NULL);
    abort();
}

__attribute__((format(printf, 2, 0))) static void on_log(void *context, const char *format, va_list arguments)
{
    char text[512];
    (void)context;
    vsnprintf(text, sizeof text, format, arguments);
    text[strcspn(text, "\n")] = '\0';
    sc_log(SC_LOG_DEBUG, "libmicrohttpd", "message", text, NULL);
}

/* libmicrohttpd's own decoding is not used: the target is taken apart by uri.c. */
static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context;
    (void)connection;
    return strlen(text);
}

/* The one call with libmicrohttpd's options: each argument has the width that its option takes. */
static struct MHD_Daemon *start_daemon(struct sc_http *http)
{
    const unsigned flags = MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC |
                           MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    unsigned threads = (unsigned)http->settings->threads;
    struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL},
                                    {MHD_OPTION_END, 0, NULL}};
    if (threads < 2) pool[0] = pool[1];
    return MHD_start_daemon(
        flags, 0, NULL, NULL, sc_handle, http, MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL,
        MHD_OPTION_LISTEN_SOCKET, http->listener.socket, MHD_OPTION_CONNECTION_LIMIT,
        (unsigned)http->settings->connections, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        (size_t)SC_LIMIT_CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, 0u, MHD_OPTION_THREAD_STACK_SIZE,
        (size_t)SC_LIMIT_THREAD_STACK, MHD_OPTION_STRICT_FOR_CLIENT, 0, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
        MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL, MHD_OPTION_URI_LOG_CALLBACK, on_request_line, http,
        MHD_OPTION_NOTIFY_COMPLETED, on_completed, http, MHD_OPTION_NOTIFY_CONNECTION, on_connection, http,
        MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
}

void sc_http_free(struct sc_http *http)
{
    if (!http) return;
    sc_peers_free(http->peers);
    sc_readers_fini(&http->readers);
    pthread_mutex_destroy(&http->lock);
    pthread_mutex_destroy(&http->streams_lock);
    free(http);
}

static struct sc_http *new_http(const struct sc_http_parts *parts)
{
    struct sc_http *http = calloc(1, sizeof *http);
    if (!http) return NULL;
    http->settings = parts->settings;
    http->app = parts->app;
    http->pool = parts->pool;
    pthread_mutex_init(&http->lock, NULL);
    pthread_mutex_init(&http->streams_lock, NULL);
    sc_readers_init(&http->readers, parts->store);
    for (size_t i = 0; i < SC_ROUTE_COUNT; i++) sc_metrics_name(i, SC_ROUTES[i].method, SC_ROUTES[i].pattern);
    return http;
}

static bool explain(char *reason, size_t reason_size, const char *why)
{
    snprintf(reason, reason_size, "%s", why);
    return false;
}

/* Its parts, down to the socket. */
static bool make_parts(struct sc_http *http, char *reason, size_t reason_size)
{
    if (!sc_cors_init(&http->cors, http->settings->cors_origins))
        return explain(reason, reason_size, "there are more origins to allow than there is room for");
    http->peers = sc_peers_new(sc_events_tick, http);
    if (!http->peers) return explain(reason, reason_size, "a thread cannot be started");
    return sc_listen(&http->listener, http->settings->address, http->settings->port, reason, reason_size);
}

/* From here on the jobs use http: where it fails they are closed, and are to be freed before it. */
static bool start_serving(struct sc_http *http, struct sc_jobs *jobs, char *reason, size_t reason_size)
{
    struct sc_jobs_runner runner = sc_job_runner(http);
    bool started = sc_jobs_start(jobs, &runner, reason, reason_size);
    if (started) {
        MHD_set_panic_func(on_panic, NULL);
        http->daemon = start_daemon(http);
        if (http->daemon) return true;
        explain(reason, reason_size, "libmicrohttpd does not start");
    }
    close(http->listener.socket);
    return false;
}

struct sc_http *sc_http_start(const struct sc_http_parts *parts, char *reason, size_t reason_size)
{
    struct sc_http *http = new_http(parts);
    if (!http) {
        explain(reason, reason_size, "there is no memory to start");
        return NULL;
    }
    if (make_parts(http, reason, reason_size) && start_serving(http, parts->jobs, reason, reason_size))
        return http;
    sc_jobs_stop(parts->jobs);
    sc_http_free(http);
    return NULL;
}

const char *sc_http_address(const struct sc_http *http)
{
    return http->listener.address;
}
