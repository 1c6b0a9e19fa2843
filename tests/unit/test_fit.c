/* The censored maximum-likelihood fit of the inference share (MODEL 3). */
#include "core/normal.h"
#include "secondchair/fit.h"
#include "support.h"

#define POINT(year_, value_, sigma_)                                                                         \
    {                                                                                                        \
        .year = year_, .value = value_, .low = NAN, .high = NAN, .sigma = sigma_                             \
    }
#define RANGE(year_, low_, high_, sigma_)                                                                    \
    {                                                                                                        \
        .year = year_, .value = NAN, .low = low_, .high = high_, .sigma = sigma_                             \
    }

/* Longer than this, under the sanitizers, one fit would hold up a request. */
#define SECONDS_MOST 2.0

/* --- the normal distribution --- */

/* 70 digits of mpmath 1.2.1, rounded. */
static void the_normal_distribution_is_exact_far_out(void **state)
{
    (void)state;
    static const double CDF[][2] = {
        {-1, 0.15865525393145705141},
        {-8, 6.2209605742717841235e-16},
        {-20, 2.7536241186062336951e-89},
        {1.5, 0.933192798731141934},
        {0, 0.5},
    };
    static const double BETWEEN[][3] = {
        {1, 2, -1.9957982691807553776},         {-40, -39, -765.08315656437754441},
        {30, 31, -454.32124395634325204},       {-0.1, 0.1, -2.5300420015472385111},
        {8, 8.001, -39.830691311854976826},     {-1, 60, -0.17275377902344988953},
        {35, INFINITY, -616.97510126192251347},
    };
    static const double QUANTILE[][2] = {
        {0.975, 1.9599639845400542355},  {0.95, 1.6448536269514727149},     {0.005, -2.575829303548900761},
        {1e-10, -6.3613409024040562047}, {0.999999, 4.7534243088228989482}, {0.5, 0},
    };
    for (size_t i = 0; i < COUNT(CDF); i++) assert_close(sc_normal_cdf(CDF[i][0]), CDF[i][1], 5e-14);
    for (size_t i = 0; i < COUNT(BETWEEN); i++) {
        assert_close(sc_normal_log_between(BETWEEN[i][0], BETWEEN[i][1]), BETWEEN[i][2], 2e-14);
        assert_close(sc_normal_log_between(-BETWEEN[i][1], -BETWEEN[i][0]), BETWEEN[i][2], 2e-14);
    }
    for (size_t i = 0; i < COUNT(QUANTILE); i++)
        assert_near(sc_normal_quantile(QUANTILE[i][0]), QUANTILE[i][1], 1e-11);
    assert_exact(sc_normal_log_between(1, 1), -INFINITY);
    assert_exact(sc_normal_log_between(-INFINITY, INFINITY), 0);
}

/* --- independent figures --- */

static const struct sc_fit_observation PUBLISHERS[] = {
    POINT(2023, 0.2, 0.25),
    POINT(2024, 0.5, 0.25),
    RANGE(2026, 0.55, NAN, 0.25),
    RANGE(2030, 0.7, 0.8, 0.25),
};

static const struct sc_fit_observation MIXED[] = {
    POINT(2020, 0.1, 0.25),       RANGE(2022.5, 0.2, 0.4, 0.1), POINT(2024, 0.45, 0.5),
    RANGE(2026, NAN, 0.75, 0.25), RANGE(2028, 0.6, NAN, 0.3),
};

static const struct sc_fit_observation LEVELLING[] = {
    POINT(2018, 0.08, 0.25),      POINT(2019, 0.13, 0.25), POINT(2020, 0.24, 0.25),
    RANGE(2021, 0.3, 0.4, 0.25),  POINT(2022, 0.5, 0.25),  POINT(2023, 0.58, 0.25),
    POINT(2024, 0.63, 0.25),      POINT(2025, 0.68, 0.25), POINT(2026, 0.7, 0.25),
    RANGE(2027, 0.66, NAN, 0.25),
};

static void assert_covariance(const struct sc_fit *fit, const double *upper, double tolerance)
{
    assert_true(fit->has_covariance);
    for (size_t i = 0, at = 0; i < fit->covariance_size; i++)
        for (size_t j = i; j < fit->covariance_size; j++, at++) {
            assert_close(fit->covariance[i][j], upper[at], tolerance);
            assert_close(fit->covariance[j][i], upper[at], tolerance);
        }
}

