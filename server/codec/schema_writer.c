#include "schema_writer.h"

#include "codec/number.h"
#include "document.h"
#include "document_reading.h"

#include <stdio.h>
#include <string.h>

enum { NAME_MAX_LENGTH = 128, PATH_DEFINITIONS_MAX = 64 };

static void write_bounds(struct sc_json_writer *writer, const struct sc_field *field)
{
    sc_json_member_number(writer, field->open_low ? "exclusiveMinimum" : "minimum", field->low);
    sc_json_member_number(writer, field->open_high ? "exclusiveMaximum" : "maximum", field->high);
}

static void write_figure(struct sc_json_writer *writer, const char *type, const struct sc_field *bounds)
{
    sc_json_member_text(writer, "type", type);
    write_bounds(writer, bounds);
}

static void write_number_schema(struct sc_json_writer *writer, const char *key, const struct sc_field *bounds)
{
    sc_json_member_object_begin(writer, key);
    write_figure(writer, "number", bounds);
    sc_json_object_end(writer);
}

static void write_number(struct sc_json_writer *writer, const struct sc_field *field)
{
    write_figure(writer, "number", field);
}

static void write_integer(struct sc_json_writer *writer, const struct sc_field *field)
{
    write_figure(writer, "integer", field);
}

static void write_flag(struct sc_json_writer *writer, const struct sc_field *field)
{
    (void)field;
    sc_json_member_text(writer, "type", "boolean");
}

static void write_array(struct sc_json_writer *writer, size_t least, size_t most)
{
    sc_json_member_text(writer, "type", "array");
    sc_json_member_integer(writer, "minItems", (int64_t)least);
    sc_json_member_integer(writer, "maxItems", (int64_t)most);
}

static void write_words(struct sc_json_writer *writer, const struct sc_field *field)
{
    sc_json_member_text(writer, "type", "string");
    sc_json_member_array_begin(writer, "enum");
    for (const char *const *word = field->choice; *word; word++)
        if (**word) sc_json_text(writer, *word);
    sc_json_array_end(writer);
}

static void write_text(struct sc_json_writer *writer, const struct sc_field *field)
{
    sc_json_member_text(writer, "type", "string");
    sc_json_member_integer(writer, "minLength", (int64_t)field->low);
    sc_json_member_integer(writer, "maxLength", (int64_t)field->high);
    sc_json_member_text(writer, "pattern",
                        field->high > SC_LINE_MAX ? "^[^\\u0000-\\u0008\\u000b-\\u001f\\u007f-\\u009f]*$"
                                                  : "^[^\\u0000-\\u001f\\u007f-\\u009f]*$");
}

static void write_date(struct sc_json_writer *writer, const struct sc_field *field)
{
    (void)field;
    sc_json_member_text(writer, "type", "string");
    sc_json_member_text(writer, "format", "date");
    sc_json_member_text(writer, "pattern",
                        "^(19\\d\\d|2[01]\\d\\d|2200)-(0[1-9]|1[0-2])-(0[1-9]|[12]\\d|3[01])$");
}

static void write_pointer(struct sc_json_writer *writer, const struct sc_field *field)
{
    (void)field;
    sc_json_member_text(writer, "type", "string");
    sc_json_member_text(writer, "format", "json-pointer");
    sc_json_member_text(writer, "pattern", "^(/([^/~]|~[01])*)*$");
    sc_json_member_integer(writer, "maxLength", SC_POINTER_MAX - 1);
}

static void write_texts(struct sc_json_writer *writer, const struct sc_field *field)
{
    write_array(writer, field->least, field->most);
    sc_json_member_object_begin(writer, "items");
    write_text(writer, field);
    sc_json_object_end(writer);
}

static void write_numbers(struct sc_json_writer *writer, const struct sc_field *field)
{
    write_array(writer, field->least, field->most);
    write_number_schema(writer, "items", field);
}

static void write_matrix(struct sc_json_writer *writer, const struct sc_field *field)
{
    write_array(writer, field->least, field->most);
    sc_json_member_object_begin(writer, "items");
    write_numbers(writer, field);
    sc_json_object_end(writer);
}

static void write_points(struct sc_json_writer *writer, const struct sc_field *field)
{
    write_array(writer, field->least, field->most);
    sc_json_member_object_begin(writer, "items");
    write_array(writer, 2, 2);
    sc_json_member_array_begin(writer, "prefixItems");
    sc_json_object_begin(writer);
    write_figure(writer, "number", &SC_POINT_YEAR);
    sc_json_object_end(writer);
    sc_json_object_begin(writer);
    write_figure(writer, "number", field);
    sc_json_object_end(writer);
    sc_json_array_end(writer);
    sc_json_object_end(writer);
}

