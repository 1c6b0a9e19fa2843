/* Everything can be taken out and brought back, all of it or nothing. */
#include "app_rig.h"
#include "codec/canonical.h"

#include <semaphore.h>

#include "app/transfer.h"
#include "base/clock.h"

/* Scenarios of every kind: revisions, a variant with a variant, a deleted one. */
static void fill(struct rig *rig)
{
    ID parent = store_document(rig, DOCUMENT);
    patch_document(rig, parent, "{\"price\": 90, \"description\": \"\\u00dcber \\\"alles\\\"\\n2\"}");
    ID child = store_variant(
        rig, parent,
        "{\"name\":\"V\",\"tags\":[\"bold\"],\"overrides\":[{\"pointer\":\"/price\",\"value\":0.1}]}");
    patch_document(rig, child, "{\"price\": 1e-7}");
    ID grandchild = store_variant(
        rig, child, "{\"name\":\"W\",\"overrides\":[{\"pointer\":\"/company\",\"value\":\"Other\"}]}");
    ID gone = store_document(rig, DOCUMENT);
    REPLY deleted = rig_ask(rig, sc_scenario_delete, (struct ask){.id = gone, .if_match = "*"});
    assert_int_equal(deleted.outcome, SC_OUTCOME_NO_CONTENT);
}

static struct reply export_all(struct rig *rig)
{
    struct reply reply = rig_ask(rig, sc_export, (struct ask){.id = NULL});
    assert_int_equal(reply.outcome, SC_OUTCOME_OK);
    assert_int_equal(reply.media, SC_MEDIA_NDJSON);
    return reply;
}

static struct reply import_text(struct rig *rig, const char *text)
{
    return rig_ask(rig, sc_import, (struct ask){.body = text, .content = SC_MEDIA_NDJSON});
}

static void assert_counts(const struct reply *reply, int imported, int skipped, int lines)
{
    if (reply->outcome != SC_OUTCOME_OK) fail_msg("%s", reply->detail);
    assert_int_equal(number_of(reply->json, "imported"), imported);
    assert_int_equal(number_of(reply->json, "skipped"), skipped);
    assert_int_equal(number_of(reply->json, "lines"), lines);
}

static void what_is_exported_comes_back_byte_for_byte(void **state)
{
    struct rig *other = rig_new();
    fill(*state);
    REPLY out = export_all(*state);
    REPLY in = import_text(other, out.text);
    assert_counts(&in, 6, 0, 6);
    REPLY again = export_all(other);
    assert_string_equal(again.text, out.text);
    REPLY repeated = import_text(other, out.text);
    assert_counts(&repeated, 0, 6, 6);
    REPLY found = rig_ask(other, sc_scenario_list, (struct ask){.query = "tag=bold&company=other"});
    assert_int_equal(json_array_size(json_object_get(found.json, "items")), 1);
    rig_free(other);
}

static void more_revisions_of_what_is_there_are_added(void **state)
{
    struct rig *rig = *state, *other = rig_new();
    ID id = store_document(rig, DOCUMENT);
    REPLY before = export_all(rig);
    REPLY first = import_text(other, before.text);
    assert_counts(&first, 1, 0, 1);
    patch_document(rig, id, "{\"price\": 5}");
    REPLY after = export_all(rig);
    REPLY second = import_text(other, after.text);
    assert_counts(&second, 1, 1, 2);
    REPLY got = rig_ask(other, sc_scenario_get, (struct ask){.id = id});
    assert_string_equal(got.etag, "\"2\"");
    rig_free(other);
}

static void built_in_lines_are_passed_over(void **state)
{
    char reason[256];
    struct rig *other = rig_new();
    assert_int_equal(sc_app_seed(((struct rig *)*state)->app, reason, sizeof reason), 0);
    assert_int_equal(sc_app_seed(other->app, reason, sizeof reason), 0);
    ID mine = store_variant(*state, "amd-base", "{\"name\":\"Mine\",\"overrides\":[]}");
    REPLY out = export_all(*state);
    REPLY in = import_text(other, out.text);
    assert_int_equal(in.outcome, SC_OUTCOME_OK);
    assert_int_equal(number_of(in.json, "imported"), 1);
    REPLY got = rig_ask(other, sc_scenario_get, (struct ask){.id = mine});
    assert_int_equal(got.outcome, SC_OUTCOME_OK);
    rig_free(other);
}

static void nobody_writes_over_a_built_in_scenario_by_importing(void **state)
{
    char reason[256];
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    REPLY out = export_all(rig);
    char *forged = calloc(1, out.length + 1);
    char *at = strstr(out.text, id);
    sprintf(forged, "%.*samd-base%s", (int)(at - out.text), out.text, at + strlen(id));
    struct rig *other = rig_new();
    assert_int_equal(sc_app_seed(other->app, reason, sizeof reason), 0);
    REPLY in = import_text(other, forged);
    assert_true(is_problem(&in, SC_PROBLEM_conflict));
    assert_true(has_fault(&in, SC_FAULT_conflict, "/1/id"));
    free(forged);
    rig_free(other);
}

