#include "number.h"

#include <locale.h>
#include <math.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 uint128;

enum {
    FRACTION_BITS = 52,
    EXPONENT_MASK = 0x7ff,
    EXPONENT_BIAS = 1075, /* of the significand as a whole number */
    POWER_FIRST = -292,   /* of ten: what the largest double needs */
    POWER_LAST = 324,     /* what the smallest needs */
    BIG_LIMBS = 13,       /* 832 bits: 5^324 takes 753, and 2^831 / 5^292 still has 153 */
};

/* 10^n rounded up to 128 bits, the highest bit set. */
struct power {
    uint64_t high, low;
};

/* digits * 10^exponent */
struct decimal {
    uint64_t digits;
    int exponent;
};

static struct power powers[POWER_LAST - POWER_FIRST + 1];
static locale_t c_locale;
static pthread_once_t prepared = PTHREAD_ONCE_INIT;
static atomic_bool is_prepared;

/* Exact whole numbers, the lowest limb first. */
struct big {
    uint64_t limb[BIG_LIMBS];
};

static void multiply_by_5(struct big *big)
{
    uint64_t carry = 0;
    for (size_t i = 0; i < BIG_LIMBS; i++) {
        uint128 product = (uint128)big->limb[i] * 5 + carry;
        big->limb[i] = (uint64_t)product;
        carry = (uint64_t)(product >> 64);
    }
}

/* Rounds down. Dividing n times by 5 and rounding down each time is dividing once by 5^n and rounding down.
 */
static void divide_by_5(struct big *big)
{
    uint64_t rest = 0;
    for (size_t i = BIG_LIMBS; i-- > 0;) {
        uint128 part = (uint128)rest << 64 | big->limb[i];
        big->limb[i] = (uint64_t)(part / 5);
        rest = (uint64_t)(part % 5);
    }
}

/* The leading 128 bits plus one: the value lies above the leading bits and at or below this. */
static struct power leading_bits(const struct big *big)
{
    int top = BIG_LIMBS - 1;
    while (!big->limb[top]) top--;
    uint64_t part[3] = {0};
    for (int i = 0; i < 3 && i <= top; i++) part[i] = big->limb[top - i];
    int shift = __builtin_clzll(part[0]);
    uint128 bits = ((uint128)part[0] << 64 | part[1]) << shift;
    if (shift) bits |= part[2] >> (64 - shift);
    bits++;
    return (struct power){.high = (uint64_t)(bits >> 64), .low = (uint64_t)bits};
}

static void prepare(void)
{
    struct big up = {.limb[0] = 1};
    for (int n = 0; n <= POWER_LAST; n++, multiply_by_5(&up)) powers[n - POWER_FIRST] = leading_bits(&up);
    struct big down = {.limb[BIG_LIMBS - 1] = UINT64_C(1) << 63};
    for (int n = -1; n >= POWER_FIRST; n--) {
        divide_by_5(&down);
        powers[n - POWER_FIRST] = leading_bits(&down);
    }
    c_locale = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    atomic_store_explicit(&is_prepared, true, memory_order_release);
}

void sc_number_init(void)
{
    if (!atomic_load_explicit(&is_prepared, memory_order_acquire)) pthread_once(&prepared, prepare);
}

/* The following three are exact for every exponent of a double: linear approximations, good that far. */
static int floor_log10_of_power_of_2(int n)
{
    return (n * 1262611) >> 22;
}

static int floor_log10_of_three_quarters_of_power_of_2(int n)
{
    return (n * 1262611 - 524031) >> 22;
}

static int floor_log2_of_power_of_10(int n)
{
    return (n * 1741647) >> 19;
}

/* A product of a power and a whole number, of which the lowest 64 bits stand by themselves. */
struct product {
    uint128 high;
    uint64_t low;
};

static struct product multiply(struct power power, uint64_t factor)
{
    uint128 low = (uint128)power.low * factor;
    return (struct product){(uint128)power.high * factor + (uint64_t)(low >> 64), (uint64_t)low};
}

/* power * 2^shift, which is below 2^192. */
static struct product shift_up(struct power power, int shift)
{
    uint64_t carried = power.low >> (63 - shift) >> 1;
    return (struct product){(uint128)power.high << shift | carried, power.low << shift};
}

static struct product add(struct product a, struct product b)
{
    uint64_t low = a.low + b.low;
    return (struct product){a.high + b.high + (low < a.low), low};
}

static struct product subtract(struct product a, struct product b)
{
    return (struct product){a.high - b.high - (a.low < b.low), a.low - b.low};
}

