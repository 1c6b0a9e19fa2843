/* The quantile function of a beta distribution in pieces, made once so that each draw is a polynomial. */
#ifndef SC_CORE_ODDS_H
#define SC_CORE_ODDS_H

#include "beta.h"
#include "secondchair/distribution.h"

#include <stdbool.h>

/* Of the part of it between low and high on the scale of t. */
void sc_odds_prepare(const struct sc_beta *beta, double low, double high, struct sc_odds *odds);

/* y at t, to 1e-12 of the distribution's spread and 1e-12 absolute. False where no piece covers t. */
static inline bool sc_odds_at(const struct sc_odds *odds, double t, double *y)
{
    double along = t - odds->first + 0.5;
    if (!(along >= 0 && along < SC_ODDS_CELLS)) return false;
    int cell = (int)along, pieces = odds->pieces[cell], half = pieces / 2;
    int piece = (int)((along - cell) * pieces);
    if (pieces == 0) return false;
    if (piece == pieces) piece--; /* by rounding */
    double distance = 2 * ((t - (odds->first + cell)) * pieces - (piece - half));
    const double *c = odds->coefficient[odds->start[cell] + piece];
    double sum = c[SC_ODDS_POWERS - 1];
    for (int power = SC_ODDS_POWERS - 2; power >= 0; power--) sum = sum * distance + c[power];
    *y = sum;
    return true;
}

#endif
