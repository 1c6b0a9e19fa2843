/* The core's own exponentials and logarithms beside the C library's in long double: the error in units of the
 * last place, over many arguments and at the edges. */
#include "core/elementary.h"
#include "support.h"

enum { N = 200000 };

static uint64_t state_of_random = 1;

static double part(void)
{
    state_of_random = state_of_random * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return ((double)(int64_t)(state_of_random >> 11) + 0.5) * 0x1p-53;
}

static double between(double low, double high)
{
    return low + (high - low) * part();
}

static double spread(double low, double high)
{
    return exp(between(log(low), log(high)));
}

/* The distance of two numbers in units of the last place of the true one. */
static double ulps(long double truth, double number)
{
    double near = (double)truth;
    if (isnan(near) || isnan(number)) return isnan(near) && isnan(number) ? 0 : INFINITY;
    if (isinf(near) || isinf(number)) return near == number ? 0 : INFINITY;
    double unit = fabs(near) < 0x1p-1022 ? 0x1p-1074 : ldexp(1, ilogb(near) - 52);
    return (double)(fabsl(truth - (long double)number) / (long double)unit);
}

static void assert_ulps(long double truth, double number, double most, const char *what, double x)
{
    if (ulps(truth, number) <= most) return;
    fail_msg("%s of %.17g: %.17g, which is %.3g ulp off", what, x, number, ulps(truth, number));
}

static void the_exponential_is_right_to_the_last_place(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        double x = i % 2 ? between(-1, 1) : between(-746, 710);
        assert_ulps(expl((long double)x), sc_exp(x), 1.1, "exp", x);
        x = i % 2 ? between(-4, 4) : spread(1e-40, 700);
        assert_ulps(expm1l((long double)x), sc_expm1(x), 2.5, "expm1", x);
        assert_ulps(expm1l((long double)-x), sc_expm1(-x), 2.5, "expm1", -x);
        x = i % 2 ? between(0.5, 2) : spread(1e-300, 1e300);
        assert_ulps(1 / sqrtl((long double)x), sc_inverse_root(x), 1.5, "1/sqrt", x);
    }
    assert_exact(sc_inverse_root(1), 1);
    assert_exact(sc_inverse_root(4), 0.5);
    assert_exact(sc_exp(0), 1);
    assert_exact(sc_exp(-0.0), 1);
    assert_exact(sc_exp(-INFINITY), 0);
    assert_exact(sc_exp(-746), 0);
    assert_true(sc_exp(-745.1) == 0x1p-1074);
    assert_true(sc_exp(INFINITY) == INFINITY && sc_exp(709.79) == INFINITY && sc_exp(1e300) == INFINITY);
    assert_true(isnan(sc_exp(NAN)));
    assert_true(sc_expm1(INFINITY) == INFINITY && isnan(sc_expm1(NAN)));
    assert_exact(sc_expm1(-INFINITY), -1);
    assert_exact(sc_expm1(0), 0);
}

static void the_logarithm_is_right_to_the_last_place(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        double x = i % 2 ? spread(0x1p-1074, 0x1p1023) : between(0.5, 2);
        assert_ulps(logl((long double)x), sc_log(x), 1, "log", x);
        x = 1 + (i % 2 ? spread(1e-17, 0.5) : -spread(1e-17, 0.5));
        assert_ulps(logl((long double)x), sc_log(x), 1, "log", x);
        x = i % 2 ? spread(1e-40, 1e40) : -spread(1e-40, 1);
        assert_ulps(log1pl((long double)x), sc_log1p(x), 2, "log1p", x);
    }
    assert_true(sc_log(0) == -INFINITY && sc_log(-0.0) == -INFINITY && sc_log(INFINITY) == INFINITY);
    assert_true(isnan(sc_log(-1)) && isnan(sc_log(-INFINITY)) && isnan(sc_log(NAN)));
    assert_exact(sc_log(1), 0);
    assert_true(sc_log1p(-1) == -INFINITY && sc_log1p(INFINITY) == INFINITY && isnan(sc_log1p(-2)));
    assert_exact(sc_log1p(0), 0);
}

