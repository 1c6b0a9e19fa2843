#include "normal.h"

#include "elementary.h"
#include "secondchair/copula.h"

#include <math.h>
#include <string.h>

#define LOG_SQRT_2PI 0.91893853320467274178
#define FAR_OUT 30

/* P(X > x), x >= 0: exp(-x^2 / 2) t P(q) with t = 1 / (x + 5.5) and q = (x - 5.5) t, P of the least relative
 * error (Remez), 2^-57. The square is split, for what it loses by rounding counts in full. */
SC_PART double upper_tail(double x)
{
    x = x > 40 ? 40 : x;
    double high = sc_upper_half(x), low = 0.5 * (x - high) * (x + high);
    double t = 1 / (x + 5.5), q = (x - 5.5) * t, q2 = q * q, q4 = q2 * q2, q8 = q4 * q4;
    double p0 = 0.77376963427640677 - 0.68518342057433811 * q;
    double p2 = 0.53559648906249469 - 0.36704906529361979 * q;
    double p4 = 0.21787243285795866 - 0.10970308995871817 * q;
    double p6 = 0.045097580814909636 - 0.013923510565679702 * q;
    double p8 = 0.0024429826743535689 + 0.00026960400087596049 * q;
    double p10 = -0.00032452265084562347 + 7.1414851019962226e-5 * q;
    double p12 = 1.6319979465664565e-5 - 1.2118899355724994e-5 * q;
    double p14 = 4.4635266348132167e-7 + 1.4838656098204403e-6 * q;
    double p16 = -2.6777551749855853e-7 - 1.7759534023829468e-7 * q;
    double p18 = 5.0251176603117521e-8 + 2.2939776229154673e-8 * q;
    double p20 = -5.6528412855584161e-9 - 2.5800055805944484e-9 * q;
    double sum = p0 + q2 * p2 + q4 * (p4 + q2 * p6) +
                 q8 * (p8 + q2 * p10 + q4 * (p12 + q2 * p14) + q8 * (p16 + q2 * p18 + q4 * p20));
    return sc_exp_of_sum(-0.5 * high * high, -low) * (t * sum);
}

SC_PART double cdf(double x)
{
    double tail = upper_tail(fabs(x));
    return x < 0 ? tail : 1 - tail;
}

double sc_normal_cdf(double x)
{
    return cdf(x);
}

double sc_normal_log_pdf(double x)
{
    return -0.5 * x * x - LOG_SQRT_2PI;
}

/* log(P(X > x)). Where that nears underflow, the continued fraction of Mills' ratio,
 * x + 1/(x + 2/(x + 3/(x + …))), converges fast. */
static double log_upper_tail(double x)
{
    if (x < FAR_OUT) return sc_log(cdf(-x));
    double fraction = x;
    for (int term = 40; term > 0; term--) fraction = x + term / fraction;
    return sc_normal_log_pdf(x) - sc_log(fraction);
}

double sc_normal_log_between(double low, double high)
{
    if (!(low < high)) return -INFINITY;
    if (low < 0 && high > 0) return sc_log1p(-cdf(low) - cdf(-high));
    if (high <= 0) return sc_normal_log_between(-high, -low);
    double tail = log_upper_tail(low);
    if (isinf(high)) return tail;
    bool far = low >= FAR_OUT;
    return tail + sc_log1p(far ? -sc_exp(log_upper_tail(high) - tail) : -(cdf(-high) / cdf(-low)));
}

/* Wichura's algorithm AS 241 (PPND16), Applied Statistics 37 (1988) 477-484: about 16 digits. Ratios of
 * polynomials of degree 7, lowest power first. */
SC_PART double polynomial(const double c[8], double x)
{
    double x2 = x * x, x4 = x2 * x2;
    return c[0] + c[1] * x + x2 * (c[2] + c[3] * x) + x4 * (c[4] + c[5] * x + x2 * (c[6] + c[7] * x));
}

