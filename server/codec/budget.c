#include "budget.h"

#include "base/utf8.h"
#include "codec/pointer.h"
#include "codec/writer.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* Position after the text that begins with the quote at position. */
static size_t skip_text(const char *bytes, size_t length, size_t position)
{
    for (position++; position < length && bytes[position] != '"'; position++)
        if (bytes[position] == '\\') position++;
    return position < length ? position + 1 : length;
}

static bool is_word_character(char c)
{
    bool letter = (c | 0x20) >= 'a' && (c | 0x20) <= 'z';
    return letter || (c >= '0' && c <= '9') || c == '-' || c == '+' || c == '.';
}

/* Position after the token (text, word, number or punctuation) at position. */
static size_t skip_token(const char *bytes, size_t length, size_t position)
{
    if (bytes[position] == '"') return skip_text(bytes, length, position);
    if (!is_word_character(bytes[position])) return position + 1;
    while (position < length && is_word_character(bytes[position])) position++;
    return position;
}

static bool opens(char c)
{
    return c == '{' || c == '[';
}

static bool closes(char c)
{
    return c == '}' || c == ']';
}

/* Keys and values; not the marks between them. */
static bool is_counted(char c)
{
    return opens(c) || c == '"' || is_word_character(c);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

enum sc_json_error_kind sc_json_budget(const char *bytes, size_t length, const struct sc_json_limits *limits,
                                       size_t *position)
{
    size_t tokens = 0, depth = 0, max_depth = least(limits->max_depth, SC_JSON_DEPTH_MAX);
    for (size_t at = 0; at < length; at = skip_token(bytes, length, at)) {
        char c = bytes[at];
        *position = at;
        if (opens(c) && ++depth > max_depth) return SC_JSON_TOO_DEEP;
        if (closes(c) && depth > 0) depth--;
        if (is_counted(c) && ++tokens > limits->max_tokens) return SC_JSON_TOO_MANY_TOKENS;
    }
    return SC_JSON_FINE;
}

/* The way from the root to where reading stopped: level[depth] is the innermost one; level[0] holds the root.
 */
struct level {
    bool is_object;
    size_t index;    /* of the element, in an array */
    const char *key; /* as it stands in the text, quotes included; NULL before one was read */
    size_t key_length;
};

struct path {
    struct level level[SC_JSON_DEPTH_MAX + 1];
    size_t depth;
};

static void follow_token(struct path *path, const char *token, size_t length)
{
    struct level *level = &path->level[path->depth];
    if (opens(*token)) {
        if (path->depth < SC_JSON_DEPTH_MAX)
            path->level[++path->depth] = (struct level){.is_object = *token == '{'};
    } else if (closes(*token)) {
        path->depth -= path->depth > 0;
    } else if (*token == ',') {
        level->index++;
        level->key = NULL;
    } else if (*token == '"' && !level->key) {
        level->key = token;
        level->key_length = length;
    }
}

/* Appends the pointer's segment for one level; false where none can be named any more. */
static bool append_level(char pointer[SC_POINTER_MAX], const struct level *level)
{
    if (!level->is_object) return sc_pointer_append_index(pointer, pointer, level->index);
    if (!level->key) return false;
    json_t *key = json_loadb(level->key, level->key_length, JSON_DECODE_ANY, NULL);
    bool appended = key && sc_pointer_append_key(pointer, pointer, json_string_value(key));
    json_decref(key);
    return appended;
}

/* Names the value that the first length bytes end in. */
static void locate(const char *bytes, size_t length, char pointer[SC_POINTER_MAX])
{
    struct path path = {.depth = 0};
    for (size_t at = 0, end; at < length; at = end) {
        end = skip_token(bytes, length, at);
        follow_token(&path, bytes + at, end - at);
    }
    pointer[0] = '\0';
    for (size_t i = 1; i <= path.depth && append_level(pointer, &path.level[i]); i++) {
    }
}

void sc_json_error_place(struct sc_json_error *error, const char *bytes, size_t position)
{
    error->position = position;
    error->line = 1;
    error->column = 0;
    for (size_t i = 0; i < position; i++) {
        bool new_line = bytes[i] == '\n', continues = ((unsigned char)bytes[i] & 0xc0) == 0x80;
        error->line += new_line;
        error->column = new_line ? 0 : error->column + !continues;
    }
}

/* Whether the word around position is a number that JSON lacks. */
static bool is_not_a_json_number(const char *bytes, size_t length, size_t position)
{
    static const char *const words[] = {"nan", "infinity", "inf"};
    size_t first = position;
    while (first > 0 && is_word_character(bytes[first - 1])) first--;
    if (first == length) return false;
    size_t end = skip_token(bytes, length, first);
    if (bytes[first] == '-' || bytes[first] == '+') first++;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strlen(words[i]) == end - first && strncasecmp(words[i], bytes + first, end - first) == 0)
            return true;
    return false;
}

static void describe_syntax(struct sc_json_error *error, const char *bytes, size_t length, const char *text)
{
    if (is_not_a_json_number(bytes, length, error->position))
        snprintf(error->detail, sizeof error->detail, "JSON has no NaN or Infinity");
    else if (length >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        snprintf(error->detail, sizeof error->detail, "The text begins with a byte order mark");
    else if (sc_utf8_is_valid(text, strlen(text)))
        snprintf(error->detail, sizeof error->detail, "%s", text);
    else
        snprintf(error->detail, sizeof error->detail, "The text is not JSON");
}

static void describe_budget(struct sc_json_error *error, const struct sc_json_limits *limits)
{
    if (error->kind == SC_JSON_TOO_DEEP)
        snprintf(error->detail, sizeof error->detail, "Objects and arrays are nested more than %zu deep",
                 least(limits->max_depth, SC_JSON_DEPTH_MAX));
    else
        snprintf(error->detail, sizeof error->detail, "The text has more than %zu keys and values",
                 limits->max_tokens);
}

static void describe_failure(struct sc_json_error *error, const char *bytes, size_t length,
                             const json_error_t *reason)
{
    sc_json_error_place(error, bytes, least(reason->position > 0 ? (size_t)reason->position : 0, length));
    locate(bytes, error->position, error->pointer);
    switch (json_error_code(reason)) {
    case json_error_duplicate_key:
        error->kind = SC_JSON_DUPLICATE_KEY;
        snprintf(error->detail, sizeof error->detail, "The object names this member twice");
        break;
    case json_error_numeric_overflow:
        error->kind = SC_JSON_TOO_BIG_NUMBER;
        snprintf(error->detail, sizeof error->detail, "The number is too large");
        break;
    case json_error_out_of_memory:
        error->kind = SC_JSON_NO_MEMORY;
        snprintf(error->detail, sizeof error->detail, "There is not enough memory for the document");
        break;
    default:
        error->kind = SC_JSON_SYNTAX;
        describe_syntax(error, bytes, length, reason->text);
    }
}

json_t *sc_json_parse(const char *bytes, size_t length, const struct sc_json_limits *limits,
                      struct sc_json_error *error)
{
    *error = (struct sc_json_error){.kind = SC_JSON_FINE};
    size_t position = 0;
    error->kind = sc_json_budget(bytes, length, limits, &position);
    if (error->kind != SC_JSON_FINE) {
        sc_json_error_place(error, bytes, position + 1);
        locate(bytes, position, error->pointer);
        describe_budget(error, limits);
        return NULL;
    }
    json_error_t reason;
    json_t *document =
        json_loadb(length ? bytes : "", length, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &reason);
    if (!document) describe_failure(error, bytes, length, &reason);
    return document;
}
