#include "app.h"
#include "base/clock.h"
#include "base/etag.h"
#include "codec/patch.h"
#include "collection.h"
#include "request.h"
#include "scenario.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const char *const NO_PARAMETERS[] = {NULL};

/* No revision in particular is meant. */
static bool is_any(const char *if_match)
{
    return !if_match || strcmp(if_match, "*") == 0;
}

/* If-Match names the revision that is there: of a variant its own, alone or with those of its parents. */
static bool check_match(struct sc_call *call, const struct sc_chain *chain)
{
    char whole[SC_ETAG_MAX], own[SC_ETAG_MAX];
    snprintf(whole, sizeof whole, "\"%s\"", chain->version);
    snprintf(own, sizeof own, "\"%" PRId64 "\"", chain->record[0].revision);
    if (!call->if_match) {
        sc_call_fail(call, SC_PROBLEM_match_required,
                     "If-Match must say which revision is meant; now it is %s", whole);
        return false;
    }
    if (sc_etag_matches_strongly(call->if_match, whole) || sc_etag_matches_strongly(call->if_match, own))
        return true;
    sc_call_fail(call, SC_PROBLEM_stale_revision,
                 "\"%.64s\" is at revision %s now (If-Match takes it with its quotes); read it again",
                 chain->record[0].id, whole);
    memcpy(call->answer->etag, whole, sizeof whole);
    return false;
}

/* What is to be changed: it is there, living, the caller's own, and the revision meant. A
 * deletion may do without If-Match: it makes nothing that another's change could be lost under, and can be
 * undone. */
static bool find_changeable(struct sc_call *call, enum sc_record_type type, struct sc_chain *chain,
                            bool match_required)
{
    const char *id = call->argument[0];
    if (!sc_call_allows(call, NO_PARAMETERS) || !sc_call_chain(call, type, id, 0, false, chain)) return false;
    if (!chain->record[0].builtin) return (!match_required && !call->if_match) || check_match(call, chain);
    if (type == SC_RECORD_SET)
        sc_call_fail(call, SC_PROBLEM_builtin_read_only,
                     "\"%.64s\" is built in; POST its document to /v1/sets to clone it", id);
    else
        sc_call_fail(call, SC_PROBLEM_builtin_read_only,
                     "\"%.64s\" is built in; POST its document to /v1/scenarios to clone it, or POST "
                     "/v1/scenarios/%.64s/variants for a variant that follows it",
                     id, id);
    return false;
}

/* An edit of what a chain begins with. */
static struct sc_edit *edit_of_chain(struct sc_call *call, const struct sc_chain *chain,
                                     enum sc_write_kind kind, enum sc_outcome outcome)
{
    const struct sc_record *record = &chain->record[0];
    struct sc_edit *edit = sc_edit_new(call, record->type, kind, outcome);
    if (!edit) return NULL;
    edit->view.record.id = record->id;
    edit->view.record.parent = record->parent;
    edit->view.record.revision = record->revision;
    edit->view.record.created_at = record->created_at;
    edit->view.record.updated_at = record->updated_at;
    edit->view.parents = sc_call_text(call, sc_chain_parents(chain));
    if (chain->count > 1 && edit->view.parents) edit->view.record.parents = edit->view.parents + 1;
    if (edit->view.parents) return edit;
    sc_call_exhausted(call);
    return NULL;
}

/* The document of a variant's parent; NULL: a problem. */
static json_t *parent_document(struct sc_call *call, const struct sc_chain *chain)
{
    struct sc_faults *faults = sc_call_faults(call);
    size_t broken = 0;
    if (!faults) return NULL;
    json_t *parent = sc_chain_document(chain, 1, faults, &broken);
    if (parent) return parent;
    if (sc_faults_any(faults))
        sc_call_unfit(call, &chain->record[broken], faults);
    else
        sc_call_exhausted(call);
    return NULL;
}

/* What a variant's overlay has to be, so that its document becomes the one given. The name is not part of it.
 */
static json_t *overlay_for(struct sc_call *call, const struct sc_chain *chain, const json_t *document)
{
    struct sc_faults *faults = sc_call_faults(call);
    json_auto_t *parent = faults ? parent_document(call, chain) : NULL;
    if (!parent) return NULL;
    json_t *overlay = NULL;
    if (json_object_set(parent, "name", json_object_get(document, "name")) == 0)
        overlay = sc_overlay_between(parent, document);
    json_auto_t *again = overlay ? sc_overlay_apply(parent, overlay, faults) : NULL;
    if (!overlay || !again) {
        sc_call_exhausted(call);
    } else if (!sc_json_same(again, document)) {
        sc_call_fail(call, SC_PROBLEM_internal, "The document cannot be put as an overlay of its parent's");
    } else {
        return overlay;
    }
    json_decref(overlay);
    return NULL;
}

static bool fill_edit(struct sc_edit *edit, const struct sc_chain *chain, const json_t *document)
{
    if (chain->record[0].kind == SC_BODY_DOCUMENT) return sc_edit_document(edit, document);
    json_auto_t *overlay = overlay_for(edit->call, chain, document);
    return overlay && sc_edit_overlay(edit, overlay, document);
}

