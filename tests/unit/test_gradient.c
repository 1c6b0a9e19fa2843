/* Derivatives of the headline figures by every driver (MODEL 9, Sensitivity), against differences of the
 * values themselves, exact properties, and published figures. */
#include "gradient_stage.h"
#include "secondchair/solve.h"

static make_document *const DOCUMENTS[] = {everything,   two_workloads, points,      given_curve, share_path,
                                           free_ceiling, thirty_years,  under_water, pinned};

/* --- against differences --- */

/* What the value gains by a unit more of the driver: the central difference of the eighth order. */
static double difference(struct valued *valued, sc_slot slot, double step)
{
    enum { REACH = 4 };
    static const double weight[REACH] = {4.0 / 5, -1.0 / 5, 4.0 / 105, -1.0 / 280};
    double x[2 * REACH], v[2 * REACH], sum = 0, here = valued->plan->driver[slot];
    for (int i = 0; i < REACH; i++) {
        x[2 * i] = here + (i + 1) * step;
        x[2 * i + 1] = here - (i + 1) * step;
    }
    sc_values(&valued->block, &(struct sc_change){slot, x}, 1, 2 * REACH, v, NULL);
    for (int i = 0; i < REACH; i++) sum += weight[i] * (v[2 * i] - v[2 * i + 1]) / step;
    return sum;
}

/* How far, in parts of the derivative or of the value over the driver's size, it is from the best of several
 * differences: wide ones are cut short by the next kink, narrow ones by rounding. */
static double distance_from_differences(struct derived *d, sc_slot slot)
{
    double x = d->valued.plan->driver[slot], worth = fabs(d->gradient.value_per_share);
    double size = sc_plan_unit(d->valued.plan, slot) == SC_UNIT_YEAR || x == 0 ? 1 : fabs(x);
    double slope = d->gradient.driver[slot].value, best = INFINITY;
    for (double step = 0.03; step > 1e-6 && best > 1e-12; step /= 6) {
        double found = difference(&d->valued, slot, step * size);
        double miss = fabs(found - slope), scale = fmax(fabs(slope), 0.01 * worth / size);
        if (isfinite(found)) best = fmin(best, scale > 0 ? miss / scale : miss);
    }
    return best;
}

static void every_derivative_is_the_limit_of_differences(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(DOCUMENTS); i++) {
        struct derived d;
        derive(&d, DOCUMENTS[i]());
        for (size_t slot = 0; slot < d.gradient.slots; slot++) {
            char pointer[SC_POINTER_MAX];
            double distance = distance_from_differences(&d, (sc_slot)slot);
            pointer_of_slot(d.valued.plan, slot, pointer);
            if (!(distance < 1e-8))
                fail_msg("document %zu: %s: derivative %.17g, differences are off by %.3g", i, pointer,
                         d.gradient.driver[slot].value, distance);
        }
        release(&d.valued);
    }
}

/* --- every field --- */

/* Shape the model, or are asked for by no formula of the value. */
static const char *const MOVE_NOTHING[] = {
    "schema",          "price", "fair_band",        "horizon",
    "base_year",       "lag",   "invested_capital", "reinvestment_rate",
    "net_share_growth"};

static bool moves_nothing(const struct sc_field *field)
{
    for (size_t i = 0; i < COUNT(MOVE_NOTHING); i++)
        if (strcmp(field->name, MOVE_NOTHING[i]) == 0) return true;
    return false;
}

enum { FIELDS_MAX = 256 };

struct census {
    const struct sc_field *field[FIELDS_MAX];
    bool seen[FIELDS_MAX], moves[FIELDS_MAX];
    size_t fields;
};

static bool has_field(const struct census *census, const struct sc_field *field)
{
    for (size_t i = 0; i < census->fields; i++)
        if (census->field[i] == field) return true;
    return false;
}

