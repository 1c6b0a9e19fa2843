/* Values kept for whoever asks for them again: a map of bounded bytes in which those used least recently give
 * way. Values never change and are shared: by the cache, and by whoever found them. Threads share a cache. */
#ifndef SC_APP_CACHE_H
#define SC_APP_CACHE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What every value begins with. Its owner fills in the first four. */
struct sc_cached {
    const void *key; /* lives as long as the value */
    size_t key_length;
    size_t bytes; /* that it takes, key and all */
    void (*free)(struct sc_cached *value);
    _Atomic uint64_t generation; /* of the store, at which it holds */
    atomic_size_t owners;
    struct sc_cached *next, *newer, *older; /* the cache's */
    uint64_t hash;
};

struct sc_cache;

/* NULL when memory is short. */
struct sc_cache *sc_cache_new(size_t bytes);
void sc_cache_free(struct sc_cache *cache);

/* The value of a key: NULL, or shared; to be released. Whether it holds still is for the caller to see. */
struct sc_cached *sc_cache_find(struct sc_cache *cache, const void *key, size_t key_length);

/* Keeps a value, in place of one with the same key; shared with the caller. One that would take more than a
 * quarter of the cache is not kept. */
void sc_cache_put(struct sc_cache *cache, struct sc_cached *value);

/* A new value has one owner; the last one to release it frees it. */
void sc_cached_init(struct sc_cached *value);
struct sc_cached *sc_cached_share(struct sc_cached *value);
void sc_cached_release(struct sc_cached *value);

/* Bytes and values that are kept now, and those that gave way since the start. */
struct sc_cache_figures {
    size_t bytes, values;
    uint64_t evicted;
};
void sc_cache_figures(struct sc_cache *cache, struct sc_cache_figures *figures);

#endif
