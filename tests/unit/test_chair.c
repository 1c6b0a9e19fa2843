/* Holding the chair (MODEL 8), and the lanes in which its branches are evaluated. */
#include "support.h"

/* --- the mixture --- */

/* Of the chair document: 100 a year while the chair is held, at 10 %. */
static double worth_of_years(int years)
{
    return (1 - pow(1.1, -years)) * 1000;
}

static void a_constant_hazard_is_a_geometric_sum(void **state)
{
    (void)state;
    static const double HAZARD[] = {0.01, 0.05, 0.3, 0.9};
    for (int horizon = 1; horizon <= SC_HORIZON_MAX; horizon++)
        for (size_t i = 0; i < COUNT(HAZARD); i++) {
            struct valued v;
            double h = HAZARD[i], q = (1 - h) / 1.1, end = pow(q, horizon);
            value(&v, chair_document(horizon, h));
            assert_close(v.chair.hold_probability, pow(1 - h, horizon), 1e-13);
            assert_close(v.chair.value_if_held, 1000, 1e-13);
            for (int year = 1; year <= horizon; year++) {
                assert_near(v.chair.value_if_lost[year], worth_of_years(year - 1), 1e-10);
                assert_close(v.chair.lost_probability[year], h * pow(1 - h, year - 1), 1e-13);
                assert_close(v.chair.survival[year], pow(1 - h, year), 1e-13);
            }
            assert_close(v.chair.expected_value, 100 * q * (1 - end) / (1 - q) + end * 1000, 1e-12);
            assert_close(v.chair.on_value, pow(1 - h, horizon) * 1000, 1e-12);
            assert_close(v.chair.forever, 100 * q / (1 - q), 1e-12); /* at every horizon the same */
            assert_close(v.chair.chair_value_per_share, 1000, 1e-12);
            release(&v);
        }
}

static void a_hazard_of_0_keeps_the_chair_in_every_placement(void **state)
{
    (void)state;
    struct valued v;
    value(&v, chair_document(10, 0));
    assert_exact(v.chair.hold_probability, 1);
    assert_exact(v.chair.expected_value, v.chair.value_if_held);
    assert_exact(v.chair.on_value, v.chair.value_if_held);
    assert_close(v.chair.forever, v.chair.value_if_held, 1e-15);
    assert_true(isnan(v.chair.break_even));
    assert_non_null(v.chair.break_even_reason);
    release(&v);
}

static void a_hazard_of_1_loses_the_chair_at_once(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = chair_document(5, 1);
    set(document, "/segments/0/base", "80");
    json_array_append_new(json_object_get(document, "segments"),
                          json_of("{'id':'rest','base':20,'growth':0,'margin':1}"));
    value(&v, document);
    assert_close(v.chair.value_if_lost[1], 200, 1e-13);
    assert_exact(v.chair.hold_probability, 0);
    assert_exact(v.chair.expected_value, v.chair.value_if_lost[1]);
    assert_exact(v.chair.on_value, v.chair.value_if_lost[1]);
    assert_exact(v.chair.forever, v.chair.value_if_lost[1]);
    release(&v);
}

static void probabilities_of_all_branches_add_up_to_1(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct valued v;
        int horizon = 1 + (int)random_below(SC_HORIZON_MAX);
        json_t *document = chair_document(horizon, 0), *hazard = json_array();
        for (int year = 1; year <= horizon; year++)
            json_array_append_new(hazard,
                                  json_real(random_below(6) ? random_between(0, 0.5) : random_below(2)));
        set_json(document, "/chair/hazard", hazard);
        value(&v, document);
        double sum = v.chair.hold_probability, mixture = sum * v.chair.value_if_held;
        for (int year = 1; year <= horizon; year++) {
            sum += v.chair.lost_probability[year];
            mixture += v.chair.lost_probability[year] * v.chair.value_if_lost[year];
        }
        assert_close(sum, 1, 1e-14);
        assert_close(v.chair.expected_value, mixture, 1e-13);
        assert_exact(v.chair.survival[horizon], v.chair.hold_probability);
        release(&v);
    }
}

