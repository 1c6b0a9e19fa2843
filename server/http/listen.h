/* The listening socket: one of our own, or the one that systemd hands over (LISTEN_FDS). */
#ifndef SC_HTTP_LISTEN_H
#define SC_HTTP_LISTEN_H

#include <stddef.h>

/* A socket that listens; address receives "http://HOST:PORT". -1 on failure, and reason says why. */
int sc_listen(const char *host, size_t port, char *address, size_t address_size, char *reason,
              size_t reason_size);

#endif
