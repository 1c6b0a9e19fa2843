/* Headline values at many points, and the points at which the value is a price (MODEL 9, Implied). */
#include "secondchair/solve.h"
#include "support.h"

static json_t *stored(const char *name)
{
    char path[256];
    json_error_t error;
    snprintf(path, sizeof path, "tests/unit/cases/documents/%s.json", name);
    json_t *document = json_load_file(path, 0, &error);
    if (!document) fail_msg("%s: %s", path, error.text);
    return document;
}

/* --- many points --- */

/* What sc_chair_evaluate says of the document with its drivers so; NAN where it refuses. */
static double alone(const struct valued *v, const char *pointer, double x, double basic)
{
    struct valued one;
    json_t *document = json_deep_copy(v->document);
    set_number(document, pointer, x);
    set_number(document, "/dilution/basic", basic);
    try_to_value(&one, document);
    double worth = one.done ? one.chair.expected_value : NAN;
    release(&one);
    return worth;
}

static void assert_bits(double actual, double expected, size_t point)
{
    if (isnan(actual) && isnan(expected)) return;
    if (memcmp(&actual, &expected, sizeof actual) != 0)
        fail_msg("point %zu has %.17g, alone it has %.17g", point, actual, expected);
}

/* The named driver over [low, high], beside another that moves a little; points without a value have this
 * reason. How many they are. */
static size_t assert_points_agree(json_t *document, const char *pointer, double low, double high,
                                  uint32_t reason)
{
    enum { POINTS = 41 };
    struct valued v;
    double x[POINTS], basic[POINTS], together[POINTS], single[POINTS];
    uint32_t fault[POINTS];
    size_t without = 0;
    value(&v, document);
    for (size_t i = 0; i < POINTS; i++) {
        x[i] = low + (high - low) * (double)i / (POINTS - 1);
        basic[i] = v.plan->driver[slot_at(v.plan, "/dilution/basic")] * (1 + 0.001 * (double)i);
    }
    for (size_t i = 0; i < POINTS; i++) single[i] = alone(&v, pointer, x[i], basic[i]);
    const struct sc_change change[] = {{slot_at(v.plan, pointer), x},
                                       {slot_at(v.plan, "/dilution/basic"), basic}};
    for (size_t count = 1; count <= POINTS; count += count < 4 ? 1 : 37 - count % 4) {
        sc_values(&v.block, change, 2, count, together, NULL);
        for (size_t i = 0; i < count; i++) assert_bits(together[i], single[i], i);
    }
    sc_values(&v.block, change, 2, POINTS, together, fault);
    for (size_t i = 0; i < POINTS; i++) {
        assert_bits(together[i], single[i], i);
        assert_int_equal(fault[i] & ~(uint32_t)SC_LANE_DOMAIN, isnan(together[i]) ? reason : 0);
        assert_int_equal(fault[i] != 0, isnan(together[i]));
        without += isnan(together[i]);
    }
    release(&v);
    return without;
}

static void every_point_has_the_bits_of_the_document_alone(void **state)
{
    (void)state;
    assert_int_equal(assert_points_agree(stored("amd-base"), "/segments/0/margin/end", 0.1, 0.5, 0), 0);
    assert_int_equal(assert_points_agree(stored("amd-base"), "/chair/hazard", 0, 1, 0), 0);
    json_t *document = plain_document();
    set(document, "/bridge", "{'cash':0}");
    assert_int_equal(assert_points_agree(document, "/bridge/cash", 0, 500, 0), 0);
    for (int horizon = 1; horizon <= SC_HORIZON_MAX; horizon += 29 - horizon % 2 * 14)
        assert_int_equal(assert_points_agree(chair_document(horizon, 0.1), "/chair/hazard", 0, 1, 0), 0);
}

static void only_points_outside_the_model_have_no_value(void **state)
{
    (void)state;
    /* growth from 0 to 0.2 reaches the rate of 0.1 at the 21st of 41 points */
    assert_int_equal(assert_points_agree(plain_document(), "/terminal/growth", 0, 0.2, SC_LANE_GROWTH), 21);
    assert_int_equal(
        assert_points_agree(chair_document(15, 0.05), "/terminal/growth", 0, 0.2, SC_LANE_GROWTH), 21);
    assert_true(assert_points_agree(stored("amd-base"), "/seats/0/training/start", 0, 1, SC_LANE_SHARES) > 0);
}

static void no_change_gives_the_value_itself(void **state)
{
    (void)state;
    struct valued v;
    double both[2];
    value(&v, stored("amd-base"));
    sc_values(&v.block, NULL, 0, 2, both, NULL);
    assert_exact(both[0], v.chair.expected_value);
    assert_exact(both[1], v.chair.expected_value);
    release(&v);
}

