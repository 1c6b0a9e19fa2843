/* What the parts of the distributions share: both tails of a probability. */
#ifndef SC_CORE_QUANTILE_H
#define SC_CORE_QUANTILE_H

#include "secondchair/distribution.h"

/* P(X < x) and P(X > x) of a continuous distribution before truncation, each to full relative precision. */
struct sc_tails {
    double below, above;
};
struct sc_tails sc_distribution_tails(const struct sc_distribution *distribution, double x);

/* P(low <= X <= high) before truncation. */
double sc_distribution_mass(const struct sc_distribution *distribution, double low, double high);

/* The quantile at u where both u and v = 1 - u are known. */
double sc_quantile_between(const struct sc_quantile *quantile, double u, double v);

/* alpha and beta of a pert distribution. */
void sc_pert_shape(const struct sc_distribution *distribution, double *alpha, double *beta);

/* The one value of a distribution without variance. */
bool sc_distribution_constant(const struct sc_distribution *distribution, double *value);

#endif
