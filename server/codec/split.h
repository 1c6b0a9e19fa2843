/* Taking a long list apart without reading it: where each element of an array, or each line, stands in the
 * text. What an element says is for whoever parses it, one at a time; so ten thousand cost no more memory
 * than one. */
#ifndef SC_CODEC_SPLIT_H
#define SC_CODEC_SPLIT_H

#include "budget.h"

#include <stdbool.h>
#include <stddef.h>

struct sc_arena;

/* Not terminated. */
struct sc_span {
    const char *text;
    size_t length;
};

struct sc_spans {
    struct sc_span *item;
    size_t count; /* of all; no more than the limit of them have an item */
};

/* The lines that are not blank, without their ends. False: the arena is exhausted. */
bool sc_split_lines(const char *text, size_t length, size_t limit, struct sc_arena *arena,
                    struct sc_spans *lines) __attribute__((warn_unused_result));

/* The elements of the array that is a member of the outermost object. envelope is the rest of the object, new
 * reference: the member is an empty array in it, or, where it is none, as it stands. The envelope must keep
 * limits. NULL with error, whose places are those of the text, where the outline is not JSON (brackets,
 * commas between elements) or the envelope cannot be parsed; elements are not looked into. */
json_t *sc_split_member(const char *text, size_t length, const char *member, size_t limit,
                        const struct sc_json_limits *limits, struct sc_arena *arena,
                        struct sc_spans *elements, struct sc_json_error *error)
    __attribute__((warn_unused_result));

#endif
