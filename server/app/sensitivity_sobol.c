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
#include "secondchair/simulate.h"
#include "secondchair/sobol_indices.h"
#include "secondchair/solve.h"
#include "secondchair/statistics.h"
#include "secondchair/uncertainty.h"
#include "workshop.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    PATHS_DEFAULT = 4096,
    PATHS_LEAST = 16,
    PATHS_MOST = 65536,
    RANDOMISATIONS_DEFAULT = 16,
    RANDOMISATIONS_MOST = 64,
    PLACE_MAX = 32 /* "/drivers/63" */
};
#define SEED_MOST 9007199254740991.0 /* whole numbers beyond it are no doubles */
#define LEVEL 0.95
#define REJECTED_WARNING 0.01

struct of_driver {
    size_t order; /* in the question */
    const char *pointer;
    struct sc_index first_order, total;
};

struct sobol {
    const struct sc_subject *subject;
    struct sc_base_value base;
    struct sc_uncertainty uncertainty;
    bool correlated; /* it says that drivers move together */
    double paths, randomisations, seed;
    struct sc_simulation *simulation; /* for what it draws */
    struct sc_index_column *column;
    struct sc_index_sample *sample; /* [randomisations] */
    struct of_driver *driver;
    size_t points, rejected;
    double mean, sd;
};

/* What a thread evaluates in. */
struct scratch {
    double row[SC_DRAWS_MAX][SC_PATHS_AT_ONCE];
    bool outside[SC_PATHS_AT_ONCE];
};
_Static_assert((int)SC_INDEX_CHUNK <= (int)SC_PATHS_AT_ONCE, "a chunk fits");

/* --- what is asked --- */

static void check_end(const struct sc_field *bounds, const char *place, const char *end, double x,
                      struct sc_faults *faults)
{
    char pointer[PLACE_MAX + 8];
    snprintf(pointer, sizeof pointer, "%s/%s", place, end);
    if (!isnan(x) && !sc_field_allows(bounds, x))
        sc_fault_add(faults, SC_FAULT_out_of_range, pointer,
                     "%.10g is outside the driver's bounds, %s%.10g to %s%.10g", x,
                     bounds->open_low ? "above " : "", bounds->low, bounds->open_high ? "below " : "",
                     bounds->high);
}

/* A driver that is drawn evenly between two ends. False when memory is short. */
static bool read_driver(const struct sobol *sobol, const json_t *object, const char *place,
                        struct sc_uncertain *driver, struct sc_faults *faults)
{
    static const char *const MEMBERS[] = {"pointer", "low", "high", NULL};
    const struct sc_plan *plan = sobol->subject->plan;
    char pointer[PLACE_MAX + 8];
    struct sc_axis axis;
    size_t before = faults->count;
    sc_axis_read_driver(object, place, MEMBERS, &axis, faults);
    if (object && !json_is_object(object)) return true;
    sc_axis_read_range(object, place, &axis, faults);
    driver->pointer = axis.pointer;
    if (!axis.pointer) return true;
    if (!sc_axis_moves(sobol->subject, &axis, place, faults)) return faults->count > before;
    driver->slot = sc_plan_find(plan, axis.pointer);
    snprintf(pointer, sizeof pointer, "%s/pointer", place);
    if (driver->slot == SC_NO_SLOT) {
        sc_fault_add(faults, SC_FAULT_bad_pointer, pointer,
                     "`%.150s` is no single number in this document: name a number, or give it one",
                     axis.pointer);
        return true;
    }
    driver->bounds = sc_plan_bounds(plan, driver->slot);
    check_end(driver->bounds, place, "low", axis.low, faults);
    check_end(driver->bounds, place, "high", axis.high, faults);
    driver->distribution = (struct sc_distribution){
        .kind = SC_UNIFORM, .parameter = {axis.low, axis.high}, .min = -INFINITY, .max = INFINITY};
    return true;
}

