/* A job: a question that is answered later, as it is stored and told. */
#ifndef SC_JOB_H
#define SC_JOB_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The states are stored: a number keeps its meaning. */
enum sc_job_state {
    SC_JOB_QUEUED = 0,    /* accepted, and durable */
    SC_JOB_RUNNING = 1,   /* a thread computes it */
    SC_JOB_DONE = 2,      /* it has its answer */
    SC_JOB_FAILED = 3,    /* its answer is a problem */
    SC_JOB_CANCELLED = 4, /* by DELETE; what it had computed is lost */
    SC_JOB_STATES
};

/* What the API calls it: "queued". */
const char *sc_job_state_name(enum sc_job_state state);

/* Whether a job in one state may be put into the other. From QUEUED to RUNNING and CANCELLED; from RUNNING to
 * DONE, FAILED and CANCELLED, and back to QUEUED when the service was stopped amid it; from the others
 * nowhere. */
bool sc_job_may_move(enum sc_job_state from, enum sc_job_state to);

/* States as a set: 1 << state. All from which one may move to this one; those of which nothing comes any
 * more. */
unsigned sc_job_sources(enum sc_job_state to);
enum { SC_JOB_ENDED = 1 << SC_JOB_DONE | 1 << SC_JOB_FAILED | 1 << SC_JOB_CANCELLED };

static inline bool sc_job_has_ended(enum sc_job_state state)
{
    return SC_JOB_ENDED & 1u << state;
}

/* An answer as it is stored: what the question would have been answered at once. */
struct sc_job_result {
    const char *problem; /* its name, where the answer is one: then body is its document without "instance" */
    int media;           /* of the body: enum sc_media */
    const char *etag;    /* with its quotes; empty for none */
    const char *body;    /* length bytes; NULL where there is no answer */
    size_t length;
};

/* Texts are terminated; those that were not asked for are NULL. Times are microseconds since 1970, 0 where it
 * has not come to that. */
struct sc_job {
    const char *id;   /* <= 64 characters of [a-z0-9-] */
    int64_t sequence; /* order of acceptance, the cursor of lists */
    enum sc_job_state state;
    int64_t created_at, started_at, finished_at;
    double progress;      /* 0 to 1; stored when the job ends */
    const char *question; /* its name: "comparison" */
    const char *target;   /* the address with its query, as they were sent */
    int content, accept;  /* enum sc_media of the body and of the answer */
    int64_t as_of;        /* the stored scenarios are those of this moment: see sc_reader_set_moment */
    const char *body;     /* length bytes of the request; NULL for none */
    size_t length;
    struct sc_job_result result;
    const char *partial; /* what can be said while it runs, a JSON object, or NULL; never stored */
};

#endif
