#include "peer.h"

#include "base/clock.h"
#include "linger.h"
#include "obs/metrics.h"
#include "secondchair/limits.h"

#include <netinet/in.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

struct sc_peers {
    pthread_mutex_t
        lock; /* of all below; a socket is shut down only under it, for it may be another's after close */
    pthread_cond_t stopping;
    struct sc_peer *first;
    struct sc_linger linger;
    bool stop;
    pthread_t reaper;
    void (*tick)(void *context);
    void *context;
};

static void cut(struct sc_peer *peer)
{
    shutdown(peer->socket, SHUT_RDWR);
    atomic_store_explicit(&peer->deadline, UINT64_MAX, memory_order_relaxed);
}

static void reap(struct sc_peers *peers)
{
    uint64_t now = sc_clock_nanoseconds();
    for (struct sc_peer *peer = peers->first; peer; peer = peer->next) {
        if (atomic_load_explicit(&peer->deadline, memory_order_relaxed) > now) continue;
        cut(peer);
        sc_metrics_count(SC_COUNTER_REAPED);
    }
}

static void *run_reaper(void *context)
{
    struct sc_peers *peers = context;
    pthread_mutex_lock(&peers->lock);
    while (!peers->stop) {
        struct timespec until;
        clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_nsec += SC_LIMIT_REAPER_PERIOD_MS * 1000000L;
        until.tv_sec += until.tv_nsec / 1000000000L;
        until.tv_nsec %= 1000000000L;
        pthread_cond_timedwait(&peers->stopping, &peers->lock, &until);
        reap(peers);
        sc_linger_tick(&peers->linger, sc_clock_nanoseconds());
        pthread_mutex_unlock(&peers->lock);
        peers->tick(peers->context);
        pthread_mutex_lock(&peers->lock);
    }
    pthread_mutex_unlock(&peers->lock);
    return NULL;
}

struct sc_peers *sc_peers_new(void (*tick)(void *context), void *context)
{
    struct sc_peers *peers = calloc(1, sizeof *peers);
    if (!peers) return NULL;
    peers->tick = tick;
    peers->context = context;
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&peers->stopping, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_mutex_init(&peers->lock, NULL);
    if (pthread_create(&peers->reaper, NULL, run_reaper, peers) == 0) return peers;
    pthread_cond_destroy(&peers->stopping);
    pthread_mutex_destroy(&peers->lock);
    free(peers);
    return NULL;
}

void sc_peers_free(struct sc_peers *peers)
{
    if (!peers) return;
    pthread_mutex_lock(&peers->lock);
    peers->stop = true;
    pthread_cond_signal(&peers->stopping);
    pthread_mutex_unlock(&peers->lock);
    pthread_join(peers->reaper, NULL);
    sc_linger_fini(&peers->linger);
    pthread_cond_destroy(&peers->stopping);
    pthread_mutex_destroy(&peers->lock);
    free(peers);
}

/* One number for all that share an address; who has an IPv6 address has its whole /64. */
static uint64_t client_of(const struct sockaddr *address)
{
    uint64_t client = 0;
    if (address && address->sa_family == AF_INET) {
        struct sockaddr_in v4;
        memcpy(&v4, address, sizeof v4);
        client = v4.sin_addr.s_addr;
    } else if (address && address->sa_family == AF_INET6) {
        struct sockaddr_in6 v6;
        memcpy(&v6, address, sizeof v6);
        bool mapped = IN6_IS_ADDR_V4MAPPED(&v6.sin6_addr);
        memcpy(&client, v6.sin6_addr.s6_addr + (mapped ? 8 : 0), sizeof client);
    }
    return client;
}

struct sc_peer *sc_peer_open(struct sc_peers *peers, int socket, const struct sockaddr *address,
                             uint64_t deadline)
{
    struct sc_peer *peer = calloc(1, sizeof *peer);
    if (!peer) return NULL;
    peer->socket = socket;
    peer->client = client_of(address);
    sc_peer_enter(peer, SC_PHASE_IDLE, deadline);
    pthread_mutex_lock(&peers->lock);
    peer->next = peers->first;
    if (peer->next) peer->next->previous = peer;
    peers->first = peer;
    pthread_mutex_unlock(&peers->lock);
    return peer;
}

void sc_peer_close(struct sc_peers *peers, struct sc_peer *peer)
{
    pthread_mutex_lock(&peers->lock);
    if (peer->previous)
        peer->previous->next = peer->next;
    else
        peers->first = peer->next;
    if (peer->next) peer->next->previous = peer->previous;
    if (peer->linger) sc_linger_add(&peers->linger, peer->socket, sc_clock_nanoseconds());
    pthread_mutex_unlock(&peers->lock);
    free(peer->spare);
    free(peer);
}

void sc_peers_cut(struct sc_peers *peers, int phases)
{
    pthread_mutex_lock(&peers->lock);
    for (struct sc_peer *peer = peers->first; peer; peer = peer->next)
        if (atomic_load_explicit(&peer->phase, memory_order_relaxed) & phases) cut(peer);
    pthread_mutex_unlock(&peers->lock);
}