/* The value with one driver elsewhere, of a plan of its own. */
static double with_driver(const struct valued *v, sc_slot slot, double x)
{
    struct sc_plan plan = *v->plan;
    struct sc_block block;
    struct sc_chair chair;
    struct sc_faults faults = {0};
    double *driver = malloc(plan.slots * sizeof *driver);
    void *memory = aligned_alloc(64, (sc_block_size(&plan) + 63) / 64 * 64);
    memcpy(driver, plan.driver, plan.slots * sizeof *driver);
    driver[slot] = x;
    plan.driver = driver;
    sc_block_init(&block, &plan, memory);
    double worth = sc_chair_evaluate(&block, &chair, &faults) ? chair.expected_value : NAN;
    free(memory);
    free(driver);
    return worth;
}

/* What does not depend on the driver that moves is evaluated once for all points: none may be forgotten. */
static void assert_each_driver_moves(json_t *document)
{
    struct valued v;
    value(&v, document);
    for (size_t slot = 0; slot < v.plan->slots; slot++) {
        size_t node = v.plan->driver_node[slot];
        const struct sc_field *field = v.plan->node[node].field;
        double here = v.plan->driver[slot], x[18], together[18];
        if (field && field->kind == SC_KIND_INTEGER) continue;
        for (size_t i = 0; i < 18; i++) x[i] = here == 0 ? 1e-4 * (double)i : here * (1 + 1e-3 * (double)i);
        sc_values(&v.block, &(struct sc_change){(sc_slot)slot, x}, 1, 18, together, NULL);
        assert_bits(together[0], v.chair.expected_value, slot);
        assert_bits(together[1], with_driver(&v, (sc_slot)slot, x[1]), slot);
        assert_bits(together[17], with_driver(&v, (sc_slot)slot, x[17]), slot);
    }
    release(&v);
}

static void each_driver_moves_all_that_depends_on_it(void **state)
{
    (void)state;
    static const char *const PARTS[][2] = {
        {"/operations/reinvestment", "{'sales_to_capital':{'start':1.5,'end':2},'lag':2}"},
        {"/operations/tax", "{'rate':0.2,'nol':40000,'nol_limit':0.7}"},
        {"/operations/sbc", "{'share_of_revenue':0.05,'treatment':'addback'}"},
        {"/discount",
         "{'capm':{'risk_free':0.04,'erp':0.05,'beta_unlevered':1.1,'debt_to_value':0.1,'cost_of_debt':"
         "0.05,'tax':0.2}}"},
        {"/terminal", "{'method':'h_model','growth':0.03,'half_life':4,'growth_start':0.08}"},
        {"/terminal", "{'method':'exit_multiple','multiple':12,'metric':'ebitda'}"},
        {"/failure", "{'probability':0.1,'recovery':0.3}"},
        {"/dilution/options",
         "[{'count':30,'strike':120,'years':5,'volatility':0.5,'rate':0.04},{'count':9,'strike':"
         "280,'years':5,'volatility':0.5,'rate':0.04}]"},
        {"/market/inference_share", "{'curve':'gompertz','k':0.4,'mid':2026,'ceiling':0.9}"},
        {"/market/inference_share", "{'curve':'pchip','points':[[2024,0.4],[2028,0.6],[2034,0.8]]}"},
    };
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++) {
        json_t *document = stored("amd-base");
        set(document, PARTS[i][0], PARTS[i][1]);
        assert_each_driver_moves(document);
    }
    assert_each_driver_moves(chair_document(15, 0.05));
}

/* --- solutions --- */

static void solve(json_t *document, const char *pointer, double low, double high, double price,
                  struct sc_roots *roots)
{
    struct valued v;
    value(&v, document);
    sc_implied_solve(&v.block,
                     &(struct sc_implied){.slot = slot_at(v.plan, pointer),
                                          .low = low,
                                          .high = high,
                                          .price = price,
                                          .points = SC_SCAN_POINTS},
                     roots);
    for (size_t i = 1; i < roots->count; i++) assert_true(roots->x[i - 1] < roots->x[i]);
    release(&v);
}

/* 100 a year at the rate x: a share is worth 100 / x / 100. */
static void a_perpetuity_is_solved_in_closed_form(void **state)
{
    (void)state;
    struct sc_roots roots;
    for (int i = 0; i < 50; i++) {
        double price = random_between(2.1, 40), growth = random_between(-0.3, 0.02);
        solve(plain_document(), "/discount/wacc", 0.02, 0.5, price, &roots);
        assert_int_equal(roots.count, 1);
        assert_close(roots.x[0], 1 / price, 1e-10);
        assert_close(roots.lowest, 2, 1e-12);
        assert_close(roots.highest, 50, 1e-12);
        double worth = (1 - pow(1.1, -3)) / 0.1 + pow(1.1, -3) * (1 + growth) / (0.1 - growth);
        solve(plain_document(), "/terminal/growth", -0.5, 0.09, worth, &roots);
        assert_int_equal(roots.count, 1);
        assert_near(roots.x[0], growth, 1e-11);
        solve(plain_document(), "/bridge/cash", 0, 1e6, 10 + price, &roots);
        assert_int_equal(roots.count, 1);
        assert_close(roots.x[0], 100 * price, 1e-10);
    }
}

