/* The store keeps what it acknowledged and finds it again.
 * Needs build/gen/sc_migrations.h: sh server/store/sqlite/embed.sh schema/sql/?*.sql >
 * build/gen/sc_migrations.h
 * gcc -std=c17 -D_GNU_SOURCE -O1 -g -fsanitize=address,undefined -Iinclude -Iserver -Ibuild/gen -Itests/unit
 * \
 *     tests/unit/test_store.c server/store/sqlite/?*.c server/base/{arena,clock,log}.c \
 *     -lcmocka -lsqlite3 -lpthread -o /tmp/test_store && /tmp/test_store
 * and again with -fsanitize=thread. */
#include "store_stage.h"

#define DIGEST_2 "ff112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

/* ---- create, get, revise, delete ---- */

static void a_created_scenario_is_found_as_it_was_given(void **state)
{
    (void)state;
    struct sc_record record = make_record("a-1"), found;
    assert_int_equal(write_one(SC_WRITE_CREATE, &record, 0), SC_STORE_OK);
    assert_int_equal(record.revision, 1);
    assert_true(record.created_at > 1600000000000000 && record.updated_at == record.created_at);
    assert_int_equal(get("a-1", 0, &found), SC_STORE_OK);
    assert_string_equal(found.id, "a-1");
    assert_null(found.parent);
    assert_string_equal(found.name, "Base case");
    assert_string_equal(found.company, "Acme");
    assert_string_equal(found.description, "Moderate growth");
    assert_string_equal(found.tags, "[\"bank\"]");
    assert_string_equal(found.body, "{\"a\":1}");
    assert_int_equal(found.body_length, 7);
    assert_string_equal(found.sha256, DIGEST);
    assert_int_equal(found.created_at, record.created_at);
    assert_int_equal(found.revision, 1);
    assert_int_equal(found.deleted_at, 0);
    assert_false(found.builtin);
    assert_int_equal(create("a-1"), SC_STORE_EXISTS);
    assert_int_equal(get("a-2", 0, &found), SC_STORE_NOT_FOUND);
    assert_int_equal(get("a-1", 2, &found), SC_STORE_NOT_FOUND);
    assert_int_equal(sc_reader_check(the.reader), SC_STORE_OK);
}

static void a_variant_needs_a_parent_that_is_there(void **state)
{
    (void)state;
    struct sc_record variant = make_record("variant"), found;
    variant.parent = "base";
    variant.kind = SC_BODY_OVERLAY;
    assert_int_equal(write_one(SC_WRITE_CREATE, &variant, 0), SC_STORE_NOT_FOUND);
    assert_int_equal(get("variant", 0, &found), SC_STORE_NOT_FOUND);
    variant.parent = "variant";
    assert_int_equal(write_one(SC_WRITE_CREATE, &variant, 0), SC_STORE_NOT_FOUND);
    create("base");
    variant.parent = "base";
    assert_int_equal(write_one(SC_WRITE_CREATE, &variant, 0), SC_STORE_OK);
    assert_int_equal(get("variant", 0, &found), SC_STORE_OK);
    assert_string_equal(found.parent, "base");
    assert_int_equal(found.kind, SC_BODY_OVERLAY);
}

static void a_revision_is_added_only_to_the_expected_one(void **state)
{
    (void)state;
    create("a");
    struct sc_record next = make_record("a"), found;
    next.name = "Bear case";
    next.body = "{\"a\":2}";
    assert_int_equal(write_one(SC_WRITE_REVISE, &next, 1), SC_STORE_OK);
    assert_int_equal(next.revision, 2);
    assert_true(next.updated_at > next.created_at);
    assert_int_equal(write_one(SC_WRITE_REVISE, &next, 1), SC_STORE_STALE);
    assert_int_equal(next.revision, 2);
    assert_int_equal(write_one(SC_WRITE_REVISE, &next, 0), SC_STORE_OK);
    assert_int_equal(next.revision, 3);
    assert_int_equal(change(SC_WRITE_REVISE, "b", 0), SC_STORE_NOT_FOUND);
    assert_int_equal(get("a", 1, &found), SC_STORE_OK);
    assert_string_equal(found.name, "Base case");
    assert_int_equal(get("a", 0, &found), SC_STORE_OK);
    assert_string_equal(found.name, "Bear case");
    assert_int_equal(found.revision, 3);
}

