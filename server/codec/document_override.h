/* Finding what a pointer may move in a document: the table says what is a driver, the document what is there.
 */
#ifndef SC_CODEC_DOCUMENT_OVERRIDE_H
#define SC_CODEC_DOCUMENT_OVERRIDE_H

#include "document_reading.h"

enum { SC_OVERRIDES_MAX = 256 };

/* Whether a field holds numbers that may be moved: a number that is not fixed, a path, points. */
bool sc_field_is_driver(const struct sc_field *field);

/* What an override changes: a member of an object (name), or an element of an array. */
struct sc_target {
    const struct sc_field *field; /* its kind says what the value may be */
    json_t *parent;
    const char *name; /* NULL for an element */
    size_t index;
};

/* Finds what the pointer (well-formed) moves in the document; absent objects on the way are put in where
 * nothing else need be in them. False, and a fault at the place, when it moves nothing. */
bool sc_target_find(struct sc_reading *reading, const struct sc_place *at, json_t *document,
                    const char *pointer, struct sc_target *target);

#endif
