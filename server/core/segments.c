#include "path.h"

#include <math.h>

/* Revenue of a segment in a year as it would be with the chair held; previous is the year before's. MODEL 5.
 */
SC_PART void held_revenue(const struct sc_block *block, const struct sc_segment *segment, int year,
                          const double *previous, double *out)
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

static bool is_on_chair(const struct sc_plan *plan, size_t segment)
{
    return plan->segment[segment].chair && plan->chair.present;
}

/* What the segments off the chair add up to: no branch changes it. */
SC_PART void add_others(struct sc_block *block)
{
    for (int year = 1; year < block->years; year++) {
        double *revenue = block->other_revenue[year], *ebit = block->other_ebit[year];
        SC_EACH_LANE (l) revenue[l] = ebit[l] = 0;
        for (size_t i = 0; i < block->plan->segment_count; i++) {
            if (is_on_chair(block->plan, i)) continue;
            size_t at = i * (size_t)block->years + (size_t)year;
            const double *own = block->segment_revenue[at], *margin = block->segment_margin[at];
            SC_EACH_LANE (l) {
                revenue[l] += own[l];
                ebit[l] += own[l] * margin[l];
            }
        }
    }
}

SC_WIDE void sc_stage_segments(struct sc_block *block, unsigned moving)
{
    const struct sc_plan *plan = block->plan;
    if (!(moving & (SC_GROUP_BIT(SC_GROUP_MARKET) | SC_GROUP_BIT(SC_GROUP_INFERENCE_SHARE) |
                    SC_GROUP_BIT(SC_GROUP_SEATS) | SC_GROUP_BIT(SC_GROUP_SEGMENTS))))
        return;
    for (size_t i = 0; i < plan->segment_count; i++) {
        const struct sc_segment *segment = &plan->segment[i];
        size_t first = i * (size_t)block->years;
        sc_row *revenue = is_on_chair(plan, i) ? block->held_revenue : block->segment_revenue;
        sc_row *margin = is_on_chair(plan, i) ? block->held_margin : block->segment_margin;
        sc_row base;
        sc_slot_row(block, segment->base, 0, base);
        for (int year = 1; year < block->years; year++) {
            size_t at = first + (size_t)year;
            held_revenue(block, segment, year, year == 1 ? base : revenue[at - 1], revenue[at]);
            sc_path_row(block, &segment->margin, year, margin[at]);
        }
    }
    add_others(block);
}

/* Adds what is left of a segment of the chair in a year to what there is of the others. decay is
 * retention^(year - lost + 1) once the chair is lost. MODEL 8. */
SC_PART void add_what_is_left(struct sc_block *block, size_t at, int year, double *decay,
                              const double *other_revenue, const double *other_ebit)
{
    const double *held = block->held_revenue[at], *held_margin = block->held_margin[at],
                 *lost_in = block->lost, *floor = block->chair_floor, *retention = block->chair_retention,
                 *margin_loss = block->chair_margin_loss;
    double *own = block->segment_revenue[at], *margin = block->segment_margin[at],
           *revenue = block->revenue[year], *ebit = block->ebit[year];
    SC_EACH_LANE (l) {
        bool lost = year >= lost_in[l];
        double decayed = decay[l] * retention[l], left = floor[l] + (1 - floor[l]) * decayed;
        decay[l] = lost ? decayed : 1;
        own[l] = held[l] * (lost ? left : 1);
        margin[l] = held_margin[l] - (lost ? margin_loss[l] : 0);
        revenue[l] = other_revenue[l] + own[l];
        ebit[l] = other_ebit[l] + own[l] * margin[l];
    }
}

SC_PART void take_corporate_cost(struct sc_block *block, int year)
{
    const double *revenue = block->revenue[year], *rate = block->corporate_rate[year];
    double *ebit = block->ebit[year], *cost = block->corporate_cost[year];
    SC_EACH_LANE (l) {
        cost[l] = rate[l] * revenue[l];
        ebit[l] -= cost[l];
    }
}

SC_WIDE void sc_stage_loss(struct sc_block *block, int first)
{
    const struct sc_plan *plan = block->plan;
    sc_row decay[SC_SEGMENTS_MAX];
    for (size_t i = 0; i < plan->segment_count; i++)
        SC_EACH_LANE (l) decay[i][l] = 1;
    for (int year = first; year < block->years; year++) {
        const double *other_revenue = block->other_revenue[year], *other_ebit = block->other_ebit[year];
        double *revenue = block->revenue[year], *ebit = block->ebit[year];
        for (size_t i = 0; i < plan->segment_count; i++) {
            if (!is_on_chair(plan, i)) continue;
            add_what_is_left(block, i * (size_t)block->years + (size_t)year, year, decay[i], other_revenue,
                             other_ebit);
            other_revenue = revenue;
            other_ebit = ebit;
        }
        if (other_revenue != revenue) {
            SC_EACH_LANE (l) revenue[l] = other_revenue[l];
            SC_EACH_LANE (l) ebit[l] = other_ebit[l];
        }
        take_corporate_cost(block, year);
    }
}
