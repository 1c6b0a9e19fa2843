/* Merge patches, JSON Patches, differences and overlays, against the tables of RFC 7396 and RFC 6902.
 * Alone, besides `make unit T=test_patch`:
 *   gcc -std=c17 -D_GNU_SOURCE -g -fsanitize=address,undefined -Iinclude -Iserver -Itests/unit \
 *       tests/unit/test_patch.c server/codec/{number,writer,budget,pointer,canonical,patch,diff,text}.c \
 *       server/base/{buffer,fault}.c -ljansson -lsodium -lnettle -lcmocka -lm -o build/test_patch */
#include "codec/canonical.h"
#include "codec/diff.h"
#include "codec/patch.h"
#include "codec/pointer.h"
#include "codec/writer.h"
#include "documents.h"

#include <string.h>

/* --- patches --- */

/* RFC 7396, appendix A */
static void merge_patches_do_what_rfc_7396_lists(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"{\"a\":\"b\"}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"b\":\"c\"}", "{\"a\":\"b\",\"b\":\"c\"}"},
        {"{\"a\":\"b\"}", "{\"a\":null}", "{}"},
        {"{\"a\":\"b\",\"b\":\"c\"}", "{\"a\":null}", "{\"b\":\"c\"}"},
        {"{\"a\":[\"b\"]}", "{\"a\":\"c\"}", "{\"a\":\"c\"}"},
        {"{\"a\":\"c\"}", "{\"a\":[\"b\"]}", "{\"a\":[\"b\"]}"},
        {"{\"a\":{\"b\":\"c\"}}", "{\"a\":{\"b\":\"d\",\"c\":null}}", "{\"a\":{\"b\":\"d\"}}"},
        {"{\"a\":[{\"b\":\"c\"}]}", "{\"a\":[1]}", "{\"a\":[1]}"},
        {"[\"a\",\"b\"]", "[\"c\",\"d\"]", "[\"c\",\"d\"]"},
        {"{\"a\":\"b\"}", "[\"c\"]", "[\"c\"]"},
        {"{\"a\":\"foo\"}", "null", "null"},
        {"{\"a\":\"foo\"}", "\"bar\"", "\"bar\""},
        {"{\"e\":null}", "{\"a\":1}", "{\"e\":null,\"a\":1}"},
        {"[1,2]", "{\"a\":\"b\",\"c\":null}", "{\"a\":\"b\"}"},
        {"{}", "{\"a\":{\"bb\":{\"ccc\":null}}}", "{\"a\":{\"bb\":{}}}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *target = parse(cases[i][0]), *patch = parse(cases[i][1]);
        assert_same(sc_merge_patch(target, patch), parse(cases[i][2]), cases[i][1]);
        assert_same(target, parse(cases[i][0]), "the target is untouched");
        assert_same(patch, parse(cases[i][1]), "the patch is untouched");
    }
}

