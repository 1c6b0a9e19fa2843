/* Weighted scenarios: means and spreads in closed form, quantiles, and weights at which a price is fair. */
#include "secondchair/weigh.h"
#include "support.h"

static void two_cases_have_a_mean_and_a_spread_in_closed_form(void **state)
{
    (void)state;
    struct sc_weighing of;
    for (int i = 0; i <= 10; i++) {
        double p = i / 10.0;
        const struct sc_weighted cases[] = {{p, 90}, {1 - p, 20}};
        sc_weigh(cases, 2, 50, &of);
        assert_close(of.expected_value, 20 + 70 * p, 1e-14);
        assert_close(of.sd, 70 * sqrt(p * (1 - p)), 1e-12); /* of a Bernoulli variable */
        assert_true(of.low == 20 && of.high == 90 && of.probability_above == p);
    }
}

static void equal_values_have_no_spread_at_all(void **state)
{
    (void)state;
    const double values[] = {0, 0.1, 309.184160245519, 1e-300, 1e300};
    struct sc_weighing of;
    for (size_t i = 0; i < COUNT(values); i++) {
        const struct sc_weighted cases[] = {{0.1, values[i]}, {0.2, values[i]}, {0.7, values[i]}};
        sc_weigh(cases, 3, values[i], &of);
        assert_true(of.sd == 0 && of.low == values[i] && of.high == values[i]);
        assert_true(of.probability_above == 0);
        assert_close(of.expected_value, values[i], 1e-15);
    }
}

static void the_spread_moves_and_stretches_with_the_values(void **state)
{
    (void)state;
    const struct sc_weighted plain[] = {{0.25, 3}, {0.5, 7}, {0.25, 15}};
    struct sc_weighing of, moved;
    sc_weigh(plain, 3, 7, &of);
    assert_close(of.expected_value, 8, 1e-15);
    assert_close(of.sd, sqrt(19), 1e-15); /* (25 + 2 + 49) / 4 */
    assert_true(of.probability_above == 0.25);
    for (double factor = 1e-150; factor < 1e160; factor *= 1e50) {
        struct sc_weighted cases[3];
        for (int i = 0; i < 3; i++) cases[i] = (struct sc_weighted){plain[i].weight, factor * plain[i].value};
        sc_weigh(cases, 3, 7 * factor, &moved);
        assert_close(moved.sd, factor * sqrt(19), 1e-14);
    }
    for (double shift = 1; shift < 1e7; shift *= 10) {
        struct sc_weighted cases[3];
        for (int i = 0; i < 3; i++) cases[i] = (struct sc_weighted){plain[i].weight, shift + plain[i].value};
        sc_weigh(cases, 3, shift + 7, &moved);
        assert_close(moved.sd, sqrt(19), 1e-14);
        assert_close(moved.expected_value, shift + 8, 1e-14);
    }
}

static void a_value_beyond_all_others_keeps_the_spread_finite(void **state)
{
    (void)state;
    const struct sc_weighted cases[] = {{0.5, 0}, {0.5, 1.7e308}};
    struct sc_weighing of;
    sc_weigh(cases, 2, 1, &of);
    assert_close(of.sd, 0.85e308, 1e-15);
    assert_close(of.expected_value, 0.85e308, 1e-15);
}

static void a_quantile_is_the_smallest_value_with_that_much_weight_up_to_it(void **state)
{
    (void)state;
    const struct sc_weighted cases[] = {{0.3, 30}, {0.1, 10}, {0, 5}, {0.4, 40}, {0.2, 20}, {0, 99}};
    static const struct {
        double p, value;
    } expected[] = {{0, 10},    {0.05, 10}, {0.1, 10},  {0.11, 20}, {0.3, 20},
                    {0.31, 30}, {0.6, 30},  {0.61, 40}, {0.9, 40},  {1, 40}};
    for (size_t i = 0; i < COUNT(expected); i++)
        if (sc_weighed_quantile(cases, COUNT(cases), expected[i].p) != expected[i].value)
            fail_msg("%g: %g", expected[i].p, sc_weighed_quantile(cases, COUNT(cases), expected[i].p));
    const struct sc_weighted short_of_one[] = {{0.5, 1}, {0.5 - 9e-10, 2}};
    assert_true(sc_weighed_quantile(short_of_one, 2, 1) == 2);
    const struct sc_weighted tenths[] = {{0.1, 1}, {0.1, 2}, {0.1, 3}, {0.1, 4}, {0.1, 5},
                                         {0.1, 6}, {0.1, 7}, {0.1, 8}, {0.1, 9}, {0.1, 10}};
    for (int i = 1; i <= 10; i++) assert_true(sc_weighed_quantile(tenths, 10, i / 10.0) == i);
}

