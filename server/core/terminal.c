#include "path.h"

#include <math.h>

/* What the terminal value is made of: year H's figures at the full tax rate. MODEL 7. */
static void terminal_flows(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    int last = block->years - 1;
    const double *ebit = block->ebit[last], *reinvestment = block->reinvestment[last],
                 *sbc = block->sbc[last];
    double added = plan->operations.sbc.treatment == SC_SBC_ADDBACK ? 1 : 0;
    sc_slot_row(block, plan->terminal.tax_rate, 0, block->terminal_tax_rate);
    if (plan->terminal.tax_rate == SC_NO_SLOT)
        SC_EACH_LANE (l) block->terminal_tax_rate[l] = block->tax_rate[last][l];
    SC_EACH_LANE (l) {
        block->terminal_nopat[l] = ebit[l] - block->terminal_tax_rate[l] * (ebit[l] > 0 ? ebit[l] : 0);
        block->terminal_fcff[l] = block->terminal_nopat[l] - reinvestment[l] + added * sbc[l];
    }
}

static void exit_multiple(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    int last = block->years - 1;
    const double *depreciation = block->depreciation[last];
    const sc_row *metric[] = {
        [SC_METRIC_REVENUE] = (const sc_row *)&block->revenue[last],
        [SC_METRIC_EBIT] = (const sc_row *)&block->ebit[last],
        [SC_METRIC_EBITDA] = (const sc_row *)&block->ebit[last],
        [SC_METRIC_NOPAT] = (const sc_row *)&block->nopat[last],
    };
    const double *chosen = *metric[plan->terminal.metric];
    double added = plan->terminal.metric == SC_METRIC_EBITDA ? 1 : 0;
    sc_row multiple;
    sc_slot_row(block, plan->terminal.multiple, 0, multiple);
    SC_EACH_LANE (l) {
        block->terminal_metric[l] = chosen[l] + added * depreciation[l];
        block->terminal_value[l] = multiple[l] * block->terminal_metric[l];
    }
}

/* gordon, value_driver and h_model differ only in what stands above w - g. */
static void perpetuity(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    const double *w = block->terminal_wacc, *g = block->terminal_growth;
    sc_row ronic, half_life, growth_start;
    sc_slot_row(block, plan->terminal.ronic, 1, ronic);
    sc_slot_row(block, plan->terminal.half_life, 0, half_life);
    sc_slot_row(block, plan->terminal.growth_start, 0, growth_start);
    SC_EACH_LANE (l) {
        double fcff = block->terminal_fcff[l], nopat = block->terminal_nopat[l], above = 0;
        if (plan->terminal.method == SC_GORDON) above = fcff * (1 + g[l]);
        if (plan->terminal.method == SC_VALUE_DRIVER) above = nopat * (1 + g[l]) * (1 - g[l] / ronic[l]);
        if (plan->terminal.method == SC_H_MODEL)
            above = fcff * ((1 + g[l]) + half_life[l] * (growth_start[l] - g[l]));
        block->terminal_value[l] = above / (w[l] - g[l]);
    }
}

void sc_stage_terminal(struct sc_block *block)
{
    int last = block->years - 1;
    bool at_end = block->plan->terminal.method == SC_EXIT_MULTIPLE;
    const double *discount = at_end ? block->discount_to_end[last] : block->discount_factor[last];
    terminal_flows(block);
    if (at_end)
        exit_multiple(block);
    else
        perpetuity(block);
    SC_EACH_LANE (l)
        if (!(block->terminal_wacc[l] > block->terminal_growth[l])) block->fault[l] |= SC_LANE_GROWTH;
    SC_EACH_LANE (l) block->pv_forecast[l] = 0;
    for (int year = 1; year <= last; year++) {
        double part = sc_part_of_year(block->plan, year);
        SC_EACH_LANE (l) {
            block->pv[year][l] = part * block->fcff[year][l] * block->discount_factor[year][l];
            block->pv_forecast[l] += block->pv[year][l];
        }
    }
    SC_EACH_LANE (l) {
        block->terminal_discount[l] = discount[l];
        block->pv_terminal[l] = block->terminal_value[l] * discount[l];
        block->enterprise_value[l] = block->pv_forecast[l] + block->pv_terminal[l];
    }
}
