#include "ask.h"
#include "base/arena.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/csv.h"
#include "codec/document.h"
#include "codec/document_override.h"
#include "codec/pointer.h"
#include "codec/writer.h"
#include "derivation.h"
#include "request.h"
#include "sensitivity.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* What a unit more of each driver adds, and in parts: x/v dv/dx. */
struct row {
    sc_slot slot;
    bool is_year;
    struct sc_slope slope;
};

struct gradient {
    const struct sc_subject *subject;
    bool *wanted; /* by slot */
    struct row *row;
    size_t rows;
    struct sc_derivation derivation;
};

static const char NO_CHAIR[] = "The scenario has no chair block.";
static const char WHOLE[] = "A whole number shapes the model: it cannot be moved by degrees.";

static const char *pointer_of(const struct sc_plan *plan, size_t slot, char out[SC_POINTER_MAX])
{
    return sc_plan_pointer(plan, plan->driver_node[slot], out, SC_POINTER_MAX);
}

/* Whether the slot of a driver can be moved by degrees; whole numbers cannot. */
static bool is_whole(const struct sc_plan *plan, size_t slot)
{
    return sc_plan_field(plan, (sc_slot)slot)->kind == SC_KIND_INTEGER;
}

static bool is_driver(const struct sc_plan *plan, size_t slot)
{
    return sc_field_is_driver(sc_plan_field(plan, (sc_slot)slot));
}

/* --- the question --- */

/* Says what is wrong with a pointer that names no number of the plan: what an override of it would be told,
 * or that the document is silent there. False: memory is short. */
static bool refuse_pointer(const struct sc_subject *subject, const char *pointer, const char *place,
                           struct sc_faults *faults)
{
    size_t before = faults->count;
    json_auto_t *override = json_pack("[{s:s,s:i}]", "pointer", pointer, "value", 0);
    json_auto_t *moved = override ? sc_document_override(subject->document, override, faults) : NULL;
    for (size_t i = before; i < faults->count; i++)
        snprintf(faults->item[i].pointer, SC_POINTER_MAX, "%s", place);
    if (moved)
        sc_fault_add(faults, SC_FAULT_bad_pointer, place,
                     "the document has no number there to derive by; put one in, or override it");
    return moved || faults->count > before;
}

/* Takes the drivers at a pointer, or below it. */
static bool want(struct gradient *gradient, const char *pointer, const char *place, struct sc_faults *faults)
{
    const struct sc_plan *plan = gradient->subject->plan;
    char own[SC_POINTER_MAX];
    bool whole = false, found = false;
    for (size_t slot = 0; slot < plan->slots; slot++) {
        if (!is_driver(plan, slot) || !sc_pointer_is_within(pointer_of(plan, slot, own), pointer)) continue;
        whole |= is_whole(plan, slot);
        found |= !is_whole(plan, slot);
        gradient->wanted[slot] = !is_whole(plan, slot);
    }
    if (found) return true;
    if (!whole) return refuse_pointer(gradient->subject, pointer, place, faults);
    sc_fault_add(faults, SC_FAULT_bad_pointer, place, "%s", WHOLE);
    return true;
}

/* {"drivers": [pointer, …]}, or one pointer, as a query has it. */
static bool want_named(struct gradient *gradient, const json_t *drivers, struct sc_faults *faults)
{
    char place[SC_POINTER_MAX];
    if (json_is_string(drivers)) return want(gradient, json_string_value(drivers), "/drivers", faults);
    size_t count = json_array_size(drivers);
    if (count < 1 || count > SC_SLOTS_MAX)
        sc_fault_add(faults, json_is_array(drivers) ? SC_FAULT_wrong_length : SC_FAULT_wrong_type, "/drivers",
                     "must be an array of pointers of drivers, at least one");
    for (size_t i = 0; i < count && !sc_faults_any(faults); i++) {
        const char *pointer = json_string_value(json_array_get(drivers, i));
        snprintf(place, sizeof place, "/drivers/%zu", i);
        if (!pointer)
            sc_fault_add(faults, SC_FAULT_wrong_type, place, "must be the pointer of a driver, as a text");
        else if (!want(gradient, pointer, place, faults))
            return false;
    }
    return true;
}

