/* Distributions of uncertain drivers (MODEL 10): quantiles against an independent program
 * (tests/oracle/numerics), published tables and closed forms; truncation, constants, faults, moments. */
#include "secondchair/distribution.h"
#include "secondchair/sobol.h"
#include "support.h"

static const char *const KINDS[SC_DISTRIBUTION_KINDS] = {
    "normal", "lognormal", "uniform", "triangular", "pert", "beta", "student_t", "discrete", "fit"};

static struct sc_quantile quantile;

static struct sc_distribution whole(int kind, double a, double b, double c, double d)
{
    return (struct sc_distribution){
        .kind = kind, .parameter = {a, b, c, d}, .min = -INFINITY, .max = INFINITY};
}

static struct sc_distribution between(struct sc_distribution distribution, double min, double max)
{
    distribution.min = min;
    distribution.max = max;
    return distribution;
}

static struct sc_distribution discrete(const double *value, const double *weight, size_t count)
{
    struct sc_distribution distribution = whole(SC_DISCRETE, 0, 0, 0, 0);
    distribution.value = value;
    distribution.weight = weight;
    distribution.count = count;
    return distribution;
}

static void prepare(const struct sc_distribution *distribution)
{
    struct sc_faults faults = {.count = 0};
    if (!sc_distribution_check(distribution, "/d", &faults))
        fail_msg("%s: %s", faults.item[0].pointer, faults.item[0].detail);
    sc_quantile_prepare(distribution, &quantile);
}

static double quantile_of(struct sc_distribution distribution, double u)
{
    prepare(&distribution);
    return sc_quantile_at(&quantile, u);
}

/* The distance between the ends of a kind that has two; a number may be off by its rounding. */
static double width_of(const struct sc_distribution *d)
{
    const double *p = d->parameter;
    if (d->kind == SC_UNIFORM) return p[1] - p[0];
    if (d->kind == SC_TRIANGULAR || d->kind == SC_PERT) return p[2] - p[0];
    return d->kind == SC_BETA ? p[3] - p[2] : 0;
}

static void assert_within(double actual, double expected, double reach, const char *what, double u)
{
    if (fabs(actual - expected) <= reach) return;
    fail_msg("%s at %.17g: %.17g, expected %.17g, off by %.3g", what, u, actual, expected, actual - expected);
}

/* --- quantiles --- */

static json_t *cases(const char *name)
{
    json_error_t error;
    json_t *all = json_load_file("tests/unit/cases/numerics.json", 0, &error);
    if (!all) fail_msg("numerics.json: %s", error.text);
    json_t *wanted = json_incref(json_object_get(all, name));
    json_decref(all);
    return wanted;
}

static struct sc_distribution distribution_of(const json_t *member)
{
    struct sc_distribution distribution = whole(0, 0, 0, 0, 0);
    const json_t *parameter = json_object_get(member, "parameters");
    const json_t *min = json_object_get(member, "min"), *max = json_object_get(member, "max");
    const char *kind = json_string_value(json_object_get(member, "kind"));
    while (strcmp(KINDS[distribution.kind], kind) != 0) distribution.kind++;
    for (size_t i = 0; i < json_array_size(parameter); i++)
        distribution.parameter[i] = json_number_value(json_array_get(parameter, i));
    if (json_is_number(min)) distribution.min = json_number_value(min);
    if (json_is_number(max)) distribution.max = json_number_value(max);
    return distribution;
}

static void quantiles_are_those_of_an_independent_program(void **state)
{
    (void)state;
    json_t *all = cases("quantiles"), *member;
    size_t i;
    json_array_foreach (all, i, member) {
        struct sc_distribution distribution = distribution_of(member);
        double u = json_number_value(json_object_get(member, "u"));
        double expected = json_number_value(json_object_get(member, "x")), row[3];
        double x = quantile_of(distribution, u);
        assert_within(x, expected,
                      2e-12 * fabs(expected) + 4e-16 * width_of(&distribution) + (u == 0.5 ? 1e-16 : 0),
                      KINDS[distribution.kind], u);
        sc_quantile_row(&quantile, (double[]){0.5, u, u}, 3, row);
        if (row[1] != x || row[2] != x) fail_msg("%s: a row gives %.17g, one draw %.17g", "x", row[1], x);
    }
    assert_true(i > 250);
    json_decref(all);
}

