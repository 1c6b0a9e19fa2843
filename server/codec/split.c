#include "split.h"

#include "base/arena.h"
#include "base/buffer.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static struct sc_span trim(const char *text, size_t length)
{
    while (length && is_blank(*text)) text++, length--;
    while (length && is_blank(text[length - 1])) length--;
    return (struct sc_span){text, length};
}

/* Counts one more; false without memory. */
static bool add(struct sc_spans *spans, struct sc_span span, size_t limit, struct sc_arena *arena)
{
    if (!spans->item) spans->item = sc_arena_array(arena, limit, sizeof *spans->item);
    if (!spans->item) return false;
    if (spans->count < limit) spans->item[spans->count] = span;
    spans->count++;
    return true;
}

bool sc_split_lines(const char *text, size_t length, size_t limit, struct sc_arena *arena,
                    struct sc_spans *lines)
{
    const char *end = text + length;
    *lines = (struct sc_spans){.count = 0};
    while (text < end) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        struct sc_span line = trim(text, (size_t)((newline ? newline : end) - text));
        if (line.length && !add(lines, line, limit, arena)) return false;
        text = newline ? newline + 1 : end;
    }
    return true;
}

/* How far the text has been followed, outside of texts. */
struct walk {
    const char *text;
    size_t length, at;
    size_t depth;
    uint64_t curly; /* which of the open brackets are, a bit each */
    enum sc_json_error_kind fault;
};

enum { DEPTH_MAX = 64 };

static bool stop(struct walk *walk, enum sc_json_error_kind fault)
{
    if (walk->fault == SC_JSON_FINE) walk->fault = fault;
    return false;
}

/* The next character that is no blank; 0 at the end. */
static char peek(struct walk *walk)
{
    while (walk->at < walk->length && is_blank(walk->text[walk->at])) walk->at++;
    return walk->at < walk->length ? walk->text[walk->at] : '\0';
}

static bool take(struct walk *walk, char c)
{
    if (peek(walk) != c) return stop(walk, SC_JSON_SYNTAX);
    walk->at++;
    return true;
}

/* Past the text that begins here. */
static bool skip_text(struct walk *walk)
{
    if (!take(walk, '"')) return false;
    for (; walk->at < walk->length; walk->at++) {
        char c = walk->text[walk->at];
        if (c == '\\')
            walk->at++;
        else if (c == '"')
            return walk->at++, true;
    }
    return stop(walk, SC_JSON_SYNTAX);
}

static bool open_bracket(struct walk *walk, bool curly)
{
    if (walk->depth == DEPTH_MAX) return stop(walk, SC_JSON_TOO_DEEP);
    uint64_t bit = UINT64_C(1) << walk->depth++;
    walk->curly = curly ? walk->curly | bit : walk->curly & ~bit;
    walk->at++;
    return true;
}

static bool close_bracket(struct walk *walk, bool curly)
{
    if (walk->depth == 0) return stop(walk, SC_JSON_SYNTAX);
    bool opened_curly = walk->curly >> --walk->depth & 1;
    if (opened_curly != curly) return stop(walk, SC_JSON_SYNTAX);
    walk->at++;
    return true;
}

/* Past whatever stands here up to a comma or a closing bracket that belongs to the level around it. */
static bool skip_value(struct walk *walk)
{
    size_t depth = walk->depth;
    for (;;) {
        char c = peek(walk);
        bool outside = walk->depth == depth, done = true;
        if (outside && (c == ',' || c == '}' || c == ']')) return true;
        if (c == '\0') return stop(walk, SC_JSON_SYNTAX);
        if (c == '"')
            done = skip_text(walk);
        else if (c == '{' || c == '[')
            done = open_bracket(walk, c == '{');
        else if (c == '}' || c == ']')
            done = close_bracket(walk, c == '}');
        else
            walk->at++;
        if (!done) return false;
    }
}

/* Where a split goes to. */
struct splitting {
    struct walk walk;
    const char *member;
    size_t limit;
    struct sc_arena *arena;
    struct sc_spans *elements;
    size_t begin, end; /* of the array, inside its brackets */
    bool found;
};

