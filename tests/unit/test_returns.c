/* The look back from the horizon (MODEL 9, Returns), against closed forms. */
#include "secondchair/returns.h"
#include "support.h"

/* Takes the document over; it must have returns. The plan and the block stay for the caller. */
static void look_back(struct valued *v, json_t *document, double rate, struct sc_returns *returns)
{
    struct sc_faults faults = {0};
    value(v, document);
    if (!sc_returns_evaluate(&v->block, rate, returns, &faults))
        fail_msg("no returns: %s", faults.item[0].detail);
}

/* What 1 a year, at the ends of n years, has grown to. */
static double grown(int years, double rate)
{
    return rate == 0 ? years : (pow(1 + rate, years) - 1) / rate;
}

/* 100 a year for ever at 10 %: 1000 at every year's end, and what was paid since. */
static void a_perpetuity_keeps_its_value_and_its_flows(void **state)
{
    (void)state;
    static const double RATE[] = {-0.5, 0, 0.04, 0.1, 2};
    for (int horizon = 1; horizon <= SC_HORIZON_MAX; horizon++)
        for (size_t i = 0; i < COUNT(RATE); i++) {
            struct valued v;
            struct sc_returns r;
            json_t *document = plain_document();
            set_json(document, "/horizon", json_integer(horizon));
            look_back(&v, document, RATE[i], &r);
            assert_exact(r.years, horizon);
            for (int year = 0; year <= horizon; year++) {
                double cash = 100 * grown(year, RATE[i]);
                assert_near(r.held.net_cash[year], cash, 1e-9 * (1 + cash));
                assert_close(r.held.value_per_share[year], 10 + cash / 100, 1e-12);
                assert_exact(r.expected.net_cash[year], r.held.net_cash[year]);
                assert_exact(r.expected.value_per_share[year], r.held.value_per_share[year]);
            }
            release(&v);
        }
}

/* In the middle of the years each flow has half a year more, and the terminal value is carried as far. */
static void mid_year_flows_are_compounded_from_the_middle(void **state)
{
    (void)state;
    struct valued v;
    struct sc_returns r;
    json_t *document = plain_document();
    set(document, "/timing", "'mid'");
    look_back(&v, document, 0.05, &r);
    for (int year = 0; year <= 3; year++) {
        double cash = 100 * grown(year, 0.05) * sqrt(1.05);
        assert_near(r.held.net_cash[year], cash, 1e-10);
        assert_close(r.held.value_per_share[year], 10 * sqrt(1.1) + cash / 100, 1e-13);
    }
    release(&v);
}

/* A quarter of the first year is gone: 274 of 365 days are to come, and so much of its flow. */
static void of_the_first_year_only_what_is_to_come_counts(void **state)
{
    (void)state;
    static const char *const TIMING[] = {"'end'", "'mid'"};
    double stub = 274.0 / 365;
    for (size_t mid = 0; mid < 2; mid++)
        for (int horizon = 1; horizon <= 3; horizon += 2) {
            struct valued v;
            struct sc_returns r;
            json_t *document = plain_document();
            set(document, "/valuation_date", "'2025-04-01'");
            set(document, "/timing", TIMING[mid]);
            set(document, "/bridge", "{'cash':70,'debt':20}");
            set_json(document, "/horizon", json_integer(horizon));
            look_back(&v, document, 0.05, &r);
            assert_close(r.years, stub + horizon - 1, 1e-15);
            double cash = 50 * pow(1.05, stub) + 100 * stub * pow(1.05, mid ? stub / 2 : 0);
            assert_exact(r.held.net_cash[0], 50);
            assert_close(r.held.net_cash[1], cash, 1e-13);
            cash = horizon == 1 ? cash
                                : (cash * 1.05 + 100 * pow(1.05, mid ? 0.5 : 0)) * 1.05 +
                                      100 * pow(1.05, mid ? 0.5 : 0);
            assert_close(r.held.net_cash[horizon], cash, 1e-13);
            double carried = !mid ? 1 : pow(1.1, horizon == 1 ? stub / 2 : 0.5);
            assert_close(r.held.value_per_share[horizon], (1000 * carried + cash) / 100, 1e-13);
            assert_close(r.held.value_per_share[0], v.chair.expected_value, 1e-15);
            release(&v);
        }
}

