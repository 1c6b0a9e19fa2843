#include "media.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

static const struct {
    enum sc_media media;
    const char *name; /* type/subtype */
    const char *full;
} MEDIA[] = {
    {SC_MEDIA_JSON, "application/json", "application/json"},
    {SC_MEDIA_CSV, "text/csv", "text/csv; charset=utf-8; header=present"},
    {SC_MEDIA_NDJSON, "application/x-ndjson", "application/x-ndjson"},
    {SC_MEDIA_NDJSON, "application/jsonl", "application/x-ndjson"},
    {SC_MEDIA_MERGE_PATCH, "application/merge-patch+json", "application/merge-patch+json"},
    {SC_MEDIA_JSON_PATCH, "application/json-patch+json", "application/json-patch+json"},
    {SC_MEDIA_HTML, "text/html", "text/html; charset=utf-8"},
    {SC_MEDIA_TEXT, "text/plain", "text/plain; charset=utf-8"},
    {SC_MEDIA_SCHEMA, "application/schema+json", "application/schema+json"},
    {SC_MEDIA_SCRIPT, "text/javascript", "text/javascript; charset=utf-8"},
    {SC_MEDIA_STYLE, "text/css", "text/css; charset=utf-8"},
    {SC_MEDIA_SVG, "image/svg+xml", "image/svg+xml"},
    {SC_MEDIA_METRICS, "text/plain", "text/plain; version=0.0.4; charset=utf-8"},
    {SC_MEDIA_EVENTS, "text/event-stream", "text/event-stream"},
};

enum { MEDIA_COUNT = sizeof MEDIA / sizeof MEDIA[0] };

const char *sc_media_type(enum sc_media media)
{
    for (size_t i = 0; i < MEDIA_COUNT; i++)
        if (MEDIA[i].media == media) return MEDIA[i].full;
    return "application/octet-stream";
}

static const char *name_of(enum sc_media media)
{
    for (size_t i = 0; i < MEDIA_COUNT; i++)
        if (MEDIA[i].media == media) return MEDIA[i].name;
    return "";
}

/* A piece of a field's value, not terminated. */
struct span {
    const char *text;
    size_t length;
};

static bool span_is(struct span span, const char *text)
{
    return strlen(text) == span.length && strncasecmp(span.text, text, span.length) == 0;
}

static struct span trim(const char *text, size_t length)
{
    while (length && (*text == ' ' || *text == '\t')) text++, length--;
    while (length && (text[length - 1] == ' ' || text[length - 1] == '\t')) length--;
    return (struct span){text, length};
}

static const char *end_of_quoted(const char *text)
{
    for (text++; *text && *text != '"'; text++)
        if (*text == '\\' && text[1]) text++;
    return *text ? text + 1 : text;
}

/* Cuts the piece before the next separator outside of quotes off *rest; false at the end. Parameters (';')
 * end with their element of the list (','). */
static bool next_piece(const char **rest, char separator, struct span *piece)
{
    const char stops[] = {',', separator, '\0'};
    const char *start = *rest, *end = start;
    if (!start) return false;
    while (*end && !strchr(stops, *end)) end = *end == '"' ? end_of_quoted(end) : end + 1;
    *piece = trim(start, (size_t)(end - start));
    *rest = *end == separator ? end + 1 : NULL;
    return true;
}

/* The value of a parameter "name=value", unquoted; an empty text where the piece is another parameter. */
static struct span value_of(struct span piece, const char *name)
{
    size_t length = strlen(name);
    if (piece.length <= length || strncasecmp(piece.text, name, length) != 0 || piece.text[length] != '=')
        return (struct span){"", 0};
    struct span value = {piece.text + length + 1, piece.length - length - 1};
    if (value.length >= 2 && value.text[0] == '"' && value.text[value.length - 1] == '"')
        value = (struct span){value.text + 1, value.length - 2};
    return value;
}

