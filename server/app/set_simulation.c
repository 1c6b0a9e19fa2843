#include "app.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/document.h"
#include "codec/writer.h"
#include "request.h"
#include "secondchair/weigh_samples.h"
#include "set_members.h"
#include "simulation.h"
#include "subject.h"

#include <math.h>
#include <stdlib.h>

/* "What is it worth over all my scenarios, where I am sure of none of them?" (MODEL 9, Set; 10) */

_Static_assert((int)SC_SET_MEMBERS_MAX <= (int)SC_SAMPLES_MAX, "a set's members are weighed together");

/* What is kept of a member's simulation. One that says nothing of uncertainty is its one value. */
struct outcome {
    bool uncertain;
    struct sc_sorted sorted; /* owned */
    struct sc_estimate mean, above;
    double sd;
    size_t paths, rejected;
    enum sc_tail tail;
};

struct set_simulation {
    struct sc_call *call;
    struct sc_set_members members;
    struct sc_simulation_question question;
    const json_t *own; /* the question's uncertainty, in place of every member's; NULL for none */
    bool own_is_wrong, stopped;
    struct sc_crew *crew;
    struct sc_dimensions dimensions;
    struct outcome outcome[SC_SET_MEMBERS_MAX];
    struct sc_mixed mixed[SC_SET_MEMBERS_MAX];
    struct sc_mixed_sample sample;
    struct sc_spread spread;
    struct sc_estimate mean;
};

/* ---- the members ---- */

/* False with faults, or without when memory is short. */
static bool compile(struct set_simulation *s, const struct sc_case_context *where, size_t index,
                    const struct sc_case *one, struct sc_uncertainty *uncertainty)
{
    struct sc_faults *found = sc_arena_alloc(where->arena, sizeof *found);
    const json_t *given = s->own ? s->own : json_object_get(one->document, "uncertainty");
    if (!found) return false;
    bool done = sc_uncertainty_compile(given, one->document, one->plan, "/uncertainty", where->arena,
                                       uncertainty, found);
    sc_case_blame(where, index, found, s->own ? NULL : "cannot be simulated");
    return done;
}

/* Before any path is drawn: is what is said of the member's uncertainty sound? That the question's own is not
 * is said once. */
static bool look(void *context, const struct sc_case_context *where, size_t index, struct sc_case *one)
{
    struct set_simulation *s = context;
    struct sc_uncertainty uncertainty;
    s->outcome[index].uncertain = s->own || json_object_get(one->document, "uncertainty");
    if (!s->outcome[index].uncertain || s->own_is_wrong) return true;
    bool sound = compile(s, where, index, one, &uncertainty);
    s->own_is_wrong = s->own && !sound;
    return sound;
}

/* In doublings, between which a client that has gone is noticed. */
static bool run(struct set_simulation *s, struct sc_simulated *simulated, size_t index)
{
    struct sc_run *paths = &simulated->run;
    size_t points = SC_FIRST_PATHS / paths->randomisations;
    for (; paths->points < paths->stride && !s->stopped; points *= 2) {
        sc_run_to(paths, s->crew, points < paths->stride ? points : paths->stride);
        double of_member = (double)paths->points / (double)paths->stride;
        s->stopped = !sc_call_goes_on(s->call, ((double)index + of_member) / (double)s->members.count, NULL);
    }
    return !s->stopped;
}

/* Takes the sorted values over. */
static void keep(const struct set_simulation *s, struct sc_simulated *simulated, struct outcome *outcome)
{
    outcome->above = sc_sample_above(&simulated->sample, &simulated->sorted, s->members.price);
    outcome->mean = simulated->moments.mean;
    outcome->sd = simulated->moments.sd;
    outcome->paths = sc_simulated_paths(simulated);
    outcome->rejected = sc_simulated_rejected(simulated);
    outcome->tail = sc_simulated_tail(simulated);
    outcome->sorted = simulated->sorted;
    simulated->sorted.all = simulated->sorted.each = NULL;
}

