/* All branches of a point together. Once the chair is lost, at the start of year b, revenue and profit of
 * year y are affine in what is left of it, left(y - b + 1), left(n) = floor + (1 - floor) retention^n (MODEL
 * 8); and as long as no year makes a loss and none is carried forward, so are tax, cash flow and terminal
 * value, of it and of what is left the year before. What year y adds to enterprise value is then fixed(y) +
 * now(y) left(y - b + 1) + before(y) left(y - b), and the sums over y >= b of all b follow from each other as
 * in Horner's scheme, from the last b to the first: in horizon steps instead of horizon^2 / 2. */
#include "path.h"

#include <math.h>

/* What enterprise value has from a unit of operating profit, outlay and revenue of a year, at most of the
 * last one by terminal value too. MODEL 6, 7. */
struct worth {
    sc_row ebit, outlay, revenue;
};

SC_PART void worth_of_year(const struct sc_block *block, int year, struct worth *worth)
{
    const double *factor = block->flow_factor[year], *rate = block->tax_rate[year];
    SC_EACH_LANE (l) worth->ebit[l] = factor[l] * (1 - rate[l]);
    SC_EACH_LANE (l) worth->outlay[l] = -factor[l];
    SC_EACH_LANE (l) worth->revenue[l] = 0;
}

/* Terminal value: of NOPAT_T, of FCFF_T, or of a metric. */
SC_PART void add_terminal_worth(const struct sc_block *block, struct worth *worth)
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
        worth->ebit[l] += worth_of_flow * by_ebit * (1 - taxed);
        worth->outlay[l] -= worth_of_flow * by_outlay;
        worth->revenue[l] += worth_of_flow * (by_revenue + by_depreciation * depreciation[l]);
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

SC_PART void add_year(const struct sc_block *block, int year, const struct worth *worth, struct sums *sums)
{
    static const sc_row none;
    const double *other_revenue = block->other_revenue[year], *other_ebit = block->other_ebit[year],
                 *chair_revenue = block->chair_revenue[year], *chair_ebit = block->chair_ebit_lost[year],
                 *cost = block->corporate_rate[year], *rate = block->outlay_rate[year],
                 *capital = block->working_capital_rate[year], *retention = block->chair_retention;
    const double *other_before = year > 1 ? block->other_revenue[year - 1] : block->revenue[0],
                 *chair_before = year > 1 ? block->chair_revenue[year - 1] : none;
    SC_EACH_LANE (l) {
        double by_revenue =
            worth->revenue[l] - worth->ebit[l] * cost[l] + worth->outlay[l] * (rate[l] + capital[l]);
        double by_before = -worth->outlay[l] * capital[l];
        double fixed =
            worth->ebit[l] * other_ebit[l] + by_revenue * other_revenue[l] + by_before * other_before[l];
        double now = worth->ebit[l] * chair_ebit[l] + by_revenue * chair_revenue[l];
        double before = by_before * chair_before[l];
        sums->fixed[l] += fixed;
        sums->left[l] += now + before;
        sums->chain[l] = retention[l] * (now + sums->chain[l]) + before;
    }
}

SC_WIDE bool sc_linear_branches(const struct sc_block *block, sc_row *enterprise_value, bool linear[SC_LANES])
{
    const double *floor = block->chair_floor;
    struct worth worth;
    struct sums sums;
    sc_row least;
    SC_EACH_LANE (l) sums.fixed[l] = sums.left[l] = sums.chain[l] = 0;
    SC_EACH_LANE (l) least[l] = block->nol[0][l] > 0 ? -1 : 0;
    for (int year = block->years - 1; year > 0; year--) {
        const double *held = block->pv_sum[year - 1];
        double *value = enterprise_value[year];
        worth_of_year(block, year, &worth);
        if (year == block->years - 1) add_terminal_worth(block, &worth);
        note_losses(block, year, least);
        add_year(block, year, &worth, &sums);
        SC_EACH_LANE (l)
            value[l] = held[l] + sums.fixed[l] + floor[l] * sums.left[l] + (1 - floor[l]) * sums.chain[l];
    }
    bool all = true;
    for (size_t l = 0; l < SC_LANES; l++) all &= linear[l] = least[l] >= 0;
    return all;
}
