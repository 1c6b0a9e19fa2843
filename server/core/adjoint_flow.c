#include "adjoint.h"

#include <math.h>

/* TV of year H's NOPAT at the terminal tax rate: NOPAT_T = EBIT - rate max(0, EBIT). MODEL 7. */
static void sweep_terminal_tax(struct sc_sweep *sweep)
{
    const struct sc_block *block = sweep->block;
    const struct sc_plan *plan = sweep->plan;
    int last = block->years - 1;
    const double *ebit = block->ebit[last], *rate = block->terminal_tax_rate;
    double *by_nopat = sweep->by_terminal_nopat, *by_ebit = sweep->by_ebit[last];
    sc_row by_rate;
    SC_EACH_LANE (l) by_ebit[l] += by_nopat[l] * (ebit[l] > 0 ? 1 - rate[l] : 1);
    SC_EACH_LANE (l) by_rate[l] = -by_nopat[l] * (ebit[l] > 0 ? ebit[l] : 0);
    struct sc_derivative sum = sc_sweep_sum(sweep, by_rate);
    if (plan->terminal.tax_rate != SC_NO_SLOT)
        sc_sweep_slot(sweep, plan->terminal.tax_rate, sum);
    else
        sc_sweep_path(sweep, &plan->operations.tax.rate, last, sum);
}

static void sweep_multiple(struct sc_sweep *sweep, const sc_row by_value)
{
    const struct sc_block *block = sweep->block;
    const struct sc_plan *plan = sweep->plan;
    int last = block->years - 1;
    const double *metric = block->terminal_metric;
    double multiple = sc_plan_value(plan, plan->terminal.multiple, 0);
    sc_row by_multiple;
    SC_EACH_LANE (l) by_multiple[l] = by_value[l] * metric[l];
    sc_sweep_slot(sweep, plan->terminal.multiple, sc_sweep_sum(sweep, by_multiple));
    double *by_metric[] = {
        [SC_METRIC_REVENUE] = sweep->by_revenue[last],
        [SC_METRIC_EBIT] = sweep->by_ebit[last],
        [SC_METRIC_EBITDA] = sweep->by_ebit[last],
        [SC_METRIC_NOPAT] = sweep->by_nopat,
    };
    double *by_chosen = by_metric[plan->terminal.metric];
    SC_EACH_LANE (l) by_chosen[l] += by_value[l] * multiple;
    if (plan->terminal.metric == SC_METRIC_EBITDA)
        SC_EACH_LANE (l) sweep->by_depreciation[l] = by_value[l] * multiple;
}

/* What is above w - g, by its flow, which is NOPAT_T or FCFF_T, and by its own drivers; these for a flow of
 * 1. */
struct above {
    double by_flow, by_growth, by_ronic, by_half_life, by_growth_start;
};

static struct above above_of(const struct sc_plan *plan)
{
    double g = sc_plan_value(plan, plan->terminal.growth, 0);
    double ronic = sc_plan_value(plan, plan->terminal.ronic, 1);
    double half_life = sc_plan_value(plan, plan->terminal.half_life, 0);
    double start = sc_plan_value(plan, plan->terminal.growth_start, 0);
    if (plan->terminal.method == SC_VALUE_DRIVER)
        return (struct above){.by_flow = (1 + g) * (1 - g / ronic),
                              .by_growth = (1 - g / ronic) - (1 + g) / ronic,
                              .by_ronic = (1 + g) * g / (ronic * ronic)};
    if (plan->terminal.method == SC_H_MODEL)
        return (struct above){.by_flow = (1 + g) + half_life * (start - g),
                              .by_growth = 1 - half_life,
                              .by_half_life = start - g,
                              .by_growth_start = half_life};
    return (struct above){.by_flow = 1 + g, .by_growth = 1};
}

