/* The branches of a simulated point summed up together (server/core/linear.c) are those that are evaluated
 * year by year, to 1e-12; where a year makes a loss they are evaluated. MODEL 6, 7, 8. */
#include "secondchair/solve.h"
#include "support.h"

enum { POINTS = SC_LANES };
static const double TOLERANCE = 1e-12;

static json_t *amd_with(const char *part, const char *text)
{
    json_error_t error;
    json_t *document = json_load_file("tests/unit/cases/documents/amd-base.json", 0, &error);
    if (!document) fail_msg("amd-base: %s", error.text);
    if (part) set(document, part, text);
    return document;
}

/* With a share of inference that is no curve: that of a simulation is followed from year to year, with other
 * last digits. */
static json_t *plain_amd_with(const char *part, const char *text)
{
    json_t *document = amd_with(part, text);
    set(document, "/market/inference_share", "{'path':{'start':0.4,'end':0.8}}");
    return document;
}

/* One driver over a range, the branches summed up or evaluated. */
static void mix(struct valued *v, const char *pointer, double low, double high, bool sums,
                struct sc_mixture *mixture)
{
    double x[POINTS], elsewhere[POINTS];
    sc_slot slot = slot_at(v->plan, pointer);
    const struct sc_change change[] = {{slot, x}, {slot, elsewhere}, {slot, x}};
    sc_row at_first;
    for (size_t i = 0; i < POINTS; i++) x[i] = low + (high - low) * (double)i / (POINTS - 1);
    for (size_t i = 0; i < POINTS; i++) elsewhere[i] = low;
    sc_block_moves(&v->block, &slot, 1);
    v->block.sums_losses = sums;
    for (size_t i = 0; i < 3;
         i++) { /* what stands still is known from the second time on; no byte may tell */
        sc_mix(&v->block, &(struct sc_lanes){.count = POINTS, .change = &change[i], .change_count = 1},
               mixture);
        if (i == 0) memcpy(at_first, mixture->value, sizeof at_first);
    }
    assert_memory_equal(mixture->value, at_first, sizeof at_first);
}

/* How many of the points have other bytes, which must be near. */
static size_t compare(json_t *document, const char *pointer, double low, double high)
{
    static struct sc_mixture evaluated, summed;
    struct valued v;
    size_t differ = 0;
    value(&v, document);
    mix(&v, pointer, low, high, false, &evaluated);
    mix(&v, pointer, low, high, true, &summed);
    for (size_t lane = 0; lane < POINTS; lane++) {
        bool same = true;
        assert_int_equal(summed.fault[lane], evaluated.fault[lane]);
        for (size_t branch = 0; branch < evaluated.branches; branch++) {
            double one = evaluated.of_branch[branch][lane], other = summed.of_branch[branch][lane];
            same &= memcmp(&one, &other, sizeof one) == 0;
            if (evaluated.fault[lane] == 0) assert_close(other, one, TOLERANCE);
        }
        if (evaluated.fault[lane] == 0) assert_close(summed.value[lane], evaluated.value[lane], TOLERANCE);
        differ += !same;
    }
    release(&v);
    return differ;
}

static void sums_are_the_branches_of_each_terminal_value(void **state)
{
    (void)state;
    static const char *const TERMINALS[] = {
        "{'method':'gordon','growth':0.03}",
        "{'method':'value_driver','growth':0.03,'ronic':0.2,'tax_rate':0.21,'wacc':0.09}",
        "{'method':'h_model','growth':0.03,'half_life':4,'growth_start':0.08}",
        "{'method':'exit_multiple','multiple':4,'metric':'revenue'}",
        "{'method':'exit_multiple','multiple':15,'metric':'ebit'}",
        "{'method':'exit_multiple','multiple':12,'metric':'ebitda'}",
        "{'method':'exit_multiple','multiple':18,'metric':'nopat'}",
    };
    for (size_t i = 0; i < sizeof TERMINALS / sizeof TERMINALS[0]; i++) {
        assert_true(compare(amd_with("/terminal", TERMINALS[i]), "/segments/0/margin/end", 0.25, 0.45) > 0);
        assert_true(compare(amd_with("/terminal", TERMINALS[i]), "/chair/retention", 0, 1) > 0);
        assert_true(compare(amd_with("/terminal", TERMINALS[i]), "/chair/margin_loss", 0, 0.1) > 0);
        assert_true(compare(amd_with("/terminal", TERMINALS[i]), "/chair/floor", 0, 0.99) > 0);
    }
}

