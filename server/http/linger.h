/* Closing politely. Who closes a socket with bytes unread sends a reset, which may take the answer away from
 * a client that is still sending; so a refused connection is read on for a while, its bytes thrown away. */
#ifndef SC_HTTP_LINGER_H
#define SC_HTTP_LINGER_H

#include "secondchair/limits.h"

#include <stddef.h>
#include <stdint.h>

struct sc_linger {
    struct {
        int socket;
        uint64_t deadline; /* of sc_clock_nanoseconds */
        uint64_t left;     /* bytes that will be read still */
    } item[SC_LIMIT_LINGERERS];
    size_t count;
};

/* Takes a duplicate of the socket, whose own descriptor its owner closes; nothing where there is no room. */
void sc_linger_add(struct sc_linger *linger, int socket, uint64_t now);

/* Reads what has come, and closes those that ended, that sent too much or are past their time. Never blocks.
 */
void sc_linger_tick(struct sc_linger *linger, uint64_t now);

/* Closes them all. */
void sc_linger_fini(struct sc_linger *linger);

#endif
