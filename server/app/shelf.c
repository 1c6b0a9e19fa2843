#include "shelf.h"

#include "budget.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct sc_shelf {
    pthread_mutex_t lock;
    struct {
        struct sc_ready *ready;
        int64_t revision; /* that was asked for, 0: the newest */
    } item[SC_SHELF_SCENARIOS];
    size_t count, bytes; /* bytes of their documents, as text */
};

struct sc_shelf *sc_shelf_new(void)
{
    struct sc_shelf *shelf = calloc(1, sizeof *shelf);
    if (shelf) pthread_mutex_init(&shelf->lock, NULL);
    return shelf;
}

void sc_shelf_free(struct sc_shelf *shelf)
{
    if (!shelf) return;
    for (size_t i = 0; i < shelf->count; i++) sc_ready_release(shelf->item[i].ready);
    pthread_mutex_destroy(&shelf->lock);
    free(shelf);
}

static struct sc_ready *find(const struct sc_shelf *shelf, const char *id, int64_t revision)
{
    for (size_t i = 0; i < shelf->count; i++)
        if (shelf->item[i].revision == revision && strcmp(shelf->item[i].ready->source.id, id) == 0)
            return sc_ready_share(shelf->item[i].ready);
    return NULL;
}

/* Keeps what was found where there is room. */
static void keep(struct sc_shelf *shelf, struct sc_ready *ready, int64_t revision)
{
    size_t length = ready->source.length;
    if (shelf->count == SC_SHELF_SCENARIOS || (shelf->count && shelf->bytes + length > SC_SHELF_BYTES))
        return;
    shelf->bytes += length;
    shelf->item[shelf->count].ready = sc_ready_share(ready);
    shelf->item[shelf->count++].revision = revision;
}

struct sc_ready *sc_shelf_find(struct sc_shelf *shelf, struct sc_call *call, const char *id, int64_t revision)
{
    pthread_mutex_lock(&shelf->lock);
    struct sc_ready *ready = find(shelf, id, revision);
    if (!ready) {
        ready = sc_ready_find(call, id, revision);
        if (ready) keep(shelf, ready, revision);
    }
    pthread_mutex_unlock(&shelf->lock);
    return ready;
}
