#include "secondchair/returns.h"

#include "path.h"

#include <math.h>

double sc_annual_return(double value, double price, double years)
{
    return pow(value / price, 1 / years) - 1;
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

/* One branch, year by year. What is still to come at the end of year y is its present value carried there. */
static void look_back(const struct sc_block *b, size_t lane, double rate, struct sc_lookback *out)
{
    const struct sc_plan *plan = b->plan;
    double factor = sc_failure_factor(b, lane), cash = sc_net_cash(b, lane);
    double to_come = b->enterprise_value[lane],
           growth = sc_plan_value(plan, plan->returns.net_share_growth, 0);
    for (int year = 0; year < b->years; year++) {
        if (year > 0) {
            double flow = factor * sc_part_of_year(plan, year) * b->fcff[year][lane];
            cash *= pow(1 + rate, sc_part_of_year(plan, year));
            cash += flow * pow(1 + rate, years_held(plan, year));
            to_come -= b->pv[year][lane];
        }
        if (year + 1 == b->years) to_come = b->pv_terminal[lane]; /* exactly, not what rounding left */
        double operating = factor * to_come / b->discount_to_end[year][lane];
        out->net_cash[year] = cash;
        out->value_per_share[year] =
            sc_share_of_equity(b, lane, operating + cash, pow(1 + growth, years_to(plan, year)));
    }
}

static void add_weighted(const struct sc_block *b, double weight, const struct sc_lookback *branch,
                         struct sc_lookback *sum)
{
    for (int year = 0; year < b->years; year++) {
        sum->value_per_share[year] += weight * branch->value_per_share[year];
        sum->net_cash[year] += weight * branch->net_cash[year];
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
            struct sc_lookback branch;
            sc_block_explain(block, lane, faults);
            if (block->fault[lane]) return false;
            look_back(block, lane, reinvestment_rate, &branch);
            add_weighted(block, weight[lane], &branch, &returns->expected);
            if (isinf(lost[lane])) returns->held = branch;
        }
    }
    return true;
}
