/* The Gaussian copula: drivers that move together, each with its own distribution (MODEL 10). Independent
 * standard normal numbers z become L z, L being the Cholesky factor of the correlation matrix; the
 * probability below each is the u of its driver. Pure; no allocation. */
#ifndef SC_COPULA_H
#define SC_COPULA_H

#include "fault.h"

#include <stdbool.h>
#include <stddef.h>

enum { SC_COPULA_MAX = 64 /* correlated drivers */ };

enum sc_correlation_kind {
    SC_SPEARMAN, /* rank correlations rho, of which 2 sin(pi rho / 6) is that of the Gaussian copula */
    SC_PEARSON   /* those of the Gaussian copula's normal numbers, not of what they become */
};

struct sc_correlation {
    int kind;
    bool repair; /* take the nearest correlation matrix where this one is not positive definite */
    size_t n;
    const double *matrix; /* n x n, row by row; borrowed */
};

struct sc_copula {
    size_t n;
    double
        factor[SC_COPULA_MAX * SC_COPULA_MAX]; /* L, row by row of n numbers; zeros right of the diagonal */
    double smallest_eigenvalue;                /* of the Gaussian correlation matrix as given */
    bool repaired;
    double largest_change, change_norm; /* of the Gaussian correlations by the repair: absolute, Frobenius */
};

/* What sc_copula_prepare computes in; of the caller, about 160 KiB. */
struct sc_copula_scratch {
    double matrix[5][SC_COPULA_MAX * SC_COPULA_MAX];
};

/* Adds faults at "<place>/matrix/i/j": entries beyond [-1, 1], a diagonal that is not 1, a matrix that is not
 * symmetric; and at "<place>/matrix" one that is not positive definite, with its smallest eigenvalue, unless
 * a repair is asked for, which may take half a second for 64 drivers. True where there was none; the copula
 * is ready then. */
bool sc_copula_prepare(const struct sc_correlation *correlation, const char *place,
                       struct sc_copula_scratch *scratch, struct sc_copula *copula, struct sc_faults *faults);

/* In place: n rows of `lanes` independent standard normal numbers, row i at z[i * stride], become
 * correlated. Where the matrix is the identity they stay what they are, bit for bit. */
void sc_copula_correlate(const struct sc_copula *copula, size_t lanes, size_t stride, double *z);

/* z[i] = the standard normal quantile at u[i], 0 < u < 1; z may be u. */
void sc_normal_quantile_row(const double *u, size_t n, double *z);

/* u[i] = the probability of a standard normal number below z[i]; u may be z. */
void sc_normal_cdf_row(const double *z, size_t n, double *u);

#endif
