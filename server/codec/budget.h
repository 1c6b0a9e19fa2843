/* JSON text becomes a document only within a budget: tokens and nesting are counted over the raw bytes before
 * jansson allocates anything, and whatever is wrong is named by line, column and pointer. */
#ifndef SC_CODEC_BUDGET_H
#define SC_CODEC_BUDGET_H

#include "secondchair/fault.h"

#include <jansson.h>
#include <stddef.h>

struct sc_json_limits {
    size_t max_tokens; /* keys and values; jansson takes up to 350 bytes for one */
    size_t max_depth;  /* of nested objects and arrays; never more than SC_JSON_DEPTH_MAX */
};

enum sc_json_error_kind {
    SC_JSON_FINE,
    SC_JSON_SYNTAX, /* bad UTF-8, NUL and a byte order mark too */
    SC_JSON_DUPLICATE_KEY,
    SC_JSON_TOO_DEEP,
    SC_JSON_TOO_MANY_TOKENS,
    SC_JSON_TOO_BIG_NUMBER, /* beyond a double, or a whole number beyond 64 bits */
    SC_JSON_NO_MEMORY
};

/* Where reading stopped: position counts the bytes read until then, line counts from 1, column the characters
 * read of that line. pointer names the member or element being read; it is the duplicate member for a
 * duplicate key. */
struct sc_json_error {
    enum sc_json_error_kind kind;
    size_t position, line, column;
    char detail[256];
    char pointer[SC_POINTER_MAX];
};

/* FINE, or which limit is exceeded first and, in *position, at which byte. Looks no further. */
enum sc_json_error_kind sc_json_budget(const char *bytes, size_t length, const struct sc_json_limits *limits,
                                       size_t *position) __attribute__((warn_unused_result));

/* Fills where reading stopped, from the text and how many of its bytes were read. */
void sc_json_error_place(struct sc_json_error *error, const char *bytes, size_t position);

/* The document, which the caller decrefs; NULL with error filled. Any value may stand at the root. */
json_t *sc_json_parse(const char *bytes, size_t length, const struct sc_json_limits *limits,
                      struct sc_json_error *error) __attribute__((warn_unused_result));

#endif
