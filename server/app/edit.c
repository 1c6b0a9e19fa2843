#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "budget.h"
#include "collection.h"
#include "once.h"
#include "request.h"
#include "scenario.h"

#include <sodium.h>
#include <stdio.h>
#include <string.h>

const char *sc_record_id(struct sc_arena *arena)
{
    unsigned char bytes[16];
    uint64_t milliseconds = (uint64_t)sc_clock_microseconds() / 1000;
    randombytes_buf(bytes, sizeof bytes);
    for (int i = 0; i < 6; i++) bytes[i] = (unsigned char)(milliseconds >> (8 * (5 - i)));
    bytes[6] = (unsigned char)(0x70 | (bytes[6] & 0x0f)); /* version 7 */
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f)); /* the variant of RFC 9562 */
    char id[37], *out = id;
    for (size_t i = 0; i < sizeof bytes; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10) *out++ = '-';
        out += snprintf(out, 3, "%02x", bytes[i]);
    }
    return sc_arena_text(arena, id, strlen(id));
}

bool sc_call_validate(struct sc_call *call, enum sc_record_type type, const json_t *document)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    const struct sc_collection *of = sc_collection(type);
    uint64_t start = sc_clock_nanoseconds();
    bool valid = of->is_valid(call, document, faults);
    sc_call_spent(call, SC_STAGE_PARSE, start);
    if (!valid && sc_faults_any(faults))
        sc_call_invalid(call, of->invalid, faults);
    else if (!valid)
        sc_call_exhausted(call);
    return valid;
}

/* Answers with what is now stored. On the writer's thread. */
static bool compose(struct sc_write *write)
{
    struct sc_edit *edit = write->context;
    struct sc_call *call = edit->call;
    if (edit->outcome == SC_OUTCOME_NO_CONTENT) {
        call->answer->outcome = SC_OUTCOME_NO_CONTENT;
    } else {
        call->answer->location = edit->location;
        sc_view_is_known(call, &edit->view.record, edit->view.parents, SC_FRESH_NO_STORE);
        sc_view_answer(call, &edit->view, edit->outcome);
    }
    return sc_once_keep(call);
}

/* On the writer's thread. */
static void finish(struct sc_write *write)
{
    struct sc_edit *edit = write->context;
    struct sc_call *call = edit->call;
    const struct sc_view *view = &edit->view;
    sc_call_spent(call, SC_STAGE_DB, edit->start);
    if (!sc_once_finish(call, write, compose)) {
        sc_call_store_problem(call, view->record.type, write->status, view->record.id);
        /* The store says which revision it has now. */
        if (write->status == SC_STORE_STALE)
            sc_view_is_known(call, &view->record, view->parents, SC_FRESH_NO_STORE);
    }
    call->resume(call);
}

struct sc_edit *sc_edit_new(struct sc_call *call, enum sc_record_type type, enum sc_write_kind kind,
                            enum sc_outcome outcome)
{
    struct sc_edit *edit = sc_arena_alloc(call->arena, sizeof *edit);
    if (!edit) {
        sc_call_exhausted(call);
        return NULL;
    }
    edit->call = call;
    edit->outcome = outcome;
    edit->view.parents = "";
    edit->view.record.type = type;
    edit->write.kind = kind;
    edit->write.record = &edit->view.record;
    edit->write.record_count = 1;
    edit->write.done = finish;
    edit->write.context = edit;
    return edit;
}

/* What both kinds of bodies have of their document. */
static bool take_document(struct sc_edit *edit, const json_t *document)
{
    struct sc_view *view = &edit->view;
    struct sc_arena *arena = edit->call->arena;
    view->document.text = sc_json_in_arena(arena, document, &view->document.length);
    view->record.sha256 = view->sha256;
    return view->document.text && sc_json_digest(document, view->sha256) &&
           sc_record_describe(&view->record, document, arena);
}

/* True when what is to be stored can be read again within a call's memory. */
static bool may_be_stored(struct sc_edit *edit)
{
    if (edit->view.record.body_length <= SC_STORED_BODY_MAX) return true;
    sc_call_fail(edit->call, SC_PROBLEM_body_too_large, "A %s takes at most %d bytes as it is stored",
                 sc_collection(edit->view.record.type)->noun, SC_STORED_BODY_MAX);
    return false;
}

bool sc_edit_document(struct sc_edit *edit, const json_t *document)
{
    struct sc_record *record = &edit->view.record;
    if (!take_document(edit, document)) {
        sc_call_exhausted(edit->call);
        return false;
    }
    record->kind = SC_BODY_DOCUMENT;
    record->body = edit->view.document.text;
    record->body_length = edit->view.document.length;
    return may_be_stored(edit);
}

bool sc_edit_overlay(struct sc_edit *edit, json_t *overrides, const json_t *document)
{
    struct sc_view *view = &edit->view;
    struct sc_arena *arena = edit->call->arena;
    json_auto_t *body = sc_variant_body(json_string_value(json_object_get(document, "name")), overrides);
    view->overrides.text = sc_json_in_arena(arena, overrides, &view->overrides.length);
    view->record.kind = SC_BODY_OVERLAY;
    view->record.body = body ? sc_json_in_arena(arena, body, &view->record.body_length) : NULL;
    if (view->overrides.text && view->record.body && take_document(edit, document))
        return may_be_stored(edit);
    sc_call_exhausted(edit->call);
    return false;
}

enum sc_progress sc_edit_submit(struct sc_edit *edit)
{
    struct sc_call *call = edit->call;
    edit->start = sc_clock_nanoseconds();
    struct sc_record *record = &edit->view.record;
    if (record->body) record->updated_at = sc_clock_microseconds();
    if (edit->write.kind == SC_WRITE_CREATE) record->created_at = record->updated_at;
    if (sc_once_submit(call, &edit->write, compose)) return SC_WAITING;
    return sc_call_store_problem(call, record->type, edit->write.status, record->id);
}

enum sc_progress sc_edit_create(struct sc_edit *edit, json_t *overrides, const json_t *document)
{
    char location[128];
    struct sc_call *call = edit->call;
    const char *id = sc_record_id(call->arena);
    snprintf(location, sizeof location, "%s/%s", sc_collection(edit->view.record.type)->path, id ? id : "");
    edit->view.record.id = id;
    edit->location = sc_call_text(call, location);
    if (!id || !edit->location) return sc_call_exhausted(call);
    bool filled = overrides ? sc_edit_overlay(edit, overrides, document) : sc_edit_document(edit, document);
    return filled ? sc_edit_submit(edit) : SC_ANSWERED;
}
