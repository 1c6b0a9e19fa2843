/* Simulation: the headline value where drivers are uncertain (MODEL 10). A path is one draw of every
 * uncertain driver; its value is the exact mixture over the chair's branches, or one branch that is drawn
 * too. Paths depend on (seed, randomisation, point, pointer) alone, so they may be evaluated in any order by
 * any number of threads. Pure; memory is the caller's. */
#ifndef SC_SIMULATE_H
#define SC_SIMULATE_H

#include "copula.h"
#include "model.h"
#include "sobol.h"
#include "uncertainty.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SC_DRAWS_MAX = SC_UNCERTAIN_MAX + 3, /* a fitted curve takes up to three; one is for the loss */
    SC_PATHS_AT_ONCE = 256,              /* of one randomisation: what one call evaluates */
    SC_VARIANCE_BINS = 32
};

enum sc_sampler { SC_SAMPLER_SOBOL, SC_SAMPLER_PHILOX };

struct sc_sampling {
    int sampler;
    uint64_t seed;
    bool samples_loss; /* the year of loss is drawn instead of mixed exactly */
};

/* One number of every path. */
struct sc_draw {
    sc_slot slot;  /* SC_NO_SLOT: the year of loss */
    size_t driver; /* of the uncertainty; its count for the year of loss */
    size_t dimension;
    uint64_t key;
    struct sc_quantile quantile;
    const struct sc_field *bounds; /* outside them a draw is rejected; NULL for none */
};

/* Made ready once, for many threads to read. */
struct sc_simulation {
    const struct sc_plan *plan;
    struct sc_sampling sampling;
    size_t draws, moved; /* moved: of them, those that have a slot */
    struct sc_draw draw[SC_DRAWS_MAX];
    bool correlated;
    size_t correlated_draw[SC_COPULA_MAX]; /* row of the copula -> draw */
    bool moves_along[SC_DRAWS_MAX];        /* the draw is correlated with another */
    struct sc_copula copula;
    size_t curve_draw, curve_size; /* draws of the fitted curve, 0, 2 or 3 of them */
    double curve_mean[3], curve_factor[3][3], curve_floor;
    struct sc_sobol sobol;
};

/* The dimensions of Sobol's points that are taken, each by a draw's key. Simulations that are prepared with
 * the same ones have their random numbers in common: a driver with the same pointer moves alike in all. */
struct sc_dimensions {
    size_t count; /* 0 at first */
    uint64_t key[SC_SOBOL_DIMENSIONS];
};

/* The document's `uncertainty` is sound (its compilation has checked it). dimensions: NULL where no other
 * simulation shares them. False: faults say why, at places under `place`. */
bool sc_simulation_prepare(struct sc_simulation *simulation, struct sc_block *block,
                           const struct sc_uncertainty *uncertainty, const struct sc_sampling *sampling,
                           struct sc_dimensions *dimensions, struct sc_copula_scratch *scratch,
                           const char *place, struct sc_faults *faults);

/* Why paths were rejected; a path counts once, with the first that holds. */
enum sc_rejection {
    SC_REJECTED_BOUNDS, /* a draw outside its driver's bounds */
    SC_REJECTED_GROWTH, /* w_T <= g */
    SC_REJECTED_SHARES,
    SC_REJECTED_DOMAIN,
    SC_REJECTIONS
};

/* What a call leaves behind, beside the paths' own figures. Sums are over the paths that have a value. */
struct sc_tally {
    uint64_t rejected[SC_REJECTIONS];
    uint64_t accepted;
    uint64_t above_price[SC_YEARS_MAX]; /* by year of loss, 0: never */
    double sum[SC_YEARS_MAX];           /* of the values of that branch */
    double weight[SC_YEARS_MAX];        /* of its probabilities, added up */
    uint64_t near;                      /* paths with w_T - g below SC_NEAR_SPREAD */
    double least_spread;
};
#define SC_NEAR_SPREAD 0.01

/* Where the figures of the paths go: arrays of the caller, of `count` elements each. */
struct sc_paths {
    double *value;                  /* NAN where the path is rejected */
    uint8_t *bin[SC_UNCERTAIN_MAX]; /* [driver]: which of SC_VARIANCE_BINS parts of its probability */
    double *revenue[SC_YEARS_MAX], *fcff[SC_YEARS_MAX], *inference_share[SC_YEARS_MAX]; /* or NULL; by year */
};

/* Adds one tally to another. */
void sc_tally_add(struct sc_tally *tally, const struct sc_tally *other);

/* What one thread computes in. */
struct sc_simulation_scratch {
    double draw[SC_DRAWS_MAX][SC_PATHS_AT_ONCE];
    bool outside[SC_PATHS_AT_ONCE];
    struct sc_mixture mixture;
};

/* Numbers as their distributions give them, a row for each draw that has a slot, become those that the model
 * takes: the standard normal ones of a fitted curve become its parameters. outside: the points at which some
 * number is out of its driver's bounds; count <= SC_PATHS_AT_ONCE of both. */
void sc_simulation_place(const struct sc_simulation *simulation, double (*row)[SC_PATHS_AT_ONCE],
                         size_t count, bool *outside);

/* Says to a block of the simulation's plan, once, what the simulation moves. */
void sc_simulation_begin(const struct sc_simulation *simulation, struct sc_block *block);

/* Evaluates points first … first + count - 1 of a randomisation; 1 <= count <= SC_PATHS_AT_ONCE. Adds to the
 * tally, whose least_spread begins as INFINITY. */
void sc_simulate(const struct sc_simulation *simulation, struct sc_block *block,
                 struct sc_simulation_scratch *scratch, uint32_t randomisation, uint32_t first, size_t count,
                 const struct sc_paths *paths, struct sc_tally *tally);

#endif
