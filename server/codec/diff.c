#include "diff.h"

#include "codec/canonical.h"
#include "codec/pointer.h"
#include "codec/writer.h"

#include <stdbool.h>

struct diff {
    json_t *operations;
    bool failed;
};

/* value is NULL for operations that have none. */
static void add_operation(struct diff *diff, const char *name, const char *path, const json_t *value)
{
    json_t *operation = json_object();
    bool failed = json_object_set_new(operation, "op", json_string(name)) ||
                  json_object_set_new(operation, "path", json_string(path)) ||
                  (value && json_object_set_new(operation, "value", json_deep_copy(value)));
    if (failed) json_decref(operation);
    if (failed || json_array_append_new(diff->operations, operation)) diff->failed = true;
}

/* Whether every member or element of value has a pointer that fits. */
static bool can_point_into(const char *path, const json_t *value)
{
    char pointer[SC_POINTER_MAX];
    const char *key;
    json_t *member;
    json_object_foreach (sc_json_unconst(value), key, member) {
        if (!sc_pointer_append_key(pointer, path, key)) return false;
    }
    return sc_pointer_append_index(pointer, path, json_array_size(value));
}

static void compare(struct diff *diff, const char *path, const json_t *from, const json_t *to);

static void compare_objects(struct diff *diff, const char *path, const json_t *from, const json_t *to)
{
    char pointer[SC_POINTER_MAX];
    const char *key;
    json_t *value;
    json_object_foreach (sc_json_unconst(from), key, value) {
        const json_t *other = json_object_get(to, key);
        sc_pointer_append_key(pointer, path, key);
        if (other)
            compare(diff, pointer, value, other);
        else
            add_operation(diff, "remove", pointer, NULL);
    }
    json_object_foreach (sc_json_unconst(to), key, value) {
        if (json_object_get(from, key)) continue;
        sc_pointer_append_key(pointer, path, key);
        add_operation(diff, "add", pointer, value);
    }
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

static size_t common_start(const json_t *from, const json_t *to)
{
    size_t count = 0, most = least(json_array_size(from), json_array_size(to));
    while (count < most && sc_json_same(json_array_get(from, count), json_array_get(to, count))) count++;
    return count;
}

/* Elements at the end that are the same, not counting those that are the same from the start. */
static size_t common_end(const json_t *from, const json_t *to, size_t start)
{
    size_t from_end = json_array_size(from), to_end = json_array_size(to), count = 0;
    while (from_end > start && to_end > start &&
           sc_json_same(json_array_get(from, from_end - 1), json_array_get(to, to_end - 1))) {
        from_end--, to_end--;
        count++;
    }
    return count;
}

static void compare_arrays(struct diff *diff, const char *path, const json_t *from, const json_t *to)
{
    char pointer[SC_POINTER_MAX];
    size_t start = common_start(from, to), end = common_end(from, to, start);
    size_t from_end = json_array_size(from) - end, to_end = json_array_size(to) - end;
    size_t paired = least(from_end, to_end);
    for (size_t i = start; i < paired; i++) {
        sc_pointer_append_index(pointer, path, i);
        compare(diff, pointer, json_array_get(from, i), json_array_get(to, i));
    }
    for (size_t i = paired; i < to_end; i++) {
        sc_pointer_append_index(pointer, path, i);
        add_operation(diff, "add", pointer, json_array_get(to, i));
    }
    for (size_t i = from_end; i-- > paired;) {
        sc_pointer_append_index(pointer, path, i);
        add_operation(diff, "remove", pointer, NULL);
    }
}

static void compare(struct diff *diff, const char *path, const json_t *from, const json_t *to)
{
    if (diff->failed || sc_json_same(from, to)) return;
    if (json_typeof(from) != json_typeof(to) || !can_point_into(path, from) || !can_point_into(path, to))
        add_operation(diff, "replace", path, to);
    else if (json_is_object(from))
        compare_objects(diff, path, from, to);
    else if (json_is_array(from))
        compare_arrays(diff, path, from, to);
    else
        add_operation(diff, "replace", path, to);
}

json_t *sc_json_diff(const json_t *from, const json_t *to)
{
    struct diff diff = {.operations = json_array()};
    if (!diff.operations) return NULL;
    compare(&diff, "", from, to);
    if (!diff.failed) return diff.operations;
    json_decref(diff.operations);
    return NULL;
}
