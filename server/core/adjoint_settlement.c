#include "adjoint.h"

#include "elementary.h"
#include "normal.h"

#include <math.h>

static double number(const struct sc_sweep *sweep, sc_slot slot, double otherwise)
{
    return sc_plan_value(sweep->plan, slot, otherwise);
}

/* Adds to the derivative by a driver what a unit more of it adds to the share of one lane. */
static void add_in_lane(struct sc_sweep *sweep, size_t lane, sc_slot slot, double by)
{
    double sign = lane == 0 ? 1 : lane == 1 ? -1 : 0;
    sc_sweep_slot(sweep, slot,
                  (struct sc_derivative){.value = sweep->weight[lane] * by,
                                         .chair_value = sweep->chair_value * sign * by});
}

/* A tranche that the share's value is solved with, at the value that was found. */
struct exercised {
    double count, strike;
    bool in, at_edge; /* it is exercised; the share stands exactly where it would be */
};

static struct exercised option_at(const struct sc_sweep *sweep, const struct sc_option *option, double v)
{
    struct exercised e = {number(sweep, option->count, 0), number(sweep, option->strike, 0), false, false};
    e.in = v > e.strike;
    e.at_edge = v == e.strike && e.count > 0;
    return e;
}

static struct exercised warrant_at(const struct sc_sweep *sweep, const struct sc_warrant *warrant, double v)
{
    struct exercised e = {number(sweep, warrant->count, 0) * number(sweep, warrant->probability, 1),
                          number(sweep, warrant->strike, 0), false, false};
    double threshold = number(sweep, warrant->threshold, 0);
    e.in = v >= threshold && v > e.strike;
    e.at_edge = e.count > 0 && ((v == e.strike && v >= threshold) || (v == threshold && v > e.strike));
    return e;
}

/* v N(v) = equity: N dv = dE - v dShares - sum of (v - K) dn - n dK over what is exercised. MODEL 7. Returns
 * dv/dE. */
static double share_by_equity(struct sc_sweep *sweep, size_t lane, double v)
{
    const struct sc_plan *plan = sweep->plan;
    size_t options = plan->dilution.method == SC_TREASURY ? plan->dilution.option_count : 0;
    double shares = number(sweep, plan->dilution.basic, 0) + number(sweep, plan->dilution.rsu, 0);
    for (size_t i = 0; i < options; i++) {
        struct exercised e = option_at(sweep, &plan->dilution.option[i], v);
        if (e.in) shares += e.count;
        if (e.at_edge) sweep->gradient->kinks |= SC_KINK_EXERCISE;
    }
    for (size_t i = 0; i < plan->dilution.warrant_count; i++) {
        struct exercised e = warrant_at(sweep, &plan->dilution.warrant[i], v);
        if (e.in) shares += e.count;
        if (e.at_edge) sweep->gradient->kinks |= SC_KINK_EXERCISE;
    }
    double by_equity = 1 / shares;
    for (size_t i = 0; i < options; i++) {
        const struct sc_option *option = &plan->dilution.option[i];
        struct exercised e = option_at(sweep, option, v);
        if (!e.in) continue;
        add_in_lane(sweep, lane, option->count, -by_equity * (v - e.strike));
        add_in_lane(sweep, lane, option->strike, by_equity * e.count);
    }
    for (size_t i = 0; i < plan->dilution.warrant_count; i++) {
        const struct sc_warrant *warrant = &plan->dilution.warrant[i];
        struct exercised e = warrant_at(sweep, warrant, v);
        if (!e.in) continue;
        double by_count = -by_equity * (v - e.strike);
        add_in_lane(sweep, lane, warrant->count, by_count * number(sweep, warrant->probability, 1));
        add_in_lane(sweep, lane, warrant->probability, by_count * number(sweep, warrant->count, 0));
        add_in_lane(sweep, lane, warrant->strike, by_equity * e.count);
    }
    add_in_lane(sweep, lane, plan->dilution.basic, -by_equity * v);
    add_in_lane(sweep, lane, plan->dilution.rsu, -by_equity * v);
    return by_equity;
}

/* The share moves with the threshold that holds it, and with nothing else. */
static void follow_threshold(struct sc_sweep *sweep, size_t lane, double v)
{
    const struct sc_plan *plan = sweep->plan;
    bool found = false;
    for (size_t i = 0; i < plan->dilution.warrant_count; i++) {
        const struct sc_warrant *warrant = &plan->dilution.warrant[i];
        double count = number(sweep, warrant->count, 0) * number(sweep, warrant->probability, 1);
        bool holds = number(sweep, warrant->threshold, 0) == v && number(sweep, warrant->strike, 0) < v;
        if (!holds || !(count > 0)) continue;
        if (found)
            sweep->gradient->kinks |= SC_KINK_PIN;
        else
            add_in_lane(sweep, lane, warrant->threshold, 1);
        found = true;
    }
}

/* A call's value and its derivatives. F. Black and M. Scholes 1973. */
struct call {
    double value, by_share, by_strike, by_years, by_volatility, by_rate;
};

