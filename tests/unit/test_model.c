/* From a document to its value: published examples, and figures that follow from algebra alone. */
#include "support.h"

#include <dirent.h>
#include <stdlib.h>

/* --- published examples: tests/unit/cases/published --- */

#define PUBLISHED "tests/unit/cases/published"

static double capital_after(const struct sc_block *b, int year)
{
    double capital = sc_plan_value(b->plan, b->plan->operations.invested_capital, NAN);
    for (int y = 1; y <= year; y++) capital += b->reinvestment[y][0];
    return capital;
}

static double segment_value(const struct sc_block *b, int index)
{
    double part[SC_SEGMENTS_MAX];
    const char *reason;
    assert_true(sc_divide_value(b, part, &reason));
    return part[index];
}

static double yearly_figure(const struct valued *v, const char *name, int index)
{
    const struct sc_block *b = &v->block;
    if (!strcmp(name, "fcff")) return b->fcff[index][0];
    if (!strcmp(name, "wacc")) return b->wacc[index][0];
    if (!strcmp(name, "df")) return b->discount_factor[index][0];
    if (!strcmp(name, "roic")) return b->nopat[index][0] / capital_after(b, index);
    if (!strcmp(name, "value_if_lost")) return v->chair.value_if_lost[index];
    if (!strcmp(name, "lost_probability")) return v->chair.lost_probability[index];
    if (!strcmp(name, "segment_value")) return segment_value(b, index);
    fail_msg("no figure is called %s", name);
    return NAN;
}

static double figure_of(const struct valued *v, const char *name, int index)
{
    const struct sc_block *b = &v->block;
    const struct sc_settlement *s = &b->settlement[0];
    const struct sc_capm *capm = &b->plan->discount.capm;
    if (!strcmp(name, "ev")) return b->enterprise_value[0];
    if (!strcmp(name, "tv")) return b->terminal_value[0];
    if (!strcmp(name, "pv_tv")) return b->pv_terminal[0];
    if (!strcmp(name, "pv_fcff")) return b->pv_forecast[0];
    if (!strcmp(name, "equity")) return s->equity;
    if (!strcmp(name, "option_value")) return s->option_value;
    if (!strcmp(name, "value_per_share")) return s->value_per_share;
    if (!strcmp(name, "diluted_shares")) return s->diluted_shares;
    if (!strcmp(name, "nopat_per_diluted_share")) return b->nopat[1][0] / s->diluted_shares;
    if (!strcmp(name, "value_if_held")) return v->chair.value_if_held;
    if (!strcmp(name, "expected_value")) return v->chair.expected_value;
    if (!strcmp(name, "hold_probability")) return v->chair.hold_probability;
    /* with a risk-free rate and a cost of debt of 0, and a premium of 1 */
    if (!strcmp(name, "levered_beta")) return b->wacc[1][0] / (1 - b->driver[capm->debt_to_value][0]);
    if (!strcmp(name, "tv_flow")) /* of the first year beyond the horizon: value_driver's numerator */
        return b->terminal_value[0] * (b->terminal_wacc[0] - b->terminal_growth[0]);
    return yearly_figure(v, name, index);
}

/* The document with an expectation's own drivers put in by the path that questions take. */
static json_t *moved(json_t *document, const json_t *set_members)
{
    const char *pointer;
    json_t *number, *overrides = json_array();
    struct sc_faults faults = {0};
    json_object_foreach ((json_t *)set_members, pointer, number) {
        json_array_append_new(overrides, json_pack("{s:s,s:O}", "pointer", pointer, "value", number));
    }
    json_t *copy = sc_document_override(document, overrides, &faults);
    if (!copy) fail_msg("%s: %s", faults.item[0].pointer, faults.item[0].detail);
    json_decref(overrides);
    return copy;
}

static int failures;

