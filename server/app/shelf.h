/* The scenarios that the questions of one batch are about: all that ask for one see the same revision of it.
 * Threads share a shelf. */
#ifndef SC_APP_SHELF_H
#define SC_APP_SHELF_H

#include "ready.h"

struct sc_shelf;

struct sc_shelf *sc_shelf_new(void);
void sc_shelf_free(struct sc_shelf *shelf);

/* As sc_ready_find, or as it was found before. */
struct sc_ready *sc_shelf_find(struct sc_shelf *shelf, struct sc_call *call, const char *id,
                               int64_t revision);

#endif
