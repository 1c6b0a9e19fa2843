/* Writes JSON text piece by piece into a bounded buffer: commas, escapes and the shortest numbers are its
 * business. Output is compact. */
#ifndef SC_CODEC_WRITER_H
#define SC_CODEC_WRITER_H

#include "base/buffer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SC_JSON_DEPTH_MAX = 32 }; /* of nesting, in and out: what recursion over documents may cost */

/* jansson's iterators and lookups take values that are not const though they change nothing; this is for
 * them. */
static inline json_t *sc_json_unconst(const json_t *value)
{
    return (json_t *)(uintptr_t)value;
}

/* Which members of the outermost object are written: those of count names. The others are passed over, their
 * values unseen. */
enum { SC_JSON_FILTER_MAX = 64 };
struct sc_json_filter {
    const char *const *name; /* at most SC_JSON_FILTER_MAX */
    size_t count;
    uint64_t met;                          /* the writer's: which of them there were, a bit each */
    const char *known[SC_JSON_FILTER_MAX]; /* the first so many names that there were; borrowed from the
                                              writer's caller */
    size_t known_count;
    bool any; /* a member was written */
};

/* Failure is sticky: a full buffer, nesting beyond SC_JSON_DEPTH_MAX, a number that is not finite, or calls
 * that do not make JSON (a value without its key, an end without its begin). Ask sc_json_finish once, at the
 * end. */
struct sc_json_writer {
    struct sc_buffer *buffer;
    struct sc_json_filter *filter; /* NULL: all is written; set before anything is */
    size_t depth;
    bool failed;
    bool muted;                                 /* within a member that is passed over */
    unsigned char level[SC_JSON_DEPTH_MAX + 1]; /* what may come next, for every open level */
};

/* Borrows buffer, appends to what it holds. */
void sc_json_writer_init(struct sc_json_writer *writer, struct sc_buffer *buffer);

/* True when one whole value has been written and nothing failed. */
bool sc_json_finish(const struct sc_json_writer *writer) __attribute__((warn_unused_result));

void sc_json_object_begin(struct sc_json_writer *writer);
void sc_json_object_end(struct sc_json_writer *writer);
void sc_json_array_begin(struct sc_json_writer *writer);
void sc_json_array_end(struct sc_json_writer *writer);

/* The name of the next member; UTF-8. */
void sc_json_key(struct sc_json_writer *writer, const char *key);

/* Text is UTF-8 (not checked); NULL is written as null. */
void sc_json_text(struct sc_json_writer *writer, const char *text);
void sc_json_text_bytes(struct sc_json_writer *writer, const char *text, size_t length);

/* NaN and the infinities are written as null and fail the writer. */
void sc_json_number(struct sc_json_writer *writer, double value);
void sc_json_integer(struct sc_json_writer *writer, int64_t value);
void sc_json_boolean(struct sc_json_writer *writer, bool value);
void sc_json_null(struct sc_json_writer *writer);

/* One value that is JSON text already (not checked). */
void sc_json_raw(struct sc_json_writer *writer, const char *json, size_t length);

/* A jansson value: integers as integers, reals as our numbers, members in the order they were inserted. NULL
 * fails the writer. */
void sc_json_value(struct sc_json_writer *writer, const json_t *value);

/* Key and value at once; the _begin ones are closed with sc_json_object_end and sc_json_array_end. */
void sc_json_member_text(struct sc_json_writer *writer, const char *key, const char *text);
void sc_json_member_number(struct sc_json_writer *writer, const char *key, double value);
/* null where the value is not finite: for a figure that may be undefined. */
void sc_json_member_figure(struct sc_json_writer *writer, const char *key, double value);
void sc_json_member_integer(struct sc_json_writer *writer, const char *key, int64_t value);
void sc_json_member_boolean(struct sc_json_writer *writer, const char *key, bool value);
void sc_json_member_null(struct sc_json_writer *writer, const char *key);
void sc_json_member_raw(struct sc_json_writer *writer, const char *key, const char *json, size_t length);
void sc_json_member_value(struct sc_json_writer *writer, const char *key, const json_t *value);
void sc_json_member_object_begin(struct sc_json_writer *writer, const char *key);
void sc_json_member_array_begin(struct sc_json_writer *writer, const char *key);

/* A whole array of numbers. */
void sc_json_numbers(struct sc_json_writer *writer, const double *values, size_t count);
void sc_json_member_numbers(struct sc_json_writer *writer, const char *key, const double *values,
                            size_t count);

#endif
