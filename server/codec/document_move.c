#include "document.h"

#include "document_reading.h"
#include "secondchair/model.h"

#include <string.h>

/* A ramp of that shape needs ends of one sign. */
static bool is_geometric(const json_t *ramp)
{
    const char *shape = json_string_value(json_object_get(ramp, "shape"));
    return shape && strcmp(shape, "geometric") == 0;
}

bool sc_document_is_movable(const struct sc_plan *plan, sc_slot slot, const json_t *holder)
{
    enum sc_kind kind = sc_plan_field(plan, slot)->kind;
    bool is_path = kind == SC_KIND_PATH || kind == SC_KIND_VALUES;
    if (kind != SC_KIND_NUMBER && !is_path)
        return false; /* whole numbers shape the plan, points have an order */
    return !(is_path && is_geometric(holder)) && !sc_plan_link_reads(plan, slot);
}
