#include "adjoint.h"

#include <math.h>

/* w = (rf + premium)(1 - d) + erp beta_U ((1 - d) + (1 - tax) d) + k_d (1 - tax) d, d being debt to value.
 * MODEL 7. */
static void sweep_capm(struct sc_sweep *sweep, const struct sc_capm *capm, struct sc_derivative by)
{
    const struct sc_plan *plan = sweep->plan;
    double risk_free = sc_plan_value(plan, capm->risk_free, 0), erp = sc_plan_value(plan, capm->erp, 0);
    double beta = sc_plan_value(plan, capm->beta_unlevered, 0), tax = sc_plan_value(plan, capm->tax, 0);
    double debt = sc_plan_value(plan, capm->debt_to_value, 0), equity = 1 - debt;
    double cost = sc_plan_value(plan, capm->cost_of_debt, 0), premium = sc_plan_value(plan, capm->premium, 0);
    double levered = equity + (1 - tax) * debt;
    sc_sweep_slot(sweep, capm->risk_free, sc_derivative_times(by, equity));
    sc_sweep_slot(sweep, capm->premium, sc_derivative_times(by, equity));
    sc_sweep_slot(sweep, capm->erp, sc_derivative_times(by, beta * levered));
    sc_sweep_slot(sweep, capm->beta_unlevered, sc_derivative_times(by, erp * levered));
    sc_sweep_slot(sweep, capm->debt_to_value,
                  sc_derivative_times(by, cost * (1 - tax) - erp * beta * tax - risk_free - premium));
    sc_sweep_slot(sweep, capm->cost_of_debt, sc_derivative_times(by, (1 - tax) * debt));
    sc_sweep_slot(sweep, capm->tax, sc_derivative_times(by, -(erp * beta + cost) * debt));
}

/* Both factors of a year from that to the end of the year before: (1 + w)^-len to the end, (1 + w)^(-len/2)
 * to the middle; len is the stub in year 1. MODEL 7. */
static void sweep_factors(struct sc_sweep *sweep, int year)
{
    const struct sc_block *block = sweep->block;
    double rate = block->wacc[year][0], length = sc_part_of_year(sweep->plan, year);
    double part = sweep->plan->timing == SC_TIMING_MID ? 0.5 : 1;
    double before = block->discount_to_end[year - 1][0], to_end = block->discount_to_end[year][0];
    double factor = block->discount_factor[year][0];
    struct sc_derivative by_end = sweep->by_discount_to_end[year], by = sweep->by_discount_factor[year];
    sc_derivative_add(&sweep->by_wacc[year], by_end, -length * to_end / (1 + rate));
    sc_derivative_add(&sweep->by_wacc[year], by, -length * part * factor / (1 + rate));
    sc_derivative_add(&sweep->by_discount_to_end[year - 1], by_end, to_end / before);
    sc_derivative_add(&sweep->by_discount_to_end[year - 1], by, factor / before);
}

void sc_sweep_discount(struct sc_sweep *sweep)
{
    const struct sc_plan *plan = sweep->plan;
    int last = sweep->block->years - 1;
    sc_sweep_slot(sweep, plan->terminal.growth, sweep->by_terminal_growth);
    if (plan->terminal.capm.present)
        sweep_capm(sweep, &plan->terminal.capm, sweep->by_terminal_wacc);
    else if (plan->terminal.wacc != SC_NO_SLOT)
        sc_sweep_slot(sweep, plan->terminal.wacc, sweep->by_terminal_wacc);
    else
        sc_derivative_add(&sweep->by_wacc[last], sweep->by_terminal_wacc, 1);
    struct sc_derivative by_rate = {0, 0, 0};
    for (int year = last; year > 0; year--) {
        sweep_factors(sweep, year);
        sc_derivative_add(&by_rate, sweep->by_wacc[year], 1);
        if (!plan->discount.capm.present)
            sc_sweep_path(sweep, &plan->discount.wacc, year, sweep->by_wacc[year]);
    }
    if (plan->discount.capm.present) sweep_capm(sweep, &plan->discount.capm, by_rate);
}
