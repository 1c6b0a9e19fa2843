/* Problems as documents of RFC 9457. */
#ifndef SC_HTTP_PROBLEM_H
#define SC_HTTP_PROBLEM_H

#include "secondchair/call.h"

/* The document of an answer whose outcome is a problem: malloc'd, or NULL without memory. instance is the id
 * of the request. */
char *sc_problem_write(const struct sc_answer *answer, const char *instance, size_t *length);

#endif
