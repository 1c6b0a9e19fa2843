#include "path.h"

#include <math.h>
#include <string.h>

enum { YEARLY = 45 }; /* rows a year of the block's own figures, seats and segments apart */

static size_t claims_of(const struct sc_plan *plan)
{
    return plan->dilution.option_count + plan->dilution.warrant_count;
}

static size_t rows_of(const struct sc_plan *plan, size_t years)
{
    return plan->slots + years * (YEARLY + 3 * plan->seat_count + 4 * plan->segment_count) +
           6 * claims_of(plan);
}

size_t sc_block_size(const struct sc_plan *plan)
{
    return rows_of(plan, (size_t)plan->horizon + 1) * sizeof(sc_row) + plan->slots * sizeof(bool);
}

/* Gives each member of a list its rows. */
static sc_row *lay_out(sc_row **const *member, size_t members, size_t rows, sc_row *next)
{
    for (size_t i = 0; i < members; i++, next += rows) *member[i] = next;
    return next;
}

#define COUNT(list) (sizeof(list) / sizeof((list)[0]))

void sc_block_init(struct sc_block *block, const struct sc_plan *plan, void *memory)
{
    size_t years = (size_t)plan->horizon + 1;
    *block = (struct sc_block){.plan = plan, .years = plan->horizon + 1};
    sc_row **const yearly[YEARLY] = {
        &block->total_spend,
        &block->inference_share,
        &block->training_spend,
        &block->inference_spend,
        &block->silicon_content,
        &block->training_taken,
        &block->inference_taken,
        &block->training_still,
        &block->inference_still,
        &block->other_revenue,
        &block->other_ebit,
        &block->still_revenue,
        &block->still_ebit,
        &block->chair_revenue,
        &block->chair_ebit,
        &block->chair_ebit_lost,
        &block->chair_left,
        &block->outlay_rate,
        &block->outlay,
        &block->flow_factor,
        &block->corporate_rate,
        &block->sales_to_capital,
        &block->capex_rate,
        &block->depreciation_rate,
        &block->sbc_rate,
        &block->hazard,
        &block->working_capital_rate,
        &block->revenue,
        &block->corporate_cost,
        &block->ebit,
        &block->tax_rate,
        &block->tax,
        &block->nol,
        &block->nol_used,
        &block->nopat,
        &block->capex,
        &block->depreciation,
        &block->reinvestment,
        &block->sbc,
        &block->fcff,
        &block->wacc,
        &block->discount_to_end,
        &block->discount_factor,
        &block->pv,
        &block->pv_sum,
    };
    sc_row **const of_seats[] = {&block->seat_training, &block->seat_inference, &block->seat_revenue};
    sc_row **const of_segments[] = {&block->segment_revenue, &block->segment_margin, &block->held_revenue,
                                    &block->held_margin};
    sc_row **const of_claims[] = {&block->claim_count, &block->claim_strike, &block->claim_threshold,
                                  &block->claim_paid,  &block->claim_entry,  &block->claimed_at_entry};
    sc_row *next = lay_out(yearly, COUNT(yearly), years, memory);
    next = lay_out(of_seats, COUNT(of_seats), years * plan->seat_count, next);
    next = lay_out(of_segments, COUNT(of_segments), years * plan->segment_count, next);
    block->driver = lay_out(of_claims, COUNT(of_claims), claims_of(plan), next);
    void *after_rows = block->driver + plan->slots;
    block->slot_moves = after_rows;
    memset(block->slot_moves, 0, plan->slots * sizeof *block->slot_moves);
}

/* Where a slot's value stands in the block. */
static double *row_of(struct sc_block *block, sc_slot slot)
{
    if (slot < block->plan->slots) return block->driver[slot];
    if (slot == SC_SLOT_CURVE_K) return block->curve_k;
    return slot == SC_SLOT_CURVE_MID ? block->curve_mid : block->curve_ceiling;
}

void sc_load_changes(struct sc_block *block, const struct sc_lanes *lanes)
{
    block->lanes = lanes->count;
    for (size_t i = 0; i < lanes->change_count; i++) {
        double *row = row_of(block, lanes->change[i].slot);
        memcpy(row, lanes->change[i].value, lanes->count * sizeof *row);
        for (size_t l = lanes->count; l < SC_LANES; l++) row[l] = row[lanes->count - 1];
    }
}

/* Every lane gets the plan's drivers. */
static void load_plan(struct sc_block *block)
{
    for (size_t slot = 0; slot < block->plan->slots; slot++) {
        double value = block->plan->driver[slot], *row = block->driver[slot];
        SC_EACH_LANE (l) row[l] = value;
    }
}

static void load(struct sc_block *block, const struct sc_lanes *lanes)
{
    block->warm = block->curve_moved = block->sums_losses = false;
    load_plan(block);
    sc_load_changes(block, lanes);
    for (size_t l = 0; l < SC_LANES; l++) {
        block->lost[l] = lanes->lost[l < lanes->count ? l : lanes->count - 1];
        block->fault_of_fit[l] = block->fault_of_seats[l] = 0;
        block->fault_of_rates[l] = block->fault_of_growth[l] = 0;
        block->fault[l] = 0;
    }
}

