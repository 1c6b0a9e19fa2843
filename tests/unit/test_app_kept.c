/* An answer is given again as long as it is the answer: until anything is written, for the same address, type
 * and body. */
#include "app_rig.h"

#include <stdatomic.h>

#define VALUATION(...) rig_ask(rig, sc_valuation_stored, (struct ask){.target = "/valuation", __VA_ARGS__})

static void what_was_answered_is_given_again(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    REPLY first = VALUATION(.id = id);
    REPLY again = VALUATION(.id = id);
    assert_false(first.recalled);
    assert_true(again.recalled);
    assert_string_equal(first.text, again.text);
    assert_string_equal(first.etag, again.etag);
    assert_int_equal(again.outcome, SC_OUTCOME_OK);
    assert_int_equal(again.media, SC_MEDIA_JSON);
    assert_int_equal(again.freshness, SC_FRESH_REVALIDATE);
    REPLY known = VALUATION(.id = id, .if_none_match = first.etag);
    assert_true(known.recalled);
    assert_int_equal(known.outcome, SC_OUTCOME_NOT_MODIFIED);
    assert_null(known.text);
    assert_string_equal(known.etag, first.etag);
    REPLY other = VALUATION(.id = id, .if_none_match = "\"other\"");
    assert_true(other.recalled);
    assert_string_equal(other.text, first.text);
}

static void what_is_not_modified_is_not_kept_without_its_body(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    REPLY first = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id});
    REPLY known = VALUATION(.id = id, .if_none_match = first.etag);
    assert_int_equal(known.outcome, SC_OUTCOME_NOT_MODIFIED);
    REPLY again = VALUATION(.id = id);
    assert_false(again.recalled);
    assert_string_equal(again.text, first.text);
}

static void another_type_or_body_is_another_question(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    const char *const body = "{\"overrides\":[{\"pointer\":\"/price\",\"value\":50}]}";
    REPLY plain = VALUATION(.id = id);
    REPLY table = VALUATION(.id = id, .accept = SC_MEDIA_CSV);
    REPLY moved = VALUATION(.id = id, .body = body);
    assert_false(table.recalled);
    assert_false(moved.recalled);
    assert_true(number_of(moved.json, "price") == 50);
    REPLY plain_again = VALUATION(.id = id);
    REPLY table_again = VALUATION(.id = id, .accept = SC_MEDIA_CSV);
    REPLY moved_again = VALUATION(.id = id, .body = body);
    assert_true(plain_again.recalled && table_again.recalled && moved_again.recalled);
    assert_string_equal(plain_again.text, plain.text);
    assert_string_equal(table_again.text, table.text);
    assert_string_equal(moved_again.text, moved.text);
    REPLY elsewhere = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id, .target = "/valuation?"});
    assert_false(elsewhere.recalled);
}

static void after_a_write_the_answer_is_new(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    ID child = store_variant(
        rig, id, "{\"name\":\"Child\",\"overrides\":[{\"pointer\":\"/discount/wacc\",\"value\":0.11}]}");
    for (int price = 90; price > 80; price--) {
        char patch[64];
        snprintf(patch, sizeof patch, "{\"price\":%d}", price);
        patch_document(rig, id, patch);
        REPLY parent = VALUATION(.id = id);
        REPLY variant = rig_ask(rig, sc_valuation_stored, (struct ask){.id = child, .target = "/child"});
        assert_false(parent.recalled || variant.recalled);
        assert_true(number_of(parent.json, "price") == price);
        assert_true(number_of(variant.json, "price") == price);
    }
    REPLY gone = rig_ask(rig, sc_scenario_delete, (struct ask){.id = id, .if_match = "*"});
    assert_int_equal(gone.outcome, SC_OUTCOME_NO_CONTENT);
    REPLY deleted = VALUATION(.id = id);
    assert_true(is_problem(&deleted, SC_PROBLEM_not_found));
    REPLY still = VALUATION(.id = id);
    assert_false(still.recalled);
}

