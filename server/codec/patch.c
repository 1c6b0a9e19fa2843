#include "patch.h"

#include "codec/canonical.h"
#include "codec/pointer.h"
#include "codec/writer.h"

#include <stdbool.h>
#include <string.h>

/* Steals target; NULL where the document has nothing yet. */
static json_t *merge(json_t *target, const json_t *patch)
{
    if (!json_is_object(patch) || !json_is_object(target)) {
        json_decref(target);
        target = json_is_object(patch) ? json_object() : json_deep_copy(patch);
    }
    const char *key;
    json_t *value;
    json_object_foreach (sc_json_unconst(patch), key, value) {
        if (json_is_null(value)) {
            json_object_del(target, key);
            continue;
        }
        json_t *merged = merge(json_incref(json_object_get(target, key)), value);
        if (json_object_set_new(target, key, merged)) {
            json_decref(target);
            return NULL;
        }
    }
    return target;
}

json_t *sc_merge_patch(const json_t *target, const json_t *patch)
{
    json_t *copy = json_deep_copy(target);
    return copy ? merge(copy, patch) : NULL;
}

/* Levels of nesting, 0 for a scalar; counts the values met into *values. */
static size_t measure(const json_t *value, size_t *values)
{
    size_t deepest = 0, count = json_array_size(value), depth;
    const char *key;
    json_t *member;
    ++*values;
    for (size_t i = 0; i < count; i++)
        if ((depth = measure(json_array_get(value, i), values)) > deepest) deepest = depth;
    json_object_foreach (sc_json_unconst(value), key, member) {
        if ((depth = measure(member, values)) > deepest) deepest = depth;
    }
    return deepest + (json_is_array(value) || json_is_object(value));
}

/* Whether a document stays within SC_JSON_DEPTH_MAX with value at pointer. */
static bool stays_flat(const char *pointer, const json_t *value)
{
    size_t values = 0;
    return sc_pointer_depth(pointer) + measure(value, &values) <= SC_JSON_DEPTH_MAX;
}

static const char too_deep[] = "would nest the document too deeply";

/* One JSON Patch under way. */
struct patching {
    json_t *document;
    struct sc_faults *faults;
    const json_t *operation;    /* the current one */
    char place[SC_POINTER_MAX]; /* where it stands in the patch */
    const char *path, *from;
    size_t copied;
};

struct operation_kind {
    const char *name;
    bool has_from, has_value;
    bool (*apply)(struct patching *patching);
};

static bool refuse(struct patching *patching, const char *member, const char *reason)
{
    char pointer[SC_POINTER_MAX];
    sc_pointer_append_key(pointer, patching->place, member);
    sc_fault_add(patching->faults, SC_FAULT_bad_patch, pointer, "\"%s\" %s", member, reason);
    return false;
}

static bool check(struct patching *patching, const char *member, enum sc_pointer_status status)
{
    return status == SC_POINTER_OK || refuse(patching, member, sc_pointer_status_text(status));
}

static void replace_document(struct patching *patching, json_t *value)
{
    json_decref(patching->document);
    patching->document = value;
}

/* RFC 6902's add: into objects like sc_pointer_set, in arrays in front of what is there. Steals value. */
static enum sc_pointer_status insert(json_t *root, const char *pointer, json_t *value)
{
    json_t *parent;
    char last[SC_POINTER_MAX];
    size_t index;
    enum sc_pointer_status status = sc_pointer_parent(root, pointer, &parent, last);
    if (status != SC_POINTER_OK || !json_is_array(parent) || !sc_pointer_index(last, &index))
        return sc_pointer_set(root, pointer, value);
    if (index <= json_array_size(parent))
        return json_array_insert_new(parent, index, value) ? SC_POINTER_NO_MEMORY : SC_POINTER_OK;
    json_decref(value);
    return SC_POINTER_NOT_FOUND;
}

