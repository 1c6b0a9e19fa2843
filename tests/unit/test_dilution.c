/* From equity to the share (MODEL 7): the smallest v with v N(v) >= equity, and options valued by
 * Black-Scholes. */
#include "support.h"

struct test_claim {
    double count, strike, probability, threshold;
    bool warrant;
};

struct test_claims {
    double basic, rsu;
    struct test_claim item[2 * SC_TRANCHES_MAX];
    size_t count;
};

/* v N(v) as MODEL 7 has it; at_threshold false: as v comes up to a threshold from below. */
static double claimed(const struct test_claims *claims, double v, bool at_threshold)
{
    double sum = v * (claims->basic + claims->rsu);
    for (size_t i = 0; i < claims->count; i++) {
        const struct test_claim *c = &claims->item[i];
        bool vests = v > c->threshold || (at_threshold && v == c->threshold);
        if (vests && v > c->strike) sum += c->count * c->probability * (v - c->strike);
    }
    return sum;
}

static json_t *document_of_claims(const struct test_claims *claims)
{
    json_t *document = plain_document(), *options = json_array(), *warrants = json_array();
    for (size_t i = 0; i < claims->count; i++) {
        const struct test_claim *c = &claims->item[i];
        if (c->warrant)
            json_array_append_new(warrants,
                                  json_pack("{s:f,s:f,s:f,s:f}", "count", c->count, "strike", c->strike,
                                            "probability", c->probability, "threshold", c->threshold));
        else
            json_array_append_new(options, json_pack("{s:f,s:f}", "count", c->count, "strike", c->strike));
    }
    set_json(document, "/dilution",
             json_pack("{s:f,s:f,s:o,s:o}", "basic", claims->basic, "rsu", claims->rsu, "options", options,
                       "warrants", warrants));
    return document;
}

/* Prices from few values, so that strikes, thresholds and entries often coincide. */
static double random_price(void)
{
    static const double PRICE[] = {0, 0, 5, 10, 10, 12.5, 20, 40, 100};
    return random_below(3) ? PRICE[random_below(COUNT(PRICE))] : random_between(0, 60);
}

static void random_claims(struct test_claims *claims, size_t most)
{
    *claims = (struct test_claims){.basic = exp(random_between(0, 5)),
                                   .rsu = random_below(2) ? random_between(0, 5) : 0};
    size_t options = random_below(most + 1), warrants = random_below(most + 1);
    claims->count = options + warrants;
    for (size_t i = 0; i < claims->count; i++) {
        bool warrant = i >= options;
        claims->item[i] = (struct test_claim){
            .count = random_below(10) ? exp(random_between(-2, 4)) : 0,
            .strike = random_price(),
            .probability = !warrant || random_below(2) ? 1
                           : random_below(5)           ? random_between(0, 1)
                                                       : 0,
            .threshold = warrant ? random_price() : 0,
            .warrant = warrant,
        };
    }
}

/* Equity somewhere of interest: inside a jump, at its ends, at an entry, or anywhere. */
static double random_equity(const struct test_claims *claims)
{
    if (claims->count > 0 && random_below(4)) {
        const struct test_claim *c = &claims->item[random_below(claims->count)];
        double at = random_below(2) ? c->threshold : fmax(c->strike, c->threshold);
        double below = claimed(claims, at, false), above = claimed(claims, at, true);
        static const double PART[] = {0, 0.3, 0.999999, 1, 1.01};
        double equity = below + (above - below) * PART[random_below(COUNT(PART))];
        if (equity > 0) return equity;
    }
    return exp(random_between(-3, 10));
}

/* At the very ends of a jump rounding decides on which side of it v stands: both are looked at. */
static void assert_smallest(const struct test_claims *claims, double equity, const struct sc_settlement *s)
{
    double v = s->value_per_share;
    assert_true(v > 0);
    double at = claimed(claims, v * (1 + 1e-14), true), below = claimed(claims, v * (1 - 1e-14), false);
    if (!(at >= equity * (1 - 1e-12)))
        fail_msg("v N(v) is %.17g at %.17g, under equity of %.17g", at, v, equity);
    double before = claimed(claims, v * (1 - 1e-9), true);
    if (!(before < equity))
        fail_msg("v N(v) is %.17g below %.17g already: equity is %.17g", before, v, equity);
    /* Inside a jump v is pinned; outside one v N(v) is equity. */
    if (below < equity * (1 - 1e-11) && at > equity * (1 + 1e-11)) assert_true(s->pinned);
    if (at - below < 1e-11 * equity) {
        assert_close(at, equity, 1e-10);
        assert_close(s->diluted_shares, at / v, 1e-12);
    }
    if (s->pinned) assert_close(s->diluted_shares, at / v, 1e-12);
}

