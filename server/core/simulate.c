#include "secondchair/simulate.h"

#include "lanes.h"
#include "secondchair/distribution.h"
#include "secondchair/field.h"
#include "secondchair/philox.h"

#include <math.h>
#include <string.h>

/* ---------------------------------------------------------------- making ready */

/* Lower-triangular L with L L' = covariance. A direction without variance stays still. */
static void factorise(const struct sc_fit *fit, double factor[3][3])
{
    for (size_t i = 0; i < fit->covariance_size; i++)
        for (size_t j = 0; j <= i; j++) {
            double rest = fit->covariance[i][j];
            for (size_t k = 0; k < j; k++) rest -= factor[i][k] * factor[j][k];
            if (i == j)
                factor[i][i] = sqrt(rest > 0 ? rest : 0);
            else
                factor[i][j] = factor[j][j] > 0 ? rest / factor[j][j] : 0;
        }
}

/* The dimension of a key: its own, or the next one that is free; SC_SOBOL_DIMENSIONS where none is. */
static size_t dimension_of(struct sc_dimensions *dimensions, uint64_t key)
{
    size_t at = 0;
    while (at < dimensions->count && dimensions->key[at] != key) at++;
    if (at == dimensions->count && at < SC_SOBOL_DIMENSIONS) dimensions->key[dimensions->count++] = key;
    return at;
}

static struct sc_draw *add_draw(struct sc_simulation *simulation, struct sc_dimensions *dimensions,
                                const char *name, size_t driver)
{
    struct sc_draw *draw = &simulation->draw[simulation->draws];
    draw->slot = SC_NO_SLOT;
    draw->driver = driver;
    draw->key = sc_draw_key(name);
    draw->dimension = dimension_of(dimensions, draw->key);
    draw->bounds = NULL;
    simulation->draws++;
    return draw;
}

/* A standard normal number for each parameter of the fitted curve. */
static void add_curve(struct sc_simulation *simulation, struct sc_dimensions *dimensions,
                      const struct sc_uncertain *uncertain, size_t driver, struct sc_block *block)
{
    static const char *const NAMES[] = {"/market/inference_share#k", "/market/inference_share#mid",
                                        "/market/inference_share#ceiling"};
    static const sc_slot SLOTS[] = {SC_SLOT_CURVE_K, SC_SLOT_CURVE_MID, SC_SLOT_CURVE_CEILING};
    const struct sc_fit *fit = sc_block_fit(block);
    simulation->curve_draw = simulation->draws;
    simulation->curve_size = fit->covariance_size;
    simulation->curve_mean[0] = fit->curve.k;
    simulation->curve_mean[1] = fit->curve.mid;
    simulation->curve_mean[2] = fit->curve.ceiling;
    simulation->curve_floor = fit->curve.floor;
    factorise(fit, simulation->curve_factor);
    for (size_t i = 0; i < fit->covariance_size; i++) {
        struct sc_draw *draw = add_draw(simulation, dimensions, NAMES[i], driver);
        draw->slot = SLOTS[i];
        sc_quantile_prepare(&uncertain->distribution, &draw->quantile);
    }
}

static bool correlate(struct sc_simulation *simulation, const struct sc_uncertainty *uncertainty,
                      struct sc_copula_scratch *scratch, const char *place, struct sc_faults *faults)
{
    struct sc_correlation correlation = {.kind = uncertainty->spearman ? SC_SPEARMAN : SC_PEARSON,
                                         .repair = uncertainty->repair,
                                         .n = uncertainty->count,
                                         .matrix = uncertainty->matrix};
    size_t n = uncertainty->count;
    simulation->correlated = uncertainty->correlated;
    memset(simulation->moves_along, 0, sizeof simulation->moves_along);
    if (!uncertainty->correlated) return true;
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            if (i != j && uncertainty->matrix[i * n + j] != 0)
                simulation->moves_along[simulation->correlated_draw[i]] = true;
    return sc_copula_prepare(&correlation, place, scratch, &simulation->copula, faults);
}

