/* Sobol indices against those that are known in closed form: Ishigami and Homma's function, Sobol's
 * g-function, sums and products; and their intervals against how often they hold. */
#include "secondchair/sobol_indices.h"
#include "support.h"

enum { COLUMNS = 8, RANDOMISATIONS = 16 };

static struct sc_sobol sobol;

static int make_sobol(void **state)
{
    (void)state;
    sc_sobol_init(&sobol, SC_SOBOL_DIMENSIONS);
    return 0;
}

/* A figure of some uniform numbers between low and high, and what is known of its indices. */
struct known {
    double (*of)(const double *x);
    size_t columns, drivers;
    double low, high;
    size_t driver[COLUMNS]; /* of each column; all 0: each column is a driver */
    double first_order[COLUMNS], total[COLUMNS], mean, variance;
};

struct found {
    struct sc_index first_order[COLUMNS], total[COLUMNS], mean, variance;
    size_t points, rejected;
};

static void figure_at(void *figure, const double *const *x, size_t n, double *value)
{
    const struct known *known = figure;
    for (size_t i = 0; i < n; i++) {
        double at[COLUMNS];
        for (size_t c = 0; c < known->columns; c++) at[c] = x[c][i];
        value[i] = known->of(at);
    }
}

static void analyse(const struct known *known, size_t paths, size_t randomisations, uint64_t seed,
                    struct found *found)
{
    struct sc_index_column column[COLUMNS];
    struct sc_quantile uniform;
    struct sc_index_pair pair[RANDOMISATIONS][COLUMNS];
    struct sc_index_sample sample[RANDOMISATIONS];
    double estimate[4][RANDOMISATIONS];
    sc_quantile_prepare(
        &(struct sc_distribution){
            .kind = SC_UNIFORM, .parameter = {known->low, known->high}, .min = -INFINITY, .max = INFINITY},
        &uniform);
    for (size_t c = 0; c < known->columns; c++)
        column[c] = (struct sc_index_column){&uniform, 1000 + c,
                                             known->drivers < known->columns ? known->driver[c] : c};
    const struct sc_index_design design = {.sobol = &sobol,
                                           .seed = seed,
                                           .paths = paths,
                                           .column = column,
                                           .columns = known->columns,
                                           .drivers = known->drivers,
                                           .at = figure_at,
                                           .figure = (void *)(uintptr_t)known};
    void *memory = malloc(sc_index_memory(&design));
    *found = (struct found){.points = 0};
    for (size_t r = 0; r < randomisations; r++) {
        sample[r].driver = pair[r];
        sc_index_once(&design, (uint32_t)r, memory, &sample[r]);
        found->points += sample[r].points;
        found->rejected += sample[r].rejected;
        estimate[2][r] = sample[r].mean;
        estimate[3][r] = sample[r].variance;
    }
    free(memory);
    for (size_t i = 0; i < known->drivers; i++) {
        for (size_t r = 0; r < randomisations; r++) {
            estimate[0][r] = pair[r][i].first_order;
            estimate[1][r] = pair[r][i].total;
        }
        found->first_order[i] = sc_index_of(estimate[0], randomisations, 0.95);
        found->total[i] = sc_index_of(estimate[1], randomisations, 0.95);
    }
    found->mean = sc_index_of(estimate[2], randomisations, 0.95);
    found->variance = sc_index_of(estimate[3], randomisations, 0.95);
}

static void assert_known(const struct known *known, size_t paths, double tolerance)
{
    struct found found;
    analyse(known, paths, RANDOMISATIONS, 1, &found);
    assert_int_equal(found.points, RANDOMISATIONS * paths * (known->drivers + 2));
    assert_int_equal(found.rejected, 0);
    assert_close(found.mean.value, known->mean, 1e-3);
    assert_close(found.variance.value, known->variance, 1e-2);
    for (size_t i = 0; i < known->drivers; i++) {
        assert_near(found.first_order[i].value, known->first_order[i], tolerance);
        assert_near(found.total[i].value, known->total[i], tolerance);
        assert_true(found.first_order[i].standard_error < tolerance);
        assert_true(found.total[i].low <= found.total[i].value &&
                    found.total[i].value <= found.total[i].high);
    }
}

/* Ishigami and Homma (1990): sin x1 + a sin^2 x2 + b x3^4 sin x1 on (-pi, pi)^3, with a = 7, b = 0.1. */
static double ishigami(const double *x)
{
    return sin(x[0]) + 7 * sin(x[1]) * sin(x[1]) + 0.1 * pow(x[2], 4) * sin(x[0]);
}

