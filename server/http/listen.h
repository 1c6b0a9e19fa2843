/* The listening socket: one of our own, or the one that systemd hands over (LISTEN_FDS). */
#ifndef SC_HTTP_LISTEN_H
#define SC_HTTP_LISTEN_H

#include <stdbool.h>
#include <stddef.h>

enum { SC_LISTEN_ADDRESS_MAX = 96 };

struct sc_listener {
    int socket;
    bool inherited;                      /* systemd keeps it, and what queues there, for our successor */
    char address[SC_LISTEN_ADDRESS_MAX]; /* "http://HOST:PORT" */
};

/* Listens; false on failure, and reason says why. */
bool sc_listen(struct sc_listener *listener, const char *host, size_t port, char *reason, size_t reason_size)
    __attribute__((warn_unused_result));

/* From now on connections are refused, where the socket is our own. The descriptor stays open: libmicrohttpd
 * may still be about to accept on its number. */
void sc_listen_stop(struct sc_listener *listener);

#endif