static void write_values(struct sc_json_writer *writer, const struct sc_field *field)
{
    write_array(writer, 1, (size_t)SC_HORIZON_MAX + 1 - field->first_year);
    write_number_schema(writer, "items", field);
}

static void write_object(struct sc_json_writer *writer, const struct sc_field *field)
{
    sc_schema_write_members(writer, field->member);
}

static void write_list(struct sc_json_writer *writer, const struct sc_field *field)
{
    write_array(writer, field->least, field->most);
    sc_json_member_object_begin(writer, "items");
    sc_schema_write_members(writer, field->member);
    sc_json_object_end(writer);
}

static void write_any(struct sc_json_writer *writer, const struct sc_field *field)
{
    (void)writer, (void)field;
}

/* The definition of a path's forms is named after what tells it from others: its bounds and its first year.
 */
static const char *name_path(const struct sc_field *field, char out[NAME_MAX_LENGTH])
{
    char low[SC_NUMBER_MAX], high[SC_NUMBER_MAX];
    sc_number_write(field->low, low);
    sc_number_write(field->high, high);
    snprintf(out, NAME_MAX_LENGTH, "path_from_year_%d_%s_%s_%s_%s", field->first_year,
             field->open_low ? "above" : "at_least", low, field->open_high ? "below" : "at_most", high);
    return out;
}

static void write_path(struct sc_json_writer *writer, const struct sc_field *field)
{
    char name[NAME_MAX_LENGTH], reference[NAME_MAX_LENGTH + 16];
    snprintf(reference, sizeof reference, "#/$defs/%s", name_path(field, name));
    sc_json_member_text(writer, "$ref", reference);
}

typedef void value_writer(struct sc_json_writer *writer, const struct sc_field *field);

static value_writer *const WRITERS[] = {
    [SC_KIND_OBJECT] = write_object,   [SC_KIND_LIST] = write_list,       [SC_KIND_NUMBER] = write_number,
    [SC_KIND_INTEGER] = write_integer, [SC_KIND_PATH] = write_path,       [SC_KIND_VALUES] = write_values,
    [SC_KIND_POINTS] = write_points,   [SC_KIND_TEXT] = write_text,       [SC_KIND_ID] = write_text,
    [SC_KIND_DATE] = write_date,       [SC_KIND_CHOICE] = write_words,    [SC_KIND_FLAG] = write_flag,
    [SC_KIND_TEXTS] = write_texts,     [SC_KIND_POINTER] = write_pointer, [SC_KIND_NUMBERS] = write_numbers,
    [SC_KIND_MATRIX] = write_matrix,   [SC_KIND_FIGURE] = write_number,   [SC_KIND_ANY] = write_any,
};

static void write_default(struct sc_json_writer *writer, const struct sc_field *field)
{
    switch (field->kind) {
    case SC_KIND_NUMBER:
    case SC_KIND_INTEGER:
    case SC_KIND_PATH:
        sc_json_member_number(writer, "default", field->fallback);
        break;
    case SC_KIND_CHOICE:
        sc_json_member_text(writer, "default", field->choice[(int)field->fallback]);
        break;
    case SC_KIND_FLAG:
        sc_json_member_boolean(writer, "default", field->fallback > 0);
        break;
    case SC_KIND_OBJECT:
        sc_json_member_raw(writer, "default", "{}", 2);
        break;
    default:
        break;
    }
}

void sc_schema_write_field(struct sc_json_writer *writer, const struct sc_field *field)
{
    sc_json_object_begin(writer);
    sc_json_member_text(writer, "description", field->meaning);
    if (field->unit != SC_UNIT_NONE) sc_json_member_text(writer, "x-unit", sc_unit_name(field->unit));
    if (field->group != SC_GROUP_NONE) sc_json_member_text(writer, "x-group", sc_group_name(field->group));
    WRITERS[field->kind](writer, field);
    if (field->presence == SC_DEFAULTED) write_default(writer, field);
    sc_json_object_end(writer);
}

static void write_required(struct sc_json_writer *writer, const struct sc_field *fields)
{
    bool open = false;
    for (; fields->name; fields++) {
        if (fields->presence != SC_REQUIRED) continue;
        if (!open) sc_json_member_array_begin(writer, "required");
        open = true;
        sc_json_text(writer, fields->name);
    }
    if (open) sc_json_array_end(writer);
}

