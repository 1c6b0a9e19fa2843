#include "app.h"
#include "ask.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/csv.h"
#include "codec/writer.h"
#include "evaluation.h"
#include "request.h"

#include <stdio.h>

static const char *const MEMBERS[] = {NULL};

static void write_csv_header(struct sc_csv *csv, const struct sc_plan *plan)
{
    static const char *const BEFORE[] = {"year", "calendar", "fiscal", "period_end", "revenue"};
    static const char *const AFTER[] = {
        "margin",          "ebit", "tax", "nol", "nopat", "reinvestment", "fcff", "wacc", "part_of_year",
        "discount_factor", "pv"};
    char name[320]; /* an id has 64 characters of up to 4 bytes */
    for (size_t i = 0; i < sizeof BEFORE / sizeof *BEFORE; i++) sc_csv_text(csv, BEFORE[i]);
    for (size_t i = 0; i < plan->segment_count; i++) {
        snprintf(name, sizeof name, "revenue %s", plan->segment[i].id);
        sc_csv_text(csv, name);
    }
    for (size_t i = 0; i < sizeof AFTER / sizeof *AFTER; i++) sc_csv_text(csv, AFTER[i]);
    sc_csv_end_row(csv);
}

static void write_csv_year(struct sc_csv *csv, const struct sc_evaluation *e, int year)
{
    const struct sc_block *b = &e->block;
    char text[SC_DATE_TEXT];
    struct sc_date end = sc_fiscal_year_end(e->plan, year);
    sc_csv_integer(csv, year);
    sc_csv_integer(csv, e->plan->base_market_year + year);
    sc_fiscal_year_write(end, text);
    sc_csv_text(csv, text);
    sc_date_write(end, text);
    sc_csv_text(csv, text);
    sc_csv_number(csv, b->revenue[year][0]);
    for (size_t i = 0; i < e->plan->segment_count; i++)
        sc_csv_number(csv, b->segment_revenue[i * (size_t)b->years + (size_t)year][0]);
    const double figures[] = {b->ebit[year][0] / b->revenue[year][0],
                              b->ebit[year][0],
                              b->tax[year][0],
                              b->nol[year][0],
                              b->nopat[year][0],
                              b->reinvestment[year][0],
                              b->fcff[year][0],
                              b->wacc[year][0],
                              sc_part_of_year(e->plan, year),
                              b->discount_factor[year][0],
                              b->pv[year][0]};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) sc_csv_number(csv, figures[i]);
    sc_csv_end_row(csv);
}

static enum sc_progress answer_csv(struct sc_call *call, const struct sc_evaluation *evaluation)
{
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    write_csv_header(&csv, evaluation->plan);
    for (int year = 1; year < evaluation->block.years; year++) write_csv_year(&csv, evaluation, year);
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

static enum sc_progress answer(struct sc_call *call, const struct sc_subject *subject)
{
    if (sc_call_postpones(call, sc_valuation_cost(subject->plan))) return SC_ANSWERED;
    const struct sc_evaluation *evaluation = sc_call_evaluate(call, subject->plan);
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    if (!evaluation) return SC_ANSWERED;
    if (call->accept == SC_MEDIA_CSV) return answer_csv(call, evaluation);
    uint64_t start = sc_clock_nanoseconds();
    sc_ask_begin(subject, &writer, &buffer);
    sc_valuation_write(evaluation, &writer);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}

const struct sc_asking SC_ASK_VALUATION = {"valuation", MEMBERS, answer, true};

enum sc_progress sc_valuation_stored(struct sc_call *call)
{
    return sc_ask_stored(call, &SC_ASK_VALUATION);
}

enum sc_progress sc_valuation_sent(struct sc_call *call)
{
    return sc_ask_sent(call, &SC_ASK_VALUATION);
}
