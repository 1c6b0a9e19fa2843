/* The low layer of server/codec: writer, budget, pointers, canonical text, words.
 * Alone, besides `make unit T=test_codec`:
 *   gcc -std=c17 -D_GNU_SOURCE -g -fsanitize=address,undefined -Iinclude -Iserver -Itests/unit \
 *       tests/unit/test_codec.c server/codec/{number,writer,budget,pointer,canonical,patch,diff,text}.c \
 *       server/base/{buffer,fault}.c -ljansson -lsodium -lnettle -lcmocka -lm -o build/test_codec */
#include "base/utf8.h"
#include "codec/budget.h"
#include "codec/canonical.h"
#include "codec/pointer.h"
#include "codec/text.h"
#include "codec/writer.h"
#include "documents.h"

#include <math.h>
#include <string.h>

/* --- writer --- */

struct writing {
    struct sc_buffer buffer;
    struct sc_json_writer writer;
};

static struct sc_json_writer *start(struct writing *writing, size_t limit)
{
    sc_buffer_init(&writing->buffer, limit);
    sc_json_writer_init(&writing->writer, &writing->buffer);
    return &writing->writer;
}

static void end(struct writing *writing, bool finished, const char *expected)
{
    assert_int_equal(sc_json_finish(&writing->writer), finished);
    if (expected) {
        assert_int_equal(writing->buffer.length, strlen(expected));
        assert_memory_equal(writing->buffer.data, expected, strlen(expected));
    }
    sc_buffer_fini(&writing->buffer);
}

static void the_writer_sets_commas_and_escapes(void **state)
{
    (void)state;
    struct writing writing;
    struct sc_json_writer *w = start(&writing, 4096);
    sc_json_object_begin(w);
    sc_json_member_text(w, "text", "a\"b\\c\b\t\n\f\r\x01\x1f/\x7f\xe2\x82\xac");
    sc_json_member_number(w, "price", 161.25);
    sc_json_member_integer(w, "least", INT64_MIN);
    sc_json_member_boolean(w, "yes", true);
    sc_json_member_boolean(w, "no", false);
    sc_json_member_null(w, "none");
    sc_json_member_text(w, "absent", NULL);
    sc_json_member_raw(w, "raw", "{\"x\":[]}", 8);
    sc_json_member_array_begin(w, "list");
    sc_json_integer(w, 1);
    sc_json_object_begin(w);
    sc_json_object_end(w);
    sc_json_array_begin(w);
    sc_json_array_end(w);
    sc_json_text(w, "");
    sc_json_array_end(w);
    sc_json_member_numbers(w, "n", (const double[]){0.5, -0.0, 1e300}, 3);
    sc_json_member_object_begin(w, "k\"");
    sc_json_object_end(w);
    sc_json_object_end(w);
    end(&writing, true,
        "{\"text\":\"a\\\"b\\\\c\\b\\t\\n\\f\\r\\u0001\\u001f/\x7f\xe2\x82\xac\",\"price\":161.25,"
        "\"least\":-9223372036854775808,\"yes\":true,\"no\":false,\"none\":null,\"absent\":null,\"raw\":{"
        "\"x\":[]},"
        "\"list\":[1,{},[],\"\"],\"n\":[0.5,0,1e+300],\"k\\\"\":{}}");
}

static void a_jansson_value_is_written_with_our_numbers(void **state)
{
    (void)state;
    const char *text =
        "{\"b\":[1,0.1,-3,1e+30,true,false,null,\"x\"],\"a\":{\"z\":{},\"y\":[]},\"n\":9223372036854775807}";
    struct writing writing;
    json_t *value = parse(text);
    sc_json_value(start(&writing, 4096), value);
    end(&writing, true, text);
    json_decref(value);
    sc_json_value(start(&writing, 4096), NULL);
    end(&writing, false, NULL);
}

static void the_writer_fails_once_and_stays_failed(void **state)
{
    (void)state;
    struct writing writing;
    struct sc_json_writer *w = start(&writing, 4096);
    sc_json_array_begin(w);
    sc_json_number(w, NAN);
    sc_json_number(w, 1);
    sc_json_array_end(w);
    end(&writing, false, "[null");

    w = start(&writing, 4);
    sc_json_text(w, "abc");
    end(&writing, false, NULL);
    w = start(&writing, 5);
    sc_json_text(w, "abc");
    end(&writing, true, "\"abc\"");
}

