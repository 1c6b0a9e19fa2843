#include "adjoint.h"

#include "elementary.h"
#include "likelihood.h"
#include "normal.h"

#include <math.h>

/* At the maximum the likelihood's slope in the parameters is 0 whatever the data are, so that a step of the
 * data moves the parameters by C d(slope), C being the inverse of the observed information; and what the
 * parameters add, the data add through the slope of the likelihood along the direction C by_parameters
 * (implicit differentiation, MODEL 3). The direction is that of k, mid and ceiling. */
struct direction {
    double k, mid, ceiling;
};

/* What is derived by: a datum of one observation, or a parameter that is given. */
enum datum { BY_SHARE, BY_SIGMA, BY_YEAR, BY_FLOOR, BY_CEILING, DATA };

/* A distance rho = (logit of a share - logit of the curve)/sigma, its slope along the direction, and the
 * derivatives of both by each datum. */
struct distance {
    double rho, along, by[DATA], along_by[DATA];
};

static struct distance distance_of(const struct sc_curve_parameters *curve,
                                   const struct sc_fit_observation *seen, double share,
                                   const struct direction *to)
{
    double since = seen->year - curve->mid, sigma = seen->sigma;
    double above = curve->ceiling - share, below = share - curve->floor;
    struct sc_logit model = sc_logit_of_curve(curve->curve, curve->k * since);
    struct distance d = {.rho =
                             (sc_logit_of_share(share, curve->floor, curve->ceiling) - model.value) / sigma};
    if (isinf(d.rho)) return d;
    double argument = to->k * since - curve->k * to->mid; /* of k (year - mid), along the direction */
    d.along = (-to->ceiling / above - model.first * argument) / sigma;
    d.by[BY_SHARE] = (1 / below + 1 / above) / sigma;
    d.along_by[BY_SHARE] = -to->ceiling / (above * above) / sigma;
    d.by[BY_SIGMA] = -d.rho / sigma;
    d.along_by[BY_SIGMA] = -d.along / sigma;
    d.by[BY_YEAR] = -model.first * curve->k / sigma;
    d.along_by[BY_YEAR] = -(model.second * curve->k * argument + model.first * to->k) / sigma;
    d.by[BY_FLOOR] = -1 / below / sigma;
    d.by[BY_CEILING] = -1 / above / sigma;
    d.along_by[BY_CEILING] = to->ceiling / (above * above) / sigma;
    return d;
}

/* How the likelihood's slope along the direction moves with a distance, and with the distance's own slope. */
struct pull {
    double by, by_along;
};

/* Of log(Phi(high) - Phi(low)). The ratios of densities to the difference are formed from logarithms. */
static void pull_range(const struct distance *low, const struct distance *high, struct pull *of_low,
                       struct pull *of_high)
{
    double log_difference = sc_normal_log_between(low->rho, high->rho);
    double a = isinf(low->rho) ? 0 : sc_exp(sc_normal_log_pdf(low->rho) - log_difference);
    double b = isinf(high->rho) ? 0 : sc_exp(sc_normal_log_pdf(high->rho) - log_difference);
    double second_low = a == 0 ? 0 : low->rho * a - a * a, second_high = b == 0 ? 0 : -high->rho * b - b * b;
    *of_low = (struct pull){second_low * low->along + a * b * high->along, -a};
    *of_high = (struct pull){second_high * high->along + a * b * low->along, b};
}

/* By the data of one observation, and by what is given beside them. */
struct by_data {
    double value, low, high, by[DATA];
};

/* Adds what moves a distance; returns what its share adds. */
static double add_distance(const struct distance *d, struct pull pull, struct by_data *sum)
{
    for (int i = 0; i < DATA; i++) sum->by[i] += pull.by * d->by[i] + pull.by_along * d->along_by[i];
    return pull.by * d->by[BY_SHARE] + pull.by_along * d->along_by[BY_SHARE];
}

static struct by_data derive_observation(const struct sc_curve_parameters *curve,
                                         const struct sc_fit_observation *seen, const struct direction *to)
{
    struct by_data sum = {0};
    struct distance low = {.rho = -INFINITY}, high = {.rho = INFINITY};
    struct pull of_low, of_high;
    if (!isnan(seen->value)) { /* -rho^2/2 */
        struct distance point = distance_of(curve, seen, seen->value, to);
        sum.value = add_distance(&point, (struct pull){-point.along, -point.rho}, &sum);
        return sum;
    }
    if (!isnan(seen->low)) low = distance_of(curve, seen, seen->low, to);
    if (!isnan(seen->high)) high = distance_of(curve, seen, seen->high, to);
    pull_range(&low, &high, &of_low, &of_high);
    sum.low = add_distance(&low, of_low, &sum);
    sum.high = add_distance(&high, of_high, &sum);
    return sum;
}

static struct sc_fit_observation observation_at(const struct sc_plan *plan, size_t index)
{
    const struct sc_observation *from = &plan->market.inference_share.observation[index];
    return (struct sc_fit_observation){
        sc_plan_value(plan, from->year, NAN), sc_plan_value(plan, from->value, NAN),
        sc_plan_value(plan, from->low, NAN), sc_plan_value(plan, from->high, NAN),
        sc_plan_value(plan, from->sigma, NAN)};
}

/* The directions of the two figures that a curve moves. */
struct directions {
    struct direction value, chair_value;
};

