/* What is kept is found again, within its bytes; what was used least recently gives way; nobody's share is
 * taken from him. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/cache.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct number {
    struct sc_cached front;
    long value;
    char key[24];
};

static atomic_long alive;

static void free_number(struct sc_cached *front)
{
    atomic_fetch_sub(&alive, 1);
    free(front);
}

static struct number *make_number(const char *key, long value, size_t bytes)
{
    struct number *number = calloc(1, sizeof *number);
    assert_non_null(number);
    atomic_fetch_add(&alive, 1);
    snprintf(number->key, sizeof number->key, "%s", key);
    number->value = value;
    number->front = (struct sc_cached){
        .key = number->key, .key_length = strlen(key), .bytes = bytes, .free = free_number};
    sc_cached_init(&number->front);
    return number;
}

static void put(struct sc_cache *cache, const char *key, long value, size_t bytes)
{
    struct number *number = make_number(key, value, bytes);
    sc_cache_put(cache, &number->front);
    sc_cached_release(&number->front);
}

/* The value of a key, or -1. */
static long get(struct sc_cache *cache, const char *key)
{
    struct sc_cached *found = sc_cache_find(cache, key, strlen(key));
    long value = found ? ((struct number *)(void *)found)->value : -1;
    sc_cached_release(found);
    return value;
}

static void what_is_kept_is_found_by_its_whole_key(void **state)
{
    (void)state;
    struct sc_cache *cache = sc_cache_new(1000);
    put(cache, "one", 1, 10);
    put(cache, "two", 2, 10);
    assert_int_equal(get(cache, "one"), 1);
    assert_int_equal(get(cache, "two"), 2);
    assert_int_equal(get(cache, "on"), -1);
    assert_int_equal(get(cache, "one "), -1);
    put(cache, "one", 11, 20);
    assert_int_equal(get(cache, "one"), 11);
    struct sc_cache_figures figures;
    sc_cache_figures(cache, &figures);
    assert_int_equal(figures.bytes, 30);
    assert_int_equal(figures.values, 2);
    assert_int_equal(figures.evicted, 0);
    assert_int_equal(atomic_load(&alive), 2);
    sc_cache_free(cache);
    assert_int_equal(atomic_load(&alive), 0);
}

static void the_least_recently_used_gives_way(void **state)
{
    (void)state;
    struct sc_cache *cache = sc_cache_new(100);
    char key[24];
    for (int i = 0; i < 10; i++) put(cache, (snprintf(key, sizeof key, "%d", i), key), i, 10);
    assert_int_equal(get(cache, "0"), 0);
    put(cache, "new", 99, 25);
    assert_int_equal(get(cache, "0"), 0);
    assert_int_equal(get(cache, "1"), -1);
    assert_int_equal(get(cache, "3"), -1);
    assert_int_equal(get(cache, "4"), 4);
    assert_int_equal(get(cache, "new"), 99);
    struct sc_cache_figures figures;
    sc_cache_figures(cache, &figures);
    assert_int_equal(figures.bytes, 95);
    assert_int_equal(figures.values, 8);
    assert_int_equal(figures.evicted, 3);
    sc_cache_free(cache);
}

static void one_value_does_not_sweep_the_others_out(void **state)
{
    (void)state;
    struct sc_cache *cache = sc_cache_new(100);
    put(cache, "small", 1, 25);
    put(cache, "large", 2, 26);
    assert_int_equal(get(cache, "small"), 1);
    assert_int_equal(get(cache, "large"), -1);
    sc_cache_free(cache);
    assert_int_equal(atomic_load(&alive), 0);
}

static void who_has_a_share_keeps_it(void **state)
{
    (void)state;
    struct sc_cache *cache = sc_cache_new(100);
    put(cache, "a", 1, 20);
    struct sc_cached *mine = sc_cache_find(cache, "a", 1);
    put(cache, "a", 2, 20);
    assert_int_equal(((struct number *)(void *)mine)->value, 1);
    assert_int_equal(get(cache, "a"), 2);
    sc_cache_free(cache);
    assert_int_equal(((struct number *)(void *)mine)->value, 1);
    sc_cached_release(mine);
    assert_int_equal(atomic_load(&alive), 0);
}

enum { THREADS = 4, ROUNDS = 20000, KEYS = 40 };

/* Finds, and puts where nothing is found, in a cache that holds a quarter of the keys. */
static void *use(void *argument)
{
    struct sc_cache *cache = argument;
    uint64_t random = (uint64_t)(uintptr_t)pthread_self();
    for (int i = 0; i < ROUNDS; i++) {
        random = random * 6364136223846793005u + 1442695040888963407u;
        char key[24];
        long number = (long)(random >> 33) % KEYS;
        snprintf(key, sizeof key, "key %ld", number);
        long found = get(cache, key);
        if (found == -1) put(cache, key, number, 10);
        if (found != -1 && found != number) return cache;
    }
    return NULL;
}

static void threads_share_a_cache(void **state)
{
    (void)state;
    struct sc_cache *cache = sc_cache_new(100);
    pthread_t thread[THREADS];
    void *wrong = NULL;
    for (int i = 0; i < THREADS; i++) assert_int_equal(pthread_create(&thread[i], NULL, use, cache), 0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(thread[i], &wrong);
        assert_null(wrong);
    }
    struct sc_cache_figures figures;
    sc_cache_figures(cache, &figures);
    assert_true(figures.bytes <= 100 && figures.bytes == 10 * figures.values);
    assert_int_equal(atomic_load(&alive), (long)figures.values);
    sc_cache_free(cache);
    assert_int_equal(atomic_load(&alive), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_kept_is_found_by_its_whole_key),
        cmocka_unit_test(the_least_recently_used_gives_way),
        cmocka_unit_test(one_value_does_not_sweep_the_others_out),
        cmocka_unit_test(who_has_a_share_keeps_it),
        cmocka_unit_test(threads_share_a_cache),
    };
    if (sodium_init() < 0) return 1;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
