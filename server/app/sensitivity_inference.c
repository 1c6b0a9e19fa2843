#include "ask.h"
#include "base/arena.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/csv.h"
#include "codec/writer.h"
#include "core/normal.h"
#include "curve_profile.h"
#include "derivation.h"
#include "evaluation.h"
#include "request.h"
#include "secondchair/date.h"
#include "secondchair/solve.h"
#include "sensitivity.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

enum {
    ENDS_TRIED = 4,
    CEILINGS_MAX = SC_PROFILE_POINTS + 2 + 2 * ENDS_TRIED,
    YEAR_ASKED = 2030,
    MOST_BISECTIONS = 60,
    STATEMENT_MAX = 512
};

/* The curve fitted with its ceiling held. */
struct ceiling {
    struct sc_curve_parameters curve;
    double log_likelihood, deviance; /* 2 (l_max - l) */
    bool inside;
    double share; /* of the year asked */
    double value;
    uint32_t fault;
};

struct span {
    double low, high;
};

struct inference {
    const struct sc_subject *subject;
    struct sc_derivation derivation;
    double level;
    int year;  /* calendar */
    int until; /* observations of later years do not count */

    struct sc_fit_observation observation[SC_OBSERVATIONS_MAX];
    struct sc_profiled profiled;
    double most, quantile; /* log-likelihood; deviance that is inside */
    struct ceiling ceiling[CEILINGS_MAX];
    size_t ceilings;
    struct span of_ceiling, of_share, of_value; /* inside */
    bool own_inside;                            /* the scenario's own ceiling is */
};

static const struct sc_share_curve *curve_of(const struct sc_plan *plan)
{
    return &plan->market.inference_share;
}

static bool is_fitted(const struct sc_plan *plan)
{
    return plan->market.present && curve_of(plan)->observation_count > 0;
}

/* Why there are no curve and no profile; NULL where there are. */
static const char *why_no_curve(const struct sc_plan *plan)
{
    if (!plan->market.present) return "The scenario has no market.";
    if (plan->market.training.present) return "The inference share follows from the two workloads' spend.";
    if (curve_of(plan)->curve == SC_CURVE_NONE) return "The inference share is a path.";
    if (curve_of(plan)->curve == SC_CURVE_PCHIP) return "The inference share is drawn through points.";
    return NULL;
}

static const char *why_no_profile(const struct sc_plan *plan)
{
    const char *reason = why_no_curve(plan);
    return reason || is_fitted(plan) ? reason : "The curve is given, not fitted to observations.";
}

static bool read_question(struct sc_call *call, struct inference *inference)
{
    const struct sc_plan *plan = inference->subject->plan;
    double first = plan->base_market_year, last = first + plan->horizon;
    double year = fmax(first, fmin(YEAR_ASKED, last));
    const json_t *question = inference->subject->question;
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    inference->level = 0.95;
    sc_request_number(question, "level", 0.5, 0.9999, &inference->level, faults);
    sc_request_whole(question, "year", first, last, &year, faults);
    inference->year = (int)year;
    return sc_call_is_sound(call, faults);
}

/* --- the profile over the ceiling --- */

static double deviance_of(const struct inference *inference, const struct sc_fit *fit)
{
    return fit->found ? 2 * (inference->most - fit->log_likelihood) : INFINITY;
}

static bool is_inside(const struct inference *inference, double ceiling)
{
    struct sc_fit fit;
    sc_profile_fit(&inference->profiled, ceiling, &fit);
    return deviance_of(inference, &fit) <= inference->quantile;
}

/* In ascending order, each once. */
static void add_ceiling(struct inference *inference, double ceiling)
{
    struct sc_fit fit;
    size_t at = inference->ceilings;
    for (size_t i = 0; i < at; i++)
        if (inference->ceiling[i].curve.ceiling == ceiling) return;
    if (!sc_profile_fit(&inference->profiled, ceiling, &fit)) return;
    for (; at > 0 && inference->ceiling[at - 1].curve.ceiling > ceiling; at--)
        inference->ceiling[at] = inference->ceiling[at - 1];
    inference->ceiling[at] = (struct ceiling){.curve = fit.curve, .log_likelihood = fit.log_likelihood};
    inference->most = fmax(inference->most, fit.log_likelihood);
    inference->ceilings++;
}

