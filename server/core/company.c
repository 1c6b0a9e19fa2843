#include "path.h"

#include <math.h>

/* Revenue of a segment in a year as it would be with the chair held; previous is the year before's. MODEL 5.
 */
static void held_revenue(const struct sc_block *block, const struct sc_segment *segment, int year,
                         const sc_row previous, sc_row out)
{
    if (segment->seat_index >= 0) {
        const double *seat =
            block->seat_revenue[(size_t)segment->seat_index * (size_t)block->years + (size_t)year];
        sc_path_row(block, &segment->capture, year, out);
        SC_EACH_LANE (l) out[l] *= seat[l];
    } else if (segment->base != SC_NO_SLOT) {
        sc_path_row(block, &segment->growth, year, out);
        SC_EACH_LANE (l) out[l] = previous[l] * (1 + out[l]);
    } else {
        sc_path_row(block, &segment->values, year, out);
    }
}

/* The part of the chair's revenue and the margin that are left in a year, in every lane. MODEL 8. */
struct loss {
    sc_row floor, retention, margin, decay;
};

static void read_loss(const struct sc_block *block, struct loss *loss)
{
    sc_slot_row(block, block->plan->chair.floor, 0, loss->floor);
    sc_slot_row(block, block->plan->chair.retention, 1, loss->retention);
    sc_slot_row(block, block->plan->chair.margin_loss, 0, loss->margin);
    SC_EACH_LANE (l) loss->decay[l] = 1;
}

/* Moves one year on: decay is retention^(year - lost + 1) once the chair is lost. */
static void apply_loss(const struct sc_block *block, struct loss *loss, int year, sc_row revenue,
                       sc_row margin)
{
    SC_EACH_LANE (l) {
        bool lost = year >= block->lost[l];
        loss->decay[l] = lost ? loss->decay[l] * loss->retention[l] : 1;
        revenue[l] *= lost ? loss->floor[l] + (1 - loss->floor[l]) * loss->decay[l] : 1;
        margin[l] -= lost ? loss->margin[l] : 0;
    }
}

static void segment_rows(struct sc_block *block, size_t index)
{
    const struct sc_segment *segment = &block->plan->segment[index];
    bool on_chair = segment->chair && block->plan->chair.present;
    struct loss loss;
    sc_row held;
    if (on_chair) read_loss(block, &loss);
    sc_slot_row(block, segment->base, 0, held);
    for (int year = 1; year < block->years; year++) {
        size_t at = index * (size_t)block->years + (size_t)year;
        double *revenue = block->segment_revenue[at], *margin = block->segment_margin[at];
        held_revenue(block, segment, year, held, revenue);
        SC_EACH_LANE (l) held[l] = revenue[l];
        sc_path_row(block, &segment->margin, year, margin);
        if (on_chair) apply_loss(block, &loss, year, revenue, margin);
    }
}

void sc_stage_segments(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    for (size_t i = 0; i < plan->segment_count; i++) segment_rows(block, i);
    sc_slot_row(block, plan->operations.base_revenue, 0, block->revenue[0]);
    for (int year = 1; year < block->years; year++) {
        double *revenue = block->revenue[year], *ebit = block->ebit[year],
               *cost = block->corporate_cost[year];
        sc_path_row(block, &plan->operations.corporate_cost, year, cost);
        SC_EACH_LANE (l) revenue[l] = ebit[l] = 0;
        for (size_t i = 0; i < plan->segment_count; i++) {
            size_t at = i * (size_t)block->years + (size_t)year;
            SC_EACH_LANE (l) {
                revenue[l] += block->segment_revenue[at][l];
                ebit[l] += block->segment_revenue[at][l] * block->segment_margin[at][l];
            }
        }
        SC_EACH_LANE (l) {
            cost[l] *= revenue[l];
            ebit[l] -= cost[l];
        }
    }
}