static void sweep_perpetuity(struct sc_sweep *sweep, const sc_row by_value)
{
    const struct sc_block *block = sweep->block;
    const struct sc_plan *plan = sweep->plan;
    bool driver = plan->terminal.method == SC_VALUE_DRIVER;
    double spread = block->terminal_wacc[0] - block->terminal_growth[0];
    const double *flow = driver ? block->terminal_nopat : block->terminal_fcff,
                 *value = block->terminal_value;
    double *by_flow = driver ? sweep->by_terminal_nopat : sweep->by_terminal_fcff;
    struct above above = above_of(plan);
    sc_row by_above, by_spread;
    SC_EACH_LANE (l) {
        by_flow[l] = by_value[l] / spread * above.by_flow;
        by_above[l] = by_value[l] / spread * flow[l];
        by_spread[l] = -by_value[l] / spread * value[l];
    }
    struct sc_derivative of_above = sc_sweep_sum(sweep, by_above), of_spread = sc_sweep_sum(sweep, by_spread);
    sc_derivative_add(&sweep->by_terminal_wacc, of_spread, 1);
    sc_derivative_add(&sweep->by_terminal_growth, of_spread, -1);
    sc_derivative_add(&sweep->by_terminal_growth, of_above, above.by_growth);
    sc_sweep_slot(sweep, plan->terminal.ronic, sc_derivative_times(of_above, above.by_ronic));
    sc_sweep_slot(sweep, plan->terminal.half_life, sc_derivative_times(of_above, above.by_half_life));
    sc_sweep_slot(sweep, plan->terminal.growth_start, sc_derivative_times(of_above, above.by_growth_start));
}

static void clear(sc_row row)
{
    SC_EACH_LANE (l) row[l] = 0;
}

void sc_sweep_terminal(struct sc_sweep *sweep)
{
    const struct sc_block *block = sweep->block;
    int last = block->years - 1;
    const double *value = block->terminal_value, *discount = block->terminal_discount;
    sc_row by_value, by_discount;
    for (int year = 0; year <= last; year++) {
        clear(sweep->by_revenue[year]);
        clear(sweep->by_ebit[year]);
    }
    clear(sweep->by_terminal_nopat);
    clear(sweep->by_terminal_fcff);
    clear(sweep->by_nopat);
    clear(sweep->by_depreciation);
    SC_EACH_LANE (l) by_value[l] = sweep->by_enterprise[l] * discount[l];
    SC_EACH_LANE (l) by_discount[l] = sweep->by_enterprise[l] * value[l];
    bool at_end = sweep->plan->terminal.method == SC_EXIT_MULTIPLE;
    struct sc_derivative *by_factor = at_end ? sweep->by_discount_to_end : sweep->by_discount_factor;
    sc_derivative_add(&by_factor[last], sc_sweep_sum(sweep, by_discount), 1);
    if (at_end)
        sweep_multiple(sweep, by_value);
    else
        sweep_perpetuity(sweep, by_value);
    SC_EACH_LANE (l) sweep->by_terminal_nopat[l] += sweep->by_terminal_fcff[l];
    sweep_terminal_tax(sweep);
}

/* Revenue of a year that may lie beyond the horizon: Rev_H (1 + g)^n. */
static void sweep_revenue_ahead(struct sc_sweep *sweep, int year, const sc_row by)
{
    const struct sc_block *block = sweep->block;
    int last = block->years - 1, beyond = year > last ? year - last : 0;
    double *by_revenue = sweep->by_revenue[year - beyond], growth = 1, by_growth = 0;
    const double *revenue = block->revenue[year - beyond];
    for (int i = 0; i < beyond; i++) {
        by_growth = by_growth * (1 + block->terminal_growth[0]) + growth;
        growth *= 1 + block->terminal_growth[0];
    }
    sc_row of_growth;
    SC_EACH_LANE (l) by_revenue[l] += by[l] * growth;
    if (beyond == 0) return;
    SC_EACH_LANE (l) of_growth[l] = by[l] * by_growth * revenue[l];
    sc_derivative_add(&sweep->by_terminal_growth, sc_sweep_sum(sweep, of_growth), 1);
}

/* True where revenue of a year is that of the year before, and a driver may move it: beyond the horizon, the
 * terminal growth. */
