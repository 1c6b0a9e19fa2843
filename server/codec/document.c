#include "document.h"

#include "base/arena.h"
#include "document_reading.h"
#include "secondchair/model.h"

#include <math.h>
#include <string.h>

static sc_reader read_object, read_list;

static sc_reader *const READERS[] = {
    [SC_KIND_OBJECT] = read_object,      [SC_KIND_LIST] = read_list,
    [SC_KIND_NUMBER] = sc_read_number,   [SC_KIND_INTEGER] = sc_read_integer,
    [SC_KIND_PATH] = sc_read_path,       [SC_KIND_VALUES] = sc_read_path,
    [SC_KIND_POINTS] = sc_read_points,   [SC_KIND_TEXT] = sc_read_text,
    [SC_KIND_ID] = sc_read_text,         [SC_KIND_DATE] = sc_read_date,
    [SC_KIND_CHOICE] = sc_read_choice,   [SC_KIND_FLAG] = sc_read_flag,
    [SC_KIND_TEXTS] = sc_read_texts,     [SC_KIND_POINTER] = sc_read_pointer,
    [SC_KIND_NUMBERS] = sc_read_numbers, [SC_KIND_MATRIX] = sc_read_matrix,
    [SC_KIND_FIGURE] = sc_read_figure,   [SC_KIND_ANY] = sc_read_any,
};

/* Where a field goes in its struct; NULL when it is only checked. */
static void *find_home(const struct sc_field *field, void *base)
{
    return base && field->offset != SC_NOT_STORED ? (char *)base + field->offset : NULL;
}

static void clear_members(const struct sc_field *fields, void *base);

/* What a field holds until it is read: nothing, or the default of a choice or a flag. */
static void clear_member(const struct sc_field *field, void *home)
{
    switch (field->kind) {
    case SC_KIND_NUMBER:
    case SC_KIND_INTEGER:
        *(sc_slot *)home = SC_NO_SLOT;
        break;
    case SC_KIND_PATH:
    case SC_KIND_VALUES:
        *(struct sc_path *)home = (struct sc_path){.slot = SC_NO_SLOT, .first_year = field->first_year};
        break;
    case SC_KIND_CHOICE:
        *(int *)home = (int)field->fallback;
        break;
    case SC_KIND_FLAG:
        *(bool *)home = field->fallback > 0;
        break;
    case SC_KIND_FIGURE:
        *(double *)home = NAN;
        break;
    case SC_KIND_OBJECT:
        clear_members(field->member, home);
        break;
    default: /* the arena's memory is zeroed */
        break;
    }
}

static void clear_members(const struct sc_field *fields, void *base)
{
    for (; fields->name; fields++) {
        void *home = find_home(fields, base);
        if (home) clear_member(fields, home);
    }
}

/* Index of the field of that name, SC_MEMBERS_MAX when there is none. Documents tend to keep the table's
 * order, so the search starts where the last one ended. */
static size_t find_field(const struct sc_field *fields, const char *name, size_t start)
{
    for (size_t i = start; fields[i].name; i++)
        if (*fields[i].name == *name && strcmp(fields[i].name, name) == 0) return i;
    for (size_t i = 0; i < start; i++)
        if (*fields[i].name == *name && strcmp(fields[i].name, name) == 0) return i;
    return SC_MEMBERS_MAX;
}

void sc_match_members(struct sc_reading *reading, const struct sc_place *at, const struct sc_field *fields,
                      json_t *object, json_t *found[SC_MEMBERS_MAX])
{
    size_t next = 0;
    for (void *member = json_object_iter(object); member; member = json_object_iter_next(object, member)) {
        const char *name = json_object_iter_key(member);
        size_t i = find_field(fields, name, next);
        if (i < SC_MEMBERS_MAX) {
            found[i] = json_object_iter_value(member);
            next = i + 1;
        } else {
            sc_blame_unknown(reading, at, fields, name);
        }
    }
}

