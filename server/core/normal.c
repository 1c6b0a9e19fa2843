#include "normal.h"

#include "lanes.h"
#include "secondchair/copula.h"

#include <math.h>
#include <string.h>

#define LOG_SQRT_2PI 0.91893853320467274178
#define SQRT_HALF 0.70710678118654752440

double sc_normal_cdf(double x)
{
    return 0.5 * erfc(-x * SQRT_HALF);
}

double sc_normal_log_pdf(double x)
{
    return -0.5 * x * x - LOG_SQRT_2PI;
}

/* log(P(X > x)). Where erfc nears underflow, the continued fraction of Mills' ratio,
 * x + 1/(x + 2/(x + 3/(x + …))), converges fast. */
static double log_upper_tail(double x)
{
    if (x < 30) return log(0.5 * erfc(x * SQRT_HALF));
    double fraction = x;
    for (int term = 40; term > 0; term--) fraction = x + term / fraction;
    return sc_normal_log_pdf(x) - log(fraction);
}

double sc_normal_log_between(double low, double high)
{
    if (!(low < high)) return -INFINITY;
    if (low < 0 && high > 0) return log1p(-sc_normal_cdf(low) - sc_normal_cdf(-high));
    if (high <= 0) return sc_normal_log_between(-high, -low);
    double tail = log_upper_tail(low);
    if (isinf(high)) return tail;
    return tail + log1p(-exp(log_upper_tail(high) - tail));
}

/* Wichura's algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477-484: about 16 digits. Ratios of
 * polynomials of degree 7, lowest power first. */
SC_PART double ratio(const double numerator[8], const double denominator[8], double x)
{
    double above = numerator[7], below = denominator[7];
    for (int power = 6; power >= 0; power--) {
        above = above * x + numerator[power];
        below = below * x + denominator[power];
    }
    return above / below;
}

SC_PART double central_quantile(double away)
{
    static const double above[8] = {3.3871328727963666080e0,  1.3314166789178437745e+2,
                                    1.9715909503065514427e+3, 1.3731693765509461125e+4,
                                    4.5921953931549871457e+4, 6.7265770927008700853e+4,
                                    3.3430575583588128105e+4, 2.5090809287301226727e+3};
    static const double below[8] = {1.0,
                                    4.2313330701600911252e+1,
                                    6.8718700749205790830e+2,
                                    5.3941960214247511077e+3,
                                    2.1213794301586595867e+4,
                                    3.9307895800092710610e+4,
                                    2.8729085735721942674e+4,
                                    5.2264952788528545610e+3};
    return away * ratio(above, below, 0.180625 - away * away);
}

/* Of a probability below 0.075 on either side: the distance from 0. */
static double tail_quantile(double p)
{
    static const double near_above[8] = {1.42343711074968357734e0,  4.63033784615654529590e0,
                                         5.76949722146069140550e0,  3.64784832476320460504e0,
                                         1.27045825245236838258e0,  2.41780725177450611770e-1,
                                         2.27238449892691845833e-2, 7.74545014278341407640e-4};
    static const double near_below[8] = {1.0,
                                         2.05319162663775882187e0,
                                         1.67638483018380384940e0,
                                         6.89767334985100004550e-1,
                                         1.48103976427480074590e-1,
                                         1.51986665636164571966e-2,
                                         5.47593808499534494600e-4,
                                         1.05075007164441684324e-9};
    static const double far_above[8] = {6.65790464350110377720e0,  5.46378491116411436990e0,
                                        1.78482653991729133580e0,  2.96560571828504891230e-1,
                                        2.65321895265761230930e-2, 1.24266094738807843860e-3,
                                        2.71155556874348757815e-5, 2.01033439929228813265e-7};
    static const double far_below[8] = {1.0,
                                        5.99832206555887937690e-1,
                                        1.36929880922735805310e-1,
                                        1.48753612908506148525e-2,
                                        7.86869131145613259100e-4,
                                        1.84631831751005468180e-5,
                                        1.42151175831644588870e-7,
                                        2.04426310338993978564e-15};
    double depth = sqrt(-log(p));
    return depth <= 5 ? ratio(near_above, near_below, depth - 1.6) : ratio(far_above, far_below, depth - 5);
}

#define CENTRAL 0.425
enum { ROW = 64 };

SC_PART double beyond_median(double p, double q)
{
    return p < 0.5 ? p - 0.5 : 0.5 - q;
}

static inline double outer_quantile(double away, double p, double q)
{
    return away < 0 ? -tail_quantile(p) : tail_quantile(q);
}

double sc_normal_quantile_between(double p, double q)
{
    double away = beyond_median(p, q);
    return fabs(away) <= CENTRAL ? central_quantile(away) : outer_quantile(away, p, q);
}

double sc_normal_quantile(double p)
{
    return sc_normal_quantile_between(p, 1 - p);
}

/* Most numbers are central; those of a few are computed in vain so that the loop has no branch. */
SC_WIDE static void quantile_piece(const double *u, size_t n, double *z)
{
    double p[ROW];
    memcpy(p, u, n * sizeof *p);
    for (size_t i = 0; i < n; i++) z[i] = central_quantile(beyond_median(p[i], 1 - p[i]));
    for (size_t i = 0; i < n; i++) {
        double away = beyond_median(p[i], 1 - p[i]);
        if (fabs(away) > CENTRAL) z[i] = outer_quantile(away, p[i], 1 - p[i]);
    }
}

void sc_normal_quantile_row(const double *u, size_t n, double *z)
{
    for (size_t done = 0; done < n; done += ROW)
        quantile_piece(u + done, n - done < ROW ? n - done : ROW, z + done);
}

void sc_normal_cdf_row(const double *z, size_t n, double *u)
{
    for (size_t i = 0; i < n; i++) u[i] = sc_normal_cdf(z[i]);
}
