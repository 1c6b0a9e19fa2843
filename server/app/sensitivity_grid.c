#include "sensitivity.h"

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
#include "workshop.h"

#include <math.h>

enum { STEPS_MAX = 201, TURN_POINTS = 1024 };

static const char *const PLACES[] = {"/x", "/y"};

/* One driver over the columns, and where y is given another over the rows. */
struct grid {
    struct sc_axis axis[2];
    size_t axes, columns, rows;
    size_t rows_of_turn;
    struct sc_base_value base;
    double *value; /* [rows * columns] */
    uint32_t *fault;
};

static bool read_question(struct sc_call *call, const struct sc_subject *subject, struct grid *grid)
{
    static const char *const NAMES[] = {"x", "y"};
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    grid->axes = json_object_get(subject->question, "y") ? 2 : 1;
    for (size_t i = 0; i < grid->axes; i++)
        if (!sc_axis_read_points(json_object_get(subject->question, NAMES[i]), PLACES[i], STEPS_MAX,
                                 call->arena, &grid->axis[i], faults)) {
            sc_call_exhausted(call);
            return false;
        }
    grid->columns = grid->axis[0].steps;
    grid->rows = grid->axes == 2 ? grid->axis[1].steps : 1;
    if (!sc_faults_any(faults)) return true;
    sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    return false;
}

/* Some whole rows: they do not depend on each other. */
static void value_rows(void *context, size_t turn, struct sc_workplace *place)
{
    struct grid *grid = context;
    double(*point)[TURN_POINTS] = place->scratch;
    size_t first = turn * grid->rows_of_turn, left = grid->rows - first, at = first * grid->columns;
    size_t points = (left < grid->rows_of_turn ? left : grid->rows_of_turn) * grid->columns;
    for (size_t i = 0; i < points; i++) {
        point[0][i] = sc_axis_point(&grid->axis[0], i % grid->columns);
        if (grid->axes == 2) point[1][i] = sc_axis_point(&grid->axis[1], first + i / grid->columns);
    }
    const struct sc_change change[] = {{grid->axis[0].slot, point[0]}, {grid->axis[1].slot, point[1]}};
    sc_values(&place->block, change, grid->axes, points, grid->value + at, grid->fault + at);
}

/* What all points take. A fit on x is found anew at every point; one on y alone once in a row's lanes. */
static double work_of(const struct grid *grid, const struct sc_plan *plan)
{
    double columns = (double)grid->columns, rows = (double)grid->rows;
    double of_x = sc_fit_work(plan, grid->axis[0].slot);
    double of_y = grid->axes == 2 ? sc_fit_work(plan, grid->axis[1].slot) : 0;
    double fits = of_x > 0 ? of_x * columns : of_y * ceil(1 + columns / SC_LANES);
    return rows * (columns * sc_point_work(plan) + fits);
}

static bool compute(struct sc_call *call, const struct sc_subject *subject, struct grid *grid)
{
    const struct sc_plan *plan = sc_axes_compile(call, subject, grid->axis, grid->axes, PLACES);
    size_t points = grid->columns * grid->rows;
    if (!plan || !sc_sensitivity_affords(call, work_of(grid, plan), points, "/x")) return false;
    struct sc_workshop workshop;
    grid->rows_of_turn = TURN_POINTS / grid->columns;
    grid->value = sc_arena_array(call->arena, points, sizeof *grid->value);
    grid->fault = sc_arena_array(call->arena, points, sizeof *grid->fault);
    if (!grid->value || !grid->fault) return sc_call_exhausted(call), false;
    size_t turns = (grid->rows + grid->rows_of_turn - 1) / grid->rows_of_turn;
    bool done = sc_workshop_init(&workshop, call, plan, sizeof(double[2][TURN_POINTS])) &&
                sc_workshop_run(&workshop, turns, value_rows, grid);
    sc_workshop_fini(&workshop);
    return done;
}

static void write_points(struct sc_json_writer *w, const char *key, const struct sc_axis *axis)
{
    sc_json_member_array_begin(w, key);
    for (size_t i = 0; i < axis->steps; i++) sc_json_number(w, sc_axis_point(axis, i));
    sc_json_array_end(w);
}

