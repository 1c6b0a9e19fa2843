/* The low layer of server/codec: numbers, writer, budget, pointers, canonical text, patches, words.
 * Alone: gcc -std=c17 -D_GNU_SOURCE -O2 -g -fsanitize=address,undefined -Iinclude -Iserver
 * tests/unit/test_codec.c \
 *     server/codec/{number,writer,budget,pointer,canonical,patch,diff,text}.c server/base/{buffer,fault}.c \
 *     -ljansson -lsodium -lcmocka -lm -o build/test_codec */
#include "codec/budget.h"
#include "codec/canonical.h"
#include "codec/diff.h"
#include "codec/number.h"
#include "codec/patch.h"
#include "codec/pointer.h"
#include "codec/text.h"
#include "codec/writer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))

static uint64_t random_state;

/* xorshift64: the same numbers in every run */
static uint64_t random_bits(void)
{
    random_state ^= random_state << 13;
    random_state ^= random_state >> 7;
    return random_state ^= random_state << 17;
}

static size_t random_below(size_t limit)
{
    return (size_t)(random_bits() >> 11) % limit;
}

static int seed(void **state)
{
    (void)state;
    random_state = UINT64_C(0x9e3779b97f4a7c15);
    return 0;
}

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static json_t *parse(const char *text)
{
    json_t *value = json_loads(text, JSON_DECODE_ANY, NULL);
    if (!value) fail_msg("the test's own JSON is broken: %s", text);
    return value;
}

/* Takes both over. */
static void assert_same(json_t *is, json_t *expected, const char *about)
{
    if (!sc_json_same(is, expected)) {
        char *left = json_dumps(is, JSON_ENCODE_ANY), *right = json_dumps(expected, JSON_ENCODE_ANY);
        fail_msg("%s: %s instead of %s", about, left ? left : "nothing", right ? right : "nothing");
    }
    json_decref(is);
    json_decref(expected);
}

/* --- numbers --- */

static void assert_written(double value, const char *expected)
{
    char text[SC_NUMBER_MAX];
    size_t length = sc_number_write(value, text);
    assert_string_equal(text, expected);
    assert_int_equal(length, strlen(expected));
}

