#include "base/buffer.h"
#include "budget.h"
#include "codec/csv.h"
#include "codec/writer.h"
#include "request.h"
#include "secondchair/date.h"
#include "simulation.h"

#include <math.h>

static void write_interval(struct sc_json_writer *w, const struct sc_interval *interval)
{
    sc_json_member_figure(w, "low", interval->low);
    sc_json_member_figure(w, "high", interval->high);
}

static const char *end_name(enum sc_simulation_end end)
{
    static const char *const NAMES[] = {NULL, "paths", "tolerance", "time_budget"};
    return NAMES[end];
}

void sc_simulation_write_estimate(struct sc_json_writer *w, const struct sc_simulated *simulated)
{
    const struct sc_moments *moments = &simulated->moments;
    sc_json_member_integer(w, "paths", (int64_t)sc_simulated_paths(simulated));
    sc_json_member_number(w, "mean", moments->mean.value);
    sc_json_member_figure(w, "standard_error", moments->mean.standard_error);
    sc_json_member_figure(w, "mean_low", moments->mean.interval.low);
    sc_json_member_figure(w, "mean_high", moments->mean.interval.high);
    sc_json_member_figure(w, "sd", moments->sd);
    sc_json_member_number(w, "median",
                          sc_sample_quantile(simulated->sorted.all, simulated->sorted.count, 0.5));
    sc_json_member_figure(w, "variance_reduction", moments->variance_reduction);
    sc_json_member_text(w, "variance_reduction_reason",
                        isnan(moments->variance_reduction) ? "The estimate has no error." : NULL);
    sc_json_member_text(w, "stopped", end_name(simulated->end));
}

static void write_rejections(struct sc_json_writer *w, const struct sc_simulated *simulated)
{
    static const char *const NAMES[SC_REJECTIONS] = {"bounds", "growth", "shares", "domain"};
    const struct sc_tally *tally = &simulated->run.tally;
    size_t rejected = sc_simulated_rejected(simulated);
    sc_json_member_integer(w, "rejected", (int64_t)rejected);
    sc_json_member_object_begin(w, "rejected_by");
    for (size_t i = 0; i < SC_REJECTIONS; i++)
        sc_json_member_integer(w, NAMES[i], (int64_t)tally->rejected[i]);
    sc_json_object_end(w);
    sc_json_member_array_begin(w, "warnings");
    if ((double)rejected > SC_MANY_REJECTED * (double)sc_simulated_paths(simulated))
        sc_json_text(w, "More than 1 % of the paths are rejected: the figures are those of the others.");
    sc_json_array_end(w);
}

void sc_simulation_write_sampling(struct sc_json_writer *w, const struct sc_simulation_question *question)
{
    bool sobol = question->sampling.sampler == SC_SAMPLER_SOBOL;
    sc_json_member_text(w, "sampler", sobol ? "sobol" : "philox");
    sc_json_member_integer(w, "seed", (int64_t)question->sampling.seed);
    sc_json_member_integer(w, "randomisations", (int64_t)question->randomisations);
    sc_json_member_text(w, "chair", question->sampling.samples_loss ? "sampled" : "mixture");
    sc_json_member_number(w, "level", question->level);
}

static void write_correlation(struct sc_json_writer *w, const struct sc_simulated *simulated)
{
    const struct sc_copula *copula = &simulated->run.simulation->copula;
    if (!simulated->run.simulation->correlated) {
        sc_json_member_null(w, "correlation");
        return;
    }
    sc_json_member_object_begin(w, "correlation");
    sc_json_member_number(w, "smallest_eigenvalue", copula->smallest_eigenvalue);
    sc_json_member_boolean(w, "repaired", copula->repaired);
    sc_json_member_number(w, "largest_change", copula->largest_change);
    sc_json_member_number(w, "change_norm", copula->change_norm);
    sc_json_object_end(w);
}

