#include "writer.h"

#include "codec/number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* What a level awaits: the root its one value, then nothing; an array a value; an object a key, then its
 * value. */
enum {
    AWAITS_ROOT,
    AWAITS_NOTHING,
    AWAITS_FIRST_ITEM,
    AWAITS_ITEM,
    AWAITS_FIRST_KEY,
    AWAITS_KEY,
    AWAITS_MEMBER,
    STATES
};

void sc_json_writer_init(struct sc_json_writer *writer, struct sc_buffer *buffer)
{
    *writer = (struct sc_json_writer){.buffer = buffer};
}

bool sc_json_finish(const struct sc_json_writer *writer)
{
    return !writer->failed && writer->depth == 0 && writer->level[0] == AWAITS_NOTHING;
}

/* Room for length more bytes at the end of the buffer, which the caller fills and counts in; NULL where there
 * is none, or where nothing is to be written. */
static inline char *make_room(struct sc_json_writer *writer, size_t length)
{
    struct sc_buffer *buffer = writer->buffer;
    if (writer->muted) return NULL;
    if (!buffer->failed && length < buffer->capacity - buffer->length) return buffer->data + buffer->length;
    char *room = sc_buffer_reserve(buffer, length);
    if (!room) writer->failed = true;
    return room;
}

static void append(struct sc_json_writer *writer, const char *bytes, size_t length)
{
    char *room = make_room(writer, length);
    if (!room) return;
    memcpy(room, bytes, length);
    writer->buffer->length += length;
}

static inline void append_character(struct sc_json_writer *writer, char c)
{
    char *room = make_room(writer, 1);
    if (!room) return;
    *room = c;
    writer->buffer->length++;
}

/* Makes place for one more value: the comma before it, and what the level awaits after it. */
static bool begin_value(struct sc_json_writer *writer)
{
    static const unsigned char next[STATES] = {[AWAITS_ROOT] = AWAITS_NOTHING,
                                               [AWAITS_FIRST_ITEM] = AWAITS_ITEM,
                                               [AWAITS_ITEM] = AWAITS_ITEM,
                                               [AWAITS_MEMBER] = AWAITS_KEY};
    unsigned char *level = &writer->level[writer->depth];
    if (!next[*level]) writer->failed = true;
    if (writer->failed) return false;
    if (*level == AWAITS_ITEM) append_character(writer, ',');
    *level = next[*level];
    return !writer->failed;
}

static void put_value(struct sc_json_writer *writer, const char *bytes, size_t length)
{
    if (begin_value(writer)) append(writer, bytes, length);
}

static void open_level(struct sc_json_writer *writer, char bracket, unsigned char awaits)
{
    if (writer->depth == SC_JSON_DEPTH_MAX) writer->failed = true;
    if (writer->failed) return;
    if (begin_value(writer)) append_character(writer, bracket);
    writer->level[++writer->depth] = awaits;
}

static void close_level(struct sc_json_writer *writer, char bracket, unsigned char empty)
{
    unsigned char awaits = writer->level[writer->depth];
    if (awaits != empty && awaits != empty + 1) writer->failed = true;
    if (writer->failed) return;
    writer->depth--;
    if (writer->depth == 0) writer->muted = false;
    append_character(writer, bracket);
}

void sc_json_object_begin(struct sc_json_writer *writer)
{
    open_level(writer, '{', AWAITS_FIRST_KEY);
}

void sc_json_object_end(struct sc_json_writer *writer)
{
    close_level(writer, '}', AWAITS_FIRST_KEY);
}

void sc_json_array_begin(struct sc_json_writer *writer)
{
    open_level(writer, '[', AWAITS_FIRST_ITEM);
}

void sc_json_array_end(struct sc_json_writer *writer)
{
    close_level(writer, ']', AWAITS_FIRST_ITEM);
}

static bool needs_escape(char c)
{
    return (unsigned char)c < 0x20 || c == '"' || c == '\\';
}

static void put_escape(struct sc_json_writer *writer, char c)
{
    static const char plain[] = "\"\\\b\t\n\f\r", letters[] = "\"\\btnfr";
    const char *found = c ? strchr(plain, c) : NULL;
    char escape[sizeof "\\u0000"];
    int length = found ? snprintf(escape, sizeof escape, "\\%c", letters[found - plain])
                       : snprintf(escape, sizeof escape, "\\u%04x", (unsigned)(unsigned char)c);
    append(writer, escape, (size_t)length);
}

/* Does any byte of a word not stand for itself? One that is below 0x20, or is the quote or the backslash, has
 * its highest bit survive (A. Mycroft's test for a zero byte, for each). */