static void list_fields(struct census *census, const struct sc_field *fields)
{
    for (; fields->name; fields++) {
        bool number = fields->kind == SC_KIND_NUMBER || fields->kind == SC_KIND_INTEGER ||
                      fields->kind == SC_KIND_PATH || fields->kind == SC_KIND_VALUES ||
                      fields->kind == SC_KIND_POINTS;
        if (fields->offset == SC_NOT_STORED) continue;
        if (fields->member) list_fields(census, fields->member);
        if (number && !has_field(census, fields)) census->field[census->fields++] = fields;
        assert_true(census->fields < FIELDS_MAX);
    }
}

static void count_slots(struct census *census, const struct derived *d)
{
    for (size_t slot = 0; slot < d->gradient.slots; slot++) {
        const struct sc_field *field = sc_plan_field(d->valued.plan, (sc_slot)slot);
        const struct sc_derivative *of = &d->gradient.driver[slot];
        size_t i = 0;
        while (i < census->fields && census->field[i] != field) i++;
        assert_true(i < census->fields);
        census->seen[i] = true;
        census->moves[i] |= of->value != 0 || of->chair_value != 0 || of->hold != 0;
    }
}

static void every_field_of_the_table_has_a_derivative(void **state)
{
    (void)state;
    static struct census census;
    list_fields(&census, SC_SCENARIO_FIELDS);
    for (size_t i = 0; i < COUNT(DOCUMENTS); i++) {
        struct derived d;
        derive(&d, DOCUMENTS[i]());
        count_slots(&census, &d);
        release(&d.valued);
    }
    for (size_t i = 0; i < census.fields; i++) {
        const char *name = census.field[i]->name;
        if (!census.seen[i]) fail_msg("no document of this test has a number at `%s`", name);
        if (census.moves[i] == moves_nothing(census.field[i]))
            fail_msg("`%s` %s", name, census.moves[i] ? "moves a figure" : "has no derivative");
    }
}

/* --- the three figures --- */

static void the_figures_are_those_of_the_valuation(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(DOCUMENTS); i++) {
        struct derived d;
        derive(&d, DOCUMENTS[i]());
        const struct sc_chair *chair = &d.valued.chair;
        assert_exact(d.gradient.value_per_share, chair->expected_value);
        assert_exact(d.gradient.chair_value_per_share, chair->chair_value_per_share);
        assert_exact(d.gradient.hold_probability, chair->hold_probability);
        assert_exact(d.valued.block.settlement[0].value_per_share, chair->value_if_held);
        release(&d.valued);
    }
}

/* v(never) and v(1) are headline values of their own where the hazard is 0, and where the chair is lost at
 * once. */
static void the_chairs_derivative_is_that_of_its_two_branches(void **state)
{
    (void)state;
    static make_document *const some[] = {everything, given_curve, thirty_years};
    for (size_t i = 0; i < COUNT(some); i++) {
        struct derived both, held, lost;
        json_t *never = some[i](), *at_once = some[i]();
        set(never, "/chair/hazard", "0");
        set(at_once, "/chair/hazard", "1");
        json_t *document = some[i]();
        set(document, "/chair/hazard", "0.07");
        derive(&both, document);
        derive(&held, never);
        derive(&lost, at_once);
        assert_int_equal(both.gradient.slots, held.gradient.slots);
        for (size_t slot = 0; slot < both.gradient.slots; slot++) {
            if (slot == slot_at(both.valued.plan, "/chair/hazard")) continue;
            double expected = held.gradient.driver[slot].value - lost.gradient.driver[slot].value;
            assert_near(both.gradient.driver[slot].chair_value / (1 + fabs(expected)),
                        expected / (1 + fabs(expected)), 1e-12);
            assert_exact(both.gradient.driver[slot].hold, 0);
        }
        release(&both.valued);
        release(&held.valued);
        release(&lost.valued);
    }
}

