/* A loop whose turns are shared among the pool's threads: the one that serves the call, and others where they
 * are free. A turn's result must not depend on who takes it. */
#ifndef SC_APP_CREW_H
#define SC_APP_CREW_H

#include "secondchair/call.h"

enum { SC_CREW_MAX = SC_DELEGATED_MAX + 1 };

struct sc_crew;

/* In the call's arena, for as many loops as the call has; NULL when memory is short. */
struct sc_crew *sc_crew_new(struct sc_call *call);

/* Most threads that can be at it at once: 1 … SC_CREW_MAX. */
size_t sc_crew_members(const struct sc_crew *crew);

/* Calls run(context, turn, member) for each turn below `turns`, in no order; member < sc_crew_members says
 * whose scratch to use. Returns when all turns were taken and have ended. */
void sc_crew_run(struct sc_crew *crew, size_t turns, void (*run)(void *context, size_t turn, size_t member),
                 void *context);

#endif