static void calls_that_make_no_json_fail_the_writer(void **state)
{
    (void)state;
    struct writing writing;
    struct sc_json_writer *w;
    end((start(&writing, 99), &writing), false, NULL); /* nothing written */
    w = start(&writing, 99), sc_json_null(w), sc_json_null(w);
    end(&writing, false, NULL); /* two roots */
    w = start(&writing, 99), sc_json_object_begin(w), sc_json_null(w);
    end(&writing, false, NULL); /* a value without its key */
    w = start(&writing, 99), sc_json_object_begin(w), sc_json_key(w, "a"), sc_json_key(w, "b");
    end(&writing, false, NULL); /* a key without its value */
    w = start(&writing, 99), sc_json_object_begin(w), sc_json_key(w, "a"), sc_json_object_end(w);
    end(&writing, false, NULL);
    w = start(&writing, 99), sc_json_array_begin(w), sc_json_key(w, "a");
    end(&writing, false, NULL);
    w = start(&writing, 99), sc_json_array_begin(w), sc_json_object_end(w);
    end(&writing, false, NULL);
    w = start(&writing, 99), sc_json_array_begin(w);
    end(&writing, false, NULL); /* left open */
    w = start(&writing, 99), sc_json_array_end(w);
    end(&writing, false, NULL);
}

static void the_writer_nests_32_deep_and_no_deeper(void **state)
{
    (void)state;
    for (size_t depth = 31; depth <= 34; depth++) {
        struct writing writing;
        struct sc_json_writer *w = start(&writing, 4096);
        for (size_t i = 0; i < depth; i++) sc_json_array_begin(w);
        for (size_t i = 0; i < depth; i++) sc_json_array_end(w);
        end(&writing, depth <= SC_JSON_DEPTH_MAX, NULL);
    }
}

/* --- budget and parsing --- */

static const struct sc_json_limits generous = {.max_tokens = 10000, .max_depth = 32};

static void documents_within_the_budget_are_parsed(void **state)
{
    (void)state;
    struct sc_json_error error;
    const struct sc_json_limits tight = {.max_tokens = 9, .max_depth = 3};
    const char *text =
        "{\"a\": [1, -2.5e3, \"}{][,\\\"\\\\\"], \"b\": {\"c\": []}}"; /* 1 + 2+3 + 2+2 = 10 tokens */
    json_t *value = sc_json_parse(text, strlen(text), &generous, &error);
    assert_non_null(value);
    assert_int_equal(error.kind, SC_JSON_FINE);
    json_decref(value);
    assert_null(sc_json_parse(text, strlen(text), &tight, &error));
    assert_int_equal(error.kind, SC_JSON_TOO_MANY_TOKENS);
    assert_int_equal(error.position, strlen(text) - 3);
    assert_string_equal(error.pointer, "/b/c");
    value = sc_json_parse(text, strlen(text), &(struct sc_json_limits){10, 3}, &error);
    assert_non_null(value);
    json_decref(value);
    assert_null(sc_json_parse(text, strlen(text), &(struct sc_json_limits){10, 2}, &error));
    assert_int_equal(error.kind, SC_JSON_TOO_DEEP);
    value = sc_json_parse("7", 1, &generous, &error);
    assert_true(json_is_integer(value));
    json_decref(value);
}

