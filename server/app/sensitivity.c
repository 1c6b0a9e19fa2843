#include "sensitivity.h"

#include "app.h"
#include "ask.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/text.h"
#include "codec/writer.h"
#include "evaluation.h"
#include "request.h"
#include "secondchair/solve.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { METHOD_MEMBERS_MAX = 8 };

/* The methods, and which of the question's members are theirs. The first is taken where none is named. */
static const struct {
    const char *name;
    sc_sensitivity_method *answer;
    const char *member[METHOD_MEMBERS_MAX];
} METHODS[] = {
    {"gradient", sc_sensitivity_gradient, {"drivers", "sort"}},
    {"inference", sc_sensitivity_inference, {"level", "year"}},
    {"tornado", sc_sensitivity_tornado, {"drivers", "relative", "uncertainty"}},
    {"grid", sc_sensitivity_grid, {"x", "y"}},
    {"sobol", sc_sensitivity_sobol, {"drivers", "uncertainty", "paths", "randomisations", "seed"}},
};
enum { METHOD_COUNT = sizeof METHODS / sizeof *METHODS };

static const char *const MEMBERS[] = {"method",         "drivers", "sort", "level",       "year",
                                      "relative",       "x",       "y",    "uncertainty", "paths",
                                      "randomisations", "seed",    NULL};

static bool takes(size_t method, const char *member)
{
    for (size_t i = 0; i < METHOD_MEMBERS_MAX && METHODS[method].member[i]; i++)
        if (strcmp(METHODS[method].member[i], member) == 0) return true;
    return false;
}

/* Which of the methods a text names; METHOD_COUNT, and a fault, where it is none. */
static size_t find_method(const json_t *named, struct sc_faults *faults)
{
    const char *names[METHOD_COUNT], *text = json_string_value(named);
    char list[160] = "";
    for (size_t i = 0; i < METHOD_COUNT; i++) {
        names[i] = METHODS[i].name;
        if (text && strcmp(names[i], text) == 0) return i;
        size_t length = strlen(list);
        snprintf(list + length, sizeof list - length, "%s%s", i ? ", " : "", names[i]);
    }
    const char *meant = text ? sc_text_suggest(text, names, METHOD_COUNT) : NULL;
    if (!named) return 0;
    if (!text)
        sc_fault_add(faults, SC_FAULT_wrong_type, "/method", "a method is a text, one of %s", list);
    else
        sc_fault_add(faults, SC_FAULT_bad_choice, "/method",
                     "there is no such method%s%s%s; the methods are %s", meant ? ", did you mean `" : "",
                     meant ? meant : "", meant ? "`?" : "", list);
    return METHOD_COUNT;
}

/* Members that belong to other methods. */
static void refuse_foreign(const json_t *question, size_t method, struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    for (size_t i = 1; MEMBERS[i]; i++) {
        if (!json_object_get(question, MEMBERS[i]) || takes(method, MEMBERS[i])) continue;
        snprintf(pointer, sizeof pointer, "/%s", MEMBERS[i]);
        sc_fault_add(faults, SC_FAULT_conflict, pointer, "the method `%s` does not take `%s`",
                     METHODS[method].name, MEMBERS[i]);
    }
}

static enum sc_progress answer(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return SC_ANSWERED;
    size_t method = find_method(json_object_get(subject->question, "method"), faults);
    if (method < METHOD_COUNT) refuse_foreign(subject->question, method, faults);
    if (sc_faults_any(faults)) return sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    return METHODS[method].answer(call, subject);
}

bool sc_base_value(struct sc_call *call, const struct sc_subject *subject, struct sc_base_value *base)
{
    struct sc_block block;
    uint32_t fault;
    uint64_t start = sc_clock_nanoseconds();
    if (!sc_call_block(call, subject->plan, &block)) return false;
    sc_values(&block, NULL, 0, 1, &base->value, &fault);
    base->reason = sc_lane_reason(fault);
    sc_call_spent(call, SC_STAGE_MODEL, start);
    return true;
}

void sc_sensitivity_write(struct sc_json_writer *writer, const struct sc_subject *subject, const char *method,
                          const struct sc_base_value *base)
{
    sc_json_member_text(writer, "method", method);
    sc_json_member_number(writer, "price", subject->plan->driver[subject->plan->price]);
    sc_json_member_figure(writer, "value_per_share", base->value);
    sc_json_member_text(writer, "value_per_share_reason", base->reason);
}

bool sc_sensitivity_affords(struct sc_call *call, double work, size_t points, const char *pointer)
{
    if (work <= SC_POINTS_WORK_MAX) return true;
    return sc_call_refuse(
        call, SC_PROBLEM_invalid_question, SC_FAULT_out_of_range, pointer,
        "is more than one answer takes: at most %.0f points of the model with these drivers, in "
        "a scenario of this size",
        floor(SC_POINTS_WORK_MAX / work * (double)points));
}

const struct sc_asking SC_ASK_SENSITIVITY = {"sensitivity", MEMBERS, answer, false};

enum sc_progress sc_sensitivity_stored(struct sc_call *call)
{
    return sc_ask_stored(call, &SC_ASK_SENSITIVITY);
}

enum sc_progress sc_sensitivity_sent(struct sc_call *call)
{
    return sc_ask_sent(call, &SC_ASK_SENSITIVITY);
}
