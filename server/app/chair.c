#include "app.h"
#include "ask.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/csv.h"
#include "codec/writer.h"
#include "evaluation.h"
#include "request.h"

#include <math.h>

static void begin_year(struct sc_json_writer *w, const struct sc_plan *plan, int year)
{
    sc_json_object_begin(w);
    sc_json_member_integer(w, "year", year);
    sc_json_member_integer(w, "calendar", plan->base_market_year + year);
}

static void write_years(const struct sc_evaluation *e, struct sc_json_writer *w)
{
    const struct sc_chair *chair = &e->chair;
    sc_json_member_array_begin(w, "survival");
    for (int year = 1; year <= chair->horizon; year++) {
        begin_year(w, e->plan, year);
        sc_json_member_number(w, "probability", chair->survival[year]);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
    sc_json_member_number(w, "value_if_held", chair->value_if_held);
    sc_json_member_array_begin(w, "value_if_lost");
    for (int year = 1; year <= chair->horizon; year++) {
        begin_year(w, e->plan, year);
        sc_json_member_number(w, "probability", chair->lost_probability[year]);
        sc_json_member_number(w, "value_per_share", chair->value_if_lost[year]);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

/* A figure that is not defined is null, and the reason stands beside it. */
static void write_or_reason(struct sc_json_writer *w, const char *key, double value, const char *reason_key,
                            const char *reason)
{
    if (reason)
        sc_json_member_null(w, key);
    else
        sc_json_member_number(w, key, value);
    sc_json_member_text(w, reason_key, reason);
}

static void write_chair(const struct sc_evaluation *e, struct sc_json_writer *w)
{
    const struct sc_chair *chair = &e->chair;
    sc_json_member_number(w, "price", e->plan->driver[e->plan->price]);
    sc_json_member_number(w, "hold_probability", chair->hold_probability);
    write_years(e, w);
    sc_json_member_number(w, "expected_value", chair->expected_value);
    sc_json_member_number(w, "chair_value_per_share", chair->chair_value_per_share);
    sc_json_member_number(w, "chair_value", chair->chair_value);
    sc_json_member_object_begin(w, "placements");
    sc_json_member_number(w, "on_flows", chair->expected_value);
    sc_json_member_number(w, "on_value", chair->on_value);
    write_or_reason(w, "forever", chair->forever, "forever_reason", chair->forever_reason);
    sc_json_object_end(w);
    write_or_reason(w, "break_even_hold_probability", chair->break_even, "break_even_reason",
                    chair->break_even_reason);
}

static enum sc_progress answer_csv(struct sc_call *call, const struct sc_evaluation *e)
{
    static const char *const HEADER[] = {"year", "calendar", "survival", "probability_lost", "value_if_lost"};
    const struct sc_chair *chair = &e->chair;
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_csv_header(&csv, HEADER, sizeof HEADER / sizeof *HEADER);
    for (int year = 1; year <= chair->horizon; year++) {
        sc_csv_integer(&csv, year);
        sc_csv_integer(&csv, e->plan->base_market_year + year);
        sc_csv_number(&csv, chair->survival[year]);
        sc_csv_number(&csv, chair->lost_probability[year]);
        sc_csv_number(&csv, chair->value_if_lost[year]);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

static enum sc_progress refuse(struct sc_call *call)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return SC_ANSWERED;
    sc_fault_add(faults, SC_FAULT_missing, "/chair",
                 "the scenario has no chair block, so there is no chair to hold or to lose: give at least "
                 "{\"hazard\", \"retention\"}, and mark the segments that stand on the chair");
    return sc_call_invalid(call, SC_PROBLEM_not_computable, faults);
}

static enum sc_progress answer(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    if (!subject->plan->chair.present) return refuse(call);
    const struct sc_evaluation *evaluation = sc_call_evaluate(call, subject->plan);
    if (!evaluation) return SC_ANSWERED;
    if (call->accept == SC_MEDIA_CSV) return answer_csv(call, evaluation);
    uint64_t start = sc_clock_nanoseconds();
    sc_ask_begin(subject, &writer, &buffer);
    write_chair(evaluation, &writer);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}

static const char *const MEMBERS[] = {NULL};
const struct sc_asking SC_ASK_CHAIR = {"chair", MEMBERS, answer, true};

enum sc_progress sc_chair_stored(struct sc_call *call)
{
    return sc_ask_stored(call, &SC_ASK_CHAIR);
}

enum sc_progress sc_chair_sent(struct sc_call *call)
{
    return sc_ask_sent(call, &SC_ASK_CHAIR);
}