static void a_power_is_right_to_the_last_places(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        double x = i % 2 ? spread(0x1p-1060, 0x1p1023) : between(0.5, 2), most = 700 / fabs(log(x));
        double y = i % 4 < 2 ? between(-1, 1) * fmin(most, 3) : between(-1, 1) * fmin(most, 1e6);
        assert_ulps(powl((long double)x, (long double)y), sc_pow(x, y), 1.1 + fabs(y * log(x)) / 10, "pow",
                    x);
    }
    static const double edges[][2] = {{0, 2},         {0, -2},       {0, 0},          {INFINITY, 2},
                                      {INFINITY, -1}, {INFINITY, 0}, {2, 0},          {1, 1e300},
                                      {2, 1e300},     {2, -1e300},   {0.5, INFINITY}, {2, -INFINITY},
                                      {1e300, 2},     {10, 3},       {4, 0.5},        {0x1p-1074, 0.5}};
    for (size_t i = 0; i < COUNT(edges); i++)
        assert_ulps(powl((long double)edges[i][0], (long double)edges[i][1]),
                    sc_pow(edges[i][0], edges[i][1]), 37, "pow", edges[i][0]);
    assert_exact(sc_pow(10, 3), 1000);
    assert_true(isnan(sc_pow(-1, 0.5)) && isnan(sc_pow(NAN, 1)) && isnan(sc_pow(2, NAN)));
}

static void hyperbolic_sines_are_right_to_the_last_places(void **state)
{
    (void)state;
    for (int i = 0; i < N; i++) {
        double x = i % 2 ? spread(1e-40, 710) : between(-3, 3);
        assert_ulps(sinhl((long double)x), sc_sinh(x), 3, "sinh", x);
        x = i % 2 ? spread(1e-40, 1e300) : between(-30, 30);
        assert_ulps(asinhl((long double)x), sc_asinh(x), 2.5, "asinh", x);
        assert_exact(sc_asinh(-x), -sc_asinh(x));
    }
    assert_true(sc_sinh(-INFINITY) == -INFINITY && sc_sinh(711) == INFINITY && isfinite(sc_sinh(710.4)));
    assert_exact(sc_sinh(0), 0);
    assert_true(sc_asinh(INFINITY) == INFINITY);
}

/* As loops of the core call them. */
SC_WIDE static void all_logarithms(const double *x, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) out[i] = sc_log(x[i]);
}

SC_WIDE static void all_powers(const double *x, double y, size_t n, double *out)
{
    for (size_t i = 0; i < n; i++) out[i] = sc_pow(x[i], y);
}

static void rows_are_their_numbers_in_any_place(void **state)
{
    (void)state;
    double x[333], out[333];
    for (int n = 0; n < 333; n += 83) {
        for (int i = 0; i < n; i++) x[i] = out[i] = spread(1e-3, 1e3);
        sc_exp_row(out, (size_t)n, out);
        for (int i = 0; i < n; i++) assert_exact(out[i], sc_exp(x[i]));
        all_logarithms(x, (size_t)n, out);
        for (int i = 0; i < n; i++) assert_exact(out[i], sc_log(x[i]));
        all_powers(x, -0.3, (size_t)n, out);
        for (int i = 0; i < n; i++) assert_exact(out[i], sc_pow(x[i], -0.3));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_exponential_is_right_to_the_last_place),
        cmocka_unit_test(the_logarithm_is_right_to_the_last_place),
        cmocka_unit_test(a_power_is_right_to_the_last_places),
        cmocka_unit_test(hyperbolic_sines_are_right_to_the_last_places),
        cmocka_unit_test(rows_are_their_numbers_in_any_place),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
