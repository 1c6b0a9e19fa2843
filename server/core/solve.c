#include "secondchair/solve.h"

#include <math.h>

enum { MOST_STEPS = 120, CHANGES_MAX = 8 };

/* The value at each of count points x of the question's driver. */
static void values_at(struct sc_block *block, const struct sc_implied *question, const double *x,
                      size_t count, double *value)
{
    double held[CHANGES_MAX][SC_SCAN_POINTS];
    struct sc_change change[CHANGES_MAX];
    size_t changes = 0;
    for (; changes < question->held_count && changes < CHANGES_MAX - 1; changes++) {
        for (size_t i = 0; i < count; i++) held[changes][i] = question->held[changes].value[0];
        change[changes] = (struct sc_change){question->held[changes].slot, held[changes]};
    }
    change[changes++] = (struct sc_change){question->slot, x};
    sc_values(block, change, changes, count, value, NULL);
}

/* The root between two points of the scan by false position with Illinois' halving, and bisection where that
 * is slow; to 1e-10 of the interval's magnitude and beyond. A value that is exactly 0 counts with the upper
 * end. */
static double refine(struct sc_block *block, const struct sc_implied *question, double a, double b,
                     double at_a, double at_b)
{
    double weight_a = at_a, weight_b = at_b;
    for (int step = 0; step < MOST_STEPS; step++) {
        double x = at_b == 0 || step % 3 == 2 ? 0.5 * (a + b)
                                              : b - weight_b * (b - a) / (weight_b - weight_a),
               at;
        if (!(x > a && x < b)) x = 0.5 * (a + b);
        if (b - a <= 1e-13 * fmax(fabs(a), fabs(b)) || x <= a || x >= b) break;
        values_at(block, question, &x, 1, &at);
        at -= question->price;
        if (isnan(at)) break;
        if ((at < 0) == (at_a < 0) && at != 0) {
            a = x;
            at_a = weight_a = at;
            weight_b *= 0.5;
        } else {
            b = x;
            at_b = weight_b = at;
            weight_a *= 0.5;
        }
    }
    return fabs(at_a) < fabs(at_b) ? a : b;
}

static void note_range(struct sc_roots *roots, double value)
{
    if (isnan(value)) {
        roots->rejected++;
        return;
    }
    roots->lowest = fmin(roots->lowest, value); /* fmin and fmax pass over NAN */
    roots->highest = fmax(roots->highest, value);
}

/* True where a root lies behind the left point and up to the right one. A stretch of zeros counts where it
 * begins. */
static bool has_root(double left, double right)
{
    if (isnan(right) || left == 0) return false;
    return right == 0 || (!isnan(left) && (left < 0) != (right < 0));
}

void sc_implied_solve(struct sc_block *block, const struct sc_implied *question, struct sc_roots *roots)
{
    double x[SC_SCAN_POINTS], over[SC_SCAN_POINTS];
    size_t last = question->points - 1;
    *roots = (struct sc_roots){.lowest = NAN, .highest = NAN};
    for (size_t i = 0; i <= last; i++) {
        double part = (double)i / (double)last;
        x[i] = i == last ? question->high : question->low + part * (question->high - question->low);
    }
    values_at(block, question, x, question->points, over);
    for (size_t i = 0; i <= last; i++) {
        note_range(roots, over[i]);
        over[i] -= question->price;
    }
    if (over[0] == 0) roots->x[roots->count++] = x[0];
    for (size_t i = 1; i <= last && roots->count < SC_ROOTS_MAX; i++)
        if (has_root(over[i - 1], over[i]))
            roots->x[roots->count++] =
                isnan(over[i - 1]) ? x[i] : refine(block, question, x[i - 1], x[i], over[i - 1], over[i]);
}