/* A simulation that is prepared. */
static bool simulate(struct set_simulation *s, struct sc_simulated *simulated, size_t index,
                     struct sc_faults *found)
{
    if (!run(s, simulated, index)) return false;
    sc_simulated_summarise(simulated, s->question.level);
    if (!sc_simulated_is_computable(simulated, "/uncertainty", found)) return false;
    keep(s, simulated, &s->outcome[index]);
    return true;
}

static bool simulate_member(void *context, const struct sc_case_context *where, size_t index,
                            struct sc_case *one)
{
    struct set_simulation *s = context;
    uint64_t start = sc_clock_nanoseconds();
    struct sc_faults *found = sc_arena_alloc(where->arena, sizeof *found);
    struct sc_simulated *simulated = calloc(1, sizeof *simulated);
    bool done = false;
    if (found && simulated) {
        simulated->plan = one->plan;
        done = compile(s, where, index, one, &simulated->uncertainty) &&
               sc_simulated_prepare(simulated, &s->question, sc_crew_members(s->crew), &s->dimensions,
                                    "/uncertainty", found) &&
               simulate(s, simulated, index, found);
        sc_case_blame(where, index, found, s->own ? NULL : "cannot be simulated");
    }
    sc_simulated_free(simulated);
    sc_call_spent(s->call, SC_STAGE_MODEL, start);
    return done;
}

/* False: the answer is complete, or nobody wants it any more. */
static bool simulate_all(struct set_simulation *s)
{
    struct sc_faults *faults = sc_call_faults(s->call);
    bool done = faults && sc_call_goes_on(s->call, 0, NULL);
    if (!done) return false;
    for (size_t i = 0; i < s->members.count && done; i++)
        if (s->outcome[i].uncertain)
            done = sc_set_visit(s->call, s->members.subject, i, faults, simulate_member, s);
    if (sc_faults_any(faults))
        sc_call_invalid(s->call, SC_PROBLEM_not_computable, faults);
    else if (!done && !s->stopped)
        sc_call_exhausted(s->call);
    return done;
}

/* ---- together ---- */

static void take_certain(const struct set_simulation *s, size_t index, struct outcome *outcome)
{
    double value = s->members.weighted[index].value, above = value > s->members.price ? 1 : 0;
    outcome->mean = (struct sc_estimate){value, 0, {value, value}};
    outcome->above = (struct sc_estimate){above, 0, {above, above}};
    outcome->sd = 0;
    outcome->tail = SC_TAIL_NONE;
}

static void mix(struct set_simulation *s)
{
    struct sc_weighted means[SC_SET_MEMBERS_MAX];
    double sd[SC_SET_MEMBERS_MAX];
    for (size_t i = 0; i < s->members.count; i++) {
        struct outcome *outcome = &s->outcome[i];
        const struct sc_weighted *weighted = &s->members.weighted[i];
        if (!outcome->uncertain) take_certain(s, i, outcome);
        s->mixed[i] = (struct sc_mixed){.weight = weighted->weight,
                                        .value = weighted->value,
                                        .sorted = outcome->uncertain ? &outcome->sorted : NULL};
        means[i] = (struct sc_weighted){weighted->weight, outcome->mean.value};
        sd[i] = outcome->sd;
    }
    s->sample = (struct sc_mixed_sample){.member = s->mixed,
                                         .count = s->members.count,
                                         .randomisations = s->question.randomisations,
                                         .level = s->question.level};
    s->mean = sc_mixed_estimate(&s->sample, sc_samples_mean, 0);
    sc_spread_of(means, sd, s->members.count, &s->spread);
}

static struct sc_estimate above(const struct set_simulation *s, double price)
{
    struct sc_estimate estimate = sc_mixed_estimate(&s->sample, sc_samples_above, price);
    sc_interval_of_probability(&estimate.interval);
    return estimate;
}

static void find_quantiles(const struct set_simulation *s, struct sc_estimate *quantile)
{
    for (size_t i = 0; i < s->question.quantiles; i++)
        quantile[i] = sc_mixed_estimate(&s->sample, sc_samples_quantile, s->question.quantile[i]);
}

