#include "path.h"

#include <math.h>

/* Terminal value for a flow of 1: gordon, value_driver and h_model differ only in what stands above w - g.
 * MODEL 7. */
SC_PART void capitalise(struct sc_block *block)
{
    const double *w = block->terminal_wacc, *g = block->terminal_growth, *ronic = block->terminal_ronic,
                 *half_life = block->terminal_half_life, *growth_start = block->terminal_growth_start,
                 *multiple = block->terminal_multiple;
    double *of_one = block->terminal_capitalisation;
    switch ((enum sc_terminal_method)block->plan->terminal.method) {
    case SC_VALUE_DRIVER:
        SC_EACH_LANE (l) of_one[l] = (1 + g[l]) * (1 - g[l] / ronic[l]) / (w[l] - g[l]);
        break;
    case SC_H_MODEL:
        SC_EACH_LANE (l) of_one[l] = ((1 + g[l]) + half_life[l] * (growth_start[l] - g[l])) / (w[l] - g[l]);
        break;
    case SC_EXIT_MULTIPLE:
        SC_EACH_LANE (l) of_one[l] = multiple[l];
        break;
    default: /* SC_GORDON */
        SC_EACH_LANE (l) of_one[l] = (1 + g[l]) / (w[l] - g[l]);
    }
}

SC_WIDE void sc_stage_terminal_rates(struct sc_block *block, unsigned moving)
{
    const struct sc_plan *plan = block->plan;
    int last = block->years - 1;
    const double *discount = plan->terminal.method == SC_EXIT_MULTIPLE ? block->discount_to_end[last]
                                                                       : block->discount_factor[last],
                 *tax_rate = block->tax_rate[last], *last_wacc = block->wacc[last];
    double *wacc = block->terminal_wacc;
    const double *growth = block->terminal_growth;
    if (!(moving & (SC_GROUP_BIT(SC_GROUP_DISCOUNT) | SC_GROUP_BIT(SC_GROUP_TERMINAL) |
                    SC_GROUP_BIT(SC_GROUP_OPERATIONS))))
        return;
    if (plan->terminal.capm.present)
        sc_capm_row(block, &plan->terminal.capm, wacc);
    else if (plan->terminal.wacc != SC_NO_SLOT)
        sc_slot_row(block, plan->terminal.wacc, 0, wacc);
    else
        SC_EACH_LANE (l) wacc[l] = last_wacc[l];
    sc_slot_row(block, plan->terminal.growth, 0, block->terminal_growth);
    sc_slot_row(block, plan->terminal.multiple, 0, block->terminal_multiple);
    sc_slot_row(block, plan->terminal.ronic, 1, block->terminal_ronic);
    sc_slot_row(block, plan->terminal.half_life, 0, block->terminal_half_life);
    sc_slot_row(block, plan->terminal.growth_start, 0, block->terminal_growth_start);
    SC_EACH_LANE (l) block->terminal_discount[l] = discount[l];
    SC_EACH_LANE (l) block->terminal_tax_rate[l] = tax_rate[l];
    if (plan->terminal.tax_rate != SC_NO_SLOT)
        sc_slot_row(block, plan->terminal.tax_rate, 0, block->terminal_tax_rate);
    for (size_t l = 0; l < SC_LANES; l++)
        block->fault_of_growth[l] = wacc[l] > growth[l] ? 0 : SC_LANE_GROWTH;
    capitalise(block);
}

/* Year H's figures at the full tax rate. MODEL 7. */
SC_PART void terminal_flows(struct sc_block *block)
{
    int last = block->years - 1;
    const double *ebit = block->ebit[last], *outlay = block->outlay[last], *rate = block->terminal_tax_rate;
    double *nopat = block->terminal_nopat, *fcff = block->terminal_fcff;
    SC_EACH_LANE (l) {
        nopat[l] = ebit[l] - rate[l] * (ebit[l] > 0 ? ebit[l] : 0);
        fcff[l] = nopat[l] - outlay[l];
    }
}

SC_PART void exit_metric(struct sc_block *block)
{
    int last = block->years - 1;
    const double *revenue = block->revenue[last], *ebit = block->ebit[last], *nopat = block->nopat[last],
                 *depreciation = block->depreciation_rate[last];
    double *metric = block->terminal_metric;
    switch ((enum sc_metric)block->plan->terminal.metric) {
    case SC_METRIC_REVENUE:
        SC_EACH_LANE (l) metric[l] = revenue[l];
        break;
    case SC_METRIC_EBITDA:
        SC_EACH_LANE (l) metric[l] = ebit[l] + depreciation[l] * revenue[l];
        break;
    case SC_METRIC_NOPAT:
        SC_EACH_LANE (l) metric[l] = nopat[l];
        break;
    default: /* SC_METRIC_EBIT */
        SC_EACH_LANE (l) metric[l] = ebit[l];
    }
}

/* What is capitalised. */
SC_PART const double *terminal_flow(struct sc_block *block)
{
    switch ((enum sc_terminal_method)block->plan->terminal.method) {
    case SC_EXIT_MULTIPLE:
        exit_metric(block);
        return block->terminal_metric;
    case SC_VALUE_DRIVER:
        return block->terminal_nopat;
    default:
        return block->terminal_fcff;
    }
}

SC_WIDE void sc_stage_terminal(struct sc_block *block)
{
    const double *discount = block->terminal_discount, *sum = block->pv_sum[block->years - 1],
                 *of_one = block->terminal_capitalisation;
    double *value = block->terminal_value, *pv_terminal = block->pv_terminal,
           *pv_forecast = block->pv_forecast, *enterprise_value = block->enterprise_value;
    terminal_flows(block);
    const double *flow = terminal_flow(block);
    SC_EACH_LANE (l) {
        value[l] = flow[l] * of_one[l];
        pv_forecast[l] = sum[l];
        pv_terminal[l] = value[l] * discount[l];
        enterprise_value[l] = pv_forecast[l] + pv_terminal[l];
    }
}
