/* The signals that end the service. */
#ifndef SC_OBS_SIGNALS_H
#define SC_OBS_SIGNALS_H

#include <stddef.h>

/* Blocks SIGTERM and SIGINT and ignores SIGPIPE, for this thread and those it will start: before any other.
 */
void sc_signals_block(void);

/* Sleeps until SIGTERM or SIGINT. From then on a thread watches: a second signal, or the passing of this
 * time, ends the process at once with status 1. */
void sc_signals_wait(size_t patience_ms);

#endif