/* Of two ceilings, of which one is inside, the last one inside between them. */
static double find_edge(const struct inference *inference, double inside, double outside)
{
    for (int step = 0; step < MOST_BISECTIONS; step++) {
        double middle = 0.5 * (inside + outside);
        if (middle == inside || middle == outside) break;
        if (is_inside(inference, middle))
            inside = middle;
        else
            outside = middle;
    }
    return inside;
}

/* The ends of what is inside: between its outermost ceilings and the next ones, which are not. */
static void add_ends(struct inference *inference, double lowest)
{
    const struct ceiling *ceiling = inference->ceiling;
    size_t low = 0, high = inference->ceilings - 1;
    while (low < high && !is_inside(inference, ceiling[low].curve.ceiling)) low++;
    while (high > low && !is_inside(inference, ceiling[high].curve.ceiling)) high--;
    double first = ceiling[low].curve.ceiling, last = ceiling[high].curve.ceiling;
    double below = low > 0 ? ceiling[low - 1].curve.ceiling : lowest;
    double above = high + 1 < inference->ceilings ? ceiling[high + 1].curve.ceiling : last;
    double ends[] = {find_edge(inference, first, below), find_edge(inference, last, above)};
    add_ceiling(inference, ends[0]);
    add_ceiling(inference, ends[1]);
}

/* An end may turn out to be better than all before it: then the ends are others. */
static void settle_ends(struct inference *inference, double lowest)
{
    double most;
    size_t tries = 0;
    do {
        most = inference->most;
        add_ends(inference, lowest);
    } while (inference->most > most && ++tries < ENDS_TRIED);
}

/* A grid, the best ceiling, the scenario's own, and the ends of what is inside. */
static void fit_ceilings(struct inference *inference, double own)
{
    struct sc_fit best;
    double lowest = sc_profile_lowest(&inference->profiled);
    double quantile = sc_normal_quantile(0.5 + 0.5 * inference->level);
    inference->quantile = quantile * quantile; /* of chi-square with one degree of freedom */
    inference->most = -INFINITY;
    add_ceiling(inference, own);
    for (int i = 1; i <= SC_PROFILE_POINTS; i++) add_ceiling(inference, sc_profile_ceiling(lowest, i));
    if (sc_profile_fit(&inference->profiled, NAN, &best)) add_ceiling(inference, best.curve.ceiling);
    settle_ends(inference, lowest);
}

/* The scenario with each of the curves. */
static void value_ceilings(struct inference *inference, struct sc_block *block)
{
    double k[CEILINGS_MAX], mid[CEILINGS_MAX], at[CEILINGS_MAX], value[CEILINGS_MAX];
    uint32_t fault[CEILINGS_MAX];
    for (size_t i = 0; i < inference->ceilings; i++) {
        k[i] = inference->ceiling[i].curve.k;
        mid[i] = inference->ceiling[i].curve.mid;
        at[i] = inference->ceiling[i].curve.ceiling;
    }
    const struct sc_change change[] = {
        {SC_SLOT_CURVE_K, k}, {SC_SLOT_CURVE_MID, mid}, {SC_SLOT_CURVE_CEILING, at}};
    sc_values(block, change, 3, inference->ceilings, value, fault);
    for (size_t i = 0; i < inference->ceilings; i++) {
        struct ceiling *ceiling = &inference->ceiling[i];
        ceiling->value = value[i];
        ceiling->fault = fault[i];
        ceiling->share = sc_curve_value(&ceiling->curve, inference->year);
        ceiling->deviance = 2 * (inference->most - ceiling->log_likelihood);
        ceiling->inside = ceiling->deviance <= inference->quantile;
    }
}

static void widen(struct span *span, double x)
{
    span->low = fmin(span->low, x);
    span->high = fmax(span->high, x);
}

/* What was observed, without what is expected of later years. */
static size_t observations_of(const struct inference *inference, struct sc_fit_observation *observation)
{
    const struct sc_plan *plan = inference->subject->plan;
    size_t all = sc_fit_observations(&plan->market.inference_share, plan->driver, 1, observation), count = 0;
    for (size_t i = 0; i < all; i++)
        if (observation[i].year <= inference->until) observation[count++] = observation[i];
    return count;
}