static void problems_and_what_must_not_be_stored_are_not_kept(void **state)
{
    struct rig *rig = *state;
    for (int i = 0; i < 2; i++) {
        REPLY missing = VALUATION(.id = "nobody");
        assert_true(is_problem(&missing, SC_PROBLEM_not_found));
        assert_false(missing.recalled);
        REPLY sent =
            rig_ask(rig, sc_curve_fit, (struct ask){.target = "/fit", .body = "{\"observations\":[]}"});
        assert_false(sent.recalled);
    }
}

static void a_list_is_kept_with_its_link(void **state)
{
    struct rig *rig = *state;
    ID one = store_document(rig, DOCUMENT);
    ID other = store_document(rig, DOCUMENT);
    REPLY first = rig_ask(rig, sc_scenario_list, (struct ask){.target = "/list", .query = "limit=1"});
    REPLY again = rig_ask(rig, sc_scenario_list, (struct ask){.target = "/list", .query = "limit=1"});
    assert_true(again.recalled);
    assert_string_equal(again.text, first.text);
    assert_true(*first.link);
    assert_string_equal(again.link, first.link);
    assert_string_not_equal(one, other);
}

static void a_long_body_is_no_key(void **state)
{
    struct rig *rig = *state;
    enum { LENGTH = 70000 };
    char *body = malloc(LENGTH + 1);
    memset(body, ' ', LENGTH);
    body[LENGTH] = '\0';
    memcpy(body, "{}", 2);
    ID id = store_document(rig, DOCUMENT);
    for (int i = 0; i < 2; i++) {
        REPLY reply = VALUATION(.id = id, .body = body);
        assert_int_equal(reply.outcome, SC_OUTCOME_OK);
        assert_false(reply.recalled);
    }
    free(body);
}

enum { READERS = 3, WRITES = 60 };

struct race {
    struct rig *rig;
    const char *id, *child;
    atomic_int written; /* the price that is acknowledged */
    atomic_bool over, wrong;
    atomic_long recalled;
};

/* What is acknowledged before a question is asked is in its answer, and nothing goes back in time. */
static void *keep_reading(void *argument)
{
    struct race *race = argument;
    struct sc_reader *reader = sc_reader_open(race->rig->store);
    double last = 0;
    while (!atomic_load(&race->over)) {
        int acknowledged = atomic_load(&race->written);
        REPLY parent = rig_ask_with(race->rig, reader, sc_valuation_stored,
                                    (struct ask){.id = race->id, .target = "/parent"});
        REPLY child = rig_ask_with(race->rig, reader, sc_valuation_stored,
                                   (struct ask){.id = race->child, .target = "/child"});
        double seen = number_of(parent.json, "price"), below = number_of(child.json, "price");
        if (seen < acknowledged || seen < last || below < seen) atomic_store(&race->wrong, true);
        last = below;
        atomic_fetch_add(&race->recalled, parent.recalled + child.recalled);
    }
    sc_reader_close(reader);
    return NULL;
}

static void readers_beside_a_writer_never_see_what_is_past(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    ID child = store_variant(
        rig, id, "{\"name\":\"Child\",\"overrides\":[{\"pointer\":\"/discount/wacc\",\"value\":0.11}]}");
    struct race race = {.rig = rig, .id = id, .child = child};
    pthread_t thread[READERS];
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, keep_reading, &race), 0);
    for (int price = 101; price <= 100 + WRITES; price++) {
        char patch[64];
        snprintf(patch, sizeof patch, "{\"price\":%d}", price);
        patch_document(rig, id, patch);
        atomic_store(&race.written, price);
        long before = atomic_load(&race.recalled);
        while (atomic_load(&race.recalled) == before && !atomic_load(&race.wrong)) usleep(100);
    }
    atomic_store(&race.over, true);
    for (int i = 0; i < READERS; i++) pthread_join(thread[i], NULL);
    assert_false(atomic_load(&race.wrong));
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        WITH_RIG(what_was_answered_is_given_again),
        WITH_RIG(what_is_not_modified_is_not_kept_without_its_body),
        WITH_RIG(another_type_or_body_is_another_question),
        WITH_RIG(after_a_write_the_answer_is_new),
        WITH_RIG(problems_and_what_must_not_be_stored_are_not_kept),
        WITH_RIG(a_list_is_kept_with_its_link),
        WITH_RIG(a_long_body_is_no_key),
        WITH_RIG(readers_beside_a_writer_never_see_what_is_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
