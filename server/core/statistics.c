#include "secondchair/statistics.h"

#include "beta.h"
#include "elementary.h"

#include <math.h>

/* --- sums --- */

/* Adds to a sum whose rounding errors are gathered apart (Neumaier 1974). */
struct sum {
    double sum, rest;
};

static inline void add(struct sum *to, double x)
{
    double together = to->sum + x;
    to->rest += fabs(to->sum) >= fabs(x) ? to->sum - together + x : x - together + to->sum;
    to->sum = together;
}

double sc_sum(const double *x, size_t n)
{
    struct sum all = {0, 0};
    for (size_t i = 0; i < n; i++) add(&all, x[i]);
    return all.sum + all.rest;
}

/* Of the distances from the first number, so that equal numbers have exactly their mean. */
double sc_mean(const double *x, size_t n)
{
    struct sum away = {0, 0};
    for (size_t i = 1; i < n; i++) add(&away, x[i] - x[0]);
    return x[0] + (away.sum + away.rest) / (double)n;
}

double sc_sd(const double *x, size_t n, double mean)
{
    struct sum squares = {0, 0};
    if (n < 2) return NAN;
    for (size_t i = 0; i < n; i++) add(&squares, (x[i] - mean) * (x[i] - mean));
    return sqrt((squares.sum + squares.rest) / (double)(n - 1));
}

double sc_expected_shortfall(const double *sorted, size_t n, double alpha)
{
    double part = alpha * (double)n;
    size_t whole = (size_t)part;
    struct sum away = {0, 0};
    for (size_t i = 0; i < whole && i < n; i++) add(&away, sorted[i] - sorted[0]);
    if (whole < n) add(&away, (part - (double)whole) * (sorted[whole] - sorted[0]));
    return sorted[0] + (away.sum + away.rest) / part;
}

/* --- intervals --- */

/* P(B <= k) of a binomial number B of n, 0 <= k < n: I_(1-p)(n - k, k + 1). */
static double binomial_cdf(size_t n, double p, size_t k)
{
    struct sc_beta shape;
    sc_beta_init(&shape, (double)(n - k), (double)(k + 1));
    return sc_beta_at(&shape, sc_log((1 - p) / p)).p;
}

/* The smallest k with P(B <= k) >= least; n where only that has it. */
static size_t binomial_quantile(size_t n, double p, double least)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (binomial_cdf(n, p, middle) >= least)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* P(X_(l) <= quantile <= X_(u)) = P(l <= B < u), counted from 1. */
struct sc_interval sc_sample_quantile_interval(const double *sorted, size_t n, double p, double level)
{
    double tail = 0.5 * (1 - level);
    size_t lower = binomial_quantile(n, p, tail), upper = binomial_quantile(n, p, 1 - tail) + 1;
    return (struct sc_interval){lower >= 1 ? sorted[lower - 1] : NAN, upper <= n ? sorted[upper - 1] : NAN};
}

/* t = sqrt(dof) sinh(y / 2), y being the log odds of beta(dof / 2, dof / 2). */
double sc_student_t_two_sided(double dof, double level)
{
    struct sc_beta shape;
    double t = sc_log((1 + level) / (1 - level));
    sc_beta_init(&shape, 0.5 * dof, 0.5 * dof);
    return sqrt(dof) * sc_sinh(0.5 * sc_beta_quantile(&shape, t, sc_beta_guess(&shape, t)));
}

struct sc_interval sc_replicate_interval(const double *estimate, size_t replicates, double level)
{
    if (replicates < 2) return (struct sc_interval){NAN, NAN};
    double mean = sc_mean(estimate, replicates), sd = sc_sd(estimate, replicates, mean);
    double reach = sc_student_t_two_sided((double)(replicates - 1), level) * sd / sqrt((double)replicates);
    return (struct sc_interval){mean - reach, mean + reach};
}
