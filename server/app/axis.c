#include "axis.h"

#include "base/arena.h"
#include "codec/document.h"
#include "codec/pointer.h"
#include "request.h"
#include "secondchair/field.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const json_t *member_of(const json_t *object, const char *place, const char *name, bool required,
                               char pointer[SC_POINTER_MAX], struct sc_faults *faults)
{
    const json_t *member = json_object_get(object, name);
    snprintf(pointer, SC_POINTER_MAX, "%s/%s", place, name);
    if (!member && required)
        sc_fault_add(faults, SC_FAULT_missing, pointer, "the question needs `%s` here", name);
    return member;
}

static double number_of(const json_t *object, const char *place, const char *name, struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    const json_t *member = member_of(object, place, name, true, pointer, faults);
    if (json_is_number(member)) return json_number_value(member);
    if (member) sc_fault_add(faults, SC_FAULT_wrong_type, pointer, "must be a number");
    return NAN;
}

static const char *const RANGE[] = {"pointer", "low", "high", NULL};
static const char *const STEPS[] = {"pointer", "low", "high", "steps", NULL};
static const char *const POINTS[] = {"pointer", "low", "high", "steps", "values", NULL};

void sc_axis_read_driver(const json_t *object, const char *place, const char *const *members,
                         struct sc_axis *axis, struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    *axis = (struct sc_axis){.slot = SC_NO_SLOT};
    if (object && !json_is_object(object)) {
        sc_fault_add(faults, SC_FAULT_wrong_type, place, "must be an object with the `pointer` of a driver");
        return;
    }
    const json_t *name = member_of(object, place, "pointer", true, pointer, faults);
    axis->pointer = json_string_value(name);
    if (*place && object) sc_request_members(object, members, NULL, place, faults);
    if (name && !axis->pointer)
        sc_fault_add(faults, SC_FAULT_wrong_type, pointer, "must be the pointer of a driver, as a text");
}

void sc_axis_read_range(const json_t *object, const char *place, struct sc_axis *axis,
                        struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    axis->low = number_of(object, place, "low", faults);
    axis->high = number_of(object, place, "high", faults);
    snprintf(pointer, sizeof pointer, "%s/low", place);
    if (axis->low >= axis->high) sc_fault_add(faults, SC_FAULT_conflict, pointer, "low must be below high");
}

static void read_steps(const json_t *object, const char *place, size_t most_steps, struct sc_axis *axis,
                       struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    const json_t *steps = member_of(object, place, "steps", true, pointer, faults);
    double count = json_is_number(steps) ? json_number_value(steps) : 0;
    bool whole = count >= 2 && count <= (double)most_steps && count == floor(count);
    if (steps && !whole)
        sc_fault_add(faults, SC_FAULT_out_of_range, pointer, "must be a whole number from 2 to %zu",
                     most_steps);
    axis->steps = whole ? (size_t)count : 0;
}

/* What is no object has its fault already. */
static bool is_readable(const json_t *object)
{
    return !object || json_is_object(object);
}

void sc_axis_read(const json_t *object, const char *place, size_t most_steps, struct sc_axis *axis,
                  struct sc_faults *faults)
{
    sc_axis_read_driver(object, place, most_steps ? STEPS : RANGE, axis, faults);
    if (!is_readable(object)) return;
    sc_axis_read_range(object, place, axis, faults);
    if (most_steps) read_steps(object, place, most_steps, axis, faults);
}

static void read_values(const json_t *list, const char *place, double *value, struct sc_axis *axis,
                        struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    for (size_t i = 0; i < axis->steps; i++) {
        const json_t *number = json_array_get(list, i);
        snprintf(pointer, sizeof pointer, "%s/values/%zu", place, i);
        if (!json_is_number(number)) sc_fault_add(faults, SC_FAULT_wrong_type, pointer, "must be a number");
        value[i] = json_number_value(number);
        if (value[i] < value[axis->lowest]) axis->lowest = i;
        if (value[i] > value[axis->highest]) axis->highest = i;
    }
    axis->value = value;
    axis->low = value[axis->lowest];
    axis->high = value[axis->highest];
}

