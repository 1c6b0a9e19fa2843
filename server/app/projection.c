#include "app.h"
#include "ask.h"
#include "base/arena.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/csv.h"
#include "codec/writer.h"
#include "evaluation.h"
#include "fit_write.h"
#include "request.h"
#include "secondchair/model.h"

#include <math.h>

/* The market of a plan over its own horizon or another: past the horizon a ramp stays at its end, and a path
 * given year by year at its last value. */
struct projection {
    struct sc_plan plan; /* a copy with that horizon */
    struct sc_block block;
    const struct sc_fit *fit;
    double level;
    const char *band_reason; /* why there are no bands, or NULL */
};

static bool read_question(struct sc_call *call, const struct sc_subject *subject,
                          struct projection *projection)
{
    const struct sc_plan *plan = subject->plan;
    double first = plan->base_market_year, to = first + plan->horizon;
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    projection->level = 0.9;
    sc_request_whole(subject->question, "to", first, first + SC_HORIZON_MAX, &to, faults);
    sc_request_number(subject->question, "level", 1e-6, 1 - 1e-6, &projection->level, faults);
    projection->plan = *plan;
    projection->plan.horizon = (int)to - plan->base_market_year;
    return sc_call_is_sound(call, faults);
}

static bool compute(struct sc_call *call, struct projection *projection)
{
    uint64_t start = sc_clock_nanoseconds();
    double lost = INFINITY;
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults || !sc_call_block(call, &projection->plan, &projection->block)) return false;
    sc_evaluate_market(&projection->block, &(struct sc_lanes){.count = 1, .lost = &lost});
    projection->fit = sc_block_fit(&projection->block);
    if (!projection->fit->found)
        projection->band_reason = projection->fit->reason;
    else if (!projection->fit->has_covariance)
        projection->band_reason = "The observations do not pin the curve down: there is no covariance.";
    sc_block_explain(&projection->block, 0, faults);
    sc_call_spent(call, SC_STAGE_MODEL, start);
    if (!sc_faults_any(faults)) return true;
    sc_call_invalid(call, SC_PROBLEM_not_computable, faults);
    return false;
}

static void band(const struct projection *p, int year, double *low, double *high)
{
    *low = *high = NAN;
    if (!p->band_reason) sc_fit_band(p->fit, p->plan.base_market_year + year, p->level, low, high);
}

