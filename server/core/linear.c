/* All branches of a point together. Once the chair is lost, at the start of year b, revenue and profit of
 * year y are affine in what is left of it, left(y - b + 1), left(n) = floor + (1 - floor) retention^n (MODEL
 * 8); and as long as no year makes a loss and none is carried forward, so are tax, cash flow and terminal
 * value, of it and of what is left the year before. What year y adds to enterprise value is then fixed(y) +
 * now(y) left(y - b + 1) + before(y) left(y - b), and the sums over y >= b of all b follow from each other as
 * in Horner's scheme, from the last b to the first: in horizon steps instead of horizon^2 / 2. */
#include "path.h"

#include <math.h>

/* What enterprise value has from a unit of operating profit, outlay and revenue of the last year by terminal
 * value: of NOPAT_T, of FCFF_T, or of a metric. MODEL 7. */
struct worth {
    sc_row ebit, outlay, revenue;
};

SC_PART void terminal_worth(const struct sc_block *block, struct worth *worth)
{
    const struct sc_plan *plan = block->plan;
    int last = block->years - 1;
    const double *of_one = block->terminal_capitalisation, *discount = block->terminal_discount,
                 *terminal_rate = block->terminal_tax_rate, *rate = block->tax_rate[last],
                 *depreciation = block->depreciation_rate[last];
    bool multiple = plan->terminal.method == SC_EXIT_MULTIPLE;
    int metric = multiple ? plan->terminal.metric : SC_METRIC_ABSENT;
    double by_ebit = metric == SC_METRIC_REVENUE ? 0 : 1, by_revenue = metric == SC_METRIC_REVENUE ? 1 : 0,
           by_depreciation = metric == SC_METRIC_EBITDA ? 1 : 0,
           by_outlay = multiple || plan->terminal.method == SC_VALUE_DRIVER ? 0 : 1;
    SC_EACH_LANE (l) {
        double worth_of_flow = discount[l] * of_one[l];
        double taxed = multiple ? metric == SC_METRIC_NOPAT ? rate[l] : 0 : terminal_rate[l];
        worth->ebit[l] = worth_of_flow * by_ebit * (1 - taxed);
        worth->outlay[l] = worth_of_flow * by_outlay;
        worth->revenue[l] = worth_of_flow * (by_revenue + by_depreciation * depreciation[l]);
    }
}

/* Lanes in which a year of some branch makes a loss. Profit is linear in what is left: it is least at the
 * most or at the least that is. */
SC_PART void note_losses(const struct sc_block *block, int year, double *least)
{
    const double *other_revenue = block->other_revenue[year], *other_ebit = block->other_ebit[year],
                 *chair_revenue = block->chair_revenue[year], *chair_ebit = block->chair_ebit_lost[year],
                 *cost = block->corporate_rate[year], *most_left = block->chair_left[1],
                 *least_left = block->chair_left[year], *held = block->ebit[year],
                 *carried = block->nol[year];
    SC_EACH_LANE (l) {
        double others = other_ebit[l] - cost[l] * other_revenue[l],
               whole = chair_ebit[l] - cost[l] * chair_revenue[l];
        double first = others + most_left[l] * whole, last = others + least_left[l] * whole;
        double lower = first < last ? first : last, profit = lower < held[l] ? lower : held[l];
        double now = carried[l] > 0 ? -1 : profit;
        least[l] = now >= least[l] ? least[l] : now;
    }
}

/* Sums over the years from the one of loss on; chain has left(n) less floor, by 1 - floor. */
struct sums {
    sc_row fixed, left, chain;
};

/* Adds a year; of the last one, terminal value too. What all branches that lose the chair then are worth.
 * MODEL 6. */
SC_PART void add_year(const struct sc_block *block, int year, const struct worth *terminal, struct sums *sums,
                      double *value)
{
    static const sc_row none;
    const double *other_revenue = block->other_revenue[year], *other_ebit = block->other_ebit[year],
                 *chair_revenue = block->chair_revenue[year], *chair_ebit = block->chair_ebit_lost[year],
                 *cost = block->corporate_rate[year], *rate = block->outlay_rate[year],
                 *capital = block->working_capital_rate[year], *retention = block->chair_retention,
                 *factor = block->flow_factor[year], *tax = block->tax_rate[year],
                 *floor = block->chair_floor, *held = block->pv_sum[year - 1];
    const double *other_before = year > 1 ? block->other_revenue[year - 1] : block->revenue[0],
                 *chair_before = year > 1 ? block->chair_revenue[year - 1] : none;
    SC_EACH_LANE (l) {
        double by_ebit = factor[l] * (1 - tax[l]) + (terminal ? terminal->ebit[l] : 0);
        double by_outlay = factor[l] + (terminal ? terminal->outlay[l] : 0),
               by_before = by_outlay * capital[l];
        double by_revenue =
            (terminal ? terminal->revenue[l] : 0) - by_ebit * cost[l] - by_outlay * (rate[l] + capital[l]);
        double now = by_ebit * chair_ebit[l] + by_revenue * chair_revenue[l],
               before = by_before * chair_before[l];
        double fixed = sums->fixed[l] + by_ebit * other_ebit[l] + by_revenue * other_revenue[l] +
                       by_before * other_before[l];
        double left = sums->left[l] + now + before, chain = retention[l] * (now + sums->chain[l]) + before;
        value[l] = held[l] + fixed + floor[l] * left + (1 - floor[l]) * chain;
        sums->fixed[l] = fixed;
        sums->left[l] = left;
        sums->chain[l] = chain;
    }
}

SC_WIDE bool sc_linear_branches(const struct sc_block *block, sc_row *enterprise_value, bool linear[SC_LANES])
{
    int last = block->years - 1;
    struct worth terminal;
    struct sums sums;
    sc_row least;
    SC_EACH_LANE (l) sums.fixed[l] = sums.left[l] = sums.chain[l] = 0;
    SC_EACH_LANE (l) least[l] = block->nol[0][l] > 0 ? -1 : 0;
    terminal_worth(block, &terminal);
    add_year(block, last, &terminal, &sums, enterprise_value[last]);
    for (int year = last - 1; year > 0; year--) add_year(block, year, NULL, &sums, enterprise_value[year]);
    for (int year = 1; year <= last; year++) note_losses(block, year, least);
    bool all = true;
    for (size_t l = 0; l < SC_LANES; l++) all &= linear[l] = least[l] >= 0;
    return all;
}
