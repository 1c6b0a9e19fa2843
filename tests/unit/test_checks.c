/* The checks of a valuation (MODEL 9): each fires where it should, and nowhere else. */
#include "support.h"

/* Edits of the plain document: pairs of pointer and value, ended by NULL. */
struct check_case {
    const char *code;
    enum sc_check_status status;
    const char *edit[13];
    const char *figure; /* one of its figures and what it must be; or NULL */
    double value;
};

#define CAPM(risk_free)                                                                                      \
    "{'capm':{'risk_free':" risk_free ",'erp':0.05,'beta_unlevered':1,'debt_to_value':0.1}}"
#define EXIT(multiple) "{'method':'exit_multiple','metric':'ebit','multiple':" multiple "}"
#define MARKET "/market", "{'base_year':2024,'total_spend':1000,'growth':0.1,'inference_share':{'path':0.5}}"
#define SEATS(training)                                                                                      \
    "/seats", "[{'id':'a','training':" training ",'inference':0.1},{'id':'rest','residual':true}]"
#define BY_SEAT "/segments/0", "{'id':'all','seat':'a','margin':1}"
#define FITTED(observations)                                                                                 \
    "/market", "{'base_year':2024,'total_spend':1000,'growth':0.1,'inference_share':{'curve':'logistic',"    \
               "'ceiling':0.9,'observations':" observations "}}"

