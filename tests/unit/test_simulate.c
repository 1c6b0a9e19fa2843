/* Simulation (MODEL 10): paths against closed forms, and what may not change them: order, parts, company. */
#include "secondchair/philox.h"
#include "secondchair/simulate.h"
#include "secondchair/simulation_report.h"
#include "support.h"

#include <stdlib.h>

enum { DRIVERS = 3, PATHS = 1 << 14, RANDOMISATIONS = 16, POINTS = PATHS / RANDOMISATIONS };

/* A document, what is uncertain in it, and the values of PATHS paths. */
struct simulated {
    struct valued v;
    struct sc_uncertain driver[DRIVERS];
    struct sc_uncertainty uncertainty;
    struct sc_simulation simulation;
    struct sc_simulation_scratch scratch;
    struct sc_copula_scratch copula;
    struct sc_tally tally;
    double value[PATHS], all[PATHS], each[PATHS], spare[PATHS];
    uint8_t bin[DRIVERS][PATHS];
    struct sc_sample sample;
    struct sc_sorted sorted;
    struct sc_moments moments;
};

static struct simulated *simulated_of(json_t *document)
{
    struct simulated *s = calloc(1, sizeof *s);
    assert_non_null(s);
    value(&s->v, document);
    s->uncertainty.driver = s->driver;
    s->sorted = (struct sc_sorted){.all = s->all, .each = s->each};
    return s;
}

static void end(struct simulated *s)
{
    release(&s->v);
    free(s);
}

static void uncertain(struct simulated *s, const char *pointer, int kind, double a, double b)
{
    s->driver[s->uncertainty.count++] = (struct sc_uncertain){
        .slot = slot_at(s->v.plan, pointer),
        .pointer = pointer,
        .distribution = {.kind = kind, .parameter = {a, b}, .min = -INFINITY, .max = INFINITY}};
}

static void prepare(struct simulated *s, struct sc_sampling sampling, struct sc_dimensions *dimensions)
{
    assert_true(sc_simulation_prepare(&s->simulation, &s->v.block, &s->uncertainty, &sampling, dimensions,
                                      &s->copula, "/uncertainty", &s->v.faults));
    s->tally = (struct sc_tally){.least_spread = INFINITY};
    sc_simulation_begin(&s->simulation, &s->v.block);
}

/* Points first … of a randomisation, which begins at value[randomisation * points]. */
static void run_part(struct simulated *s, size_t randomisation, size_t points, size_t first, size_t count)
{
    size_t at = randomisation * points + first;
    struct sc_paths paths = {.value = s->value + at};
    for (size_t i = 0; i < DRIVERS; i++) paths.bin[i] = s->bin[i] + at;
    sc_simulate(&s->simulation, &s->v.block, &s->scratch, (uint32_t)randomisation, (uint32_t)first, count,
                &paths, &s->tally);
}

static void run(struct simulated *s, struct sc_sampling sampling)
{
    bool sobol = sampling.sampler == SC_SAMPLER_SOBOL;
    size_t randomisations = sobol ? RANDOMISATIONS : 1, points = PATHS / randomisations;
    prepare(s, sampling, NULL);
    for (size_t r = 0; r < randomisations; r++)
        for (size_t first = 0; first < points; first += SC_PATHS_AT_ONCE)
            run_part(s, r, points, first, SC_PATHS_AT_ONCE);
    s->sample = (struct sc_sample){s->value, randomisations, points, points, 0.95};
    sc_sample_sort(&s->sample, &s->sorted, s->spare);
    sc_sample_moments(&s->sample, &s->sorted, &s->moments);
}

static const struct sc_sampling SOBOL = {SC_SAMPLER_SOBOL, 1, false}, PHILOX = {SC_SAMPLER_PHILOX, 1, false};

/* Worth 10 + cash / 100 a share. */
static json_t *document_with_cash(void)
{
    json_t *document = plain_document();
    set(document, "/bridge", "{'cash':0}");
    return document;
}

