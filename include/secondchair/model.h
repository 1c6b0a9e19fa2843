/* The model: from a compiled scenario to its figures, over many lanes at once. Pure functions; memory is the
 * caller's. Sections (MODEL n) are those of the README, "How the model works". */
#ifndef SC_MODEL_H
#define SC_MODEL_H

#include "fault.h"
#include "fit.h"
#include "plan.h"

#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Version of the model: two answers may be compared only where it is the same. */
#define SC_ENGINE_VERSION "1.0.1"

/* Version of the program around it. */
#define SC_SERVICE_VERSION "0.1.0"

enum { SC_LANES = 16, SC_YEARS_MAX = SC_HORIZON_MAX + 1 };

/* One figure in every lane. */
typedef double sc_row[SC_LANES];

/* Stand for the parameters of a fitted inference-share curve where they are moved themselves, not refitted:
 * slots of a sc_change only. */
enum { SC_SLOT_CURVE_K = 0xfff0, SC_SLOT_CURVE_MID, SC_SLOT_CURVE_CEILING };

/* Derives what follows from the plan's own figures (stub, market year, seat of each segment) and checks what
 * the table of fields cannot say: dates, members that exclude or need each other, ids, seats, observations.
 * Adds a fault for each; true when there was none. MODEL 1, 3, 4, 5, 7. */
bool sc_plan_link(struct sc_plan *plan, struct sc_faults *faults);

/* Whether any of that depends on the number in a slot, not only on its being there; or the fit to
 * observations. */
bool sc_plan_link_reads(const struct sc_plan *plan, sc_slot slot);

/* Why a lane has no value. Bits: a lane may have several. */
enum sc_lane_fault {
    SC_LANE_SHARES = 1, /* shares_exceed_one */
    SC_LANE_GROWTH = 2, /* growth_not_below_discount_rate */
    SC_LANE_FIT = 4,    /* fit_failed */
    SC_LANE_DOMAIN = 8  /* not_computable: a rate at or below -100 %, a result that is not finite */
};

/* From enterprise value to the share, in one lane. MODEL 7. */
struct sc_settlement {
    double after_failure, equity, option_value, value_per_share, diluted_shares;
    bool pinned; /* the share is held at a threshold by the warrants that vest there */
};

/* Where the ramps of a shape stand in each year: 0 at their start, 1 at their end. MODEL 1. */
struct sc_ramp {
    uint8_t from, to, shape;
    bool known;
    double position[SC_YEARS_MAX + 1];
};
enum { SC_RAMPS = 8 };

/* All figures of one evaluation. Yearly figures are rows [year], 0 … horizon (flows from year 1); those of a
 * seat or a segment are rows [index * years + year]. Money in USD million. */
struct sc_block {
    const struct sc_plan *plan;
    int years;             /* horizon + 1 */
    size_t lanes;          /* in use; the others hold copies of the last */
    sc_row *driver;        /* [slots] */
    double lost[SC_LANES]; /* year at whose start the chair is lost; INFINITY: never */
    uint32_t fault[SC_LANES];
    uint32_t fault_of_fit[SC_LANES], fault_of_seats[SC_LANES], fault_of_rates[SC_LANES],
        fault_of_growth[SC_LANES]; /* by stage */
    bool curve_moved;              /* the curve's parameters are given by changes */
    bool sums_losses;              /* sc_mix may sum branches up in a shorter way, with other last digits */
    bool warm;                     /* the rows hold what the drivers that stand still give */
    unsigned moving;  /* groups of the drivers that change from call to call, a bit each: sc_block_moves */
    bool *slot_moves; /* [slots]: those drivers */

    sc_row *total_spend, *inference_share, *training_spend, *inference_spend, *silicon_content;
    sc_row *training_taken, *inference_taken; /* shares of the seats that are not residual, added up */
    sc_row *training_still, *inference_still; /* of that, what the seats that stand still take */
    sc_row *seat_training, *seat_inference, *seat_revenue;
    sc_row *segment_revenue, *segment_margin;
    sc_row *held_revenue, *held_margin; /* of segments, before the chair's loss */
    sc_row *other_revenue, *other_ebit; /* of the segments off the chair, added up */
    sc_row *still_revenue, *still_ebit; /* of those whose rows do not move from call to call */
    sc_row *chair_revenue, *chair_ebit,
        *chair_ebit_lost; /* of those on it, as held; with the margin of the lost chair */
    sc_row *chair_left;   /* [n]: what part of their revenue is left in the nth year without it; [0]: 1 */
    sc_row *corporate_rate, *sales_to_capital, *capex_rate, *depreciation_rate, *working_capital_rate,
        *sbc_rate, *hazard;
    sc_row *outlay_rate,
        *outlay; /* what goes out by revenue; reinvestment, less compensation that is added back */
    sc_row *revenue, *corporate_cost, *ebit, *tax_rate, *tax, *nol, *nol_used, *nopat, *capex, *depreciation,
        *reinvestment, *sbc, *fcff, *wacc, *discount_to_end, *discount_factor, *pv;
    sc_row *flow_factor; /* discount factor of the part of a year that is to come */
    sc_row *pv_sum;      /* of the years up to this one */

