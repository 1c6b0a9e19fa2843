#include "adjoint.h"

#include <math.h>
#include <string.h>

static size_t derivatives_of(const struct sc_plan *plan)
{
    size_t years = (size_t)plan->horizon + 1;
    return plan->slots + years * (plan->segment_count + plan->seat_count);
}

size_t sc_gradient_size(const struct sc_plan *plan)
{
    return derivatives_of(plan) * sizeof(struct sc_derivative);
}

void sc_gradient_init(struct sc_gradient *gradient, const struct sc_plan *plan, void *memory)
{
    size_t years = (size_t)plan->horizon + 1;
    *gradient = (struct sc_gradient){.slots = plan->slots, .driver = memory};
    gradient->by_held_revenue = gradient->driver + plan->slots;
    gradient->by_seat_revenue = gradient->by_held_revenue + years * plan->segment_count;
}

struct sc_derivative sc_sweep_sum(const struct sc_sweep *sweep, const sc_row by)
{
    double part[4] = {0, 0, 0, 0}; /* four sums that do not wait for each other */
    for (size_t l = 0; l < SC_LANES; l += 4)
        for (size_t i = 0; i < 4; i++) part[i] += sweep->weight[l + i] * by[l + i];
    return (struct sc_derivative){.value = (part[0] + part[1]) + (part[2] + part[3]),
                                  .chair_value = sweep->chair_value * (by[0] - by[1])};
}

void sc_sweep_slot(struct sc_sweep *sweep, sc_slot slot, struct sc_derivative by)
{
    if (slot != SC_NO_SLOT) sc_derivative_add(&sweep->gradient->driver[slot], by, 1);
}

double sc_sweep_path_value(const struct sc_sweep *sweep, const struct sc_path *path, int year)
{
    sc_row value;
    sc_path_row(sweep->block, path, year, value);
    return value[0];
}

/* a (b/a)^u grows by (1 - u)/a of itself for each unit of a, and by u/b for each of b. MODEL 1. */
static void ramp(struct sc_sweep *sweep, const struct sc_path *path, int year, struct sc_derivative by)
{
    double position = sc_ramp_position(path, year), to_start = 1 - position, to_end = position;
    if (path->shape == SC_SHAPE_GEOMETRIC && position > 0 && position < 1) {
        double value = sc_sweep_path_value(sweep, path, year);
        to_start *= value / sweep->plan->driver[path->slot];
        to_end *= value / sweep->plan->driver[path->slot + 1];
    }
    sc_derivative_add(&sweep->gradient->driver[path->slot], by, to_start);
    sc_derivative_add(&sweep->gradient->driver[path->slot + 1], by, to_end);
}

void sc_sweep_path(struct sc_sweep *sweep, const struct sc_path *path, int year, struct sc_derivative by)
{
    switch ((enum sc_path_form)path->form) {
    case SC_PATH_ABSENT:
        break;
    case SC_PATH_CONSTANT:
        sc_sweep_slot(sweep, path->slot, by);
        break;
    case SC_PATH_RAMP:
        ramp(sweep, path, year, by);
        break;
    case SC_PATH_VALUES: {
        int index = year - path->first_year, last = path->count - 1;
        sc_sweep_slot(sweep, (sc_slot)(path->slot + (index > last ? last : index)), by);
        break;
    }
    }
}

/* The branch in which the chair is held has lane 0 in every batch, and counts in the first. */
static bool evaluate_batch(struct sc_sweep *sweep, int first, int count, struct sc_faults *faults)
{
    struct sc_block *block = sweep->block;
    double lost[SC_LANES] = {INFINITY};
    for (int i = 0; i < count; i++) lost[i + 1] = first + i;
    sc_evaluate(block, &(struct sc_lanes){.count = (size_t)count + 1, .lost = lost});
    for (size_t lane = 0; lane < block->lanes; lane++) {
        if (!block->fault[lane]) continue;
        sc_block_explain(block, lane, faults);
        return false;
    }
    sc_branch_weights(block, sweep->weight);
    if (first > 1) sweep->weight[0] = 0;
    for (size_t lane = block->lanes; lane < SC_LANES; lane++) sweep->weight[lane] = 0;
    sweep->chair_value = count > 0 && first == 1 ? 1 : 0;
    return true;
}