/* RFC 6902, appendix A (A.13, a duplicate op, is the parser's business), and what it says in section 4 */
static void json_patches_do_what_rfc_6902_lists(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\"}]",
         "{\"baz\":\"qux\",\"foo\":\"bar\"}"},
        {"{\"foo\":[\"bar\",\"baz\"]}", "[{\"op\":\"add\",\"path\":\"/foo/1\",\"value\":\"qux\"}]",
         "{\"foo\":[\"bar\",\"qux\",\"baz\"]}"},
        {"{\"baz\":\"qux\",\"foo\":\"bar\"}", "[{\"op\":\"remove\",\"path\":\"/baz\"}]", "{\"foo\":\"bar\"}"},
        {"{\"foo\":[\"bar\",\"qux\",\"baz\"]}", "[{\"op\":\"remove\",\"path\":\"/foo/1\"}]",
         "{\"foo\":[\"bar\",\"baz\"]}"},
        {"{\"baz\":\"qux\",\"foo\":\"bar\"}", "[{\"op\":\"replace\",\"path\":\"/baz\",\"value\":\"boo\"}]",
         "{\"baz\":\"boo\",\"foo\":\"bar\"}"},
        {"{\"foo\":{\"bar\":\"baz\",\"waldo\":\"fred\"},\"qux\":{\"corge\":\"grault\"}}",
         "[{\"op\":\"move\",\"from\":\"/foo/waldo\",\"path\":\"/qux/thud\"}]",
         "{\"foo\":{\"bar\":\"baz\"},\"qux\":{\"corge\":\"grault\",\"thud\":\"fred\"}}"},
        {"{\"foo\":[\"all\",\"grass\",\"cows\",\"eat\"]}",
         "[{\"op\":\"move\",\"from\":\"/foo/1\",\"path\":\"/foo/3\"}]",
         "{\"foo\":[\"all\",\"cows\",\"eat\",\"grass\"]}"},
        {"{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}",
         "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"qux\"},{\"op\":\"test\",\"path\":\"/foo/"
         "1\",\"value\":2.0}]",
         "{\"baz\":\"qux\",\"foo\":[\"a\",2,\"c\"]}"},
        {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/child\",\"value\":{\"grandchild\":{}}}]",
         "{\"foo\":\"bar\",\"child\":{\"grandchild\":{}}}"},
        {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz\",\"value\":\"qux\",\"xyz\":123}]",
         "{\"foo\":\"bar\",\"baz\":\"qux\"}"},
        {"{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":10}]", "{\"/\":9,\"~1\":10}"},
        {"{\"foo\":[\"bar\"]}", "[{\"op\":\"add\",\"path\":\"/foo/-\",\"value\":[\"abc\",\"def\"]}]",
         "{\"foo\":[\"bar\",[\"abc\",\"def\"]]}"},
        {"{\"a\":1}", "[{\"op\":\"add\",\"path\":\"/a\",\"value\":null}]", "{\"a\":null}"},
        {"{\"a\":1}",
         "[{\"op\":\"replace\",\"path\":\"\",\"value\":[1]},{\"op\":\"add\",\"path\":\"/1\",\"value\":2}]",
         "[1,2]"},
        {"{\"a\":[1,2]}",
         "[{\"op\":\"copy\",\"from\":\"/a\",\"path\":\"/b\"},{\"op\":\"remove\",\"path\":\"/a/0\"}]",
         "{\"a\":[2],\"b\":[1,2]}"},
        {"{\"a\":1}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a\"}]", "{\"a\":1}"},
        {"{\"a\":{\"b\":1}}", "[{\"op\":\"move\",\"from\":\"/a/b\",\"path\":\"\"}]", "1"},
        {"{\"a\":1,\"ab\":{}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/ab/c\"}]",
         "{\"ab\":{\"c\":1}}"},
        {"{\"a\":1}", "[]", "{\"a\":1}"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sc_faults faults = {.count = 0};
        json_t *target = parse(cases[i][0]), *patch = parse(cases[i][1]);
        assert_same(sc_json_patch(target, patch, &faults), parse(cases[i][2]), cases[i][1]);
        assert_false(sc_faults_any(&faults));
        assert_same(target, parse(cases[i][0]), "the target is untouched");
        json_decref(patch);
    }
}

