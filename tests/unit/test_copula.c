/* The Gaussian copula (MODEL 10): Higham's published example, NumPy's Cholesky factors, the properties that
 * make a correlation matrix the nearest, and what the copula does to numbers. */
#include "secondchair/copula.h"
#include "secondchair/philox.h"
#include "support.h"

static struct sc_copula copula;
static struct sc_copula_scratch scratch;
static struct sc_faults faults;
static double matrix[SC_COPULA_MAX * SC_COPULA_MAX];

static bool prepare(int kind, bool repair, size_t n, const double *entries)
{
    struct sc_correlation correlation = {.kind = kind, .repair = repair, .n = n, .matrix = entries};
    faults.count = faults.omitted = 0;
    return sc_copula_prepare(&correlation, "/uncertainty/correlation", &scratch, &copula, &faults);
}

/* Entry (i, j) of L L'. */
static double product(size_t i, size_t j)
{
    double sum = 0;
    for (size_t k = 0; k < copula.n; k++)
        sum += copula.factor[i * copula.n + k] * copula.factor[j * copula.n + k];
    return sum;
}

static void identity(size_t n)
{
    memset(matrix, 0, sizeof matrix);
    for (size_t i = 0; i < n; i++) matrix[i * n + i] = 1;
}

static void put(size_t n, size_t i, size_t j, double rho)
{
    matrix[i * n + j] = matrix[j * n + i] = rho;
}

/* Higham (2002), section 4, with its Frobenius distance. */
static void the_nearest_matrix_is_as_published(void **state)
{
    (void)state;
    static const double given[9] = {1, 1, 0, 1, 1, 1, 0, 1, 1};
    assert_true(prepare(SC_PEARSON, true, 3, given));
    assert_true(copula.repaired);
    assert_near(product(0, 1), 0.7607, 0.00005);
    assert_near(product(0, 2), 0.1573, 0.00005);
    assert_near(product(1, 2), 0.7607, 0.00005);
    assert_near(copula.change_norm, 0.5278, 0.00005);
    assert_close(copula.largest_change, 1 - product(0, 1), 1e-9);
    assert_close(copula.smallest_eigenvalue, 1 - sqrt(2), 1e-14); /* of that matrix: 1 + 2 cos(k pi / 4) */
}

static void factors_are_those_of_numpy(void **state)
{
    (void)state;
    json_error_t error;
    json_t *all = json_load_file("tests/unit/cases/numerics.json", 0, &error), *member;
    if (!all) fail_msg("numerics.json: %s", error.text);
    size_t i;
    json_array_foreach (json_object_get(all, "cholesky"), i, member) {
        const json_t *given = json_object_get(member, "matrix"), *factor = json_object_get(member, "factor");
        size_t entries = json_array_size(given);
        for (size_t k = 0; k < entries; k++) matrix[k] = json_number_value(json_array_get(given, k));
        assert_true(prepare(SC_PEARSON, false, (size_t)lrint(sqrt((double)entries)), matrix));
        assert_false(copula.repaired);
        assert_exact(copula.change_norm, 0);
        assert_near(copula.smallest_eigenvalue, json_number_value(json_object_get(member, "smallest")),
                    1e-13);
        for (size_t k = 0; k < entries; k++)
            assert_near(copula.factor[k], json_number_value(json_array_get(factor, k)), 1e-13);
    }
    assert_int_equal(i, 3);
    json_decref(all);
}

static void rank_correlations_are_converted(void **state)
{
    (void)state;
    identity(2);
    for (int i = -9; i <= 9; i++) {
        put(2, 0, 1, i / 10.0);
        assert_true(prepare(SC_SPEARMAN, false, 2, matrix));
        assert_close(copula.factor[2], 2 * sin(M_PI * i / 60), 1e-15);
        assert_true(prepare(SC_PEARSON, false, 2, matrix));
        assert_exact(copula.factor[2], i / 10.0);
    }
}

/* Equal correlations rho of n drivers: 1 - rho n - 1 times, and 1 + (n - 1) rho. */
static void the_smallest_eigenvalue_is_known_where_all_are_equal(void **state)
{
    (void)state;
    for (size_t n = 2; n <= SC_COPULA_MAX; n += 31) {
        identity(n);
        for (size_t k = 0; k < n * n; k++) matrix[k] = k % (n + 1) == 0 ? 1 : 0.3;
        assert_true(prepare(SC_PEARSON, false, n, matrix));
        assert_near(copula.smallest_eigenvalue, 0.7, 1e-13);
        for (size_t k = 0; k < n * n; k++)
            if (matrix[k] < 1) matrix[k] = -1.0 / (double)n;
        assert_true(prepare(SC_PEARSON, false, n, matrix));
        assert_near(copula.smallest_eigenvalue, 1 - (double)(n - 1) / (double)n, 1e-13);
    }
}

/* --- refusals --- */

static void assert_fault(int kind, size_t n, size_t fault, const char *pointer, enum sc_fault_code code)
{
    assert_false(prepare(kind, false, n, matrix));
    assert_string_equal(faults.item[fault].pointer, pointer);
    assert_int_equal(faults.item[fault].code, code);
}

