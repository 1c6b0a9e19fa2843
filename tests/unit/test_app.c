/* Scenarios are created, read, changed only by whoever knows their revision, deleted and restored, and
 * listed. */
#include "app_rig.h"

static char *with_price(const char *price)
{
    static char text[4096];
    const char *at = strstr(DOCUMENT, "\"price\":100") + strlen("\"price\":");
    snprintf(text, sizeof text, "%.*s%s%s", (int)(at - DOCUMENT), DOCUMENT, price, at + 3);
    return text;
}

static void what_is_created_reads_back_the_same(void **state)
{
    struct rig *rig = *state;
    REPLY created = rig_ask(rig, sc_scenario_create, (struct ask){.body = DOCUMENT});
    assert_int_equal(created.outcome, SC_OUTCOME_CREATED);
    assert_string_equal(created.etag, "\"1\"");
    const char *id = text_of(created.json, "id");
    assert_int_equal(strlen(id), 36);
    assert_int_equal(id[14], '7');
    char location[128];
    snprintf(location, sizeof location, "/v1/scenarios/%s", id);
    assert_string_equal(created.location, location);
    REPLY got = rig_ask(rig, sc_scenario_get, (struct ask){.id = id});
    assert_string_equal(got.text, created.text);
    assert_string_equal(got.etag, "\"1\"");
    assert_int_equal(got.freshness, SC_FRESH_REVALIDATE);
    assert_non_null(strstr(got.text, DOCUMENT));
    assert_string_equal(text_of(got.json, "company"), "Acme");
    assert_true(json_is_null(json_object_get(got.json, "parent")));
    REPLY known = rig_ask(rig, sc_scenario_get, (struct ask){.id = id, .if_none_match = got.etag});
    assert_int_equal(known.outcome, SC_OUTCOME_NOT_MODIFIED);
    assert_null(known.text);
}

static void every_fault_of_a_document_is_answered(void **state)
{
    REPLY reply = rig_ask(*state, sc_scenario_create, (struct ask){.body = with_price("-1, \"pirce\": 2")});
    assert_true(is_problem(&reply, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&reply, SC_FAULT_out_of_range, "/price"));
    assert_true(has_fault(&reply, SC_FAULT_unknown_field, "/pirce"));
    REPLY twice = rig_ask(*state, sc_scenario_create, (struct ask){.body = with_price("1, \"price\": 2")});
    assert_true(is_problem(&twice, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&twice, SC_FAULT_duplicate_key, "/price"));
    REPLY big = rig_ask(*state, sc_scenario_create, (struct ask){.body = with_price("1e999")});
    assert_true(is_problem(&big, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&big, SC_FAULT_out_of_range, "/price"));
    REPLY array = rig_ask(*state, sc_scenario_create, (struct ask){.body = "[]"});
    assert_true(is_problem(&array, SC_PROBLEM_invalid_scenario));
}

static void what_is_not_json_says_where(void **state)
{
    REPLY reply = rig_ask(*state, sc_scenario_create, (struct ask){.body = "{\"schema\": 1,\n \"name\": }"});
    assert_true(is_problem(&reply, SC_PROBLEM_not_json));
    assert_non_null(strstr(reply.detail, "Line 2"));
    assert_int_equal(reply.faults->count, 1);
    REPLY empty = rig_ask(*state, sc_scenario_create, (struct ask){.id = NULL});
    assert_true(is_problem(&empty, SC_PROBLEM_not_json));
    REPLY deep = rig_ask(
        *state, sc_scenario_create,
        (struct ask){.body = "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[0]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]"});
    assert_true(is_problem(&deep, SC_PROBLEM_body_too_large));
}

static void a_change_must_name_the_revision(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    REPLY without = rig_ask(rig, sc_scenario_put, (struct ask){.id = id, .body = with_price("90")});
    assert_true(is_problem(&without, SC_PROBLEM_match_required));
    REPLY put =
        rig_ask(rig, sc_scenario_put, (struct ask){.id = id, .body = with_price("90"), .if_match = "\"1\""});
    assert_int_equal(put.outcome, SC_OUTCOME_OK);
    assert_string_equal(put.etag, "\"2\"");
    REPLY stale =
        rig_ask(rig, sc_scenario_put, (struct ask){.id = id, .body = with_price("80"), .if_match = "\"1\""});
    assert_true(is_problem(&stale, SC_PROBLEM_stale_revision));
    assert_string_equal(stale.etag, "\"2\"");
    REPLY weak = rig_ask(rig, sc_scenario_put,
                         (struct ask){.id = id, .body = with_price("80"), .if_match = "W/\"2\""});
    assert_true(is_problem(&weak, SC_PROBLEM_stale_revision));
    REPLY any =
        rig_ask(rig, sc_scenario_put, (struct ask){.id = id, .body = with_price("80"), .if_match = "*"});
    assert_string_equal(any.etag, "\"3\"");
    REPLY got = rig_ask(rig, sc_scenario_get, (struct ask){.id = id});
    assert_string_equal(got.text, any.text);
    assert_true(number_of(document_of(&got), "price") == 80);
    REPLY wrong =
        rig_ask(rig, sc_scenario_put, (struct ask){.id = id, .body = with_price("-80"), .if_match = "*"});
    assert_true(is_problem(&wrong, SC_PROBLEM_invalid_scenario));
}

