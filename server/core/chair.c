#include "path.h"

#include <math.h>

enum { SCAN_POINTS = 257, MOST_BISECTIONS = 200 };

/* What the branches leave behind: indexed by the year of loss; 0 is the branch in which the chair is held. */
struct branches {
    double value[SC_YEARS_MAX], equity[SC_YEARS_MAX], terminal_value[SC_YEARS_MAX];
};

static double lost_year(size_t branch)
{
    return branch == 0 ? INFINITY : (double)branch;
}

static bool evaluate_chunk(struct sc_block *block, size_t first, size_t count, struct branches *branches,
                           struct sc_faults *faults)
{
    double lost[SC_LANES];
    for (size_t lane = 0; lane < count; lane++) lost[lane] = lost_year(first + lane);
    sc_evaluate(block, &(struct sc_lanes){.count = count, .lost = lost});
    for (size_t lane = 0; lane < count; lane++) {
        if (block->fault[lane]) {
            sc_block_explain(block, lane, faults);
            return false;
        }
        branches->value[first + lane] = block->settlement[lane].value_per_share;
        branches->equity[first + lane] = block->settlement[lane].equity;
        branches->terminal_value[first + lane] = block->terminal_value[lane];
    }
    return true;
}

/* The chunk with the branch in which the chair is held comes last: its figures stay in the block. */
static bool evaluate_branches(struct sc_block *block, size_t count, struct branches *branches,
                              struct sc_faults *faults)
{
    for (size_t chunk = (count + SC_LANES - 1) / SC_LANES; chunk-- > 0;) {
        size_t first = chunk * SC_LANES, rest = count - first;
        if (!evaluate_chunk(block, first, rest < SC_LANES ? rest : SC_LANES, branches, faults)) return false;
    }
    return true;
}

/* The mixture over the years of loss with the hazard scaled by a factor; hold receives the probability of
 * holding to the horizon. MODEL 8. */
static double expectation(const struct sc_chair *chair, const double *hazard, double factor, double *hold)
{
    double held = 1, sum = 0;
    for (int year = 1; year <= chair->horizon; year++) {
        double h = factor * hazard[year];
        sum += held * h * chair->value_if_lost[year];
        held *= 1 - h;
    }
    *hold = held;
    return sum + held * chair->value_if_held;
}

/* What the expected value has over the price with the hazard scaled by a factor. */
static double over_price(const struct sc_chair *chair, const double *hazard, double price, double factor)
{
    double hold;
    return expectation(chair, hazard, factor, &hold) - price;
}

/* The same of a row of factors from one point of the scan on: a factor scales the highest hazard to at
 * most 1. */
SC_WIDE static void scan(const struct sc_chair *chair, const double *hazard, double price, double largest,
                         int first, sc_row factor, sc_row over)
{
    sc_row held;
    SC_EACH_LANE (l) factor[l] = (double)(first + (int)l) / (SCAN_POINTS - 1) / largest;
    SC_EACH_LANE (l) held[l] = 1;
    SC_EACH_LANE (l) over[l] = 0;
    for (int year = 1; year <= chair->horizon; year++) {
        double rate = hazard[year], value = chair->value_if_lost[year];
        SC_EACH_LANE (l) {
            double h = factor[l] * rate;
            over[l] += held[l] * h * value;
            held[l] *= 1 - h;
        }
    }
    SC_EACH_LANE (l) over[l] = over[l] + held[l] * chair->value_if_held - price;
}

/* The factor between two at which the excess over the price changes sign; at_low is that at the lower one. */
static double bisect_factor(const struct sc_chair *chair, const double *hazard, double price, double low,
                            double high, double at_low)
{
    for (int step = 0; step < MOST_BISECTIONS && at_low != 0; step++) {
        double middle = 0.5 * (low + high);
        if (middle <= low || middle >= high) break;
        if ((over_price(chair, hazard, price, middle) < 0) == (at_low < 0))
            low = middle;
        else
            high = middle;
    }
    return low;
}

