/* The quantile function of a beta distribution in pieces, made once so that each draw is a polynomial. */
#ifndef SC_CORE_ODDS_H
#define SC_CORE_ODDS_H

#include "beta.h"
#include "secondchair/distribution.h"

#include <stdbool.h>
#include <stddef.h>

/* Of the part of it whose probabilities are those of a standard normal number from low to high. */
void sc_odds_prepare(const struct sc_beta *beta, double low, double high, struct sc_odds *odds);

/* Whether z is within what was prepared. */
bool sc_odds_has(const struct sc_odds *odds, double z);

/* y where the probability is that of a standard normal number z: to 1e-12 of the distribution's spread and
 * 1e-12 absolute. At the nearer end where z is beyond what was prepared. */
double sc_odds_at(const struct sc_odds *odds, double z);

/* The same by solving for it, |z| <= 37. */
double sc_odds_solved(const struct sc_beta *beta, double z);

/* y[i] = sc_odds_at(odds, z[i]), bit for bit; y may be z. */
void sc_odds_row(const struct sc_odds *odds, const double *z, size_t n, double *y);

#endif
