/* One text for one document: the canonical form of RFC 8785, digests of it, and sameness of values. */
#ifndef SC_CODEC_CANONICAL_H
#define SC_CODEC_CANONICAL_H

#include "base/buffer.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>

enum { SC_DIGEST_TEXT = 65 }; /* SHA-256 in lower-case hexadecimal, terminated */

/* Appends value's canonical text: members sorted by UTF-16 code units, numbers as ECMAScript writes them,
 * integers beyond 2^53 as the nearest double. False when the buffer is full, memory is short or nesting
 * exceeds SC_JSON_DEPTH_MAX. */
bool sc_json_canonical(const json_t *value, struct sc_buffer *out) __attribute__((warn_unused_result));

/* SHA-256 of the canonical text; false as above. */
bool sc_json_digest(const json_t *value, char hex[SC_DIGEST_TEXT]) __attribute__((warn_unused_result));

/* SHA-256 of bytes. */
void sc_digest_bytes(const void *bytes, size_t length, char hex[SC_DIGEST_TEXT]);

/* The canonical text of a document with some of its numbers left open: for the digests of many documents that
 * differ in those alone. NULL when memory is short or the document does not hold one of the numbers, each a
 * value of its own. */
enum { SC_STENCIL_GAPS_MAX = 8 };
struct sc_stencil;
struct sc_stencil *sc_stencil_new(const json_t *document, const json_t *const *number, size_t count)
    __attribute__((warn_unused_result));
void sc_stencil_free(struct sc_stencil *stencil);

/* How many bytes of memory it takes; NULL takes none. */
size_t sc_stencil_weight(const struct sc_stencil *stencil);

/* The digest of the document with these finite values for the numbers, in the same order. */
void sc_stencil_digest(const struct sc_stencil *stencil, const double *value, char hex[SC_DIGEST_TEXT]);

/* Equality of JSON values: numbers by value (1 is 1.0, 0 is -0), objects without regard to order. NULL is the
 * same as NULL only. */
bool sc_json_same(const json_t *a, const json_t *b);

#endif
