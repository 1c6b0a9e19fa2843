/* What is said of many numbers (MODEL 10, Report): NIST's certified figures, NumPy and SciPy, and what must
 * hold. */
#include "secondchair/philox.h"
#include "secondchair/statistics.h"
#include "support.h"

enum { MANY = 20000 };
static double x[MANY], scratch[MANY];

static json_t *cases(const char *name)
{
    json_error_t error;
    json_t *all = json_load_file("tests/unit/cases/numerics.json", 0, &error);
    if (!all) fail_msg("numerics.json: %s", error.text);
    json_t *wanted = json_incref(json_object_get(all, name));
    json_decref(all);
    return wanted;
}

static double at(const json_t *array, size_t i)
{
    return json_number_value(json_array_get(array, i));
}

/* --- sums --- */

/* NIST Statistical Reference Datasets, univariate, NumAcc1 to NumAcc4: mean and standard deviation are
 * certified. */
static void means_and_deviations_are_as_certified(void **state)
{
    (void)state;
    static const double numacc[3] = {1, 1000000, 10000000}; /* + 0.2, then 500 pairs of + 0.1 and + 0.3 */
    double first[] = {10000001, 10000003, 10000002};
    assert_exact(sc_mean(first, 3), 10000002);
    assert_exact(sc_sd(first, 3, 10000002), 1);
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 1001; k++) x[k] = numacc[i] + (k == 0 ? 0.2 : k % 2 ? 0.1 : 0.3);
        assert_close(sc_mean(x, 1001), numacc[i] + 0.2, 3e-16);
        assert_close(sc_sd(x, 1001, sc_mean(x, 1001)), 0.1, 2e-16 * numacc[i] / 0.1 + 1e-15);
    }
}

static void sums_are_compensated(void **state)
{
    (void)state;
    double neumaier[] = {1, 1e100, 1, -1e100}; /* his example: 2, where plain and Kahan's sums give 0 */
    assert_exact(sc_sum(neumaier, 4), 2);
    assert_exact(sc_sum(neumaier, 0), 0);
    for (size_t i = 0; i < MANY; i++) x[i] = 0.1;
    assert_exact(sc_sum(x, MANY), 0.1 * MANY);
}

static void equal_numbers_are_their_mean(void **state)
{
    (void)state;
    static const double constants[] = {0.1, -1e-300, 309.184160245519, 1e300};
    for (size_t c = 0; c < COUNT(constants); c++)
        for (size_t n = 1; n < 300; n += 7) {
            for (size_t i = 0; i < n; i++) x[i] = constants[c];
            assert_exact(sc_mean(x, n), constants[c]);
            assert_exact(sc_expected_shortfall(x, n, 0.05), constants[c]);
            assert_exact(sc_sample_quantile(x, n, 0.3), constants[c]);
            if (n > 1) assert_exact(sc_sd(x, n, constants[c]), 0);
        }
    assert_true(isnan(sc_sd(x, 1, 0)));
}

/* --- order --- */

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double any_number(size_t kind)
{
    if (kind == 0) return random_between(-1e3, 1e3);
    if (kind == 1) return (double)random_below(7) - 3;
    if (kind == 2) return ldexp(random_between(-1, 1), (int)random_below(2000) - 1000);
    if (kind == 3) return 300 + random_between(0, 1e-9);
    double ends[] = {INFINITY, -INFINITY, 5e-324, -5e-324, 1.7976931348623157e308, 0};
    return ends[random_below(6)];
}

static void numbers_are_sorted(void **state)
{
    (void)state;
    static double expected[MANY];
    static const size_t sizes[] = {0, 1, 2, 3, 48, 49, 50, 255, 256, 257, 4096, MANY};
    for (size_t kind = 0; kind < 5; kind++)
        for (size_t s = 0; s < COUNT(sizes); s++) {
            for (size_t i = 0; i < sizes[s]; i++) x[i] = expected[i] = any_number(kind);
            qsort(expected, sizes[s], sizeof *expected, by_value);
            sc_sort(x, sizes[s], scratch);
            assert_memory_equal(x, expected, sizes[s] * sizeof *x);
        }
}