static bool has_dimensions(const struct sc_simulation *simulation, const char *place,
                           struct sc_faults *faults)
{
    for (size_t i = 0; i < simulation->draws; i++) {
        if (simulation->draw[i].dimension < SC_SOBOL_DIMENSIONS) continue;
        sc_fault_add(faults, SC_FAULT_wrong_length, place,
                     "more than %d drivers are uncertain in all: that many have random numbers in common",
                     SC_SOBOL_DIMENSIONS);
        return false;
    }
    return true;
}

bool sc_simulation_prepare(struct sc_simulation *simulation, struct sc_block *block,
                           const struct sc_uncertainty *uncertainty, const struct sc_sampling *sampling,
                           struct sc_dimensions *dimensions, struct sc_copula_scratch *scratch,
                           const char *place, struct sc_faults *faults)
{
    struct sc_dimensions own = {.count = 0};
    if (!dimensions) dimensions = &own;
    simulation->plan = block->plan;
    simulation->sampling = *sampling;
    simulation->draws = simulation->curve_size = 0;
    for (size_t i = 0; i < uncertainty->count; i++) {
        const struct sc_uncertain *uncertain = &uncertainty->driver[i];
        if (i < SC_COPULA_MAX) simulation->correlated_draw[i] = simulation->draws;
        if (uncertain->distribution.kind == SC_FITTED_CURVE) {
            add_curve(simulation, dimensions, uncertain, i, block);
            continue;
        }
        struct sc_draw *draw = add_draw(simulation, dimensions, uncertain->pointer, i);
        draw->slot = uncertain->slot;
        draw->bounds = uncertain->bounds;
        sc_quantile_prepare(&uncertain->distribution, &draw->quantile);
    }
    simulation->moved = simulation->draws;
    if (sampling->samples_loss && block->plan->chair.present)
        add_draw(simulation, dimensions, "/chair#loss", uncertainty->count);
    if (!has_dimensions(simulation, place, faults)) return false;
    if (sampling->sampler == SC_SAMPLER_SOBOL) sc_sobol_init(&simulation->sobol, dimensions->count);
    return correlate(simulation, uncertainty, scratch, place, faults);
}

void sc_simulation_begin(const struct sc_simulation *simulation, struct sc_block *block)
{
    sc_slot slot[SC_DRAWS_MAX];
    for (size_t i = 0; i < simulation->moved; i++) slot[i] = simulation->draw[i].slot;
    sc_block_moves(block, slot, simulation->moved);
    block->sums_losses = block->plan->operations.reinvestment.sales_to_capital.form == SC_PATH_ABSENT;
}

/* ---------------------------------------------------------------- drawing */

static void draw_uniform(const struct sc_simulation *simulation, const struct sc_draw *draw,
                         uint32_t randomisation, uint32_t first, size_t count, double *u)
{
    const struct sc_sampling *sampling = &simulation->sampling;
    if (sampling->sampler == SC_SAMPLER_PHILOX)
        sc_philox_row(sampling->seed, draw->key, ((uint64_t)randomisation << 32) + first, count, u);
    else
        sc_sobol_row(&simulation->sobol, draw->dimension, sampling->seed, randomisation, draw->key, first,
                     count, u);
}

/* Uniform numbers of the drivers that move along with others become correlated normal ones. Rows of the
 * copula stand one after another in its order; those of independent drivers change nothing and are left out.
 */
static void make_correlated(const struct sc_simulation *simulation, struct sc_simulation_scratch *scratch,
                            size_t count)
{
    double z[SC_COPULA_MAX][SC_PATHS_AT_ONCE];
    size_t n = simulation->copula.n, bytes = count * sizeof(double);
    for (size_t i = 0; i < n; i++) {
        size_t draw = simulation->correlated_draw[i];
        if (simulation->moves_along[draw])
            sc_normal_quantile_row(scratch->draw[draw], count, z[i]);
        else
            memset(z[i], 0, bytes);
    }
    sc_copula_correlate(&simulation->copula, count, SC_PATHS_AT_ONCE, z[0]);
    for (size_t i = 0; i < n; i++) {
        size_t draw = simulation->correlated_draw[i];
        if (simulation->moves_along[draw]) memcpy(scratch->draw[draw], z[i], bytes);
    }
}

