#include "prefer.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

/* Past a preference's parameters, to the comma after it: those in quotes end nothing. */
static const char *skip(const char *text)
{
    for (bool quoted = false; *text && (quoted || *text != ','); text++) {
        if (*text == '"') quoted = !quoted;
        if (quoted && *text == '\\' && text[1]) text++;
    }
    return text;
}

bool sc_prefers(const char *field, const char *preference)
{
    size_t length = strlen(preference);
    while (field && *field) {
        field += strspn(field, " \t,");
        if (strncasecmp(field, preference, length) == 0 && strchr(" \t,;", field[length])) return true;
        field = skip(field);
    }
    return false;
}