static void quantiles_are_the_same_without_sorting(void **state)
{
    (void)state;
    static const double p[] = {0, 1e-3, 0.05, 0.5, 0.9, 0.95, 1};
    static const size_t sizes[] = {1, 2, 49, 2048, 2049, 5000, MANY};
    static double sorted[MANY];
    double quantile[COUNT(p)];
    for (size_t kind = 0; kind < 5; kind++)
        for (size_t s = 0; s < COUNT(sizes); s++) {
            for (size_t i = 0; i < sizes[s]; i++) x[i] = sorted[i] = any_number(kind);
            qsort(sorted, sizes[s], sizeof *sorted, by_value);
            sc_sample_quantiles(x, sizes[s], p, COUNT(p), quantile, scratch);
            for (size_t k = 0; k < COUNT(p); k++) {
                double expected = sc_sample_quantile(sorted, sizes[s], p[k]);
                assert_memory_equal(&quantile[k], &expected, sizeof expected);
            }
        }
}

static void samples_have_the_figures_that_numpy_gives(void **state)
{
    (void)state;
    json_t *all = cases("samples"), *member;
    size_t i;
    json_array_foreach (all, i, member) {
        const json_t *given = json_object_get(member, "x"), *p = json_object_get(member, "p");
        size_t n = json_array_size(given);
        for (size_t k = 0; k < n; k++) x[k] = at(given, k);
        double mean = sc_mean(x, n);
        assert_close(mean, json_number_value(json_object_get(member, "mean")), 1e-15);
        if (n > 1) assert_close(sc_sd(x, n, mean), json_number_value(json_object_get(member, "sd")), 1e-14);
        sc_sort(x, n, scratch);
        for (size_t k = 0; k < json_array_size(p); k++)
            assert_close(sc_sample_quantile(x, n, at(p, k)), at(json_object_get(member, "quantiles"), k),
                         1e-15);
    }
    assert_int_equal(i, 5);
    json_decref(all);
}

/* R's documentation of quantile(): its default, type 7, of 1:10. */
static void quantiles_are_of_type_seven(void **state)
{
    (void)state;
    static const double quartiles[] = {1, 3.25, 5.5, 7.75, 10};
    for (size_t i = 0; i < 10; i++) x[i] = (double)i + 1;
    for (size_t i = 0; i < 5; i++) assert_exact(sc_sample_quantile(x, 10, (double)i / 4), quartiles[i]);
}

static void the_worst_part_counts_its_fraction(void **state)
{
    (void)state;
    for (size_t i = 0; i < 10; i++) x[i] = (double)i + 1;
    assert_close(sc_expected_shortfall(x, 10, 0.25), (1 + 2 + 0.5 * 3) / 2.5, 1e-15);
    assert_close(sc_expected_shortfall(x, 10, 0.2), 1.5, 1e-15);
    assert_exact(sc_expected_shortfall(x, 10, 0.01), 1);
    assert_close(sc_expected_shortfall(x, 10, 1), 5.5, 1e-15);
    for (size_t i = 0; i < MANY; i++) x[i] = ((double)i + 0.5) / MANY;
    assert_close(sc_expected_shortfall(x, MANY, 0.05), 0.025,
                 1e-12); /* of the uniform distribution: alpha / 2 */
}

/* --- intervals --- */

static double or_beyond(double rank, double beyond)
{
    return isnan(rank) ? beyond : rank;
}

static void intervals_of_quantiles_have_the_ranks_that_scipy_gives(void **state)
{
    (void)state;
    static double rank[65536];
    json_t *all = cases("binomial_intervals"), *member;
    size_t i;
    for (size_t k = 0; k < COUNT(rank); k++) rank[k] = (double)k + 1;
    json_array_foreach (all, i, member) {
        size_t n = (size_t)at(member, 0);
        struct sc_interval interval = sc_sample_quantile_interval(rank, n, at(member, 1), at(member, 2));
        assert_exact(or_beyond(interval.low, 0), at(member, 3));
        assert_exact(or_beyond(interval.high, (double)n + 1), at(member, 4));
    }
    assert_int_equal(i, 42);
    json_decref(all);
    struct sc_interval median = sc_sample_quantile_interval(rank, 100, 0.5, 0.95);
    assert_exact(median.low, 40); /* Conover (1999): the 40th and the 61st of 100 */
    assert_exact(median.high, 61);
}