static const struct check_case CASE[] = {
    {"terminal_spread", SC_CHECK_OK, {0}, "spread", 0.1},
    {"terminal_spread", SC_CHECK_OK, {"/terminal/growth", "0.0899"}, "spread", 0.0101},
    {"terminal_spread", SC_CHECK_FIRED, {"/terminal/growth", "0.0901"}, "spread", 0.0099},
    {"terminal_spread", SC_CHECK_FIRED, {"/terminal/wacc", "0.009"}, "wacc", 0.009},
    {"terminal_spread", SC_CHECK_NOT_APPLICABLE, {"/terminal", EXIT("5")}, NULL, 0},

    {"growth_above_risk_free", SC_CHECK_NOT_APPLICABLE, {0}, NULL, 0},
    {"growth_above_risk_free",
     SC_CHECK_OK,
     {"/discount", CAPM("0.04"), "/terminal/growth", "0.04"},
     "risk_free",
     0.04},
    {"growth_above_risk_free",
     SC_CHECK_FIRED,
     {"/discount", CAPM("0.04"), "/terminal/growth", "0.041"},
     "growth",
     0.041},
    {"growth_above_risk_free",
     SC_CHECK_FIRED,
     {"/discount", CAPM("0.04"), "/terminal/growth", "0.035", "/terminal/capm",
      "{'risk_free':0.03,'erp':0.05,'beta_unlevered':1}"},
     "risk_free",
     0.03},

    {"terminal_share", SC_CHECK_FIRED, {0}, "terminal_share", 1 / 1.331},
    {"terminal_share", SC_CHECK_OK, {"/horizon", "4"}, "terminal_share", 1 / 1.4641},
    {"terminal_share", SC_CHECK_FIRED, {"/horizon", "1"}, "terminal_share", 1 / 1.1},
    {"terminal_share", SC_CHECK_NOT_APPLICABLE, {"/segments/0/margin", "-0.1"}, NULL, 0},

    {"ronic_above_twice_wacc", SC_CHECK_NOT_APPLICABLE, {0}, NULL, 0},
    {"ronic_above_twice_wacc",
     SC_CHECK_OK,
     {"/terminal", "{'method':'value_driver','growth':0.02,'ronic':0.2}"},
     "ronic",
     0.2},
    {"ronic_above_twice_wacc",
     SC_CHECK_FIRED,
     {"/terminal", "{'method':'value_driver','growth':0.02,'ronic':0.201}"},
     "ronic",
     0.201},

    {"implied_exit_multiple", SC_CHECK_OK, {0}, "ebit", 10},
    {"implied_exit_multiple", SC_CHECK_OK, {"/operations/tax/rate", "0.25"}, "nopat", 10},
    {"implied_exit_multiple",
     SC_CHECK_OK,
     {"/timing", "'mid'"},
     "revenue",
     10.488088481701515}, /* 10 root 1.1 */
    {"implied_exit_multiple",
     SC_CHECK_OK,
     {"/operations/reinvestment", "{'capex':0.25,'depreciation':0.25}"},
     "ebitda",
     8},
    {"implied_exit_multiple", SC_CHECK_OK, {"/terminal/wacc", "0.0251"}, "ebit", 1 / 0.0251},
    {"implied_exit_multiple", SC_CHECK_FIRED, {"/terminal/wacc", "0.0249"}, "ebit", 1 / 0.0249},
    {"implied_exit_multiple", SC_CHECK_FIRED, {"/segments/0/margin", "-0.1"}, "revenue", -1},
    {"implied_exit_multiple", SC_CHECK_NOT_APPLICABLE, {"/terminal", EXIT("5")}, NULL, 0},

    {"implied_growth", SC_CHECK_NOT_APPLICABLE, {0}, NULL, 0},
    /* 100 (1 + g)/(0.1 - g) = 1000 m/10 */
    {"implied_growth", SC_CHECK_OK, {"/terminal", EXIT("10")}, "growth", 0},
    {"implied_growth", SC_CHECK_OK, {"/terminal", EXIT("21")}, "growth", 0.05},
    {"implied_growth", SC_CHECK_OK, {"/terminal", EXIT("5")}, "growth", -50.0 / 600},
    {"implied_growth", SC_CHECK_OK, {"/terminal", EXIT("108")}, "growth", 980.0 / 10900},
    {"implied_growth", SC_CHECK_FIRED, {"/terminal", EXIT("110")}, "growth", 1000.0 / 11100},
    {"implied_growth", SC_CHECK_NOT_APPLICABLE, {"/terminal", EXIT("0")}, NULL, 0},
    {"implied_growth",
     SC_CHECK_NOT_APPLICABLE,
     {"/terminal", EXIT("5"), "/operations/reinvestment/capex", "1"},
     NULL,
     0},

    {"nol_at_horizon", SC_CHECK_OK, {0}, "nol", 0},
    {"nol_at_horizon", SC_CHECK_OK, {"/operations/tax/nol", "240"}, "nol", 0},
    {"nol_at_horizon", SC_CHECK_FIRED, {"/operations/tax/nol", "250"}, "nol", 10},

    {"negative_ebit", SC_CHECK_OK, {"/segments/0/margin", "0"}, "years", 0},
    {"negative_ebit", SC_CHECK_FIRED, {"/segments/0/margin", "[0.1,-0.1,-0.2]"}, "first_year", 2},
    {"negative_ebit", SC_CHECK_FIRED, {"/segments/0/margin", "[0.1,-0.1,-0.2]"}, "years", 2},
    {"negative_fcff", SC_CHECK_OK, {"/operations/reinvestment/capex", "1"}, "years", 0},
    {"negative_fcff", SC_CHECK_FIRED, {"/operations/reinvestment/capex", "[1,1,1.01]"}, "first_year", 3},

    {"negative_equity", SC_CHECK_OK, {"/bridge", "{'debt':999}"}, "equity_value", 1},
    {"negative_equity", SC_CHECK_FIRED, {"/bridge", "{'debt':1001}"}, "equity_value", -1},

    {"pinned_at_threshold", SC_CHECK_OK, {0}, "value_per_share", 10},
    {"pinned_at_threshold",
     SC_CHECK_OK,
     {"/dilution/warrants", "[{'count':50,'strike':0,'threshold':6}]"},
     "value_per_share",
     1000.0 / 150},
    {"pinned_at_threshold",
     SC_CHECK_FIRED,
     {"/dilution/warrants", "[{'count':50,'strike':0,'threshold':8}]"},
     "value_per_share",
     8},

    {"segments_base_revenue", SC_CHECK_OK, {0}, "segments", 100},
    {"segments_base_revenue", SC_CHECK_OK, {"/segments/0/base", "104.9"}, "base_revenue", 100},
    {"segments_base_revenue", SC_CHECK_FIRED, {"/segments/0/base", "105.1"}, "segments", 105.1},
    {"segments_base_revenue", SC_CHECK_FIRED, {"/segments/0/base", "94.9"}, "segments", 94.9},
    {"segments_base_revenue",
     SC_CHECK_NOT_APPLICABLE,
     {"/segments/0", "{'id':'all','values':[1,2,3],'margin':1}"},
     NULL,
     0},

    {"seat_revenue_year_0", SC_CHECK_NOT_APPLICABLE, {0}, NULL, 0},
    {"seat_revenue_year_0", SC_CHECK_OK, {MARKET, SEATS("0.1"), BY_SEAT}, "model", 100},
    {"seat_revenue_year_0", SC_CHECK_OK, {MARKET, SEATS("0.119"), BY_SEAT}, "model", 109.5},
    {"seat_revenue_year_0", SC_CHECK_FIRED, {MARKET, SEATS("0.121"), BY_SEAT}, "model", 110.5},
    {"seat_revenue_year_0",
     SC_CHECK_FIRED,
     {MARKET, SEATS("0.1"), BY_SEAT, "/operations/base_revenue", "80"},
     "reported",
     80},
    {"seat_revenue_year_0",
     SC_CHECK_NOT_APPLICABLE,
     {MARKET, SEATS("0.1"), BY_SEAT, "/segments/-", "{'id':'more','values':[1,1,1],'margin':1}"},
     NULL,
     0},

    {"seat_growth_past_market", SC_CHECK_NOT_APPLICABLE, {0}, NULL, 0},
    {"seat_growth_past_market", SC_CHECK_OK, {MARKET, SEATS("0.1")}, "excess_growth", 0},
    {"seat_growth_past_market",
     SC_CHECK_FIRED,
     {MARKET, SEATS("[0.1,0.1,0.3,0.3]")},
     "excess_growth",
     1.1}, /* 2.2 - 1.1 */
    {"seat_growth_past_market", SC_CHECK_FIRED, {MARKET, SEATS("[0.1,0.1,0.3,0.3]")}, "year", 2},
    {"seat_growth_past_market",
     SC_CHECK_FIRED,
     {MARKET, SEATS("[0.3,0.3,0.3,0.1]")},
     "seat",
     1}, /* the rest */

    {"sbc_added_back", SC_CHECK_OK, {0}, NULL, 0},
    {"sbc_added_back", SC_CHECK_OK, {"/operations/sbc", "{'share_of_revenue':0.1}"}, NULL, 0},
    {"sbc_added_back",
     SC_CHECK_FIRED,
     {"/operations/sbc", "{'share_of_revenue':0.1,'treatment':'addback'}"},
     "sbc_at_horizon",
     10},

    {"depreciation_above_capex",
     SC_CHECK_OK,
     {"/operations/reinvestment", "{'capex':0.1,'depreciation':[0.2,0.2,0.1]}"},
     "capex",
     10},
    {"depreciation_above_capex",
     SC_CHECK_FIRED,
     {"/operations/reinvestment", "{'capex':0.1,'depreciation':0.101}"},
     "depreciation",
     10.1},
    {"depreciation_above_capex",
     SC_CHECK_NOT_APPLICABLE,
     {"/operations/reinvestment", "{'sales_to_capital':2}"},
     NULL,
     0},

    {"fit_not_identified", SC_CHECK_NOT_APPLICABLE, {0}, NULL, 0},
    {"fit_not_identified", SC_CHECK_NOT_APPLICABLE, {MARKET}, NULL, 0},
    {"fit_not_identified",
     SC_CHECK_OK,
     {FITTED("[{'year':2023,'value':0.2},{'year':2024,'value':0.5}]")},
     "observations",
     2},
    {"fit_not_identified", SC_CHECK_FIRED, {FITTED("[{'year':2023,'value':0.2}]")}, "parameters", 2},
};

