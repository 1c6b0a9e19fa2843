/* Words of a request: what was probably meant. */
#ifndef SC_CODEC_TEXT_H
#define SC_CODEC_TEXT_H

#include <stdbool.h>
#include <stddef.h>

/* The choice that is the fewest insertions, deletions, replacements and swaps of neighbouring bytes away from
 * word, the first of equals; NULL when all are further than a third of the word's length (but one is always
 * allowed). Borrowed from choices. */
const char *sc_text_suggest(const char *word, const char *const *choices, size_t count);

#endif
