#include "workshop.h"

#include "request.h"

#include <stdlib.h>

enum { PARTS = 16 }; /* between which is told how far it is */

static void *aligned(size_t bytes)
{
    return aligned_alloc(64, bytes / 64 * 64 + 64);
}

bool sc_workshop_init(struct sc_workshop *workshop, struct sc_call *call, const struct sc_plan *plan,
                      size_t scratch)
{
    *workshop = (struct sc_workshop){.call = call, .crew = sc_crew_new(call)};
    size_t places = workshop->crew ? sc_crew_members(workshop->crew) : 0;
    bool done = places > 0;
    for (size_t i = 0; i < places && done; i++) {
        struct sc_workplace *place = &workshop->place[workshop->places++];
        place->memory = aligned(sc_block_size(plan));
        place->scratch = aligned(scratch);
        done = place->memory && place->scratch;
        if (done) sc_block_init(&place->block, plan, place->memory);
    }
    if (!done) sc_call_exhausted(call);
    return done;
}

void sc_workshop_fini(struct sc_workshop *workshop)
{
    for (size_t i = 0; i < workshop->places; i++) {
        free(workshop->place[i].memory);
        free(workshop->place[i].scratch);
    }
    workshop->places = 0;
}

/* Some of the turns, from the first on. */
struct part {
    struct sc_workshop *workshop;
    sc_turn *take;
    void *context;
    size_t first;
};

static void take_turn(void *context, size_t turn, size_t member)
{
    const struct part *part = context;
    part->take(part->context, part->first + turn, &part->workshop->place[member]);
}

bool sc_workshop_run(struct sc_workshop *workshop, size_t turns, sc_turn *take, void *context)
{
    struct part part = {workshop, take, context, 0};
    size_t at_once = turns / PARTS / workshop->places * workshop->places;
    if (at_once == 0) at_once = workshop->places;
    for (; part.first < turns; part.first += at_once) {
        if (!sc_call_goes_on(workshop->call, (double)part.first / (double)turns, NULL)) return false;
        size_t left = turns - part.first;
        sc_crew_run(workshop->crew, left < at_once ? left : at_once, take_turn, &part);
    }
    return true;
}