static void an_exit_multiple_stands_at_the_end_of_the_year(void **state)
{
    (void)state;
    struct valued v;
    struct sc_returns r;
    json_t *document = plain_document();
    set(document, "/timing", "'mid'");
    set(document, "/terminal", "{'method':'exit_multiple','multiple':7,'metric':'ebit'}");
    look_back(&v, document, 0, &r);
    assert_close(r.held.value_per_share[3], (700 + 300) / 100.0, 1e-13);
    release(&v);
}

/* Whoever pays the value earns the rate, where cash earns it too. */
static void at_the_discount_rate_the_value_grows_at_it(void **state)
{
    (void)state;
    static const char *const TERMINAL[] = {"{'method':'gordon','growth':0.02}",
                                           "{'method':'value_driver','growth':0.02,'ronic':0.15}",
                                           "{'method':'exit_multiple','multiple':8,'metric':'ebit'}"};
    for (int round = 0; round < 200; round++) {
        struct valued v;
        struct sc_returns r;
        double rate = random_between(0.04, 0.3);
        json_t *document = plain_document();
        set_json(document, "/horizon", json_integer(1 + (int)random_below(SC_HORIZON_MAX)));
        set(document, "/timing", random_below(2) ? "'mid'" : "'end'");
        set(document, "/valuation_date", random_below(2) ? "'2025-08-17'" : "'2024-12-31'");
        set(document, "/terminal", TERMINAL[random_below(COUNT(TERMINAL))]);
        set(document, "/operations/reinvestment", "{'sales_to_capital':3}");
        set_number(document, "/segments/0/growth", random_between(-0.1, 0.3));
        set_number(document, "/discount/wacc", rate);
        set(document, "/bridge", "{'cash':80,'debt':30}");
        look_back(&v, document, rate, &r);
        double price = v.chair.expected_value;
        assert_close(r.held.value_per_share[v.plan->horizon], price * pow(1 + rate, r.years), 1e-12);
        assert_near(sc_annual_return(r.held.value_per_share[v.plan->horizon], price, r.years), rate, 1e-12);
        release(&v);
    }
}

/* The chair is lost wholly and at once: lost in year y, the flows of the years before y are all there is. */
static void the_expectation_is_over_the_branches(void **state)
{
    (void)state;
    static const int HORIZON[] = {1, 4, 15, 16, 30};
    for (size_t i = 0; i < COUNT(HORIZON); i++) {
        struct valued v;
        struct sc_returns r;
        int last = HORIZON[i];
        double hazard = 0.1, rate = 0.03;
        look_back(&v, chair_document(last, hazard), rate, &r);
        for (int year = 0; year <= last; year++) {
            double held = pow(1 - hazard, last), cash = held * 100 * grown(year, rate),
                   worth = held * (1000 + 100 * grown(year, rate));
            for (int lost = 1; lost <= last; lost++) {
                double weight = hazard * pow(1 - hazard, lost - 1);
                int paid = year < lost - 1 ? year : lost - 1;
                double had = 100 * grown(paid, rate) * pow(1 + rate, year - paid);
                double to_come = lost - 1 > year ? 1000 * (1 - pow(1.1, -(lost - 1 - year))) : 0;
                cash += weight * had;
                worth += weight * (had + to_come);
            }
            assert_near(r.expected.net_cash[year], cash, 1e-9);
            assert_near(r.expected.value_per_share[year], worth, 1e-8);
            assert_close(r.held.value_per_share[year], 1000 + 100 * grown(year, rate), 1e-12);
        }
        assert_close(r.expected.value_per_share[0], v.chair.expected_value, 1e-13);
        assert_close(r.held.value_per_share[0], v.chair.value_if_held, 1e-13);
        release(&v);
    }
}

