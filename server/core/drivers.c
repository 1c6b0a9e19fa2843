#include "secondchair/field.h"

#include <stdio.h>
#include <string.h>

char *sc_plan_pointer(const struct sc_plan *plan, size_t node, char *out, size_t size)
{
    size_t chain[16], depth = 0;
    for (size_t at = node; at != 0 && depth < 16; at = plan->node[at].parent) chain[depth++] = at;
    size_t length = 0;
    out[0] = '\0';
    while (depth > 0 && length + 1 < size) {
        const struct sc_node *step = &plan->node[chain[--depth]];
        int written = step->index >= 0 ? snprintf(out + length, size - length, "/%d", step->index)
                                       : snprintf(out + length, size - length, "/%s", step->field->name);
        if (written > 0) length += (size_t)written;
    }
    return out;
}

/* Takes the last step off a pointer that ends at end; NULL where it is not this one. Writes no text, for it
 * is asked of every number of a plan. */
static const char *without_step(const char *pointer, const char *end, const struct sc_node *step)
{
    if (step->index >= 0) {
        int index = step->index;
        do {
            if (end == pointer || *--end != '0' + index % 10) return NULL;
            index /= 10;
        } while (index > 0);
    } else {
        size_t length = strlen(step->field->name);
        if ((size_t)(end - pointer) < length) return NULL;
        end -= length;
        if (memcmp(end, step->field->name, length) != 0) return NULL;
    }
    return end != pointer && *--end == '/' ? end : NULL;
}

sc_slot sc_plan_find(const struct sc_plan *plan, const char *pointer)
{
    const char *last = pointer + strlen(pointer);
    for (size_t slot = 0; slot < plan->slots; slot++) {
        const char *end = last;
        for (size_t at = plan->driver_node[slot]; at != 0 && end; at = plan->node[at].parent)
            end = without_step(pointer, end, &plan->node[at]);
        if (end == pointer) return (sc_slot)slot;
    }
    return SC_NO_SLOT;
}

static const struct sc_field *field_at(const struct sc_plan *plan, const struct sc_node *node)
{
    const struct sc_node *above = &plan->node[node->parent];
    bool in_path =
        above->field && (above->field->kind == SC_KIND_PATH || above->field->kind == SC_KIND_VALUES);
    return in_path || !node->field ? field_at(plan, above) : node->field;
}

const struct sc_field *sc_plan_field(const struct sc_plan *plan, sc_slot slot)
{
    return field_at(plan, &plan->node[plan->driver_node[slot]]);
}

const struct sc_field *sc_plan_bounds(const struct sc_plan *plan, sc_slot slot)
{
    const struct sc_field *field = sc_plan_field(plan, slot);
    bool is_year = field->kind == SC_KIND_POINTS && plan->node[plan->driver_node[slot]].index == 0;
    return is_year ? &SC_POINT_YEAR : field;
}

enum sc_unit sc_plan_unit(const struct sc_plan *plan, sc_slot slot)
{
    return sc_plan_bounds(plan, slot)->unit;
}
