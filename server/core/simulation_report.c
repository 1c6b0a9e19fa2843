#include "secondchair/simulation_report.h"

#include "lanes.h"

#include <math.h>

void sc_sample_sort(const struct sc_sample *sample, struct sc_sorted *sorted, double *scratch)
{
    sorted->count = 0;
    for (size_t r = 0; r < sample->randomisations; r++) {
        size_t first = sorted->count;
        for (size_t i = 0; i < sample->points; i++) {
            double value = sample->value[r * sample->stride + i];
            if (isnan(value)) continue;
            sorted->all[sorted->count] = sorted->each[sorted->count] = value;
            sorted->count++;
        }
        sorted->count_of[r] = sorted->count - first;
        sc_sort(sorted->each + first, sorted->count_of[r], scratch);
    }
    sc_sort(sorted->all, sorted->count, scratch);
}

struct sc_estimate sc_replicate_estimate(double value, const double *replicate, size_t count, double level)
{
    struct sc_estimate result = {value, NAN, {NAN, NAN}};
    if (count < 2) return result;
    result.standard_error = sc_sd(replicate, count, sc_mean(replicate, count)) / sqrt((double)count);
    double reach = result.standard_error * sc_student_t_two_sided((double)count - 1, level);
    result.interval = (struct sc_interval){value - reach, value + reach};
    return result;
}

/* What a figure of ascending numbers is, and what it needs beside them. */
typedef double figure(const double *sorted, size_t n, double parameter);

/* The figure of all values, with an error from its spread over the randomisations. One that has no value in
 * some randomisation has no error. */
static struct sc_estimate estimate(const struct sc_sample *sample, const struct sc_sorted *sorted, figure *of,
                                   double parameter)
{
    double single[SC_RANDOMISATIONS_MAX];
    size_t count = sample->randomisations, first = 0;
    for (size_t r = 0; r < count; first += sorted->count_of[r++])
        single[r] = sorted->count_of[r] ? of(sorted->each + first, sorted->count_of[r], parameter) : NAN;
    return sc_replicate_estimate(of(sorted->all, sorted->count, parameter), single, count, sample->level);
}

/* The usual interval about a figure of independent paths. */
static void set_error(const struct sc_sample *sample, double n, double standard_error,
                      struct sc_estimate *estimate)
{
    double reach = standard_error * sc_student_t_two_sided(n > 2 ? n - 1 : 1, sample->level);
    estimate->standard_error = standard_error;
    estimate->interval = (struct sc_interval){estimate->value - reach, estimate->value + reach};
}

static double mean_of(const double *sorted, size_t n, double unused)
{
    (void)unused;
    return sc_mean(sorted, n);
}

void sc_sample_moments(const struct sc_sample *sample, const struct sc_sorted *sorted,
                       struct sc_moments *moments)
{
    double n = (double)sorted->count;
    moments->mean = estimate(sample, sorted, mean_of, 0);
    moments->sd = sorted->count > 1 ? sc_sd(sorted->all, sorted->count, moments->mean.value) : NAN;
    if (sample->randomisations < 2) set_error(sample, n, moments->sd / sqrt(n), &moments->mean);
    double error = moments->mean.standard_error;
    moments->variance_reduction = error > 0 ? moments->sd * moments->sd / n / (error * error) : NAN;
}

struct sc_estimate sc_sample_quantile_of(const struct sc_sample *sample, const struct sc_sorted *sorted,
                                         double p)
{
    struct sc_estimate result = estimate(sample, sorted, sc_sample_quantile, p);
    if (sample->randomisations < 2)
        result.interval = sc_sample_quantile_interval(sorted->all, sorted->count, p, sample->level);
    return result;
}

/* The part of ascending numbers that is above x. */
static double part_above(const double *sorted, size_t n, double x)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] > x)
            high = middle;
        else
            low = middle + 1;
    }
    return (double)(n - low) / (double)n;
}

void sc_interval_of_probability(struct sc_interval *interval)
{
    interval->low = interval->low < 0 ? 0 : interval->low;
    interval->high = interval->high > 1 ? 1 : interval->high;
}