/* In a block of its own: the answer is read from the rows of the other. */
static void profile(struct inference *inference, struct sc_block *block)
{
    const struct sc_plan *plan = inference->subject->plan;
    const struct span nothing = {NAN, NAN};
    const struct sc_fit *own = sc_block_fit(&inference->derivation.block);
    inference->profiled =
        (struct sc_profiled){curve_of(plan)->curve, own->curve.floor, inference->observation,
                             observations_of(inference, inference->observation)};
    if (inference->profiled.count == 0) return;
    fit_ceilings(inference, own->curve.ceiling);
    value_ceilings(inference, block);
    inference->of_ceiling = inference->of_share = inference->of_value = nothing;
    for (size_t i = 0; i < inference->ceilings; i++) {
        const struct ceiling *ceiling = &inference->ceiling[i];
        if (ceiling->curve.ceiling == own->curve.ceiling) inference->own_inside = ceiling->inside;
        if (!ceiling->inside) continue;
        widen(&inference->of_ceiling, ceiling->curve.ceiling);
        widen(&inference->of_share, ceiling->share);
        widen(&inference->of_value, ceiling->value);
    }
}

/* --- the answer --- */

static void write_years(struct sc_json_writer *w, const struct inference *inference)
{
    const struct sc_derivation *d = &inference->derivation;
    const struct sc_plan *plan = d->plan;
    if (!plan->market.present) {
        sc_json_member_null(w, "years");
        sc_json_member_text(w, "years_reason", "The scenario has no market.");
        return;
    }
    sc_json_member_array_begin(w, "years");
    for (int year = 0; year <= plan->horizon; year++) {
        double share = d->block.inference_share[year][0];
        struct sc_slope slope = sc_slope_of(d, d->gradient.inference_share[year].value, share);
        sc_json_object_begin(w);
        sc_json_member_integer(w, "year", plan->base_market_year + year);
        sc_json_member_number(w, "inference_share", share);
        sc_json_member_figure(w, "derivative", slope.derivative);
        sc_json_member_figure(w, "elasticity", slope.elasticity);
        sc_json_member_text(w, "reason", slope.reason);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
    sc_json_member_text(w, "years_reason", NULL);
}

/* A parameter of the curve: moved by itself, and with the others fitted anew to it. */
struct parameter {
    const char *name;
    double value, derivative, refitted;
    const char *refitted_reason;
};

enum { PARAMETERS = 4 };

static void read_parameters(const struct inference *inference, struct parameter parameter[PARAMETERS])
{
    const struct sc_derivation *d = &inference->derivation;
    const struct sc_curve_derivative *by = &d->gradient.curve;
    const struct sc_share_curve *curve = curve_of(d->plan);
    const char *given = "The curve is given, not fitted.", *own = "It is what is fitted.";
    bool fitted = is_fitted(d->plan);
    double floor = fitted && curve->floor != SC_NO_SLOT ? d->gradient.driver[curve->floor].value : NAN;
    double ceiling = fitted ? d->gradient.refitted_ceiling.value : NAN;
    const char *undefined = fitted ? d->gradient.fit_reason : given;
    const struct parameter all[PARAMETERS] = {
        {"ceiling", d->block.curve_ceiling[0], by->ceiling.value, ceiling, undefined},
        {"slope", d->block.curve_k[0], by->k.value, NAN, fitted ? own : given},
        {"midpoint", d->block.curve_mid[0], by->mid.value, NAN, fitted ? own : given},
        {"floor", d->block.curve_floor[0], by->floor.value, floor, undefined},
    };
    memcpy(parameter, all, sizeof all);
}

static void write_curve(struct sc_json_writer *w, const struct inference *inference)
{
    const char *reason = why_no_curve(inference->derivation.plan);
    struct parameter parameter[PARAMETERS];
    if (reason) {
        sc_json_member_null(w, "curve");
        sc_json_member_text(w, "curve_reason", reason);
        return;
    }
    read_parameters(inference, parameter);
    sc_json_member_array_begin(w, "curve");
    for (size_t i = 0; i < PARAMETERS; i++) {
        const struct parameter *p = &parameter[i];
        struct sc_slope slope = sc_slope_of(&inference->derivation, p->derivative, p->value);
        struct sc_slope refitted = sc_slope_of(&inference->derivation, p->refitted, p->value);
        sc_json_object_begin(w);
        sc_json_member_text(w, "parameter", p->name);
        sc_json_member_number(w, "value", p->value);
        sc_json_member_figure(w, "derivative", slope.derivative);
        sc_json_member_figure(w, "elasticity", slope.elasticity);
        sc_json_member_text(w, "reason", slope.reason);
        sc_json_member_figure(w, "refitted_derivative", refitted.derivative);
        sc_json_member_figure(w, "refitted_elasticity", refitted.elasticity);
        sc_json_member_text(w, "refitted_reason", p->refitted_reason ? p->refitted_reason : refitted.reason);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
    sc_json_member_text(w, "curve_reason", NULL);
}

static void write_ceilings(struct sc_json_writer *w, const struct inference *inference)
{
    sc_json_member_array_begin(w, "ceilings");
    for (size_t i = 0; i < inference->ceilings; i++) {
        const struct ceiling *c = &inference->ceiling[i];
        sc_json_object_begin(w);
        sc_json_member_number(w, "ceiling", c->curve.ceiling);
        sc_json_member_number(w, "k", c->curve.k);
        sc_json_member_number(w, "mid", c->curve.mid);
        sc_json_member_number(w, "log_likelihood", c->log_likelihood);
        sc_json_member_number(w, "deviance", c->deviance);
        sc_json_member_boolean(w, "inside", c->inside);
        sc_json_member_number(w, "share", c->share);
        sc_json_member_figure(w, "value_per_share", c->value);
        sc_json_member_text(w, "value_per_share_reason", sc_lane_reason(c->fault));
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

static void write_span(struct sc_json_writer *w, const char *key, const struct span *span)
{
    sc_json_member_object_begin(w, key);
    sc_json_member_figure(w, "low", span->low);
    sc_json_member_figure(w, "high", span->high);
    sc_json_object_end(w);
}

/* Whether the observations bound the ceiling: not where all up to the bound of 1 fit. */
static bool tells(const struct inference *inference)
{
    return inference->of_ceiling.high < 1;
}

/* What the profile says, as a sentence. */
static void state(const struct inference *inference, char out[STATEMENT_MAX])
{
    const struct span *ceiling = &inference->of_ceiling, *share = &inference->of_share,
                      *value = &inference->of_value;
    char runs[96] = "", beside[96] = "", which[64] = "the observations";
    if (isfinite(value->low))
        snprintf(runs, sizeof runs, "; value per share runs from %.2f to %.2f", value->low, value->high);
    if (!inference->own_inside)
        snprintf(beside, sizeof beside, " The scenario's own ceiling of %.3g is not among them.",
                 inference->derivation.block.curve_ceiling[0]);
    if (inference->until < INT_MAX)
        snprintf(which, sizeof which, "the %zu observations of years up to %d alone",
                 inference->profiled.count, inference->until);
    snprintf(out, STATEMENT_MAX,
             "Between ceilings of %.3g and %.3g %s fit equally well at %.6g %%: they cannot tell "
             "an inference share of %.3g from %.3g in %d%s.%s",
             ceiling->low, ceiling->high, which, 100 * inference->level, share->low, share->high,
             inference->year, runs, beside);
}

static void write_profile(struct sc_json_writer *w, const char *key, const struct inference *inference,
                          const char *reason)
{
    char statement[STATEMENT_MAX];
    if (reason) {
        sc_json_member_null(w, key);
        return;
    }
    state(inference, statement);
    sc_json_member_object_begin(w, key);
    sc_json_member_number(w, "level", inference->level);
    sc_json_member_integer(w, "year", inference->year);
    sc_json_member_integer(w, "observations", (int64_t)inference->profiled.count);
    sc_json_member_number(w, "max_log_likelihood", inference->most);
    sc_json_member_number(w, "max_deviance", inference->quantile);
    write_ceilings(w, inference);
    sc_json_member_object_begin(w, "range");
    write_span(w, "ceiling", &inference->of_ceiling);
    write_span(w, "share", &inference->of_share);
    write_span(w, "value_per_share", &inference->of_value);
    sc_json_object_end(w);
    sc_json_member_boolean(w, "own_ceiling_inside", inference->own_inside);
    sc_json_member_boolean(w, "tells", tells(inference));
    sc_json_member_text(w, "statement", statement);
    sc_json_object_end(w);
}

/* Why the profile of what was observed to date is not there; NULL where it is. */
static const char *why_not_to_date(const struct inference *all, const struct inference *to_date)
{
    const char *reason = why_no_profile(all->derivation.plan);
    if (reason) return reason;
    if (to_date->profiled.count == all->profiled.count)
        return "No observation is of a later year than the valuation's.";
    return to_date->ceilings == 0 ? "Without the observations of later years no curve can be fitted." : NULL;
}

static void write_profiles(struct sc_json_writer *w, const struct inference *all,
                           const struct inference *to_date)
{
    const char *reason = why_no_profile(all->derivation.plan), *no_date = why_not_to_date(all, to_date);
    sc_json_member_text(w, "profile_reason", reason);
    write_profile(w, "profile", all, reason);
    sc_json_member_text(w, "profile_to_date_reason", no_date);
    write_profile(w, "profile_to_date", to_date, no_date);
}

/* --- the table --- */

/* One table of three kinds of rows: a year, a parameter of the curve, a ceiling that it was fitted with. */
static void table_row(struct sc_csv *csv, const char *kind, const char *name, double value, double derivative,
                      double elasticity, double refitted)
{
    const double number[] = {value, derivative, elasticity, refitted};
    sc_csv_text(csv, kind);
    sc_csv_text(csv, name);
    for (size_t i = 0; i < 4; i++) sc_csv_number(csv, isfinite(number[i]) ? number[i] : NAN);
}

static void end_row(struct sc_csv *csv, const struct ceiling *ceiling)
{
    sc_csv_number(csv, ceiling ? ceiling->log_likelihood : NAN);
    sc_csv_text(csv, !ceiling ? NULL : ceiling->inside ? "true" : "false");
    sc_csv_number(csv, ceiling ? ceiling->share : NAN);
    sc_csv_number(csv, ceiling ? ceiling->value : NAN);
    sc_csv_end_row(csv);
}

static void table_years(struct sc_csv *csv, const struct inference *inference)
{
    const struct sc_derivation *d = &inference->derivation;
    char name[16];
    for (int year = 0; year <= d->plan->horizon; year++) {
        double share = d->block.inference_share[year][0];
        struct sc_slope slope = sc_slope_of(d, d->gradient.inference_share[year].value, share);
        snprintf(name, sizeof name, "%d", d->plan->base_market_year + year);
        table_row(csv, "year", name, share, slope.derivative, slope.elasticity, NAN);
        end_row(csv, NULL);
    }
}

static enum sc_progress answer_csv(struct sc_call *call, const struct inference *inference)
{
    static const char *const HEADER[] = {
        "kind",           "name",   "value", "derivative",     "elasticity", "refitted_derivative",
        "log_likelihood", "inside", "share", "value_per_share"};
    const struct sc_plan *plan = inference->derivation.plan;
    struct parameter parameter[PARAMETERS];
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_csv_header(&csv, HEADER, sizeof HEADER / sizeof *HEADER);
    if (plan->market.present) table_years(&csv, inference);
    bool curve = !why_no_curve(plan);
    if (curve) read_parameters(inference, parameter);
    for (size_t i = 0; i < PARAMETERS && curve; i++) {
        const struct parameter *p = &parameter[i];
        struct sc_slope slope = sc_slope_of(&inference->derivation, p->derivative, p->value);
        table_row(&csv, "curve", p->name, p->value, slope.derivative, slope.elasticity, p->refitted);
        end_row(&csv, NULL);
    }
    for (size_t i = 0; i < inference->ceilings; i++) {
        table_row(&csv, "profile", "ceiling", inference->ceiling[i].curve.ceiling, NAN, NAN, NAN);
        end_row(&csv, &inference->ceiling[i]);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

static bool compute(struct sc_call *call, struct inference *inference, struct inference *to_date)
{
    const struct sc_plan *plan = inference->subject->plan;
    struct sc_block block;
    if (!sc_call_derive(call, plan, &inference->derivation)) return false;
    if (!is_fitted(plan)) return true;
    if (!sc_call_block(call, plan, &block)) return false;
    uint64_t start = sc_clock_nanoseconds();
    *to_date = *inference;
    to_date->until = sc_date_of_days(plan->valuation_date).year;
    profile(inference, &block);
    profile(to_date, &block);
    sc_call_spent(call, SC_STAGE_MODEL, start);
    return true;
}

enum sc_progress sc_sensitivity_inference(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    struct inference *inference = sc_arena_alloc(call->arena, sizeof *inference);
    struct inference *to_date = sc_arena_alloc(call->arena, sizeof *to_date);
    if (!inference || !to_date) return sc_call_exhausted(call);
    *inference = (struct inference){.subject = subject, .until = INT_MAX};
    if (!read_question(call, inference) || !compute(call, inference, to_date)) return SC_ANSWERED;
    if (call->accept == SC_MEDIA_CSV) return answer_csv(call, inference);
    const struct sc_base_value base = {inference->derivation.gradient.value_per_share, NULL};
    uint64_t start = sc_clock_nanoseconds();
    sc_ask_begin(subject, &writer, &buffer);
    sc_sensitivity_write(&writer, subject, "inference", &base);
    write_years(&writer, inference);
    write_curve(&writer, inference);
    write_profiles(&writer, inference, to_date);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}
