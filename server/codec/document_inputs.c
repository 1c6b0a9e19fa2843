#include "document.h"

#include "codec/pointer.h"
#include "codec/writer.h"
#include "document_override.h"
#include "secondchair/field.h"

#include <stdlib.h>

/* The pointers of an array of {"pointer", "value"}; NULL when memory is short. */
static const char **collect(const json_t *overrides, size_t *count)
{
    size_t most = json_array_size(overrides);
    const char **pointers = calloc(most + 1, sizeof *pointers);
    *count = 0;
    for (size_t i = 0; pointers && i < most; i++) {
        const char *pointer = json_string_value(json_object_get(json_array_get(overrides, i), "pointer"));
        if (pointer) pointers[(*count)++] = pointer;
    }
    return pointers;
}

bool sc_origins_init(struct sc_origins *origins, const json_t *overlay, const json_t *overrides)
{
    origins->own = collect(overlay, &origins->own_count);
    origins->moved = collect(overrides, &origins->moved_count);
    origins->is_variant = overlay != NULL;
    return origins->own && origins->moved;
}

void sc_origins_fini(struct sc_origins *origins)
{
    free(origins->own);
    free(origins->moved);
    *origins = (struct sc_origins){.own = NULL};
}

static bool is_among(const char *const *pointers, size_t count, const char *pointer)
{
    for (size_t i = 0; i < count; i++)
        if (sc_pointer_is_within(pointer, pointers[i])) return true;
    return false;
}

const char *sc_origin_of(const struct sc_origins *origins, const struct sc_plan *plan, sc_slot slot,
                         const char *pointer)
{
    if (is_among(origins->moved, origins->moved_count, pointer)) return "override";
    if (plan->driver_origin[slot] == SC_FROM_DEFAULT) return "default";
    return origins->is_variant && !is_among(origins->own, origins->own_count, pointer) ? "parent"
                                                                                       : "document";
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
    struct sc_origins origins;
    if (!sc_origins_init(&origins, overlay, overrides)) writer->failed = true;
    sc_json_array_begin(writer);
    for (size_t slot = 0; slot < plan->slots && !writer->failed; slot++) {
        const struct sc_field *owner = sc_plan_field(plan, (sc_slot)slot);
        char pointer[SC_POINTER_MAX];
        if (!sc_field_is_driver(owner)) continue;
        sc_plan_pointer(plan, plan->driver_node[slot], pointer, sizeof pointer);
        write_input(plan, slot, owner, pointer, sc_origin_of(&origins, plan, (sc_slot)slot, pointer), writer);
    }
    sc_json_array_end(writer);
    sc_origins_fini(&origins);
}