/* Every driver, unless some are named. False: the answer is a problem. */
static bool read_drivers(struct sc_call *call, struct gradient *gradient)
{
    const struct sc_plan *plan = gradient->subject->plan;
    const json_t *drivers = json_object_get(gradient->subject->question, "drivers");
    const json_t *sort = json_object_get(gradient->subject->question, "sort");
    const char *order = sort ? json_string_value(sort) : "document";
    struct sc_faults *faults = sc_call_faults(call);
    gradient->wanted = sc_arena_array(call->arena, plan->slots, sizeof *gradient->wanted);
    if (!faults || !gradient->wanted) {
        sc_call_exhausted(call);
        return false;
    }
    for (size_t slot = 0; slot < plan->slots; slot++)
        gradient->wanted[slot] = !drivers && is_driver(plan, slot) && !is_whole(plan, slot);
    bool read = !drivers || want_named(gradient, drivers, faults);
    if (!order || (strcmp(order, "document") != 0 && strcmp(order, "elasticity") != 0))
        sc_fault_add(faults, SC_FAULT_bad_choice, "/sort", "must be `document` or `elasticity`");
    if (sc_faults_any(faults))
        sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    else if (!read)
        sc_call_exhausted(call);
    return read && !sc_faults_any(faults);
}

/* --- the derivatives --- */

/* A per cent of a calendar year's number says nothing: they come after the others. */
static double rank_of(const struct row *row)
{
    if (!isfinite(row->slope.elasticity)) return -2;
    return row->is_year ? -1 : fabs(row->slope.elasticity);
}

/* The largest elasticity first, up or down; those without one last, each as in the document. */
static int by_elasticity(const void *a, const void *b)
{
    const struct row *left = a, *right = b;
    if (rank_of(left) != rank_of(right)) return rank_of(left) > rank_of(right) ? -1 : 1;
    return (left->slot > right->slot) - (left->slot < right->slot);
}

static bool make_rows(struct sc_call *call, struct gradient *gradient)
{
    const struct sc_plan *plan = gradient->subject->plan;
    const char *order = json_string_value(json_object_get(gradient->subject->question, "sort"));
    gradient->row = sc_arena_array(call->arena, plan->slots, sizeof *gradient->row);
    if (!gradient->row) {
        sc_call_exhausted(call);
        return false;
    }
    for (size_t slot = 0; slot < plan->slots; slot++) {
        if (!gradient->wanted[slot]) continue;
        double derivative = gradient->derivation.gradient.driver[slot].value;
        gradient->row[gradient->rows++] =
            (struct row){(sc_slot)slot, sc_plan_unit(plan, (sc_slot)slot) == SC_UNIT_YEAR,
                         sc_slope_of(&gradient->derivation, derivative, plan->driver[slot])};
    }
    if (order && strcmp(order, "elasticity") == 0)
        qsort(gradient->row, gradient->rows, sizeof *gradient->row, by_elasticity);
    return true;
}

/* --- the answer --- */

/* Why a derivative of the chair's figures is null; NULL where neither is. */
static const char *why_no_chair(const struct gradient *gradient, const struct row *row)
{
    const struct sc_derivative *by = &gradient->derivation.gradient.driver[row->slot];
    if (!gradient->subject->plan->chair.present) return NO_CHAIR;
    if (isfinite(by->chair_value) && isfinite(by->hold)) return NULL;
    const char *of_fit = gradient->derivation.gradient.fit_reason;
    return isnan(by->chair_value) && of_fit ? of_fit : "It is beyond any number.";
}

