#include "path.h"

#include "normal.h"

#include <math.h>

enum { CLAIMS_MAX = 2 * SC_TRANCHES_MAX };

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

/* What the claims take in all at a share price: v N(v). It never falls, and jumps up at thresholds. */
SC_PART void claimed(const struct sc_block *block, const double *shares, const double *v, double *sum)
{
    SC_EACH_LANE (l) sum[l] = v[l] * shares[l];
    for (size_t i = 0; i < block->claims; i++) {
        const double *count = block->claim_count[i], *strike = block->claim_strike[i],
                     *threshold = block->claim_threshold[i];
        SC_EACH_LANE (l) {
            double taken = count[l] * (v[l] - strike[l]);
            bool in = (v[l] >= threshold[l]) & (v[l] > strike[l]);
            sum[l] += in ? taken : 0;
        }
    }
}

SC_PART void read_claims(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    size_t claims = 0;
    for (size_t i = 0; plan->dilution.method == SC_TREASURY && i < plan->dilution.option_count; i++) {
        const struct sc_option *option = &plan->dilution.option[i];
        sc_slot_row(block, option->count, 0, block->claim_count[claims]);
        sc_slot_row(block, option->strike, 0, block->claim_strike[claims]);
        sc_slot_row(block, SC_NO_SLOT, 0, block->claim_threshold[claims++]);
    }
    for (size_t i = 0; i < plan->dilution.warrant_count; i++) {
        const struct sc_warrant *warrant = &plan->dilution.warrant[i];
        double *count = block->claim_count[claims];
        sc_row probability;
        sc_slot_row(block, warrant->count, 0, count);
        sc_slot_row(block, warrant->probability, 1, probability);
        SC_EACH_LANE (l) count[l] *= probability[l];
        sc_slot_row(block, warrant->strike, 0, block->claim_strike[claims]);
        sc_slot_row(block, warrant->threshold, 0, block->claim_threshold[claims++]);
    }
    block->claims = claims;
}

/* The share price at which each claim comes in, and what all of them take at it. */
SC_PART void find_entries(struct sc_block *block)
{
    for (size_t i = 0; i < block->claims; i++) {
        const double *strike = block->claim_strike[i], *threshold = block->claim_threshold[i];
        double *entry = block->claim_entry[i], *paid = block->claim_paid[i];
        const double *count = block->claim_count[i];
        SC_EACH_LANE (l) entry[l] = strike[l] > threshold[l] ? strike[l] : threshold[l];
        SC_EACH_LANE (l) paid[l] = count[l] * strike[l];
    }
    for (size_t i = 0; i < block->claims; i++)
        claimed(block, block->shares, block->claim_entry[i], block->claimed_at_entry[i]);
}

SC_PART void read_bridge(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    const sc_slot slot[] = {plan->bridge.cash,   plan->bridge.investments, plan->bridge.debt,
                            plan->bridge.leases, plan->bridge.minority,    plan->bridge.preferred};
    double *net_cash = block->net_cash, *factor = block->failure_factor;
    sc_row amount, probability, recovery;
    SC_EACH_LANE (l) net_cash[l] = 0;
    for (size_t i = 0; i < sizeof slot / sizeof slot[0]; i++) {
        double sign = i < 2 ? 1 : -1;
        sc_slot_row(block, slot[i], 0, amount);
        SC_EACH_LANE (l) net_cash[l] += sign * amount[l];
    }
    sc_slot_row(block, plan->failure.present ? plan->failure.probability : SC_NO_SLOT, 0, probability);
    sc_slot_row(block, plan->failure.present ? plan->failure.recovery : SC_NO_SLOT, 0, recovery);
    SC_EACH_LANE (l) factor[l] = 1 - probability[l] + probability[l] * recovery[l];
}

SC_WIDE void sc_stage_claims(struct sc_block *block, unsigned moving)
{
    const struct sc_plan *plan = block->plan;
    double *shares = block->shares;
    sc_row rsu;
    if (!(moving & SC_GROUP_BIT(SC_GROUP_BRIDGE))) return;
    read_bridge(block);
    sc_slot_row(block, plan->dilution.basic, 0, shares);
    sc_slot_row(block, plan->dilution.rsu, 0, rsu);
    SC_EACH_LANE (l) shares[l] += rsu[l];
    read_claims(block);
    find_entries(block);
}

/* The smallest v >= 0 with v N(v) >= equity. A claim is passed where all claims at its entry take less than
 * equity. Above the entries that are passed v N(v) = slope v - offset; v is where that line reaches equity,
 * or the next entry where that comes before. Rounding never takes v below an entry that was passed. */
