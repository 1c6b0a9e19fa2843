/* Weighted scenarios of which each is not one value but a sample of them: what the mixture of their
 * distributions is (MODEL 9, Set; 10, Report). A scenario without uncertainty is a sample of one. With
 * samples of one throughout, the figures are those of weigh.h, bit for bit. Pure; no allocation. */
#ifndef SC_WEIGH_SAMPLES_H
#define SC_WEIGH_SAMPLES_H

#include "simulation_report.h"
#include "weigh.h"

enum { SC_SAMPLES_MAX = 64 }; /* that are weighed together */

/* Values in ascending order, finite and not negative, of which each weighs weight / count; 0 < count. */
struct sc_weighted_sample {
    double weight;
    const double *sorted;
    size_t count;
};

typedef double sc_samples_figure(const struct sc_weighted_sample *samples, size_t count, double parameter);

/* Sum of weight times mean; the parameter is not used. */
sc_samples_figure sc_samples_mean;

/* The weight of the values above the parameter. */
sc_samples_figure sc_samples_above;

/* The smallest value such that it and all below it weigh p, the parameter, together: the inverse of the
 * mixture's distribution function, not interpolated. */
sc_samples_figure sc_samples_quantile;

/* The mean of the worst, that is lowest, part of the weight; the last value counts with what is left. */
sc_samples_figure sc_samples_shortfall;

/* One member of a mixture: its simulated values, or the one value that it has. */
struct sc_mixed {
    double weight, value;
    const struct sc_sorted *sorted; /* NULL: value */
};

/* Members whose randomisations have their random numbers in common; count <= SC_SAMPLES_MAX. */
struct sc_mixed_sample {
    const struct sc_mixed *member;
    size_t count, randomisations;
    double level; /* of intervals */
};

/* A figure of all values, with an error from its spread over the randomisations: what members have in common
 * by their random numbers is in it. */
struct sc_estimate sc_mixed_estimate(const struct sc_mixed_sample *sample, sc_samples_figure *of,
                                     double parameter);

/* The law of total variance: sd^2 = within^2 + between^2, from the mean and the standard deviation of each.
 */
struct sc_spread {
    double sd, within, between;
    double within_share; /* within^2 / sd^2; NAN where sd is 0 */
};
void sc_spread_of(const struct sc_weighted *means, const double *sd, size_t count, struct sc_spread *spread);

/* Bin i holds edge[i] <= x < edge[i + 1], the last its upper edge too, and weighs part[i]. Edges are those of
 * sc_histogram, of as many numbers as there are. */
struct sc_weighted_histogram {
    size_t bins;
    double edge[SC_HISTOGRAM_BINS_MAX + 1], part[SC_HISTOGRAM_BINS_MAX];
};
void sc_mixed_histogram(const struct sc_mixed_sample *sample, struct sc_weighted_histogram *histogram);

#endif