bool sc_axis_read_points(const json_t *object, const char *place, size_t most_steps, struct sc_arena *arena,
                         struct sc_axis *axis, struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    sc_axis_read_driver(object, place, POINTS, axis, faults);
    if (!is_readable(object)) return true;
    const json_t *list = member_of(object, place, "values", false, pointer, faults);
    if (!list) {
        sc_axis_read_range(object, place, axis, faults);
        read_steps(object, place, most_steps, axis, faults);
        return true;
    }
    axis->steps = json_array_size(list);
    if (json_object_get(object, "low") || json_object_get(object, "high") || json_object_get(object, "steps"))
        sc_fault_add(faults, SC_FAULT_conflict, pointer, "give `values`, or `low`, `high` and `steps`");
    if (axis->steps < 1 || axis->steps > most_steps) {
        sc_fault_add(faults, json_is_array(list) ? SC_FAULT_wrong_length : SC_FAULT_wrong_type, pointer,
                     "must be an array of 1 to %zu numbers", most_steps);
        return true;
    }
    double *value = sc_arena_array(arena, axis->steps, sizeof *value);
    if (value) read_values(list, place, value, axis, faults);
    return value != NULL;
}

double sc_axis_point(const struct sc_axis *axis, size_t index)
{
    if (axis->value) return axis->value[index];
    double part = (double)index / (double)(axis->steps - 1);
    return index + 1 == axis->steps ? axis->high : axis->low + part * (axis->high - axis->low);
}

/* A corner of the axes' ranges: the axes that stand at their high end, a bit each. */
static bool is_high(unsigned corner, size_t axis)
{
    return corner & (1u << axis);
}

/* The document with every axis at one of its ends. */
static json_t *moved(const struct sc_subject *subject, const struct sc_axis *axis, size_t count,
                     unsigned corner, struct sc_faults *faults)
{
    json_auto_t *overrides = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *entry = json_object();
        if (json_object_set_new(entry, "pointer", json_string(axis[i].pointer)) < 0 ||
            json_object_set_new(entry, "value", json_real(is_high(corner, i) ? axis[i].high : axis[i].low)) <
                0 ||
            json_array_append_new(overrides, json_incref(entry)) < 0) {
            json_decref(entry);
            return NULL;
        }
        json_decref(entry);
    }
    return sc_document_override(subject->document, overrides, faults);
}

/* Which member of the question gives an axis' end. */
static void name_end(const struct sc_axis *axis, bool high, char out[SC_POINTER_MAX])
{
    if (axis->value)
        snprintf(out, SC_POINTER_MAX, "/values/%zu", high ? axis->highest : axis->lowest);
    else
        snprintf(out, SC_POINTER_MAX, "%s", high ? "/high" : "/low");
}

/* A fault of an axis' override is the pointer's: "/overrides/0/pointer" becomes "<place>/pointer"; one of
 * the value that it puts into the document is that end's: "<place>/low". Faults before the first are not
 * ours. */
static void rename_places(struct sc_faults *faults, size_t first, const struct sc_axis *axis, size_t count,
                          const char *const *places, unsigned corner)
{
    for (size_t i = first; i < faults->count; i++) {
        char *pointer = faults->item[i].pointer, rest[SC_POINTER_MAX];
        unsigned index = 0;
        int length = 0;
        bool own = sscanf(pointer, "/overrides/%u%n", &index, &length) == 1 && index < count;
        if (own) snprintf(rest, sizeof rest, "/pointer");
        for (size_t a = 0; a < count && !own; a++) {
            if (strcmp(pointer, axis[a].pointer) != 0) continue;
            own = true;
            index = (unsigned)a;
            name_end(&axis[a], is_high(corner, a), rest);
        }
        if (own) snprintf(pointer, SC_POINTER_MAX, "%s%s", places[index], rest);
    }
}