SC_PART void solve_share(const struct sc_block *block, const double *shares, const sc_row *claimed_at_entry,
                         const double *equity, double *share)
{
    sc_row slope, offset, passed, next;
    SC_EACH_LANE (l) {
        slope[l] = shares[l];
        offset[l] = passed[l] = 0;
        next[l] = INFINITY;
    }
    for (size_t i = 0; i < block->claims; i++) {
        const double *count = block->claim_count[i], *paid = block->claim_paid[i],
                     *entry = block->claim_entry[i], *at_entry = claimed_at_entry[i];
        SC_EACH_LANE (l) {
            bool in = at_entry[l] < equity[l];
            slope[l] += in ? count[l] : 0;
            offset[l] += in ? paid[l] : 0;
            passed[l] = (in & (entry[l] > passed[l])) ? entry[l] : passed[l];
            next[l] = (!in & (entry[l] < next[l])) ? entry[l] : next[l];
        }
    }
    SC_EACH_LANE (l) {
        double line = (equity[l] + offset[l]) / slope[l];
        double above = line < passed[l] ? passed[l] : line, v = above < next[l] ? above : next[l];
        /* equity that is no number gives a share that is none */
        share[l] = equity[l] > 0 ? v : equity[l] <= 0 ? 0 : equity[l];
    }
}

/* Options that are valued are taken off first. */
SC_PART void take_options(const struct sc_block *block, const double *shares, const double *equity,
                          double *option_value)
{
    SC_EACH_LANE (l) option_value[l] = 0;
    if (block->plan->dilution.method != SC_OPTION_VALUE) return;
    for (size_t l = 0; l < SC_LANES; l++) option_value[l] = options_value(block, l, shares[l], equity[l]);
}

SC_WIDE void sc_stage_settle(struct sc_block *block)
{
    const double *enterprise_value = block->enterprise_value, *factor = block->failure_factor,
                 *net_cash = block->net_cash, *option_value = block->option_value;
    double *after_failure = block->after_failure, *equity = block->equity, *share = block->value_per_share;
    sc_row left;
    SC_EACH_LANE (l) {
        after_failure[l] = enterprise_value[l] * factor[l];
        equity[l] = after_failure[l] + net_cash[l];
    }
    take_options(block, block->shares, equity, block->option_value);
    SC_EACH_LANE (l) left[l] = equity[l] - option_value[l];
    solve_share(block, block->shares, (const sc_row *)block->claimed_at_entry, left, share);
}

/* True where claims jump past equity at the share: warrants vest there that were worth exercising below. */
static bool is_pinned(const struct sc_block *block, size_t lane, double v, double left, double taken)
{
    double vesting = 0;
    for (size_t i = 0; i < block->claims; i++)
        if (block->claim_threshold[i][lane] == v && block->claim_strike[i][lane] < v)
            vesting += block->claim_count[i][lane] * (v - block->claim_strike[i][lane]);
    return v > 0 && vesting > 0 && taken - vesting < left && left < taken;
}

SC_WIDE static void claimed_at(const struct sc_block *block, const double *share, sc_row sum)
{
    claimed(block, block->shares, share, sum);
}

void sc_fill_settlements(struct sc_block *block)
{
    sc_row taken = {0};
    claimed_at(block, block->value_per_share, taken);
    for (size_t lane = 0; lane < block->lanes; lane++) {
        double v = block->value_per_share[lane], left = block->equity[lane] - block->option_value[lane];
        block->settlement[lane] = (struct sc_settlement){
            .after_failure = block->after_failure[lane],
            .equity = block->equity[lane],
            .option_value = block->option_value[lane],
            .value_per_share = v,
            .diluted_shares = v > 0 ? taken[lane] / v : block->shares[lane],
            .pinned = is_pinned(block, lane, v, left, taken[lane]),
        };
    }
}

struct sc_settlement sc_settle(const struct sc_block *block, size_t lane, double enterprise_value)
{
    struct sc_block other = *block;
    other.enterprise_value[lane] = enterprise_value;
    sc_stage_settle(&other);
    sc_fill_settlements(&other);
    return other.settlement[lane];
}

SC_WIDE void sc_share_of_equity(const struct sc_block *block, const sc_row equity, double basic_growth,
                                sc_row share)
{
    sc_row basic, shares, claimed_at_entry[CLAIMS_MAX], option_value, left;
    sc_slot_row(block, block->plan->dilution.basic, 0, basic);
    sc_slot_row(block, block->plan->dilution.rsu, 0, shares);
    SC_EACH_LANE (l) shares[l] += basic_growth * basic[l];
    for (size_t i = 0; i < block->claims; i++)
        claimed(block, shares, block->claim_entry[i], claimed_at_entry[i]);
    take_options(block, shares, equity, option_value);
    SC_EACH_LANE (l) left[l] = equity[l] - option_value[l];
    solve_share(block, shares, (const sc_row *)claimed_at_entry, left, share);
}
