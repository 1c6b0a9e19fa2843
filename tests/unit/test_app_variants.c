/* Variants say what they change, and follow their parents in all else. */
#include "app_rig.h"

#define OVERLAY "{\"name\":\"Acme, bull\",\"overrides\":[{\"pointer\":\"/segments/0/growth\",\"value\":0.2}]}"

static void a_variant_follows_its_parent(void **state)
{
    struct rig *rig = *state;
    ID parent = store_document(rig, DOCUMENT);
    REPLY made = rig_ask(rig, sc_variant_create, (struct ask){.id = parent, .body = OVERLAY});
    assert_int_equal(made.outcome, SC_OUTCOME_CREATED);
    assert_string_equal(made.etag, "\"1.1\"");
    assert_string_equal(text_of(made.json, "parent"), parent);
    assert_string_equal(text_of(document_of(&made), "name"), "Acme, bull");
    const char *id = text_of(made.json, "id");
    REPLY got = rig_ask(rig, sc_scenario_get, (struct ask){.id = id});
    assert_string_equal(got.text, made.text);
    patch_document(rig, parent, "{\"price\": 90}");
    REPLY followed = rig_ask(rig, sc_scenario_get, (struct ask){.id = id, .if_none_match = got.etag});
    assert_string_equal(followed.etag, "\"1.2\"");
    assert_true(number_of(document_of(&followed), "price") == 90);
    assert_string_not_equal(text_of(followed.json, "sha256"), text_of(got.json, "sha256"));
    REPLY revision = rig_ask(rig, sc_revision_get, (struct ask){.id = id, .second = "1"});
    assert_int_equal(revision.freshness, SC_FRESH_IMMUTABLE);
    assert_string_equal(revision.etag, "\"1.1\"");
    assert_true(json_equal(revision.json, got.json));
}

static void a_document_put_on_a_variant_becomes_its_overlay(void **state)
{
    struct rig *rig = *state;
    ID parent = store_document(rig, DOCUMENT);
    ID id = store_variant(rig, parent, OVERLAY);
    REPLY patched = rig_ask(rig, sc_scenario_patch,
                            (struct ask){.id = id,
                                         .body = "{\"name\": \"Acme, bold\", \"discount\": {\"wacc\": 0.08}}",
                                         .if_match = "\"1.1\""});
    assert_int_equal(patched.outcome, SC_OUTCOME_OK);
    assert_string_equal(patched.etag, "\"2.1\"");
    assert_int_equal(json_array_size(json_object_get(patched.json, "overrides")), 2);
    patch_document(rig, parent, "{\"price\": 90}");
    REPLY got = rig_ask(rig, sc_scenario_get, (struct ask){.id = id});
    assert_true(number_of(document_of(&got), "price") == 90);
    assert_string_equal(text_of(document_of(&got), "name"), "Acme, bold");
    char *text = json_dumps(document_of(&got), JSON_REAL_PRECISION(15));
    REPLY same = rig_ask(rig, sc_scenario_put, (struct ask){.id = id, .body = text, .if_match = "\"2\""});
    free(text);
    assert_string_equal(same.etag, "\"3.2\"");
    assert_true(json_equal(json_object_get(same.json, "document"), json_object_get(got.json, "document")));
    REPLY stale = rig_ask(rig, sc_scenario_delete, (struct ask){.id = id, .if_match = "\"3.1\""});
    assert_true(is_problem(&stale, SC_PROBLEM_stale_revision));
    assert_string_equal(stale.etag, "\"3.2\"");
    REPLY deleted = rig_ask(rig, sc_scenario_delete, (struct ask){.id = id, .if_match = "\"3\""});
    assert_int_equal(deleted.outcome, SC_OUTCOME_NO_CONTENT);
}

