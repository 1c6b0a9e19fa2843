/* The mixture over the chair's branches (MODEL 8), for many points at once. */
#include "path.h"
#include "secondchair/solve.h"

#include <math.h>
#include <string.h>

void sc_branch_weights(const struct sc_block *block, sc_row weight)
{
    for (size_t l = 0; l < SC_LANES; l++) {
        double held = 1;
        weight[l] = 1;
        for (int year = 1; year < block->years && block->plan->chair.present; year++) {
            if (block->lost[l] == year) weight[l] = held * block->hazard[year][l];
            held *= 1 - block->hazard[year][l];
        }
        if (isinf(block->lost[l])) weight[l] = held;
    }
}

/* P(lost in y) = h_y prod_{k<y}(1 - h_k), and that of never. */
SC_WIDE static void weigh(const struct sc_block *block, struct sc_mixture *mixture)
{
    double *held = mixture->weight[0];
    SC_EACH_LANE (l) held[l] = 1;
    for (size_t year = 1; year < mixture->branches; year++) {
        const double *hazard = block->hazard[year];
        double *weight = mixture->weight[year];
        SC_EACH_LANE (l) {
            weight[l] = held[l] * hazard[l];
            held[l] *= 1 - hazard[l];
        }
    }
}

/* In the order in which sc_chair_evaluate adds them up: lost in year 1, …, lost in H, never. */
SC_WIDE static void add_up(struct sc_mixture *mixture)
{
    double *value = mixture->value;
    SC_EACH_LANE (l) value[l] = 0;
    for (size_t i = 1; i <= mixture->branches; i++) {
        size_t branch = i % mixture->branches;
        const double *weight = mixture->weight[branch], *of_branch = mixture->of_branch[branch];
        SC_EACH_LANE (l) value[l] += weight[l] * of_branch[l];
    }
    for (size_t l = 0; l < SC_LANES; l++)
        if (mixture->fault[l]) value[l] = NAN;
}

/* Evaluates the branch lost at the start of a year (0: never) over the rows of a later one. */
SC_WIDE static void evaluate_branch(struct sc_block *block, size_t branch, struct sc_mixture *mixture)
{
    double year = branch == 0 ? INFINITY : (double)branch, *lost = block->lost,
           *of_branch = mixture->of_branch[branch];
    const double *share = block->value_per_share;
    SC_EACH_LANE (l) lost[l] = year;
    sc_evaluate_from(block, branch == 0 ? 1 : (int)branch);
    sc_gather_faults(block, mixture->fault);
    SC_EACH_LANE (l) of_branch[l] = share[l];
}

SC_WIDE static void keep_held_flows(const struct sc_block *block, struct sc_mixture *mixture)
{
    for (int year = 1; year < block->years; year++) {
        const double *revenue = block->revenue[year], *nopat = block->nopat[year],
                     *outlay = block->outlay[year];
        double *revenue_kept = mixture->revenue[year], *fcff_kept = mixture->fcff[year];
        SC_EACH_LANE (l) revenue_kept[l] = revenue[l];
        SC_EACH_LANE (l) fcff_kept[l] = nopat[l] - outlay[l];
    }
}

/* Until the chair is lost a branch has the flows of the one in which it is held. Going from the latest loss
 * to the earliest, what stands in the rows before a branch's own first year is always that one's. */
static void evaluate_losses(struct sc_block *block, struct sc_mixture *mixture)
{
    for (size_t branch = mixture->branches - 1; branch > 0; branch--) evaluate_branch(block, branch, mixture);
}

/* The same where cash flow is linear; false: it is not, in some lane, whose linear[lane] is false. */
SC_WIDE static bool sum_losses(const struct sc_block *block, struct sc_mixture *mixture,
                               bool linear[SC_LANES])
{
    sc_row enterprise_value[SC_YEARS_MAX], none = {0};
    bool all = sc_linear_branches(block, enterprise_value, linear);
    sc_settle_rows(block, (const sc_row *)enterprise_value + 1, mixture->branches - 1,
                   mixture->of_branch + 1);
    for (size_t branch = 1; branch < mixture->branches; branch++) {
        const double *share = mixture->of_branch[branch], *whole = enterprise_value[branch];
        SC_EACH_LANE (l) none[l] += (share[l] - share[l]) + (whole[l] - whole[l]); /* 0 of numbers */
    }
    for (size_t l = 0; l < SC_LANES; l++)
        if (linear[l] && none[l] != 0) mixture->fault[l] |= SC_LANE_DOMAIN;
    return all;
}

/* Lanes that are not linear are evaluated; the others keep what they have, for the bytes of a point must not
 * depend on its neighbours. */
static void evaluate_rest(struct sc_block *block, struct sc_mixture *mixture, const bool linear[SC_LANES])
{
    sc_row summed[SC_YEARS_MAX];
    uint32_t fault[SC_LANES];
    memcpy(summed, mixture->of_branch, mixture->branches * sizeof *summed);
    memcpy(fault, mixture->fault, sizeof fault);
    evaluate_losses(block, mixture);
    for (size_t l = 0; l < SC_LANES; l++) {
        if (!linear[l]) continue;
        mixture->fault[l] = fault[l];
        for (size_t branch = 0; branch < mixture->branches; branch++)
            mixture->of_branch[branch][l] = summed[branch][l];
    }
}

void sc_mix(struct sc_block *block, const struct sc_lanes *lanes, struct sc_mixture *mixture)
{
    sc_load_changes(block, lanes);
    sc_evaluate_before_loss(block, block->warm ? block->moving : SC_ALL_GROUPS);
    block->warm = true;
    mixture->branches = block->plan->chair.present ? (size_t)block->plan->horizon + 1 : 1;
    for (size_t l = 0; l < SC_LANES; l++) mixture->fault[l] = 0;
    weigh(block, mixture);
    evaluate_branch(block, 0, mixture);
    if (mixture->keeps_flows) keep_held_flows(block, mixture);
    bool linear[SC_LANES] = {false};
    if (!block->sums_losses || mixture->branches == 1)
        evaluate_losses(block, mixture);
    else if (!sum_losses(block, mixture, linear))
        evaluate_rest(block, mixture, linear);
    add_up(mixture);
}

void sc_values(struct sc_block *block, const struct sc_change *change, size_t changes, size_t count,
               double *value, uint32_t *fault)
{
    sc_slot slot[SC_CHANGES_MAX];
    struct sc_change now[SC_CHANGES_MAX];
    struct sc_mixture mixture;
    mixture.keeps_flows = false;
    for (size_t i = 0; i < changes; i++) slot[i] = change[i].slot;
    sc_block_moves(block, slot, changes);
    for (size_t first = 0; first < count; first += SC_LANES) {
        size_t lanes = count - first < SC_LANES ? count - first : SC_LANES;
        for (size_t i = 0; i < changes; i++)
            now[i] = (struct sc_change){change[i].slot, change[i].value + first};
        sc_mix(block, &(struct sc_lanes){.count = lanes, .change = now, .change_count = changes}, &mixture);
        for (size_t lane = 0; lane < lanes; lane++) {
            value[first + lane] = mixture.value[lane];
            if (fault) fault[first + lane] = mixture.fault[lane];
        }
    }
}
