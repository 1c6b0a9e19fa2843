/* Exponentials and logarithms whose bytes are the same on every machine: of sums, products and quotients that
 * are each rounded by themselves, without the C library's choice by processor. Without branches, so that a
 * loop over lanes that calls them becomes vectors of the width for which it is compiled. Private to the core.
 */
#ifndef SC_CORE_ELEMENTARY_H
#define SC_CORE_ELEMENTARY_H

#include "lanes.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

SC_PART uint64_t sc_bits_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

SC_PART double sc_of_bits(uint64_t bits)
{
    double x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

/* log 2 in two parts: a multiple of the first by up to 2^20 is exact. */
#define SC_LOG2_HIGH 0x1.62e42feep-1
#define SC_LOG2_LOW 0x1.a39ef35793c76p-33

/* exp(r) - 1 for |r| <= log(2) / 2: r + r^2 P(r), P of the least error (Remez), 2^-58. */
SC_PART double sc_near_exp(double r)
{
    double r2 = r * r, r4 = r2 * r2;
    double p01 = 0.50000000000000128 + 0.16666666666666699 * r;
    double p23 = 0.041666666666514397 + 0.008333333333307091 * r;
    double p45 = 0.0013888888947311867 + 1.9841269917677251e-4 * r;
    double p67 = 2.4801489609406918e-5 + 2.7557216012191033e-6 * r;
    double p89 = 2.763140764911597e-7 + 2.5117959336398574e-8 * r;
    return r + r2 * (p01 + r2 * p23 + r4 * (p45 + r2 * p67 + r4 * p89));
}

/* exp(x) = 2^k (1 + part), k a whole number, |part| < 0.42. */
struct sc_exponential {
    double k, part;
    uint64_t biased; /* k + 2046 in the lowest 12 bits */
};

/* Of x + rest, |rest| being little: beyond 710 all is INFINITY, below -746 it is 0. */
SC_PART struct sc_exponential sc_split_exp(double x, double rest)
{
    const double round = 0x1.8p52 + 2046;
    x = x > 710 ? 710 : x;
    x = x < -746 ? -746 : x;
    double shifted = x * 1.44269504088896340736 + round, k = shifted - round;
    double part = sc_near_exp(x - k * SC_LOG2_HIGH - (k * SC_LOG2_LOW - rest));
    return (struct sc_exponential){k, part, sc_bits_of(shifted)};
}

/* x 2^k in two steps, for 2^k itself may be no double. */
SC_PART double sc_scale_exp(double x, uint64_t biased)
{
    uint64_t all = biased & 0xfff, half = all >> 1;
    return x * sc_of_bits(half << 52) * sc_of_bits((all - half) << 52);
}

SC_PART double sc_exp_of_sum(double x, double rest)
{
    struct sc_exponential of = sc_split_exp(x, rest);
    return sc_scale_exp(1 + of.part, of.biased);
}

/* To 1.1 ulp. */
SC_PART double sc_exp(double x)
{
    return sc_exp_of_sum(x, 0);
}

/* exp(x) - 1, to 2.5 ulp: 2^k part + (2^k - 1). */
SC_PART double sc_expm1(double x)
{
    struct sc_exponential of = sc_split_exp(x, 0);
    double small = sc_scale_exp(of.part, of.biased) + (sc_scale_exp(1, of.biased) - 1);
    return x < 700 ? small : sc_scale_exp(1 + of.part, of.biased);
}

/* x = 2^k (1 + f), sqrt(1/2) <= 1 + f < sqrt(2); of numbers above 0. */
struct sc_logarithm {
    double k, f;
};

SC_PART struct sc_logarithm sc_split_log(double x)
{
    bool tiny = x < 0x1p-1022;
    uint64_t bits = sc_bits_of(tiny ? x * 0x1p54 : x), moved = bits + UINT64_C(0x00095f619980c433);
    double k = sc_of_bits(moved >> 52 | UINT64_C(0x4330000000000000)) - (0x1p52 + 1023);
    double part = sc_of_bits(bits - (moved & UINT64_C(0xfff0000000000000)) + UINT64_C(0x3ff0000000000000));
    return (struct sc_logarithm){tiny ? k - 54 : k, part - 1};
}

/* What a logarithm is where x is not a finite number above 0. */
SC_PART double sc_log_beyond(double x)
{
    return x == 0 ? -INFINITY : x > 0 ? x : NAN;
}

SC_PART bool sc_has_log(double x)
{
    return (x > 0) & (x < INFINITY);
}

/* To 1 ulp. With s = f / (2 + f): log(1 + f) = 2 s + 2 s^3 / 3 + … = f - s (f - s^2 P(s^2)), P of the least
 * error, 2^-57. */
SC_PART double sc_log(double x)
{
    struct sc_logarithm of = sc_split_log(x);
    double f = of.f, s = f / (2 + f), z = s * s, z2 = z * z;
    double p01 = 0.66666666666666698 + 0.39999999999897266 * z;
    double p23 = 0.2857142862693365 + 0.22222210985791802 * z;
    double p45 = 0.18182899546172616 + 0.15331387113565476 * z;
    double series = z * (p01 + z2 * (p23 + z2 * (p45 + z2 * 0.14620460918507342)));
    double log_x = of.k * SC_LOG2_HIGH - (s * (f - series) - of.k * SC_LOG2_LOW - f);
    return sc_has_log(x) ? log_x : sc_log_beyond(x);
}

/* log(1 + x), to 2 ulp: what rounding takes from 1 + x is given back. */
SC_PART double sc_log1p(double x)
{
    double one = 1 + x, lost = x < 1 ? x - (one - 1) : 1 - (one - x), log_one = sc_log(one);
    return sc_has_log(one) ? log_one + lost / one : log_one;
}

/* The first 26 bits of x, so that the product of two such numbers is exact. */
SC_PART double sc_upper_half(double x)
{
    return sc_of_bits(sc_bits_of(x) & UINT64_C(0xfffffffff8000000));
}

/* a b - product, product being a b as rounded, but for the rounding of what is itself that small (Dekker
 * 1971). */
SC_PART double sc_product_rest(double a, double b, double product)
{
    double a1 = sc_upper_half(a), a2 = a - a1, b1 = sc_upper_half(b), b2 = b - b1;
    return a1 * b1 - product + a1 * b2 + a2 * b1 + a2 * b2;
}

/* A number as a sum of two, the second of which is what the first has lost by rounding. */
struct sc_sum_of_two {
    double high, low;
};

/* log(x) to 2^-57 of it, x finite and above 0. */
SC_PART struct sc_sum_of_two sc_log_exact(double x)
{
    struct sc_logarithm of = sc_split_log(x);
    double f = of.f, below = 2 + f, inverse = 1 / below, s = f * inverse, z = s * s, z2 = z * z;
    double rest = f - s * below - sc_product_rest(s, below, s * below) - s * (f - (below - 2));
    double p01 = 0.66666666666666666 + 0.40000000000000899 * z;
    double p23 = 0.28571428570790899 + 0.22222222394477383 * z;
    double p45 = 0.18181795355207176 + 0.15386254730088585 * z;
    double p67 = 0.13268381374909574 + 0.13090627146740454 * z;
    double cubic = s * z * (p01 + z2 * (p23 + z2 * (p45 + z2 * p67)));
    double whole = of.k * SC_LOG2_HIGH, high = whole + 2 * s;
    double low = whole - high + 2 * s + (2 * rest * inverse + cubic + of.k * SC_LOG2_LOW), sum = high + low;
    return (struct sc_sum_of_two){sum, high - sum + low};
}

/* x to the power y = exp(y log x), to 1.1 + |y log x| / 10 ulp; NAN where x is below 0. */
SC_PART double sc_pow(double x, double y)
{
    struct sc_sum_of_two log_x = sc_log_exact(x);
    double high = sc_has_log(x) ? log_x.high : sc_log_beyond(x), product = y * high;
    double rest = sc_product_rest(y, high, product) + y * log_x.low;
    double power = sc_exp_of_sum(product, fabs(product) < 800 ? rest : 0);
    return ((y == 0) | (x == 1)) ? 1 : power;
}

/* 1/sqrt(x) to 1.5 ulp, x a normal number above 0: a guess from halving the exponent, then Newton's steps.
 * Roots and quotients of vectors take several times as long. */
SC_PART double sc_inverse_root(double x)
{
    double y = sc_of_bits(UINT64_C(0x5fe6eb50c7b537a9) - (sc_bits_of(x) >> 1)), half = 0.5 * x;
    y *= 1.5 - half * y * y;
    y *= 1.5 - half * y * y;
    y *= 1.5 - half * y * y;
    return y + 0.5 * y * (1 - x * y * y);
}

/* To 3 ulp. */
SC_PART double sc_sinh(double x)
{
    double away = fabs(x), grown = sc_expm1(away), root = sc_exp(0.5 * away);
    double half = away < 700 ? 0.5 * (grown + grown / (grown + 1)) : 0.5 * root * root;
    return copysign(half, x);
}

/* To 2.5 ulp. */
SC_PART double sc_asinh(double x)
{
    double away = fabs(x), near = sc_log1p(away + away * away / (1 + sqrt(1 + away * away)));
    return copysign(away < 0x1p28 ? near : sc_log(away) + 0.69314718055994530942, x);
}

/* Of n numbers; out may be x. */
void sc_exp_row(const double *x, size_t n, double *out);

#endif