static struct call call_of(double share, double strike, double years, double volatility, double rate)
{
    double discount = sc_exp(-rate * years);
    if (share <= 0) return (struct call){0};
    if (strike <= 0) return (struct call){.value = share, .by_share = 1, .by_strike = -discount};
    double root = sqrt(years), spread = volatility * root;
    double d1 = (sc_log(share / strike) + (rate + 0.5 * volatility * volatility) * years) / spread;
    double exercised = sc_normal_cdf(d1 - spread), density = sc_exp(sc_normal_log_pdf(d1));
    return (struct call){
        .value = share * sc_normal_cdf(d1) - strike * discount * exercised,
        .by_share = sc_normal_cdf(d1),
        .by_strike = -discount * exercised,
        .by_years = share * density * volatility / (2 * root) + rate * strike * discount * exercised,
        .by_volatility = share * density * root,
        .by_rate = strike * years * discount * exercised,
    };
}

static struct call value_option(const struct sc_sweep *sweep, const struct sc_option *option, double share)
{
    return call_of(share, number(sweep, option->strike, 0), number(sweep, option->years, 1),
                   number(sweep, option->volatility, 0), number(sweep, option->rate, 0));
}

/* Options are valued on the diluted share S = max(0, equity)/(basic + rsu + sum of n), and their value comes
 * off equity. MODEL 7. by_left is what a unit left of equity adds to the share; returns what one of equity
 * does. */
static double take_options_off(struct sc_sweep *sweep, size_t lane, double equity, double by_left)
{
    const struct sc_plan *plan = sweep->plan;
    double shares = number(sweep, plan->dilution.basic, 0) + number(sweep, plan->dilution.rsu, 0), delta = 0;
    for (size_t i = 0; i < plan->dilution.option_count; i++)
        shares += number(sweep, plan->dilution.option[i].count, 0);
    double share = (equity > 0 ? equity : 0) / shares;
    for (size_t i = 0; i < plan->dilution.option_count; i++) {
        const struct sc_option *option = &plan->dilution.option[i];
        struct call call = value_option(sweep, option, share);
        double by_call = -by_left * number(sweep, option->count, 0);
        delta += number(sweep, option->count, 0) * call.by_share;
        add_in_lane(sweep, lane, option->count, -by_left * call.value);
        add_in_lane(sweep, lane, option->strike, by_call * call.by_strike);
        add_in_lane(sweep, lane, option->years, by_call * call.by_years);
        add_in_lane(sweep, lane, option->volatility, by_call * call.by_volatility);
        add_in_lane(sweep, lane, option->rate, by_call * call.by_rate);
    }
    double by_share = -by_left * delta, by_shares = -by_share * share / shares;
    for (size_t i = 0; i < plan->dilution.option_count; i++)
        add_in_lane(sweep, lane, plan->dilution.option[i].count, by_shares);
    add_in_lane(sweep, lane, plan->dilution.basic, by_shares);
    add_in_lane(sweep, lane, plan->dilution.rsu, by_shares);
    return by_left + by_share / shares;
}

/* What a unit more of equity adds to the share of a lane. */
static double settle(struct sc_sweep *sweep, size_t lane)
{
    const struct sc_settlement *done = &sweep->block->settlement[lane];
    double left = done->equity - done->option_value;
    if (left == 0) sweep->gradient->kinks |= SC_KINK_EQUITY;
    if (!(left > 0)) return 0;
    if (done->pinned) {
        follow_threshold(sweep, lane, done->value_per_share);
        return 0;
    }
    double by_left = share_by_equity(sweep, lane, done->value_per_share);
    if (sweep->plan->dilution.method != SC_OPTION_VALUE) return by_left;
    return take_options_off(sweep, lane, done->equity, by_left);
}

/* Cash and investments add to equity, the other claims come off it. */
static void sweep_bridge(struct sc_sweep *sweep, struct sc_derivative by_equity)
{
    const struct sc_plan *plan = sweep->plan;
    struct sc_derivative taken = sc_derivative_times(by_equity, -1);
    sc_sweep_slot(sweep, plan->bridge.cash, by_equity);
    sc_sweep_slot(sweep, plan->bridge.investments, by_equity);
    sc_sweep_slot(sweep, plan->bridge.debt, taken);
    sc_sweep_slot(sweep, plan->bridge.leases, taken);
    sc_sweep_slot(sweep, plan->bridge.minority, taken);
    sc_sweep_slot(sweep, plan->bridge.preferred, taken);
}

/* What failure leaves of enterprise value: 1 - p + p r. */
static double sweep_failure(struct sc_sweep *sweep, const sc_row by_equity)
{
    const struct sc_plan *plan = sweep->plan;
    const double *enterprise = sweep->block->enterprise_value;
    if (!plan->failure.present) return 1;
    double p = number(sweep, plan->failure.probability, 0), r = number(sweep, plan->failure.recovery, 0);
    sc_row by_left;
    SC_EACH_LANE (l) by_left[l] = by_equity[l] * enterprise[l];
    struct sc_derivative sum = sc_sweep_sum(sweep, by_left);
    sc_sweep_slot(sweep, plan->failure.probability, sc_derivative_times(sum, r - 1));
    sc_sweep_slot(sweep, plan->failure.recovery, sc_derivative_times(sum, p));
    return 1 - p + p * r;
}

void sc_sweep_settlement(struct sc_sweep *sweep)
{
    sc_row by_equity = {0};
    for (size_t lane = 0; lane < sweep->block->lanes; lane++) by_equity[lane] = settle(sweep, lane);
    sweep_bridge(sweep, sc_sweep_sum(sweep, by_equity));
    double left = sweep_failure(sweep, by_equity);
    SC_EACH_LANE (l) sweep->by_enterprise[l] = by_equity[l] * left;
}