static void check_expectation(const char *id, json_t *document, const json_t *expect)
{
    struct valued v;
    json_t *changes = json_object_get(expect, "set");
    const char *name = json_string_value(json_object_get(expect, "figure"));
    int index = (int)json_integer_value(json_object_get(expect, "index"));
    double expected = json_number_value(json_object_get(expect, "value"));
    double tolerance = json_number_value(json_object_get(expect, "rel_tol"));
    value(&v, changes ? moved(document, changes) : json_deep_copy(document));
    double actual = figure_of(&v, name, index);
    if (!is_close(actual, expected, tolerance)) {
        print_error("%s: %s %d is %.12g, published %.12g (off by %.2g, allowed %.2g)\n", id, name, index,
                    actual, expected, actual / expected - 1, tolerance);
        failures++;
    }
    release(&v);
}

static size_t check_published(const char *path)
{
    json_error_t error;
    json_t *read = json_load_file(path, 0, &error), *expect;
    size_t i;
    if (!read) fail_msg("%s: %s", path, error.text);
    const char *id = json_string_value(json_object_get(read, "id"));
    assert_non_null(id);
    assert_true(json_string_length(json_object_get(read, "source")) > 0);
    json_array_foreach (json_object_get(read, "expect"), i, expect)
        check_expectation(id, json_object_get(read, "document"), expect);
    json_decref(read);
    return i;
}

static void published_examples_come_out_as_printed(void **state)
{
    (void)state;
    struct dirent **entry;
    int entries = scandir(PUBLISHED, &entry, NULL, alphasort), files = 0;
    size_t figures = 0;
    if (entries < 0) fail_msg("run from the root of the repository: no " PUBLISHED);
    for (int i = 0; i < entries; i++) {
        char path[512];
        const char *dot = strrchr(entry[i]->d_name, '.');
        snprintf(path, sizeof path, PUBLISHED "/%s", entry[i]->d_name);
        if (dot && strcmp(dot, ".json") == 0) {
            figures += check_published(path);
            files++;
        }
        free(entry[i]);
    }
    free(entry);
    assert_true(files >= 18);
    assert_true(figures >= 90);
    assert_int_equal(failures, 0);
}

/* --- perpetuities and annuities (MODEL 7) --- */

static void a_perpetuity_is_worth_its_flow_over_the_rate(void **state)
{
    (void)state;
    static const double RATE[] = {0.01, 0.05, 0.1, 0.35, 1};
    for (int horizon = 1; horizon <= SC_HORIZON_MAX; horizon++)
        for (size_t i = 0; i < COUNT(RATE); i++) {
            json_t *document = plain_document();
            set_json(document, "/horizon", json_integer(horizon));
            set_number(document, "/discount/wacc", RATE[i]);
            assert_close(enterprise_of(document), 100 / RATE[i], 1e-13);
        }
}

static void constant_growth_is_gordons_formula_at_every_horizon(void **state)
{
    (void)state;
    static const double GROWTH[] = {-0.5, -0.02, 0.03, 0.0999};
    for (int horizon = 1; horizon <= SC_HORIZON_MAX; horizon++)
        for (size_t i = 0; i < COUNT(GROWTH); i++) {
            json_t *document = plain_document();
            set_json(document, "/horizon", json_integer(horizon));
            set_number(document, "/segments/0/growth", GROWTH[i]);
            set_number(document, "/terminal/growth", GROWTH[i]);
            /* 0.1 - 0.0999 itself is rounded at 1e-13 */
            assert_close(enterprise_of(document), 100 * (1 + GROWTH[i]) / (0.1 - GROWTH[i]), 2e-11);
        }
}

/* NOPAT_{H+1}/w, whatever the growth, where new capital earns w. */
static void growth_is_worth_nothing_where_new_capital_earns_its_cost(void **state)
{
    (void)state;
    for (int i = 0; i <= 9; i++) {
        struct valued v;
        double g = i / 100.0;
        json_t *document = plain_document();
        set(document, "/terminal", "{'method':'value_driver','ronic':0.1}");
        set_number(document, "/terminal/growth", g);
        value(&v, document);
        assert_close(v.block.terminal_value[0], 100 * (1 + g) / 0.1, 1e-12);
        release(&v);
    }
}