static void each_put_makes_a_revision(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    REPLY put =
        rig_ask(rig, sc_scenario_put, (struct ask){.id = id, .body = with_price("1e2"), .if_match = "\"1\""});
    assert_int_equal(put.outcome, SC_OUTCOME_OK);
    assert_string_equal(put.etag, "\"2\"");
    assert_true(number_of(put.json, "revision") == 2);
}

struct racer {
    struct rig *rig;
    const char *id;
    struct reply reply;
};

static void *race(void *argument)
{
    struct racer *racer = argument;
    struct sc_reader *reader = sc_reader_open(racer->rig->store);
    racer->reply =
        rig_ask_with(racer->rig, reader, sc_scenario_patch,
                     (struct ask){.id = racer->id, .body = "{\"price\": 70}", .if_match = "\"1\""});
    sc_reader_close(reader);
    return NULL;
}

static void of_many_at_once_one_wins(void **state)
{
    enum { RACERS = 8 };
    struct racer racer[RACERS];
    pthread_t thread[RACERS];
    ID id = store_document(*state, DOCUMENT);
    size_t won = 0;
    for (size_t i = 0; i < RACERS; i++) {
        racer[i] = (struct racer){.rig = *state, .id = id};
        assert_int_equal(pthread_create(&thread[i], NULL, race, &racer[i]), 0);
    }
    for (size_t i = 0; i < RACERS; i++) {
        pthread_join(thread[i], NULL);
        bool ok = racer[i].reply.outcome == SC_OUTCOME_OK;
        assert_true(ok || is_problem(&racer[i].reply, SC_PROBLEM_stale_revision));
        assert_string_equal(racer[i].reply.etag, "\"2\"");
        won += ok;
        reply_free(&racer[i].reply);
    }
    assert_int_equal(won, 1);
}

static void both_kinds_of_patches_change_the_document(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    REPLY merged =
        rig_ask(rig, sc_scenario_patch,
                (struct ask){.id = id,
                             .if_match = "\"1\"",
                             .content = SC_MEDIA_MERGE_PATCH,
                             .body = "{\"price\": 95, \"tags\": null, \"discount\": {\"wacc\": 0.09}}"});
    assert_string_equal(merged.etag, "\"2\"");
    assert_null(json_object_get(document_of(&merged), "tags"));
    assert_int_equal(json_array_size(json_object_get(merged.json, "tags")), 0);
    REPLY patched = rig_ask(rig, sc_scenario_patch,
                            (struct ask){.id = id,
                                         .if_match = "\"2\"",
                                         .content = SC_MEDIA_JSON_PATCH,
                                         .body = "[{\"op\":\"test\",\"path\":\"/price\",\"value\":95},"
                                                 "{\"op\":\"replace\",\"path\":\"/price\",\"value\":96}]"});
    assert_string_equal(patched.etag, "\"3\"");
    assert_true(number_of(document_of(&patched), "price") == 96);
    REPLY failed = rig_ask(rig, sc_scenario_patch,
                           (struct ask){.id = id,
                                        .if_match = "\"3\"",
                                        .content = SC_MEDIA_JSON_PATCH,
                                        .body = "[{\"op\":\"test\",\"path\":\"/price\",\"value\":95}]"});
    assert_true(is_problem(&failed, SC_PROBLEM_invalid_question));
    assert_true(has_fault(&failed, SC_FAULT_test_failed, "/0/value"));
    REPLY invalid =
        rig_ask(rig, sc_scenario_patch, (struct ask){.id = id, .if_match = "*", .body = "{\"price\": null}"});
    assert_true(is_problem(&invalid, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&invalid, SC_FAULT_missing, "/price"));
}

