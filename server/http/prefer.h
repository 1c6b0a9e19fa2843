/* What a client prefers (RFC 7240). */
#ifndef SC_HTTP_PREFER_H
#define SC_HTTP_PREFER_H

#include <stdbool.h>

/* Does a Prefer field's value, or NULL, hold this preference? */
bool sc_prefers(const char *field, const char *preference) __attribute__((pure));

#endif