static void the_budget_stops_at_the_first_excess(void **state)
{
    (void)state;
    size_t position = 99;
    assert_int_equal(sc_json_budget("[[[[", 4, &(struct sc_json_limits){100, 3}, &position),
                     SC_JSON_TOO_DEEP);
    assert_int_equal(position, 3);
    assert_int_equal(sc_json_budget("[1,2,3]", 7, &(struct sc_json_limits){3, 3}, &position),
                     SC_JSON_TOO_MANY_TOKENS);
    assert_int_equal(position, 5);
    assert_int_equal(sc_json_budget("{},{},{}", 8, &(struct sc_json_limits){2, 3}, &position),
                     SC_JSON_TOO_MANY_TOKENS);
    assert_int_equal(position, 6);
    assert_int_equal(sc_json_budget("\"[[[[\\\"[[", 9, &(struct sc_json_limits){1, 0}, &position),
                     SC_JSON_FINE);
    assert_int_equal(sc_json_budget("]]]][", 5, &(struct sc_json_limits){1, 1}, &position), SC_JSON_FINE);
    char deep[40];
    memset(deep, '[', sizeof deep);
    assert_int_equal(sc_json_budget(deep, 40, &(struct sc_json_limits){100, 1000}, &position),
                     SC_JSON_TOO_DEEP);
    assert_int_equal(position, SC_JSON_DEPTH_MAX);
}

static void what_is_wrong_is_named_by_kind_line_and_pointer(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sc_json_error_kind kind;
        size_t line, column;
        const char *pointer, *detail; /* a part of it */
    } cases[] = {
        {"{\"a\":{\"b/~\":[1,{\"c\":1,\n\"c\":2}]}}", SC_JSON_DUPLICATE_KEY, 2, 3, "/a/b~1~0/1/c", "twice"},
        {"{\"a\":1,\"\\u0061\":3}", SC_JSON_DUPLICATE_KEY, 1, 15, "/a", "twice"},
        {"{\"x\":{\"a\":1},\"y\":{\"a\":1,\"b\":2,\"a\":3}}", SC_JSON_DUPLICATE_KEY, 1, 33, "/y/a", "twice"},
        {"{\"\xc3\xa9\":[],\"\xc3\xa9\":2}", SC_JSON_DUPLICATE_KEY, 1, 11, "/\xc3\xa9", "twice"},
        {"{\"a\":[1,1e400]}", SC_JSON_TOO_BIG_NUMBER, 1, 13, "/a/1", "too large"},
        {"[-1e999,2]", SC_JSON_TOO_BIG_NUMBER, 1, 7, "/0", "too large"},
        {"{\"a\":{\"x\":9223372036854775808}}", SC_JSON_TOO_BIG_NUMBER, 1, 29, "/a/x", "too large"},
        {"[0,-9223372036854775809]", SC_JSON_TOO_BIG_NUMBER, 1, 23, "/1", "too large"},
        {"{\"a\":NaN}", SC_JSON_SYNTAX, 1, 8, "/a", "JSON has no NaN or Infinity"},
        {"[1,-Infinity]", SC_JSON_SYNTAX, 1, 4, "/1", "JSON has no NaN or Infinity"},
        {"Infinity", SC_JSON_SYNTAX, 1, 8, "", "JSON has no NaN or Infinity"},
        {"{\"a\":\"NaN\" 1}", SC_JSON_SYNTAX, 1, 12, "/a", "expected"},
        {"\xef\xbb\xbf{}", SC_JSON_SYNTAX, 1, 1, "", "byte order mark"},
        {"[\"\xff\"]", SC_JSON_SYNTAX, 1, 2, "/0", "0xff"},
        {"[\"\\ud800\"]", SC_JSON_SYNTAX, 1, 9, "/0", "Unicode"},
        {"[01]", SC_JSON_SYNTAX, 1, 2, "/0", ""},
        {"[1,]", SC_JSON_SYNTAX, 1, 4, "", ""},
        {"{} {}", SC_JSON_SYNTAX, 1, 4, "", ""},
        {"", SC_JSON_SYNTAX, 1, 0, "", ""},
        {"\"abc", SC_JSON_SYNTAX, 1, 4, "", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct sc_json_error error;
        assert_null(sc_json_parse(cases[i].text, strlen(cases[i].text), &generous, &error));
        if (error.kind != cases[i].kind || error.line != cases[i].line || error.column != cases[i].column ||
            strcmp(error.pointer, cases[i].pointer) != 0 || !strstr(error.detail, cases[i].detail))
            fail_msg("%s: kind %d at %zu:%zu, \"%s\": %s", cases[i].text, (int)error.kind, error.line,
                     error.column, error.pointer, error.detail);
    }
}

