/* Pages of lists: their parameters, and the way to the next one. */
#ifndef SC_APP_PAGE_H
#define SC_APP_PAGE_H

#include "secondchair/call.h"

struct sc_json_writer;

/* Reads ?limit= (1 to SC_PAGE_ITEMS_MAX; SC_PAGE_DEFAULT unless given) and ?after=. False: a problem. */
bool sc_page_read(struct sc_call *call, size_t *limit, int64_t *after) __attribute__((warn_unused_result));

/* Sets the answer's Link to the same query with after=next; nothing for 0. False: a problem, for want of
 * memory. */
bool sc_page_link(struct sc_call *call, int64_t next) __attribute__((warn_unused_result));

/* The member "next": the cursor as a text, or null for 0. */
void sc_page_write_next(struct sc_json_writer *writer, int64_t next);

#endif
