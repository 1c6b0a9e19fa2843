/* What a document says of the uncertainty of its drivers: compiled, or refused with the right place and
 * sentence. The cases are data: tests/unit/cases/documents/uncertainty.json. Alone: `make unit
 * T=test_uncertainty`. */
#include "scenarios.h"
#include "secondchair/uncertainty.h"

#include <math.h>

static struct sc_uncertainty uncertainty;

/* Of the document at hand; all lives until the next compilation. */
static bool compile_uncertainty(const json_t *given, const json_t *document, const char *place)
{
    const struct sc_plan *plan = compile(document);
    expect(plan != NULL, "the document", "compiles");
    return sc_uncertainty_compile(given, document, plan, place, &arena, &uncertainty, &faults);
}

static void each_case_is_compiled_or_named(void **state)
{
    (void)state;
    json_t *cases = load("uncertainty.json"), *one;
    size_t i;
    json_array_foreach (cases, i, one) {
        json_t *document = load("amd-base.json");
        const char *about = json_string_value(json_object_get(one, "about"));
        const json_t *wanted = json_object_get(one, "faults");
        apply_edits(document, one);
        bool sound = compile_uncertainty(json_object_get(one, "uncertainty"), document, "/uncertainty");
        expect(sound == !wanted, about, "is refused or not");
        expect_faults(about, wanted);
        json_decref(document);
    }
    assert_true(json_array_size(cases) > 90);
    json_decref(cases);
}

/* The same shape is refused where it stands in a document, with the same sentences. */
static void a_document_has_the_same_faults_of_shape(void **state)
{
    (void)state;
    json_t *cases = load("uncertainty.json"), *one;
    static struct sc_faults own;
    size_t i, seen = 0;
    json_array_foreach (cases, i, one) {
        json_t *document = load("amd-base.json");
        apply_edits(document, one);
        compile_uncertainty(json_object_get(one, "uncertainty"), document, "/uncertainty");
        own = faults;
        json_object_set(document, "uncertainty", json_object_get(one, "uncertainty"));
        bool sound = compile(document) != NULL;
        for (size_t j = 0; !sound && j < faults.count; j++, seen++) {
            assert_string_equal(faults.item[j].pointer, own.item[j].pointer);
            assert_string_equal(faults.item[j].detail, own.item[j].detail);
        }
        json_decref(document);
    }
    assert_true(seen > 15);
    json_decref(cases);
}

static void expect_driver(size_t index, const char *pointer, int kind, const double *parameter, size_t count)
{
    const struct sc_uncertain *driver = &uncertainty.driver[index];
    assert_string_equal(driver->pointer, pointer);
    assert_int_equal(driver->distribution.kind, kind);
    for (size_t i = 0; i < count; i++) assert_true(driver->distribution.parameter[i] == parameter[i]);
}

static void drivers_land_with_slot_bounds_and_parameters(void **state)
{
    (void)state;
    static const char text[] =
        "{\"drivers\": ["
        "{\"pointer\": \"/discount/wacc/end\", \"distribution\": {\"kind\": \"normal\", \"mean\": 0.088, "
        "\"sd\": "
        "0.01, \"max\": 0.12}},"
        "{\"pointer\": \"/seats/1/inference/end\", \"distribution\": {\"kind\": \"pert\", \"low\": 0.05, "
        "\"mode\": "
        "0.12, \"high\": 0.2}},"
        "{\"pointer\": \"/chair/hazard\", \"distribution\": {\"kind\": \"beta\", \"alpha\": 6, \"beta\": "
        "144}},"
        "{\"pointer\": \"/terminal/growth\", \"distribution\": {\"kind\": \"student_t\", \"location\": "
        "0.035, "
        "\"scale\": 0.005, \"dof\": 5, \"min\": 0.01}},"
        "{\"pointer\": \"/market/growth/1\", \"distribution\": {\"kind\": \"discrete\", \"values\": [0.2, "
        "0.4], "
        "\"weights\": [1, 3]}},"
        "{\"pointer\": \"/market/inference_share\", \"distribution\": {\"kind\": \"fit\"}}],"
        "\"correlation\": {\"kind\": \"spearman\", \"matrix\": "
        "[[1,0.5,0,0,0,0],[0.5,1,0,0,0,0],[0,0,1,0,0,0],"
        "[0,0,0,1,0,0],[0,0,0,0,1,0],[0,0,0,0,0,1]]}}";
    json_t *document = load("amd-base.json"), *given = parse(text);
    expect(compile_uncertainty(given, document, "/uncertainty"), "six drivers", "compile");
    const struct sc_plan *plan = compile(document);
    expect(sc_uncertainty_compile(given, document, plan, "/uncertainty", &arena, &uncertainty, &faults),
           "again", "compiles");
    assert_int_equal(uncertainty.count, 6);
    expect_driver(0, "/discount/wacc/end", SC_NORMAL, (double[]){0.088, 0.01}, 2);
    expect_driver(1, "/seats/1/inference/end", SC_PERT, (double[]){0.05, 0.12, 0.2, 4}, 4);
    expect_driver(2, "/chair/hazard", SC_BETA, (double[]){6, 144, 0, 1}, 4);
    expect_driver(3, "/terminal/growth", SC_STUDENT_T, (double[]){0.035, 0.005, 5}, 3);
    expect_driver(4, "/market/growth/1", SC_DISCRETE, NULL, 0);
    expect_driver(5, "/market/inference_share", SC_FITTED_CURVE, NULL, 0);
    const struct sc_uncertain *driver = uncertainty.driver;
    assert_int_equal(driver[0].slot, plan->discount.wacc.slot + 1);
    assert_int_equal(driver[2].slot, plan->chair.hazard.slot);
    assert_int_equal(driver[3].slot, plan->terminal.growth);
    assert_int_equal(driver[5].slot, SC_NO_SLOT);
    assert_null(driver[5].bounds);
    assert_true(sc_field_allows(driver[2].bounds, 0) && !sc_field_allows(driver[2].bounds, -1e-9));
    assert_true(sc_field_allows(driver[0].bounds, 1) && !sc_field_allows(driver[0].bounds, -1));
    assert_true(driver[0].distribution.min == -INFINITY && driver[0].distribution.max == 0.12);
    assert_true(driver[3].distribution.min == 0.01 && driver[3].distribution.max == INFINITY);
    assert_int_equal(driver[4].distribution.count, 2);
    assert_true(driver[4].distribution.value[1] == 0.4 && driver[4].distribution.weight[1] == 3);
    assert_true(uncertainty.correlated && uncertainty.spearman && !uncertainty.repair);
    assert_true(uncertainty.matrix[1] == 0.5 && uncertainty.matrix[6] == 0.5 && uncertainty.matrix[7] == 1);
    json_decref(given);
    json_decref(document);
}

