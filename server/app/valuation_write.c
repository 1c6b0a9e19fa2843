#include "codec/writer.h"
#include "evaluation.h"
#include "secondchair/report.h"

#include <math.h>
#include <stdio.h>

void sc_headline_write(const struct sc_headline *headline, struct sc_json_writer *w)
{
    double price = headline->price, value = headline->value;
    sc_json_member_number(w, "price", price);
    sc_json_member_number(w, "value_per_share", value);
    sc_json_member_number(w, "value_if_held", headline->value_if_held);
    sc_json_member_number(w, "upside", value / price - 1);
    sc_json_member_text(w, "verdict", sc_verdict(value, price, headline->fair_band));
    sc_json_member_number(w, "fair_band", headline->fair_band);
}

static void write_headline(const struct sc_evaluation *e, struct sc_json_writer *w)
{
    const struct sc_plan *plan = e->plan;
    const struct sc_block *b = &e->block;
    char date[SC_DATE_TEXT];
    sc_date_write(sc_date_of_days(plan->valuation_date), date);
    sc_json_member_text(w, "name", plan->name);
    sc_json_member_text(w, "company", plan->company);
    sc_json_member_text(w, "currency", "USD");
    sc_json_member_text(w, "valuation_date", date);
    sc_headline_write(&(struct sc_headline){.price = plan->driver[plan->price],
                                            .value = e->chair.expected_value,
                                            .value_if_held = e->chair.value_if_held,
                                            .fair_band = plan->driver[plan->fair_band]},
                      w);
    sc_json_member_number(w, "enterprise_value", b->enterprise_value[0]);
    sc_json_member_number(w, "pv_forecast", b->pv_forecast[0]);
    sc_json_member_number(w, "pv_terminal", b->pv_terminal[0]);
    sc_json_member_figure(w, "terminal_share", b->pv_terminal[0] / b->enterprise_value[0]);
    sc_json_member_number(w, "equity_value", b->settlement[0].equity);
    sc_json_member_number(w, "diluted_shares", b->settlement[0].diluted_shares);
    sc_json_member_figure(w, "hold_probability", e->chair.present ? e->chair.hold_probability : NAN);
}

static void write_step(struct sc_json_writer *w, const char *step, double amount, double *balance)
{
    *balance += amount;
    sc_json_object_begin(w);
    sc_json_member_text(w, "step", step);
    sc_json_member_number(w, "amount", amount);
    sc_json_member_number(w, "balance", *balance);
    sc_json_object_end(w);
}

static void write_bridge(const struct sc_evaluation *e, struct sc_json_writer *w)
{
    const struct sc_plan *plan = e->plan;
    double enterprise = e->block.enterprise_value[0], balance = 0;
    const struct {
        const char *step;
        double amount;
    } steps[] = {
        {"enterprise_value", enterprise},
        {"failure", e->block.settlement[0].after_failure - enterprise},
        {"cash", sc_plan_value(plan, plan->bridge.cash, 0)},
        {"investments", sc_plan_value(plan, plan->bridge.investments, 0)},
        {"debt", -sc_plan_value(plan, plan->bridge.debt, 0)},
        {"leases", -sc_plan_value(plan, plan->bridge.leases, 0)},
        {"minority", -sc_plan_value(plan, plan->bridge.minority, 0)},
        {"preferred", -sc_plan_value(plan, plan->bridge.preferred, 0)},
    };
    sc_json_member_array_begin(w, "bridge");
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        write_step(w, steps[i].step, steps[i].amount, &balance);
    sc_json_array_end(w);
}