static void json_patches_fail_as_a_whole_and_say_where(void **state)
{
    (void)state;
    static const struct {
        const char *target, *patch;
        enum sc_fault_code code;
        const char *pointer;
    } cases[] = {
        {"{\"baz\":\"qux\"}", "[{\"op\":\"test\",\"path\":\"/baz\",\"value\":\"bar\"}]", SC_FAULT_test_failed,
         "/0/value"},
        {"{\"foo\":\"bar\"}", "[{\"op\":\"add\",\"path\":\"/baz/bat\",\"value\":\"qux\"}]",
         SC_FAULT_bad_patch, "/0/path"},
        {"{\"/\":9,\"~1\":10}", "[{\"op\":\"test\",\"path\":\"/~01\",\"value\":\"10\"}]",
         SC_FAULT_test_failed, "/0/value"},
        {"{}", "[{\"op\":\"test\",\"path\":\"/a\",\"value\":null}]", SC_FAULT_test_failed, "/0/value"},
        {"{\"a\":1}",
         "[{\"op\":\"remove\",\"path\":\"/a\"},{\"op\":\"add\",\"path\":\"/"
         "b\",\"value\":1},{\"op\":\"remove\",\"path\":\"/a\"}]",
         SC_FAULT_bad_patch, "/2/path"},
        {"{}", "[{\"op\":\"replace\",\"path\":\"/a\",\"value\":1}]", SC_FAULT_bad_patch, "/0/path"},
        {"[1]", "[{\"op\":\"add\",\"path\":\"/2\",\"value\":1}]", SC_FAULT_bad_patch, "/0/path"},
        {"[1]", "[{\"op\":\"replace\",\"path\":\"/-\",\"value\":1}]", SC_FAULT_bad_patch, "/0/path"},
        {"{\"a\":{}}", "[{\"op\":\"move\",\"from\":\"/a\",\"path\":\"/a/b\"}]", SC_FAULT_bad_patch,
         "/0/path"},
        {"{\"a\":{}}", "[{\"op\":\"move\",\"from\":\"\",\"path\":\"/a\"}]", SC_FAULT_bad_patch, "/0/path"},
        {"{\"a\":{}}", "[{\"op\":\"copy\",\"from\":\"/x\",\"path\":\"/b\"}]", SC_FAULT_bad_patch, "/0/from"},
        {"{\"a\":{}}", "[{\"op\":\"remove\",\"path\":\"\"}]", SC_FAULT_bad_patch, "/0/path"},
        {"{}", "[{\"op\":\"add\",\"path\":\"/a\"}]", SC_FAULT_bad_patch, "/0/value"},
        {"{}", "[{\"op\":\"add\",\"value\":1}]", SC_FAULT_bad_patch, "/0/path"},
        {"{}", "[{\"op\":\"move\",\"path\":\"/a\"}]", SC_FAULT_bad_patch, "/0/from"},
        {"{}", "[{\"op\":\"spam\",\"path\":\"/a\"}]", SC_FAULT_bad_patch, "/0/op"},
        {"{}", "[{\"op\":\"remove\",\"path\":\"a\"}]", SC_FAULT_bad_patch, "/0/path"},
        {"{}", "[7]", SC_FAULT_bad_patch, "/0"},
        {"{}", "{}", SC_FAULT_bad_patch, ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sc_faults faults = {.count = 0};
        json_t *target = parse(cases[i].target), *patch = parse(cases[i].patch);
        assert_null(sc_json_patch(target, patch, &faults));
        if (faults.count != 1 || faults.item[0].code != cases[i].code ||
            strcmp(faults.item[0].pointer, cases[i].pointer) != 0)
            fail_msg("%s: %zu faults, the first \"%s\"", cases[i].patch, faults.count,
                     faults.item[0].pointer);
        assert_same(target, parse(cases[i].target), "the target is untouched");
        json_decref(patch);
    }
}

static void all_malformed_operations_are_reported(void **state)
{
    (void)state;
    struct sc_faults faults = {.count = 0};
    json_t *target = json_object(),
           *patch = parse("[{\"op\":\"add\"},{\"op\":\"copy\",\"from\":1,\"path\":\"~\"},null]");
    assert_null(sc_json_patch(target, patch, &faults));
    assert_int_equal(faults.count, 5);
    json_decref(target);
    json_decref(patch);
}

/* Documents that copy operations would double, or nest, without end. */
static void patches_cannot_blow_a_document_up(void **state)
{
    (void)state;
    static const char *const operations[] = {"{\"op\":\"copy\",\"from\":\"\",\"path\":\"/a\"}",
                                             "{\"op\":\"copy\",\"from\":\"/list\",\"path\":\"/list/-\"}"};
    for (size_t i = 0; i < COUNT(operations); i++) {
        struct sc_faults faults = {.count = 0};
        json_t *target = parse("{\"list\":[1]}"), *patch = json_array();
        for (size_t n = 0; n < 100; n++) json_array_append_new(patch, parse(operations[i]));
        assert_null(sc_json_patch(target, patch, &faults));
        assert_int_equal(faults.count, 1);
        assert_int_equal(faults.item[0].code, SC_FAULT_bad_patch);
        json_decref(target);
        json_decref(patch);
    }
    struct sc_faults faults = {.count = 0};
    json_t *target = json_object(), *patch = json_array();
    char path[SC_POINTER_MAX] = "";
    for (size_t depth = 1; depth <= 33; depth++) {
        json_t *operation = json_object();
        sc_pointer_append_key(path, path, "a");
        json_object_set_new(operation, "op", json_string("add"));
        json_object_set_new(operation, "path", json_string(path));
        json_object_set_new(operation, "value", json_object());
        json_array_append_new(patch, operation);
    }
    assert_null(sc_json_patch(target, patch, &faults));
    assert_string_equal(faults.item[0].pointer,
                        "/31/path"); /* the root, 31 objects in it, and one too many */
    json_decref(target);
    json_decref(patch);
}

/* --- differences --- */

static json_t *random_scalar(void)
{
    switch (random_below(7)) {
    case 0:
        return json_null();
    case 1:
        return json_boolean(random_below(2));
    case 2:
        return json_string(random_below(2) ? "x" : "\xc3\xa9~/");
    case 3:
        return json_real((double)random_below(4) / 2);
    default:
        return json_integer((json_int_t)random_below(4));
    }
}

static const char *random_key(void)
{
    static char longest[SC_POINTER_MAX];
    static const char *const keys[] = {"a", "b", "c/d", "~e", "", "0", "-", "\xc3\xa9", longest};
    memset(longest, 'l', sizeof longest - 3);
    return keys[random_below(random_below(30) ? COUNT(keys) - 1 : COUNT(keys))];
}

static json_t *random_document(size_t depth)
{
    size_t kind = depth ? random_below(3) : 0, count = random_below(6);
    if (kind == 0) return random_scalar();
    json_t *value = kind == 1 ? json_array() : json_object();
    for (size_t i = 0; i < count; i++) {
        json_t *part = random_document(depth - 1);
        if (kind == 1)
            json_array_append_new(value, part);
        else
            json_object_set_new(value, random_key(), part);
    }
    return value;
}

/* A copy with, here and there, another value, one more or one less. */
static json_t *vary(const json_t *value, size_t depth)
{
    if (random_below(8) == 0) return random_document(depth);
    json_t *copy = json_is_object(value)  ? json_object()
                   : json_is_array(value) ? json_array()
                                          : json_deep_copy(value);
    const char *key;
    json_t *part;
    json_object_foreach (sc_json_unconst(value), key, part) {
        if (random_below(8)) json_object_set_new(copy, key, vary(part, depth ? depth - 1 : 0));
    }
    if (json_is_object(value) && random_below(4) == 0)
        json_object_set_new(copy, random_key(), random_scalar());
    for (size_t i = 0; i < json_array_size(value); i++) {
        if (random_below(8))
            json_array_append_new(copy, vary(json_array_get(value, i), depth ? depth - 1 : 0));
        if (random_below(8) == 0) json_array_append_new(copy, random_scalar());
    }
    return copy;
}

static void a_difference_applied_gives_the_other_document(void **state)
{
    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        struct sc_faults faults = {.count = 0};
        json_t *from = random_document(4), *to = i % 4 ? vary(from, 4) : random_document(4);
        json_t *patch = sc_json_diff(from, to);
        assert_non_null(patch);
        assert_int_equal(json_array_size(patch) == 0, sc_json_same(from, to));
        assert_same(sc_json_patch(from, patch, &faults), to, "the patched document");
        assert_false(sc_faults_any(&faults));
        json_decref(from);
        json_decref(patch);
    }
}