static void without_variance_every_path_has_the_bits_of_the_valuation(void **state)
{
    (void)state;
    for (int sampler = SC_SAMPLER_SOBOL; sampler <= SC_SAMPLER_PHILOX; sampler++) {
        json_error_t error;
        struct simulated *s =
            simulated_of(json_load_file("tests/unit/cases/documents/amd-base.json", 0, &error));
        const struct sc_plan *plan = s->v.plan;
        uncertain(s, "/terminal/growth", SC_NORMAL, plan->driver[slot_at(plan, "/terminal/growth")], 0);
        uncertain(s, "/chair/hazard", SC_UNIFORM, 0.04, 0.04);
        uncertain(s, "/discount/wacc/end", SC_UNIFORM, 0.088, 0.088);
        run(s, (struct sc_sampling){sampler, 7, false});
        for (size_t i = 0; i < PATHS; i++) assert_exact(s->value[i], s->v.chair.expected_value);
        assert_exact(s->moments.mean.value, s->v.chair.expected_value);
        assert_exact(s->moments.sd, 0);
        assert_exact(s->moments.mean.standard_error, 0);
        end(s);
    }
}

/* What a normal driver makes of a value that is linear in it. */
static void assert_normal(const struct simulated *s, double mean, double sd, double errors)
{
    double reach = errors * s->moments.mean.standard_error;
    assert_true(s->moments.mean.standard_error > 0);
    assert_near(s->moments.mean.value, mean, reach);
    assert_true(fabs(s->moments.sd / sd - 1) < 0.02);
    assert_near(sc_sample_quantile_of(&s->sample, &s->sorted, 0.975).value, mean + 1.959963984540054 * sd,
                0.08 * sd);
    assert_near(sc_sample_above(&s->sample, &s->sorted, mean + sd).value, 0.15865525393145707, 0.01);
    /* of the worst 5 %: mean - sd phi(z) / 0.05 */
    assert_near(sc_sample_shortfall(&s->sample, &s->sorted, 0.05).value, mean - 2.0627128075074257 * sd,
                0.05 * sd);
}

static void a_linear_value_of_a_normal_driver_is_normal(void **state)
{
    (void)state;
    struct simulated *sobol = simulated_of(document_with_cash()),
                     *philox = simulated_of(document_with_cash());
    uncertain(sobol, "/bridge/cash", SC_NORMAL, 500, 100);
    uncertain(philox, "/bridge/cash", SC_NORMAL, 500, 100);
    run(sobol, SOBOL);
    run(philox, PHILOX);
    assert_normal(sobol, 15, 1, 5);
    assert_normal(philox, 15, 1, 4);
    assert_close(philox->moments.mean.standard_error, philox->moments.sd / sqrt(PATHS), 1e-12);
    assert_close(philox->moments.variance_reduction, 1, 1e-12);
    assert_true(sobol->moments.mean.standard_error < philox->moments.mean.standard_error / 20);
    end(sobol);
    end(philox);
}

static void variance_is_shared_as_it_comes(void **state)
{
    (void)state;
    struct simulated *s = simulated_of(document_with_cash());
    uncertain(s, "/bridge/cash", SC_NORMAL, 5000, 300);
    uncertain(s, "/bridge/debt", SC_NORMAL, 1000, 100);
    uncertain(s, "/price", SC_UNIFORM, 5, 15);
    run(s, SOBOL);
    assert_near(sc_sample_variance_share(&s->sample, s->bin[0]), 0.9, 0.01);
    assert_near(sc_sample_variance_share(&s->sample, s->bin[1]), 0.1, 0.01);
    assert_near(sc_sample_variance_share(&s->sample, s->bin[2]), 0, 0.005);
    end(s);
}

static void variance_is_shared_by_the_paths_that_have_a_value(void **state)
{
    (void)state;
    enum { EACH = 64, ALL = 2 * EACH };
    double value[ALL];
    uint8_t bin[ALL];
    for (size_t i = 0; i < ALL; i++) {
        bin[i] = (uint8_t)(i % 2);
        value[i] = i < EACH ? NAN : bin[i]; /* the first randomisation is rejected whole */
    }
    struct sc_sample sample = {value, 2, EACH, EACH, 0.95};
    assert_exact(sc_sample_variance_share(&sample, bin), 1);
    for (size_t i = EACH; i < ALL; i++) value[i] = NAN;
    assert_exact(sc_sample_variance_share(&sample, bin), 0);
}

