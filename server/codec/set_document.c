#include "set_document.h"

#include "canonical.h"
#include "document_override.h"
#include "pointer.h"
#include "secondchair/weigh.h"
#include "writer.h"

#include <math.h>
#include <string.h>

#define FAIR_BAND 0.1 /* as of a scenario */

static const struct sc_field OVERRIDE_FIELDS[] = {
    {.name = "pointer",
     .kind = SC_KIND_POINTER,
     .presence = SC_REQUIRED,
     .meaning = "The driver to move, such as \"/discount/wacc\"."},
    {.name = "value",
     .kind = SC_KIND_ANY,
     .presence = SC_REQUIRED,
     .meaning = "What to put there: a number, or for a path any of its forms."},
    {.name = NULL}};

static const struct sc_field MEMBER_FIELDS[] = {
    {.name = "scenario",
     .kind = SC_KIND_TEXT,
     .presence = SC_REQUIRED,
     .low = 1,
     .high = 64,
     .meaning = "Id of a stored scenario."},
    {.name = "revision",
     .kind = SC_KIND_INTEGER,
     .presence = SC_OPTIONAL,
     .low = 1,
     .high = 999999999,
     .meaning = "Its revision, which it then stays; without, the newest there is when it is asked for."},
    {.name = "weight",
     .kind = SC_KIND_FIGURE,
     .presence = SC_REQUIRED,
     .unit = SC_UNIT_SHARE,
     .low = 0,
     .high = 1,
     .meaning = "Its part in the set; all weights add up to 1."},
    {.name = "role",
     .kind = SC_KIND_TEXT,
     .presence = SC_OPTIONAL,
     .low = 1,
     .high = 40,
     .meaning = "What it stands for, such as bull, base or bear."},
    {.name = "overrides",
     .kind = SC_KIND_LIST,
     .presence = SC_OPTIONAL,
     .member = OVERRIDE_FIELDS,
     .most = SC_OVERRIDES_MAX,
     .meaning = "Drivers moved in this member."},
    {.name = NULL}};

static const struct sc_field SET_FIELDS[] = {
    {.name = "name",
     .kind = SC_KIND_TEXT,
     .presence = SC_REQUIRED,
     .low = 1,
     .high = 200,
     .meaning = "What the set is called."},
    {.name = "description",
     .kind = SC_KIND_TEXT,
     .presence = SC_OPTIONAL,
     .high = 4000,
     .meaning = "What the set is about, and where its weights come from."},
    {.name = "tags",
     .kind = SC_KIND_TEXTS,
     .presence = SC_OPTIONAL,
     .low = 1,
     .high = 50,
     .most = 32,
     .meaning = "Words to find the set by."},
    {.name = "price",
     .kind = SC_KIND_FIGURE,
     .presence = SC_OPTIONAL,
     .unit = SC_UNIT_USD_PER_SHARE,
     .open_low = true,
     .high = 1e9,
     .meaning = "Price of a share; without, that of the members where they agree."},
    {.name = "fair_band",
     .kind = SC_KIND_FIGURE,
     .presence = SC_OPTIONAL,
     .unit = SC_UNIT_SHARE,
     .high = 1,
     .meaning = "How far value may be from price, up or down, and the price still be called fair."},
    {.name = "members",
     .kind = SC_KIND_LIST,
     .presence = SC_REQUIRED,
     .member = MEMBER_FIELDS,
     .least = 1,
     .most = SC_SET_MEMBERS_MAX,
     .meaning = "The scenarios, each with its weight."},
    {.name = NULL}};

/* A set while it is read. */
struct set_reading {
    struct sc_set *set;
    struct sc_faults *faults;
    size_t before; /* faults that were there already */
};

/* True when a fault has been found at the place or below it. */
static bool is_blamed(const struct set_reading *reading, const char *place)
{
    size_t length = strlen(place);
    for (size_t i = reading->before; i < reading->faults->count; i++) {
        const char *pointer = reading->faults->item[i].pointer;
        if (strncmp(pointer, place, length) == 0 && (pointer[length] == '/' || !pointer[length])) return true;
    }
    return reading->faults->omitted > 0;
}

static const char *place_of(size_t index, const char *member, char out[SC_POINTER_MAX])
{
    sc_pointer_append_index(out, "/members", index);
    if (*member) sc_pointer_append_key(out, out, member);
    return out;
}