static void a_nul_byte_is_an_error(void **state)
{
    (void)state;
    struct sc_json_error error;
    assert_null(sc_json_parse("[1]\0", 4, &generous, &error));
    assert_int_equal(error.kind, SC_JSON_SYNTAX);
    assert_null(sc_json_parse("[\"a\0b\"]", 7, &generous, &error));
    assert_int_equal(error.kind, SC_JSON_SYNTAX);
}

static void damaged_documents_leave_nothing_but_a_fault(void **state)
{
    (void)state;
    static const char sound[] =
        "{\"a\":{\"b\":[1,2.5e3,{\"c\":\"\\u00e9\\n\",\"\xc3\xa9~/\":null}]},\"list\":[[],{},true,-0.5]}";
    static const char marks[] = "{}[]\",:\\09eE.-+aN\n\t\x80\xff";
    for (size_t i = 0; i < 50000; i++) {
        char text[sizeof sound];
        struct sc_json_error error;
        memcpy(text, sound, sizeof sound);
        for (size_t hits = 1 + random_below(3); hits > 0; hits--)
            text[random_below(sizeof sound - 1)] = marks[random_below(sizeof marks)];
        json_t *value = sc_json_parse(text, random_below(8) ? sizeof sound - 1 : random_below(sizeof sound),
                                      &generous, &error);
        assert_true(!value == (error.kind != SC_JSON_FINE));
        assert_true(value || error.detail[0]);
        assert_true(sc_utf8_is_valid(error.detail, strlen(error.detail)));
        assert_int_equal(sc_pointer_check(error.pointer), SC_POINTER_OK);
        json_decref(value);
    }
}

/* --- pointers --- */

/* RFC 6901, section 5 */
static void pointers_find_what_rfc_6901_says(void **state)
{
    (void)state;
    json_t *document =
        parse("{\"foo\":[\"bar\",\"baz\"],\"\":0,\"a/b\":1,\"c%d\":2,\"e^f\":3,\"g|h\":4,\"i\\\\j\":5,"
              "\"k\\\"l\":6,\" \":7,\"m~n\":8}");
    static const struct {
        const char *pointer, *value;
    } cases[] = {
        {"/foo", "[\"bar\",\"baz\"]"},
        {"/foo/0", "\"bar\""},
        {"/", "0"},
        {"/a~1b", "1"},
        {"/c%d", "2"},
        {"/e^f", "3"},
        {"/g|h", "4"},
        {"/i\\j", "5"},
        {"/k\"l", "6"},
        {"/ ", "7"},
        {"/m~0n", "8"},
    };
    assert_ptr_equal(sc_pointer_get(document, ""), document);
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_same(json_incref(sc_pointer_get(document, cases[i].pointer)), parse(cases[i].value),
                    cases[i].pointer);
    json_decref(document);
}

