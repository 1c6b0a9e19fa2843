#include "set_members.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/document.h"
#include "codec/writer.h"
#include "request.h"
#include "secondchair/limits.h"
#include "secondchair/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

void sc_set_members_init(struct sc_set_members *members, const struct sc_set_subject *subject,
                         struct sc_faults *faults)
{
    members->subject = subject;
    members->count = subject->set.count;
    members->price = NAN;
    sc_request_number(subject->question, "price", 1e-9, 1e9, &members->price, faults);
}

/* ---- the members, one after the other ---- */

static bool write_inputs(struct sc_call *call, const struct sc_case *one, struct sc_member_figures *figures)
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
                         struct sc_member_figures *figures)
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

bool sc_set_visit(struct sc_call *call, const struct sc_set_subject *subject, size_t index,
                  struct sc_faults *faults, sc_member_visit *visit, void *context)
{
    struct sc_arena scratch;
    struct sc_case one;
    const struct sc_case_context where = {.reader = call->reader,
                                          .set = &subject->set,
                                          .overrides = subject->overrides,
                                          .arena = &scratch,
                                          .faults = faults};
    uint64_t start = sc_clock_nanoseconds();
    sc_arena_init(&scratch, SC_LIMIT_ARENA);
    bool done = sc_case_load(&where, index, &one);
    sc_call_spent(call, SC_STAGE_PARSE, start);
    done = done && visit(context, &where, index, &one);
    sc_case_fini(&one);
    sc_arena_fini(&scratch);
    return done;
}

/* Every member's valuation. */
struct valuing {
    struct sc_call *call;
    struct sc_set_members *members;
    struct sc_buffer identity;
    sc_member_visit *look;
    void *context;
};

static bool value_member(void *context, const struct sc_case_context *where, size_t index,
                         struct sc_case *one)
{
    struct valuing *valuing = context;
    struct sc_set_members *members = valuing->members;
    uint64_t start = sc_clock_nanoseconds();
    bool done = sc_case_evaluate(where, index, one);
    sc_call_spent(valuing->call, SC_STAGE_MODEL, start);
    if (!done || (valuing->look && !valuing->look(valuing->context, where, index, one))) return false;
    members->weighted[index] = (struct sc_weighted){.weight = where->set->member[index].weight,
                                                    .value = one->evaluation->chair.expected_value};
    return keep_figures(valuing->call, one, members->subject->inputs, &members->figures[index]) &&
           sc_set_identity_add(&valuing->identity, one->id, one->version);
}

static bool is_of_question(const char *pointer)
{
    return strncmp(pointer, "/overrides", 10) == 0 || strncmp(pointer, "/uncertainty", 12) == 0;
}

void sc_set_members_refuse(struct sc_call *call, const struct sc_set_subject *subject,
                           const struct sc_faults *faults)
{
    enum sc_problem problem = subject->id ? SC_PROBLEM_not_computable : SC_PROBLEM_invalid_set;
    if (is_of_question(faults->item[0].pointer)) problem = SC_PROBLEM_invalid_question;
    sc_call_invalid(call, problem, faults);
}

/* False: the answer is complete. */
static bool value_all(struct valuing *valuing)
{
    struct sc_call *call = valuing->call;
    const struct sc_set_subject *subject = valuing->members->subject;
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    bool done = sc_set_identity_begin(call, subject, &valuing->identity);
    for (size_t i = 0; i < valuing->members->count && !faults->omitted; i++)
        done &= sc_set_visit(call, subject, i, faults, value_member, valuing);
    if (sc_faults_any(faults))
        sc_set_members_refuse(call, subject, faults);
    else if (!done)
        sc_call_exhausted(call);
    return done && !sc_faults_any(faults) && !sc_set_identity_is_known(call, &valuing->identity);
}

/* ---- the price ---- */