/* The observations of the AMD scenarios; Newton's method with 60 digits. */
static void the_publishers_observations_give_the_curve_that_sixty_digits_give(void **state)
{
    (void)state;
    struct sc_fit fit;
    assert_true(sc_fit_curve(SC_CURVE_LOGISTIC, 0, 0.9, PUBLISHERS, COUNT(PUBLISHERS), &fit));
    assert_close(fit.curve.k, 0.38609607431306889731, 1e-12);
    assert_close(fit.curve.mid, 2024.79050032173001859, 1e-12);
    assert_close(fit.log_likelihood, -4.9675512502031978852, 1e-13);
    assert_close(fit.aic, 4 + 2 * 4.9675512502031978852, 1e-13);
    assert_covariance(
        &fit, (const double[]){0.0030950362616501071, 0.0030696292229790517, 0.13365644865920158}, 1e-10);
    assert_true(fit.identified);
    assert_null(fit.reason);
    assert_int_equal(fit.parameters, 2);
    double low, high;
    assert_true(sc_fit_band(&fit, 2035, 0.9, &low, &high));
    assert_close(low, 0.86633616178202399, 1e-11);
    assert_close(high, 0.89758548030492238, 1e-11);
}

/* Newton's method with 70 digits (mpmath 1.2.1), on the likelihood as MODEL 3 states it. */
static void ranges_bounds_and_a_gompertz_curve_agree_with_seventy_digits(void **state)
{
    (void)state;
    struct sc_fit fit;
    double low, high;
    assert_true(sc_fit_curve(SC_CURVE_GOMPERTZ, 0.02, 0.95, MIXED, COUNT(MIXED), &fit));
    assert_close(fit.curve.k, 0.28977009684515025044, 1e-12);
    assert_close(fit.curve.mid, 2023.0974799284305799, 1e-13);
    assert_close(fit.log_likelihood, 0.23401297461371531054, 1e-11);
    assert_covariance(
        &fit, (const double[]){0.005817026039751293, -0.055643211230414727, 0.62778364653110271}, 1e-10);
    assert_true(sc_fit_band(&fit, 2021, 0.95, &low, &high));
    assert_close(low, 0.12005217853580729, 1e-11);
    assert_close(high, 0.23069484756690215, 1e-11);
}

static void a_free_ceiling_agrees_with_seventy_digits(void **state)
{
    (void)state;
    struct sc_fit fit;
    double low, high;
    assert_true(sc_fit_curve(SC_CURVE_LOGISTIC, 0, NAN, LEVELLING, COUNT(LEVELLING), &fit));
    assert_true(fit.ceiling_free && fit.identified);
    assert_int_equal(fit.parameters, 3);
    assert_close(fit.curve.k, 0.69643972275949655019, 1e-9);
    assert_close(fit.curve.mid, 2021.0349616155193578, 1e-11);
    assert_close(fit.curve.ceiling, 0.72193884396850580887, 1e-9);
    assert_close(fit.log_likelihood, 3.0025928710285452475, 1e-12);
    assert_close(fit.aic, 6 - 2 * 3.0025928710285452475, 1e-12);
    assert_covariance(&fit,
                      (const double[]){0.0031090715289690228, -0.003237250807597991, -0.00047021578387493643,
                                       0.028028125383175959, 0.0010837315131926127, 0.00010727647754123507},
                      1e-7);
    assert_true(sc_fit_band(&fit, 2030, 0.5, &low, &high));
    assert_close(low, 0.71396734014475739, 1e-8);
    assert_close(high, 0.72701732082630828, 1e-8);
    assert_true(sc_fit_curve(SC_CURVE_GOMPERTZ, 0, NAN, LEVELLING, COUNT(LEVELLING), &fit));
    assert_close(fit.curve.k, 0.39281386365103613713, 1e-9);
    assert_close(fit.curve.mid, 2020.2573441418697909, 1e-11);
    assert_close(fit.curve.ceiling, 0.7870917953180885543, 1e-9);
    assert_close(fit.log_likelihood, 2.2525616534322740803, 1e-12);
}

/* --- least squares --- */

struct line {
    double slope, level, centre, spread, squares; /* of logit on year - centre */
};

static struct line least_squares(const struct sc_fit_observation *observation, size_t count)
{
    struct line line = {0};
    for (size_t i = 0; i < count; i++) line.centre += observation[i].year / (double)count;
    for (size_t i = 0; i < count; i++) {
        double t = observation[i].year - line.centre,
               z = log(observation[i].value / (1 - observation[i].value));
        line.level += z / (double)count;
        line.slope += t * z;
        line.spread += t * t;
    }
    line.slope /= line.spread;
    for (size_t i = 0; i < count; i++) {
        double t = observation[i].year - line.centre,
               z = log(observation[i].value / (1 - observation[i].value));
        line.squares += pow(z - line.level - line.slope * t, 2);
    }
    return line;
}