static void write_segments(const struct sc_evaluation *e, struct sc_json_writer *w)
{
    const struct sc_plan *plan = e->plan;
    double value[SC_SEGMENTS_MAX], whole = e->block.enterprise_value[0];
    const char *reason = NULL;
    bool divided = sc_divide_value(&e->block, value, &reason);
    sc_json_member_array_begin(w, "segments");
    for (size_t i = 0; i < plan->segment_count; i++) {
        sc_json_object_begin(w);
        sc_json_member_text(w, "id", plan->segment[i].id);
        sc_json_member_figure(w, "enterprise_value", divided ? value[i] : NAN);
        sc_json_member_figure(w, "share_of_enterprise_value", divided ? value[i] / whole : NAN);
        if (reason) sc_json_member_text(w, "reason", reason);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

static void write_year_segments(const struct sc_evaluation *e, int year, struct sc_json_writer *w)
{
    const struct sc_plan *plan = e->plan;
    const struct sc_block *b = &e->block;
#define ROW(i) ((i) * (size_t)b->years + (size_t)year)
    sc_json_member_object_begin(w, "revenue_by_segment");
    for (size_t i = 0; i < plan->segment_count; i++)
        sc_json_member_number(w, plan->segment[i].id, b->segment_revenue[ROW(i)][0]);
    sc_json_object_end(w);
    sc_json_member_array_begin(w, "segments");
    for (size_t i = 0; i < plan->segment_count; i++) {
        sc_json_object_begin(w);
        sc_json_member_text(w, "id", plan->segment[i].id);
        sc_json_member_number(w, "revenue", b->segment_revenue[ROW(i)][0]);
        sc_json_member_number(w, "margin", b->segment_margin[ROW(i)][0]);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
#undef ROW
}

static void write_cash_flow(const struct sc_evaluation *e, int year, struct sc_json_writer *w)
{
    const struct sc_block *b = &e->block;
    bool by_capex = e->plan->operations.reinvestment.sales_to_capital.form == SC_PATH_ABSENT;
    sc_json_member_figure(w, "margin", b->ebit[year][0] / b->revenue[year][0]);
    sc_json_member_number(w, "corporate_cost", b->corporate_cost[year][0]);
    sc_json_member_number(w, "ebit", b->ebit[year][0]);
    sc_json_member_number(w, "tax_rate", b->tax_rate[year][0]);
    sc_json_member_number(w, "tax", b->tax[year][0]);
    sc_json_member_number(w, "nol", b->nol[year][0]);
    sc_json_member_number(w, "nol_used", b->nol_used[year][0]);
    sc_json_member_number(w, "nopat", b->nopat[year][0]);
    sc_json_member_figure(w, "capex", by_capex ? b->capex[year][0] : NAN);
    sc_json_member_figure(w, "depreciation", by_capex ? b->depreciation[year][0] : NAN);
    sc_json_member_number(w, "reinvestment", b->reinvestment[year][0]);
    sc_json_member_number(w, "sbc", b->sbc[year][0]);
    sc_json_member_number(w, "fcff", b->fcff[year][0]);
    sc_json_member_number(w, "wacc", b->wacc[year][0]);
    sc_json_member_number(w, "part_of_year", sc_part_of_year(e->plan, year));
    sc_json_member_number(w, "discount_factor", b->discount_factor[year][0]);
    sc_json_member_number(w, "pv", b->pv[year][0]);
}

static void write_year(const struct sc_evaluation *e, int year, double invested_capital,
                       struct sc_json_writer *w)
{
    char date[SC_DATE_TEXT], label[SC_DATE_TEXT];
    struct sc_date end = sc_fiscal_year_end(e->plan, year);
    sc_date_write(end, date);
    sc_fiscal_year_write(end, label);
    sc_json_object_begin(w);
    sc_json_member_integer(w, "year", year);
    sc_json_member_integer(w, "calendar", e->plan->base_market_year + year);
    sc_json_member_text(w, "fiscal", label);
    sc_json_member_text(w, "period_end", date);
    sc_json_member_number(w, "revenue", e->block.revenue[year][0]);
    write_year_segments(e, year, w);
    write_cash_flow(e, year, w);
    sc_json_member_figure(w, "invested_capital", invested_capital);
    sc_json_member_figure(w, "roic", e->block.nopat[year][0] / invested_capital);
    sc_json_object_end(w);
}

/* Capital invested at the end of each year: the reported capital and all reinvestment since. */
static void write_years(const struct sc_evaluation *e, struct sc_json_writer *w)
{
    double invested = sc_plan_value(e->plan, e->plan->operations.invested_capital, NAN);
    sc_json_member_array_begin(w, "years");
    for (int year = 1; year < e->block.years; year++) {
        invested += e->block.reinvestment[year][0];
        write_year(e, year, invested, w);
    }
    sc_json_array_end(w);
}

static void write_terminal(const struct sc_evaluation *e, struct sc_json_writer *w)
{
    static const char *const METHODS[] = {"gordon", "value_driver", "exit_multiple", "h_model"};
    static const char *const METRICS[] = {NULL, "revenue", "ebit", "ebitda", "nopat"};
    const struct sc_plan *plan = e->plan;
    const struct sc_block *b = &e->block;
    int method = plan->terminal.method;
    sc_json_member_object_begin(w, "terminal");
    sc_json_member_text(w, "method", METHODS[method]);
    sc_json_member_number(w, "growth", b->terminal_growth[0]);
    sc_json_member_number(w, "wacc", b->terminal_wacc[0]);
    sc_json_member_number(w, "tax_rate", b->terminal_tax_rate[0]);
    sc_json_member_number(w, "nopat", b->terminal_nopat[0]);
    sc_json_member_number(w, "fcff", b->terminal_fcff[0]);
    sc_json_member_number(w, "value", b->terminal_value[0]);
    sc_json_member_number(w, "discount_factor", b->terminal_discount[0]);
    sc_json_member_number(w, "present_value", b->pv_terminal[0]);
    if (method == SC_VALUE_DRIVER) sc_json_member_number(w, "ronic", plan->driver[plan->terminal.ronic]);
    if (method == SC_EXIT_MULTIPLE) {
        sc_json_member_number(w, "multiple", plan->driver[plan->terminal.multiple]);
        sc_json_member_text(w, "metric", METRICS[plan->terminal.metric]);
        sc_json_member_number(w, "metric_value", b->terminal_metric[0]);
    }
    if (method == SC_H_MODEL) {
        sc_json_member_number(w, "half_life", plan->driver[plan->terminal.half_life]);
        sc_json_member_number(w, "growth_start", plan->driver[plan->terminal.growth_start]);
    }
    sc_json_object_end(w);
}

/* Shares that options and warrants add by the treasury method at the share's value. */
static void write_dilution(const struct sc_evaluation *e, struct sc_json_writer *w)
{
    const struct sc_plan *plan = e->plan;
    const struct sc_settlement *s = &e->block.settlement[0];
    double v = s->value_per_share, options = 0, warrants = 0;
    for (size_t i = 0; plan->dilution.method == SC_TREASURY && i < plan->dilution.option_count; i++) {
        double strike = plan->driver[plan->dilution.option[i].strike];
        if (v > strike) options += plan->driver[plan->dilution.option[i].count] * (1 - strike / v);
    }
    for (size_t i = 0; i < plan->dilution.warrant_count; i++) {
        const struct sc_warrant *warrant = &plan->dilution.warrant[i];
        double strike = plan->driver[warrant->strike];
        if (v > strike && v >= plan->driver[warrant->threshold])
            warrants += plan->driver[warrant->count] * plan->driver[warrant->probability] * (1 - strike / v);
    }
    sc_json_member_object_begin(w, "dilution");
    sc_json_member_text(w, "method", plan->dilution.method == SC_TREASURY ? "treasury" : "option_value");
    sc_json_member_number(w, "basic", plan->driver[plan->dilution.basic]);
    sc_json_member_number(w, "rsu", plan->driver[plan->dilution.rsu]);
    sc_json_member_number(w, "options", options);
    sc_json_member_number(w, "warrants", warrants);
    sc_json_member_number(w, "option_value", s->option_value);
    sc_json_member_boolean(w, "pinned_at_threshold", s->pinned);
    sc_json_object_end(w);
}

/* A ratio to a figure that is positive; else null. */
static void write_multiple(struct sc_json_writer *w, const char *name, double value, double figure)
{
    sc_json_member_figure(w, name, figure > 0 ? value / figure : NAN);
}

static void write_multiples(const struct sc_evaluation *e, struct sc_json_writer *w)
{
    const struct sc_block *b = &e->block;
    double enterprise = b->enterprise_value[0], terminal = sc_terminal_at_horizon(b);
    int last = b->years - 1;
    double at_price = e->plan->driver[e->plan->price] * b->settlement[0].diluted_shares;
    sc_json_member_object_begin(w, "multiples");
    write_multiple(w, "ev_to_base_revenue", enterprise, b->revenue[0][0]);
    write_multiple(w, "ev_to_revenue", enterprise, b->revenue[1][0]);
    write_multiple(w, "ev_to_ebit", enterprise, b->ebit[1][0]);
    write_multiple(w, "ev_to_nopat", enterprise, b->nopat[1][0]);
    write_multiple(w, "price_to_base_revenue", at_price, b->revenue[0][0]);
    write_multiple(w, "price_to_revenue", at_price, b->revenue[1][0]);
    write_multiple(w, "price_to_nopat", at_price, b->nopat[1][0]);
    write_multiple(w, "terminal_to_revenue", terminal, b->revenue[last][0]);
    write_multiple(w, "terminal_to_ebit", terminal, b->ebit[last][0]);
    write_multiple(w, "terminal_to_nopat", terminal, b->nopat[last][0]);
    sc_json_object_end(w);
}

static void write_checks(const struct sc_evaluation *e, struct sc_json_writer *w)
{
    struct sc_checks checks;
    sc_checks_run(&e->block, &checks);
    sc_json_member_array_begin(w, "checks");
    for (size_t i = 0; i < checks.count; i++) {
        const struct sc_check *check = &checks.item[i];
        sc_json_object_begin(w);
        sc_json_member_text(w, "code", check->code);
        sc_json_member_text(w, "status", sc_check_status_name(check->status));
        sc_json_member_text(w, "detail", check->detail);
        sc_json_member_object_begin(w, "figures");
        for (size_t j = 0; j < check->figures; j++)
            sc_json_member_number(w, check->figure[j].name, check->figure[j].value);
        sc_json_object_end(w);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

void sc_valuation_write(const struct sc_evaluation *evaluation, struct sc_json_writer *writer)
{
    write_headline(evaluation, writer);
    write_bridge(evaluation, writer);
    write_segments(evaluation, writer);
    write_years(evaluation, writer);
    write_terminal(evaluation, writer);
    write_dilution(evaluation, writer);
    write_multiples(evaluation, writer);
    write_checks(evaluation, writer);
}