static inline uint64_t escapes_in(uint64_t word)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones * 0x80;
    uint64_t quote = word ^ ones * '"', slash = word ^ ones * '\\';
    return (((word - ones * 0x20) & ~word) | ((quote - ones) & ~quote) | ((slash - ones) & ~slash)) & high;
}

static inline uint64_t copy_word(char *to, const char *from)
{
    uint64_t word;
    memcpy(&word, from, sizeof word);
    memcpy(to, &word, sizeof word);
    return escapes_in(word);
}

/* Two halves, which may be the same bytes in part. */
static inline uint64_t copy_halves(char *to, const char *from, size_t length)
{
    uint32_t first, last;
    memcpy(&first, from, sizeof first);
    memcpy(&last, from + length - sizeof last, sizeof last);
    memcpy(to, &first, sizeof first);
    memcpy(to + length - sizeof last, &last, sizeof last);
    return escapes_in((uint64_t)last << 32 | first);
}

/* Copies a text; true where all of it stands for itself. Eight bytes at a time, the last of them once more
 * with those before. */
static inline bool copy_plain(char *to, const char *from, size_t length)
{
    uint64_t found = 0;
    if (length >= sizeof found) {
        size_t last = length - sizeof found;
        for (size_t at = 0; at < last; at += sizeof found) found |= copy_word(to + at, from + at);
        return !(found | copy_word(to + last, from + last));
    }
    if (length >= sizeof(uint32_t)) return !copy_halves(to, from, length);
    for (size_t at = 0; at < length; at++) {
        to[at] = from[at];
        found |= needs_escape(from[at]);
    }
    return !found;
}

static void put_escaped(struct sc_json_writer *writer, const char *text, size_t length)
{
    append_character(writer, '"');
    while (length > 0) {
        size_t plain = 0;
        while (plain < length && !needs_escape(text[plain])) plain++;
        append(writer, text, plain);
        if (plain < length) put_escape(writer, text[plain++]);
        text += plain;
        length -= plain;
    }
    append_character(writer, '"');
}

/* A text in its quotes, between what comes before it and after: a character each, or 0 for nothing. */
static void put_quoted(struct sc_json_writer *writer, char before, const char *text, size_t length,
                       char after)
{
    size_t around = 2 + (before ? 1U : 0U) + (after ? 1U : 0U);
    char *room = make_room(writer, length + around), *at = room;
    if (!room) return;
    if (before) *at++ = before;
    *at++ = '"';
    if (copy_plain(at, text, length)) {
        at[length] = '"';
        if (after) at[length + 1] = after;
        writer->buffer->length += length + around;
        return;
    }
    if (before) append_character(writer, before);
    put_escaped(writer, text, length);
    if (after) append_character(writer, after);
}

/* A member of the outermost object: is it wanted? And is there one before it? */
static bool choose_member(struct sc_json_writer *writer, const char *key)
{
    struct sc_json_filter *filter = writer->filter;
    bool follows = filter->any;
    writer->muted = true;
    if (filter->known_count < SC_JSON_FILTER_MAX) filter->known[filter->known_count++] = key;
    for (size_t i = 0; i < filter->count; i++) {
        if (strcmp(filter->name[i], key) != 0) continue;
        filter->met |= UINT64_C(1) << i;
        writer->muted = false;
        filter->any = true;
    }
    return follows;
}

static void put_key(struct sc_json_writer *writer, const char *key, size_t length)
{
    unsigned char *level = &writer->level[writer->depth];
    if (*level != AWAITS_FIRST_KEY && *level != AWAITS_KEY) writer->failed = true;
    if (writer->failed) return;
    bool follows = *level == AWAITS_KEY;
    if (writer->filter && writer->depth == 1) follows = choose_member(writer, key);
    put_quoted(writer, follows ? ',' : '\0', key, length, ':');
    *level = AWAITS_MEMBER;
}

void sc_json_key(struct sc_json_writer *writer, const char *key)
{
    put_key(writer, key, strlen(key));
}

void sc_json_text_bytes(struct sc_json_writer *writer, const char *text, size_t length)
{
    if (begin_value(writer)) put_quoted(writer, '\0', text, length, '\0');
}

void sc_json_text(struct sc_json_writer *writer, const char *text)
{
    if (text)
        sc_json_text_bytes(writer, text, strlen(text));
    else
        sc_json_null(writer);
}

void sc_json_number(struct sc_json_writer *writer, double value)
{
    if (!begin_value(writer)) return;
    char *room = make_room(writer, SC_NUMBER_MAX + sizeof ".0");
    if (!room) return;
    size_t length = sc_number_write(value, room);
    /* A whole number beyond 64 bits says that it is a real: jansson reads no such integer. */
    if (length && fabs(value) >= 0x1p63 && !memchr(room, 'e', length)) {
        memcpy(room + length, ".0", sizeof ".0");
        length += 2;
    }
    if (length) {
        writer->buffer->length += length;
    } else {
        append(writer, "null", 4);
        writer->failed = true;
    }
}

