#include "adjoint.h"

#include <math.h>

/* R = kappa (sigma_tr T + sigma_inf I), of all seats in a year; the residual seat has 1 less the others'
 * shares. MODEL 4. */
static void sweep_seats(struct sc_sweep *sweep, int year)
{
    const struct sc_block *block = sweep->block;
    const struct sc_plan *plan = sweep->plan;
    double silicon = block->silicon_content[year][0], training = block->training_spend[year][0],
           inference = block->inference_spend[year][0];
    struct sc_derivative by_silicon = {0, 0, 0}, by_left = {0, 0, 0};
    struct sc_derivative *by_training = &sweep->by_training_spend[year],
                         *by_inference = &sweep->by_inference_spend[year];
    for (size_t s = 0; s < plan->seat_count; s++) {
        size_t at = s * (size_t)block->years + (size_t)year;
        double of_training = block->seat_training[at][0], of_inference = block->seat_inference[at][0];
        struct sc_derivative by = sweep->gradient->by_seat_revenue[at];
        sc_derivative_add(&by_silicon, by, of_training * training + of_inference * inference);
        sc_derivative_add(by_training, by, silicon * of_training);
        sc_derivative_add(by_inference, by, silicon * of_inference);
        if (plan->seat[s].residual) by_left = by;
    }
    for (size_t s = 0; s < plan->seat_count; s++) {
        const struct sc_seat *seat = &plan->seat[s];
        struct sc_derivative by = sweep->gradient->by_seat_revenue[s * (size_t)block->years + (size_t)year];
        if (seat->residual) continue;
        sc_derivative_add(&by, by_left, -1);
        sc_sweep_path(sweep, &seat->training, year, sc_derivative_times(by, silicon * training));
        sc_sweep_path(sweep, &seat->inference, year, sc_derivative_times(by, silicon * inference));
    }
    sc_sweep_path(sweep, &plan->market.silicon_content, year, by_silicon);
}

/* A spend that grows along a path from its base, from the last year back. MODEL 2. */
static void sweep_spend(struct sc_sweep *sweep, sc_slot base, const struct sc_path *growth,
                        const sc_row *spend, struct sc_derivative *by_spend)
{
    for (int year = sweep->block->years - 1; year > 0; year--) {
        double factor = 1 + sc_sweep_path_value(sweep, growth, year);
        sc_sweep_path(sweep, growth, year, sc_derivative_times(by_spend[year], spend[year - 1][0]));
        sc_derivative_add(&by_spend[year - 1], by_spend[year], factor);
    }
    sc_sweep_slot(sweep, base, by_spend[0]);
}

/* I = theta S and T = (1 - theta) S. The share is moved with the total held, whichever way in was taken. */
static struct sc_derivative sweep_split(struct sc_sweep *sweep, int year)
{
    double total = sweep->block->total_spend[year][0], share = sweep->block->inference_share[year][0];
    struct sc_derivative by_training = sweep->by_training_spend[year],
                         by_inference = sweep->by_inference_spend[year], by_total = {0, 0, 0};
    struct sc_derivative *by_share = &sweep->gradient->inference_share[year];
    sc_derivative_add(by_share, by_inference, total);
    sc_derivative_add(by_share, by_training, -total);
    sc_derivative_add(&by_total, by_inference, share);
    sc_derivative_add(&by_total, by_training, 1 - share);
    return by_total;
}

void sc_sweep_market(struct sc_sweep *sweep)
{
    const struct sc_block *block = sweep->block;
    const struct sc_market *market = &sweep->plan->market;
    struct sc_derivative by_total[SC_YEARS_MAX];
    if (!market->present) return;
    for (int year = 0; year < block->years; year++) {
        sweep_seats(sweep, year);
        by_total[year] = sweep_split(sweep, year);
    }
    if (market->training.present) {
        sweep_spend(sweep, market->training.base, &market->training.growth,
                    (const sc_row *)block->training_spend, sweep->by_training_spend);
        sweep_spend(sweep, market->inference.base, &market->inference.growth,
                    (const sc_row *)block->inference_spend, sweep->by_inference_spend);
        return;
    }
    sweep_spend(sweep, market->total_spend, &market->growth, (const sc_row *)block->total_spend, by_total);
    sc_sweep_share(sweep);
}