/* A member that the document leaves out. */
static void read_default(struct sc_reading *reading, const struct sc_place *at, void *home)
{
    const struct sc_field *field = at->field;
    if (!home) return;
    switch (field->kind) {
    case SC_KIND_NUMBER:
    case SC_KIND_INTEGER:
        *(sc_slot *)home = sc_reading_add_driver(reading, at, sc_reading_add_node(reading, at),
                                                 field->fallback, SC_FROM_DEFAULT);
        break;
    case SC_KIND_PATH:
        sc_read_default_path(reading, at, home);
        break;
    case SC_KIND_OBJECT:
        read_object(reading, at, NULL, home);
        break;
    default: /* cleared to its default */
        break;
    }
}

void sc_read_members(struct sc_reading *reading, const struct sc_place *at, const struct sc_field *fields,
                     json_t *object, void *base)
{
    json_t *found[SC_MEMBERS_MAX] = {NULL};
    if (object) sc_match_members(reading, at, fields, object, found);
    for (size_t i = 0; i < SC_MEMBERS_MAX && fields[i].name; i++) {
        const struct sc_field *field = &fields[i];
        struct sc_place member = {.above = at, .field = field, .name = field->name};
        void *home = find_home(field, base);
        if (found[i])
            READERS[field->kind](reading, &member, found[i], home);
        else if (field->presence == SC_DEFAULTED)
            read_default(reading, &member, home);
        else if (field->presence == SC_REQUIRED)
            sc_blame_missing(reading, at, field);
    }
}

/* An object of the table, or with value NULL its defaults. */
static void read_object(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    if (value && !json_is_object(value)) {
        sc_blame_type(reading, at, "an object", value);
        return;
    }
    struct sc_place here = *at;
    if (into) {
        here.node = sc_reading_add_node(reading, at);
        *(bool *)into = true;
    }
    sc_read_members(reading, &here, at->field->member, value, into);
}

static void read_element(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    if (!json_is_object(value)) {
        sc_blame_type(reading, at, "an object", value);
        return;
    }
    struct sc_place here = *at;
    if (into) {
        here.node = sc_reading_add_node(reading, at);
        clear_members(at->field->member, into);
    }
    sc_read_members(reading, &here, at->field->member, value, into);
}

/* A list goes to a pointer and, right after it, the count. */
struct list_home {
    char *element;
    size_t count;
};

/* Room for the elements; NULL when they are only checked. */
static char *make_list(struct sc_reading *reading, const struct sc_field *field, size_t count, void *into)
{
    if (!into || count == 0) return NULL;
    struct list_home home = {sc_arena_array(reading->arena, count, field->size), count};
    if (!home.element) reading->exhausted = true;
    memcpy(into, &home, sizeof home);
    return home.element;
}

static void read_list(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    const struct sc_field *field = at->field;
    if (!json_is_array(value)) {
        sc_blame_type(reading, at, "an array of objects", value);
        return;
    }
    size_t count = json_array_size(value);
    if (count < field->least || count > field->most)
        sc_blame_length(reading, at, field->least, field->most, count, "elements");
    if (count > field->most) count = field->most;
    struct sc_place here = *at;
    if (into) here.node = sc_reading_add_node(reading, at);
    char *elements = make_list(reading, field, count, into);
    for (size_t i = 0; i < count && !reading->exhausted; i++) {
        struct sc_place element = {.above = &here, .field = field, .index = i};
        read_element(reading, &element, json_array_get(value, i),
                     elements ? elements + i * field->size : NULL);
    }
}

/* The horizon, before the rest is read: the paths' lengths hang on it. 0 where the document's is faulty. */
static int find_horizon(json_t *document)
{
    const struct sc_field *field = SC_SCENARIO_FIELDS;
    while (field->offset != offsetof(struct sc_plan, horizon_slot)) field++;
    const json_t *value = json_object_get(document, field->name);
    if (!value) return (int)field->fallback;
    if (!json_is_number(value) || !sc_field_allows(field, json_number_value(value))) return 0;
    double number = json_number_value(value);
    return number > (int)number ? 0 : (int)number;
}