SC_PART double ratio(const double numerator[8], const double denominator[8], double x)
{
    return polynomial(numerator, x) / polynomial(denominator, x);
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

/* Of a probability below 0.075 on either side: the distance from 0, by the depth sqrt(-log(p)) to 5. */
SC_PART double near_quantile(double depth)
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
    return ratio(near_above, near_below, depth - 1.6);
}

/* Beyond that depth. */
SC_PART double far_quantile(double depth)
{
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
    return ratio(far_above, far_below, depth - 5);
}

#define CENTRAL 0.425
#define NEAR 5
enum { ROW = 256 };

SC_PART double beyond_median(double p, double q)
{
    return p < 0.5 ? p - 0.5 : 0.5 - q;
}

SC_PART double depth_of(double p, double q)
{
    return sqrt(-sc_log(p < q ? p : q));
}

double sc_normal_quantile_between(double p, double q)
{
    double away = beyond_median(p, q), depth;
    if (fabs(away) <= CENTRAL) return central_quantile(away);
    depth = depth_of(p, q);
    return copysign(depth <= NEAR ? near_quantile(depth) : far_quantile(depth), away);
}

double sc_normal_quantile(double p)
{
    return sc_normal_quantile_between(p, 1 - p);
}

/* The numbers beyond the central ones are gathered, for they are few and dear. */
SC_WIDE static void quantile_piece(const double *p, const double *q, size_t n, double *z)
{
    double away[ROW], depth[ROW], outer[ROW];
    uint8_t place[ROW];
    size_t count = 0;
    if (n == 0) return;
    for (size_t i = 0; i < n; i++) {
        away[i] = beyond_median(p[i], q[i]);
        depth[i] = p[i] < q[i] ? p[i] : q[i];
        z[i] = central_quantile(away[i]);
    }
    for (size_t i = 0; i < n; i++) {
        place[count] = (uint8_t)i;
        count += fabs(away[i]) > CENTRAL ? 1 : 0;
    }
    for (size_t k = 0; k < count; k++) outer[k] = depth[place[k]];
    for (size_t k = 0; k < count; k++) {
        depth[k] = sqrt(-sc_log(outer[k]));
        outer[k] = near_quantile(depth[k]);
    }
    for (size_t k = 0; k < count; k++) {
        double reached = depth[k] <= NEAR ? outer[k] : far_quantile(depth[k]);
        z[place[k]] = copysign(reached, away[place[k]]);
    }
}

void sc_normal_quantile_between_row(const double *p, const double *q, size_t n, double *z)
{
    for (size_t done = 0; done < n; done += ROW)
        quantile_piece(p + done, q + done, n - done < ROW ? n - done : ROW, z + done);
}

SC_WIDE static void probability_piece(const double *u, size_t n, double *p, double *q)
{
    for (size_t i = 0; i < n; i++) {
        p[i] = u[i];
        q[i] = 1 - u[i];
    }
}

void sc_normal_quantile_row(const double *u, size_t n, double *z)
{
    double p[ROW], q[ROW];
    for (size_t done = 0; done < n; done += ROW) {
        size_t piece = n - done < ROW ? n - done : ROW;
        probability_piece(u + done, piece, p, q);
        quantile_piece(p, q, piece, z + done);
    }
}

SC_WIDE static void tails_piece(const double *z, size_t n, double *below, double *above)
{
    for (size_t i = 0; i < n; i++) {
        double tail = upper_tail(fabs(z[i])), rest = 1 - tail;
        below[i] = z[i] < 0 ? tail : rest;
        above[i] = z[i] < 0 ? rest : tail;
    }
}

void sc_normal_tails_row(const double *z, size_t n, double *below, double *above)
{
    for (size_t done = 0; done < n; done += ROW)
        tails_piece(z + done, n - done < ROW ? n - done : ROW, below + done, above + done);
}

void sc_normal_cdf_row(const double *z, size_t n, double *u)
{
    double below[ROW], above[ROW];
    for (size_t done = 0; done < n; done += ROW) {
        size_t piece = n - done < ROW ? n - done : ROW;
        tails_piece(z + done, piece, below, above);
        memcpy(u + done, below, piece * sizeof *u);
    }
}