static bool split_elements(struct splitting *splitting)
{
    struct walk *walk = &splitting->walk;
    take(walk, '[');
    splitting->found = true;
    splitting->begin = walk->at;
    bool more = peek(walk) != ']';
    while (more) {
        size_t start = walk->at;
        if (!skip_value(walk)) return false;
        struct sc_span element = trim(walk->text + start, walk->at - start);
        if (!element.length) return stop(walk, SC_JSON_SYNTAX);
        if (!add(splitting->elements, element, splitting->limit, splitting->arena))
            return stop(walk, SC_JSON_NO_MEMORY);
        more = peek(walk) == ',';
        walk->at += more;
    }
    splitting->end = walk->at;
    return take(walk, ']');
}

/* Is the text at start, with its quotes, that name? An escaped one is read as JSON says. */
static bool names_member(const struct walk *walk, size_t start, const char *member)
{
    const char *key = walk->text + start;
    size_t length = walk->at - start;
    if (!memchr(key, '\\', length))
        return length == strlen(member) + 2 && memcmp(key + 1, member, length - 2) == 0;
    json_auto_t *name = json_loadb(key, length, JSON_DECODE_ANY, NULL);
    return name && strcmp(json_string_value(name), member) == 0;
}

static bool walk_member(struct splitting *splitting)
{
    struct walk *walk = &splitting->walk;
    peek(walk);
    size_t start = walk->at;
    if (!skip_text(walk)) return false;
    bool named = names_member(walk, start, splitting->member);
    if (!take(walk, ':')) return false;
    return named && !splitting->found && peek(walk) == '[' ? split_elements(splitting) : skip_value(walk);
}

/* The members of the outermost object, up to its end. */
static bool walk_object(struct splitting *splitting)
{
    struct walk *walk = &splitting->walk;
    if (!take(walk, '{')) return false;
    bool more = peek(walk) != '}';
    while (more) {
        if (!walk_member(splitting)) return false;
        more = peek(walk) == ',';
        walk->at += more;
    }
    return take(walk, '}') && (peek(walk) == '\0' || stop(walk, SC_JSON_SYNTAX));
}

/* The text without the array's elements. */
static json_t *parse_envelope(const struct splitting *splitting, const struct sc_json_limits *limits,
                              struct sc_json_error *error)
{
    const struct walk *walk = &splitting->walk;
    size_t removed = splitting->end - splitting->begin;
    struct sc_buffer text;
    sc_buffer_init(&text, walk->length + 1);
    json_t *envelope = NULL;
    if (sc_buffer_append(&text, walk->text, splitting->begin) &&
        sc_buffer_append(&text, walk->text + splitting->end, walk->length - splitting->end))
        envelope = sc_json_parse(text.data, text.length, limits, error);
    else
        error->kind = SC_JSON_NO_MEMORY;
    sc_buffer_fini(&text);
    if (!envelope && error->position > splitting->begin)
        sc_json_error_place(error, walk->text, error->position + removed);
    return envelope;
}

json_t *sc_split_member(const char *text, size_t length, const char *member, size_t limit,
                        const struct sc_json_limits *limits, struct sc_arena *arena,
                        struct sc_spans *elements, struct sc_json_error *error)
{
    struct splitting splitting = {.walk = {.text = text, .length = length},
                                  .member = member,
                                  .limit = limit,
                                  .arena = arena,
                                  .elements = elements};
    *error = (struct sc_json_error){.kind = SC_JSON_FINE};
    *elements = (struct sc_spans){.count = 0};
    bool is_object = peek(&splitting.walk) == '{';
    if (!is_object || walk_object(&splitting)) return parse_envelope(&splitting, limits, error);
    error->kind = splitting.walk.fault;
    sc_json_error_place(error, text, splitting.walk.at < length ? splitting.walk.at + 1 : length);
    snprintf(error->detail, sizeof error->detail, "%s",
             error->kind == SC_JSON_TOO_DEEP ? "Objects and arrays are nested too deep"
             : error->kind == SC_JSON_NO_MEMORY
                 ? "There is not enough memory for the document"
                 : "The text is not JSON: a name, a colon, a comma or a bracket "
                   "is missing here, or one too many");
    return NULL;
}
