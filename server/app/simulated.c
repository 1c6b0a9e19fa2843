#include "simulation.h"

#include "secondchair/solve.h"

#include <stdlib.h>

/* Room for what is said of all its paths. */
static bool make_room(struct sc_simulated *simulated, size_t paths)
{
    simulated->sorted.all = malloc(paths * sizeof *simulated->sorted.all);
    simulated->sorted.each = malloc(paths * sizeof *simulated->sorted.each);
    simulated->scratch = malloc(paths * sizeof *simulated->scratch);
    return simulated->sorted.all && simulated->sorted.each && simulated->scratch;
}

bool sc_simulated_prepare(struct sc_simulated *simulated, const struct sc_simulation_question *question,
                          size_t crew, struct sc_dimensions *dimensions, const char *place,
                          struct sc_faults *faults)
{
    struct sc_run *run = &simulated->run;
    struct sc_copula_scratch *scratch = malloc(sizeof *scratch);
    size_t randomisations = question->randomisations,
           points = (question->paths + randomisations - 1) / randomisations;
    bool done = scratch && make_room(simulated, points * randomisations) &&
                sc_run_init(run, simulated->plan, &simulated->uncertainty, randomisations, points,
                            question->bands, crew) &&
                sc_simulation_prepare(run->simulation, sc_run_block(run), &simulated->uncertainty,
                                      &question->sampling, dimensions, scratch, place, faults);
    free(scratch);
    if (done) sc_values(sc_run_block(run), NULL, 0, 1, &simulated->value_per_share, NULL);
    return done;
}

void sc_simulated_free(struct sc_simulated *simulated)
{
    if (!simulated) return;
    free(simulated->sorted.all);
    free(simulated->sorted.each);
    free(simulated->scratch);
    sc_run_fini(&simulated->run);
    free(simulated);
}

void sc_simulated_summarise(struct sc_simulated *simulated, double level)
{
    const struct sc_run *run = &simulated->run;
    simulated->sample = (struct sc_sample){.value = run->value,
                                           .randomisations = run->randomisations,
                                           .points = run->points,
                                           .stride = run->stride,
                                           .level = level};
    sc_sample_sort(&simulated->sample, &simulated->sorted, simulated->scratch);
    if (simulated->sorted.count > 0)
        sc_sample_moments(&simulated->sample, &simulated->sorted, &simulated->moments);
}

bool sc_simulated_is_computable(const struct sc_simulated *simulated, const char *place,
                                struct sc_faults *faults)
{
    if (simulated->sorted.count > 1) return true;
    sc_fault_add(
        faults, SC_FAULT_not_computable, place,
        "%zu of %zu paths lie outside the drivers' bounds or the model's domain; move the distributions",
        sc_simulated_rejected(simulated), sc_simulated_paths(simulated));
    return false;
}

size_t sc_simulated_paths(const struct sc_simulated *simulated)
{
    return simulated->run.randomisations * simulated->run.points;
}

size_t sc_simulated_rejected(const struct sc_simulated *simulated)
{
    return sc_simulated_paths(simulated) - (size_t)simulated->run.tally.accepted;
}

enum sc_tail sc_simulated_tail(const struct sc_simulated *simulated)
{
    const struct sc_tally *tally = &simulated->run.tally;
    if (simulated->plan->terminal.method == SC_EXIT_MULTIPLE) return SC_TAIL_NONE;
    return tally->near > 0 || tally->rejected[SC_REJECTED_GROWTH] > 0 ? SC_TAIL_FIRED : SC_TAIL_OK;
}

const char *sc_tail_name(enum sc_tail tail)
{
    static const char *const NAMES[] = {"ok", "fired", "not_applicable"};
    return NAMES[tail];
}
