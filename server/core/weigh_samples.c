#include "secondchair/weigh_samples.h"

#include "elementary.h"

/* How many of ascending numbers are below x, or at most x. */
static size_t count_below(const double *sorted, size_t n, double x, bool or_at)
{
    size_t low = 0, high = n;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (sorted[middle] < x || (or_at && sorted[middle] <= x))
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

double sc_samples_mean(const struct sc_weighted_sample *samples, size_t count, double unused)
{
    double mean = 0;
    (void)unused;
    for (size_t i = 0; i < count; i++)
        mean += samples[i].weight * sc_mean(samples[i].sorted, samples[i].count);
    return mean;
}

double sc_samples_above(const struct sc_weighted_sample *samples, size_t count, double x)
{
    double above = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = samples[i].count, others = count_below(samples[i].sorted, n, x, true);
        above += samples[i].weight * ((double)(n - others) / (double)n);
    }
    return above;
}

static double weight_up_to(const struct sc_weighted_sample *samples, size_t count, double x)
{
    double weight = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = samples[i].count;
        weight += samples[i].weight * ((double)count_below(samples[i].sorted, n, x, true) / (double)n);
    }
    return weight;
}

/* The lowest and the highest value that has a weight. */
static void find_ends(const struct sc_weighted_sample *samples, size_t count, double *low, double *high)
{
    *low = *high = NAN;
    for (size_t i = 0; i < count; i++) {
        if (!(samples[i].weight > 0)) continue;
        *low = fmin(*low, samples[i].sorted[0]);
        *high = fmax(*high, samples[i].sorted[samples[i].count - 1]);
    }
}

/* Numbers that are not negative are in the order of their bits. */
static uint64_t order_of(double x)
{
    return sc_bits_of(x + 0.0); /* not -0 */
}

/* By halving the doubles between: the weight rises at values of the samples alone, so the least double that
 * reaches it is one of them. */
double sc_samples_quantile(const struct sc_weighted_sample *samples, size_t count, double p)
{
    double low, high, wanted = p - SC_WEIGHT_TOLERANCE;
    find_ends(samples, count, &low, &high);
    if (weight_up_to(samples, count, low) >= wanted) return low;
    uint64_t below = order_of(low), reached = order_of(high);
    while (reached - below > 1) {
        uint64_t middle = below + (reached - below) / 2;
        if (weight_up_to(samples, count, sc_of_bits(middle)) >= wanted)
            reached = middle;
        else
            below = middle;
    }
    return sc_of_bits(reached);
}

double sc_samples_shortfall(const struct sc_weighted_sample *samples, size_t count, double part)
{
    double quantile = sc_samples_quantile(samples, count, part), missing = 0;
    for (size_t i = 0; i < count; i++) {
        size_t n = samples[i].count, worse = count_below(samples[i].sorted, n, quantile, false);
        double short_of = (double)worse * quantile - sc_sum(samples[i].sorted, worse);
        missing += samples[i].weight * (short_of / (double)n);
    }
    return quantile - missing / part;
}

/* The samples of one randomisation, or of all together; false where a member has no value in it. */
static bool take_samples(const struct sc_mixed_sample *sample, size_t randomisation, const size_t *first,
                         struct sc_weighted_sample *out)
{
    bool all = randomisation == sample->randomisations;
    for (size_t i = 0; i < sample->count; i++) {
        const struct sc_mixed *member = &sample->member[i];
        const struct sc_sorted *sorted = member->sorted;
        out[i] = (struct sc_weighted_sample){member->weight, &member->value, 1};
        if (!sorted) continue;
        out[i].sorted = all ? sorted->all : sorted->each + first[i];
        out[i].count = all ? sorted->count : sorted->count_of[randomisation];
        if (out[i].count == 0) return false;
    }
    return true;
}

struct sc_estimate sc_mixed_estimate(const struct sc_mixed_sample *sample, sc_samples_figure *of,
                                     double parameter)
{
    double replicate[SC_RANDOMISATIONS_MAX];
    size_t first[SC_SAMPLES_MAX] = {0};
    struct sc_weighted_sample samples[SC_SAMPLES_MAX];
    for (size_t r = 0; r < sample->randomisations; r++) {
        bool there = take_samples(sample, r, first, samples);
        replicate[r] = there ? of(samples, sample->count, parameter) : NAN;
        for (size_t i = 0; i < sample->count; i++)
            first[i] += sample->member[i].sorted ? sample->member[i].sorted->count_of[r] : 0;
    }
    (void)take_samples(sample, sample->randomisations, first, samples);
    return sc_replicate_estimate(of(samples, sample->count, parameter), replicate, sample->randomisations,
                                 sample->level);
}

/* sqrt(a^2 + b^2); exactly the one where the other is 0. */
static double root_of_squares(double a, double b)
{
    double more = fmax(a, b), less = fmin(a, b), ratio = less / more;
    return more > 0 ? more * sqrt(1 + ratio * ratio) : 0;
}

void sc_spread_of(const struct sc_weighted *means, const double *sd, size_t count, struct sc_spread *spread)
{
    struct sc_weighing weighing;
    double most = 0, within = 0;
    sc_weigh(means, count, 0, &weighing);
    for (size_t i = 0; i < count; i++) most = fmax(most, sd[i]);
    for (size_t i = 0; i < count && most > 0; i++)
        within += means[i].weight * ((sd[i] / most) * (sd[i] / most));
    spread->within = most * sqrt(within);
    spread->between = weighing.sd;
    spread->sd = root_of_squares(spread->within, spread->between);
    double part = spread->within / spread->sd;
    spread->within_share = part * part;
}

void sc_mixed_histogram(const struct sc_mixed_sample *sample, struct sc_weighted_histogram *histogram)
{
    struct sc_weighted_sample samples[SC_SAMPLES_MAX];
    struct sc_histogram edges;
    double low, high, values = 0;
    (void)take_samples(sample, sample->randomisations, NULL, samples);
    find_ends(samples, sample->count, &low, &high);
    for (size_t i = 0; i < sample->count; i++)
        if (samples[i].weight > 0) values += (double)samples[i].count;
    double quartiles =
        sc_samples_quantile(samples, sample->count, 0.75) - sc_samples_quantile(samples, sample->count, 0.25);
    sc_histogram_edges(low, high, quartiles, values, &edges);
    histogram->bins = edges.bins;
    memcpy(histogram->edge, edges.edge, sizeof edges.edge);
    for (size_t bin = 0; bin < edges.bins; bin++) {
        bool last = bin + 1 == edges.bins;
        histogram->part[bin] = 0;
        for (size_t i = 0; i < sample->count; i++) {
            const double *sorted = samples[i].sorted;
            size_t n = samples[i].count, from = count_below(sorted, n, edges.edge[bin], false),
                   to = count_below(sorted, n, edges.edge[bin + 1], last);
            histogram->part[bin] += samples[i].weight * ((double)(to - from) / (double)n);
        }
    }
}
