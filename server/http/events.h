/* Answers that are streams of server-sent events: how many there are, their signs of life, their end when the
 * service stops; and computations that tell what they do while they go on. */
#ifndef SC_HTTP_EVENTS_H
#define SC_HTTP_EVENTS_H

#include "request.h"

/* Why a computation is refused, or stopped. */
extern const char SC_EVENTS_STOPPING[];

/* The use case has answered, and the connection sleeps or its own thread runs this: an answer that is a
 * stream of events is admitted, or refused; one that was wanted as a stream becomes one of a single event. */
void sc_events_settle(struct sc_request *request);

/* The first that a computation tells makes its answer a stream: it is given, and wake is called under
 * http->lock while the computation goes on. False: it cannot be; request->stopped_for says why. */
bool sc_events_open(struct sc_request *request, void (*wake)(struct sc_request *request));

/* Tells the progress of a computation to the reader of its stream. False: nobody reads it. */
bool sc_events_tell(struct sc_request *request, double done, const char *partial);

/* The computation whose stream is being read has ended: its answer is the last event. */
void sc_events_conclude(struct sc_request *request);

/* The connection has let the request go. */
void sc_events_leave(struct sc_request *request);

/* Shows those who wait that the service lives, and looks whether they do; context is the struct sc_http. To
 * be called often. */
void sc_events_tick(void *context);

/* No more streams are taken. Ends those that no computation writes, or all. */
void sc_events_drain(struct sc_http *http, bool all);

#endif
