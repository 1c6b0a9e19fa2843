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
#include "secondchair/field.h"
#include "secondchair/solve.h"
#include "secondchair/uncertainty.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    SWINGS_MAX = 256, /* that one question may name */
    PLACE_MAX = 32,   /* "/drivers/255" */
    AT_ONCE = SC_LANES / 2
};

#define RELATIVE_LEAST 1e-6
#define RELATIVE_MOST 10.0
#define RELATIVE_DEFAULT 0.1

#define LOW_QUANTILE 0.1
#define HIGH_QUANTILE 0.9

enum swing_kind { SWING_GIVEN, SWING_QUANTILES, SWING_RELATIVE };
static const char *const KINDS[] = {"given", "quantiles", "relative"};

/* One driver, moved to either side while all others stay. */
struct swing {
    const char *pointer;
    size_t order; /* in the question, or in the document */
    enum swing_kind kind;
    enum sc_unit unit;
    double value; /* NAN: the document has no single number there */
    double low, high, at_low, at_high;
    const char *reason_low, *reason_high; /* why there is no value at an end, or NULL */
};

struct moving;

struct tornado {
    const struct sc_subject *subject;
    struct sc_base_value base;
    struct sc_uncertainty uncertainty;
    struct sc_faults *faults;
    double relative; /* NAN where the question does not say */
    size_t points;   /* of the model */
    double work;     /* of all of them: sc_point_work, sc_fit_work */
    struct swing *swing;
    size_t count;
    struct moving *moving;
};

/* Both ends of a driver's swing, before they are valued. */
static void add_work(struct tornado *tornado, const struct sc_plan *plan, sc_slot slot)
{
    tornado->points += 2;
    tornado->work += 2 * (sc_point_work(plan) + sc_fit_work(plan, slot));
}

static bool affords(struct sc_call *call, const struct tornado *tornado)
{
    return sc_sensitivity_affords(call, tornado->work, tornado->points, "/drivers");
}

/* --- what is asked --- */

/* A value moved to one side, within the bounds of its field: an open bound is approached by half. */
static double move_within(const struct sc_field *field, double value, double by)
{
    double moved = value + by;
    if (moved > field->high || (field->open_high && moved >= field->high))
        return field->open_high ? value + 0.5 * (field->high - value) : field->high;
    if (moved < field->low || (field->open_low && moved <= field->low))
        return field->open_low ? value + 0.5 * (field->low - value) : field->low;
    return moved;
}

static void swing_relatively(const struct sc_plan *plan, sc_slot slot, double relative, struct swing *swing)
{
    const struct sc_field *field = sc_plan_bounds(plan, slot);
    double by = relative * fabs(plan->driver[slot]);
    swing->kind = SWING_RELATIVE;
    swing->low = move_within(field, plan->driver[slot], -by);
    swing->high = move_within(field, plan->driver[slot], by);
}

/* A part of the driver's value, as the driver itself or the whole question asks. */
static void read_relative(struct tornado *tornado, const json_t *own, const char *place, sc_slot slot,
                          struct swing *swing)
{
    char pointer[PLACE_MAX + 12];
    double relative = own ? json_number_value(own) : tornado->relative;
    snprintf(pointer, sizeof pointer, "%s/relative", own ? place : "");
    if (own && !json_is_number(own))
        sc_fault_add(tornado->faults, SC_FAULT_wrong_type, pointer, "must be a number");
    else if (!(relative >= RELATIVE_LEAST && relative <= RELATIVE_MOST))
        sc_fault_add(tornado->faults, SC_FAULT_out_of_range, pointer,
                     "must be a number between %.10g and %.10g", RELATIVE_LEAST, RELATIVE_MOST);
    else if (slot == SC_NO_SLOT || swing->value == 0)
        sc_fault_add(tornado->faults, SC_FAULT_conflict, pointer, "`%.150s` is %s: give its `low` and `high`",
                     swing->pointer,
                     slot == SC_NO_SLOT ? "no single number in this document" : "0, which has no parts");
    else
        swing_relatively(tornado->subject->plan, slot, relative, swing);
}

