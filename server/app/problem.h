/* Problems as members of JSON (RFC 9457): of a whole answer, or of one of many. */
#ifndef SC_APP_PROBLEM_H
#define SC_APP_PROBLEM_H

#include "codec/writer.h"
#include "secondchair/call.h"

/* "type", "title", "status", "detail", "instance" (the id of the request; NULL leaves it out) and the faults
 * of an answer whose outcome is a problem. */
void sc_problem_members(struct sc_json_writer *writer, const struct sc_answer *answer, const char *instance);

#endif
