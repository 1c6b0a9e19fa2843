#include "path.h"

#include "elementary.h"

#include <assert.h>
#include <math.h>

/* The logistic function of 10 (u - 1/2), stretched to 0 at u = 0 and to 1 at u = 1. */
SC_PART double logistic(double u)
{
    const double first = 1 / (1 + 148.41315910257660342) /* exp(5) */, last = 1 - first;
    return (1 / (1 + sc_exp(-10 * (u - 0.5))) - first) / (last - first);
}

enum { YEARS_AT_ONCE = 8, ALL_YEARS = SC_YEARS_MAX + 1 };
static_assert(ALL_YEARS % YEARS_AT_ONCE == 0, "positions are filled some at a time");

/* Several years together: exponentials are dear singly. */
SC_PART void some_positions(struct sc_ramp *ramp, int first)
{
    double *position = ramp->position + first, span = ramp->to - ramp->from;
    _Pragma("omp simd") for (int i = 0; i < YEARS_AT_ONCE; i++) position[i] = (first + i - ramp->from) / span;
    if (ramp->shape == SC_SHAPE_LOGISTIC)
        _Pragma("omp simd") for (int i = 0; i < YEARS_AT_ONCE; i++) position[i] = logistic(position[i]);
    for (int i = 0; i < YEARS_AT_ONCE; i++)
        position[i] = first + i <= ramp->from ? 0 : first + i >= ramp->to ? 1 : position[i];
}

SC_WIDE static void fill_positions(struct sc_ramp *ramp)
{
    for (int first = 0; first < ALL_YEARS; first += YEARS_AT_ONCE) some_positions(ramp, first);
}

double sc_ramp_position(const struct sc_path *path, int year)
{
    if (year <= path->from) return 0;
    if (year >= path->to) return 1;
    double u = (double)(year - path->from) / (path->to - path->from);
    return path->shape == SC_SHAPE_LOGISTIC ? logistic(u) : u;
}

/* The ramp of a path, remembered. */
static const double *positions(struct sc_block *block, const struct sc_path *path)
{
    struct sc_ramp *ramp = &block->ramp[(path->from + 3U * path->to + path->shape) % SC_RAMPS];
    if (!ramp->known || ramp->from != path->from || ramp->to != path->to || ramp->shape != path->shape) {
        *ramp = (struct sc_ramp){.from = path->from, .to = path->to, .shape = path->shape, .known = true};
        fill_positions(ramp);
    }
    return ramp->position;
}

/* a (b/a)^u, where b/a is a number; else the same as |a|^(1 - u) |b|^u, with their sign. MODEL 1. */
static double geometric(double start, double end, double position)
{
    double ratio = end / start;
    if (ratio > 0 && ratio < INFINITY) return start * sc_pow(ratio, position);
    return copysign(sc_pow(fabs(start), 1 - position) * sc_pow(fabs(end), position), start);
}

/* Powers are dear, and the lanes of one valuation have the same ends. */
void sc_geometric_row(const double *start, const double *end, double position, sc_row out)
{
    for (size_t l = 0; l < SC_LANES; l++) {
        bool same = l > 0 && start[l] == start[l - 1] && end[l] == end[l - 1];
        out[l] = same ? out[l - 1] : geometric(start[l], end[l], position);
    }
}

SC_WIDE void sc_path_row(const struct sc_block *block, const struct sc_path *path, int year, sc_row out)
{
    const double *from = sc_path_at(block, path, year, out);
    if (from != out)
        SC_EACH_LANE (l) out[l] = from[l];
}

SC_WIDE void sc_fill_path_rows(struct sc_block *block, const struct sc_path *path, int first, sc_row *out)
{
    bool ramp = path->form == SC_PATH_RAMP;
    const double *position = ramp ? positions(block, path) : NULL;
    for (int year = first; year < block->years; year++) {
        double *row = out[year];
        const double *from = ramp ? sc_ramp_at(path, position[year], (const sc_row *)block->driver, row)
                                  : sc_path_at(block, path, year, row);
        if (from != row)
            SC_EACH_LANE (l) row[l] = from[l];
    }
}

SC_WIDE void sc_slot_row(const struct sc_block *block, sc_slot slot, double fallback, sc_row out)
{
    if (slot == SC_NO_SLOT) {
        SC_EACH_LANE (l) out[l] = fallback;
        return;
    }
    const double *from = block->driver[slot];
    SC_EACH_LANE (l) out[l] = from[l];
}
