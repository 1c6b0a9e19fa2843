#include "path.h"

#include <math.h>

#define SEAT_REVENUE                                                                                         \
    (SC_GROUP_BIT(SC_GROUP_MARKET) | SC_GROUP_BIT(SC_GROUP_INFERENCE_SHARE) | SC_GROUP_BIT(SC_GROUP_SEATS))

/* From call to call, moving being the groups that do. */
static bool revenue_moves(const struct sc_block *block, const struct sc_segment *segment, unsigned moving)
{
    if (segment->seat_index >= 0) return moving & SEAT_REVENUE || sc_path_is_moved(block, &segment->capture);
    if (segment->base != SC_NO_SLOT)
        return block->slot_moves[segment->base] || sc_path_is_moved(block, &segment->growth);
    return sc_path_is_moved(block, &segment->values);
}

/* Revenue of a segment in a year as with the chair held; previous is the year before's. MODEL 5. */
SC_PART void held_revenue(const struct sc_block *block, const struct sc_segment *segment, int year,
                          const double *previous, double *out)
{
    sc_row room;
    if (segment->seat_index >= 0) {
        const double
            *seat = block->seat_revenue[(size_t)segment->seat_index * (size_t)block->years + (size_t)year],
            *capture = sc_path_at(block, &segment->capture, year, room);
        SC_EACH_LANE (l) out[l] = capture[l] * seat[l];
    } else if (segment->base != SC_NO_SLOT) {
        const double *growth = sc_path_at(block, &segment->growth, year, room);
        SC_EACH_LANE (l) out[l] = previous[l] * (1 + growth[l]);
    } else {
        const double *value = sc_path_at(block, &segment->values, year, room);
        SC_EACH_LANE (l) out[l] = value[l];
    }
}

/* Some of the segments. */
struct segments {
    size_t count;
    uint8_t index[SC_SEGMENTS_MAX];
};

struct choice {
    struct segments chair, others,
        still; /* off the chair: those that are added each time; those that never change */
};

static void list(struct segments *segments, size_t index)
{
    segments->index[segments->count++] = (uint8_t)index;
}

static void choose_segments(const struct sc_block *block, struct choice *chosen)
{
    const struct sc_plan *plan = block->plan;
    chosen->chair.count = chosen->others.count = chosen->still.count = 0;
    for (size_t i = 0; i < plan->segment_count; i++) {
        const struct sc_segment *segment = &plan->segment[i];
        bool moves =
            revenue_moves(block, segment, block->moving) || sc_path_is_moved(block, &segment->margin);
        if (segment->chair && plan->chair.present)
            list(&chosen->chair, i);
        else
            list(block->sums_losses && !moves ? &chosen->still : &chosen->others, i);
    }
}

/* Adds revenue and profit of segments, as with the chair held, to what is there. */
SC_PART void add_segments(const struct sc_block *block, const struct segments *segments, int year,
                          double *revenue, double *ebit)
{
    for (size_t i = 0; i < segments->count; i++) {
        size_t at = segments->index[i] * (size_t)block->years + (size_t)year;
        const double *own = block->held_revenue[at], *margin = block->held_margin[at];
        SC_EACH_LANE (l) {
            revenue[l] += own[l];
            ebit[l] += own[l] * margin[l];
        }
    }
}

/* Off the chair and on it, in the order of the segments; but where last digits do not matter, what never
 * changes comes first, and is added up once. */
SC_PART void add_up(struct sc_block *block, const struct choice *chosen, int year)
{
    double *other_revenue = block->other_revenue[year], *other_ebit = block->other_ebit[year],
           *chair_revenue = block->chair_revenue[year], *chair_ebit = block->chair_ebit[year],
           *still_revenue = block->still_revenue[year], *still_ebit = block->still_ebit[year];
    if (!block->warm) {
        SC_EACH_LANE (l) still_revenue[l] = still_ebit[l] = 0;
        add_segments(block, &chosen->still, year, still_revenue, still_ebit);
    }
    SC_EACH_LANE (l) other_revenue[l] = still_revenue[l];
    SC_EACH_LANE (l) other_ebit[l] = still_ebit[l];
    SC_EACH_LANE (l) chair_revenue[l] = chair_ebit[l] = 0;
    add_segments(block, &chosen->others, year, other_revenue, other_ebit);
    add_segments(block, &chosen->chair, year, chair_revenue, chair_ebit);
}

SC_WIDE void sc_stage_segments(struct sc_block *block, unsigned moving)
{
    const struct sc_plan *plan = block->plan;
    struct choice chosen;
    if (!(moving & (SEAT_REVENUE | SC_GROUP_BIT(SC_GROUP_SEGMENTS)))) return;
    for (size_t i = 0; i < plan->segment_count; i++) {
        const struct sc_segment *segment = &plan->segment[i];
        sc_row *revenue = block->held_revenue + i * (size_t)block->years;
        sc_path_rows(block, &segment->margin, 1, block->held_margin + i * (size_t)block->years);
        if (block->warm && !revenue_moves(block, segment, moving)) continue;
        sc_slot_row(block, segment->base, 0, revenue[0]);
        for (int year = 1; year < block->years; year++)
            held_revenue(block, segment, year, revenue[year - 1], revenue[year]);
    }
    choose_segments(block, &chosen);
    for (int year = 1; year < block->years; year++) add_up(block, &chosen, year);
}

