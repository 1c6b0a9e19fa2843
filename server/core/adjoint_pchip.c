#include "adjoint.h"

#include <math.h>

/* One interval of the points, and what a unit more of its width and of its secant adds. */
struct interval {
    double width, secant, by_width, by_secant;
};

/* Slope at an inner point: the harmonic mean of the two secants, weighted; 0 at a turn. `by` is what a unit
 * more of the slope adds. Returns the slope; MODEL 3. */
static double derive_inner(struct interval *left, struct interval *right, double by, bool *kink)
{
    double product = left->secant * right->secant;
    if (product == 0 && by != 0) *kink = true;
    if (product <= 0) return 0;
    double left_weight = 2 * right->width + left->width, right_weight = right->width + 2 * left->width;
    double sum = left_weight + right_weight,
           resistance = left_weight / left->secant + right_weight / right->secant;
    double slope = sum / resistance;
    double by_left = by * (1 - slope / left->secant) / resistance,
           by_right = by * (1 - slope / right->secant) / resistance; /* by the weights */
    left->by_width += by_left + 2 * by_right;
    right->by_width += 2 * by_left + by_right;
    left->by_secant += by * slope / resistance * left_weight / (left->secant * left->secant);
    right->by_secant += by * slope / resistance * right_weight / (right->secant * right->secant);
    return slope;
}

/* Slope at an end: three-point formula, kept from overshooting. */
static double derive_end(struct interval *here, struct interval *next, double by, bool *kink)
{
    double both = here->width + next->width;
    double slope = ((2 * here->width + next->width) * here->secant - here->width * next->secant) / both;
    if (slope * here->secant == 0 && by != 0) *kink = true;
    if (slope * here->secant <= 0) return 0;
    if (here->secant * next->secant <= 0 && fabs(slope) > 3 * fabs(here->secant)) {
        here->by_secant += 3 * by;
        return 3 * here->secant;
    }
    here->by_secant += by * (2 * here->width + next->width) / both;
    next->by_secant -= by * here->width / both;
    here->by_width += by * (2 * here->secant - next->secant - slope) / both;
    next->by_width += by * (here->secant - slope) / both;
    return slope;
}

/* The slope at point i of the interval that ends the window on that side, or inside it. */
static double derive_slope(size_t count, struct interval *interval, size_t first, size_t i, double by,
                           bool *kink)
{
    size_t last = count - 1;
    if (count == 2) {
        interval[0].by_secant += by;
        return interval[0].secant;
    }
    if (i == 0) return derive_end(&interval[0], &interval[1], by, kink);
    if (i == last) return derive_end(&interval[last - 1 - first], &interval[last - 2 - first], by, kink);
    return derive_inner(&interval[i - 1 - first], &interval[i - first], by, kink);
}

/* Hermite's form on an interval, by its two values and slopes, by its width, and by the place in it. */
struct hermite {
    double by_left, by_right, by_left_slope, by_right_slope;
};

static struct hermite hermite_at(double width, double t)
{
    double left = 1 - t;
    return (struct hermite){(1 + 2 * t) * left * left, t * t * (3 - 2 * t), width * t * left * left,
                            -width * t * t * left};
}

static void derive_inside(size_t count, const double *x, const double *y, double at, size_t i,
                          struct sc_pchip_derivative *by)
{
    size_t first = i > 0 ? i - 1 : 0, end = i + 2 < count ? i + 2 : count - 1; /* of the points in use */
    struct interval interval[3];
    for (size_t j = first; j < end; j++) {
        double width = x[j + 1] - x[j];
        interval[j - first] = (struct interval){.width = width, .secant = (y[j + 1] - y[j]) / width};
    }
    struct interval *here = &interval[i - first];
    double t = (at - x[i]) / here->width, left = 1 - t;
    struct hermite form = hermite_at(here->width, t);
    double from = derive_slope(count, interval, first, i, form.by_left_slope, &by->kink);
    double to = derive_slope(count, interval, first, i + 1, form.by_right_slope, &by->kink);
    double by_t = 6 * t * left * (y[i + 1] - y[i]) + from * here->width * left * (left - 2 * t) -
                  to * here->width * t * (2 * left - t);
    here->by_width += t * left * (from * left - to * t) - by_t * t / here->width;
    *by = (struct sc_pchip_derivative){.first = first, .count = end - first + 1, .kink = by->kink};
    by->x[i - first] -= by_t / here->width;
    by->y[i - first] += form.by_left;
    by->y[i + 1 - first] += form.by_right;
    for (size_t j = 0; j < end - first; j++) {
        double by_rise = interval[j].by_secant / interval[j].width;
        double by_width = interval[j].by_width - by_rise * interval[j].secant;
        by->x[j + 1] += by_width;
        by->x[j] -= by_width;
        by->y[j + 1] += by_rise;
        by->y[j] -= by_rise;
    }
}

void sc_pchip_derive(size_t count, const double *x, const double *y, double at,
                     struct sc_pchip_derivative *by)
{
    size_t i = 0, last = count - 1;
    bool before = at <= x[0], after = at >= x[last];
    *by = (struct sc_pchip_derivative){.first = before ? 0 : last, .count = 1, .y = {1}};
    if (count == 1) return;
    if (before || after) {
        by->kink = at == x[0] || at == x[last];
        return;
    }
    while (at > x[i + 1]) i++;
    derive_inside(count, x, y, at, i, by);
}