/* The chair lost in year 2: 90 % is not the floor's; half of that is kept from year to year. */
static void what_is_lost_fades_to_the_floor_and_takes_margin_with_it(void **state)
{
    (void)state;
    static const double KEPT[] = {0, 1, 0.55, 0.325, 0.2125};
    struct valued v;
    json_t *document = chair_document(4, 0.1);
    set(document, "/chair", "{'hazard':0.1,'retention':0.5,'floor':0.1,'margin_loss':0.2}");
    set(document, "/segments",
        "[{'id':'on','chair':true,'base':100,'growth':0.1,'margin':0.6},{'id':'off','base':50,'growth':0,'"
        "margin':0.4}]");
    value(&v, document);
    double lost[] = {2};
    sc_evaluate(&v.block, &(struct sc_lanes){.count = 1, .lost = lost});
    for (int year = 1; year <= 4; year++) {
        double on = 100 * pow(1.1, year) * KEPT[year], margin = year < 2 ? 0.6 : 0.4;
        assert_close(v.block.segment_revenue[year][0], on, 1e-13);
        assert_close(v.block.segment_margin[year][0], margin, 1e-14);
        assert_close(v.block.segment_revenue[5 + year][0], 50, 1e-14);
        assert_close(v.block.ebit[year][0], on * margin + 20, 1e-13);
    }
    assert_close(v.block.settlement[0].value_per_share, v.chair.value_if_lost[2], 0);
    release(&v);
}

static void the_chair_is_worth_what_goes_with_it(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = chair_document(6, 0.2);
    set(document, "/chair/retention", "0.7");
    set(document, "/dilution", "{'basic':20,'options':[{'count':10,'strike':15}]}");
    set(document, "/bridge", "{'debt':50}");
    value(&v, document);
    assert_close(v.chair.chair_value_per_share, v.chair.value_if_held - v.chair.value_if_lost[1], 0);
    assert_close(v.block.settlement[0].equity, 950, 1e-13); /* the block holds the held branch */
    double held = v.block.settlement[0].equity, lost[] = {1};
    sc_evaluate(&v.block, &(struct sc_lanes){.count = 1, .lost = lost});
    assert_close(v.chair.chair_value, held - v.block.settlement[0].equity, 1e-15);
    release(&v);
}

static void without_a_chair_the_headline_is_the_value_if_held(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = chair_document(6, 0.2);
    assert_int_equal(sc_pointer_remove(document, "/chair"), SC_POINTER_OK);
    value(&v, document);
    assert_false(v.chair.present);
    assert_exact(v.chair.expected_value, v.chair.value_if_held);
    assert_close(v.chair.expected_value, 1000, 1e-13);
    release(&v);
}

/* --- the hazard that goes on for ever --- */

static json_t *rich_document(void)
{
    json_t *document = chair_document(8, 0.1);
    set(document, "/segments",
        "[{'id':'on','chair':true,'base':60,'growth':{'start':0.5,'end':0.03},'margin':0.4},"
        "{'id':'off','base':40,'growth':0.05,'margin':0.2}]");
    set(document, "/chair",
        "{'hazard':{'start':0.02,'end':0.09},'retention':0.6,'floor':0.15,'margin_loss':0.1}");
    set(document, "/operations/tax", "{'rate':0.21,'nol':30}");
    set(document, "/operations/reinvestment", "{'sales_to_capital':2.5,'lag':1}");
    set(document, "/timing", "'mid'");
    set(document, "/valuation_date", "'2025-04-23'");
    set(document, "/terminal/growth", "0.03");
    set(document, "/bridge", "{'cash':40,'debt':15}");
    set(document, "/dilution", "{'basic':9,'options':[{'count':2,'strike':20}]}");
    return document;
}

/* Year by year for 20,000 years after the horizon: the flow of the state in which the chair then is. */
static void the_hazard_after_the_horizon_agrees_with_twenty_thousand_years(void **state)
{
    (void)state;
    static const double LAST[] = {0.001, 0.09, 0.5, 1};
    for (size_t i = 0; i < COUNT(LAST); i++) {
        struct valued v;
        json_t *document = rich_document();
        set_number(document, "/chair/hazard/end", LAST[i]);
        value(&v, document);
        double w = v.block.terminal_wacc[0], g = v.block.terminal_growth[0], held = 1, terminal = 0;
        double lost[] = {INFINITY, 8};
        sc_evaluate(&v.block, &(struct sc_lanes){.count = 2, .lost = lost});
        double flow_held = v.block.terminal_fcff[0], flow_lost = v.block.terminal_fcff[1];
        for (int year = 1; year <= 20000; year++) {
            held *= 1 - LAST[i];
            terminal += (held * flow_held + (1 - held) * flow_lost) * pow((1 + g) / (1 + w), year);
        }
        double never =
            sc_settle(&v.block, 0, v.block.pv_forecast[0] + terminal * v.block.terminal_discount[0])
                .value_per_share;
        double mixture = v.chair.hold_probability * never;
        for (int year = 1; year <= 8; year++)
            mixture += v.chair.lost_probability[year] * v.chair.value_if_lost[year];
        assert_close(v.chair.forever, mixture, 1e-11);
        assert_null(v.chair.forever_reason);
        release(&v);
    }
}