/* Wichura (1988) gives these as checks of his algorithm; the last is from Abramowitz and Stegun, table 26.5.
 */
static void the_normal_quantile_is_as_published(void **state)
{
    (void)state;
    struct sc_distribution normal = whole(SC_NORMAL, 0, 1, 0, 0);
    assert_close(quantile_of(normal, 0.25), -0.6744897501960817, 1e-15);
    assert_close(quantile_of(normal, 0.001), -3.090232306167814, 1e-15);
    assert_close(quantile_of(normal, 1e-20), -9.262340089798408, 1e-15);
    assert_close(quantile_of(normal, 0.975), 1.959963984540054, 1e-15);
    assert_exact(quantile_of(normal, 0.5), 0);
    assert_exact(quantile_of(whole(SC_FITTED_CURVE, 0, 0, 0, 0), 0.975), quantile_of(normal, 0.975));
}

/* NIST/SEMATECH e-Handbook of Statistical Methods, 1.3.6.7.2 (t) and 1.3.6.7.3 (F at 5 %): an F number of n1
 * and n2 degrees makes n1 F / (n1 F + n2) a beta number of n1 / 2 and n2 / 2. */
static void tables_of_t_and_f_are_reproduced(void **state)
{
    (void)state;
    static const double t[][3] = {{1, 0.975, 12.706}, {2, 0.95, 2.920},   {5, 0.9, 1.476},
                                  {10, 0.975, 2.228}, {10, 0.999, 4.144}, {30, 0.99, 2.457},
                                  {100, 0.995, 2.626}};
    static const double f[][3] = {{1, 1, 161.448}, {5, 10, 3.326}, {10, 20, 2.348}, {10, 1, 241.882}};
    for (size_t i = 0; i < COUNT(t); i++)
        assert_near(quantile_of(whole(SC_STUDENT_T, 0, 1, t[i][0], 0), t[i][1]), t[i][2], 0.0005);
    for (size_t i = 0; i < COUNT(f); i++) {
        double x = quantile_of(whole(SC_BETA, 0.5 * f[i][0], 0.5 * f[i][1], 0, 1), 0.95);
        assert_near(f[i][1] / f[i][0] * x / (1 - x), f[i][2], 0.0005);
    }
}

static double power_of(double u, double a)
{
    return pow(u, 1 / a);
}

static double complement_power_of(double u, double b)
{
    return -expm1(log1p(-u) / b);
}

static double arcsine_of(double u, double a)
{
    (void)a;
    return pow(sin(u * M_PI / 2), 2);
}

static double uniform_of(double u, double a)
{
    (void)a;
    return u;
}

static double cauchy_of(double u, double a)
{
    (void)a;
    return u < 0.5 ? -1 / tan(M_PI * u) : 1 / tan(M_PI * (1 - u));
}

static double student_2_of(double u, double a)
{
    (void)a;
    return (u - 0.5) * sqrt(2 / (u * (1 - u)));
}

/* Shaw (2006): t = 2 sgn(u - 1/2) sqrt(cos(arccos(s) / 3) / s - 1), s = sqrt(4 u (1 - u)). */
static double student_4_of(double u, double a)
{
    double s = sqrt(4 * u * (1 - u));
    (void)a;
    return copysign(2 * sqrt(cos(acos(s) / 3) / s - 1), u - 0.5);
}

