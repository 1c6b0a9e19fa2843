#include "base/clock.h"
#include "batch.h"
#include "codec/pointer.h"
#include "codec/text.h"
#include "codec/writer.h"
#include "collection.h"
#include "question.h"
#include "request.h"
#include "secondchair/limits.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

static const char *const OWN[] = {"id",     "question",  "scenario", "revision",
                                  "fields", "overrides", "inputs",   NULL};

/* The question at hand. */
struct asked {
    struct sc_batch_asker *asker;
    struct sc_batch_point point; /* its json is owned */
    struct sc_call call;
    struct sc_answer answer;
    struct sc_json_filter filter;
    struct sc_subject subject;
};

static void begin(struct asked *asked, struct sc_batch_asker *asker, struct sc_arena *arena)
{
    const struct sc_call *call = asker->frame->call;
    sc_arena_reset(arena);
    *asked = (struct asked){.asker = asker};
    asked->answer = (struct sc_answer){.outcome = SC_OUTCOME_OK};
    asked->call = (struct sc_call){.app = call->app,
                                   .arena = arena,
                                   .reader = asker->reader,
                                   .request_id = call->request_id,
                                   .path = call->path,
                                   .accept = SC_MEDIA_JSON,
                                   .follower = &asker->follower,
                                   .answer = &asked->answer};
}

static void end(struct asked *asked)
{
    sc_subject_fini(&asked->subject);
    json_decref(asked->point.json);
    free(asked->answer.body);
}

static void check_id(const json_t *id, struct sc_faults *faults)
{
    if (!id) return;
    if (!json_is_string(id) && !json_is_number(id))
        sc_fault_add(faults, SC_FAULT_wrong_type, "/id", "must be a text or a number");
    else if (json_string_length(id) > SC_BATCH_ID_MAX)
        sc_fault_add(faults, SC_FAULT_wrong_length, "/id", "must have at most %d bytes", SC_BATCH_ID_MAX);
}

/* The element's own text, by the rules of a body. */
static bool parse(struct asked *asked, const struct sc_span *text)
{
    asked->call.body = text->text;
    asked->call.body_length = text->length;
    asked->point.json =
        sc_call_json(&asked->call, SC_PROBLEM_invalid_question, sc_collection(SC_RECORD_SCENARIO));
    return asked->point.json;
}

/* Names the batch's scenario in a question that names none; false when memory is short. */
static bool put_scenario(const struct sc_batch_frame *frame, json_t *json)
{
    if (frame->document) return json_object_set(json, "scenario", frame->document->source.document) == 0;
    return !frame->scenario || json_object_set_new(json, "scenario", json_string(frame->scenario)) == 0;
}

/* What it says of itself, over what the batch says of all. */
static bool read_terms(struct asked *asked, struct sc_faults *faults)
{
    const struct sc_batch_frame *frame = asked->asker->frame;
    json_t *json = asked->point.json;
    asked->point.terms = frame->terms;
    if (!json_is_object(json)) {
        sc_fault_add(faults, SC_FAULT_wrong_type, "", "A question is an object");
        sc_call_invalid(&asked->call, SC_PROBLEM_invalid_question, faults);
        return false;
    }
    if (json_object_get(json, "scenario"))
        asked->point.terms.revision = 0; /* that of the batch belongs to the batch's scenario */
    else if (!put_scenario(frame, json))
        return sc_call_exhausted(&asked->call), false;
    check_id(json_object_get(json, "id"), faults);
    sc_batch_terms_read(json, &asked->point.terms, faults);
    if (frame->media == SC_MEDIA_CSV && json_object_get(json, "fields"))
        sc_fault_add(faults, SC_FAULT_conflict, "/fields", "a table has the columns that the batch names");
    if (!asked->point.terms.asking) sc_call_invalid(&asked->call, SC_PROBLEM_invalid_question, faults);
    return asked->point.terms.asking; /* which other members there may be hangs on it */
}

/* The scenario that it is asked of; the question's parts become the subject's. */
static bool find_subject(struct asked *asked, struct sc_question *question)
{
    const struct sc_batch_frame *frame = asked->asker->frame;
    const char *id = json_string_value(question->sent);
    struct sc_source sent = {.document = id ? NULL : json_incref(question->sent)};
    struct sc_ready *ready = NULL;
    if (id)
        ready = sc_shelf_find(frame->shelf, &asked->call, id, asked->point.terms.revision);
    else if (frame->document && question->sent == frame->document->source.document)
        ready = sc_ready_share(frame->document);
    bool found = ready || !id;
    if (found && !id && asked->point.terms.revision) {
        sc_call_fail(&asked->call, SC_PROBLEM_bad_request,
                     "\"revision\" names one of a stored scenario; a document is sent");
        found = false;
    }
    if (found) sc_subject_take(&asked->subject, question, ready ? &ready->source : &sent);
    asked->subject.ready = ready;
    sc_source_fini(&sent);
    return found;
}

