#include "shelf.h"

#include "base/arena.h"
#include "budget.h"
#include "codec/document.h"
#include "codec/frozen.h"
#include "request.h"
#include "secondchair/limits.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

/* What is given out stands first, so that the one is the other. */
struct ready {
    struct sc_ready front;
    atomic_size_t owners;
    int64_t asked; /* the revision asked for, 0: the newest */
    bool kept;
    struct sc_arena arena;
};

/* A mould and the scenario that it is of. */
struct moulded {
    struct ready *ready;
    struct sc_mould *mould;
};

struct sc_shelf {
    pthread_mutex_t lock;
    struct ready *ready[SC_SHELF_SCENARIOS];
    size_t count, bytes; /* bytes of their documents, as text */
    struct moulded moulded[SC_SHELF_MOULDS];
    size_t first, moulds, mould_bytes; /* a ring: the oldest gives way */
};

static struct ready *body_of(struct sc_ready *ready)
{
    return (struct ready *)(void *)ready;
}

static struct ready *share(struct ready *ready)
{
    atomic_fetch_add_explicit(&ready->owners, 1, memory_order_relaxed);
    return ready;
}

/* Takes the source over; false when memory is short. */
static bool fill_ready(struct ready *ready, struct sc_source *source)
{
    struct sc_faults *faults = sc_arena_alloc(&ready->arena, sizeof *faults);
    const char *id = source->id ? sc_arena_text(&ready->arena, source->id, strlen(source->id)) : NULL;
    if (!faults || (source->id && !id)) return false;
    ready->front.plan = sc_document_compile(source->document, &ready->arena, faults);
    sc_json_freeze(source->document);
    sc_json_freeze(source->overlay);
    ready->front.source = *source;
    ready->front.source.id = id;
    *source = (struct sc_source){.id = NULL};
    return true;
}

/* Likewise; NULL when memory is short. */
static struct ready *make_ready(struct sc_source *source)
{
    struct ready *ready = calloc(1, sizeof *ready);
    if (!ready) return NULL;
    atomic_init(&ready->owners, 1);
    sc_arena_init(&ready->arena, SC_LIMIT_ARENA);
    if (fill_ready(ready, source)) return ready;
    sc_ready_release(&ready->front);
    return NULL;
}

struct sc_ready *sc_ready_of_document(json_t *document, size_t length)
{
    struct sc_source source = {.document = document, .length = length};
    bool digested = sc_json_digest(document, source.sha256);
    struct ready *ready = digested ? make_ready(&source) : NULL;
    if (ready) ready->kept = true;
    sc_source_fini(&source);
    return ready ? &ready->front : NULL;
}

struct sc_ready *sc_ready_share(struct sc_ready *ready)
{
    return &share(body_of(ready))->front;
}

void sc_ready_release(struct sc_ready *front)
{
    struct ready *ready = front ? body_of(front) : NULL;
    if (!ready || atomic_fetch_sub_explicit(&ready->owners, 1, memory_order_acq_rel) > 1) return;
    sc_json_thaw(ready->front.source.document);
    sc_json_thaw(ready->front.source.overlay);
    sc_source_fini(&ready->front.source);
    sc_arena_fini(&ready->arena);
    free(ready);
}

struct sc_shelf *sc_shelf_new(void)
{
    struct sc_shelf *shelf = calloc(1, sizeof *shelf);
    if (shelf) pthread_mutex_init(&shelf->lock, NULL);
    return shelf;
}

static void drop_oldest(struct sc_shelf *shelf)
{
    struct moulded *oldest = &shelf->moulded[shelf->first];
    shelf->mould_bytes -= oldest->ready->front.source.length;
    sc_mould_release(oldest->mould);
    sc_ready_release(&oldest->ready->front);
    shelf->first = (shelf->first + 1) % SC_SHELF_MOULDS;
    shelf->moulds--;
}

void sc_shelf_free(struct sc_shelf *shelf)
{
    if (!shelf) return;
    while (shelf->moulds) drop_oldest(shelf);
    for (size_t i = 0; i < shelf->count; i++) sc_ready_release(&shelf->ready[i]->front);
    pthread_mutex_destroy(&shelf->lock);
    free(shelf);
}

static struct sc_mould *find_mould(const struct sc_shelf *shelf, const struct ready *ready,
                                   const json_t *overrides)
{
    for (size_t i = 0; i < shelf->moulds; i++) {
        const struct moulded *moulded = &shelf->moulded[(shelf->first + i) % SC_SHELF_MOULDS];
        if (moulded->ready == ready && sc_mould_fits(moulded->mould, overrides)) return moulded->mould;
    }
    return NULL;
}

static struct sc_mould *add_mould(struct sc_shelf *shelf, struct ready *ready, const json_t *overrides)
{
    struct sc_mould *mould = sc_mould_new(ready->front.source.document, overrides);
    size_t length = ready->front.source.length;
    if (!mould) return NULL;
    while (shelf->moulds == SC_SHELF_MOULDS ||
           (shelf->moulds && shelf->mould_bytes + length > SC_SHELF_BYTES))
        drop_oldest(shelf);
    shelf->moulded[(shelf->first + shelf->moulds++) % SC_SHELF_MOULDS] =
        (struct moulded){share(ready), mould};
    shelf->mould_bytes += length;
    return mould;
}

struct sc_mould *sc_shelf_mould(struct sc_shelf *shelf, struct sc_ready *front, const json_t *overrides)
{
    struct ready *ready = body_of(front);
    if (!ready->kept || !front->plan) return NULL;
    pthread_mutex_lock(&shelf->lock);
    struct sc_mould *mould = find_mould(shelf, ready, overrides);
    if (!mould) mould = add_mould(shelf, ready, overrides);
    if (mould) sc_mould_share(mould);
    pthread_mutex_unlock(&shelf->lock);
    return mould;
}

static struct ready *find_ready(const struct sc_shelf *shelf, const char *id, int64_t revision)
{
    for (size_t i = 0; i < shelf->count; i++)
        if (shelf->ready[i]->asked == revision && strcmp(shelf->ready[i]->front.source.id, id) == 0)
            return shelf->ready[i];
    return NULL;
}

/* Keeps what was loaded where there is room. */
static void keep(struct sc_shelf *shelf, struct ready *ready)
{
    size_t length = ready->front.source.length;
    if (shelf->count == SC_SHELF_SCENARIOS || (shelf->count && shelf->bytes + length > SC_SHELF_BYTES))
        return;
    ready->kept = true;
    shelf->bytes += length;
    shelf->ready[shelf->count++] = share(ready);
}

static struct ready *load(struct sc_shelf *shelf, struct sc_call *call, const char *id, int64_t revision)
{
    struct sc_source source;
    struct ready *ready = NULL;
    if (sc_source_load(call, id, revision, &source)) {
        ready = make_ready(&source);
        if (!ready) sc_call_exhausted(call);
    }
    sc_source_fini(&source);
    if (!ready) return NULL;
    ready->asked = revision;
    keep(shelf, ready);
    return ready;
}

struct sc_ready *sc_shelf_find(struct sc_shelf *shelf, struct sc_call *call, const char *id, int64_t revision)
{
    pthread_mutex_lock(&shelf->lock);
    struct ready *ready = find_ready(shelf, id, revision);
    ready = ready ? share(ready) : load(shelf, call, id, revision);
    pthread_mutex_unlock(&shelf->lock);
    return ready ? &ready->front : NULL;
}