/* Its distribution in the question's uncertainty, or in the document's; NULL where it has none. */
static const struct sc_uncertain *find_uncertain(const struct tornado *tornado, const char *pointer)
{
    for (size_t i = 0; i < tornado->uncertainty.count; i++)
        if (strcmp(tornado->uncertainty.driver[i].pointer, pointer) == 0)
            return &tornado->uncertainty.driver[i];
    return NULL;
}

static void swing_by_quantiles(const struct sc_uncertain *uncertain, struct swing *swing)
{
    struct sc_quantile quantile;
    sc_quantile_prepare(&uncertain->distribution, &quantile);
    swing->kind = SWING_QUANTILES;
    swing->low = sc_quantile_at(&quantile, LOW_QUANTILE);
    swing->high = sc_quantile_at(&quantile, HIGH_QUANTILE);
}

/* False when memory is short. */
static bool read_swing(struct tornado *tornado, const json_t *object, const char *place, struct swing *swing)
{
    static const char *const MEMBERS[] = {"pointer", "low", "high", "relative", NULL};
    const struct sc_plan *plan = tornado->subject->plan;
    const json_t *relative = json_object_get(object, "relative");
    bool range = json_object_get(object, "low") || json_object_get(object, "high");
    struct sc_axis axis;
    size_t before = tornado->faults->count;
    sc_axis_read_driver(object, place, MEMBERS, &axis, tornado->faults);
    swing->pointer = axis.pointer;
    if (!axis.pointer) return true;
    sc_slot slot = sc_plan_find(plan, axis.pointer);
    swing->value = slot == SC_NO_SLOT ? NAN : plan->driver[slot];
    if (slot != SC_NO_SLOT) add_work(tornado, plan, slot);
    if (range && relative)
        sc_fault_add(tornado->faults, SC_FAULT_conflict, place, "give `low` and `high`, or `relative`");
    else if (range)
        sc_axis_read_range(object, place, &axis, tornado->faults);
    else if (!sc_axis_moves(tornado->subject, &axis, place, tornado->faults))
        return tornado->faults->count > before;
    else if (relative || !isnan(tornado->relative))
        read_relative(tornado, relative, place, slot, swing);
    else if (find_uncertain(tornado, axis.pointer))
        swing_by_quantiles(find_uncertain(tornado, axis.pointer), swing);
    else
        sc_fault_add(
            tornado->faults, SC_FAULT_missing, place,
            "say how far to move it: `low` and `high`, or `relative`; nothing says that it is uncertain");
    if (!range) return true;
    swing->low = axis.low;
    swing->high = axis.high;
    return true;
}

static bool read_swings(struct sc_call *call, struct tornado *tornado, const json_t *drivers)
{
    tornado->count = json_array_size(drivers);
    if (tornado->count < 1 || tornado->count > SWINGS_MAX) {
        sc_fault_add(tornado->faults, json_is_array(drivers) ? SC_FAULT_wrong_length : SC_FAULT_wrong_type,
                     "/drivers", "must be an array of 1 to %d drivers", SWINGS_MAX);
        return true;
    }
    tornado->swing = sc_arena_array(call->arena, tornado->count, sizeof *tornado->swing);
    bool done = tornado->swing;
    for (size_t i = 0; done && i < tornado->count; i++) {
        char place[PLACE_MAX];
        snprintf(place, sizeof place, "/drivers/%zu", i);
        tornado->swing[i].order = i;
        done = read_swing(tornado, json_array_get(drivers, i), place, &tornado->swing[i]);
    }
    return done;
}

/* --- values at the ends --- */

/* A plan of our own, of which one number may be moved at a time. */
struct moving {
    struct sc_plan plan;
    double *driver;
    struct sc_block block; /* of the plan as it is */
    struct sc_faults *scratch;
};