static void a_deleted_scenario_is_kept_and_can_be_restored(void **state)
{
    (void)state;
    create("a");
    create("b");
    struct sc_record found, record = make_record("a");
    assert_int_equal(write_one(SC_WRITE_DELETE, &record, 7), SC_STORE_STALE);
    assert_int_equal(write_one(SC_WRITE_DELETE, &record, 1), SC_STORE_OK);
    assert_true(record.deleted_at > record.created_at);
    assert_string_equal(LIST(0), "b");
    assert_string_equal(LIST(.deleted = true), "a");
    assert_string_equal(LIST(.deleted = true, .tag = "bank", .company = "ACME", .text = "base"), "a");
    assert_string_equal(LIST(.tag = "bank", .company = "acme", .text = "base"), "b");
    assert_int_equal(get("a", 0, &found), SC_STORE_OK);
    assert_int_equal(found.deleted_at, record.deleted_at);
    assert_int_equal(change(SC_WRITE_DELETE, "a", 0), SC_STORE_DELETED);
    assert_int_equal(change(SC_WRITE_REVISE, "a", 0), SC_STORE_DELETED);
    assert_int_equal(create("a"), SC_STORE_EXISTS);
    assert_int_equal(change(SC_WRITE_RESTORE, "a", 0), SC_STORE_OK);
    assert_int_equal(change(SC_WRITE_RESTORE, "a", 0), SC_STORE_OK);
    assert_int_equal(change(SC_WRITE_RESTORE, "c", 0), SC_STORE_NOT_FOUND);
    assert_string_equal(LIST(.tag = "bank", .company = "acme", .text = "base"), "b a");
}

static void a_bad_write_leaves_no_trace_and_no_harm(void **state)
{
    (void)state;
    struct sc_record record = make_record("Not an id"), found;
    assert_int_equal(write_one(SC_WRITE_CREATE, &record, 0), SC_STORE_BROKEN);
    record = make_record("a");
    record.body = "{\"a\":";
    record.body_length = 5;
    assert_int_equal(write_one(SC_WRITE_CREATE, &record, 0), SC_STORE_BROKEN);
    assert_int_equal(get("a", 0, &found), SC_STORE_NOT_FOUND);
    assert_string_equal(LIST(.text = "base"), "");
    assert_int_equal(create("a"), SC_STORE_OK);
}

/* ---- lists ---- */

static void lists_are_narrowed_and_newest_first(void **state)
{
    (void)state;
    create_with("a", "One", "Müller AG", "[\"bank\",\"bank\",\"x\"]");
    create_with("b", "Two", "Acme", "[\"bank\"]");
    create_with("c", "Three", "MÜLLER AG", "[\"Bank\",\"y\"]");
    create_with("d", "Four", "Müller", "[]");
    assert_string_equal(LIST(0), "d c b a");
    assert_string_equal(LIST(.company = "müller ag"), "c a");
    assert_string_equal(LIST(.tag = "bank"), "b a");
    assert_string_equal(LIST(.tag = "bank", .company = "müller AG"), "a");
    assert_string_equal(LIST(.tag = "BANK"), "");
    assert_string_equal(LIST(.id = "c"), "c");
    assert_string_equal(LIST(.id = "c", .tag = "bank"), "");
    assert_string_equal(LIST(.id = "c", .text = "thr", .company = "Müller ag", .tag = "y"), "c");
    assert_string_equal(LIST(.id = "nobody"), "");
    assert_string_equal(LIST(.text = "muller", .tag = "bank"), "a");
    assert_string_equal(LIST(.text = "muller", .company = "Müller AG"), "c a");
    assert_null(the.page.item[0].body);
    assert_string_equal(the.page.item[0].sha256, DIGEST);
}

static void a_revision_moves_its_scenario_to_other_lists(void **state)
{
    (void)state;
    create_with("a", "One", "Acme", "[\"x\",\"y\"]");
    struct sc_record record = make_record("a");
    record.name = "Uno";
    record.company = "Zenith";
    record.tags = "[\"y\",\"z\"]";
    assert_int_equal(write_one(SC_WRITE_REVISE, &record, 0), SC_STORE_OK);
    assert_string_equal(LIST(.company = "acme"), "");
    assert_string_equal(LIST(.company = "zenith"), "a");
    assert_string_equal(LIST(.tag = "x"), "");
    assert_string_equal(LIST(.tag = "z", .company = "zenith"), "a");
    assert_string_equal(LIST(.text = "one"), "");
    assert_string_equal(LIST(.text = "uno z"), "a");
}

