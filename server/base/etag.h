/* Entity tags as conditional requests compare them (RFC 9110, 8.8.3 and 13.1). */
#ifndef SC_BASE_ETAG_H
#define SC_BASE_ETAG_H

#include <stdbool.h>

/* Does a field's value, a list of tags or "*", hold etag (with its quotes)? The weak comparison, as
 * If-None-Match has it: W/"a" is "a". False for NULL; what follows a malformed element is not read. */
bool sc_etag_matches(const char *header, const char *etag);

/* The strong comparison, as If-Match has it: a weak tag matches nothing. */
bool sc_etag_matches_strongly(const char *header, const char *etag);

#endif