static const struct sc_check *find(const struct sc_checks *checks, const char *code)
{
    for (size_t i = 0; i < checks->count; i++)
        if (strcmp(checks->item[i].code, code) == 0) return &checks->item[i];
    return NULL;
}

static bool has_figure(const struct sc_check *check, const char *name, double value)
{
    for (size_t i = 0; i < check->figures; i++)
        if (strcmp(check->figure[i].name, name) == 0)
            return is_close(check->figure[i].value, value, 1e-9) ||
                   fabs(check->figure[i].value - value) < 1e-11;
    return false;
}

static bool is_as_expected(const struct check_case *c, const struct sc_check *check)
{
    return check && check->status == c->status && (!c->figure || has_figure(check, c->figure, c->value)) &&
           (check->status == SC_CHECK_NOT_APPLICABLE || check->detail[0]);
}

static void run(json_t *document, struct sc_checks *checks)
{
    struct valued v;
    value(&v, document);
    double before = v.block.settlement[0].value_per_share;
    sc_checks_run(&v.block, checks);
    assert_exact(v.block.settlement[0].value_per_share, before); /* checks clamp nothing */
    release(&v);
}

static void each_check_fires_where_it_should_and_nowhere_else(void **state)
{
    (void)state;
    int failed = 0;
    for (size_t i = 0; i < COUNT(CASE); i++) {
        static struct sc_checks checks;
        json_t *document = plain_document();
        for (size_t j = 0; CASE[i].edit[j]; j += 2) set(document, CASE[i].edit[j], CASE[i].edit[j + 1]);
        run(document, &checks);
        const struct sc_check *check = find(&checks, CASE[i].code);
        if (is_as_expected(&CASE[i], check)) continue;
        failed++;
        print_error("case %zu: %s is %s, expected %s with %s %.12g\n", i, CASE[i].code,
                    check ? sc_check_status_name(check->status) : "absent",
                    sc_check_status_name(CASE[i].status), CASE[i].figure ? CASE[i].figure : "-",
                    CASE[i].value);
        for (size_t j = 0; check && j < check->figures; j++)
            print_error("    %s %.12g\n", check->figure[j].name, check->figure[j].value);
    }
    assert_int_equal(failed, 0);
}