static void closed_forms_are_met(void **state)
{
    (void)state;
    const struct {
        struct sc_distribution distribution;
        double (*form)(double u, double a);
        double a, tolerance;
    } forms[] = {
        {whole(SC_BETA, 1, 1, 0, 1), uniform_of, 0, 1e-12},
        {whole(SC_PERT, 0, 0.3, 1, 0), uniform_of, 0, 1e-12},
        {whole(SC_BETA, 0.5, 0.5, 0, 1), arcsine_of, 0, 1e-12},
        {whole(SC_BETA, 0.05, 1, 0, 1), power_of, 0.05, 1e-12},
        {whole(SC_BETA, 7.5, 1, 0, 1), power_of, 7.5, 1e-12},
        {whole(SC_BETA, 1e5, 1, 0, 1), power_of, 1e5, 1e-12},
        {whole(SC_PERT, 0, 1, 1, 4), power_of, 5, 1e-12},
        {whole(SC_TRIANGULAR, 0, 1, 1, 0), power_of, 2, 1e-15},
        {whole(SC_STUDENT_T, 0, 1, 1, 0), cauchy_of, 0, 1e-12},
        {whole(SC_STUDENT_T, 0, 1, 2, 0), student_2_of, 0, 1e-12},
        {whole(SC_STUDENT_T, 0, 1, 4, 0), student_4_of, 0, 1e-7}, /* loses digits near the median itself */
        {whole(SC_BETA, 1, 1e5, 0, 1), complement_power_of, 1e5, 2e-11},
    };
    for (size_t i = 0; i < COUNT(forms); i++) {
        prepare(&forms[i].distribution);
        for (int k = 0; k < 2000; k++) {
            double u = k % 2 ? random_between(0, 1) : pow(2, -random_between(1, 50));
            if (k % 4 == 2) u = 1 - u;
            assert_close(sc_quantile_at(&quantile, u), forms[i].form(u, forms[i].a), forms[i].tolerance);
        }
    }
}

/* A shape of a kind at random, from the middle of its domain or its ends. */
static struct sc_distribution random_shape(int kind)
{
    double low = random_between(-3, 3), width = exp(random_between(-5, 5)),
           mode = low + width * random_between(0, 1);
    double alpha = exp(random_between(log(0.05), log(1e5))), beta = exp(random_between(log(0.05), log(1e5)));
    switch (kind) {
    case SC_NORMAL:
        return whole(kind, low, width, 0, 0);
    case SC_LOGNORMAL:
        return whole(kind, low, random_between(0.01, 3), 0, 0);
    case SC_UNIFORM:
        return whole(kind, low, low + width, 0, 0);
    case SC_TRIANGULAR:
        return whole(kind, low, mode, low + width, 0);
    case SC_PERT:
        return whole(kind, low, mode, low + width, exp(random_between(-3, 9)));
    case SC_BETA:
        return whole(kind, alpha, beta, low, low + width);
    default:
        return whole(SC_STUDENT_T, low, width, exp(random_between(log(0.5), log(1e5))), 0);
    }
}

static struct sc_distribution random_part(struct sc_distribution distribution)
{
    double one = quantile_of(distribution, random_between(0, 1)),
           two = quantile_of(distribution, random_between(0, 1));
    if (one == two) return distribution;
    if (random_below(3) == 0) return between(distribution, one, INFINITY);
    if (random_below(3) == 0) return between(distribution, -INFINITY, one);
    return between(distribution, fmin(one, two), fmax(one, two));
}

/* F(Q(u)) = u, as far as the rounding of x lets it: where F is steep, the x of both neighbours must enclose
 * u. */
static void assert_inverse(const struct sc_distribution *distribution, double u)
{
    double x = sc_quantile_at(&quantile, u), reach = 1e-11 * fabs(x) + 1e-15 * width_of(distribution);
    double below = sc_distribution_cdf(distribution, x - reach),
           above = sc_distribution_cdf(distribution, x + reach);
    if (below <= u + 1e-13 && above >= u - 1e-13) return;
    const double *p = distribution->parameter;
    fail_msg("%s %.17g %.17g %.17g %.17g from %g to %g: F(Q(%.17g)) is between %.17g and %.17g",
             KINDS[distribution->kind], p[0], p[1], p[2], p[3], distribution->min, distribution->max, u,
             below, above);
}

static void the_quantile_inverts_the_distribution(void **state)
{
    (void)state;
    for (int i = 0; i < 400; i++) {
        struct sc_distribution distribution = random_shape(i % SC_DISCRETE);
        if (i % 3 == 0) distribution = random_part(distribution);
        prepare(&distribution);
        for (int k = 0; k < 8; k++) assert_inverse(&distribution, random_between(0, 1));
    }
}

