/* The compute pool's port: a fixed number of threads that run what takes too long for a connection's thread.
 * Its queue is bounded, and fair: one client's many tasks do not delay another client's first. */
#ifndef SC_POOL_H
#define SC_POOL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sc_pool;

/* Embedded in whatever is to be run; owned by the caller until run is called. */
struct sc_task {
    void (*run)(struct sc_task *task);
    uint64_t client; /* tasks of one client share its turn */
    struct sc_task *next;
    bool continued; /* the pool's */
};

enum sc_pool_status { SC_POOL_OK, SC_POOL_CLIENT_FULL, SC_POOL_FULL, SC_POOL_CLOSED };

/* What the threads leave the cores to: to those that serve connections, or to everything else. */
enum sc_pool_rank { SC_POOL_INTERACTIVE, SC_POOL_BACKGROUND };

struct sc_pool *sc_pool_new(enum sc_pool_rank rank, size_t threads, size_t capacity,
                            size_t capacity_per_client);

/* Runs what is queued, then ends the threads. */
void sc_pool_free(struct sc_pool *pool);

enum sc_pool_status sc_pool_submit(struct sc_pool *pool, struct sc_task *task)
    __attribute__((warn_unused_result));

/* Queues what goes on with work that was admitted before, behind the client's other tasks: so long work is
 * done in turns. It is not counted in either bound but has one of its own, which the caller must keep: false,
 * and the task is not run, where SC_POOL_CONTINUED_MAX are queued. */
enum { SC_POOL_CONTINUED_MAX = 1024 };
bool sc_pool_continue(struct sc_pool *pool, struct sc_task *task) __attribute__((warn_unused_result));

/* Takes a task back that was submitted and has not ended. True: it was not run, and will not be. */
bool sc_pool_withdraw(struct sc_pool *pool, struct sc_task *task) __attribute__((warn_unused_result));

struct sc_pool_figures {
    uint64_t done, refused, queued, running;
};
void sc_pool_figures(struct sc_pool *pool, struct sc_pool_figures *figures);

#endif
