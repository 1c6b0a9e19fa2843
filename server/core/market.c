#include "path.h"

#include <math.h>

/* A spend that grows along a path from its base. MODEL 2. */
static void compound(const struct sc_block *block, sc_slot base, const struct sc_path *growth, sc_row *spend)
{
    sc_slot_row(block, base, 0, spend[0]);
    for (int year = 1; year < block->years; year++) {
        sc_row g;
        sc_path_row(block, growth, year, g);
        SC_EACH_LANE (l) spend[year][l] = spend[year - 1][l] * (1 + g[l]);
    }
}

/* Reads the number of a slot where the fit is to be found: in a lane, or in the plan itself (lane OF_PLAN).
 */
enum { OF_PLAN = SC_LANES };

static double number_in(const struct sc_block *block, sc_slot slot, size_t lane)
{
    if (slot == SC_NO_SLOT) return NAN;
    return lane == OF_PLAN ? block->plan->driver[slot] : block->driver[slot][lane];
}

static void fit_in(const struct sc_block *block, size_t lane, struct sc_fit *fit)
{
    const struct sc_share_curve *curve = &block->plan->market.inference_share;
    struct sc_fit_observation observation[SC_OBSERVATIONS_MAX];
    for (size_t i = 0; i < curve->observation_count; i++) {
        const struct sc_observation *from = &curve->observation[i];
        observation[i] = (struct sc_fit_observation){
            number_in(block, from->year, lane), number_in(block, from->value, lane),
            number_in(block, from->low, lane), number_in(block, from->high, lane),
            number_in(block, from->sigma, lane)};
    }
    sc_fit_curve(curve->curve, number_in(block, curve->floor, lane), number_in(block, curve->ceiling, lane),
                 observation, curve->observation_count, fit);
}

const struct sc_fit *sc_block_fit(struct sc_block *block)
{
    const struct sc_share_curve *curve = &block->plan->market.inference_share;
    if (block->fit_known) return &block->fit;
    block->fit_known = true;
    if (curve->present && curve->observation_count > 0)
        fit_in(block, OF_PLAN, &block->fit);
    else
        block->fit.reason = "The curve is given, not fitted.";
    return &block->fit;
}

/* True where a lane moves an observation, the floor or the ceiling: the plan's own fit does not do for it. */
static bool needs_own_fit(const struct sc_block *block, size_t lane)
{
    const struct sc_share_curve *curve = &block->plan->market.inference_share;
#define MOVED(slot) ((slot) != SC_NO_SLOT && block->driver[slot][lane] != block->plan->driver[slot])
    bool moved = MOVED(curve->floor) || MOVED(curve->ceiling);
    for (size_t i = 0; i < curve->observation_count && !moved; i++) {
        const struct sc_observation *o = &curve->observation[i];
        moved = MOVED(o->year) || MOVED(o->value) || MOVED(o->low) || MOVED(o->high) || MOVED(o->sigma);
    }
#undef MOVED
    return moved;
}

static void fit_lanes(struct sc_block *block)
{
    struct sc_fit own;
    SC_EACH_LANE (l) {
        const struct sc_fit *fit = &own;
        if (needs_own_fit(block, l))
            fit_in(block, l, &own);
        else
            fit = sc_block_fit(block);
        if (!fit->found) block->fault[l] |= SC_LANE_FIT;
        block->curve_k[l] = fit->curve.k;
        block->curve_mid[l] = fit->curve.mid;
        block->curve_floor[l] = fit->curve.floor;
        block->curve_ceiling[l] = fit->curve.ceiling;
    }
}

static void read_curve(struct sc_block *block)
{
    const struct sc_share_curve *curve = &block->plan->market.inference_share;
    if (curve->observation_count > 0) {
        fit_lanes(block);
        return;
    }
    sc_slot_row(block, curve->k, 0, block->curve_k);
    sc_slot_row(block, curve->mid, 0, block->curve_mid);
    sc_slot_row(block, curve->floor, 0, block->curve_floor);
    sc_slot_row(block, curve->ceiling, 1, block->curve_ceiling);
}

static double pchip_in_lane(const struct sc_block *block, size_t lane, double year)
{
    const struct sc_share_curve *curve = &block->plan->market.inference_share;
    double x[SC_POINTS_MAX], y[SC_POINTS_MAX];
    for (size_t i = 0; i < curve->point_count; i++) {
        x[i] = block->driver[curve->point[i].year][lane];
        y[i] = block->driver[curve->point[i].value][lane];
    }
    return sc_pchip_value(curve->point_count, x, y, year);
}