static void what_is_no_correlation_matrix_is_refused(void **state)
{
    (void)state;
    identity(3);
    assert_fault(SC_PEARSON, 0, 0, "/uncertainty/correlation/matrix", SC_FAULT_wrong_length);
    assert_fault(SC_PEARSON, 65, 0, "/uncertainty/correlation/matrix", SC_FAULT_wrong_length);
    matrix[4] = 0.9;
    assert_fault(SC_PEARSON, 3, 0, "/uncertainty/correlation/matrix/1/1", SC_FAULT_out_of_range);
    matrix[4] = 1;
    matrix[5] = 0.5;
    assert_fault(SC_PEARSON, 3, 0, "/uncertainty/correlation/matrix/2/1", SC_FAULT_conflict);
    assert_int_equal(faults.count, 1);
    put(3, 1, 2, 1.5);
    assert_fault(SC_SPEARMAN, 3, 1, "/uncertainty/correlation/matrix/2/1", SC_FAULT_out_of_range);
    put(3, 1, 2, NAN);
    assert_fault(SC_SPEARMAN, 3, 0, "/uncertainty/correlation/matrix/1/2", SC_FAULT_out_of_range);
}

static void contradictions_are_refused_with_their_eigenvalue(void **state)
{
    (void)state;
    identity(3);
    put(3, 0, 1, 0.9);
    put(3, 0, 2, 0.9);
    put(3, 1, 2, -0.9);
    assert_fault(SC_PEARSON, 3, 0, "/uncertainty/correlation/matrix", SC_FAULT_not_positive_definite);
    assert_non_null(strstr(faults.item[0].detail, "-0.8"));
    assert_close(copula.smallest_eigenvalue, 1 - 2 * 0.9, 1e-13);
    put(3, 1, 2, 1); /* two drivers that are one */
    assert_fault(SC_PEARSON, 3, 0, "/uncertainty/correlation/matrix", SC_FAULT_not_positive_definite);
}

/* --- the repair --- */

static void random_correlations(size_t n, double *out)
{
    static double side[SC_COPULA_MAX][SC_COPULA_MAX];
    for (size_t i = 0; i < n; i++) {
        double squares = 0;
        for (size_t k = 0; k < n; k++) {
            side[i][k] = random_between(-1, 1);
            squares += side[i][k] * side[i][k];
        }
        for (size_t k = 0; k < n; k++) side[i][k] /= sqrt(squares);
    }
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++) {
            out[i * n + j] = i == j;
            for (size_t k = 0; i != j && k < n; k++) out[i * n + j] += side[i][k] * side[j][k];
        }
}

/* The nearest X of a convex set to A is the one with <A - X, C - X> <= 0 for every C of the set. */
static void no_correlation_matrix_is_nearer_than_the_repaired(void **state)
{
    (void)state;
    static double other[12 * 12], nearest[12 * 12];
    for (size_t trial = 0; trial < 30; trial++) {
        size_t n = 3 + trial % 10;
        double squares = 0, largest = 0;
        identity(n);
        for (size_t i = 0; i < n; i++)
            for (size_t j = 0; j < i; j++) put(n, i, j, random_between(-1, 1));
        assert_true(prepare(SC_PEARSON, true, n, matrix));
        if (!copula.repaired) continue;
        for (size_t k = 0; k < n * n; k++) {
            nearest[k] = product(k / n, k % n);
            squares += pow(matrix[k] - nearest[k], 2);
            largest = fmax(largest, fabs(matrix[k] - nearest[k]));
        }
        assert_close(copula.change_norm, sqrt(squares), 1e-9);
        assert_close(copula.largest_change, largest, 1e-9);
        for (size_t i = 0; i < n; i++) assert_near(nearest[i * n + i], 1, 1e-12);
        for (int many = 0; many < 50; many++) {
            double turn = 0;
            random_correlations(n, other);
            if (many % 2)
                for (size_t k = 0; k < n * n; k++) other[k] = nearest[k] + 1e-3 * (other[k] - nearest[k]);
            for (size_t k = 0; k < n * n; k++) turn += (matrix[k] - nearest[k]) * (other[k] - nearest[k]);
            assert_true(turn < 1e-6); /* its eigenvalues begin at 1e-8, not at 0 */
        }
    }
}

static void the_hardest_repairs_end(void **state)
{
    (void)state;
    size_t n = SC_COPULA_MAX;
    for (size_t k = 0; k < n * n; k++) matrix[k] = 1;
    assert_true(prepare(SC_SPEARMAN, true, n, matrix));
    assert_true(copula.largest_change < 1e-7);
    for (size_t k = 0; k < n * n; k++) matrix[k] = k % (n + 1) ? -1 : 1;
    assert_true(prepare(SC_PEARSON, true, n, matrix));
    assert_near(product(5, 50), -1 / 63.0,
                1e-8); /* by symmetry the equal correlations that are just possible */
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++) put(n, i, j, random_below(2) ? 1 : -1);
    assert_true(prepare(SC_PEARSON, true, n, matrix));
    for (size_t i = 0; i < n; i++) assert_near(product(i, i), 1, 1e-11);
}