/* RFC 8785, appendix B */
static void numbers_are_written_as_rfc_8785_lists_them(void **state)
{
    (void)state;
    static const struct {
        uint64_t bits;
        const char *text;
    } cases[] = {
        {0x0000000000000000, "0"},
        {0x8000000000000000, "0"},
        {0x0000000000000001, "5e-324"},
        {0x8000000000000001, "-5e-324"},
        {0x7fefffffffffffff, "1.7976931348623157e+308"},
        {0xffefffffffffffff, "-1.7976931348623157e+308"},
        {0x4340000000000000, "9007199254740992"},
        {0xc340000000000000, "-9007199254740992"},
        {0x4430000000000000, "295147905179352830000"},
        {0x44b52d02c7e14af5, "9.999999999999997e+22"},
        {0x44b52d02c7e14af6, "1e+23"},
        {0x44b52d02c7e14af7, "1.0000000000000001e+23"},
        {0x444b1ae4d6e2ef4e, "999999999999999700000"},
        {0x444b1ae4d6e2ef4f, "999999999999999900000"},
        {0x444b1ae4d6e2ef50, "1e+21"},
        {0x3eb0c6f7a0b5ed8c, "9.999999999999997e-7"},
        {0x3eb0c6f7a0b5ed8d, "0.000001"},
        {0x41b3de4355555553, "333333333.3333332"},
        {0x41b3de4355555554, "333333333.33333325"},
        {0x41b3de4355555555, "333333333.3333333"},
        {0x41b3de4355555556, "333333333.3333334"},
        {0x41b3de4355555557, "333333333.33333343"},
        {0xbecbf647612f3696, "-0.0000033333333333333333"},
        {0x43143ff3c1cb0959, "1424953923781206.2"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) assert_written(double_of(cases[i].bits), cases[i].text);
}

/* As JavaScript prints them (node 18: String(x)). */
static void numbers_are_laid_out_as_ecmascript_does_it(void **state)
{
    (void)state;
    assert_written(1e21, "1e+21");
    assert_written(123456789012345680000.0, "123456789012345680000");
    assert_written(1e-7, "1e-7");
    assert_written(1.5e-7, "1.5e-7");
    assert_written(0.0000015, "0.0000015");
    assert_written(0.1, "0.1");
    assert_written(0.1 + 0.2, "0.30000000000000004");
    assert_written(-1234.5, "-1234.5");
    assert_written(100, "100");
    assert_written(9007199254740993.0, "9007199254740992");
    assert_written(9007199254740994.0, "9007199254740994");
    assert_written(0x1p63, "9223372036854776000");
    assert_written(2.2250738585072014e-308, "2.2250738585072014e-308");
    assert_written(2.225073858507201e-308, "2.225073858507201e-308");
    assert_written(2e-323, "2e-323");
    assert_written(1e-323, "1e-323");
    assert_written(5e-323, "5e-323");
    assert_written(1.0 / 3, "0.3333333333333333");
    assert_written(4.35, "4.35");
    assert_written(2.0e-3, "0.002");
    assert_written(9.5367431640625e-7, "9.5367431640625e-7");
}

static void what_is_not_finite_is_not_written(void **state)
{
    (void)state;
    char text[SC_NUMBER_MAX] = "x";
    assert_int_equal(sc_number_write(NAN, text), 0);
    assert_string_equal(text, "");
    assert_int_equal(sc_number_write(INFINITY, text), 0);
    assert_int_equal(sc_number_write(-INFINITY, text), 0);
}

/* The significant digits of a number's text, without zeros at either end. */
static size_t significant(const char *text, char digits[SC_NUMBER_MAX])
{
    size_t count = 0;
    for (; *text && *text != 'e'; text++)
        if (*text >= '0' && *text <= '9' && (count || *text != '0')) digits[count++] = *text;
    while (count && digits[count - 1] == '0') count--;
    digits[count] = '\0';
    return count;
}

/* Reads back the same; no precision printf has does so with fewer digits; and where printf's nearest decimal
 * of as many digits reads back too, it is this one. */
static void assert_shortest(double value)
{
    char text[SC_NUMBER_MAX], digits[SC_NUMBER_MAX], other[64], other_digits[SC_NUMBER_MAX];
    double read;
    size_t length = sc_number_write(value, text);
    if (length == 0 || length > 25 || text[length]) fail_msg("%a: length %zu", value, length);
    if (!sc_number_read(text, length, &read) || read != value)
        fail_msg("%a as %s does not read back", value, text);
    int count = (int)significant(text, digits);
    if (count > 17) fail_msg("%a has %d digits: %s", value, count, text);
    snprintf(other, sizeof other, "%.*e", count > 1 ? count - 2 : 0, value);
    if (count > 1 && strtod(other, NULL) == value) fail_msg("%a: %s is longer than %s", value, text, other);
    snprintf(other, sizeof other, "%.*e", count - 1, value);
    significant(other, other_digits);
    if (strtod(other, NULL) == value && strcmp(digits, other_digits) != 0)
        fail_msg("%a: %s is further off than %s", value, text, other);
}

static void two_million_random_doubles_read_back_from_the_fewest_digits(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2000000; i++) {
        double value = double_of(random_bits());
        if (isfinite(value) && value != 0) assert_shortest(value);
    }
}

static void every_exponent_and_its_boundaries_read_back(void **state)
{
    (void)state;
    static const uint64_t fractions[] = {
        0, 1, 2, 3, 0x7ffffffffffff, 0x8000000000000, 0xffffffffffffe, 0xfffffffffffff};
    for (uint64_t exponent = 0; exponent < 2047; exponent++) {
        for (size_t i = 0; i < COUNT(fractions); i++)
            if (exponent || fractions[i]) assert_shortest(double_of(exponent << 52 | fractions[i]));
        for (size_t i = 0; i < 32; i++)
            assert_shortest(double_of(exponent << 52 | (random_bits() >> 12 | 1)));
    }
    for (unsigned shift = 0; shift < 52; shift++) assert_shortest(double_of(UINT64_C(1) << shift));
}

