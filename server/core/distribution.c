#include "quantile.h"

#include "elementary.h"

#include <math.h>
#include <stdio.h>

/* No bound of these excludes what is of use; together they keep every number drawn finite. */
#define FAR 1e100
#define LEAST_MASS 1e-300

/* The parameters of each kind in order, and their bounds. */
static const struct parameter {
    const char *name;
    double low, high;
} PARAMETERS[SC_DISTRIBUTION_KINDS][SC_DISTRIBUTION_PARAMETERS] = {
    [SC_NORMAL] = {{"mean", -FAR, FAR}, {"sd", 0, FAR}},
    [SC_LOGNORMAL] = {{"mu", -300, 300}, {"sigma", 0, 40}},
    [SC_UNIFORM] = {{"low", -FAR, FAR}, {"high", -FAR, FAR}},
    [SC_TRIANGULAR] = {{"low", -FAR, FAR}, {"mode", -FAR, FAR}, {"high", -FAR, FAR}},
    [SC_PERT] = {{"low", -FAR, FAR}, {"mode", -FAR, FAR}, {"high", -FAR, FAR}, {"lambda", 0, 1e4}},
    [SC_BETA] = {{"alpha", 0.05, 1e5}, {"beta", 0.05, 1e5}, {"low", -FAR, FAR}, {"high", -FAR, FAR}},
    [SC_STUDENT_T] = {{"location", -FAR, FAR}, {"scale", 0, FAR}, {"dof", 0.5, 1e5}},
};

const char *sc_distribution_parameter(int kind, size_t index)
{
    return index < SC_DISTRIBUTION_PARAMETERS ? PARAMETERS[kind][index].name : NULL;
}

/* --- shapes --- */

void sc_pert_shape(const struct sc_distribution *distribution, double *alpha, double *beta)
{
    const double *p = distribution->parameter;
    double part = (p[1] - p[0]) / (p[2] - p[0]);
    *alpha = 1 + p[3] * part;
    *beta = 1 + p[3] * (1 - part);
}

static bool discrete_constant(const struct sc_distribution *distribution, double *value)
{
    bool found = false;
    for (size_t i = 0; i < distribution->count; i++) {
        if (distribution->weight[i] == 0) continue;
        if (found && distribution->value[i] != *value) return false;
        *value = distribution->value[i];
        found = true;
    }
    return found;
}

bool sc_distribution_constant(const struct sc_distribution *distribution, double *value)
{
    const double *p = distribution->parameter;
    switch (distribution->kind) {
    case SC_NORMAL:
    case SC_STUDENT_T:
        *value = p[0];
        return p[1] == 0;
    case SC_LOGNORMAL:
        *value = sc_exp(p[0]);
        return p[1] == 0;
    case SC_UNIFORM:
        *value = p[0];
        return p[0] == p[1];
    case SC_TRIANGULAR:
    case SC_PERT:
        *value = p[0];
        return p[0] == p[2];
    case SC_BETA:
        *value = p[2];
        return p[2] == p[3];
    case SC_DISCRETE:
        return discrete_constant(distribution, value);
    default:
        return false;
    }
}

/* --- what is checked --- */

struct checking {
    const struct sc_distribution *distribution;
    const char *place;
    struct sc_faults *faults;
    bool good;
};

static const char *member_place(const struct checking *checking, const char *member,
                                char place[SC_POINTER_MAX])
{
    /* a pointer that does not fit is cut, as sc_fault_add would do */
    if (snprintf(place, SC_POINTER_MAX, "%s/%s", checking->place, member) < 0) return checking->place;
    return place;
}

static void refuse(struct checking *checking, enum sc_fault_code code, const char *member, const char *says)
{
    char place[SC_POINTER_MAX];
    sc_fault_add(checking->faults, code, member_place(checking, member, place), "%s", says);
    checking->good = false;
}

static bool within(double x, double low, double high)
{
    return x >= low && x <= high;
}

static void check_parameters(struct checking *checking)
{
    const struct parameter *parameter = PARAMETERS[checking->distribution->kind];
    for (size_t i = 0; i < SC_DISTRIBUTION_PARAMETERS && parameter[i].name; i++) {
        if (within(checking->distribution->parameter[i], parameter[i].low, parameter[i].high)) continue;
        char says[SC_DETAIL_MAX];
        if (snprintf(says, sizeof says, "must be from %g to %g", parameter[i].low, parameter[i].high) > 0)
            refuse(checking, SC_FAULT_out_of_range, parameter[i].name, says);
    }
}

/* low <= mode <= high, or low <= high. */
static void check_order(struct checking *checking)
{
    const double *p = checking->distribution->parameter;
    int kind = checking->distribution->kind;
    bool peaked = kind == SC_TRIANGULAR || kind == SC_PERT;
    if (!peaked && kind != SC_UNIFORM && kind != SC_BETA) return;
    double low = p[kind == SC_BETA ? 2 : 0], high = p[kind == SC_UNIFORM ? 1 : kind == SC_BETA ? 3 : 2];
    if (low > high)
        refuse(checking, SC_FAULT_conflict, "low", "must not be above high");
    else if (peaked && !within(p[1], low, high))
        refuse(checking, SC_FAULT_out_of_range, "mode", "must be from low to high");
}

static void check_discrete(struct checking *checking)
{
    const struct sc_distribution *distribution = checking->distribution;
    char member[48];
    double sum = 0;
    if (!within((double)distribution->count, 1, SC_DISCRETE_MAX)) {
        refuse(checking, SC_FAULT_wrong_length, "values", "must be from 1 to 256 values, each with a weight");
        return;
    }
    for (size_t i = 0; i < distribution->count; i++) {
        sum += distribution->weight[i];
        if (!within(distribution->value[i], -FAR, FAR) &&
            snprintf(member, sizeof member, "values/%zu", i) > 0)
            refuse(checking, SC_FAULT_out_of_range, member, "must be from -1e+100 to 1e+100");
        if (!within(distribution->weight[i], 0, FAR) && snprintf(member, sizeof member, "weights/%zu", i) > 0)
            refuse(checking, SC_FAULT_out_of_range, member, "must be from 0 to 1e+100");
    }
    if (sum == 0) refuse(checking, SC_FAULT_out_of_range, "weights", "must not all be 0");
}

static void check_truncation(struct checking *checking)
{
    const struct sc_distribution *distribution = checking->distribution;
    const char *member = isinf(distribution->min) ? "max" : "min";
    if (distribution->min == -INFINITY && distribution->max == INFINITY) return;
    if (isnan(distribution->min) || isnan(distribution->max))
        refuse(checking, SC_FAULT_out_of_range, member, "must be a number");
    else if (distribution->kind == SC_FITTED_CURVE)
        refuse(checking, SC_FAULT_conflict, member,
               "a fitted curve cannot be truncated: take min and max out");
    else if (distribution->min > distribution->max)
        refuse(checking, SC_FAULT_conflict, "min", "must not be above max");
    else if (checking->good &&
             !(sc_distribution_mass(distribution, distribution->min, distribution->max) >= LEAST_MASS))
        refuse(checking, SC_FAULT_out_of_range, member,
               "leaves nothing of the distribution between min and max");
}

bool sc_distribution_check(const struct sc_distribution *distribution, const char *place,
                           struct sc_faults *faults)
{
    struct checking checking = {distribution, place, faults, true};
    check_parameters(&checking);
    if (checking.good) check_order(&checking);
    if (distribution->kind == SC_DISCRETE) check_discrete(&checking);
    check_truncation(&checking);
    return checking.good;
}