static void refuse_repeated(const struct sc_uncertainty *uncertainty, size_t index, const char *place,
                            struct sc_faults *faults)
{
    char pointer[PLACE_MAX + 8];
    snprintf(pointer, sizeof pointer, "%s/pointer", place);
    for (size_t i = 0; i < index; i++)
        if (uncertainty->driver[index].slot != SC_NO_SLOT &&
            uncertainty->driver[i].slot == uncertainty->driver[index].slot)
            sc_fault_add(faults, SC_FAULT_conflict, pointer, "names the same driver as /drivers/%zu", i);
}

static bool read_drivers(struct sc_call *call, struct sobol *sobol, const json_t *drivers)
{
    struct sc_uncertainty *uncertainty = &sobol->uncertainty;
    struct sc_faults *faults = sc_call_faults(call);
    size_t count = json_array_size(drivers);
    if (!faults) return false;
    if (count < 1 || count > SC_UNCERTAIN_MAX)
        return sc_call_refuse(call, SC_PROBLEM_invalid_question,
                              json_is_array(drivers) ? SC_FAULT_wrong_length : SC_FAULT_wrong_type,
                              "/drivers", "must be an array of 1 to %d drivers", SC_UNCERTAIN_MAX);
    *uncertainty = (struct sc_uncertainty){.count = count};
    uncertainty->driver = sc_arena_array(call->arena, count, sizeof *uncertainty->driver);
    bool done = uncertainty->driver;
    for (size_t i = 0; done && i < count; i++) {
        char place[PLACE_MAX];
        snprintf(place, sizeof place, "/drivers/%zu", i);
        uncertainty->driver[i].slot = SC_NO_SLOT;
        done = read_driver(sobol, json_array_get(drivers, i), place, &uncertainty->driver[i], faults);
        refuse_repeated(uncertainty, i, place, faults);
    }
    if (!done) return sc_call_exhausted(call), false;
    if (sc_faults_any(faults)) sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    return !sc_faults_any(faults);
}

/* The largest power of two up to the default that one answer affords. */
static double default_paths(double work_of_path)
{
    double paths = PATHS_DEFAULT;
    while (paths > PATHS_LEAST && paths * work_of_path > SC_POINTS_WORK_MAX) paths /= 2;
    return paths;
}

static double work_of_point(const struct sobol *sobol)
{
    const struct sc_plan *plan = sobol->subject->plan;
    double fit = 0;
    for (size_t i = 0; i < sobol->uncertainty.count; i++) {
        sc_slot slot = sobol->uncertainty.driver[i].slot;
        if (slot != SC_NO_SLOT) fit = fmax(fit, sc_fit_work(plan, slot));
    }
    return sc_point_work(plan) + fit;
}

static bool read_size(struct sc_call *call, struct sobol *sobol)
{
    const json_t *question = sobol->subject->question;
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    double of_path = work_of_point(sobol) * (double)(sobol->uncertainty.count + 2);
    sobol->randomisations = RANDOMISATIONS_DEFAULT;
    sobol->seed = 1;
    sc_request_whole(question, "randomisations", 2, RANDOMISATIONS_MOST, &sobol->randomisations, faults);
    sc_request_whole(question, "seed", 0, SEED_MOST, &sobol->seed, faults);
    sobol->paths = default_paths(of_path * sobol->randomisations);
    sc_request_whole(question, "paths", PATHS_LEAST, PATHS_MOST, &sobol->paths, faults);
    if (exp2(floor(log2(sobol->paths))) != sobol->paths)
        sc_fault_add(faults, SC_FAULT_out_of_range, "/paths", "must be a power of two, such as %.0f",
                     exp2(floor(log2(sobol->paths))));
    if (!sc_call_is_sound(call, faults)) return false;
    sobol->points = (size_t)(sobol->paths * sobol->randomisations) * (sobol->uncertainty.count + 2);
    return sc_sensitivity_affords(call, of_path * sobol->paths * sobol->randomisations, sobol->points,
                                  "/paths");
}

