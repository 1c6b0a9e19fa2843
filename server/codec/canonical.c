#include "canonical.h"

#include "codec/number.h"
#include "codec/writer.h"

#include <nettle/sha2.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

enum { CANONICAL_MAX = 64 * 1024 * 1024 }; /* bytes of a canonical text that is only digested */

struct member {
    const char *key;
    const json_t *value;
};

/* UTF-16 sorts characters above U+FFFF, as surrogates, before U+E000 to U+FFFF; UTF-8 sorts them behind.
 * Otherwise both orders agree, so it is enough to move the leading bytes 0xee and 0xef behind 0xf0 to 0xf4.
 */
static int weight(char byte)
{
    unsigned char plain = (unsigned char)byte;
    return plain == 0xee || plain == 0xef ? plain + 0x10 : plain;
}

static int compare_members(const void *left, const void *right)
{
    const char *a = ((const struct member *)left)->key, *b = ((const struct member *)right)->key;
    while (*a && *a == *b) a++, b++;
    return weight(*a) - weight(*b);
}

/* Where a number that is left open stands in the text, and which of them it is. */
struct gap {
    const json_t *number;
    size_t begin, end, which;
};

/* A canonical text on its way. */
struct writing {
    struct sc_json_writer writer;
    struct gap *gap; /* of count numbers whose places are wanted */
    size_t count;
};

static void put(struct writing *writing, const json_t *value);

static void put_object(struct writing *writing, const json_t *object)
{
    struct sc_json_writer *writer = &writing->writer;
    size_t count = 0;
    struct member *members = calloc(json_object_size(object) + 1, sizeof *members);
    if (!members) {
        writer->failed = true;
        return;
    }
    const char *key;
    json_t *value;
    json_object_foreach (sc_json_unconst(object), key, value) members[count++] = (struct member){key, value};
    qsort(members, count, sizeof *members, compare_members);
    sc_json_object_begin(writer);
    for (size_t i = 0; i < count && !writer->failed; i++) {
        sc_json_key(writer, members[i].key);
        put(writing, members[i].value);
    }
    sc_json_object_end(writer);
    free(members);
}

static void put_array(struct writing *writing, const json_t *array)
{
    struct sc_json_writer *writer = &writing->writer;
    sc_json_array_begin(writer);
    size_t count = json_array_size(array);
    for (size_t i = 0; i < count && !writer->failed; i++) put(writing, json_array_get(array, i));
    sc_json_array_end(writer);
}

/* As ECMAScript writes it, which sc_json_number does not do for a whole number beyond 64 bits. */
static void put_number(struct writing *writing, const json_t *number)
{
    char text[SC_NUMBER_MAX];
    size_t length = sc_number_write(json_number_value(number), text);
    sc_json_raw(&writing->writer, text, length);
    for (size_t i = 0; i < writing->count; i++) {
        if (writing->gap[i].number != number) continue;
        writing->gap[i].end = writing->writer.buffer->length;
        writing->gap[i].begin = writing->gap[i].end - length;
    }
}

/* Recursion ends where the writer fails, at SC_JSON_DEPTH_MAX. */
static void put(struct writing *writing, const json_t *value)
{
    if (json_is_object(value))
        put_object(writing, value);
    else if (json_is_array(value))
        put_array(writing, value);
    else if (json_is_number(value))
        put_number(writing, value);
    else
        sc_json_value(&writing->writer, value);
}

static bool write_canonical(const json_t *value, struct sc_buffer *out, struct gap *gap, size_t count)
{
    struct writing writing = {.gap = gap, .count = count};
    sc_json_writer_init(&writing.writer, out);
    put(&writing, value);
    return sc_json_finish(&writing.writer);
}

bool sc_json_canonical(const json_t *value, struct sc_buffer *out)
{
    return write_canonical(value, out, NULL, 0);
}

bool sc_json_digest(const json_t *value, char hex[SC_DIGEST_TEXT])
{
    struct sc_buffer text;
    sc_buffer_init(&text, CANONICAL_MAX);
    bool done = sc_json_canonical(value, &text);
    if (done) sc_digest_bytes(text.data, text.length, hex);
    sc_buffer_fini(&text);
    return done;
}

static void finish(struct sha256_ctx *state, char hex[SC_DIGEST_TEXT])
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    sha256_digest(state, sizeof digest, digest);
    sodium_bin2hex(hex, SC_DIGEST_TEXT, digest, sizeof digest);
}

