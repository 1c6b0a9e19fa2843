#include "app.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/csv.h"
#include "codec/document.h"
#include "codec/writer.h"
#include "request.h"
#include "secondchair/limits.h"
#include "secondchair/model.h"
#include "secondchair/weigh.h"
#include "set.h"
#include "subject.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* "What is a share worth over all my scenarios, and how much must I believe in the bull case?" (MODEL 9, Set)
 */

static const double QUANTILES[] = {0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95};

/* What is kept of a member when its document is gone. */
struct figures {
    const char *id, *name, *company;
    int64_t revision;
    int32_t valuation_date;
    char sha256[SC_DIGEST_TEXT];
    double price, hold_probability; /* the latter NAN where there is no chair */
    const char *inputs;             /* as JSON, where asked for */
    size_t inputs_length;
    struct sc_fair_weight fair;
};

struct valuation {
    const struct sc_set_subject *subject;
    struct figures member[SC_SET_MEMBERS_MAX];
    struct sc_weighted weighted[SC_SET_MEMBERS_MAX];
    size_t count;
    double price, fair_band;
    const char *price_from; /* "question", "set", "members" */
    size_t bull;
    const char *chosen_by;
    struct sc_weighing weighing;
};

/* ---- the members, one after the other: their documents would be much at once ---- */

static bool write_inputs(struct sc_call *call, const struct sc_case *one, struct figures *figures)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_document_write_inputs(one->plan, one->overlay, one->overrides, &writer);
    if (sc_json_finish(&writer)) figures->inputs = sc_arena_text(call->arena, buffer.data, buffer.length);
    figures->inputs_length = buffer.length;
    sc_buffer_fini(&buffer);
    return figures->inputs;
}

/* False when memory is short. */
static bool keep_figures(struct sc_call *call, const struct sc_case *one, bool inputs,
                         struct figures *figures)
{
    const struct sc_plan *plan = one->plan;
    const struct sc_chair *chair = &one->evaluation->chair;
    figures->id = sc_call_text(call, one->id);
    figures->name = sc_call_text(call, plan->name);
    figures->company = sc_call_text(call, plan->company);
    figures->revision = one->revision;
    figures->valuation_date = plan->valuation_date;
    figures->price = plan->driver[plan->price];
    figures->hold_probability = chair->present ? chair->hold_probability : NAN;
    memcpy(figures->sha256, one->sha256, sizeof figures->sha256);
    bool kept = figures->id && figures->name && figures->company;
    return kept && (!inputs || write_inputs(call, one, figures));
}

/* False with faults, or without when memory is short. */
static bool value_member(struct sc_call *call, struct valuation *valuation, size_t index,
                         struct sc_buffer *identity, struct sc_faults *faults)
{
    struct sc_arena scratch;
    struct sc_case one;
    const struct sc_set_subject *subject = valuation->subject;
    const struct sc_case_context context = {.reader = call->reader,
                                            .set = &subject->set,
                                            .overrides = subject->overrides,
                                            .arena = &scratch,
                                            .faults = faults};
    uint64_t start = sc_clock_nanoseconds();
    sc_arena_init(&scratch, SC_LIMIT_ARENA);
    bool done = sc_case_load(&context, index, &one);
    start = sc_call_spent(call, SC_STAGE_PARSE, start);
    done = done && sc_case_evaluate(&context, index, &one);
    sc_call_spent(call, SC_STAGE_MODEL, start);
    done = done && keep_figures(call, &one, subject->inputs, &valuation->member[index]) &&
           sc_set_identity_add(identity, one.id, one.version);
    if (done)
        valuation->weighted[index] = (struct sc_weighted){.weight = subject->set.member[index].weight,
                                                          .value = one.evaluation->chair.expected_value};
    sc_case_fini(&one);
    sc_arena_fini(&scratch);
    return done;
}

/* A question's own overrides are its faults; those of the members are the set's, if it was sent along. */
static void refuse(struct sc_call *call, const struct sc_set_subject *subject, const struct sc_faults *faults)
{
    enum sc_problem problem = subject->id ? SC_PROBLEM_not_computable : SC_PROBLEM_invalid_set;
    if (strncmp(faults->item[0].pointer, "/overrides", 10) == 0) problem = SC_PROBLEM_invalid_question;
    sc_call_invalid(call, problem, faults);
}