/* Which part of its probability each draw of a driver falls into. */
SC_WIDE static void note_bins(const double *u, size_t count, uint8_t *bin)
{
    for (size_t i = 0; i < count; i++) {
        int at = (int)(u[i] * SC_VARIANCE_BINS);
        bin[i] = (uint8_t)(at < SC_VARIANCE_BINS ? at : SC_VARIANCE_BINS - 1);
    }
}

/* The same of normal numbers. Between the outermost parts their probability is 1/2 + z P(z^2), P of the least
 * error (Remez), 2^-38. */
SC_WIDE static void note_normal_bins(const double *z, size_t count, uint8_t *bin)
{
    for (size_t i = 0; i < count; i++) {
        double low = z[i] > -1.92 ? z[i] : -1.92, x = low < 1.92 ? low : 1.92, w = x * x, w2 = w * w;
        double p0 = 0.39894228038445414 - 0.066490379692965228 * w;
        double p2 = 0.0099735546990060064 - 0.0011873217646201949 * w;
        double p4 = 0.00011542483740137584 - 9.4356071248010205e-6 * w;
        double p6 = 6.6072597777209238e-7 - 3.92803902960942e-8 * w;
        double p8 = 1.8165108974897205e-9 - 4.813093173848295e-11 * w;
        double p = 0.5 + x * (p0 + w2 * (p2 + w2 * (p4 + w2 * (p6 + w2 * p8))));
        bin[i] = (uint8_t)(int)(p * SC_VARIANCE_BINS);
    }
}

/* As sc_field_allows; 1 where it does not. */
SC_WIDE static void note_outside(const struct sc_field *bounds, const double *x, size_t count,
                                 double *outside)
{
    double low = bounds->open_low ? nextafter(bounds->low, INFINITY) : bounds->low;
    double high = bounds->open_high ? nextafter(bounds->high, -INFINITY) : bounds->high;
    for (size_t i = 0; i < count; i++) outside[i] = ((x[i] >= low) & (x[i] <= high)) ? outside[i] : 1;
}

/* mean + L z, from the last parameter up, for each takes those before it as they were. */
SC_WIDE static void make_curve(const struct sc_simulation *simulation, double (*row)[SC_PATHS_AT_ONCE],
                               size_t count)
{
    for (size_t i = simulation->curve_size; i-- > 0;) {
        const double *factor = simulation->curve_factor[i], mean = simulation->curve_mean[i];
        for (size_t p = 0; p < count; p++) {
            double sum = mean;
            for (size_t j = 0; j <= i; j++) sum += factor[j] * row[j][p];
            row[i][p] = sum;
        }
    }
}

/* A ceiling must lie above the floor and not above 1. */
SC_WIDE static void note_ceiling(double floor, const double *ceiling, size_t count, double *outside)
{
    for (size_t p = 0; p < count; p++)
        outside[p] = ((ceiling[p] > floor) & (ceiling[p] <= 1)) ? outside[p] : 1;
}

void sc_simulation_place(const struct sc_simulation *simulation, double (*row)[SC_PATHS_AT_ONCE],
                         size_t count, bool *outside)
{
    double is_outside[SC_PATHS_AT_ONCE] = {0}, (*curve)[SC_PATHS_AT_ONCE] = &row[simulation->curve_draw];
    for (size_t i = 0; i < simulation->moved; i++)
        if (simulation->draw[i].bounds) note_outside(simulation->draw[i].bounds, row[i], count, is_outside);
    if (simulation->curve_size > 0) make_curve(simulation, curve, count);
    if (simulation->curve_size == 3) note_ceiling(simulation->curve_floor, curve[2], count, is_outside);
    for (size_t p = 0; p < count; p++) outside[p] = is_outside[p] != 0;
}

static void draw_paths(const struct sc_simulation *simulation, struct sc_simulation_scratch *scratch,
                       uint32_t randomisation, uint32_t first, size_t count, const struct sc_paths *paths)
{
    for (size_t i = 0; i < simulation->draws; i++)
        draw_uniform(simulation, &simulation->draw[i], randomisation, first, count, scratch->draw[i]);
    if (simulation->correlated) make_correlated(simulation, scratch, count);
    for (size_t i = 0; i < simulation->moved; i++) {
        const struct sc_draw *draw = &simulation->draw[i];
        bool is_first = i == 0 || draw->driver != simulation->draw[i - 1].driver;
        if (simulation->moves_along[i]) {
            note_normal_bins(scratch->draw[i], count, paths->bin[draw->driver]);
            sc_quantile_normal_row(&draw->quantile, scratch->draw[i], count, scratch->draw[i]);
        } else {
            if (is_first) note_bins(scratch->draw[i], count, paths->bin[draw->driver]);
            sc_quantile_row(&draw->quantile, scratch->draw[i], count, scratch->draw[i]);
        }
    }
    sc_simulation_place(simulation, scratch->draw, count, scratch->outside);
}