/* Makes a document, whose validity is to be checked here, the newest one. */
static enum sc_progress revise(struct sc_call *call, const struct sc_chain *chain, const json_t *document,
                               int64_t expected)
{
    if (!sc_call_validate(call, chain->record[0].type, document)) return SC_ANSWERED;
    struct sc_edit *edit = edit_of_chain(call, chain, SC_WRITE_REVISE, SC_OUTCOME_OK);
    if (!edit || !fill_edit(edit, chain, document)) return SC_ANSWERED;
    edit->write.expected_revision = expected;
    return sc_edit_submit(edit);
}

static enum sc_progress create(struct sc_call *call, enum sc_record_type type)
{
    if (!sc_call_allows(call, NO_PARAMETERS)) return SC_ANSWERED;
    json_auto_t *document = sc_call_json(call, sc_collection(type)->invalid, NULL);
    if (!document || !sc_call_validate(call, type, document)) return SC_ANSWERED;
    struct sc_edit *edit = sc_edit_new(call, type, SC_WRITE_CREATE, SC_OUTCOME_CREATED);
    return edit ? sc_edit_create(edit, NULL, document) : SC_ANSWERED;
}

static enum sc_progress put(struct sc_call *call, enum sc_record_type type)
{
    struct sc_chain chain;
    if (!find_changeable(call, type, &chain, true)) return SC_ANSWERED;
    json_auto_t *document = sc_call_json(call, sc_collection(type)->invalid, NULL);
    if (!document) return SC_ANSWERED;
    return revise(call, &chain, document, is_any(call->if_match) ? 0 : chain.record[0].revision);
}

/* The document with the patch applied; NULL: a problem. */
static json_t *apply_patch(struct sc_call *call, const json_t *document, const json_t *patch)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return NULL;
    json_t *patched = call->content == SC_MEDIA_JSON_PATCH ? sc_json_patch(document, patch, faults)
                                                           : sc_merge_patch(document, patch);
    if (!patched && sc_faults_any(faults))
        sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    else if (!patched)
        sc_call_exhausted(call);
    return patched;
}

/* A patch is of the very revision that was read, also where If-Match is "*": expected is never 0. */
static enum sc_progress patch(struct sc_call *call, enum sc_record_type type)
{
    struct sc_chain chain;
    char sha256[SC_DIGEST_TEXT];
    if (!find_changeable(call, type, &chain, true)) return SC_ANSWERED;
    json_auto_t *operations = sc_call_json(call, SC_PROBLEM_invalid_question, NULL);
    json_auto_t *document = operations ? sc_call_chain_document(call, &chain, false, sha256) : NULL;
    json_auto_t *patched = document ? apply_patch(call, document, operations) : NULL;
    return patched ? revise(call, &chain, patched, chain.record[0].revision) : SC_ANSWERED;
}

static enum sc_progress delete (struct sc_call *call, enum sc_record_type type) {
    struct sc_chain chain; if (!find_changeable(call, type, &chain, false)) return SC_ANSWERED;
    struct sc_edit *edit = edit_of_chain(call, &chain, SC_WRITE_DELETE, SC_OUTCOME_NO_CONTENT);
    if (!edit) return SC_ANSWERED;
    edit->write.expected_revision = is_any(call->if_match) ? 0 : chain.record[0].revision;
    return sc_edit_submit(edit);
}

static enum sc_progress restore(struct sc_call *call, enum sc_record_type type)
{
    struct sc_chain chain;
    const char *id = call->argument[0];
    if (!sc_call_allows(call, NO_PARAMETERS) || !sc_call_chain(call, type, id, 0, true, &chain))
        return SC_ANSWERED;
    if (!chain.record[0].deleted_at)
        return sc_call_fail(call, SC_PROBLEM_conflict, "\"%.64s\" is not deleted", id);
    struct sc_edit *edit = edit_of_chain(call, &chain, SC_WRITE_RESTORE, SC_OUTCOME_OK);
    if (!edit || !sc_view_make(call, &chain, true, &edit->view)) return SC_ANSWERED;
    return sc_edit_submit(edit);
}

enum sc_progress sc_scenario_create(struct sc_call *call)
{
    return create(call, SC_RECORD_SCENARIO);
}

enum sc_progress sc_set_create(struct sc_call *call)
{
    return create(call, SC_RECORD_SET);
}

enum sc_progress sc_scenario_put(struct sc_call *call)
{
    return put(call, SC_RECORD_SCENARIO);
}

enum sc_progress sc_set_put(struct sc_call *call)
{
    return put(call, SC_RECORD_SET);
}

enum sc_progress sc_scenario_patch(struct sc_call *call)
{
    return patch(call, SC_RECORD_SCENARIO);
}

enum sc_progress sc_set_patch(struct sc_call *call)
{
    return patch(call, SC_RECORD_SET);
}

enum sc_progress sc_scenario_delete(struct sc_call *call)
{
    return delete (call, SC_RECORD_SCENARIO);
}

enum sc_progress sc_set_delete(struct sc_call *call)
{
    return delete (call, SC_RECORD_SET);
}

enum sc_progress sc_scenario_restore(struct sc_call *call)
{
    return restore(call, SC_RECORD_SCENARIO);
}

enum sc_progress sc_set_restore(struct sc_call *call)
{
    return restore(call, SC_RECORD_SET);
}