static void what_is_deleted_can_be_read_and_restored(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    REPLY stale = rig_ask(rig, sc_scenario_delete, (struct ask){.id = id, .if_match = "\"2\""});
    assert_true(is_problem(&stale, SC_PROBLEM_stale_revision));
    REPLY living = rig_ask(rig, sc_scenario_restore, (struct ask){.id = id});
    assert_true(is_problem(&living, SC_PROBLEM_conflict));
    REPLY deleted = rig_ask(rig, sc_scenario_delete, (struct ask){.id = id});
    assert_int_equal(deleted.outcome, SC_OUTCOME_NO_CONTENT);
    assert_null(deleted.text);
    sc_use_case *const gone[] = {sc_scenario_get,  sc_scenario_put,  sc_scenario_patch,   sc_scenario_delete,
                                 sc_revision_list, sc_scenario_diff, sc_valuation_stored, sc_variant_create};
    for (size_t i = 0; i < sizeof gone / sizeof gone[0]; i++) {
        REPLY reply = rig_ask(rig, gone[i], (struct ask){.id = id, .if_match = "*"});
        assert_true(is_problem(&reply, SC_PROBLEM_not_found));
        assert_non_null(strstr(reply.detail, "restore"));
    }
    REPLY seen = rig_ask(rig, sc_scenario_get, (struct ask){.id = id, .query = "deleted=true"});
    assert_int_equal(seen.outcome, SC_OUTCOME_OK);
    assert_true(json_is_string(json_object_get(seen.json, "deleted_at")));
    assert_string_not_equal(seen.etag, "\"1\"");
    REPLY history = rig_ask(rig, sc_revision_list, (struct ask){.id = id, .query = "deleted=true"});
    assert_int_equal(json_array_size(json_object_get(history.json, "items")), 1);
    REPLY restored = rig_ask(rig, sc_scenario_restore, (struct ask){.id = id});
    assert_int_equal(restored.outcome, SC_OUTCOME_OK);
    REPLY again = rig_ask(rig, sc_scenario_get, (struct ask){.id = id});
    assert_string_equal(again.text, restored.text);
    assert_string_equal(again.etag, "\"1\"");
}

static void built_in_scenarios_are_cloned_not_changed(void **state)
{
    struct rig *rig = *state;
    char reason[256] = "";
    if (sc_app_seed(rig->app, reason, sizeof reason) != 0) fail_msg("%s", reason);
    if (sc_app_seed(rig->app, reason, sizeof reason) != 0) fail_msg("%s", reason);
    sc_use_case *const writes[] = {sc_scenario_put, sc_scenario_patch, sc_scenario_delete};
    for (size_t i = 0; i < 3; i++) {
        REPLY reply = rig_ask(rig, writes[i], (struct ask){.id = "amd-base", .if_match = "*", .body = "{}"});
        assert_true(is_problem(&reply, SC_PROBLEM_builtin_read_only));
        assert_non_null(strstr(reply.detail, "POST"));
    }
    REPLY base = rig_ask(rig, sc_scenario_get, (struct ask){.id = "amd-base"});
    assert_true(json_is_true(json_object_get(base.json, "builtin")));
    assert_true(number_of(base.json, "revision") == 1);
    char *text = json_dumps(document_of(&base), 0);
    ID clone = store_document(rig, text);
    free(text);
    REPLY bull = rig_ask(rig, sc_scenario_get, (struct ask){.id = "amd-bull"});
    assert_string_equal(text_of(bull.json, "parent"), "amd-base");
    assert_string_equal(bull.etag, "\"1.1\"");
    REPLY mine = rig_ask(rig, sc_scenario_get, (struct ask){.id = clone});
    assert_string_equal(text_of(mine.json, "sha256"), text_of(base.json, "sha256"));
}

static void history_is_kept_and_compared(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    patch_document(rig, id, "{\"price\": 90}");
    patch_document(rig, id, "{\"price\": 80, \"name\": \"Acme, third\"}");
    REPLY first = rig_ask(rig, sc_revision_get, (struct ask){.id = id, .second = "1"});
    assert_int_equal(first.freshness, SC_FRESH_IMMUTABLE);
    assert_non_null(strstr(first.text, DOCUMENT));
    REPLY none = rig_ask(rig, sc_revision_get, (struct ask){.id = id, .second = "4"});
    assert_true(is_problem(&none, SC_PROBLEM_not_found));
    REPLY word = rig_ask(rig, sc_revision_get, (struct ask){.id = id, .second = "two"});
    assert_true(is_problem(&word, SC_PROBLEM_not_found));
    REPLY page = rig_ask(rig, sc_revision_list,
                         (struct ask){.id = id, .query = "limit=2", .path = "/v1/scenarios/x/revisions"});
    assert_int_equal(json_array_size(json_object_get(page.json, "items")), 2);
    assert_string_equal(text_of(page.json, "next"), "2");
    assert_string_equal(page.link, "</v1/scenarios/x/revisions?limit=2&after=2>; rel=\"next\"");
    REPLY rest = rig_ask(rig, sc_revision_list, (struct ask){.id = id, .query = "limit=2&after=2"});
    assert_int_equal(json_array_size(json_object_get(rest.json, "items")), 1);
    assert_true(json_is_null(json_object_get(rest.json, "next")));
    REPLY diff = rig_ask(rig, sc_scenario_diff, (struct ask){.id = id, .query = "from=1&to=2"});
    assert_string_equal(diff.text, "[{\"op\":\"replace\",\"path\":\"/price\",\"value\":90}]");
    REPLY last = rig_ask(rig, sc_scenario_diff, (struct ask){.id = id});
    assert_int_equal(json_array_size(last.json), 2);
    REPLY known = rig_ask(rig, sc_scenario_diff, (struct ask){.id = id, .if_none_match = last.etag});
    assert_int_equal(known.outcome, SC_OUTCOME_NOT_MODIFIED);
    REPLY beyond = rig_ask(rig, sc_scenario_diff, (struct ask){.id = id, .query = "to=9"});
    assert_true(is_problem(&beyond, SC_PROBLEM_not_found));
}

