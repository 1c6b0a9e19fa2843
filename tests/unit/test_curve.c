/* Curves of the inference share, and the market that they divide (MODEL 2, 3, 4). */
#include "support.h"

/* --- pchip --- */

/* F. N. Fritsch and R. E. Carlson 1980, data set RPN 15A; values of scipy 1.10.1's PchipInterpolator. */
static void radiochemical_data_are_interpolated_as_elsewhere(void **state)
{
    (void)state;
    static const double X[] = {7.99, 8.09, 8.19, 8.7, 9.2, 10, 12, 15, 20};
    static const double Y[] = {0,        2.76429e-5, 4.37498e-2, 0.169183, 0.469428,
                               0.943740, 0.998636,   0.999919,   0.999994};
    static const double AT[][2] = {
        {8.0, 2.767433863187248e-07}, {8.04, 6.915091476648847e-06}, {8.14, 0.017697167375919493},
        {8.4, 0.09666880560766512},   {9, 0.33753432684619816},      {9.6, 0.7602476393403818},
        {11, 0.9860433625350502},     {13.5, 0.999603364012177},     {17, 0.9999680257722139},
        {19.9, 0.99999397279238},
    };
    for (size_t i = 0; i < COUNT(AT); i++)
        assert_close(sc_pchip_value(COUNT(X), X, Y, AT[i][0]), AT[i][1], 1e-11);
    for (size_t i = 0; i < COUNT(X); i++) assert_exact(sc_pchip_value(COUNT(X), X, Y, X[i]), Y[i]);
    double before = 0;
    for (int i = 0; i <= 24000; i++) {
        double now = sc_pchip_value(COUNT(X), X, Y, 8 + i * 5e-4);
        assert_true(now >= before - 1e-15);
        before = now;
    }
}

/* C. Moler, Numerical Computing with MATLAB, chapter 3: six points of equal distance. By hand: secants 2, 3,
 * -4, -2, -3; slopes 1.5, 2.4, 0, -8/3, -2.4, -3.5; in the middle (y0 + y1)/2 + (d0 - d1)/8. */
static void six_points_are_interpolated_as_by_hand(void **state)
{
    (void)state;
    static const double X[] = {1, 2, 3, 4, 5, 6}, Y[] = {16, 18, 21, 17, 15, 12};
    static const double MIDDLE[] = {17 - 0.9 / 8, 19.5 + 2.4 / 8, 19 + 8.0 / 24, 16 + (2.4 - 8.0 / 3) / 8,
                                    13.5 + 1.1 / 8};
    for (size_t i = 0; i < COUNT(MIDDLE); i++)
        assert_close(sc_pchip_value(COUNT(X), X, Y, X[i] + 0.5), MIDDLE[i], 1e-15);
}

static void linear_data_give_their_line(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        double x[SC_POINTS_MAX], y[SC_POINTS_MAX];
        double slope = random_between(-0.1, 0.1), level = random_between(-1, 1);
        size_t count = 2 + random_below(SC_POINTS_MAX - 2);
        for (size_t i = 0; i < count; i++) {
            x[i] = i ? x[i - 1] + random_between(0.1, 3) : 2000;
            y[i] = level + slope * (x[i] - 2000);
        }
        for (int i = 0; i < 20; i++) {
            double at = random_between(x[0], x[count - 1]);
            assert_near(sc_pchip_value(count, x, y, at), level + slope * (at - 2000), 2e-13);
        }
    }
}

/* Between two points the curve stays between their values, whatever the data. */
static void the_curve_never_leaves_the_range_of_its_neighbours(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        double x[12], y[12];
        for (size_t i = 0; i < 12; i++) {
            x[i] = i ? x[i - 1] + exp(random_between(-5, 5)) : 0;
            y[i] = random_below(3) ? random_between(0, 1) : i ? y[i - 1] : 0.5;
        }
        for (size_t i = 0; i + 1 < 12; i++)
            for (int part = 0; part <= 16; part++) {
                double now = sc_pchip_value(12, x, y, x[i] + (x[i + 1] - x[i]) * part / 16);
                assert_true(now >= fmin(y[i], y[i + 1]) - 1e-14 && now <= fmax(y[i], y[i + 1]) + 1e-14);
            }
    }
}