static void failure_takes_from_flows_and_terminal_value_alone(void **state)
{
    (void)state;
    struct valued v;
    struct sc_returns r;
    json_t *document = plain_document();
    set(document, "/failure", "{'probability':0.5,'recovery':0.2}");
    set(document, "/bridge", "{'cash':100}");
    look_back(&v, document, 0, &r);
    assert_close(r.held.net_cash[3], 100 + 0.6 * 300, 1e-13);
    assert_close(r.held.value_per_share[3], (100 + 0.6 * 1300) / 100, 1e-13);
    assert_close(r.held.value_per_share[0], v.chair.expected_value, 1e-15);
    release(&v);
}

static void the_basic_count_grows_and_nothing_else(void **state)
{
    (void)state;
    struct valued v;
    struct sc_returns r;
    json_t *document = plain_document();
    set(document, "/returns", "{'net_share_growth':0.05}");
    set(document, "/dilution", "{'basic':100,'rsu':10,'options':[{'count':20,'strike':4}]}");
    look_back(&v, document, 0, &r);
    for (int year = 0; year <= 3; year++)
        assert_close(r.held.value_per_share[year],
                     (1000 + 100 * year + 80) / (100 * pow(1.05, year) + 10 + 20), 1e-13);
    release(&v);
}

static void a_share_is_never_worth_less_than_nothing(void **state)
{
    (void)state;
    struct valued v;
    struct sc_returns r;
    json_t *document = plain_document();
    set(document, "/bridge", "{'debt':1200}");
    look_back(&v, document, 0, &r);
    assert_exact(r.held.value_per_share[0], 0);
    assert_exact(r.held.value_per_share[1], 0);
    assert_close(r.held.net_cash[1], -1100, 1e-15);
    assert_close(r.held.value_per_share[3], 1, 1e-12); /* 1000 + 300 - 1200, over 100 shares */
    assert_exact(sc_annual_return(0, 5, 3), -1);
    release(&v);
}

static void the_return_is_the_root_of_the_multiple(void **state)
{
    (void)state;
    assert_close(sc_annual_return(121, 100, 2), 0.1, 1e-14);
    assert_close(sc_annual_return(50, 100, 1), -0.5, 1e-15);
    assert_exact(sc_annual_return(100, 100, 7.3), 0);
}

static void a_branch_without_a_value_is_explained(void **state)
{
    (void)state;
    struct valued v;
    struct sc_returns r;
    struct sc_faults faults = {0};
    json_t *document = plain_document();
    set(document, "/terminal/growth", "0.1");
    try_to_value(&v, document);
    assert_false(v.done);
    assert_false(sc_returns_evaluate(&v.block, 0, &r, &faults));
    assert_true(faults.count > 0);
    assert_int_equal(faults.item[0].code, SC_FAULT_growth_not_below_discount_rate);
    release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_perpetuity_keeps_its_value_and_its_flows),
        cmocka_unit_test(mid_year_flows_are_compounded_from_the_middle),
        cmocka_unit_test(of_the_first_year_only_what_is_to_come_counts),
        cmocka_unit_test(an_exit_multiple_stands_at_the_end_of_the_year),
        cmocka_unit_test_setup(at_the_discount_rate_the_value_grows_at_it, seed_random),
        cmocka_unit_test(the_expectation_is_over_the_branches),
        cmocka_unit_test(failure_takes_from_flows_and_terminal_value_alone),
        cmocka_unit_test(the_basic_count_grows_and_nothing_else),
        cmocka_unit_test(a_share_is_never_worth_less_than_nothing),
        cmocka_unit_test(the_return_is_the_root_of_the_multiple),
        cmocka_unit_test(a_branch_without_a_value_is_explained),
    };
    return cmocka_run_group_tests_name("returns", tests, NULL, NULL);
}