static void intervals_of_quantiles_cover(void **state)
{
    (void)state;
    enum { SAMPLES = 2000, SIZE = 64 };
    for (int k = 1; k <= 3; k++) {
        double p = 0.25 * k;
        int covered = 0;
        for (uint64_t sample = 0; sample < SAMPLES; sample++) {
            sc_philox_row(8, (uint64_t)k, sample * SIZE, SIZE, x);
            sc_sort(x, SIZE, scratch);
            struct sc_interval interval = sc_sample_quantile_interval(x, SIZE, p, 0.9);
            covered += interval.low <= p && p <= interval.high;
        }
        assert_true(covered >= 0.9 * SAMPLES - 3 * sqrt(0.09 * SAMPLES));
        assert_true(covered <= 0.97 * SAMPLES);
    }
}

static void students_t_is_that_of_an_independent_program(void **state)
{
    (void)state;
    json_t *all = cases("student"), *member;
    size_t i;
    json_array_foreach (all, i, member)
        assert_close(sc_student_t_two_sided(at(member, 0), at(member, 1)), at(member, 2), 1e-13);
    assert_int_equal(i, 32);
    json_decref(all);
}

static void replicates_have_their_interval(void **state)
{
    (void)state;
    double estimate[] = {10, 12, 11, 13, 9};
    struct sc_interval interval = sc_replicate_interval(estimate, 5, 0.95);
    double reach = 2.7764451051977987 * sqrt(2.5) / sqrt(5); /* t of 4 degrees at 0.975 */
    assert_close(interval.low, 11 - reach, 1e-14);
    assert_close(interval.high, 11 + reach, 1e-14);
    assert_true(isnan(sc_replicate_interval(estimate, 1, 0.95).low));
}

/* --- histogram --- */

static void assert_counted(const struct sc_histogram *histogram, const double *sorted, size_t n)
{
    uint64_t all = 0;
    assert_true(histogram->bins >= 1 && histogram->bins <= SC_HISTOGRAM_BINS_MAX);
    for (size_t i = 0; i < histogram->bins; i++) {
        uint64_t here = 0;
        bool last = i + 1 == histogram->bins;
        for (size_t k = 0; k < n; k++)
            here += sorted[k] >= histogram->edge[i] &&
                    (sorted[k] < histogram->edge[i + 1] || (last && sorted[k] == histogram->edge[i + 1]));
        assert_int_equal(histogram->count[i], here);
        assert_true(histogram->edge[i] < histogram->edge[i + 1]);
        all += here;
    }
    assert_int_equal(all, n);
    assert_true(histogram->edge[0] <= sorted[0] && histogram->edge[histogram->bins] >= sorted[n - 1]);
}

/* 1, 2 or 5 times a power of ten, and all edges of few digits. */
static void assert_readable(const struct sc_histogram *histogram)
{
    double width = histogram->edge[1] - histogram->edge[0],
           digit = width / pow(10, floor(log10(width * 1.0000001)));
    assert_true(fabs(digit - 1) < 1e-6 || fabs(digit - 2) < 1e-6 || fabs(digit - 5) < 1e-6);
    for (size_t i = 0; i <= histogram->bins; i++) {
        char text[40];
        snprintf(text, sizeof text, "%.12g", histogram->edge[i]);
        assert_exact(strtod(text, NULL), histogram->edge[i]);
    }
}

static void histograms_count_every_number_once(void **state)
{
    (void)state;
    struct sc_histogram histogram;
    for (int trial = 0; trial < 60; trial++) {
        size_t n = 2 + random_below(3000);
        double centre = random_between(-1000, 1000), spread = exp(random_between(-7, 7));
        for (size_t i = 0; i < n; i++)
            x[i] = centre + spread * (random_between(-1, 1) + random_between(-1, 1) + random_between(-1, 1));
        sc_sort(x, n, scratch);
        sc_histogram(x, n, 0, &histogram);
        assert_counted(&histogram, x, n);
        assert_readable(&histogram);
        double wanted =
            2 * (sc_sample_quantile(x, n, 0.75) - sc_sample_quantile(x, n, 0.25)) / cbrt((double)n);
        double width = histogram.edge[1] - histogram.edge[0];
        assert_true(width > 0.999 * wanted && width < 2.51 * wanted);
        sc_histogram(x, n, 1 + random_below(40), &histogram);
        assert_counted(&histogram, x, n);
        assert_exact(histogram.edge[0], x[0]);
        assert_exact(histogram.edge[histogram.bins], x[n - 1]);
    }
}

