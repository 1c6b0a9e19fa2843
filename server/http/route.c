#include "route.h"

#include <stdio.h>
#include <string.h>

/* Does the path fit the pattern? Fills what stood for its {…}. */
static bool fits(const char *pattern, const struct sc_uri *uri, const char *argument[SC_ARGUMENTS_MAX])
{
    size_t arguments = 0, segment = 0;
    const char *rest = pattern[1] ? pattern : "";
    while (*rest == '/' && segment < uri->segment_count) {
        size_t length = strcspn(++rest, "/");
        const char *text = uri->segment[segment++];
        if (*rest == '{') {
            if (!*text || arguments == SC_ARGUMENTS_MAX) return false;
            argument[arguments++] = text;
        } else if (strncmp(text, rest, length) != 0 || text[length]) {
            return false;
        }
        rest += length;
    }
    return *rest == '\0' && segment == uri->segment_count;
}

static void allow(struct sc_match *match, const char *method)
{
    size_t length = strlen(match->allow);
    bool get = strcmp(method, "GET") == 0;
    snprintf(match->allow + length, sizeof match->allow - length, "%s%s%s", length ? ", " : "", method,
             get ? ", HEAD" : "");
}

/* Of the routes whose pattern is fixed, or of those with a {…} in it. */
static void consider(struct sc_match *match, const struct sc_route *route, bool fixed, const char *method,
                     const struct sc_uri *uri)
{
    const char *argument[SC_ARGUMENTS_MAX] = {0};
    if (fixed == (strchr(route->pattern, '{') != NULL) || !fits(route->pattern, uri, argument)) return;
    allow(match, route->method);
    match->path_known = true;
    if (match->route || strcmp(route->method, method) != 0) return;
    match->route = route;
    memcpy(match->argument, argument, sizeof argument);
}

void sc_route_find(struct sc_match *match, const char *method, const struct sc_uri *uri)
{
    *match = (struct sc_match){0};
    if (uri->segment_count > SC_LIMIT_SEGMENTS) return;
    if (strcmp(method, "HEAD") == 0) method = "GET";
    if (strcmp(uri->path, "*") == 0) {
        match->path_known = strcmp(method, "OPTIONS") == 0;
        snprintf(match->allow, sizeof match->allow, "GET, HEAD, POST, PUT, PATCH, DELETE");
    } else {
        /* A fixed address is never what stands for a {…}: /v1/sets/valuation is no set. */
        for (size_t i = 0; i < SC_ROUTE_COUNT; i++) consider(match, &SC_ROUTES[i], true, method, uri);
        bool fixed = match->path_known;
        for (size_t i = 0; i < SC_ROUTE_COUNT && !fixed; i++)
            consider(match, &SC_ROUTES[i], false, method, uri);
    }
    if (match->path_known) {
        size_t length = strlen(match->allow);
        snprintf(match->allow + length, sizeof match->allow - length, ", OPTIONS");
    }
}