static void differences_are_small(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":1,\"c\":3}}",
         "[{\"op\":\"replace\",\"path\":\"/a/c\",\"value\":3}]"},
        {"[1,2,3,4]", "[1,3,4]", "[{\"op\":\"remove\",\"path\":\"/1\"}]"},
        {"[1,2]", "[1,9,8,2]",
         "[{\"op\":\"add\",\"path\":\"/1\",\"value\":9},{\"op\":\"add\",\"path\":\"/2\",\"value\":8}]"},
        {"[{\"a\":1},2]", "[{\"a\":2},2]", "[{\"op\":\"replace\",\"path\":\"/0/a\",\"value\":2}]"},
        {"{\"x\":1}", "{\"y/\":1}",
         "[{\"op\":\"remove\",\"path\":\"/x\"},{\"op\":\"add\",\"path\":\"/y~1\",\"value\":1}]"},
        {"1", "{}", "[{\"op\":\"replace\",\"path\":\"\",\"value\":{}}]"},
        {"{\"a\":1}", "{\"a\":1.0}", "[]"},
        {"[1,1,1]", "[1,1]", "[{\"op\":\"remove\",\"path\":\"/2\"}]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *from = parse(cases[i][0]), *to = parse(cases[i][1]);
        assert_same(sc_json_diff(from, to), parse(cases[i][2]), cases[i][1]);
        json_decref(from);
        json_decref(to);
    }
}