/* ---------------------------------------------------------------- evaluating */

/* The branch in which a uniform number falls: lost in year 1, …, in H, never (0). */
static size_t branch_at(const struct sc_mixture *mixture, size_t lane, double u)
{
    for (size_t branch = 1; branch < mixture->branches; branch++) {
        u -= mixture->weight[branch][lane];
        if (u < 0) return branch;
    }
    return 0;
}

static void reject(const struct sc_mixture *mixture, size_t lane, bool outside, struct sc_tally *tally)
{
    uint32_t fault = mixture->fault[lane];
    if (outside)
        tally->rejected[SC_REJECTED_BOUNDS]++;
    else if (fault & SC_LANE_GROWTH)
        tally->rejected[SC_REJECTED_GROWTH]++;
    else if (fault & SC_LANE_SHARES)
        tally->rejected[SC_REJECTED_SHARES]++;
    else
        tally->rejected[SC_REJECTED_DOMAIN]++;
}

/* Of one call, by branch and lane: added up over its blocks, and over the lanes at its end, in a fixed order.
 */
struct counts {
    sc_row sum[SC_YEARS_MAX], weight[SC_YEARS_MAX], above_price[SC_YEARS_MAX];
    sc_row accepted, near, least_spread;
};

/* Adds a block's branches where its lanes have a value: accepted is 1 there, else 0. */
SC_WIDE static void count_branches(const struct sc_mixture *mixture, double price, const double *accepted,
                                   struct counts *counts)
{
    for (size_t branch = 0; branch < mixture->branches; branch++) {
        const double *value = mixture->of_branch[branch], *weight = mixture->weight[branch];
        double *sum = counts->sum[branch], *weights = counts->weight[branch],
               *above = counts->above_price[branch];
        SC_EACH_LANE (l) {
            bool in = accepted[l] != 0;
            sum[l] += in ? value[l] : 0;
            weights[l] += in ? weight[l] : 0;
            above[l] += (in & (value[l] > price)) ? 1 : 0;
        }
    }
}

/* Which lanes have a value: 1, else 0. */
SC_WIDE static void find_accepted(const struct sc_mixture *mixture, const bool *outside, size_t lanes,
                                  double *accepted)
{
    bool beyond[SC_LANES] = {0};
    memcpy(beyond, outside, lanes * sizeof *beyond);
    for (size_t l = lanes; l < SC_LANES; l++) beyond[l] = true;
    SC_EACH_LANE (l) accepted[l] = ((mixture->fault[l] == 0) & !beyond[l]) ? 1 : 0;
}

SC_WIDE static void count_spreads(const struct sc_block *block, const double *accepted, struct counts *counts)
{
    SC_EACH_LANE (l) {
        double spread = block->terminal_wacc[l] - block->terminal_growth[l];
        spread = accepted[l] != 0 ? spread : INFINITY;
        counts->accepted[l] += accepted[l];
        counts->near[l] += spread < SC_NEAR_SPREAD ? 1 : 0;
        counts->least_spread[l] = spread < counts->least_spread[l] ? spread : counts->least_spread[l];
    }
}

static void add_counts(const struct counts *counts, size_t branches, struct sc_tally *tally)
{
    for (size_t branch = 0; branch < branches; branch++)
        for (size_t l = 0; l < SC_LANES; l++) {
            tally->sum[branch] += counts->sum[branch][l];
            tally->weight[branch] += counts->weight[branch][l];
            tally->above_price[branch] += (uint64_t)counts->above_price[branch][l];
        }
    for (size_t l = 0; l < SC_LANES; l++) {
        tally->accepted += (uint64_t)counts->accepted[l];
        tally->near += (uint64_t)counts->near[l];
        tally->least_spread = fmin(tally->least_spread, counts->least_spread[l]);
    }
}

