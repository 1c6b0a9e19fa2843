/* The drivers of scenario documents: moved by overrides, listed as inputs, described by the JSON Schema.
 * Alone, besides `make unit T=test_drivers`, from the top:
 *   gcc -std=c17 -D_GNU_SOURCE -g -fsanitize=address,undefined -Iinclude -Iserver -Itests/unit \
 *       tests/unit/test_drivers.c server/{codec,base,core}/[a-z]*.c \
 *       -ljansson -lsodium -lnettle -lcmocka -lm -lpthread -o build/test_drivers */
#include "codec/writer.h"
#include "scenarios.h"

/* --- overrides --- */

static void overrides_move_drivers_and_nothing_else(void **state)
{
    (void)state;
    json_t *cases = load("overrides.json"), *one, *value;
    size_t i;
    json_array_foreach (cases, i, one) {
        json_t *document = load("amd-base.json");
        const char *about = json_string_value(json_object_get(one, "about")), *pointer;
        const json_t *wanted = json_object_get(one, "faults");
        apply_edits(document, one);
        json_t *before = json_deep_copy(document);
        faults = (struct sc_faults){.count = 0};
        json_t *moved = sc_document_override(document, json_object_get(one, "overrides"), &faults);
        expect((moved == NULL) == (wanted != NULL), about, "is refused or not");
        expect_faults(about, wanted);
        json_object_foreach (json_object_get(one, "becomes"), pointer, value)
            assert_same(json_incref(sc_pointer_get(moved, pointer)), json_incref(value), about);
        if (moved) expect(compile(moved) != NULL, about, "compiles");
        assert_same(document, before, "the document is untouched");
        json_decref(moved);
    }
    json_decref(cases);
}

/* A driver moved by the pointer of its slot moves that slot and no other. */
static void moving_a_slot_by_its_pointer_moves_it_alone(void **state)
{
    (void)state;
    static const char must_be_whole[] = "/schema /horizon /market/base_year /operations/reinvestment/lag";
    static const char idle[] =
        "/segments/1/capture /segments/2/capture /segments/3/capture"; /* without a seat */
    json_t *document = load("amd-base.json");
    const struct sc_plan *plan = compile(document);
    expect(plan != NULL, "amd-base", "compiles");
    size_t slots = plan->slots, moved_slots = 0;
    double before[256];
    char pointers[256][SC_POINTER_MAX];
    assert_true(slots <= 256);
    for (size_t i = 0; i < slots; i++) {
        before[i] = plan->driver[i];
        sc_plan_pointer(plan, plan->driver_node[i], pointers[i], sizeof pointers[i]);
    }
    for (size_t i = 0; i < slots; i++) assert_int_equal(sc_plan_find(plan, pointers[i]), i);
    for (size_t i = 0; i < slots; i++) {
        double value = before[i] * 0.99 + 0.001;
        json_t *overrides = json_pack("[{s:s, s:f}]", "pointer", pointers[i], "value", value);
        faults = (struct sc_faults){.count = 0};
        json_t *moved = sc_document_override(document, overrides, &faults);
        plan = moved ? compile(moved) : NULL;
        for (size_t j = 0; plan && j < slots; j++)
            assert_true(plan->driver[j] == (j == i ? value : before[j]));
        bool fixed = strstr(must_be_whole, pointers[i]) || strstr(idle, pointers[i]);
        expect((plan == NULL) == fixed, pointers[i], "can be moved");
        moved_slots += plan != NULL;
        json_decref(moved);
        json_decref(overrides);
    }
    assert_int_equal(moved_slots, slots - 7);
    json_decref(document);
}

static void what_is_no_single_number_of_the_plan_has_no_slot(void **state)
{
    (void)state;
    static const char *const pointers[] = {"",
                                           "/",
                                           "//",
                                           "price",
                                           "/pric",
                                           "/prices",
                                           "/price/",
                                           "/terminal",
                                           "/segments/0",
                                           "/segments",
                                           "/segments/0/id",
                                           "/xprice",
                                           "/discount/wacc",
                                           "/segments/9/margin/end",
                                           "/discount/wacc/end/0",
                                           "/segments/00/margin/end",
                                           "/name"};
    json_t *document = load("amd-base.json");
    const struct sc_plan *plan = compile(document);
    expect(plan != NULL, "amd-base", "compiles");
    for (size_t i = 0; i < COUNT(pointers); i++)
        expect(sc_plan_find(plan, pointers[i]) == SC_NO_SLOT, pointers[i], "names no number");
    json_decref(document);
}

