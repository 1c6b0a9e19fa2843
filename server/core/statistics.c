#include "secondchair/statistics.h"

#include "beta.h"

#include <math.h>
#include <string.h>

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

/* --- order --- */

enum { FEW = 48, DIGITS = 8, VALUES = 256 };

static void insert_sort(double *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double next = x[i];
        size_t at = i;
        for (; at > 0 && x[at - 1] > next; at--) x[at] = x[at - 1];
        x[at] = next;
    }
}

/* An integer that is ordered as the number is. */
static inline uint64_t rank_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static inline size_t digit(uint64_t rank, int place)
{
    return rank >> (8 * place) & (VALUES - 1);
}

/* One digit: from `from` to `to`, where[v] being how many have a smaller one. */
static void distribute(const double *from, double *to, size_t n, int place, size_t *where)
{
    for (size_t i = 0; i < n; i++) to[where[digit(rank_of(from[i]), place)]++] = from[i];
}

void sc_sort(double *x, size_t n, double *scratch)
{
    size_t count[DIGITS][VALUES] = {{0}};
    if (n <= FEW) {
        insert_sort(x, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t rank = rank_of(x[i]);
        for (int place = 0; place < DIGITS; place++) count[place][digit(rank, place)]++;
    }
    double *from = x, *to = scratch;
    for (int place = 0; place < DIGITS; place++) {
        if (count[place][digit(rank_of(x[0]), place)] == n) continue; /* all have the same */
        size_t before = 0;
        for (size_t value = 0; value < VALUES; value++) {
            size_t here = count[place][value];
            count[place][value] = before;
            before += here;
        }
        distribute(from, to, n, place, count[place]);
        double *other = from;
        from = to;
        to = other;
    }
    if (from != x) memcpy(x, from, n * sizeof *x);
}

double sc_sample_quantile(const double *sorted, size_t n, double p)
{
    double at = (double)(n - 1) * p;
    size_t below = (size_t)at;
    if (below + 1 >= n) return sorted[n - 1];
    return sorted[below] + (at - (double)below) * (sorted[below + 1] - sorted[below]);
}

/* --- intervals --- */

/* P(B <= k) of a binomial number B of n, 0 <= k < n: I_(1-p)(n - k, k + 1). */
static double binomial_cdf(size_t n, double p, size_t k)
{
    struct sc_beta shape;
    sc_beta_init(&shape, (double)(n - k), (double)(k + 1));
    return sc_beta_at(&shape, log((1 - p) / p)).p;
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
    double t = log((1 + level) / (1 - level));
    sc_beta_init(&shape, 0.5 * dof, 0.5 * dof);
    return sqrt(dof) * sinh(0.5 * sc_beta_quantile(&shape, t, sc_beta_guess(&shape, t)));
}

struct sc_interval sc_replicate_interval(const double *estimate, size_t replicates, double level)
{
    if (replicates < 2) return (struct sc_interval){NAN, NAN};
    double mean = sc_mean(estimate, replicates), sd = sc_sd(estimate, replicates, mean);
    double reach = sc_student_t_two_sided((double)(replicates - 1), level) * sd / sqrt((double)replicates);
    return (struct sc_interval){mean - reach, mean + reach};
}