/* The same text with one part exchanged. */
static char *exchange(const char *text, const char *old, const char *new)
{
    char *result = calloc(1, strlen(text) + strlen(new) + 1);
    const char *at = strstr(text, old);
    assert_non_null(at);
    sprintf(result, "%.*s%s%s", (int)(at - text), text, new, at + strlen(old));
    return result;
}

static void a_line_that_contradicts_the_store_is_named(void **state)
{
    struct rig *rig = *state, *other = rig_new();
    ID id = store_document(rig, DOCUMENT);
    REPLY out = export_all(rig);
    REPLY in = import_text(other, out.text);
    patch_document(rig, id, "{\"price\": 5}");
    patch_document(other, id, "{\"price\": 6}");
    REPLY mine = export_all(rig);
    REPLY before = export_all(other);
    REPLY conflict = import_text(other, mine.text);
    assert_true(is_problem(&conflict, SC_PROBLEM_conflict));
    assert_non_null(strstr(conflict.detail, "Line 2"));
    assert_non_null(strstr(conflict.detail, id));
    assert_true(has_fault(&conflict, SC_FAULT_conflict, "/2"));
    REPLY after = export_all(other);
    assert_string_equal(after.text, before.text);
    rig_free(other);
}

static void every_fault_of_every_line_is_answered_and_nothing_stored(void **state)
{
    struct rig *rig = *state, *other = rig_new();
    ID id = store_document(rig, DOCUMENT);
    ID child = store_variant(rig, id, "{\"name\":\"V\",\"overrides\":[]}");
    REPLY out = export_all(rig);
    const char *second = strchr(out.text, '\n') + 1;
    char *text = NULL;
    assert_true(asprintf(&text,
                         "%s\n"                             /* 1 to 3: sound */
                         "not json\n"                       /* 4 */
                         "{\"id\":\"A\",\"id\":\"B\"}\n"    /* 5 */
                         "{\"idd\":\"x\",\"revision\":0}\n" /* 6 */
                         "%s",                              /* 7: again revision 1 of the child */
                         out.text, second) > 0);
    REPLY in = import_text(other, text);
    free(text);
    assert_true(is_problem(&in, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&in, SC_FAULT_bad_text, "/4"));
    assert_true(has_fault(&in, SC_FAULT_duplicate_key, "/5/id"));
    assert_true(has_fault(&in, SC_FAULT_unknown_field, "/6/idd"));
    assert_true(has_fault(&in, SC_FAULT_out_of_range, "/6/revision"));
    assert_true(has_fault(&in, SC_FAULT_missing, "/6/kind"));
    assert_true(has_fault(&in, SC_FAULT_out_of_range, "/7/revision"));
    REPLY nothing = export_all(other);
    assert_int_equal(nothing.length, 0);
    REPLY orphan = import_text(other, second);
    assert_true(has_fault(&orphan, SC_FAULT_missing, "/1/parent"));
    rig_free(other);
}

static void a_line_that_was_tampered_with_is_refused(void **state)
{
    static const struct {
        const char *old, *new, *pointer;
        enum sc_fault_code code;
    } cases[] = {
        {"\"price\":100", "\"price\":101", "/1/sha256", SC_FAULT_conflict},
        {"\"price\":100", "\"price\":-1", "/1/document/price", SC_FAULT_out_of_range},
        {"\"name\":\"Acme, base\",\"kind\"", "\"name\":\"Acme\",\"kind\"", "/1/name", SC_FAULT_conflict},
        {"\"revision\":1", "\"revision\":2", "/1/revision", SC_FAULT_out_of_range},
        {"\"revision\":1", "\"revision\":1.5", "/1/revision", SC_FAULT_wrong_type},
        {"\"parent\":null", "\"parent\":\"x\"", "/1/parent", SC_FAULT_conflict},
        {"\"deleted_at\":null", "\"deleted_at\":\"2026-02-30T00:00:00.000000Z\"", "/1/deleted_at",
         SC_FAULT_bad_date},
        {"\"builtin\":false", "\"builtin\":0", "/1/builtin", SC_FAULT_wrong_type},
        {"\"kind\":\"document\"", "\"kind\":\"overlay\"", "/1/kind", SC_FAULT_bad_choice},
        {"\"kind\":\"document\"", "\"kind\":\"variant\"", "/1/overrides", SC_FAULT_missing},
        {"{\"id\":\"", "{\"id\":\"A_", "/1/id", SC_FAULT_bad_text},
        {"\"sha256\":\"", "\"sha256\":\"0", "/1/sha256", SC_FAULT_bad_text},
    };
    struct rig *rig = *state, *other = rig_new();
    ID id = store_document(rig, DOCUMENT);
    REPLY out = export_all(rig);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char *text = exchange(out.text, cases[i].old, cases[i].new);
        REPLY in = import_text(other, text);
        assert_true(is_problem(&in, SC_PROBLEM_invalid_scenario));
        if (!has_fault(&in, cases[i].code, cases[i].pointer)) fail_msg("%s", cases[i].new);
        free(text);
    }
    rig_free(other);
}

