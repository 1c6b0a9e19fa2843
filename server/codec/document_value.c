#include "document_reading.h"

#include "base/arena.h"
#include "codec/number.h"

#include <stdint.h>
#include <string.h>

static bool take_number(struct sc_reading *reading, const struct sc_place *at, const char *wanted,
                        json_t *value, double *number)
{
    if (!json_is_number(value)) {
        sc_blame_type(reading, at, wanted, value);
        return false;
    }
    *number = json_number_value(value) + 0.0; /* -0 becomes 0 */
    return true;
}

static bool check_range(struct sc_reading *reading, const struct sc_place *at, const struct sc_field *bounds,
                        double number)
{
    if (sc_field_allows(bounds, number)) return true;
    sc_blame_range(reading, at, bounds, number);
    return false;
}

bool sc_read_within(struct sc_reading *reading, const struct sc_place *at, const struct sc_field *bounds,
                    json_t *value, double *number)
{
    return take_number(reading, at, "a number", value, number) && check_range(reading, at, bounds, *number);
}

static bool is_whole(double number)
{
    return !(number > -9e15 && number < 9e15) || (double)(int64_t)number - number == 0;
}

bool sc_read_whole(struct sc_reading *reading, const struct sc_place *at, const struct sc_field *bounds,
                   json_t *value, double *number)
{
    if (!take_number(reading, at, "a whole number", value, number)) return false;
    if (!is_whole(*number)) {
        char found[SC_NUMBER_MAX];
        sc_number_write(*number, found);
        sc_blame(reading, SC_FAULT_not_an_integer, at, "must be a whole number; it is %s", found);
        return false;
    }
    return check_range(reading, at, bounds, *number);
}

static void store_number(struct sc_reading *reading, const struct sc_place *at, double number, sc_slot *home)
{
    if (home)
        *home =
            sc_reading_add_driver(reading, at, sc_reading_add_node(reading, at), number, SC_FROM_DOCUMENT);
}

void sc_read_number(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    double number;
    if (sc_read_within(reading, at, at->field, value, &number)) store_number(reading, at, number, into);
}

void sc_read_figure(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    double number;
    if (sc_read_within(reading, at, at->field, value, &number) && into) *(double *)into = number;
}

void sc_read_integer(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    double number;
    if (sc_read_whole(reading, at, at->field, value, &number)) store_number(reading, at, number, into);
}

void sc_read_flag(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    if (!json_is_boolean(value))
        sc_blame_type(reading, at, "true or false", value);
    else if (into)
        *(bool *)into = json_is_true(value);
}

void sc_read_any(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    (void)reading, (void)at, (void)value, (void)into;
}

/* An array of least to most elements; the number of them that are to be read, none when it is no array. */
static size_t open_array(struct sc_reading *reading, const struct sc_place *at, const char *wanted,
                         const json_t *value)
{
    const struct sc_field *field = at->field;
    if (!json_is_array(value)) {
        sc_blame_type(reading, at, wanted, value);
        return 0;
    }
    size_t count = json_array_size(value);
    if (count < field->least || count > field->most)
        sc_blame_length(reading, at, field->least, field->most, count, "elements");
    return count < field->most ? count : field->most;
}

void sc_read_texts(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    (void)into;
    size_t count = open_array(reading, at, "an array of texts", value);
    for (size_t i = 0; i < count; i++) {
        struct sc_place element = {.above = at, .field = at->field, .index = i};
        sc_read_text(reading, &element, json_array_get(value, i), NULL);
    }
}

/* Numbers go to a pointer and, right after it, the count. */
struct numbers_home {
    const double *number;
    size_t count;
};

/* Room for numbers; NULL when they are only checked, or the arena is exhausted. */
static double *make_numbers(struct sc_reading *reading, size_t numbers, size_t count, void *into)
{
    if (!into || count == 0) return NULL;
    double *number = sc_arena_array(reading->arena, numbers, sizeof *number);
    if (!number) reading->exhausted = true;
    memcpy(into, &(struct numbers_home){number, count}, sizeof(struct numbers_home));
    return number;
}

static void read_each(struct sc_reading *reading, const struct sc_place *at, const json_t *array,
                      size_t count, double *number)
{
    for (size_t i = 0; i < count; i++) {
        struct sc_place element = {.above = at, .field = at->field, .index = i};
        sc_read_figure(reading, &element, json_array_get(array, i), number ? &number[i] : NULL);
    }
}

void sc_read_numbers(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    size_t count = open_array(reading, at, "an array of numbers", value);
    read_each(reading, at, value, count, make_numbers(reading, count, count, into));
}

static void read_row(struct sc_reading *reading, const struct sc_place *at, json_t *row, size_t wanted,
                     double *number)
{
    if (json_is_array(row) && json_array_size(row) != wanted)
        sc_blame_length(reading, at, wanted, wanted, json_array_size(row),
                        "numbers, as many as the matrix has rows");
    else
        read_each(reading, at, row, open_array(reading, at, "an array of numbers", row), number);
}

void sc_read_matrix(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    size_t count = open_array(reading, at, "an array of rows, each an array of numbers", value);
    double *number = make_numbers(reading, count * count, count, into);
    for (size_t i = 0; i < count; i++) {
        struct sc_place row = {.above = at, .field = at->field, .index = i};
        read_row(reading, &row, json_array_get(value, i), json_array_size(value),
                 number ? number + i * count : NULL);
    }
}
