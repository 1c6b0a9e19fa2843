#include "beta.h"
#include "elementary.h"
#include "normal.h"
#include "quantile.h"

#include <math.h>

static const struct sc_tails ALL_ABOVE = {0, 1}, ALL_BELOW = {1, 0};

static struct sc_tails normal_tails(double z)
{
    return (struct sc_tails){sc_normal_cdf(z), sc_normal_cdf(-z)};
}

static struct sc_tails uniform_tails(double low, double high, double x)
{
    return (struct sc_tails){(x - low) / (high - low), (high - x) / (high - low)};
}

static struct sc_tails triangular_tails(const double *p, double x)
{
    double low = p[0], mode = p[1], high = p[2], width = high - low;
    if (x < mode) {
        double below = (x - low) / width * ((x - low) / (mode - low));
        return (struct sc_tails){below, 1 - below};
    }
    double above = x < high ? (high - x) / width * ((high - x) / (high - mode)) : 0;
    return (struct sc_tails){1 - above, above};
}

static struct sc_tails odds_tails(double alpha, double beta, double log_odds)
{
    struct sc_beta shape;
    sc_beta_init(&shape, alpha, beta);
    struct sc_beta_point point = sc_beta_at(&shape, log_odds);
    return (struct sc_tails){point.p, point.q};
}

static struct sc_tails beta_tails(double alpha, double beta, double low, double high, double x)
{
    return odds_tails(alpha, beta, sc_log((x - low) / (high - x)));
}

/* t = sqrt(dof) sinh(y / 2), y being the log odds of beta(dof / 2, dof / 2). */
static struct sc_tails student_tails(const double *p, double x)
{
    return odds_tails(0.5 * p[2], 0.5 * p[2], 2 * sc_asinh((x - p[0]) / p[1] / sqrt(p[2])));
}

/* Where all numbers are; infinite ends where there is none. */
static void support(const struct sc_distribution *distribution, double *low, double *high)
{
    const double *p = distribution->parameter;
    *low = -INFINITY;
    *high = INFINITY;
    switch (distribution->kind) {
    case SC_LOGNORMAL:
        *low = 0;
        break;
    case SC_UNIFORM:
        *low = p[0];
        *high = p[1];
        break;
    case SC_TRIANGULAR:
    case SC_PERT:
        *low = p[0];
        *high = p[2];
        break;
    case SC_BETA:
        *low = p[2];
        *high = p[3];
        break;
    default:
        break;
    }
}

struct sc_tails sc_distribution_tails(const struct sc_distribution *distribution, double x)
{
    const double *p = distribution->parameter;
    double low, high, alpha, beta;
    support(distribution, &low, &high);
    if (x <= low) return ALL_ABOVE;
    if (x >= high) return ALL_BELOW;
    switch (distribution->kind) {
    case SC_NORMAL:
        return normal_tails((x - p[0]) / p[1]);
    case SC_LOGNORMAL:
        return normal_tails((sc_log(x) - p[0]) / p[1]);
    case SC_UNIFORM:
        return uniform_tails(low, high, x);
    case SC_TRIANGULAR:
        return triangular_tails(p, x);
    case SC_PERT:
        sc_pert_shape(distribution, &alpha, &beta);
        return beta_tails(alpha, beta, low, high, x);
    case SC_BETA:
        return beta_tails(p[0], p[1], low, high, x);
    case SC_STUDENT_T:
        return student_tails(p, x);
    default:
        return normal_tails(x);
    }
}

static double discrete_mass(const struct sc_distribution *distribution, double low, double high)
{
    double mass = 0, all = 0;
    for (size_t i = 0; i < distribution->count; i++) {
        double value = distribution->value[i], weight = distribution->weight[i];
        all += weight;
        if (value >= low && value <= high) mass += weight;
    }
    return mass / all;
}

double sc_distribution_mass(const struct sc_distribution *distribution, double low, double high)
{
    double constant;
    if (sc_distribution_constant(distribution, &constant)) return constant >= low && constant <= high;
    if (distribution->kind == SC_DISCRETE) return discrete_mass(distribution, low, high);
    struct sc_tails at_low = sc_distribution_tails(distribution, low);
    struct sc_tails at_high = sc_distribution_tails(distribution, high);
    if (at_high.below <= 0.5) return at_high.below - at_low.below;
    if (at_low.above <= 0.5) return at_low.above - at_high.above;
    return 1 - at_low.below - at_high.above;
}

double sc_distribution_cdf(const struct sc_distribution *distribution, double x)
{
    double min = distribution->min, max = distribution->max;
    if (x < min) return 0;
    return sc_distribution_mass(distribution, min, fmin(x, max)) /
           sc_distribution_mass(distribution, min, max);
}
