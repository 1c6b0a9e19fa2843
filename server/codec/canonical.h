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

/* Equality of JSON values: numbers by value (1 is 1.0, 0 is -0), objects without regard to order. NULL is the
 * same as NULL only. */
bool sc_json_same(const json_t *a, const json_t *b);

#endif
