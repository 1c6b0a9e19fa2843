/* Many points of the model on the pool's threads: what each of them computes in, and a loop over turns that
 * tells how far it is. */
#ifndef SC_APP_WORKSHOP_H
#define SC_APP_WORKSHOP_H

#include "crew.h"
#include "secondchair/model.h"

/* Of one thread. */
struct sc_workplace {
    struct sc_block block;
    void *memory, *scratch;
};

struct sc_workshop {
    struct sc_call *call;
    struct sc_crew *crew;
    struct sc_workplace place[SC_CREW_MAX];
    size_t places;
};

/* A block of the plan, and so many bytes of scratch aligned to 64, for each thread of the call. False: the
 * answer is a problem. Always pair with sc_workshop_fini. */
bool sc_workshop_init(struct sc_workshop *workshop, struct sc_call *call, const struct sc_plan *plan,
                      size_t scratch) __attribute__((warn_unused_result));
void sc_workshop_fini(struct sc_workshop *workshop);

/* Runs each turn below `turns` once, in no order: its result must not depend on who takes it. False: nobody
 * wants the answer any more (sc_call_goes_on). */
typedef void sc_turn(void *context, size_t turn, struct sc_workplace *place);
bool sc_workshop_run(struct sc_workshop *workshop, size_t turns, sc_turn *take, void *context)
    __attribute__((warn_unused_result));

#endif
