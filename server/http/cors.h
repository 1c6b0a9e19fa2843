/* Which origins' pages may read the answers, by the allow-list of the settings. */
#ifndef SC_HTTP_CORS_H
#define SC_HTTP_CORS_H

#include "secondchair/limits.h"

#include <stdbool.h>
#include <stddef.h>

struct sc_cors {
    const char *origin[SC_LIMIT_ORIGINS]; /* not terminated, of length[] */
    size_t length[SC_LIMIT_ORIGINS];
    size_t count;
    bool any;
};

/* Takes the setting apart, and borrows it. False when it holds too many. */
bool sc_cors_init(struct sc_cors *cors, const char *origins) __attribute__((warn_unused_result));

bool sc_cors_allows(const struct sc_cors *cors, const char *origin);

#endif
