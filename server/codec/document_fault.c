#include "document_reading.h"

#include "codec/number.h"
#include "codec/pointer.h"
#include "codec/text.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

enum { STEPS_MAX = 16, SENTENCE_MAX = SC_DETAIL_MAX + 64 };

const char *sc_place_pointer(const struct sc_place *at, char out[SC_POINTER_MAX])
{
    const struct sc_place *chain[STEPS_MAX];
    size_t depth = 0;
    for (; at && at->above && depth < STEPS_MAX; at = at->above) chain[depth++] = at;
    bool fits = snprintf(out, SC_POINTER_MAX, "%s", at && at->name ? at->name : "") < SC_POINTER_MAX;
    while (fits && depth > 0) {
        const struct sc_place *step = chain[--depth];
        fits = step->name ? sc_pointer_append_key(out, out, step->name)
                          : sc_pointer_append_index(out, out, step->index);
    }
    return out;
}

/* Whether a further fault is only counted; then its sentence need not be made. */
static bool is_only_counted(struct sc_reading *reading)
{
    if (reading->faults->count < SC_FAULTS_MAX) return false;
    reading->faults->omitted++;
    return true;
}

void sc_blame(struct sc_reading *reading, enum sc_fault_code code, const struct sc_place *at,
              const char *format, ...)
{
    if (is_only_counted(reading)) return;
    char pointer[SC_POINTER_MAX], sentence[SENTENCE_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(sentence, sizeof sentence, format, arguments);
    va_end(arguments);
    sc_fault_add(reading->faults, code, sc_place_pointer(at, pointer), "%s", sentence);
}

const char *sc_type_name(const json_t *value)
{
    switch (json_typeof(value)) {
    case JSON_OBJECT:
        return "an object";
    case JSON_ARRAY:
        return "an array";
    case JSON_STRING:
        return "a text";
    case JSON_INTEGER:
    case JSON_REAL:
        return "a number";
    case JSON_TRUE:
    case JSON_FALSE:
        return "true or false";
    case JSON_NULL:
        break;
    }
    return "null";
}

void sc_blame_type(struct sc_reading *reading, const struct sc_place *at, const char *wanted,
                   const json_t *value)
{
    double number;
    const char *text = json_string_value(value);
    if (text && strstr(wanted, "number") && sc_number_read(text, json_string_length(value), &number)) {
        char written[SC_NUMBER_MAX];
        sc_number_write(number, written);
        sc_blame(reading, SC_FAULT_wrong_type, at, "must be %s, not a text: write %s without quotes", wanted,
                 written);
    } else if (json_is_null(value)) {
        bool may_go = at->name && at->field && at->field->presence != SC_REQUIRED;
        sc_blame(reading, SC_FAULT_wrong_type, at, "must be %s, not null%s", wanted,
                 may_go ? ": leave the member out instead" : "");
    } else {
        sc_blame(reading, SC_FAULT_wrong_type, at, "must be %s, not %s", wanted, sc_type_name(value));
    }
}

static bool is_part_of_one(enum sc_unit unit)
{
    return unit == SC_UNIT_RATE || unit == SC_UNIT_SHARE || unit == SC_UNIT_RATIO;
}

/* 35 where 0.35 was probably meant: the decimal, or 0 when number does not look like a percentage. */
static double as_percentage(const struct sc_field *bounds, double number)
{
    if (!is_part_of_one(bounds->unit) || fabs(number) <= 1 || fabs(number) > 100) return 0;
    double decimal = nearbyint(number * 1e8) / 1e10; /* rounded, so that 14.7 gives 0.147 */
    return sc_field_allows(bounds, decimal) ? decimal : 0;
}

char *sc_describe_bounds(const struct sc_field *bounds, char out[SC_BOUNDS_SHOWN])
{
    const size_t size = SC_BOUNDS_SHOWN;
    char low[SC_NUMBER_MAX], high[SC_NUMBER_MAX];
    sc_number_write(bounds->low, low);
    sc_number_write(bounds->high, high);
    if (!(bounds->low < bounds->high))
        snprintf(out, size, "%s", low);
    else if (!bounds->open_low && !bounds->open_high)
        snprintf(out, size, "between %s and %s", low, high);
    else
        snprintf(out, size, "%s %s and %s %s", bounds->open_low ? "above" : "at least", low,
                 bounds->open_high ? "below" : "at most", high);
    return out;
}

void sc_blame_range(struct sc_reading *reading, const struct sc_place *at, const struct sc_field *bounds,
                    double number)
{
    if (is_only_counted(reading)) return;
    char range[SC_BOUNDS_SHOWN], found[SC_NUMBER_MAX], decimal[SC_NUMBER_MAX];
    const char *unit = sc_unit_name(bounds->unit);
    bool named = *unit;
    sc_describe_bounds(bounds, range);
    sc_number_write(number, found);
    double meant = as_percentage(bounds, number);
    sc_number_write(meant, decimal);
    if (meant < 0 || meant > 0)
        sc_blame(reading, SC_FAULT_out_of_range, at, "must be %s (%s); %s looks like a percentage: write %s",
                 range, unit, found, decimal);
    else
        sc_blame(reading, SC_FAULT_out_of_range, at, "must be %s%s%s%s; it is %s", range, named ? " (" : "",
                 unit, named ? ")" : "", found);
}

void sc_blame_missing(struct sc_reading *reading, const struct sc_place *above, const struct sc_field *field)
{
    struct sc_place at = {.above = above, .field = field, .name = field->name};
    sc_blame(reading, SC_FAULT_missing, &at, "`%s` is required here: %s", field->name, field->meaning);
}

void sc_blame_unknown(struct sc_reading *reading, const struct sc_place *above, const struct sc_field *fields,
                      const char *name)
{
    if (is_only_counted(reading)) return;
    struct sc_place at = {.above = above, .name = name};
    char quoted[SC_QUOTED_MAX], list[SC_LIST_SHOWN];
    const char *meant = sc_suggest_field(fields, NULL, name);
    sc_quote(name, quoted);
    if (meant)
        sc_blame(reading, SC_FAULT_unknown_field, &at, "there is no `%s` here; did you mean `%s`?", quoted,
                 meant);
    else
        sc_blame(reading, SC_FAULT_unknown_field, &at, "there is no `%s` here; there are %s", quoted,
                 sc_list_fields(fields, NULL, list, sizeof list));
}

void sc_blame_length(struct sc_reading *reading, const struct sc_place *at, size_t least, size_t most,
                     size_t found, const char *counted)
{
    if (least == most)
        sc_blame(reading, SC_FAULT_wrong_length, at, "must have %zu %s; it has %zu", least, counted, found);
    else if (found == 0)
        sc_blame(reading, SC_FAULT_wrong_length, at, "must not be empty: it has no %s", counted);
    else if (found < least)
        sc_blame(reading, SC_FAULT_wrong_length, at, "must have at least %zu %s; it has %zu", least, counted,
                 found);
    else
        sc_blame(reading, SC_FAULT_wrong_length, at, "must have at most %zu %s; it has %zu", most, counted,
                 found);
}

const char *sc_suggest_field(const struct sc_field *fields, bool (*wanted)(const struct sc_field *field),
                             const char *word)
{
    const char *names[SC_MEMBERS_MAX];
    size_t count = 0;
    for (; fields->name && count < SC_MEMBERS_MAX; fields++)
        if (!wanted || wanted(fields)) names[count++] = fields->name;
    return sc_text_suggest(word, names, count);
}

char *sc_list_fields(const struct sc_field *fields, bool (*wanted)(const struct sc_field *field), char *out,
                     size_t size)
{
    static const char more[] = ", \xe2\x80\xa6";
    size_t length = 0;
    out[0] = '\0';
    for (; fields->name; fields++) {
        if (wanted && !wanted(fields)) continue;
        size_t needed = strlen(fields->name) + sizeof ", ``";
        if (length + needed + sizeof more > size) {
            snprintf(out + length, size - length, "%s", more);
            break;
        }
        length += (size_t)snprintf(out + length, size - length, "%s`%s`", length ? ", " : "", fields->name);
    }
    return out;
}

char *sc_quote(const char *text, char out[SC_QUOTED_MAX])
{
    static const char more[] = "\xe2\x80\xa6";
    size_t length = strnlen(text, SC_QUOTED_MAX);
    bool cut = length >= SC_QUOTED_MAX - sizeof more;
    if (cut) {
        length = SC_QUOTED_MAX - sizeof more;
        while (length > 0 && ((unsigned char)text[length] & 0xc0) == 0x80) length--;
    }
    memcpy(out, text, length);
    memcpy(out + length, cut ? more : "", cut ? sizeof more : 1);
    return out;
}
