#include "path.h"

#include "elementary.h"

#include <math.h>
#include <string.h>

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

/* The rate of each year. A rate at or below -100 % has no factor. */
SC_PART void rates(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    sc_row built_up, least;
    SC_EACH_LANE (l) least[l] = INFINITY;
    if (plan->discount.capm.present)
        sc_capm_row(block, &plan->discount.capm, built_up);
    else
        sc_path_rows(block, &plan->discount.wacc, 1, block->wacc);
    for (int year = 1; year < block->years; year++) {
        double *wacc = block->wacc[year];
        if (plan->discount.capm.present)
            SC_EACH_LANE (l) wacc[l] = built_up[l];
        SC_EACH_LANE (l) least[l] = wacc[l] >= least[l] ? least[l] : wacc[l];
    }
    for (size_t l = 0; l < SC_LANES; l++) block->fault_of_rates[l] = least[l] > -1 ? 0 : SC_LANE_DOMAIN;
}

/* Year 1 is cut to the stub. */
SC_PART void factors_of_stub(struct sc_block *block, bool middle)
{
    const double *wacc = block->wacc[1];
    double *to_end = block->discount_to_end[1], *factor = block->discount_factor[1],
           power = middle ? -0.5 * block->plan->stub : -block->plan->stub;
    if (block->warm && sc_rows_are_equal(block->stub_rate, wacc)) return;
    memcpy(block->stub_rate, wacc, sizeof block->stub_rate);
    SC_EACH_LANE (l) factor[l] = sc_pow(1 + wacc[l], power);
    SC_EACH_LANE (l) to_end[l] = middle ? factor[l] * factor[l] : factor[l];
}

/* Factors to the end of each year, and to where its cash flow is taken to come: half of a year's discounting
 * is a factor's square root. */
SC_PART void factors(struct sc_block *block)
{
    bool middle = block->plan->timing == SC_TIMING_MID;
    double *now = block->discount_to_end[0];
    SC_EACH_LANE (l) now[l] = 1;
    factors_of_stub(block, middle);
    for (int year = 2; year < block->years; year++) {
        const double *wacc = block->wacc[year], *before = block->discount_to_end[year - 1];
        double *to_end = block->discount_to_end[year], *factor = block->discount_factor[year];
        if (middle)
            SC_EACH_LANE (l) {
                double half = sc_inverse_root(1 + wacc[l]);
                factor[l] = before[l] * half;
                to_end[l] = factor[l] * half;
            }
        else
            SC_EACH_LANE (l) factor[l] = to_end[l] = before[l] / (1 + wacc[l]);
    }
    for (int year = 1; year < block->years; year++) {
        const double *factor = block->discount_factor[year];
        double *of_flow = block->flow_factor[year], part = sc_part_of_year(block->plan, year);
        SC_EACH_LANE (l) of_flow[l] = part * factor[l];
    }
}

SC_WIDE void sc_stage_discount(struct sc_block *block, unsigned moving)
{
    if (!(moving & SC_GROUP_BIT(SC_GROUP_DISCOUNT))) return;
    rates(block);
    factors(block);
}
