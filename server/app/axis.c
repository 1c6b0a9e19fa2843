#include "axis.h"

#include "codec/document.h"
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

static const char *const WITH_STEPS[] = {"pointer", "low", "high", "steps", NULL};
static const char *const WITHOUT[] = {"pointer", "low", "high", NULL};

void sc_axis_read(const json_t *object, const char *place, size_t most_steps, struct sc_axis *axis,
                  struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    *axis = (struct sc_axis){.slot = SC_NO_SLOT};
    if (object && !json_is_object(object)) {
        sc_fault_add(faults, SC_FAULT_wrong_type, place, "must be an object of `pointer`, `low` and `high`");
        return;
    }
    const json_t *name = member_of(object, place, "pointer", true, pointer, faults);
    axis->pointer = json_string_value(name);
    if (*place && object) sc_request_members(object, most_steps ? WITH_STEPS : WITHOUT, NULL, place, faults);
    if (name && !axis->pointer)
        sc_fault_add(faults, SC_FAULT_wrong_type, pointer, "must be the pointer of a driver, as a text");
    axis->low = number_of(object, place, "low", faults);
    axis->high = number_of(object, place, "high", faults);
    snprintf(pointer, sizeof pointer, "%s/low", place);
    if (axis->low >= axis->high) sc_fault_add(faults, SC_FAULT_conflict, pointer, "low must be below high");
    if (!most_steps) return;
    const json_t *steps = member_of(object, place, "steps", true, pointer, faults);
    double count = json_is_number(steps) ? json_number_value(steps) : 0;
    if (steps && !(count >= 2 && count <= (double)most_steps && count == floor(count)))
        sc_fault_add(faults, SC_FAULT_out_of_range, pointer, "must be a whole number from 2 to %zu",
                     most_steps);
    axis->steps = (size_t)count;
}

/* The document with every axis at one of its ends. */
static json_t *moved(const struct sc_subject *subject, const struct sc_axis *axis, size_t count, bool high,
                     struct sc_faults *faults)
{
    json_auto_t *overrides = json_array();
    for (size_t i = 0; i < count; i++) {
        json_t *entry = json_object();
        if (json_object_set_new(entry, "pointer", json_string(axis[i].pointer)) < 0 ||
            json_object_set_new(entry, "value", json_real(high ? axis[i].high : axis[i].low)) < 0 ||
            json_array_append_new(overrides, json_incref(entry)) < 0) {
            json_decref(entry);
            return NULL;
        }
        json_decref(entry);
    }
    return sc_document_override(subject->document, overrides, faults);
}

/* A fault of an axis' override is the pointer's own: "/overrides/0/pointer" becomes "<place>/pointer"; one of
 * the value that it puts into the document is that end's: "<place>/low". */
static void rename_places(struct sc_faults *faults, const struct sc_axis *axis, size_t count,
                          const char *const *places, const char *end)
{
    for (size_t i = 0; i < faults->count; i++) {
        char *pointer = faults->item[i].pointer, rest[SC_POINTER_MAX];
        unsigned index = 0;
        int length = 0;
        bool own = sscanf(pointer, "/overrides/%u%n", &index, &length) == 1 && index < count;
        snprintf(rest, sizeof rest, "%s", own ? pointer + length : end);
        for (size_t a = 0; a < count && !own; a++)
            if (strcmp(pointer, axis[a].pointer) == 0) {
                own = true;
                index = (unsigned)a;
            }
        if (own) snprintf(pointer, SC_POINTER_MAX, "%s%s", places[index], rest);
    }
}

/* The slot of a driver by its pointer; whole: of those that are whole numbers, else of the others. */
static sc_slot find_slot(const struct sc_plan *plan, const char *pointer, bool whole)
{
    char text[SC_POINTER_MAX];
    for (size_t slot = 0; slot < plan->slots; slot++) {
        size_t node = plan->driver_node[slot];
        const struct sc_field *field = plan->node[node].field;
        bool is_whole = field && field->kind == SC_KIND_INTEGER;
        if (is_whole == whole && strcmp(sc_plan_pointer(plan, node, text, sizeof text), pointer) == 0)
            return (sc_slot)slot;
    }
    return SC_NO_SLOT;
}

static void refuse_whole(const struct sc_axis *axis, const char *place, struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    snprintf(pointer, sizeof pointer, "%s/pointer", place);
    sc_fault_add(faults, SC_FAULT_bad_pointer, pointer,
                 "`%s` is a whole number, which shapes the model and cannot be moved by degrees",
                 axis->pointer);
}

struct sc_plan *sc_axes_compile(struct sc_call *call, const struct sc_subject *subject, struct sc_axis *axis,
                                size_t count, const char *const *places)
{
    struct sc_faults *faults = sc_call_faults(call);
    struct sc_plan *plan = NULL;
    if (!faults) return NULL;
    for (size_t i = 0; i < count; i++)
        if (find_slot(subject->plan, axis[i].pointer, true) != SC_NO_SLOT)
            refuse_whole(&axis[i], places[i], faults);
    for (int high = 1; high >= 0 && !sc_faults_any(faults);
         high--) { /* the plan that is kept is of the low ends */
        json_auto_t *document = moved(subject, axis, count, high, faults);
        plan = document ? sc_document_compile(document, call->arena, faults) : NULL;
        rename_places(faults, axis, count, places, high ? "/high" : "/low");
        if (!plan) break;
        plan->name = plan->company = plan->description = ""; /* of a document that goes now */
    }
    for (size_t i = 0; plan && i < count; i++) {
        axis[i].slot = find_slot(plan, axis[i].pointer, false);
        if (axis[i].slot == SC_NO_SLOT) refuse_whole(&axis[i], places[i], faults);
    }
    if (plan && !sc_faults_any(faults)) return plan;
    if (sc_faults_any(faults))
        sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    else
        sc_call_exhausted(call);
    return NULL;
}