void sc_simulation_write_quantiles(struct sc_json_writer *w, const struct sc_simulation_question *question,
                                   const struct sc_estimate *quantile)
{
    sc_json_member_array_begin(w, "quantiles");
    for (size_t i = 0; i < question->quantiles; i++) {
        sc_json_object_begin(w);
        sc_json_member_number(w, "p", question->quantile[i]);
        sc_json_member_number(w, "value", quantile[i].value);
        write_interval(w, &quantile[i].interval);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

static void find_quantiles(const struct sc_simulation_question *question,
                           const struct sc_simulated *simulated, struct sc_estimate *quantile)
{
    for (size_t i = 0; i < question->quantiles; i++)
        quantile[i] = sc_sample_quantile_of(&simulated->sample, &simulated->sorted, question->quantile[i]);
}

void sc_simulation_write_hurdle(struct sc_json_writer *w, double price, const struct sc_estimate *above)
{
    sc_json_object_begin(w);
    sc_json_member_number(w, "price", price);
    sc_json_member_number(w, "probability", above->value);
    sc_json_member_figure(w, "standard_error", above->standard_error);
    write_interval(w, &above->interval);
    sc_json_object_end(w);
}

static void write_probability(struct sc_json_writer *w, const struct sc_simulated *simulated, double price)
{
    struct sc_estimate above = sc_sample_above(&simulated->sample, &simulated->sorted, price);
    sc_simulation_write_hurdle(w, price, &above);
}

void sc_simulation_write_shortfall(struct sc_json_writer *w, const struct sc_simulation_question *question,
                                   const struct sc_estimate *shortfall)
{
    sc_json_member_number(w, "expected_shortfall", shortfall->value);
    sc_json_member_number(w, "expected_shortfall_part", question->shortfall);
    sc_json_member_figure(w, "expected_shortfall_standard_error", shortfall->standard_error);
}

/* The price first, then the hurdles that were asked for. */
static void write_probabilities(struct sc_json_writer *w, const struct sc_simulation_question *question,
                                const struct sc_simulated *simulated)
{
    double price = simulated->plan->driver[simulated->plan->price];
    struct sc_estimate above = sc_sample_above(&simulated->sample, &simulated->sorted, price),
                       shortfall =
                           sc_sample_shortfall(&simulated->sample, &simulated->sorted, question->shortfall);
    sc_json_member_number(w, "price", price);
    sc_json_member_number(w, "probability_above_price", above.value);
    sc_json_member_array_begin(w, "hurdles");
    write_probability(w, simulated, price);
    for (size_t i = 0; i < question->hurdles; i++) write_probability(w, simulated, question->hurdle[i]);
    sc_json_array_end(w);
    sc_simulation_write_shortfall(w, question, &shortfall);
}

static void write_histogram(struct sc_json_writer *w, const struct sc_simulated *simulated)
{
    struct sc_histogram histogram;
    sc_histogram(simulated->sorted.all, simulated->sorted.count, 0, &histogram);
    sc_json_member_array_begin(w, "histogram");
    for (size_t i = 0; i < histogram.bins; i++) {
        sc_json_object_begin(w);
        sc_json_member_number(w, "low", histogram.edge[i]);
        sc_json_member_number(w, "high", histogram.edge[i + 1]);
        sc_json_member_integer(w, "count", (int64_t)histogram.count[i]);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

/* Each driver's share is found by a turn of the crew. */
struct shares {
    const struct sc_simulated *simulated;
    double share[SC_UNCERTAIN_MAX];
};

static void find_share(void *context, size_t turn, size_t member)
{
    struct shares *shares = context;
    const struct sc_run *run = &shares->simulated->run;
    (void)member;
    shares->share[turn] = sc_sample_variance_share(&shares->simulated->sample,
                                                   run->bin + turn * run->randomisations * run->stride);
}

static void write_drivers(struct sc_json_writer *w, const struct sc_simulated *simulated,
                          struct sc_crew *crew)
{
    struct shares shares = {.simulated = simulated};
    sc_crew_run(crew, simulated->uncertainty.count, find_share, &shares);
    sc_json_member_array_begin(w, "drivers");
    for (size_t i = 0; i < simulated->uncertainty.count; i++) {
        sc_json_object_begin(w);
        sc_json_member_text(w, "pointer", simulated->uncertainty.driver[i].pointer);
        sc_json_member_number(w, "variance_share", shares.share[i]);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

/* By the year at whose start the chair is lost; year null: never. */
static void write_losses(struct sc_json_writer *w, const struct sc_simulated *simulated)
{
    const struct sc_tally *tally = &simulated->run.tally;
    double n = (double)tally->accepted;
    int horizon = simulated->plan->chair.present ? simulated->plan->horizon : 0;
    sc_json_member_array_begin(w, "by_year_of_loss");
    for (int i = 1; i <= horizon + 1; i++) {
        int branch = i > horizon ? 0 : i;
        sc_json_object_begin(w);
        if (branch == 0)
            sc_json_member_null(w, "year");
        else
            sc_json_member_integer(w, "year", branch);
        sc_json_member_number(w, "probability", tally->weight[branch] / n);
        sc_json_member_number(w, "mean_value", tally->sum[branch] / n);
        sc_json_member_number(w, "probability_above_price", (double)tally->above_price[branch] / n);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

/* Where w_T - g can come near 0 the terminal value has a tail so heavy that the mean need not exist. */
static void write_tail(struct sc_json_writer *w, const struct sc_simulated *simulated)
{
    const struct sc_tally *tally = &simulated->run.tally;
    enum sc_tail tail = sc_simulated_tail(simulated);
    sc_json_member_object_begin(w, "tail");
    sc_json_member_text(w, "status", sc_tail_name(tail));
    sc_json_member_text(w, "headline", tail == SC_TAIL_FIRED ? "median" : "mean");
    sc_json_member_number(w, "least_spread", tally->least_spread);
    sc_json_member_integer(w, "near", (int64_t)tally->near);
    sc_json_member_text(
        w, "detail",
        tail == SC_TAIL_NONE ? "An exit multiple does not divide by the spread of w_T over g."
        : tail == SC_TAIL_FIRED
            ? "The spread of w_T over g comes below 1 % on some paths, where value grows without "
              "bound: the mean is not trustworthy, read the median and the quantiles."
            : "The spread of w_T over g stays above 1 % on every path.");
    sc_json_object_end(w);
}

/* ---------------------------------------------------------------- bands */

struct band {
    double low, median, high;
};

struct bands {
    const struct sc_simulated *simulated;
    double level;
    size_t count; /* figures of one kind and year */
    struct band band[SC_BAND_KINDS][SC_YEARS_MAX];
};

/* The accepted paths' figures, moved to the front; how many. */
static size_t keep_accepted(const struct bands *bands, double *figure)
{
    const struct sc_run *run = &bands->simulated->run;
    size_t count = 0, points = run->points < run->band_points ? run->points : run->band_points;
    if (points == run->band_points && sc_simulated_rejected(bands->simulated) == 0) return bands->count;
    for (size_t r = 0; r < run->randomisations; r++)
        for (size_t i = 0; i < points; i++)
            if (!isnan(run->value[r * run->stride + i])) figure[count++] = figure[r * run->band_points + i];
    return count;
}

static void find_band(void *context, size_t turn, size_t member)
{
    struct bands *bands = context;
    size_t years = (size_t)bands->simulated->plan->horizon + 1, kind = turn / years, year = turn % years;
    bool there = kind == 2 ? bands->simulated->plan->market.present : year > 0;
    double *figure = sc_run_yearly(&bands->simulated->run, kind, (int)year);
    double *scratch = bands->simulated->run.band_scratch + member * bands->count;
    size_t count = there ? keep_accepted(bands, figure) : 0;
    double p[] = {0.5 - bands->level / 2, 0.5, 0.5 + bands->level / 2}, at[3] = {NAN, NAN, NAN};
    if (count > 0) sc_sample_quantiles(figure, count, p, 3, at, scratch);
    bands->band[kind][year] = (struct band){at[0], at[1], at[2]};
}

static void write_bands(struct sc_json_writer *w, const struct sc_simulation_question *question,
                        const struct sc_simulated *simulated, struct sc_crew *crew)
{
    static const char *const NAMES[SC_BAND_KINDS] = {"revenue", "fcff", "inference_share"};
    const struct sc_plan *plan = simulated->plan;
    const struct sc_run *run = &simulated->run;
    struct bands bands = {
        .simulated = simulated, .level = question->level, .count = run->randomisations * run->band_points};
    if (!question->bands) {
        sc_json_member_null(w, "bands");
        return;
    }
    sc_crew_run(crew, SC_BAND_KINDS * ((size_t)plan->horizon + 1), find_band, &bands);
    size_t points = run->points < run->band_points ? run->points : run->band_points;
    sc_json_member_object_begin(w, "bands");
    sc_json_member_integer(w, "paths", (int64_t)(run->randomisations * points));
    for (size_t kind = 0; kind < SC_BAND_KINDS; kind++) {
        sc_json_member_array_begin(w, NAMES[kind]);
        for (int year = kind == 2 ? 0 : 1; year <= plan->horizon; year++) {
            const struct band *band = &bands.band[kind][year];
            if (isnan(band->median)) continue;
            sc_json_object_begin(w);
            sc_json_member_integer(w, "year", kind == 2 ? plan->base_market_year + year : year);
            sc_json_member_number(w, "low", band->low);
            sc_json_member_number(w, "median", band->median);
            sc_json_member_number(w, "high", band->high);
            sc_json_object_end(w);
        }
        sc_json_array_end(w);
    }
    sc_json_object_end(w);
}

void sc_simulation_write(struct sc_json_writer *w, const struct sc_simulation_question *question,
                         struct sc_simulated *simulated, struct sc_crew *crew)
{
    struct sc_estimate quantile[SC_QUANTILES_MAX];
    find_quantiles(question, simulated, quantile);
    sc_json_member_number(w, "value_per_share", simulated->value_per_share);
    sc_simulation_write_estimate(w, simulated);
    write_rejections(w, simulated);
    sc_simulation_write_sampling(w, question);
    write_correlation(w, simulated);
    write_probabilities(w, question, simulated);
    sc_simulation_write_quantiles(w, question, quantile);
    write_histogram(w, simulated);
    write_drivers(w, simulated, crew);
    write_losses(w, simulated);
    write_tail(w, simulated);
    write_bands(w, question, simulated, crew);
}

enum sc_progress sc_simulation_quantiles_csv(struct sc_call *call,
                                             const struct sc_simulation_question *question,
                                             const struct sc_estimate *quantile)
{
    static const char *const HEADER[] = {"p", "value", "low", "high"};
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_csv_header(&csv, HEADER, sizeof HEADER / sizeof *HEADER);
    for (size_t i = 0; i < question->quantiles; i++) {
        sc_csv_number(&csv, question->quantile[i]);
        sc_csv_number(&csv, quantile[i].value);
        sc_csv_number(&csv, quantile[i].interval.low);
        sc_csv_number(&csv, quantile[i].interval.high);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

enum sc_progress sc_simulation_csv(struct sc_call *call, const struct sc_simulation_question *question,
                                   const struct sc_simulated *simulated)
{
    struct sc_estimate quantile[SC_QUANTILES_MAX];
    find_quantiles(question, simulated, quantile);
    return sc_simulation_quantiles_csv(call, question, quantile);
}

/* ---------------------------------------------------------------- two scenarios */

void sc_simulation_write_difference(struct sc_json_writer *w, const struct sc_simulation_question *question,
                                    struct sc_simulated *one, const struct sc_simulated *other)
{
    struct sc_run *run = &one->run;
    struct sc_moments moments;
    /* a path counts where both have it; what `one` had by itself is written already */
    for (size_t r = 0; r < run->randomisations; r++)
        for (size_t i = 0; i < run->points; i++)
            run->value[r * run->stride + i] -= other->run.value[r * other->run.stride + i];
    sc_sample_sort(&one->sample, &one->sorted, one->scratch);
    bool any = one->sorted.count > 1;
    if (any) sc_sample_moments(&one->sample, &one->sorted, &moments);
    sc_json_member_object_begin(w, "with");
    sc_json_member_number(w, "value_per_share", other->value_per_share);
    sc_json_member_number(w, "mean", other->moments.mean.value);
    sc_json_member_figure(w, "standard_error", other->moments.mean.standard_error);
    sc_json_member_number(w, "sd", other->moments.sd);
    sc_json_member_integer(w, "rejected", (int64_t)sc_simulated_rejected(other));
    sc_json_member_integer(w, "pairs", (int64_t)one->sorted.count);
    sc_json_member_figure(w, "mean_difference", any ? moments.mean.value : NAN);
    sc_json_member_figure(w, "mean_difference_standard_error", any ? moments.mean.standard_error : NAN);
    sc_json_member_figure(w, "mean_difference_low", any ? moments.mean.interval.low : NAN);
    sc_json_member_figure(w, "mean_difference_high", any ? moments.mean.interval.high : NAN);
    sc_json_member_figure(w, "probability_greater",
                          any ? sc_sample_above(&one->sample, &one->sorted, 0).value : NAN);
    sc_json_member_text(w, "reason", any ? NULL : "No path has a value in both scenarios.");
    sc_json_member_number(w, "level", question->level);
    sc_json_object_end(w);
}
