#include "text.h"

#include <string.h>

enum { SUGGESTED_LENGTH_MAX = 64 };

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
