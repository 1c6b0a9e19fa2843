/* Curves of the inference share and their censored maximum-likelihood fit (MODEL 3). Pure; no allocation. */
#ifndef SC_FIT_H
#define SC_FIT_H

#include "plan.h"

#include <stdbool.h>
#include <stddef.h>

/* theta(year) = floor + (ceiling - floor) L(k (year - mid)); L is the logistic function, or for gompertz
 * exp(-exp(-x)). */
struct sc_curve_parameters {
    int curve; /* SC_CURVE_LOGISTIC or SC_CURVE_GOMPERTZ */
    double k, mid, floor, ceiling;
};
double sc_curve_value(const struct sc_curve_parameters *curve, double year);

/* Monotone cubic interpolation (Fritsch-Carlson) of count >= 1 points, x ascending; flat outside. */
double sc_pchip_value(size_t count, const double *x, const double *y, double at);

/* A point has a value, a range its bounds; what is absent is NAN. sigma > 0 is on the logit scale. */
struct sc_fit_observation {
    double year, value, low, high, sigma;
};

struct sc_fit {
    struct sc_curve_parameters curve;
    bool found;        /* there is a maximum, or a point of the ridge where the data leave one */
    bool ceiling_free; /* the ceiling was fitted */
    size_t parameters; /* 2: k, mid; 3: k, mid, ceiling */
    bool has_covariance;
    size_t
        covariance_size; /* 2 or 3; 2 too where a fitted ceiling stands on its bound and is taken as given */
    double covariance[3][3]; /* inverse of the observed information, order k, mid, ceiling */
    double log_likelihood, aic;
    bool identified;
    const char *reason; /* why it is not found or not identified; NULL */
    size_t observations;
    double residual[SC_OBSERVATIONS_MAX]; /* logit scale; of a range: 0 inside, else to the nearer bound */
};

/* A curve's observations, at most SC_OBSERVATIONS_MAX, with the numbers driver[slot * stride]: those of a
 * plan (stride 1), or of one lane of a block. Returns how many. */
size_t sc_fit_observations(const struct sc_share_curve *curve, const double *driver, size_t stride,
                           struct sc_fit_observation *observation);

/* ceiling NAN: free within (largest observation, 1]. Returns fit->found. */
bool sc_fit_curve(int curve, double floor, double ceiling, const struct sc_fit_observation *observation,
                  size_t count, struct sc_fit *fit);

/* The pointwise band of a fitted curve: logit(theta) +- z sqrt(J C J'). False where there is no covariance.
 */
bool sc_fit_band(const struct sc_fit *fit, double year, double level, double *low, double *high);

#endif