/* The drivers that the question names; else those that it, or the document, says to be uncertain. */
static bool read_question(struct sc_call *call, struct sobol *sobol)
{
    const json_t *drivers = json_object_get(sobol->subject->question, "drivers");
    if (drivers && json_object_get(sobol->subject->question, "uncertainty"))
        return sc_call_refuse(call, SC_PROBLEM_invalid_question, SC_FAULT_conflict, "/drivers",
                              "give `drivers`, each between its `low` and `high`, or `uncertainty`");
    if (drivers ? !read_drivers(call, sobol, drivers)
                : !sc_subject_uncertainty(call, sobol->subject, &sobol->uncertainty))
        return false;
    if (sobol->uncertainty.count == 0)
        return sc_call_refuse(
            call, SC_PROBLEM_invalid_question, SC_FAULT_missing, "/drivers",
            "the scenario says of no driver that it is uncertain: say which vary, each between "
            "its `low` and `high`, or give `uncertainty`");
    sobol->correlated = sobol->uncertainty.correlated;
    sobol->uncertainty.correlated = false;
    return read_size(call, sobol);
}

/* --- the model as a figure of numbers --- */

struct evaluating {
    const struct sc_simulation *simulation;
    struct sc_workplace *place;
};

/* The value at n points. One with a number outside its driver's bounds has none. */
static void value_at(void *figure, const double *const *x, size_t n, double *value)
{
    const struct evaluating *evaluating = figure;
    const struct sc_simulation *simulation = evaluating->simulation;
    struct scratch *scratch = evaluating->place->scratch;
    struct sc_change change[SC_DRAWS_MAX];
    for (size_t i = 0; i < simulation->moved; i++) {
        memcpy(scratch->row[i], x[i], n * sizeof **x);
        change[i] = (struct sc_change){simulation->draw[i].slot, scratch->row[i]};
    }
    sc_simulation_place(simulation, scratch->row, n, scratch->outside);
    sc_values(&evaluating->place->block, change, simulation->moved, n, value, NULL);
    for (size_t i = 0; i < n; i++)
        if (scratch->outside[i]) value[i] = NAN;
}

static void make_columns(struct sobol *sobol)
{
    sc_sobol_init(&sobol->simulation->sobol, 2 * sobol->simulation->moved);
    for (size_t i = 0; i < sobol->simulation->moved; i++) {
        const struct sc_draw *draw = &sobol->simulation->draw[i];
        sobol->column[i] = (struct sc_index_column){&draw->quantile, draw->key, draw->driver};
    }
}

static struct sc_index_design design_of(const struct sobol *sobol, struct evaluating *evaluating)
{
    return (struct sc_index_design){.sobol = &sobol->simulation->sobol,
                                    .seed = (uint64_t)sobol->seed,
                                    .paths = (size_t)sobol->paths,
                                    .column = sobol->column,
                                    .columns = sobol->simulation->moved,
                                    .drivers = sobol->uncertainty.count,
                                    .at = value_at,
                                    .figure = evaluating};
}

/* One randomisation. */
static void take_turn(void *context, size_t turn, struct sc_workplace *place)
{
    struct sobol *sobol = context;
    struct evaluating evaluating = {sobol->simulation, place};
    const struct sc_index_design design = design_of(sobol, &evaluating);
    sc_index_once(&design, (uint32_t)turn, (struct scratch *)place->scratch + 1, &sobol->sample[turn]);
}

/* --- the answer's figures --- */

