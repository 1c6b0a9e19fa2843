#include "pointer.h"

#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

const char *sc_pointer_status_text(enum sc_pointer_status status)
{
    static const char *const texts[SC_POINTER_STATUSES] = {
        [SC_POINTER_OK] = "is fine",
        [SC_POINTER_MALFORMED] = "is no JSON Pointer: \"\" or /segment/segment, with ~0 for ~ and ~1 for /",
        [SC_POINTER_TOO_LONG] = "is too long",
        [SC_POINTER_NOT_FOUND] = "names no member or element",
        [SC_POINTER_BAD_INDEX] = "names an element of an array by something that is not an index",
        [SC_POINTER_NOT_CONTAINER] = "goes on below a value that is neither object nor array",
        [SC_POINTER_IS_ROOT] = "names the whole document",
        [SC_POINTER_NO_MEMORY] = "cannot be followed for want of memory",
    };
    return texts[status];
}

enum sc_pointer_status sc_pointer_check(const char *pointer)
{
    size_t length = strnlen(pointer, SC_POINTER_MAX);
    if (length == SC_POINTER_MAX) return SC_POINTER_TOO_LONG;
    if (length && *pointer != '/') return SC_POINTER_MALFORMED;
    for (const char *at = pointer; (at = strchr(at, '~')); at++)
        if (at[1] != '0' && at[1] != '1') return SC_POINTER_MALFORMED;
    return sc_utf8_is_valid(pointer, length) ? SC_POINTER_OK : SC_POINTER_MALFORMED;
}

void sc_pointer_walk_init(struct sc_pointer_walk *walk, const char *pointer)
{
    walk->rest = pointer;
    walk->segment[0] = '\0';
}

bool sc_pointer_next(struct sc_pointer_walk *walk)
{
    const char *at = walk->rest;
    if (*at != '/') return false;
    size_t length = 0;
    for (at++; *at && *at != '/' && length + 1 < sizeof walk->segment; at++) {
        char c = *at;
        if (c == '~' && at[1]) c = *++at == '1' ? '/' : '~';
        walk->segment[length++] = c;
    }
    walk->segment[length] = '\0';
    walk->rest = at;
    return true;
}

size_t sc_pointer_depth(const char *pointer)
{
    size_t depth = 0;
    for (; *pointer; pointer++) depth += *pointer == '/';
    return depth;
}

bool sc_pointer_is_within(const char *pointer, const char *above)
{
    size_t length = strlen(above);
    return strncmp(pointer, above, length) == 0 && (pointer[length] == '\0' || pointer[length] == '/');
}

bool sc_pointer_index(const char *segment, size_t *index)
{
    if (!*segment || (segment[0] == '0' && segment[1])) return false;
    size_t value = 0;
    for (; *segment; segment++) {
        if (*segment < '0' || *segment > '9') return false;
        if (__builtin_mul_overflow(value, (size_t)10, &value)) return false;
        if (__builtin_add_overflow(value, (size_t)(*segment - '0'), &value)) return false;
    }
    *index = value;
    return true;
}

/* One segment down from *value. */
static enum sc_pointer_status step(json_t **value, const char *segment)
{
    json_t *found;
    size_t index;
    if (json_is_object(*value))
        found = json_object_get(*value, segment);
    else if (!json_is_array(*value))
        return SC_POINTER_NOT_CONTAINER;
    else if (strcmp(segment, "-") == 0)
        return SC_POINTER_NOT_FOUND; /* the element after the last */
    else if (!sc_pointer_index(segment, &index))
        return SC_POINTER_BAD_INDEX;
    else
        found = json_array_get(*value, index);
    if (!found) return SC_POINTER_NOT_FOUND;
    *value = found;
    return SC_POINTER_OK;
}

enum sc_pointer_status sc_pointer_find(json_t *root, const char *pointer, json_t **value)
{
    enum sc_pointer_status status = sc_pointer_check(pointer);
    struct sc_pointer_walk walk;
    if (status != SC_POINTER_OK) return status;
    *value = root;
    for (sc_pointer_walk_init(&walk, pointer); status == SC_POINTER_OK && sc_pointer_next(&walk);)
        status = step(value, walk.segment);
    return status;
}

