/* The model: from a compiled scenario to its figures, over many lanes at once. Pure functions; memory is the
 * caller's. Sections are those of the model's description (README, "How the model works"). */
#ifndef SC_MODEL_H
#define SC_MODEL_H

#include "fault.h"
#include "plan.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Version of the model: two answers may be compared only where it is the same. */
#define SC_ENGINE_VERSION "1.0.0"

/* Derives what follows from the plan's own figures (stub, market year, seat of each segment) and checks what the
 * table of fields cannot say: dates, members that exclude or need each other, ids, seats, the shape of paths.
 * Adds a fault for each; true when there was none. MODEL 1, 4, 5, 7. */
bool sc_plan_link(struct sc_plan *plan, struct sc_faults *faults);

#endif