static void a_set_parameter_is_an_override(void **state)
{
    (void)state;
    static const char *const cases[][2] = {
        {"/discount/wacc:0.095", "{\"pointer\":\"/discount/wacc\",\"value\":0.095}"},
        {"/price:310", "{\"pointer\":\"/price\",\"value\":310.0}"},
        {"/a:b:-1e-3", "{\"pointer\":\"/a:b\",\"value\":-0.001}"},
        {"/price", NULL},
        {"/price:", NULL},
        {":5", NULL},
        {"", NULL},
        {"/price:5x", NULL},
        {"/price: 5", NULL},
        {"/price:0x10", NULL},
        {"/price:NaN", NULL},
        {"/price:1e999", NULL},
        {"/price:[1]", NULL},
        {"price:5", NULL},
        {"/~2:5", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *is = sc_document_parse_set(cases[i][0]);
        if (cases[i][1])
            assert_same(is, parse(cases[i][1]), cases[i][0]);
        else
            assert_null(is);
    }
}

/* --- inputs and schema --- */

static json_t *finish(struct sc_json_writer *writer)
{
    assert_true(sc_json_finish(writer));
    json_t *value = json_loadb(writer->buffer->data, writer->buffer->length, JSON_REJECT_DUPLICATES, NULL);
    assert_non_null(value);
    sc_buffer_fini(writer->buffer);
    return value;
}

static json_t *list_inputs(const json_t *document, const char *overlay, const char *overrides)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    json_t *own = overlay ? parse(overlay) : NULL, *moved = overrides ? parse(overrides) : NULL;
    sc_buffer_init(&buffer, 1 << 20);
    sc_json_writer_init(&writer, &buffer);
    const struct sc_plan *plan = compile(document);
    expect(plan != NULL, "the document", "compiles");
    sc_document_write_inputs(plan, own, moved, &writer);
    json_decref(own);
    json_decref(moved);
    return finish(&writer);
}

static void expect_input(const json_t *inputs, const char *expected)
{
    json_t *wanted = parse(expected), *one;
    const char *pointer = json_string_value(json_object_get(wanted, "pointer"));
    size_t i, found = 0;
    json_array_foreach ((json_t *)(uintptr_t)inputs, i, one) {
        if (strcmp(json_string_value(json_object_get(one, "pointer")), pointer) != 0) continue;
        assert_same(json_incref(one), json_incref(wanted), pointer);
        found++;
    }
    expect(found == 1, pointer, "is listed once");
    json_decref(wanted);
}

#define INPUT(pointer, value, unit, group, origin)                                                           \
    "{\"pointer\":\"" pointer "\",\"value\":" value ",\"unit\":\"" unit "\",\"group\":\"" group              \
    "\",\"origin\":\"" origin "\"}"

static void inputs_say_where_each_number_comes_from(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json");
    json_t *inputs = list_inputs(document, NULL, "[{\"pointer\":\"/discount/wacc\",\"value\":0.1}]");
    expect_input(inputs, INPUT("/price", "300", "USD per share", "", "document"));
    expect_input(inputs, INPUT("/discount/wacc/start", "0.108", "decimal per year", "discount", "override"));
    expect_input(inputs, INPUT("/bridge/leases", "0", "USD million", "bridge", "default"));
    expect_input(inputs, INPUT("/market/growth/2", "0.28", "decimal per year", "market", "document"));
    expect_input(inputs, INPUT("/dilution/warrants/0/count", "53.3", "million shares", "bridge", "document"));
    json_decref(inputs);
    inputs =
        list_inputs(document, "[{\"pointer\":\"/price\",\"value\":1}]", "[{\"pointer\":\"/bridge/cash\"}]");
    expect_input(inputs, INPUT("/price", "300", "USD per share", "", "document"));
    expect_input(inputs, INPUT("/fair_band", "0.1", "decimal share", "", "parent"));
    expect_input(inputs, INPUT("/bridge/cash", "10552", "USD million", "bridge", "override"));
    expect_input(inputs, INPUT("/bridge/leases", "0", "USD million", "bridge", "default"));
    json_decref(inputs);
    json_t *share = parse("{\"curve\":\"pchip\",\"points\":[[2024,0.4],[2030,0.8]]}");
    assert_int_equal(sc_pointer_set(document, "/market/inference_share", share), SC_POINTER_OK);
    inputs = list_inputs(document, "[]", NULL);
    expect_input(inputs, INPUT("/price", "300", "USD per share", "", "parent"));
    expect_input(inputs, INPUT("/market/inference_share/points/1/0", "2030", "calendar year",
                               "inference_share", "parent"));
    expect_input(inputs, INPUT("/market/inference_share/points/1/1", "0.8", "decimal share",
                               "inference_share", "parent"));
    json_decref(inputs);
    json_decref(document);
}