void sc_tally_add(struct sc_tally *tally, const struct sc_tally *other)
{
    for (size_t i = 0; i < SC_REJECTIONS; i++) tally->rejected[i] += other->rejected[i];
    for (size_t i = 0; i < SC_YEARS_MAX; i++) {
        tally->above_price[i] += other->above_price[i];
        tally->sum[i] += other->sum[i];
        tally->weight[i] += other->weight[i];
    }
    tally->accepted += other->accepted;
    tally->near += other->near;
    if (other->least_spread < tally->least_spread) tally->least_spread = other->least_spread;
}

/* Nearly always of all lanes, which is a few vectors. */
SC_PART void copy_lanes(double *to, const double *from, size_t lanes)
{
    if (lanes == SC_LANES)
        memcpy(to, from, sizeof(sc_row));
    else
        for (size_t l = 0; l < lanes; l++) to[l] = from[l];
}

SC_WIDE static void keep_flows(const struct sc_block *block, const struct sc_mixture *mixture, size_t at,
                               size_t lanes, const struct sc_paths *paths)
{
    for (int year = 0; year < block->years; year++) {
        if (year > 0) copy_lanes(paths->revenue[year] + at, mixture->revenue[year], lanes);
        if (year > 0) copy_lanes(paths->fcff[year] + at, mixture->fcff[year], lanes);
        if (paths->inference_share[year])
            copy_lanes(paths->inference_share[year] + at, block->inference_share[year], lanes);
    }
}

/* The value of the branch that is drawn. */
static double drawn_value(const struct sc_mixture *mixture, size_t lane, double u)
{
    return mixture->of_branch[branch_at(mixture, lane, u)][lane];
}

/* The figures of one block of lanes, whose first is path `at` of the call. */
static void keep_lanes(const struct sc_simulation *simulation, const struct sc_block *block,
                       const struct sc_simulation_scratch *scratch, size_t at, size_t lanes,
                       const struct sc_paths *paths, struct counts *counts, struct sc_tally *tally)
{
    const struct sc_mixture *mixture = &scratch->mixture;
    const double *loss = simulation->draws > simulation->moved ? scratch->draw[simulation->moved] + at : NULL;
    double *value = paths->value + at;
    sc_row accepted = {0};
    find_accepted(mixture, scratch->outside + at, lanes, accepted);
    memcpy(value, mixture->value, lanes * sizeof *value);
    for (size_t lane = 0; lane < lanes; lane++) {
        if (accepted[lane] == 0) {
            reject(mixture, lane, scratch->outside[at + lane], tally);
            value[lane] = NAN;
        } else if (loss) {
            value[lane] = drawn_value(mixture, lane, loss[lane]);
        }
    }
    count_spreads(block, accepted, counts);
    count_branches(mixture, block->plan->driver[block->plan->price], accepted, counts);
    if (paths->revenue[1]) keep_flows(block, mixture, at, lanes, paths);
}

void sc_simulate(const struct sc_simulation *simulation, struct sc_block *block,
                 struct sc_simulation_scratch *scratch, uint32_t randomisation, uint32_t first, size_t count,
                 const struct sc_paths *paths, struct sc_tally *tally)
{
    struct sc_change change[SC_DRAWS_MAX];
    struct counts counts = {0};
    for (size_t l = 0; l < SC_LANES; l++) counts.least_spread[l] = INFINITY;
    scratch->mixture.keeps_flows = paths->revenue[1] != NULL;
    draw_paths(simulation, scratch, randomisation, first, count, paths);
    for (size_t at = 0; at < count; at += SC_LANES) {
        size_t lanes = count - at < SC_LANES ? count - at : SC_LANES;
        for (size_t i = 0; i < simulation->moved; i++)
            change[i] = (struct sc_change){simulation->draw[i].slot, scratch->draw[i] + at};
        sc_mix(block, &(struct sc_lanes){.count = lanes, .change = change, .change_count = simulation->moved},
               &scratch->mixture);
        keep_lanes(simulation, block, scratch, at, lanes, paths, &counts, tally);
    }
    add_counts(&counts, scratch->mixture.branches, tally);
}
