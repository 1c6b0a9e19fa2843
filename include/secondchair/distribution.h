/* Distributions of uncertain drivers and their quantile functions, the only way by which they are drawn: a
 * uniform number u becomes the x with P(X <= x) = u (MODEL 10). Pure; no allocation. */
#ifndef SC_DISTRIBUTION_H
#define SC_DISTRIBUTION_H

#include "fault.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sc_distribution_kind {
    SC_NORMAL,      /* mean, sd */
    SC_LOGNORMAL,   /* mu, sigma of the logarithm */
    SC_UNIFORM,     /* low, high */
    SC_TRIANGULAR,  /* low, mode, high */
    SC_PERT,        /* low, mode, high, lambda (usually 4) */
    SC_BETA,        /* alpha, beta, low, high (usually 0, 1) */
    SC_STUDENT_T,   /* location, scale, dof */
    SC_DISCRETE,    /* values and weights */
    SC_FITTED_CURVE /* a standard normal number, of which the engine makes a parameter of the curve */
};

enum {
    SC_DISTRIBUTION_KINDS = SC_FITTED_CURVE + 1,
    SC_DISTRIBUTION_PARAMETERS = 4,
    SC_DISCRETE_MAX = 256 /* values of a discrete distribution */
};

struct sc_distribution {
    int kind;
    double parameter[SC_DISTRIBUTION_PARAMETERS]; /* in the order above */
    double min, max;                              /* truncation; -INFINITY and INFINITY where there is none */
    const double *value, *weight;                 /* of discrete, count each; borrowed */
    size_t count;
};

/* Adds a fault for each parameter outside its domain, at "<place>/sd" and so on; true where there was none. A
 * distribution that passes can be prepared, and every number drawn from it is finite. */
bool sc_distribution_check(const struct sc_distribution *distribution, const char *place,
                           struct sc_faults *faults);

/* The member of a document that holds a parameter of a kind, for instance "sd"; NULL past the last. */
const char *sc_distribution_parameter(int kind, size_t index);

enum {
    SC_WARP_CELLS = 385, /* at most; as many as the shape needs */
    SC_WARP_POWERS = 8   /* coefficients of a cell */
};

/* What a standard normal number becomes, in cells of one width with a polynomial each. */
struct sc_warp {
    double per_unit, last; /* cells to a unit; cells to either side of the one around 0 */
    double coefficient[SC_WARP_CELLS][SC_WARP_POWERS]; /* of the distance from the middle in half widths */
};

/* A quantile function made ready for many draws; one struct, no pointers, for many threads to read. */
struct sc_quantile {
    struct sc_quantile_form {
        int kind; /* quantile.c has its meanings, and those of a to e */
        double a, b, c, d, e;
    } form;
    bool truncated;
    double min, max, below, above, mass; /* P(X < min), P(X > max), P(min <= X <= max) */
    size_t count;                        /* of discrete values */
    union {
        struct sc_warp warp;
        struct {
            double value[SC_DISCRETE_MAX], cumulative[SC_DISCRETE_MAX];
        };
    };
};

/* The distribution must have passed sc_distribution_check. Nothing of it is kept. */
void sc_quantile_prepare(const struct sc_distribution *distribution, struct sc_quantile *quantile);

/* The x with P(X <= x) = u, 0 < u < 1, of the truncated distribution where min or max is given: the u-th part
 * of the probability between them, never a clipped number. Rises with u. To 1e-11 of the true quantile, or of
 * uniform, triangular, pert and beta to the rounding of their width. A distribution without variance gives
 * its one value, bit for bit. */
double sc_quantile_at(const struct sc_quantile *quantile, double u);

/* x[i] = sc_quantile_at(quantile, u[i]), bit for bit; x may be u. */
void sc_quantile_row(const struct sc_quantile *quantile, const double *u, size_t n, double *x);

/* x[i] = the quantile at the probability of a standard normal number below z[i] (what a copula gives); x may
 * be z. Without the detour over u where the distribution is a normal or lognormal one that is not truncated.
 */
void sc_quantile_normal_row(const struct sc_quantile *quantile, const double *z, size_t n, double *x);

/* P(X <= x) of the truncated distribution. */
double sc_distribution_cdf(const struct sc_distribution *distribution, double x);

/* Mean and standard deviation of the truncated distribution; NAN where it has none (student_t of few dof), or
 * none that a double holds. */
double sc_distribution_mean(const struct sc_distribution *distribution);
double sc_distribution_sd(const struct sc_distribution *distribution);

#endif
