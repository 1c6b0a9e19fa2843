/* RFC 6901: pointers into JSON documents, to read, to change and to build them. */
#ifndef SC_CODEC_POINTER_H
#define SC_CODEC_POINTER_H

#include "secondchair/fault.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum sc_pointer_status {
    SC_POINTER_OK,
    SC_POINTER_MALFORMED,     /* not empty and without a leading '/', a '~' without 0 or 1, not UTF-8 */
    SC_POINTER_TOO_LONG,      /* SC_POINTER_MAX bytes or more */
    SC_POINTER_NOT_FOUND,     /* no such member or element */
    SC_POINTER_BAD_INDEX,     /* an array's segment is not 0, 1, 2, … (or "-" where that is allowed) */
    SC_POINTER_NOT_CONTAINER, /* a segment goes on below a text, a number, … */
    SC_POINTER_IS_ROOT,       /* "" where only a part of the document can be meant */
    SC_POINTER_NO_MEMORY,
    SC_POINTER_STATUSES
};

/* What a status means, for people: a sentence's end, "names no member or element". */
const char *sc_pointer_status_text(enum sc_pointer_status status);

/* OK, MALFORMED or TOO_LONG. */
enum sc_pointer_status sc_pointer_check(const char *pointer) __attribute__((warn_unused_result));

/* The segments of a pointer, one after the other, decoded:
 *     for (sc_pointer_walk_init(&walk, pointer); sc_pointer_next(&walk);) use(walk.segment); */
struct sc_pointer_walk {
    const char *rest;
    char segment[SC_POINTER_MAX];
};

/* Borrows pointer, which passed sc_pointer_check. */
void sc_pointer_walk_init(struct sc_pointer_walk *walk, const char *pointer);

/* False when there is no further segment; segment is then as it was. */
bool sc_pointer_next(struct sc_pointer_walk *walk);

/* Number of segments. */
size_t sc_pointer_depth(const char *pointer);

/* Whether a pointer is the other one, or below it. */
bool sc_pointer_is_within(const char *pointer, const char *above);

/* Reads a segment as an array index: digits without leading zeros. */
bool sc_pointer_index(const char *segment, size_t *index) __attribute__((warn_unused_result));

/* The value at pointer, borrowed; NULL when it is malformed or there is none. */
json_t *sc_pointer_get(json_t *root, const char *pointer);

/* The same, with the reason when there is none. */
enum sc_pointer_status sc_pointer_find(json_t *root, const char *pointer, json_t **value)
    __attribute__((warn_unused_result));

/* The container (borrowed; it need not be one) that the last segment is to be looked up in, and that segment.
 */
enum sc_pointer_status sc_pointer_parent(json_t *root, const char *pointer, json_t **parent,
                                         char last[SC_POINTER_MAX]) __attribute__((warn_unused_result));

/* Puts value at pointer: replaces an element or member, adds a member that is not there, appends to an array
 * with
 * "-". All but the last segment must exist. Steals value, on failure too. */
enum sc_pointer_status sc_pointer_set(json_t *root, const char *pointer, json_t *value)
    __attribute__((warn_unused_result));

/* Takes the value at pointer out; array elements behind it move up. */
enum sc_pointer_status sc_pointer_remove(json_t *root, const char *pointer)
    __attribute__((warn_unused_result));

/* Writes base with one more segment, escaped, to out (which may be base itself). False when it did not fit:
 * out then ends with "…" and is good for showing only. */
bool sc_pointer_append_key(char out[SC_POINTER_MAX], const char *base, const char *key);
bool sc_pointer_append_index(char out[SC_POINTER_MAX], const char *base, size_t index);

#endif
