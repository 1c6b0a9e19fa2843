/* Scenario documents: compiled into plans, or refused with the right place and sentence. The cases are data:
 * tests/unit/cases/documents. Alone, besides `make unit T=test_document`, from the top:
 *   gcc -std=c17 -D_GNU_SOURCE -g -fsanitize=address,undefined -Iinclude -Iserver -Itests/unit \
 *       tests/unit/test_document.c server/{codec,base,core}/[a-z]*.c \
 *       -ljansson -lsodium -lnettle -lcmocka -lm -lpthread -o build/test_document */
#include "codec/document_reading.h"
#include "scenarios.h"

/* --- what a document becomes --- */

static void expect_slot(const struct sc_plan *plan, sc_slot slot, const char *pointer, double value)
{
    char found[SC_POINTER_MAX];
    assert_int_not_equal(slot, SC_NO_SLOT);
    assert_true(slot < plan->slots);
    assert_string_equal(sc_plan_pointer(plan, plan->driver_node[slot], found, sizeof found), pointer);
    assert_true(plan->driver[slot] == value);
}

static void expect_path(const struct sc_plan *plan, const struct sc_path *path, enum sc_path_form form,
                        const char *pointer, const char *first, double value)
{
    char found[SC_POINTER_MAX];
    assert_int_equal(path->form, form);
    assert_string_equal(sc_plan_pointer(plan, path->node, found, sizeof found), pointer);
    expect_slot(plan, path->slot, first, value);
}

static void amd_base_lands_in_the_plan(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json");
    const struct sc_plan *plan = compile(document);
    expect(plan != NULL, "amd-base", "compiles");
    expect_slot(plan, plan->schema, "/schema", 1);
    expect_slot(plan, plan->price, "/price", 300);
    expect_slot(plan, plan->fair_band, "/fair_band", 0.1);
    expect_slot(plan, plan->horizon_slot, "/horizon", 10);
    expect_slot(plan, plan->market.base_year, "/market/base_year", 2025);
    expect_slot(plan, plan->market.total_spend, "/market/total_spend", 400000);
    expect_slot(plan, plan->market.inference_share.ceiling, "/market/inference_share/ceiling", 0.9);
    expect_slot(plan, plan->segment[1].base, "/segments/1/base", 9600);
    expect_slot(plan, plan->operations.base_revenue, "/operations/base_revenue", 34639);
    expect_slot(plan, plan->operations.tax.nol, "/operations/tax/nol", 0);
    expect_slot(plan, plan->terminal.ronic, "/terminal/ronic", 0.25);
    expect_slot(plan, plan->bridge.debt, "/bridge/debt", 3222);
    expect_slot(plan, plan->dilution.basic, "/dilution/basic", 1630);
    expect_slot(plan, plan->dilution.warrant[2].threshold, "/dilution/warrants/2/threshold", 600);
    expect_slot(plan, plan->dilution.warrant[5].count, "/dilution/warrants/5/count", 53.4);
    expect_slot(plan, plan->chair.margin_loss, "/chair/margin_loss", 0.06);
    expect_slot(plan, plan->returns.reinvestment_rate, "/returns/reinvestment_rate", 0.04);
    const struct sc_observation *seen = plan->market.inference_share.observation;
    assert_int_equal(plan->market.inference_share.observation_count, 4);
    expect_slot(plan, seen[3].high, "/market/inference_share/observations/3/high", 0.8);
    assert_int_equal(seen[3].value, SC_NO_SLOT);
    assert_int_equal(plan->horizon, 10);
    assert_int_equal(plan->valuation_date, 20566);
    assert_int_equal(plan->base_year_end, 20449);
    assert_string_equal(plan->name, "AMD, base case");
    assert_int_equal(plan->timing, SC_TIMING_MID);
    assert_int_equal(plan->terminal.method, SC_VALUE_DRIVER);
    assert_int_equal(plan->market.inference_share.curve, SC_CURVE_LOGISTIC);
    assert_int_equal(plan->seat_count, 6);
    assert_true(plan->seat[5].residual && !plan->seat[4].residual);
    assert_string_equal(plan->seat[2].id, "google-tpu");
    assert_string_equal(plan->segment[0].seat, "amd");
    assert_true(plan->segment[0].chair && !plan->segment[1].chair && plan->segment[1].seat == NULL);
    assert_true(plan->dilution.present && plan->dilution.option_count == 0 &&
                plan->dilution.warrant_count == 6);
    json_decref(document);
}

