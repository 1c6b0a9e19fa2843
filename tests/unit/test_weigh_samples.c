/* Weighted samples: what they must share with weighted values, mixtures known in closed form, errors of
 * shared random numbers. */
#include "secondchair/weigh_samples.h"
#include "support.h"

#include <stdlib.h>

enum { RANDOMISATIONS = 8, EACH = 500, PATHS = RANDOMISATIONS * EACH };

static void values_alone_are_weighed_as_before(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        size_t count = 1 + random_below(SC_SAMPLES_MAX);
        struct sc_weighted cases[SC_SAMPLES_MAX];
        struct sc_weighted_sample samples[SC_SAMPLES_MAX];
        double rest = 1;
        for (size_t i = 0; i < count; i++) {
            cases[i].weight = i + 1 < count ? rest * random_between(0, 1) * (random_below(4) > 0) : rest;
            cases[i].value = (double)random_below(9) * 37.3;
            rest -= cases[i].weight;
            samples[i] = (struct sc_weighted_sample){cases[i].weight, &cases[i].value, 1};
        }
        double price = (double)random_below(9) * 37.3;
        struct sc_weighing weighing;
        sc_weigh(cases, count, price, &weighing);
        assert_exact(sc_samples_mean(samples, count, 0), weighing.expected_value);
        assert_exact(sc_samples_above(samples, count, price), weighing.probability_above);
        for (double p = 0; p <= 1; p += 0.03125)
            assert_exact(sc_samples_quantile(samples, count, p), sc_weighed_quantile(cases, count, p));
        struct sc_spread spread;
        const double none[SC_SAMPLES_MAX] = {0};
        sc_spread_of(cases, none, count, &spread);
        assert_exact(spread.sd, weighing.sd);
        assert_exact(spread.within, 0);
    }
}

/* 0, 1, …, n - 1 */
static const double *counted(size_t n)
{
    static double value[PATHS];
    for (size_t i = 0; i < n; i++) value[i] = (double)i;
    return value;
}

static void a_sample_alone_has_the_figures_of_its_numbers(void **state)
{
    (void)state;
    struct sc_weighted_sample sample = {1, counted(1000), 1000};
    assert_close(sc_samples_mean(&sample, 1, 0), 499.5, 1e-15);
    assert_exact(sc_samples_above(&sample, 1, 899), 0.1);
    assert_exact(sc_samples_above(&sample, 1, -1), 1);
    assert_exact(sc_samples_quantile(&sample, 1, 0.25), 249);
    assert_exact(sc_samples_quantile(&sample, 1, 0), 0);
    assert_exact(sc_samples_quantile(&sample, 1, 1), 999);
    for (double part = 0.0005; part < 1; part += 0.0101)
        assert_near(sc_samples_shortfall(&sample, 1, part), sc_expected_shortfall(sample.sorted, 1000, part),
                    1e-9);
}

static void two_uniform_samples_make_a_mixture_in_closed_form(void **state)
{
    (void)state;
    /* a quarter between 0 and 4000, the rest between 0 and 1000 */
    static double narrow[PATHS];
    for (size_t i = 0; i < PATHS; i++) narrow[i] = (double)i / 4;
    const struct sc_weighted_sample samples[] = {{0.25, counted(PATHS), PATHS}, {0.75, narrow, PATHS}};
    assert_near(sc_samples_mean(samples, 2, 0), 0.25 * 2000 + 0.75 * 500, 1);
    assert_near(sc_samples_above(samples, 2, 500), 0.25 * 0.875 + 0.75 * 0.5, 1e-3);
    assert_near(sc_samples_above(samples, 2, 2000), 0.125, 1e-3);
    assert_near(sc_samples_quantile(samples, 2, 0.8125 / 2), 500, 2); /* x (1/16 + 12/16) / 1000 */
    assert_near(sc_samples_quantile(samples, 2, 0.9375), 3000, 4);
    assert_near(sc_samples_shortfall(samples, 2, 0.8125 / 2), 250, 1); /* uniform up to there */
}

static void a_value_of_much_weight_is_many_quantiles(void **state)
{
    (void)state;
    const double value = 100;
    const struct sc_weighted_sample samples[] = {{0.5, counted(1000), 1000}, {0.5, &value, 1}};
    assert_exact(sc_samples_quantile(samples, 2, 0.05), 99);
    for (double p = 0.0510; p < 0.5505; p += 0.01) assert_exact(sc_samples_quantile(samples, 2, p), 100);
    assert_exact(sc_samples_quantile(samples, 2, 0.551), 101);
    assert_exact(sc_samples_above(samples, 2, 100), 0.5 * 0.899);
    /* the worst tenth: 0 … 99 with a weight of 0.05, then 100 */
    assert_near(sc_samples_shortfall(samples, 2, 0.1), (0.05 * 49.5 + 0.05 * 100) / 0.1, 1e-9);
}

/* Samples of RANDOMISATIONS times EACH numbers: scale times draw, in ascending order. */
struct sampled {
    double value[PATHS], all[PATHS], each[PATHS], scratch[PATHS];
    struct sc_sorted sorted;
};

static struct sampled *sampled_of(const double *draw, double scale)
{
    struct sampled *s = calloc(1, sizeof *s);
    assert_non_null(s);
    s->sorted = (struct sc_sorted){.all = s->all, .each = s->each};
    for (size_t i = 0; i < PATHS; i++) s->value[i] = scale * draw[i];
    const struct sc_sample sample = {s->value, RANDOMISATIONS, EACH, EACH, 0.95};
    sc_sample_sort(&sample, &s->sorted, s->scratch);
    return s;
}

