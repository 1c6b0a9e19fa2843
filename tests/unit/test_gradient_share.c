/* Derivatives by the inference share and by what its curve is fitted to (MODEL 3 and 9), against curves and
 * paths given directly, closed forms of least squares, and what the data leave free. */
#include "gradient_stage.h"

/* A path of the very shares that the curve gives is moved year by year. */
static void a_share_of_a_year_moves_as_a_path_of_that_year(void **state)
{
    (void)state;
    static make_document *const some[] = {everything, given_curve, points, free_ceiling, thirty_years};
    for (size_t i = 0; i < COUNT(some); i++) {
        struct derived curve, path;
        json_t *document = some[i](), *years = json_array();
        derive(&curve, json_deep_copy(document));
        for (int year = 0; year < curve.valued.block.years; year++)
            json_array_append_new(years, json_real(curve.valued.block.inference_share[year][0]));
        set(document, "/market/inference_share", "{}");
        set_json(document, "/market/inference_share/path", years);
        derive(&path, document);
        for (int year = 0; year < curve.valued.block.years; year++) {
            char pointer[SC_POINTER_MAX];
            snprintf(pointer, sizeof pointer, "/market/inference_share/path/%d", year);
            assert_close(curve.gradient.inference_share[year].value, by(&path, pointer), 1e-13);
            assert_close(curve.gradient.inference_share[year].chair_value, at(&path, pointer)->chair_value,
                         1e-12);
        }
        release(&path.valued);
        release(&curve.valued);
    }
}

/* The fitted curve given directly moves by its parameters. */
static void a_fitted_curve_moves_as_the_same_curve_given(void **state)
{
    (void)state;
    static make_document *const some[] = {everything, free_ceiling};
    static const char *const words[] = {"logistic", "gompertz"};
    for (size_t i = 0; i < COUNT(some); i++) {
        struct derived fitted, given;
        derive(&fitted, some[i]());
        const struct sc_curve_parameters *curve = &sc_block_fit(&fitted.valued.block)->curve;
        json_t *document = some[i](), *direct = json_object();
        json_object_set_new(direct, "curve", json_string(words[i]));
        json_object_set_new(direct, "k", json_real(curve->k));
        json_object_set_new(direct, "mid", json_real(curve->mid));
        json_object_set_new(direct, "floor", json_real(curve->floor));
        json_object_set_new(direct, "ceiling", json_real(curve->ceiling));
        set_json(document, "/market/inference_share", direct);
        derive(&given, document);
        assert_close(fitted.gradient.curve.k.value, by(&given, "/market/inference_share/k"), 1e-12);
        assert_close(fitted.gradient.curve.mid.value, by(&given, "/market/inference_share/mid"), 1e-12);
        assert_close(fitted.gradient.curve.floor.value, by(&given, "/market/inference_share/floor"), 1e-12);
        assert_close(fitted.gradient.curve.ceiling.value, by(&given, "/market/inference_share/ceiling"),
                     1e-12);
        release(&fitted.valued);
        release(&given.valued);
    }
}

/* Whether the ceiling was given or fitted, moving it moves k and mid along. */
static void a_ceiling_moves_with_the_curve_fitted_to_it(void **state)
{
    (void)state;
    struct derived free, given;
    json_t *document = free_ceiling();
    derive(&free, json_deep_copy(document));
    set_number(document, "/market/inference_share/ceiling", sc_block_fit(&free.valued.block)->curve.ceiling);
    derive(&given, document);
    assert_close(free.gradient.refitted_ceiling.value, by(&given, "/market/inference_share/ceiling"), 1e-8);
    assert_exact(given.gradient.refitted_ceiling.value, by(&given, "/market/inference_share/ceiling"));
    assert_true(fabs(free.gradient.refitted_ceiling.value - free.gradient.curve.ceiling.value) > 1e-3);
    release(&free.valued);
    release(&given.valued);
}

/* All observations a year later put the curve a year later; all of them less certain by one factor, points as
 * they are, leave it where it is. */