static void write_shares(const struct projection *p, struct sc_json_writer *w)
{
    sc_json_member_array_begin(w, "years");
    for (int year = 0; year < p->block.years; year++) sc_json_integer(w, p->plan.base_market_year + year);
    sc_json_array_end(w);
    sc_json_member_array_begin(w, "inference_share");
    for (int year = 0; year < p->block.years; year++) {
        double low, high;
        band(p, year, &low, &high);
        sc_json_object_begin(w);
        sc_json_member_integer(w, "year", p->plan.base_market_year + year);
        sc_json_member_number(w, "value", p->block.inference_share[year][0]);
        sc_json_member_figure(w, "low", low);
        sc_json_member_figure(w, "high", high);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
    sc_json_member_object_begin(w, "bands");
    sc_json_member_number(w, "level", p->level);
    sc_json_member_text(w, "reason", p->band_reason);
    sc_json_object_end(w);
}

/* Lane 0 of a figure, year by year. */
static void write_row(struct sc_json_writer *w, const char *key, const sc_row *row, int years)
{
    sc_json_member_array_begin(w, key);
    for (int year = 0; year < years; year++) sc_json_number(w, row[year][0]);
    sc_json_array_end(w);
}

static void write_seats(const struct projection *p, struct sc_json_writer *w)
{
    const struct sc_block *b = &p->block;
    sc_json_member_array_begin(w, "seats");
    for (size_t s = 0; s < p->plan.seat_count; s++) {
        size_t at = s * (size_t)b->years;
        sc_json_object_begin(w);
        sc_json_member_text(w, "id", p->plan.seat[s].id);
        sc_json_member_text(w, "group", p->plan.seat[s].group);
        write_row(w, "training", (const sc_row *)b->seat_training + at, b->years);
        write_row(w, "inference", (const sc_row *)b->seat_inference + at, b->years);
        write_row(w, "revenue", (const sc_row *)b->seat_revenue + at, b->years);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

static void write_fit(const struct projection *p, struct sc_json_writer *w)
{
    const struct sc_share_curve *curve = &p->plan.market.inference_share;
    double years[SC_OBSERVATIONS_MAX];
    if (!p->fit->found) {
        sc_json_member_null(w, "fit");
        sc_json_member_text(w, "fit_reason", p->fit->reason);
        return;
    }
    for (size_t i = 0; i < p->fit->observations; i++) years[i] = p->plan.driver[curve->observation[i].year];
    sc_json_member_object_begin(w, "fit");
    sc_fit_write(p->fit, years, w);
    sc_json_object_end(w);
    sc_json_member_null(w, "fit_reason");
}

static void write_projection(const struct projection *p, struct sc_json_writer *w)
{
    const struct sc_block *b = &p->block;
    write_shares(p, w);
    write_row(w, "total_spend", (const sc_row *)b->total_spend, b->years);
    write_row(w, "training_spend", (const sc_row *)b->training_spend, b->years);
    write_row(w, "inference_spend", (const sc_row *)b->inference_spend, b->years);
    write_row(w, "silicon_content", (const sc_row *)b->silicon_content, b->years);
    write_seats(p, w);
    write_fit(p, w);
}

static enum sc_progress answer_csv(struct sc_call *call, const struct projection *p)
{
    static const char *const HEADER[] = {"year",           "inference_share", "low", "high", "total_spend",
                                         "training_spend", "inference_spend"};
    const struct sc_block *b = &p->block;
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    for (size_t i = 0; i < sizeof HEADER / sizeof *HEADER; i++) sc_csv_text(&csv, HEADER[i]);
    for (size_t s = 0; s < p->plan.seat_count; s++) sc_csv_text(&csv, p->plan.seat[s].id);
    sc_csv_end_row(&csv);
    for (int year = 0; year < b->years; year++) {
        double low, high;
        band(p, year, &low, &high);
        const double figures[] = {
            b->inference_share[year][0], low, high, b->total_spend[year][0], b->training_spend[year][0],
            b->inference_spend[year][0]};
        sc_csv_integer(&csv, p->plan.base_market_year + year);
        for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) sc_csv_number(&csv, figures[i]);
        for (size_t s = 0; s < p->plan.seat_count; s++)
            sc_csv_number(&csv, b->seat_revenue[s * (size_t)b->years + (size_t)year][0]);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

static enum sc_progress answer(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    if (!subject->plan->market.present) {
        sc_call_refuse(call, SC_PROBLEM_not_computable, SC_FAULT_missing, "/market",
                       "the scenario has no market block, so there is nothing to project");
        return SC_ANSWERED;
    }
    struct projection *projection = sc_arena_alloc(call->arena, sizeof *projection);
    if (!projection) return sc_call_exhausted(call);
    if (!read_question(call, subject, projection) || !compute(call, projection)) return SC_ANSWERED;
    if (call->accept == SC_MEDIA_CSV) return answer_csv(call, projection);
    uint64_t start = sc_clock_nanoseconds();
    sc_ask_begin(subject, &writer, &buffer);
    write_projection(projection, &writer);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}

static const char *const MEMBERS[] = {"to", "level", NULL};
const struct sc_asking SC_ASK_PROJECTION = {"projection", MEMBERS, answer, true};

enum sc_progress sc_projection_stored(struct sc_call *call)
{
    return sc_ask_stored(call, &SC_ASK_PROJECTION);
}

enum sc_progress sc_projection_sent(struct sc_call *call)
{
    return sc_ask_sent(call, &SC_ASK_PROJECTION);
}