static void the_quantile_rises_with_u(void **state)
{
    (void)state;
    for (int i = 0; i < 60; i++) {
        struct sc_distribution distribution = random_shape(i % SC_DISCRETE);
        prepare(&distribution);
        double before = -INFINITY;
        for (double t = -36; t <= 36;
             t += 0.01) { /* where pieces meet, at halves and thirds, is among them */
            double x = sc_quantile_at(&quantile, t < 0 ? exp(t) / (1 + exp(t)) : 1 / (1 + exp(-t)));
            if (x < before) fail_msg("%s falls from %.17g to %.17g", KINDS[distribution.kind], before, x);
            before = x;
        }
    }
}

/* --- truncation --- */

/* Q of what is between min and max at u is Q of all at F(min) + u (F(max) - F(min)). */
static void truncation_is_by_probability(void **state)
{
    (void)state;
    for (int i = 0; i < 200; i++) {
        struct sc_distribution all = random_shape(i % SC_DISCRETE), part = random_part(all);
        double u = random_between(0, 1), from = sc_distribution_cdf(&all, part.min),
               to = sc_distribution_cdf(&all, part.max);
        double x = quantile_of(part, u);
        assert_true(x >= part.min && x <= part.max);
        double p = from + u * (to - from);
        double low = quantile_of(all, fmax(p - 1e-13, 1e-300)),
               high = quantile_of(all, fmin(p + 1e-13, 1 - 1e-16));
        double reach = 1e-11 * fabs(x) + 1e-15 * width_of(&all);
        if (!(low - reach <= x && x <= high + reach))
            fail_msg("%s: %.17g is not between %.17g and %.17g", KINDS[all.kind], x, low, high);
    }
}

static void both_tails_are_as_precise(void **state)
{
    (void)state;
    struct sc_distribution shapes[] = {whole(SC_NORMAL, 0, 1, 0, 0), whole(SC_STUDENT_T, 0, 1, 6, 0),
                                       whole(SC_TRIANGULAR, -1, 0, 1, 0), whole(SC_BETA, 40, 40, -1, 1)};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        double edge = shapes[i].kind == SC_NORMAL ? 30 : shapes[i].kind == SC_STUDENT_T ? 1e4 : 0.999;
        for (int k = 1; k < 64; k++) {
            double lower = quantile_of(between(shapes[i], -INFINITY, -edge), k / 64.0);
            double upper = quantile_of(between(shapes[i], edge, INFINITY), 1 - k / 64.0);
            assert_close(upper, -lower, 1e-13);
        }
    }
}

static void nothing_is_clipped(void **state)
{
    (void)state;
    struct sc_distribution part = between(whole(SC_NORMAL, 0, 1, 0, 0), -0.1, 3);
    prepare(&part);
    double before = part.min;
    for (int i = 0; i < 4096; i++) {
        double x = sc_quantile_at(&quantile, (i + 0.5) / 4096);
        assert_true(x > before && x < part.max);
        before = x;
    }
}

/* --- constants and discrete values --- */

static void assert_bits(double actual, double expected)
{
    if (memcmp(&actual, &expected, sizeof actual) != 0)
        fail_msg("%.17g is not %.17g bit for bit", actual, expected);
}

static void without_variance_the_constant_is_exact(void **state)
{
    (void)state;
    static const double constants[] = {0.1, -0.0, 0, 3e-17, 12345.678901234567, -7e99};
    for (size_t i = 0; i < COUNT(constants); i++) {
        double c = constants[i], two[] = {5, c, c}, weights[] = {0, 1, 0.3}, row[4],
               u[4] = {1e-16, 0.2, 0.7, 1 - 1e-16};
        struct sc_distribution all[] = {
            whole(SC_NORMAL, c, 0, 0, 0),       whole(SC_UNIFORM, c, c, 0, 0),
            whole(SC_TRIANGULAR, c, c, c, 0),   whole(SC_PERT, c, c, c, 4),
            whole(SC_BETA, 2, 3, c, c),         whole(SC_STUDENT_T, c, 0, 3, 0),
            discrete(two, weights, COUNT(two)), between(whole(SC_NORMAL, c, 0, 0, 0), c, c)};
        for (size_t k = 0; k < COUNT(all); k++) {
            prepare(&all[k]);
            sc_quantile_row(&quantile, u, 4, row);
            for (size_t j = 0; j < 4; j++) assert_bits(row[j], c);
            sc_quantile_normal_row(&quantile, (double[]){-40, 0, 1, 40}, 4, row);
            for (size_t j = 0; j < 4; j++) assert_bits(row[j], c);
            assert_bits(sc_distribution_mean(&all[k]), c);
            assert_bits(sc_distribution_sd(&all[k]), 0);
        }
    }
    assert_bits(quantile_of(whole(SC_LOGNORMAL, 0.7, 0, 0, 0), 0.9), exp(0.7));
}

