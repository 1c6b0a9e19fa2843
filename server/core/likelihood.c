#include "likelihood.h"

#include "elementary.h"
#include "normal.h"

#include <math.h>
#include <string.h>

struct sc_logit sc_logit_of_curve(int curve, double x)
{
    if (curve != SC_CURVE_GOMPERTZ) return (struct sc_logit){.value = x, .first = 1, .second = 0};
    /* L = exp(-s) with s = exp(-x): logit L = -s - log(1 - exp(-s)). */
    double s = sc_exp(-x), rest = -sc_expm1(-s);
    if (rest == 0)
        return (struct sc_logit){.value = x, .first = 1, .second = 0}; /* s underflows: logit -> x */
    return (struct sc_logit){
        .value = -s - sc_log(rest),
        .first = s / rest,
        .second = -s * (rest - s * sc_exp(-s)) / (rest * rest),
    };
}

double sc_logit_of_share(double share, double floor, double ceiling)
{
    if (share <= floor) return -INFINITY;
    if (share >= ceiling) return INFINITY;
    return sc_log((share - floor) / (ceiling - share));
}

/* A standardised distance rho = (logit of a share - logit of the curve) / sigma, and its derivatives: the
 * gradient in (level, slope, ceiling); of the second derivatives only those of the curve and of the ceiling
 * are not 0. */
struct distance {
    double rho, gradient[3], curve_second, ceiling_second;
};

static struct distance distance_of(const struct sc_likelihood *problem, const struct sc_likelihood_at *at,
                                   const struct sc_fit_observation *observation, double share)
{
    double t = observation->year - problem->centre, sigma = observation->sigma;
    struct sc_logit model = sc_logit_of_curve(problem->curve, at->level + at->slope * t);
    double logit = sc_logit_of_share(share, problem->floor, at->ceiling), above = at->ceiling - share;
    struct distance distance = {.rho = (logit - model.value) / sigma};
    if (isinf(logit)) return distance;
    distance.gradient[0] = -model.first / sigma;
    distance.gradient[1] = -model.first * t / sigma;
    distance.gradient[2] = -1 / above / sigma; /* d/dC log((v - F)/(C - v)) */
    distance.curve_second = -model.second / sigma;
    distance.ceiling_second = 1 / (above * above) / sigma;
    return distance;
}

/* Adds first * rho's gradient and Hessian, the chain rule's part that is linear in rho. */
static void add_first_order(struct sc_likelihood_value *sum, const struct distance *distance, double first,
                            double t)
{
    for (int i = 0; i < 3; i++) sum->gradient[i] += first * distance->gradient[i];
    sum->hessian[0][0] += first * distance->curve_second;
    sum->hessian[0][1] += first * distance->curve_second * t;
    sum->hessian[1][0] += first * distance->curve_second * t;
    sum->hessian[1][1] += first * distance->curve_second * t * t;
    sum->hessian[2][2] += first * distance->ceiling_second;
}

static void add_product(struct sc_likelihood_value *sum, const struct distance *a, const struct distance *b,
                        double second)
{
    for (int i = 0; i < 3; i++)
        for (int j = 0; j < 3; j++) sum->hessian[i][j] += second * a->gradient[i] * b->gradient[j];
}

static void add_point(struct sc_likelihood_value *sum, const struct sc_fit_observation *observation,
                      const struct distance *point, double t)
{
    sum->value += sc_normal_log_pdf(point->rho) - sc_log(observation->sigma);
    add_first_order(sum, point, -point->rho, t);
    add_product(sum, point, point, -1);
}

/* log(Phi(B) - Phi(A)); the ratios of densities to the difference are formed from logarithms. */
static void add_range(struct sc_likelihood_value *sum, const struct distance *low,
                      const struct distance *high, double t)
{
    double log_difference = sc_normal_log_between(low->rho, high->rho);
    double a = isinf(low->rho) ? 0 : sc_exp(sc_normal_log_pdf(low->rho) - log_difference);
    double b = isinf(high->rho) ? 0 : sc_exp(sc_normal_log_pdf(high->rho) - log_difference);
    sum->value += log_difference;
    if (a != 0) {
        add_first_order(sum, low, -a, t);
        add_product(sum, low, low, low->rho * a - a * a);
    }
    if (b != 0) {
        add_first_order(sum, high, b, t);
        add_product(sum, high, high, -high->rho * b - b * b);
    }
    if (a != 0 && b != 0) {
        add_product(sum, low, high, a * b);
        add_product(sum, high, low, a * b);
    }
}

struct sc_likelihood_value sc_likelihood(const struct sc_likelihood *problem,
                                         const struct sc_likelihood_at *at)
{
    struct sc_likelihood_value sum = {0};
    for (size_t i = 0; i < problem->count; i++) {
        const struct sc_fit_observation *observation = &problem->observation[i];
        double t = observation->year - problem->centre;
        if (!isnan(observation->value)) {
            struct distance point = distance_of(problem, at, observation, observation->value);
            add_point(&sum, observation, &point, t);
            continue;
        }
        struct distance low = {.rho = -INFINITY}, high = {.rho = INFINITY};
        if (!isnan(observation->low)) low = distance_of(problem, at, observation, observation->low);
        if (!isnan(observation->high)) high = distance_of(problem, at, observation, observation->high);
        add_range(&sum, &low, &high, t);
    }
    return sum;
}
