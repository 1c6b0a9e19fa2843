#include "ready.h"

#include "base/arena.h"
#include "budget.h"
#include "cache.h"
#include "codec/document.h"
#include "codec/frozen.h"
#include "request.h"
#include "resolve.h"
#include "secondchair/limits.h"
#include "secondchair/store.h"
#include "state.h"

#include <inttypes.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    KEY_MAX = 160,
    READING_US = 300, /* that it takes to read, parse and compile a scenario of the usual size, or … */
    MOULDING_US = 250 /* … to copy, compile and write it anew */
};

/* What stands first is the cache's, so that the one is the other. */
struct ready {
    struct sc_cached cached;
    struct sc_ready front;
    struct sc_arena arena;
    char version[SC_VERSION_MAX]; /* of the chain that it was read from */
    char key[KEY_MAX];            /* the id and the revision asked for; empty while it is not kept */
};

static struct ready *body_of(const struct sc_ready *front)
{
    return (struct ready *)((uintptr_t)front - offsetof(struct ready, front));
}

static void free_ready(struct sc_cached *cached)
{
    struct ready *ready = (struct ready *)(void *)cached;
    sc_json_thaw(ready->front.source.document);
    sc_json_thaw(ready->front.source.overlay);
    sc_source_fini(&ready->front.source);
    sc_arena_fini(&ready->arena);
    free(ready);
}

struct sc_ready *sc_ready_share(struct sc_ready *ready)
{
    sc_cached_share(&body_of(ready)->cached);
    return ready;
}

void sc_ready_release(struct sc_ready *ready)
{
    if (ready) sc_cached_release(&body_of(ready)->cached);
}

/* Takes the source over; false when memory is short. */
static bool fill_ready(struct ready *ready, struct sc_source *source)
{
    struct sc_faults *faults = malloc(sizeof *faults);
    const char *id = source->id ? sc_arena_text(&ready->arena, source->id, strlen(source->id)) : NULL;
    bool filled = faults && (!source->id || id);
    if (filled) {
        faults->count = faults->omitted = 0;
        ready->front.plan = sc_document_compile(source->document, &ready->arena, faults);
        ready->cached.bytes = sizeof *ready + ready->arena.used + sc_json_weight(source->document) +
                              sc_json_weight(source->overlay);
        sc_json_freeze(source->document);
        sc_json_freeze(source->overlay);
        ready->front.source = *source;
        ready->front.source.id = id;
        *source = (struct sc_source){.id = NULL};
    }
    free(faults);
    return filled;
}

/* Likewise; NULL when memory is short. */
static struct ready *make_ready(struct sc_source *source)
{
    struct ready *ready = calloc(1, sizeof *ready);
    if (!ready) return NULL;
    sc_cached_init(&ready->cached);
    ready->cached.free = free_ready;
    sc_arena_init(&ready->arena, SC_LIMIT_ARENA);
    if (fill_ready(ready, source)) return ready;
    sc_cached_release(&ready->cached);
    return NULL;
}

struct sc_ready *sc_ready_of_document(json_t *document, size_t length)
{
    struct sc_source source = {.document = document, .length = length};
    bool digested = sc_json_digest(document, source.sha256);
    struct ready *ready = digested ? make_ready(&source) : NULL;
    sc_source_fini(&source);
    return ready ? &ready->front : NULL;
}

/* ---- stored scenarios ---- */

/* False: the answer is a problem; always pair with sc_source_fini. */
static bool read_source(struct sc_call *call, const struct sc_chain *chain, struct sc_source *source)
{
    *source = (struct sc_source){.id = chain->record[0].id, .revision = chain->record[0].revision};
    for (size_t i = 0; i < chain->count; i++) source->length += chain->record[i].body_length;
    source->document = sc_call_chain_document(call, chain, false, source->sha256);
    if (source->document && chain->count > 1) {
        json_auto_t *body = sc_record_body(&chain->record[0]);
        source->overlay = json_incref(json_object_get(body, "overrides"));
    }
    return source->document;
}

static struct ready *load(struct sc_call *call, const struct sc_chain *chain)
{
    struct sc_source source;
    struct ready *ready = NULL;
    if (read_source(call, chain, &source)) {
        ready = make_ready(&source);
        if (!ready) sc_call_exhausted(call);
    }
    sc_source_fini(&source);
    if (ready) memcpy(ready->version, chain->version, sizeof ready->version);
    return ready;
}

/* The one that is kept, shared once more, where it is of the same revisions still: they say all of its
 * contents. */
static struct ready *renew(struct sc_call *call, struct ready *kept, const char *id, int64_t revision)
{
    struct sc_chain *chain = sc_arena_alloc(call->arena, sizeof *chain);
    if (!chain) sc_call_exhausted(call);
    if (!chain || !sc_call_chain(call, SC_RECORD_SCENARIO, id, revision, false, chain)) return NULL;
    if (!kept || strcmp(kept->version, chain->version) != 0) return load(call, chain);
    sc_cached_share(&kept->cached);
    return kept;
}

/* What was read since the store was at an even generation is what it holds for as long as that one lasts. */
static void keep(struct sc_cache *cache, struct ready *ready, const char *key, uint64_t generation)
{
    if (generation % 2) return;
    atomic_store_explicit(&ready->cached.generation, generation, memory_order_relaxed);
    if (ready->cached.key) return;
    strcpy(ready->key, key);
    ready->cached.key = ready->key;
    ready->cached.key_length = strlen(key);
    sc_cache_put(cache, &ready->cached);
}

struct sc_ready *sc_ready_find(struct sc_call *call, const char *id, int64_t revision)
{
    char key[KEY_MAX];
    uint64_t generation = sc_store_generation(call->app->store);
    int length = snprintf(key, sizeof key, "r%s@%" PRId64, id, revision);
    bool keeps = call->app->plans && length < KEY_MAX && !sc_reader_is_past(call->reader);
    struct sc_cached *cached = keeps ? sc_cache_find(call->app->plans, key, (size_t)length) : NULL;
    struct ready *kept = (struct ready *)(void *)cached;
    if (kept && atomic_load_explicit(&cached->generation, memory_order_relaxed) == generation)
        return &kept->front;
    bool later = !kept && sc_call_postpones(call, READING_US);
    struct ready *ready = later ? NULL : renew(call, kept, id, revision);
    if (ready && keeps) keep(call->app->plans, ready, key, generation);
    sc_cached_release(cached);
    return ready ? &ready->front : NULL;
}

struct sc_mould *sc_ready_mould(struct sc_call *call, const struct sc_ready *ready, const json_t *overrides)
{
    const struct sc_source *source = &ready->source;
    if (!ready->plan || !call->app->plans) return NULL;
    struct sc_mould *mould = sc_mould_kept(call->app->plans, source->sha256, overrides);
    if (mould || sc_call_postpones(call, MOULDING_US)) return mould;
    mould = sc_mould_new(source->document, overrides);
    if (mould) sc_mould_keep(call->app->plans, source->sha256, mould);
    return mould;
}