static struct moving *make_moving(struct sc_call *call, const struct sc_plan *plan)
{
    struct moving *moving = sc_arena_alloc(call->arena, sizeof *moving);
    if (!moving) return NULL;
    *moving = (struct moving){.plan = *plan, .scratch = sc_call_faults(call)};
    moving->driver = sc_arena_array(call->arena, plan->slots, sizeof *moving->driver);
    moving->plan.segment = sc_arena_array(call->arena, plan->segment_count, sizeof *moving->plan.segment);
    if (!moving->scratch || !moving->driver || !moving->plan.segment) return NULL;
    memcpy(moving->driver, plan->driver, plan->slots * sizeof *plan->driver);
    memcpy(moving->plan.segment, plan->segment, plan->segment_count * sizeof *plan->segment);
    moving->plan.driver = moving->driver;
    return sc_block_make(&moving->block, plan, call->arena) ? moving : NULL;
}

/* With a number moved, is it still a plan that a document may make? The reason, where it is not. */
static const char *find_fault(struct moving *moving, sc_slot slot, double value)
{
    if (!sc_field_allows(sc_plan_bounds(&moving->plan, slot), value))
        return sc_fault_name(SC_FAULT_out_of_range);
    double before = moving->driver[slot];
    moving->scratch->count = moving->scratch->omitted = 0;
    moving->driver[slot] = value;
    bool sound = sc_plan_link(&moving->plan, moving->scratch);
    moving->driver[slot] = before;
    return sound ? NULL : sc_fault_name(moving->scratch->item[0].code);
}

/* Several swings at once, so that they fill the lanes of an evaluation: each point moves one of the drivers.
 */
static void value_swings(struct moving *moving, struct swing *swing, const sc_slot *slot, size_t count)
{
    double at[AT_ONCE][2 * AT_ONCE], value[2 * AT_ONCE];
    uint32_t fault[2 * AT_ONCE];
    struct sc_change change[AT_ONCE] = {{0}};
    for (size_t i = 0; i < count; i++) {
        for (size_t point = 0; point < 2 * count; point++) at[i][point] = swing[i].value;
        at[i][2 * i] = swing[i].low;
        at[i][2 * i + 1] = swing[i].high;
        change[i] = (struct sc_change){slot[i], at[i]};
    }
    sc_values(&moving->block, change, count, 2 * count, value, fault);
    for (size_t i = 0; i < count; i++) {
        swing[i].at_low = value[2 * i];
        swing[i].at_high = value[2 * i + 1];
        swing[i].reason_low = find_fault(moving, slot[i], swing[i].low);
        swing[i].reason_high = find_fault(moving, slot[i], swing[i].high);
        if (swing[i].reason_low) swing[i].at_low = NAN;
        if (swing[i].reason_high) swing[i].at_high = NAN;
        if (!swing[i].reason_low) swing[i].reason_low = sc_lane_reason(fault[2 * i]);
        if (!swing[i].reason_high) swing[i].reason_high = sc_lane_reason(fault[2 * i + 1]);
    }
}

/* --- each driver that the question names --- */

/* At both ends of its swing, in a plan of its own: the document may leave the driver out, or give it by year.
 */
static bool value_swing(struct tornado *tornado, struct sc_arena *scratch, const char *place,
                        struct swing *swing)
{
    struct sc_axis axis = {.pointer = swing->pointer, .low = swing->low, .high = swing->high};
    size_t before = tornado->faults->count;
    struct sc_block block;
    const struct sc_plan *plan = sc_axes_plan(tornado->subject, &axis, 1, &place, scratch, tornado->faults);
    if (!plan) return tornado->faults->count > before;
    if (isnan(swing->value)) add_work(tornado, plan, axis.slot);
    if (tornado->work > SC_POINTS_WORK_MAX) return true;
    if (!sc_block_make(&block, plan, scratch)) return false;
    double end[] = {swing->low, swing->high}, value[2];
    uint32_t fault[2];
    sc_values(&block, &(struct sc_change){axis.slot, end}, 1, 2, value, fault);
    swing->unit = sc_plan_unit(plan, axis.slot);
    swing->at_low = value[0];
    swing->at_high = value[1];
    swing->reason_low = sc_lane_reason(fault[0]);
    swing->reason_high = sc_lane_reason(fault[1]);
    return true;
}

