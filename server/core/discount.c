#include "path.h"

#include <math.h>

void sc_capm_row(const struct sc_block *block, const struct sc_capm *capm, sc_row out)
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

static void rates(struct sc_block *block)
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
        SC_EACH_LANE (l)
            if (!(wacc[l] > -1)) block->fault[l] |= SC_LANE_DOMAIN;
    }
}

/* Factors to the end of each year, and to where its cash flow is taken to come. Year 1 is cut to the stub. */
static void factors(struct sc_block *block)
{
    double stub = block->plan->stub, middle = block->plan->timing == SC_TIMING_MID ? 0.5 : 1;
    SC_EACH_LANE (l) block->discount_to_end[0][l] = 1;
    for (int year = 1; year < block->years; year++) {
        const double *wacc = block->wacc[year], *before = block->discount_to_end[year - 1];
        double *to_end = block->discount_to_end[year], *factor = block->discount_factor[year];
        if (year == 1) {
            SC_EACH_LANE (l) to_end[l] = pow(1 + wacc[l], -stub);
            SC_EACH_LANE (l) factor[l] = pow(1 + wacc[l], -stub * middle);
        } else {
            SC_EACH_LANE (l) to_end[l] = before[l] / (1 + wacc[l]);
            if (middle < 1)
                SC_EACH_LANE (l) factor[l] = before[l] / sqrt(1 + wacc[l]);
            else
                SC_EACH_LANE (l) factor[l] = to_end[l];
        }
    }
}

void sc_stage_discount(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    rates(block);
    factors(block);
    sc_slot_row(block, plan->terminal.growth, 0, block->terminal_growth);
    if (plan->terminal.capm.present) {
        sc_capm_row(block, &plan->terminal.capm, block->terminal_wacc);
    } else {
        sc_slot_row(block, plan->terminal.wacc, 0, block->terminal_wacc);
        const double *last = block->wacc[block->years - 1];
        if (plan->terminal.wacc == SC_NO_SLOT)
            SC_EACH_LANE (l) block->terminal_wacc[l] = last[l];
    }
}
