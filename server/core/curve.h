/* The curves of inference's share, in a form that a loop over lanes takes. MODEL 3. Private to the core. */
#ifndef SC_CORE_CURVE_H
#define SC_CORE_CURVE_H

#include "elementary.h"

/* floor + (ceiling - floor) S(k (year - mid)), S(x) = exp(-exp(-x)) (Gompertz) or 1/(1 + exp(-x)). */
SC_PART double sc_curve_at(bool gompertz, double k, double mid, double floor, double ceiling, double year)
{
    double decay = sc_exp(-k * (year - mid)), level = gompertz ? sc_exp(-decay) : 1 / (1 + decay);
    return floor + (ceiling - floor) * level;
}

#endif