/* The group that a driver belongs to: its own field's, or that of the nearest member around it. */
static enum sc_group group_of(const struct sc_plan *plan, sc_slot slot)
{
    if (slot >= plan->slots) return SC_GROUP_INFERENCE_SHARE;
    for (size_t node = plan->driver_node[slot]; node != 0; node = plan->node[node].parent) {
        const struct sc_field *field = plan->node[node].field;
        if (field && field->group != SC_GROUP_NONE) return field->group;
    }
    return SC_GROUP_NONE;
}

void sc_block_moves(struct sc_block *block, const sc_slot *slot, size_t count)
{
    load(block, &(struct sc_lanes){.count = 1, .lost = (double[]){INFINITY}});
    block->moving = 0;
    memset(block->slot_moves, 0, block->plan->slots * sizeof *block->slot_moves);
    for (size_t i = 0; i < count; i++) {
        bool of_curve = slot[i] >= block->plan->slots;
        block->moving |= SC_GROUP_BIT(group_of(block->plan, slot[i]));
        if (of_curve)
            block->curve_moved = true;
        else
            block->slot_moves[slot[i]] = true;
    }
    if (!block->curve_moved) return;
    const struct sc_curve_parameters *curve = &sc_block_fit(block)->curve;
    for (size_t l = 0; l < SC_LANES; l++) {
        block->curve_k[l] = curve->k;
        block->curve_mid[l] = curve->mid;
        block->curve_floor[l] = curve->floor;
        block->curve_ceiling[l] = curve->ceiling;
    }
}

void sc_evaluate_market(struct sc_block *block, const struct sc_lanes *lanes)
{
    load(block, lanes);
    sc_stage_market(block, SC_ALL_GROUPS);
    sc_stage_seats(block, SC_ALL_GROUPS);
    for (size_t l = 0; l < SC_LANES; l++) block->fault[l] = block->fault_of_fit[l] | block->fault_of_seats[l];
}

void sc_evaluate_before_loss(struct sc_block *block, unsigned moving)
{
    sc_stage_market(block, moving);
    sc_stage_seats(block, moving);
    sc_stage_segments(block, moving);
    sc_stage_operations(block, moving);
    sc_stage_discount(block, moving);
    sc_stage_terminal_rates(block, moving);
    sc_stage_claims(block, moving);
    sc_stage_chair(block, moving);
}

void sc_evaluate_from(struct sc_block *block, int first)
{
    sc_stage_loss(block, first);
    sc_stage_cash_flow(block, first);
    sc_stage_terminal(block);
    sc_stage_settle(block);
}

SC_WIDE void sc_gather_faults(const struct sc_block *block, uint32_t fault[SC_LANES])
{
    const double *share = block->value_per_share, *enterprise_value = block->enterprise_value;
    SC_EACH_LANE (l) {
        double none = (share[l] - share[l]) + (enterprise_value[l] - enterprise_value[l]); /* 0 of numbers */
        fault[l] |= none == 0 ? 0 : SC_LANE_DOMAIN;
    }
    SC_EACH_LANE (l)
        fault[l] |= block->fault_of_fit[l] | block->fault_of_seats[l] | block->fault_of_rates[l] |
                    block->fault_of_growth[l];
}

void sc_evaluate(struct sc_block *block, const struct sc_lanes *lanes)
{
    load(block, lanes);
    sc_evaluate_before_loss(block, SC_ALL_GROUPS);
    sc_evaluate_from(block, 1);
    sc_detail_segments(block);
    sc_detail_cash_flow(block);
    sc_fill_settlements(block);
    sc_gather_faults(block, block->fault);
}

/* Names the year and the workload in which a lane's seats take more than there is. */
static void explain_shares(const struct sc_block *block, size_t lane, struct sc_faults *faults)
{
    for (int year = 0; year < block->years; year++) {
        double training = block->training_taken[year][lane], inference = block->inference_taken[year][lane];
        int calendar = block->plan->base_market_year + year;
        if (training > 1 + 1e-12)
            sc_fault_add(
                faults, SC_FAULT_shares_exceed_one, "/seats",
                "the seats' shares of training add up to %.6g in %d (year %d); lower them to at most 1",
                training, calendar, year);
        if (inference > 1 + 1e-12)
            sc_fault_add(
                faults, SC_FAULT_shares_exceed_one, "/seats",
                "the seats' shares of inference add up to %.6g in %d (year %d); lower them to at most 1",
                inference, calendar, year);
    }
}

void sc_block_explain(struct sc_block *block, size_t lane, struct sc_faults *faults)
{
    uint32_t fault = block->fault[lane];
    if (fault & SC_LANE_SHARES) explain_shares(block, lane, faults);
    if (fault & SC_LANE_GROWTH)
        sc_fault_add(
            faults, SC_FAULT_growth_not_below_discount_rate, "/terminal/growth",
            "the terminal growth of %.6g is not below the terminal discount rate of %.6g; lower the one or "
            "raise the other",
            block->terminal_growth[lane], block->terminal_wacc[lane]);
    if (fault & SC_LANE_FIT) {
        const char *reason = sc_block_fit(block)->reason;
        sc_fault_add(faults, SC_FAULT_fit_failed, "/market/inference_share/observations", "%s",
                     reason ? reason : "the observations as moved admit no curve");
    }
    if (fault == SC_LANE_DOMAIN)
        sc_fault_add(
            faults, SC_FAULT_not_computable, "",
            "the figures leave the model's domain: a discount rate is at or below -100 %%, or a result is "
            "not a finite number");
}