/* floor + (1 - floor) retention^n. MODEL 8. */
SC_PART void decay(struct sc_block *block)
{
    const double *floor = block->chair_floor, *retention = block->chair_retention;
    double *held = block->chair_left[0];
    sc_row decayed;
    SC_EACH_LANE (l) held[l] = decayed[l] = 1;
    for (int n = 1; n < block->years; n++) {
        double *left = block->chair_left[n];
        SC_EACH_LANE (l) {
            decayed[l] *= retention[l];
            left[l] = floor[l] + (1 - floor[l]) * decayed[l];
        }
    }
}

SC_WIDE void sc_stage_chair(struct sc_block *block, unsigned moving)
{
    const struct sc_plan *plan = block->plan;
    const double *margin_loss = block->chair_margin_loss;
    if (moving & SC_GROUP_BIT(SC_GROUP_CHAIR)) {
        sc_slot_row(block, plan->chair.present ? plan->chair.floor : SC_NO_SLOT, 0, block->chair_floor);
        sc_slot_row(block, plan->chair.present ? plan->chair.retention : SC_NO_SLOT, 1,
                    block->chair_retention);
        sc_slot_row(block, plan->chair.present ? plan->chair.margin_loss : SC_NO_SLOT, 0,
                    block->chair_margin_loss);
        sc_path_rows(block, &plan->chair.hazard, 1, block->hazard);
        decay(block);
    }
    for (int year = 1; year < block->years; year++) {
        const double *revenue = block->chair_revenue[year], *ebit = block->chair_ebit[year];
        double *ebit_lost = block->chair_ebit_lost[year];
        SC_EACH_LANE (l) ebit_lost[l] = ebit[l] - margin_loss[l] * revenue[l];
    }
}

/* How long a lane has been without the chair in a year; 0: it holds it. */
static size_t years_without(const struct sc_block *block, int year, size_t lane)
{
    return year >= block->lost[lane] ? (size_t)(year - (int)block->lost[lane]) + 1 : 0;
}

static bool one_branch(const struct sc_block *block)
{
    for (size_t l = 1; l < SC_LANES; l++)
        if (block->lost[l] != block->lost[0]) return false;
    return true;
}

/* Revenue, and operating profit after corporate cost: of what is off the chair, and of what is left of the
 * rest. MODEL 5, 8. */
SC_PART void earn(struct sc_block *block, int year, const double *left, const double *chair_ebit)
{
    const double *other_revenue = block->other_revenue[year], *other_ebit = block->other_ebit[year],
                 *chair_revenue = block->chair_revenue[year], *rate = block->corporate_rate[year];
    double *revenue = block->revenue[year], *ebit = block->ebit[year];
    SC_EACH_LANE (l) {
        revenue[l] = other_revenue[l] + left[l] * chair_revenue[l];
        ebit[l] = other_ebit[l] + left[l] * chair_ebit[l] - rate[l] * revenue[l];
    }
}

SC_WIDE void sc_stage_loss(struct sc_block *block, int first)
{
    bool together = one_branch(block);
    for (int year = first; year < block->years; year++) {
        size_t n = years_without(block, year, 0);
        if (together) {
            earn(block, year, block->chair_left[n],
                 n > 0 ? block->chair_ebit_lost[year] : block->chair_ebit[year]);
            continue;
        }
        sc_row left, chair_ebit;
        for (size_t l = 0; l < SC_LANES; l++) {
            n = years_without(block, year, l);
            left[l] = block->chair_left[n][l];
            chair_ebit[l] = n > 0 ? block->chair_ebit_lost[year][l] : block->chair_ebit[year][l];
        }
        earn(block, year, left, chair_ebit);
    }
}

SC_WIDE void sc_detail_segments(struct sc_block *block)
{
    const struct sc_plan *plan = block->plan;
    for (size_t at = 0; at < plan->segment_count * (size_t)block->years; at++) {
        const struct sc_segment *segment = &plan->segment[at / (size_t)block->years];
        int year = (int)(at % (size_t)block->years);
        bool on_chair = segment->chair && plan->chair.present;
        for (size_t l = 0; l < SC_LANES; l++) {
            size_t n = on_chair && year > 0 ? years_without(block, year, l) : 0;
            block->segment_revenue[at][l] = block->held_revenue[at][l] * block->chair_left[n][l];
            block->segment_margin[at][l] =
                block->held_margin[at][l] - (n > 0 ? block->chair_margin_loss[l] : 0);
        }
    }
    for (int year = 1; year < block->years; year++) {
        const double *revenue = block->revenue[year], *rate = block->corporate_rate[year];
        double *cost = block->corporate_cost[year];
        SC_EACH_LANE (l) cost[l] = rate[l] * revenue[l];
    }
}
