/* Computes jobs: the very use cases that answer requests, on the threads of the jobs. */
#ifndef SC_HTTP_JOB_RUN_H
#define SC_HTTP_JOB_RUN_H

#include "request.h"
#include "secondchair/jobs.h"

/* What runs the jobs of this service. */
struct sc_jobs_runner sc_job_runner(struct sc_http *http);

#endif
