/* Jobs as the API shows them. */
#ifndef SC_APP_JOB_H
#define SC_APP_JOB_H

#include "codec/writer.h"
#include "secondchair/call.h"
#include "secondchair/jobs.h"

/* The jobs of a call's application. */
struct sc_jobs *sc_call_jobs(const struct sc_call *call);

/* One object; "problem" where the job's result is one and at hand. */
void sc_job_write(struct sc_json_writer *writer, const struct sc_job *job);

/* The job of argument 0 as it is stored. False: a problem. */
bool sc_call_job(struct sc_call *call, const char *id, struct sc_job *job)
    __attribute__((warn_unused_result));

/* The same, with what only its computation knows, and with its result's problem where it failed. */
bool sc_call_present_job(struct sc_call *call, const char *id, struct sc_job *job)
    __attribute__((warn_unused_result));

#endif