/* (1 - h)^H by a constant hazard is -H (1 - h)^(H - 1); at h = 1 nothing is divided by. */
static void the_probability_of_holding_falls_with_the_hazard(void **state)
{
    (void)state;
    struct derived d;
    for (int horizon = 1; horizon <= SC_HORIZON_MAX; horizon++) {
        derive(&d, chair_document(horizon, 0.06));
        assert_close(at(&d, "/chair/hazard")->hold, -horizon * pow(0.94, horizon - 1), 1e-13);
        release(&d.valued);
    }
    derive(&d, chair_document(4, 1));
    assert_exact(at(&d, "/chair/hazard")->hold, 0);
    release(&d.valued);
    json_t *document = chair_document(3, 0);
    set(document, "/chair/hazard", "[0.5,1,0.25]");
    derive(&d, document);
    assert_close(at(&d, "/chair/hazard/1")->hold, -0.5 * 0.75, 1e-15);
    assert_exact(at(&d, "/chair/hazard/0")->hold, 0);
    release(&d.valued);
}

/* --- exact properties --- */

/* Sum of x dv/dx over the drivers of a unit. */
static double euler(const struct derived *d, enum sc_unit unit)
{
    double sum = 0;
    for (size_t slot = 0; slot < d->gradient.slots; slot++)
        if (sc_plan_unit(d->valued.plan, (sc_slot)slot) == unit)
            sum += d->valued.plan->driver[slot] * d->gradient.driver[slot].value;
    return sum;
}

/* With all money at another unit, the share is; with as many more shares of as much more money, it is not
 * (Euler's theorem on homogeneous functions). */
static void all_money_together_moves_the_share_by_its_own_factor(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(DOCUMENTS); i++) {
        struct derived d;
        derive(&d, DOCUMENTS[i]());
        double worth = d.gradient.value_per_share;
        double money = euler(&d, SC_UNIT_USD_MILLION), shares = euler(&d, SC_UNIT_SHARES_MILLION);
        assert_close(money + euler(&d, SC_UNIT_USD_PER_SHARE), worth, 1e-12);
        assert_near((money + shares) / worth, 0, 1e-12);
        assert_exact(by(&d, "/price"), 0);
        release(&d.valued);
    }
}

/* A path that is constant moves by all of its years at once. */
static void a_constant_is_the_sum_of_its_years(void **state)
{
    (void)state;
    static const struct {
        const char *pointer, *text;
        int years;
    } cases[] = {{"/operations/corporate_cost", "0.04", 6},
                 {"/chair/hazard", "0.06", 6},
                 {"/discount/wacc", "0.11", 6},
                 {"/seats/0/inference", "0.25", 7},
                 {"/segments/1/margin", "0.13", 6},
                 {"/market/silicon_content", "0.6", 7}};
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *constant = everything(), *array = everything(), *ramp = everything();
        json_t *years = json_array(), *ends = json_of("{'shape':'linear'}");
        for (int year = 0; year < cases[i].years; year++)
            json_array_append_new(years, json_of(cases[i].text));
        set(constant, cases[i].pointer, cases[i].text);
        set_json(array, cases[i].pointer, years);
        json_object_set_new(ends, "start", json_of(cases[i].text));
        json_object_set_new(ends, "end", json_of(cases[i].text));
        set_json(ramp, cases[i].pointer, ends);
        struct derived d;
        char pointer[SC_POINTER_MAX];
        double whole = slope_of(constant, cases[i].pointer), sum = 0;
        derive(&d, array);
        for (int year = 0; year < cases[i].years; year++) {
            snprintf(pointer, sizeof pointer, "%s/%d", cases[i].pointer, year);
            sum += by(&d, pointer);
        }
        release(&d.valued);
        assert_close(sum, whole, 1e-12);
        derive(&d, ramp);
        snprintf(pointer, sizeof pointer, "%s/start", cases[i].pointer);
        sum = by(&d, pointer);
        snprintf(pointer, sizeof pointer, "%s/end", cases[i].pointer);
        assert_close(sum + by(&d, pointer), whole, 1e-12);
        release(&d.valued);
    }
}