json_t *sc_pointer_get(json_t *root, const char *pointer)
{
    json_t *value;
    return sc_pointer_find(root, pointer, &value) == SC_POINTER_OK ? value : NULL;
}

enum sc_pointer_status sc_pointer_parent(json_t *root, const char *pointer, json_t **parent,
                                         char last[SC_POINTER_MAX])
{
    enum sc_pointer_status status = sc_pointer_check(pointer);
    struct sc_pointer_walk walk;
    if (status != SC_POINTER_OK) return status;
    *parent = root;
    sc_pointer_walk_init(&walk, pointer);
    if (!sc_pointer_next(&walk)) return SC_POINTER_IS_ROOT;
    while (status == SC_POINTER_OK && *walk.rest) {
        status = step(parent, walk.segment);
        sc_pointer_next(&walk);
    }
    memcpy(last, walk.segment, SC_POINTER_MAX);
    return status;
}

static enum sc_pointer_status set_element(json_t *array, const char *segment, json_t *value)
{
    size_t index;
    if (strcmp(segment, "-") == 0)
        return json_array_append(array, value) ? SC_POINTER_NO_MEMORY : SC_POINTER_OK;
    if (!sc_pointer_index(segment, &index)) return SC_POINTER_BAD_INDEX;
    return json_array_set(array, index, value) ? SC_POINTER_NOT_FOUND : SC_POINTER_OK;
}

enum sc_pointer_status sc_pointer_set(json_t *root, const char *pointer, json_t *value)
{
    json_t *parent;
    char last[SC_POINTER_MAX];
    enum sc_pointer_status status =
        value ? sc_pointer_parent(root, pointer, &parent, last) : SC_POINTER_NO_MEMORY;
    if (status == SC_POINTER_OK) {
        if (json_is_array(parent))
            status = set_element(parent, last, value);
        else if (!json_is_object(parent))
            status = SC_POINTER_NOT_CONTAINER;
        else if (json_object_set(parent, last, value))
            status = SC_POINTER_NO_MEMORY;
    }
    json_decref(value);
    return status;
}

enum sc_pointer_status sc_pointer_remove(json_t *root, const char *pointer)
{
    json_t *parent;
    char last[SC_POINTER_MAX];
    enum sc_pointer_status status = sc_pointer_parent(root, pointer, &parent, last);
    if (status != SC_POINTER_OK) return status;
    json_t *value = parent;
    size_t index;
    if ((status = step(&value, last)) != SC_POINTER_OK) return status;
    if (json_is_object(parent))
        json_object_del(parent, last);
    else if (sc_pointer_index(last, &index))
        json_array_remove(parent, index);
    return SC_POINTER_OK;
}

/* Ends out with "…", cutting off whole characters of what stands there to make room. */
static void mark_cut(char out[SC_POINTER_MAX])
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    size_t end = SC_POINTER_MAX - sizeof ellipsis;
    while (end > 0 && ((unsigned char)out[end] & 0xc0) == 0x80) end--;
    memcpy(out + end, ellipsis, sizeof ellipsis);
}

static bool put(char out[SC_POINTER_MAX], size_t *length, const char *bytes, size_t count)
{
    if (count >= SC_POINTER_MAX - *length) return false;
    memcpy(out + *length, bytes, count);
    *length += count;
    out[*length] = '\0';
    return true;
}

bool sc_pointer_append_key(char out[SC_POINTER_MAX], const char *base, const char *key)
{
    size_t length = strnlen(base, SC_POINTER_MAX - 1);
    memmove(out, base, length);
    bool fits = put(out, &length, "/", 1);
    for (; fits && *key; key++) {
        if (*key == '~')
            fits = put(out, &length, "~0", 2);
        else if (*key == '/')
            fits = put(out, &length, "~1", 2);
        else
            fits = put(out, &length, key, 1);
    }
    if (!fits) mark_cut(out);
    return fits;
}

bool sc_pointer_append_index(char out[SC_POINTER_MAX], const char *base, size_t index)
{
    char segment[sizeof "18446744073709551615"];
    snprintf(segment, sizeof segment, "%zu", index);
    return sc_pointer_append_key(out, base, segment);
}
