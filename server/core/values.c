#include "path.h"
#include "secondchair/solve.h"

#include <math.h>

enum { CHANGES_MAX = 8 };

/* One lane for each branch of each point, in the order in which the mixture adds them up: lost in year 1, …,
 * lost in H, never. */
struct packing {
    size_t branches;
    size_t points;
};

static size_t branch_count(const struct sc_plan *plan)
{
    return plan->chair.present ? (size_t)plan->horizon + 1 : 1;
}

static void evaluate_lanes(struct sc_block *block, const struct sc_change *change, size_t changes,
                           const struct packing *packing, size_t first, size_t count)
{
    double lost[SC_LANES], value[CHANGES_MAX][SC_LANES];
    struct sc_change moved[CHANGES_MAX];
    for (size_t lane = 0; lane < count; lane++) {
        size_t branch = (first + lane) % packing->branches;
        lost[lane] = branch + 1 == packing->branches ? INFINITY : (double)(branch + 1);
        for (size_t i = 0; i < changes; i++)
            value[i][lane] = change[i].value[(first + lane) / packing->branches];
    }
    for (size_t i = 0; i < changes; i++) moved[i] = (struct sc_change){change[i].slot, value[i]};
    sc_evaluate(block,
                &(struct sc_lanes){.count = count, .lost = lost, .change = moved, .change_count = changes});
}

void sc_branch_weights(const struct sc_block *block, sc_row weight)
{
    sc_row held, hazard;
    SC_EACH_LANE (l) held[l] = weight[l] = 1;
    if (!block->plan->chair.present) return;
    for (int year = 1; year < block->years; year++) {
        sc_path_row(block, &block->plan->chair.hazard, year, hazard);
        SC_EACH_LANE (l) {
            if (block->lost[l] == year) weight[l] = held[l] * hazard[l];
            held[l] *= 1 - hazard[l];
        }
    }
    SC_EACH_LANE (l)
        if (isinf(block->lost[l])) weight[l] = held[l];
}

void sc_values(struct sc_block *block, const struct sc_change *change, size_t changes, size_t count,
               double *value, uint32_t *fault)
{
    struct packing packing = {.branches = branch_count(block->plan), .points = count};
    size_t lanes = packing.branches * count;
    for (size_t point = 0; point < count; point++) value[point] = changes > CHANGES_MAX ? NAN : 0;
    for (size_t point = 0; fault && point < count; point++) fault[point] = 0;
    if (changes > CHANGES_MAX) return;
    for (size_t first = 0; first < lanes; first += SC_LANES) {
        size_t now = lanes - first < SC_LANES ? lanes - first : SC_LANES;
        sc_row weight;
        evaluate_lanes(block, change, changes, &packing, first, now);
        sc_branch_weights(block, weight);
        for (size_t lane = 0; lane < now; lane++) {
            size_t point = (first + lane) / packing.branches;
            double v = block->fault[lane] ? NAN : block->settlement[lane].value_per_share;
            value[point] += weight[lane] * v;
            if (fault) fault[point] |= block->fault[lane];
        }
    }
}