static bool stands_still(const struct sc_block *block, int year, size_t lane)
{
    if (year >= block->years)
        return block->plan->terminal.growth != SC_NO_SLOT && block->terminal_growth[lane] == 0;
    return block->revenue[year][lane] == block->revenue[year - 1][lane];
}

/* max(0, growth of revenue)/ratio. MODEL 6. */
static void sweep_sales_to_capital(struct sc_sweep *sweep, int year, const sc_row by_reinvestment)
{
    const struct sc_block *block = sweep->block;
    const struct sc_path *path = &sweep->plan->operations.reinvestment.sales_to_capital;
    int lag = (int)sc_plan_value(sweep->plan, sweep->plan->operations.reinvestment.lag, 0);
    double ratio = block->sales_to_capital[year][0];
    const double *reinvestment = block->reinvestment[year];
    sc_row by_after, by_before, by_ratio;
    SC_EACH_LANE (l) {
        by_after[l] = reinvestment[l] > 0 ? by_reinvestment[l] / ratio : 0;
        by_before[l] = -by_after[l];
        by_ratio[l] = -by_reinvestment[l] * reinvestment[l] / ratio;
    }
    for (size_t lane = 0; lane < block->lanes; lane++)
        if (stands_still(block, year + lag, lane)) sweep->gradient->kinks |= SC_KINK_REINVESTMENT;
    sc_sweep_path(sweep, path, year, sc_sweep_sum(sweep, by_ratio));
    sweep_revenue_ahead(sweep, year + lag, by_after);
    sweep_revenue_ahead(sweep, year + lag - 1, by_before);
}

/* capex - depreciation + change in working capital. MODEL 6. */
static void sweep_capex(struct sc_sweep *sweep, int year, const sc_row by_reinvestment)
{
    const struct sc_block *block = sweep->block;
    const struct sc_plan *plan = sweep->plan;
    const struct sc_path *capex = &plan->operations.reinvestment.capex,
                         *depreciation = &plan->operations.reinvestment.depreciation,
                         *capital = &plan->operations.reinvestment.working_capital;
    double capex_rate = block->capex_rate[year][0], depreciation_rate = block->depreciation_rate[year][0],
           capital_rate = block->working_capital_rate[year][0];
    const double *revenue = block->revenue[year], *before = block->revenue[year - 1];
    double *by_revenue = sweep->by_revenue[year], *by_before = sweep->by_revenue[year - 1];
    bool last = year == block->years - 1;
    sc_row by_capex, by_depreciation, by_capital;
    SC_EACH_LANE (l) {
        double by = by_reinvestment[l], by_amount = (last ? sweep->by_depreciation[l] : 0) - by;
        by_capex[l] = by * revenue[l];
        by_depreciation[l] = by_amount * revenue[l];
        by_capital[l] = by * (revenue[l] - before[l]);
        by_revenue[l] += by * (capex_rate + capital_rate) + by_amount * depreciation_rate;
        by_before[l] -= by * capital_rate;
    }
    sc_sweep_path(sweep, capex, year, sc_sweep_sum(sweep, by_capex));
    sc_sweep_path(sweep, depreciation, year, sc_sweep_sum(sweep, by_depreciation));
    sc_sweep_path(sweep, capital, year, sc_sweep_sum(sweep, by_capital));
}

/* Tax with losses carried forward; by_nol comes as by the balance at the end of the year, and leaves as by
 * that at its start. MODEL 6. */