/* ---- the answer ---- */

static void write_estimate(struct sc_json_writer *w, const struct set_simulation *s)
{
    struct sc_weighing weighing;
    sc_weigh(s->members.weighted, s->members.count, s->members.price, &weighing);
    sc_json_member_number(w, "expected_value", weighing.expected_value);
    sc_json_member_number(w, "mean", s->mean.value);
    sc_json_member_figure(w, "standard_error", s->mean.standard_error);
    sc_json_member_figure(w, "mean_low", s->mean.interval.low);
    sc_json_member_figure(w, "mean_high", s->mean.interval.high);
    sc_json_member_number(w, "upside", s->mean.value / s->members.price - 1);
    sc_json_member_number(w, "median", sc_mixed_estimate(&s->sample, sc_samples_quantile, 0.5).value);
    sc_json_member_number(w, "sd", s->spread.sd);
    sc_json_member_object_begin(w, "spread");
    sc_json_member_number(w, "within", s->spread.within);
    sc_json_member_number(w, "between", s->spread.between);
    sc_json_member_figure(w, "within_share", s->spread.within_share);
    sc_json_member_text(w, "reason", s->spread.sd > 0 ? NULL : "All values are the same.");
    sc_json_object_end(w);
}

static void write_rejections(struct sc_json_writer *w, const struct set_simulation *s)
{
    size_t paths = 0, rejected = 0;
    bool many = false;
    for (size_t i = 0; i < s->members.count; i++) {
        const struct outcome *outcome = &s->outcome[i];
        paths += outcome->paths;
        rejected += outcome->rejected;
        many |= (double)outcome->rejected > SC_MANY_REJECTED * (double)outcome->paths;
    }
    sc_json_member_integer(w, "paths", (int64_t)paths);
    sc_json_member_integer(w, "rejected", (int64_t)rejected);
    sc_json_member_array_begin(w, "warnings");
    if (many)
        sc_json_text(
            w, "More than 1 % of some member's paths are rejected: the figures are those of the others.");
    sc_json_array_end(w);
}

/* The price first, then the hurdles that were asked for. */
static void write_probabilities(struct sc_json_writer *w, const struct set_simulation *s)
{
    struct sc_estimate at = above(s, s->members.price),
                       shortfall = sc_mixed_estimate(&s->sample, sc_samples_shortfall, s->question.shortfall);
    sc_json_member_number(w, "probability_above_price", at.value);
    sc_json_member_array_begin(w, "hurdles");
    sc_simulation_write_hurdle(w, s->members.price, &at);
    for (size_t i = 0; i < s->question.hurdles; i++) {
        at = above(s, s->question.hurdle[i]);
        sc_simulation_write_hurdle(w, s->question.hurdle[i], &at);
    }
    sc_json_array_end(w);
    sc_simulation_write_shortfall(w, &s->question, &shortfall);
}

