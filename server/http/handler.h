/* What libmicrohttpd calls as a request comes in: the state machine's driver. */
#ifndef SC_HTTP_HANDLER_H
#define SC_HTTP_HANDLER_H

#include <microhttpd.h>

/* The access handler; context is the struct sc_http. */
enum MHD_Result sc_handle(void *context, struct MHD_Connection *connection, const char *url,
                          const char *method, const char *version, const char *bytes, size_t *length,
                          void **request);

#endif
