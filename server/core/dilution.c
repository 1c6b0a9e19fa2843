#include "path.h"

#include "elementary.h"
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
    double d1 = (sc_log(share / strike) + (rate + 0.5 * volatility * volatility) * years) / spread;
    return share * sc_normal_cdf(d1) - strike * sc_exp(-rate * years) * sc_normal_cdf(d1 - spread);
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

static bool stands_still(const struct sc_block *block, sc_slot slot)
{
    return slot == SC_NO_SLOT || !block->slot_moves[slot];
}

/* A claim whose terms stand still and are those of one before it is more of that one: fewer to go through, in
 * another order of adding up. */
SC_PART void add_claim(struct sc_block *block, sc_slot count, sc_slot probability, sc_slot strike,
                       sc_slot threshold)
{
    size_t last = block->claims, like = last;
    sc_row *counts = block->claim_count, *strikes = block->claim_strike, *thresholds = block->claim_threshold;
    sc_row part;
    sc_slot_row(block, count, 0, counts[last]);
    sc_slot_row(block, probability, 1, part);
    sc_slot_row(block, strike, 0, strikes[last]);
    sc_slot_row(block, threshold, 0, thresholds[last]);
    SC_EACH_LANE (l) counts[last][l] *= part[l];
    if (block->sums_losses && stands_still(block, strike) && stands_still(block, threshold))
        for (like = 0; like < last; like++)
            if (sc_rows_are_equal(strikes[like], strikes[last]) &&
                sc_rows_are_equal(thresholds[like], thresholds[last]))
                break;
    if (like == last)
        block->claims++;
    else
        SC_EACH_LANE (l) counts[like][l] += counts[last][l];
}

SC_PART void read_claims(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    block->claims = 0;
    for (size_t i = 0; plan->dilution.method == SC_TREASURY && i < plan->dilution.option_count; i++) {
        const struct sc_option *option = &plan->dilution.option[i];
        add_claim(block, option->count, SC_NO_SLOT, option->strike, SC_NO_SLOT);
    }
    for (size_t i = 0; i < plan->dilution.warrant_count; i++) {
        const struct sc_warrant *warrant = &plan->dilution.warrant[i];
        add_claim(block, warrant->count, warrant->probability, warrant->strike, warrant->threshold);
    }
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

/* What is known of a share that is being looked for: above the entries that are passed v N(v) = slope v -
 * offset. */
struct search {
    double slope, offset, passed, next;
};

/* A claim is passed where all claims at its entry take less than equity. */
SC_PART struct search pass_claim(struct search s, double equity, double at_entry, double entry, double count,
                                 double paid)
{
    bool in = at_entry < equity;
    double entered = in ? entry : 0, ahead = in ? INFINITY : entry;
    s.slope += in ? count : 0;
    s.offset += in ? paid : 0;
    s.passed = entered > s.passed ? entered : s.passed;
    s.next = ahead < s.next ? ahead : s.next;
    return s;
}

/* v is where the line above the claims that are passed reaches equity, or the next entry where that comes
 * before. Rounding never takes v below an entry that was passed. Equity that is no number gives a share that
 * is none. */
SC_PART double found_share(double equity, struct search s)
{
    double line = (equity + s.offset) / s.slope, above = line < s.passed ? s.passed : line;
    double found = above < s.next ? above : s.next;
    return equity > 0 ? found : equity <= 0 ? 0 : equity;
}

/* claims is a constant where this is inlined: what is known stays in registers. */
SC_PART void solve_few(const struct sc_block *block, const double *shares, const sc_row *claimed_at_entry,
                       const double *equity, size_t claims, double *share)
{
    sc_row *entry = block->claim_entry, *count = block->claim_count, *paid = block->claim_paid;
    SC_EACH_LANE (l) {
        struct search s = {shares[l], 0, 0, INFINITY};
#pragma GCC unroll 4
        for (size_t i = 0; i < claims; i++)
            s = pass_claim(s, equity[l], claimed_at_entry[i][l], entry[i][l], count[i][l], paid[i][l]);
        share[l] = found_share(equity[l], s);
    }
}

SC_PART void solve_many(const struct sc_block *block, const double *shares, const sc_row *claimed_at_entry,
                        const double *equity, double *share)
{
    sc_row slope, offset = {0}, passed = {0}, next;
    SC_EACH_LANE (l) slope[l] = shares[l];
    SC_EACH_LANE (l) next[l] = INFINITY;
    for (size_t i = 0; i < block->claims; i++) {
        const double *at_entry = claimed_at_entry[i], *entry = block->claim_entry[i],
                     *count = block->claim_count[i], *paid = block->claim_paid[i];
        SC_EACH_LANE (l) {
            struct search s = {slope[l], offset[l], passed[l], next[l]};
            s = pass_claim(s, equity[l], at_entry[l], entry[l], count[l], paid[l]);
            slope[l] = s.slope;
            offset[l] = s.offset;
            passed[l] = s.passed;
            next[l] = s.next;
        }
    }
    SC_EACH_LANE (l)
        share[l] = found_share(equity[l], (struct search){slope[l], offset[l], passed[l], next[l]});
}

/* The smallest v >= 0 with v N(v) >= equity, for several rows of equity. */
SC_PART void solve_shares(const struct sc_block *block, const double *shares, const sc_row *claimed_at_entry,
                          const sc_row *equity, size_t rows, sc_row *share)
{
#define SOLVE_FEW(claims)                                                                                    \
    case claims:                                                                                             \
        for (size_t i = 0; i < rows; i++)                                                                    \
            solve_few(block, shares, claimed_at_entry, equity[i], claims, share[i]);                         \
        break
    switch (block->claims) {
        SOLVE_FEW(0);
        SOLVE_FEW(1);
        SOLVE_FEW(2);
        SOLVE_FEW(3);
        SOLVE_FEW(4);
    default:
        for (size_t i = 0; i < rows; i++) solve_many(block, shares, claimed_at_entry, equity[i], share[i]);
    }
#undef SOLVE_FEW
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
    double *after_failure = block->after_failure, *equity = block->equity;
    sc_row left;
    SC_EACH_LANE (l) {
        after_failure[l] = enterprise_value[l] * factor[l];
        equity[l] = after_failure[l] + net_cash[l];
    }
    take_options(block, block->shares, equity, block->option_value);
    SC_EACH_LANE (l) left[l] = equity[l] - option_value[l];
    solve_shares(block, block->shares, (const sc_row *)block->claimed_at_entry, (const sc_row *)&left, 1,
                 &block->value_per_share);
}

SC_WIDE void sc_settle_rows(const struct sc_block *block, const sc_row *enterprise_value, size_t rows,
                            sc_row *share)
{
    const double *factor = block->failure_factor, *net_cash = block->net_cash;
    sc_row left[SC_YEARS_MAX];
    for (size_t i = 0; i < rows; i++) {
        const double *whole = enterprise_value[i];
        double *own = left[i];
        sc_row options;
        SC_EACH_LANE (l) own[l] = whole[l] * factor[l] + net_cash[l];
        take_options(block, block->shares, own, options);
        SC_EACH_LANE (l) own[l] -= options[l];
    }
    solve_shares(block, block->shares, (const sc_row *)block->claimed_at_entry, (const sc_row *)left, rows,
                 share);
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
    solve_shares(block, shares, (const sc_row *)claimed_at_entry, (const sc_row *)&left, 1, (sc_row *)share);
}
