#include "scenario.h"

#include "app.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/faults.h"
#include "codec/writer.h"
#include "request.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static bool describe_text(const char **out, const json_t *document, const char *name, struct sc_arena *arena)
{
    const char *text = json_string_value(json_object_get(document, name));
    *out = sc_arena_text(arena, text ? text : "", text ? strlen(text) : 0);
    return *out;
}

bool sc_record_describe(struct sc_record *record, const json_t *document, struct sc_arena *arena)
{
    const json_t *tags = json_object_get(document, "tags");
    record->tags = tags ? sc_json_in_arena(arena, tags, NULL) : "[]";
    return record->tags && describe_text(&record->name, document, "name", arena) &&
           describe_text(&record->company, document, "company", arena) &&
           describe_text(&record->description, document, "description", arena);
}

/* A variant's overrides as they are stored. */
static bool show_overrides(struct sc_call *call, struct sc_view *view)
{
    json_auto_t *body = sc_record_body(&view->record);
    struct sc_json_text *text = &view->overrides;
    text->text = sc_json_in_arena(call->arena, json_object_get(body, "overrides"), &text->length);
    if (!text->text) sc_call_exhausted(call);
    return text->text;
}

/* A variant's document; over what it was written it is as valid as it was then. */
static bool show_variant(struct sc_call *call, const struct sc_chain *chain, struct sc_view *view)
{
    json_auto_t *document = sc_call_chain_document(call, chain, !sc_chain_is_as_written(chain), view->sha256);
    if (!document) return false;
    struct sc_json_text *text = &view->document;
    text->text = sc_json_in_arena(call->arena, document, &text->length);
    if (text->text && sc_record_describe(&view->record, document, call->arena)) return true;
    sc_call_exhausted(call);
    return false;
}

/* Takes the problem that a variant does not fit back, and shows what is stored instead. */
static bool show_unfit(struct sc_call *call, struct sc_view *view)
{
    struct sc_answer *answer = call->answer;
    if (answer->problem != SC_PROBLEM_variant_not_applicable) return false;
    view->faults = answer->faults;
    memcpy(view->sha256, view->record.sha256, sizeof view->sha256);
    *answer = (struct sc_answer){.outcome = SC_OUTCOME_OK};
    return true;
}

bool sc_view_make(struct sc_call *call, const struct sc_chain *chain, bool lenient, struct sc_view *view)
{
    const struct sc_record *record = &chain->record[0];
    *view = (struct sc_view){.record = *record, .parents = ""};
    if (record->kind == SC_BODY_DOCUMENT) {
        view->document = (struct sc_json_text){record->body, record->body_length};
        memcpy(view->sha256, record->sha256, sizeof view->sha256);
        return true;
    }
    view->parents = sc_call_text(call, sc_chain_parents(chain));
    if (!view->parents) sc_call_exhausted(call);
    if (!view->parents) return false;
    bool shown = show_variant(call, chain, view) || (lenient && show_unfit(call, view));
    return shown && show_overrides(call, view);
}

bool sc_view_is_known(struct sc_call *call, const struct sc_record *record, const char *parents,
                      enum sc_freshness freshness)
{
    char version[SC_ETAG_MAX], deleted[32] = "";
    if (record->deleted_at) snprintf(deleted, sizeof deleted, "-%" PRIx64, (uint64_t)record->deleted_at);
    snprintf(version, sizeof version, "%" PRId64 "%s%s", record->revision, parents, deleted);
    return sc_answer_is_known(call, version, freshness);
}

static void write_time(struct sc_json_writer *writer, const char *name, int64_t microseconds)
{
    char text[SC_TIMESTAMP_SIZE];
    sc_clock_timestamp(microseconds, text);
    sc_json_member_text(writer, name, text);
}

static void write_content(struct sc_json_writer *writer, const struct sc_view *view)
{
    if (view->overrides.text)
        sc_json_member_raw(writer, "overrides", view->overrides.text, view->overrides.length);
    if (view->document.text) {
        sc_json_member_raw(writer, "document", view->document.text, view->document.length);
    } else {
        sc_json_member_null(writer, "document");
        sc_json_member_faults(writer, view->faults);
    }
    sc_json_member_text(writer, "sha256", view->sha256);
}