/* Weighs anew with one weight exchanged, the others in proportion. */
static double weigh_with(const struct sc_weighted *cases, size_t count, size_t index, double weight)
{
    struct sc_weighted changed[8];
    struct sc_weighing of;
    double rest = 0;
    for (size_t i = 0; i < count; i++) rest += i == index ? 0 : cases[i].weight;
    for (size_t i = 0; i < count; i++) {
        changed[i] = cases[i];
        changed[i].weight = i == index ? weight : cases[i].weight * (1 - weight) / rest;
    }
    sc_weigh(changed, count, 1, &of);
    return of.expected_value;
}

static void a_fair_weight_makes_the_set_worth_the_price(void **state)
{
    (void)state;
    const struct sc_weighted cases[] = {{0.25, 592.76}, {0.5, 309.18}, {0.2, 107.43}, {0.05, 0}};
    struct sc_fair_weight fair;
    size_t found = 0;
    for (double price = 0; price <= 600; price += 7.5) {
        for (size_t i = 0; i < COUNT(cases); i++) {
            sc_fair_weight(cases, COUNT(cases), i, price, &fair);
            if (isnan(fair.weight)) {
                /* The whole range of weights leaves the price on one side. */
                double none = weigh_with(cases, 4, i, 0) - price, all = weigh_with(cases, 4, i, 1) - price;
                assert_true(none * all > 0 && fair.reason);
                continue;
            }
            found++;
            assert_null(fair.reason);
            assert_true(fair.weight >= 0 && fair.weight <= 1);
            assert_true(fabs(weigh_with(cases, 4, i, fair.weight) - price) <= 1e-12 * 600);
        }
    }
    assert_true(found > 100);
    sc_fair_weight(cases, COUNT(cases), 0, 592.76, &fair);
    assert_close(fair.weight, 1, 1e-15);
    sc_fair_weight(cases, COUNT(cases), 0, fair.others, &fair);
    assert_true(fair.weight == 0);
}

static void where_no_weight_does_it_the_reason_says_why(void **state)
{
    (void)state;
    static const struct {
        struct sc_weighted cases[3];
        double price;
        const char *reason;
    } none[] = {
        {{{0.5, 90}, {0.5, 20}, {0, 50}}, 91, "Even alone it is worth less"},
        {{{0.5, 90}, {0.5, 20}, {0, 50}}, 19, "Even without it the others are worth more"},
        {{{0.5, 10}, {0.5, 20}, {0, 50}}, 9, "Even alone it is worth more"},
        {{{0.5, 10}, {0.5, 20}, {0, 50}}, 21, "Even without it the others are worth less"},
        {{{0.5, 20}, {0.5, 20}, {0, 50}}, 20, "It is worth what the others"},
        {{{0.2, 20}, {0.4, 10}, {0.4, 30}}, 20, "It is worth what the others"},
        {{{1, 90}, {0, 20}, {0, 50}}, 50, "The other members have no weight"},
    };
    struct sc_fair_weight fair;
    for (size_t i = 0; i < COUNT(none); i++) {
        sc_fair_weight(none[i].cases, 3, 0, none[i].price, &fair);
        if (!isnan(fair.weight) || strncmp(fair.reason, none[i].reason, strlen(none[i].reason)) != 0)
            fail_msg("%zu: %g, %s", i, fair.weight, fair.reason);
    }
    assert_true(isnan(fair.others));
    sc_fair_weight(&(struct sc_weighted){1, 90}, 1, 0, 90, &fair);
    assert_true(isnan(fair.weight) && isnan(fair.others) && fair.reason);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(two_cases_have_a_mean_and_a_spread_in_closed_form),
        cmocka_unit_test(equal_values_have_no_spread_at_all),
        cmocka_unit_test(the_spread_moves_and_stretches_with_the_values),
        cmocka_unit_test(a_value_beyond_all_others_keeps_the_spread_finite),
        cmocka_unit_test(a_quantile_is_the_smallest_value_with_that_much_weight_up_to_it),
        cmocka_unit_test(a_fair_weight_makes_the_set_worth_the_price),
        cmocka_unit_test(where_no_weight_does_it_the_reason_says_why),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