static void sweep_tax(struct sc_sweep *sweep, int year, const sc_row by_nopat, sc_row by_limit)
{
    const struct sc_block *block = sweep->block;
    const double *ebit = block->ebit[year], *before = block->nol[year - 1], *used = block->nol_used[year];
    const double *rate = block->tax_rate[year];
    double limit = sc_plan_value(sweep->plan, sweep->plan->operations.tax.nol_limit, 0.8);
    double *by_ebit = sweep->by_ebit[year], *by_nol = sweep->by_nol;
    sc_row by_rate;
    SC_EACH_LANE (l) {
        bool profit = !(ebit[l] < 0), all = used[l] == before[l];
        double by_used = profit ? by_nopat[l] * rate[l] - by_nol[l] : 0;
        by_ebit[l] +=
            profit ? by_nopat[l] * (1 - rate[l]) + (all ? 0 : by_used * limit) : by_nopat[l] - by_nol[l];
        by_rate[l] = profit ? -by_nopat[l] * (ebit[l] - used[l]) : 0;
        by_limit[l] += all ? 0 : by_used * ebit[l];
        by_nol[l] += all ? by_used : 0;
    }
    for (size_t l = 0; l < block->lanes; l++) {
        if (ebit[l] == 0) sweep->gradient->kinks |= SC_KINK_PROFIT;
        if (before[l] > 0 && before[l] == limit * ebit[l]) sweep->gradient->kinks |= SC_KINK_LOSSES;
    }
    sc_sweep_path(sweep, &sweep->plan->operations.tax.rate, year, sc_sweep_sum(sweep, by_rate));
}

static void sweep_compensation(struct sc_sweep *sweep, int year, const sc_row by_added)
{
    const struct sc_path *path = &sweep->plan->operations.sbc.share_of_revenue;
    const double *revenue = sweep->block->revenue[year];
    double share = sweep->block->sbc_rate[year][0], *by_revenue = sweep->by_revenue[year];
    sc_row by_share;
    SC_EACH_LANE (l) by_share[l] = by_added[l] * revenue[l];
    SC_EACH_LANE (l) by_revenue[l] += by_added[l] * share;
    sc_sweep_path(sweep, path, year, sc_sweep_sum(sweep, by_share));
}

/* FCFF = NOPAT - reinvestment (+ SBC): what is paid in the year; of year H also what the terminal flow is
 * made of. */
static void sweep_year(struct sc_sweep *sweep, int year, sc_row by_limit)
{
    const struct sc_block *block = sweep->block;
    const struct sc_plan *plan = sweep->plan;
    const double *fcff = block->fcff[year], *factor = block->discount_factor[year];
    double part = sc_part_of_year(plan, year);
    bool last = year == block->years - 1;
    sc_row by_factor, by_nopat, by_added, by_reinvestment;
    SC_EACH_LANE (l) {
        double by_flow = sweep->by_enterprise[l] * part * factor[l];
        by_factor[l] = sweep->by_enterprise[l] * part * fcff[l];
        by_nopat[l] = by_flow + (last ? sweep->by_nopat[l] : 0);
        by_added[l] = by_flow + (last ? sweep->by_terminal_fcff[l] : 0);
        by_reinvestment[l] = -by_added[l];
    }
    sc_derivative_add(&sweep->by_discount_factor[year], sc_sweep_sum(sweep, by_factor), 1);
    if (plan->operations.sbc.treatment == SC_SBC_ADDBACK) sweep_compensation(sweep, year, by_added);
    if (plan->operations.reinvestment.sales_to_capital.form != SC_PATH_ABSENT)
        sweep_sales_to_capital(sweep, year, by_reinvestment);
    else
        sweep_capex(sweep, year, by_reinvestment);
    sweep_tax(sweep, year, by_nopat, by_limit);
}

void sc_sweep_cash_flow(struct sc_sweep *sweep)
{
    const struct sc_plan *plan = sweep->plan;
    sc_row by_limit;
    clear(by_limit);
    clear(sweep->by_nol);
    for (int year = sweep->block->years - 1; year > 0; year--) sweep_year(sweep, year, by_limit);
    sc_sweep_slot(sweep, plan->operations.tax.nol, sc_sweep_sum(sweep, sweep->by_nol));
    sc_sweep_slot(sweep, plan->operations.tax.nol_limit, sc_sweep_sum(sweep, by_limit));
    sc_sweep_slot(sweep, plan->operations.base_revenue, sc_sweep_sum(sweep, sweep->by_revenue[0]));
}
