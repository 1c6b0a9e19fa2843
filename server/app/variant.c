#include "app.h"
#include "base/arena.h"
#include "codec/patch.h"
#include "codec/pointer.h"
#include "request.h"
#include "scenario.h"

#include <stdio.h>
#include <string.h>

static const char *const MEMBERS[] = {"name", "overrides", "description", "tags", NULL};
static const char *const OVERRIDE_MEMBERS[] = {"pointer", "value", NULL};

/* Those that overrides may not name: they are not part of the overlay. */
static bool is_fixed(const char *pointer)
{
    static const char *const fixed[] = {"/schema", "/name"};
    if (!*pointer) return true;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        size_t length = strlen(fixed[i]);
        if (strncmp(pointer, fixed[i], length) == 0 && (!pointer[length] || pointer[length] == '/'))
            return true;
    }
    return false;
}

static void check_pointer(const json_t *entry, const char *place, struct sc_faults *faults)
{
    const json_t *value = json_object_get(entry, "pointer");
    const char *pointer = json_string_value(value);
    char at[SC_POINTER_MAX];
    sc_pointer_append_key(at, place, "pointer");
    enum sc_pointer_status status = pointer ? sc_pointer_check(pointer) : SC_POINTER_OK;
    if (!pointer)
        sc_fault_add(faults, value ? SC_FAULT_wrong_type : SC_FAULT_missing, at,
                     "An override needs a pointer, a text");
    else if (status != SC_POINTER_OK)
        sc_fault_add(faults, SC_FAULT_bad_pointer, at, "\"%s\" %s", pointer, sc_pointer_status_text(status));
    else if (is_fixed(pointer))
        sc_fault_add(faults, SC_FAULT_bad_pointer, at,
                     "\"%s\" cannot be overridden: a variant has its parent's schema and its own `name`",
                     pointer);
}

static void check_override(const json_t *entry, const char *place, struct sc_faults *faults)
{
    char at[SC_POINTER_MAX];
    if (!json_is_object(entry)) {
        sc_fault_add(faults, SC_FAULT_wrong_type, place, "An override is an object with pointer and value");
        return;
    }
    sc_request_members(entry, OVERRIDE_MEMBERS, NULL, place, faults);
    check_pointer(entry, place, faults);
    sc_pointer_append_key(at, place, "value");
    if (!json_object_get(entry, "value"))
        sc_fault_add(faults, SC_FAULT_missing, at, "An override needs a value; null takes the member out");
}

void sc_overlay_check(const json_t *overrides, struct sc_faults *faults)
{
    if (!json_is_array(overrides))
        sc_fault_add(faults, SC_FAULT_wrong_type, "/overrides",
                     "Overrides are an array of {\"pointer\", \"value\"}");
    for (size_t i = 0; i < json_array_size(overrides); i++) {
        char place[SC_POINTER_MAX];
        sc_pointer_append_index(place, "/overrides", i);
        check_override(json_array_get(overrides, i), place, faults);
    }
}

static void check_body(const json_t *body, struct sc_faults *faults)
{
    const json_t *overrides = json_object_get(body, "overrides");
    const json_t *name = json_object_get(body, "name");
    if (!json_is_object(body)) {
        sc_fault_add(faults, SC_FAULT_wrong_type, "", "A variant is an object with name and overrides");
        return;
    }
    sc_request_members(body, MEMBERS, NULL, "", faults);
    if (!name)
        sc_fault_add(faults, SC_FAULT_missing, "/name", "A variant needs a name");
    else if (!json_is_string(name))
        sc_fault_add(faults, SC_FAULT_wrong_type, "/name", "A name is a text");
    if (overrides)
        sc_overlay_check(overrides, faults);
    else
        sc_fault_add(faults, SC_FAULT_missing, "/overrides",
                     "A variant needs overrides, if only an empty array");
}

/* Puts a member of the body that belongs to the document behind the overrides. */
static bool add_override(json_t *overrides, const json_t *body, const char *name, const char *pointer)
{
    json_t *value = json_object_get(body, name);
    if (!value) return true;
    json_t *one = json_object();
    bool made = one && json_object_set_new(one, "pointer", json_string(pointer)) == 0 &&
                json_object_set(one, "value", value) == 0;
    if (made) return json_array_append_new(overrides, one) == 0;
    json_decref(one);
    return false;
}

json_t *sc_variant_overlay(const json_t *body)
{
    json_t *overrides = json_copy(json_object_get(body, "overrides"));
    if (overrides && add_override(overrides, body, "description", "/description") &&
        add_override(overrides, body, "tags", "/tags"))
        return overrides;
    json_decref(overrides);
    return NULL;
}

/* Does an override touch what a variant is found by beside its name? */
static bool is_of_texts(const json_t *override)
{
    static const char *const members[] = {"/company", "/description", "/tags"};
    const char *pointer = json_string_value(json_object_get(override, "pointer"));
    for (size_t i = 0; pointer && i < sizeof members / sizeof members[0]; i++) {
        size_t length = strlen(members[i]);
        if (strncmp(pointer, members[i], length) == 0 && (!pointer[length] || pointer[length] == '/'))
            return true;
    }
    return false;
}