void sc_read_alone(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    clear_member(at->field, into);
    READERS[at->field->kind](reading, at, value, into);
}

static struct sc_plan *read_document(struct sc_reading *reading, json_t *document)
{
    struct sc_plan *plan = sc_arena_alloc(reading->arena, sizeof *plan);
    if (!plan) return NULL;
    struct sc_place root = {.above = NULL};
    if (!json_is_object(document)) {
        sc_blame_type(reading, &root, "an object, a scenario document", document);
        return NULL;
    }
    sc_reading_add_node(reading, &root);
    clear_members(SC_SCENARIO_FIELDS, plan);
    plan->horizon = reading->horizon;
    sc_read_members(reading, &root, SC_SCENARIO_FIELDS, document, plan);
    plan->driver = reading->driver;
    plan->driver_node = reading->driver_node;
    plan->driver_origin = reading->driver_origin;
    plan->slots = reading->slots;
    plan->node = reading->node;
    plan->nodes = reading->nodes;
    return plan;
}

/* Length of the part of a pointer that a fault of sense depends on: the member of the document, in a list the
 * element. */
static size_t part_of(const char *pointer)
{
    const char *end = strchr(pointer + (*pointer == '/'), '/');
    if (!end) return strlen(pointer);
    const char *next = end + 1;
    if (*next < '0' || *next > '9') return (size_t)(end - pointer);
    return (size_t)(next - pointer) + strcspn(next, "/");
}

static bool is_in(const char *pointer, const char *part, size_t length)
{
    return strncmp(pointer, part, length) == 0 && (pointer[length] == '/' || !pointer[length]);
}

/* May a fault of sense be an echo of one of shape: of the same part, or of a part that it reads? */
static bool is_echo(const struct sc_fault *sense, const struct sc_fault *shape)
{
    bool dates = is_in(shape->pointer, "/base_year_end", 14) || is_in(shape->pointer, "/valuation_date", 15);
    if (dates)
        return sense->code == SC_FAULT_stale_base_year || sense->code == SC_FAULT_market_base_year_mismatch;
    bool whole = strlen(shape->pointer) <= part_of(sense->pointer); /* "/seats" beside "/seats/0" */
    if (is_in(sense->pointer, shape->pointer, strlen(shape->pointer)) && whole) return true;
    if (is_in(shape->pointer, sense->pointer, part_of(sense->pointer))) return true;
    return is_in(shape->pointer, "/seats", 6) && sense->code == SC_FAULT_unknown_seat;
}

/* Adds the faults of sense that do not follow from those of shape, so that one round of mending does. */
static void add_sense(struct sc_plan *plan, struct sc_arena *arena, struct sc_faults *faults)
{
    struct sc_faults *sense = sc_arena_alloc(arena, sizeof *sense);
    size_t shapes = faults->count;
    if (!sense || sc_plan_link(plan, sense)) return;
    for (size_t i = 0; i < sense->count; i++) {
        bool echo = false;
        for (size_t j = 0; j < shapes && !echo; j++) echo = is_echo(&sense->item[i], &faults->item[j]);
        if (!echo)
            sc_fault_add(faults, sense->item[i].code, sense->item[i].pointer, "%s", sense->item[i].detail);
    }
}

struct sc_plan *sc_document_compile(const json_t *document, struct sc_arena *arena, struct sc_faults *faults)
{
    json_t *root = (json_t *)(uintptr_t)document; /* jansson's iterators want it so; nothing is changed */
    size_t before = faults->count + faults->omitted;
    struct sc_reading reading = {.arena = arena, .faults = faults, .horizon = find_horizon(root)};
    struct sc_plan *plan = read_document(&reading, root);
    if (!plan || reading.exhausted) return NULL;
    if (faults->count + faults->omitted == before) return sc_plan_link(plan, faults) ? plan : NULL;
    if (faults->count < SC_FAULTS_MAX) add_sense(plan, arena, faults);
    return NULL;
}