static void powers_of_ten_and_short_decimals_stay_short(void **state)
{
    (void)state;
    char text[64], written[SC_NUMBER_MAX];
    for (int exponent = -323; exponent <= 308; exponent++) {
        snprintf(text, sizeof text, "1e%d", exponent);
        sc_number_write(strtod(text, NULL), written);
        char digits[SC_NUMBER_MAX];
        assert_int_equal(significant(written, digits), 1);
    }
    for (int cents = 1; cents < 100000; cents++) {
        int length = snprintf(text, sizeof text, "%d.%02d", cents / 100, cents % 100);
        while (text[length - 1] == '0') text[--length] = '\0';
        if (text[length - 1] == '.') text[--length] = '\0';
        assert_written(cents / 100.0, text);
    }
}

static void only_json_numbers_are_read(void **state)
{
    (void)state;
    static const char *const good[] = {"0",   "-0",   "1",    "-1.5",   "10",       "0.25",
                                       "1e3", "1E+3", "1e-3", "1.5e00", "123456789"};
    static const char *const bad[] = {"",      "-",      "+1",   "01",    "1.",    ".5",       "1e",
                                      "1e+",   "1.e3",   "0x10", "NaN",   "nan",   "Infinity", "inf",
                                      " 1",    "1 ",     "1,5",  "1_000", "--1",   "1e1.5",    "1f",
                                      "1e400", "-1e400", "00",   "-01",   "1e++3", "\xd9\xa1"};
    double value = 7;
    for (size_t i = 0; i < COUNT(good); i++) {
        assert_true(sc_number_read(good[i], strlen(good[i]), &value));
        assert_true(value == strtod(good[i], NULL));
    }
    value = 7;
    for (size_t i = 0; i < COUNT(bad); i++)
        if (sc_number_read(bad[i], strlen(bad[i]), &value)) fail_msg("%s was read", bad[i]);
    assert_true(value == 7);
    assert_false(sc_number_read("1\0", 2, &value));
    assert_true(sc_number_read("12x", 2, &value) && value == 12);
    assert_true(sc_number_read("1e-400", 6, &value) && value == 0);
    char longest[SC_NUMBER_TEXT_MAX + 1];
    memset(longest, '9', sizeof longest);
    longest[1] = '.';
    assert_true(sc_number_read(longest, SC_NUMBER_TEXT_MAX, &value) && value == 10);
    assert_false(sc_number_read(longest, sizeof longest, &value));
}

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
        assert_true(sc_text_is_utf8(error.detail, strlen(error.detail)));
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
        assert_true(sc_text_is_utf8(pointer, strlen(pointer)));
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
        assert_true(sc_text_is_utf8_printable(good[i], strlen(good[i]), false));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(sc_text_is_utf8_printable(bad[i], strlen(bad[i]), true));
    assert_true(sc_text_is_utf8_printable("a\n\tb", 4, true));
    assert_false(sc_text_is_utf8_printable("a\nb", 3, false));
    assert_false(sc_text_is_utf8_printable("a\0b", 3, true));
    assert_true(sc_text_is_utf8("a\0\x1b", 3));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_written_as_rfc_8785_lists_them),
        cmocka_unit_test(numbers_are_laid_out_as_ecmascript_does_it),
        cmocka_unit_test(what_is_not_finite_is_not_written),
        cmocka_unit_test_setup(two_million_random_doubles_read_back_from_the_fewest_digits, seed),
        cmocka_unit_test_setup(every_exponent_and_its_boundaries_read_back, seed),
        cmocka_unit_test(powers_of_ten_and_short_decimals_stay_short),
        cmocka_unit_test(only_json_numbers_are_read),
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
        cmocka_unit_test(the_nearest_word_is_suggested),
        cmocka_unit_test(only_utf_8_without_controls_is_printable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
