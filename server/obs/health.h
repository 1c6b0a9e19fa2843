/* Is the process alive, and should it be sent requests? What an orchestrator's probes ask. */
#ifndef SC_OBS_HEALTH_H
#define SC_OBS_HEALTH_H

#include "secondchair/call.h"

/* From now on the service is not ready: it is shutting down. */
void sc_health_drain(void);

/* GET /health/live, GET /health/ready. */
sc_use_case sc_health_live, sc_health_ready;

#endif