    sc_row curve_k, curve_mid, curve_floor, curve_ceiling;
    sc_row terminal_growth, terminal_wacc, terminal_tax_rate, terminal_nopat, terminal_fcff, terminal_metric;
    sc_row terminal_capitalisation; /* terminal value for a flow of 1 */
    sc_row terminal_value, terminal_discount, pv_terminal, pv_forecast, enterprise_value;
    sc_row chair_floor, chair_retention, chair_margin_loss, nol_limit;
    sc_row terminal_ronic, terminal_multiple, terminal_half_life, terminal_growth_start;
    sc_row failure_factor; /* the part of enterprise value that failure leaves */
    sc_row net_cash;       /* cash and investments less debt and all other claims before equity */
    sc_row after_failure, equity, option_value, value_per_share;
    sc_row shares;                                                      /* basic + rsu */
    sc_row *claim_count, *claim_strike, *claim_threshold, *claim_entry; /* [claims]: options, then warrants */
    sc_row *claim_paid;                                                 /* count strike */
    sc_row *claimed_at_entry; /* [claims]: what all claims take when the share is at an entry */
    size_t claims;
    struct sc_settlement settlement[SC_LANES]; /* filled by sc_evaluate */

    struct sc_ramp ramp[SC_RAMPS]; /* some that were met */
    sc_row stub_rate;              /* the rate of which the factors of year 1 are */
    struct sc_fit fit;             /* of the plan's own observations, once it is known */
    bool fit_known;
};

/* Bytes that a block for this plan needs, and its making from that many bytes aligned to 64. */
size_t sc_block_size(const struct sc_plan *plan);
void sc_block_init(struct sc_block *block, const struct sc_plan *plan, void *memory);

/* A driver that differs from the plan's value: value has one number per lane. */
struct sc_change {
    sc_slot slot;
    const double *value;
};

/* What to evaluate: 1 … SC_LANES lanes; lost[lane] as in the block. */
struct sc_lanes {
    size_t count;
    const double *lost;
    const struct sc_change *change;
    size_t change_count;
};

/* Evaluates sections 2 to 7 in every lane. A lane that leaves the domain has bits in block->fault and figures
 * of no meaning; the others are not touched by it. */
void sc_evaluate(struct sc_block *block, const struct sc_lanes *lanes);

/* Says which slots will move from one call of sc_mix to the next: what does not depend on them is evaluated
 * once. Slots of any other driver have the plan's value. */
void sc_block_moves(struct sc_block *block, const sc_slot *slot, size_t count);

/* The headline of up to SC_LANES points at once: a lane is a point, and the branches of section 8 are gone
 * through one after the other. of_branch and weight are indexed by the year of loss; 0: never. */
struct sc_mixture {
    size_t branches; /* horizon + 1; 1 without a chair block */
    sc_row value;    /* the mixture; NAN where any branch has no value */
    sc_row of_branch[SC_YEARS_MAX], weight[SC_YEARS_MAX];
    bool keeps_flows;
    sc_row revenue[SC_YEARS_MAX], fcff[SC_YEARS_MAX]; /* by year, with the chair held: where flows are kept */
    uint32_t fault[SC_LANES];
};

/* Evaluates the points; their slots are those of sc_block_moves, in any order. lanes->lost is not read. */
void sc_mix(struct sc_block *block, const struct sc_lanes *lanes, struct sc_mixture *mixture);

/* The market alone (sections 2 to 4), for as many years as the block has. */
void sc_evaluate_market(struct sc_block *block, const struct sc_lanes *lanes);

/* The settlement of a lane whose enterprise value were another. */
struct sc_settlement sc_settle(const struct sc_block *block, size_t lane, double enterprise_value);

/* The share in every lane when equity is this and the basic count has grown by a factor since. */
void sc_share_of_equity(const struct sc_block *block, const sc_row equity, double basic_growth, sc_row share);

/* Adds a fault, with place and figures, for each bit of the lane. */
void sc_block_explain(struct sc_block *block, size_t lane, struct sc_faults *faults);

/* The value of a path in a year, in every lane; 0 for an absent path. Past an array's end its last value
 * holds. */
void sc_path_row(const struct sc_block *block, const struct sc_path *path, int year, sc_row out);

/* The fit of the inference share to the plan's own observations, found once. fit->found is false when it has
 * none, or none was found: then fit->reason says why. */
const struct sc_fit *sc_block_fit(struct sc_block *block);

/* The plan's own value of a slot; fallback for SC_NO_SLOT. */
static inline double sc_plan_value(const struct sc_plan *plan, sc_slot slot, double fallback)
{
    return slot == SC_NO_SLOT ? fallback : plan->driver[slot];
}

/* The part of a year's cash flow that is still to come: the stub of year 1, all of the others. MODEL 1. */
static inline double sc_part_of_year(const struct sc_plan *plan, int year)
{
    return year == 1 ? plan->stub : 1;
}

/* Section 8, and the headline figures. Arrays are indexed by the year of loss, 1 … horizon. */
struct sc_chair {
    bool present; /* the scenario has a chair block; otherwise only value_if_held and expected_value hold */
    int horizon;
    double lost_probability[SC_YEARS_MAX], survival[SC_YEARS_MAX], value_if_lost[SC_YEARS_MAX];
    double hold_probability, value_if_held, expected_value;
    double chair_value_per_share, chair_value;
    double on_value, forever;
    const char *forever_reason; /* why forever is not defined, or NULL */
    double break_even;          /* hold probability; NAN with a reason */
    double break_even_factor;   /* by which the hazard was scaled */
    const char *break_even_reason;
};

/* Evaluates all branches of the plan's own drivers. On return the block's lane 0 is the branch in which the
 * chair is held. False: some branch has no value; faults say why. */
bool sc_chair_evaluate(struct sc_block *block, struct sc_chair *chair, struct sc_faults *faults);

#endif