static void the_value_driver_without_growth_is_a_perpetuity_of_nopat(void **state)
{
    (void)state;
    json_t *document = plain_document();
    set(document, "/operations/tax/rate", "0.25");
    set(document, "/operations/reinvestment", "{'capex':0.3,'depreciation':0.1}");
    set(document, "/terminal", "{'method':'value_driver','growth':0,'ronic':0.02}");
    struct valued v;
    value(&v, document);
    assert_close(v.block.terminal_value[0], 75 / 0.1, 1e-14);
    assert_close(v.block.pv_forecast[0], (75 - 20) * (1 - pow(1.1, -3)) / 0.1, 1e-13);
    release(&v);
}

static void the_h_model_without_fade_is_gordons(void **state)
{
    (void)state;
    json_t *document = plain_document();
    set(document, "/terminal", "{'method':'h_model','growth':0.04,'growth_start':0.04,'half_life':7}");
    double flat = enterprise_of(document);
    document = plain_document();
    set(document, "/terminal", "{'method':'h_model','growth':0.04,'growth_start':0.3,'half_life':0}");
    double instant = enterprise_of(document);
    document = plain_document();
    set(document, "/terminal/growth", "0.04");
    double gordon = enterprise_of(document);
    assert_close(flat, gordon, 1e-14);
    assert_close(instant, gordon, 1e-14);
}

/* Both end-year and mid-year, one after the other, for a document of any terminal method but the exit
 * multiple. */
static void mid_year_flows_are_worth_half_a_year_more(void **state)
{
    (void)state;
    static const char *const TERMINAL[] = {
        "{'method':'gordon','growth':0.02}",
        "{'method':'value_driver','growth':0.02,'ronic':0.2}",
        "{'method':'h_model','growth':0.02,'growth_start':0.2,'half_life':3}",
    };
    for (size_t i = 0; i < COUNT(TERMINAL); i++) {
        json_t *end = plain_document(), *mid;
        set(end, "/terminal", TERMINAL[i]);
        set(end, "/segments/0/growth", "[0.5,-0.2,0.1]");
        mid = json_deep_copy(end);
        set(mid, "/timing", "'mid'");
        assert_close(enterprise_of(mid), enterprise_of(end) * sqrt(1.1), 1e-14);
    }
}

static void an_exit_multiple_is_paid_at_the_end_of_the_year_in_either_timing(void **state)
{
    (void)state;
    for (int mid = 0; mid < 2; mid++) {
        struct valued v;
        json_t *document = plain_document();
        set(document, "/timing", mid ? "'mid'" : "'end'");
        set(document, "/terminal", "{'method':'exit_multiple','metric':'ebit','multiple':7}");
        value(&v, document);
        assert_close(v.block.pv_terminal[0], 700 / 1.331, 1e-14);
        assert_close(sc_terminal_at_horizon(&v.block), 700, 1e-14);
        release(&v);
    }
}

static void every_metric_of_an_exit_multiple_is_that_of_the_last_year(void **state)
{
    (void)state;
    static const struct {
        const char *name;
        double metric;
    } METRIC[] = {{"revenue", 200}, {"ebit", 50}, {"ebitda", 56}, {"nopat", 40}};
    for (size_t i = 0; i < COUNT(METRIC); i++) {
        struct valued v;
        json_t *document = plain_document();
        set(document, "/segments/0", "{'id':'all','values':[100,150,200],'margin':0.25}");
        set(document, "/operations/tax/rate", "0.2");
        set(document, "/operations/reinvestment", "{'capex':0.05,'depreciation':0.03}");
        set(document, "/terminal", "{'method':'exit_multiple','multiple':3}");
        set_json(document, "/terminal/metric", json_string(METRIC[i].name));
        value(&v, document);
        assert_close(v.block.terminal_metric[0], METRIC[i].metric, 1e-14);
        assert_close(v.block.terminal_value[0], 3 * METRIC[i].metric, 1e-14);
        release(&v);
    }
}

