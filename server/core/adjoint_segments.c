#include "adjoint.h"

#include <math.h>

/* What is left of a segment's revenue n years into the loss of the chair, floor + (1 - floor) retention^n,
 * and its derivatives; of n = 0, while it is held: all. MODEL 8. */
struct left {
    double kept[SC_YEARS_MAX], by_floor[SC_YEARS_MAX], by_retention[SC_YEARS_MAX];
};

static void read_left(const struct sc_plan *plan, struct left *left)
{
    double floor = sc_plan_value(plan, plan->chair.floor, 0);
    double retention = sc_plan_value(plan, plan->chair.retention, 1);
    double decay = 1, by_retention = 0; /* of retention^n */
    left->kept[0] = 1;
    left->by_floor[0] = left->by_retention[0] = 0;
    for (int n = 1; n <= plan->horizon; n++) {
        by_retention = by_retention * retention + decay;
        decay *= retention;
        left->kept[n] = floor + (1 - floor) * decay;
        left->by_floor[n] = 1 - decay;
        left->by_retention[n] = (1 - floor) * by_retention;
    }
}

/* What a unit more of the chair's drivers adds, over segments and years. */
struct by_chair {
    sc_row floor, retention, margin_loss;
};

/* Revenue R = held kept and margin m - margin_loss, of which EBIT has R (m - margin_loss). The held branch is
 * in lane 0. */
static void sweep_loss_of(struct sc_sweep *sweep, size_t index, int year, const struct left *left,
                          struct by_chair *by_chair)
{
    const struct sc_block *block = sweep->block;
    const struct sc_segment *segment = &sweep->plan->segment[index];
    size_t at = index * (size_t)block->years + (size_t)year;
    const double *revenue = block->segment_revenue[at], *margin = block->segment_margin[at];
    const double *by_all = sweep->by_revenue[year], *by_ebit = sweep->by_ebit[year];
    bool on_chair = segment->chair && sweep->plan->chair.present;
    sc_row by_held, by_margin;
    SC_EACH_LANE (l) by_held[l] = by_all[l] + by_ebit[l] * margin[l];
    SC_EACH_LANE (l) by_margin[l] = by_ebit[l] * revenue[l];
    for (size_t l = 0; l < block->lanes && on_chair; l++) {
        if (!(year >= block->lost[l])) continue;
        size_t n = (size_t)(year - (int)block->lost[l]) + 1;
        by_chair->margin_loss[l] -= by_margin[l];
        by_chair->floor[l] += by_held[l] * revenue[0] * left->by_floor[n];
        by_chair->retention[l] += by_held[l] * revenue[0] * left->by_retention[n];
        by_held[l] *= left->kept[n];
    }
    sc_sweep_path(sweep, &segment->margin, year, sc_sweep_sum(sweep, by_margin));
    sc_derivative_add(&sweep->gradient->by_held_revenue[at], sc_sweep_sum(sweep, by_held), 1);
}

/* EBIT bears a share of all revenue besides: - rate Rev. MODEL 6. */
static void sweep_corporate_cost(struct sc_sweep *sweep, int year)
{
    const struct sc_path *path = &sweep->plan->operations.corporate_cost;
    double rate = sweep->block->corporate_rate[year][0];
    const double *revenue = sweep->block->revenue[year], *by_ebit = sweep->by_ebit[year];
    double *by_revenue = sweep->by_revenue[year];
    sc_row by_rate;
    SC_EACH_LANE (l) by_rate[l] = -by_ebit[l] * revenue[l];
    SC_EACH_LANE (l) by_revenue[l] -= by_ebit[l] * rate;
    sc_sweep_path(sweep, path, year, sc_sweep_sum(sweep, by_rate));
}

void sc_sweep_loss(struct sc_sweep *sweep)
{
    const struct sc_plan *plan = sweep->plan;
    struct by_chair by_chair = {{0}, {0}, {0}};
    struct left left;
    read_left(plan, &left);
    for (int year = 1; year < sweep->block->years; year++) {
        sweep_corporate_cost(sweep, year);
        for (size_t i = 0; i < plan->segment_count; i++) sweep_loss_of(sweep, i, year, &left, &by_chair);
    }
    if (!plan->chair.present) return;
    sc_sweep_slot(sweep, plan->chair.floor, sc_sweep_sum(sweep, by_chair.floor));
    sc_sweep_slot(sweep, plan->chair.retention, sc_sweep_sum(sweep, by_chair.retention));
    sc_sweep_slot(sweep, plan->chair.margin_loss, sc_sweep_sum(sweep, by_chair.margin_loss));
}

/* capture of the seat's revenue. MODEL 5. */
static void sweep_capture(struct sc_sweep *sweep, const struct sc_segment *segment,
                          const struct sc_derivative *by_held)
{
    size_t first = (size_t)segment->seat_index * (size_t)sweep->block->years;
    for (int year = 1; year < sweep->block->years; year++) {
        size_t at = first + (size_t)year;
        double capture = sc_sweep_path_value(sweep, &segment->capture, year);
        double revenue = sweep->block->seat_revenue[at][0];
        sc_sweep_path(sweep, &segment->capture, year, sc_derivative_times(by_held[year], revenue));
        sc_derivative_add(&sweep->gradient->by_seat_revenue[at], by_held[year], capture);
    }
}

/* A base that grows, from the last year back. MODEL 5. */
static void sweep_growth(struct sc_sweep *sweep, size_t index, struct sc_derivative *by_held)
{
    const struct sc_segment *segment = &sweep->plan->segment[index];
    const sc_row *revenue =
        (const sc_row *)sweep->block->segment_revenue + index * (size_t)sweep->block->years;
    for (int year = sweep->block->years - 1; year > 0; year--) {
        double before = year > 1 ? revenue[year - 1][0] : sc_plan_value(sweep->plan, segment->base, 0);
        double growth = sc_sweep_path_value(sweep, &segment->growth, year);
        sc_sweep_path(sweep, &segment->growth, year, sc_derivative_times(by_held[year], before));
        sc_derivative_add(&by_held[year - 1], by_held[year], 1 + growth);
    }
    sc_sweep_slot(sweep, segment->base, by_held[0]);
}

void sc_sweep_segments(struct sc_sweep *sweep)
{
    const struct sc_plan *plan = sweep->plan;
    for (size_t i = 0; i < plan->segment_count; i++) {
        const struct sc_segment *segment = &plan->segment[i];
        struct sc_derivative *by_held = sweep->gradient->by_held_revenue + i * (size_t)sweep->block->years;
        if (segment->seat_index >= 0)
            sweep_capture(sweep, segment, by_held);
        else if (segment->base != SC_NO_SLOT)
            sweep_growth(sweep, i, by_held);
        else
            for (int year = 1; year < sweep->block->years; year++)
                sc_sweep_path(sweep, &segment->values, year, by_held[year]);
    }
}
