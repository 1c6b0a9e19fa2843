#include "document_override.h"

#include "codec/pointer.h"

#include <string.h>

/* How far a pointer has been followed. */
struct search {
    struct sc_reading *reading;
    const struct sc_place *place;
    struct sc_pointer_walk walk;
    const struct sc_field *fields; /* of the object here */
    json_t *here;
    struct sc_target *target;
};

static bool is_stored(const struct sc_field *field)
{
    return field->offset != SC_NOT_STORED;
}

bool sc_field_is_driver(const struct sc_field *field)
{
    switch (field->kind) {
    case SC_KIND_NUMBER:
    case SC_KIND_INTEGER:
        return is_stored(field) && field->low < field->high;
    case SC_KIND_PATH:
    case SC_KIND_VALUES:
    case SC_KIND_POINTS:
        return is_stored(field);
    default:
        return false;
    }
}

/* A number of the uncertainty is no driver of the value, but an override may move it all the same. */
static bool is_movable(const struct sc_field *field)
{
    bool figures =
        field->kind == SC_KIND_FIGURE || field->kind == SC_KIND_NUMBERS || field->kind == SC_KIND_MATRIX;
    return figures || sc_field_is_driver(field);
}

static bool holds_numbers(const struct sc_field *field)
{
    bool holds = is_movable(field);
    bool container = field->kind == SC_KIND_OBJECT || field->kind == SC_KIND_LIST;
    for (const struct sc_field *member = field->member; container && member->name && !holds; member++)
        holds = holds_numbers(member);
    return holds;
}

static bool is_required(const struct sc_field *field)
{
    return field->presence == SC_REQUIRED;
}

static bool is_at_end(const struct search *search)
{
    return *search->walk.rest == '\0';
}

#define REFUSE(search, ...)                                                                                  \
    (sc_blame((search)->reading, SC_FAULT_bad_pointer, (search)->place, __VA_ARGS__), false)

static bool refuse_unknown(struct search *search)
{
    char quoted[SC_QUOTED_MAX], list[SC_LIST_SHOWN];
    const char *meant = sc_suggest_field(search->fields, holds_numbers, search->walk.segment);
    sc_quote(search->walk.segment, quoted);
    if (meant) return REFUSE(search, "there is no `%s` there; did you mean `%s`?", quoted, meant);
    return REFUSE(search, "there is no `%s` there; what can be moved is %s", quoted,
                  sc_list_fields(search->fields, holds_numbers, list, sizeof list));
}

static bool refuse_field(struct search *search, const struct sc_field *field)
{
    char list[SC_LIST_SHOWN];
    return REFUSE(search, "`%s` is no driver: only numbers and paths can be moved, here %s", field->name,
                  sc_list_fields(search->fields, holds_numbers, list, sizeof list));
}

/* The pointer ends at something that only holds drivers. */
static bool refuse_whole(struct search *search)
{
    char list[SC_LIST_SHOWN];
    return REFUSE(search, "names a whole object: only numbers and paths can be moved, in it %s",
                  sc_list_fields(search->fields, holds_numbers, list, sizeof list));
}

static bool take_member(struct search *search, const struct sc_field *field)
{
    if (!is_at_end(search)) return REFUSE(search, "goes on below `%s`, which is a number", field->name);
    *search->target = (struct sc_target){.field = field, .parent = search->here, .name = field->name};
    return true;
}

/* The element of an array that the next segment names; NULL and a fault when it names none. */
static json_t *find_element(struct search *search, const struct sc_field *field, json_t *array, size_t *index)
{
    char quoted[SC_QUOTED_MAX];
    size_t count = json_array_size(array);
    if (!sc_pointer_next(&search->walk)) {
        (void)REFUSE(search, "names the whole of `%s`: name a number in one of its elements", field->name);
    } else if (!sc_pointer_index(search->walk.segment, index)) {
        (void)REFUSE(search, "elements of `%s` are numbered from 0; `%s` is no such number", field->name,
                     sc_quote(search->walk.segment, quoted));
    } else if (*index >= count) {
        (void)REFUSE(search, "`%s` has no element %s: it has %zu, numbered from 0", field->name,
                     sc_quote(search->walk.segment, quoted), count);
    } else {
        return json_array_get(array, *index);
    }
    return NULL;
}

static bool take_element(struct search *search, const struct sc_field *field, const struct sc_field *as,
                         json_t *array)
{
    size_t index;
    if (!find_element(search, field, array, &index)) return false;
    if (!is_at_end(search)) return REFUSE(search, "goes on below an element of `%s`, a number", field->name);
    *search->target = (struct sc_target){.field = as, .parent = array, .index = index};
    return true;
}

/* What a single number of a path or of points is, to whoever sets it. */
static const struct sc_field PART = {.name = "number", .kind = SC_KIND_NUMBER};

static bool take_ramp_part(struct search *search, json_t *ramp)
{
    search->fields = SC_RAMP_FIELDS;
    search->here = ramp;
    sc_pointer_next(&search->walk);
    const struct sc_field *field = sc_find_member(SC_RAMP_FIELDS, search->walk.segment);
    if (!field) return refuse_unknown(search);
    return sc_field_is_driver(field) ? take_member(search, field) : refuse_field(search, field);
}