/* 100 a year for ever at w, of 100 shares: v = 1/w per unit of margin, dv/dw = -1/w^2; growing at g,
 * dv/dg is that of 100/100 (1 - (1+w)^-3)/w + (1+w)^-3 (1+g)/(w-g). */
static void a_perpetuity_has_its_closed_form(void **state)
{
    (void)state;
    struct derived d;
    derive(&d, plain_document());
    assert_close(by(&d, "/discount/wacc"), -100, 1e-12);
    assert_close(by(&d, "/segments/0/margin"), 10, 1e-12);
    assert_close(by(&d, "/segments/0/base"), 0.1, 1e-12);
    assert_close(by(&d, "/operations/tax/rate"), -10, 1e-12);
    assert_close(by(&d, "/dilution/basic"), -0.1, 1e-12);
    assert_close(by(&d, "/bridge/cash"), 0.01, 1e-12);
    assert_close(by(&d, "/terminal/growth"), pow(1.1, -3) * 1.1 / 0.01, 1e-12);
    assert_exact(d.gradient.chair_value_per_share, 0);
    release(&d.valued);
}

/* J. C. Hull, Options, Futures, and Other Derivatives (8th edition, chapter 18): S = 49, K = 50, r = 5 %,
 * sigma = 20 %, T = 20 weeks: delta 0.522, theta -4.31 a year, vega 12.1, rho 8.91. */
static void options_have_the_published_greeks(void **state)
{
    (void)state;
    struct derived d;
    json_t *document = plain_document();
    set(document, "/segments/0/margin", "0");
    set(document, "/dilution/method", "'option_value'");
    set(document, "/dilution/options",
        "[{'count':20,'strike':50,'years':0.3846,'volatility':0.2,'rate':0.05}]");
    set(document, "/bridge", "{'cash':5880}"); /* 49 a share of 120 */
    derive(&d, document);
    double of_one = -20.0 / 100; /* a dollar more of an option's value, per share */
    assert_near(by(&d, "/bridge/cash"), (1 - 20 * 0.522 / 120) / 100, 20 * 0.0005 / 120 / 100);
    assert_near(by(&d, "/dilution/options/0/years") / of_one, 4.31, 0.005);
    assert_near(by(&d, "/dilution/options/0/volatility") / of_one, 12.1, 0.05);
    assert_near(by(&d, "/dilution/options/0/rate") / of_one, 8.91, 0.005);
    release(&d.valued);
}

/* Held at a threshold, the share moves with it and with nothing else. */
static void a_pinned_share_moves_with_its_threshold(void **state)
{
    (void)state;
    struct derived d;
    derive(&d, pinned());
    assert_true(d.valued.block.settlement[0].pinned);
    assert_exact(d.gradient.value_per_share, 9);
    for (size_t slot = 0; slot < d.gradient.slots; slot++) {
        bool threshold = slot == slot_at(d.valued.plan, "/dilution/warrants/0/threshold");
        assert_exact(d.gradient.driver[slot].value, threshold ? 1 : 0);
    }
    assert_int_equal(d.gradient.kinks, 0);
    release(&d.valued);
    json_t *twins = pinned();
    set(twins, "/dilution/warrants/1/threshold", "9");
    derive(&d, twins);
    assert_int_equal(d.gradient.kinks & SC_KINK_PIN, SC_KINK_PIN);
    assert_exact(by(&d, "/dilution/warrants/0/threshold"), 1);
    release(&d.valued);
}