/* Its id, and which of its revisions the document shown is over. */
static void write_parent(struct sc_json_writer *writer, const struct sc_view *view)
{
    const char *parents = *view->parents ? view->parents + 1 : NULL;
    int64_t revision = sc_parents_next(&parents);
    sc_json_member_text(writer, "parent", view->record.parent);
    if (revision)
        sc_json_member_integer(writer, "parent_revision", revision);
    else
        sc_json_member_null(writer, "parent_revision");
}

static void write_view(struct sc_json_writer *writer, const struct sc_view *view)
{
    const struct sc_record *record = &view->record;
    sc_json_object_begin(writer);
    sc_json_member_text(writer, "id", record->id);
    sc_json_member_integer(writer, "revision", record->revision);
    write_time(writer, "created_at", record->created_at);
    write_time(writer, "updated_at", record->updated_at);
    if (record->deleted_at) write_time(writer, "deleted_at", record->deleted_at);
    sc_json_member_text(writer, "name", record->name);
    if (record->type == SC_RECORD_SCENARIO) sc_json_member_text(writer, "company", record->company);
    sc_json_member_raw(writer, "tags", record->tags, strlen(record->tags));
    if (record->type == SC_RECORD_SCENARIO) write_parent(writer, view);
    sc_json_member_boolean(writer, "builtin", record->builtin);
    write_content(writer, view);
    sc_json_object_end(writer);
}

enum sc_progress sc_view_answer(struct sc_call *call, const struct sc_view *view, enum sc_outcome outcome)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    uint64_t start = sc_clock_nanoseconds();
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    write_view(&writer, view);
    call->answer->outcome = outcome;
    sc_call_spent(call, SC_STAGE_ENCODE, start);
    return sc_answer_json(call, &writer, &buffer);
}

static enum sc_progress show_chain(struct sc_call *call, const struct sc_chain *chain, bool lenient,
                                   enum sc_freshness freshness)
{
    struct sc_view view;
    const struct sc_record *record = &chain->record[0];
    if (sc_view_is_known(call, record, sc_chain_parents(chain), freshness)) return SC_ANSWERED;
    bool made = sc_view_make(call, chain, lenient, &view);
    bool whole = made && view.document.text;
    /* Of a variant that does not fit, too: it is what the PUT that mends it must match. But what is shown of
     * it may be for want of memory alone, and must not be kept. */
    sc_view_is_known(call, record, sc_chain_parents(chain), whole ? freshness : SC_FRESH_NO_STORE);
    if (made && !whole) call->answer->etag[0] = '\0';
    return made ? sc_view_answer(call, &view, SC_OUTCOME_OK) : SC_ANSWERED;
}

/* GET of a scenario or set, or of one of its revisions. */
static enum sc_progress show(struct sc_call *call, enum sc_record_type type, int64_t revision)
{
    static const char *const names[] = {"deleted", NULL};
    struct sc_chain chain;
    bool deleted = false;
    if (!sc_call_allows(call, names) || !sc_call_flag(call, "deleted", &deleted) ||
        !sc_call_chain(call, type, call->argument[0], revision, deleted, &chain))
        return SC_ANSWERED;
    bool fixed = revision && !deleted;
    return show_chain(call, &chain, revision != 0, fixed ? SC_FRESH_IMMUTABLE : SC_FRESH_REVALIDATE);
}

enum sc_progress sc_scenario_get(struct sc_call *call)
{
    return show(call, SC_RECORD_SCENARIO, 0);
}

enum sc_progress sc_set_get(struct sc_call *call)
{
    return show(call, SC_RECORD_SET, 0);
}

static enum sc_progress show_revision(struct sc_call *call, enum sc_record_type type)
{
    int64_t revision;
    if (sc_text_is_integer(call->argument[1], &revision) && revision >= 1 && revision <= SC_REVISION_MAX)
        return show(call, type, revision);
    return sc_call_fail(call, SC_PROBLEM_not_found, "Revisions are numbered 1, 2, …");
}

enum sc_progress sc_revision_get(struct sc_call *call)
{
    return show_revision(call, SC_RECORD_SCENARIO);
}

enum sc_progress sc_set_revision_get(struct sc_call *call)
{
    return show_revision(call, SC_RECORD_SET);
}
