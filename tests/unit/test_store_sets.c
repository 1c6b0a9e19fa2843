/* The store keeps sets beside scenarios: the same histories and lists, each type by itself. */
#include "store_stage.h"

#define SET_BODY(a, b) "{\"name\":\"S\",\"members\":[{\"scenario\":\"" a "\"},{\"scenario\":\"" b "\"}]}"

static struct sc_record make_set(const char *id, const char *body)
{
    struct sc_record record = make_record(id);
    record.type = SC_RECORD_SET;
    record.company = NULL;
    record.body = body;
    record.body_length = strlen(body);
    return record;
}

static enum sc_store_status write_set(enum sc_write_kind kind, const char *id, const char *body)
{
    struct sc_record record = make_set(id, body);
    return write_one(kind, &record, 0);
}

static enum sc_store_status get_set(const char *id, int64_t revision, struct sc_record *record)
{
    return sc_reader_get(the.reader, SC_RECORD_SET, id, revision, &the.arena, record);
}

static void a_set_is_found_among_the_sets_alone(void **state)
{
    (void)state;
    struct sc_record found;
    create("a");
    assert_int_equal(write_set(SC_WRITE_CREATE, "s", SET_BODY("a", "a")), SC_STORE_OK);
    assert_int_equal(get_set("s", 0, &found), SC_STORE_OK);
    assert_int_equal(found.type, SC_RECORD_SET);
    assert_string_equal(found.body, SET_BODY("a", "a"));
    assert_string_equal(found.company, "");
    assert_int_equal(get("s", 0, &found), SC_STORE_NOT_FOUND);
    assert_int_equal(get("s", 1, &found), SC_STORE_NOT_FOUND);
    assert_int_equal(get_set("a", 0, &found), SC_STORE_NOT_FOUND);
    assert_string_equal(LIST(0), "a");
    assert_string_equal(LIST(.type = SC_RECORD_SET), "s");
    assert_string_equal(LIST(.text = "base"), "a");
    assert_string_equal(LIST(.type = SC_RECORD_SET, .text = "base", .tag = "bank"), "s");
    assert_string_equal(LIST(.type = SC_RECORD_SET, .id = "s"), "s");
    assert_string_equal(LIST(.id = "s"), "");
    assert_int_equal(sc_reader_revisions(the.reader, SC_RECORD_SCENARIO, "s", 0, 5, &the.arena, &the.page),
                     SC_STORE_NOT_FOUND);
}

static void ids_are_of_one_space(void **state)
{
    (void)state;
    create("a");
    assert_int_equal(write_set(SC_WRITE_CREATE, "a", SET_BODY("a", "a")), SC_STORE_EXISTS);
    assert_int_equal(write_set(SC_WRITE_CREATE, "s", SET_BODY("a", "a")), SC_STORE_OK);
    assert_int_equal(create("s"), SC_STORE_EXISTS);
    assert_int_equal(change(SC_WRITE_REVISE, "s", 0), SC_STORE_NOT_FOUND);
    assert_int_equal(change(SC_WRITE_DELETE, "s", 0), SC_STORE_NOT_FOUND);
    assert_int_equal(write_set(SC_WRITE_REVISE, "a", SET_BODY("a", "a")), SC_STORE_NOT_FOUND);
    assert_int_equal(write_set(SC_WRITE_DELETE, "a", SET_BODY("a", "a")), SC_STORE_NOT_FOUND);
    struct sc_record variant = make_record("variant");
    variant.parent = "s";
    assert_int_equal(write_one(SC_WRITE_CREATE, &variant, 0), SC_STORE_NOT_FOUND);
    struct sc_record imported = make_record("s");
    imported.revision = imported.created_at = imported.updated_at = 2;
    struct sc_write write = {.kind = SC_WRITE_IMPORT, .record = &imported, .record_count = 1};
    assert_int_equal(submit(&write), SC_STORE_EXISTS);
}

static void a_set_holds_only_scenarios_that_are_there(void **state)
{
    (void)state;
    struct sc_record found;
    create("a");
    create("b");
    assert_int_equal(write_set(SC_WRITE_CREATE, "s", SET_BODY("a", "nobody")), SC_STORE_BROKEN);
    assert_int_equal(get_set("s", 0, &found), SC_STORE_NOT_FOUND);
    assert_string_equal(LIST(.type = SC_RECORD_SET, .text = "base"), "");
    assert_int_equal(write_set(SC_WRITE_CREATE, "s", SET_BODY("a", "b")), SC_STORE_OK);
    assert_int_equal(write_set(SC_WRITE_CREATE, "t", SET_BODY("a", "s")), SC_STORE_BROKEN);
    assert_int_equal(write_set(SC_WRITE_REVISE, "s", SET_BODY("a", "nobody")), SC_STORE_BROKEN);
    assert_int_equal(get_set("s", 0, &found), SC_STORE_OK);
    assert_int_equal(found.revision, 1);
    change(SC_WRITE_DELETE, "b", 0);
    assert_int_equal(write_set(SC_WRITE_REVISE, "s", SET_BODY("b", "b")), SC_STORE_OK);
}