static void points_alone_are_least_squares_of_the_logit_on_the_year(void **state)
{
    (void)state;
    for (int round = 0; round < 500; round++) {
        struct sc_fit_observation observation[40];
        size_t count = 2 + random_below(38);
        double sigma = exp(random_between(-3, 1)), n = (double)count;
        for (size_t i = 0; i < count; i++) {
            double year = 2015 + (double)i * random_between(0.5, 1);
            double value = 1 / (1 + exp(-0.3 * (year - 2022) - random_between(-1, 1)));
            observation[i] = (struct sc_fit_observation)POINT(year, value, sigma);
        }
        struct line line = least_squares(observation, count);
        if (fabs(line.slope) < 0.02) continue;
        struct sc_fit fit;
        assert_true(sc_fit_curve(SC_CURVE_LOGISTIC, 0, 1, observation, count, &fit));
        assert_true(fit.identified);
        assert_close(fit.curve.k, line.slope, 1e-10);
        assert_close(fit.curve.mid, line.centre - line.level / line.slope, 1e-12);
        double s2 = sigma * sigma, of_slope = s2 / line.spread, b = line.slope, a = line.level;
        assert_near(fit.covariance[0][0] / of_slope, 1, 1e-9);
        assert_near(fit.covariance[0][1] / of_slope, a / (b * b), 1e-9 * (1 + fabs(a / (b * b))));
        assert_close(fit.covariance[1][1], s2 / n / (b * b) + a * a / pow(b, 4) * of_slope, 1e-9);
        assert_near(fit.log_likelihood, -n * (log(sigma) + 0.5 * log(2 * M_PI)) - line.squares / (2 * s2),
                    1e-11 * (n + line.squares / s2));
        /* the band of a line: the textbook's, on the logit scale */
        double low, high, t = random_between(-6, 6) / fabs(b), year = line.centre + t;
        double reach = 1.9599639845400542355 * sigma * sqrt(1 / n + t * t / line.spread);
        assert_true(sc_fit_band(&fit, year, 0.95, &low, &high));
        assert_close(low, 1 / (1 + exp(-(a + b * t - reach))), 1e-9);
        assert_close(high, 1 / (1 + exp(-(a + b * t + reach))), 1e-9);
        for (size_t i = 0; i < count; i++) {
            double v = observation[i].value, z = log(v / (1 - v));
            assert_near(fit.residual[i], z - a - b * (observation[i].year - line.centre), 1e-10);
        }
    }
}

/* --- exact curves come back --- */

static size_t exact_points(const struct sc_curve_parameters *curve, size_t count, double from, double step,
                           struct sc_fit_observation *observation)
{
    for (size_t i = 0; i < count; i++) {
        double year = from + step * (double)i;
        observation[i] = (struct sc_fit_observation)POINT(year, sc_curve_value(curve, year), 0.25);
    }
    return count;
}

static void exact_points_of_a_curve_give_it_back(void **state)
{
    (void)state;
    for (int round = 0; round < 300; round++) {
        struct sc_curve_parameters truth = {round % 2 ? SC_CURVE_GOMPERTZ : SC_CURVE_LOGISTIC,
                                            random_between(0.1, 0.6), random_between(2018, 2026),
                                            random_between(0, 0.2), random_between(0.6, 1)};
        struct sc_fit_observation observation[12];
        struct sc_fit fit;
        size_t count = exact_points(&truth, 3 + random_below(9), 2020, 0.75, observation);
        assert_true(sc_fit_curve(truth.curve, truth.floor, truth.ceiling, observation, count, &fit));
        assert_true(fit.identified);
        assert_close(fit.curve.k, truth.k, 1e-9);
        assert_close(fit.curve.mid, truth.mid, 1e-11);
    }
}

static void the_gompertz_curve_is_found_through_two_points_by_hand(void **state)
{
    (void)state;
    /* -log(-log v) is x: from -log(log 10) to -log(log 2) in 4 years */
    const struct sc_fit_observation observation[] = {POINT(2020, 0.1, 0.25), POINT(2024, 0.5, 0.25)};
    double k = (log(log(10)) - log(log(2))) / 4;
    struct sc_fit fit;
    assert_true(sc_fit_curve(SC_CURVE_GOMPERTZ, 0, 1, observation, 2, &fit));
    assert_close(fit.curve.k, k, 1e-12);
    assert_close(fit.curve.mid, 2020 + log(log(10)) / k, 1e-12);
}

static void a_free_ceiling_is_recovered_from_points_of_a_curve(void **state)
{
    (void)state;
    for (int round = 0; round < 200; round++) {
        struct sc_curve_parameters truth = {round % 2 ? SC_CURVE_GOMPERTZ : SC_CURVE_LOGISTIC,
                                            random_between(0.3, 0.9), random_between(2020, 2024),
                                            round % 4 ? 0 : 0.05, random_between(0.55, 0.95)};
        struct sc_fit_observation observation[16];
        struct sc_fit fit;
        size_t count = exact_points(&truth, 4 + random_below(12), 2019, 1.25, observation);
        assert_true(sc_fit_curve(truth.curve, truth.floor, NAN, observation, count, &fit));
        assert_true(fit.identified);
        assert_close(fit.curve.ceiling, truth.ceiling, 1e-9);
        assert_close(fit.curve.k, truth.k, 1e-9);
        assert_close(fit.curve.mid, truth.mid, 1e-9);
    }
}