/* The greatest total first; those without one last; else as they came. */
static int by_total(const void *one, const void *other)
{
    const struct of_driver *a = one, *b = other;
    if (isnan(a->total.value) != isnan(b->total.value)) return isnan(a->total.value) ? 1 : -1;
    if (a->total.value != b->total.value && !isnan(a->total.value))
        return a->total.value < b->total.value ? 1 : -1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static void summarise(struct sobol *sobol, double *estimate)
{
    const struct sc_index_sample *sample = sobol->sample;
    size_t randomisations = (size_t)sobol->randomisations;
    double variance = 0;
    sobol->rejected = 0;
    for (size_t r = 0; r < randomisations; r++) {
        estimate[r] = sample[r].mean;
        variance += sample[r].variance / sobol->randomisations;
        sobol->rejected += sample[r].rejected;
    }
    sobol->mean = sc_mean(estimate, randomisations);
    sobol->sd = sqrt(variance);
    for (size_t i = 0; i < sobol->uncertainty.count; i++) {
        struct of_driver *driver = &sobol->driver[i];
        driver->order = i;
        driver->pointer = sobol->uncertainty.driver[i].pointer;
        for (size_t r = 0; r < randomisations; r++) estimate[r] = sample[r].driver[i].first_order;
        driver->first_order = sc_index_of(estimate, randomisations, LEVEL);
        for (size_t r = 0; r < randomisations; r++) estimate[r] = sample[r].driver[i].total;
        driver->total = sc_index_of(estimate, randomisations, LEVEL);
    }
    qsort(sobol->driver, sobol->uncertainty.count, sizeof *sobol->driver, by_total);
}

/* Memory for what is found, in the arena. */
static bool make_room(struct sc_call *call, struct sobol *sobol)
{
    size_t randomisations = (size_t)sobol->randomisations, drivers = sobol->uncertainty.count;
    struct sc_index_pair *pair = sc_arena_array(call->arena, randomisations * drivers, sizeof *pair);
    sobol->simulation = sc_arena_alloc(call->arena, sizeof *sobol->simulation);
    sobol->column = sc_arena_array(call->arena, SC_DRAWS_MAX, sizeof *sobol->column);
    sobol->sample = sc_arena_array(call->arena, randomisations, sizeof *sobol->sample);
    sobol->driver = sc_arena_array(call->arena, drivers, sizeof *sobol->driver);
    bool done = pair && sobol->simulation && sobol->column && sobol->sample && sobol->driver;
    for (size_t r = 0; done && r < randomisations; r++) sobol->sample[r].driver = pair + r * drivers;
    if (!done) sc_call_exhausted(call);
    return done;
}

static bool compute(struct sc_call *call, struct sobol *sobol)
{
    static const struct sc_sampling SAMPLING = {.sampler = SC_SAMPLER_SOBOL};
    struct sc_faults *faults = sc_call_faults(call);
    struct sc_workshop workshop;
    double estimate[RANDOMISATIONS_MOST];
    if (!faults || !make_room(call, sobol)) return false;
    const struct sc_index_design largest = {.columns = SC_DRAWS_MAX, .drivers = SC_UNCERTAIN_MAX};
    bool done = sc_workshop_init(&workshop, call, sobol->subject->plan,
                                 sizeof(struct scratch) + sc_index_memory(&largest));
    if (done) {
        (void)sc_simulation_prepare(sobol->simulation, &workshop.place[0].block, &sobol->uncertainty,
                                    &SAMPLING, NULL, NULL, "/uncertainty", faults);
        make_columns(sobol);
        done = sc_workshop_run(&workshop, (size_t)sobol->randomisations, take_turn, sobol);
    }
    sc_workshop_fini(&workshop);
    if (done) summarise(sobol, estimate);
    return done;
}

/* --- the answer --- */

static const char NOTHING_VARIES[] = "The value does not vary with these drivers.";
static const char NO_VALUE[] = "Hardly a point has a value.";

static void write_index(struct sc_json_writer *w, const char *name, const struct sc_index *index)
{
    char key[48];
    const struct {
        const char *suffix;
        double value;
    } figures[] = {{"", index->value},
                   {"_standard_error", index->standard_error},
                   {"_low", index->low},
                   {"_high", index->high}};
    for (size_t i = 0; i < sizeof figures / sizeof *figures; i++) {
        snprintf(key, sizeof key, "%s%s", name, figures[i].suffix);
        sc_json_member_figure(w, key, figures[i].value);
    }
}

static void write_driver(struct sc_json_writer *w, const struct sobol *sobol, const struct of_driver *driver)
{
    sc_json_object_begin(w);
    sc_json_member_text(w, "pointer", driver->pointer);
    write_index(w, "first_order", &driver->first_order);
    write_index(w, "total", &driver->total);
    if (isnan(driver->total.value) || isnan(driver->first_order.value))
        sc_json_member_text(w, "reason", isnan(sobol->mean) ? NO_VALUE : NOTHING_VARIES);
    sc_json_object_end(w);
}

static void write_warnings(struct sc_json_writer *w, const struct sobol *sobol)
{
    char text[160];
    sc_json_member_array_begin(w, "warnings");
    if ((double)sobol->rejected > REJECTED_WARNING * (double)sobol->points) {
        snprintf(text, sizeof text, "%zu of %zu points have no value: the indices are of the others alone.",
                 sobol->rejected, sobol->points);
        sc_json_text(w, text);
    }
    sc_json_array_end(w);
}

static void write_sobol(struct sc_json_writer *w, const struct sobol *sobol)
{
    sc_sensitivity_write(w, sobol->subject, "sobol", &sobol->base);
    sc_json_member_integer(w, "paths", (int64_t)sobol->paths);
    sc_json_member_integer(w, "randomisations", (int64_t)sobol->randomisations);
    sc_json_member_integer(w, "seed", (int64_t)sobol->seed);
    sc_json_member_integer(w, "points", (int64_t)sobol->points);
    sc_json_member_integer(w, "rejected", (int64_t)sobol->rejected);
    sc_json_member_boolean(w, "correlation_ignored", sobol->correlated);
    sc_json_member_figure(w, "mean", sobol->mean);
    sc_json_member_figure(w, "sd", isnan(sobol->mean) ? NAN : sobol->sd);
    sc_json_member_text(w, "mean_reason", isnan(sobol->mean) ? NO_VALUE : NULL);
    sc_json_member_number(w, "level", LEVEL);
    sc_json_member_array_begin(w, "drivers");
    for (size_t i = 0; i < sobol->uncertainty.count; i++) write_driver(w, sobol, &sobol->driver[i]);
    sc_json_array_end(w);
    write_warnings(w, sobol);
}

static void write_index_cells(struct sc_csv *csv, const struct sc_index *index)
{
    sc_csv_number(csv, index->value);
    sc_csv_number(csv, index->standard_error);
    sc_csv_number(csv, index->low);
    sc_csv_number(csv, index->high);
}

static enum sc_progress answer_csv(struct sc_call *call, const struct sobol *sobol)
{
    static const char *const HEADER[] = {
        "pointer",          "first_order", "first_order_standard_error", "first_order_low",
        "first_order_high", "total",       "total_standard_error",       "total_low",
        "total_high"};
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_csv_header(&csv, HEADER, sizeof HEADER / sizeof *HEADER);
    for (size_t i = 0; i < sobol->uncertainty.count; i++) {
        sc_csv_text(&csv, sobol->driver[i].pointer);
        write_index_cells(&csv, &sobol->driver[i].first_order);
        write_index_cells(&csv, &sobol->driver[i].total);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

enum sc_progress sc_sensitivity_sobol(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    struct sobol *sobol = sc_arena_alloc(call->arena, sizeof *sobol);
    if (!sobol) return sc_call_exhausted(call);
    sobol->subject = subject;
    if (!read_question(call, sobol) || !sc_base_value(call, subject, &sobol->base)) return SC_ANSWERED;
    uint64_t start = sc_clock_nanoseconds();
    bool done = compute(call, sobol);
    start = sc_call_spent(call, SC_STAGE_MODEL, start);
    if (!done) return SC_ANSWERED;
    if (call->accept == SC_MEDIA_CSV) return answer_csv(call, sobol);
    sc_ask_begin(subject, &writer, &buffer);
    write_sobol(&writer, sobol);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}