/* The least factor on the hazard path that makes the expected value the price. MODEL 8. */
static void find_break_even(struct sc_chair *chair, const double *hazard, double price)
{
    double largest = 0;
    chair->break_even = NAN;
    for (int year = 1; year <= chair->horizon; year++) largest = fmax(largest, hazard[year]);
    if (largest == 0) {
        chair->break_even_reason = "The hazard is 0 in every year: no factor scales it.";
        return;
    }
    double low = 0, at_low = 0;
    sc_row factor = {0}, over = {0};
    for (int i = 0; i < SCAN_POINTS; i++) {
        if (i % SC_LANES == 0) scan(chair, hazard, price, largest, i, factor, over);
        double high = factor[i % SC_LANES], at_high = over[i % SC_LANES];
        if (i > 0 && at_low * at_high <= 0) {
            chair->break_even_factor = bisect_factor(chair, hazard, price, low, high, at_low);
            expectation(chair, hazard, chair->break_even_factor, &chair->break_even);
            return;
        }
        low = high;
        at_low = at_high;
    }
    chair->break_even_reason =
        at_low > 0 ? "The expected value is above the price even at the highest hazard."
                   : "The expected value is below the price even where the chair is never lost.";
}

/* The hazard goes on after the horizon: v(never) with a terminal value that mixes its own with that of the
 * branch lost in H. MODEL 8. */
static double held_for_ever(const struct sc_block *block, const struct branches *branches, double hazard)
{
    int horizon = block->years - 1;
    double w = block->terminal_wacc[0], g = block->terminal_growth[0];
    double own = branches->terminal_value[0], lost = branches->terminal_value[horizon];
    double terminal = lost + (own - lost) * (1 - hazard) * (w - g) / (w - g + hazard * (1 + g));
    return sc_settle(block, 0, block->pv_forecast[0] + terminal * block->terminal_discount[0])
        .value_per_share;
}

static void place_hazard(struct sc_chair *chair, const struct sc_block *block,
                         const struct branches *branches, double last_hazard)
{
    double hold = chair->hold_probability;
    chair->on_value = hold * chair->value_if_held + (1 - hold) * chair->value_if_lost[1];
    chair->forever = NAN;
    if (block->plan->terminal.method == SC_EXIT_MULTIPLE) {
        chair->forever_reason = "An exit multiple has no flows after the horizon that a hazard could act on.";
        return;
    }
    double never = held_for_ever(block, branches, last_hazard);
    chair->forever = chair->expected_value - hold * chair->value_if_held + hold * never;
}

bool sc_chair_evaluate(struct sc_block *block, struct sc_chair *chair, struct sc_faults *faults)
{
    const struct sc_plan *plan = block->plan;
    struct branches branches = {0};
    double hazard[SC_YEARS_MAX] = {0};
    *chair = (struct sc_chair){.present = plan->chair.present, .horizon = plan->horizon};
    size_t count = plan->chair.present ? (size_t)plan->horizon + 1 : 1;
    if (!evaluate_branches(block, count, &branches, faults)) return false;
    chair->value_if_held = chair->expected_value = branches.value[0];
    if (!plan->chair.present) return true;
    double held = 1;
    for (int year = 1; year <= plan->horizon; year++) {
        hazard[year] = block->hazard[year][0];
        chair->lost_probability[year] = held * hazard[year];
        held *= 1 - hazard[year];
        chair->survival[year] = held;
        chair->value_if_lost[year] = branches.value[year];
    }
    chair->expected_value = expectation(chair, hazard, 1, &chair->hold_probability);
    chair->chair_value_per_share = branches.value[0] - branches.value[1];
    chair->chair_value = branches.equity[0] - branches.equity[1];
    place_hazard(chair, block, &branches, hazard[plan->horizon]);
    find_break_even(chair, hazard, plan->driver[plan->price]);
    return true;
}