static bool same_price(const struct sc_set_members *members, size_t i)
{
    return !(members->figures[i].price < members->figures[0].price ||
             members->figures[i].price > members->figures[0].price);
}

static bool same_prices(const struct sc_set_members *members)
{
    for (size_t i = 1; i < members->count; i++)
        if (!same_price(members, i)) return false;
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

/* False: the answer is a problem. */
static bool choose_price(struct sc_call *call, struct sc_set_members *members)
{
    const struct sc_set_subject *subject = members->subject;
    bool own = isfinite(subject->set.price) && !moves_price(subject->overrides);
    members->price_from = "question";
    if (isfinite(members->price)) return true;
    members->price_from = own ? "set" : "members";
    members->price = own ? subject->set.price : members->figures[0].price;
    return own || same_prices(members) ||
           sc_call_refuse(
               call, SC_PROBLEM_invalid_question, SC_FAULT_missing, "/price",
               "the members have different prices and the set has none: say against which price to weigh");
}

static bool find_price(struct sc_call *call, struct sc_set_members *members)
{
    if (!choose_price(call, members)) return false;
    for (size_t i = 0; i < members->count; i++)
        if (!isfinite(members->weighted[i].value / members->price))
            return sc_call_refuse(call, SC_PROBLEM_invalid_question, SC_FAULT_out_of_range, "/price",
                                  "the value is no finite multiple of so small a price");
    return true;
}

bool sc_set_members_value(struct sc_call *call, struct sc_set_members *members, sc_member_visit *look,
                          void *context)
{
    struct valuing valuing = {.call = call, .members = members, .look = look, .context = context};
    sc_buffer_init(&valuing.identity, SC_ANSWER_BYTES_MAX);
    bool done = value_all(&valuing);
    sc_buffer_fini(&valuing.identity);
    return done && find_price(call, members);
}

/* ---- what answers have in common ---- */

void sc_set_members_write(struct sc_json_writer *w, const struct sc_set_members *members)
{
    const struct sc_set_subject *subject = members->subject;
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
    sc_json_member_number(w, "price", members->price);
    sc_json_member_text(w, "price_from", members->price_from);
}

void sc_set_member_write(struct sc_json_writer *w, const struct sc_set_members *members, size_t index)
{
    const struct sc_member_figures *figures = &members->figures[index];
    sc_json_member_text(w, "scenario", figures->id);
    sc_json_member_integer(w, "revision", figures->revision);
    sc_json_member_text(w, "sha256", figures->sha256);
    sc_json_member_text(w, "name", figures->name);
    sc_json_member_text(w, "role", members->subject->set.member[index].role);
    sc_json_member_number(w, "weight", members->weighted[index].weight);
    sc_json_member_number(w, "value_per_share", members->weighted[index].value);
}

/* ---- checks ---- */

static bool same_company(const struct sc_set_members *members, size_t i)
{
    return strcmp(members->figures[i].company, members->figures[0].company) == 0;
}

static bool same_date(const struct sc_set_members *members, size_t i)
{
    return members->figures[i].valuation_date == members->figures[0].valuation_date;
}

static const struct {
    const char *code, *ok, *fired;
    bool (*holds)(const struct sc_set_members *members, size_t index);
} CHECKS[] = {
    {"one_company", "All members value the same company.",
     "The members value different companies: their average is of no one share.", same_company},
    {"one_valuation_date", "All members value it on the same day.",
     "The members are of different days: values of different days do not add up.", same_date},
    {"one_price", "All members state the same price.",
     "The members state different prices of their own; all are weighed against the one above.", same_price},
};

void sc_set_members_write_checks(struct sc_json_writer *w, const struct sc_set_members *members)
{
    sc_json_member_array_begin(w, "checks");
    for (size_t i = 0; i < sizeof CHECKS / sizeof *CHECKS; i++) {
        size_t others = 0;
        for (size_t j = 0; j < members->count; j++) others += !CHECKS[i].holds(members, j);
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