static void the_terminal_rate_may_differ_from_the_last_years(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = plain_document();
    set(document, "/terminal/wacc", "0.05");
    value(&v, document);
    assert_close(v.block.terminal_value[0], 2000, 1e-14);
    assert_close(v.block.pv_terminal[0], 2000 / 1.331, 1e-14);
    release(&v);
    document = plain_document();
    set(document, "/terminal/capm",
        "{'risk_free':0.03,'erp':0.05,'beta_unlevered':0.8,'debt_to_value':0.2,'cost_of_debt':0.04,'tax':0."
        "25,"
        "'premium':0.01}");
    value(&v, document);
    /* beta 0.8 (1 + 0.75 x 0.25) = 0.95; cost of equity 0.0875; 0.8 x 0.0875 + 0.2 x 0.04 x 0.75 = 0.076 */
    assert_close(v.block.terminal_wacc[0], 0.076, 1e-14);
    assert_close(v.block.terminal_value[0], 100 / 0.076, 1e-13);
    release(&v);
}

static void growth_at_or_above_the_rate_has_no_value(void **state)
{
    (void)state;
    static const char *const GROWTH[] = {"0.1", "0.2"};
    for (size_t i = 0; i < COUNT(GROWTH); i++) {
        json_t *document = plain_document();
        set(document, "/terminal/growth", GROWTH[i]);
        assert_refused(document, "growth_not_below_discount_rate", "/terminal/growth");
    }
}

/* --- the stub (MODEL 1, 7) --- */

/* d is `days` before the end of year 1. */
static json_t *with_stub(int days, const char *timing)
{
    static const char *const DATE[] = {"'2025-12-30'", "'2025-10-19'", "'2025-07-02'", "'2025-01-01'"};
    static const int DAYS[] = {1, 73, 182, 364};
    json_t *document = plain_document();
    for (size_t i = 0; i < COUNT(DAYS); i++)
        if (DAYS[i] == days) set(document, "/valuation_date", DATE[i]);
    set_json(document, "/timing", json_string(timing));
    return document;
}

static void of_a_year_under_way_only_the_rest_of_the_cash_is_still_to_come(void **state)
{
    (void)state;
    static const int DAYS[] = {1, 73, 182, 364};
    for (size_t i = 0; i < COUNT(DAYS); i++) {
        double s = DAYS[i] / 365.0;
        struct valued v;
        value(&v, with_stub(DAYS[i], "end"));
        assert_exact(v.plan->stub, s);
        assert_close(v.block.pv[1][0], s * 100 * pow(1.1, -s), 1e-14);
        assert_close(v.block.discount_to_end[3][0], pow(1.1, -s - 2), 1e-14);
        /* at the end of year 1 what comes after is a perpetuity: 1000 */
        assert_close(v.block.enterprise_value[0], (s * 100 + 1000) * pow(1.1, -s), 1e-13);
        release(&v);
        value(&v, with_stub(DAYS[i], "mid"));
        assert_close(v.block.discount_factor[1][0], pow(1.1, -s / 2), 1e-14);
        assert_close(v.block.discount_factor[2][0], pow(1.1, -s - 0.5), 1e-14);
        assert_close(v.block.enterprise_value[0],
                     s * 100 * pow(1.1, -s / 2) + 1000 * sqrt(1.1) * pow(1.1, -s), 1e-13);
        release(&v);
    }
}

/* Without cash in year 1 waiting costs nothing: the value grows at the rate from day to day. */
static void without_cash_in_between_value_grows_at_the_discount_rate(void **state)
{
    (void)state;
    json_t *early = with_stub(364, "mid"), *late = with_stub(73, "mid");
    set(early, "/segments/0", "{'id':'all','values':[0,100,100],'margin':1}");
    set(late, "/segments/0", "{'id':'all','values':[0,100,100],'margin':1}");
    assert_close(enterprise_of(late), enterprise_of(early) * pow(1.1, (364 - 73) / 365.0), 1e-13);
}