static void sets_are_listed_by_what_they_hold_now(void **state)
{
    (void)state;
    create("a");
    create("b");
    write_set(SC_WRITE_CREATE, "s", SET_BODY("a", "b"));
    write_set(SC_WRITE_CREATE, "t", SET_BODY("b", "b"));
    write_set(SC_WRITE_CREATE, "u", SET_BODY("a", "a"));
    assert_string_equal(LIST(.type = SC_RECORD_SET, .member = "a"), "u s");
    assert_string_equal(LIST(.type = SC_RECORD_SET, .member = "b"), "t s");
    assert_string_equal(LIST(.type = SC_RECORD_SET, .member = "b", .text = "base"), "t s");
    assert_string_equal(LIST(.type = SC_RECORD_SET, .member = "b", .tag = "other"), "");
    assert_string_equal(LIST(.type = SC_RECORD_SET, .member = "b", .limit = 1), "t");
    assert_string_equal(LIST(.type = SC_RECORD_SET, .member = "b", .limit = 1, .after = the.page.next), "s");
    assert_string_equal(LIST(.type = SC_RECORD_SET, .member = "nobody"), "");
    write_set(SC_WRITE_REVISE, "s", SET_BODY("b", "b"));
    assert_string_equal(LIST(.type = SC_RECORD_SET, .member = "a"), "u");
    write_set(SC_WRITE_DELETE, "t", SET_BODY("b", "b"));
    assert_string_equal(LIST(.type = SC_RECORD_SET, .member = "b"), "s");
    assert_string_equal(LIST(.type = SC_RECORD_SET, .member = "b", .deleted = true), "t");
    assert_string_equal(LIST(.type = SC_RECORD_SET, .deleted = true, .text = "base", .tag = "bank"), "t");
    assert_string_equal(LIST(.deleted = true), "");
    write_set(SC_WRITE_RESTORE, "t", SET_BODY("b", "b"));
    assert_string_equal(LIST(.type = SC_RECORD_SET, .text = "base"), "u t s");
}

/* Everything of a type, page by page, in one array. */
static size_t export_all(enum sc_record_type type, struct sc_record *records)
{
    int64_t cursor = 0;
    size_t count = 0;
    for (;;) {
        assert_int_equal(sc_reader_export(the.reader, type, &cursor, 2, &the.arena, &the.page), SC_STORE_OK);
        if (!the.page.count) return count;
        memcpy(records + count, the.page.item, the.page.count * sizeof *records);
        count += the.page.count;
    }
}

static void each_type_is_exported_by_itself_and_both_are_imported(void **state)
{
    (void)state;
    struct sc_record records[16];
    create("a");
    write_set(SC_WRITE_CREATE, "s", SET_BODY("a", "a"));
    create("b");
    write_set(SC_WRITE_REVISE, "s", SET_BODY("a", "b"));
    change(SC_WRITE_REVISE, "a", 0);
    write_set(SC_WRITE_CREATE, "t", SET_BODY("b", "b"));
    size_t scenarios = export_all(SC_RECORD_SCENARIO, records);
    assert_int_equal(scenarios, 3);
    assert_int_equal(export_all(SC_RECORD_SET, records + scenarios), 3);
    assert_string_equal(records[3].id, "s");
    assert_int_equal(records[4].revision, 2);
    assert_string_equal(records[5].id, "t");
    close_store();
    snprintf(the.path, sizeof the.path, "%s/other.db", the.directory);
    open_store();
    struct sc_write write = {.kind = SC_WRITE_IMPORT, .record = records, .record_count = 6};
    assert_int_equal(submit(&write), SC_STORE_OK);
    assert_int_equal(write.written, 6);
    assert_int_equal(submit(&write), SC_STORE_OK);
    assert_int_equal(write.written, 0);
    assert_string_equal(LIST(.type = SC_RECORD_SET, .member = "b"), "t s");
    struct sc_record early[] = {make_set("v", SET_BODY("late", "late")), make_record("late")};
    for (int i = 0; i < 2; i++) early[i].revision = early[i].created_at = early[i].updated_at = 1;
    write = (struct sc_write){.kind = SC_WRITE_IMPORT, .record = early, .record_count = 2};
    assert_int_equal(submit(&write), SC_STORE_BROKEN);
    assert_string_equal(LIST(.id = "late"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(a_set_is_found_among_the_sets_alone),
        WITH_STORE(ids_are_of_one_space),
        WITH_STORE(a_set_holds_only_scenarios_that_are_there),
        WITH_STORE(sets_are_listed_by_what_they_hold_now),
        WITH_STORE(each_type_is_exported_by_itself_and_both_are_imported),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