/* The last point is within 0.0002 of the ceiling: the turn of the profile likelihood is that close to the
 * largest observation, and the bound of 1 is no answer. */
static void a_ceiling_just_above_the_last_point_is_found(void **state)
{
    (void)state;
    const struct sc_curve_parameters truth = {SC_CURVE_GOMPERTZ, 0.92, 2019.57, 0.175, 0.658};
    struct sc_fit_observation observation[12];
    struct sc_fit fit;
    exact_points(&truth, 12, 2020, 0.75, observation);
    assert_true(truth.ceiling - observation[11].value < 0.0002);
    assert_true(sc_fit_curve(truth.curve, truth.floor, NAN, observation, 12, &fit));
    assert_true(fit.identified);
    assert_close(fit.curve.ceiling, truth.ceiling, 1e-9);
    assert_close(fit.curve.k, truth.k, 1e-9);
}

/* --- what must not matter --- */

static void a_bound_far_from_the_curve_changes_nothing(void **state)
{
    (void)state;
    static const struct sc_fit_observation FAR[] = {
        RANGE(2024, NAN, 0.95, 0.25),  /* above the ceiling: no bound at all */
        RANGE(2035, 0.0001, NAN, 0.1), /* the curve is at 0.89 */
        RANGE(2010, NAN, 0.5, 0.05),   /* the curve is at 0.003 */
        RANGE(2030, 0, 1, 0.25),       RANGE(2030, 0.00001, 0.8999999, 0.1),
    };
    struct sc_fit plain, more;
    assert_true(sc_fit_curve(SC_CURVE_LOGISTIC, 0, 0.9, PUBLISHERS, COUNT(PUBLISHERS), &plain));
    for (size_t i = 0; i < COUNT(FAR); i++) {
        struct sc_fit_observation all[COUNT(PUBLISHERS) + 1];
        memcpy(all, PUBLISHERS, sizeof PUBLISHERS);
        all[COUNT(PUBLISHERS)] = FAR[i];
        assert_true(sc_fit_curve(SC_CURVE_LOGISTIC, 0, 0.9, all, COUNT(all), &more));
        assert_close(more.curve.k, plain.curve.k, 1e-12);
        assert_close(more.curve.mid, plain.curve.mid, 1e-13);
        assert_close(more.log_likelihood, plain.log_likelihood, 1e-12);
        assert_close(more.covariance[0][0], plain.covariance[0][0], 1e-10);
        assert_exact(more.residual[COUNT(PUBLISHERS)], 0);
    }
}

static void one_observation_is_two_with_the_error_of_root_two(void **state)
{
    (void)state;
    struct sc_fit_observation once[] = {POINT(2020, 0.1, 0.3), POINT(2022, 0.3, 0.2),
                                        POINT(2025, 0.45, 0.25)};
    struct sc_fit_observation twice[6];
    for (size_t i = 0; i < 6; i++) {
        twice[i] = once[i / 2];
        twice[i].sigma *= sqrt(2);
    }
    for (int curve = SC_CURVE_LOGISTIC; curve <= SC_CURVE_GOMPERTZ; curve++) {
        struct sc_fit left, right;
        assert_true(sc_fit_curve(curve, 0, 0.8, once, 3, &left));
        assert_true(sc_fit_curve(curve, 0, 0.8, twice, 6, &right));
        assert_close(right.curve.k, left.curve.k, 1e-11);
        assert_close(right.curve.mid, left.curve.mid, 1e-13);
        for (int i = 0; i < 2; i++)
            for (int j = 0; j < 2; j++) assert_close(right.covariance[i][j], left.covariance[i][j], 1e-9);
    }
}

static void order_and_the_origin_of_time_do_not_matter(void **state)
{
    (void)state;
    struct sc_fit plain, other;
    struct sc_fit_observation moved[COUNT(MIXED)];
    assert_true(sc_fit_curve(SC_CURVE_GOMPERTZ, 0.02, 0.95, MIXED, COUNT(MIXED), &plain));
    for (size_t i = 0; i < COUNT(MIXED); i++) {
        moved[i] = MIXED[COUNT(MIXED) - 1 - i];
        moved[i].year -= 100;
    }
    assert_true(sc_fit_curve(SC_CURVE_GOMPERTZ, 0.02, 0.95, moved, COUNT(moved), &other));
    assert_close(other.curve.k, plain.curve.k, 1e-11);
    assert_close(other.curve.mid + 100, plain.curve.mid, 1e-13);
}