/* --- rates that move (MODEL 7) --- */

static void each_years_rate_rules_over_that_year(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = plain_document();
    set(document, "/discount/wacc", "[0.1,0.2,0.25]");
    set(document, "/timing", "'mid'");
    value(&v, document);
    assert_close(v.block.discount_to_end[3][0], 1 / 1.65, 1e-14);
    assert_close(v.block.discount_factor[1][0], 1 / sqrt(1.1), 1e-14);
    assert_close(v.block.discount_factor[2][0], 1 / 1.1 / sqrt(1.2), 1e-14);
    assert_close(v.block.discount_factor[3][0], 1 / 1.32 / sqrt(1.25), 1e-14);
    assert_close(v.block.terminal_value[0], 400, 1e-14);
    release(&v);
}

static void paths_move_from_start_to_end_by_their_shape(void **state)
{
    (void)state;
    const struct {
        const char *path;
        double at[7]; /* years 1 to 6 */
    } CASE[] = {
        {"{'start':0.1,'end':0.6}", {0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6}},
        {"{'start':0.1,'end':0.5,'from':2,'to':4}", {0, 0.1, 0.1, 0.3, 0.5, 0.5, 0.5}},
        {"{'start':0.1,'end':0.5,'from':3,'to':3}", {0, 0.1, 0.1, 0.1, 0.5, 0.5, 0.5}},
        {"{'start':0.01,'end':0.16,'shape':'geometric','from':1,'to':5}",
         {0, 0.01, 0.02, 0.04, 0.08, 0.16, 0.16}},
        {"{'start':0.16,'end':0.01,'shape':'geometric','from':2,'to':6}",
         {0, 0.16, 0.16, 0.08, 0.04, 0.02, 0.01}},
        /* between ends whose ratio no double holds: 2^-1074 to 2^-4, and -2^-2 to -2^-1074 */
        {"{'start':5e-324,'end':0.0625,'shape':'geometric','from':1,'to':6}",
         {0, 0, 0, 0, 0, exp2(-218), 0.0625}},
        {"{'start':-0.25,'end':-5e-324,'shape':'geometric','from':1,'to':3}",
         {0, -0.25, -exp2(-538), 0, 0, 0, 0}},
        /* as hyperbolic tangents: (1 + tanh(5 u - 5/2)/tanh(5/2))/2 */
        {"{'start':0,'end':1,'shape':'logistic','from':1,'to':5}",
         {0, 0, 0.5 - 0.5 * tanh(1.25) / tanh(2.5), 0.5, 0.5 + 0.5 * tanh(1.25) / tanh(2.5), 1, 1}},
    };
    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct valued v;
        json_t *document = plain_document();
        set(document, "/horizon", "6");
        set(document, "/segments/0/margin", CASE[i].path);
        value(&v, document);
        for (int year = 1; year <= 6; year++)
            assert_near(v.block.segment_margin[year][0], CASE[i].at[year], 1e-14);
        release(&v);
    }
}

/* --- cash flow (MODEL 6) --- */