/* All members, so that all faults are found; sets the ETag. False: the answer is complete. */
static bool value_members(struct sc_call *call, struct valuation *valuation)
{
    struct sc_buffer identity;
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    sc_buffer_init(&identity, SC_ANSWER_BYTES_MAX);
    bool done = sc_set_identity_begin(call, valuation->subject, &identity);
    for (size_t i = 0; i < valuation->count && !faults->omitted; i++)
        done &= value_member(call, valuation, i, &identity, faults);
    bool known = done && sc_set_identity_is_known(call, &identity);
    sc_buffer_fini(&identity);
    if (sc_faults_any(faults))
        refuse(call, valuation->subject, faults);
    else if (!done)
        sc_call_exhausted(call);
    return done && !known;
}

/* ---- the price ---- */

static bool same_price(const struct valuation *v, size_t i)
{
    return !(v->member[i].price < v->member[0].price || v->member[i].price > v->member[0].price);
}

static bool same_prices(const struct valuation *valuation)
{
    for (size_t i = 1; i < valuation->count; i++)
        if (!same_price(valuation, i)) return false;
    return true;
}

/* Does the question move the members' own price? Then it is meant, not the set's. */
static bool moves_price(const json_t *overrides)
{
    for (size_t i = 0; i < json_array_size(overrides); i++) {
        const char *pointer = json_string_value(json_object_get(json_array_get(overrides, i), "pointer"));
        if (pointer && strcmp(pointer, "/price") == 0) return true;
    }
    return false;
}

/* A number of the question; value stays where it is absent. */
static void take_number(const json_t *question, const char *name, double low, double high, double *value,
                        struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    const json_t *given = json_object_get(question, name);
    double number = json_number_value(given);
    if (!given) return;
    snprintf(pointer, sizeof pointer, "/%s", name);
    if (json_is_number(given) && number >= low && number <= high)
        *value = number;
    else
        sc_fault_add(faults, json_is_number(given) ? SC_FAULT_out_of_range : SC_FAULT_wrong_type, pointer,
                     "%s must be a number between %.10g and %.10g", name, low, high);
}

/* False: the answer is a problem. */
static bool read_question(struct sc_call *call, struct valuation *valuation)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    const struct sc_set_subject *subject = valuation->subject;
    valuation->price = NAN;
    valuation->fair_band = subject->set.fair_band;
    take_number(subject->question, "price", 1e-9, 1e9, &valuation->price, faults);
    take_number(subject->question, "fair_band", 0, 1, &valuation->fair_band, faults);
    if (sc_faults_any(faults)) sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    return !sc_faults_any(faults);
}

/* False: the answer is a problem. */
static bool choose_price(struct sc_call *call, struct valuation *valuation)
{
    const struct sc_set_subject *subject = valuation->subject;
    bool own = isfinite(subject->set.price) && !moves_price(subject->overrides);
    valuation->price_from = "question";
    if (isfinite(valuation->price)) return true;
    valuation->price_from = own ? "set" : "members";
    valuation->price = own ? subject->set.price : valuation->member[0].price;
    return own || same_prices(valuation) ||
           sc_call_refuse(
               call, SC_PROBLEM_invalid_question, SC_FAULT_missing, "/price",
               "the members have different prices and the set has none: say against which price to weigh");
}

static bool find_price(struct sc_call *call, struct valuation *valuation)
{
    if (!choose_price(call, valuation)) return false;
    for (size_t i = 0; i < valuation->count; i++)
        if (!isfinite(valuation->weighted[i].value / valuation->price))
            return sc_call_refuse(call, SC_PROBLEM_invalid_question, SC_FAULT_out_of_range, "/price",
                                  "the value is no finite multiple of so small a price");
    return true;
}

/* ---- the answer ---- */

static void weigh(struct valuation *valuation)
{
    const struct sc_weighted *weighted = valuation->weighted;
    sc_weigh(weighted, valuation->count, valuation->price, &valuation->weighing);
    for (size_t i = 0; i < valuation->count; i++)
        sc_fair_weight(weighted, valuation->count, i, valuation->price, &valuation->member[i].fair);
    valuation->bull = valuation->subject->set.bull;
    valuation->chosen_by = valuation->bull < valuation->count ? "role" : "highest_value";
    if (valuation->bull < valuation->count) return;
    valuation->bull = 0;
    for (size_t i = 1; i < valuation->count; i++)
        if (weighted[i].value > weighted[valuation->bull].value) valuation->bull = i;
}