/* Of 2^m scrambled Sobol points exactly one lies in each of 2^m intervals, so that counts are exact too. */
static void discrete_probabilities_are_hit_exactly(void **state)
{
    (void)state;
    enum { POINTS = 1024 };
    static struct sc_sobol sobol;
    double value[] = {30, -1, 4, 30, 2.5, 99}, weight[] = {0.25, 1, 2, 0.5, 0.25, 0}, u[POINTS], x[POINTS];
    struct sc_distribution distribution = discrete(value, weight, COUNT(value));
    size_t counts[4] = {0};
    prepare(&distribution);
    sc_sobol_init(&sobol, SC_SOBOL_DIMENSIONS);
    sc_sobol_row(&sobol, 3, 7, 0, 1, 0, POINTS, u);
    sc_quantile_row(&quantile, u, POINTS, x);
    for (size_t i = 0; i < POINTS; i++)
        counts[x[i] == -1 ? 0 : x[i] == 2.5 ? 1 : x[i] == 4 ? 2 : 3] += x[i] == 30 || x[i] <= 4;
    assert_int_equal(counts[0], 256); /* 1/4 of 1024 */
    assert_int_equal(counts[1], 64);
    assert_int_equal(counts[2], 512);
    assert_int_equal(counts[3], 192);
    assert_exact(quantile_of(distribution, 0.25), 2.5); /* P(X <= -1) = 1/4, and u is not below it */
    assert_exact(quantile_of(distribution, nextafter(0.25, 0)), -1);
    assert_exact(quantile_of(distribution, 1 - 0x1p-53), 30);
    assert_exact(quantile_of(between(distribution, 2.5, 30), 1e-9), 2.5);
    assert_exact(sc_distribution_cdf(&distribution, 4), 0.8125);
    assert_close(sc_distribution_mean(&distribution), (30 * 0.75 - 1 + 8 + 0.625) / 4, 1e-15);
}

static void ten_equal_weights_make_deciles(void **state)
{
    (void)state;
    double value[10], weight[10];
    for (int i = 0; i < 10; i++) {
        value[i] = 9 - i;
        weight[i] = 0.1;
    }
    struct sc_distribution distribution = discrete(value, weight, 10);
    prepare(&distribution);
    for (int i = 0; i < 10; i++) {
        assert_exact(sc_quantile_at(&quantile, i / 10.0 + 1e-15), i);
        assert_exact(sc_quantile_at(&quantile, (i + 1) / 10.0 - 1e-15), i);
    }
}

/* --- what a copula gives --- */

static void normal_numbers_become_their_quantiles(void **state)
{
    (void)state;
    enum { N = 65 };
    double z[N], x[N];
    for (int i = 0; i < N; i++) z[i] = (i - N / 2) / 3.0;
    struct sc_distribution normal = whole(SC_NORMAL, 3, 0.25, 0, 0), cauchy = whole(SC_STUDENT_T, 0, 1, 1, 0);
    prepare(&normal);
    sc_quantile_normal_row(&quantile, z, N, x);
    for (int i = 0; i < N; i++) assert_exact(x[i], 3 + 0.25 * z[i]);
    struct sc_distribution lognormal = whole(SC_LOGNORMAL, 3, 0.25, 0, 0);
    prepare(&lognormal);
    sc_quantile_normal_row(&quantile, z, N, x);
    for (int i = 0; i < N; i++) assert_close(x[i], exp(3 + 0.25 * z[i]), 4e-16);
    prepare(&cauchy);
    sc_quantile_normal_row(&quantile, z, N, x);
    for (int i = 0; i < N; i++) {
        double tail = 0.5 * erfc(fabs(z[i]) / M_SQRT2);
        assert_close(x[i], i == N / 2 ? 0 : copysign(1 / tan(M_PI * tail), z[i]), 1e-12);
    }
    struct sc_distribution part = between(normal, 3, INFINITY);
    prepare(&part);
    sc_quantile_normal_row(&quantile, z, N, x);
    assert_close(x[N / 2], 3 + 0.25 * 0.6744897501960817, 1e-14); /* the median of the upper half */
}