static void lists_are_paged_and_filtered(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < 5; i++) {
        ID id = store_document(rig, with_price(i % 2 ? "70" : "71"));
    }
    ID other = store_document(rig, DOCUMENT);
    patch_document(rig, other, "{\"company\": \"=Other\", \"tags\": [\"a b\", \"c\"]}");
    size_t seen = 0, pages = 0;
    char query[64] = "limit=2";
    for (bool more = true; more; pages++) {
        REPLY page = rig_ask(rig, sc_scenario_list, (struct ask){.query = query});
        seen += json_array_size(json_object_get(page.json, "items"));
        more = json_is_string(json_object_get(page.json, "next"));
        if (more) snprintf(query, sizeof query, "limit=2&after=%s", text_of(page.json, "next"));
        assert_int_equal(more, page.link[0] != '\0');
    }
    assert_int_equal(seen, 6);
    assert_int_equal(pages, 3);
    REPLY tagged =
        rig_ask(rig, sc_scenario_list, (struct ask){.query = "tag=a b&limit=1", .path = "/v1/scenarios"});
    assert_int_equal(json_array_size(json_object_get(tagged.json, "items")), 1);
    assert_string_equal(tagged.link, "");
    REPLY company = rig_ask(rig, sc_scenario_list,
                            (struct ask){.query = "company=acme&limit=1", .path = "/v1/scenarios"});
    assert_non_null(strstr(company.link, "</v1/scenarios?company=acme&limit=1&after="));
    REPLY csv = rig_ask(rig, sc_scenario_list, (struct ask){.query = "tag=c", .accept = SC_MEDIA_CSV});
    assert_int_equal(csv.media, SC_MEDIA_CSV);
    assert_non_null(strstr(csv.text, ",\"'=Other\",a b; c,,false,"));
    assert_int_equal(strncmp(csv.text, "id,revision,created_at,", 23), 0);
}

static void parameters_that_mean_nothing_are_refused(void **state)
{
    static const char *const queries[] = {"limit=0",  "limit=201",       "limit=x",
                                          "limit=-1", "after=0",         "after=99999999999999999999",
                                          "lmit=3",   "limit=1&limit=2", "deleted=yes"};
    for (size_t i = 0; i < sizeof queries / sizeof queries[0]; i++) {
        REPLY reply = rig_ask(*state, sc_scenario_list, (struct ask){.query = queries[i]});
        assert_true(is_problem(&reply, SC_PROBLEM_bad_request));
    }
    REPLY reply = rig_ask(*state, sc_scenario_list, (struct ask){.query = "lmit=3"});
    assert_non_null(strstr(reply.detail, "did you mean \"limit\"?"));
    REPLY none = rig_ask_with(*state, NULL, sc_scenario_list, (struct ask){.query = NULL});
    assert_true(is_problem(&none, SC_PROBLEM_storage_unavailable));
}

static void a_batch_that_no_thread_takes_up_is_refused(void **state)
{
    REPLY reply =
        rig_ask(*state, sc_batch, (struct ask){.body = "{\"questions\": [{\"scenario\": \"amd-base\"}]}"});
    assert_true(is_problem(&reply, SC_PROBLEM_overloaded));
    REPLY none = rig_ask(*state, sc_batch, (struct ask){.body = "{\"questions\": []}"});
    assert_int_equal(none.outcome, SC_OUTCOME_OK);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_created_reads_back_the_same),
        TEST(every_fault_of_a_document_is_answered),
        TEST(what_is_not_json_says_where),
        TEST(a_change_must_name_the_revision),
        TEST(each_put_makes_a_revision),
        TEST(of_many_at_once_one_wins),
        TEST(both_kinds_of_patches_change_the_document),
        TEST(what_is_deleted_can_be_read_and_restored),
        TEST(built_in_scenarios_are_cloned_not_changed),
        TEST(history_is_kept_and_compared),
        TEST(lists_are_paged_and_filtered),
        TEST(parameters_that_mean_nothing_are_refused),
        TEST(a_batch_that_no_thread_takes_up_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