/* Steals value; put is insert or sc_pointer_set. */
static bool place_value(struct patching *patching, json_t *value,
                        enum sc_pointer_status (*put)(json_t *, const char *, json_t *))
{
    if (!value) return check(patching, "path", SC_POINTER_NO_MEMORY);
    if (!stays_flat(patching->path, value)) {
        json_decref(value);
        return refuse(patching, "path", too_deep);
    }
    if (*patching->path) return check(patching, "path", put(patching->document, patching->path, value));
    replace_document(patching, value);
    return true;
}

static json_t *own_value(const struct patching *patching)
{
    return json_deep_copy(json_object_get(patching->operation, "value"));
}

static bool apply_add(struct patching *patching)
{
    return place_value(patching, own_value(patching), insert);
}

static bool apply_remove(struct patching *patching)
{
    return check(patching, "path", sc_pointer_remove(patching->document, patching->path));
}

static bool apply_replace(struct patching *patching)
{
    json_t *replaced;
    return check(patching, "path", sc_pointer_find(patching->document, patching->path, &replaced)) &&
           place_value(patching, own_value(patching), sc_pointer_set);
}

static bool apply_move(struct patching *patching)
{
    json_t *value;
    size_t length = strlen(patching->from);
    if (!check(patching, "from", sc_pointer_find(patching->document, patching->from, &value))) return false;
    if (strcmp(patching->from, patching->path) == 0) return true;
    if (strncmp(patching->from, patching->path, length) == 0 && patching->path[length] == '/')
        return refuse(patching, "path", "lies within what is moved");
    json_incref(value);
    if (check(patching, "from", sc_pointer_remove(patching->document, patching->from)))
        return place_value(patching, value, insert);
    json_decref(value);
    return false;
}

static bool apply_copy(struct patching *patching)
{
    json_t *value;
    if (!check(patching, "from", sc_pointer_find(patching->document, patching->from, &value))) return false;
    measure(value, &patching->copied);
    if (patching->copied > SC_PATCH_COPIES_MAX) return refuse(patching, "from", "copies too much");
    return place_value(patching, json_deep_copy(value), insert);
}

static bool apply_test(struct patching *patching)
{
    const json_t *value = sc_pointer_get(patching->document, patching->path);
    char pointer[SC_POINTER_MAX];
    if (sc_json_same(value, json_object_get(patching->operation, "value"))) return true;
    sc_pointer_append_key(pointer, patching->place, "value");
    sc_fault_add(patching->faults, SC_FAULT_test_failed, pointer, "The document has %s at \"%s\"",
                 value ? "another value" : "nothing", patching->path);
    return false;
}

static const struct operation_kind kinds[] = {
    {"add", false, true, apply_add},         {"remove", false, false, apply_remove},
    {"replace", false, true, apply_replace}, {"move", true, false, apply_move},
    {"copy", true, false, apply_copy},       {"test", false, true, apply_test},
};

static const struct operation_kind *find_kind(const char *name)
{
    for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++)
        if (strcmp(kinds[i].name, name) == 0) return &kinds[i];
    return NULL;
}

static bool is_pointer(struct patching *patching, const char *member)
{
    const char *pointer = json_string_value(json_object_get(patching->operation, member));
    return pointer ? check(patching, member, sc_pointer_check(pointer))
                   : refuse(patching, member, "is missing");
}

static bool is_well_formed(struct patching *patching)
{
    if (!json_is_object(patching->operation)) {
        sc_fault_add(patching->faults, SC_FAULT_bad_patch, patching->place, "An operation is an object");
        return false;
    }
    const struct operation_kind *kind =
        find_kind(json_string_value(json_object_get(patching->operation, "op")));
    if (!kind) return refuse(patching, "op", "is none of add, remove, replace, move, copy, test");
    bool fine = is_pointer(patching, "path");
    if (kind->has_from) fine &= is_pointer(patching, "from");
    if (kind->has_value && !json_object_get(patching->operation, "value"))
        fine = refuse(patching, "value", "is missing");
    return fine;
}