static void paths_take_their_three_forms(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json");
    const struct sc_plan *plan = compile(document);
    expect(plan != NULL, "amd-base", "compiles");
    const struct sc_path *path = &plan->market.growth;
    expect_path(plan, path, SC_PATH_VALUES, "/market/growth", "/market/growth/0", 0.6);
    expect_slot(plan, path->slot + 9, "/market/growth/9", 0.05);
    assert_true(path->count == 10 && path->first_year == 1);
    path = &plan->market.silicon_content;
    expect_path(plan, path, SC_PATH_CONSTANT, "/market/silicon_content", "/market/silicon_content", 0.65);
    assert_int_equal(path->first_year, 0);
    path = &plan->seat[1].inference;
    expect_path(plan, path, SC_PATH_RAMP, "/seats/1/inference", "/seats/1/inference/start", 0.04);
    expect_slot(plan, path->slot + 1, "/seats/1/inference/end", 0.12);
    assert_true(path->shape == SC_SHAPE_LOGISTIC && path->from == 0 && path->to == 6);
    path = &plan->discount.wacc;
    expect_path(plan, path, SC_PATH_RAMP, "/discount/wacc", "/discount/wacc/start", 0.108);
    assert_true(path->shape == SC_SHAPE_LINEAR && path->from == 1 && path->to == 10);
    path = &plan->operations.tax.rate;
    expect_path(plan, path, SC_PATH_RAMP, "/operations/tax/rate", "/operations/tax/rate/start", 0.13);
    expect_path(plan, &plan->segment[2].margin, SC_PATH_CONSTANT, "/segments/2/margin", "/segments/2/margin",
                0.19);
    assert_int_equal(plan->operations.reinvestment.sales_to_capital.form, SC_PATH_ABSENT);
    assert_int_equal(plan->segment[1].values.form, SC_PATH_ABSENT);
    json_decref(document);
}

static void what_is_absent_is_a_default_or_nothing(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json");
    static const char *const gone[] = {"/bridge",    "/returns", "/horizon",
                                       "/fair_band", "/chair",   "/segments/0/capture"};
    for (size_t i = 0; i < COUNT(gone); i++)
        assert_int_equal(sc_pointer_remove(document, gone[i]), SC_POINTER_OK);
    const struct sc_plan *plan = compile(document);
    expect(plan != NULL, "amd-base without its optional members", "compiles");
    assert_true(plan->bridge.present && plan->returns.present && !plan->chair.present &&
                !plan->failure.present);
    expect_slot(plan, plan->bridge.cash, "/bridge/cash", 0);
    expect_slot(plan, plan->fair_band, "/fair_band", 0.1);
    expect_slot(plan, plan->horizon_slot, "/horizon", 10);
    expect_slot(plan, plan->operations.tax.nol_limit, "/operations/tax/nol_limit", 0.8);
    expect_slot(plan, plan->market.inference_share.observation[0].sigma,
                "/market/inference_share/observations/0/sigma", 0.25);
    expect_path(plan, &plan->segment[0].capture, SC_PATH_CONSTANT, "/segments/0/capture",
                "/segments/0/capture", 1);
    assert_int_equal(plan->driver_origin[plan->bridge.cash], SC_FROM_DEFAULT);
    assert_int_equal(plan->driver_origin[plan->price], SC_FROM_DOCUMENT);
    assert_int_equal(plan->chair.retention, SC_NO_SLOT);
    assert_int_equal(plan->chair.hazard.form, SC_PATH_ABSENT);
    assert_int_equal(plan->failure.recovery, SC_NO_SLOT);
    assert_int_equal(plan->terminal.multiple, SC_NO_SLOT);
    assert_int_equal(plan->terminal.metric, SC_METRIC_ABSENT);
    assert_int_equal(plan->terminal.capm.erp, SC_NO_SLOT);
    assert_int_equal(plan->market.inference_share.k, SC_NO_SLOT);
    assert_null(plan->seat[0].group);
    json_decref(document);
}

