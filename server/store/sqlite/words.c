#include "internal.h"

#include "base/arena.h"

#include <string.h>

/* Letters of two bytes whose lower case is delta away; every step-th of a range is an upper one. Letters of
 * three and more bytes stay as they are. */
static const struct {
    unsigned first, last;
    unsigned step;
    int delta;
} UPPER[] = {
    {0x00c0, 0x00d6, 1, 32}, {0x00d8, 0x00de, 1, 32}, {0x0100, 0x012e, 2, 1},    {0x0132, 0x0136, 2, 1},
    {0x0139, 0x0147, 2, 1},  {0x014a, 0x0176, 2, 1},  {0x0178, 0x0178, 1, -121}, {0x0179, 0x017d, 2, 1},
    {0x0386, 0x0386, 1, 38}, {0x0388, 0x038a, 1, 37}, {0x038c, 0x038c, 1, 64},   {0x038e, 0x038f, 1, 63},
    {0x0391, 0x03a1, 1, 32}, {0x03a3, 0x03ab, 1, 32}, {0x03c2, 0x03c2, 1, 1},    {0x0400, 0x040f, 1, 80},
    {0x0410, 0x042f, 1, 32},
};

static unsigned fold_letter(unsigned letter)
{
    for (size_t i = 0; i < sizeof UPPER / sizeof *UPPER; i++)
        if (letter >= UPPER[i].first && letter <= UPPER[i].last)
            return (letter - UPPER[i].first) % UPPER[i].step ? letter
                                                             : (unsigned)((int)letter + UPPER[i].delta);
    return letter;
}

void sc_fold_case(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        if (*c >= 'A' && *c <= 'Z') *c = (unsigned char)(*c + 32);
        if ((*c & 0xe0) != 0xc0 || (c[1] & 0xc0) != 0x80) continue;
        unsigned letter = fold_letter((*c & 0x1fu) << 6 | (c[1] & 0x3fu));
        c[0] = (unsigned char)(0xc0 | letter >> 6);
        c[1] = (unsigned char)(0x80 | (letter & 0x3f));
        c++;
    }
}

/* What stands between words: every byte of ASCII but letters and digits. What else does is known to the index
 * itself, which takes the parts of such a word for neighbours. */
static bool separates(char c)
{
    bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    return !letter && !(c >= '0' && c <= '9') && (unsigned char)c < 0x80;
}

/* Each word as "word"*: in quotes nothing has a meaning to the index, and no word holds a quote. */
static size_t put_words(char *out, const char *text)
{
    char *end = out;
    for (size_t words = 0; words < SC_WORDS_MAX; words++) {
        while (*text && separates(*text)) text++;
        size_t length = 0;
        while (text[length] && !separates(text[length])) length++;
        if (!length) break;
        *end++ = '"';
        memcpy(end, text, length);
        end += length;
        memcpy(end, "\"* ", 3);
        end += 3;
        text += length;
    }
    return (size_t)(end - out);
}

/* "U+E000, kind, value in hexadecimal": see schema/sql/0002_search.sql. */
static size_t put_label(char *out, char kind, const char *value)
{
    static const char digits[] = "0123456789abcdef";
    char *end = out;
    memcpy(end, "\"\xee\x80\x80", 4);
    end += 4;
    *end++ = kind;
    for (const unsigned char *c = (const unsigned char *)value; *c; c++) {
        *end++ = digits[*c >> 4];
        *end++ = digits[*c & 15];
    }
    memcpy(end, "\" ", 2);
    return (size_t)(end + 2 - out);
}

enum sc_store_status sc_words_match(const struct sc_filter *filter, const char *company_key,
                                    struct sc_arena *arena, const char **match)
{
    *match = NULL;
    if (!filter->text) return SC_STORE_OK;
    /* A word of one byte and the blank before it become five; a byte of a label becomes two. */
    size_t size = 5 * strlen(filter->text) + 2 * (company_key ? strlen(company_key) : 0) +
                  2 * (filter->tag ? strlen(filter->tag) : 0) + 64;
    char *text = sc_arena_alloc(arena, size);
    if (!text) return SC_STORE_BUSY;
    size_t length = put_words(text, filter->text);
    if (!length) return SC_STORE_OK;
    length += put_label(text + length, SC_STATE_LETTERS[sc_state(filter->type, filter->deleted)], "");
    if (company_key) length += put_label(text + length, 'c', company_key);
    if (filter->tag) length += put_label(text + length, 't', filter->tag);
    text[length] = '\0';
    *match = text;
    return SC_STORE_OK;
}
