#include "secondchair/returns.h"
#include "app.h"
#include "ask.h"
#include "base/arena.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/csv.h"
#include "codec/writer.h"
#include "core/elementary.h"
#include "evaluation.h"
#include "request.h"

#include <math.h>

/* "What do I earn over ten years if I pay this price?" */
struct question {
    double price, reinvestment_rate, target; /* target NAN: none is wanted */
    struct sc_returns returns;
    struct sc_block block;
};

static const char *const MEMBERS[] = {"price", "reinvestment_rate", "target_return", NULL};

static const char BEYOND[] = "It is beyond any number.";

static bool read_question(struct sc_call *call, const struct sc_subject *subject, struct question *question)
{
    const struct sc_plan *plan = subject->plan;
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    question->price = plan->driver[plan->price];
    question->reinvestment_rate = sc_plan_value(plan, plan->returns.reinvestment_rate, 0);
    question->target = NAN;
    sc_request_number(subject->question, "price", 1e-9, 1e9, &question->price, faults);
    sc_request_number(subject->question, "reinvestment_rate", -0.99, 10, &question->reinvestment_rate,
                      faults);
    sc_request_number(subject->question, "target_return", -0.99, 10, &question->target, faults);
    return sc_call_is_sound(call, faults);
}

/* Whether every figure of a look back, the last as a multiple of the price too, can be told. */
static bool is_finite(const struct sc_lookback *look, const struct sc_plan *plan, double price)
{
    bool finite = isfinite(look->value_per_share[plan->horizon] / price);
    for (int year = 0; year <= plan->horizon; year++)
        finite &= isfinite(look->value_per_share[year]) && isfinite(look->net_cash[year]);
    return finite;
}

static bool compute(struct sc_call *call, const struct sc_plan *plan, struct question *question)
{
    uint64_t start = sc_clock_nanoseconds();
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults || !sc_call_block(call, plan, &question->block)) return false;
    bool done =
        sc_returns_evaluate(&question->block, question->reinvestment_rate, &question->returns, faults);
    sc_call_spent(call, SC_STAGE_MODEL, start);
    if (done && !(is_finite(&question->returns.expected, plan, question->price) &&
                  is_finite(&question->returns.held, plan, question->price))) {
        sc_fault_add(
            faults, SC_FAULT_not_computable, "/price",
            "the figures up to the horizon are no finite numbers, or no finite multiple of the price");
        done = false;
    }
    if (!done) sc_call_invalid(call, SC_PROBLEM_not_computable, faults);
    return done;
}

static void write_figures(struct sc_json_writer *w, const struct question *question, double value)
{
    double years = question->returns.years;
    double earned = sc_annual_return(value, question->price, years);
    sc_json_member_figure(w, "annual_return", earned);
    sc_json_member_text(w, "annual_return_reason", isfinite(earned) ? NULL : BEYOND);
    sc_json_member_number(w, "multiple_of_money", value / question->price);
    sc_json_member_number(w, "horizon_value_per_share", value);
    double target = value * sc_pow(1 + question->target, -years);
    sc_json_member_figure(w, "price_for_target", target);
    sc_json_member_text(w, "price_for_target_reason",
                        isnan(question->target) ? "No target_return is asked for."
                        : isfinite(target)      ? NULL
                                                : BEYOND);
}

static void write_path(struct sc_json_writer *w, const struct sc_plan *plan, const struct sc_returns *returns)
{
    char date[SC_DATE_TEXT];
    sc_json_member_array_begin(w, "path");
    for (int year = 0; year <= plan->horizon; year++) {
        sc_date_write(year ? sc_fiscal_year_end(plan, year) : sc_date_of_days(plan->valuation_date), date);
        sc_json_object_begin(w);
        sc_json_member_integer(w, "year", year);
        sc_json_member_text(w, "date", date);
        sc_json_member_number(w, "value_per_share", returns->expected.value_per_share[year]);
        sc_json_member_number(w, "net_cash", returns->expected.net_cash[year]);
        sc_json_member_number(w, "value_if_held", returns->held.value_per_share[year]);
        sc_json_member_number(w, "net_cash_if_held", returns->held.net_cash[year]);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

static enum sc_progress answer_csv(struct sc_call *call, const struct sc_plan *plan,
                                   const struct sc_returns *returns)
{
    static const char *const HEADER[] = {"year",     "date",          "value_per_share",
                                         "net_cash", "value_if_held", "net_cash_if_held"};
    char date[SC_DATE_TEXT];
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_csv_header(&csv, HEADER, sizeof HEADER / sizeof *HEADER);
    for (int year = 0; year <= plan->horizon; year++) {
        sc_date_write(year ? sc_fiscal_year_end(plan, year) : sc_date_of_days(plan->valuation_date), date);
        sc_csv_integer(&csv, year);
        sc_csv_text(&csv, date);
        sc_csv_number(&csv, returns->expected.value_per_share[year]);
        sc_csv_number(&csv, returns->expected.net_cash[year]);
        sc_csv_number(&csv, returns->held.value_per_share[year]);
        sc_csv_number(&csv, returns->held.net_cash[year]);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

static enum sc_progress answer(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    const struct sc_plan *plan = subject->plan;
    struct question *question = sc_arena_alloc(call->arena, sizeof *question);
    if (!question) return sc_call_exhausted(call);
    if (!read_question(call, subject, question) || !compute(call, plan, question)) return SC_ANSWERED;
    if (call->accept == SC_MEDIA_CSV) return answer_csv(call, plan, &question->returns);
    uint64_t start = sc_clock_nanoseconds();
    sc_ask_begin(subject, &writer, &buffer);
    sc_json_member_number(&writer, "price", question->price);
    sc_json_member_number(&writer, "years", question->returns.years);
    sc_json_member_number(&writer, "reinvestment_rate", question->reinvestment_rate);
    sc_json_member_figure(&writer, "target_return", question->target);
    write_figures(&writer, question, question->returns.expected.value_per_share[plan->horizon]);
    sc_json_member_object_begin(&writer, "held");
    write_figures(&writer, question, question->returns.held.value_per_share[plan->horizon]);
    sc_json_object_end(&writer);
    write_path(&writer, plan, &question->returns);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}

const struct sc_asking SC_ASK_RETURNS = {"returns", MEMBERS, answer, true};

enum sc_progress sc_returns_stored(struct sc_call *call)
{
    return sc_ask_stored(call, &SC_ASK_RETURNS);
}

enum sc_progress sc_returns_sent(struct sc_call *call)
{
    return sc_ask_sent(call, &SC_ASK_RETURNS);
}
