#include "secondchair/model.h"

#include "normal.h"

#include <math.h>
#include <stdlib.h>

/* A tranche of shares: count of them come in when the share is above strike and has reached threshold. */
struct tranche {
    double count, strike, threshold;
};

struct claims {
    struct tranche tranche[2 * SC_TRANCHES_MAX];
    size_t tranches;
    double shares; /* basic + rsu */
};

#define IN_LANE(slot, otherwise) ((slot) == SC_NO_SLOT ? (otherwise) : block->driver[slot][lane])

/* Black-Scholes, without dividends. F. Black and M. Scholes 1973. */
static double call_value(double share, double strike, double years, double volatility, double rate)
{
    if (share <= 0) return 0;
    if (strike <= 0) return share;
    double spread = volatility * sqrt(years);
    double d1 = (log(share / strike) + (rate + 0.5 * volatility * volatility) * years) / spread;
    return share * sc_normal_cdf(d1) - strike * exp(-rate * years) * sc_normal_cdf(d1 - spread);
}

/* The options' value on the diluted share, to be taken off equity. MODEL 7. */
static double options_value(const struct sc_block *block, size_t lane, double shares, double equity)
{
    const struct sc_plan *plan = block->plan;
    double count = 0, value = 0;
    for (size_t i = 0; i < plan->dilution.option_count; i++)
        count += IN_LANE(plan->dilution.option[i].count, 0);
    double share = (equity > 0 ? equity : 0) / (shares + count);
    for (size_t i = 0; i < plan->dilution.option_count; i++) {
        const struct sc_option *option = &plan->dilution.option[i];
        value += IN_LANE(option->count, 0) *
                 call_value(share, IN_LANE(option->strike, 0), IN_LANE(option->years, 1),
                            IN_LANE(option->volatility, 0), IN_LANE(option->rate, 0));
    }
    return value;
}

static void read_claims(const struct sc_block *block, size_t lane, double basic_growth, struct claims *claims)
{
    const struct sc_plan *plan = block->plan;
    claims->tranches = 0;
    claims->shares = basic_growth * IN_LANE(plan->dilution.basic, 0) + IN_LANE(plan->dilution.rsu, 0);
    bool treasury = plan->dilution.method == SC_TREASURY;
    for (size_t i = 0; treasury && i < plan->dilution.option_count; i++) {
        const struct sc_option *option = &plan->dilution.option[i];
        claims->tranche[claims->tranches++] =
            (struct tranche){IN_LANE(option->count, 0), IN_LANE(option->strike, 0), 0};
    }
    for (size_t i = 0; i < plan->dilution.warrant_count; i++) {
        const struct sc_warrant *warrant = &plan->dilution.warrant[i];
        claims->tranche[claims->tranches++] =
            (struct tranche){IN_LANE(warrant->count, 0) * IN_LANE(warrant->probability, 1),
                             IN_LANE(warrant->strike, 0), IN_LANE(warrant->threshold, 0)};
    }
}

/* What the claims take in all at a share price: v N(v). It never falls, and jumps up at thresholds. */
static double claimed(const struct claims *claims, double v)
{
    double sum = v * claims->shares;
    for (size_t i = 0; i < claims->tranches; i++) {
        const struct tranche *t = &claims->tranche[i];
        if (v >= t->threshold && v > t->strike) sum += t->count * (v - t->strike);
    }
    return sum;
}

/* The share price at which a tranche comes in. */
static double entry(const struct tranche *tranche)
{
    return fmax(tranche->strike, tranche->threshold);
}

static int by_entry(const void *a, const void *b)
{
    double left = entry(a), right = entry(b);
    return left < right ? -1 : left > right;
}

/* True where claims jump at a price: warrants vest there that were already worth exercising below. */
static bool jumps_at(const struct claims *claims, double v)
{
    for (size_t i = 0; i < claims->tranches; i++) {
        const struct tranche *t = &claims->tranche[i];
        if (t->threshold == v && t->strike < v && t->count > 0) return true;
    }
    return false;
}

/* The smallest v >= 0 with v N(v) >= equity. Between entries v N(v) = slope v - offset; go up entry by entry
 * until the line reaches equity before the next one. Rounding never takes v below an entry that was passed.
 */
static double solve_share(struct claims *claims, double equity, bool *pinned)
{
    double slope = claims->shares, offset = 0, passed = 0;
    *pinned = false;
    if (!(equity > 0)) return 0;
    qsort(claims->tranche, claims->tranches, sizeof claims->tranche[0], by_entry);
    for (size_t i = 0; i < claims->tranches; i++) {
        const struct tranche *t = &claims->tranche[i];
        double v = fmax((equity + offset) / slope, passed), at = entry(t);
        if (v < at) return v;
        if (claimed(claims, at) >= equity) { /* the jump at this entry passes equity */
            *pinned = v > at && claimed(claims, at) > equity && jumps_at(claims, at);
            return at;
        }
        slope += t->count;
        offset += t->count * t->strike;
        passed = at;
    }
    return fmax((equity + offset) / slope, passed);
}

double sc_failure_factor(const struct sc_block *block, size_t lane)
{
    const struct sc_plan *plan = block->plan;
    if (!plan->failure.present) return 1;
    double p = IN_LANE(plan->failure.probability, 0), r = IN_LANE(plan->failure.recovery, 0);
    return 1 - p + p * r;
}

double sc_net_cash(const struct sc_block *block, size_t lane)
{
    const struct sc_plan *plan = block->plan;
    return IN_LANE(plan->bridge.cash, 0) + IN_LANE(plan->bridge.investments, 0) -
           IN_LANE(plan->bridge.debt, 0) - IN_LANE(plan->bridge.leases, 0) -
           IN_LANE(plan->bridge.minority, 0) - IN_LANE(plan->bridge.preferred, 0);
}

/* Shares the equity out; the basic count is basic_growth times what it was. */
static void share_out(const struct sc_block *block, size_t lane, double basic_growth,
                      struct sc_settlement *result)
{
    struct claims claims;
    read_claims(block, lane, basic_growth, &claims);
    if (block->plan->dilution.method == SC_OPTION_VALUE)
        result->option_value = options_value(block, lane, claims.shares, result->equity);
    result->value_per_share = solve_share(&claims, result->equity - result->option_value, &result->pinned);
    double v = result->value_per_share;
    result->diluted_shares = v > 0 ? claimed(&claims, v) / v : claims.shares;
}

struct sc_settlement sc_settle(const struct sc_block *block, size_t lane, double enterprise_value)
{
    struct sc_settlement result = {.after_failure = enterprise_value * sc_failure_factor(block, lane)};
    result.equity = result.after_failure + sc_net_cash(block, lane);
    share_out(block, lane, 1, &result);
    return result;
}

double sc_share_of_equity(const struct sc_block *block, size_t lane, double equity, double basic_growth)
{
    struct sc_settlement result = {.equity = equity};
    share_out(block, lane, basic_growth, &result);
    return result.value_per_share;
}
