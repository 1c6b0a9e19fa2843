#include "document_reading.h"

#include "codec/number.h"

/* The ramp's members, in the order of SC_RAMP_FIELDS. */
enum { RAMP_START, RAMP_END, RAMP_SHAPE, RAMP_FROM, RAMP_TO };

enum { YEAR_LAST = 100 }; /* the end of a ramp whose horizon is not known */

static void set_constant(struct sc_reading *reading, const struct sc_place *at, double number,
                         enum sc_origin origin, struct sc_path *path)
{
    path->form = SC_PATH_CONSTANT;
    path->count = 1;
    path->node = sc_reading_add_node(reading, at);
    path->slot = sc_reading_add_driver(reading, at, path->node, number, origin);
}

void sc_read_default_path(struct sc_reading *reading, const struct sc_place *at, struct sc_path *path)
{
    set_constant(reading, at, at->field->fallback, SC_FROM_DEFAULT, path);
}

static void read_constant(struct sc_reading *reading, const struct sc_place *at, json_t *value,
                          struct sc_path *path)
{
    double number;
    if (sc_read_within(reading, at, at->field, value, &number))
        set_constant(reading, at, number, SC_FROM_DOCUMENT, path);
}

/* One number of the path, at a place below it. */
static void read_part(struct sc_reading *reading, const struct sc_place *part, json_t *value,
                      struct sc_path *path)
{
    double number;
    if (!sc_read_within(reading, part, part->above->field, value, &number)) return;
    sc_slot slot =
        sc_reading_add_driver(reading, part, sc_reading_add_node(reading, part), number, SC_FROM_DOCUMENT);
    if (path->slot == SC_NO_SLOT) path->slot = slot;
}

static void check_count(struct sc_reading *reading, const struct sc_place *at, size_t count)
{
    int first = at->field->first_year;
    if (reading->horizon == 0) return;
    size_t wanted = (size_t)(reading->horizon - first + 1);
    if (count == wanted) return;
    sc_blame(reading, SC_FAULT_wrong_length, at,
             "an array must have %zu numbers here, one for each fiscal year from %d to the horizon, %d; it "
             "has %zu",
             wanted, first, reading->horizon, count);
}

static void read_values(struct sc_reading *reading, const struct sc_place *at, json_t *value,
                        struct sc_path *path)
{
    size_t count = json_array_size(value);
    check_count(reading, at, count);
    if (count > SC_HORIZON_MAX + 1) count = SC_HORIZON_MAX + 1;
    struct sc_place here = *at;
    path->form = SC_PATH_VALUES;
    path->count = (uint8_t)count;
    path->node = here.node = sc_reading_add_node(reading, at);
    for (size_t i = 0; i < count; i++) {
        struct sc_place part = {.above = &here, .index = i};
        read_part(reading, &part, json_array_get(value, i), path);
    }
}

static void read_end(struct sc_reading *reading, const struct sc_place *here, size_t which, json_t *value,
                     struct sc_path *path)
{
    const struct sc_field *field = &SC_RAMP_FIELDS[which];
    struct sc_place part = {.above = here, .field = field, .name = field->name};
    if (value)
        read_part(reading, &part, value, path);
    else
        sc_blame_missing(reading, here, field);
}

/* The year in which the move starts or ends: as given, or otherwise. 0 to 100 (the table). */
static uint8_t read_year(struct sc_reading *reading, const struct sc_place *here, size_t which, json_t *value,
                         int otherwise)
{
    const struct sc_field *field = &SC_RAMP_FIELDS[which];
    struct sc_place part = {.above = here, .field = field, .name = field->name};
    double number;
    if (value && sc_read_whole(reading, &part, field, value, &number)) return (uint8_t)number;
    return (uint8_t)otherwise;
}

static uint8_t read_shape(struct sc_reading *reading, const struct sc_place *here, json_t *value)
{
    const struct sc_field *field = &SC_RAMP_FIELDS[RAMP_SHAPE];
    struct sc_place part = {.above = here, .field = field, .name = field->name};
    int shape = (int)field->fallback;
    if (value) sc_read_choice(reading, &part, value, &shape);
    return (uint8_t)shape;
}

/* What the members of a ramp, each sound, say together. */
static void check_ramp(struct sc_reading *reading, const struct sc_place *at, const struct sc_path *path)
{
    const double *end = reading->driver + path->slot;
    if (path->shape == SC_SHAPE_GEOMETRIC && !(end[0] > 0 && end[1] > 0) && !(end[0] < 0 && end[1] < 0)) {
        char from[SC_NUMBER_MAX], to[SC_NUMBER_MAX];
        sc_number_write(end[0], from);
        sc_number_write(end[1], to);
        sc_blame(reading, SC_FAULT_bad_path, at,
                 "a geometric ramp needs ends of one sign, neither of them 0; it goes from %s to %s", from,
                 to);
    }
    if (path->from > path->to)
        sc_blame(
            reading, SC_FAULT_bad_path, at,
            "the ramp starts in year %d, after the year %d in which it ends; `from` is %d unless given, `to` "
            "is the horizon",
            path->from, path->to, path->first_year);
}

static void read_ramp(struct sc_reading *reading, const struct sc_place *at, json_t *value,
                      struct sc_path *path)
{
    struct sc_place here = *at;
    json_t *found[SC_MEMBERS_MAX] = {NULL};
    size_t before = reading->faults->count + reading->faults->omitted;
    path->form = SC_PATH_RAMP;
    path->count = 2;
    path->node = here.node = sc_reading_add_node(reading, at);
    sc_match_members(reading, &here, SC_RAMP_FIELDS, value, found);
    read_end(reading, &here, RAMP_START, found[RAMP_START], path);
    read_end(reading, &here, RAMP_END, found[RAMP_END], path);
    path->shape = read_shape(reading, &here, found[RAMP_SHAPE]);
    path->from = read_year(reading, &here, RAMP_FROM, found[RAMP_FROM], path->first_year);
    path->to =
        read_year(reading, &here, RAMP_TO, found[RAMP_TO], reading->horizon ? reading->horizon : YEAR_LAST);
    if (reading->faults->count + reading->faults->omitted == before && !reading->exhausted)
        check_ramp(reading, at, path);
}

void sc_read_path(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    bool any_form = at->field->kind == SC_KIND_PATH;
    if (json_is_array(value))
        read_values(reading, at, value, into);
    else if (any_form && json_is_number(value))
        read_constant(reading, at, value, into);
    else if (any_form && json_is_object(value))
        read_ramp(reading, at, value, into);
    else
        sc_blame_type(reading, at,
                      any_form ? "a number, an array of numbers by year, or a ramp {\"start\", \"end\"}"
                               : "an array of numbers, one a year",
                      value);
}
