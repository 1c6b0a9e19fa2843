#include "internal.h"

#include "base/log.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void init_queue(struct sc_store *store)
{
    pthread_condattr_t clock;
    pthread_condattr_init(&clock);
    pthread_condattr_setclock(&clock, CLOCK_MONOTONIC);
    pthread_cond_init(&store->work, &clock);
    pthread_condattr_destroy(&clock);
    pthread_mutex_init(&store->lock, NULL);
}

/* Gives back whatever of an opening was reached. */
static void free_store(struct sc_store *store)
{
    sc_writer_fini(&store->writer);
    if (store->lock_file >= 0) close(store->lock_file);
    pthread_cond_destroy(&store->work);
    pthread_mutex_destroy(&store->lock);
    free(store->path);
    free(store);
}

/* With a directory in front SQLite takes no name for a special one, such as ":memory:". */
static char *copy_path(const char *path)
{
    if (strchr(path, '/')) return strdup(path);
    char *copy = sc_file_beside("./", path);
    return copy;
}

static bool open_parts(struct sc_store *store, const struct sc_reason *reason)
{
    if (!sc_file_make_directory(store->path, reason)) return false;
    store->lock_file = sc_file_lock(store->path, reason);
    if (store->lock_file < 0) return false;
    store->writer.connection.db = sc_database_open(store->path, reason);
    if (!store->writer.connection.db) return false;
    if (sc_connection_prepare(&store->writer.connection, SC_ROLE_WRITER))
        return sc_explain(reason, "%s has not the tables that it should have: %s. Restore a backup.",
                          store->path, sqlite3_errmsg(store->writer.connection.db));
    int error = sc_writer_start(store);
    return !error || sc_explain(reason, "The thread that writes %s cannot be started: %s.", store->path,
                                strerror(error));
}

struct sc_store *sc_store_open(const char *path, sc_store_follow *follow, char *reason, size_t reason_size)
{
    struct sc_reason why = {reason, reason_size};
    sc_explain(&why, "%s", "");
    sc_sqlite_configure();
    if (!path || !*path) {
        sc_explain(&why, "No path of a database is given.");
        return NULL;
    }
    struct sc_store *store = calloc(1, sizeof *store);
    if (!store) return NULL;
    store->lock_file = -1;
    store->writer.follow = follow;
    init_queue(store);
    store->path = copy_path(path);
    if (store->path && open_parts(store, &why)) return store;
    if (!store->path) sc_explain(&why, "There is no memory to open %s.", path);
    free_store(store);
    return NULL;
}

void sc_store_close(struct sc_store *store)
{
    if (!store) return;
    sc_writer_stop(store);
    free_store(store);
}

static enum sc_store_status enqueue(struct sc_store *store, struct sc_write *write)
{
    if (store->closing) return SC_STORE_CLOSED;
    if (store->queue_length >= SC_QUEUE_MAX) return SC_STORE_BUSY;
    write->next = NULL;
    if (store->last)
        store->last->next = write;
    else
        store->first = write;
    store->last = write;
    store->queue_length++;
    pthread_cond_signal(&store->work);
    return SC_STORE_OK;
}

bool sc_store_submit(struct sc_store *store, struct sc_write *write)
{
    pthread_mutex_lock(&store->lock);
    enum sc_store_status status = enqueue(store, write);
    if (status) write->status = status; /* once queued it is the writer's */
    pthread_mutex_unlock(&store->lock);
    return status == SC_STORE_OK;
}

uint64_t sc_store_generation(struct sc_store *store)
{
    return atomic_load(&store->generation);
}

void sc_store_figures(struct sc_store *store, struct sc_store_figures *figures)
{
    pthread_mutex_lock(&store->lock);
    size_t queue_length = store->queue_length;
    pthread_mutex_unlock(&store->lock);
    *figures = (struct sc_store_figures){
        .writes = atomic_load(&store->writes),
        .commits = atomic_load(&store->commits),
        .failures = atomic_load(&store->failures),
        .queue_length = queue_length,
        .checkpoints = atomic_load(&store->checkpoints),
    };
}
