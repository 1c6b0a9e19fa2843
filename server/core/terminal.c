#include "path.h"

#include <math.h>

/* What the terminal value is made of: year H's figures at the full tax rate. MODEL 7. */
SC_PART void terminal_flows(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    int last = block->years - 1;
    const double *ebit = block->ebit[last], *reinvestment = block->reinvestment[last],
                 *sbc = block->sbc[last], *last_rate = block->tax_rate[last];
    double *rate = block->terminal_tax_rate, *nopat = block->terminal_nopat, *fcff = block->terminal_fcff;
    double added = plan->operations.sbc.treatment == SC_SBC_ADDBACK ? 1 : 0;
    if (plan->terminal.tax_rate == SC_NO_SLOT)
        SC_EACH_LANE (l) rate[l] = last_rate[l];
    else
        sc_slot_row(block, plan->terminal.tax_rate, 0, rate);
    SC_EACH_LANE (l) {
        nopat[l] = ebit[l] - rate[l] * (ebit[l] > 0 ? ebit[l] : 0);
        fcff[l] = nopat[l] - reinvestment[l] + added * sbc[l];
    }
}

SC_PART void exit_multiple(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    int last = block->years - 1;
    const double *depreciation = block->depreciation[last], *multiple = block->terminal_multiple;
    const sc_row *row[] = {
        [SC_METRIC_REVENUE] = (const sc_row *)&block->revenue[last],
        [SC_METRIC_EBIT] = (const sc_row *)&block->ebit[last],
        [SC_METRIC_EBITDA] = (const sc_row *)&block->ebit[last],
        [SC_METRIC_NOPAT] = (const sc_row *)&block->nopat[last],
    };
    const double *chosen = *row[plan->terminal.metric];
    double *metric = block->terminal_metric, *value = block->terminal_value;
    bool adds = plan->terminal.metric == SC_METRIC_EBITDA;
    SC_EACH_LANE (l) metric[l] = adds ? chosen[l] + depreciation[l] : chosen[l];
    SC_EACH_LANE (l) value[l] = multiple[l] * metric[l];
}

/* gordon, value_driver and h_model differ only in what stands above w - g. */
SC_PART void perpetuity(struct sc_block *block)
{
    const double *w = block->terminal_wacc, *g = block->terminal_growth, *ronic = block->terminal_ronic,
                 *half_life = block->terminal_half_life, *growth_start = block->terminal_growth_start,
                 *fcff = block->terminal_fcff, *nopat = block->terminal_nopat;
    double *value = block->terminal_value;
    switch ((enum sc_terminal_method)block->plan->terminal.method) {
    case SC_VALUE_DRIVER:
        SC_EACH_LANE (l) value[l] = nopat[l] * (1 + g[l]) * (1 - g[l] / ronic[l]) / (w[l] - g[l]);
        break;
    case SC_H_MODEL:
        SC_EACH_LANE (l)
            value[l] = fcff[l] * ((1 + g[l]) + half_life[l] * (growth_start[l] - g[l])) / (w[l] - g[l]);
        break;
    default: /* SC_GORDON */
        SC_EACH_LANE (l) value[l] = fcff[l] * (1 + g[l]) / (w[l] - g[l]);
    }
}

SC_WIDE void sc_stage_terminal(struct sc_block *block)
{
    int last = block->years - 1;
    bool at_end = block->plan->terminal.method == SC_EXIT_MULTIPLE;
    const double *from = at_end ? block->discount_to_end[last] : block->discount_factor[last],
                 *sum = block->pv_sum[last], *value = block->terminal_value;
    double *discount = block->terminal_discount, *pv_terminal = block->pv_terminal,
           *pv_forecast = block->pv_forecast, *enterprise_value = block->enterprise_value;
    terminal_flows(block);
    if (at_end)
        exit_multiple(block);
    else
        perpetuity(block);
    SC_EACH_LANE (l) {
        discount[l] = from[l];
        pv_forecast[l] = sum[l];
        pv_terminal[l] = value[l] * discount[l];
        enterprise_value[l] = pv_forecast[l] + pv_terminal[l];
    }
}
