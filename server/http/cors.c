#include "cors.h"

#include <string.h>

bool sc_cors_init(struct sc_cors *cors, const char *origins)
{
    *cors = (struct sc_cors){0};
    while (*origins) {
        size_t length = strcspn(origins, ",");
        if (cors->count == SC_LIMIT_ORIGINS) return false;
        if (length == 1 && *origins == '*') cors->any = true;
        cors->origin[cors->count] = origins;
        cors->length[cors->count++] = length;
        origins += length + (origins[length] == ',');
    }
    return true;
}

bool sc_cors_allows(const struct sc_cors *cors, const char *origin)
{
    if (cors->any) return true;
    for (size_t i = 0; i < cors->count; i++)
        if (strlen(origin) == cors->length[i] && memcmp(origin, cors->origin[i], cors->length[i]) == 0)
            return true;
    return false;
}