/* Below zero equity the share is worth 0 whatever is moved. */
static void a_share_that_is_worth_nothing_is_moved_by_nothing(void **state)
{
    (void)state;
    struct derived d;
    json_t *document = plain_document();
    set(document, "/bridge", "{'debt':1500}");
    derive(&d, document);
    for (size_t slot = 0; slot < d.gradient.slots; slot++) assert_exact(d.gradient.driver[slot].value, 0);
    assert_int_equal(d.gradient.kinks & SC_KINK_EQUITY, 0);
    release(&d.valued);
}

/* --- kinks --- */

static void assert_kink(json_t *document, enum sc_kink kink)
{
    struct derived d;
    derive(&d, document);
    assert_int_equal(d.gradient.kinks, kink);
    release(&d.valued);
}

static json_t *with(json_t *document, const char *pointer, const char *text)
{
    set(document, pointer, text);
    return document;
}

static void a_share_on_a_kink_is_told(void **state)
{
    (void)state;
    json_t *growing = plain_document(); /* worth 1000 and a little */
    set(growing, "/segments/0/growth", "0.01");
    assert_kink(json_deep_copy(growing), 0);
    json_t *still = json_deep_copy(growing);
    set(still, "/segments/0/growth", "0");
    set(still, "/terminal/growth", "0.01");
    set(still, "/operations/reinvestment", "{'sales_to_capital':2}");
    assert_kink(still, SC_KINK_REINVESTMENT);
    json_t *nothing = json_deep_copy(growing);
    set(nothing, "/segments/0/margin", "0");
    assert_kink(json_deep_copy(nothing), SC_KINK_PROFIT | SC_KINK_EQUITY);
    assert_kink(with(json_deep_copy(nothing), "/bridge", "{'cash':500}"), SC_KINK_PROFIT);
    set(nothing, "/dilution/options", "[{'count':10,'strike':5}]");
    assert_kink(with(nothing, "/bridge", "{'cash':500}"), SC_KINK_PROFIT | SC_KINK_EXERCISE);
    set(growing, "/operations/tax", "{'rate':0.2,'nol':50.5,'nol_limit':0.5}"); /* half of 101 */
    assert_kink(growing, SC_KINK_LOSSES);
    json_t *corner = points();
    set(corner, "/market/inference_share/points", "[[2024,0.4],[2026.5,0.5],[2031,0.6]]");
    assert_kink(corner, SC_KINK_POINTS);
}

static void a_document_without_a_value_has_no_derivatives(void **state)
{
    (void)state;
    struct valued v;
    struct sc_gradient gradient;
    json_t *document = everything();
    set(document, "/terminal/growth", "0.1");
    try_to_value(&v, document);
    assert_false(v.done);
    sc_gradient_init(&gradient, v.plan, sc_arena_alloc(&v.arena, sc_gradient_size(v.plan)));
    v.faults.count = 0;
    assert_false(sc_gradient_evaluate(&v.block, &gradient, &v.faults));
    assert_int_equal(v.faults.item[0].code, SC_FAULT_growth_not_below_discount_rate);
    release(&v);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_derivative_is_the_limit_of_differences),
        cmocka_unit_test(every_field_of_the_table_has_a_derivative),
        cmocka_unit_test(the_figures_are_those_of_the_valuation),
        cmocka_unit_test(the_chairs_derivative_is_that_of_its_two_branches),
        cmocka_unit_test(the_probability_of_holding_falls_with_the_hazard),
        cmocka_unit_test(all_money_together_moves_the_share_by_its_own_factor),
        cmocka_unit_test(a_constant_is_the_sum_of_its_years),
        cmocka_unit_test(a_perpetuity_has_its_closed_form),
        cmocka_unit_test(options_have_the_published_greeks),
        cmocka_unit_test(a_pinned_share_moves_with_its_threshold),
        cmocka_unit_test(a_share_that_is_worth_nothing_is_moved_by_nothing),
        cmocka_unit_test(a_share_on_a_kink_is_told),
        cmocka_unit_test(a_document_without_a_value_has_no_derivatives),
    };
    return cmocka_run_group_tests_name("gradient", tests, NULL, NULL);
}