/* MODEL 3: inference's share in one year. */
static void share_row(const struct sc_block *block, int year, sc_row share)
{
    const struct sc_share_curve *curve = &block->plan->market.inference_share;
    double calendar = block->plan->base_market_year + year;
    if (curve->curve == SC_CURVE_NONE) {
        sc_path_row(block, &curve->path, year, share);
    } else if (curve->curve == SC_CURVE_PCHIP) {
        SC_EACH_LANE (l) share[l] = pchip_in_lane(block, l, calendar);
    } else {
        SC_EACH_LANE (l) {
            struct sc_curve_parameters of_lane = {curve->curve, block->curve_k[l], block->curve_mid[l],
                                                  block->curve_floor[l], block->curve_ceiling[l]};
            share[l] = sc_curve_value(&of_lane, calendar);
        }
    }
}

/* Total spend and a share give the two workloads; or the two workloads give total and share. */
static void split_total(struct sc_block *block)
{
    const struct sc_market *market = &block->plan->market;
    compound(block, market->total_spend, &market->growth, block->total_spend);
    read_curve(block);
    for (int year = 0; year < block->years; year++) {
        double *share = block->inference_share[year], *total = block->total_spend[year];
        share_row(block, year, share);
        SC_EACH_LANE (l) {
            block->inference_spend[year][l] = share[l] * total[l];
            block->training_spend[year][l] = (1 - share[l]) * total[l];
        }
    }
}

static void add_workloads(struct sc_block *block)
{
    const struct sc_market *market = &block->plan->market;
    compound(block, market->training.base, &market->training.growth, block->training_spend);
    compound(block, market->inference.base, &market->inference.growth, block->inference_spend);
    for (int year = 0; year < block->years; year++) {
        const double *training = block->training_spend[year], *inference = block->inference_spend[year];
        SC_EACH_LANE (l) {
            double total = training[l] + inference[l];
            block->total_spend[year][l] = total;
            block->inference_share[year][l] = total > 0 ? inference[l] / total : 0;
        }
    }
}

void sc_stage_market(struct sc_block *block)
{
    if (!block->plan->market.present) return;
    if (block->plan->market.training.present)
        add_workloads(block);
    else
        split_total(block);
    for (int year = 0; year < block->years; year++)
        sc_path_row(block, &block->plan->market.silicon_content, year, block->silicon_content[year]);
}

/* The shares of a year, and their sums over the seats that are not residual. */
static void shares_of_year(struct sc_block *block, int year)
{
    const struct sc_plan *plan = block->plan;
    double *training_taken = block->training_taken[year], *inference_taken = block->inference_taken[year];
    SC_EACH_LANE (l) training_taken[l] = inference_taken[l] = 0;
    for (size_t s = 0; s < plan->seat_count; s++) {
        if (plan->seat[s].residual) continue;
        size_t at = s * (size_t)block->years + (size_t)year;
        sc_path_row(block, &plan->seat[s].training, year, block->seat_training[at]);
        sc_path_row(block, &plan->seat[s].inference, year, block->seat_inference[at]);
        SC_EACH_LANE (l) {
            training_taken[l] += block->seat_training[at][l];
            inference_taken[l] += block->seat_inference[at][l];
        }
    }
    /* Decimal shares that add up to 1 may miss it by a rounding of each. */
    SC_EACH_LANE (l)
        if (training_taken[l] > 1 + 1e-12 || inference_taken[l] > 1 + 1e-12)
            block->fault[l] |= SC_LANE_SHARES;
}

void sc_stage_seats(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    if (!plan->market.present) return;
    for (int year = 0; year < block->years; year++) {
        shares_of_year(block, year);
        const double *silicon = block->silicon_content[year], *training_spend = block->training_spend[year],
                     *inference_spend = block->inference_spend[year];
        for (size_t s = 0; s < plan->seat_count; s++) {
            size_t at = s * (size_t)block->years + (size_t)year;
            double *training = block->seat_training[at], *inference = block->seat_inference[at];
            if (plan->seat[s].residual) {
                SC_EACH_LANE (l) training[l] = 1 - block->training_taken[year][l];
                SC_EACH_LANE (l) inference[l] = 1 - block->inference_taken[year][l];
            }
            SC_EACH_LANE (l)
                block->seat_revenue[at][l] =
                    silicon[l] * (training[l] * training_spend[l] + inference[l] * inference_spend[l]);
        }
    }
}
