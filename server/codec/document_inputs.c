#include "document.h"

#include "codec/pointer.h"
#include "codec/writer.h"
#include "document_override.h"
#include "secondchair/field.h"

#include <stdlib.h>

/* The pointers of an array of {"pointer", "value"}. */
struct moved {
    const char **pointer;
    size_t count;
};

static bool collect(const json_t *overrides, struct moved *moved)
{
    size_t count = json_array_size(overrides);
    *moved = (struct moved){.pointer = calloc(count + 1, sizeof *moved->pointer)};
    for (size_t i = 0; moved->pointer && i < count; i++) {
        const char *pointer = json_string_value(json_object_get(json_array_get(overrides, i), "pointer"));
        if (pointer) moved->pointer[moved->count++] = pointer;
    }
    return moved->pointer;
}

static bool is_moved(const struct moved *moved, const char *pointer)
{
    for (size_t i = 0; i < moved->count; i++)
        if (sc_pointer_is_within(pointer, moved->pointer[i])) return true;
    return false;
}

static const char *name_origin(const struct sc_plan *plan, size_t slot, const char *pointer,
                               const struct moved *own, const struct moved *overrides, bool is_variant)
{
    if (is_moved(overrides, pointer)) return "override";
    if (plan->driver_origin[slot] == SC_FROM_DEFAULT) return "default";
    return is_variant && !is_moved(own, pointer) ? "parent" : "document";
}

static void write_input(const struct sc_plan *plan, size_t slot, const struct sc_field *owner,
                        const char *pointer, const char *origin, struct sc_json_writer *writer)
{
    sc_json_object_begin(writer);
    sc_json_member_text(writer, "pointer", pointer);
    sc_json_member_number(writer, "value", plan->driver[slot]);
    sc_json_member_text(writer, "unit", sc_unit_name(sc_plan_unit(plan, (sc_slot)slot)));
    sc_json_member_text(writer, "group", sc_group_name(owner->group));
    sc_json_member_text(writer, "origin", origin);
    sc_json_object_end(writer);
}

void sc_document_write_inputs(const struct sc_plan *plan, const json_t *overlay, const json_t *overrides,
                              struct sc_json_writer *writer)
{
    struct moved own, moved;
    bool collected = collect(overlay, &own);
    collected &= collect(overrides, &moved);
    if (!collected) writer->failed = true;
    sc_json_array_begin(writer);
    for (size_t slot = 0; slot < plan->slots && !writer->failed; slot++) {
        const struct sc_field *owner = sc_plan_field(plan, (sc_slot)slot);
        char pointer[SC_POINTER_MAX];
        if (!sc_field_is_driver(owner)) continue;
        sc_plan_pointer(plan, plan->driver_node[slot], pointer, sizeof pointer);
        write_input(plan, slot, owner, pointer,
                    name_origin(plan, slot, pointer, &own, &moved, overlay != NULL), writer);
    }
    sc_json_array_end(writer);
    free(own.pointer);
    free(moved.pointer);
}