static bool apply(struct patching *patching)
{
    patching->path = json_string_value(json_object_get(patching->operation, "path"));
    patching->from = json_string_value(json_object_get(patching->operation, "from"));
    return find_kind(json_string_value(json_object_get(patching->operation, "op")))->apply(patching);
}

static void select_operation(struct patching *patching, const json_t *operations, size_t i)
{
    patching->operation = json_array_get(operations, i);
    sc_pointer_append_index(patching->place, "", i);
}

static bool apply_all(struct patching *patching, const json_t *operations)
{
    bool fine = true;
    size_t count = json_array_size(operations);
    for (size_t i = 0; i < count; i++) {
        select_operation(patching, operations, i);
        fine &= is_well_formed(patching);
    }
    for (size_t i = 0; i < count && fine; i++) {
        select_operation(patching, operations, i);
        fine = apply(patching);
    }
    return fine;
}

json_t *sc_json_patch(const json_t *target, const json_t *operations, struct sc_faults *faults)
{
    struct patching patching = {.faults = faults};
    if (!json_is_array(operations)) {
        sc_fault_add(faults, SC_FAULT_bad_patch, "", "A JSON Patch is an array of operations");
        return NULL;
    }
    patching.document = json_deep_copy(target);
    if (!patching.document)
        sc_fault_add(faults, SC_FAULT_bad_patch, "", "There is not enough memory");
    else if (!apply_all(&patching, operations))
        replace_document(&patching, NULL);
    return patching.document;
}

/* One override that is well-formed; NULL, or why it cannot be applied. */
static const char * override(json_t *document, const char *pointer, const json_t *value)
{
    enum sc_pointer_status status;
    if (json_is_null(value))
        status = sc_pointer_remove(document, pointer);
    else if (!stays_flat(pointer, value))
        return too_deep;
    else
        status = sc_pointer_set(document, pointer, json_deep_copy(value));
    return status == SC_POINTER_OK ? NULL : sc_pointer_status_text(status);
}

static void apply_override(json_t *document, const json_t *entry, size_t i, struct sc_faults *faults)
{
    char place[SC_POINTER_MAX], at_pointer[SC_POINTER_MAX];
    sc_pointer_append_index(place, "/overrides", i);
    sc_pointer_append_key(at_pointer, place, "pointer");
    const char *pointer = json_string_value(json_object_get(entry, "pointer"));
    const json_t *value = json_object_get(entry, "value");
    if (!json_is_object(entry)) {
        sc_fault_add(faults, SC_FAULT_wrong_type, place, "An override is an object with pointer and value");
    } else if (!pointer) {
        sc_fault_add(faults, SC_FAULT_bad_pointer, at_pointer, "An override needs a pointer, a text");
    } else if (!value) {
        sc_pointer_append_key(place, place, "value");
        sc_fault_add(faults, SC_FAULT_missing, place, "An override needs a value; null takes the member out");
    } else {
        const char *reason = override(document, pointer, value);
        if (reason) sc_fault_add(faults, SC_FAULT_bad_pointer, at_pointer, "\"%s\" %s", pointer, reason);
    }
}

json_t *sc_overlay_apply(const json_t *document, const json_t *overrides, struct sc_faults *faults)
{
    size_t before = faults->count + faults->omitted;
    json_t *result = json_deep_copy(document);
    if (overrides && !json_is_array(overrides) && !json_is_null(overrides))
        sc_fault_add(faults, SC_FAULT_wrong_type, "/overrides", "Overrides are an array");
    if (!result) sc_fault_add(faults, SC_FAULT_bad_pointer, "/overrides", "There is not enough memory");
    for (size_t i = 0; result && i < json_array_size(overrides); i++)
        apply_override(result, json_array_get(overrides, i), i, faults);
    if (faults->count + faults->omitted == before) return result;
    json_decref(result);
    return NULL;
}

