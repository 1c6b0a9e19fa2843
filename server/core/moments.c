#include "quantile.h"

#include "elementary.h"

#include <math.h>

#define PI 3.14159265358979323846

/* Mean and variance; NAN where there is none. */
struct moments {
    double mean, variance;
};

/* --- of whole distributions --- */

static struct moments lognormal_moments(double mu, double sigma)
{
    double mean = sc_exp(mu + 0.5 * sigma * sigma);
    return (struct moments){mean, mean * mean * sc_expm1(sigma * sigma)};
}

static struct moments triangular_moments(double low, double mode, double high)
{
    double width = high - low, rise = mode - low;
    return (struct moments){low + (width + rise) / 3, (width * width - width * rise + rise * rise) / 18};
}

static struct moments beta_moments(double alpha, double beta, double low, double width)
{
    double all = alpha + beta, mean = alpha / all;
    return (struct moments){low + width * mean, width * width * mean * (beta / all) / (all + 1)};
}

static struct moments student_moments(double location, double scale, double dof)
{
    return (struct moments){dof > 1 ? location : NAN, dof > 2 ? scale * scale * (dof / (dof - 2)) : NAN};
}

static struct moments whole_moments(const struct sc_distribution *distribution)
{
    const double *p = distribution->parameter;
    double alpha, beta;
    switch (distribution->kind) {
    case SC_NORMAL:
        return (struct moments){p[0], p[1] * p[1]};
    case SC_LOGNORMAL:
        return lognormal_moments(p[0], p[1]);
    case SC_UNIFORM:
        return (struct moments){p[0] + 0.5 * (p[1] - p[0]), (p[1] - p[0]) * (p[1] - p[0]) / 12};
    case SC_TRIANGULAR:
        return triangular_moments(p[0], p[1], p[2]);
    case SC_PERT:
        sc_pert_shape(distribution, &alpha, &beta);
        return beta_moments(alpha, beta, p[0], p[2] - p[0]);
    case SC_BETA:
        return beta_moments(p[0], p[1], p[2], p[3] - p[2]);
    case SC_STUDENT_T:
        return student_moments(p[0], p[1], p[2]);
    default:
        return (struct moments){0, 1};
    }
}

static struct moments discrete_moments(const struct sc_distribution *distribution)
{
    double all = 0, sum = 0, squares = 0, first = distribution->value[0];
    for (size_t i = 0; i < distribution->count; i++) {
        double value = distribution->value[i], weight = distribution->weight[i];
        if (value < distribution->min || value > distribution->max) continue;
        all += weight;
        sum += weight * (value - first);
    }
    double mean = first + sum / all;
    for (size_t i = 0; i < distribution->count; i++) {
        double value = distribution->value[i], weight = distribution->weight[i];
        if (value >= distribution->min && value <= distribution->max)
            squares += weight * (value - mean) * (value - mean);
    }
    return (struct moments){mean, squares / all};
}

/* --- of truncated ones: integrals of the quantile function --- */

/* The integral of (quantile - centre)^power over (0, 1), by the tanh-sinh rule (Takahasi and Mori 1974) on
 * either side of a probability at which the function may have a kink. */
static double integral(const struct sc_quantile *quantile, double kink, double centre, int power)
{
    double sum = 0;
    for (int step = -392; step <= 392; step++) {
        double at = sc_sinh(step / 64.0), odds = sc_exp(PI * at), part = odds / (1 + odds),
               rest = 1 / (1 + odds);
        double weight = PI * sqrt(1 + at * at) * part * rest / 64;
        if (!(weight > 1e-280)) continue;
        double below = sc_quantile_between(quantile, kink * part, (1 - kink) + kink * rest) - centre;
        double above = sc_quantile_between(quantile, kink + (1 - kink) * part, (1 - kink) * rest) - centre;
        sum += weight * (kink * (power == 2 ? below * below : below) +
                         (1 - kink) * (power == 2 ? above * above : above));
    }
    return sum;
}

static struct moments truncated_moments(const struct sc_distribution *distribution)
{
    struct sc_quantile quantile;
    bool open = isinf(distribution->min) || isinf(distribution->max);
    double dof = distribution->kind == SC_STUDENT_T && open ? distribution->parameter[2] : INFINITY;
    double kink = distribution->kind == SC_TRIANGULAR
                      ? sc_distribution_cdf(distribution, distribution->parameter[1])
                      : 0.5;
    sc_quantile_prepare(distribution, &quantile);
    double middle = sc_quantile_at(&quantile, 0.5);
    double mean = middle + integral(&quantile, kink, middle, 1);
    return (struct moments){dof > 1 ? mean : NAN, dof > 2 ? integral(&quantile, kink, mean, 2) : NAN};
}

static struct moments moments_of(const struct sc_distribution *distribution)
{
    double constant;
    if (sc_distribution_constant(distribution, &constant)) return (struct moments){constant, 0};
    if (distribution->kind == SC_DISCRETE) return discrete_moments(distribution);
    if (isinf(distribution->min) && isinf(distribution->max)) return whole_moments(distribution);
    return truncated_moments(distribution);
}

static double finite_or_nan(double x)
{
    return isfinite(x) ? x : NAN;
}

double sc_distribution_mean(const struct sc_distribution *distribution)
{
    return finite_or_nan(moments_of(distribution).mean);
}

double sc_distribution_sd(const struct sc_distribution *distribution)
{
    return finite_or_nan(sqrt(moments_of(distribution).variance));
}