/* The hand table of loss carried forward: limit 80 %, 30 % tax. */
static void losses_are_carried_forward_and_used_up_to_the_limit(void **state)
{
    (void)state;
    /*                              year 1   2    3     4     5    6 */
    static const double EBIT[] = {0, -100, 50, -20, 100, 0, 200};
    static const double USED[] = {0, 0, 40, 0, 80, 0, 60};
    static const double LEFT[] = {100, 200, 160, 180, 100, 100, 40};
    static const double TAX[] = {0, 0, 3, 0, 6, 0, 42};
    struct valued v;
    json_t *document = plain_document();
    set(document, "/horizon", "6");
    set(document, "/segments/0",
        "{'id':'all','values':[100,100,100,100,100,200],'margin':[-1,0.5,-0.2,1,0,1]}");
    set(document, "/operations/tax", "{'rate':0.3,'nol':100}");
    /* the loss of 100 in year 1 makes 200; in year 6 a limit of 30 % leaves 40 */
    value(&v, document);
    for (int year = 1; year <= 5; year++) {
        assert_near(v.block.ebit[year][0], EBIT[year], 1e-12);
        assert_near(v.block.nol_used[year][0], USED[year], 1e-12);
        assert_near(v.block.nol[year][0], LEFT[year], 1e-12);
        assert_near(v.block.tax[year][0], TAX[year], 1e-12);
        assert_near(v.block.nopat[year][0], EBIT[year] - TAX[year], 1e-12);
    }
    assert_near(v.block.nol_used[6][0], 100, 1e-12); /* all that is left: less than 160 */
    assert_near(v.block.nol[6][0], 0, 1e-12);
    assert_near(v.block.tax[6][0], 30, 1e-12);
    /* no loss lasts for ever: the terminal flow is taxed in full */
    assert_near(v.block.terminal_nopat[0], 140, 1e-12);
    release(&v);
    document = plain_document();
    set(document, "/horizon", "1");
    set(document, "/segments/0", "{'id':'all','values':[200],'margin':1}");
    set(document, "/operations/tax", "{'rate':0.3,'nol':100,'nol_limit':0.3}");
    value(&v, document);
    assert_near(v.block.nol_used[1][0], USED[6], 1e-12);
    assert_near(v.block.nol[1][0], LEFT[6], 1e-12);
    assert_near(v.block.tax[1][0], TAX[6], 1e-12);
    release(&v);
}

static void a_loss_at_the_horizon_is_not_taxed_beyond_it(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = plain_document();
    set(document, "/segments/0/margin", "-0.5");
    set(document, "/operations/tax/rate", "0.3");
    set(document, "/terminal/tax_rate", "0.4");
    value(&v, document);
    assert_close(v.block.terminal_nopat[0], -50, 1e-14);
    assert_close(v.block.enterprise_value[0], -500, 1e-13);
    assert_exact(v.chair.expected_value, 0);
    release(&v);
    document = plain_document();
    set(document, "/operations/tax/rate", "0.3");
    set(document, "/terminal/tax_rate", "0.4");
    value(&v, document);
    assert_close(v.block.nopat[3][0], 70, 1e-14);
    assert_close(v.block.terminal_nopat[0], 60, 1e-14);
    release(&v);
}

/* Revenue 100, 140, 120, 200, then 5 % a year: 210, 220.5, 231.525. Two of sales for one of capital. */
static void growth_is_paid_for_as_many_years_ahead_as_the_lag_says(void **state)
{
    (void)state;
    static const double REINVESTED[4][4] = {
        {0, 20, 0, 40},
        {0, 0, 40, 5},
        {0, 40, 5, 5.25},
        {0, 5, 5.25, 5.5125},
    };
    for (int lag = 0; lag <= 3; lag++) {
        struct valued v;
        json_t *document = plain_document();
        set(document, "/segments/0", "{'id':'all','values':[140,120,200],'margin':0.5}");
        set(document, "/operations/reinvestment", "{'sales_to_capital':2}");
        set_json(document, "/operations/reinvestment/lag", json_integer(lag));
        set(document, "/terminal/growth", "0.05");
        value(&v, document);
        for (int year = 1; year <= 3; year++) {
            assert_near(v.block.reinvestment[year][0], REINVESTED[lag][year], 1e-12);
            assert_near(v.block.fcff[year][0], v.block.nopat[year][0] - REINVESTED[lag][year], 1e-12);
        }
        release(&v);
    }
}