static void odd_histograms_are_bounded(void **state)
{
    (void)state;
    struct sc_histogram histogram;
    for (size_t i = 0; i < 100; i++) x[i] = 0.7;
    sc_histogram(x, 100, 0, &histogram); /* one number: one bin of no width */
    assert_int_equal(histogram.bins, 1);
    assert_exact(histogram.edge[0], 0.7);
    assert_exact(histogram.edge[1], 0.7);
    assert_int_equal(histogram.count[0], 100);
    x[99] = 3; /* the middle half is one number */
    sc_histogram(x, 100, 0, &histogram);
    assert_counted(&histogram, x, 100);
    assert_readable(&histogram);
    x[99] = 1e12; /* one that is far away */
    for (size_t i = 0; i < 99; i++) x[i] = (double)i;
    sc_histogram(x, 100, 0, &histogram);
    assert_counted(&histogram, x, 100);
    x[0] = 1e17; /* numbers that differ by their last digit */
    x[1] = nextafter(1e17, INFINITY);
    sc_histogram(x, 2, 0, &histogram);
    assert_counted(&histogram, x, 2);
    for (size_t i = 0; i < MANY; i++) x[i] = 1e17 + 16 * floor((double)i * 8 / MANY); /* and are many */
    sc_histogram(x, MANY, 0, &histogram);
    assert_counted(&histogram, x, MANY);
    x[0] = 0;
    x[1] = 1;
    sc_histogram(x, 2, 100000, &histogram);
    assert_int_equal(histogram.bins, SC_HISTOGRAM_BINS_MAX);
    for (size_t i = 0; i <= 8; i++) x[i] = (double)i * 1e-3; /* edges that are numbers of the sample */
    sc_histogram(x, 9, 0, &histogram);
    assert_counted(&histogram, x, 9);
    for (int i = 0; i < 20000; i++) { /* just beside an edge, where a quotient may be rounded to it */
        double edge = 1 + (double)random_below(1000000) / 10, width = 0.1 * (double)(1 + random_below(40));
        x[0] = i % 2 ? nextafter(edge, 0) : nextafter(-edge - width, -INFINITY);
        x[1] = i % 2 ? nextafter(edge + width, INFINITY) : nextafter(-edge, 0);
        sc_histogram(x, 2, 0, &histogram);
        assert_true(histogram.edge[0] <= x[0] && histogram.edge[histogram.bins] >= x[1]);
    }
    x[0] = -1e300;
    x[1] = 1e300;
    sc_histogram(x, 2, 0, &histogram);
    assert_counted(&histogram, x, 2);
    x[0] = 0;
    x[1] = 5e-324;
    sc_histogram(x, 2, 0, &histogram);
    assert_counted(&histogram, x, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(means_and_deviations_are_as_certified),
        cmocka_unit_test(sums_are_compensated),
        cmocka_unit_test(equal_numbers_are_their_mean),
        cmocka_unit_test_setup(numbers_are_sorted, seed_random),
        cmocka_unit_test_setup(quantiles_are_the_same_without_sorting, seed_random),
        cmocka_unit_test(samples_have_the_figures_that_numpy_gives),
        cmocka_unit_test(quantiles_are_of_type_seven),
        cmocka_unit_test(the_worst_part_counts_its_fraction),
        cmocka_unit_test(intervals_of_quantiles_have_the_ranks_that_scipy_gives),
        cmocka_unit_test(intervals_of_quantiles_cover),
        cmocka_unit_test(students_t_is_that_of_an_independent_program),
        cmocka_unit_test(replicates_have_their_interval),
        cmocka_unit_test_setup(histograms_count_every_number_once, seed_random),
        cmocka_unit_test_setup(odd_histograms_are_bounded, seed_random),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
