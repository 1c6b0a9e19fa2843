#include "simulation_run.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct sc_member {
    struct sc_block block;
    void *memory;
    struct sc_simulation_scratch *scratch;
    bool begun;
};

enum { TURN = SC_PATHS_AT_ONCE };

static size_t turns_for(const struct sc_run *run, size_t points)
{
    return run->randomisations * ((points + TURN - 1) / TURN);
}

static void *aligned(size_t bytes)
{
    return aligned_alloc(64, (bytes + 63) / 64 * 64);
}

static bool init_member(struct sc_member *member, const struct sc_plan *plan)
{
    member->memory = aligned(sc_block_size(plan));
    member->scratch = aligned(sizeof *member->scratch);
    if (!member->memory || !member->scratch) return false;
    sc_block_init(&member->block, plan, member->memory);
    return true;
}

bool sc_run_init(struct sc_run *run, const struct sc_plan *plan, const struct sc_uncertainty *uncertainty,
                 size_t randomisations, size_t points, bool bands, size_t members)
{
    size_t paths = randomisations * points, years = (size_t)plan->horizon + 1;
    size_t band_points = SC_BAND_PATHS_MAX / randomisations;
    run->uncertainty = uncertainty;
    run->randomisations = randomisations;
    run->stride = points;
    run->points = 0;
    run->band_points = !bands ? 0 : points < band_points ? points : band_points;
    size_t bands_of = randomisations * run->band_points;
    run->tally = (struct sc_tally){.least_spread = INFINITY};
    run->simulation = aligned(sizeof *run->simulation);
    run->value = malloc(paths * sizeof *run->value);
    run->bin = calloc(paths, uncertainty->count + 1);
    run->yearly = malloc((SC_BAND_KINDS * years * bands_of + 1) * sizeof *run->yearly);
    run->band_scratch = malloc((members * bands_of + 1) * sizeof *run->band_scratch);
    run->turns_max = turns_for(run, points);
    run->of_turn = calloc(run->turns_max, sizeof *run->of_turn);
    run->member = calloc(members, sizeof *run->member);
    run->members = run->member ? members : 0;
    bool done = run->simulation && run->value && run->bin && run->yearly && run->band_scratch &&
                run->of_turn && run->member;
    for (size_t i = 0; i < members && done; i++) done = init_member(&run->member[i], plan);
    return done;
}

void sc_run_fini(struct sc_run *run)
{
    for (size_t i = 0; i < run->members; i++) {
        free(run->member[i].memory);
        free(run->member[i].scratch);
    }
    free(run->member);
    free(run->of_turn);
    free(run->band_scratch);
    free(run->yearly);
    free(run->bin);
    free(run->value);
    free(run->simulation);
}

struct sc_block *sc_run_block(struct sc_run *run)
{
    return &run->member[0].block;
}

double *sc_run_yearly(const struct sc_run *run, size_t kind, int year)
{
    size_t years = (size_t)run->simulation->plan->horizon + 1, each = run->randomisations * run->band_points;
    return each > 0 ? run->yearly + (kind * years + (size_t)year) * each : NULL;
}

/* Where the figures of points first … of a randomisation go. */
static void find_paths(const struct sc_run *run, size_t randomisation, size_t first, struct sc_paths *paths)
{
    size_t all = run->randomisations * run->stride, at = randomisation * run->stride + first,
           band_at = randomisation * run->band_points + first;
    bool banded = first < run->band_points, shared = run->simulation->plan->market.present;
    *paths = (struct sc_paths){.value = run->value + at};
    for (size_t i = 0; i < run->uncertainty->count; i++) paths->bin[i] = run->bin + i * all + at;
    for (int year = 0; year <= run->simulation->plan->horizon && banded; year++) {
        paths->revenue[year] = sc_run_yearly(run, 0, year) + band_at;
        paths->fcff[year] = sc_run_yearly(run, 1, year) + band_at;
        if (shared) paths->inference_share[year] = sc_run_yearly(run, 2, year) + band_at;
    }
}

/* One turn: up to TURN points of one randomisation. A turn does not straddle the end of what bands are kept
 * of. */
static void take_turn(void *context, size_t turn, size_t index)
{
    struct sc_run *run = context;
    struct sc_member *member = &run->member[index];
    size_t per_randomisation = (run->count + TURN - 1) / TURN, randomisation = turn / per_randomisation,
           offset = turn % per_randomisation * TURN, count = run->count - offset;
    size_t first = run->first + offset, end = first + (count < TURN ? count : TURN);
    struct sc_tally *tally = &run->of_turn[turn];
    *tally = (struct sc_tally){.least_spread = INFINITY};
    if (!member->begun) sc_simulation_begin(run->simulation, &member->block);
    member->begun = true;
    while (first < end) {
        size_t until = first < run->band_points && end > run->band_points ? run->band_points : end;
        struct sc_paths paths;
        find_paths(run, randomisation, first, &paths);
        sc_simulate(run->simulation, &member->block, member->scratch, (uint32_t)randomisation,
                    (uint32_t)first, until - first, &paths, tally);
        first = until;
    }
}

void sc_run_to(struct sc_run *run, struct sc_crew *crew, size_t points)
{
    run->first = run->points;
    run->count = points - run->points;
    size_t turns = turns_for(run, run->count);
    sc_crew_run(crew, turns, take_turn, run);
    for (size_t i = 0; i < turns; i++) sc_tally_add(&run->tally, &run->of_turn[i]);
    run->points = points;
}
