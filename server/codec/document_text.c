#include "document_reading.h"

#include "base/utf8.h"
#include "codec/pointer.h"
#include "codec/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* True when all bytes are printable ASCII, eight at a time: most texts are, and then bytes are characters. */
static bool is_plain(const char *text, size_t length)
{
    const uint64_t each = 0x0101010101010101u, high = 0x80 * each;
    uint64_t bad = 0, word;
    size_t at = 0;
    for (; at + sizeof word <= length; at += sizeof word) {
        memcpy(&word, text + at, sizeof word);
        bad |= word | (word - 0x20 * each) | (word + each);
    }
    word = 0x20 * each;
    memcpy(&word, text + at, length - at);
    bad |= word | (word - 0x20 * each) | (word + each);
    return !(bad & high);
}

/* Of UTF-8 text. */
static size_t count_characters(const char *text, size_t length)
{
    size_t count = 0;
    for (size_t i = 0; i < length; i++) count += ((unsigned char)text[i] & 0xc0) != 0x80;
    return count;
}

/* The text, or NULL and a fault. */
static const char *take_text(struct sc_reading *reading, const struct sc_place *at, const char *wanted,
                             const json_t *value)
{
    const char *text = json_string_value(value);
    if (!text) sc_blame_type(reading, at, wanted, value);
    return text;
}

void sc_read_text(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    const struct sc_field *field = at->field;
    const char *text = take_text(reading, at, "a text", value);
    if (!text) return;
    size_t length = json_string_length(value), count = length;
    if (!is_plain(text, length)) {
        bool long_text = field->high > SC_LINE_MAX;
        count = count_characters(text, length);
        if (!sc_utf8_is_printable(text, length, long_text))
            sc_blame(reading, SC_FAULT_bad_text, at, "must not hold control characters%s",
                     long_text ? " other than line breaks and tabs" : "");
    }
    if (count < (size_t)field->low || count > (size_t)field->high)
        sc_blame_length(reading, at, (size_t)field->low, (size_t)field->high, count, "characters");
    if (into) memcpy(into, &text, sizeof text);
}

char *sc_list_words(const char *const *words, char out[SC_LIST_SHOWN])
{
    size_t length = 0;
    out[0] = '\0';
    for (; *words && length < SC_LIST_SHOWN; words++)
        if (**words)
            length +=
                (size_t)snprintf(out + length, SC_LIST_SHOWN - length, "%s`%s`", length ? ", " : "", *words);
    return out;
}

static void blame_choice(struct sc_reading *reading, const struct sc_place *at, const char *text)
{
    char quoted[SC_QUOTED_MAX], list[SC_LIST_SHOWN];
    size_t count = 0;
    while (at->field->choice[count]) count++;
    const char *meant = sc_text_suggest(text, at->field->choice, count);
    bool suggest = meant && *meant;
    sc_list_words(at->field->choice, list);
    sc_blame(reading, SC_FAULT_bad_choice, at, "must be one of %s, not `%s`%s%s%s", list,
             sc_quote(text, quoted), suggest ? "; did you mean `" : "", suggest ? meant : "",
             suggest ? "`?" : "");
}

void sc_read_choice(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    const char *text = take_text(reading, at, "a text", value);
    if (!text) return;
    const char *const *words = at->field->choice;
    for (int i = 0; words[i]; i++) {
        if (strcmp(words[i], text) != 0 || !*text) continue;
        if (into) *(int *)into = i;
        return;
    }
    blame_choice(reading, at, text);
}

void sc_read_pointer(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    const char *text = take_text(reading, at, "a text, a JSON Pointer such as \"/discount/wacc\"", value);
    if (!text) return;
    enum sc_pointer_status status = sc_pointer_check(text);
    if (into) memcpy(into, &text, sizeof text);
    if (status == SC_POINTER_OK) return;
    char quoted[SC_QUOTED_MAX];
    sc_blame(reading, SC_FAULT_bad_pointer, at, "`%s` %s", sc_quote(text, quoted),
             sc_pointer_status_text(status));
}