/* A schema of an object says of each field what the table says. */
static void see_schema(const json_t *root, const json_t *schema, const struct sc_field *fields)
{
    const json_t *members = json_object_get(schema, "properties");
    size_t count = 0, required = 0;
    assert_true(json_is_false(json_object_get(schema, "additionalProperties")));
    for (; fields->name; fields++, count++) {
        const json_t *one = json_object_get(members, fields->name);
        expect(one != NULL, fields->name, "is in the schema");
        assert_string_equal(json_string_value(json_object_get(one, "description")), fields->meaning);
        required += fields->presence == SC_REQUIRED;
        const char *reference = json_string_value(json_object_get(one, "$ref"));
        if (reference)
            expect(sc_pointer_get((json_t *)(uintptr_t)root, reference + 1), reference, "is there");
        assert_int_equal(reference != NULL, fields->kind == SC_KIND_PATH);
        if (fields->kind == SC_KIND_OBJECT) see_schema(root, one, fields->member);
        if (fields->kind == SC_KIND_LIST) see_schema(root, json_object_get(one, "items"), fields->member);
    }
    assert_int_equal(json_object_size(members), count);
    assert_int_equal(json_array_size(json_object_get(schema, "required")), required);
}

static void the_schema_says_what_the_table_says(void **state)
{
    (void)state;
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_buffer_init(&buffer, 1 << 20);
    sc_json_writer_init(&writer, &buffer);
    sc_document_write_schema(&writer);
    json_t *schema = finish(&writer);
    assert_string_equal(json_string_value(json_object_get(schema, "$id")), "/schema/scenario.json");
    see_schema(schema, schema, SC_SCENARIO_FIELDS);
    static const char *const cases[][2] = {
        {"/properties/price/exclusiveMinimum", "0"},
        {"/properties/horizon/default", "10"},
        {"/properties/horizon/type", "\"integer\""},
        {"/properties/timing/enum", "[\"mid\",\"end\"]"},
        {"/properties/timing/default", "\"mid\""},
        {"/properties/bridge/default", "{}"},
        {"/properties/chair/required", "[\"hazard\",\"retention\"]"},
        {"/properties/market/properties/inference_share/properties/curve/enum",
         "[\"logistic\",\"gompertz\",\"pchip\"]"},
        {"/properties/segments/minItems", "1"},
        {"/properties/discount/properties/wacc/x-unit", "\"decimal per year\""},
        {"/properties/discount/properties/wacc/x-group", "\"discount\""},
        {"/properties/market/properties/silicon_content/default", "1"},
        {"/$defs/path_from_year_1_above_-1_at_most_10/oneOf/1/maxItems", "30"},
        {"/$defs/path_from_year_1_above_-1_at_most_10/oneOf/2/properties/end/exclusiveMinimum", "-1"},
        {"/$defs/path_from_year_0_at_least_0_at_most_1/oneOf/1/maxItems", "31"},
        {"/$defs/path_from_year_0_at_least_0_at_most_1/oneOf/2/required", "[\"start\",\"end\"]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_same(json_incref(sc_pointer_get(schema, cases[i][0])), parse(cases[i][1]), cases[i][0]);
    json_decref(schema);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(overrides_move_drivers_and_nothing_else),
        cmocka_unit_test(moving_a_slot_by_its_pointer_moves_it_alone),
        cmocka_unit_test(what_is_no_single_number_of_the_plan_has_no_slot),
        cmocka_unit_test(a_set_parameter_is_an_override),
        cmocka_unit_test(inputs_say_where_each_number_comes_from),
        cmocka_unit_test(the_schema_says_what_the_table_says),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