/* --- overlays --- */

static void overrides_replace_add_append_and_take_out(void **state)
{
    (void)state;
    struct sc_faults faults = {.count = 0};
    json_t *document = parse("{\"discount\":{\"wacc\":0.09},\"list\":[1,2],\"note\":\"x\"}");
    json_t *overrides =
        parse("[{\"pointer\":\"/discount/wacc\",\"value\":0.095},{\"pointer\":\"/list/-\",\"value\":3},"
              "{\"pointer\":\"/note\",\"value\":null},{\"pointer\":\"/new\",\"value\":{\"a\":null}},"
              "{\"pointer\":\"/list/0\",\"value\":null}]");
    assert_same(sc_overlay_apply(document, overrides, &faults),
                parse("{\"discount\":{\"wacc\":0.095},\"list\":[2,3],\"new\":{\"a\":null}}"), "the overlay");
    assert_same(sc_overlay_apply(document, NULL, &faults), json_deep_copy(document), "no overrides");
    assert_false(sc_faults_any(&faults));
    json_decref(document);
    json_decref(overrides);
}

static void overrides_that_cannot_be_applied_are_all_named(void **state)
{
    (void)state;
    struct sc_faults faults = {.count = 0};
    json_t *document = parse("{\"a\":[1]}");
    json_t *overrides =
        parse("[{\"pointer\":\"/b/c\",\"value\":1},{\"pointer\":\"/a/0\",\"value\":2},{\"pointer\":\"\","
              "\"value\":{}},{\"value\":1},{\"pointer\":\"/x\"},5,{\"pointer\":\"/a/7\",\"value\":null}]");
    static const struct {
        enum sc_fault_code code;
        const char *pointer;
    } expected[] = {
        {SC_FAULT_bad_pointer, "/overrides/0/pointer"}, {SC_FAULT_bad_pointer, "/overrides/2/pointer"},
        {SC_FAULT_bad_pointer, "/overrides/3/pointer"}, {SC_FAULT_missing, "/overrides/4/value"},
        {SC_FAULT_wrong_type, "/overrides/5"},          {SC_FAULT_bad_pointer, "/overrides/6/pointer"},
    };
    assert_null(sc_overlay_apply(document, overrides, &faults));
    assert_int_equal(faults.count, COUNT(expected));
    for (size_t i = 0; i < COUNT(expected); i++) {
        assert_int_equal(faults.item[i].code, expected[i].code);
        assert_string_equal(faults.item[i].pointer, expected[i].pointer);
    }
    assert_null(sc_overlay_apply(document, document, &faults));
    assert_string_equal(faults.item[COUNT(expected)].pointer, "/overrides");
    assert_same(document, parse("{\"a\":[1]}"), "the document is untouched");
    json_decref(overrides);
}

