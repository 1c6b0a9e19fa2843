/* The profile likelihood of an inference-share curve over its ceiling (MODEL 3): where it is flat, the
 * observations do not know the ceiling. */
#ifndef SC_APP_CURVE_PROFILE_H
#define SC_APP_CURVE_PROFILE_H

#include "secondchair/fit.h"

enum { SC_PROFILE_POINTS = 41 };

/* What is fitted: to count observations, a curve of a family with its floor. */
struct sc_profiled {
    int curve;
    double floor;
    const struct sc_fit_observation *observation;
    size_t count;
};

/* The largest value or lower bound observed: no ceiling is at or below it. */
double sc_profile_lowest(const struct sc_profiled *profiled);

/* The ceiling of a point from 1 to SC_PROFILE_POINTS of an even grid, the last of which is 1. */
double sc_profile_ceiling(double lowest, int point);

/* With the ceiling held there: fit->found says whether there is a curve. */
bool sc_profile_fit(const struct sc_profiled *profiled, double ceiling, struct sc_fit *fit);

#endif
