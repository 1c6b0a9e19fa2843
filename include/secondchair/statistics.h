/* What is said of many simulated numbers (MODEL 10, Report). Sums are formed in one fixed order, so that the
 * same numbers give the same bytes. Pure; no allocation. */
#ifndef SC_STATISTICS_H
#define SC_STATISTICS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Sorts ascending, by radix on the bits; scratch holds as many numbers. Not for NAN. */
void sc_sort(double *x, size_t n, double *scratch);

/* The sum, compensated after Neumaier. */
double sc_sum(const double *x, size_t n);

/* Mean; 0 < n. Numbers that are all the same have exactly that mean, and sd 0. */
double sc_mean(const double *x, size_t n);

/* Standard deviation with divisor n - 1, in two passes; NAN for n < 2. */
double sc_sd(const double *x, size_t n, double mean);

/* Quantile by type 7 of Hyndman and Fan (1996), as R's and NumPy's default, of ascending numbers;
 * 0 <= p <= 1, 0 < n. */
double sc_sample_quantile(const double *sorted, size_t n, double p);

/* Those of numbers in any order, 0 < n, the same as if they were sorted, but sooner. Leaves x in disorder,
 * with other numbers in it; scratch holds as many. Not for NAN. */
void sc_sample_quantiles(double *x, size_t n, const double *p, size_t quantiles, double *quantile,
                         double *scratch);

struct sc_interval {
    double low, high;
};

/* Interval that covers the p-quantile of whatever continuous distribution the ascending, independent numbers
 * come from with probability `level` at least, 0 < p < 1: the order statistics between which the binomial
 * number of values below the quantile lies. An end that no order statistic reaches is NAN. */
struct sc_interval sc_sample_quantile_interval(const double *sorted, size_t n, double p, double level);

/* Interval of what R independent randomisations estimate, from their R estimates: mean +- t s / sqrt(R), t
 * with R - 1 degrees of freedom. Not a number for R < 2. */
struct sc_interval sc_replicate_interval(const double *estimate, size_t replicates, double level);

/* The two-sided quantile of Student's t: P(|T| <= result) = level. */
double sc_student_t_two_sided(double dof, double level);

/* Expected shortfall: the mean of the worst, that is lowest, part alpha of ascending numbers, each of weight
 * 1/n; where alpha n is not whole, the last counts with the fraction left (Acerbi and Tasche 2002).
 * 0 < alpha <= 1. */
double sc_expected_shortfall(const double *sorted, size_t n, double alpha);

enum { SC_HISTOGRAM_BINS_MAX = 128 };

/* Bin i holds edge[i] <= x < edge[i + 1], the last its upper edge too. */
struct sc_histogram {
    size_t bins;
    double edge[SC_HISTOGRAM_BINS_MAX + 1];
    uint64_t count[SC_HISTOGRAM_BINS_MAX];
};

/* Of ascending numbers. bins 0: as many as the width of Freedman and Diaconis (1981), 2 IQR / n^(1/3), makes,
 * that width rounded to 1, 2 or 5 times a power of ten and the edges to multiples of it. */
void sc_histogram(const double *sorted, size_t n, size_t bins, struct sc_histogram *histogram);

/* The bins and edges of such a histogram alone, from the ends of n numbers and the distance of their
 * quartiles. */
void sc_histogram_edges(double low, double high, double quartiles, double n, struct sc_histogram *histogram);

#endif
