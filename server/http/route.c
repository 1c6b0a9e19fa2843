#include "route.h"

#include <pthread.h>
#include <string.h>

/* How many segments each pattern has, and the first letter of the last: by these most routes are passed over.
 */
static struct shape {
    size_t segments;
    char letter;
} shapes[SC_LIMIT_ROUTES];
static pthread_once_t prepared = PTHREAD_ONCE_INIT;

static struct shape shape_of(const char *pattern)
{
    struct shape shape = {.letter = strrchr(pattern, '/')[1]};
    if (!pattern[1]) return shape;
    for (; *pattern; pattern++) shape.segments += *pattern == '/';
    return shape;
}

static void prepare(void)
{
    for (size_t i = 0; i < SC_ROUTE_COUNT; i++) shapes[i] = shape_of(SC_ROUTES[i].pattern);
}

static bool may_fit(const struct shape *shape, size_t segments, char letter)
{
    return shape->segments == segments && (shape->letter == '{' || shape->letter == letter);
}

/* Past the pattern's segment, where the text is the same; else NULL. */
static const char *pass(const char *pattern, const char *text)
{
    while (*text && *text == *pattern) text++, pattern++;
    return *text || (*pattern && *pattern != '/') ? NULL : pattern;
}

/* Does the path fit the pattern? Fills what stood for its {…} and counts them. */
static bool fits(const char *pattern, const struct sc_uri *uri, const char *argument[SC_ARGUMENTS_MAX],
                 size_t *arguments)
{
    size_t segment = 0;
    const char *rest = pattern[1] ? pattern : "";
    while (*rest == '/' && segment < uri->segment_count) {
        const char *text = uri->segment[segment++];
        if (*++rest == '{') {
            if (!*text || *arguments == SC_ARGUMENTS_MAX) return false;
            argument[(*arguments)++] = text;
            rest = strchrnul(rest, '/');
        } else {
            rest = pass(rest, text);
            if (!rest) return false;
        }
    }
    return *rest == '\0' && segment == uri->segment_count;
}

static void append(struct sc_match *match, const char *method)
{
    size_t length = strlen(match->allow), added = strlen(method) + 2;
    if (length + added >= sizeof match->allow) return;
    stpcpy(stpcpy(match->allow + length, length ? ", " : ""), method);
}

static void allow(struct sc_match *match, const char *method)
{
    append(match, method);
    if (strcmp(method, "GET") == 0) append(match, "HEAD");
}

/* Adds a route to those of the path: of the fixed addresses, or of those with a {…} in them. */
static void consider(struct sc_match found[2], const struct sc_route *route, const char *method,
                     const struct sc_uri *uri)
{
    const char *argument[SC_ARGUMENTS_MAX] = {0};
    size_t arguments = 0;
    if (!fits(route->pattern, uri, argument, &arguments)) return;
    struct sc_match *match = &found[arguments > 0];
    allow(match, route->method);
    match->path_known = true;
    if (match->route || strcmp(route->method, method) != 0) return;
    match->route = route;
    memcpy(match->argument, argument, sizeof argument);
}

void sc_route_find(struct sc_match *match, const char *method, const struct sc_uri *uri)
{
    struct sc_match found[2] = {0};
    pthread_once(&prepared, prepare);
    *match = found[0];
    if (uri->segment_count > SC_LIMIT_SEGMENTS) return;
    if (strcmp(method, "HEAD") == 0) method = "GET";
    if (strcmp(uri->path, "*") == 0) {
        match->path_known = strcmp(method, "OPTIONS") == 0;
        strcpy(match->allow, "GET, HEAD, POST, PUT, PATCH, DELETE");
    } else {
        const char *end = uri->segment_count ? uri->segment[uri->segment_count - 1] : "";
        for (size_t i = 0; i < SC_ROUTE_COUNT; i++)
            if (may_fit(&shapes[i], uri->segment_count, *end)) consider(found, &SC_ROUTES[i], method, uri);
        /* A fixed address is never what stands for a {…}: /v1/sets/valuation is no set. */
        *match = found[!found[0].path_known];
    }
    if (match->path_known) append(match, "OPTIONS");
}
