/* The samplers (MODEL 10): Philox against the vectors that its authors publish, Sobol against SciPy's points,
 * Owen's scramble by what it must keep (each elementary interval its point) and what it must be (random). */
#include "secondchair/philox.h"
#include "secondchair/sobol.h"
#include "support.h"

#include <Random123/philox.h>

static struct sc_sobol sobol;

static int make_sobol(void **state)
{
    sc_sobol_init(&sobol, SC_SOBOL_DIMENSIONS);
    return seed_random(state);
}

/* --- Philox --- */

/* kat_vectors of Random123 1.14, the lines "philox4x32 10": counter, key, block. */
static const uint32_t VECTORS[3][10] = {{0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8},
                                        {0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff,
                                         0xffffffff, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd},
                                        {0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822,
                                         0x299f31d0, 0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}};

static uint64_t joined(const uint32_t *words)
{
    return (uint64_t)words[1] << 32 | words[0];
}

static double uniform_of(const uint32_t *words)
{
    return ((double)(joined(words) >> 12) + 0.5) / 4503599627370496.0;
}

static void philox_gives_the_published_vectors(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(VECTORS); i++) {
        const uint32_t *v = VECTORS[i];
        philox4x32_ctr_t block =
            philox4x32_R(10, (philox4x32_ctr_t){{v[0], v[1], v[2], v[3]}}, (philox4x32_key_t){{v[4], v[5]}});
        assert_memory_equal(block.v, v + 6, sizeof block.v);
        uint64_t key = joined(v), pair = joined(v + 2), seed = joined(v + 4);
        if (pair >> 63) continue; /* paths go no further */
        assert_exact(sc_philox_uniform(seed, 2 * pair, key), uniform_of(v + 6));
        assert_exact(sc_philox_uniform(seed, 2 * pair + 1, key), uniform_of(v + 8));
    }
}

static void a_row_is_its_numbers(void **state)
{
    (void)state;
    double u[200];
    for (uint64_t first = 0; first < 4; first++)
        for (size_t n = 0; n < COUNT(u); n++) {
            sc_philox_row(42, 77, first + (UINT64_C(1) << 33) - 150, n, u);
            for (size_t i = 0; i < n; i++)
                assert_exact(u[i], sc_philox_uniform(42, first + (UINT64_C(1) << 33) - 150 + i, 77));
        }
}

/* Changing these changes every simulation of everyone: SC_ENGINE_VERSION must rise then. FNV-1a's own vectors
 * of
 * "" and "a" stand before the finaliser. */
