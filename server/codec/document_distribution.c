#include "document_distribution.h"

#include <math.h>
#include <string.h>

enum { MEMBERS_LISTED = SC_DISTRIBUTION_PARAMETERS + 3 };

static const char *name_kind(int kind)
{
    return sc_find_member(SC_DISTRIBUTION_FIELDS, "kind")->choice[kind];
}

static bool is_parameter(int kind, const char *name)
{
    const char *parameter;
    bool listed = strcmp(name, "values") == 0 || strcmp(name, "weights") == 0;
    bool truncates = strcmp(name, "min") == 0 || strcmp(name, "max") == 0;
    if (listed) return kind == SC_DISCRETE;
    if (truncates) return kind != SC_FITTED_CURVE;
    for (size_t i = 0; (parameter = sc_distribution_parameter(kind, i)); i++)
        if (strcmp(parameter, name) == 0) return true;
    return false;
}

static const char *list_parameters(int kind, char out[SC_LIST_SHOWN])
{
    const char *words[MEMBERS_LISTED + 1];
    size_t count = 0;
    for (const struct sc_field *field = SC_DISTRIBUTION_FIELDS; field->name && count < MEMBERS_LISTED;
         field++)
        if (is_parameter(kind, field->name)) words[count++] = field->name;
    words[count] = NULL;
    return sc_list_words(words, out);
}

static double figure_of(const struct sc_written_distribution *written, const struct sc_field *field)
{
    return *(const double *)(const void *)((const char *)written + field->offset);
}

static bool is_written(const struct sc_written_distribution *written, const struct sc_field *field)
{
    if (field->kind == SC_KIND_FIGURE) return !isnan(figure_of(written, field));
    if (strcmp(field->name, "values") == 0) return written->values;
    return strcmp(field->name, "weights") == 0 && written->weights;
}

static void blame_stranger(struct sc_reading *reading, const struct sc_place *at, int kind)
{
    char list[SC_LIST_SHOWN];
    if (kind == SC_FITTED_CURVE)
        sc_blame(reading, SC_FAULT_conflict, at,
                 "`%s` is not a parameter of `fit`, which has none: the curve is drawn from the covariance "
                 "of its fit",
                 at->name);
    else
        sc_blame(reading, SC_FAULT_conflict, at, "`%s` is not a parameter of `%s`, which has %s", at->name,
                 name_kind(kind), list_parameters(kind, list));
}

static void check_strangers(struct sc_reading *reading, const struct sc_place *at,
                            const struct sc_written_distribution *written)
{
    for (const struct sc_field *field = SC_DISTRIBUTION_FIELDS; field->name; field++) {
        struct sc_place stranger = {.above = at, .field = field, .name = field->name};
        if (is_written(written, field) && !is_parameter(written->kind, field->name))
            blame_stranger(reading, &stranger, written->kind);
    }
}

static void blame_absent(struct sc_reading *reading, const struct sc_place *at, int kind, const char *name)
{
    const struct sc_field *field = sc_find_member(SC_DISTRIBUTION_FIELDS, name);
    struct sc_place absent = {.above = at, .field = field, .name = name};
    sc_blame(reading, SC_FAULT_missing, &absent, "`%s` needs `%s`: %s", name_kind(kind), name,
             field->meaning);
}

/* A parameter that need not be given; NAN for one that must. */
static double find_fallback(int kind, const char *parameter)
{
    if (kind == SC_PERT && strcmp(parameter, "lambda") == 0) return 4;
    if (kind == SC_BETA && strcmp(parameter, "low") == 0) return 0;
    if (kind == SC_BETA && strcmp(parameter, "high") == 0) return 1;
    return NAN;
}

static void take_parameters(struct sc_reading *reading, const struct sc_place *at,
                            const struct sc_written_distribution *written, struct sc_distribution *out)
{
    const char *name;
    for (size_t i = 0; (name = sc_distribution_parameter(written->kind, i)); i++) {
        out->parameter[i] = figure_of(written, sc_find_member(SC_DISTRIBUTION_FIELDS, name));
        if (isnan(out->parameter[i])) out->parameter[i] = find_fallback(written->kind, name);
        if (isnan(out->parameter[i])) blame_absent(reading, at, written->kind, name);
    }
}

static void take_values(struct sc_reading *reading, const struct sc_place *at,
                        const struct sc_written_distribution *written, struct sc_distribution *out)
{
    struct sc_place weights = {.above = at, .name = "weights"};
    out->value = written->values;
    out->weight = written->weights;
    out->count = written->value_count;
    if (!written->values) blame_absent(reading, at, written->kind, "values");
    if (!written->weights) blame_absent(reading, at, written->kind, "weights");
    if (written->values && written->weights && written->value_count != written->weight_count)
        sc_blame_length(reading, &weights, written->value_count, written->value_count, written->weight_count,
                        "weights, one for each value");
}

bool sc_distribution_compile(struct sc_reading *reading, const struct sc_place *at,
                             const struct sc_written_distribution *written,
                             struct sc_distribution *distribution)
{
    char place[SC_POINTER_MAX];
    size_t before = reading->faults->count + reading->faults->omitted;
    *distribution = (struct sc_distribution){.kind = written->kind,
                                             .min = isnan(written->min) ? -INFINITY : written->min,
                                             .max = isnan(written->max) ? INFINITY : written->max};
    check_strangers(reading, at, written);
    take_parameters(reading, at, written, distribution);
    if (written->kind == SC_DISCRETE) take_values(reading, at, written, distribution);
    if (reading->faults->count + reading->faults->omitted > before) return false;
    return sc_distribution_check(distribution, sc_place_pointer(at, place), reading->faults);
}

bool sc_distribution_meets(const struct sc_distribution *distribution, const struct sc_field *bounds)
{
    double most = bounds->open_high ? nextafter(bounds->high, -INFINITY) : bounds->high;
    double below = bounds->open_low ? bounds->low : nextafter(bounds->low, -INFINITY);
    return sc_distribution_cdf(distribution, most) > sc_distribution_cdf(distribution, below);
}