void sc_schema_write_members(struct sc_json_writer *writer, const struct sc_field *fields)
{
    sc_json_member_text(writer, "type", "object");
    write_required(writer, fields);
    sc_json_member_boolean(writer, "additionalProperties", false);
    sc_json_member_object_begin(writer, "properties");
    for (const struct sc_field *field = fields; field->name; field++) {
        sc_json_key(writer, field->name);
        sc_schema_write_field(writer, field);
    }
    sc_json_object_end(writer);
}

/* A ramp's member for this path: its ends have the path's bounds, `from` its first year. */
static struct sc_field fit_to_path(const struct sc_field *member, const struct sc_field *path)
{
    struct sc_field fitted = *member;
    bool is_end = member->kind == SC_KIND_NUMBER;
    if (is_end) {
        fitted.low = path->low;
        fitted.high = path->high;
        fitted.open_low = path->open_low;
        fitted.open_high = path->open_high;
    }
    return fitted;
}

static void write_ramp(struct sc_json_writer *writer, const struct sc_field *path)
{
    sc_json_object_begin(writer);
    sc_json_member_text(writer, "title", "A move from one value to another");
    sc_json_member_text(writer, "type", "object");
    write_required(writer, SC_RAMP_FIELDS);
    sc_json_member_boolean(writer, "additionalProperties", false);
    sc_json_member_object_begin(writer, "properties");
    for (const struct sc_field *member = SC_RAMP_FIELDS; member->name; member++) {
        struct sc_field fitted = fit_to_path(member, path);
        sc_json_key(writer, member->name);
        sc_schema_write_field(writer, &fitted);
    }
    sc_json_object_end(writer);
    sc_json_object_end(writer);
}

static void write_path_definition(struct sc_json_writer *writer, const struct sc_field *path)
{
    char name[NAME_MAX_LENGTH];
    sc_json_member_object_begin(writer, name_path(path, name));
    sc_json_member_array_begin(writer, "oneOf");
    sc_json_object_begin(writer);
    sc_json_member_text(writer, "title", "The same number every year");
    write_number(writer, path);
    sc_json_object_end(writer);
    sc_json_object_begin(writer);
    sc_json_member_text(writer, "title",
                        path->first_year ? "A number for each fiscal year from 1 to the horizon"
                                         : "A number for each fiscal year from 0 to the horizon");
    write_values(writer, path);
    sc_json_object_end(writer);
    write_ramp(writer, path);
    sc_json_array_end(writer);
    sc_json_object_end(writer);
}

/* The definitions written so far, by one of the fields that refer to each. */
struct definitions {
    const struct sc_field *path[PATH_DEFINITIONS_MAX];
    size_t count;
};

static bool is_defined(const struct definitions *done, const struct sc_field *path)
{
    char name[NAME_MAX_LENGTH], other[NAME_MAX_LENGTH];
    name_path(path, name);
    for (size_t i = 0; i < done->count; i++)
        if (strcmp(name_path(done->path[i], other), name) == 0) return true;
    return false;
}

static void write_definitions(struct sc_json_writer *writer, const struct sc_field *fields,
                              struct definitions *done)
{
    for (; fields->name; fields++) {
        if (fields->member) write_definitions(writer, fields->member, done);
        if (fields->kind != SC_KIND_PATH || done->count == PATH_DEFINITIONS_MAX || is_defined(done, fields))
            continue;
        done->path[done->count++] = fields;
        write_path_definition(writer, fields);
    }
}

void sc_document_write_schema(struct sc_json_writer *writer)
{
    struct definitions done = {.count = 0};
    sc_json_object_begin(writer);
    sc_json_member_text(writer, "$schema", "https://json-schema.org/draft/2020-12/schema");
    sc_json_member_text(writer, "$id", "/schema/scenario.json");
    sc_json_member_text(writer, "title", "Scenario");
    sc_json_member_text(
        writer, "description",
        "What a company is assumed to earn and be worth. Money is in USD millions unless said "
        "otherwise, rates and shares are decimals: 0.25 is 25 %.");
    sc_schema_write_members(writer, SC_SCENARIO_FIELDS);
    sc_json_member_object_begin(writer, "$defs");
    write_definitions(writer, SC_SCENARIO_FIELDS, &done);
    sc_json_object_end(writer);
    sc_json_object_end(writer);
}