static void write_row(struct sc_json_writer *w, const struct gradient *gradient, const struct row *row,
                      const struct sc_origins *origins)
{
    const struct sc_plan *plan = gradient->subject->plan;
    const struct sc_derivative *by = &gradient->derivation.gradient.driver[row->slot];
    char pointer[SC_POINTER_MAX];
    pointer_of(plan, row->slot, pointer);
    sc_json_object_begin(w);
    sc_json_member_text(w, "pointer", pointer);
    sc_json_member_number(w, "value", plan->driver[row->slot]);
    sc_json_member_text(w, "unit", sc_unit_name(sc_plan_unit(plan, row->slot)));
    sc_json_member_text(w, "origin", sc_origin_of(origins, plan, row->slot, pointer));
    sc_json_member_figure(w, "derivative", row->slope.derivative);
    sc_json_member_figure(w, "elasticity", row->slope.elasticity);
    sc_json_member_text(w, "reason", row->slope.reason);
    sc_json_member_figure(w, "chair_value_derivative", plan->chair.present ? by->chair_value : NAN);
    sc_json_member_figure(w, "hold_probability_derivative", plan->chair.present ? by->hold : NAN);
    sc_json_member_text(w, "chair_reason", why_no_chair(gradient, row));
    sc_json_object_end(w);
}

static void write_rows(struct sc_json_writer *w, const struct gradient *gradient)
{
    struct sc_origins origins;
    if (!sc_origins_init(&origins, gradient->subject->overlay, gradient->subject->overrides))
        w->failed = true;
    sc_json_member_array_begin(w, "drivers");
    for (size_t i = 0; i < gradient->rows && !w->failed; i++)
        write_row(w, gradient, &gradient->row[i], &origins);
    sc_json_array_end(w);
    sc_origins_fini(&origins);
}

static void write_left_out(struct sc_json_writer *w, const char *pointer)
{
    sc_json_object_begin(w);
    sc_json_member_text(w, "pointer", pointer);
    sc_json_member_text(w, "reason", WHOLE);
    sc_json_object_end(w);
}

/* The years in which a ramp turns are no slots: those of them that the document gives. */
static void write_turns(struct sc_json_writer *w, const struct sc_subject *subject, size_t slot)
{
    static const char *const TURNS[] = {"from", "to"};
    const struct sc_plan *plan = subject->plan;
    const struct sc_node *node = &plan->node[plan->driver_node[slot]];
    if (node->field != &SC_RAMP_FIELDS[0]) return;
    for (size_t i = 0; i < 2; i++) {
        char pointer[SC_POINTER_MAX];
        sc_plan_pointer(plan, node->parent, pointer, sizeof pointer);
        sc_pointer_append_key(pointer, pointer, TURNS[i]);
        if (sc_pointer_get(subject->document, pointer)) write_left_out(w, pointer);
    }
}

/* Where no drivers are named. */
static void write_all_left_out(struct sc_json_writer *w, const struct gradient *gradient)
{
    const struct sc_plan *plan = gradient->subject->plan;
    char pointer[SC_POINTER_MAX];
    bool named = json_object_get(gradient->subject->question, "drivers");
    sc_json_member_array_begin(w, "left_out");
    for (size_t slot = 0; slot < plan->slots && !named; slot++) {
        if (is_driver(plan, slot) && is_whole(plan, slot)) write_left_out(w, pointer_of(plan, slot, pointer));
        write_turns(w, gradient->subject, slot);
    }
    sc_json_array_end(w);
}