static void write_subject(struct sc_json_writer *w, const struct sc_set_subject *subject)
{
    sc_json_member_text(w, "engine", SC_ENGINE_VERSION);
    sc_json_member_object_begin(w, "set");
    sc_json_member_text(w, "id", subject->id);
    if (subject->id)
        sc_json_member_integer(w, "revision", subject->revision);
    else
        sc_json_member_null(w, "revision");
    sc_json_member_text(w, "sha256", subject->sha256);
    sc_json_object_end(w);
    sc_json_member_text(w, "name", subject->set.name);
    sc_json_member_text(w, "currency", "USD");
}

static void write_headline(struct sc_json_writer *w, const struct valuation *v)
{
    const struct sc_weighing *weighing = &v->weighing;
    double value = weighing->expected_value;
    sc_json_member_number(w, "price", v->price);
    sc_json_member_text(w, "price_from", v->price_from);
    sc_json_member_number(w, "expected_value", value);
    sc_json_member_number(w, "upside", value / v->price - 1);
    sc_json_member_text(w, "verdict", sc_verdict(value, v->price, v->fair_band));
    sc_json_member_number(w, "fair_band", v->fair_band);
    sc_json_member_number(w, "sd", weighing->sd);
    sc_json_member_number(w, "low", weighing->low);
    sc_json_member_number(w, "high", weighing->high);
    sc_json_member_number(w, "probability_above_price", weighing->probability_above);
    sc_json_member_array_begin(w, "quantiles");
    for (size_t i = 0; i < sizeof QUANTILES / sizeof *QUANTILES; i++) {
        sc_json_object_begin(w);
        sc_json_member_number(w, "p", QUANTILES[i]);
        sc_json_member_number(w, "value", sc_weighed_quantile(v->weighted, v->count, QUANTILES[i]));
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

/* The weight on the bull case at which the price is fair. */
static void write_fair_weight(struct sc_json_writer *w, const struct valuation *v)
{
    const struct figures *bull = &v->member[v->bull];
    sc_json_member_object_begin(w, "fair_weight");
    sc_json_member_figure(w, "weight", bull->fair.weight);
    sc_json_member_text(w, "reason", bull->fair.reason);
    sc_json_member_integer(w, "member", (int64_t)v->bull);
    sc_json_member_text(w, "scenario", bull->id);
    sc_json_member_text(w, "role", v->subject->set.member[v->bull].role);
    sc_json_member_text(w, "chosen_by", v->chosen_by);
    sc_json_member_number(w, "weight_now", v->weighted[v->bull].weight);
    sc_json_member_number(w, "value_per_share", v->weighted[v->bull].value);
    sc_json_member_figure(w, "value_of_others", bull->fair.others);
    sc_json_object_end(w);
}

static void write_member(struct sc_json_writer *w, const struct valuation *v, size_t index)
{
    const struct figures *member = &v->member[index];
    double weight = v->weighted[index].weight, value = v->weighted[index].value;
    sc_json_object_begin(w);
    sc_json_member_text(w, "scenario", member->id);
    sc_json_member_integer(w, "revision", member->revision);
    sc_json_member_text(w, "sha256", member->sha256);
    sc_json_member_text(w, "name", member->name);
    sc_json_member_text(w, "role", v->subject->set.member[index].role);
    sc_json_member_number(w, "weight", weight);
    sc_json_member_number(w, "value_per_share", value);
    sc_json_member_number(w, "contribution", weight * value);
    sc_json_member_number(w, "upside", value / v->price - 1);
    sc_json_member_figure(w, "hold_probability", member->hold_probability);
    sc_json_member_figure(w, "fair_weight", member->fair.weight);
    sc_json_member_text(w, "fair_weight_reason", member->fair.reason);
    if (member->inputs) sc_json_member_raw(w, "inputs", member->inputs, member->inputs_length);
    sc_json_object_end(w);
}

/* ---- checks: what makes an average of the members say less than it seems to ---- */

static bool same_company(const struct valuation *v, size_t i)
{
    return strcmp(v->member[i].company, v->member[0].company) == 0;
}

static bool same_date(const struct valuation *v, size_t i)
{
    return v->member[i].valuation_date == v->member[0].valuation_date;
}

static const struct {
    const char *code, *ok, *fired;
    bool (*holds)(const struct valuation *v, size_t index);
} CHECKS[] = {
    {"one_company", "All members value the same company.",
     "The members value different companies: their average is of no one share.", same_company},
    {"one_valuation_date", "All members value it on the same day.",
     "The members are of different days: values of different days do not add up.", same_date},
    {"one_price", "All members state the same price.",
     "The members state different prices of their own; all are weighed against the one above.", same_price},
};

static void write_checks(struct sc_json_writer *w, const struct valuation *v)
{
    sc_json_member_array_begin(w, "checks");
    for (size_t i = 0; i < sizeof CHECKS / sizeof *CHECKS; i++) {
        size_t others = 0;
        for (size_t j = 0; j < v->count; j++) others += !CHECKS[i].holds(v, j);
        sc_json_object_begin(w);
        sc_json_member_text(w, "code", CHECKS[i].code);
        sc_json_member_text(w, "status", others ? "fired" : "ok");
        sc_json_member_text(w, "detail", others ? CHECKS[i].fired : CHECKS[i].ok);
        sc_json_member_object_begin(w, "figures");
        sc_json_member_integer(w, "members_that_differ", (int64_t)others);
        sc_json_object_end(w);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

static enum sc_progress answer_json(struct sc_call *call, const struct valuation *valuation)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    uint64_t start = sc_clock_nanoseconds();
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    write_subject(&writer, valuation->subject);
    write_headline(&writer, valuation);
    write_fair_weight(&writer, valuation);
    sc_json_member_array_begin(&writer, "members");
    for (size_t i = 0; i < valuation->count; i++) write_member(&writer, valuation, i);
    sc_json_array_end(&writer);
    write_checks(&writer, valuation);
    sc_json_object_end(&writer);
    sc_call_spent(call, SC_STAGE_ENCODE, start);
    return sc_answer_question(call, valuation->subject->inputs, &writer, &buffer);
}

static enum sc_progress answer_csv(struct sc_call *call, const struct valuation *v)
{
    static const char *const HEADER[] = {"scenario",
                                         "revision",
                                         "name",
                                         "role",
                                         "weight",
                                         "value_per_share",
                                         "contribution",
                                         "upside",
                                         "hold_probability",
                                         "fair_weight",
                                         "fair_weight_reason",
                                         "sha256"};
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_csv_header(&csv, HEADER, sizeof HEADER / sizeof *HEADER);
    for (size_t i = 0; i < v->count; i++) {
        const struct figures *member = &v->member[i];
        sc_csv_text(&csv, member->id);
        sc_csv_integer(&csv, member->revision);
        sc_csv_text(&csv, member->name);
        sc_csv_text(&csv, v->subject->set.member[i].role);
        sc_csv_number(&csv, v->weighted[i].weight);
        sc_csv_number(&csv, v->weighted[i].value);
        sc_csv_number(&csv, v->weighted[i].weight * v->weighted[i].value);
        sc_csv_number(&csv, v->weighted[i].value / v->price - 1);
        sc_csv_number(&csv, member->hold_probability);
        sc_csv_number(&csv, member->fair.weight);
        sc_csv_text(&csv, member->fair.reason);
        sc_csv_text(&csv, member->sha256);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

static enum sc_progress answer(struct sc_call *call, const struct sc_set_subject *subject)
{
    struct valuation *valuation = sc_arena_alloc(call->arena, sizeof *valuation);
    if (!valuation) return sc_call_exhausted(call);
    valuation->subject = subject;
    valuation->count = subject->set.count;
    if (!read_question(call, valuation) || sc_set_subject_is_known(call, subject) ||
        !value_members(call, valuation) || !find_price(call, valuation))
        return SC_ANSWERED;
    weigh(valuation);
    return call->accept == SC_MEDIA_CSV ? answer_csv(call, valuation) : answer_json(call, valuation);
}

static const char *const MEMBERS[] = {"price", "fair_band", NULL};

enum sc_progress sc_set_valuation_stored(struct sc_call *call)
{
    struct sc_set_subject subject;
    if (sc_set_subject_of_stored(call, MEMBERS, &subject)) answer(call, &subject);
    sc_set_subject_fini(&subject);
    return SC_ANSWERED;
}

enum sc_progress sc_set_valuation_sent(struct sc_call *call)
{
    struct sc_set_subject subject;
    if (sc_set_subject_of_sent(call, MEMBERS, &subject)) answer(call, &subject);
    sc_set_subject_fini(&subject);
    return SC_ANSWERED;
}
