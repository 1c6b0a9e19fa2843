#include "path.h"

#include <math.h>

static bool by_sales(const struct sc_plan *plan)
{
    return plan->operations.reinvestment.sales_to_capital.form != SC_PATH_ABSENT;
}

/* 1 where stock-based compensation is added back to the cash flow. It is shown in any case. */
static double added_back(const struct sc_plan *plan)
{
    return plan->operations.sbc.treatment == SC_SBC_ADDBACK ? 1 : 0;
}

SC_WIDE static void outlay_rates(struct sc_block *block)
{
    double by_capex = by_sales(block->plan) ? 0 : 1, added = added_back(block->plan);
    for (int year = 1; year < block->years; year++) {
        const double *capex = block->capex_rate[year], *depreciation = block->depreciation_rate[year],
                     *sbc = block->sbc_rate[year];
        double *rate = block->outlay_rate[year];
        SC_EACH_LANE (l) rate[l] = by_capex * (capex[l] - depreciation[l]) - added * sbc[l];
    }
}

void sc_stage_operations(struct sc_block *block, unsigned moving)
{
    const struct sc_operations *operations = &block->plan->operations;
    if (!(moving & SC_GROUP_BIT(SC_GROUP_OPERATIONS))) return;
    sc_slot_row(block, operations->base_revenue, 0, block->revenue[0]);
    sc_slot_row(block, operations->tax.nol, 0, block->nol[0]);
    sc_slot_row(block, operations->tax.nol_limit, 0.8, block->nol_limit);
    sc_path_rows(block, &operations->corporate_cost, 1, block->corporate_rate);
    sc_path_rows(block, &operations->tax.rate, 1, block->tax_rate);
    sc_path_rows(block, &operations->reinvestment.sales_to_capital, 1, block->sales_to_capital);
    sc_path_rows(block, &operations->reinvestment.capex, 1, block->capex_rate);
    sc_path_rows(block, &operations->reinvestment.depreciation, 1, block->depreciation_rate);
    sc_path_rows(block, &operations->reinvestment.working_capital, 1, block->working_capital_rate);
    sc_path_rows(block, &operations->sbc.share_of_revenue, 1, block->sbc_rate);
    outlay_rates(block);
}

/* Revenue of a year that may lie beyond the horizon, where it grows at the terminal rate. */
SC_PART void revenue_ahead(const struct sc_block *block, int year, sc_row out)
{
    int last = block->years - 1, inside = year < last ? year : last;
    const double *revenue = block->revenue[inside], *growth = block->terminal_growth;
    SC_EACH_LANE (l) out[l] = revenue[l];
    for (int beyond = last; beyond < year; beyond++)
        SC_EACH_LANE (l) out[l] *= 1 + growth[l];
}

/* max(0, growth of revenue)/ratio. MODEL 6. */
SC_PART void reinvest_by_sales(const struct sc_block *block, int year, int lag, sc_row out)
{
    const double *ratio = block->sales_to_capital[year];
    sc_row before, after;
    revenue_ahead(block, year + lag - 1, before);
    revenue_ahead(block, year + lag, after);
    SC_EACH_LANE (l) {
        double growth = after[l] - before[l];
        out[l] = (growth > 0 ? growth : 0) / ratio[l];
    }
}

/* What takes capital besides what goes by revenue. */
SC_PART void reinvest_by_capex(const struct sc_block *block, int year, sc_row out)
{
    const double *revenue = block->revenue[year], *before = block->revenue[year - 1],
                 *working_capital = block->working_capital_rate[year];
    SC_EACH_LANE (l) out[l] = working_capital[l] * (revenue[l] - before[l]);
}

/* The losses carried forward that are set against a year's profit; a year's own loss is a use below 0.
 * MODEL 6. */
SC_PART double set_against(double ebit, double carried, double limit)
{
    double most = limit * ebit, usable = carried < most ? carried : most;
    return ebit < 0 ? ebit : usable;
}

/* FCFF = NOPAT - reinvestment (+ SBC), its present value added to that of the years before. MODEL 6. */
SC_PART void flow_of_year(struct sc_block *block, int year, const double *reinvested)
{
    const double *ebit = block->ebit[year], *carried = block->nol[year - 1], *rate = block->tax_rate[year],
                 *limit = block->nol_limit, *revenue = block->revenue[year],
                 *outlay_rate = block->outlay_rate[year], *factor = block->flow_factor[year],
                 *sum_before = block->pv_sum[year - 1];
    double *nol = block->nol[year], *nopat = block->nopat[year], *outlay = block->outlay[year],
           *pv_sum = block->pv_sum[year];
    SC_EACH_LANE (l) {
        double used = set_against(ebit[l], carried[l], limit[l]);
        nol[l] = carried[l] - used;
        nopat[l] = ebit[l] - rate[l] * (ebit[l] - used);
        outlay[l] = outlay_rate[l] * revenue[l] + reinvested[l];
        pv_sum[l] = sum_before[l] + (nopat[l] - outlay[l]) * factor[l];
    }
}

SC_WIDE void sc_stage_cash_flow(struct sc_block *block, int first)
{
    const struct sc_plan *plan = block->plan;
    int lag = (int)sc_plan_value(plan, plan->operations.reinvestment.lag, 0);
    bool ahead = by_sales(plan);
    sc_row reinvested;
    if (ahead) first = first > lag ? first - lag : 1;
    double *none = block->pv_sum[0];
    SC_EACH_LANE (l) none[l] = 0;
    for (int year = first; year < block->years; year++) {
        if (ahead)
            reinvest_by_sales(block, year, lag, reinvested);
        else
            reinvest_by_capex(block, year, reinvested);
        flow_of_year(block, year, reinvested);
    }
}

SC_WIDE void sc_detail_cash_flow(struct sc_block *block)
{
    double added = added_back(block->plan);
    for (int year = 1; year < block->years; year++) {
        const double *revenue = block->revenue[year], *ebit = block->ebit[year],
                     *carried = block->nol[year - 1], *nopat = block->nopat[year],
                     *outlay = block->outlay[year], *factor = block->flow_factor[year];
        for (size_t l = 0; l < SC_LANES; l++) {
            double used = set_against(ebit[l], carried[l], block->nol_limit[l]);
            block->nol_used[year][l] = ebit[l] < 0 ? 0 : used;
            block->tax[year][l] = block->tax_rate[year][l] * (ebit[l] - used);
            block->capex[year][l] = block->capex_rate[year][l] * revenue[l];
            block->depreciation[year][l] = block->depreciation_rate[year][l] * revenue[l];
            block->sbc[year][l] = block->sbc_rate[year][l] * revenue[l];
            block->reinvestment[year][l] = outlay[l] + added * block->sbc[year][l];
            block->fcff[year][l] = nopat[l] - outlay[l];
            block->pv[year][l] = block->fcff[year][l] * factor[l];
        }
    }
}
