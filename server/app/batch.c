#include "app.h"
#include "base/clock.h"
#include "batch_stream.h"
#include "codec/writer.h"
#include "collection.h"
#include "request.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>

static const char *const OF_QUERY[] = {"question", "scenario", "revision", "fields", NULL};
static const char *const OF_BODY[] = {"questions", "question", "scenario", "revision", "fields", NULL};

/* The names of a list that commas separate. */
static json_t *split_names(const char *text)
{
    json_t *names = json_array();
    while (names && text) {
        size_t length = strcspn(text, ",");
        if (json_array_append_new(names, json_stringn(text, length)) < 0) {
            json_decref(names);
            return NULL;
        }
        text = text[length] ? text + length + 1 : NULL;
    }
    return names;
}

/* A parameter of the query as the member of a body that it stands for; NULL when memory is short. */
static json_t *parameter_value(const char *name, const char *text)
{
    int64_t number;
    if (strcmp(name, "fields") == 0) return split_names(text);
    if (strcmp(name, "revision") == 0 && sc_text_is_integer(text, &number)) return json_integer(number);
    return json_string(text);
}

/* What the query says of all questions joins what the body says. */
static bool join_query(struct sc_call *call, json_t *own, struct sc_faults *faults)
{
    for (size_t i = 0; OF_QUERY[i]; i++) {
        const char *name = OF_QUERY[i], *text = sc_call_parameter(call, name);
        char place[SC_POINTER_MAX];
        if (!text) continue;
        snprintf(place, sizeof place, "/%s", name);
        if (json_object_get(own, name))
            sc_fault_add(faults, SC_FAULT_bad_parameter, place, "Both the query and the body give `%s`",
                         name);
        else if (json_object_set_new(own, name, parameter_value(name, text)) < 0)
            return false;
    }
    return true;
}

/* An array with more in it than is read at once is no batch, whatever its elements are. */
static bool is_long_array(const struct sc_call *call, const struct sc_json_error *error)
{
    size_t at = 0;
    while (at < call->body_length && strchr(" \t\r\n", call->body[at])) at++;
    return error->kind == SC_JSON_TOO_MANY_TOKENS && call->body[at] == '[';
}

/* The questions, and the batch's own members, from the body. */
static bool read_body(struct sc_call *call, struct sc_batch_frame *frame)
{
    struct sc_json_error error;
    if (!call->body) return sc_call_fail(call, SC_PROBLEM_not_json, "The body is empty"), false;
    if (call->content == SC_MEDIA_NDJSON) {
        frame->own = json_object();
        if (frame->own && sc_split_lines(call->body, call->body_length, SC_BATCH_QUESTIONS_MAX, call->arena,
                                         &frame->questions))
            return true;
        return sc_call_exhausted(call), false;
    }
    frame->own = sc_split_member(call->body, call->body_length, "questions", SC_BATCH_QUESTIONS_MAX,
                                 &SC_BODY_LIMITS, call->arena, &frame->questions, &error);
    if (!frame->own && is_long_array(call, &error)) frame->own = json_array();
    if (!frame->own)
        sc_call_not_json(call, &error, SC_PROBLEM_invalid_question, sc_collection(SC_RECORD_SCENARIO));
    return frame->own;
}

static void check_questions(const struct sc_call *call, const struct sc_batch_frame *frame,
                            struct sc_faults *faults)
{
    const json_t *questions = json_object_get(frame->own, "questions");
    bool lines = call->content == SC_MEDIA_NDJSON;
    if (!lines && !json_is_array(questions))
        sc_fault_add(faults, questions ? SC_FAULT_wrong_type : SC_FAULT_missing, "/questions",
                     "A batch needs its questions, an array of objects");
    if (frame->questions.count > SC_BATCH_QUESTIONS_MAX)
        sc_fault_add(faults, SC_FAULT_wrong_length, lines ? "" : "/questions",
                     "a batch has at most %d questions; this one has %zu: send it in parts",
                     SC_BATCH_QUESTIONS_MAX, frame->questions.count);
}

static void check_scenario(const json_t *scenario, struct sc_faults *faults)
{
    if (scenario && !json_is_string(scenario) && !json_is_object(scenario))
        sc_fault_add(faults, SC_FAULT_wrong_type, "/scenario",
                     "A scenario is a document, or the id of a stored one");
}

/* What the batch says of all its questions; false: the answer is a problem. */
static bool read_terms(struct sc_call *call, struct sc_batch_frame *frame)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    if (!json_is_object(frame->own))
        sc_fault_add(faults, SC_FAULT_wrong_type, "",
                     "A batch is an object {\"questions\": […]}, or lines of one question each "
                     "(application/x-ndjson)");
    else if (!join_query(call, frame->own, faults))
        return sc_call_exhausted(call), false;
    sc_request_members(frame->own, OF_BODY, NULL, "", faults);
    if (json_is_object(frame->own)) check_questions(call, frame, faults);
    check_scenario(json_object_get(frame->own, "scenario"), faults);
    sc_batch_terms_read(frame->own, &frame->terms, faults);
    if (frame->media == SC_MEDIA_CSV && !json_object_get(frame->own, "fields"))
        sc_fault_add(faults, SC_FAULT_missing, "/fields",
                     "a table needs the members that are to be its columns");
    if (sc_faults_any(faults)) sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    return !sc_faults_any(faults);
}

/* What the questions share beside that; false when memory is short. */
static bool make_shared(struct sc_call *call, struct sc_batch_frame *frame)
{
    json_t *scenario = json_object_get(frame->own, "scenario");
    frame->shelf = sc_shelf_new();
    frame->scenario = json_string_value(scenario);
    if (!json_is_object(scenario)) return frame->shelf;
    json_incref(scenario);
    json_object_del(frame->own, "scenario"); /* the shared document has one owner */
    frame->document = sc_ready_of_document(scenario, call->body_length);
    return frame->shelf && frame->document;
}

enum sc_progress sc_batch(struct sc_call *call)
{
    struct sc_batch_frame frame = {
        .call = call, .media = call->accept, .terms = {.asking = &SC_ASK_VALUATION}};
    struct sc_app *app = call->app;
    const struct sc_batch_limits limits = {.work = call->patient ? SC_BATCH_WORK_ENDLESS
                                                                 : app->batch_work_ms * UINT64_C(1000000),
                                           .counts = &app->batch_counts};
    uint64_t start = sc_clock_nanoseconds();
    bool ready = sc_call_allows(call, OF_QUERY) && read_body(call, &frame) && read_terms(call, &frame);
    if (ready && !make_shared(call, &frame)) ready = (sc_call_exhausted(call), false);
    sc_call_spent(call, SC_STAGE_PARSE, start);
    if (!ready || !sc_call_goes_on(call, 0, NULL) || !sc_batch_begin(&frame, &limits))
        sc_batch_frame_fini(&frame);
    return SC_ANSWERED;
}