/* A logistic curve of falling share is the mirror of one that rises. */
static void shares_may_fall(void **state)
{
    (void)state;
    struct sc_fit up, down;
    struct sc_fit_observation mirrored[COUNT(PUBLISHERS)];
    for (size_t i = 0; i < COUNT(PUBLISHERS); i++) {
        const struct sc_fit_observation *o = &PUBLISHERS[i];
        mirrored[i] = (struct sc_fit_observation){o->year, 1 - o->value, 1 - o->high, 1 - o->low, o->sigma};
    }
    assert_true(sc_fit_curve(SC_CURVE_LOGISTIC, 0, 1, PUBLISHERS, COUNT(PUBLISHERS), &up));
    assert_true(sc_fit_curve(SC_CURVE_LOGISTIC, 0, 1, mirrored, COUNT(mirrored), &down));
    assert_close(down.curve.k, -up.curve.k, 1e-11);
    assert_close(down.curve.mid, up.curve.mid, 1e-13);
    assert_close(down.log_likelihood, up.log_likelihood, 1e-12);
}

static void the_residual_of_a_range_is_its_distance_outside_it(void **state)
{
    (void)state;
    struct sc_fit fit;
    assert_true(sc_fit_curve(SC_CURVE_LOGISTIC, 0, 0.9, PUBLISHERS, COUNT(PUBLISHERS), &fit));
    double m = fit.curve.k * (2030 - fit.curve.mid);
    assert_true(m > log(0.7 / 0.2) && m < log(0.8 / 0.1));
    assert_exact(fit.residual[3], 0);
    double at_2026 = fit.curve.k * (2026 - fit.curve.mid), bound = log(0.55 / 0.35);
    assert_near(fit.residual[2], at_2026 < bound ? bound - at_2026 : 0, 1e-12);
    assert_near(fit.residual[0], log(0.2 / 0.7) - fit.curve.k * (2023 - fit.curve.mid), 1e-12);
    /* two sharp points, and two ranges that miss their curve: logit -0.8959 in 2021 */
    const struct sc_fit_observation missed[] = {POINT(2020, 0.2, 1e-4), POINT(2022, 0.4, 1e-4),
                                                RANGE(2021, 0.5, NAN, 100), RANGE(2021, NAN, 0.1, 100)};
    assert_true(sc_fit_curve(SC_CURVE_LOGISTIC, 0, 1, missed, 4, &fit));
    double logit = 0.5 * (log(0.2 / 0.8) + log(0.4 / 0.6));
    assert_near(fit.residual[2], 0 - logit, 1e-6);
    assert_near(fit.residual[3], log(0.1 / 0.9) - logit, 1e-6);
}

/* --- what the data do not pin down --- */

static void assert_not_identified(const struct sc_fit_observation *observation, size_t count, double ceiling)
{
    for (int curve = SC_CURVE_LOGISTIC; curve <= SC_CURVE_GOMPERTZ; curve++) {
        struct sc_fit fit;
        double start = seconds_now();
        bool found = sc_fit_curve(curve, 0, ceiling, observation, count, &fit);
        assert_true(seconds_now() - start < SECONDS_MOST);
        assert_int_equal(found, fit.found);
        assert_false(found && fit.identified);
        assert_non_null(fit.reason);
        if (found)
            assert_true(isfinite(fit.curve.k) && isfinite(fit.curve.mid) && isfinite(fit.log_likelihood));
    }
}

static void fits_that_the_data_leave_open_are_said_to_be_so(void **state)
{
    (void)state;
    const struct sc_fit_observation one[] = {POINT(2024, 0.3, 0.25)};
    const struct sc_fit_observation two[] = {POINT(2024, 0.3, 0.25), POINT(2026, 0.5, 0.25)};
    const struct sc_fit_observation same_year[] = {POINT(2024, 0.3, 0.25), POINT(2024, 0.5, 0.25),
                                                   POINT(2024, 0.4, 0.25)};
    const struct sc_fit_observation same_value[] = {POINT(2022, 0.4, 0.25), POINT(2024, 0.4, 0.25),
                                                    POINT(2026, 0.4, 0.25)};
    const struct sc_fit_observation lows[] = {RANGE(2022, 0.2, NAN, 0.25), RANGE(2024, 0.4, NAN, 0.25),
                                              RANGE(2026, 0.5, NAN, 0.25)};
    const struct sc_fit_observation highs[] = {RANGE(2022, NAN, 0.2, 0.25), RANGE(2024, NAN, 0.4, 0.25)};
    const struct sc_fit_observation parted[] = {RANGE(2022, NAN, 0.2, 0.25), RANGE(2024, 0.4, NAN, 0.25)};
    const struct sc_fit_observation empty[] = {RANGE(2022, 0, 1, 0.25), RANGE(2024, 0, 1, 0.25)};
    assert_not_identified(one, 1, 0.9);
    assert_not_identified(one, 1, NAN);
    assert_not_identified(two, 2, NAN);
    assert_not_identified(same_year, 3, 0.9);
    assert_not_identified(same_year, 3, NAN);
    assert_not_identified(same_value, 3, 0.9);
    assert_not_identified(same_value, 3, NAN);
    assert_not_identified(lows, 3, 0.9);
    assert_not_identified(lows, 3, NAN);
    assert_not_identified(highs, 2, 0.9);
    assert_not_identified(highs, 2, NAN);
    assert_not_identified(parted, 2, 0.9);
    assert_not_identified(empty, 2, 0.9);
    assert_not_identified(empty, 2, NAN);
    assert_not_identified(one, 0, 0.9);
}

