/* What the application keeps between calls. */
#ifndef SC_APP_STATE_H
#define SC_APP_STATE_H

#include <stdatomic.h>

struct sc_store;

struct sc_app {
    struct sc_store *store; /* borrowed */
    atomic_uint exports;    /* running now */
    atomic_uint imports;    /* whose lines are being read */
};

#endif
