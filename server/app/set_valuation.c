#include "app.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/csv.h"
#include "codec/writer.h"
#include "evaluation.h"
#include "request.h"
#include "set_members.h"
#include "subject.h"

/* "What is a share worth over all my scenarios, and how much must I believe in the bull case?" (MODEL 9, Set)
 */

static const double QUANTILES[] = {0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95};

struct valuation {
    struct sc_set_members members;
    double fair_band;
    struct sc_fair_weight fair[SC_SET_MEMBERS_MAX];
    size_t bull;
    const char *chosen_by;
    struct sc_weighing weighing;
};

/* False: the answer is a problem. */
static bool read_question(struct sc_call *call, const struct sc_set_subject *subject,
                          struct valuation *valuation)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    sc_set_members_init(&valuation->members, subject, faults);
    valuation->fair_band = subject->set.fair_band;
    sc_request_number(subject->question, "fair_band", 0, 1, &valuation->fair_band, faults);
    if (sc_faults_any(faults)) sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    return !sc_faults_any(faults);
}

/* ---- the answer ---- */

static void weigh(struct valuation *valuation)
{
    const struct sc_set_members *members = &valuation->members;
    const struct sc_weighted *weighted = members->weighted;
    sc_weigh(weighted, members->count, members->price, &valuation->weighing);
    for (size_t i = 0; i < members->count; i++)
        sc_fair_weight(weighted, members->count, i, members->price, &valuation->fair[i]);
    valuation->bull = members->subject->set.bull;
    valuation->chosen_by = valuation->bull < members->count ? "role" : "highest_value";
    if (valuation->bull < members->count) return;
    valuation->bull = 0;
    for (size_t i = 1; i < members->count; i++)
        if (weighted[i].value > weighted[valuation->bull].value) valuation->bull = i;
}

static void write_headline(struct sc_json_writer *w, const struct valuation *v)
{
    const struct sc_set_members *members = &v->members;
    const struct sc_weighing *weighing = &v->weighing;
    double value = weighing->expected_value, price = members->price;
    sc_json_member_number(w, "expected_value", value);
    sc_json_member_number(w, "upside", value / price - 1);
    sc_json_member_text(w, "verdict", sc_verdict(value, price, v->fair_band));
    sc_json_member_number(w, "fair_band", v->fair_band);
    sc_json_member_number(w, "sd", weighing->sd);
    sc_json_member_number(w, "low", weighing->low);
    sc_json_member_number(w, "high", weighing->high);
    sc_json_member_number(w, "probability_above_price", weighing->probability_above);
    sc_json_member_array_begin(w, "quantiles");
    for (size_t i = 0; i < sizeof QUANTILES / sizeof *QUANTILES; i++) {
        sc_json_object_begin(w);
        sc_json_member_number(w, "p", QUANTILES[i]);
        sc_json_member_number(w, "value",
                              sc_weighed_quantile(members->weighted, members->count, QUANTILES[i]));
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

/* The weight on the bull case at which the price is fair. */
static void write_fair_weight(struct sc_json_writer *w, const struct valuation *v)
{
    const struct sc_set_members *members = &v->members;
    const struct sc_fair_weight *fair = &v->fair[v->bull];
    sc_json_member_object_begin(w, "fair_weight");
    sc_json_member_figure(w, "weight", fair->weight);
    sc_json_member_text(w, "reason", fair->reason);
    sc_json_member_integer(w, "member", (int64_t)v->bull);
    sc_json_member_text(w, "scenario", members->figures[v->bull].id);
    sc_json_member_text(w, "role", members->subject->set.member[v->bull].role);
    sc_json_member_text(w, "chosen_by", v->chosen_by);
    sc_json_member_number(w, "weight_now", members->weighted[v->bull].weight);
    sc_json_member_number(w, "value_per_share", members->weighted[v->bull].value);
    sc_json_member_figure(w, "value_of_others", fair->others);
    sc_json_object_end(w);
}

static void write_member(struct sc_json_writer *w, const struct valuation *v, size_t index)
{
    const struct sc_member_figures *figures = &v->members.figures[index];
    const struct sc_weighted *weighted = &v->members.weighted[index];
    sc_json_object_begin(w);
    sc_set_member_write(w, &v->members, index);
    sc_json_member_number(w, "contribution", weighted->weight * weighted->value);
    sc_json_member_number(w, "upside", weighted->value / v->members.price - 1);
    sc_json_member_figure(w, "hold_probability", figures->hold_probability);
    sc_json_member_figure(w, "fair_weight", v->fair[index].weight);
    sc_json_member_text(w, "fair_weight_reason", v->fair[index].reason);
    if (figures->inputs) sc_json_member_raw(w, "inputs", figures->inputs, figures->inputs_length);
    sc_json_object_end(w);
}

static enum sc_progress answer_json(struct sc_call *call, const struct valuation *valuation)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    uint64_t start = sc_clock_nanoseconds();
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    sc_set_members_write(&writer, &valuation->members);
    write_headline(&writer, valuation);
    write_fair_weight(&writer, valuation);
    sc_json_member_array_begin(&writer, "members");
    for (size_t i = 0; i < valuation->members.count; i++) write_member(&writer, valuation, i);
    sc_json_array_end(&writer);
    sc_set_members_write_checks(&writer, &valuation->members);
    sc_json_object_end(&writer);
    sc_call_spent(call, SC_STAGE_ENCODE, start);
    return sc_answer_question(call, valuation->members.subject->inputs, &writer, &buffer);
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
    for (size_t i = 0; i < v->members.count; i++) {
        const struct sc_member_figures *member = &v->members.figures[i];
        const struct sc_weighted *weighted = &v->members.weighted[i];
        sc_csv_text(&csv, member->id);
        sc_csv_integer(&csv, member->revision);
        sc_csv_text(&csv, member->name);
        sc_csv_text(&csv, v->members.subject->set.member[i].role);
        sc_csv_number(&csv, weighted->weight);
        sc_csv_number(&csv, weighted->value);
        sc_csv_number(&csv, weighted->weight * weighted->value);
        sc_csv_number(&csv, weighted->value / v->members.price - 1);
        sc_csv_number(&csv, member->hold_probability);
        sc_csv_number(&csv, v->fair[i].weight);
        sc_csv_text(&csv, v->fair[i].reason);
        sc_csv_text(&csv, member->sha256);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

static enum sc_progress answer(struct sc_call *call, const struct sc_set_subject *subject)
{
    struct valuation *valuation = sc_arena_alloc(call->arena, sizeof *valuation);
    if (!valuation) return sc_call_exhausted(call);
    if (!read_question(call, subject, valuation) || sc_set_subject_is_known(call, subject) ||
        !sc_set_members_value(call, &valuation->members, NULL, NULL))
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
