/* What a simulation says (MODEL 10, Report), from the figures of its paths. Pure; memory is the caller's. */
#ifndef SC_SIMULATION_REPORT_H
#define SC_SIMULATION_REPORT_H

#include "simulate.h"
#include "statistics.h"

#include <stdbool.h>
#include <stddef.h>

enum { SC_RANDOMISATIONS_MAX = 64, SC_QUANTILES_MAX = 32 };

/* Values of `points` paths of each of `randomisations` independent randomisations of Sobol points, or of one
 * run of independent paths; randomisation r begins at value[r * stride]. NAN: rejected. */
struct sc_sample {
    const double *value;
    size_t randomisations, points, stride;
    double level; /* of all intervals */
};

/* The accepted values in ascending order, all together and of each randomisation. Memory of the caller:
 * `all` and `each` hold randomisations * points numbers. */
struct sc_sorted {
    double *all, *each;
    size_t count, count_of[SC_RANDOMISATIONS_MAX];
};
void sc_sample_sort(const struct sc_sample *sample, struct sc_sorted *sorted, double *scratch);

/* A figure with its standard error: from the spread of the randomisations, or for one run of independent
 * paths by the usual formula, in which case the caller gives it. */
struct sc_estimate {
    double value, standard_error;
    struct sc_interval interval;
};

/* A figure whose error is from the spread of those that the randomisations have; one that is NAN, or fewer
 * than two, make none. */
struct sc_estimate sc_replicate_estimate(double value, const double *replicate, size_t count, double level);

/* A probability lies between 0 and 1, whatever its error. */
void sc_interval_of_probability(struct sc_interval *interval);

struct sc_moments {
    struct sc_estimate mean;
    double sd;
    double
        variance_reduction; /* of the mean, against as many independent paths: sd^2 / n / standard_error^2 */
};
void sc_sample_moments(const struct sc_sample *sample, const struct sc_sorted *sorted,
                       struct sc_moments *moments);

struct sc_estimate sc_sample_quantile_of(const struct sc_sample *sample, const struct sc_sorted *sorted,
                                         double p);
/* P(v > x). */
struct sc_estimate sc_sample_above(const struct sc_sample *sample, const struct sc_sorted *sorted, double x);

/* The mean of the worst part of the values. */
struct sc_estimate sc_sample_shortfall(const struct sc_sample *sample, const struct sc_sorted *sorted,
                                       double part);

/* The share of the values' variance that a driver explains by itself: Var(E[v | driver]) / Var(v), from the
 * means of SC_VARIANCE_BINS parts of its probability, less what chance makes of them. bin[r * stride + i]. */
double sc_sample_variance_share(const struct sc_sample *sample, const uint8_t *bin);

#endif
