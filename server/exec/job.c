#include "secondchair/job.h"

#define TO(state) (1u << SC_JOB_##state)

/* Where each state may lead to. */
static const unsigned MOVES[SC_JOB_STATES] = {
    [SC_JOB_QUEUED] = TO(RUNNING) | TO(CANCELLED),
    [SC_JOB_RUNNING] = TO(DONE) | TO(FAILED) | TO(CANCELLED) | TO(QUEUED),
};

static const char *const NAMES[SC_JOB_STATES] = {"queued", "running", "done", "failed", "cancelled"};

const char *sc_job_state_name(enum sc_job_state state)
{
    return NAMES[state];
}

bool sc_job_may_move(enum sc_job_state from, enum sc_job_state to)
{
    return MOVES[from] & 1u << to;
}

unsigned sc_job_sources(enum sc_job_state to)
{
    unsigned sources = 0;
    for (unsigned from = 0; from < SC_JOB_STATES; from++)
        if (sc_job_may_move((enum sc_job_state)from, to)) sources |= 1u << from;
    return sources;
}