static void write_kinks(struct sc_json_writer *w, unsigned kinks)
{
    static const struct {
        enum sc_kink kink;
        const char *code, *detail;
    } KINKS[] = {
        {SC_KINK_EQUITY, "equity_is_zero",
         "Equity is exactly 0 in some branch: the derivatives are those of a share that is worth nothing."},
        {SC_KINK_EXERCISE, "share_at_exercise",
         "The share stands exactly at a strike or a threshold in some branch: the derivatives are those "
         "below "
         "it, without the tranche."},
        {SC_KINK_PIN, "thresholds_coincide",
         "Two thresholds hold the share at one price in some branch: the derivative is given to the first of "
         "them."},
        {SC_KINK_PROFIT, "ebit_is_zero",
         "EBIT is exactly 0 in some year: the derivatives are those of a year that makes a profit."},
        {SC_KINK_LOSSES, "losses_at_limit",
         "The losses carried forward are exactly what a year may use: the derivatives are those of using all "
         "of them."},
        {SC_KINK_REINVESTMENT, "revenue_stands_still",
         "Revenue does not change in some year: the derivatives are those of a year without reinvestment, "
         "which growth would need."},
        {SC_KINK_POINTS, "share_at_corner",
         "The inference share is read at a corner of its points: the derivatives are those of the flat "
         "side."},
    };
    sc_json_member_array_begin(w, "kinks");
    for (size_t i = 0; i < sizeof KINKS / sizeof *KINKS; i++) {
        if (!(kinks & KINKS[i].kink)) continue;
        sc_json_object_begin(w);
        sc_json_member_text(w, "code", KINKS[i].code);
        sc_json_member_text(w, "detail", KINKS[i].detail);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

static enum sc_progress answer_csv(struct sc_call *call, const struct gradient *gradient)
{
    static const char *const HEADER[] = {"pointer",
                                         "value",
                                         "unit",
                                         "origin",
                                         "derivative",
                                         "elasticity",
                                         "chair_value_derivative",
                                         "hold_probability_derivative"};
    const struct sc_plan *plan = gradient->subject->plan;
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    struct sc_origins origins;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_csv_header(&csv, HEADER, sizeof HEADER / sizeof *HEADER);
    bool made = sc_origins_init(&origins, gradient->subject->overlay, gradient->subject->overrides);
    for (size_t i = 0; i < gradient->rows && made; i++) {
        const struct row *row = &gradient->row[i];
        const struct sc_derivative *by = &gradient->derivation.gradient.driver[row->slot];
        char pointer[SC_POINTER_MAX];
        pointer_of(plan, row->slot, pointer);
        sc_csv_text(&csv, pointer);
        sc_csv_number(&csv, plan->driver[row->slot]);
        sc_csv_text(&csv, sc_unit_name(sc_plan_unit(plan, row->slot)));
        sc_csv_text(&csv, sc_origin_of(&origins, plan, row->slot, pointer));
        sc_csv_number(&csv, isfinite(row->slope.derivative) ? row->slope.derivative : NAN);
        sc_csv_number(&csv, isfinite(row->slope.elasticity) ? row->slope.elasticity : NAN);
        sc_csv_number(&csv, plan->chair.present && isfinite(by->chair_value) ? by->chair_value : NAN);
        sc_csv_number(&csv, plan->chair.present ? by->hold : NAN);
        sc_csv_end_row(&csv);
    }
    sc_origins_fini(&origins);
    if (made) return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
    sc_buffer_fini(&buffer);
    return sc_call_exhausted(call);
}

enum sc_progress sc_sensitivity_gradient(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    struct gradient *gradient = sc_arena_alloc(call->arena, sizeof *gradient);
    if (!gradient) return sc_call_exhausted(call);
    *gradient = (struct gradient){.subject = subject};
    if (!read_drivers(call, gradient) || !sc_call_derive(call, subject->plan, &gradient->derivation) ||
        !make_rows(call, gradient))
        return SC_ANSWERED;
    if (call->accept == SC_MEDIA_CSV) return answer_csv(call, gradient);
    const struct sc_gradient *found = &gradient->derivation.gradient;
    const struct sc_base_value base = {found->value_per_share, NULL};
    bool chair = subject->plan->chair.present;
    uint64_t start = sc_clock_nanoseconds();
    sc_ask_begin(subject, &writer, &buffer);
    sc_sensitivity_write(&writer, subject, "gradient", &base);
    sc_json_member_figure(&writer, "chair_value_per_share", chair ? found->chair_value_per_share : NAN);
    sc_json_member_figure(&writer, "hold_probability", chair ? found->hold_probability : NAN);
    sc_json_member_text(&writer, "chair_reason", chair ? NULL : NO_CHAIR);
    write_rows(&writer, gradient);
    write_all_left_out(&writer, gradient);
    write_kinks(&writer, found->kinks);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}