void sc_digest_bytes(const void *bytes, size_t length, char hex[SC_DIGEST_TEXT])
{
    struct sha256_ctx state;
    sha256_init(&state);
    sha256_update(&state, length, bytes);
    finish(&state, hex);
}

/* The text is cut at its gaps; what comes before the first of them is digested already. */
struct sc_stencil {
    struct sha256_ctx begun;
    struct sc_buffer text;
    struct gap gap[SC_STENCIL_GAPS_MAX]; /* in the order of the text */
    size_t count;
};

static int by_place(const void *left, const void *right)
{
    size_t a = ((const struct gap *)left)->begin, b = ((const struct gap *)right)->begin;
    return a < b ? -1 : a > b;
}

static bool write_stencil(struct sc_stencil *stencil, const json_t *document)
{
    if (!write_canonical(document, &stencil->text, stencil->gap, stencil->count)) return false;
    for (size_t i = 0; i < stencil->count; i++)
        if (!stencil->gap[i].end) return false;
    qsort(stencil->gap, stencil->count, sizeof *stencil->gap, by_place);
    size_t first = stencil->count ? stencil->gap[0].begin : stencil->text.length;
    sha256_init(&stencil->begun);
    sha256_update(&stencil->begun, first, (const uint8_t *)stencil->text.data);
    return true;
}

struct sc_stencil *sc_stencil_new(const json_t *document, const json_t *const *number, size_t count)
{
    struct sc_stencil *stencil = count <= SC_STENCIL_GAPS_MAX ? calloc(1, sizeof *stencil) : NULL;
    if (!stencil) return NULL;
    sc_buffer_init(&stencil->text, CANONICAL_MAX);
    stencil->count = count;
    for (size_t i = 0; i < count; i++) stencil->gap[i] = (struct gap){.number = number[i], .which = i};
    if (write_stencil(stencil, document)) return stencil;
    sc_stencil_free(stencil);
    return NULL;
}

void sc_stencil_free(struct sc_stencil *stencil)
{
    if (!stencil) return;
    sc_buffer_fini(&stencil->text);
    free(stencil);
}

size_t sc_stencil_weight(const struct sc_stencil *stencil)
{
    return stencil ? sizeof *stencil + stencil->text.capacity : 0;
}

void sc_stencil_digest(const struct sc_stencil *stencil, const double *value, char hex[SC_DIGEST_TEXT])
{
    struct sha256_ctx state = stencil->begun;
    for (size_t i = 0; i < stencil->count; i++) {
        const struct gap *gap = &stencil->gap[i];
        char number[SC_NUMBER_MAX];
        size_t length = sc_number_write(value[gap->which], number);
        size_t next = i + 1 < stencil->count ? gap[1].begin : stencil->text.length;
        sha256_update(&state, length, (const uint8_t *)number);
        sha256_update(&state, next - gap->end, (const uint8_t *)stencil->text.data + gap->end);
    }
    finish(&state, hex);
}

static bool same_numbers(const json_t *a, const json_t *b)
{
    if (json_is_integer(a) && json_is_integer(b)) return json_integer_value(a) == json_integer_value(b);
    return json_number_value(a) == json_number_value(b);
}

static bool same_objects(const json_t *a, const json_t *b)
{
    const char *key;
    json_t *value;
    if (json_object_size(a) != json_object_size(b)) return false;
    json_object_foreach (sc_json_unconst(a), key, value) {
        if (!sc_json_same(value, json_object_get(b, key))) return false;
    }
    return true;
}

static bool same_arrays(const json_t *a, const json_t *b)
{
    size_t count = json_array_size(a);
    if (json_array_size(b) != count) return false;
    for (size_t i = 0; i < count; i++)
        if (!sc_json_same(json_array_get(a, i), json_array_get(b, i))) return false;
    return true;
}

bool sc_json_same(const json_t *a, const json_t *b)
{
    if (a == b) return true;
    if (json_is_number(a) && json_is_number(b)) return same_numbers(a, b);
    if (!a || !b || json_typeof(a) != json_typeof(b)) return false;
    if (json_is_object(a)) return same_objects(a, b);
    if (json_is_array(a)) return same_arrays(a, b);
    return json_equal(a, b); /* texts, true, false, null: no recursion */
}