static void an_exit_multiple_has_no_years_after_the_horizon(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = rich_document();
    set(document, "/terminal", "{'method':'exit_multiple','metric':'ebit','multiple':12}");
    value(&v, document);
    assert_true(isnan(v.chair.forever));
    assert_non_null(v.chair.forever_reason);
    assert_true(isfinite(v.chair.on_value) && isfinite(v.chair.expected_value));
    release(&v);
}

/* --- break-even --- */

static void at_the_break_even_hazard_the_share_is_worth_its_price(void **state)
{
    (void)state;
    size_t found = 0;
    for (int round = 0; round < 200; round++) {
        struct valued v, again;
        json_t *document = rich_document(), *scaled;
        set_number(document, "/chair/hazard/start", random_between(0, 0.3));
        set_number(document, "/chair/hazard/end", random_between(0, 0.3));
        set_number(document, "/chair/retention", random_between(0, 0.9));
        set_number(document, "/price", random_between(2, 60));
        scaled = json_deep_copy(document);
        value(&v, document);
        if (isnan(v.chair.break_even)) {
            assert_non_null(v.chair.break_even_reason);
            release(&v);
            json_decref(scaled);
            continue;
        }
        found++;
        double factor = v.chair.break_even_factor;
        set_number(scaled, "/chair/hazard/start",
                   factor * sc_plan_value(v.plan, v.plan->chair.hazard.slot, 0));
        set_number(scaled, "/chair/hazard/end",
                   factor * sc_plan_value(v.plan, (sc_slot)(v.plan->chair.hazard.slot + 1), 0));
        value(&again, scaled);
        assert_close(again.chair.expected_value, v.plan->driver[v.plan->price], 1e-12);
        assert_close(again.chair.hold_probability, v.chair.break_even, 1e-11);
        release(&v);
        release(&again);
    }
    assert_true(found > 50);
}

/* One year: the price is the mixture itself. */
static void break_even_is_linear_over_one_year(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = chair_document(1, 0.4);
    set(document, "/price", "350");
    value(&v, document);
    assert_close(v.chair.break_even, 0.35, 1e-13);
    assert_close(v.chair.break_even_factor, 0.65 / 0.4, 1e-13);
    release(&v);
}

static void a_price_outside_the_reach_of_the_hazard_has_no_break_even(void **state)
{
    (void)state;
    struct valued v;
    json_t *document = chair_document(3, 0.4);
    set(document, "/price", "1001");
    value(&v, document);
    assert_true(isnan(v.chair.break_even));
    assert_non_null(strstr(v.chair.break_even_reason, "below the price"));
    release(&v);
    document = chair_document(3, 0.4);
    set(document, "/segments/0/base", "80");
    json_array_append_new(json_object_get(document, "segments"),
                          json_of("{'id':'rest','base':20,'growth':0,'margin':1}"));
    set(document, "/price", "199");
    value(&v, document);
    assert_true(isnan(v.chair.break_even));
    assert_non_null(strstr(v.chair.break_even_reason, "above the price"));
    release(&v);
}

/* --- lanes --- */

enum { OWN_ROWS = 14 };

static const double *own_row(const struct sc_block *b, size_t row)
{
    const double *const rows[OWN_ROWS] = {
        b->curve_k,         b->curve_mid,        b->curve_floor,       b->curve_ceiling,
        b->terminal_growth, b->terminal_wacc,    b->terminal_tax_rate, b->terminal_nopat,
        b->terminal_fcff,   b->terminal_value,   b->terminal_discount, b->pv_terminal,
        b->pv_forecast,     b->enterprise_value,
    };
    return rows[row];
}

