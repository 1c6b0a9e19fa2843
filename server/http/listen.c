#include "listen.h"

#include "secondchair/limits.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_INHERITED = 3 }; /* sd_listen_fds(3) */

union address {
    struct sockaddr any;
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    struct sockaddr_storage storage;
};

/* The socket that systemd left to this process; -1 where there is none. */
static int inherited_socket(void)
{
    const char *process = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
    if (!process || !count || strtol(process, NULL, 10) != (long)getpid() || strtol(count, NULL, 10) < 1)
        return -1;
    int socket = FIRST_INHERITED;
    int flags = fcntl(socket, F_GETFL), listening = 0;
    socklen_t size = sizeof listening;
    if (flags < 0 || getsockopt(socket, SOL_SOCKET, SO_ACCEPTCONN, &listening, &size) != 0 || !listening)
        return -1;
    fcntl(socket, F_SETFD, FD_CLOEXEC);
    fcntl(socket, F_SETFL, flags | O_NONBLOCK);
    return socket;
}

static socklen_t parse_address(const char *host, size_t port, union address *address)
{
    *address = (union address){0};
    if (strcmp(host, "localhost") == 0) host = "127.0.0.1";
    if (inet_pton(AF_INET, host, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons((uint16_t)port);
        return sizeof address->v4;
    }
    if (inet_pton(AF_INET6, host, &address->v6.sin6_addr) != 1) return 0;
    address->v6.sin6_family = AF_INET6;
    address->v6.sin6_port = htons((uint16_t)port);
    return sizeof address->v6;
}

static int own_socket(const char *host, size_t port)
{
    union address address;
    socklen_t size = parse_address(host, port, &address);
    if (size == 0) {
        errno = EINVAL;
        return -1;
    }
    int listener = socket(address.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (listener < 0) return -1;
    int yes = 1;
    setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
    if (bind(listener, &address.any, size) == 0 && listen(listener, SC_LIMIT_BACKLOG) == 0) return listener;
    int cause = errno;
    close(listener);
    errno = cause;
    return -1;
}

/* What the socket is bound to, as an address of the web. */
static bool describe(int listener, char *text, size_t size)
{
    union address address = {0};
    socklen_t length = sizeof address;
    char host[INET6_ADDRSTRLEN] = "";
    if (getsockname(listener, &address.any, &length) != 0) return false;
    if (address.any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &address.v4.sin_addr, host, sizeof host);
        snprintf(text, size, "http://%s:%u", host, (unsigned)ntohs(address.v4.sin_port));
    } else if (address.any.sa_family == AF_INET6) {
        inet_ntop(AF_INET6, &address.v6.sin6_addr, host, sizeof host);
        snprintf(text, size, "http://[%s]:%u", host, (unsigned)ntohs(address.v6.sin6_port));
    } else {
        snprintf(text, size, "http://unix");
    }
    return true;
}

bool sc_listen(struct sc_listener *listener, const char *host, size_t port, char *reason, size_t reason_size)
{
    *listener = (struct sc_listener){.socket = inherited_socket()};
    listener->inherited = listener->socket >= 0;
    if (!listener->inherited) listener->socket = own_socket(host, port);
    if (listener->socket >= 0 && describe(listener->socket, listener->address, sizeof listener->address))
        return true;
    snprintf(reason, reason_size, "cannot listen on %s port %zu: %s", host, port, strerror(errno));
    if (listener->socket >= 0) close(listener->socket);
    return false;
}

void sc_listen_stop(struct sc_listener *listener)
{
    if (!listener->inherited) shutdown(listener->socket, SHUT_RDWR);
}