static void ishigami_and_homma(void **state)
{
    (void)state;
    double pi = acos(-1), fourth = pow(pi, 4), eighth = fourth * fourth;
    double variance = 49.0 / 8 + 0.1 * fourth / 5 + 0.01 * eighth / 18 + 0.5;
    double first = 0.5 * (1 + 0.1 * fourth / 5) * (1 + 0.1 * fourth / 5), second = 49.0 / 8,
           joint = 0.01 * eighth * (1.0 / 18 - 1.0 / 50); /* of x1 and x3 */
    struct known known = {.of = ishigami,
                          .columns = 3,
                          .drivers = 3,
                          .low = -pi,
                          .high = pi,
                          .first_order = {first / variance, second / variance, 0},
                          .total = {(first + joint) / variance, second / variance, joint / variance},
                          .mean = 3.5,
                          .variance = variance};
    assert_near(known.first_order[0], 0.3139, 5e-5); /* as published */
    assert_near(known.first_order[1], 0.4424, 5e-5);
    assert_near(known.total[0], 0.5576, 5e-5);
    assert_near(known.total[2], 0.2437, 5e-5);
    assert_known(&known, 4096, 2e-3);
}

/* Sobol's g-function: prod (|4 x - 2| + a) / (1 + a) on (0, 1)^8. */
static const double G[COLUMNS] = {0, 1, 4.5, 9, 99, 99, 99, 99};

static double g_function(const double *x)
{
    double product = 1;
    for (size_t i = 0; i < COLUMNS; i++) product *= (fabs(4 * x[i] - 2) + G[i]) / (1 + G[i]);
    return product;
}

static void g_function_of_sobol(void **state)
{
    (void)state;
    struct known known = {
        .of = g_function, .columns = COLUMNS, .drivers = COLUMNS, .low = 0, .high = 1, .mean = 1};
    double all = 1;
    for (size_t i = 0; i < COLUMNS; i++) all *= 1 + 1 / (3 * (1 + G[i]) * (1 + G[i]));
    known.variance = all - 1;
    for (size_t i = 0; i < COLUMNS; i++) {
        double own = 1 / (3 * (1 + G[i]) * (1 + G[i]));
        known.first_order[i] = own / known.variance;
        known.total[i] = own * all / (1 + own) / known.variance;
    }
    assert_near(known.first_order[0], 0.716, 5e-4); /* as published */
    assert_near(known.total[0], 0.787, 5e-4);
    assert_known(&known, 4096, 3e-3);
}

/* Each index is its weight's square over the sum of them; what has weight 0 has exactly 0. */
static double weighted_sum(const double *x)
{
    return 4 * x[0] - 3 * x[1] + 0 * x[2] + 0.5 * x[3] + 1000;
}

static void a_sum_has_no_interactions(void **state)
{
    (void)state;
    double of_one = 1.0 / 12, all = 16 + 9 + 0.25;
    struct known known = {.of = weighted_sum,
                          .columns = 4,
                          .drivers = 4,
                          .low = 0,
                          .high = 1,
                          .first_order = {16 / all, 9 / all, 0, 0.25 / all},
                          .total = {16 / all, 9 / all, 0, 0.25 / all},
                          .mean = 1000.75,
                          .variance = of_one * all};
    struct found found;
    assert_known(&known, 1024, 1e-3);
    analyse(&known, 256, 4, 9, &found);
    assert_exact(found.first_order[2].value, 0);
    assert_exact(found.total[2].value, 0);
    assert_exact(found.first_order[2].high, 0);
    assert_exact(found.total[2].standard_error, 0);
}

/* x1 x2 on (0, 1)^2: variance 1/9 - 1/16, first orders (1/4)(1/12). */
static double product(const double *x)
{
    return x[0] * x[1];
}

static void a_product_interacts(void **state)
{
    (void)state;
    double variance = 1.0 / 9 - 1.0 / 16, first = 0.25 / 12 / variance;
    struct known known = {.of = product,
                          .columns = 2,
                          .drivers = 2,
                          .low = 0,
                          .high = 1,
                          .first_order = {first, first},
                          .total = {1 - first, 1 - first},
                          .mean = 0.25,
                          .variance = variance};
    assert_known(&known, 1024, 1e-3);
}

/* x1 and x2 together are one driver: what they do between themselves is its own. */
static double product_and_one(const double *x)
{
    return x[0] * x[1] + x[2];
}

static void columns_of_one_driver_count_together(void **state)
{
    (void)state;
    double of_product = 1.0 / 9 - 1.0 / 16, of_one = 1.0 / 12, variance = of_product + of_one;
    struct known known = {.of = product_and_one,
                          .columns = 3,
                          .drivers = 2,
                          .low = 0,
                          .high = 1,
                          .driver = {0, 0, 1},
                          .first_order = {of_product / variance, of_one / variance},
                          .total = {of_product / variance, of_one / variance},
                          .mean = 0.75,
                          .variance = variance};
    assert_known(&known, 1024, 1e-3);
}

