/* Whether bytes are text. */
#ifndef SC_BASE_UTF8_H
#define SC_BASE_UTF8_H

#include <stdbool.h>
#include <stddef.h>

/* True when the bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
bool sc_utf8_is_valid(const char *text, size_t length);

/* The same, and free of control characters (C0, DEL, C1); with_lines lets newline and tab pass. */
bool sc_utf8_is_printable(const char *text, size_t length, bool with_lines);

#endif