static void pages_follow_each_other_without_gap_or_overlap(void **state)
{
    (void)state;
    char id[16];
    for (int i = 0; i < 25; i++) {
        snprintf(id, sizeof id, "s-%d", i);
        create_with(id, "One", "Acme", i % 2 ? "[\"odd\"]" : "[]");
    }
    const struct sc_filter filters[] = {
        {0}, {.company = "acme"}, {.text = "on"}, {.text = "on", .company = "acme"}};
    for (size_t f = 0; f < 4; f++) {
        int expected = 24;
        struct sc_filter filter = filters[f];
        filter.limit = 10;
        do {
            list(filter);
            for (size_t i = 0; i < the.page.count; i++) {
                snprintf(id, sizeof id, "s-%d", expected--);
                assert_string_equal(the.page.item[i].id, id);
            }
            filter.after = the.page.next;
        } while (the.page.next);
        assert_int_equal(expected, -1);
    }
    assert_string_equal(LIST(.tag = "odd", .limit = 2), "s-23 s-21");
    assert_string_equal(LIST(.tag = "odd", .limit = 2, .after = the.page.next), "s-19 s-17");
    assert_string_equal(LIST(.tag = "odd", .company = "acme", .limit = 1, .after = the.page.next), "s-15");
    assert_string_equal(LIST(.id = "s-3", .after = 2), "");
    assert_string_equal(LIST(.tag = "odd", .limit = 0 + 12),
                        "s-23 s-21 s-19 s-17 s-15 s-13 s-11 s-9 s-7 s-5 s-3 s-1");
    assert_int_equal(the.page.next, 0);
}

static void a_page_ends_where_its_memory_does(void **state)
{
    (void)state;
    create("a");
    create("b");
    create("c");
    struct sc_arena small;
    sc_arena_init(&small, 2 * sizeof(struct sc_record) + 700);
    struct sc_filter filter = {.limit = 2};
    assert_int_equal(sc_reader_list(the.reader, &filter, &small, &the.page), SC_STORE_OK);
    assert_int_equal(the.page.count, 2);
    sc_arena_fini(&small);
    sc_arena_init(&small, 3 * sizeof(struct sc_record) + 200);
    filter.limit = 3;
    assert_int_equal(sc_reader_list(the.reader, &filter, &small, &the.page), SC_STORE_OK);
    assert_int_equal(the.page.count, 1);
    filter.after = the.page.next;
    assert_string_equal(list(filter), "b a");
    sc_arena_fini(&small);
    sc_arena_init(&small, 100);
    assert_int_equal(sc_reader_list(the.reader, &filter, &small, &the.page), SC_STORE_BUSY);
    sc_arena_fini(&small);
}

/* ---- search ---- */

static void words_are_found_by_their_beginnings(void **state)
{
    (void)state;
    create_with("a", "Société Générale: bear case", "SocGen", "[\"ipo\",\"big bank\"]");
    create_with("b", "AT&T base", "AT&T Inc.", "[\"telecom\"]");
    create_with("c", "Straße — naïve “O’Brien” 2026", "Obrien", "[]");
    assert_string_equal(LIST(.text = "soc gen"), "a");
    assert_string_equal(LIST(.text = "SOCIETE bear"), "a");
    assert_string_equal(LIST(.text = "ipo"), "a");
    assert_string_equal(LIST(.text = "bank big"), "a");
    assert_string_equal(LIST(.text = "oc"), "");
    assert_string_equal(LIST(.text = "at&t"), "b");
    assert_string_equal(LIST(.text = "moderate growth"), "c b a");
    assert_string_equal(LIST(.text = "soc growth nobody"), "");
    assert_string_equal(LIST(.text = "naive o’br 202"), "c");
    assert_string_equal(LIST(.text = "m"), "c b a");
    assert_string_equal(LIST(.text = "mo"), "c b a");
    assert_string_equal(LIST(.text = "mod"), "c b a");
}