/* Every slot's pointer leads back to its number, and no number but a ramp's years is left out. */
static size_t count_numbers(const json_t *value)
{
    size_t count = json_is_number(value) ? 1 : 0;
    const char *key;
    json_t *part;
    size_t i;
    json_array_foreach ((json_t *)(uintptr_t)value, i, part) count += count_numbers(part);
    json_object_foreach ((json_t *)(uintptr_t)value, key, part)
        if (strcmp(key, "from") != 0 && strcmp(key, "to") != 0) count += count_numbers(part);
    return count;
}

static void every_number_has_a_slot(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json");
    const struct sc_plan *plan = compile(document);
    expect(plan != NULL, "amd-base", "compiles");
    size_t given = 0;
    for (size_t slot = 0; slot < plan->slots; slot++) {
        char pointer[SC_POINTER_MAX];
        sc_plan_pointer(plan, plan->driver_node[slot], pointer, sizeof pointer);
        const json_t *value = sc_pointer_get(document, pointer);
        assert_int_equal(value != NULL, plan->driver_origin[slot] == SC_FROM_DOCUMENT);
        if (!value) continue;
        assert_true(json_number_value(value) == plan->driver[slot]);
        given++;
    }
    assert_int_equal(given, count_numbers(document));
    json_decref(document);
}

/* --- what is wrong with a document --- */

static void each_fault_has_its_place_and_sentence(void **state)
{
    (void)state;
    json_t *cases = load("faults.json"), *one;
    size_t i;
    json_array_foreach (cases, i, one) {
        json_t *document = load("amd-base.json");
        const char *about = json_string_value(json_object_get(one, "about"));
        apply_edits(document, one);
        expect(compile(document) == NULL, about, "is refused");
        expect_faults(about, json_object_get(one, "faults"));
        json_decref(document);
    }
    json_decref(cases);
}

static void a_root_that_is_no_object_is_a_wrong_type(void **state)
{
    (void)state;
    static const char *const roots[] = {"5", "[]", "null", "\"text\"", "true"};
    for (size_t i = 0; i < COUNT(roots); i++) {
        json_t *document = parse(roots[i]);
        assert_null(compile(document));
        expect(faults.count == 1 && find_fault("", "wrong_type"), roots[i], "is no document");
        json_decref(document);
    }
}

static void faults_beyond_the_maximum_are_counted(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json");
    for (int i = 0; i < 5000; i++) {
        char name[600];
        snprintf(name, sizeof name, "%0*d\xc3\xa9", i % 590, i);
        json_object_set_new(document, name, json_null());
    }
    assert_null(compile(document));
    assert_int_equal(faults.count, SC_FAULTS_MAX);
    assert_int_equal(faults.count + faults.omitted, 5000);
    json_decref(document);
}

static void no_memory_is_no_fault(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json");
    bool compiled = false;
    for (size_t limit = 0; limit < 40000; limit += 64) {
        struct sc_arena small;
        sc_arena_init(&small, limit);
        faults = (struct sc_faults){.count = 0};
        bool fits = sc_document_compile(document, &small, &faults) != NULL;
        assert_int_equal(faults.count, 0);
        assert_true(fits || !compiled);
        compiled = fits;
        sc_arena_fini(&small);
    }
    assert_true(compiled);
    json_decref(document);
}

/* --- properties: every number, every required member, every name --- */

struct visit {
    json_t *document;
    void (*number)(struct visit *visit, const char *pointer);
    void (*member)(struct visit *visit, const char *pointer, const struct sc_field *field);
    size_t count;
};

