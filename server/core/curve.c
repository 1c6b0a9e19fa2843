#include "secondchair/fit.h"

#include "curve.h"

#include <math.h>

double sc_curve_value(const struct sc_curve_parameters *curve, double year)
{
    return sc_curve_at(curve->curve == SC_CURVE_GOMPERTZ, curve->k, curve->mid, curve->floor, curve->ceiling,
                       year);
}

/* Slope at an inner point between two secants: their harmonic mean, weighted by the other's interval; 0 at a
 * turn. F. N. Fritsch and R. E. Carlson 1980, in the form of F. N. Fritsch and J. Butland 1984. */
static double inner_slope(double left_width, double right_width, double left, double right)
{
    if (left * right <= 0) return 0;
    double left_weight = 2 * right_width + left_width, right_weight = right_width + 2 * left_width;
    return (left_weight + right_weight) / (left_weight / left + right_weight / right);
}

/* Slope at an end: three-point formula, kept from overshooting. */
static double end_slope(double width, double next_width, double secant, double next_secant)
{
    double slope = ((2 * width + next_width) * secant - width * next_secant) / (width + next_width);
    if (slope * secant <= 0) return 0;
    if (secant * next_secant <= 0 && fabs(slope) > 3 * fabs(secant)) return 3 * secant;
    return slope;
}

static double slope_at(size_t count, const double *x, const double *y, size_t i)
{
#define WIDTH(j) (x[(j) + 1] - x[j])
#define SECANT(j) ((y[(j) + 1] - y[j]) / WIDTH(j))
    size_t last = count - 1;
    if (count == 2) return SECANT(0);
    if (i == 0) return end_slope(WIDTH(0), WIDTH(1), SECANT(0), SECANT(1));
    if (i == last) return end_slope(WIDTH(last - 1), WIDTH(last - 2), SECANT(last - 1), SECANT(last - 2));
    return inner_slope(WIDTH(i - 1), WIDTH(i), SECANT(i - 1), SECANT(i));
#undef SECANT
#undef WIDTH
}

double sc_pchip_value(size_t count, const double *x, const double *y, double at)
{
    if (count == 1 || at <= x[0]) return y[0];
    if (at >= x[count - 1]) return y[count - 1];
    size_t i = 0;
    while (at > x[i + 1]) i++;
    double width = x[i + 1] - x[i], t = (at - x[i]) / width, left = 1 - t;
    double from = slope_at(count, x, y, i), to = slope_at(count, x, y, i + 1);
    return y[i] * (1 + 2 * t) * left * left + from * width * t * left * left +
           y[i + 1] * t * t * (3 - 2 * t) - to * width * t * t * left;
}
