#include "utf8.h"

#include <stdint.h>

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

bool sc_utf8_is_valid(const char *text, size_t length)
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

bool sc_utf8_is_printable(const char *text, size_t length, bool with_lines)
{
    uint32_t character;
    for (size_t at = 0, step; at < length; at += step) {
        if ((step = decode(text + at, length - at, &character)) == 0) return false;
        bool line = with_lines && (character == '\n' || character == '\t');
        if (is_control(character) && !line) return false;
    }
    return true;
}
