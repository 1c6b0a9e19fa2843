#include "path.h"

#include "curve.h"

#include <math.h>

/* A spend that grows along a path from its base. MODEL 2. */
SC_PART void compound(const struct sc_block *block, sc_slot base, const struct sc_path *growth, sc_row *spend)
{
    sc_row room;
    sc_slot_row(block, base, 0, spend[0]);
    for (int year = 1; year < block->years; year++) {
        const double *g = sc_path_at(block, growth, year, room), *before = spend[year - 1];
        double *now = spend[year];
        SC_EACH_LANE (l) now[l] = before[l] * (1 + g[l]);
    }
}

static double number_at(const double *driver, size_t stride, sc_slot slot)
{
    return slot == SC_NO_SLOT ? NAN : driver[(size_t)slot * stride];
}

size_t sc_fit_observations(const struct sc_share_curve *curve, const double *driver, size_t stride,
                           struct sc_fit_observation *observation)
{
    for (size_t i = 0; i < curve->observation_count; i++) {
        const struct sc_observation *from = &curve->observation[i];
        observation[i] = (struct sc_fit_observation){
            number_at(driver, stride, from->year), number_at(driver, stride, from->value),
            number_at(driver, stride, from->low), number_at(driver, stride, from->high),
            number_at(driver, stride, from->sigma)};
    }
    return curve->observation_count;
}

static void fit_in(const struct sc_block *block, const double *driver, size_t stride, struct sc_fit *fit)
{
    const struct sc_share_curve *curve = &block->plan->market.inference_share;
    struct sc_fit_observation observation[SC_OBSERVATIONS_MAX];
    size_t count = sc_fit_observations(curve, driver, stride, observation);
    sc_fit_curve(curve->curve, number_at(driver, stride, curve->floor),
                 number_at(driver, stride, curve->ceiling), observation, count, fit);
}