/* Revenue 100 at a margin of 1 in one year, 100 (1 + x) of it: what is earned, 100 (1 + x), less capital of
 * 100 x (1 + x) times 1 for each x, which the last year's growth asks for. With horizon 1 and no growth for
 * ever, FCFF = 100 (1 + x) - 100 x / ratio and TV = FCFF / w: linear; so two years are needed for a hump. */
static void both_solutions_of_a_parabola_are_found(void **state)
{
    (void)state;
    struct sc_roots roots;
    /* Over two years: flows f1 = 100 (1 + x) - 100 x / c, f2 = 100 (1 + x)^2 - 100 x (1 + x) / c, worth
     * f1 / 1.1 + f2 / 1.1 / 0.1 (the last flow is kept for ever, from the end of year 2) per 100 shares. */
    double c = 0.5;
    for (int i = 0; i < 30; i++) {
        double at = random_between(0.05, 0.6);
        double f1 = 1 + at - at / c, f2 = (1 + at) * (1 + at) - at * (1 + at) / c;
        double price = f1 / 1.1 + f2 / (1.1 * 1.1) + f2 / (0.1 * 1.1 * 1.1);
        if (price <= 0) continue;
        json_t *document = plain_document();
        set_json(document, "/horizon", json_integer(2));
        set(document, "/operations/reinvestment", "{'sales_to_capital':0.5}");
        solve(document, "/segments/0/growth", -0.9, 0.9, price, &roots);
        /* With p(x) = a x^2 + b x + k - price: the other solution is -b/a - at. Below 0 nothing is
         * reinvested, so that it only counts where it is above 0. */
        double later = 1 / (1.1 * 1.1) + 1 / (0.1 * 1.1 * 1.1);
        double a = (1 - 1 / c) * later, b = (1 - 1 / c) / 1.1 + (2 - 1 / c) * later, other = -b / a - at;
        bool found = false;
        for (size_t k = 0; k < roots.count; k++) found |= fabs(roots.x[k] - at) < 1e-10;
        assert_true(found);
        if (other > 0.001) {
            found = false;
            for (size_t k = 0; k < roots.count; k++) found |= fabs(roots.x[k] - other) < 1e-10;
            assert_true(found);
        }
        assert_int_equal(roots.count, 2); /* below 0 growth costs nothing and the value rises with it */
    }
}

static void ends_and_points_of_the_scan_count_once(void **state)
{
    (void)state;
    struct sc_roots roots;
    /* worth 10 + x / 100, exactly at multiples of 100 */
    static const double AT[] = {0, 100, 12800, 25500, 25600};
    for (size_t i = 0; i < COUNT(AT); i++) {
        struct valued v;
        double price;
        value(&v, plain_document());
        sc_values(&v.block, &(struct sc_change){slot_at(v.plan, "/bridge/cash"), &AT[i]}, 1, 1, &price, NULL);
        release(&v);
        solve(plain_document(), "/bridge/cash", 0, 25600, price, &roots);
        assert_int_equal(roots.count, 1);
        assert_near(roots.x[0], AT[i], 1e-9);
    }
}

static void none_is_an_answer_with_the_range(void **state)
{
    (void)state;
    struct sc_roots roots;
    static const double PRICE[] = {1e-9, 9.999, 20.001, 999999999.3};
    for (size_t i = 0; i < COUNT(PRICE); i++) {
        solve(plain_document(), "/bridge/cash", 0, 1000, PRICE[i], &roots);
        assert_int_equal(roots.count, 0);
        assert_int_equal(roots.rejected, 0);
        assert_close(roots.lowest, 10, 1e-12); /* however far the price is from it */
        assert_close(roots.highest, 20, 1e-12);
    }
    solve(plain_document(), "/terminal/growth", 0.1, 0.3, 10, &roots);
    assert_int_equal(roots.count, 0);
    assert_int_equal(roots.rejected, SC_SCAN_POINTS);
    assert_true(isnan(roots.lowest) && isnan(roots.highest));
}

