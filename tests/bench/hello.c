/* libmicrohttpd by itself, with the service's options: what a process that only sends BYTES bytes, under as many header
 * fields as the service sends, can answer. "each": a response is made for each request, as the service has to; "once":
 * one response is made at the start and sent to all, the least that libmicrohttpd can do.
 *
 * hello THREADS BYTES each|once: prints its address like the service does and serves until it is ended. */
#include "secondchair/limits.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { CONNECTIONS = 1024 };

static struct {
    char *body;
    size_t length;
    struct MHD_Response *once;
} hello;

static int begun; /* its address marks a request whose fields have been seen */

static struct MHD_Response *respond(void)
{
    static const char *const fields[][2] = {
        {"X-Request-Id", "70f3fed77bc5-00000000"},
        {"X-Content-Type-Options", "nosniff"},
        {"Server-Timing", "parse;dur=0.000, db;dur=0.000, model;dur=0.000, encode;dur=0.000"},
        {"Cache-Control", "no-cache"},
        {"ETag", "\"f3baf48a1cd7274ef9a7778fbd9ad3f8\""},
        {"Vary", "Accept"},
        {"Content-Type", "application/json"},
    };
    struct MHD_Response *response = MHD_create_response_from_buffer(hello.length, hello.body, MHD_RESPMEM_PERSISTENT);
    for (size_t i = 0; response && i < sizeof fields / sizeof *fields; i++)
        MHD_add_response_header(response, fields[i][0], fields[i][1]);
    return response;
}

static enum MHD_Result handle(void *context, struct MHD_Connection *connection, const char *url, const char *method,
                              const char *version, const char *bytes, size_t *length, void **slot)
{
    (void)context, (void)url, (void)method, (void)version, (void)bytes;
    if (*slot != &begun || *length) { /* the fields, or a piece of a body, which is thrown away */
        *slot = &begun;
        *length = 0;
        return MHD_YES;
    }
    if (hello.once) return MHD_queue_response(connection, MHD_HTTP_OK, hello.once);
    struct MHD_Response *response = respond();
    if (!response) return MHD_NO;
    enum MHD_Result queued = MHD_queue_response(connection, MHD_HTTP_OK, response);
    MHD_destroy_response(response);
    return queued;
}

static size_t keep_escapes(void *context, struct MHD_Connection *connection, char *text)
{
    (void)context, (void)connection;
    return strlen(text);
}

static int listen_anywhere(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 || listen(listener, SC_LIMIT_BACKLOG) != 0 ||
        getsockname(listener, (struct sockaddr *)&address, &size) != 0) {
        perror("hello");
        exit(1);
    }
    printf("listening on http://127.0.0.1:%u\n", (unsigned)ntohs(address.sin_port));
    fflush(stdout);
    return listener;
}

/* As server/http/server.c starts it. */
static struct MHD_Daemon *start(unsigned threads)
{
    const unsigned flags =
        MHD_USE_EPOLL | MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_ITC | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
    struct MHD_OptionItem pool[] = {{MHD_OPTION_THREAD_POOL_SIZE, (intptr_t)threads, NULL}, {MHD_OPTION_END, 0, NULL}};
    if (threads < 2) pool[0] = pool[1];
    return MHD_start_daemon(flags, 0, NULL, NULL, handle, NULL, MHD_OPTION_LISTEN_SOCKET, listen_anywhere(),
                            MHD_OPTION_CONNECTION_LIMIT, (unsigned)CONNECTIONS, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
                            (size_t)SC_LIMIT_CONNECTION_MEMORY, MHD_OPTION_CONNECTION_TIMEOUT, 0u,
                            MHD_OPTION_THREAD_STACK_SIZE, (size_t)SC_LIMIT_THREAD_STACK, MHD_OPTION_STRICT_FOR_CLIENT, 0,
                            MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_UNESCAPE_CALLBACK, keep_escapes, NULL,
                            MHD_OPTION_ARRAY, pool, MHD_OPTION_END);
}

int main(int arguments, char **argument)
{
    if (arguments != 4 || (strcmp(argument[3], "each") != 0 && strcmp(argument[3], "once") != 0)) {
        fputs("hello THREADS BYTES each|once\n", stderr);
        return 2;
    }
    hello.length = strtoul(argument[2], NULL, 10);
    hello.body = malloc(hello.length + 1);
    if (!hello.body) return 1;
    memset(hello.body, 'x', hello.length);
    signal(SIGPIPE, SIG_IGN);
    tzset(); /* or the first answer reads the zone's file */
    if (strcmp(argument[3], "once") == 0 && !(hello.once = respond())) return 1;
    if (!start((unsigned)strtoul(argument[1], NULL, 10))) return 1;
    for (;;) pause();
}