static void random_numbers_in_common_are_in_the_error(void **state)
{
    (void)state;
    static double draw[PATHS], mirrored[PATHS];
    for (size_t i = 0; i < PATHS; i++) {
        draw[i] = random_between(0, 1);
        mirrored[i] = 1 - draw[i];
    }
    struct sampled *one = sampled_of(draw, 10), *same = sampled_of(draw, 30),
                   *opposite = sampled_of(mirrored, 10);
    const struct sc_mixed alone[] = {{1, 0, &one->sorted}},
                          along[] = {{0.5, 0, &one->sorted}, {0.5, 0, &same->sorted}},
                          against[] = {{0.5, 0, &one->sorted}, {0.5, 0, &opposite->sorted}},
                          halved[] = {{0.5, 0, &one->sorted}, {0.5, 7, NULL}};
    struct sc_mixed_sample sample = {alone, 1, RANDOMISATIONS, 0.95};
    double error = sc_mixed_estimate(&sample, sc_samples_mean, 0).standard_error;
    const struct sc_sample usual = {one->value, RANDOMISATIONS, EACH, EACH, 0.95};
    struct sc_moments moments;
    sc_sample_moments(&usual, &one->sorted, &moments);
    assert_exact(error, moments.mean.standard_error);
    sample = (struct sc_mixed_sample){along, 2, RANDOMISATIONS, 0.95};
    assert_close(sc_mixed_estimate(&sample, sc_samples_mean, 0).standard_error, 2 * error, 1e-9);
    sample.member = against;
    assert_near(sc_mixed_estimate(&sample, sc_samples_mean, 0).standard_error, 0, 1e-12);
    sample.member = halved;
    struct sc_estimate half = sc_mixed_estimate(&sample, sc_samples_mean, 0);
    assert_close(half.standard_error, error / 2, 1e-9);
    assert_true(half.interval.low < half.value && half.value < half.interval.high);
    free(one);
    free(same);
    free(opposite);
}

static void a_randomisation_without_a_value_leaves_no_error(void **state)
{
    (void)state;
    static double draw[PATHS];
    for (size_t i = 0; i < PATHS; i++) draw[i] = i < EACH ? NAN : random_between(0, 1);
    struct sampled *one = sampled_of(draw, 1);
    const struct sc_mixed member = {1, 0, &one->sorted};
    const struct sc_mixed_sample sample = {&member, 1, RANDOMISATIONS, 0.95};
    struct sc_estimate mean = sc_mixed_estimate(&sample, sc_samples_mean, 0);
    assert_near(mean.value, 0.5, 0.05);
    assert_true(isnan(mean.standard_error) && isnan(mean.interval.low));
    free(one);
}

static void the_parts_of_a_histogram_are_all_the_weight(void **state)
{
    (void)state;
    static double draw[PATHS];
    for (size_t i = 0; i < PATHS; i++) draw[i] = random_between(0, 1) * random_between(0, 1);
    struct sampled *one = sampled_of(draw, 100);
    const struct sc_mixed member[] = {
        {0.6, 0, &one->sorted}, {0.3, 250, NULL}, {0.1, 20, NULL}, {0, 9999, NULL}};
    const struct sc_mixed_sample sample = {member, 4, RANDOMISATIONS, 0.95};
    struct sc_weighted_histogram histogram;
    sc_mixed_histogram(&sample, &histogram);
    double sum = 0, below = 0;
    for (size_t i = 0; i < histogram.bins; i++) {
        sum += histogram.part[i];
        if (histogram.edge[i + 1] <= 150) below += histogram.part[i];
    }
    assert_close(sum, 1, 1e-12);
    assert_close(below, 0.7, 1e-12);
    assert_true(histogram.edge[histogram.bins] >= 250 && histogram.edge[histogram.bins] < 500);
    const struct sc_mixed alone = {1, 42, NULL};
    sc_mixed_histogram(&(struct sc_mixed_sample){&alone, 1, RANDOMISATIONS, 0.95}, &histogram);
    assert_true(histogram.bins == 1 && histogram.part[0] == 1 && histogram.edge[0] == 42);
    free(one);
}

static void the_spread_is_split_by_the_law_of_total_variance(void **state)
{
    (void)state;
    const struct sc_weighted means[] = {{0.3, 500}, {0.7, 300}};
    const double sd[] = {50, 30};
    struct sc_spread spread;
    sc_spread_of(means, sd, 2, &spread);
    assert_close(spread.within, sqrt(0.3 * 2500 + 0.7 * 900), 1e-14);
    assert_close(spread.between, sqrt(0.21) * 200, 1e-14);
    assert_close(spread.sd, sqrt(0.3 * 2500 + 0.7 * 900 + 0.21 * 40000), 1e-14);
    assert_close(spread.within_share, 1380.0 / 9780, 1e-13);
    const double wide[] = {1e200, 2e200};
    sc_spread_of(means, wide, 2, &spread);
    assert_close(spread.sd, 1e200 * sqrt(0.3 + 0.7 * 4), 1e-14);
    const struct sc_weighted same[] = {{0.3, 5}, {0.7, 5}};
    const double none[] = {0, 0};
    sc_spread_of(same, none, 2, &spread);
    assert_true(spread.sd == 0 && isnan(spread.within_share));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_alone_are_weighed_as_before),
        cmocka_unit_test(a_sample_alone_has_the_figures_of_its_numbers),
        cmocka_unit_test(two_uniform_samples_make_a_mixture_in_closed_form),
        cmocka_unit_test(a_value_of_much_weight_is_many_quantiles),
        cmocka_unit_test(random_numbers_in_common_are_in_the_error),
        cmocka_unit_test(a_randomisation_without_a_value_leaves_no_error),
        cmocka_unit_test(the_parts_of_a_histogram_are_all_the_weight),
        cmocka_unit_test(the_spread_is_split_by_the_law_of_total_variance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