static void a_turn_is_flat_and_so_is_the_outside(void **state)
{
    (void)state;
    static const double X[] = {2020, 2022, 2025}, Y[] = {0.2, 0.8, 0.4};
    double step = 1e-4;
    assert_exact(sc_pchip_value(3, X, Y, 2022), 0.8);
    assert_near((sc_pchip_value(3, X, Y, 2022 + step) - 0.8) / step, 0, 1e-4);
    assert_near((sc_pchip_value(3, X, Y, 2022 - step) - 0.8) / step, 0, 1e-4);
    assert_exact(sc_pchip_value(3, X, Y, 1900), 0.2);
    assert_exact(sc_pchip_value(3, X, Y, 2200), 0.4);
    assert_exact(sc_pchip_value(1, X, Y, 2100), 0.2);
    assert_close(sc_pchip_value(2, X, Y, 2021.5), 0.65, 1e-14);
}

/* --- given curves --- */

static void a_logistic_curve_is_halfway_at_mid_and_symmetric_about_it(void **state)
{
    (void)state;
    struct sc_curve_parameters curve = {SC_CURVE_LOGISTIC, 0.7, 2025.5, 0.1, 0.9};
    assert_close(sc_curve_value(&curve, 2025.5), 0.5, 1e-15);
    assert_close(sc_curve_value(&curve, 2025.5 + log(3) / 0.7), 0.7, 1e-12); /* L = 3/4 */
    for (int i = 0; i < 40; i++)
        assert_near(sc_curve_value(&curve, 2025.5 + i) + sc_curve_value(&curve, 2025.5 - i), 1, 1e-15);
    assert_exact(sc_curve_value(&curve, 1e6), 0.9);
    assert_exact(sc_curve_value(&curve, -1e6), 0.1);
}

static void a_gompertz_curve_is_at_one_over_e_at_mid(void **state)
{
    (void)state;
    struct sc_curve_parameters curve = {SC_CURVE_GOMPERTZ, 0.5, 2024, 0, 1};
    assert_close(sc_curve_value(&curve, 2024), exp(-1), 1e-15);
    assert_close(sc_curve_value(&curve, 2024 - log(log(2)) / 0.5), 0.5, 1e-13);
    assert_exact(sc_curve_value(&curve, 1e6), 1);
    assert_exact(sc_curve_value(&curve, -1e6), 0);
}

static json_t *share_document(const char *share)
{
    json_t *document = plain_document();
    set(document, "/market", "{'base_year':2024,'total_spend':1000,'growth':[0.5,0.2,-0.1]}");
    set(document, "/market/inference_share", share);
    return document;
}

static void the_market_reads_its_curve_in_calendar_years(void **state)
{
    (void)state;
    static const struct {
        const char *share;
        double theta[4];
    } CASE[] = {
        {"{'curve':'logistic','k':1.0986122886681098,'mid':2025}", {0.25, 0.5, 0.75, 0.9}},
        {"{'curve':'logistic','k':1.0986122886681098,'mid':2025,'floor':0.2,'ceiling':0.6}",
         {0.3, 0.4, 0.5, 0.56}},
        {"{'curve':'gompertz','k':0.6931471805599453,'mid':2024}",
         {0.36787944117144233, 0.6065306597126334, 0.7788007830714049, 0.8824969025845955}},
        {"{'curve':'pchip','points':[[2024,0.1],[2030,0.7]]}", {0.1, 0.2, 0.3, 0.4}},
        {"{'path':[0.1,0.5,0.3,0.2]}", {0.1, 0.5, 0.3, 0.2}},
        {"{'path':{'start':0.1,'end':0.4}}", {0.1, 0.2, 0.3, 0.4}},
    };
    static const double TOTAL[] = {1000, 1500, 1800, 1620};
    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct valued v;
        value(&v, share_document(CASE[i].share));
        for (int year = 0; year <= 3; year++) {
            assert_close(v.block.inference_share[year][0], CASE[i].theta[year], 1e-12);
            assert_close(v.block.total_spend[year][0], TOTAL[year], 1e-14);
            assert_close(v.block.inference_spend[year][0], TOTAL[year] * CASE[i].theta[year], 1e-12);
            assert_close(v.block.training_spend[year][0], TOTAL[year] * (1 - CASE[i].theta[year]), 1e-12);
        }
        release(&v);
    }
}