/* --- numbers --- */

enum { LANES = 1 << 15 };
static double z[4][LANES], u[4][LANES];

static void draw(void)
{
    for (size_t i = 0; i < 4; i++) {
        sc_philox_row(31, i + 1, 0, LANES, u[i]);
        sc_normal_quantile_row(u[i], LANES, z[i]);
    }
}

static void the_identity_leaves_numbers_as_they_are(void **state)
{
    (void)state;
    static double before[4][LANES];
    draw();
    memcpy(before, z, sizeof z);
    identity(4);
    assert_true(prepare(SC_SPEARMAN, false, 4, matrix));
    sc_copula_correlate(&copula, LANES, LANES, z[0]);
    assert_memory_equal(before, z, sizeof z);
}

static int by_number(const void *a, const void *b)
{
    double left = **(double *const *)a, right = **(double *const *)b;
    return (left > right) - (left < right);
}

static void to_ranks(double *row)
{
    static double *order[LANES];
    for (size_t k = 0; k < LANES; k++) order[k] = &row[k];
    qsort(order, LANES, sizeof *order, by_number);
    for (size_t k = 0; k < LANES; k++) *order[k] = ((double)k + 0.5) / LANES;
}

/* The rank correlations asked for come out, within what 2^15 numbers tell; u stays uniform. */
static void rank_correlations_come_out(void **state)
{
    (void)state;
    static const double asked[6] = {0.5, -0.3, 0.8, 0.1, 0.6, -0.2}; /* (1,0) (2,0) (2,1) (3,0) (3,1) (3,2) */
    identity(4);
    put(4, 1, 0, asked[0]);
    put(4, 2, 0, asked[1]);
    put(4, 2, 1, -0.4);
    put(4, 3, 0, asked[3]);
    put(4, 3, 1, asked[4]);
    put(4, 3, 2, asked[5]);
    assert_true(prepare(SC_SPEARMAN, false, 4, matrix));
    draw();
    sc_copula_correlate(&copula, LANES, LANES, z[0]);
    for (size_t i = 0; i < 4; i++) {
        double mean = 0;
        sc_normal_cdf_row(z[i], LANES, u[i]);
        for (size_t k = 0; k < LANES; k++) mean += u[i][k] / LANES;
        assert_near(mean, 0.5, 4 * 0.2887 / sqrt(LANES));
        to_ranks(u[i]);
    }
    for (size_t i = 0; i < 4; i++)
        for (size_t j = 0; j < i; j++) {
            double sum = 0;
            for (size_t k = 0; k < LANES; k++) sum += 12 * (u[i][k] - 0.5) * (u[j][k] - 0.5) / LANES;
            assert_near(sum, matrix[i * 4 + j], 4 / sqrt(LANES));
        }
}

/* Row i is L's row i times the rows, whatever the stride. */
static void correlating_is_a_product(void **state)
{
    (void)state;
    double given[3][7], padded[3][11] = {{0}};
    identity(3);
    put(3, 0, 1, 0.5);
    put(3, 0, 2, -0.25);
    put(3, 1, 2, 0.125);
    assert_true(prepare(SC_PEARSON, false, 3, matrix));
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 7; k++) given[i][k] = padded[i][k] = random_between(-3, 3);
    sc_copula_correlate(&copula, 7, 11, padded[0]);
    for (size_t i = 0; i < 3; i++)
        for (size_t k = 0; k < 7; k++) {
            double sum = 0;
            for (size_t j = 0; j < 3; j++) sum += copula.factor[i * 3 + j] * given[j][k];
            assert_near(padded[i][k], sum, 1e-14);
        }
    for (size_t k = 7; k < 11; k++) assert_exact(padded[1][k], 0);
}

static void normal_rows_are_inverse_to_each_other(void **state)
{
    (void)state;
    double row[200], back[200];
    for (size_t i = 0; i < 200; i++) row[i] = pow(10, -random_between(0, 300));
    sc_normal_quantile_row(row, 200, back);
    sc_normal_cdf_row(back, 200, back);
    for (size_t i = 0; i < 200; i++) assert_close(back[i], row[i], 1e-11);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_nearest_matrix_is_as_published),
        cmocka_unit_test(factors_are_those_of_numpy),
        cmocka_unit_test(rank_correlations_are_converted),
        cmocka_unit_test(the_smallest_eigenvalue_is_known_where_all_are_equal),
        cmocka_unit_test(what_is_no_correlation_matrix_is_refused),
        cmocka_unit_test(contradictions_are_refused_with_their_eigenvalue),
        cmocka_unit_test_setup(no_correlation_matrix_is_nearer_than_the_repaired, seed_random),
        cmocka_unit_test_setup(the_hardest_repairs_end, seed_random),
        cmocka_unit_test(the_identity_leaves_numbers_as_they_are),
        cmocka_unit_test(rank_correlations_come_out),
        cmocka_unit_test_setup(correlating_is_a_product, seed_random),
        cmocka_unit_test_setup(normal_rows_are_inverse_to_each_other, seed_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