static void post(struct sc_write *write)
{
    sem_post(write->context);
}

/* What an older program left: a built-in scenario with another document. */
static void build_in(struct rig *rig, const char *id, const char *document)
{
    char sha256[65];
    sem_t durable;
    sc_digest_bytes(document, strlen(document), sha256);
    struct sc_record record = {.id = id,
                               .builtin = true,
                               .name = "older",
                               .company = "AMD",
                               .description = "",
                               .tags = "[]",
                               .body = document,
                               .body_length = strlen(document),
                               .sha256 = sha256};
    struct sc_write write = {
        .kind = SC_WRITE_CREATE, .record = &record, .record_count = 1, .done = post, .context = &durable};
    assert_int_equal(sem_init(&durable, 0, 0), 0);
    assert_true(sc_store_submit(rig->store, &write));
    while (sem_wait(&durable) != 0) {
    }
    sem_destroy(&durable);
    assert_int_equal(write.status, SC_STORE_OK);
}

static void an_import_builds_nothing_in(void **state)
{
    struct rig *rig = *state, *other = rig_new();
    ID id = store_document(rig, DOCUMENT);
    REPLY out = export_all(rig);
    char *claimed = exchange(out.text, "\"builtin\":false", "\"builtin\":true");
    REPLY in = import_text(other, claimed);
    assert_counts(&in, 1, 0, 1);
    REPLY stored = rig_ask(other, sc_scenario_get, (struct ask){.id = id});
    assert_false(json_is_true(json_object_get(stored.json, "builtin")));
    free(claimed);
    rig_free(other);
}

static void a_newer_program_revises_its_built_in_scenarios(void **state)
{
    char reason[256];
    struct rig *other = *state;
    build_in(other, "amd-base", DOCUMENT);
    if (sc_app_seed(other->app, reason, sizeof reason) != 0) fail_msg("%s", reason);
    REPLY base = rig_ask(other, sc_scenario_get, (struct ask){.id = "amd-base"});
    assert_string_equal(base.etag, "\"2\"");
    assert_string_equal(text_of(base.json, "company"), "AMD");
    REPLY bull = rig_ask(other, sc_scenario_get, (struct ask){.id = "amd-bull"});
    assert_string_equal(bull.etag, "\"1.2\"");
    REPLY first = rig_ask(other, sc_revision_get, (struct ask){.id = "amd-base", .second = "1"});
    assert_non_null(strstr(first.text, DOCUMENT));
}

static void times_are_read_exactly(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "2026-04-23T09:30:00Z",        "2026-04-23 09:30:00.000000Z", "2026-04-23T09:30:00.00000Z",
        "2026-13-01T00:00:00.000000Z", "2026-04-23T09:30:00.-00001Z", "",
        "1969-01-01T00:00:00.000000Z", "2026-04-23T09:30:60.000000Z", "2026-04-23T09:30:00.000000X"};
    int64_t read = 0;
    for (int64_t time = 1; time < INT64_C(4000000000000000); time = time * 3 + 7) {
        char text[SC_TIMESTAMP_SIZE];
        sc_clock_timestamp(time, text);
        assert_true(sc_time_read(text, &read));
        assert_int_equal(read, time);
    }
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) assert_false(sc_time_read(wrong[i], &read));
}

static void exports_are_counted(void **state)
{
    struct rig *rig = *state;
    struct sc_answer answer[5];
    struct sc_arena arena;
    sc_arena_init(&arena, 1 << 20);
    for (int i = 0; i < 5; i++) {
        answer[i] = (struct sc_answer){.outcome = SC_OUTCOME_OK};
        struct sc_call call = {.app = rig->app, .arena = &arena, .path = "/v1/export", .answer = &answer[i]};
        sc_export(&call);
    }
    assert_int_equal(answer[4].problem, SC_PROBLEM_overloaded);
    for (int i = 0; i < 4; i++) answer[i].close(answer[i].stream);
    REPLY again = export_all(rig);
    assert_int_equal(again.length, 0);
    sc_arena_fini(&arena);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_exported_comes_back_byte_for_byte),
        TEST(more_revisions_of_what_is_there_are_added),
        TEST(built_in_lines_are_passed_over),
        TEST(nobody_writes_over_a_built_in_scenario_by_importing),
        TEST(a_line_that_contradicts_the_store_is_named),
        TEST(every_fault_of_every_line_is_answered_and_nothing_stored),
        TEST(a_line_that_was_tampered_with_is_refused),
        TEST(an_import_builds_nothing_in),
        TEST(a_newer_program_revises_its_built_in_scenarios),
        TEST(times_are_read_exactly),
        TEST(exports_are_counted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