static bool read_question(struct asked *asked)
{
    struct sc_question question;
    struct sc_faults *faults = sc_call_faults(&asked->call);
    if (!faults || !read_terms(asked, faults)) return false;
    bool read = sc_question_of_json(&asked->call, asked->point.json, OWN, asked->point.terms.asking->members,
                                    faults, &question) &&
                find_subject(asked, &question);
    sc_question_fini(&question);
    return read;
}

static bool wants(const struct sc_batch_terms *terms, const char *name)
{
    for (size_t i = 0; i < terms->fields; i++)
        if (strcmp(terms->field[i], name) == 0) return true;
    return terms->fields == 0;
}

/* Every member that was wanted must have been there. */
static void check_fields(struct asked *asked)
{
    const struct sc_json_filter *filter = &asked->filter;
    struct sc_faults *faults = NULL;
    for (size_t i = 0; i < filter->count; i++) {
        char place[SC_POINTER_MAX];
        if (filter->met >> i & 1) continue;
        if (!faults) faults = sc_call_faults(&asked->call);
        if (!faults) return;
        const char *meant = sc_text_suggest(filter->name[i], filter->known, filter->known_count);
        sc_pointer_append_index(place, "/fields", i);
        sc_fault_add(faults, SC_FAULT_unknown_field, place, "the answer has no such member%s%s%s",
                     meant ? "; did you mean `" : "", meant ? meant : "", meant ? "`?" : "");
    }
    if (faults) sc_call_invalid(&asked->call, SC_PROBLEM_invalid_question, faults);
}

static void answer(struct asked *asked)
{
    const struct sc_batch_terms *terms = &asked->point.terms;
    if (!sc_subject_compile(&asked->call, &asked->subject, wants(terms, "scenario"))) return;
    if (terms->fields) {
        asked->filter = (struct sc_json_filter){.name = terms->field, .count = terms->fields};
        asked->subject.filter = &asked->filter;
    }
    terms->asking->answer(&asked->call, &asked->subject);
    if (asked->answer.outcome == SC_OUTCOME_OK) check_fields(asked);
}

static void refuse(struct asked *asked)
{
    sc_call_fail(&asked->call, SC_PROBLEM_too_much_work,
                 "The batch has computed as long as one may; ask its questions from %zu on in another",
                 asked->point.index);
}

/* Reads it and answers it, or lets it wait where it may. */
static bool conclude(struct asked *asked, bool alone)
{
    struct sc_batch_asker *asker = asked->asker;
    bool late = sc_clock_nanoseconds() >= asker->until;
    bool read = !late && asked->point.json && read_question(asked);
    struct sc_subject *subject = &asked->subject;
    bool moulded = read && asked->point.terms.asking->plan_alone && sc_subject_mould(&asked->call, subject);
    if (moulded && !alone && sc_batch_is_light(&asked->point.terms, subject)) {
        struct sc_batch_point point = asked->point;
        asked->point.json = NULL;
        return sc_batch_wait(asker, &point, subject->mould, subject->moved);
    }
    if (!alone && !sc_batch_flush(asker)) return false;
    if (read) answer(asked);
    if (late || asked->call.stopped) refuse(asked);
    return !atomic_load(asker->left) &&
           sc_batch_line(asker, asked->point.index, asked->point.json, &asked->answer);
}

bool sc_batch_ask(struct sc_batch_asker *asker, size_t index)
{
    struct asked asked;
    begin(&asked, asker, &asker->arena);
    asked.point.index = index;
    (void)parse(&asked, &asker->frame->questions.item[index]);
    bool done = conclude(&asked, false);
    end(&asked);
    return done;
}

bool sc_batch_ask_alone(struct sc_batch_asker *asker, struct sc_arena *arena,
                        const struct sc_batch_point *point)
{
    struct asked asked;
    begin(&asked, asker, arena);
    asked.point = *point;
    json_incref(point->json);
    bool done = conclude(&asked, true);
    end(&asked);
    return done;
}

/* Whether a long question goes on. */
static bool hear(struct sc_follower *follower, double done, const char *partial)
{
    struct sc_batch_asker *asker =
        (struct sc_batch_asker *)((char *)follower - offsetof(struct sc_batch_asker, follower));
    (void)done, (void)partial;
    return !atomic_load(asker->left) && sc_clock_nanoseconds() < asker->until;
}

void sc_batch_asker_init(struct sc_batch_asker *asker, const struct sc_batch_frame *frame,
                         const atomic_bool *left)
{
    asker->frame = frame;
    asker->left = left;
    asker->follower.hear = hear;
    sc_arena_init(&asker->arena, SC_LIMIT_ARENA);
    sc_arena_init(&asker->lanes, SC_LIMIT_ARENA);
    sc_buffer_init(&asker->lines, SC_BATCH_LINES_MAX);
}

void sc_batch_asker_fini(struct sc_batch_asker *asker)
{
    while (asker->points) json_decref(asker->point[--asker->points].json);
    sc_mould_release(asker->mould);
    sc_buffer_fini(&asker->lines);
    sc_arena_fini(&asker->lanes);
    sc_arena_fini(&asker->arena);
}
