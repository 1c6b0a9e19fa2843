#include "question.h"

#include "budget.h"
#include "codec/document.h"
#include "codec/number.h"
#include "codec/pointer.h"
#include "request.h"

#include <math.h>
#include <string.h>

/* Of the question, while it is read. */
struct reading {
    struct sc_call *call;
    struct sc_question *question;
    struct sc_faults *faults;
    bool exhausted;
};

static const char *const OF_STORED[] = {"overrides", "inputs", NULL};

/* The parameters that the query may have: the question's own, and these. */
static bool check_parameters(struct sc_call *call, const char *const *members)
{
    const char *names[SC_NAMES_MAX + 4] = {"set", "inputs", "revision"};
    size_t count = 3;
    for (size_t i = 0; members && members[i] && i < SC_NAMES_MAX; i++) names[count++] = members[i];
    return sc_call_allows(call, names);
}

static json_t *read_body(struct sc_call *call, const struct sc_collection *sent)
{
    if (!call->body && !sent) {
        json_t *nothing = json_object();
        if (!nothing) sc_call_exhausted(call);
        return nothing;
    }
    json_t *body = sc_call_json(call, SC_PROBLEM_invalid_question, sent);
    if (!body || json_is_object(body)) return body;
    json_decref(body);
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return NULL;
    sc_fault_add(faults, SC_FAULT_wrong_type, "", "A question is an object");
    sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    return NULL;
}

static void take_sent(struct reading *reading, const json_t *body, const char *noun)
{
    json_t *sent = json_object_get(body, noun);
    char place[SC_POINTER_MAX];
    sc_pointer_append_key(place, "", noun);
    if (!sent)
        sc_fault_add(reading->faults, SC_FAULT_missing, place,
                     "A question needs a %s: a document, or the id of a stored one", noun);
    else if (!json_is_object(sent) && !json_is_string(sent))
        sc_fault_add(reading->faults, SC_FAULT_wrong_type, place,
                     "A %s is a document, or the id of a stored one", noun);
    reading->question->sent = json_incref(sent);
}

static void take_inputs(struct reading *reading, const json_t *body)
{
    const json_t *inputs = json_object_get(body, "inputs");
    if (inputs && !json_is_boolean(inputs))
        sc_fault_add(reading->faults, SC_FAULT_wrong_type, "/inputs", "inputs is true or false");
    if (!sc_call_parameter(reading->call, "inputs")) reading->question->inputs = json_is_true(inputs);
}

/* What ?set=POINTER:NUMBER means, as one more override. */
static void take_set(struct reading *reading, const char *text, json_t *all)
{
    json_t *one = sc_document_parse_set(text);
    char place[SC_POINTER_MAX];
    sc_pointer_append_index(place, "/overrides", json_array_size(all));
    if (!one)
        sc_fault_add(reading->faults, SC_FAULT_bad_parameter, place, "\"set=%s\" is not set=POINTER:NUMBER",
                     text);
    reading->exhausted |= json_array_append_new(all, one ? one : json_null()) < 0;
}

/* Those of the body first, then those of the query in its order. */
static void take_overrides(struct reading *reading, const json_t *body)
{
    json_t *sent = json_object_get(body, "overrides");
    json_auto_t *all = json_array();
    if (sent && !json_is_array(sent))
        sc_fault_add(reading->faults, SC_FAULT_wrong_type, "/overrides",
                     "Overrides are an array of {\"pointer\", \"value\"}");
    else if (sent)
        reading->exhausted |= json_array_extend(all, sent) < 0;
    for (size_t i = 0; i < reading->call->parameter_count; i++) {
        const struct sc_parameter *parameter = &reading->call->parameter[i];
        if (strcmp(parameter->name, "set") == 0) take_set(reading, parameter->value, all);
    }
    reading->exhausted |= !all;
    if (json_array_size(all) > 0) reading->question->overrides = json_incref(all);
}

/* A parameter's value as a body would have it: whole numbers as such, so that they read as such. */
static json_t *parameter_value(const char *text)
{
    double number;
    if (strcmp(text, "true") == 0 || strcmp(text, "false") == 0) return json_boolean(text[0] == 't');
    if (!sc_number_read(text, strlen(text), &number)) return json_string(text);
    if (trunc(number) == number && fabs(number) < 0x1p53) return json_integer((json_int_t)number);
    return json_real(number);
}

static void take_member(struct reading *reading, const json_t *body, const char *name)
{
    const char *text = sc_call_parameter(reading->call, name);
    json_t *value = json_object_get(body, name);
    char place[SC_POINTER_MAX];
    sc_pointer_append_key(place, "", name);
    if (text && value)
        sc_fault_add(reading->faults, SC_FAULT_bad_parameter, place, "Both the query and the body give `%s`",
                     name);
    if (!text && !value) return;
    value = value ? json_incref(value) : parameter_value(text);
    reading->exhausted |= json_object_set_new(reading->question->members, name, value) < 0;
}

static void take_all(struct reading *reading, const json_t *body, const char *const *own,
                     const char *const *members, const struct sc_collection *sent)
{
    sc_request_members(body, own, members, "", reading->faults);
    if (sent) take_sent(reading, body, sent->noun);
    take_inputs(reading, body);
    take_overrides(reading, body);
    for (size_t i = 0; members && members[i]; i++) take_member(reading, body, members[i]);
}

/* What reading came to; false: the answer is a problem. */
static bool conclude(const struct reading *reading)
{
    if (sc_faults_any(reading->faults))
        sc_call_invalid(reading->call, SC_PROBLEM_invalid_question, reading->faults);
    else if (reading->exhausted)
        sc_call_exhausted(reading->call);
    return !sc_faults_any(reading->faults) && !reading->exhausted;
}

bool sc_question_read(struct sc_call *call, const char *const *members, const struct sc_collection *sent,
                      struct sc_question *question)
{
    const char *const of_sent[] = {sent ? sent->noun : NULL, "overrides", "inputs", NULL};
    *question = (struct sc_question){.members = json_object()};
    struct reading reading = {.call = call, .question = question, .exhausted = !question->members};
    if (!check_parameters(call, members) || !sc_call_flag(call, "inputs", &question->inputs) ||
        !sc_call_integer(call, "revision", 1, SC_REVISION_MAX, &question->revision))
        return false;
    json_auto_t *body = read_body(call, sent);
    reading.faults = body ? sc_call_faults(call) : NULL;
    if (!reading.faults) return false;
    take_all(&reading, body, sent ? of_sent : OF_STORED, members, sent);
    return conclude(&reading);
}

bool sc_question_of_json(struct sc_call *call, const json_t *object, const char *const *own,
                         const char *const *members, struct sc_faults *faults, struct sc_question *question)
{
    *question = (struct sc_question){.members = json_object()};
    struct reading reading = {
        .call = call, .question = question, .faults = faults, .exhausted = !question->members};
    take_all(&reading, object, own, members, sc_collection(SC_RECORD_SCENARIO));
    return conclude(&reading);
}

void sc_question_fini(struct sc_question *question)
{
    json_decref(question->sent);
    json_decref(question->overrides);
    json_decref(question->members);
    *question = (struct sc_question){.sent = NULL};
}