/* The overrides of a stored body that touch what it is found by, new reference. */
static json_t *overrides_of_texts(const json_t *body)
{
    json_t *own = json_array(), *override;
    size_t i;
    json_array_foreach (json_object_get(body, "overrides"), i, override)
        if (own && is_of_texts(override)) json_array_append(own, override);
    return own;
}

/* What is found of a document, as a document of that alone, new reference. */
static json_t *document_of_texts(const struct sc_record *record)
{
    json_t *texts = json_object();
    if (texts && json_object_set_new(texts, "company", json_string(record->company)) == 0 &&
        json_object_set_new(texts, "description", json_string(record->description)) == 0 &&
        json_object_set_new(texts, "tags", json_loads(record->tags, 0, NULL)) == 0)
        return texts;
    json_decref(texts);
    return NULL;
}

/* Tags as lists show them. */
static bool are_tags(const json_t *tags)
{
    size_t i;
    const json_t *tag;
    if (tags && !json_is_array(tags)) return false;
    json_array_foreach (tags, i, tag)
        if (!json_is_string(tag)) return false;
    return true;
}

bool sc_variant_follow(const struct sc_record *parent, struct sc_record *variant, struct sc_arena *arena)
{
    struct sc_record now = *variant;
    json_auto_t *body = sc_record_body(variant);
    json_auto_t *own = body ? overrides_of_texts(body) : NULL;
    struct sc_faults *faults = sc_arena_alloc(arena, sizeof *faults);
    json_auto_t *inherited = own && faults ? document_of_texts(parent) : NULL;
    json_auto_t *texts = inherited ? sc_overlay_apply(inherited, own, faults) : NULL;
    if (!texts || !are_tags(json_object_get(texts, "tags")) || !sc_record_describe(&now, texts, arena))
        return false;
    now.name = variant->name;
    *variant = now;
    return true;
}

/* The body of the call, shape checked, as {"name", "overrides"}; NULL: a problem. */
static json_t *read_body(struct sc_call *call, struct sc_faults *faults)
{
    json_auto_t *body = sc_call_json(call, SC_PROBLEM_invalid_question, NULL);
    if (!body) return NULL;
    check_body(body, faults);
    if (sc_faults_any(faults)) {
        sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
        return NULL;
    }
    json_auto_t *overlay = sc_variant_overlay(body);
    json_t *stored =
        overlay ? sc_variant_body(json_string_value(json_object_get(body, "name")), overlay) : NULL;
    if (!stored) sc_call_exhausted(call);
    return stored;
}

/* The variant's document, valid; NULL: a problem. */
static json_t *make_document(struct sc_call *call, const struct sc_chain *parent, const json_t *body,
                             struct sc_faults *faults)
{
    char sha256[SC_DIGEST_TEXT];
    json_auto_t *base = sc_call_chain_document(call, parent, false, sha256);
    if (!base) return NULL;
    json_t *document = sc_variant_document(base, body, faults);
    if (document && sc_call_validate(call, SC_RECORD_SCENARIO, document)) return document;
    if (!document && sc_faults_any(faults))
        sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    else if (!document)
        sc_call_exhausted(call);
    json_decref(document);
    return NULL;
}

static enum sc_progress store(struct sc_call *call, const struct sc_chain *parent, const json_t *body,
                              const json_t *document)
{
    char parents[SC_VERSION_MAX + 1];
    struct sc_edit *edit = sc_edit_new(call, SC_RECORD_SCENARIO, SC_WRITE_CREATE, SC_OUTCOME_CREATED);
    if (!edit) return SC_ANSWERED;
    snprintf(parents, sizeof parents, ".%s", parent->version);
    edit->view.record.parent = parent->record[0].id;
    edit->view.parents = sc_call_text(call, parents);
    if (!edit->view.parents) return sc_call_exhausted(call);
    edit->view.record.parents = edit->view.parents + 1;
    return sc_edit_create(edit, json_object_get(body, "overrides"), document);
}

enum sc_progress sc_variant_create(struct sc_call *call)
{
    static const char *const names[] = {NULL};
    struct sc_chain parent;
    if (!sc_call_allows(call, names) ||
        !sc_call_chain(call, SC_RECORD_SCENARIO, call->argument[0], 0, false, &parent))
        return SC_ANSWERED;
    if (parent.count == SC_CHAIN_MAX)
        return sc_call_fail(call, SC_PROBLEM_invalid_question, "Variants of variants go %d deep at most",
                            SC_CHAIN_MAX - 1);
    struct sc_faults *faults = sc_call_faults(call);
    json_auto_t *body = faults ? read_body(call, faults) : NULL;
    json_auto_t *document = body ? make_document(call, &parent, body, faults) : NULL;
    return document ? store(call, &parent, body, document) : SC_ANSWERED;
}