static void every_valuation_has_every_check_once(void **state)
{
    (void)state;
    static struct sc_checks checks;
    run(plain_document(), &checks);
    size_t known = 0;
    for (size_t i = 0; i < COUNT(CASE); i++) {
        if (i > 0 && strcmp(CASE[i].code, CASE[i - 1].code) == 0) continue;
        assert_non_null(find(&checks, CASE[i].code));
        known++;
    }
    assert_int_equal(checks.count, known);
    for (size_t i = 0; i < checks.count; i++) {
        assert_ptr_equal(find(&checks, checks.item[i].code), &checks.item[i]);
        for (size_t j = 0; j < checks.item[i].figures; j++)
            assert_true(isfinite(checks.item[i].figure[j].value));
    }
}

static void each_check_has_a_case_of_firing_and_one_of_not(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(CASE); i++) {
        bool fires = false, rests = false;
        for (size_t j = 0; j < COUNT(CASE); j++) {
            if (strcmp(CASE[i].code, CASE[j].code) != 0) continue;
            fires |= CASE[j].status == SC_CHECK_FIRED;
            rests |= CASE[j].status != SC_CHECK_FIRED;
        }
        assert_true(fires && rests);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_check_fires_where_it_should_and_nowhere_else),
        cmocka_unit_test(every_valuation_has_every_check_once),
        cmocka_unit_test(each_check_has_a_case_of_firing_and_one_of_not),
    };
    return cmocka_run_group_tests_name("checks", tests, NULL, NULL);
}