static void visit_numbers(struct visit *visit, const json_t *value, const char *pointer)
{
    char below[SC_POINTER_MAX];
    const char *key;
    json_t *part;
    size_t i;
    if (json_is_number(value)) visit->number(visit, pointer);
    json_array_foreach ((json_t *)(uintptr_t)value, i, part) {
        assert_true(sc_pointer_append_index(below, pointer, i));
        visit_numbers(visit, part, below);
    }
    json_object_foreach ((json_t *)(uintptr_t)value, key, part) {
        assert_true(sc_pointer_append_key(below, pointer, key));
        visit_numbers(visit, part, below);
    }
}

static void visit_members(struct visit *visit, const struct sc_field *fields, const json_t *object,
                          const char *pointer)
{
    char below[SC_POINTER_MAX], element[SC_POINTER_MAX];
    json_t *part;
    size_t i;
    for (; fields->name; fields++) {
        json_t *value = json_object_get(object, fields->name);
        if (!value) continue;
        assert_true(sc_pointer_append_key(below, pointer, fields->name));
        visit->member(visit, below, fields);
        if (json_is_object(value))
            visit_members(visit, fields->kind == SC_KIND_PATH ? SC_RAMP_FIELDS : fields->member, value,
                          below);
        if (fields->kind != SC_KIND_LIST) continue;
        json_array_foreach (value, i, part) {
            assert_true(sc_pointer_append_index(element, below, i));
            visit_members(visit, fields->member, part, element);
        }
    }
}

/* every-member.json holds members that exclude each other: those faults are its own. */
static size_t drop_conflicts(void)
{
    size_t kept = 0;
    for (size_t i = 0; i < faults.count; i++)
        if (faults.item[i].code != SC_FAULT_conflict) faults.item[kept++] = faults.item[i];
    return faults.count = kept;
}

static void spoil_number(struct visit *visit, const char *pointer)
{
    static const char *const spoilt[] = {"\"0.1\"", "null", "1e300", "-1e300", "{}", "true"};
    for (size_t i = 0; i < COUNT(spoilt); i++) {
        json_t *copy = json_deep_copy(visit->document);
        assert_int_equal(sc_pointer_set(copy, pointer, parse(spoilt[i])), SC_POINTER_OK);
        expect(compile(copy) == NULL && drop_conflicts() > 0, pointer, spoilt[i]);
        for (size_t j = 0; j < faults.count; j++) {
            const char *rest = faults.item[j].pointer + strlen(pointer);
            bool here = strncmp(faults.item[j].pointer, pointer, strlen(pointer)) == 0;
            bool ramp = strcmp(rest, "/start") == 0 || strcmp(rest, "/end") == 0;
            expect(here && (*rest == '\0' || ramp), pointer, spoilt[i]);
        }
        json_decref(copy);
        visit->count++;
    }
}

static void drop_member(struct visit *visit, const char *pointer, const struct sc_field *field)
{
    if (field->presence != SC_REQUIRED) return;
    json_t *copy = json_deep_copy(visit->document);
    assert_int_equal(sc_pointer_remove(copy, pointer), SC_POINTER_OK);
    expect(compile(copy) == NULL, pointer, "is required");
    expect(drop_conflicts() == 1 && find_fault(pointer, "missing"), pointer,
           "is missing, and nothing else is wrong");
    json_decref(copy);
    visit->count++;
}

/* Three ways to misspell: a letter too many, too few, two swapped. NULL where the name is too short for it.
 */
static const char *misspell(const char *name, int way, char out[64])
{
    size_t length = strlen(name);
    if (way == 0)
        snprintf(out, 64, "%cq%s", name[0], name + 1);
    else
        snprintf(out, 64, "%s", name);
    if (way > 0 && length < 4) return NULL;
    if (way == 1) out[length - 1] = '\0';
    if (way == 2) {
        out[1] = name[2];
        out[2] = name[1];
    }
    return strcmp(out, name) == 0 ? NULL : out;
}