/* Tax on operating profit with losses carried forward. MODEL 6. */
static void tax_of_year(struct sc_block *block, int year, const sc_row limit)
{
    const double *ebit = block->ebit[year], *before = block->nol[year - 1], *rate = block->tax_rate[year];
    SC_EACH_LANE (l) {
        double used = ebit[l] < 0 ? 0 : fmin(before[l], limit[l] * ebit[l]);
        double tax = ebit[l] < 0 ? 0 : rate[l] * (ebit[l] - used);
        block->nol_used[year][l] = used;
        block->nol[year][l] = before[l] + (ebit[l] < 0 ? -ebit[l] : -used);
        block->tax[year][l] = tax;
        block->nopat[year][l] = ebit[l] - tax;
    }
}

/* Revenue of a year that may lie beyond the horizon, where it grows at the terminal rate. */
static void revenue_ahead(const struct sc_block *block, int year, sc_row out)
{
    int last = block->years - 1, inside = year < last ? year : last;
    const double *revenue = block->revenue[inside];
    SC_EACH_LANE (l) out[l] = revenue[l];
    for (int beyond = last; beyond < year; beyond++)
        SC_EACH_LANE (l) out[l] *= 1 + block->terminal_growth[l];
}

static void reinvest_by_sales(struct sc_block *block, int year, int lag)
{
    sc_row ratio, before, after;
    sc_path_row(block, &block->plan->operations.reinvestment.sales_to_capital, year, ratio);
    revenue_ahead(block, year + lag - 1, before);
    revenue_ahead(block, year + lag, after);
    SC_EACH_LANE (l) {
        double growth = after[l] - before[l];
        block->reinvestment[year][l] = (growth > 0 ? growth : 0) / ratio[l];
    }
}

static void reinvest_by_capex(struct sc_block *block, int year)
{
    const double *revenue = block->revenue[year], *before = block->revenue[year - 1];
    double *capex = block->capex[year], *depreciation = block->depreciation[year];
    sc_row working_capital;
    sc_path_row(block, &block->plan->operations.reinvestment.capex, year, capex);
    sc_path_row(block, &block->plan->operations.reinvestment.depreciation, year, depreciation);
    sc_path_row(block, &block->plan->operations.reinvestment.working_capital, year, working_capital);
    SC_EACH_LANE (l) {
        capex[l] *= revenue[l];
        depreciation[l] *= revenue[l];
        block->reinvestment[year][l] =
            capex[l] - depreciation[l] + working_capital[l] * (revenue[l] - before[l]);
    }
}

/* Stock-based compensation is shown in any case; only when it is added back does it change cash flow. */
static void cash_flow_of_year(struct sc_block *block, int year)
{
    double *sbc = block->sbc[year];
    double added = block->plan->operations.sbc.treatment == SC_SBC_ADDBACK ? 1 : 0;
    sc_path_row(block, &block->plan->operations.sbc.share_of_revenue, year, sbc);
    SC_EACH_LANE (l) {
        sbc[l] *= block->revenue[year][l];
        block->fcff[year][l] = block->nopat[year][l] - block->reinvestment[year][l] + added * sbc[l];
    }
}

void sc_stage_cash_flow(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    int lag = (int)sc_plan_value(plan, plan->operations.reinvestment.lag, 0);
    sc_row limit;
    sc_slot_row(block, plan->operations.tax.nol, 0, block->nol[0]);
    sc_slot_row(block, plan->operations.tax.nol_limit, 0.8, limit);
    for (int year = 1; year < block->years; year++) {
        sc_path_row(block, &plan->operations.tax.rate, year, block->tax_rate[year]);
        tax_of_year(block, year, limit);
        if (plan->operations.reinvestment.sales_to_capital.form != SC_PATH_ABSENT)
            reinvest_by_sales(block, year, lag);
        else
            reinvest_by_capex(block, year);
        cash_flow_of_year(block, year);
    }
}
