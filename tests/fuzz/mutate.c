/* Changes documents by the table of fields, so that most of them still compile: bytes changed blindly die in
 * the parser. */
#include "fuzz.h"
#include "secondchair/field.h"

#include <math.h>

size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed);

static unsigned state;

static unsigned below(unsigned count)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % (count ? count : 1);
}

/* A number of the field, mostly within its bounds. */
static double number(const struct sc_field *field)
{
    static const double special[] = {0,    -0.0, 1,   -1,   1e-300, 5e-324, 1e-9,  0.5,   1e9,
                                     -1e9, 1e15, 2.5, 2026, 1e308,  1e-16,  0.999, -0.99, 1 - 0x1p-53};
    double low = field->low, high = field->high, width = high - low;
    switch (below(8)) {
    case 0:
        return special[below(sizeof special / sizeof special[0])];
    case 1:
        return low;
    case 2:
        return high;
    case 3:
        return nextafter(low, high);
    case 4:
        return nextafter(high, low);
    case 5:
        return low + width * pow(10, -(double)below(20));
    default:
        return low + width * below(1000) / 1000;
    }
}

static json_t *figure(const struct sc_field *field)
{
    double value = number(field);
    bool whole = field->kind == SC_KIND_INTEGER && fabs(value) < 1e15;
    return whole ? json_integer((json_int_t)value) : json_real(value);
}

static json_t *numbers(const struct sc_field *field, unsigned count)
{
    json_t *all = json_array();
    while (count-- > 0) json_array_append_new(all, figure(field));
    return all;
}

static json_t *value_of(const struct sc_field *field);

static json_t *path_of(const struct sc_field *field)
{
    static const char *const shapes[] = {"linear", "geometric", "logistic"};
    if (below(3) == 0) return figure(field);
    if (below(2) == 0) return numbers(field, 1 + below(12));
    json_t *ramp =
        json_pack("{s:o, s:o, s:s}", "start", figure(field), "end", figure(field), "shape", shapes[below(3)]);
    if (below(2)) json_object_set_new(ramp, "from", json_integer(below(12)));
    if (below(2)) json_object_set_new(ramp, "to", json_integer(1 + below(30)));
    return ramp;
}

static json_t *points_of(const struct sc_field *field)
{
    json_t *points = json_array();
    for (unsigned i = 0, count = 1 + below(5); i < count; i++)
        json_array_append_new(points, json_pack("[f, o]", 2020.0 + i + below(3) * 0.25, figure(field)));
    return points;
}

static json_t *object_of(const struct sc_field *members)
{
    json_t *object = json_object();
    for (const struct sc_field *field = members; field->name; field++)
        if (field->presence == SC_REQUIRED || below(4) == 0)
            json_object_set_new(object, field->name, value_of(field));
    return object;
}

static json_t *choice_of(const struct sc_field *field)
{
    unsigned count = 0;
    while (field->choice[count]) count++;
    return json_string(field->choice[below(count)]);
}

static json_t *value_of(const struct sc_field *field)
{
    switch (field->kind) {
    case SC_KIND_OBJECT:
        return object_of(field->member);
    case SC_KIND_LIST:
        return json_pack("[o, o]", object_of(field->member), object_of(field->member));
    case SC_KIND_NUMBER:
    case SC_KIND_INTEGER:
        return figure(field);
    case SC_KIND_PATH:
        return path_of(field);
    case SC_KIND_VALUES:
        return numbers(field, 1 + below(30));
    case SC_KIND_POINTS:
        return points_of(field);
    case SC_KIND_DATE:
        return json_sprintf("%04u-%02u-%02u", 2000 + below(40), 1 + below(12), 1 + below(31));
    case SC_KIND_CHOICE:
        return choice_of(field);
    case SC_KIND_FLAG:
        return json_boolean((int)below(2));
    case SC_KIND_ID:
        return json_string((const char *[]){"second", "all", "rest"}[below(3)]);
    case SC_KIND_NUMBERS:
        return numbers(field, 1 + below(4));
    default:
        return json_string("/price");
    }
}

/* Changes one value at or below an object of the table; goes down with even odds where it can. */
static void change(json_t *object, const struct sc_field *members)
{
    unsigned count = 0;
    while (members[count].name) count++;
    const struct sc_field *field = &members[below(count)];
    json_t *found = json_object_get(object, field->name);
    for (unsigned tries = 0; !found && tries < 3; tries++) { /* what is there, rather */
        field = &members[below(count)];
        found = json_object_get(object, field->name);
    }
    json_t *element = json_array_get(found, below((unsigned)json_array_size(found)));
    if (field->kind == SC_KIND_OBJECT && json_is_object(found) && below(8)) {
        change(found, field->member);
    } else if (field->kind == SC_KIND_LIST && json_is_object(element) && below(8)) {
        change(element, field->member);
    } else if (json_is_array(found) && below(4) == 0) { /* one element again, or one less */
        if (below(2))
            json_array_append_new(found, json_deep_copy(element));
        else
            json_array_remove(found, below((unsigned)json_array_size(found)));
    } else if (found && below(8) == 0) {
        json_object_del(object, field->name);
    } else {
        json_object_set_new(object, field->name, value_of(field));
    }
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned seed)
{
    state = seed;
    json_t *document = below(8) ? json_loadb((const char *)data, size, 0, NULL) : NULL;
    if (!json_is_object(document)) {
        json_decref(document);
        return LLVMFuzzerMutate(data, size, most);
    }
    for (unsigned times = 1 + below(3); times > 0; times--) change(document, SC_SCENARIO_FIELDS);
    char *text = json_dumps(document, JSON_COMPACT);
    size_t length = text ? strlen(text) : 0;
    if (length > 0 && length <= most) memcpy(data, text, length);
    free(text);
    json_decref(document);
    return length > 0 && length <= most ? length : size;
}