static void keys_are_the_same_for_ever(void **state)
{
    (void)state;
    static const char *const names[] = {"", "a", "/terminal/growth", "/segments/0/margin/end",
                                        "/segments/1/margin/end"};
    for (size_t i = 0; i < COUNT(names); i++)
        for (size_t k = 0; k < i; k++) assert_true(sc_draw_key(names[i]) != sc_draw_key(names[k]));
    uint64_t hash = UINT64_C(0xaf63dc4c8601ec8c); /* of "a" */
    hash = (hash ^ hash >> 33) * UINT64_C(0xff51afd7ed558ccd);
    hash = (hash ^ hash >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    assert_true(sc_draw_key("a") == (hash ^ hash >> 33));
}

/* Chi-square of counts that should be equal, as the normal number that Wilson and Hilferty (1931) make of it.
 */
static double surprise(const size_t *count, size_t cells, size_t numbers)
{
    double expected = (double)numbers / (double)cells, chi = 0, dof = (double)cells - 1;
    for (size_t i = 0; i < cells; i++)
        chi += ((double)count[i] - expected) * ((double)count[i] - expected) / expected;
    return (cbrt(chi / dof) - 1 + 2 / (9 * dof)) / sqrt(2 / (9 * dof));
}

static double correlation(const double *x, const double *y, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += 12 * (x[i] - 0.5) * (y[i] - 0.5);
    return sum / (double)n;
}

enum { MANY = 1 << 16 };
static double one[MANY], two[MANY];

static void philox_is_uniform_and_its_streams_independent(void **state)
{
    (void)state;
    const struct {
        uint64_t seed, key, first;
    } streams[] = {{1, 1, 0},
                   {1, 1, 1},
                   {1, 1, MANY},
                   {2, 1, 0},
                   {1, 2, 0},
                   {1, UINT64_C(1) << 32, 0},
                   {UINT64_C(1) << 32, 1, 0},
                   {0, 0, 0},
                   {1, 1, 2}};
    for (size_t i = 0; i < COUNT(streams); i++) {
        size_t count[256] = {0}, square[256] = {0};
        sc_philox_row(streams[i].seed, streams[i].key, streams[i].first, MANY, one);
        for (size_t k = 0; k < MANY; k++) {
            count[(size_t)(one[k] * 256)]++;
            if (k % 2) square[(size_t)(one[k - 1] * 16) * 16 + (size_t)(one[k] * 16)]++;
        }
        assert_true(fabs(surprise(count, 256, MANY)) < 4);
        assert_true(fabs(surprise(square, 256, MANY / 2)) < 4);
        for (size_t k = 0; k < i; k++) {
            sc_philox_row(streams[k].seed, streams[k].key, streams[k].first, MANY, two);
            assert_true(fabs(correlation(one, two, MANY)) * sqrt(MANY) < 4.5);
        }
    }
}

/* --- Sobol --- */

static json_t *expected_sobol(const char *name)
{
    json_error_t error;
    json_t *all = json_load_file("tests/unit/cases/numerics.json", 0, &error);
    if (!all) fail_msg("numerics.json: %s", error.text);
    json_t *wanted = json_incref(json_object_get(json_object_get(all, "sobol"), name));
    json_decref(all);
    return wanted;
}

static void sobol_points_are_those_of_scipy(void **state)
{
    (void)state;
    json_t *first = expected_sobol("first"), *sums = expected_sobol("sums"), *point, *coordinate;
    size_t i, dimension;
    json_array_foreach (first, i, point) {
        json_array_foreach (point, dimension, coordinate)
            assert_int_equal(sc_sobol_point(&sobol, dimension, (uint32_t)i), json_integer_value(coordinate));
    }
    json_array_foreach (sums, dimension, coordinate) {
        uint32_t sum = 0;
        for (uint32_t k = 0; k < 2048; k++) sum += (k + 1) * sc_sobol_point(&sobol, dimension, k);
        assert_int_equal(sum, json_integer_value(coordinate));
    }
    assert_int_equal(dimension, SC_SOBOL_DIMENSIONS);
    json_decref(first);
    json_decref(sums);
}

/* All 32 directions of each dimension: point 2^k - 1, whose Gray code is one bit, less that of 2^(k-1) and so
 * on. */
static void all_directions_are_those_of_scipy(void **state)
{
    (void)state;
    json_t *folds = expected_sobol("directions"), *fold;
    size_t dimension;
    json_array_foreach (folds, dimension, fold) {
        uint32_t folded = 0;
        for (uint32_t k = 0; k < SC_SOBOL_BITS; k++) {
            uint32_t gray = UINT32_C(1) << k, index = gray; /* the index of which this is the Gray code */
            for (uint32_t shift = 1; shift < 32; shift *= 2) index ^= index >> shift;
            folded ^= sc_sobol_point(&sobol, dimension, index) * (2 * k + 1);
        }
        assert_int_equal(folded, json_integer_value(fold));
    }
    json_decref(folds);
}

/* The first ten points in three dimensions as Joe and Kuo list them beside their program. */
static void the_first_points_are_as_published(void **state)
{
    (void)state;
    static const double points[10][3] = {{0, 0, 0},
                                         {0.5, 0.5, 0.5},
                                         {0.75, 0.25, 0.25},
                                         {0.25, 0.75, 0.75},
                                         {0.375, 0.375, 0.625},
                                         {0.875, 0.875, 0.125},
                                         {0.625, 0.125, 0.875},
                                         {0.125, 0.625, 0.375},
                                         {0.1875, 0.3125, 0.9375},
                                         {0.6875, 0.8125, 0.4375}};
    for (uint32_t i = 0; i < 10; i++)
        for (size_t dimension = 0; dimension < 3; dimension++)
            assert_exact((double)sc_sobol_point(&sobol, dimension, i) / 4294967296.0, points[i][dimension]);
}

static void any_part_of_a_row_is_that_part(void **state)
{
    (void)state;
    double all[300], part[300];
    sc_sobol_row(&sobol, 17, 5, 2, 99, 0, 300, all);
    for (uint32_t first = 0; first < 300; first += 37) {
        sc_sobol_row(&sobol, 17, 5, 2, 99, first, 300 - first, part);
        assert_memory_equal(part, all + first, (300 - first) * sizeof *part);
    }
    sc_sobol_row(&sobol, 17, 5, 2, 99, UINT32_MAX - 9, 10, part);
    for (size_t i = 0; i < 10; i++) assert_true(part[i] > 0 && part[i] < 1);
}

/* Each interval [k / 2^m, (k + 1) / 2^m) has one of any 2^m points that start at a multiple of 2^m. */
static void each_interval_has_its_point(void **state)
{
    (void)state;
    static unsigned char seen[1 << 13];
    for (int trial = 0; trial < 60; trial++) {
        size_t dimension = trial < 8 ? (size_t)trial : random_below(SC_SOBOL_DIMENSIONS),
               m = 1 + random_below(13);
        uint32_t points = UINT32_C(1) << m, first = points * (uint32_t)random_below(50);
        sc_sobol_row(&sobol, dimension, random_bits(), (uint32_t)trial, random_bits(), first, points, one);
        memset(seen, 0, sizeof seen);
        for (size_t i = 0; i < points; i++) {
            assert_true(one[i] > 0 && one[i] < 1);
            assert_int_equal(seen[(size_t)(one[i] * points)]++, 0);
        }
    }
}

/* The quality t of 2^m points in two dimensions: the least t such that each box of sides 2^-a and 2^-b,
 * a + b = m - t, holds 2^t of them. */
static int quality(const uint32_t *x, const uint32_t *y, int m)
{
    for (int t = 0; t < m; t++) {
        bool even = true;
        for (int a = 0; a <= m - t && even; a++) {
            static uint32_t count[1 << 10];
            int b = m - t - a;
            memset(count, 0, sizeof(uint32_t) << (m - t));
            for (size_t i = 0; i < (size_t)1 << m; i++) {
                uint32_t column = a ? x[i] >> (32 - a) : 0, row = b ? y[i] >> (32 - b) : 0;
                even &= ++count[column << b | row] <= UINT32_C(1) << t;
            }
        }
        if (even) return t;
    }
    return m;
}

static void bits_of_row(size_t dimension, uint64_t key, int m, uint32_t *bits)
{
    sc_sobol_row(&sobol, dimension, 3, 1, key, 0, (size_t)1 << m, one);
    for (size_t i = 0; i < (size_t)1 << m; i++) bits[i] = (uint32_t)(one[i] * 4294967296.0);
}

static void scrambling_keeps_the_quality_of_pairs(void **state)
{
    (void)state;
    enum { M = 10 };
    static uint32_t x[1 << M], y[1 << M], plain_x[1 << M], plain_y[1 << M];
    for (int trial = 0; trial < 40; trial++) {
        size_t a = trial < 6 ? (size_t)trial : random_below(SC_SOBOL_DIMENSIONS),
               b = trial < 6 ? a + 1 : random_below(64);
        if (a == b) continue;
        for (uint32_t i = 0; i < UINT32_C(1) << M; i++) {
            plain_x[i] = sc_sobol_point(&sobol, a, i);
            plain_y[i] = sc_sobol_point(&sobol, b, i);
        }
        bits_of_row(a, random_bits(), M, x);
        bits_of_row(b, random_bits(), M, y);
        assert_int_equal(quality(x, y, M), quality(plain_x, plain_y, M));
        if (trial == 0)
            assert_int_equal(quality(x, y, M), 0); /* the first two dimensions are a (0, m, 2)-net */
    }
}

enum { SCRAMBLES = 4096, DEPTH = 5, PLACES = 1 << DEPTH };
static signed char flip[DEPTH + 1][PLACES]
                       [SCRAMBLES]; /* of the digit at a depth, where those before it are so */

static void assert_fair(int d, size_t a, size_t b, size_t c, size_t e)
{
    int sum = 0;
    for (size_t r = 0; r < SCRAMBLES; r++) {
        int product = flip[d][a][r];
        if (b < a) product *= flip[d][b][r];
        if (c < b) product *= flip[d][c][r] * flip[d][e][r];
        sum += product;
    }
    if (abs(sum) > 5 * 64) fail_msg("depth %d, places %zu, %zu, %zu, %zu: %d of 4096", d, a, b, c, e, sum);
}

/* Over many scrambles the flips of a digit are fair; those of two places of its tree are independent, and
 * near its root those of four. */
static void the_scramble_is_random_at_every_place(void **state)
{
    (void)state;
    for (uint32_t r = 0; r < SCRAMBLES; r++) {
        double u[2 * PLACES]; /* dimension 0 in Gray code's order: its first 2^(DEPTH + 1) points are all
                                 prefixes */
        sc_sobol_row(&sobol, 0, 11, r, 5, 0, 2 * PLACES, u);
        for (uint32_t i = 0; i < 2 * PLACES; i++) {
            uint32_t plain = sc_sobol_point(&sobol, 0, i), mixed = (uint32_t)(u[i] * 4294967296.0);
            for (int d = 0; d <= DEPTH; d++)
                flip[d][d ? plain >> (32 - d) : 0][r] = (plain ^ mixed) >> (31 - d) & 1 ? 1 : -1;
        }
    }
    for (int d = 0; d <= DEPTH; d++)
        for (size_t a = 0; a < (size_t)1 << d; a++)
            for (size_t b = 0; b <= a; b++) assert_fair(d, a, b, b, b);
    for (size_t a = 3; a < 8; a++)
        for (size_t b = 2; b < a; b++)
            for (size_t c = 1; c < b; c++)
                for (size_t e = 0; e < c; e++) assert_fair(3, a, b, c, e);
}

static void one_scrambled_point_is_uniform(void **state)
{
    (void)state;
    size_t first[256] = {0}, low[256] = {0};
    for (uint32_t r = 0; r < MANY; r++) {
        double u;
        sc_sobol_row(&sobol, 9, 1, r, 4, 12345, 1, &u);
        first[(size_t)(u * 256)]++;
        low[(size_t)(fmod(u * 0x1p40, 256))]++; /* digits that Sobol does not reach */
    }
    assert_true(fabs(surprise(first, 256, MANY)) < 4);
    assert_true(fabs(surprise(low, 256, MANY)) < 4);
}

/* The mean over 2^m points of prod (1 + c (u - 1/2)), whose integral is 1. */
static double product_mean(bool by_sobol, uint32_t randomisation, size_t n)
{
    enum { DIMENSIONS = 8 };
    static double product[1 << 12];
    double sum = 0;
    for (size_t i = 0; i < n; i++) product[i] = 1;
    for (size_t dimension = 0; dimension < DIMENSIONS; dimension++) {
        if (by_sobol)
            sc_sobol_row(&sobol, dimension, 99, randomisation, dimension + 1000, 0, n, one);
        else
            sc_philox_row(99, dimension + 1000, (uint64_t)randomisation << 20, n, one);
        for (size_t i = 0; i < n; i++) product[i] *= 1 + 0.9 * (one[i] - 0.5);
    }
    for (size_t i = 0; i < n; i++) sum += product[i];
    return sum / (double)n;
}

static double root_mean_square_error(bool by_sobol, size_t n, uint32_t randomisations, double *bias)
{
    double squares = 0, sum = 0;
    for (uint32_t r = 0; r < randomisations; r++) {
        double error = product_mean(by_sobol, r, n) - 1;
        squares += error * error;
        sum += error;
    }
    if (bias) *bias = sum / randomisations / (sqrt(squares / randomisations) / sqrt(randomisations));
    return sqrt(squares / randomisations);
}

/* Smooth functions: Owen's scramble errs as N^-3/2 (1997), plain chance as N^-1/2; each randomisation is
 * unbiased. */
static void sobol_errs_less_and_less(void **state)
{
    (void)state;
    double bias, sobol_few = root_mean_square_error(true, 1 << 6, 64, &bias);
    assert_true(fabs(bias) < 4);
    double sobol_many = root_mean_square_error(true, 1 << 12, 64, &bias);
    assert_true(fabs(bias) < 4);
    double philox_few = root_mean_square_error(false, 1 << 6, 64, NULL);
    double philox_many = root_mean_square_error(false, 1 << 12, 64, NULL);
    double rate = log2(sobol_few / sobol_many) / 6, chance = log2(philox_few / philox_many) / 6;
    if (!(rate > 1)) fail_msg("Sobol errs as N^-%.2f", rate);
    if (!(chance > 0.35 && chance < 0.65)) fail_msg("Philox errs as N^-%.2f", chance);
    assert_true(sobol_many < philox_many / 20);
}

/* Randomisations, seeds and keys are independent of each other. */
static void scrambles_are_independent(void **state)
{
    (void)state;
    enum { N = 1 << 12 };
    static double offset[8][N];
    for (uint32_t i = 0; i < N; i++) {
        double u;
        for (uint32_t k = 0; k < 8; k++) {
            sc_sobol_row(&sobol, 3, 7 + (k & 1), i * 2 + (k >> 1 & 1), 21 + (k >> 2 & 1), 5, 1, &u);
            offset[k][i] = u;
        }
    }
    for (size_t a = 0; a < 8; a++)
        for (size_t b = 0; b < a; b++)
            assert_true(fabs(correlation(offset[a], offset[b], N)) * sqrt(N) < 4.5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(philox_gives_the_published_vectors),
        cmocka_unit_test(a_row_is_its_numbers),
        cmocka_unit_test(keys_are_the_same_for_ever),
        cmocka_unit_test(philox_is_uniform_and_its_streams_independent),
        cmocka_unit_test_setup(sobol_points_are_those_of_scipy, make_sobol),
        cmocka_unit_test_setup(all_directions_are_those_of_scipy, make_sobol),
        cmocka_unit_test_setup(the_first_points_are_as_published, make_sobol),
        cmocka_unit_test_setup(any_part_of_a_row_is_that_part, make_sobol),
        cmocka_unit_test_setup(each_interval_has_its_point, make_sobol),
        cmocka_unit_test_setup(scrambling_keeps_the_quality_of_pairs, make_sobol),
        cmocka_unit_test_setup(the_scramble_is_random_at_every_place, make_sobol),
        cmocka_unit_test_setup(one_scrambled_point_is_uniform, make_sobol),
        cmocka_unit_test_setup(sobol_errs_less_and_less, make_sobol),
        cmocka_unit_test_setup(scrambles_are_independent, make_sobol),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