enum sc_media sc_media_of_content_type(const char *content_type)
{
    struct span type = {"", 0}, piece;
    if (!content_type || strchr(content_type, ',')) return SC_MEDIA_NONE;
    next_piece(&content_type, ';', &type);
    while (next_piece(&content_type, ';', &piece)) {
        struct span charset = value_of(piece, "charset");
        if (charset.length && !span_is(charset, "utf-8")) return SC_MEDIA_NONE;
    }
    for (size_t i = 0; i < MEDIA_COUNT; i++)
        if (span_is(type, MEDIA[i].name)) return MEDIA[i].media;
    return SC_MEDIA_NONE;
}

/* A q-value in thousandths; -1 when it is malformed. */
static int quality_of(struct span value)
{
    if (value.length == 0 || value.length > 5 || (value.text[0] != '0' && value.text[0] != '1')) return -1;
    if (value.length > 1 && value.text[1] != '.') return -1;
    int quality = (value.text[0] - '0') * 1000;
    for (size_t i = 2, unit = 100; i < value.length; i++, unit /= 10) {
        if (!isdigit((unsigned char)value.text[i])) return -1;
        quality += (value.text[i] - '0') * (int)unit;
    }
    return quality > 1000 ? -1 : quality;
}

/* How closely a media range fits a name: 3 exactly, 2 by its type, 1 as anything, 0 not at all. */
static int closeness(struct span range, const char *name)
{
    if (span_is(range, name)) return 3;
    if (span_is(range, "*/*")) return 1;
    size_t slash = strcspn(name, "/");
    bool same_type = range.length == slash + 2 && strncasecmp(range.text, name, slash + 1) == 0;
    return same_type && range.text[slash + 1] == '*' ? 2 : 0;
}

/* Reads one element of Accept: its range, and its quality (1000 without one, 0 when malformed). */
static int read_range(const char *element, struct span *range)
{
    int quality = 1000;
    struct span piece;
    next_piece(&element, ';', range);
    while (next_piece(&element, ';', &piece)) {
        struct span value = value_of(piece, "q");
        if (value.length) quality = quality_of(value);
    }
    return quality < 0 ? 0 : quality;
}

/* What the most specific range that fits says of a type, in thousandths. */
static int quality_for(const char *accept, enum sc_media media)
{
    int closest = 0, quality = 0;
    struct span element;
    while (next_piece(&accept, ',', &element)) {
        struct span range = {"", 0};
        int said = read_range(element.text, &range);
        int close = closeness(range, name_of(media));
        if (close > closest || (close == closest && close > 0 && said > quality)) {
            closest = close;
            quality = said;
        }
    }
    return quality;
}

enum sc_media sc_media_negotiate(const char *accept, const enum sc_media *offered, size_t count)
{
    if (!accept || !*accept) return count ? offered[0] : SC_MEDIA_NONE;
    enum sc_media best = SC_MEDIA_NONE;
    int best_quality = 0;
    for (size_t i = 0; i < count; i++) {
        int quality = quality_for(accept, offered[i]);
        if (quality > best_quality) {
            best_quality = quality;
            best = offered[i];
        }
    }
    return best;
}

int sc_coding_quality(const char *field, const char *coding)
{
    int quality = -1, any = -1;
    struct span element;
    while (next_piece(&field, ',', &element)) {
        struct span name = {"", 0};
        int said = read_range(element.text, &name);
        if (span_is(name, coding)) quality = said;
        if (span_is(name, "*")) any = said;
    }
    return quality >= 0 ? quality : any;
}

char *sc_media_names(unsigned set, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (unsigned bit = 1; bit <= set && length < size; bit <<= 1) {
        if (!(set & bit)) continue;
        const char *name = sc_media_type((enum sc_media)bit);
        int written = snprintf(out + length, size - length, "%s%s", length ? ", " : "", name);
        if (written > 0) length += (size_t)written;
    }
    return out;
}
