/* Pages of lists: their parameters, and the way to the next one. */
#ifndef SC_APP_PAGE_H
#define SC_APP_PAGE_H

#include "secondchair/call.h"

struct sc_buffer;
struct sc_json_writer;

/* Reads ?limit= (1 to SC_PAGE_ITEMS_MAX; SC_PAGE_DEFAULT unless given) and ?after=. False: a problem. */
bool sc_page_read(struct sc_call *call, size_t *limit, int64_t *after) __attribute__((warn_unused_result));

/* Sets the answer's Link to the same query with after=next; nothing for 0. False: a problem, for want of
 * memory. */
bool sc_page_link(struct sc_call *call, int64_t next) __attribute__((warn_unused_result));

/* An answer {"items", "next"}: what comes before its items, and what after them. */
void sc_page_begin(struct sc_json_writer *writer, struct sc_buffer *buffer);
enum sc_progress sc_page_end(struct sc_call *call, struct sc_json_writer *writer, struct sc_buffer *buffer,
                             int64_t next);

#endif