/* C by_parameters. Where the ceiling is held, C is that of k and mid given the ceiling. */
static struct direction direction_of(const struct sc_fit *fit, bool hold_ceiling, const double by[3])
{
    size_t size = hold_ceiling ? 2 : fit->covariance_size;
    bool given = hold_ceiling && fit->covariance_size == 3;
    double to[3] = {0, 0, 0};
    for (size_t i = 0; i < size; i++) {
        double of_ceiling = given ? fit->covariance[i][2] / fit->covariance[2][2] : 0;
        for (size_t j = 0; j < size; j++)
            to[i] += (fit->covariance[i][j] - of_ceiling * fit->covariance[2][j]) * by[j];
    }
    return (struct direction){to[0], to[1], to[2]};
}

static struct directions directions_of(const struct sc_sweep *sweep, const struct sc_fit *fit,
                                       bool hold_ceiling)
{
    const struct sc_curve_derivative *by = &sweep->gradient->curve;
    const double of_value[3] = {by->k.value, by->mid.value, by->ceiling.value};
    const double of_chair[3] = {by->k.chair_value, by->mid.chair_value, by->ceiling.chair_value};
    return (struct directions){direction_of(fit, hold_ceiling, of_value),
                               direction_of(fit, hold_ceiling, of_chair)};
}

static struct sc_derivative both(double value, double chair_value)
{
    return (struct sc_derivative){.value = value, .chair_value = chair_value};
}

/* What the given floor and ceiling add through the fitted parameters. */
struct given {
    struct sc_derivative floor, ceiling;
};

static void add_observation(struct sc_sweep *sweep, const struct sc_fit *fit, const struct directions *to,
                            size_t index, struct given *given)
{
    const struct sc_observation *slot = &sweep->plan->market.inference_share.observation[index];
    struct sc_fit_observation seen = observation_at(sweep->plan, index);
    struct by_data v = derive_observation(&fit->curve, &seen, &to->value);
    struct by_data c = derive_observation(&fit->curve, &seen, &to->chair_value);
    sc_sweep_slot(sweep, slot->year, both(v.by[BY_YEAR], c.by[BY_YEAR]));
    sc_sweep_slot(sweep, slot->value, both(v.value, c.value));
    sc_sweep_slot(sweep, slot->low, both(v.low, c.low));
    sc_sweep_slot(sweep, slot->high, both(v.high, c.high));
    sc_sweep_slot(sweep, slot->sigma, both(v.by[BY_SIGMA], c.by[BY_SIGMA]));
    sc_derivative_add(&given->floor, both(v.by[BY_FLOOR], c.by[BY_FLOOR]), 1);
    sc_derivative_add(&given->ceiling, both(v.by[BY_CEILING], c.by[BY_CEILING]), 1);
}

/* A ceiling that was fitted is moved, with k and mid fitted to it. */
static void refit_ceiling(struct sc_sweep *sweep, const struct sc_fit *fit)
{
    struct directions to = directions_of(sweep, fit, true);
    struct sc_derivative *sum = &sweep->gradient->refitted_ceiling;
    *sum = sweep->gradient->curve.ceiling;
    for (size_t i = 0; i < sweep->plan->market.inference_share.observation_count; i++) {
        struct sc_fit_observation seen = observation_at(sweep->plan, i);
        struct by_data v = derive_observation(&fit->curve, &seen, &to.value);
        struct by_data c = derive_observation(&fit->curve, &seen, &to.chair_value);
        sc_derivative_add(sum, both(v.by[BY_CEILING], c.by[BY_CEILING]), 1);
    }
}

/* The data leave a direction free: what they add is not defined. */
static void leave_undefined(struct sc_sweep *sweep, const char *reason)
{
    const struct sc_share_curve *curve = &sweep->plan->market.inference_share;
    const struct sc_derivative none = both(NAN, NAN);
    for (size_t i = 0; i < curve->observation_count; i++) {
        const struct sc_observation *slot = &curve->observation[i];
        sc_sweep_slot(sweep, slot->year, none);
        sc_sweep_slot(sweep, slot->value, none);
        sc_sweep_slot(sweep, slot->low, none);
        sc_sweep_slot(sweep, slot->high, none);
        sc_sweep_slot(sweep, slot->sigma, none);
    }
    sc_sweep_slot(sweep, curve->floor, none);
    sc_sweep_slot(sweep, curve->ceiling, none);
    sweep->gradient->refitted_ceiling = none;
    sweep->gradient->fit_reason = reason;
}

static bool moves(struct sc_derivative by)
{
    return by.value != 0 || by.chair_value != 0;
}

void sc_sweep_fit(struct sc_sweep *sweep)
{
    const struct sc_share_curve *curve = &sweep->plan->market.inference_share;
    const struct sc_curve_derivative *by = &sweep->gradient->curve;
    const struct sc_fit *fit = sc_block_fit(sweep->block);
    struct given given = {{0, 0, 0}, {0, 0, 0}};
    if (!moves(by->k) && !moves(by->mid) && !moves(by->ceiling)) return; /* nothing stands on the curve */
    if (!fit->has_covariance) {
        leave_undefined(sweep, fit->reason);
        return;
    }
    struct directions to = directions_of(sweep, fit, false);
    for (size_t i = 0; i < curve->observation_count; i++) add_observation(sweep, fit, &to, i, &given);
    sc_sweep_slot(sweep, curve->floor, given.floor);
    sc_derivative_add(&given.ceiling, by->ceiling, 1);
    sc_sweep_slot(sweep, curve->ceiling, given.ceiling);
    if (fit->covariance_size == 2)
        sweep->gradient->refitted_ceiling = given.ceiling;
    else
        refit_ceiling(sweep, fit);
}