/* --- faults --- */

static void each_parameter_outside_its_domain_is_named(void **state)
{
    (void)state;
    static double value[SC_DISCRETE_MAX + 1], weight[SC_DISCRETE_MAX + 1] = {1, -1, NAN}, none[2];
    const double infinite[] = {1, INFINITY};
    const struct {
        struct sc_distribution distribution;
        const char *pointer;
        enum sc_fault_code code;
    } bad[] = {
        {whole(SC_NORMAL, 0, -1, 0, 0), "/d/sd", SC_FAULT_out_of_range},
        {whole(SC_NORMAL, NAN, 1, 0, 0), "/d/mean", SC_FAULT_out_of_range},
        {whole(SC_NORMAL, INFINITY, 1, 0, 0), "/d/mean", SC_FAULT_out_of_range},
        {whole(SC_LOGNORMAL, 301, 1, 0, 0), "/d/mu", SC_FAULT_out_of_range},
        {whole(SC_LOGNORMAL, 0, 41, 0, 0), "/d/sigma", SC_FAULT_out_of_range},
        {whole(SC_UNIFORM, 2, 1, 0, 0), "/d/low", SC_FAULT_conflict},
        {whole(SC_TRIANGULAR, 0, 2, 1, 0), "/d/mode", SC_FAULT_out_of_range},
        {whole(SC_TRIANGULAR, 3, 2, 1, 0), "/d/low", SC_FAULT_conflict},
        {whole(SC_PERT, 0, -1, 1, 4), "/d/mode", SC_FAULT_out_of_range},
        {whole(SC_PERT, 0, 0.5, 1, -1), "/d/lambda", SC_FAULT_out_of_range},
        {whole(SC_BETA, 0, 1, 0, 1), "/d/alpha", SC_FAULT_out_of_range},
        {whole(SC_BETA, 1, 1e6, 0, 1), "/d/beta", SC_FAULT_out_of_range},
        {whole(SC_BETA, 1, 1, 1, 0), "/d/low", SC_FAULT_conflict},
        {whole(SC_STUDENT_T, 0, 1, 0.4, 0), "/d/dof", SC_FAULT_out_of_range},
        {whole(SC_STUDENT_T, 0, -1, 3, 0), "/d/scale", SC_FAULT_out_of_range},
        {discrete(value, weight, 0), "/d/values", SC_FAULT_wrong_length},
        {discrete(value, weight, SC_DISCRETE_MAX + 1), "/d/values", SC_FAULT_wrong_length},
        {discrete(value, weight, 2), "/d/weights/1", SC_FAULT_out_of_range},
        {discrete(value, weight, 3), "/d/weights/1", SC_FAULT_out_of_range},
        {discrete(infinite, infinite, 2), "/d/values/1", SC_FAULT_out_of_range},
        {discrete(value, none, 2), "/d/weights", SC_FAULT_out_of_range},
        {between(whole(SC_NORMAL, 0, 1, 0, 0), 1, -1), "/d/min", SC_FAULT_conflict},
        {between(whole(SC_NORMAL, 0, 1, 0, 0), NAN, 1), "/d/min", SC_FAULT_out_of_range},
        {between(whole(SC_NORMAL, 0, 1, 0, 0), 40, INFINITY), "/d/min", SC_FAULT_out_of_range},
        {between(whole(SC_NORMAL, 0, 1, 0, 0), -INFINITY, -40), "/d/max", SC_FAULT_out_of_range},
        {between(whole(SC_NORMAL, 0, 1, 0, 0), 1, 1), "/d/min", SC_FAULT_out_of_range},
        {between(whole(SC_UNIFORM, 0, 1, 0, 0), 1, 2), "/d/min", SC_FAULT_out_of_range},
        {between(whole(SC_NORMAL, 5, 0, 0, 0), 6, 7), "/d/min", SC_FAULT_out_of_range},
        {between(discrete((double[]){1, 2}, (double[]){1, 1}, 2), 1.2, 1.8), "/d/min", SC_FAULT_out_of_range},
        {between(whole(SC_FITTED_CURVE, 0, 0, 0, 0), 0, 1), "/d/min", SC_FAULT_conflict},
    };
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct sc_faults faults = {.count = 0};
        assert_false(sc_distribution_check(&bad[i].distribution, "/d", &faults));
        if (strcmp(faults.item[0].pointer, bad[i].pointer) != 0 || faults.item[0].code != bad[i].code)
            fail_msg("case %zu: %s %s: %s", i, faults.item[0].pointer, sc_fault_name(faults.item[0].code),
                     faults.item[0].detail);
    }
}