/* Points of a logistic curve up to 1 leave the ceiling on its bound; it is then taken as given. */
static void a_ceiling_on_its_bound_is_said_to_be_there(void **state)
{
    (void)state;
    struct sc_fit_observation steep[6];
    for (size_t i = 0; i < 6; i++) {
        double x = -3 + 1.2 * (double)i + (i > 3 ? 0.8 : 0); /* bends up where a lower ceiling bends down */
        steep[i] = (struct sc_fit_observation)POINT(2020 + (double)i, 1 / (1 + exp(-x)), 0.25);
    }
    struct sc_fit free, given;
    assert_true(sc_fit_curve(SC_CURVE_LOGISTIC, 0, NAN, steep, 6, &free));
    assert_true(sc_fit_curve(SC_CURVE_LOGISTIC, 0, 1, steep, 6, &given));
    assert_exact(free.curve.ceiling, 1);
    assert_false(free.identified);
    assert_non_null(free.reason);
    assert_int_equal(free.parameters, 3);
    assert_int_equal(free.covariance_size, 2);
    assert_close(free.curve.k, given.curve.k, 1e-12);
    assert_close(free.covariance[1][1], given.covariance[1][1], 1e-10);
    assert_close(free.aic, given.aic + 2, 1e-12);
    assert_true(given.identified);
}

static void observations_outside_floor_and_ceiling_have_no_fit(void **state)
{
    (void)state;
    struct sc_fit fit;
    const struct sc_fit_observation above[] = {POINT(2022, 0.2, 0.25), POINT(2024, 0.92, 0.25)};
    const struct sc_fit_observation below[] = {POINT(2022, 0.05, 0.25), POINT(2024, 0.5, 0.25)};
    const struct sc_fit_observation over[] = {POINT(2022, 0.2, 0.25), RANGE(2024, 0.9, NAN, 0.25)};
    assert_false(sc_fit_curve(SC_CURVE_LOGISTIC, 0, 0.9, above, 2, &fit));
    assert_non_null(fit.reason);
    assert_false(sc_fit_curve(SC_CURVE_LOGISTIC, 0.1, 0.9, below, 2, &fit));
    assert_false(sc_fit_curve(SC_CURVE_LOGISTIC, 0, 0.9, over, 2, &fit));
    json_t *document = plain_document();
    set(document, "/market",
        "{'base_year':2024,'total_spend':1,'growth':0,'inference_share':{'curve':'logistic','ceiling':0.9,"
        "'observations':[{'year':2022,'value':0.2},{'year':2024,'value':0.92}]}}");
    assert_refused(document, "fit_failed", "/market/inference_share/observations/1");
}

/* --- every fit that is found is a maximum --- */

/* The log-likelihood as MODEL 3 states it, term by term; -INFINITY where a term underflows. */
static double plain_likelihood(const struct sc_curve_parameters *curve,
                               const struct sc_fit_observation *observation, size_t count)
{
    double sum = 0, floor = curve->floor, ceiling = curve->ceiling;
    for (size_t i = 0; i < count; i++) {
        const struct sc_fit_observation *o = &observation[i];
        double x = curve->k * (o->year - curve->mid);
        double m = curve->curve == SC_CURVE_LOGISTIC ? x : -exp(-x) - log(-expm1(-exp(-x)));
#define Z(share) ((log(((share)-floor) / (ceiling - (share))) - m) / o->sigma)
        if (!isnan(o->value)) {
            double z = Z(o->value);
            sum += -0.5 * z * z - 0.5 * log(2 * M_PI) - log(o->sigma);
        } else {
            double a = isnan(o->low) || o->low <= floor ? -INFINITY
                       : o->low >= ceiling              ? INFINITY
                                                        : Z(o->low);
            double b = isnan(o->high) || o->high >= ceiling ? INFINITY : Z(o->high);
            sum += log(a > 0 ? 0.5 * erfc(a * M_SQRT1_2) - 0.5 * erfc(b * M_SQRT1_2)
                             : 0.5 * erfc(-b * M_SQRT1_2) - 0.5 * erfc(-a * M_SQRT1_2));
        }
#undef Z
    }
    return sum;
}