static void write_values(struct sc_json_writer *w, const struct grid *grid)
{
    sc_json_member_array_begin(w, "values");
    for (size_t row = 0; row < grid->rows; row++) {
        sc_json_array_begin(w);
        for (size_t i = row * grid->columns; i < (row + 1) * grid->columns; i++)
            if (grid->fault[i])
                sc_json_null(w);
            else
                sc_json_number(w, grid->value[i]);
        sc_json_array_end(w);
    }
    sc_json_array_end(w);
}

/* Points without a value, neighbours in a row with one reason together. */
static void write_reasons(struct sc_json_writer *w, const struct grid *grid)
{
    sc_json_member_array_begin(w, "reasons");
    for (size_t row = 0; row < grid->rows; row++) {
        const uint32_t *fault = grid->fault + row * grid->columns;
        for (size_t from = 0, next; from < grid->columns; from = next) {
            const char *reason = sc_lane_reason(fault[from]);
            for (next = from + 1; next < grid->columns && sc_lane_reason(fault[next]) == reason;) next++;
            if (!reason) continue;
            sc_json_object_begin(w);
            sc_json_member_integer(w, "y", (int64_t)row);
            sc_json_member_integer(w, "x_from", (int64_t)from);
            sc_json_member_integer(w, "x_to", (int64_t)next - 1);
            sc_json_member_text(w, "reason", reason);
            sc_json_object_end(w);
        }
    }
    sc_json_array_end(w);
}

static void write_grid(struct sc_json_writer *w, const struct sc_subject *subject, const struct grid *grid)
{
    sc_sensitivity_write(w, subject, "grid", &grid->base);
    sc_json_member_text(w, "x_pointer", grid->axis[0].pointer);
    sc_json_member_text(w, "y_pointer", grid->axis[1].pointer);
    write_points(w, "x", &grid->axis[0]);
    write_points(w, "y", &grid->axis[1]);
    write_values(w, grid);
    write_reasons(w, grid);
}

/* Without y: a line for each x. */
static void write_lines(struct sc_csv *csv, const struct grid *grid)
{
    static const char *const HEADER[] = {"x", "value_per_share", "reason"};
    sc_csv_header(csv, HEADER, 3);
    for (size_t i = 0; i < grid->columns; i++) {
        sc_csv_number(csv, sc_axis_point(&grid->axis[0], i));
        sc_csv_number(csv, grid->value[i]);
        sc_csv_text(csv, sc_lane_reason(grid->fault[i]));
        sc_csv_end_row(csv);
    }
}

/* x over the columns, y over the rows. */
static void write_table(struct sc_csv *csv, const struct grid *grid)
{
    sc_csv_text(csv, "y \\ x");
    for (size_t column = 0; column < grid->columns; column++)
        sc_csv_number(csv, sc_axis_point(&grid->axis[0], column));
    sc_csv_end_row(csv);
    for (size_t row = 0; row < grid->rows; row++) {
        sc_csv_number(csv, sc_axis_point(&grid->axis[1], row));
        for (size_t column = 0; column < grid->columns; column++)
            sc_csv_number(csv, grid->value[row * grid->columns + column]);
        sc_csv_end_row(csv);
    }
}

static enum sc_progress answer_csv(struct sc_call *call, const struct grid *grid)
{
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    if (grid->axes == 2)
        write_table(&csv, grid);
    else
        write_lines(&csv, grid);
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

enum sc_progress sc_sensitivity_grid(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    struct grid *grid = sc_arena_alloc(call->arena, sizeof *grid);
    if (!grid) return sc_call_exhausted(call);
    if (!read_question(call, subject, grid) || !sc_base_value(call, subject, &grid->base)) return SC_ANSWERED;
    uint64_t start = sc_clock_nanoseconds();
    bool done = compute(call, subject, grid);
    start = sc_call_spent(call, SC_STAGE_MODEL, start);
    if (!done) return SC_ANSWERED;
    if (call->accept == SC_MEDIA_CSV) return answer_csv(call, grid);
    sc_ask_begin(subject, &writer, &buffer);
    write_grid(&writer, subject, grid);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}