static void overrides_between_say_the_least(void **state)
{
    (void)state;
    static const char *const cases[][3] = {
        {"{\"a\":{\"b\":1,\"c\":2}}", "{\"a\":{\"b\":1,\"c\":3}}", "[{\"pointer\":\"/a/c\",\"value\":3}]"},
        {"{\"a\":1,\"b\":2}", "{\"b\":2}", "[{\"pointer\":\"/a\",\"value\":null}]"},
        {"{\"a\":[1,2]}", "{\"a\":[1,3]}", "[{\"pointer\":\"/a/1\",\"value\":3}]"},
        {"{\"a\":[1,2]}", "{\"a\":[1]}", "[{\"pointer\":\"/a\",\"value\":[1]}]"},
        {"{\"a\":[1,2]}", "{\"a\":[1,null]}", "[{\"pointer\":\"/a\",\"value\":[1,null]}]"},
        {"{\"a\":{\"b\":1}}", "{\"a\":{\"b\":null}}", "[{\"pointer\":\"/a\",\"value\":{\"b\":null}}]"},
        {"{\"a\":{\"b\":null}}", "{\"a\":{\"b\":null,\"c\":1}}", "[{\"pointer\":\"/a/c\",\"value\":1}]"},
        {"{\"a\":1}", "{\"a\":1.0}", "[]"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *parent = parse(cases[i][0]), *child = parse(cases[i][1]);
        assert_same(sc_overlay_between(parent, child), parse(cases[i][2]), cases[i][1]);
        json_decref(parent);
        json_decref(child);
    }
}

/* An object without nulls directly in it. */
static json_t *random_root(json_t *value)
{
    json_t *root = json_object();
    const char *key;
    json_t *part;
    json_object_foreach (value, key, part) {
        if (!json_is_null(part) && strlen(key) < 9) json_object_set(root, key, part);
    }
    json_decref(value);
    return root;
}

static void overrides_between_make_the_child_of_the_parent(void **state)
{
    (void)state;
    for (size_t i = 0; i < 20000; i++) {
        struct sc_faults faults = {.count = 0};
        json_t *parent = random_root(random_document(4)), *child = random_root(vary(parent, 4));
        json_t *overrides = sc_overlay_between(parent, child);
        assert_non_null(overrides);
        assert_same(sc_overlay_apply(parent, overrides, &faults), child, "the child");
        json_decref(parent);
        json_decref(overrides);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(merge_patches_do_what_rfc_7396_lists),
        cmocka_unit_test(json_patches_do_what_rfc_6902_lists),
        cmocka_unit_test(json_patches_fail_as_a_whole_and_say_where),
        cmocka_unit_test(all_malformed_operations_are_reported),
        cmocka_unit_test(patches_cannot_blow_a_document_up),
        cmocka_unit_test_setup(a_difference_applied_gives_the_other_document, seed),
        cmocka_unit_test(differences_are_small),
        cmocka_unit_test(overrides_replace_add_append_and_take_out),
        cmocka_unit_test(overrides_that_cannot_be_applied_are_all_named),
        cmocka_unit_test(overrides_between_say_the_least),
        cmocka_unit_test_setup(overrides_between_make_the_child_of_the_parent, seed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