static void the_share_is_the_smallest_that_takes_all_of_equity(void **state)
{
    (void)state;
    size_t pins = 0;
    for (int round = 0; round < 4000; round++) {
        struct test_claims claims;
        struct valued v;
        random_claims(&claims, round % 50 ? 5 : SC_TRANCHES_MAX);
        value(&v, document_of_claims(&claims));
        for (int i = 0; i < 8; i++) {
            double equity = random_equity(&claims);
            struct sc_settlement s = sc_settle(&v.block, 0, equity);
            assert_exact(s.equity, equity);
            assert_smallest(&claims, equity, &s);
            pins += s.pinned;
        }
        release(&v);
    }
    assert_true(pins > 1000);
}

static void more_equity_is_never_a_lower_share(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct test_claims claims;
        struct valued v;
        random_claims(&claims, 6);
        value(&v, document_of_claims(&claims));
        double before = 0, top = claimed(&claims, 120, true);
        for (int i = -10; i <= 400; i++) {
            double now = sc_settle(&v.block, 0, top * i / 400).value_per_share;
            assert_true(now >= before * (1 - 1e-14));
            if (i <= 0) assert_exact(now, 0);
            before = now;
        }
        release(&v);
    }
}

/* 100 shares; 50 warrants for nothing vest at 12: from 1,200 to 1,800 the share stands at 12. */
static void a_vesting_price_holds_the_share_while_equity_fills_the_jump(void **state)
{
    (void)state;
    static const struct {
        double equity, share;
        bool pinned;
    } CASE[] = {{600, 6, false},  {1199.9, 11.999, false}, {1200, 12, false}, {1200.1, 12, true},
                {1500, 12, true}, {1799.9, 12, true},      {1800, 12, false}, {1950, 13, false}};
    struct valued v;
    json_t *document = plain_document();
    set(document, "/dilution/warrants", "[{'count':50,'strike':0,'threshold':12}]");
    value(&v, document);
    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct sc_settlement s = sc_settle(&v.block, 0, CASE[i].equity);
        assert_close(s.value_per_share, CASE[i].share, 1e-14);
        assert_int_equal(s.pinned, CASE[i].pinned);
    }
    release(&v);
}

static void a_milestones_probability_scales_the_tranche(void **state)
{
    (void)state;
    json_t *document = plain_document();
    set(document, "/dilution/warrants", "[{'count':50,'strike':2,'probability':0.5,'threshold':4}]");
    /* 1000 + 25 x 2 over 125 */
    assert_close(share_of(document), 8.4, 1e-14);
}

static void the_treasury_method_counts_the_gain_alone(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = plain_document();
    set(document, "/dilution",
        "{'basic':90,'rsu':10,'options':[{'count':20,'strike':4},{'count':40,'strike':30}]}");
    value(&v, document);
    /* (1000 + 20 x 4) / 120 = 9: the first tranche adds 20 (1 - 4/9) shares, the second none */
    assert_close(v.chair.expected_value, 9, 1e-14);
    assert_close(v.block.settlement[0].diluted_shares, 100 + 20 * (1 - 4.0 / 9), 1e-14);
    assert_exact(v.block.settlement[0].option_value, 0);
    release(&v);
}

/* --- options by value --- */

static json_t *option_document(double basic, double count, double strike, double years, double volatility,
                               double rate)
{
    json_t *document = plain_document();
    set_json(document, "/dilution",
             json_pack("{s:s,s:f,s:[{s:f,s:f,s:f,s:f,s:f}]}", "method", "option_value", "basic", basic,
                       "options", "count", count, "strike", strike, "years", years, "volatility", volatility,
                       "rate", rate));
    return document;
}

static void options_are_worth_what_the_textbooks_say(void **state)
{
    (void)state;
    static const struct {
        double share, strike, years, volatility, rate, worth, tolerance;
    } CASE[] = {
        {42, 40, 0.5, 0.2, 0.1, 4.7594,
         1.1e-5}, /* J. Hull, Options, Futures, and Other Derivatives, ch. 15 */
        {49, 50, 20.0 / 52, 0.2, 0.05, 2.4005,
         3e-5}, /* the same, ch. 19: "about $240,000" for 100,000 shares */
        {60, 65, 0.25, 0.3, 0.08, 2.1334,
         2.4e-5}, /* E. Haug, The Complete Guide to Option Pricing Formulas */
    };
    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct valued v;
        value(&v, option_document(99, 1, CASE[i].strike, CASE[i].years, CASE[i].volatility, CASE[i].rate));
        /* the share on which they are valued is equity over 99 + 1 */
        struct sc_settlement s = sc_settle(&v.block, 0, 100 * CASE[i].share);
        assert_close(s.option_value, CASE[i].worth, CASE[i].tolerance);
        assert_close(s.value_per_share, (100 * CASE[i].share - s.option_value) / 99, 1e-14);
        assert_false(s.pinned);
        release(&v);
    }
}