/* The value falls with the rate where 100 a year is earned, and rises with it where 100 is lost. */
static void a_solution_just_after_a_point_without_a_value_is_found(void **state)
{
    (void)state;
    static const char *const MARGIN[] = {"1", "-1"};
    for (size_t i = 0; i < COUNT(MARGIN); i++) {
        struct sc_roots roots;
        struct valued v;
        double first = 0.002, price;
        json_t *document = plain_document();
        set(document, "/segments/0/margin", MARGIN[i]);
        set(document, "/bridge", "{'cash':60000}");
        value(&v, json_deep_copy(document));
        sc_values(&v.block, &(struct sc_change){slot_at(v.plan, "/discount/wacc"), &first}, 1, 1, &price,
                  NULL);
        release(&v);
        solve(document, "/discount/wacc", 0, 0.512, price, &roots); /* a rate of 0 has no value */
        assert_int_equal(roots.rejected, 1);
        assert_int_equal(roots.count, 1);
        assert_close(roots.x[0], first, 1e-10);
    }
}

/* 100 shares and 50 warrants that vest at 20: between an equity of 2000 and of 2950 the share is worth 20. */
static json_t *pinned_document(double debt)
{
    json_t *document = plain_document();
    set(document, "/dilution", "{'basic':100,'warrants':[{'count':50,'strike':1,'threshold':20}]}");
    set(document, "/bridge", "{'cash':0}");
    set_number(document, "/bridge/debt", debt);
    return document;
}

static void a_plateau_counts_once_with_its_lower_end(void **state)
{
    (void)state;
    struct sc_roots roots;
    /* many points of the scan lie on it; few; none, but it lies between two; it ends with the interval */
    static const double HIGH[] = {3000, 100000, 1000000, 1500};
    for (size_t i = 0; i < COUNT(HIGH); i++) {
        solve(pinned_document(0), "/bridge/cash", 0, HIGH[i], 20, &roots);
        assert_int_equal(roots.count, 1);
        assert_close(roots.x[0], 1000, 1e-9);
    }
    solve(pinned_document(0), "/bridge/cash", 1200, 3000, 20, &roots); /* it begins before the interval */
    assert_int_equal(roots.count, 1);
    assert_exact(roots.x[0], 1200);
    solve(pinned_document(0), "/bridge/cash", 1200, 1300, 20, &roots); /* it is all of it */
    assert_int_equal(roots.count, 1);
    assert_exact(roots.x[0], 1200);
    solve(pinned_document(1000), "/bridge/debt", 0, 3000, 5, &roots); /* and off it all is as ever */
    assert_int_equal(roots.count, 1);
    assert_close(roots.x[0], 500, 1e-9);
}

static void what_is_held_is_held(void **state)
{
    (void)state;
    struct valued v;
    struct sc_roots roots;
    double cash = 500, debt = 200;
    value(&v, plain_document());
    const struct sc_change held[] = {{slot_at(v.plan, "/bridge/cash"), &cash},
                                     {slot_at(v.plan, "/bridge/debt"), &debt}};
    sc_implied_solve(&v.block,
                     &(struct sc_implied){.slot = slot_at(v.plan, "/discount/wacc"),
                                          .low = 0.02,
                                          .high = 0.5,
                                          .price = 8,
                                          .held = held,
                                          .held_count = 2,
                                          .points = 2},
                     &roots);
    assert_int_equal(roots.count, 1);
    assert_close(roots.x[0], 0.2, 1e-10); /* 100 / 0.2 + 300 over 100 shares */
    release(&v);
}

static void a_solution_at_zero_is_found_to_the_last_digits(void **state)
{
    (void)state;
    struct sc_roots roots;
    double worth = (1 - pow(1.1, -3)) / 0.1 + pow(1.1, -3) / 0.1;
    solve(plain_document(), "/terminal/growth", -0.011, 0.05, worth, &roots);
    assert_int_equal(roots.count, 1);
    assert_true(fabs(roots.x[0]) < 1e-14);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_point_has_the_bits_of_the_document_alone),
        cmocka_unit_test(only_points_outside_the_model_have_no_value),
        cmocka_unit_test(no_change_gives_the_value_itself),
        cmocka_unit_test(each_driver_moves_all_that_depends_on_it),
        cmocka_unit_test_setup(a_perpetuity_is_solved_in_closed_form, seed_random),
        cmocka_unit_test_setup(both_solutions_of_a_parabola_are_found, seed_random),
        cmocka_unit_test(ends_and_points_of_the_scan_count_once),
        cmocka_unit_test(none_is_an_answer_with_the_range),
        cmocka_unit_test(a_solution_just_after_a_point_without_a_value_is_found),
        cmocka_unit_test(a_plateau_counts_once_with_its_lower_end),
        cmocka_unit_test(what_is_held_is_held),
        cmocka_unit_test(a_solution_at_zero_is_found_to_the_last_digits),
    };
    return cmocka_run_group_tests_name("solve", tests, NULL, NULL);
}
