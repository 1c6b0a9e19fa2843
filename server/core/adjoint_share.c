#include "adjoint.h"

#include "elementary.h"

#include <math.h>

/* The curve's level L(x) between floor and ceiling, what is missing to 1, and dL/dx; without the
 * cancellation of 1 - L, and finite however far out. MODEL 3. */
struct level {
    double reached, missing, slope;
};

static struct level level_of(int curve, double x)
{
    if (curve == SC_CURVE_GOMPERTZ) {
        double decay = sc_exp(-x);
        return (struct level){sc_exp(-decay), -sc_expm1(-decay), sc_exp(-x - decay)};
    }
    double reached = 1 / (1 + sc_exp(-x)), missing = 1 / (1 + sc_exp(x));
    return (struct level){reached, missing, reached * missing};
}

/* theta = floor + (ceiling - floor) L(k (c - mid)). */
static void sweep_curve(struct sc_sweep *sweep, int year)
{
    const struct sc_block *block = sweep->block;
    struct sc_curve_derivative *by = &sweep->gradient->curve;
    struct sc_derivative by_share = sweep->gradient->inference_share[year];
    double k = block->curve_k[0], since = sweep->plan->base_market_year + year - block->curve_mid[0];
    double span = block->curve_ceiling[0] - block->curve_floor[0];
    struct level level = level_of(sweep->plan->market.inference_share.curve, k * since);
    sc_derivative_add(&by->k, by_share, span * level.slope * since);
    sc_derivative_add(&by->mid, by_share, -span * level.slope * k);
    sc_derivative_add(&by->floor, by_share, level.missing);
    sc_derivative_add(&by->ceiling, by_share, level.reached);
}

static void sweep_points(struct sc_sweep *sweep)
{
    const struct sc_plan *plan = sweep->plan;
    const struct sc_share_curve *curve = &plan->market.inference_share;
    struct sc_pchip_derivative by;
    double x[SC_POINTS_MAX], y[SC_POINTS_MAX];
    for (size_t i = 0; i < curve->point_count; i++) {
        x[i] = plan->driver[curve->point[i].year];
        y[i] = plan->driver[curve->point[i].value];
    }
    for (int year = 0; year < sweep->block->years; year++) {
        struct sc_derivative by_share = sweep->gradient->inference_share[year];
        sc_pchip_derive(curve->point_count, x, y, plan->base_market_year + year, &by);
        if (by.kink) sweep->gradient->kinks |= SC_KINK_POINTS;
        for (size_t i = by.first; i < by.first + by.count; i++) {
            sc_sweep_slot(sweep, curve->point[i].year, sc_derivative_times(by_share, by.x[i - by.first]));
            sc_sweep_slot(sweep, curve->point[i].value, sc_derivative_times(by_share, by.y[i - by.first]));
        }
    }
}

void sc_sweep_share(struct sc_sweep *sweep)
{
    const struct sc_share_curve *curve = &sweep->plan->market.inference_share;
    const struct sc_curve_derivative *by = &sweep->gradient->curve;
    if (curve->curve == SC_CURVE_PCHIP) {
        sweep_points(sweep);
        return;
    }
    for (int year = 0; year < sweep->block->years; year++) {
        if (curve->curve == SC_CURVE_NONE)
            sc_sweep_path(sweep, &curve->path, year, sweep->gradient->inference_share[year]);
        else
            sweep_curve(sweep, year);
    }
    sc_sweep_slot(sweep, curve->floor, by->floor);
    if (curve->observation_count > 0) {
        sc_sweep_fit(sweep);
        return;
    }
    sc_sweep_slot(sweep, curve->k, by->k);
    sc_sweep_slot(sweep, curve->mid, by->mid);
    sc_sweep_slot(sweep, curve->ceiling, by->ceiling);
}