static void paths_do_not_depend_on_how_they_are_cut(void **state)
{
    (void)state;
    struct simulated *whole = simulated_of(chair_document(10, 0.05)),
                     *cut = simulated_of(chair_document(10, 0.05));
    for (int i = 0; i < 2; i++) {
        uncertain(i ? cut : whole, "/chair/hazard", SC_UNIFORM, 0, 0.1);
        uncertain(i ? cut : whole, "/discount/wacc", SC_NORMAL, 0.1, 0.01);
    }
    run(whole, SOBOL);
    prepare(cut, SOBOL, NULL);
    for (size_t r = RANDOMISATIONS; r-- > 0;) /* backwards, in odd pieces */
        for (size_t first = POINTS, count; first > 0;) {
            count = 1 + random_below(first < 37 ? first : 37);
            first -= count;
            run_part(cut, r, POINTS, first, count);
        }
    assert_memory_equal(whole->value, cut->value, sizeof whole->value);
    assert_int_equal(whole->tally.accepted, cut->tally.accepted);
    end(whole);
    end(cut);
}

/* Not even in their last bit, although a block keeps sums of what stands still from one to the next. */
static void paths_do_not_depend_on_those_before_them(void **state)
{
    (void)state;
    json_error_t error;
    struct simulated *s = simulated_of(json_load_file("tests/unit/cases/documents/amd-base.json", 0, &error));
    double forward[2 * SC_PATHS_AT_ONCE];
    uncertain(s, "/market/growth/1", SC_UNIFORM, 0.2, 0.6);
    uncertain(s, "/seats/1/inference/end", SC_UNIFORM, 0.04, 0.2);
    uncertain(s, "/segments/1/margin/end", SC_UNIFORM, 0.25, 0.45);
    for (uint64_t seed = 1; seed <= 16; seed++) {
        for (size_t turn = 0; turn < 2; turn++) {
            prepare(s, (struct sc_sampling){SC_SAMPLER_SOBOL, seed, false}, NULL);
            for (size_t k = 0; k < 2; k++)
                run_part(s, 0, POINTS, (k ^ turn) * SC_PATHS_AT_ONCE, SC_PATHS_AT_ONCE);
            if (turn == 0) memcpy(forward, s->value, sizeof forward);
        }
        assert_memory_equal(s->value, forward, sizeof forward);
    }
    end(s);
}

static void a_shared_driver_has_the_same_draws_in_two_scenarios(void **state)
{
    (void)state;
    struct simulated *one = simulated_of(document_with_cash()), *other = simulated_of(document_with_cash());
    uncertain(one, "/bridge/cash", SC_NORMAL, 500, 100);
    uncertain(one, "/bridge/debt", SC_UNIFORM, 0, 10);
    uncertain(other, "/bridge/leases", SC_UNIFORM, 0, 1e-9); /* another one before it */
    uncertain(other, "/bridge/cash", SC_NORMAL, 600, 100);
    struct sc_dimensions shared = {0};
    prepare(one, SOBOL, &shared);
    prepare(other, SOBOL, &shared);
    assert_int_equal(other->simulation.draw[1].dimension, one->simulation.draw[0].dimension);
    assert_true(other->simulation.draw[0].dimension > one->simulation.draw[1].dimension);
    for (size_t i = 0; i < PATHS; i += SC_PATHS_AT_ONCE) {
        run_part(one, i / POINTS, POINTS, i % POINTS, SC_PATHS_AT_ONCE);
        run_part(other, i / POINTS, POINTS, i % POINTS, SC_PATHS_AT_ONCE);
    }
    for (size_t i = 0; i < PATHS; i++) {
        double difference = other->value[i] - one->value[i]; /* 1, and up to 0.1 of debt */
        assert_true(difference > 1 - 1e-9 && difference < 1.1 + 1e-9);
    }
    end(one);
    end(other);
}

static void only_so_many_drivers_have_random_numbers_in_common(void **state)
{
    (void)state;
    struct simulated *s = simulated_of(document_with_cash());
    struct sc_dimensions shared = {.count = SC_SOBOL_DIMENSIONS - 1};
    uncertain(s, "/bridge/cash", SC_NORMAL, 500, 100);
    prepare(s, SOBOL, &shared);
    assert_int_equal(s->simulation.draw[0].dimension, SC_SOBOL_DIMENSIONS - 1);
    prepare(s, SOBOL, &shared);
    uncertain(s, "/bridge/debt", SC_UNIFORM, 0, 10);
    assert_false(sc_simulation_prepare(&s->simulation, &s->v.block, &s->uncertainty, &SOBOL, &shared,
                                       &s->copula, "/uncertainty", &s->v.faults));
    assert_string_equal(s->v.faults.item[0].pointer, "/uncertainty");
    s->v.faults.count = 0;
    end(s);
}