static void a_variant_that_fits_no_more_loses_nothing(void **state)
{
    struct rig *rig = *state;
    ID parent = store_document(rig, DOCUMENT);
    ID id = store_variant(
        rig, parent, "{\"name\":\"V\",\"overrides\":[{\"pointer\":\"/segments/1/margin\",\"value\":0.25}]}");
    patch_document(rig, parent,
                   "{\"segments\": [{\"id\":\"all\",\"base\":1500,\"growth\":0.1,\"margin\":0.3}]}");
    REPLY broken = rig_ask(rig, sc_scenario_get, (struct ask){.id = id});
    assert_true(is_problem(&broken, SC_PROBLEM_variant_not_applicable));
    assert_true(has_fault(&broken, SC_FAULT_bad_pointer, "/overrides/0/pointer"));
    assert_string_equal(broken.etag, "\"1.2\"");
    REPLY value = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id});
    assert_true(is_problem(&value, SC_PROBLEM_variant_not_applicable));
    REPLY patch = rig_ask(rig, sc_scenario_patch, (struct ask){.id = id, .body = "{}", .if_match = "*"});
    assert_true(is_problem(&patch, SC_PROBLEM_variant_not_applicable));
    REPLY kept = rig_ask(rig, sc_revision_get, (struct ask){.id = id, .second = "1"});
    assert_int_equal(kept.outcome, SC_OUTCOME_OK);
    assert_int_equal(json_array_size(json_object_get(document_of(&kept), "segments")), 2);
    assert_int_equal(json_array_size(json_object_get(kept.json, "overrides")), 1);
    assert_null(json_object_get(kept.json, "errors"));
    REPLY history = rig_ask(rig, sc_revision_list, (struct ask){.id = id});
    assert_int_equal(json_array_size(json_object_get(history.json, "items")), 1);
    REPLY mended =
        rig_ask(rig, sc_scenario_put, (struct ask){.id = id, .body = DOCUMENT, .if_match = broken.etag});
    assert_int_equal(mended.outcome, SC_OUTCOME_OK);
    assert_string_equal(mended.etag, "\"2.2\"");
    assert_int_equal(json_array_size(json_object_get(document_of(&mended), "segments")), 2);
}

static void a_variant_that_is_not_valid_any_more_says_so_too(void **state)
{
    struct rig *rig = *state;
    ID parent = store_document(rig, DOCUMENT);
    ID id = store_variant(
        rig, parent,
        "{\"name\":\"V\",\"overrides\":[{\"pointer\":\"/base_year_end\",\"value\":\"2026-01-31\"}]}");
    patch_document(rig, parent, "{\"valuation_date\": \"2026-01-15\"}");
    REPLY broken = rig_ask(rig, sc_scenario_get, (struct ask){.id = id});
    assert_true(is_problem(&broken, SC_PROBLEM_variant_not_applicable));
    REPLY value = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id});
    assert_true(is_problem(&value, SC_PROBLEM_variant_not_applicable));
    REPLY deleted = rig_ask(rig, sc_scenario_delete, (struct ask){.id = id, .if_match = "*"});
    assert_int_equal(deleted.outcome, SC_OUTCOME_NO_CONTENT);
    REPLY restored = rig_ask(rig, sc_scenario_restore, (struct ask){.id = id});
    assert_int_equal(restored.outcome, SC_OUTCOME_OK);
    assert_true(json_is_null(document_of(&restored)));
    REPLY mended =
        rig_ask(rig, sc_scenario_patch,
                (struct ask){.id = id, .body = "{\"base_year_end\": \"2025-12-27\"}", .if_match = "*"});
    assert_int_equal(mended.outcome, SC_OUTCOME_OK);
    assert_int_equal(json_array_size(json_object_get(mended.json, "overrides")), 0);
}

static void a_deleted_parent_keeps_serving(void **state)
{
    struct rig *rig = *state;
    ID parent = store_document(rig, DOCUMENT);
    ID id = store_variant(rig, parent, OVERLAY);
    REPLY deleted = rig_ask(rig, sc_scenario_delete, (struct ask){.id = parent, .if_match = "*"});
    assert_int_equal(deleted.outcome, SC_OUTCOME_NO_CONTENT);
    REPLY got = rig_ask(rig, sc_scenario_get, (struct ask){.id = id});
    assert_int_equal(got.outcome, SC_OUTCOME_OK);
    REPLY value = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id});
    assert_int_equal(value.outcome, SC_OUTCOME_OK);
}

static void variants_of_variants_go_seven_deep(void **state)
{
    struct rig *rig = *state;
    char *id = store_document(rig, DOCUMENT), *first = strdup(id);
    for (int depth = 1; depth <= 7; depth++) {
        char body[256];
        snprintf(body, sizeof body,
                 "{\"name\":\"V%d\",\"overrides\":[{\"pointer\":\"/tags/-\",\"value\":\"t%d\"}]}", depth,
                 depth);
        char *child = store_variant(rig, id, body);
        free(id);
        id = child;
    }
    REPLY deepest = rig_ask(rig, sc_scenario_get, (struct ask){.id = id});
    assert_string_equal(deepest.etag, "\"1.1.1.1.1.1.1.1\"");
    assert_int_equal(json_array_size(json_object_get(deepest.json, "tags")), 9);
    patch_document(rig, first, "{\"price\": 42}");
    REPLY followed = rig_ask(rig, sc_scenario_get, (struct ask){.id = id});
    assert_true(number_of(document_of(&followed), "price") == 42);
    REPLY deeper = rig_ask(rig, sc_variant_create, (struct ask){.id = id, .body = OVERLAY});
    assert_true(is_problem(&deeper, SC_PROBLEM_invalid_question));
    free(id);
    free(first);
}