static void an_option_without_risk_is_its_gain_over_the_discounted_strike(void **state)
{
    (void)state;
    struct valued v;
    value(&v, option_document(80, 20, 5, 3, 1e-6, 0.04));
    assert_close(sc_settle(&v.block, 0, 1000).option_value, 20 * (10 - 5 * exp(-0.12)), 1e-13);
    assert_exact(sc_settle(&v.block, 0, 100).option_value, 0);
    release(&v);
    value(&v, option_document(80, 20, 0, 3, 0.5, 0.04));
    assert_close(sc_settle(&v.block, 0, 1000).option_value, 200, 1e-14); /* for nothing: a share */
    release(&v);
    /* no risk of a loss, all of a share: volatility without end */
    value(&v, option_document(80, 20, 5, 100, 10, 0));
    assert_close(sc_settle(&v.block, 0, 1000).option_value, 200, 1e-14);
    release(&v);
}

/* N(d1) - N(d2) with d1 = -d2 = half the spread. */
static void a_strike_at_the_forward_price_is_worth_the_middle_of_the_normal_curve(void **state)
{
    (void)state;
    static const double SPREAD[] = {0.05, 0.3, 0.8};
    for (size_t i = 0; i < COUNT(SPREAD); i++) {
        struct valued v;
        double years = 2, volatility = SPREAD[i] / sqrt(years), rate = 0.03;
        value(&v, option_document(80, 20, 10 * exp(rate * years), years, volatility, rate));
        assert_close(sc_settle(&v.block, 0, 1000).option_value, 200 * erf(SPREAD[i] / 2 / sqrt(2)), 1e-12);
        release(&v);
    }
}

static void where_equity_is_gone_options_are_worth_nothing(void **state)
{
    (void)state;
    struct valued v;
    value(&v, option_document(80, 20, 5, 3, 0.4, 0.04));
    struct sc_settlement s = sc_settle(&v.block, 0, -100);
    assert_exact(s.option_value, 0);
    assert_exact(s.value_per_share, 0);
    assert_exact(s.diluted_shares, 80);
    release(&v);
}

static void warrants_stay_under_the_treasury_rule_beside_valued_options(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = option_document(80, 20, 5, 3, 1e-6, 0);
    set(document, "/dilution/warrants", "[{'count':20,'strike':1,'threshold':3}]");
    value(&v, document);
    /* options: 20 x 5 = 100; (900 + 20) / 100 */
    struct sc_settlement s = sc_settle(&v.block, 0, 1000);
    assert_close(s.option_value, 100, 1e-13);
    assert_close(s.value_per_share, 9.2, 1e-13);
    release(&v);
}

static void valued_options_need_their_terms(void **state)
{
    (void)state;
    static const char *const TERM[] = {"years", "volatility", "rate"};
    for (size_t i = 0; i < COUNT(TERM); i++) {
        char at[SC_POINTER_MAX];
        json_t *document = option_document(80, 20, 5, 3, 0.4, 0.04);
        snprintf(at, sizeof at, "/dilution/options/0/%s", TERM[i]);
        assert_int_equal(sc_pointer_remove(document, at), SC_POINTER_OK);
        assert_refused(document, "missing", at);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_share_is_the_smallest_that_takes_all_of_equity, seed_random),
        cmocka_unit_test_setup(more_equity_is_never_a_lower_share, seed_random),
        cmocka_unit_test(a_vesting_price_holds_the_share_while_equity_fills_the_jump),
        cmocka_unit_test(a_milestones_probability_scales_the_tranche),
        cmocka_unit_test(the_treasury_method_counts_the_gain_alone),
        cmocka_unit_test(options_are_worth_what_the_textbooks_say),
        cmocka_unit_test(an_option_without_risk_is_its_gain_over_the_discounted_strike),
        cmocka_unit_test(a_strike_at_the_forward_price_is_worth_the_middle_of_the_normal_curve),
        cmocka_unit_test(where_equity_is_gone_options_are_worth_nothing),
        cmocka_unit_test(warrants_stay_under_the_treasury_rule_beside_valued_options),
        cmocka_unit_test(valued_options_need_their_terms),
    };
    return cmocka_run_group_tests_name("dilution", tests, NULL, NULL);
}