struct sc_estimate sc_sample_above(const struct sc_sample *sample, const struct sc_sorted *sorted, double x)
{
    struct sc_estimate result = estimate(sample, sorted, part_above, x);
    double p = result.value, n = (double)sorted->count;
    if (sample->randomisations < 2) set_error(sample, n, sqrt(p * (1 - p) / n), &result);
    sc_interval_of_probability(&result.interval);
    return result;
}

struct sc_estimate sc_sample_shortfall(const struct sc_sample *sample, const struct sc_sorted *sorted,
                                       double part)
{
    return estimate(sample, sorted, sc_expected_shortfall, part);
}

/* What values come to, without the digits that all share: those that are there. */
struct totals {
    double sum, squares, n;
};

struct lane_totals {
    double sum[SC_LANES], squares[SC_LANES], n[SC_LANES];
};

SC_PART void add_lanes(const double *value, double centre, struct lane_totals *totals)
{
    SC_EACH_LANE (l) {
        bool there = value[l] == value[l];
        double away = there ? value[l] - centre : 0;
        totals->sum[l] += away;
        totals->squares[l] += away * away;
        totals->n[l] += there ? 1 : 0;
    }
}

SC_WIDE static void total_in_lanes(const double *value, size_t count, double centre,
                                   struct lane_totals *totals)
{
    size_t i = 0;
    double last[SC_LANES];
    for (; i + SC_LANES <= count; i += SC_LANES) add_lanes(value + i, centre, totals);
    for (size_t l = 0; l < SC_LANES; l++) last[l] = i + l < count ? value[i + l] : NAN;
    add_lanes(last, centre, totals);
}

static void add_totals(const double *value, size_t count, double centre, struct totals *all)
{
    struct lane_totals totals = {0};
    total_in_lanes(value, count, centre, &totals);
    for (size_t l = 0; l < SC_LANES; l++) {
        all->sum += totals.sum[l];
        all->squares += totals.squares[l];
        all->n += totals.n[l];
    }
}

/* Means by bin, over the values that are there. Neighbours are counted apart, since one waits for the other
 * where both fall into a bin. */
enum { APART = 4 };
struct bins {
    double sum[APART][SC_VARIANCE_BINS];
    uint32_t count[APART][SC_VARIANCE_BINS];
    struct totals all;
};

static void fill_bins(const double *value, const uint8_t *bin, size_t count, double centre, struct bins *bins)
{
    for (size_t i = 0; i < count; i++) {
        bool there = !isnan(value[i]);
        bins->sum[i % APART][bin[i]] += there ? value[i] - centre : 0;
        bins->count[i % APART][bin[i]] += there ? 1 : 0;
    }
}

static void fill_all_bins(const struct sc_sample *sample, const uint8_t *bin, double centre,
                          struct bins *bins)
{
    for (size_t r = 0; r < sample->randomisations; r++) {
        const double *value = sample->value + r * sample->stride;
        add_totals(value, sample->points, centre, &bins->all);
        fill_bins(value, bin + r * sample->stride, sample->points, centre, bins);
    }
}

/* NAN where no path has one. */
static double first_value(const struct sc_sample *sample)
{
    for (size_t r = 0; r < sample->randomisations; r++)
        for (size_t i = 0; i < sample->points; i++)
            if (!isnan(sample->value[r * sample->stride + i])) return sample->value[r * sample->stride + i];
    return NAN;
}

/* One-way analysis of variance: omega squared, the part between bins less what noise within them adds to it.
 */
double sc_sample_variance_share(const struct sc_sample *sample, const uint8_t *bin)
{
    struct bins bins = {0};
    double centre = first_value(sample), between = 0, groups = 0;
    if (isnan(centre)) return 0;
    fill_all_bins(sample, bin, centre, &bins);
    double mean = bins.all.sum / bins.all.n, all = bins.all.squares - bins.all.n * mean * mean;
    for (size_t b = 0; b < SC_VARIANCE_BINS; b++) {
        double sum = 0, count = 0;
        for (size_t k = 0; k < APART; k++) {
            sum += bins.sum[k][b];
            count += bins.count[k][b];
        }
        if (count == 0) continue;
        double distance = sum / count - mean;
        between += count * distance * distance;
        groups++;
    }
    double within = (all - between) / (bins.all.n - groups),
           share = (between - (groups - 1) * within) / (all + within);
    if (!(all > 0) || !(bins.all.n > groups)) return 0;
    return share > 0 ? share : 0;
}