static size_t random_observations(struct sc_fit_observation *observation, size_t most)
{
    size_t count = 3 + random_below(most - 2);
    double k = random_between(0.1, 0.8), mid = random_between(2018, 2030), noise = random_between(0, 0.6);
    for (size_t i = 0; i < count; i++) {
        double year = 2015 + floor(random_between(0, 20));
        double share = 0.85 / (1 + exp(-k * (year - mid) + random_between(-noise, noise)));
        double sigma = random_between(0.1, 0.6), half = random_between(0.02, 0.1);
        share = fmin(fmax(share, 0.02), 0.84);
        switch (random_below(4)) {
        case 0:
            observation[i] =
                (struct sc_fit_observation)RANGE(year, share - half * share, share + half, sigma);
            break;
        case 1:
            observation[i] = (struct sc_fit_observation)RANGE(year, share * 0.8, NAN, sigma);
            break;
        default:
            observation[i] = (struct sc_fit_observation)POINT(year, share, sigma);
        }
    }
    return count;
}

/* No curve on a grid about the one found is likelier, and the figure is that of the plain formula. */
static void assert_maximum(const struct sc_fit *fit, const struct sc_fit_observation *observation,
                           size_t count)
{
    double best = plain_likelihood(&fit->curve, observation, count);
    if (isfinite(best)) assert_near(fit->log_likelihood, best, 1e-9 * (1 + fabs(best)));
    for (int i = 0; i < 400; i++) {
        struct sc_curve_parameters other = fit->curve;
        double reach = i < 200 ? 1e-3 : 1;
        other.k *= exp(reach * random_between(-1, 1));
        other.mid += 5 * reach * random_between(-1, 1);
        if (fit->ceiling_free) other.ceiling = fmin(1, other.ceiling + 0.3 * reach * random_between(-1, 1));
        double there = plain_likelihood(&other, observation, count);
        bool possible = true;
        for (size_t j = 0; j < count; j++)
            possible &= !(observation[j].value >= other.ceiling || observation[j].low >= other.ceiling);
        if (possible && there > fit->log_likelihood + 1e-9 * (1 + fabs(there))) {
            print_error("k %g mid %g ceiling %g: %.12g, likelier k %g mid %g ceiling %g: %.12g\n",
                        fit->curve.k, fit->curve.mid, fit->curve.ceiling, fit->log_likelihood, other.k,
                        other.mid, other.ceiling, there);
            fail();
        }
    }
}

static void what_is_found_is_the_likeliest_curve(void **state)
{
    (void)state;
    size_t identified = 0;
    for (int round = 0; round < 600; round++) {
        struct sc_fit_observation observation[20];
        struct sc_fit fit;
        size_t count = random_observations(observation, COUNT(observation));
        int curve = round % 2 ? SC_CURVE_LOGISTIC : SC_CURVE_GOMPERTZ;
        double ceiling = round % 4 < 2 ? NAN : random_between(0.95, 1), floor = round % 3 ? 0 : 0.01;
        if (!sc_fit_curve(curve, floor, ceiling, observation, count, &fit)) {
            assert_non_null(fit.reason);
            continue;
        }
        assert_int_equal(fit.identified, fit.reason == NULL);
        identified += fit.identified;
        if (fit.identified) assert_maximum(&fit, observation, count);
    }
    assert_true(identified > 300);
}

/* --- hostile observations --- */

static double slowest;

static void try_fit(const struct sc_fit_observation *observation, size_t count, double floor, double ceiling)
{
    for (int curve = SC_CURVE_LOGISTIC; curve <= SC_CURVE_GOMPERTZ; curve++) {
        struct sc_fit fit;
        double start = seconds_now(), low, high;
        bool found = sc_fit_curve(curve, floor, ceiling, observation, count, &fit);
        double spent = seconds_now() - start;
        slowest = fmax(slowest, spent);
        if (spent > SECONDS_MOST) fail_msg("a fit of %zu observations took %.1f s", count, spent);
        assert_int_equal(found, fit.found);
        if (!found) {
            assert_non_null(fit.reason);
            continue;
        }
        assert_true(isfinite(fit.curve.k) && isfinite(fit.curve.mid) && isfinite(fit.log_likelihood));
        assert_true(fit.curve.ceiling > floor && fit.curve.ceiling <= 1);
        assert_int_equal(fit.identified, fit.reason == NULL);
        if (fit.has_covariance) {
            assert_true(fit.covariance[0][0] > 0 && fit.covariance[1][1] > 0);
            assert_true(sc_fit_band(&fit, 2030, 0.9, &low, &high));
            assert_true(isnan(low) || (low >= 0 && low <= high && high <= 1));
        }
    }
}