static void every_fault_is_found_at_once(void **state)
{
    (void)state;
    struct sc_faults faults = {.count = 0};
    struct sc_distribution distribution = between(whole(SC_BETA, -1, INFINITY, NAN, 1), 2, 1);
    assert_false(sc_distribution_check(&distribution, "/uncertainty/drivers/3/distribution", &faults));
    assert_int_equal(faults.count, 4);
    assert_string_equal(faults.item[2].pointer, "/uncertainty/drivers/3/distribution/low");
    assert_string_equal(faults.item[2].detail, "must be from -1e+100 to 1e+100");
    assert_string_equal(sc_distribution_parameter(SC_PERT, 3), "lambda");
    assert_null(sc_distribution_parameter(SC_NORMAL, 2));
    assert_null(sc_distribution_parameter(SC_PERT, 4));
}

/* Every number drawn from what passes is finite, at the ends of the domains too. */
static void what_passes_gives_finite_numbers(void **state)
{
    (void)state;
    const struct sc_distribution ends[] = {
        whole(SC_NORMAL, 1e100, 1e100, 0, 0),      whole(SC_LOGNORMAL, 300, 40, 0, 0),
        whole(SC_LOGNORMAL, -300, 40, 0, 0),       whole(SC_UNIFORM, -1e100, 1e100, 0, 0),
        whole(SC_TRIANGULAR, -1e100, 0, 1e100, 0), whole(SC_PERT, -1e100, -1e100, 1e100, 1e4),
        whole(SC_BETA, 0.05, 1e5, -1e100, 1e100),  whole(SC_BETA, 1e5, 1e5, 0, 1e-300),
        whole(SC_BETA, 0.05, 0.05, 0, 1),          whole(SC_STUDENT_T, 1e100, 1e100, 0.5, 0),
        whole(SC_STUDENT_T, 0, 1e-300, 1e5, 0),    whole(SC_TRIANGULAR, 0, 1e-300, 1e-299, 0)};
    for (size_t i = 0; i < COUNT(ends); i++) {
        prepare(&ends[i]);
        for (int k = 1; k < 54; k++) {
            double small = sc_quantile_at(&quantile, pow(2, -k)),
                   large = sc_quantile_at(&quantile, 1 - pow(2, -k));
            if (!isfinite(small) || !isfinite(large) || small > large)
                fail_msg("case %zu: %.17g and %.17g at 2^-%d", i, small, large, k);
        }
    }
}

/* --- moments --- */

static void moments_are_those_of_an_independent_program(void **state)
{
    (void)state;
    json_t *all = cases("moments"), *member;
    size_t i;
    json_array_foreach (all, i, member) {
        struct sc_distribution distribution = distribution_of(member);
        double mean = json_number_value(json_object_get(member, "mean"));
        double sd = json_number_value(json_object_get(member, "sd"));
        assert_within(sc_distribution_mean(&distribution), mean, 1e-9 * fabs(mean) + 1e-15, "mean", sd);
        assert_close(sc_distribution_sd(&distribution), sd, 1e-9);
    }
    assert_true(i > 15);
    json_decref(all);
}