static void a_variants_body_is_checked_whole(void **state)
{
    struct rig *rig = *state;
    ID parent = store_document(rig, DOCUMENT);
    REPLY shape = rig_ask(
        rig, sc_variant_create,
        (struct ask){.id = parent,
                     .body = "{\"nam\":\"V\",\"overrides\":[{\"pointer\":\"/name\",\"value\":\"x\"},"
                             "{\"pointer\":\"/schema\",\"value\":1},{\"pointer\":\"price\",\"value\":1},"
                             "{\"pointer\":\"/price\"},{\"pointer\":\"\",\"value\":{}},7,"
                             "{\"pointer\":\"/price\",\"valeu\":1}]}"});
    assert_true(is_problem(&shape, SC_PROBLEM_invalid_question));
    assert_true(has_fault(&shape, SC_FAULT_unknown_field, "/nam"));
    assert_true(has_fault(&shape, SC_FAULT_missing, "/name"));
    assert_true(has_fault(&shape, SC_FAULT_bad_pointer, "/overrides/0/pointer"));
    assert_true(has_fault(&shape, SC_FAULT_bad_pointer, "/overrides/1/pointer"));
    assert_true(has_fault(&shape, SC_FAULT_bad_pointer, "/overrides/2/pointer"));
    assert_true(has_fault(&shape, SC_FAULT_missing, "/overrides/3/value"));
    assert_true(has_fault(&shape, SC_FAULT_bad_pointer, "/overrides/4/pointer"));
    assert_true(has_fault(&shape, SC_FAULT_wrong_type, "/overrides/5"));
    assert_true(has_fault(&shape, SC_FAULT_unknown_field, "/overrides/6/valeu"));
    REPLY nowhere =
        rig_ask(rig, sc_variant_create,
                (struct ask){
                    .id = parent,
                    .body = "{\"name\":\"V\",\"overrides\":[{\"pointer\":\"/market/growth\",\"value\":1}]}"});
    assert_true(is_problem(&nowhere, SC_PROBLEM_invalid_question));
    assert_true(has_fault(&nowhere, SC_FAULT_bad_pointer, "/overrides/0/pointer"));
    REPLY invalid = rig_ask(
        rig, sc_variant_create,
        (struct ask){.id = parent,
                     .body = "{\"name\":\"V\",\"overrides\":[{\"pointer\":\"/price\",\"value\":-1}]}"});
    assert_true(is_problem(&invalid, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&invalid, SC_FAULT_out_of_range, "/price"));
    REPLY orphan = rig_ask(rig, sc_variant_create, (struct ask){.id = "nobody", .body = OVERLAY});
    assert_true(is_problem(&orphan, SC_PROBLEM_not_found));
}

static void overrides_add_remove_and_describe(void **state)
{
    struct rig *rig = *state;
    ID parent = store_document(rig, DOCUMENT);
    REPLY made =
        rig_ask(rig, sc_variant_create,
                (struct ask){
                    .id = parent,
                    .body = "{\"name\":\"V\",\"description\":\"What if?\",\"tags\":[\"bold\"],\"overrides\":["
                            "{\"pointer\":\"/segments/1\",\"value\":null},"
                            "{\"pointer\":\"/segments/"
                            "-\",\"value\":{\"id\":\"new\",\"base\":500,\"growth\":0.4,\"margin\":0.1}}]}"});
    assert_int_equal(made.outcome, SC_OUTCOME_CREATED);
    assert_string_equal(text_of(document_of(&made), "description"), "What if?");
    assert_string_equal(json_string_value(json_array_get(json_object_get(made.json, "tags"), 0)), "bold");
    const json_t *segments = json_object_get(document_of(&made), "segments");
    assert_int_equal(json_array_size(segments), 2);
    assert_string_equal(text_of(json_array_get(segments, 1), "id"), "new");
    REPLY found = rig_ask(rig, sc_scenario_list, (struct ask){.query = "tag=bold"});
    assert_int_equal(json_array_size(json_object_get(found.json, "items")), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_variant_follows_its_parent),
        TEST(a_document_put_on_a_variant_becomes_its_overlay),
        TEST(a_variant_that_fits_no_more_loses_nothing),
        TEST(a_variant_that_is_not_valid_any_more_says_so_too),
        TEST(a_deleted_parent_keeps_serving),
        TEST(variants_of_variants_go_seven_deep),
        TEST(a_variants_body_is_checked_whole),
        TEST(overrides_add_remove_and_describe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
