#include "uri.h"

#include "base/arena.h"
#include "base/utf8.h"

#include <string.h>
#include <strings.h>

const char SC_URI_NO_MEMORY[] = "There is no memory for the request.";
static const char NOT_DECODABLE[] = "The address holds a '%' without two hexadecimal digits, a control "
                                    "character, or bytes that are not UTF-8.";

static int digit_of(char c)
{
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

/* The byte that two hexadecimal digits stand for; -1 when they are none. */
static int byte_of(const char *digits)
{
    int high = digit_of(digits[0]);
    int low = high < 0 ? -1 : digit_of(digits[1]);
    return low < 0 ? -1 : high * 16 + low;
}

/* Decodes length bytes of text in place and terminates them; false when they are no text. */
static bool decode(char *text, size_t length, bool plus_is_space)
{
    char *out = text;
    for (size_t i = 0; i < length; i++) {
        char c = text[i];
        if (c == '%') {
            int byte = i + 2 < length ? byte_of(text + i + 1) : -1;
            if (byte < 0) return false;
            c = (char)byte;
            i += 2;
        } else if (c == '+' && plus_is_space) {
            c = ' ';
        }
        *out++ = c;
    }
    *out = '\0';
    return sc_utf8_is_printable(text, (size_t)(out - text), false);
}

/* Where the path begins: past the scheme and authority of an absolute target, NULL where there is none. */
static const char *path_of(const char *raw)
{
    if (strncasecmp(raw, "http://", 7) == 0 || strncasecmp(raw, "https://", 8) == 0) {
        const char *authority = strchr(raw, ':') + 3;
        raw = authority + strcspn(authority, "/?");
        if (raw == authority) return NULL;
        if (*raw == '\0') return "/";
    }
    return *raw == '/' || strcmp(raw, "*") == 0 ? raw : NULL;
}

static bool read_segments(struct sc_uri *uri, char *path)
{
    if (path[0] != '/' || path[1] == '\0') return true;
    for (char *segment = path + 1;;) {
        size_t length = (size_t)(strchrnul(segment, '/') - segment);
        bool last = segment[length] == '\0';
        if (!decode(segment, length, false)) return false;
        if (uri->segment_count < SC_LIMIT_SEGMENTS) uri->segment[uri->segment_count] = segment;
        if (uri->segment_count <= SC_LIMIT_SEGMENTS) uri->segment_count++;
        if (last) return true;
        segment += length + 1;
    }
}

static const char *read_parameter(struct sc_uri *uri, char *text, size_t length)
{
    if (uri->parameter_count == SC_LIMIT_PARAMETERS) return "The query has more than 64 parameters.";
    char *equals = memchr(text, '=', length);
    size_t name = equals ? (size_t)(equals - text) : length;
    char *value = equals ? equals + 1 : text + length;
    if (!decode(value, (size_t)(text + length - value), true) || !decode(text, name, true))
        return NOT_DECODABLE;
    uri->parameter[uri->parameter_count++] = (struct sc_parameter){text, value};
    return NULL;
}

static const char *read_query(struct sc_uri *uri, char *query, struct sc_arena *arena)
{
    uri->parameter = sc_arena_array(arena, SC_LIMIT_PARAMETERS, sizeof *uri->parameter);
    if (!uri->parameter) return SC_URI_NO_MEMORY;
    for (;;) {
        size_t length = (size_t)(strchrnul(query, '&') - query);
        bool last = query[length] == '\0';
        const char *wrong = length ? read_parameter(uri, query, length) : NULL;
        if (wrong || last) return wrong;
        query += length + 1;
    }
}

/* Memory for all three first, for decoding is in place. */
const char *sc_uri_read(struct sc_uri *uri, const char *raw, struct sc_arena *arena)
{
    *uri = (struct sc_uri){0};
    const char *path = path_of(raw);
    if (!path) return "The request target is neither a path nor an http address.";
    if (strchr(path, '#') || strchr(path, ' '))
        return "The address holds a character that must be percent-encoded.";
    size_t length = (size_t)(strchrnul(path, '?') - path);
    const char *query = path + length + (path[length] == '?');
    char *segments = sc_arena_text(arena, path, length);
    char *parameters = sc_arena_text(arena, query, strlen(query));
    uri->path = sc_arena_text(arena, path, length);
    if (!segments || !parameters || !uri->path) return SC_URI_NO_MEMORY;
    if (!read_segments(uri, segments)) return NOT_DECODABLE;
    return *parameters ? read_query(uri, parameters, arena) : NULL;
}