static void hostile_questions_are_only_words(void **state)
{
    (void)state;
    create_with("a", "near and or not emoji 🚀 name", "Acme", "[\"x\"]");
    const char *const any[] = {"",
                               " ",
                               "\"",
                               "*",
                               "-",
                               "^",
                               "(",
                               "NEAR(",
                               "a\"b*",
                               "🚀",
                               "name:",
                               "{name}",
                               "AND",
                               "NOT",
                               "OR",
                               "a AND",
                               "\"\"\"",
                               "''",
                               "near(acme emoji, 2)",
                               "- - -",
                               "+",
                               "\\",
                               "%_",
                               "\xee\x80\x80l",
                               "acme;drop",
                               "\xff\xfe",
                               "x—",
                               "— —"};
    for (size_t i = 0; i < sizeof any / sizeof *any; i++) LIST(.text = any[i]);
    assert_string_equal(LIST(.text = ""), "a");
    assert_string_equal(LIST(.text = "\" * ( -"), "a");
    assert_string_equal(LIST(.text = "NEAR("), "a");
    assert_string_equal(LIST(.text = "NOT acme"), "a");
    assert_string_equal(LIST(.text = "🚀 emoji"), "a");
    assert_string_equal(LIST(.text = "nobody OR acme"), "");
    char *many = calloc(1, 40001);
    assert_non_null(many);
    for (size_t i = 0; i < 20000; i++) memcpy(many + 2 * i, "a ", 2);
    assert_string_equal(LIST(.text = many), "a");
    memset(many, 'a', 40000);
    assert_string_equal(LIST(.text = many), "");
    free(many);
}

/* ---- revisions, export, import ---- */

static void revisions_are_listed_newest_first(void **state)
{
    (void)state;
    create("a");
    create("b");
    for (int i = 0; i < 4; i++) change(SC_WRITE_REVISE, "a", 0);
    assert_int_equal(sc_reader_revisions(the.reader, SC_RECORD_SCENARIO, "a", 0, 3, &the.arena, &the.page),
                     SC_STORE_OK);
    assert_int_equal(the.page.count, 3);
    assert_int_equal(the.page.item[0].revision, 5);
    assert_int_equal(the.page.next, 3);
    assert_null(the.page.item[0].body);
    assert_int_equal(sc_reader_revisions(the.reader, SC_RECORD_SCENARIO, "a", 3, 3, &the.arena, &the.page),
                     SC_STORE_OK);
    assert_int_equal(the.page.count, 2);
    assert_int_equal(the.page.item[1].revision, 1);
    assert_int_equal(the.page.next, 0);
    assert_int_equal(sc_reader_revisions(the.reader, SC_RECORD_SCENARIO, "c", 0, 3, &the.arena, &the.page),
                     SC_STORE_NOT_FOUND);
}

/* Everything, page by page, in one array. */
static size_t export_all(struct sc_record *records, size_t limit)
{
    int64_t cursor = 0;
    size_t count = 0;
    for (;;) {
        assert_int_equal(
            sc_reader_export(the.reader, SC_RECORD_SCENARIO, &cursor, limit, &the.arena, &the.page),
            SC_STORE_OK);
        if (!the.page.count) return count;
        memcpy(records + count, the.page.item, the.page.count * sizeof *records);
        count += the.page.count;
    }
}

static void an_export_imports_elsewhere_and_twice(void **state)
{
    (void)state;
    fill_for_export();
    struct sc_record first[16], second[16];
    assert_int_equal(export_all(first, 2), 5);
    assert_string_equal(first[0].id, "base");
    assert_int_equal(first[1].revision, 2);
    assert_string_equal(first[2].parent, "base");
    assert_string_equal(first[4].id, "gone");
    struct sc_write write = {.kind = SC_WRITE_IMPORT, .record = first, .record_count = 5};
    assert_int_equal(submit(&write), SC_STORE_OK);
    assert_int_equal(write.written, 0);
    close_store();
    snprintf(the.path, sizeof the.path, "%s/other.db", the.directory);
    open_store();
    assert_int_equal(submit(&write), SC_STORE_OK);
    assert_int_equal(write.written, 5);
    assert_int_equal(submit(&write), SC_STORE_OK);
    assert_int_equal(write.written, 0);
    assert_int_equal(export_all(second, 100), 5);
    for (size_t i = 0; i < 5; i++) {
        assert_string_equal(first[i].id, second[i].id);
        assert_string_equal(first[i].body, second[i].body);
        assert_string_equal(first[i].name, second[i].name);
        assert_int_equal(first[i].builtin, second[i].builtin);
        assert_int_equal(first[i].revision, second[i].revision);
        assert_int_equal(first[i].created_at, second[i].created_at);
        assert_int_equal(first[i].updated_at, second[i].updated_at);
        assert_int_equal(first[i].deleted_at, second[i].deleted_at);
    }
    assert_string_equal(LIST(0), "variant base");
    assert_string_equal(LIST(.deleted = true, .text = "bas"), "gone");
}