static void sweep_batch(struct sc_sweep *sweep)
{
    sc_sweep_settlement(sweep);
    sc_sweep_terminal(sweep);
    sc_sweep_cash_flow(sweep);
    sc_sweep_loss(sweep);
}

/* The headline is the sum of P v over the years of loss, and never last: the order of sc_chair_evaluate. */
struct mixture {
    double value[SC_YEARS_MAX], weight[SC_YEARS_MAX]; /* by year of loss; 0 is never */
};

static void collect(const struct sc_sweep *sweep, int first, int count, struct mixture *mixture)
{
    const struct sc_block *block = sweep->block;
    if (first == 1) {
        mixture->value[0] = block->settlement[0].value_per_share;
        mixture->weight[0] = sweep->weight[0];
    }
    for (int i = 0; i < count; i++) {
        mixture->value[first + i] = block->settlement[i + 1].value_per_share;
        mixture->weight[first + i] = sweep->weight[i + 1];
    }
}

static void mix(struct sc_gradient *gradient, const struct sc_plan *plan, const struct mixture *mixture)
{
    double sum = 0;
    if (!plan->chair.present) {
        gradient->value_per_share = mixture->value[0];
        return;
    }
    for (int year = 1; year <= plan->horizon; year++) sum += mixture->weight[year] * mixture->value[year];
    gradient->value_per_share = sum + mixture->weight[0] * mixture->value[0];
    gradient->chair_value_per_share = mixture->value[0] - mixture->value[1];
    gradient->hold_probability = mixture->weight[0];
}

/* MODEL 8, from the last year back: with `next` expected of what follows where the chair is still held,
 * dv/dh_y = P(held before y) (v(y) - next), and d hold/dh_y = -P(held before y) P(held after y). */
static void sweep_hazard(struct sc_sweep *sweep, const struct mixture *mixture)
{
    const struct sc_plan *plan = sweep->plan;
    double hazard[SC_YEARS_MAX], held[SC_YEARS_MAX] = {1};
    for (int year = 1; year <= plan->horizon; year++) {
        hazard[year] = sweep->block->hazard[year][0];
        held[year] = held[year - 1] * (1 - hazard[year]);
    }
    double next = mixture->value[0], held_after = 1;
    for (int year = plan->horizon; year > 0; year--) {
        double lost = mixture->value[year];
        sc_sweep_path(sweep, &plan->chair.hazard, year,
                      (struct sc_derivative){.value = held[year - 1] * (lost - next),
                                             .hold = -held[year - 1] * held_after});
        next = hazard[year] * lost + (1 - hazard[year]) * next;
        held_after *= 1 - hazard[year];
    }
}

static void clear(struct sc_sweep *sweep, struct sc_block *block, struct sc_gradient *gradient)
{
    const struct sc_plan *plan = block->plan;
    memset(sweep, 0, sizeof *sweep);
    sc_gradient_init(gradient, plan, gradient->driver);
    memset(gradient->driver, 0, sc_gradient_size(plan));
    sweep->block = block;
    sweep->plan = plan;
    sweep->gradient = gradient;
}

bool sc_gradient_evaluate(struct sc_block *block, struct sc_gradient *gradient, struct sc_faults *faults)
{
    enum { BATCH = SC_LANES - 1 };
    const struct sc_plan *plan = block->plan;
    struct sc_sweep sweep;
    struct mixture mixture;
    clear(&sweep, block, gradient);
    int losses = plan->chair.present ? plan->horizon : 0;
    for (int first = 1; first == 1 || first <= losses; first += BATCH) {
        int count = losses - first + 1 < BATCH ? losses - first + 1 : BATCH;
        if (!evaluate_batch(&sweep, first, count, faults)) return false;
        collect(&sweep, first, count, &mixture);
        sweep_batch(&sweep);
    }
    mix(gradient, plan, &mixture);
    if (plan->chair.present) sweep_hazard(&sweep, &mixture);
    sc_sweep_segments(&sweep);
    sc_sweep_discount(&sweep);
    sc_sweep_market(&sweep);
    return true;
}
