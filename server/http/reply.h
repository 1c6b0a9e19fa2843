/* Answers, as libmicrohttpd sends them. */
#ifndef SC_HTTP_REPLY_H
#define SC_HTTP_REPLY_H

#include "request.h"

/* Sends the answer of a computed request (or of one that is refused in its first callback). MHD_NO, upon
 * which the connection closes, only where there is no memory. */
enum MHD_Result sc_reply(struct sc_request *request);

#endif
