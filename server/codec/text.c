#include "text.h"

#include <stdint.h>
#include <string.h>

enum { SUGGESTED_LENGTH_MAX = 64 };

/* Length of a sequence by its first byte; 0 where none begins. */
static size_t sequence_length(unsigned char first)
{
    if (first < 0x80) return 1;
    if (first < 0xc2) return 0;
    if (first < 0xe0) return 2;
    if (first < 0xf0) return 3;
    return first < 0xf5 ? 4 : 0;
}

/* Whether a character may take a sequence of length bytes. */
static bool is_well_encoded(uint32_t character, size_t length)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000};
    bool surrogate = character >= 0xd800 && character <= 0xdfff;
    return character >= smallest[length] && character <= 0x10ffff && !surrogate;
}

/* Length of the character at text and its number; 0 when it is not UTF-8. */
static size_t decode(const char *text, size_t left, uint32_t *character)
{
    size_t length = sequence_length((unsigned char)*text);
    if (length == 0 || length > left) return 0;
    *character = (unsigned char)*text & (length == 1 ? 0x7fu : 0xffu >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if (((unsigned char)text[i] & 0xc0) != 0x80) return 0;
        *character = *character << 6 | ((unsigned char)text[i] & 0x3fu);
    }
    return is_well_encoded(*character, length) ? length : 0;
}

bool sc_text_is_utf8(const char *text, size_t length)
{
    uint32_t character;
    for (size_t at = 0, step; at < length; at += step)
        if ((step = decode(text + at, length - at, &character)) == 0) return false;
    return true;
}

static bool is_control(uint32_t character)
{
    return character < 0x20 || (character >= 0x7f && character < 0xa0);
}

bool sc_text_is_utf8_printable(const char *text, size_t length, bool with_lines)
{
    uint32_t character;
    for (size_t at = 0, step; at < length; at += step) {
        if ((step = decode(text + at, length - at, &character)) == 0) return false;
        bool line = with_lines && (character == '\n' || character == '\t');
        if (is_control(character) && !line) return false;
    }
    return true;
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Optimal string alignment: Levenshtein's distance with swaps of neighbours, by rows of its table. */
static size_t distance(const char *a, size_t a_length, const char *b, size_t b_length)
{
    size_t rows[3][SUGGESTED_LENGTH_MAX + 1] = {{0}};
    for (size_t j = 0; j <= b_length; j++) rows[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *two_above = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            row[j] = least(least(above[j], row[j - 1]) + 1, above[j - 1] + (a[i - 1] != b[j - 1]));
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], two_above[j - 2] + 1);
        }
    }
    return rows[a_length % 3][b_length];
}

const char *sc_text_suggest(const char *word, const char *const *choices, size_t count)
{
    size_t length = strnlen(word, SUGGESTED_LENGTH_MAX + 1);
    if (length > SUGGESTED_LENGTH_MAX) return NULL;
    size_t best = length / 3 > 1 ? length / 3 + 1 : 2;
    const char *found = NULL;
    for (size_t i = 0; i < count; i++) {
        size_t choice_length = strnlen(choices[i], SUGGESTED_LENGTH_MAX + 1);
        if (choice_length > SUGGESTED_LENGTH_MAX) continue;
        size_t steps = distance(word, length, choices[i], choice_length);
        if (steps >= best) continue;
        best = steps;
        found = choices[i];
    }
    return found;
}
