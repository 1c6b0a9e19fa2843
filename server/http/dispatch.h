/* Runs the use case of a request: on the connection's thread, or on the compute pool while the connection
 * sleeps. */
#ifndef SC_HTTP_DISPATCH_H
#define SC_HTTP_DISPATCH_H

#include "request.h"

/* Fills the call from the request; false when there is no memory. */
bool sc_dispatch_prepare(struct sc_request *request) __attribute__((warn_unused_result));

/* Runs the use case of a parsed request. True: it is computed. False: it is suspended, must not be touched,
 * and the access handler is called again when it is computed. */
bool sc_dispatch_run(struct sc_request *request) __attribute__((warn_unused_result));

/* For an answer in pieces (struct sc_waiter): puts the connection to sleep, from within the callback that was
 * asked for a piece, and wakes it. A drain that has given up lets nothing sleep: the request is abandoned
 * then. */
void sc_dispatch_sleep(void *request);
void sc_dispatch_wake(void *request);

/* Gives up on what is suspended now or would be from now on: these requests are answered without their
 * computations, which end unheard. */
void sc_dispatch_abandon(struct sc_http *http);

#endif