/* product / 2^128 rounded to odd: whatever is cut off sets the lowest bit, so that comparisons with whole
 * numbers come out as with the exact product. A remainder of at most 1 stems from the power's own rounding.
 */
static uint64_t scale(struct product product)
{
    return (uint64_t)(product.high >> 64) | ((uint64_t)product.high > 1);
}

/* Of the candidates floor and floor + 1 (times unit), the one inside [lower, upper] when just one is. */
static bool only_one_inside(uint64_t floor, uint64_t unit, uint64_t lower, uint64_t upper, uint64_t *chosen)
{
    bool down = lower <= floor * unit, up = (floor + 1) * unit <= upper;
    *chosen = floor + up;
    return down != up;
}

/* R. Giulietti, "The Schubfach way to render doubles": scaled by 10^-k, with 10^k just below the distance to
 * the neighbouring doubles, the interval that reads back as the value holds at least one whole number and at
 * most one multiple of ten. All is counted in quarters, as the interval's ends lie halfway to the neighbours.
 */
static struct decimal shortest(uint64_t bits)
{
    uint64_t fraction = bits & ((UINT64_C(1) << FRACTION_BITS) - 1);
    int biased = (int)(bits >> FRACTION_BITS) & EXPONENT_MASK;
    uint64_t c = biased ? fraction | UINT64_C(1) << FRACTION_BITS : fraction;
    int q = (biased ? biased : 1) - EXPONENT_BIAS;
    bool lopsided = fraction == 0 && biased > 1; /* below a power of two the doubles lie twice as close */
    int k = lopsided ? floor_log10_of_three_quarters_of_power_of_2(q) : floor_log10_of_power_of_2(q);
    int shift = q + floor_log2_of_power_of_10(-k) + 1;
    struct power power = powers[-k - POWER_FIRST];
    uint64_t odd = c & 1; /* an odd significand loses ties, so the ends themselves do not read back */
    struct product exact = multiply(power, 4 * c << shift);
    uint64_t lower = scale(subtract(exact, shift_up(power, shift + !lopsided))) + odd;
    uint64_t upper = scale(add(exact, shift_up(power, shift + 1))) - odd;
    uint64_t value = scale(exact);
    uint64_t s = value / 4, chosen;
    if (s >= 10 && only_one_inside(s / 10, 40, lower, upper, &chosen)) return (struct decimal){chosen, k + 1};
    if (only_one_inside(s, 4, lower, upper, &chosen)) return (struct decimal){chosen, k};
    uint64_t middle = 4 * s + 2;
    return (struct decimal){s + (value > middle || (value == middle && (s & 1))), k};
}

