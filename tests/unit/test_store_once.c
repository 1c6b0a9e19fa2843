/* A write that has a key is done once: its answer is kept with it, found again, and given way to newer ones.
 */
#include "store_stage.h"

static const struct sc_once_keep PLENTY = {.count = 100, .bytes = 1 << 20, .age = INT64_C(3600000000)};
static bool has_memory = true;

static bool compose(struct sc_write *write)
{
    struct sc_once_answer *answer = &write->once->answer;
    answer->outcome = 1;
    answer->media = 2;
    answer->etag = "\"1\"";
    answer->location = write->record->id;
    answer->body = write->record->body;
    answer->length = write->record->body ? write->record->body_length : 0;
    return has_memory;
}

static struct sc_once make_once(const char *key, const char *request)
{
    return (struct sc_once){
        .key = key, .request = request, .keep = PLENTY, .arena = &the.arena, .compose = compose};
}

static enum sc_store_status create_once(const char *id, struct sc_once *once)
{
    struct sc_record record = make_record(id);
    struct sc_write write = {.kind = SC_WRITE_CREATE, .once = once, .record = &record, .record_count = 1};
    return submit(&write);
}

static enum sc_store_status create_with_key(const char *id, const char *key)
{
    struct sc_once once = make_once(key, "request");
    return create_once(id, &once);
}

static bool is_known(const char *key)
{
    struct sc_once_answer answer;
    return sc_reader_once(the.reader, key, PLENTY.age, &the.arena, &answer) == SC_STORE_OK;
}

static void the_answer_is_kept_and_found(void **state)
{
    (void)state;
    struct sc_once_answer answer;
    assert_false(is_known("key"));
    assert_int_equal(create_with_key("a", "key"), SC_STORE_OK);
    close_store();
    open_store();
    assert_int_equal(sc_reader_once(the.reader, "key", PLENTY.age, &the.arena, &answer), SC_STORE_OK);
    assert_string_equal(answer.request, "request");
    assert_string_equal(answer.etag, "\"1\"");
    assert_string_equal(answer.location, "a");
    assert_string_equal(answer.body, "{\"a\":1}");
    assert_int_equal(answer.length, 7);
    assert_int_equal(answer.outcome, 1);
    assert_int_equal(answer.media, 2);
}

static void a_key_writes_once_whatever_it_comes_with(void **state)
{
    (void)state;
    create_with_key("a", "key");
    struct sc_once again = make_once("key", "another");
    assert_int_equal(create_once("b", &again), SC_STORE_REPEATED);
    assert_string_equal(again.answer.request, "request");
    assert_string_equal(again.answer.location, "a");
    assert_string_equal(LIST(.limit = 10), "a");
}

static void what_fails_keeps_no_key(void **state)
{
    (void)state;
    create("a");
    assert_int_equal(create_with_key("a", "key"), SC_STORE_EXISTS);
    has_memory = false;
    assert_int_equal(create_with_key("b", "key"), SC_STORE_BUSY);
    has_memory = true;
    assert_false(is_known("key"));
    assert_string_equal(LIST(.limit = 10), "a");
    assert_int_equal(create_with_key("c", "key"), SC_STORE_OK);
}

static void the_newest_are_kept_by_number_size_and_age(void **state)
{
    (void)state;
    static const char *const ids[] = {"a", "b", "c", "d"};
    struct sc_once once;
    for (size_t i = 0; i < 4; i++) create_with_key(ids[i], ids[i]);
    once = make_once("e", "request");
    once.keep.count = 4;
    create_once("e", &once);
    assert_false(is_known("a"));
    assert_true(is_known("b"));
    once = make_once("f", "request");
    once.keep.bytes = 15; /* of two bodies of seven */
    create_once("f", &once);
    assert_false(is_known("c"));
    assert_true(is_known("d") && is_known("e") && is_known("f"));
    usleep(2000);
    once = make_once("g", "request");
    once.keep.age = 1000;
    create_once("g", &once);
    assert_false(is_known("f"));
    assert_true(is_known("g"));
    usleep(2000);
    struct sc_once_answer answer;
    assert_int_equal(sc_reader_once(the.reader, "g", 1000, &the.arena, &answer), SC_STORE_NOT_FOUND);
    once = make_once("g", "request");
    once.keep.age = 1000;
    assert_int_equal(create_once("h", &once), SC_STORE_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(the_answer_is_kept_and_found),
        WITH_STORE(a_key_writes_once_whatever_it_comes_with),
        WITH_STORE(what_fails_keeps_no_key),
        WITH_STORE(the_newest_are_kept_by_number_size_and_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
