#include "path.h"

#include <math.h>

SC_WIDE void sc_capm_row(const struct sc_block *block, const struct sc_capm *capm, sc_row out)
{
    sc_row risk_free, erp, beta, debt_to_value, cost_of_debt, tax, premium;
    sc_slot_row(block, capm->risk_free, 0, risk_free);
    sc_slot_row(block, capm->erp, 0, erp);
    sc_slot_row(block, capm->beta_unlevered, 0, beta);
    sc_slot_row(block, capm->debt_to_value, 0, debt_to_value);
    sc_slot_row(block, capm->cost_of_debt, 0, cost_of_debt);
    sc_slot_row(block, capm->tax, 0, tax);
    sc_slot_row(block, capm->premium, 0, premium);
    SC_EACH_LANE (l) {
        double equity_to_value = 1 - debt_to_value[l];
        double beta_levered = beta[l] * (1 + (1 - tax[l]) * debt_to_value[l] / equity_to_value);
        double cost_of_equity = risk_free[l] + beta_levered * erp[l] + premium[l];
        out[l] = cost_of_equity * equity_to_value + cost_of_debt[l] * (1 - tax[l]) * debt_to_value[l];
    }
}

SC_PART void rates(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    sc_row built_up;
    if (plan->discount.capm.present) sc_capm_row(block, &plan->discount.capm, built_up);
    for (int year = 1; year < block->years; year++) {
        double *wacc = block->wacc[year];
        if (!plan->discount.capm.present)
            sc_path_row(block, &plan->discount.wacc, year, wacc);
        else
            SC_EACH_LANE (l) wacc[l] = built_up[l];
        for (size_t l = 0; l < SC_LANES; l++)
            if (!(wacc[l] > -1)) block->fault_of_rates[l] |= SC_LANE_DOMAIN;
    }
}

/* Year 1 is cut to the stub. pow is dear, and the lanes of one valuation have one rate. */
static void factors_of_stub(struct sc_block *block, double middle)
{
    const double *wacc = block->wacc[1];
    double *to_end = block->discount_to_end[1], *factor = block->discount_factor[1], stub = block->plan->stub;
    for (size_t l = 0; l < SC_LANES; l++) {
        bool same = l > 0 && wacc[l] == wacc[l - 1];
        to_end[l] = same ? to_end[l - 1] : pow(1 + wacc[l], -stub);
        factor[l] = same ? factor[l - 1] : pow(1 + wacc[l], -stub * middle);
    }
}

/* Factors to the end of each year, and to where its cash flow is taken to come. */
SC_PART void factors(struct sc_block *block)
{
    double *now = block->discount_to_end[0], middle = block->plan->timing == SC_TIMING_MID ? 0.5 : 1;
    SC_EACH_LANE (l) now[l] = 1;
    factors_of_stub(block, middle);
    for (int year = 2; year < block->years; year++) {
        const double *wacc = block->wacc[year], *before = block->discount_to_end[year - 1];
        double *to_end = block->discount_to_end[year], *factor = block->discount_factor[year];
        SC_EACH_LANE (l) to_end[l] = before[l] / (1 + wacc[l]);
        if (middle < 1)
            SC_EACH_LANE (l) factor[l] = before[l] / sqrt(1 + wacc[l]);
        else
            SC_EACH_LANE (l) factor[l] = to_end[l];
    }
}

/* The terminal rates and what else stands in the terminal value. */
SC_PART void terminal_rates(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    const double *last = block->wacc[block->years - 1];
    double *wacc = block->terminal_wacc;
    if (plan->terminal.capm.present)
        sc_capm_row(block, &plan->terminal.capm, wacc);
    else if (plan->terminal.wacc != SC_NO_SLOT)
        sc_slot_row(block, plan->terminal.wacc, 0, wacc);
    else
        SC_EACH_LANE (l) wacc[l] = last[l];
    sc_slot_row(block, plan->terminal.growth, 0, block->terminal_growth);
    sc_slot_row(block, plan->terminal.multiple, 0, block->terminal_multiple);
    sc_slot_row(block, plan->terminal.ronic, 1, block->terminal_ronic);
    sc_slot_row(block, plan->terminal.half_life, 0, block->terminal_half_life);
    sc_slot_row(block, plan->terminal.growth_start, 0, block->terminal_growth_start);
    for (size_t l = 0; l < SC_LANES; l++)
        if (!(wacc[l] > block->terminal_growth[l])) block->fault_of_rates[l] |= SC_LANE_GROWTH;
}

SC_WIDE void sc_stage_discount(struct sc_block *block, unsigned moving)
{
    if (!(moving & (SC_GROUP_BIT(SC_GROUP_DISCOUNT) | SC_GROUP_BIT(SC_GROUP_TERMINAL)))) return;
    for (size_t l = 0; l < SC_LANES; l++) block->fault_of_rates[l] = 0;
    rates(block);
    factors(block);
    terminal_rates(block);
}