/* All figures of a lane of one block and of a lane of another, bit by bit. */
static void assert_same_lane(const struct sc_block *a, const sc_row *rows_a, size_t lane_a,
                             const struct sc_block *b, const sc_row *rows_b, size_t lane_b)
{
    size_t rows = sc_block_size(a->plan) / sizeof(sc_row);
    assert_int_equal(a->fault[lane_a], b->fault[lane_b]);
    if (a->fault[lane_a]) return;
    for (size_t i = 0; i < rows; i++)
        if (memcmp(&rows_a[i][lane_a], &rows_b[i][lane_b], sizeof(double)) != 0)
            fail_msg("row %zu of %zu: lane %zu has %.17g, lane %zu has %.17g", i, rows, lane_a,
                     rows_a[i][lane_a], lane_b, rows_b[i][lane_b]);
    for (size_t i = 0; i < OWN_ROWS; i++)
        assert_memory_equal(&own_row(a, i)[lane_a], &own_row(b, i)[lane_b], sizeof(double));
    const struct sc_settlement *left = &a->settlement[lane_a], *right = &b->settlement[lane_b];
    assert_exact(left->equity, right->equity);
    assert_exact(left->option_value, right->option_value);
    assert_exact(left->value_per_share, right->value_per_share);
    assert_exact(left->diluted_shares, right->diluted_shares);
    assert_int_equal(left->pinned, right->pinned);
}

enum { CHANGES_MOST = 6 };

struct trial {
    struct sc_change change[CHANGES_MOST];
    double value[CHANGES_MOST][SC_LANES], lost[SC_LANES];
    size_t changes, lanes;
};

static void random_trial(const struct sc_plan *plan, struct trial *trial)
{
    trial->lanes = 1 + random_below(SC_LANES);
    trial->changes = random_below(CHANGES_MOST + 1);
    for (size_t i = 0; i < trial->changes; i++) {
        sc_slot slot = (sc_slot)random_below(plan->slots);
        trial->change[i] = (struct sc_change){.slot = slot, .value = trial->value[i]};
        for (size_t lane = 0; lane < trial->lanes; lane++)
            trial->value[i][lane] = plan->driver[slot] * (random_below(4) ? random_between(0.8, 1.2) : 1) +
                                    (random_below(20) ? 0 : random_between(-0.5, 0.5));
    }
    for (size_t lane = 0; lane < trial->lanes; lane++)
        trial->lost[lane] = random_below(2) ? INFINITY : 1 + (double)random_below((size_t)plan->horizon);
}

static void evaluate_one(struct sc_block *block, const struct trial *trial, size_t lane)
{
    struct sc_change change[CHANGES_MOST];
    for (size_t i = 0; i < trial->changes; i++)
        change[i] = (struct sc_change){.slot = trial->change[i].slot, .value = &trial->value[i][lane]};
    sc_evaluate(
        block, &(struct sc_lanes){
                   .count = 1, .lost = &trial->lost[lane], .change = change, .change_count = trial->changes});
}

static json_t *stored(const char *name)
{
    char path[256];
    json_error_t error;
    snprintf(path, sizeof path, "tests/unit/cases/documents/%s.json", name);
    json_t *document = json_load_file(path, 0, &error);
    if (!document) fail_msg("%s: %s", path, error.text);
    return document;
}

static void assert_lanes_agree(json_t *document, int rounds)
{
    struct valued v;
    struct sc_block one;
    size_t faulty = 0, sound = 0;
    value(&v, document);
    sc_row *many_rows = sc_arena_alloc(&v.arena, sc_block_size(v.plan));
    sc_row *one_rows = sc_arena_alloc(&v.arena, sc_block_size(v.plan));
    assert_true(many_rows && one_rows);
    sc_block_init(&v.block, v.plan, many_rows);
    sc_block_init(&one, v.plan, one_rows);
    for (int round = 0; round < rounds; round++) {
        struct trial trial;
        random_trial(v.plan, &trial);
        sc_evaluate(&v.block, &(struct sc_lanes){.count = trial.lanes,
                                                 .lost = trial.lost,
                                                 .change = trial.change,
                                                 .change_count = trial.changes});
        for (size_t lane = 0; lane < trial.lanes; lane++) {
            evaluate_one(&one, &trial, lane);
            assert_same_lane(&v.block, many_rows, lane, &one, one_rows, 0);
            *(v.block.fault[lane] ? &faulty : &sound) += 1;
        }
    }
    assert_true(sound > faulty);
    assert_true(faulty > 0);
    release(&v);
}

static void every_lane_gives_the_bits_of_a_lane_alone(void **state)
{
    (void)state;
    assert_lanes_agree(stored("amd-base"), 200);
    json_t *document = rich_document();
    set(document, "/dilution/method", "'option_value'");
    set(document, "/dilution/options/0", "{'count':2,'strike':20,'years':4,'volatility':0.5,'rate':0.03}");
    set(document, "/dilution/warrants", "[{'count':1,'strike':1,'threshold':20}]");
    set(document, "/discount",
        "{'capm':{'risk_free':0.04,'erp':0.05,'beta_unlevered':1.1,'debt_to_value':0.1}}");
    assert_lanes_agree(document, 400);
}