/* Whether a number of the plan is a whole one, such as the horizon. */
static bool is_whole(const struct sc_plan *plan, sc_slot slot)
{
    const struct sc_field *field = slot == SC_NO_SLOT ? NULL : plan->node[plan->driver_node[slot]].field;
    return field && field->kind == SC_KIND_INTEGER;
}

/* A number that no question moves over a range: one that shapes the model, or one of the uncertainty. */
static bool is_refused(const struct sc_plan *plan, const char *pointer)
{
    return is_whole(plan, sc_plan_find(plan, pointer)) || sc_pointer_is_within(pointer, "/uncertainty");
}

static void refuse_number(const struct sc_axis *axis, const char *place, struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    snprintf(pointer, sizeof pointer, "%s/pointer", place);
    sc_fault_add(faults, SC_FAULT_bad_pointer, pointer, "`%s` is %s", axis->pointer,
                 sc_pointer_is_within(axis->pointer, "/uncertainty")
                     ? "how uncertain a driver is: moving it moves no value"
                     : "a whole number, which shapes the model and cannot be moved by degrees");
}

/* No two axes move the same number. */
static void refuse_same(const struct sc_axis *axis, size_t index, const char *const *places,
                        struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    snprintf(pointer, sizeof pointer, "%s/pointer", places[index]);
    for (size_t i = 0; i < index; i++) {
        const char *own = axis[index].pointer, *other = axis[i].pointer;
        const char *part = strcmp(own, other) == 0            ? "the same driver as"
                           : sc_pointer_is_within(own, other) ? "a part of the driver of"
                           : sc_pointer_is_within(other, own) ? "the whole of the driver of"
                                                              : NULL;
        if (part) sc_fault_add(faults, SC_FAULT_conflict, pointer, "names %s %s", part, places[i]);
    }
}

bool sc_axis_moves(const struct sc_subject *subject, const struct sc_axis *axis, const char *place,
                   struct sc_faults *faults)
{
    const struct sc_axis at_zero = {.pointer = axis->pointer};
    size_t before = faults->count;
    if (is_refused(subject->plan, axis->pointer)) {
        refuse_number(axis, place, faults);
        return false;
    }
    json_auto_t *document = moved(subject, &at_zero, 1, 0, faults);
    rename_places(faults, before, &at_zero, 1, &place, 0);
    return document;
}

struct sc_plan *sc_axes_plan(const struct sc_subject *subject, struct sc_axis *axis, size_t count,
                             const char *const *places, struct sc_arena *arena, struct sc_faults *faults)
{
    struct sc_plan *plan = NULL;
    size_t before = faults->count;
    for (size_t i = 0; i < count; i++) {
        if (is_refused(subject->plan, axis[i].pointer)) refuse_number(&axis[i], places[i], faults);
        refuse_same(axis, i, places, faults);
    }
    /* The plan that is kept is of the low ends. */
    for (unsigned corner = 1u << count; corner-- > 0 && faults->count == before;) {
        json_auto_t *document = moved(subject, axis, count, corner, faults);
        plan = document ? sc_document_compile(document, arena, faults) : NULL;
        rename_places(faults, before, axis, count, places, corner);
        if (!plan) break;
        plan->name = plan->company = plan->description = ""; /* of a document that goes now */
    }
    for (size_t i = 0; plan && i < count; i++) {
        axis[i].slot = sc_plan_find(plan, axis[i].pointer);
        if (axis[i].slot == SC_NO_SLOT || is_whole(plan, axis[i].slot))
            refuse_number(&axis[i], places[i], faults);
    }
    return faults->count == before ? plan : NULL;
}

struct sc_plan *sc_axes_compile(struct sc_call *call, const struct sc_subject *subject, struct sc_axis *axis,
                                size_t count, const char *const *places)
{
    struct sc_faults *faults = sc_call_faults(call);
    struct sc_plan *plan = faults ? sc_axes_plan(subject, axis, count, places, call->arena, faults) : NULL;
    if (plan || !faults) return plan;
    if (sc_faults_any(faults))
        sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    else
        sc_call_exhausted(call);
    return NULL;
}