/* --- the market and the seats (MODEL 2, 4) --- */

static json_t *market_document(void)
{
    json_t *document = plain_document();
    set(document, "/market",
        "{'base_year':2024,'training':{'base':60,'growth':0.2},'inference':{'base':40,'growth':0.5}}");
    set(document, "/seats",
        "[{'id':'a','training':0.3,'inference':{'start':0.1,'end':0.4}},{'id':'b','training':0.2,'inference':"
        "0.2},"
        "{'id':'rest','residual':true}]");
    set(document, "/segments/0", "{'id':'all','seat':'a','capture':0.5,'margin':1}");
    return document;
}

static void two_growths_make_a_logistic_share_of_known_slope(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = market_document();
    set(document, "/horizon", "30");
    value(&v, document);
    /* logit = ln(40/60) + ln(1.5/1.2) c */
    struct sc_curve_parameters curve = {SC_CURVE_LOGISTIC, log(1.5 / 1.2), 2024 + log(1.5) / log(1.25), 0, 1};
    for (int year = 0; year <= 30; year++) {
        double theta = v.block.inference_share[year][0];
        assert_close(theta, sc_curve_value(&curve, 2024 + year), 1e-12);
        assert_near(log(theta / (1 - theta)), log(2.0 / 3) + year * log(1.25), 1e-12);
        assert_close(v.block.total_spend[year][0], 60 * pow(1.2, year) + 40 * pow(1.5, year), 1e-13);
    }
    release(&v);
}

static void seats_share_the_silicon_and_the_residual_seat_takes_the_rest(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = market_document();
    set(document, "/market/silicon_content", "[0.5,0.6,0.7,0.8]");
    value(&v, document);
    /* year 2: training 86.4, inference 90, silicon 0.7; a takes 0.3 and 0.3, b 0.2 and 0.2, the rest 0.5 and
     * 0.5 */
    assert_close(v.block.seat_revenue[0 * 4 + 2][0], 0.7 * (0.3 * 86.4 + 0.3 * 90), 1e-13);
    assert_close(v.block.seat_revenue[1 * 4 + 2][0], 0.7 * (0.2 * 86.4 + 0.2 * 90), 1e-13);
    assert_close(v.block.seat_revenue[2 * 4 + 2][0], 0.7 * (0.5 * 86.4 + 0.5 * 90), 1e-13);
    assert_close(v.block.segment_revenue[2][0], 0.35 * (0.3 * 86.4 + 0.3 * 90), 1e-13);
    for (int year = 0; year <= 3; year++) {
        double sum = 0;
        for (int seat = 0; seat < 3; seat++) sum += v.block.seat_revenue[seat * 4 + year][0];
        assert_close(sum, v.block.silicon_content[year][0] * v.block.total_spend[year][0], 1e-13);
    }
    release(&v);
}

static void seats_that_take_more_than_there_is_are_refused(void **state)
{
    (void)state;
    json_t *document = market_document();
    set(document, "/seats/1/inference", "0.61");
    assert_refused(document, "shares_exceed_one", "/seats");
    document = market_document();
    set(document, "/seats/1/inference", "0.6");
    set(document, "/seats/1/training", "0.7"); /* 0.3 + 0.7 and 0.4 + 0.6: all, not more */
    (void)share_of(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(radiochemical_data_are_interpolated_as_elsewhere),
        cmocka_unit_test(six_points_are_interpolated_as_by_hand),
        cmocka_unit_test_setup(linear_data_give_their_line, seed_random),
        cmocka_unit_test_setup(the_curve_never_leaves_the_range_of_its_neighbours, seed_random),
        cmocka_unit_test(a_turn_is_flat_and_so_is_the_outside),
        cmocka_unit_test(a_logistic_curve_is_halfway_at_mid_and_symmetric_about_it),
        cmocka_unit_test(a_gompertz_curve_is_at_one_over_e_at_mid),
        cmocka_unit_test(the_market_reads_its_curve_in_calendar_years),
        cmocka_unit_test(two_growths_make_a_logistic_share_of_known_slope),
        cmocka_unit_test(seats_share_the_silicon_and_the_residual_seat_takes_the_rest),
        cmocka_unit_test(seats_that_take_more_than_there_is_are_refused),
    };
    return cmocka_run_group_tests_name("curve", tests, NULL, NULL);
}