static void observations_moved_together_move_the_curve_or_nothing(void **state)
{
    (void)state;
    struct derived d;
    json_t *document = everything();
    set(document, "/market/inference_share/observations",
        "[{'year':2022,'value':0.2},{'year':2023,'value':0.3,'sigma':0.1},{'year':2025.5,'value':0.6},"
        "{'year':2029,'value':0.8}]");
    derive(&d, document);
    double years = 0, sigmas = 0;
    for (int i = 0; i < 4; i++) {
        char year[SC_POINTER_MAX], sigma[SC_POINTER_MAX];
        snprintf(year, sizeof year, "/market/inference_share/observations/%d/year", i);
        snprintf(sigma, sizeof sigma, "/market/inference_share/observations/%d/sigma", i);
        years += by(&d, year);
        sigmas += by(&d, sigma) * d.valued.plan->driver[slot_at(d.valued.plan, sigma)];
    }
    assert_close(years, d.gradient.curve.mid.value, 1e-11);
    assert_near(sigmas, 0, 1e-12);
    release(&d.valued);
}

/* With points alone, floor 0, ceiling 1 and one sigma the fit is least squares of the logit on the year. */
static void least_squares_moves_in_closed_form(void **state)
{
    (void)state;
    static const double year[] = {2021, 2023, 2024, 2028}, share[] = {0.1, 0.35, 0.4, 0.85};
    struct derived d;
    json_t *document = everything();
    set(document, "/market/inference_share",
        "{'curve':'logistic','ceiling':1,'observations':[{'year':2021,'value':0.1},"
        "{'year':2023,'value':0.35},{'year':2024,'value':0.4},{'year':2028,'value':0.85}]}");
    derive(&d, document);
    const struct sc_curve_parameters *curve = &sc_block_fit(&d.valued.block)->curve;
    double mean = 2024, spread = 9 + 1 + 0 + 16; /* of the years */
    for (int i = 0; i < 4; i++) {
        double logit = 1 / (share[i] * (1 - share[i])), slope = (year[i] - mean) / spread * logit;
        double level = 0.25 * logit; /* at the mean; mid = mean - level/k */
        double height = curve->k * (mean - curve->mid);
        double mid = -level / curve->k + height / (curve->k * curve->k) * slope;
        char pointer[SC_POINTER_MAX];
        snprintf(pointer, sizeof pointer, "/market/inference_share/observations/%d/value", i);
        assert_close(by(&d, pointer), d.gradient.curve.k.value * slope + d.gradient.curve.mid.value * mid,
                     1e-11);
    }
    release(&d.valued);
}

/* One point leaves k and mid free along a ridge: what it moves is not a number, and says why; the curve's own
 * parameters move the value all the same. */
static void what_the_data_leave_free_has_no_derivative(void **state)
{
    (void)state;
    struct derived d;
    json_t *document = everything();
    set(document, "/market/inference_share",
        "{'curve':'logistic','ceiling':0.9,'observations':[{'year':2024,'value':0.5}]}");
    derive(&d, document);
    assert_non_null(d.gradient.fit_reason);
    assert_true(isnan(by(&d, "/market/inference_share/observations/0/value")));
    assert_true(isnan(by(&d, "/market/inference_share/ceiling")));
    assert_true(isnan(d.gradient.refitted_ceiling.value));
    assert_true(isfinite(d.gradient.curve.ceiling.value) && d.gradient.curve.ceiling.value != 0);
    assert_true(isfinite(by(&d, "/discount/wacc/start")));
    release(&d.valued);
}

/* A curve that no segment stands on is moved by nothing, whatever the data leave free. */
static void an_idle_curve_moves_nothing(void **state)
{
    (void)state;
    struct derived d;
    json_t *document = plain_document();
    set(document, "/market",
        "{'base_year':2024,'total_spend':1000,'growth':0.1,'inference_share':{'curve':'logistic',"
        "'ceiling':0.9,'observations':[{'year':2024,'value':0.5}]}}");
    derive(&d, document);
    assert_null(d.gradient.fit_reason);
    assert_exact(by(&d, "/market/inference_share/observations/0/value"), 0);
    assert_exact(by(&d, "/market/total_spend"), 0);
    release(&d.valued);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_share_of_a_year_moves_as_a_path_of_that_year),
        cmocka_unit_test(a_fitted_curve_moves_as_the_same_curve_given),
        cmocka_unit_test(a_ceiling_moves_with_the_curve_fitted_to_it),
        cmocka_unit_test(observations_moved_together_move_the_curve_or_nothing),
        cmocka_unit_test(least_squares_moves_in_closed_form),
        cmocka_unit_test(what_the_data_leave_free_has_no_derivative),
        cmocka_unit_test(an_idle_curve_moves_nothing),
    };
    return cmocka_run_group_tests_name("gradient_share", tests, NULL, NULL);
}
