/* Weighted scenarios: what a share is worth on average, how far apart the cases lie, and which weight on one
 * of them makes a price fair (MODEL 9, Set). Pure. */
#ifndef SC_WEIGH_H
#define SC_WEIGH_H

#include <stddef.h>

#define SC_WEIGHT_TOLERANCE 1e-9 /* by which weights may miss 1 in sum */

/* One case: its weight, from 0 to 1, and the value of a share in it, finite and not negative. The weights of
 * all add up to 1 within SC_WEIGHT_TOLERANCE; none is scaled. */
struct sc_weighted {
    double weight, value;
};

struct sc_weighing {
    double expected_value; /* sum of w v */
    double sd;             /* sqrt(sum of w (v - expected_value)^2); exactly 0 where all are worth the same */
    double low, high;      /* of the values, whatever their weight */
    double probability_above; /* sum of the weights of the cases worth more than the price */
};

/* count is at least 1. */
void sc_weigh(const struct sc_weighted *cases, size_t count, double price, struct sc_weighing *weighing);

/* The smallest value such that it and all below it have weight p together, p from 0 to 1: the inverse of the
 * distribution function. */
double sc_weighed_quantile(const struct sc_weighted *cases, size_t count, double p);

struct sc_fair_weight {
    double weight; /* NAN where there is none, and then reason says why */
    double others; /* the mean of the other cases in their own proportion; NAN where they have no weight */
    const char *reason; /* one sentence; NULL where there is a weight */
};

/* The weight w of one case at which the price is fair, the others keeping their proportion:
 * w v + (1 - w) others = price. */
void sc_fair_weight(const struct sc_weighted *cases, size_t count, size_t index, double price,
                    struct sc_fair_weight *fair);

#endif
