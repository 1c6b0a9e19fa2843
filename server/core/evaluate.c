#include "path.h"

#include <math.h>

enum { YEARLY = 24 }; /* rows a year of the block's own figures, seats and segments apart */

static size_t rows_of(const struct sc_plan *plan, size_t years)
{
    return plan->slots + years * (YEARLY + 3 * plan->seat_count + 2 * plan->segment_count);
}

size_t sc_block_size(const struct sc_plan *plan)
{
    return rows_of(plan, (size_t)plan->horizon + 1) * sizeof(sc_row);
}

void sc_block_init(struct sc_block *block, const struct sc_plan *plan, void *memory)
{
    sc_row *next = memory;
    size_t years = (size_t)plan->horizon + 1;
    *block = (struct sc_block){.plan = plan, .years = plan->horizon + 1};
    sc_row **yearly[YEARLY] = {
        &block->total_spend,
        &block->inference_share,
        &block->training_spend,
        &block->inference_spend,
        &block->silicon_content,
        &block->training_taken,
        &block->inference_taken,
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
    };
    for (size_t i = 0; i < YEARLY; i++, next += years) *yearly[i] = next;
    sc_row **of_seats[] = {&block->seat_training, &block->seat_inference, &block->seat_revenue};
    for (size_t i = 0; i < 3; i++, next += years * plan->seat_count) *of_seats[i] = next;
    sc_row **of_segments[] = {&block->segment_revenue, &block->segment_margin};
    for (size_t i = 0; i < 2; i++, next += years * plan->segment_count) *of_segments[i] = next;
    block->driver = next;
}

/* Every lane gets the plan's drivers, then its own changes; lanes past the count copy the last one, so that
 * no stage has to ask. */
static void load(struct sc_block *block, const struct sc_lanes *lanes)
{
    const struct sc_plan *plan = block->plan;
    block->lanes = lanes->count;
    for (size_t slot = 0; slot < plan->slots; slot++) {
        double value = plan->driver[slot];
        SC_EACH_LANE (l) block->driver[slot][l] = value;
    }
    SC_EACH_LANE (l) {
        size_t from = l < lanes->count ? l : lanes->count - 1;
        for (size_t i = 0; i < lanes->change_count; i++)
            block->driver[lanes->change[i].slot][l] = lanes->change[i].value[from];
        block->lost[l] = lanes->lost[from];
        block->fault[l] = 0;
    }
}

void sc_evaluate_market(struct sc_block *block, const struct sc_lanes *lanes)
{
    load(block, lanes);
    sc_stage_market(block);
    sc_stage_seats(block);
}

void sc_evaluate(struct sc_block *block, const struct sc_lanes *lanes)
{
    sc_evaluate_market(block, lanes);
    sc_stage_segments(block);
    sc_stage_discount(block);
    sc_stage_cash_flow(block);
    sc_stage_terminal(block);
    for (size_t lane = 0; lane < block->lanes; lane++) {
        block->settlement[lane] = sc_settle(block, lane, block->enterprise_value[lane]);
        if (!isfinite(block->settlement[lane].value_per_share) || !isfinite(block->enterprise_value[lane]))
            block->fault[lane] |= SC_LANE_DOMAIN;
    }
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
