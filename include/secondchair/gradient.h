/* Exact derivatives of the headline figures by every driver, in one sweep backwards through the rows of a
 * block (MODEL 9, Sensitivity): no differences are taken. Pure; memory is the caller's. */
#ifndef SC_GRADIENT_H
#define SC_GRADIENT_H

#include "model.h"

#include <stdbool.h>
#include <stddef.h>

/* What a unit more of a driver adds to each figure. */
struct sc_derivative {
    double value;       /* of value_per_share, expected over the branches of the chair */
    double chair_value; /* of chair_value_per_share, v(never) - v(1); 0 without a chair */
    double hold;        /* of the probability of holding the chair to the horizon; 0 without a chair */
};

/* Where some branch stands exactly on a kink, and the derivative is that of the side on which the formulas
 * count it. */
enum sc_kink {
    SC_KINK_EQUITY = 1,        /* equity is 0: the share is worth 0, as below */
    SC_KINK_EXERCISE = 2,      /* the share is at a strike or a threshold: the tranche is not exercised */
    SC_KINK_PIN = 4,           /* two thresholds pin the share: the first of them is taken to */
    SC_KINK_PROFIT = 8,        /* EBIT is 0 in some year: taxed as a profit */
    SC_KINK_LOSSES = 16,       /* the losses carried forward are just what a year may use: all are used */
    SC_KINK_REINVESTMENT = 32, /* revenue stands still: nothing is reinvested */
    SC_KINK_POINTS = 64 /* the pchip curve turns at a point, or is read at the end from which on it is flat */
};

/* The parameters of the inference share's curve, moved by themselves: a fitted curve is not fitted anew. */
struct sc_curve_derivative {
    struct sc_derivative k, mid, floor, ceiling;
};

struct sc_gradient {
    size_t slots;
    double value_per_share, chair_value_per_share, hold_probability; /* as sc_chair_evaluate has them */
    struct sc_derivative *driver;                                    /* [slots] */
    struct sc_derivative inference_share[SC_YEARS_MAX]; /* by the share of a year, whatever it follows from */
    struct sc_curve_derivative curve;                   /* of a logistic or a gompertz curve, else 0 */
    /* The ceiling of a fitted curve, moved with k and mid fitted anew to it. NAN where they cannot be. */
    struct sc_derivative refitted_ceiling;
    /* Why the derivatives by the observations, and by floor and ceiling of a fitted curve, are NAN; or NULL.
     */
    const char *fit_reason;
    unsigned kinks; /* enum sc_kink */

    struct sc_derivative *by_held_revenue; /* of segments, [index * years + year]: for the sweep */
    struct sc_derivative *by_seat_revenue; /* of seats, [index * years + year]: for the sweep */
};

/* Bytes that a gradient for this plan needs, and its making from that many bytes aligned to 16. */
size_t sc_gradient_size(const struct sc_plan *plan);
void sc_gradient_init(struct sc_gradient *gradient, const struct sc_plan *plan, void *memory);

/* Evaluates all branches of the plan's own drivers, and the derivatives by every slot. Slots that shape the
 * model (horizon, lag, base_year, schema) have 0. On return the block's lane 0 is the branch in which the
 * chair is held. False: some branch has no value; faults say why. */
bool sc_gradient_evaluate(struct sc_block *block, struct sc_gradient *gradient, struct sc_faults *faults);

#endif
