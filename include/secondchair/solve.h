/* Questions that ask the model many times: headline values at many points, and the points at which the value
 * is a given price (MODEL 9, Implied). Pure; memory is the caller's. */
#ifndef SC_SOLVE_H
#define SC_SOLVE_H

#include "model.h"

#include <stdbool.h>
#include <stddef.h>

enum {
    SC_CHANGES_MAX = 128,
    SC_SCAN_POINTS = 257, /* over which changes of sign are looked for */
    SC_ROOTS_MAX = 64
};

/* The headline value of a share, the mixture over the chair's branches, at count points: point p has each of
 * at most SC_CHANGES_MAX changes' slot at change.value[p]. NAN where a branch of a point has no value; fault,
 * where it is not NULL, gets each point's reasons (enum sc_lane_fault, those of all branches; SC_LANE_DOMAIN
 * may follow from the others), 0 where there are none. The same bits as sc_chair_evaluate. */
void sc_values(struct sc_block *block, const struct sc_change *change, size_t changes, size_t count,
               double *value, uint32_t *fault);

/* Every x between low and high at which the value with `slot` at x is the price, with the other changes held
 * (one number each). A stretch on which the value stands at the price (a pin) counts once, with its lower
 * end. */
struct sc_roots {
    double x[SC_ROOTS_MAX]; /* ascending */
    size_t count;
    double lowest, highest; /* values reached on the scan; NAN where none */
    size_t rejected;        /* points of the scan without a value */
};

struct sc_implied {
    sc_slot slot;
    double low, high, price;
    const struct sc_change *held;
    size_t held_count;
    size_t points; /* of the scan, 2 … SC_SCAN_POINTS */
};

void sc_implied_solve(struct sc_block *block, const struct sc_implied *question, struct sc_roots *roots);

#endif