static void without_a_matrix_drivers_are_independent(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json"), *given = parse("{\"drivers\": []}");
    expect(compile_uncertainty(given, document, "/uncertainty"), "no drivers", "compile");
    assert_true(uncertainty.count == 0 && !uncertainty.correlated && !uncertainty.matrix);
    json_decref(given);
    json_decref(document);
}

static void faults_stand_under_the_place_of_the_question(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json");
    json_t *given = parse("{\"drivers\": [{\"pointer\": \"/price\", \"distribution\": {\"kind\": \"normal\", "
                          "\"mean\": 300, \"deviation\": 1}}, {\"pointer\": \"/prise\"}]}");
    assert_false(compile_uncertainty(given, document, "/questions/3/uncertainty"));
    expect(faults.count == 3, "three faults", "are found");
    assert_non_null(find_fault("/questions/3/uncertainty/drivers/0/distribution/deviation", "unknown_field"));
    assert_non_null(find_fault("/questions/3/uncertainty/drivers/1/distribution", "missing"));
    assert_non_null(find_fault("/questions/3/uncertainty/drivers/1/pointer", "bad_pointer"));
    json_decref(given);
    json_decref(document);
}

/* The figures of distributions are no drivers: with them a plan has the numbers that it has without. */
static void a_plan_does_not_grow_by_its_uncertainty(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json"), *cases = load("uncertainty.json");
    size_t slots = compile(document)->slots;
    json_object_set(document, "uncertainty", json_object_get(json_array_get(cases, 1), "uncertainty"));
    const struct sc_plan *plan = compile(document);
    expect(plan != NULL, "a document with every family", "compiles");
    assert_int_equal(plan->slots, slots);
    json_decref(cases);
    json_decref(document);
}

static void no_memory_is_no_fault(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json"), *cases = load("uncertainty.json");
    const json_t *given = json_object_get(json_array_get(cases, 10), "uncertainty");
    const struct sc_plan *plan = compile(document);
    bool compiled = false;
    for (size_t limit = 0; limit < 1 << 20; limit += limit < 8192 ? 64 : 16384) {
        struct sc_arena small;
        sc_arena_init(&small, limit);
        bool fits =
            sc_uncertainty_compile(given, document, plan, "/uncertainty", &small, &uncertainty, &faults);
        assert_int_equal(faults.count, 0);
        assert_true(fits || !compiled);
        compiled = fits;
        sc_arena_fini(&small);
    }
    assert_true(compiled);
    json_decref(cases);
    json_decref(document);
}

/* What the table lets through as a parameter can be drawn from. */
static void bounds_of_the_table_are_within_the_domain(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json");
    for (int kind = SC_NORMAL; kind < SC_DISCRETE; kind++) {
        for (unsigned ends = 0; ends < 16; ends++) {
            const char *name;
            json_t *distribution = json_object();
            const struct sc_field *kinds = SC_DISTRIBUTION_FIELDS;
            json_object_set_new(distribution, "kind", json_string(kinds->choice[kind]));
            for (size_t i = 0; (name = sc_distribution_parameter(kind, i)); i++) {
                const struct sc_field *field = SC_DISTRIBUTION_FIELDS;
                while (strcmp(field->name, name) != 0) field++;
                json_object_set_new(distribution, name, json_real(ends & 1u << i ? field->high : field->low));
            }
            json_t *given = json_pack("{s:[{s:s, s:o}]}", "drivers", "pointer",
                                      "/operations/invested_capital", "distribution", distribution);
            json_object_set_new(json_object_get(document, "operations"), "invested_capital", json_real(1));
            compile_uncertainty(given, document, "/uncertainty");
            for (size_t i = 0; i < faults.count; i++) {
                bool order = strstr(faults.item[i].detail, "high") != NULL;
                bool support = strstr(faults.item[i].detail, "every draw would be rejected") != NULL;
                expect(order || support, kinds->choice[kind], "takes the bounds of the table");
            }
            json_decref(given);
        }
    }
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_case_is_compiled_or_named),
        cmocka_unit_test(a_document_has_the_same_faults_of_shape),
        cmocka_unit_test(drivers_land_with_slot_bounds_and_parameters),
        cmocka_unit_test(without_a_matrix_drivers_are_independent),
        cmocka_unit_test(faults_stand_under_the_place_of_the_question),
        cmocka_unit_test(a_plan_does_not_grow_by_its_uncertainty),
        cmocka_unit_test(no_memory_is_no_fault),
        cmocka_unit_test(bounds_of_the_table_are_within_the_domain),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