/* Of a driver that is uncertain, which has a number of its own in the plan. */
static void value_uncertain(struct tornado *tornado, struct swing *swing)
{
    const struct sc_plan *plan = tornado->subject->plan;
    sc_slot slot = sc_plan_find(plan, swing->pointer);
    swing->unit = sc_plan_unit(plan, slot);
    value_swings(tornado->moving, swing, &slot, 1);
}

static bool value_named(struct sc_call *call, struct tornado *tornado)
{
    bool done = true;
    if (!affords(call, tornado)) return false;
    for (size_t i = 0; i < tornado->count && done && tornado->work <= SC_POINTS_WORK_MAX; i++) {
        char place[PLACE_MAX];
        struct sc_arena scratch;
        if (!sc_call_goes_on(call, (double)i / (double)tornado->count, NULL)) return false;
        snprintf(place, sizeof place, "/drivers/%zu", i);
        sc_arena_init(&scratch, call->arena->limit);
        if (tornado->swing[i].kind == SWING_QUANTILES)
            value_uncertain(tornado, &tornado->swing[i]);
        else
            done = value_swing(tornado, &scratch, place, &tornado->swing[i]);
        sc_arena_fini(&scratch);
    }
    if (!done) sc_call_exhausted(call);
    return done && affords(call, tornado);
}

/* --- every driver of the document, or all that are uncertain --- */

/* Whether a part of a number means something: that of a calendar year does not, nor that of 0. */
static bool swings_by_itself(const struct sc_plan *plan, sc_slot slot)
{
    const struct sc_field *field = sc_plan_field(plan, slot);
    return field->group != SC_GROUP_NONE && field->kind != SC_KIND_INTEGER && field->low < field->high &&
           sc_plan_unit(plan, slot) != SC_UNIT_YEAR && plan->driver[slot] != 0;
}

/* Every driver that swings by itself, with its slot. */
static void list_every(struct tornado *tornado, sc_slot *slots)
{
    const struct sc_plan *plan = tornado->subject->plan;
    if (isnan(tornado->relative)) tornado->relative = RELATIVE_DEFAULT;
    for (size_t slot = 0; slot < plan->slots; slot++) {
        if (!swings_by_itself(plan, (sc_slot)slot)) continue;
        swing_relatively(plan, (sc_slot)slot, tornado->relative, &tornado->swing[tornado->count]);
        slots[tornado->count++] = (sc_slot)slot;
    }
}

/* Every uncertain driver that is a number; a curve that is drawn whole is none. */
static void list_uncertain(struct tornado *tornado, sc_slot *slots)
{
    for (size_t i = 0; i < tornado->uncertainty.count; i++) {
        const struct sc_uncertain *uncertain = &tornado->uncertainty.driver[i];
        if (uncertain->slot == SC_NO_SLOT) continue;
        swing_by_quantiles(uncertain, &tornado->swing[tornado->count]);
        slots[tornado->count++] = uncertain->slot;
    }
}

static void list_swings(struct tornado *tornado, sc_slot *slots)
{
    const struct sc_plan *plan = tornado->subject->plan;
    if (tornado->uncertainty.count > 0 && isnan(tornado->relative))
        list_uncertain(tornado, slots);
    else
        list_every(tornado, slots);
    for (size_t i = 0; i < tornado->count; i++) {
        tornado->swing[i].order = i;
        tornado->swing[i].value = plan->driver[slots[i]];
        tornado->swing[i].unit = sc_plan_unit(plan, slots[i]);
        add_work(tornado, plan, slots[i]);
    }
}

