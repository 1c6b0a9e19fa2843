#include "cache.h"

#include <pthread.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum {
    BYTES_OF_A_VALUE =
        4096, /* the fewest that the usual value takes: there are as many lists as such values */
    LISTS_LEAST = 16,
    PART_OF_ALL = 4
};

struct sc_cache {
    pthread_mutex_t lock;
    size_t limit, bytes, values;
    uint64_t evicted;
    struct sc_cached *newest, *oldest;
    unsigned char
        secret[crypto_shorthash_KEYBYTES]; /* so that nobody can choose keys that meet in one list */
    uint64_t mask;
    struct sc_cached *list[];
};

struct sc_cache *sc_cache_new(size_t bytes)
{
    size_t lists = LISTS_LEAST;
    while (lists < bytes / BYTES_OF_A_VALUE) lists *= 2;
    struct sc_cache *cache = calloc(1, sizeof *cache + lists * sizeof(struct sc_cached *));
    if (!cache) return NULL;
    pthread_mutex_init(&cache->lock, NULL);
    cache->limit = bytes;
    cache->mask = lists - 1;
    crypto_shorthash_keygen(cache->secret);
    return cache;
}

void sc_cache_free(struct sc_cache *cache)
{
    if (!cache) return;
    for (struct sc_cached *value = cache->newest, *older; value; value = older) {
        older = value->older;
        sc_cached_release(value);
    }
    pthread_mutex_destroy(&cache->lock);
    free(cache);
}

void sc_cached_init(struct sc_cached *value)
{
    atomic_init(&value->owners, 1);
}

struct sc_cached *sc_cached_share(struct sc_cached *value)
{
    atomic_fetch_add_explicit(&value->owners, 1, memory_order_relaxed);
    return value;
}

void sc_cached_release(struct sc_cached *value)
{
    if (value && atomic_fetch_sub_explicit(&value->owners, 1, memory_order_acq_rel) == 1) value->free(value);
}

static uint64_t hash_of(const struct sc_cache *cache, const void *key, size_t length)
{
    unsigned char digest[crypto_shorthash_BYTES];
    uint64_t hash;
    crypto_shorthash(digest, key, length, cache->secret);
    memcpy(&hash, digest, sizeof hash);
    return hash;
}

/* Where the pointer to the value of a key is, or would be. */
static struct sc_cached **place_of(struct sc_cache *cache, uint64_t hash, const void *key, size_t length)
{
    struct sc_cached **place = &cache->list[hash & cache->mask];
    while (*place && ((*place)->hash != hash || (*place)->key_length != length ||
                      memcmp((*place)->key, key, length) != 0))
        place = &(*place)->next;
    return place;
}

static void link_newest(struct sc_cache *cache, struct sc_cached *value)
{
    value->newer = NULL;
    value->older = cache->newest;
    *(cache->newest ? &cache->newest->newer : &cache->oldest) = value;
    cache->newest = value;
}

static void unlink_value(struct sc_cache *cache, struct sc_cached *value)
{
    *(value->newer ? &value->newer->older : &cache->newest) = value->older;
    *(value->older ? &value->older->newer : &cache->oldest) = value->newer;
}

/* Takes a value out of the map; onto a list of those that are to be released without the lock. */
static void take_out(struct sc_cache *cache, struct sc_cached **place, struct sc_cached **gone)
{
    struct sc_cached *value = *place;
    *place = value->next;
    unlink_value(cache, value);
    cache->bytes -= value->bytes;
    cache->values--;
    value->next = *gone;
    *gone = value;
}

static void make_room(struct sc_cache *cache, size_t bytes, struct sc_cached **gone)
{
    while (cache->oldest && cache->bytes + bytes > cache->limit) {
        struct sc_cached *oldest = cache->oldest;
        take_out(cache, place_of(cache, oldest->hash, oldest->key, oldest->key_length), gone);
        cache->evicted++;
    }
}

static void put_in(struct sc_cache *cache, struct sc_cached *value)
{
    struct sc_cached **list = &cache->list[value->hash & cache->mask];
    value->next = *list;
    *list = value;
    link_newest(cache, value);
    cache->bytes += value->bytes;
    cache->values++;
}

struct sc_cached *sc_cache_find(struct sc_cache *cache, const void *key, size_t key_length)
{
    uint64_t hash = hash_of(cache, key, key_length);
    pthread_mutex_lock(&cache->lock);
    struct sc_cached *value = *place_of(cache, hash, key, key_length);
    if (value && value != cache->newest) {
        unlink_value(cache, value);
        link_newest(cache, value);
    }
    if (value) sc_cached_share(value);
    pthread_mutex_unlock(&cache->lock);
    return value;
}

void sc_cache_put(struct sc_cache *cache, struct sc_cached *value)
{
    struct sc_cached *gone = NULL;
    if (value->bytes > cache->limit / PART_OF_ALL) return;
    value->hash = hash_of(cache, value->key, value->key_length);
    pthread_mutex_lock(&cache->lock);
    struct sc_cached **place = place_of(cache, value->hash, value->key, value->key_length);
    if (*place) take_out(cache, place, &gone);
    make_room(cache, value->bytes, &gone);
    put_in(cache, sc_cached_share(value));
    pthread_mutex_unlock(&cache->lock);
    for (struct sc_cached *next; gone; gone = next) {
        next = gone->next;
        sc_cached_release(gone);
    }
}

void sc_cache_figures(struct sc_cache *cache, struct sc_cache_figures *figures)
{
    pthread_mutex_lock(&cache->lock);
    *figures = (struct sc_cache_figures){cache->bytes, cache->values, cache->evicted};
    pthread_mutex_unlock(&cache->lock);
}
