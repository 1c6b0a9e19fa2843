#include "curve_profile.h"

#include "secondchair/model.h"

double sc_profile_lowest(const struct sc_profiled *profiled)
{
    double largest = profiled->floor;
    for (size_t i = 0; i < profiled->count; i++)
        largest = fmax(largest, fmax(profiled->observation[i].value, profiled->observation[i].low));
    return largest;
}

double sc_profile_ceiling(double lowest, int point)
{
    return point == SC_PROFILE_POINTS ? 1 : lowest + (1 - lowest) * point / SC_PROFILE_POINTS;
}

bool sc_profile_fit(const struct sc_profiled *profiled, double ceiling, struct sc_fit *fit)
{
    return sc_fit_curve(profiled->curve, profiled->floor, ceiling, profiled->observation, profiled->count,
                        fit);
}