static void hostile_observations_neither_crash_nor_hang(void **state)
{
    (void)state;
    static const double SIGMA[] = {1e-6, 0.01, 0.25, 10, 100};
    for (int round = 0; round < 60; round++) {
        static struct sc_fit_observation observation[SC_OBSERVATIONS_MAX];
        size_t count = round % 3 == 0 ? SC_OBSERVATIONS_MAX : 1 + random_below(12);
        bool same_year = random_below(4) == 0, contradictory = random_below(2);
        for (size_t i = 0; i < count; i++) {
            double year = same_year ? 2024 : random_below(3) ? 1900 + (double)random_below(301) : 2024;
            double sigma = SIGMA[random_below(COUNT(SIGMA))];
            double low = contradictory ? random_between(1e-6, 0.89) : 0.3;
            double high = fmin(low + exp(random_between(-12, -1)), 0.899);
            if (!(low < high)) high = 0.8995;
            switch (random_below(4)) {
            case 0:
                observation[i] = (struct sc_fit_observation)RANGE(year, low, high, sigma);
                break;
            case 1:
                observation[i] = (struct sc_fit_observation)RANGE(year, low, NAN, sigma);
                break;
            case 2:
                observation[i] = (struct sc_fit_observation)RANGE(year, NAN, high, sigma);
                break;
            default:
                observation[i] = (struct sc_fit_observation)POINT(year, low, sigma);
            }
        }
        try_fit(observation, count, 0, 0.9);
        try_fit(observation, count, 0, NAN);
    }
    print_message("the slowest fit took %.3f s\n", slowest);
}

static void extreme_but_single_observations_neither_crash_nor_hang(void **state)
{
    (void)state;
    const struct sc_fit_observation cases[][3] = {
        {POINT(1900, 1e-12, 1e-6), POINT(2200, 1 - 1e-12, 1e-6), POINT(2050, 0.5, 100)},
        {POINT(2024, 0.5, 1e-6), POINT(2024.0000001, 0.6, 1e-6), POINT(2024, 0.4, 1e-6)},
        {RANGE(1900, 0.999999, NAN, 1e-6), RANGE(2200, NAN, 0.000001, 1e-6), POINT(2000, 0.5, 1e-6)},
        {RANGE(2000, 0.5, 0.5000000001, 1e-6), RANGE(2000, 0.6, 0.6000000001, 1e-6), POINT(2001, 0.1, 1e-6)},
        {POINT(2000, 4e-308, 0.25), POINT(2001, 0.5, 0.25), POINT(2002, 0.9999999999999999, 0.25)},
        {RANGE(2000, 0, 1, 100), RANGE(2100, 0, 1, 100), RANGE(2200, 0, 1, 100)},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        try_fit(cases[i], 3, 0, 1);
        try_fit(cases[i], 3, 0, NAN);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_normal_distribution_is_exact_far_out),
        cmocka_unit_test(the_publishers_observations_give_the_curve_that_sixty_digits_give),
        cmocka_unit_test(ranges_bounds_and_a_gompertz_curve_agree_with_seventy_digits),
        cmocka_unit_test(a_free_ceiling_agrees_with_seventy_digits),
        cmocka_unit_test_setup(points_alone_are_least_squares_of_the_logit_on_the_year, seed_random),
        cmocka_unit_test_setup(exact_points_of_a_curve_give_it_back, seed_random),
        cmocka_unit_test(the_gompertz_curve_is_found_through_two_points_by_hand),
        cmocka_unit_test_setup(a_free_ceiling_is_recovered_from_points_of_a_curve, seed_random),
        cmocka_unit_test(a_ceiling_just_above_the_last_point_is_found),
        cmocka_unit_test(a_bound_far_from_the_curve_changes_nothing),
        cmocka_unit_test(one_observation_is_two_with_the_error_of_root_two),
        cmocka_unit_test(order_and_the_origin_of_time_do_not_matter),
        cmocka_unit_test(shares_may_fall),
        cmocka_unit_test(the_residual_of_a_range_is_its_distance_outside_it),
        cmocka_unit_test(fits_that_the_data_leave_open_are_said_to_be_so),
        cmocka_unit_test(a_ceiling_on_its_bound_is_said_to_be_there),
        cmocka_unit_test(observations_outside_floor_and_ceiling_have_no_fit),
        cmocka_unit_test_setup(what_is_found_is_the_likeliest_curve, seed_random),
        cmocka_unit_test_setup(hostile_observations_neither_crash_nor_hang, seed_random),
        cmocka_unit_test_setup(extreme_but_single_observations_neither_crash_nor_hang, seed_random),
    };
    return cmocka_run_group_tests_name("fit", tests, NULL, NULL);
}
