#include "secondchair/pool.h"

#include "base/log.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

/* Of the pool's threads: a tenth of a connection's thread, and a seventieth, when both want the core. */
static const struct {
    int nice;
    const char *name;
} RANKS[] = {
    [SC_POOL_INTERACTIVE] = {10, "compute"},
    [SC_POOL_BACKGROUND] = {19, "background"},
};

/* A client with something queued. Clients take turns in a ring: the one at its head gives one task and, if it
 * has more, goes to its end. */
struct client {
    uint64_t key;
    struct sc_task *first, *last;
    size_t count, continued; /* of all, those that are beside the bounds */
    struct client *next_turn;
    struct client *next_in_bucket; /* or the next free one */
};

/* There are as many slots for clients as tasks may be queued, continued ones too: one is always free for a
 * task that has room. */
struct sc_pool {
    enum sc_pool_rank rank;
    pthread_mutex_t lock;
    pthread_cond_t work;
    struct client *slot, *free_slot;
    struct client **bucket;
    size_t buckets; /* a power of two */
    struct client *turn_first, *turn_last;
    size_t capacity, capacity_per_client, continued;
    struct sc_pool_figures figures;
    bool closing;
    pthread_t *worker;
    size_t threads;
};

static struct client **find_bucket(struct sc_pool *pool, uint64_t key)
{
    uint64_t hash = key * UINT64_C(0x9e3779b97f4a7c15);
    return &pool->bucket[(hash >> 32) & (pool->buckets - 1)];
}

static struct client *find_client(struct sc_pool *pool, uint64_t key)
{
    struct client *client = *find_bucket(pool, key);
    while (client && client->key != key) client = client->next_in_bucket;
    return client;
}

static void append_turn(struct sc_pool *pool, struct client *client)
{
    client->next_turn = NULL;
    if (pool->turn_last)
        pool->turn_last->next_turn = client;
    else
        pool->turn_first = client;
    pool->turn_last = client;
}

static struct client *add_client(struct sc_pool *pool, uint64_t key)
{
    struct client *client = pool->free_slot;
    pool->free_slot = client->next_in_bucket;
    struct client **bucket = find_bucket(pool, key);
    *client = (struct client){.key = key, .next_in_bucket = *bucket};
    *bucket = client;
    append_turn(pool, client);
    return client;
}

static void remove_client(struct sc_pool *pool, struct client *client)
{
    struct client **link = find_bucket(pool, client->key);
    while (*link != client) link = &(*link)->next_in_bucket;
    *link = client->next_in_bucket;
    client->next_in_bucket = pool->free_slot;
    pool->free_slot = client;
}

static void append_task(struct client *client, struct sc_task *task)
{
    task->next = NULL;
    if (client->last)
        client->last->next = task;
    else
        client->first = task;
    client->last = task;
    client->count++;
    client->continued += task->continued;
}

/* The next task in turn; there is one. */
static struct sc_task *take_task(struct sc_pool *pool)
{
    struct client *client = pool->turn_first;
    pool->turn_first = client->next_turn;
    if (!pool->turn_first) pool->turn_last = NULL;
    struct sc_task *task = client->first;
    client->first = task->next;
    client->continued -= task->continued;
    pool->continued -= task->continued;
    if (--client->count > 0)
        append_turn(pool, client);
    else
        remove_client(pool, client);
    pool->figures.queued--;
    return task;
}

/* Computations yield the cores to the threads that serve connections: those sleep nearly always, and the
 * answer to a cheap request must not wait for a time slice of a long one. Linux keeps the nice value by
 * thread. */
static void yield_to_others(enum sc_pool_rank rank)
{
    if (setpriority(PRIO_PROCESS, (id_t)gettid(), RANKS[rank].nice) != 0)
        sc_log(SC_LOG_WARN, "computations run at full priority", "reason", strerror(errno), NULL);
}

static void *work(void *argument)
{
    struct sc_pool *pool = argument;
    yield_to_others(pool->rank);
    pthread_mutex_lock(&pool->lock);
    for (;;) {
        while (!pool->turn_first && !pool->closing) pthread_cond_wait(&pool->work, &pool->lock);
        if (!pool->turn_first) break;
        struct sc_task *task = take_task(pool);
        pool->figures.running++;
        pthread_mutex_unlock(&pool->lock);
        task->run(task);
        pthread_mutex_lock(&pool->lock);
        pool->figures.running--;
        pool->figures.done++;
    }
    pthread_mutex_unlock(&pool->lock);
    return NULL;
}