const struct sc_fit *sc_block_fit(struct sc_block *block)
{
    const struct sc_share_curve *curve = &block->plan->market.inference_share;
    if (block->fit_known) return &block->fit;
    block->fit_known = true;
    if (curve->present && curve->observation_count > 0)
        fit_in(block, block->plan->driver, 1, &block->fit);
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

/* True where a lane's fit is that of the lane before it: one of a few numbers moves slowly, or lanes past the
 * count copy the last. */
static bool shares_fit(const struct sc_block *block, size_t lane)
{
    const struct sc_share_curve *curve = &block->plan->market.inference_share;
#define SAME(slot) ((slot) == SC_NO_SLOT || block->driver[slot][lane] == block->driver[slot][lane - 1])
    bool same = lane > 0 && SAME(curve->floor) && SAME(curve->ceiling);
    for (size_t i = 0; i < curve->observation_count && same; i++) {
        const struct sc_observation *o = &curve->observation[i];
        same = SAME(o->year) && SAME(o->value) && SAME(o->low) && SAME(o->high) && SAME(o->sigma);
    }
#undef SAME
    return same;
}

static void fit_lanes(struct sc_block *block)
{
    struct sc_fit own;
    const struct sc_fit *fit = NULL;
    for (size_t l = 0; l < SC_LANES; l++) {
        if (!needs_own_fit(block, l)) {
            fit = sc_block_fit(block);
        } else if (!shares_fit(block, l)) {
            fit_in(block, &block->driver[0][l], SC_LANES, &own);
            fit = &own;
        }
        block->fault_of_fit[l] = fit->found ? 0 : SC_LANE_FIT;
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
        if (!block->curve_moved) fit_lanes(block);
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

SC_PART void curve_row(const struct sc_block *block, double year, sc_row share)
{
    const double *k = block->curve_k, *mid = block->curve_mid, *floor = block->curve_floor,
                 *ceiling = block->curve_ceiling;
    if (block->plan->market.inference_share.curve == SC_CURVE_GOMPERTZ)
        SC_EACH_LANE (l) share[l] = sc_curve_at(true, k[l], mid[l], floor[l], ceiling[l], year);
    else
        SC_EACH_LANE (l) share[l] = sc_curve_at(false, k[l], mid[l], floor[l], ceiling[l], year);
}

/* Whether exp(-k (year - mid)) stays a number that has all its digits, in every year and lane. */
SC_PART bool decays_slowly(const struct sc_block *block)
{
    const double *k = block->curve_k, *mid = block->curve_mid;
    double first = block->plan->base_market_year, last = first + block->years;
    sc_row most;
    SC_EACH_LANE (l) {
        double at_first = fabs(k[l] * (first - mid[l])), at_last = fabs(k[l] * (last - mid[l]));
        most[l] = at_first > at_last ? at_first : at_last;
    }
    bool slowly = true;
    for (size_t l = 0; l < SC_LANES; l++) slowly &= most[l] < 600;
    return slowly;
}

/* A logistic curve year by year, each from the last: two exponentials instead of one a year. */
SC_PART void follow_curve(struct sc_block *block)
{
    const double *k = block->curve_k, *mid = block->curve_mid, *floor = block->curve_floor,
                 *ceiling = block->curve_ceiling;
    double first = block->plan->base_market_year;
    sc_row decay, step;
    SC_EACH_LANE (l) decay[l] = sc_exp(-k[l] * (first - mid[l]));
    SC_EACH_LANE (l) step[l] = sc_exp(-k[l]);
    for (int year = 0; year < block->years; year++) {
        double *share = block->inference_share[year];
        SC_EACH_LANE (l) share[l] = floor[l] + (ceiling[l] - floor[l]) / (1 + decay[l]);
        SC_EACH_LANE (l) decay[l] *= step[l];
    }
}

/* MODEL 3: inference's share. */
SC_PART void share_rows(struct sc_block *block)
{
    const struct sc_share_curve *curve = &block->plan->market.inference_share;
    if (curve->curve == SC_CURVE_NONE) {
        sc_path_rows(block, &curve->path, 0, block->inference_share);
        return;
    }
    if (curve->curve == SC_CURVE_LOGISTIC && block->sums_losses && decays_slowly(block)) {
        follow_curve(block);
        return;
    }
    for (int year = 0; year < block->years; year++) {
        double *share = block->inference_share[year], calendar = block->plan->base_market_year + year;
        if (curve->curve == SC_CURVE_PCHIP)
            for (size_t l = 0; l < SC_LANES; l++) share[l] = pchip_in_lane(block, l, calendar);
        else
            curve_row(block, calendar, share);
    }
}

#define MARKET SC_GROUP_BIT(SC_GROUP_MARKET)
#define SHARE SC_GROUP_BIT(SC_GROUP_INFERENCE_SHARE)
#define SEATS SC_GROUP_BIT(SC_GROUP_SEATS)

/* Total spend and a share give the two workloads; or the two workloads give total and share. */
SC_PART void split_total(struct sc_block *block, unsigned moving)
{
    const struct sc_market *market = &block->plan->market;
    if (moving & MARKET) compound(block, market->total_spend, &market->growth, block->total_spend);
    if (moving & SHARE) {
        read_curve(block);
        share_rows(block);
    }
    for (int year = 0; year < block->years; year++) {
        const double *share = block->inference_share[year], *total = block->total_spend[year];
        double *inference = block->inference_spend[year], *training = block->training_spend[year];
        SC_EACH_LANE (l) {
            inference[l] = share[l] * total[l];
            training[l] = (1 - share[l]) * total[l];
        }
    }
}

SC_PART void add_workloads(struct sc_block *block)
{
    const struct sc_market *market = &block->plan->market;
    compound(block, market->training.base, &market->training.growth, block->training_spend);
    compound(block, market->inference.base, &market->inference.growth, block->inference_spend);
    for (int year = 0; year < block->years; year++) {
        const double *training = block->training_spend[year], *inference = block->inference_spend[year];
        double *total = block->total_spend[year], *share = block->inference_share[year];
        SC_EACH_LANE (l) {
            total[l] = training[l] + inference[l];
            double part = inference[l] / total[l];
            share[l] = total[l] > 0 ? part : 0;
        }
    }
}

SC_WIDE void sc_stage_market(struct sc_block *block, unsigned moving)
{
    if (!block->plan->market.present || !(moving & (MARKET | SHARE))) return;
    if (block->plan->market.training.present)
        add_workloads(block);
    else
        split_total(block, moving);
    sc_path_rows(block, &block->plan->market.silicon_content, 0, block->silicon_content);
}

/* Where many points are asked for, only what value needs. */
static bool is_needed(const struct sc_block *block, size_t seat)
{
    bool needed = !block->warm;
    for (size_t i = 0; i < block->plan->segment_count; i++)
        needed |= block->plan->segment[i].seat_index == (int)seat;
    return needed;
}

/* Some of the seats. */
struct seats {
    size_t count;
    uint8_t index[SC_SEATS_MAX];
};

/* Of those that are not residual: whose shares are added up each time, and, where last digits do not matter,
 * whose never change and are added up once. */
static void choose_seats(const struct sc_block *block, struct seats *added, struct seats *still)
{
    added->count = still->count = 0;
    for (size_t s = 0; s < block->plan->seat_count; s++) {
        const struct sc_seat *seat = &block->plan->seat[s];
        bool moves = sc_path_is_moved(block, &seat->training) || sc_path_is_moved(block, &seat->inference);
        struct seats *list = block->sums_losses && !moves ? still : added;
        if (!seat->residual) list->index[list->count++] = (uint8_t)s;
    }
}

/* Adds the shares of seats in a year. */
SC_PART void add_shares(const struct sc_block *block, const sc_row *share, int year,
                        const struct seats *seats, double *sum)
{
    for (size_t i = 0; i < seats->count; i++) {
        const double *of_seat = share[seats->index[i] * (size_t)block->years + (size_t)year];
        SC_EACH_LANE (l) sum[l] += of_seat[l];
    }
}

/* A workload: the seats' shares, what they take in all, and of that what never changes. */
struct workload {
    const sc_row *share;
    sc_row *taken, *still;
};

SC_PART void take_shares(struct sc_block *block, const struct workload *workload, const struct seats *added,
                         const struct seats *rest)
{
    sc_row most;
    SC_EACH_LANE (l) most[l] = 0;
    for (int year = 0; year < block->years; year++) {
        double *sum = workload->taken[year], *still = workload->still[year];
        if (!block->warm) {
            SC_EACH_LANE (l) still[l] = 0;
            add_shares(block, workload->share, year, rest, still);
        }
        SC_EACH_LANE (l) sum[l] = still[l];
        add_shares(block, workload->share, year, added, sum);
        SC_EACH_LANE (l) most[l] = sum[l] > most[l] ? sum[l] : most[l];
    }
    /* Decimal shares that add up to 1 may miss it by a rounding of each. */
    for (size_t l = 0; l < SC_LANES; l++)
        if (most[l] > 1 + 1e-12) block->fault_of_seats[l] = SC_LANE_SHARES;
}

SC_PART void leave_rest(const struct sc_block *block, const sc_row *taken, sc_row *share)
{
    for (int year = 0; year < block->years; year++) {
        const double *sum = taken[year];
        double *rest = share[year];
        SC_EACH_LANE (l) rest[l] = 1 - sum[l];
    }
}

SC_PART void all_shares(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    for (size_t s = 0; s < plan->seat_count; s++) {
        size_t first = s * (size_t)block->years;
        if (plan->seat[s].residual) continue;
        sc_path_rows(block, &plan->seat[s].training, 0, block->seat_training + first);
        sc_path_rows(block, &plan->seat[s].inference, 0, block->seat_inference + first);
    }
    for (size_t l = 0; l < SC_LANES; l++) block->fault_of_seats[l] = 0;
    struct seats added, still;
    choose_seats(block, &added, &still);
    take_shares(block,
                &(struct workload){(const sc_row *)block->seat_training, block->training_taken,
                                   block->training_still},
                &added, &still);
    take_shares(block,
                &(struct workload){(const sc_row *)block->seat_inference, block->inference_taken,
                                   block->inference_still},
                &added, &still);
    for (size_t s = 0; s < plan->seat_count; s++) {
        size_t first = s * (size_t)block->years;
        if (!plan->seat[s].residual || !is_needed(block, s)) continue;
        leave_rest(block, (const sc_row *)block->training_taken, block->seat_training + first);
        leave_rest(block, (const sc_row *)block->inference_taken, block->seat_inference + first);
    }
}

/* MODEL 4: R = kappa (sigma_tr T + sigma_inf I). */
SC_PART void revenue_of_seat(struct sc_block *block, size_t seat)
{
    for (int year = 0; year < block->years; year++) {
        size_t at = seat * (size_t)block->years + (size_t)year;
        const double *silicon = block->silicon_content[year], *training_spend = block->training_spend[year],
                     *inference_spend = block->inference_spend[year], *training = block->seat_training[at],
                     *inference = block->seat_inference[at];
        double *revenue = block->seat_revenue[at];
        SC_EACH_LANE (l)
            revenue[l] = silicon[l] * (training[l] * training_spend[l] + inference[l] * inference_spend[l]);
    }
}

SC_WIDE void sc_stage_seats(struct sc_block *block, unsigned moving)
{
    const struct sc_plan *plan = block->plan;
    if (!plan->market.present || !(moving & (MARKET | SHARE | SEATS))) return;
    if (moving & SEATS) all_shares(block);
    for (size_t s = 0; s < plan->seat_count; s++)
        if (is_needed(block, s)) revenue_of_seat(block, s);
}