void sc_json_integer(struct sc_json_writer *writer, int64_t value)
{
    char text[SC_NUMBER_MAX];
    put_value(writer, text, sc_integer_write(value, text));
}

void sc_json_boolean(struct sc_json_writer *writer, bool value)
{
    put_value(writer, value ? "true" : "false", value ? 4 : 5);
}

void sc_json_null(struct sc_json_writer *writer)
{
    put_value(writer, "null", 4);
}

void sc_json_raw(struct sc_json_writer *writer, const char *json, size_t length)
{
    put_value(writer, json, length);
}

static void put_object(struct sc_json_writer *writer, const json_t *object)
{
    sc_json_object_begin(writer);
    json_t *source = sc_json_unconst(object);
    for (void *at = json_object_iter(source); at && !writer->failed; at = json_object_iter_next(source, at)) {
        put_key(writer, json_object_iter_key(at), json_object_iter_key_len(at));
        sc_json_value(writer, json_object_iter_value(at));
    }
    sc_json_object_end(writer);
}

static void put_array(struct sc_json_writer *writer, const json_t *array)
{
    sc_json_array_begin(writer);
    size_t count = json_array_size(array);
    for (size_t i = 0; i < count && !writer->failed; i++) sc_json_value(writer, json_array_get(array, i));
    sc_json_array_end(writer);
}

static void put_scalar(struct sc_json_writer *writer, const json_t *value)
{
    if (json_is_string(value))
        sc_json_text_bytes(writer, json_string_value(value), json_string_length(value));
    else if (json_is_integer(value))
        sc_json_integer(writer, json_integer_value(value));
    else if (json_is_real(value))
        sc_json_number(writer, json_real_value(value));
    else if (json_is_boolean(value))
        sc_json_boolean(writer, json_is_true(value));
    else if (json_is_null(value))
        sc_json_null(writer);
    else
        writer->failed = true;
}

/* Recursion ends at SC_JSON_DEPTH_MAX, where opening a level fails the writer. */
void sc_json_value(struct sc_json_writer *writer, const json_t *value)
{
    if (json_is_object(value))
        put_object(writer, value);
    else if (json_is_array(value))
        put_array(writer, value);
    else
        put_scalar(writer, value);
}

void sc_json_numbers(struct sc_json_writer *writer, const double *values, size_t count)
{
    sc_json_array_begin(writer);
    for (size_t i = 0; i < count; i++) sc_json_number(writer, values[i]);
    sc_json_array_end(writer);
}

void sc_json_member_text(struct sc_json_writer *writer, const char *key, const char *text)
{
    sc_json_key(writer, key);
    sc_json_text(writer, text);
}

void sc_json_member_number(struct sc_json_writer *writer, const char *key, double value)
{
    sc_json_key(writer, key);
    sc_json_number(writer, value);
}

void sc_json_member_figure(struct sc_json_writer *writer, const char *key, double value)
{
    if (isfinite(value))
        sc_json_member_number(writer, key, value);
    else
        sc_json_member_null(writer, key);
}

void sc_json_member_integer(struct sc_json_writer *writer, const char *key, int64_t value)
{
    sc_json_key(writer, key);
    sc_json_integer(writer, value);
}

void sc_json_member_boolean(struct sc_json_writer *writer, const char *key, bool value)
{
    sc_json_key(writer, key);
    sc_json_boolean(writer, value);
}

void sc_json_member_null(struct sc_json_writer *writer, const char *key)
{
    sc_json_key(writer, key);
    sc_json_null(writer);
}

void sc_json_member_raw(struct sc_json_writer *writer, const char *key, const char *json, size_t length)
{
    sc_json_key(writer, key);
    sc_json_raw(writer, json, length);
}

void sc_json_member_value(struct sc_json_writer *writer, const char *key, const json_t *value)
{
    sc_json_key(writer, key);
    sc_json_value(writer, value);
}

void sc_json_member_object_begin(struct sc_json_writer *writer, const char *key)
{
    sc_json_key(writer, key);
    sc_json_object_begin(writer);
}

void sc_json_member_array_begin(struct sc_json_writer *writer, const char *key)
{
    sc_json_key(writer, key);
    sc_json_array_begin(writer);
}

void sc_json_member_numbers(struct sc_json_writer *writer, const char *key, const double *values,
                            size_t count)
{
    sc_json_key(writer, key);
    sc_json_numbers(writer, values, count);
}