/* Signals are for the main thread: the pool's threads are born with all of them blocked. */
static bool start_threads(struct sc_pool *pool, size_t threads)
{
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    while (pool->threads < threads) {
        pthread_t *worker = &pool->worker[pool->threads];
        if (pthread_create(worker, NULL, work, pool)) break;
        pthread_setname_np(*worker, RANKS[pool->rank].name);
        pool->threads++;
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return pool->threads == threads;
}

static bool allocate_tables(struct sc_pool *pool, size_t threads, size_t capacity)
{
    pool->buckets = 1;
    while (pool->buckets < capacity) pool->buckets *= 2;
    size_t slots = capacity + SC_POOL_CONTINUED_MAX;
    pool->slot = calloc(slots, sizeof *pool->slot);
    pool->bucket = calloc(pool->buckets, sizeof(struct client *));
    pool->worker = calloc(threads, sizeof *pool->worker);
    if (!pool->slot || !pool->bucket || !pool->worker) return false;
    for (size_t i = 0; i + 1 < slots; i++) pool->slot[i].next_in_bucket = &pool->slot[i + 1];
    pool->free_slot = pool->slot;
    return true;
}

struct sc_pool *sc_pool_new(enum sc_pool_rank rank, size_t threads, size_t capacity,
                            size_t capacity_per_client)
{
    if (!threads || !capacity || !capacity_per_client || capacity > SIZE_MAX / 4 / sizeof(struct client))
        return NULL;
    struct sc_pool *pool = calloc(1, sizeof *pool);
    if (!pool) return NULL;
    pthread_mutex_init(&pool->lock, NULL);
    pthread_cond_init(&pool->work, NULL);
    pool->rank = rank;
    pool->capacity = capacity;
    pool->capacity_per_client = capacity_per_client;
    if (allocate_tables(pool, threads, capacity) && start_threads(pool, threads)) return pool;
    sc_pool_free(pool);
    return NULL;
}

void sc_pool_free(struct sc_pool *pool)
{
    if (!pool) return;
    pthread_mutex_lock(&pool->lock);
    pool->closing = true;
    pthread_cond_broadcast(&pool->work);
    pthread_mutex_unlock(&pool->lock);
    for (size_t i = 0; i < pool->threads; i++) pthread_join(pool->worker[i], NULL);
    pthread_cond_destroy(&pool->work);
    pthread_mutex_destroy(&pool->lock);
    free(pool->worker);
    free(pool->bucket);
    free(pool->slot);
    free(pool);
}

/* There is room. */
static void enqueue(struct sc_pool *pool, struct client *client, struct sc_task *task)
{
    if (!client) client = add_client(pool, task->client);
    append_task(client, task);
    pool->continued += task->continued;
    pool->figures.queued++;
    pthread_cond_signal(&pool->work);
}

static enum sc_pool_status admit(struct sc_pool *pool, struct sc_task *task)
{
    if (pool->closing) return SC_POOL_CLOSED;
    struct client *client = find_client(pool, task->client);
    if (client && client->count - client->continued >= pool->capacity_per_client) return SC_POOL_CLIENT_FULL;
    if (pool->figures.queued - pool->continued >= pool->capacity) return SC_POOL_FULL;
    task->continued = false;
    enqueue(pool, client, task);
    return SC_POOL_OK;
}

enum sc_pool_status sc_pool_submit(struct sc_pool *pool, struct sc_task *task)
{
    pthread_mutex_lock(&pool->lock);
    enum sc_pool_status status = admit(pool, task);
    if (status != SC_POOL_OK) pool->figures.refused++;
    pthread_mutex_unlock(&pool->lock);
    return status;
}

bool sc_pool_continue(struct sc_pool *pool, struct sc_task *task)
{
    pthread_mutex_lock(&pool->lock);
    bool room = pool->continued < SC_POOL_CONTINUED_MAX;
    task->continued = true;
    if (room) enqueue(pool, find_client(pool, task->client), task);
    pthread_mutex_unlock(&pool->lock);
    return room;
}

/* Takes the task out of its client's queue; false where it is not there. */
static bool unlink_task(struct client *client, const struct sc_task *task)
{
    struct sc_task *before = NULL, *at = client->first;
    while (at && at != task) {
        before = at;
        at = at->next;
    }
    if (!at) return false;
    if (before)
        before->next = at->next;
    else
        client->first = at->next;
    if (client->last == at) client->last = before;
    client->count--;
    client->continued -= at->continued;
    return true;
}

/* Takes a client that has nothing queued out of the ring. */
static void end_turn(struct sc_pool *pool, struct client *client)
{
    struct client *before = NULL, *at = pool->turn_first;
    while (at != client) {
        before = at;
        at = at->next_turn;
    }
    if (before)
        before->next_turn = client->next_turn;
    else
        pool->turn_first = client->next_turn;
    if (pool->turn_last == client) pool->turn_last = before;
    remove_client(pool, client);
}

bool sc_pool_withdraw(struct sc_pool *pool, struct sc_task *task)
{
    pthread_mutex_lock(&pool->lock);
    struct client *client = find_client(pool, task->client);
    bool queued = client && unlink_task(client, task);
    if (queued) {
        pool->figures.queued--;
        pool->continued -= task->continued;
        if (client->count == 0) end_turn(pool, client);
    }
    pthread_mutex_unlock(&pool->lock);
    return queued;
}

void sc_pool_figures(struct sc_pool *pool, struct sc_pool_figures *figures)
{
    pthread_mutex_lock(&pool->lock);
    *figures = pool->figures;
    pthread_mutex_unlock(&pool->lock);
}
