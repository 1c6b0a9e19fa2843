/* What the fuzz harnesses share: a property that does not hold ends the process, which libFuzzer takes for a
 * crash and keeps the input of. */
#ifndef SC_TEST_FUZZ_H
#define SC_TEST_FUZZ_H

#include "base/arena.h"
#include "base/buffer.h"
#include "codec/budget.h"
#include "codec/canonical.h"
#include "codec/writer.h"
#include "secondchair/fault.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define UNUSED __attribute__((unused))

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MUST(holds)                                                                                          \
    do {                                                                                                     \
        if (holds) break;                                                                                    \
        fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #holds);                           \
        abort();                                                                                             \
    } while (0)

/* As the service takes bodies; NULL for what is none. The bytes go to the heap, so that reading past their
 * end is seen. */
static UNUSED json_t *fuzz_parse(const void *bytes, size_t length)
{
    static const struct sc_json_limits limits = {20000, SC_JSON_DEPTH_MAX};
    struct sc_json_error error = {.kind = SC_JSON_FINE};
    char *copy = malloc(length + 1);
    MUST(copy);
    json_object_seed(1); /* the same walk for the same input */
    memcpy(copy, bytes, length);
    copy[length] = '\0';
    json_t *json = sc_json_parse(copy, length, &limits, &error);
    MUST(json || (error.kind != SC_JSON_FINE && error.position <= length && error.detail[0]));
    free(copy);
    return json;
}

/* Canonical text, which the caller frees. */
static UNUSED char *fuzz_canonical(const json_t *json, size_t *length)
{
    struct sc_buffer buffer;
    sc_buffer_init(&buffer, 64 << 20);
    MUST(sc_json_canonical(json, &buffer));
    return sc_buffer_take(&buffer, length);
}

/* A NUL-terminated copy of bytes, cut at their first NUL. */
static UNUSED char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = strndup((const char *)data, size);
    MUST(text);
    return text;
}

#endif