/* What is truncated to all of itself is integrated; its moments are those of the closed forms. */
static void integrals_meet_closed_forms(void **state)
{
    (void)state;
    const struct sc_distribution shapes[] = {
        whole(SC_UNIFORM, -3, 8, 0, 0), whole(SC_TRIANGULAR, 2, 2.5, 9, 0), whole(SC_TRIANGULAR, 0, 0, 1, 0),
        whole(SC_PERT, 0, 10, 40, 4),   whole(SC_PERT, 5, 9, 9, 2),         whole(SC_BETA, 0.3, 0.2, 1, 3),
        whole(SC_BETA, 800, 3, 0, 1)};
    for (size_t i = 0; i < COUNT(shapes); i++) {
        const double *p = shapes[i].parameter;
        double low = shapes[i].kind == SC_BETA ? p[2] : p[0];
        struct sc_distribution all = between(shapes[i], low, low + width_of(&shapes[i]));
        assert_close(sc_distribution_mean(&all), sc_distribution_mean(&shapes[i]), 1e-11);
        assert_close(sc_distribution_sd(&all), sc_distribution_sd(&shapes[i]), 1e-9);
    }
    struct sc_distribution pert = whole(SC_PERT, 3, 5, 19, 4), t = whole(SC_STUDENT_T, 1, 2, 6, 0);
    assert_close(sc_distribution_mean(&pert), (3 + 4 * 5 + 19) / 6.0, 1e-15); /* Malcolm et al. (1959) */
    assert_close(sc_distribution_sd(&t), 2 * sqrt(6 / 4.0), 1e-15);
    struct sc_distribution lognormal = whole(SC_LOGNORMAL, 0.5, 0.8, 0, 0);
    assert_close(sc_distribution_mean(&lognormal), exp(0.5 + 0.32), 1e-15);
    assert_close(sc_distribution_sd(&lognormal), exp(0.5 + 0.32) * sqrt(exp(0.64) - 1), 1e-14);
    struct sc_distribution half = between(whole(SC_NORMAL, 0, 1, 0, 0), 0, INFINITY);
    assert_close(sc_distribution_mean(&half), sqrt(2 / M_PI), 1e-12);
    assert_close(sc_distribution_sd(&half), sqrt(1 - 2 / M_PI), 1e-11);
}

static void a_moment_that_does_not_exist_is_none(void **state)
{
    (void)state;
    struct sc_distribution cauchy = whole(SC_STUDENT_T, 0, 1, 1, 0), two = whole(SC_STUDENT_T, 4, 1, 2, 0);
    assert_true(isnan(sc_distribution_mean(&cauchy)));
    assert_exact(sc_distribution_mean(&two), 4);
    assert_true(isnan(sc_distribution_sd(&two)));
    struct sc_distribution open = between(two, 0, INFINITY), closed = between(cauchy, -1, 1);
    assert_true(isnan(sc_distribution_sd(&open)));
    assert_near(sc_distribution_mean(&closed), 0, 1e-12);
    assert_close(sc_distribution_sd(&closed), sqrt(4 / M_PI - 1),
                 1e-10); /* of x^2 (2/pi) / (1 + x^2) over [-1, 1] */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(quantiles_are_those_of_an_independent_program, seed_random),
        cmocka_unit_test(the_normal_quantile_is_as_published),
        cmocka_unit_test(tables_of_t_and_f_are_reproduced),
        cmocka_unit_test_setup(closed_forms_are_met, seed_random),
        cmocka_unit_test_setup(the_quantile_inverts_the_distribution, seed_random),
        cmocka_unit_test_setup(the_quantile_rises_with_u, seed_random),
        cmocka_unit_test_setup(truncation_is_by_probability, seed_random),
        cmocka_unit_test(both_tails_are_as_precise),
        cmocka_unit_test(nothing_is_clipped),
        cmocka_unit_test(without_variance_the_constant_is_exact),
        cmocka_unit_test(discrete_probabilities_are_hit_exactly),
        cmocka_unit_test(ten_equal_weights_make_deciles),
        cmocka_unit_test(normal_numbers_become_their_quantiles),
        cmocka_unit_test(each_parameter_outside_its_domain_is_named),
        cmocka_unit_test(every_fault_is_found_at_once),
        cmocka_unit_test(what_passes_gives_finite_numbers),
        cmocka_unit_test(moments_are_those_of_an_independent_program),
        cmocka_unit_test(integrals_meet_closed_forms),
        cmocka_unit_test(a_moment_that_does_not_exist_is_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
