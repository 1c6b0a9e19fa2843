/* What the tests of documents share: reproducible random numbers, JSON in a line, comparison of values. */
#ifndef SC_TEST_DOCUMENTS_H
#define SC_TEST_DOCUMENTS_H

#include "codec/canonical.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <stddef.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint64_t random_state;

/* xorshift64: the same numbers in every run */
static inline uint64_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static inline size_t random_below(size_t limit)
{
    return (size_t)(random_bits() >> 11) % limit;
}

static inline int seed(void **state)
{
    (void)state;
    random_state = UINT64_C(0x9e3779b97f4a7c15);
    return 0;
}

static inline json_t *parse(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (!value) fail_msg("the test's own JSON is broken: %s", text);
    return value;
}

/* Takes both over. */
static inline void assert_same(json_t *is, json_t *expected, const char *about)
{
    if (!sc_json_same(is, expected)) {
        char *left = json_dumps(is, JSON_ENCODE_ANY), *right = json_dumps(expected, JSON_ENCODE_ANY);
        fail_msg("%s: %s instead of %s", about, left ? left : "nothing", right ? right : "nothing");
    }
    json_decref(is);
    json_decref(expected);
}

#endif
