/* The open connections and their deadlines. libmicrohttpd's own time-out starts anew with every byte, so that
 * a client that trickles holds a connection for ever; here a reaper cuts what is past its deadline. */
#ifndef SC_HTTP_PEER_H
#define SC_HTTP_PEER_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

/* What a connection is doing. Bits, so that some can be chosen. */
enum sc_phase {
    SC_PHASE_IDLE = 1 << 0, /* no request line yet */
    SC_PHASE_HEADER = 1 << 1,
    SC_PHASE_BODY = 1 << 2,
    SC_PHASE_BUSY = 1 << 3, /* we compute: no deadline */
    SC_PHASE_WRITING = 1 << 4,
    SC_PHASE_ANY = (1 << 5) - 1
};

struct sc_peer {
    struct sc_peer *previous, *next;
    int socket;
    bool kept;                 /* it has had a request answered; these three are its own thread's only */
    bool linger;               /* it was refused while it may still be sending */
    void *spare;               /* memory of its last request, for the next one */
    uint64_t client;           /* the same for all connections of one address (of one /64 for IPv6) */
    _Atomic uint64_t deadline; /* of sc_clock_nanoseconds */
    _Atomic int phase;
};

struct sc_peers;

/* Starts the reaper, which also calls tick every SC_LIMIT_REAPER_PERIOD_MS; NULL when that fails. */
struct sc_peers *sc_peers_new(void (*tick)(void *context), void *context);

/* Ends the reaper. All peers must be closed. */
void sc_peers_free(struct sc_peers *peers);

/* From accept to just before close of a socket. NULL without memory. */
struct sc_peer *sc_peer_open(struct sc_peers *peers, int socket, const struct sockaddr *address,
                             uint64_t deadline);
void sc_peer_close(struct sc_peers *peers, struct sc_peer *peer);

static inline void sc_peer_enter(struct sc_peer *peer, enum sc_phase phase, uint64_t deadline)
{
    atomic_store_explicit(&peer->deadline, deadline, memory_order_relaxed);
    atomic_store_explicit(&peer->phase, phase, memory_order_relaxed);
}

/* Shuts the sockets of all connections in one of these phases down: libmicrohttpd then closes them. */
void sc_peers_cut(struct sc_peers *peers, int phases);

#endif