/* The whole path, or a number in it. */
static bool take_path(struct search *search, const struct sc_field *field)
{
    json_t *path = json_object_get(search->here, field->name);
    if (is_at_end(search)) return take_member(search, field);
    if (!path) return REFUSE(search, "the document has no `%s` there: move the whole of it", field->name);
    if (json_is_array(path)) return take_element(search, field, &PART, path);
    if (json_is_object(path)) return take_ramp_part(search, path);
    return REFUSE(search, "`%s` is one number in this document, without parts: move the whole of it",
                  field->name);
}

/* A number of an array of numbers, or of an array of such arrays: points, a matrix. */
static bool take_number(struct search *search, const struct sc_field *field, bool in_rows)
{
    json_t *array = json_object_get(search->here, field->name);
    size_t index;
    if (!json_is_array(array)) return REFUSE(search, "the document has no `%s` there", field->name);
    if (in_rows) array = find_element(search, field, array, &index);
    return array && take_element(search, field, &PART, array);
}

/* Puts an object in that the document does not have, unless it needs more in it than what the pointer goes on
 * to. */
static json_t *add_object(struct search *search, const struct sc_field *field)
{
    struct sc_pointer_walk ahead = search->walk;
    bool goes_on = sc_pointer_next(&ahead);
    for (const struct sc_field *member = field->member; member->name; member++) {
        char list[SC_LIST_SHOWN];
        if (!is_required(member) || (goes_on && strcmp(member->name, ahead.segment) == 0)) continue;
        (void)REFUSE(search, "the document has no `%s`, and one needs %s: put it into the document first",
                     field->name, sc_list_fields(field->member, is_required, list, sizeof list));
        return NULL;
    }
    json_t *object = json_object();
    return json_object_set_new(search->here, field->name, object) == 0 ? object : NULL;
}

static bool enter_object(struct search *search, const struct sc_field *field)
{
    json_t *object = json_object_get(search->here, field->name);
    if (!object) object = add_object(search, field);
    if (!object) return false;
    if (!json_is_object(object)) return REFUSE(search, "`%s` is no object in this document", field->name);
    search->here = object;
    search->fields = field->member;
    return true;
}

/* The number of the element that has this id; the count of elements when none has. */
static size_t find_id(const struct sc_field *field, const json_t *list, const char *id)
{
    const struct sc_field *name = field->member;
    while (name->name && name->kind != SC_KIND_ID) name++;
    size_t count = json_array_size(list);
    if (!name->name) return count;
    for (size_t i = 0; i < count; i++) {
        const char *found = json_string_value(json_object_get(json_array_get(list, i), name->name));
        if (found && strcmp(found, id) == 0) return i;
    }
    return count;
}

static bool enter_element(struct search *search, const struct sc_field *field)
{
    json_t *list = json_object_get(search->here, field->name);
    if (!json_is_array(list)) return REFUSE(search, "the document has no list `%s` there", field->name);
    struct sc_pointer_walk ahead = search->walk;
    size_t index, named;
    if (sc_pointer_next(&ahead) && (named = find_id(field, list, ahead.segment)) < json_array_size(list) &&
        !sc_pointer_index(ahead.segment, &index))
        return REFUSE(search, "elements of `%s` are numbered from 0; `%s` is number %zu", field->name,
                      ahead.segment, named);
    json_t *element = find_element(search, field, list, &index);
    if (!element) return false;
    if (!json_is_object(element)) return REFUSE(search, "that element of `%s` is no object", field->name);
    search->here = element;
    search->fields = field->member;
    return true;
}

/* One member down. done: the target is found. */
static bool follow(struct search *search, const struct sc_field *field, bool *done)
{
    *done = is_movable(field);
    if (!holds_numbers(field)) return refuse_field(search, field);
    switch (field->kind) {
    case SC_KIND_OBJECT:
        return enter_object(search, field);
    case SC_KIND_LIST:
        return enter_element(search, field);
    case SC_KIND_POINTS:
    case SC_KIND_MATRIX:
        return take_number(search, field, true);
    case SC_KIND_NUMBERS:
        return take_number(search, field, false);
    case SC_KIND_PATH:
    case SC_KIND_VALUES:
        return take_path(search, field);
    default:
        return take_member(search, field);
    }
}

bool sc_target_find(struct sc_reading *reading, const struct sc_place *at, json_t *document,
                    const char *pointer, struct sc_target *target)
{
    struct search search = {
        .reading = reading, .place = at, .fields = SC_SCENARIO_FIELDS, .here = document, .target = target};
    sc_pointer_walk_init(&search.walk, pointer);
    bool done = false;
    while (!done && sc_pointer_next(&search.walk)) {
        const struct sc_field *field = sc_find_member(search.fields, search.walk.segment);
        if (!field) return refuse_unknown(&search);
        if (!follow(&search, field, &done)) return false;
    }
    return done || refuse_whole(&search);
}