static void misspell_member(struct visit *visit, const char *pointer, const struct sc_field *field)
{
    char wrong[64], meant[96], last[SC_POINTER_MAX], place[SC_POINTER_MAX];
    snprintf(meant, sizeof meant, "did you mean `%s`?", field->name);
    for (int way = 0; way < 3; way++) {
        if (!misspell(field->name, way, wrong)) continue;
        json_t *copy = json_deep_copy(visit->document), *parent;
        assert_int_equal(sc_pointer_parent(copy, pointer, &parent, last), SC_POINTER_OK);
        json_object_set(parent, wrong, json_object_get(parent, last));
        json_object_del(parent, last);
        snprintf(place, sizeof place, "%.*s%s", (int)(strlen(pointer) - strlen(last)), pointer, wrong);
        assert_null(compile(copy));
        const struct sc_fault *fault = find_fault(place, "unknown_field");
        expect(fault != NULL, place, "is unknown");
        expect(strstr(fault->detail, meant) != NULL, place, meant);
        json_decref(copy);
        visit->count++;
    }
}

static void visit_both(struct visit *visit)
{
    static const char *const names[] = {"amd-base.json", "every-member.json"};
    for (size_t i = 0; i < COUNT(names); i++) {
        visit->document = load(names[i]);
        if (visit->number) visit_numbers(visit, visit->document, "");
        if (visit->member) visit_members(visit, SC_SCENARIO_FIELDS, visit->document, "");
        json_decref(visit->document);
    }
}

static void a_spoilt_number_is_named_exactly(void **state)
{
    (void)state;
    struct visit visit = {.number = spoil_number};
    visit_both(&visit);
    assert_true(visit.count > 1500);
}

static void a_member_left_out_is_named_exactly(void **state)
{
    (void)state;
    struct visit visit = {.member = drop_member};
    visit_both(&visit);
    assert_true(visit.count > 150);
}

static void a_misspelt_member_is_recognised(void **state)
{
    (void)state;
    struct visit visit = {.member = misspell_member};
    visit_both(&visit);
    assert_true(visit.count > 800);
}

/* --- the table --- */

/* The document that has every member is sound but for what the members say together. */
static void see_field(const struct sc_field *fields, const json_t *object)
{
    size_t count = 0;
    for (; fields->name; fields++, count++) {
        const json_t *value = json_object_get(object, fields->name);
        expect(value != NULL, fields->name, "is in every-member.json");
        expect(strpbrk(fields->name, "/~") == NULL, fields->name, "needs no escapes");
        bool must_be_stored =
            fields->kind == SC_KIND_PATH || fields->kind == SC_KIND_VALUES || fields->kind == SC_KIND_POINTS;
        expect(!must_be_stored || fields->offset != SC_NOT_STORED, fields->name, "is stored");
        expect(fields->kind != SC_KIND_CHOICE || fields->choice != NULL, fields->name, "has words");
        if (fields->kind == SC_KIND_OBJECT) see_field(fields->member, value);
    }
    assert_true(count < SC_MEMBERS_MAX);
}

static void the_table_fits_the_compiler(void **state)
{
    (void)state;
    static const char *const lists[] = {"seats", "segments", "sources"};
    json_t *document = load("every-member.json");
    see_field(SC_SCENARIO_FIELDS, document);
    assert_null(compile(document));
    for (size_t i = 0; i < faults.count; i++)
        expect(faults.item[i].code == SC_FAULT_conflict, faults.item[i].pointer, "is sound by itself");
    for (size_t i = 0; i < COUNT(lists); i++)
        assert_true(json_array_size(json_object_get(document, lists[i])) > 0);
    json_decref(document);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(amd_base_lands_in_the_plan),
        cmocka_unit_test(paths_take_their_three_forms),
        cmocka_unit_test(what_is_absent_is_a_default_or_nothing),
        cmocka_unit_test(every_number_has_a_slot),
        cmocka_unit_test(each_fault_has_its_place_and_sentence),
        cmocka_unit_test(a_root_that_is_no_object_is_a_wrong_type),
        cmocka_unit_test(faults_beyond_the_maximum_are_counted),
        cmocka_unit_test(no_memory_is_no_fault),
        cmocka_unit_test(a_spoilt_number_is_named_exactly),
        cmocka_unit_test(a_member_left_out_is_named_exactly),
        cmocka_unit_test(a_misspelt_member_is_recognised),
        cmocka_unit_test(the_table_fits_the_compiler),
    };
    return cmocka_run_group_tests(tests, NULL, release);
}
