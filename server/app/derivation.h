/* A plan with its derivatives, and what a derivative says in parts of the value. */
#ifndef SC_APP_DERIVATION_H
#define SC_APP_DERIVATION_H

#include "secondchair/call.h"
#include "secondchair/gradient.h"

struct sc_derivation {
    const struct sc_plan *plan;
    struct sc_block block; /* lane 0: the branch in which the chair is held */
    struct sc_gradient gradient;
};

/* In the call's arena; books the time. False: the answer is a problem. */
bool sc_call_derive(struct sc_call *call, const struct sc_plan *plan, struct sc_derivation *derivation)
    __attribute__((warn_unused_result));

/* A derivative with its elasticity, x/v dv/dx: NAN where there is none, and then why. */
struct sc_slope {
    double derivative, elasticity;
    const char *reason; /* or NULL */
};
struct sc_slope sc_slope_of(const struct sc_derivation *derivation, double derivative, double x);

#endif