static void reinvestment_is_capex_less_depreciation_and_what_growth_ties_up(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = plain_document();
    set(document, "/segments/0", "{'id':'all','values':[140,120,200],'margin':0.5}");
    set(document, "/operations/reinvestment",
        "{'capex':[0.1,0.2,0.3],'depreciation':0.05,'working_capital':0.25}");
    set(document, "/operations/corporate_cost", "0.1");
    set(document, "/operations/sbc", "{'share_of_revenue':0.02}");
    value(&v, document);
    assert_near(v.block.ebit[2][0], 48, 1e-12);
    assert_near(v.block.reinvestment[1][0], 14 - 7 + 10, 1e-12);
    assert_near(v.block.reinvestment[2][0], 24 - 6 - 5, 1e-12);
    assert_near(v.block.reinvestment[3][0], 60 - 10 + 20, 1e-12);
    assert_near(v.block.sbc[3][0], 4, 1e-12);
    assert_near(v.block.fcff[3][0], 80 - 70, 1e-12);
    json_t *added = json_deep_copy(v.document);
    release(&v);
    set(added, "/operations/sbc/treatment", "'addback'");
    value(&v, added);
    assert_near(v.block.fcff[3][0], 80 - 70 + 4, 1e-12);
    assert_near(v.block.terminal_fcff[0], 80 - 70 + 4, 1e-12);
    release(&v);
}

/* --- the bridge (MODEL 7) --- */

static void failure_and_claims_come_off_before_the_share(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = plain_document();
    set(document, "/failure", "{'probability':0.2,'recovery':0.25}");
    set(document, "/bridge", "{'cash':100,'investments':20,'debt':50,'leases':7,'minority':5,'preferred':3}");
    set(document, "/dilution", "{'basic':80,'rsu':20}");
    value(&v, document);
    assert_close(v.block.settlement[0].after_failure, 1000 * (0.8 + 0.2 * 0.25), 1e-13);
    assert_close(v.block.settlement[0].equity, 850 + 120 - 65, 1e-13);
    assert_close(v.chair.expected_value, 9.05, 1e-13);
    release(&v);
}

static void a_share_is_never_worth_less_than_nothing(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = plain_document();
    set(document, "/bridge", "{'debt':5000}");
    set(document, "/dilution/options", "[{'count':10,'strike':0}]");
    value(&v, document);
    assert_close(v.block.settlement[0].equity, -4000, 1e-13);
    assert_exact(v.block.settlement[0].value_per_share, 0);
    assert_exact(v.chair.expected_value, 0);
    release(&v);
}

/* --- how the value divides (MODEL 9) --- */

static void the_segments_parts_add_up_to_enterprise_value(void **state)
{
    (void)state;
    for (int round = 0; round < 2000; round++) {
        struct valued v;
        json_t *document = plain_document();
        size_t segments = 1 + random_below(6);
        for (size_t i = 0; i < segments; i++) {
            json_t *segment =
                json_pack("{s:o,s:f,s:f,s:f}", "id", json_sprintf("s%zu", i), "base", random_between(1, 1000),
                          "growth", random_between(-0.3, 0.6), "margin", random_between(-0.2, 0.6));
            if (i == 0)
                set_json(document, "/segments/0", segment);
            else
                json_array_append_new(json_object_get(document, "segments"), segment);
        }
        set_number(document, "/operations/corporate_cost", random_between(0, 0.1));
        set_number(document, "/operations/tax/rate", random_between(0, 0.4));
        set_number(document, "/operations/tax/nol", random_between(0, 500));
        set(document, "/operations/reinvestment", "{'capex':0.09,'depreciation':0.05,'working_capital':0.1}");
        set(document, "/operations/sbc", "{'share_of_revenue':0.05,'treatment':'addback'}");
        set(document, "/valuation_date", round % 2 ? "'2025-05-05'" : "'2024-12-31'");
        set(document, "/timing", round % 3 ? "'mid'" : "'end'");
        if (round % 5 == 0)
            set(document, "/terminal", "{'method':'exit_multiple','metric':'revenue','multiple':3}");
        value(&v, document);
        double part[SC_SEGMENTS_MAX], sum = 0, size = 0;
        const char *reason;
        assert_true(sc_divide_value(&v.block, part, &reason));
        for (size_t i = 0; i < segments; i++) {
            sum += part[i];
            size += fabs(part[i]);
        }
        assert_true(fabs(sum - v.block.enterprise_value[0]) <=
                    1e-12 * (size + fabs(v.block.enterprise_value[0])));
        release(&v);
    }
}