static const char PAIRS[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
                            "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
                            "8081828384858687888990919293949596979899";

enum { EIGHT = 100000000 }; /* ten to it */

/* Ten to the powers that a digit count needs. */
static const uint64_t TENS[] = {1,
                                10,
                                100,
                                1000,
                                10000,
                                100000,
                                1000000,
                                10000000,
                                100000000,
                                1000000000,
                                10000000000,
                                100000000000,
                                1000000000000,
                                10000000000000,
                                100000000000000,
                                1000000000000000,
                                10000000000000000,
                                100000000000000000,
                                1000000000000000000,
                                10000000000000000000u};

static size_t count_digits(uint64_t n)
{
    size_t bits = 64 - (size_t)__builtin_clzll(n | 1), least = bits * 1233 >> 12; /* log10(2) */
    return least + (n >= TENS[least] || least == 0);
}

/* The last eight digits of n, none of which waits for another. */
static void put_eight(char *at, uint32_t n)
{
    uint32_t upper = n / 10000, lower = n % 10000;
    memcpy(at, PAIRS + 2 * (size_t)(upper / 100), 2);
    memcpy(at + 2, PAIRS + 2 * (size_t)(upper % 100), 2);
    memcpy(at + 4, PAIRS + 2 * (size_t)(lower / 100), 2);
    memcpy(at + 6, PAIRS + 2 * (size_t)(lower % 100), 2);
}

/* So many digits of n, with zeros in front where it has fewer; past them. */
static char *put_digits(char *at, uint64_t n, size_t count)
{
    char *end = at + count;
    for (; count >= 8; count -= 8, n /= EIGHT) put_eight(at + count - 8, (uint32_t)(n % EIGHT));
    uint32_t rest = (uint32_t)n;
    for (; count >= 2; count -= 2, rest /= 100) memcpy(at + count - 2, PAIRS + 2 * (size_t)(rest % 100), 2);
    if (count) *at = (char)('0' + rest);
    return end;
}

static char *put_zeros(char *at, int count)
{
    memset(at, '0', (size_t)count);
    return at + count;
}

/* d.ddde+n: the decimal point stands before digit number point, counted from 0. */
static char *put_exponential(char *at, uint64_t digits, size_t count, int point)
{
    *at++ = (char)('0' + digits / TENS[count - 1]);
    if (count > 1) {
        *at++ = '.';
        at = put_digits(at, digits % TENS[count - 1], count - 1);
    }
    int exponent = point - 1;
    *at++ = 'e';
    *at++ = exponent < 0 ? '-' : '+';
    return put_digits(at, (uint64_t)abs(exponent), count_digits((uint64_t)abs(exponent)));
}

/* ECMA-262 Number::toString, radix 10; 0.DIGITS * 10^point is the value. */
static char *put_decimal(char *at, uint64_t digits, size_t count, int point)
{
    if (point > 21 || point <= -6) return put_exponential(at, digits, count, point);
    if (point <= 0) {
        *at++ = '0';
        *at++ = '.';
        return put_digits(put_zeros(at, -point), digits, count);
    }
    size_t whole = (size_t)point;
    if (whole >= count) return put_zeros(put_digits(at, digits, count), (int)(whole - count));
    uint64_t unit = TENS[count - whole];
    at = put_digits(at, digits / unit, whole);
    *at++ = '.';
    return put_digits(at, digits % unit, count - whole);
}

static char *put_shortest(char *at, double magnitude)
{
    sc_number_init();
    uint64_t bits;
    memcpy(&bits, &magnitude, sizeof bits);
    struct decimal decimal = shortest(bits);
    uint64_t digits = decimal.digits;
    if (digits % EIGHT == 0) digits /= EIGHT;
    while (digits % 10 == 0) digits /= 10;
    int point = (int)count_digits(decimal.digits) + decimal.exponent;
    return put_decimal(at, digits, count_digits(digits), point);
}

size_t sc_number_write(double value, char out[SC_NUMBER_MAX])
{
    out[0] = '\0';
    if (!isfinite(value)) return 0;
    double magnitude = fabs(value);
    bool whole = magnitude <= 0x1p53 && magnitude == (double)(uint64_t)magnitude;
    char *at = out;
    if (value < 0) *at++ = '-';
    at = whole ? put_digits(at, (uint64_t)magnitude, count_digits((uint64_t)magnitude))
               : put_shortest(at, magnitude);
    *at = '\0';
    return (size_t)(at - out);
}

size_t sc_integer_write(int64_t value, char out[SC_NUMBER_MAX])
{
    uint64_t magnitude = value < 0 ? -(uint64_t)value : (uint64_t)value;
    char *at = out;
    if (value < 0) *at++ = '-';
    at = put_digits(at, magnitude, count_digits(magnitude));
    *at = '\0';
    return (size_t)(at - out);
}

/* Past at least one digit, or NULL. */
static const char *skip_digits(const char *at, const char *end)
{
    const char *first = at;
    while (at < end && *at >= '0' && *at <= '9') at++;
    return at == first ? NULL : at;
}

static const char *skip_whole(const char *at, const char *end)
{
    if (at < end && *at == '-') at++;
    return at < end && *at == '0' ? at + 1 : skip_digits(at, end);
}

static const char *skip_decimals(const char *at, const char *end)
{
    return at < end && *at == '.' ? skip_digits(at + 1, end) : at;
}

static const char *skip_exponent(const char *at, const char *end)
{
    if (at == end || (*at != 'e' && *at != 'E')) return at;
    at++;
    if (at < end && (*at == '+' || *at == '-')) at++;
    return skip_digits(at, end);
}

/* RFC 8259, section 6. */
static bool is_json_number(const char *at, const char *end)
{
    at = skip_whole(at, end);
    if (at) at = skip_decimals(at, end);
    if (at) at = skip_exponent(at, end);
    return at == end;
}

bool sc_number_read(const char *text, size_t length, double *out)
{
    if (length > SC_NUMBER_TEXT_MAX || !is_json_number(text, text + length)) return false;
    sc_number_init();
    if (!c_locale) return false;
    char copy[SC_NUMBER_TEXT_MAX + 1];
    memcpy(copy, text, length);
    copy[length] = '\0';
    double value = strtod_l(copy, NULL, c_locale);
    if (!isfinite(value)) return false;
    *out = value;
    return true;
}
