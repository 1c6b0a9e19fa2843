/* Variants in the store: what they are found by follows their parents, what they were written over does not.
 */
#include "store_stage.h"

static struct sc_record make_variant(const char *id, const char *parent)
{
    struct sc_record record = make_record(id);
    record.parent = parent;
    record.kind = SC_BODY_OVERLAY;
    record.name = "Variant";
    return record;
}

static void add_variant(const char *id, const char *parent)
{
    struct sc_record record = make_variant(id, parent);
    assert_int_equal(write_one(SC_WRITE_CREATE, &record, 0), SC_STORE_OK);
}

static void revise_texts(const char *id, const char *company, const char *description, const char *tags)
{
    struct sc_record record = make_record(id);
    record.company = company;
    record.description = description;
    record.tags = tags;
    assert_int_equal(write_one(SC_WRITE_REVISE, &record, 0), SC_STORE_OK);
}

static void what_a_variant_is_found_by_follows_its_parent(void **state)
{
    (void)state;
    create("root");
    add_variant("middle", "root");
    add_variant("leaf", "middle");
    create("other");
    revise_texts("root", "Zenith", "Of kites", "[\"y\",\"z\"]");
    assert_string_equal(LIST(.company = "zenith"), "leaf middle root");
    assert_string_equal(LIST(.tag = "z"), "leaf middle root");
    assert_string_equal(LIST(.text = "kite variant"), "leaf middle");
    assert_string_equal(LIST(.text = "kite", .tag = "y", .company = "ZENITH"), "leaf middle root");
    assert_string_equal(LIST(.tag = "bank"), "other");
    assert_string_equal(LIST(.company = "acme"), "other");
    assert_string_equal(LIST(.text = "moderate"), "other");
    assert_int_equal(LIST(.id = "leaf") != NULL && the.page.count, 1);
    assert_string_equal(the.page.item[0].company, "Zenith");
    assert_string_equal(the.page.item[0].description, "Of kites");
    assert_int_equal(the.page.item[0].revision, 1);
}

static void a_deleted_variant_follows_too(void **state)
{
    (void)state;
    create("root");
    add_variant("leaf", "root");
    assert_int_equal(change(SC_WRITE_DELETE, "leaf", 0), SC_STORE_OK);
    revise_texts("root", "Zenith", "", "[]");
    assert_string_equal(LIST(.company = "zenith", .deleted = true), "leaf");
    assert_string_equal(LIST(.tag = "bank", .deleted = true), "");
    assert_int_equal(change(SC_WRITE_RESTORE, "leaf", 0), SC_STORE_OK);
    assert_string_equal(LIST(.company = "zenith"), "leaf root");
}

static void one_write_brings_all_in_line(void **state)
{
    (void)state;
    enum { VARIANTS = 300 };
    char id[VARIANTS][16];
    create("root");
    for (int i = 0; i < VARIANTS; i++) {
        snprintf(id[i], sizeof id[i], "v-%d", i);
        add_variant(id[i], i < 7 ? (i ? id[i - 1] : "root") : "v-6");
    }
    revise_texts("root", "Zenith", "Of kites", "[\"z\"]");
    struct sc_filter filter = {.tag = "z", .limit = VARIANTS + 1};
    assert_int_equal(sc_reader_list(the.reader, &filter, &the.arena, &the.page), SC_STORE_OK);
    assert_int_equal(the.page.count, VARIANTS + 1);
    struct sc_store_figures figures;
    sc_store_figures(the.store, &figures);
    assert_int_equal(figures.writes, VARIANTS + 2);
    close_store();
    open_store(); /* which looks at the indexes of a store that was not closed well only */
    filter = (struct sc_filter){.text = "kite", .limit = VARIANTS + 1};
    assert_int_equal(sc_reader_list(the.reader, &filter, &the.arena, &the.page), SC_STORE_OK);
    assert_int_equal(the.page.count, VARIANTS + 1);
}

static void an_import_of_a_parent_takes_its_variants_along(void **state)
{
    (void)state;
    create("root");
    add_variant("leaf", "root");
    struct sc_record records[3] = {make_record("root"), make_variant("late", "leaf"),
                                   make_variant("leaf", "root")};
    records[0].revision = records[2].revision = 2;
    records[1].revision = 1;
    records[0].company = "Zenith";
    for (size_t i = 0; i < 3; i++) records[i].created_at = records[i].updated_at = 1900000000000000;
    struct sc_write write = {.kind = SC_WRITE_IMPORT, .record = records, .record_count = 3};
    assert_int_equal(submit(&write), SC_STORE_OK);
    assert_string_equal(LIST(.company = "zenith"), "late leaf root");
}

static void a_revision_says_over_which_revisions_it_was_written(void **state)
{
    (void)state;
    struct sc_record record, found;
    create("root");
    assert_int_equal(change(SC_WRITE_REVISE, "root", 0), SC_STORE_OK);
    add_variant("middle", "root");
    add_variant("leaf", "middle");
    assert_int_equal(change(SC_WRITE_REVISE, "root", 0), SC_STORE_OK);
    record = make_variant("middle", "root");
    assert_int_equal(write_one(SC_WRITE_REVISE, &record, 0), SC_STORE_OK);
    record = make_variant("leaf", "middle");
    record.parents = "1.3"; /* as the application read them */
    assert_int_equal(write_one(SC_WRITE_REVISE, &record, 0), SC_STORE_OK);
    static const struct {
        const char *id;
        int64_t revision;
        const char *parents;
    } expected[] = {{"middle", 1, "2"}, {"middle", 2, "3"}, {"leaf", 1, "1.2"}, {"leaf", 2, "1.3"}};
    for (size_t i = 0; i < sizeof expected / sizeof expected[0]; i++) {
        assert_int_equal(get(expected[i].id, expected[i].revision, &found), SC_STORE_OK);
        assert_string_equal(found.parents, expected[i].parents);
    }
    assert_int_equal(get("root", 3, &found), SC_STORE_OK);
    assert_null(found.parents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(what_a_variant_is_found_by_follows_its_parent),
        WITH_STORE(a_deleted_variant_follows_too),
        WITH_STORE(one_write_brings_all_in_line),
        WITH_STORE(an_import_of_a_parent_takes_its_variants_along),
        WITH_STORE(a_revision_says_over_which_revisions_it_was_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