static void an_import_adds_later_revisions_to_what_is_there(void **state)
{
    (void)state;
    create("a");
    struct sc_record records[3], found;
    assert_int_equal(get("a", 0, &records[0]), SC_STORE_OK);
    records[1] = records[2] = records[0];
    records[1].revision = 3;
    records[1].name = "Third";
    records[2].revision = 2;
    struct sc_write write = {.kind = SC_WRITE_IMPORT, .record = records, .record_count = 3};
    assert_int_equal(submit(&write), SC_STORE_OK);
    assert_int_equal(write.written, 2);
    assert_int_equal(get("a", 0, &found), SC_STORE_OK);
    assert_int_equal(found.revision, 3);
    assert_string_equal(LIST(.text = "third"), "a");
    assert_string_equal(LIST(.text = "base"), "");
    assert_int_equal(change(SC_WRITE_REVISE, "a", 3), SC_STORE_OK);
}

static void a_conflicting_import_keeps_nothing(void **state)
{
    (void)state;
    create("a");
    struct sc_record records[2] = {make_record("new"), make_record("a")}, found;
    for (size_t i = 0; i < 2; i++) {
        records[i].revision = 1;
        records[i].created_at = records[i].updated_at = 1700000000000000;
    }
    struct sc_write write = {.kind = SC_WRITE_IMPORT, .record = records, .record_count = 2};
    records[1].sha256 = DIGEST_2;
    assert_int_equal(submit(&write), SC_STORE_EXISTS);
    assert_int_equal(write.failed_record, 1);
    records[1].sha256 = DIGEST;
    records[1].body = "{\"a\":3}";
    assert_int_equal(submit(&write), SC_STORE_EXISTS);
    records[1].body = "{\"a\":1}";
    records[1].parent = "new";
    assert_int_equal(submit(&write), SC_STORE_EXISTS);
    records[1].parent = NULL;
    records[0].parent = "nobody";
    assert_int_equal(submit(&write), SC_STORE_NOT_FOUND);
    assert_int_equal(write.failed_record, 0);
    assert_int_equal(get("new", 0, &found), SC_STORE_NOT_FOUND);
    assert_string_equal(LIST(.text = "base"), "a");
    records[0].parent = NULL;
    assert_int_equal(submit(&write), SC_STORE_OK);
    assert_int_equal(write.written, 1);
}

static void the_generation_tells_of_every_write_and_rests_between_them(void **state)
{
    (void)state;
    uint64_t before = sc_store_generation(the.store);
    struct sc_record found;
    assert_int_equal(before % 2, 0);
    create("a");
    uint64_t created = sc_store_generation(the.store);
    assert_int_equal(created % 2, 0);
    assert_true(created > before);
    assert_int_equal(get("a", 0, &found), SC_STORE_OK);
    assert_string_equal(LIST(.text = "base"), "a");
    assert_int_equal(sc_store_generation(the.store), created);
    assert_int_equal(change(SC_WRITE_REVISE, "a", 1), SC_STORE_OK);
    uint64_t revised = sc_store_generation(the.store);
    assert_true(revised > created && revised % 2 == 0);
    assert_int_equal(change(SC_WRITE_DELETE, "a", 2), SC_STORE_OK);
    assert_true(sc_store_generation(the.store) > revised);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(a_created_scenario_is_found_as_it_was_given),
        WITH_STORE(a_variant_needs_a_parent_that_is_there),
        WITH_STORE(a_revision_is_added_only_to_the_expected_one),
        WITH_STORE(a_deleted_scenario_is_kept_and_can_be_restored),
        WITH_STORE(a_bad_write_leaves_no_trace_and_no_harm),
        WITH_STORE(lists_are_narrowed_and_newest_first),
        WITH_STORE(a_revision_moves_its_scenario_to_other_lists),
        WITH_STORE(pages_follow_each_other_without_gap_or_overlap),
        WITH_STORE(a_page_ends_where_its_memory_does),
        WITH_STORE(words_are_found_by_their_beginnings),
        WITH_STORE(hostile_questions_are_only_words),
        WITH_STORE(revisions_are_listed_newest_first),
        WITH_STORE(the_generation_tells_of_every_write_and_rests_between_them),
        WITH_STORE(an_export_imports_elsewhere_and_twice),
        WITH_STORE(an_import_adds_later_revisions_to_what_is_there),
        WITH_STORE(a_conflicting_import_keeps_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