static void take_member(struct set_reading *reading, size_t index, const json_t *object)
{
    char place[SC_POINTER_MAX];
    struct sc_set_member *member = &reading->set->member[index];
    if (is_blamed(reading, place_of(index, "", place))) return;
    member->scenario = json_string_value(json_object_get(object, "scenario"));
    member->revision = (int64_t)json_number_value(json_object_get(object, "revision"));
    member->weight = json_number_value(json_object_get(object, "weight"));
    member->role = json_string_value(json_object_get(object, "role"));
    member->overrides = json_object_get(object, "overrides");
}

static bool is_same(const struct sc_set_member *one, const struct sc_set_member *other)
{
    if (strcmp(one->scenario, other->scenario) != 0 || one->revision != other->revision) return false;
    size_t count = json_array_size(one->overrides);
    if (count != json_array_size(other->overrides)) return false;
    return count == 0 || sc_json_same(one->overrides, other->overrides);
}

static void check_member(struct set_reading *reading, size_t index)
{
    char place[SC_POINTER_MAX];
    struct sc_set *set = reading->set;
    const struct sc_set_member *member = &set->member[index];
    if (!member->scenario) return;
    for (size_t i = 0; i < index; i++) {
        if (!set->member[i].scenario || !is_same(&set->member[i], member)) continue;
        sc_fault_add(reading->faults, SC_FAULT_duplicate_id, place_of(index, "", place),
                     "is the same as /members/%zu: give one of them both weights", i);
        break;
    }
    if (!member->role || strcmp(member->role, "bull") != 0) return;
    if (set->bull == SC_SET_MEMBERS_MAX)
        set->bull = index;
    else
        sc_fault_add(reading->faults, SC_FAULT_conflict, place_of(index, "role", place),
                     "/members/%zu is the bull case already: only one can be", set->bull);
}

/* The weights are added up only where each is one: a fault of one makes no second fault. */
static void check_weights(struct set_reading *reading, const json_t *members)
{
    char place[SC_POINTER_MAX];
    double sum = 0;
    if (reading->set->count == 0 || json_array_size(members) > reading->set->count) return;
    for (size_t i = 0; i < reading->set->count; i++) {
        const json_t *weight = json_object_get(json_array_get(members, i), "weight");
        if (!json_is_number(weight) || is_blamed(reading, place_of(i, "weight", place))) return;
        sum += json_number_value(weight);
    }
    if (fabs(sum - 1) <= SC_WEIGHT_TOLERANCE) return;
    sc_fault_add(reading->faults, SC_FAULT_weights_not_one, "/members",
                 "the weights add up to %.10g, not to 1: %.10g %s", sum, fabs(1 - sum),
                 sum < 1 ? "is missing" : "is too much");
}

static double number_or(const json_t *document, const char *name, double otherwise)
{
    const json_t *value = json_object_get(document, name);
    return value ? json_number_value(value) : otherwise;
}

bool sc_set_read(const json_t *document, struct sc_set *set, struct sc_faults *faults)
{
    struct sc_reading shape = {.faults = faults};
    struct sc_place root = {.above = NULL};
    struct set_reading reading = {.set = set, .faults = faults, .before = faults->count};
    size_t omitted = faults->omitted;
    *set = (struct sc_set){.bull = SC_SET_MEMBERS_MAX};
    if (!json_is_object(document)) {
        sc_blame_type(&shape, &root, "an object, a set of weighted scenarios", document);
        return false;
    }
    sc_read_members(&shape, &root, SET_FIELDS, sc_json_unconst(document), NULL);
    const json_t *members = json_object_get(document, "members");
    set->name = json_string_value(json_object_get(document, "name"));
    set->price = number_or(document, "price", NAN);
    set->fair_band = number_or(document, "fair_band", FAIR_BAND);
    set->count = json_array_size(members);
    if (set->count > SC_SET_MEMBERS_MAX) set->count = SC_SET_MEMBERS_MAX;
    for (size_t i = 0; i < set->count; i++) take_member(&reading, i, json_array_get(members, i));
    for (size_t i = 0; i < set->count; i++) check_member(&reading, i);
    check_weights(&reading, members);
    return faults->count == reading.before && faults->omitted == omitted;
}
