/* The routes: which use case answers what, as one table (routes.c), and how a request finds its own. */
#ifndef SC_HTTP_ROUTE_H
#define SC_HTTP_ROUTE_H

#include "secondchair/call.h"
#include "uri.h"

/* Bits. */
enum sc_run {
    SC_RUN_INLINE = 0, /* takes less than about 200 us, or says so (call.h): on the connection's thread */
    SC_RUN_POOL = 1,   /* may take longer, or waits for the writer */
    SC_RUN_KEPT = 2,   /* answers from the store, the address and the body alone: may be kept (app/kept.h) */
    SC_RUN_JOB = 4,    /* a question that changes nothing: a job where the client prefers that */
    SC_RUN_ONCE = 8    /* a write: heeds Idempotency-Key, as what makes a job does */
};

enum sc_body_class { SC_BODY_USUAL, SC_BODY_IMPORT, SC_BODY_BATCH, SC_BODY_CLASSES };

enum { SC_OFFERS_MAX = 3 };

struct sc_route {
    const char *method;  /* GET stands for HEAD too */
    const char *pattern; /* "/v1/scenarios/{id}" */
    sc_use_case *use_case;
    unsigned run;                        /* enum sc_run */
    unsigned accepts;                    /* enum sc_media of the body, as bits; 0: a body is ignored */
    enum sc_media offers[SC_OFFERS_MAX]; /* the first is the default; none: the use case chooses alone */
    enum sc_body_class body;
};

extern const struct sc_route SC_ROUTES[];
extern const size_t SC_ROUTE_COUNT;

/* What the path of a request leads to. */
struct sc_match {
    const struct sc_route *route; /* NULL: no route has this path and method */
    bool path_known;              /* some route has the path */
    const char *argument[SC_ARGUMENTS_MAX];
    char allow[64]; /* the methods of the path, as the Allow field lists them */
};

void sc_route_find(struct sc_match *match, const char *method, const struct sc_uri *uri);

#endif