/* Keeps those that are to be answered, with their names: defaults of the schema count only where they move
 * the value. False when memory is short. */
static bool name_swings(struct sc_call *call, struct tornado *tornado, const sc_slot *slots)
{
    const struct sc_plan *plan = tornado->subject->plan;
    char pointer[SC_POINTER_MAX];
    size_t listed = tornado->count;
    tornado->count = 0;
    for (size_t i = 0; i < listed; i++) {
        struct swing *swing = &tornado->swing[i];
        bool idle = swing->kind == SWING_RELATIVE && swing->at_low == tornado->base.value &&
                    swing->at_high == tornado->base.value;
        if (idle && plan->driver_origin[slots[i]] == SC_FROM_DEFAULT) continue;
        swing->pointer =
            sc_call_text(call, sc_plan_pointer(plan, plan->driver_node[slots[i]], pointer, sizeof pointer));
        if (!swing->pointer) return false;
        tornado->swing[tornado->count++] = *swing;
    }
    return true;
}

static bool value_every(struct sc_call *call, struct tornado *tornado)
{
    const struct sc_plan *plan = tornado->subject->plan;
    sc_slot *slots = sc_arena_array(call->arena, plan->slots, sizeof *slots);
    tornado->swing = sc_arena_array(call->arena, plan->slots, sizeof *tornado->swing);
    if (!slots || !tornado->swing) return sc_call_exhausted(call), false;
    list_swings(tornado, slots);
    if (!affords(call, tornado)) return false;
    for (size_t i = 0; i < tornado->count; i += AT_ONCE) {
        size_t left = tornado->count - i;
        if (!sc_call_goes_on(call, (double)i / (double)tornado->count, NULL)) return false;
        value_swings(tornado->moving, &tornado->swing[i], &slots[i], left < AT_ONCE ? left : AT_ONCE);
    }
    if (name_swings(call, tornado, slots)) return true;
    sc_call_exhausted(call);
    return false;
}

/* --- the answer --- */

/* The widest first; those without a width last; else as they came. */
static int by_width(const void *one, const void *other)
{
    const struct swing *a = one, *b = other;
    double wide_a = fabs(a->at_high - a->at_low), wide_b = fabs(b->at_high - b->at_low);
    if (isnan(wide_a) != isnan(wide_b)) return isnan(wide_a) ? 1 : -1;
    if (wide_a != wide_b && !isnan(wide_a)) return wide_a < wide_b ? 1 : -1;
    return a->order < b->order ? -1 : a->order > b->order;
}

static bool compute(struct sc_call *call, struct tornado *tornado)
{
    const json_t *drivers = json_object_get(tornado->subject->question, "drivers");
    tornado->faults = sc_call_faults(call);
    if (!tornado->faults || !sc_subject_uncertainty(call, tornado->subject, &tornado->uncertainty))
        return false;
    tornado->moving = make_moving(call, tornado->subject->plan);
    if (!tornado->moving) return sc_call_exhausted(call), false;
    if (drivers && !read_swings(call, tornado, drivers)) return sc_call_exhausted(call), false;
    bool sound = !sc_faults_any(tornado->faults);
    if (sound && !(drivers ? value_named(call, tornado) : value_every(call, tornado))) return false;
    if (sc_faults_any(tornado->faults)) {
        sc_call_invalid(call, SC_PROBLEM_invalid_question, tornado->faults);
        return false;
    }
    qsort(tornado->swing, tornado->count, sizeof *tornado->swing, by_width);
    return true;
}

/* A value at an end, or null with its reason. */
static void write_end(struct sc_json_writer *w, const char *key, double value, const char *reason_key,
                      const char *reason)
{
    sc_json_member_figure(w, key, reason ? NAN : value);
    if (reason) sc_json_member_text(w, reason_key, reason);
}

