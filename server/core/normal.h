/* The normal distribution, careful in the tails. */
#ifndef SC_CORE_NORMAL_H
#define SC_CORE_NORMAL_H

#include <stddef.h>

double sc_normal_cdf(double x);

/* log of the density. */
double sc_normal_log_pdf(double x);

/* log(P(low < X <= high)); low may be -INFINITY, high INFINITY; -INFINITY where low >= high. */
double sc_normal_log_between(double low, double high);

/* The x with cdf(x) = p, 0 < p < 1. */
double sc_normal_quantile(double p);

/* The same where p and 1 - p are both known, so that neither tail loses digits. */
double sc_normal_quantile_between(double p, double q);

/* Of n numbers at once, the same bits; z is neither p nor q. */
void sc_normal_quantile_between_row(const double *p, const double *q, size_t n, double *z);

/* The probabilities below and above each; neither is z. */
void sc_normal_tails_row(const double *z, size_t n, double *below, double *above);

#endif