static void write_histogram(struct sc_json_writer *w, const struct set_simulation *s)
{
    struct sc_weighted_histogram histogram;
    sc_mixed_histogram(&s->sample, &histogram);
    sc_json_member_array_begin(w, "histogram");
    for (size_t i = 0; i < histogram.bins; i++) {
        sc_json_object_begin(w);
        sc_json_member_number(w, "low", histogram.edge[i]);
        sc_json_member_number(w, "high", histogram.edge[i + 1]);
        sc_json_member_number(w, "probability", histogram.part[i]);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

static void write_member(struct sc_json_writer *w, const struct set_simulation *s, size_t index)
{
    const struct sc_member_figures *figures = &s->members.figures[index];
    const struct outcome *outcome = &s->outcome[index];
    sc_json_object_begin(w);
    sc_set_member_write(w, &s->members, index);
    sc_json_member_boolean(w, "uncertain", outcome->uncertain);
    sc_json_member_number(w, "mean", outcome->mean.value);
    sc_json_member_figure(w, "standard_error", outcome->mean.standard_error);
    sc_json_member_number(w, "sd", outcome->sd);
    sc_json_member_number(w, "probability_above_price", outcome->above.value);
    sc_json_member_integer(w, "paths", (int64_t)outcome->paths);
    sc_json_member_integer(w, "rejected", (int64_t)outcome->rejected);
    sc_json_member_text(w, "tail", sc_tail_name(outcome->tail));
    if (figures->inputs) sc_json_member_raw(w, "inputs", figures->inputs, figures->inputs_length);
    sc_json_object_end(w);
}

static enum sc_progress answer_json(const struct set_simulation *s)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer, *w = &writer;
    struct sc_estimate quantile[SC_QUANTILES_MAX];
    uint64_t start = sc_clock_nanoseconds();
    find_quantiles(s, quantile);
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(w, &buffer);
    sc_json_object_begin(w);
    sc_set_members_write(w, &s->members);
    write_estimate(w, s);
    write_rejections(w, s);
    sc_simulation_write_sampling(w, &s->question);
    write_probabilities(w, s);
    sc_simulation_write_quantiles(w, &s->question, quantile);
    write_histogram(w, s);
    sc_json_member_array_begin(w, "members");
    for (size_t i = 0; i < s->members.count; i++) write_member(w, s, i);
    sc_json_array_end(w);
    sc_set_members_write_checks(w, &s->members);
    sc_json_object_end(w);
    sc_call_spent(s->call, SC_STAGE_ENCODE, start);
    return sc_answer_question(s->call, s->members.subject->inputs, w, &buffer);
}

static enum sc_progress answer_csv(const struct set_simulation *s)
{
    struct sc_estimate quantile[SC_QUANTILES_MAX];
    find_quantiles(s, quantile);
    return sc_simulation_quantiles_csv(s->call, &s->question, quantile);
}

/* False: the answer is a problem. */
static bool read_question(struct set_simulation *s, const struct sc_set_subject *subject)
{
    struct sc_faults *faults = sc_call_faults(s->call);
    if (!faults) return false;
    sc_set_members_init(&s->members, subject, faults);
    sc_simulation_read(subject->question, subject->set.count, &s->question, faults);
    s->question.bands = false;
    s->own = json_object_get(subject->question, "uncertainty");
    if (sc_faults_any(faults)) sc_call_invalid(s->call, SC_PROBLEM_invalid_question, faults);
    return !sc_faults_any(faults);
}

static void answer(struct sc_call *call, const struct sc_set_subject *subject)
{
    struct set_simulation *s = sc_arena_alloc(call->arena, sizeof *s);
    struct sc_crew *crew = sc_crew_new(call);
    if (!s || !crew) {
        sc_call_exhausted(call);
        return;
    }
    s->call = call;
    s->crew = crew;
    if (read_question(s, subject) && !sc_set_subject_is_known(call, subject) &&
        sc_set_members_value(call, &s->members, look, s) && simulate_all(s)) {
        mix(s);
        (void)(call->accept == SC_MEDIA_CSV ? answer_csv(s) : answer_json(s));
    }
    for (size_t i = 0; i < s->members.count; i++) {
        free(s->outcome[i].sorted.all);
        free(s->outcome[i].sorted.each);
    }
}

static const char *const MEMBERS[] = {"paths", "seed",  "sampler",   "randomisations", "quantiles", "hurdles",
                                      "chair", "level", "shortfall", "uncertainty",    "price",     NULL};

enum sc_progress sc_set_simulation_stored(struct sc_call *call)
{
    struct sc_set_subject subject;
    if (sc_set_subject_of_stored(call, MEMBERS, &subject)) answer(call, &subject);
    sc_set_subject_fini(&subject);
    return SC_ANSWERED;
}

enum sc_progress sc_set_simulation_sent(struct sc_call *call)
{
    struct sc_set_subject subject;
    if (sc_set_subject_of_sent(call, MEMBERS, &subject)) answer(call, &subject);
    sc_set_subject_fini(&subject);
    return SC_ANSWERED;
}
