/* Numbers as text, against the tables of RFC 8785 and what printf and strtod make of them.
 * Alone, besides `make unit T=test_number`:
 *   gcc -std=c17 -D_GNU_SOURCE -g -fsanitize=address,undefined -Iinclude -Iserver -Itests/unit \
 *       tests/unit/test_number.c server/codec/{number,writer,budget,pointer,canonical,patch,diff,text}.c \
 *       server/base/{buffer,fault}.c -ljansson -lsodium -lnettle -lcmocka -lm -o build/test_number */
#include "codec/number.h"
#include "documents.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static double double_of(uint64_t bits)
{
    double value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

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
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
