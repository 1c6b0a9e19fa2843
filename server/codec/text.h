/* Words of a request: whether they may be shown, and what was probably meant. */
#ifndef SC_CODEC_TEXT_H
#define SC_CODEC_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* True when the bytes are UTF-8 (RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF). */
bool sc_text_is_utf8(const char *text, size_t length);

/* The same, and free of control characters (C0, DEL, C1); with_lines lets newline and tab pass. */
bool sc_text_is_utf8_printable(const char *text, size_t length, bool with_lines);

/* The choice that is the fewest insertions, deletions, replacements and swaps of neighbouring bytes away from
 * word, the first of equals; NULL when all are further than a third of the word's length (but one is always
 * allowed). Borrowed from choices. */
const char *sc_text_suggest(const char *word, const char *const *choices, size_t count);

#endif
