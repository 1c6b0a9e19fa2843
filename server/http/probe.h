/* The container's health check: asks the service that runs with these settings whether it is ready. */
#ifndef SC_HTTP_PROBE_H
#define SC_HTTP_PROBE_H

#include "secondchair/settings.h"

/* Asks /health/ready at the settings' address and port (a wildcard address is asked on the loopback), for 2 s
 * at most. The exit status: 0 when it answers 200, else 1 and a line on standard error. */
int sc_probe(const struct sc_settings *settings);

#endif