static void a_loss_that_is_drawn_averages_to_the_mixture(void **state)
{
    (void)state;
    struct simulated *s = simulated_of(chair_document(10, 0.1));
    run(s, (struct sc_sampling){SC_SAMPLER_SOBOL, 1, true});
    assert_near(s->moments.mean.value, s->v.chair.expected_value, 5 * s->moments.mean.standard_error);
    assert_true(s->moments.sd > 100);
    double never = 0;
    for (size_t i = 0; i < PATHS; i++) never += s->value[i] == s->v.chair.value_if_held;
    assert_near(never / PATHS, s->v.chair.hold_probability, 0.005);
    end(s);
}

static void what_leaves_the_model_is_counted(void **state)
{
    (void)state;
    struct simulated *s = simulated_of(plain_document());
    static const struct sc_field RATE = {.name = "growth", .low = -0.04, .high = 1, .open_low = true};
    uncertain(s, "/terminal/growth", SC_UNIFORM, -0.1, 0.14); /* -0.04 at a quarter, the rate of 0.1 at 5/6 */
    s->driver[0].bounds = &RATE;
    run(s, SOBOL);
    assert_near((double)s->tally.rejected[SC_REJECTED_BOUNDS] / PATHS, 0.25, 1e-3);
    assert_near((double)s->tally.rejected[SC_REJECTED_GROWTH] / PATHS, 1.0 / 6, 1e-3);
    assert_int_equal(s->tally.accepted + s->tally.rejected[SC_REJECTED_BOUNDS] +
                         s->tally.rejected[SC_REJECTED_GROWTH],
                     PATHS);
    assert_int_equal(s->sorted.count, s->tally.accepted);
    assert_true(s->tally.near > 0 && s->tally.least_spread < 1e-3);
    end(s);
}

static void a_fitted_curve_is_drawn_from_its_covariance(void **state)
{
    (void)state;
    json_error_t error;
    struct simulated *s = simulated_of(json_load_file("tests/unit/cases/documents/amd-base.json", 0, &error));
    s->driver[s->uncertainty.count++] =
        (struct sc_uncertain){.slot = SC_NO_SLOT,
                              .pointer = "/market/inference_share",
                              .distribution = {.kind = SC_FITTED_CURVE, .min = -INFINITY, .max = INFINITY}};
    const struct sc_fit *fit = sc_block_fit(&s->v.block);
    double k = fit->curve.k, mid = fit->curve.mid, sum[5] = {0};
    prepare(s, SOBOL, NULL);
    for (size_t i = 0; i < PATHS; i += SC_PATHS_AT_ONCE) {
        run_part(s, i / POINTS, POINTS, i % POINTS, SC_PATHS_AT_ONCE);
        for (size_t p = 0; p < SC_PATHS_AT_ONCE; p++) {
            double a = s->scratch.draw[0][p] - k, b = s->scratch.draw[1][p] - mid;
            const double term[] = {a, b, a * a, a * b, b * b};
            for (size_t t = 0; t < COUNT(term); t++) sum[t] += term[t] / PATHS;
        }
    }
    double scale_k = sqrt(fit->covariance[0][0]), scale_mid = sqrt(fit->covariance[1][1]);
    assert_near(sum[0] / scale_k, 0, 1e-3);
    assert_near(sum[1] / scale_mid, 0, 1e-3);
    assert_close(sum[2], fit->covariance[0][0], 5e-3);
    assert_near(sum[3] / scale_k / scale_mid, fit->covariance[0][1] / scale_k / scale_mid, 5e-3);
    assert_close(sum[4], fit->covariance[1][1], 5e-3);
    end(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(without_variance_every_path_has_the_bits_of_the_valuation),
        cmocka_unit_test(a_linear_value_of_a_normal_driver_is_normal),
        cmocka_unit_test(variance_is_shared_as_it_comes),
        cmocka_unit_test(variance_is_shared_by_the_paths_that_have_a_value),
        cmocka_unit_test(paths_do_not_depend_on_how_they_are_cut),
        cmocka_unit_test(paths_do_not_depend_on_those_before_them),
        cmocka_unit_test(a_shared_driver_has_the_same_draws_in_two_scenarios),
        cmocka_unit_test(only_so_many_drivers_have_random_numbers_in_common),
        cmocka_unit_test(a_loss_that_is_drawn_averages_to_the_mixture),
        cmocka_unit_test(what_leaves_the_model_is_counted),
        cmocka_unit_test(a_fitted_curve_is_drawn_from_its_covariance),
    };
    return cmocka_run_group_tests(tests, seed_random, NULL);
}