static void pointers_that_lead_nowhere_say_why(void **state)
{
    (void)state;
    json_t *document = parse("{\"a\":[1,2,{\"b\":3}],\"~1\":4}"), *value;
    static const struct {
        const char *pointer;
        enum sc_pointer_status status;
    } cases[] = {
        {"a", SC_POINTER_MALFORMED},
        {"/~", SC_POINTER_MALFORMED},
        {"/~2", SC_POINTER_MALFORMED},
        {"/a/\xff", SC_POINTER_MALFORMED},
        {"/b", SC_POINTER_NOT_FOUND},
        {"/a/3", SC_POINTER_NOT_FOUND},
        {"/a/-", SC_POINTER_NOT_FOUND},
        {"/a/01", SC_POINTER_BAD_INDEX},
        {"/a/-1", SC_POINTER_BAD_INDEX},
        {"/a/", SC_POINTER_BAD_INDEX},
        {"/a/1e0", SC_POINTER_BAD_INDEX},
        {"/a/0/x", SC_POINTER_NOT_CONTAINER},
        {"/a/99999999999999999999", SC_POINTER_BAD_INDEX},
        {"/a/2/b", SC_POINTER_OK},
        {"/~01", SC_POINTER_OK},
        {"/a//", SC_POINTER_BAD_INDEX},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        if (sc_pointer_find(document, cases[i].pointer, &value) != cases[i].status)
            fail_msg("%s: %d", cases[i].pointer, (int)sc_pointer_find(document, cases[i].pointer, &value));
    char longest[SC_POINTER_MAX + 1];
    memset(longest, '/', sizeof longest);
    longest[SC_POINTER_MAX - 1] = '\0';
    assert_int_equal(sc_pointer_check(longest), SC_POINTER_OK);
    longest[SC_POINTER_MAX - 1] = '/', longest[SC_POINTER_MAX] = '\0';
    assert_int_equal(sc_pointer_check(longest), SC_POINTER_TOO_LONG);
    json_decref(document);
}

static void pointers_set_and_remove(void **state)
{
    (void)state;
    json_t *document = parse("{\"a\":[1,2],\"o\":{}}");
    assert_int_equal(sc_pointer_set(document, "/o/new~1", json_integer(5)), SC_POINTER_OK);
    assert_int_equal(sc_pointer_set(document, "/a/-", json_true()), SC_POINTER_OK);
    assert_int_equal(sc_pointer_set(document, "/a/0", json_null()), SC_POINTER_OK);
    assert_int_equal(sc_pointer_set(document, "/a/3", json_null()), SC_POINTER_NOT_FOUND);
    assert_int_equal(sc_pointer_set(document, "/a/x", json_null()), SC_POINTER_BAD_INDEX);
    assert_int_equal(sc_pointer_set(document, "/a/1/x", json_string("leaks unless stolen")),
                     SC_POINTER_NOT_CONTAINER);
    assert_int_equal(sc_pointer_set(document, "/q/x", json_string("the same")), SC_POINTER_NOT_FOUND);
    assert_int_equal(sc_pointer_set(document, "", json_object()), SC_POINTER_IS_ROOT);
    assert_int_equal(sc_pointer_remove(document, "/a/1"), SC_POINTER_OK);
    assert_int_equal(sc_pointer_remove(document, "/a/-"), SC_POINTER_NOT_FOUND);
    assert_int_equal(sc_pointer_remove(document, "/o/none"), SC_POINTER_NOT_FOUND);
    assert_int_equal(sc_pointer_remove(document, ""), SC_POINTER_IS_ROOT);
    assert_same(document, parse("{\"a\":[null,true],\"o\":{\"new/\":5}}"), "after setting and removing");
}

static void pointers_are_built_and_cut(void **state)
{
    (void)state;
    char pointer[SC_POINTER_MAX] = "", key[SC_POINTER_MAX];
    assert_true(sc_pointer_append_key(pointer, pointer, "a/~b"));
    assert_true(sc_pointer_append_index(pointer, pointer, 12));
    assert_true(sc_pointer_append_key(pointer, pointer, ""));
    assert_string_equal(pointer, "/a~1~0b/12/");
    assert_int_equal(sc_pointer_depth(pointer), 3);
    for (size_t length = SC_POINTER_MAX - 8; length < SC_POINTER_MAX; length++) {
        memset(key, 'k', length);
        key[length] = '\0';
        memcpy(key + length - 4, "\xc3\xa9\xc3\xa9", 4);
        bool fits = sc_pointer_append_key(pointer, "", key);
        assert_int_equal(fits, length + 1 < SC_POINTER_MAX);
        assert_true(sc_utf8_is_valid(pointer, strlen(pointer)));
        if (!fits) assert_string_equal(pointer + strlen(pointer) - 3, "\xe2\x80\xa6");
    }
}

static void pointers_walk_segment_by_segment(void **state)
{
    (void)state;
    struct sc_pointer_walk walk;
    sc_pointer_walk_init(&walk, "/seats/0/a~1~01");
    assert_true(sc_pointer_next(&walk));
    assert_string_equal(walk.segment, "seats");
    assert_true(sc_pointer_next(&walk));
    assert_string_equal(walk.segment, "0");
    assert_true(sc_pointer_next(&walk));
    assert_string_equal(walk.segment, "a/~1");
    assert_false(sc_pointer_next(&walk));
    sc_pointer_walk_init(&walk, "");
    assert_false(sc_pointer_next(&walk));
}

/* --- canonical text --- */

static void assert_canonical(const char *text, const char *expected)
{
    struct sc_buffer buffer;
    json_t *value = parse(text);
    sc_buffer_init(&buffer, 4096);
    assert_true(sc_json_canonical(value, &buffer));
    assert_int_equal(buffer.length, strlen(expected));
    assert_memory_equal(buffer.data, expected, buffer.length);
    sc_buffer_fini(&buffer);
    json_decref(value);
}

/* RFC 8785, sections 3.2.2 and 3.2.3 */
static const char rfc_8785_example[] =
    "{\"numbers\":[333333333.33333329,1E30,4.50,2e-3,0.000000000000000000000000001],"
    "\"string\":\"\\u20ac$\\u000F\\u000aA'\\u0042\\u0022\\u005c\\\\\\\"\\/\",\"literals\":[null,true,false]}";

static void canonical_text_is_that_of_rfc_8785(void **state)
{
    (void)state;
    assert_canonical(rfc_8785_example,
                     "{\"literals\":[null,true,false],\"numbers\":[333333333.3333333,1e+30,4.5,0.002,"
                     "1e-27],\"string\":\"\xe2\x82\xac$\\u000f\\nA'B\\\"\\\\\\\\\\\"/\"}");
    assert_canonical("{\"\\u20ac\":\"Euro Sign\",\"\\r\":\"Carriage Return\",\"\\ufb33\":\"Hebrew Letter "
                     "Dalet With Dagesh\","
                     "\"1\":\"One\",\"\\ud83d\\ude00\":\"Emoji: Grinning Face\",\"\\u0080\":\"Control\","
                     "\"\\u00f6\":\"Latin Small Letter O With Diaeresis\"}",
                     "{\"\\r\":\"Carriage Return\",\"1\":\"One\",\"\xc2\x80\":\"Control\","
                     "\"\xc3\xb6\":\"Latin Small Letter O With Diaeresis\",\"\xe2\x82\xac\":\"Euro Sign\","
                     "\"\xf0\x9f\x98\x80\":\"Emoji: Grinning Face\",\"\xef\xac\xb3\":\"Hebrew Letter Dalet "
                     "With Dagesh\"}");
    assert_canonical("[9007199254740993,-9223372036854775807,1.0,-0.0,56]",
                     "[9007199254740992,-9223372036854776000,1,0,56]");
    assert_canonical("{\"b\":1,\"\":2,\"ab\":3,\"a\":4}", "{\"\":2,\"a\":4,\"ab\":3,\"b\":1}");
}

/* FIPS 180-4's "abc"; the other is `printf '%s' TEXT | sha256sum` of section 3.2.3's output. */
static void digests_are_those_that_others_compute(void **state)
{
    (void)state;
    char hex[SC_DIGEST_TEXT];
    sc_digest_bytes("abc", 3, hex);
    assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    json_t *value = parse(rfc_8785_example);
    assert_true(sc_json_digest(value, hex));
    assert_string_equal(hex, "2d5e01a318d0f0879ab568c4be289c8b1f64ef8921a53c6277d5e069978baacb");
    json_decref(value);
}

static void sameness_goes_by_value(void **state)
{
    (void)state;
    static const struct {
        const char *a, *b;
        bool same;
    } cases[] = {
        {"1", "1.0", true},
        {"0", "-0.0", true},
        {"{\"a\":1,\"b\":[2]}", "{\"b\":[2.0],\"a\":1}", true},
        {"1", "\"1\"", false},
        {"null", "false", false},
        {"[1,2]", "[2,1]", false},
        {"{}", "[]", false},
        {"[1]", "[1,1]", false},
        {"{\"a\":1}", "{\"a\":1,\"b\":1}", false},
        {"\"x\"", "\"x\"", true},
        {"true", "true", true},
        {"9007199254740993", "9007199254740992", false},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        json_t *a = parse(cases[i].a), *b = parse(cases[i].b);
        assert_int_equal(sc_json_same(a, b), cases[i].same);
        assert_int_equal(sc_json_same(b, a), cases[i].same);
        json_decref(a);
        json_decref(b);
    }
}

/* --- words --- */

static void the_nearest_word_is_suggested(void **state)
{
    (void)state;
    static const char *const words[] = {"wacc", "margin", "revenue_growth", "shares", "share", "tax_rate"};
    static const char *const cases[][2] = {
        {"margn", "margin"},
        {"wcac", "wacc"},
        {"wac", "wacc"},
        {"margins", "margin"},
        {"revenue_grwoth", "revenue_growth"},
        {"sharse", "shares"},
        {"tax", NULL},
        {"taxrate", "tax_rate"},
        {"something", NULL},
        {"", NULL},
        {"shares", "shares"},
        {"marging", "margin"},
        {"revenueGrowth", "revenue_growth"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        const char *found = sc_text_suggest(cases[i][0], words, COUNT(words));
        if (!found != !cases[i][1] || (found && strcmp(found, cases[i][1]) != 0))
            fail_msg("%s suggests %s", cases[i][0], found ? found : "nothing");
    }
    char endless[1000];
    memset(endless, 'x', sizeof endless - 1);
    endless[sizeof endless - 1] = '\0';
    assert_null(sc_text_suggest(endless, words, COUNT(words)));
    assert_null(sc_text_suggest("x", NULL, 0));
}

static void only_utf_8_without_controls_is_printable(void **state)
{
    (void)state;
    static const char *const good[] = {"",
                                       "plain",
                                       "\xc3\xa9",
                                       "\xe2\x82\xac",
                                       "\xf0\x9f\x98\x80",
                                       "\xef\xbf\xbd",
                                       "\xed\x9f\xbf",
                                       "\xf4\x8f\xbf\xbf",
                                       "\xc2\xa0"};
    static const char *const bad[] = {"\x01",
                                      "\x1b[0m",
                                      "\x7f",
                                      "\xc2\x80",
                                      "\xc2\x9f",
                                      "\xff",
                                      "\xc0\xaf",
                                      "\xe0\x80\x80",
                                      "\xed\xa0\x80",
                                      "\xf0\x80\x80\x80",
                                      "\xf4\x90\x80\x80",
                                      "\xc3",
                                      "\xe2\x82",
                                      "\x80",
                                      "a\rb",
                                      "\xf8\x88\x80\x80\x80"};
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(sc_utf8_is_printable(good[i], strlen(good[i]), false));
    for (size_t i = 0; i < COUNT(bad); i++) assert_false(sc_utf8_is_printable(bad[i], strlen(bad[i]), true));
    assert_true(sc_utf8_is_printable("a\n\tb", 4, true));
    assert_false(sc_utf8_is_printable("a\nb", 3, false));
    assert_false(sc_utf8_is_printable("a\0b", 3, true));
    assert_true(sc_utf8_is_valid("a\0\x1b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_writer_sets_commas_and_escapes),
        cmocka_unit_test(a_jansson_value_is_written_with_our_numbers),
        cmocka_unit_test(the_writer_fails_once_and_stays_failed),
        cmocka_unit_test(calls_that_make_no_json_fail_the_writer),
        cmocka_unit_test(the_writer_nests_32_deep_and_no_deeper),
        cmocka_unit_test(documents_within_the_budget_are_parsed),
        cmocka_unit_test(the_budget_stops_at_the_first_excess),
        cmocka_unit_test(what_is_wrong_is_named_by_kind_line_and_pointer),
        cmocka_unit_test(a_nul_byte_is_an_error),
        cmocka_unit_test_setup(damaged_documents_leave_nothing_but_a_fault, seed),
        cmocka_unit_test(pointers_find_what_rfc_6901_says),
        cmocka_unit_test(pointers_that_lead_nowhere_say_why),
        cmocka_unit_test(pointers_set_and_remove),
        cmocka_unit_test(pointers_are_built_and_cut),
        cmocka_unit_test(pointers_walk_segment_by_segment),
        cmocka_unit_test(canonical_text_is_that_of_rfc_8785),
        cmocka_unit_test(digests_are_those_that_others_compute),
        cmocka_unit_test(sameness_goes_by_value),
        cmocka_unit_test(the_nearest_word_is_suggested),
        cmocka_unit_test(only_utf_8_without_controls_is_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
