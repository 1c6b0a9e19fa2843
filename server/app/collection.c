#include "collection.h"

#include "resolve.h"
#include "set.h"

static bool scenario_is_valid(struct sc_call *call, const json_t *document, struct sc_faults *faults)
{
    (void)call;
    return sc_document_is_valid(document, faults);
}

const struct sc_collection *sc_collection(enum sc_record_type type)
{
    static const struct sc_collection collections[SC_RECORD_TYPES] = {
        [SC_RECORD_SCENARIO] = {"scenario", "/v1/scenarios", SC_PROBLEM_invalid_scenario, scenario_is_valid},
        [SC_RECORD_SET] = {"set", "/v1/sets", SC_PROBLEM_invalid_set, sc_set_is_valid},
    };
    return &collections[type];
}
