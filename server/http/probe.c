#include "probe.h"

#include <netdb.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

/* A connected socket with time-outs, or -1. */
static int connect_to(const char *address, const char *port)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    const struct timeval patience = {.tv_sec = 2};
    struct addrinfo *found = NULL;
    int connected = -1;
    if (getaddrinfo(address, port, &hints, &found) != 0) return -1;
    for (struct addrinfo *at = found; at && connected < 0; at = at->ai_next) {
        int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
        if (fd < 0) continue;
        bool ready = setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) == 0 &&
                     setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) == 0 &&
                     connect(fd, at->ai_addr, at->ai_addrlen) == 0;
        if (ready)
            connected = fd;
        else
            close(fd);
    }
    freeaddrinfo(found);
    return connected;
}

int sc_probe(const struct sc_settings *settings)
{
    static const char request[] =
        "GET /health/ready HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    static const char fine[] = "HTTP/1.1 200 ";
    const char *address = settings->address;
    char port[16], answer[sizeof fine] = "";
    if (strcmp(address, "0.0.0.0") == 0) address = "127.0.0.1";
    if (strcmp(address, "::") == 0) address = "::1";
    snprintf(port, sizeof port, "%zu", settings->port);
    int fd = connect_to(address, port);
    bool asked =
        fd >= 0 && send(fd, request, sizeof request - 1, MSG_NOSIGNAL) == (ssize_t)sizeof request - 1;
    bool ready = asked && recv(fd, answer, sizeof fine - 1, MSG_WAITALL) == (ssize_t)sizeof fine - 1 &&
                 memcmp(answer, fine, sizeof fine - 1) == 0;
    if (fd >= 0) close(fd);
    if (!ready) fprintf(stderr, "secondchair: %s port %s is not ready\n", address, port);
    return ready ? 0 : 1;
}
