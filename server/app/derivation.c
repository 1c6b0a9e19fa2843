#include "derivation.h"

#include "base/arena.h"
#include "base/clock.h"
#include "evaluation.h"
#include "request.h"

bool sc_call_derive(struct sc_call *call, const struct sc_plan *plan, struct sc_derivation *derivation)
{
    uint64_t start = sc_clock_nanoseconds();
    struct sc_faults *faults = sc_call_faults(call);
    void *memory = sc_arena_alloc(call->arena, sc_gradient_size(plan));
    if (!memory) sc_call_exhausted(call);
    if (!faults || !memory || !sc_call_block(call, plan, &derivation->block)) return false;
    derivation->plan = plan;
    sc_gradient_init(&derivation->gradient, plan, memory);
    bool done = sc_gradient_evaluate(&derivation->block, &derivation->gradient, faults);
    sc_call_spent(call, SC_STAGE_MODEL, start);
    if (!done) sc_call_invalid(call, SC_PROBLEM_not_computable, faults);
    return done;
}

struct sc_slope sc_slope_of(const struct sc_derivation *derivation, double derivative, double x)
{
    double worth = derivation->gradient.value_per_share;
    struct sc_slope slope = {derivative, derivative * x / worth, NULL};
    if (isnan(derivative) && derivation->gradient.fit_reason)
        slope.reason = derivation->gradient.fit_reason;
    else if (!isfinite(derivative))
        slope.reason = "It is beyond any number.";
    else if (worth == 0)
        slope.reason = "The value per share is 0: nothing is a part of it.";
    else if (!isfinite(slope.elasticity))
        slope.reason = "The elasticity is beyond any number.";
    return slope;
}