static void sums_are_the_branches_of_other_operations(void **state)
{
    (void)state;
    static const char *const PARTS[][2] = {
        {"/operations/sbc", "{'share_of_revenue':0.05,'treatment':'addback'}"},
        {"/operations/sbc", "{'share_of_revenue':0.05,'treatment':'expense'}"},
        {"/failure", "{'probability':0.1,'recovery':0.3}"},
        {"/dilution/options", "[{'count':30,'strike':120},{'count':9,'strike':280}]"},
        {"/operations/reinvestment/working_capital", "{'start':0.3,'end':0.1}"},
    };
    for (size_t i = 0; i < sizeof PARTS / sizeof PARTS[0]; i++)
        assert_true(compare(amd_with(PARTS[i][0], PARTS[i][1]), "/market/growth/1", 0.1, 0.8) > 0);
}

/* What stands still is added up once: whichever driver it is that moves, nothing is left out. */
static void whatever_moves_the_rest_is_there(void **state)
{
    (void)state;
    static const char *const POINTERS[] = {
        "/market/growth/1",           "/market/total_spend",    "/seats/0/training/end",
        "/seats/1/inference/start",   "/segments/0/margin/end", "/segments/1/margin/end",
        "/segments/2/base",           "/segments/3/growth/end", "/segments/4/capture",
        "/segments/4/margin",         "/segments/5/values/3",   "/operations/tax/rate/end",
        "/discount/wacc/end",         "/dilution/basic",        "/dilution/warrants/1/threshold",
        "/dilution/warrants/3/count",
    };
    for (size_t i = 0; i < sizeof POINTERS / sizeof POINTERS[0]; i++) {
        struct valued v;
        json_t *document = amd_with(NULL, NULL), *segments = json_object_get(document, "segments");
        json_array_append_new(segments, json_of("{'id':'rent','seat':'nvidia','capture':0.1,'margin':0.2}"));
        json_array_append_new(
            segments, json_of("{'id':'known','values':[90,80,70,60,50,50,50,50,40,40],'margin':0.2}"));
        value(&v, document);
        double here = v.plan->driver[slot_at(v.plan, POINTERS[i])];
        document = json_incref(v.document);
        release(&v);
        compare(document, POINTERS[i], here, 1.01 * here);
    }
}

/* A loss, or losses carried forward from before, make tax other than linear: the bytes are those of the
 * branches evaluated, lane by lane. */
static void lanes_that_make_a_loss_are_evaluated(void **state)
{
    (void)state;
    assert_int_equal(
        compare(plain_amd_with("/operations/tax", "{'rate':0.2,'nol':40000}"), "/chair/retention", 0, 1), 0);
    assert_int_equal(compare(plain_amd_with(NULL, NULL), "/operations/corporate_cost/start", 0.6, 0.9), 0);
    assert_int_equal(compare(plain_amd_with(NULL, NULL), "/chair/margin_loss", 3, 9), 0);
    size_t some = compare(plain_amd_with(NULL, NULL), "/chair/margin_loss", 0, 9);
    assert_true(some > 0 && some < POINTS);
}

static void what_has_no_value_has_none_either_way(void **state)
{
    (void)state;
    compare(amd_with(NULL, NULL), "/terminal/growth", 0.02, 0.12);
    compare(amd_with(NULL, NULL), "/discount/wacc/end", -0.9, 0.1);
    compare(amd_with(NULL, NULL), "/seats/1/training/end", 0, 0.9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sums_are_the_branches_of_each_terminal_value),
        cmocka_unit_test(sums_are_the_branches_of_other_operations),
        cmocka_unit_test(whatever_moves_the_rest_is_there),
        cmocka_unit_test(lanes_that_make_a_loss_are_evaluated),
        cmocka_unit_test(what_has_no_value_has_none_either_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
