#include "path.h"

#include <math.h>

static void path_rows(const struct sc_block *block, const struct sc_path *path, sc_row *out)
{
    for (int year = 1; year < block->years; year++) sc_path_row(block, path, year, out[year]);
}

void sc_stage_operations(struct sc_block *block, unsigned moving)
{
    const struct sc_plan *plan = block->plan;
    if (!(moving & SC_GROUP_BIT(SC_GROUP_OPERATIONS))) return;
    sc_slot_row(block, plan->operations.base_revenue, 0, block->revenue[0]);
    sc_slot_row(block, plan->operations.tax.nol, 0, block->nol[0]);
    sc_slot_row(block, plan->operations.tax.nol_limit, 0.8, block->nol_limit);
    path_rows(block, &plan->operations.corporate_cost, block->corporate_rate);
    path_rows(block, &plan->operations.tax.rate, block->tax_rate);
    path_rows(block, &plan->operations.reinvestment.sales_to_capital, block->sales_to_capital);
    path_rows(block, &plan->operations.reinvestment.capex, block->capex_rate);
    path_rows(block, &plan->operations.reinvestment.depreciation, block->depreciation_rate);
    path_rows(block, &plan->operations.reinvestment.working_capital, block->working_capital_rate);
    path_rows(block, &plan->operations.sbc.share_of_revenue, block->sbc_rate);
}

/* Tax on operating profit with losses carried forward. MODEL 6. */
SC_PART void tax_of_year(struct sc_block *block, int year)
{
    const double *ebit = block->ebit[year], *before = block->nol[year - 1], *rate = block->tax_rate[year],
                 *limit = block->nol_limit;
    double *nol_used = block->nol_used[year], *nol = block->nol[year], *tax = block->tax[year],
           *nopat = block->nopat[year];
    SC_EACH_LANE (l) {
        double most = limit[l] * ebit[l], usable = before[l] < most ? before[l] : most;
        double used = ebit[l] < 0 ? 0 : usable, taxed = rate[l] * (ebit[l] - used);
        nol_used[l] = used;
        nol[l] = before[l] + (ebit[l] < 0 ? -ebit[l] : -used);
        tax[l] = ebit[l] < 0 ? 0 : taxed;
        nopat[l] = ebit[l] - tax[l];
    }
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

SC_PART void reinvest_by_sales(struct sc_block *block, int year, int lag)
{
    const double *ratio = block->sales_to_capital[year];
    double *reinvestment = block->reinvestment[year];
    sc_row before, after;
    revenue_ahead(block, year + lag - 1, before);
    revenue_ahead(block, year + lag, after);
    SC_EACH_LANE (l) {
        double growth = after[l] - before[l];
        reinvestment[l] = (growth > 0 ? growth : 0) / ratio[l];
    }
}

SC_PART void reinvest_by_capex(struct sc_block *block, int year)
{
    const double *revenue = block->revenue[year], *before = block->revenue[year - 1],
                 *capex_rate = block->capex_rate[year], *depreciation_rate = block->depreciation_rate[year],
                 *working_capital = block->working_capital_rate[year];
    double *capex = block->capex[year], *depreciation = block->depreciation[year],
           *reinvestment = block->reinvestment[year];
    SC_EACH_LANE (l) {
        capex[l] = capex_rate[l] * revenue[l];
        depreciation[l] = depreciation_rate[l] * revenue[l];
        reinvestment[l] = capex[l] - depreciation[l] + working_capital[l] * (revenue[l] - before[l]);
    }
}

/* Stock-based compensation is shown in any case; only when it is added back does it change cash flow. */
SC_PART void flow_of_year(struct sc_block *block, int year)
{
    const double *revenue = block->revenue[year], *rate = block->sbc_rate[year], *nopat = block->nopat[year],
                 *reinvestment = block->reinvestment[year], *factor = block->discount_factor[year],
                 *sum_before = block->pv_sum[year - 1];
    double *sbc = block->sbc[year], *fcff = block->fcff[year], *pv = block->pv[year],
           *pv_sum = block->pv_sum[year];
    double added = block->plan->operations.sbc.treatment == SC_SBC_ADDBACK ? 1 : 0,
           part = sc_part_of_year(block->plan, year);
    SC_EACH_LANE (l) {
        sbc[l] = rate[l] * revenue[l];
        fcff[l] = nopat[l] - reinvestment[l] + added * sbc[l];
        pv[l] = part * fcff[l] * factor[l];
        pv_sum[l] = sum_before[l] + pv[l];
    }
}

SC_WIDE void sc_stage_cash_flow(struct sc_block *block, int first)
{
    const struct sc_plan *plan = block->plan;
    int lag = (int)sc_plan_value(plan, plan->operations.reinvestment.lag, 0);
    bool by_sales = plan->operations.reinvestment.sales_to_capital.form != SC_PATH_ABSENT;
    if (by_sales) first = first > lag ? first - lag : 1;
    if (first < 1) first = 1;
    double *none = block->pv_sum[0];
    SC_EACH_LANE (l) none[l] = 0;
    for (int year = first; year < block->years; year++) {
        tax_of_year(block, year);
        if (by_sales)
            reinvest_by_sales(block, year, lag);
        else
            reinvest_by_capex(block, year);
        flow_of_year(block, year);
    }
}
