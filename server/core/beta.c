#include "beta.h"

#include "elementary.h"
#include "normal.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

#define CLOSE 1e-9
#define TWO_PI 6.28318530717958647693

/* log(Gamma(z)) less Stirling's (z - 1/2) log z - z + log(2 pi) / 2, by the series in 1/z (DLMF 5.11.1), z
 * being raised first to where that has full precision. */
static double stirling_rest(double z)
{
    static const double series[] = {1.0 / 12,   -1.0 / 360,      1.0 / 1260, -1.0 / 1680,
                                    1.0 / 1188, -691.0 / 360360, 1.0 / 156,  -3617.0 / 122400};
    double rest = 0, sum = 0;
    while (z < 12) {
        rest += (z + 0.5) * sc_log1p(1 / z) - 1;
        z += 1;
    }
    for (int term = 7; term >= 0; term--) sum = sum / (z * z) + series[term];
    return rest + sum / z;
}

/* r - log(1 + r), which for small r would be a difference of nearly equal numbers. */
static double beyond_log(double r)
{
    if (!(fabs(r) < 0.25)) return r - sc_log1p(r);
    double s = r / (2 + r), square = s * s, sum = 0;
    for (int power = 19; power >= 3; power -= 2) sum = sum * square + 1.0 / power;
    return r * s - 2 * s * square * sum;
}

void sc_beta_init(struct sc_beta *beta, double a, double b)
{
    double rest = stirling_rest(a + b) - stirling_rest(a) - stirling_rest(b);
    *beta = (struct sc_beta){.a = a,
                             .b = b,
                             .mode = sc_log(a / b),
                             .at_mode = 0.5 * sc_log(a / (a + b) * b / TWO_PI) + rest,
                             .log_mean = -sc_log1p(b / a),
                             .log_rest = -sc_log1p(a / b)};
}

/* log(x^a (1 - x)^b / B(a, b)), of the density of y. Near its mode the exponent is a sum of two small
 * numbers of one sign, beyond it one of two large numbers that differ. */
double sc_beta_log_density(const struct sc_beta *beta, double y)
{
    double away = y - beta->mode, a = beta->a, b = beta->b;
    if (fabs(away) < 0.5) {
        double growth = sc_expm1(away), mean = a / (a + b), rest = b / (a + b),
               share = growth / (1 + mean * growth);
        return beta->at_mode - a * beyond_log(rest * share) - b * beyond_log(-mean * share);
    }
    double least = -sc_log1p(sc_exp(-fabs(y))); /* log x or log(1 - x), whichever is nearer to 0 */
    double log_x = y < 0 ? y + least : least, log_rest = y < 0 ? least : least - y;
    return beta->at_mode + a * (log_x - beta->log_mean) + b * (log_rest - beta->log_rest);
}

/* I_x(a, b) / density by the continued fraction DLMF 8.17.22, forward; x below (a + 1) / (a + b + 2). */
static double fraction(double a, double b, double x)
{
    double above = 1, above_before = 0, below = 1, below_before = 1, value = 1;
    for (int m = 0; m < 20000; m++) {
        double at = a + 2 * m, before = value;
        double odd = -(a + m) * (a + b + m) * x / (at * (at + 1));
        double even = (m + 1) * (b - m - 1) * x / ((at + 1) * (at + 2));
        above_before = above + odd * above_before;
        below_before = below + odd * below_before;
        above = above_before + even * above;
        below = below_before + even * below;
        value = above / below;
        if (fabs(value - before) <= 16 * DBL_EPSILON * fabs(value)) break;
        above_before /= below;
        below_before /= below;
        above = value;
        below = 1;
    }
    return value / a;
}

struct sc_beta_point sc_beta_at(const struct sc_beta *beta, double y)
{
    double a = beta->a, b = beta->b, x = 1 / (1 + sc_exp(-y)), log_slope = sc_beta_log_density(beta, y);
    bool lower = x * (a + b + 2) <= a + 1;
    double log_tail = log_slope + sc_log(lower ? fraction(a, b, x) : fraction(b, a, 1 / (1 + sc_exp(y))));
    double tail = fmin(sc_exp(log_tail), 1), log_odds = log_tail - sc_log1p(-tail);
    return (struct sc_beta_point){.p = lower ? tail : 1 - tail,
                                  .q = lower ? 1 - tail : tail,
                                  .t = lower ? log_odds : -log_odds,
                                  .rise = sc_exp(log_tail - log_slope) * (1 - tail)};
}

/* The normal distribution in the middle, powers in the tails: p = exp(a y) / (a B), q = exp(-b y) / (b B). */
double sc_beta_guess(const struct sc_beta *beta, double t)
{
    double a = beta->a, b = beta->b;
    double log_beta = a * beta->log_mean + b * beta->log_rest - beta->at_mode;
    double away = -sc_normal_quantile(1 / (1 + sc_exp(fabs(t)))) * sqrt(1 / a + 1 / b);
    if (t < 0) return fmin(beta->mode - away, (t + sc_log(a) + log_beta) / a);
    return fmax(beta->mode + away, (t - sc_log(b) - log_beta) / b);
}

/* Newton's method on t(y), which is close to straight in either tail. */
double sc_beta_quantile(const struct sc_beta *beta, double t, double guess)
{
    double y = guess, low = -INFINITY, high = INFINITY;
    for (int step = 0; step < 100; step++) {
        struct sc_beta_point point = sc_beta_at(beta, y);
        double move = (point.t - t) * point.rise, next = y - move;
        if (fabs(move) <= CLOSE * fabs(y - beta->mode)) return next; /* the next error is its square */
        if (point.t < t)
            low = y;
        else
            high = y;
        y = next > low && next < high ? next : 0.5 * (low + high);
    }
    return y;
}
