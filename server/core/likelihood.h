/* The log-likelihood of an inference-share curve and its derivatives (MODEL 3). */
#ifndef SC_CORE_LIKELIHOOD_H
#define SC_CORE_LIKELIHOOD_H

#include "secondchair/fit.h"

#include <stddef.h>

/* The problem that is fitted: years are centred so that level and slope are nearly uncorrelated. */
struct sc_likelihood {
    int curve;
    double floor, centre; /* centre: the mean of the observations' years */
    const struct sc_fit_observation *observation;
    size_t count;
};

/* Where it is evaluated: the curve's argument is level + slope (year - centre). */
struct sc_likelihood_at {
    double level, slope, ceiling;
};

/* Value, gradient and Hessian in the order level, slope, ceiling. */
struct sc_likelihood_value {
    double value, gradient[3], hessian[3][3];
};

struct sc_likelihood_value sc_likelihood(const struct sc_likelihood *problem,
                                         const struct sc_likelihood_at *at);

/* logit of the curve's level L(x), with its first two derivatives in x. */
struct sc_logit {
    double value, first, second;
};
struct sc_logit sc_logit_of_curve(int curve, double x);

/* logit((share - floor) / (ceiling - floor)); -INFINITY at or below the floor, INFINITY at or above the
 * ceiling. */
double sc_logit_of_share(double share, double floor, double ceiling);

#endif
