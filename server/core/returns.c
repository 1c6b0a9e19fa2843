#include "secondchair/returns.h"

#include "elementary.h"
#include "path.h"

#include <math.h>
#include <string.h>

double sc_annual_return(double value, double price, double years)
{
    double multiple = value / price;
    return (years == 1 ? multiple : sc_pow(multiple, 1 / years)) - 1;
}

/* Years from the valuation date to the end of fiscal year y. */
static double years_to(const struct sc_plan *plan, int year)
{
    return year == 0 ? 0 : plan->stub + (year - 1);
}

/* Years from where the cash of year y is taken to come to the end of that year. */
static double years_held(const struct sc_plan *plan, int year)
{
    if (plan->timing == SC_TIMING_END) return 0;
    return 0.5 * sc_part_of_year(plan, year);
}

/* Cash that is paid in over a year and compounded to its end, in every lane. */
static void add_year(const struct sc_block *b, int year, double rate, sc_row cash)
{
    double part = sc_part_of_year(b->plan, year), grown = sc_pow(1 + rate, part),
           paid_in = sc_pow(1 + rate, years_held(b->plan, year));
    for (size_t l = 0; l < b->lanes; l++)
        cash[l] = cash[l] * grown + b->failure_factor[l] * part * b->fcff[year][l] * paid_in;
}

/* Year by year, in every lane. What is still to come at the end of a year is its present value carried there.
 */
static void look_back(const struct sc_block *b, double rate, const sc_row weight, struct sc_returns *returns)
{
    double growth = sc_plan_value(b->plan, b->plan->returns.net_share_growth, 0);
    sc_row cash, to_come, equity = {0}, share;
    memcpy(cash, b->net_cash, sizeof cash);
    memcpy(to_come, b->enterprise_value, sizeof to_come);
    for (int year = 0; year < b->years; year++) {
        if (year > 0) add_year(b, year, rate, cash);
        for (size_t l = 0; l < b->lanes; l++) {
            if (year > 0) to_come[l] -= b->pv[year][l];
            if (year + 1 == b->years) to_come[l] = b->pv_terminal[l]; /* exactly, not what rounding left */
            equity[l] = b->failure_factor[l] * to_come[l] / b->discount_to_end[year][l] + cash[l];
        }
        sc_share_of_equity(b, equity, sc_pow(1 + growth, years_to(b->plan, year)), share);
        for (size_t l = 0; l < b->lanes; l++) {
            returns->expected.value_per_share[year] += weight[l] * share[l];
            returns->expected.net_cash[year] += weight[l] * cash[l];
            if (!isinf(b->lost[l])) continue;
            returns->held.value_per_share[year] = share[l];
            returns->held.net_cash[year] = cash[l];
        }
    }
}

bool sc_returns_evaluate(struct sc_block *block, double reinvestment_rate, struct sc_returns *returns,
                         struct sc_faults *faults)
{
    const struct sc_plan *plan = block->plan;
    size_t branches = plan->chair.present ? (size_t)plan->horizon + 1 : 1;
    *returns = (struct sc_returns){.years = years_to(plan, plan->horizon)};
    for (size_t first = 0; first < branches; first += SC_LANES) {
        size_t count = branches - first < SC_LANES ? branches - first : SC_LANES;
        double lost[SC_LANES];
        sc_row weight;
        for (size_t lane = 0; lane < count; lane++)
            lost[lane] = first + lane + 1 == branches ? INFINITY : (double)(first + lane + 1);
        sc_evaluate(block, &(struct sc_lanes){.count = count, .lost = lost});
        sc_branch_weights(block, weight);
        for (size_t lane = 0; lane < count; lane++) {
            sc_block_explain(block, lane, faults);
            if (block->fault[lane]) return false;
        }
        look_back(block, reinvestment_rate, weight, returns);
    }
    return true;
}
