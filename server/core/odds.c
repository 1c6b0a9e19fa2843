#include "odds.h"

#include <math.h>
#include <string.h>

enum { DEGREE = SC_ODDS_POWERS - 1 };
#define TOLERANCE 1e-12

/* Coefficient k + 1 of a function whose derivative has coefficient k. */
static double integral(double coefficient, double half_width, int k)
{
    return coefficient * half_width / (k + 1);
}

static double product(const double *f, const double *g, int k)
{
    double sum = 0;
    for (int j = 0; j <= k; j++) sum += f[j] * g[k - j];
    return sum;
}

/* The Taylor series of y around t, in units of the half width. With s = dy/dt = p q / density,
 *     x' = x (1 - x) s,   s' = s (q - p - (a - (a + b) x) s),   (q - p)' = -2 p q = ((q - p)^2 - 1) / 2. */
static void expand(const struct sc_beta *beta, double t, double guess, double half_width, double *y)
{
    double x[DEGREE + 1], s[DEGREE + 1], lean[DEGREE + 1], spread[DEGREE], pull[DEGREE], bend[DEGREE];
    y[0] = sc_beta_quantile(beta, t, guess);
    if (beta->a == beta->b && t == 0) y[0] = 0;
    struct sc_beta_point point = sc_beta_at(beta, y[0]);
    x[0] = 1 / (1 + exp(-y[0]));
    s[0] = point.rise;
    lean[0] = point.q - point.p;
    for (int k = 0; k < DEGREE; k++) {
        spread[k] = x[k] - product(x, x, k);
        pull[k] = (k == 0 ? beta->a : 0) - (beta->a + beta->b) * x[k];
        bend[k] = lean[k] - product(pull, s, k);
        y[k + 1] = integral(s[k], half_width, k);
        x[k + 1] = integral(product(spread, s, k), half_width, k);
        s[k + 1] = integral(product(s, bend, k), half_width, k);
        lean[k + 1] = integral(0.5 * (product(lean, lean, k) - (k == 0)), half_width, k);
    }
}

/* How many pieces a cell needs, from its series as one: its last terms shrink by the number to their power.
 */
static int pieces_of(const struct sc_beta *beta, const double *series)
{
    double spread = fmin(1, sqrt(1 / beta->a + 1 / beta->b));
    double off = fmax(fabs(series[DEGREE]), fabs(series[DEGREE - 1])) / (TOLERANCE * spread);
    int pieces = off <= 1 ? 1 : (int)fmin(ceil(pow(off, 1.0 / DEGREE)), SC_ODDS_PIECES);
    return pieces | 1;
}

/* Returns how many pieces it takes; 0 where there is no room. */
static int fill_cell(const struct sc_beta *beta, double t, double guess, int room,
                     double (*coefficient)[SC_ODDS_POWERS])
{
    double whole[SC_ODDS_POWERS];
    expand(beta, t, guess, 0.5, whole);
    int pieces = pieces_of(beta, whole), half = pieces / 2;
    if (pieces > room) return 0;
    if (pieces == 1) memcpy(coefficient[0], whole, sizeof whole);
    for (int piece = 0; pieces > 1 && piece < pieces; piece++) {
        double away = (double)(piece - half) / pieces;
        expand(beta, t + away, whole[0] + 2 * away * whole[1], 0.5 / pieces, coefficient[piece]);
    }
    return pieces;
}

/* The cells from the likelier end of [low, high] where it does not reach over the middle. */
static int first_cell(double low, double high)
{
    int reach = SC_ODDS_CELLS / 2;
    if (high < reach) return (int)ceil(high) - 2 * reach;
    return low > -reach ? (int)floor(low) : -reach;
}

void sc_odds_prepare(const struct sc_beta *beta, double low, double high, struct sc_odds *odds)
{
    int used = 0;
    memset(odds, 0, sizeof *odds);
    odds->first = first_cell(low, high);
    for (int cell = 0; cell < SC_ODDS_CELLS; cell++) {
        double t = odds->first + cell;
        if (t < low - 0.5 || t > high + 0.5) continue;
        int pieces =
            fill_cell(beta, t, sc_beta_guess(beta, t), SC_ODDS_PIECES - used, odds->coefficient + used);
        odds->start[cell] = (uint8_t)used;
        odds->pieces[cell] = (uint8_t)pieces;
        used += pieces;
    }
}