struct overlay {
    json_t *overrides;
    bool failed;
};

/* value is NULL for a member to be taken out. */
static void add_override(struct overlay *overlay, const char *pointer, const json_t *value)
{
    json_t *entry = json_object();
    bool failed = json_object_set_new(entry, "pointer", json_string(pointer)) ||
                  json_object_set_new(entry, "value", value ? json_deep_copy(value) : json_null());
    if (failed) json_decref(entry);
    if (failed || json_array_append_new(overlay->overrides, entry)) overlay->failed = true;
}

static bool have_same_parts(const json_t *parent, const json_t *child)
{
    if (json_is_array(parent) && json_is_array(child))
        return json_array_size(parent) == json_array_size(child);
    return json_is_object(parent) && json_is_object(child);
}

/* Whether child's members or elements can be said one by one: they have pointers, and none that differs from
 * parent's is null, which would mean its removal. */
static bool can_differ_by_part(const char *pointer, const json_t *parent, const json_t *child)
{
    char longer[SC_POINTER_MAX];
    const char *key;
    json_t *value;
    bool whole = true;
    json_object_foreach (sc_json_unconst(child), key, value) {
        if (json_is_null(value)) whole &= json_is_null(json_object_get(parent, key));
        whole &= sc_pointer_append_key(longer, pointer, key);
    }
    json_object_foreach (sc_json_unconst(parent), key, value) {
        whole &= sc_pointer_append_key(longer, pointer, key);
    }
    for (size_t i = 0; i < json_array_size(child); i++) {
        if (json_is_null(json_array_get(child, i))) whole &= json_is_null(json_array_get(parent, i));
        whole &= sc_pointer_append_index(longer, pointer, i);
    }
    return whole;
}

static void differ(struct overlay *overlay, const char *pointer, const json_t *parent, const json_t *child);

static void differ_by_member(struct overlay *overlay, const char *pointer, const json_t *parent,
                             const json_t *child)
{
    char longer[SC_POINTER_MAX];
    const char *key;
    json_t *value;
    json_object_foreach (sc_json_unconst(parent), key, value) {
        if (!sc_pointer_append_key(longer, pointer, key)) overlay->failed = true;
        if (!json_object_get(child, key)) add_override(overlay, longer, NULL);
    }
    json_object_foreach (sc_json_unconst(child), key, value) {
        if (!sc_pointer_append_key(longer, pointer, key)) overlay->failed = true;
        differ(overlay, longer, json_object_get(parent, key), value);
    }
}

static void differ_by_element(struct overlay *overlay, const char *pointer, const json_t *parent,
                              const json_t *child)
{
    char longer[SC_POINTER_MAX];
    for (size_t i = 0; i < json_array_size(child); i++) {
        sc_pointer_append_index(longer, pointer, i);
        differ(overlay, longer, json_array_get(parent, i), json_array_get(child, i));
    }
}

/* parent is NULL where it lacks the member. */
static void differ(struct overlay *overlay, const char *pointer, const json_t *parent, const json_t *child)
{
    if (overlay->failed || sc_json_same(parent, child) || (!parent && json_is_null(child))) return;
    if (!have_same_parts(parent, child) || !can_differ_by_part(pointer, parent, child))
        add_override(overlay, pointer, child);
    else if (json_is_object(child))
        differ_by_member(overlay, pointer, parent, child);
    else
        differ_by_element(overlay, pointer, parent, child);
}

json_t *sc_overlay_between(const json_t *parent, const json_t *child)
{
    struct overlay overlay = {.overrides = json_array()};
    overlay.failed = !overlay.overrides || !json_is_object(parent) || !json_is_object(child);
    if (!overlay.failed) differ_by_member(&overlay, "", parent, child);
    if (!overlay.failed) return overlay.overrides;
    json_decref(overlay.overrides);
    return NULL;
}