/* A driver alone makes all of the variance, however far out a few points are. */
static double steep(const double *x)
{
    return 1 / (x[0] + 1e-5);
}

static void one_driver_makes_all_of_the_variance(void **state)
{
    (void)state;
    struct known known = {.of = steep, .columns = 1, .drivers = 1, .low = 0, .high = 1};
    struct found found;
    analyse(&known, 1024, RANDOMISATIONS, 1, &found);
    assert_near(found.first_order[0].value, 1, 0.01);
    assert_near(found.total[0].value, 1, 0.01);
}

static double constant(const double *x)
{
    (void)x;
    return 309.184160245519;
}

static double nothing(const double *x)
{
    (void)x;
    return NAN;
}

static void what_does_not_vary_has_no_indices(void **state)
{
    (void)state;
    struct known known = {.of = constant, .columns = 2, .drivers = 2, .low = 0, .high = 1};
    struct found found;
    analyse(&known, 512, 4, 1, &found);
    assert_exact(found.mean.value, 309.184160245519);
    assert_exact(found.variance.value, 0);
    assert_true(isnan(found.first_order[0].value) && isnan(found.total[1].value));
    known.of = nothing;
    analyse(&known, 512, 4, 1, &found);
    assert_int_equal(found.rejected, found.points);
    assert_true(isnan(found.mean.value) && isnan(found.total[0].value));
    assert_exact(found.variance.value, 0);
}

/* A corner of the square, 0.1 by 0.1 in half, has no value. */
static double sum_with_gaps(const double *x)
{
    return x[0] + x[1] > 1.9 ? NAN : x[0] + x[1];
}

static void points_without_a_value_are_counted_and_left_out(void **state)
{
    (void)state;
    struct known known = {.of = sum_with_gaps, .columns = 2, .drivers = 2, .low = 0, .high = 1};
    struct found found;
    analyse(&known, 4096, 4, 1, &found);
    assert_close((double)found.rejected / (double)found.points, 0.005, 0.05); /* the area of the corner */
    assert_near(found.first_order[0].value, 0.5, 0.02);
    assert_near(found.total[1].value, 0.5, 0.02);
}

static void the_same_seed_gives_the_same_bits_another_others(void **state)
{
    (void)state;
    struct known known = {.of = ishigami, .columns = 3, .drivers = 3, .low = -3, .high = 3};
    struct found one, again, other;
    analyse(&known, 128, 4, 7, &one);
    analyse(&known, 128, 4, 7, &again);
    analyse(&known, 128, 4, 8, &other);
    assert_memory_equal(&one, &again, sizeof one);
    assert_true(one.total[0].value != other.total[0].value);
}

/* Of 400 intervals of 95 %, about 380 hold: each misses with probability 1/20, so 380 +- 4.4 sd 4.4. */
static void intervals_hold_as_often_as_they_say(void **state)
{
    (void)state;
    enum { SEEDS = 400 };
    double variance = 1.0 / 9 - 1.0 / 16, first = 0.25 / 12 / variance;
    struct known known = {.of = product, .columns = 2, .drivers = 2, .low = 0, .high = 1};
    size_t held[2] = {0, 0};
    for (uint64_t seed = 1; seed <= SEEDS; seed++) {
        struct found found;
        analyse(&known, 256, RANDOMISATIONS, seed, &found);
        held[0] += found.first_order[0].low <= first && first <= found.first_order[0].high;
        held[1] += found.total[0].low <= 1 - first && 1 - first <= found.total[0].high;
    }
    for (size_t i = 0; i < 2; i++)
        if (held[i] < 360 || held[i] > 398) fail_msg("%zu of %d intervals hold", held[i], SEEDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ishigami_and_homma),
        cmocka_unit_test(g_function_of_sobol),
        cmocka_unit_test(a_sum_has_no_interactions),
        cmocka_unit_test(a_product_interacts),
        cmocka_unit_test(columns_of_one_driver_count_together),
        cmocka_unit_test(one_driver_makes_all_of_the_variance),
        cmocka_unit_test(what_does_not_vary_has_no_indices),
        cmocka_unit_test(points_without_a_value_are_counted_and_left_out),
        cmocka_unit_test(the_same_seed_gives_the_same_bits_another_others),
        cmocka_unit_test(intervals_hold_as_often_as_they_say),
    };
    return cmocka_run_group_tests(tests, make_sobol, NULL);
}
