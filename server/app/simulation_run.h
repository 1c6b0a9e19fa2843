/* Running a simulation of one scenario on the pool's threads, and keeping the figures of its paths. */
#ifndef SC_APP_SIMULATION_RUN_H
#define SC_APP_SIMULATION_RUN_H

#include "crew.h"
#include "secondchair/simulate.h"
#include "secondchair/simulation_report.h"

enum {
    SC_PATHS_MAX = 1 << 20,
    SC_BAND_PATHS_MAX = 1 << 14, /* of which yearly figures are kept */
    SC_BAND_KINDS = 3            /* revenue, free cash flow, inference share */
};

/* Paths stand by randomisation: point i of r at [r * stride + i]. */
struct sc_run {
    struct sc_simulation *simulation; /* owned; large: nothing is said of what it holds before */
    const struct sc_uncertainty *uncertainty;
    size_t randomisations, points, stride; /* points: evaluated so far, of each randomisation */
    size_t band_points;                    /* of them, those whose yearly figures are kept: a prefix */
    double *value;
    uint8_t *bin;         /* [driver][randomisations * stride] */
    double *yearly;       /* [kind][year][randomisations * band_points] */
    double *band_scratch; /* [thread of the crew][randomisations * band_points] */
    struct sc_tally tally;
    struct sc_member *member; /* what each thread of the crew computes with */
    size_t members;
    struct sc_tally *of_turn;
    size_t turns_max, first; /* of the loop that is running */
    size_t count;
};

/* Makes room for `points` points of each randomisation; bands: their yearly figures are wanted. False: memory
 * is short. The simulation is prepared afterwards. Always pair with sc_run_fini. */
bool sc_run_init(struct sc_run *run, const struct sc_plan *plan, const struct sc_uncertainty *uncertainty,
                 size_t randomisations, size_t points, bool bands, size_t members);
void sc_run_fini(struct sc_run *run);

/* The block of the first thread, on which the simulation is prepared. */
struct sc_block *sc_run_block(struct sc_run *run);

/* Evaluates the points of every randomisation from those there are up to `points`. */
void sc_run_to(struct sc_run *run, struct sc_crew *crew, size_t points);

/* What there is of one year: count figures of a kind, or NULL where none are kept. */
double *sc_run_yearly(const struct sc_run *run, size_t kind, int year);

#endif
