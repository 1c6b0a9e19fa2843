#include "document_override.h"

#include "codec/number.h"
#include "codec/pointer.h"
#include "document.h"

#include <string.h>

/* The members of an override. */
enum { OVERRIDE_POINTER, OVERRIDE_VALUE };

static const struct sc_field OVERRIDE[] = {
    {.name = "pointer",
     .kind = SC_KIND_POINTER,
     .presence = SC_REQUIRED,
     .meaning = "The driver to move, such as \"/discount/wacc\"."},
    {.name = "value",
     .kind = SC_KIND_PATH,
     .presence = SC_REQUIRED,
     .meaning = "What to put there: a number, or for a path any of its forms."},
    {.name = NULL}};

/* One override of the question, as far as it is sound. */
struct override {
    const char *pointer; /* NULL where it is not sound */
    json_t *value;
};

static const char *read_pointer(struct sc_reading *reading, const struct sc_place *at, json_t *value)
{
    size_t before = reading->faults->count + reading->faults->omitted;
    sc_read_pointer(reading, at, value, NULL);
    return reading->faults->count + reading->faults->omitted == before ? json_string_value(value) : NULL;
}

static struct override read_override(struct sc_reading *reading, const struct sc_place *at, json_t *value)
{
    struct override override = {NULL, NULL};
    json_t *found[SC_MEMBERS_MAX] = {NULL};
    if (!json_is_object(value)) {
        sc_blame_type(reading, at, "an object {\"pointer\", \"value\"}", value);
        return override;
    }
    sc_match_members(reading, at, OVERRIDE, value, found);
    for (size_t i = OVERRIDE_POINTER; i <= OVERRIDE_VALUE; i++)
        if (!found[i]) sc_blame_missing(reading, at, &OVERRIDE[i]);
    struct sc_place place = {.above = at, .name = OVERRIDE[OVERRIDE_POINTER].name};
    if (found[OVERRIDE_POINTER]) override.pointer = read_pointer(reading, &place, found[OVERRIDE_POINTER]);
    override.value = found[OVERRIDE_VALUE];
    return override;
}

/* Two overrides of one driver have no order that a reader could know. Of those before index, is the pointer
 * the same or a part (below), or the whole of what one moves? */
static bool check_conflict(struct sc_reading *reading, const struct sc_place *at, const struct override *all,
                           size_t index, bool below)
{
    const char *pointer = all[index].pointer;
    for (size_t i = 0; i < index; i++) {
        const char *other = all[i].pointer;
        if (!other) continue;
        if (!(below ? sc_pointer_is_within(pointer, other) : sc_pointer_is_within(other, pointer))) continue;
        const char *part = strcmp(pointer, other) == 0 ? "" : below ? "a part of " : "the whole of ";
        sc_blame(reading, SC_FAULT_conflict, at, "moves %swhat /overrides/%zu moves already", part, i);
        return false;
    }
    return true;
}

static bool fits(const struct sc_field *field, const json_t *value, const char **wanted)
{
    if (field->kind == SC_KIND_PATH) {
        *wanted = "a number, an array of numbers by year, or a ramp {\"start\", \"end\"}";
        return json_is_number(value) || json_is_array(value) || json_is_object(value);
    }
    if (field->kind == SC_KIND_VALUES) {
        *wanted = "an array of numbers, one a year";
        return json_is_array(value);
    }
    *wanted = "a number";
    return json_is_number(value);
}

/* Puts a value where the pointer says; false where that is nowhere. */
static bool apply(struct sc_reading *reading, const struct sc_place *at, json_t *document,
                  const struct override *all, size_t index)
{
    struct sc_place pointer = {.above = at, .name = OVERRIDE[OVERRIDE_POINTER].name};
    struct sc_place place = {.above = at, .name = OVERRIDE[OVERRIDE_VALUE].name};
    struct sc_target target;
    const char *wanted;
    json_t *value = all[index].value;
    if (!check_conflict(reading, &pointer, all, index, true)) return false;
    if (!sc_target_find(reading, &pointer, document, all[index].pointer, &target)) return false;
    if (!check_conflict(reading, &pointer, all, index, false)) return false;
    if (!fits(target.field, value, &wanted)) {
        sc_blame_type(reading, &place, wanted, value);
        return true;
    }
    json_t *copy = json_deep_copy(value);
    int failed = target.name ? json_object_set_new(target.parent, target.name, copy)
                             : json_array_set_new(target.parent, target.index, copy);
    if (failed) reading->exhausted = true;
    return true;
}

static void apply_all(struct sc_reading *reading, const struct sc_place *at, json_t *document,
                      const json_t *overrides)
{
    struct override all[SC_OVERRIDES_MAX];
    size_t count = json_array_size(overrides);
    for (size_t i = 0; i < count; i++) {
        struct sc_place place = {.above = at, .index = i};
        all[i] = read_override(reading, &place, json_array_get(overrides, i));
        bool moves = all[i].pointer && all[i].value && apply(reading, &place, document, all, i);
        if (!moves) all[i].pointer = NULL;
    }
}

json_t *sc_document_override(const json_t *document, const json_t *overrides, struct sc_faults *faults)
{
    struct sc_reading reading = {.faults = faults};
    struct sc_place root = {.above = NULL}, place = {.above = &root, .name = "overrides"};
    size_t before = faults->count + faults->omitted;
    json_t *copy = json_deep_copy(document);
    if (overrides && !json_is_array(overrides))
        sc_blame_type(&reading, &place, "an array of {\"pointer\", \"value\"}", overrides);
    else if (json_array_size(overrides) > SC_OVERRIDES_MAX)
        sc_blame_length(&reading, &place, 0, SC_OVERRIDES_MAX, json_array_size(overrides), "overrides");
    else if (copy)
        apply_all(&reading, &place, copy, overrides);
    if (faults->count + faults->omitted == before && !reading.exhausted) return copy;
    json_decref(copy);
    return NULL;
}

json_t *sc_document_parse_set(const char *text)
{
    const char *colon = strrchr(text, ':');
    char pointer[SC_POINTER_MAX];
    double number;
    if (!colon || colon == text || (size_t)(colon - text) >= sizeof pointer) return NULL;
    memcpy(pointer, text, (size_t)(colon - text));
    pointer[colon - text] = '\0';
    if (sc_pointer_check(pointer) != SC_POINTER_OK) return NULL;
    if (!sc_number_read(colon + 1, strlen(colon + 1), &number)) return NULL;
    return json_pack("{s:s, s:f}", OVERRIDE[OVERRIDE_POINTER].name, pointer, OVERRIDE[OVERRIDE_VALUE].name,
                     number);
}
