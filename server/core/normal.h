/* The normal distribution, careful in the tails. */
#ifndef SC_CORE_NORMAL_H
#define SC_CORE_NORMAL_H

double sc_normal_cdf(double x);

/* log of the density. */
double sc_normal_log_pdf(double x);

/* log(P(low < X <= high)); low may be -INFINITY, high INFINITY; -INFINITY where low >= high. */
double sc_normal_log_between(double low, double high);

/* The x with cdf(x) = p, 0 < p < 1. */
double sc_normal_quantile(double p);

/* The same where p and 1 - p are both known, so that neither tail loses digits. */
double sc_normal_quantile_between(double p, double q);

#endif
