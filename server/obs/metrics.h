/* Counters of what the service does, without locks, and the page that Prometheus reads. */
#ifndef SC_OBS_METRICS_H
#define SC_OBS_METRICS_H

#include "secondchair/call.h"
#include "secondchair/limits.h"

struct sc_jobs;
struct sc_store;
struct sc_pool;

enum sc_counter {
    SC_COUNTER_CONNECTIONS_OPENED,
    SC_COUNTER_CONNECTIONS_CLOSED,
    SC_COUNTER_REAPED,         /* connections cut at their deadline */
    SC_COUNTER_REFUSED,        /* requests refused by the framing gate */
    SC_COUNTER_SUSPENDED,      /* requests handed to the compute pool */
    SC_COUNTER_ABANDONED,      /* computations that did not end before the drain did */
    SC_COUNTER_RECALLED,       /* answered from what is kept */
    SC_COUNTER_STREAMS_OPENED, /* streams of events */
    SC_COUNTER_STREAMS_CLOSED,
    SC_COUNTERS
};

/* Requests that met no route are counted here. */
enum { SC_METRICS_NO_ROUTE = SC_LIMIT_ROUTES };

/* What the page shows beside the counters. Borrowed; each may be NULL. Called before the first request. */
void sc_metrics_observe(struct sc_store *store, struct sc_pool *pool, struct sc_jobs *jobs, bool enabled);

/* A route's label, before the first request. Both texts are borrowed. */
void sc_metrics_name(size_t route, const char *method, const char *pattern);

/* One more counter for the page, before the first request: all is borrowed. */
enum { SC_METRICS_SHOWN_MAX = 32 };
void sc_metrics_show(const char *name, const char *help, _Atomic uint64_t *value);

void sc_metrics_count(enum sc_counter counter);
void sc_metrics_started(void);

/* status 0: the client went away before its answer. */
void sc_metrics_finished(size_t route, int status, uint64_t nanoseconds);

/* GET /metrics. */
sc_use_case sc_metrics_page;

#endif
