#include "app.h"
#include "ask.h"
#include "axis.h"
#include "base/arena.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/csv.h"
#include "codec/writer.h"
#include "evaluation.h"
#include "request.h"
#include "secondchair/solve.h"

#include <math.h>

enum { STEPS_MAX = 201, FRONTIER_SCAN = 65 };

/* "What must be true for this price to be fair?" */
struct implied {
    double price;
    bool solves, draws; /* one driver is solved for; a frontier of two is drawn */
    struct sc_axis axis, x, y;
    struct sc_block block;
    struct sc_roots roots;
    double at[STEPS_MAX];
    struct sc_roots *line; /* [x.steps] */
};

static const char *const AXES[] = {"x", "y", NULL};
static const char *const MEMBERS[] = {"pointer", "low", "high", "price", "frontier", NULL};

static bool read_question(struct sc_call *call, const struct sc_subject *subject, struct implied *question)
{
    const json_t *frontier = json_object_get(subject->question, "frontier");
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    question->price = subject->plan->driver[subject->plan->price];
    sc_request_number(subject->question, "price", 1e-9, 1e9, &question->price, faults);
    question->draws = frontier != NULL;
    question->solves = !frontier || json_object_get(subject->question, "pointer");
    if (question->solves) sc_axis_read(subject->question, "", 0, &question->axis, faults);
    if (frontier && !json_is_object(frontier)) {
        sc_fault_add(faults, SC_FAULT_wrong_type, "/frontier", "must be an object of `x` and `y`");
    } else if (frontier) {
        sc_request_members(frontier, AXES, NULL, "/frontier", faults);
        sc_axis_read(json_object_get(frontier, "x"), "/frontier/x", STEPS_MAX, &question->x, faults);
        sc_axis_read(json_object_get(frontier, "y"), "/frontier/y", 0, &question->y, faults);
    }
    return sc_call_is_sound(call, faults);
}

static bool solve(struct sc_call *call, const struct sc_subject *subject, struct implied *question)
{
    static const char *const places[] = {""};
    const struct sc_plan *plan = sc_axes_compile(call, subject, &question->axis, 1, places);
    if (!plan || !sc_call_block(call, plan, &question->block)) return false;
    sc_implied_solve(&question->block,
                     &(struct sc_implied){.slot = question->axis.slot,
                                          .low = question->axis.low,
                                          .high = question->axis.high,
                                          .price = question->price,
                                          .points = SC_SCAN_POINTS},
                     &question->roots);
    return true;
}

static bool draw(struct sc_call *call, const struct sc_subject *subject, struct implied *question)
{
    static const char *const places[] = {"/frontier/x", "/frontier/y"};
    struct sc_axis axis[] = {question->x, question->y};
    const struct sc_plan *plan = sc_axes_compile(call, subject, axis, 2, places);
    if (!plan || !sc_call_block(call, plan, &question->block)) return false;
    question->line = sc_arena_array(call->arena, question->x.steps, sizeof *question->line);
    if (!question->line) return sc_call_exhausted(call), false;
    for (size_t i = 0; i < question->x.steps; i++) {
        if (!sc_call_goes_on(call, (double)i / (double)question->x.steps, NULL)) return false;
        double x = sc_axis_point(&question->x, i);
        struct sc_change held = {axis[0].slot, &x};
        question->at[i] = x;
        sc_implied_solve(&question->block,
                         &(struct sc_implied){.slot = axis[1].slot,
                                              .low = question->y.low,
                                              .high = question->y.high,
                                              .price = question->price,
                                              .held = &held,
                                              .held_count = 1,
                                              .points = FRONTIER_SCAN},
                         &question->line[i]);
    }
    return true;
}

static void write_range(struct sc_json_writer *w, const struct sc_roots *roots)
{
    sc_json_member_object_begin(w, "range");
    sc_json_member_figure(w, "low", roots->lowest);
    sc_json_member_figure(w, "high", roots->highest);
    sc_json_object_end(w);
}

static void write_solution(struct sc_json_writer *w, const struct implied *question)
{
    static const char *const STATUS[] = {"no_solution", "solved", "multiple"};
    const struct sc_roots *roots = &question->roots;
    sc_json_member_text(w, "pointer", question->axis.pointer);
    sc_json_member_numbers(w, "solutions", roots->x, roots->count);
    sc_json_member_text(w, "status", STATUS[roots->count < 2 ? roots->count : 2]);
    write_range(w, roots);
    sc_json_member_integer(w, "rejected", (int64_t)roots->rejected);
}

/* The lowest y for each x; null with a reason where there is none. */
static void write_frontier(struct sc_json_writer *w, const struct implied *question)
{
    sc_json_member_array_begin(w, "frontier");
    for (size_t i = 0; i < question->x.steps; i++) {
        const struct sc_roots *roots = &question->line[i];
        sc_json_object_begin(w);
        sc_json_member_number(w, "x", question->at[i]);
        sc_json_member_figure(w, "y", roots->count ? roots->x[0] : NAN);
        if (roots->count > 1) sc_json_member_numbers(w, "all_y", roots->x, roots->count);
        if (!roots->count)
            sc_json_member_text(w, "reason", isnan(roots->lowest) ? "no value" : "price not reached");
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

/* The solutions alone, the frontier alone, or both with a first column that says which a line is of. */
static enum sc_progress answer_csv(struct sc_call *call, const struct implied *question)
{
    static const char *const HEADER[] = {"kind", "x", "y"}, *const ROOTS[] = {"solution"};
    bool both = question->draws && question->solves;
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    if (question->draws)
        sc_csv_header(&csv, both ? HEADER : HEADER + 1, both ? 3 : 2);
    else
        sc_csv_header(&csv, ROOTS, 1);
    for (size_t i = 0; question->solves && i < question->roots.count; i++) {
        if (both) sc_csv_text(&csv, ROOTS[0]);
        sc_csv_number(&csv, question->roots.x[i]);
        if (both) sc_csv_text(&csv, NULL);
        sc_csv_end_row(&csv);
    }
    for (size_t i = 0; question->draws && i < question->x.steps; i++) {
        if (both) sc_csv_text(&csv, "frontier");
        sc_csv_number(&csv, question->at[i]);
        sc_csv_number(&csv, question->line[i].count ? question->line[i].x[0] : NAN);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

static enum sc_progress answer(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    struct implied *question = sc_arena_alloc(call->arena, sizeof *question);
    if (!question) return sc_call_exhausted(call);
    if (!read_question(call, subject, question)) return SC_ANSWERED;
    uint64_t start = sc_clock_nanoseconds();
    bool done = (!question->solves || solve(call, subject, question)) &&
                (!question->draws || draw(call, subject, question));
    start = sc_call_spent(call, SC_STAGE_MODEL, start);
    if (!done) return SC_ANSWERED;
    if (call->accept == SC_MEDIA_CSV) return answer_csv(call, question);
    sc_ask_begin(subject, &writer, &buffer);
    sc_json_member_number(&writer, "price", question->price);
    if (question->solves) write_solution(&writer, question);
    if (question->draws) write_frontier(&writer, question);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}

const struct sc_asking SC_ASK_IMPLIED = {"implied", MEMBERS, answer, false};

enum sc_progress sc_implied_stored(struct sc_call *call)
{
    return sc_ask_stored(call, &SC_ASK_IMPLIED);
}

enum sc_progress sc_implied_sent(struct sc_call *call)
{
    return sc_ask_sent(call, &SC_ASK_IMPLIED);
}
