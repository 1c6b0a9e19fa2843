#include "canonical.h"

#include "codec/number.h"
#include "codec/writer.h"

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

static void put(struct sc_json_writer *writer, const json_t *value);

static void put_object(struct sc_json_writer *writer, const json_t *object)
{
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
        put(writer, members[i].value);
    }
    sc_json_object_end(writer);
    free(members);
}

static void put_array(struct sc_json_writer *writer, const json_t *array)
{
    sc_json_array_begin(writer);
    size_t count = json_array_size(array);
    for (size_t i = 0; i < count && !writer->failed; i++) put(writer, json_array_get(array, i));
    sc_json_array_end(writer);
}

/* As ECMAScript writes it, which sc_json_number does not do for a whole number beyond 64 bits. */
static void put_number(struct sc_json_writer *writer, double value)
{
    char text[SC_NUMBER_MAX];
    sc_json_raw(writer, text, sc_number_write(value, text));
}

/* Recursion ends where the writer fails, at SC_JSON_DEPTH_MAX. */
static void put(struct sc_json_writer *writer, const json_t *value)
{
    if (json_is_object(value))
        put_object(writer, value);
    else if (json_is_array(value))
        put_array(writer, value);
    else if (json_is_number(value))
        put_number(writer, json_number_value(value));
    else
        sc_json_value(writer, value);
}

bool sc_json_canonical(const json_t *value, struct sc_buffer *out)
{
    struct sc_json_writer writer;
    sc_json_writer_init(&writer, out);
    put(&writer, value);
    return sc_json_finish(&writer);
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

void sc_digest_bytes(const void *bytes, size_t length, char hex[SC_DIGEST_TEXT])
{
    unsigned char digest[crypto_hash_sha256_BYTES];
    crypto_hash_sha256(digest, bytes, length);
    sodium_bin2hex(hex, SC_DIGEST_TEXT, digest, sizeof digest);
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