static void write_swing(struct sc_json_writer *w, const struct swing *swing)
{
    sc_json_object_begin(w);
    sc_json_member_text(w, "pointer", swing->pointer);
    sc_json_member_text(w, "unit", sc_unit_name(swing->unit));
    sc_json_member_text(w, "swing", KINDS[swing->kind]);
    write_end(w, "value", swing->value, "value_reason",
              isnan(swing->value) ? "The document has no single number here." : NULL);
    sc_json_member_number(w, "low", swing->low);
    sc_json_member_number(w, "high", swing->high);
    write_end(w, "value_at_low", swing->at_low, "reason_at_low", swing->reason_low);
    write_end(w, "value_at_high", swing->at_high, "reason_at_high", swing->reason_high);
    sc_json_member_figure(w, "swing_width", swing->at_high - swing->at_low);
    sc_json_object_end(w);
}

/* Uncertain drivers that no swing stands for. */
static void write_left_out(struct sc_json_writer *w, const struct tornado *tornado)
{
    bool all = !json_object_get(tornado->subject->question, "drivers") && isnan(tornado->relative);
    sc_json_member_array_begin(w, "left_out");
    for (size_t i = 0; all && i < tornado->uncertainty.count; i++) {
        if (tornado->uncertainty.driver[i].slot != SC_NO_SLOT) continue;
        sc_json_object_begin(w);
        sc_json_member_text(w, "pointer", tornado->uncertainty.driver[i].pointer);
        sc_json_member_text(w, "reason", "It is drawn as a whole curve, which has no low and no high end.");
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

static enum sc_progress answer_csv(struct sc_call *call, const struct tornado *tornado)
{
    static const char *const HEADER[] = {"pointer",       "unit",           "swing",        "value",
                                         "low",           "high",           "value_at_low", "value_at_high",
                                         "reason_at_low", "reason_at_high", "swing_width"};
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_csv_header(&csv, HEADER, sizeof HEADER / sizeof *HEADER);
    for (size_t i = 0; i < tornado->count; i++) {
        const struct swing *swing = &tornado->swing[i];
        sc_csv_text(&csv, swing->pointer);
        sc_csv_text(&csv, sc_unit_name(swing->unit));
        sc_csv_text(&csv, KINDS[swing->kind]);
        sc_csv_number(&csv, swing->value);
        sc_csv_number(&csv, swing->low);
        sc_csv_number(&csv, swing->high);
        sc_csv_number(&csv, swing->at_low);
        sc_csv_number(&csv, swing->at_high);
        sc_csv_text(&csv, swing->reason_low);
        sc_csv_text(&csv, swing->reason_high);
        sc_csv_number(&csv, swing->at_high - swing->at_low);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

enum sc_progress sc_sensitivity_tornado(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    struct tornado tornado = {.subject = subject, .relative = NAN};
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return SC_ANSWERED;
    sc_request_number(subject->question, "relative", RELATIVE_LEAST, RELATIVE_MOST, &tornado.relative,
                      faults);
    if (!sc_call_is_sound(call, faults) || !sc_base_value(call, subject, &tornado.base)) return SC_ANSWERED;
    uint64_t start = sc_clock_nanoseconds();
    bool done = compute(call, &tornado);
    start = sc_call_spent(call, SC_STAGE_MODEL, start);
    if (!done) return SC_ANSWERED;
    if (call->accept == SC_MEDIA_CSV) return answer_csv(call, &tornado);
    sc_ask_begin(subject, &writer, &buffer);
    sc_sensitivity_write(&writer, subject, "tornado", &tornado.base);
    sc_json_member_array_begin(&writer, "drivers");
    for (size_t i = 0; i < tornado.count; i++) write_swing(&writer, &tornado.swing[i]);
    sc_json_array_end(&writer);
    write_left_out(&writer, &tornado);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}
