#include "document_reading.h"

#include "base/arena.h"
#include "codec/number.h"

/* One of a pair's two numbers; its slot, when it is sound. */
static sc_slot read_part(struct sc_reading *reading, const struct sc_place *pair, size_t which,
                         const struct sc_field *bounds, json_t *value)
{
    struct sc_place part = {.above = pair, .index = which};
    double number;
    if (!sc_read_within(reading, &part, bounds, value, &number)) return SC_NO_SLOT;
    return sc_reading_add_driver(reading, &part, sc_reading_add_node(reading, &part), number,
                                 SC_FROM_DOCUMENT);
}

static struct sc_point read_pair(struct sc_reading *reading, const struct sc_place *at, json_t *value)
{
    struct sc_point point = {SC_NO_SLOT, SC_NO_SLOT};
    if (!json_is_array(value)) {
        sc_blame_type(reading, at, "a pair [year, value]", value);
    } else if (json_array_size(value) != 2) {
        sc_blame_length(reading, at, 2, 2, json_array_size(value), "numbers, [year, value]");
    } else {
        struct sc_place pair = *at;
        pair.node = sc_reading_add_node(reading, at);
        point.year = read_part(reading, &pair, 0, &SC_POINT_YEAR, json_array_get(value, 0));
        point.value = read_part(reading, &pair, 1, at->above->field, json_array_get(value, 1));
    }
    return point;
}

static void check_order(struct sc_reading *reading, const struct sc_place *pair, const struct sc_point *point)
{
    if (point[-1].year == SC_NO_SLOT || point[0].year == SC_NO_SLOT) return;
    double before = reading->driver[point[-1].year], year = reading->driver[point[0].year];
    if (year > before) return;
    char written[2][SC_NUMBER_MAX];
    sc_number_write(year, written[0]);
    sc_number_write(before, written[1]);
    struct sc_place part = {.above = pair, .index = 0};
    sc_blame(reading, SC_FAULT_bad_path, &part, "years must ascend: %s comes after %s", written[0],
             written[1]);
}

/* Points go to a pointer and, right after it, the count. */
struct points_home {
    struct sc_point *point;
    size_t count;
};

void sc_read_points(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    const struct sc_field *field = at->field;
    struct points_home *home = into;
    if (!json_is_array(value)) {
        sc_blame_type(reading, at, "an array of pairs [year, value]", value);
        return;
    }
    size_t count = json_array_size(value);
    if (count < field->least || count > field->most)
        sc_blame_length(reading, at, field->least, field->most, count, "points");
    if (count > field->most) count = field->most;
    struct sc_place here = *at;
    here.node = sc_reading_add_node(reading, at);
    home->count = count;
    home->point = sc_arena_array(reading->arena, count, sizeof *home->point);
    if (!home->point) {
        reading->exhausted = true;
        return;
    }
    for (size_t i = 0; i < count; i++) {
        struct sc_place pair = {.above = &here, .index = i};
        home->point[i] = read_pair(reading, &pair, json_array_get(value, i));
        if (i > 0) check_order(reading, &pair, &home->point[i]);
    }
}