/* A year: profit 50 - 10 and 30 - 30 after corporate cost, by revenue; tax of 10 by profit; capex of 8 by
 * revenue. */
static void a_segment_bears_its_own_tax_and_its_share_of_the_rest(void **state)
{
    (void)state;
    struct valued v;
    double part[SC_SEGMENTS_MAX];
    const char *reason;
    json_t *document = plain_document();
    set(document, "/segments",
        "[{'id':'a','base':100,'growth':0,'margin':0.5},{'id':'b','base':300,'growth':0,'margin':0.1}]");
    set(document, "/operations",
        "{'base_revenue':400,'tax':{'rate':0.25},'corporate_cost':0.1,'reinvestment':{'capex':0.02}}");
    value(&v, document);
    assert_true(sc_divide_value(&v.block, part, &reason));
    assert_close(part[0], (40 - 10 - 2) / 0.1, 1e-13);
    assert_close(part[1], (0 - 0 - 6) / 0.1, 1e-13);
    release(&v);
}

static void there_is_nothing_to_divide_by_without_revenue_or_terminal_flow(void **state)
{
    (void)state;
    double part[SC_SEGMENTS_MAX];
    struct valued v;
    const char *reason = NULL;
    json_t *document = plain_document();
    set(document, "/segments/0", "{'id':'all','values':[100,0,100],'margin':1}");
    value(&v, document);
    assert_false(sc_divide_value(&v.block, part, &reason));
    assert_non_null(reason);
    release(&v);
    document = plain_document();
    set(document, "/segments/0/margin", "0");
    value(&v, document);
    reason = NULL;
    assert_false(sc_divide_value(&v.block, part, &reason));
    assert_non_null(reason);
    release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_examples_come_out_as_printed),
        cmocka_unit_test(a_perpetuity_is_worth_its_flow_over_the_rate),
        cmocka_unit_test(constant_growth_is_gordons_formula_at_every_horizon),
        cmocka_unit_test(growth_is_worth_nothing_where_new_capital_earns_its_cost),
        cmocka_unit_test(the_value_driver_without_growth_is_a_perpetuity_of_nopat),
        cmocka_unit_test(the_h_model_without_fade_is_gordons),
        cmocka_unit_test(mid_year_flows_are_worth_half_a_year_more),
        cmocka_unit_test(an_exit_multiple_is_paid_at_the_end_of_the_year_in_either_timing),
        cmocka_unit_test(every_metric_of_an_exit_multiple_is_that_of_the_last_year),
        cmocka_unit_test(the_terminal_rate_may_differ_from_the_last_years),
        cmocka_unit_test(growth_at_or_above_the_rate_has_no_value),
        cmocka_unit_test(of_a_year_under_way_only_the_rest_of_the_cash_is_still_to_come),
        cmocka_unit_test(without_cash_in_between_value_grows_at_the_discount_rate),
        cmocka_unit_test(each_years_rate_rules_over_that_year),
        cmocka_unit_test(paths_move_from_start_to_end_by_their_shape),
        cmocka_unit_test(losses_are_carried_forward_and_used_up_to_the_limit),
        cmocka_unit_test(a_loss_at_the_horizon_is_not_taxed_beyond_it),
        cmocka_unit_test(growth_is_paid_for_as_many_years_ahead_as_the_lag_says),
        cmocka_unit_test(reinvestment_is_capex_less_depreciation_and_what_growth_ties_up),
        cmocka_unit_test(failure_and_claims_come_off_before_the_share),
        cmocka_unit_test(a_share_is_never_worth_less_than_nothing),
        cmocka_unit_test_setup(the_segments_parts_add_up_to_enterprise_value, seed_random),
        cmocka_unit_test(a_segment_bears_its_own_tax_and_its_share_of_the_rest),
        cmocka_unit_test(there_is_nothing_to_divide_by_without_revenue_or_terminal_flow),
    };
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