static void a_faulty_lane_leaves_the_others_alone(void **state)
{
    (void)state;
    struct valued v;
    struct sc_faults faults = {0};
    value(&v, stored("amd-base"));
    double plain = v.chair.value_if_held;
    double growth[5], margin[5], share[5], ceiling[5], lost[5];
    const struct sc_change change[] = {
        {slot_at(v.plan, "/terminal/growth"), growth},
        {slot_at(v.plan, "/segments/0/margin/end"), margin},
        {slot_at(v.plan, "/seats/0/training/start"), share},
        {slot_at(v.plan, "/market/inference_share/ceiling"), ceiling},
    };
    for (size_t lane = 0; lane < 5; lane++) {
        growth[lane] = lane == 1 ? 0.5 : v.plan->driver[change[0].slot];
        margin[lane] = lane == 2 ? NAN : v.plan->driver[change[1].slot];
        share[lane] = lane == 3 ? 0.99 : v.plan->driver[change[2].slot];
        ceiling[lane] = lane == 4 ? 0.45 : v.plan->driver[change[3].slot];
        lost[lane] = INFINITY;
    }
    sc_evaluate(&v.block, &(struct sc_lanes){.count = 5, .lost = lost, .change = change, .change_count = 4});
    static const uint32_t FAULT[] = {0, SC_LANE_GROWTH, SC_LANE_DOMAIN, SC_LANE_SHARES, SC_LANE_FIT};
    static const enum sc_fault_code CODE[] = {SC_FAULT_CODES, SC_FAULT_growth_not_below_discount_rate,
                                              SC_FAULT_not_computable, SC_FAULT_shares_exceed_one,
                                              SC_FAULT_fit_failed};
    assert_exact(v.block.settlement[0].value_per_share, plain);
    assert_int_equal(v.block.fault[0], 0);
    for (size_t lane = 1; lane < 5; lane++) {
        assert_true(v.block.fault[lane] & FAULT[lane]);
        faults.count = 0;
        sc_block_explain(&v.block, lane, &faults);
        assert_true(faults.count > 0);
        assert_int_equal(faults.item[0].code, CODE[lane]);
    }
    release(&v);
}

/* Horizon 30: 31 branches, two chunks of lanes. */
static void branches_beyond_a_chunk_agree_with_one_by_one(void **state)
{
    (void)state;
    static const int HORIZON[] = {14, 15, 16, 17, 29, 30};
    for (size_t i = 0; i < COUNT(HORIZON); i++) {
        struct valued v;
        json_t *document = rich_document();
        set_json(document, "/horizon", json_integer(HORIZON[i]));
        value(&v, document);
        double held = v.block.settlement[0].value_per_share;
        assert_exact(held, v.chair.value_if_held);
        for (int year = 0; year <= HORIZON[i]; year++) {
            double lost[] = {year == 0 ? INFINITY : year};
            sc_evaluate(&v.block, &(struct sc_lanes){.count = 1, .lost = lost});
            assert_exact(v.block.settlement[0].value_per_share,
                         year == 0 ? held : v.chair.value_if_lost[year]);
        }
        release(&v);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_constant_hazard_is_a_geometric_sum),
        cmocka_unit_test(a_hazard_of_0_keeps_the_chair_in_every_placement),
        cmocka_unit_test(a_hazard_of_1_loses_the_chair_at_once),
        cmocka_unit_test_setup(probabilities_of_all_branches_add_up_to_1, seed_random),
        cmocka_unit_test(what_is_lost_fades_to_the_floor_and_takes_margin_with_it),
        cmocka_unit_test(the_chair_is_worth_what_goes_with_it),
        cmocka_unit_test(without_a_chair_the_headline_is_the_value_if_held),
        cmocka_unit_test(the_hazard_after_the_horizon_agrees_with_twenty_thousand_years),
        cmocka_unit_test(an_exit_multiple_has_no_years_after_the_horizon),
        cmocka_unit_test_setup(at_the_break_even_hazard_the_share_is_worth_its_price, seed_random),
        cmocka_unit_test(break_even_is_linear_over_one_year),
        cmocka_unit_test(a_price_outside_the_reach_of_the_hazard_has_no_break_even),
        cmocka_unit_test_setup(every_lane_gives_the_bits_of_a_lane_alone, seed_random),
        cmocka_unit_test(a_faulty_lane_leaves_the_others_alone),
        cmocka_unit_test(branches_beyond_a_chunk_agree_with_one_by_one),
    };
    return cmocka_run_group_tests_name("chair", tests, NULL, NULL);
}
