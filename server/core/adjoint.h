/* The sweep backwards through a block's rows, stage by stage in the reverse of their order. by_x is what a
 * unit more of x adds to the share: in each lane, to the share of that lane's branch; in an sc_derivative, to
 * the headline figures, over all branches. Private to the core. */
#ifndef SC_CORE_ADJOINT_H
#define SC_CORE_ADJOINT_H

#include "path.h"
#include "secondchair/gradient.h"

struct sc_sweep {
    struct sc_block *block;
    const struct sc_plan *plan;
    struct sc_gradient *gradient;

    /* Of the branches that are in the lanes now. */
    sc_row weight;      /* probability of the branch; 0 in a lane that is not counted */
    double chair_value; /* 1 where lanes 0 and 1 are the branches never and 1, else 0 */
    sc_row by_enterprise, by_terminal_nopat, by_terminal_fcff, by_nopat, by_depreciation, by_nol;
    sc_row by_revenue[SC_YEARS_MAX], by_ebit[SC_YEARS_MAX];

    /* Over all branches, by year. */
    struct sc_derivative by_wacc[SC_YEARS_MAX], by_discount_to_end[SC_YEARS_MAX],
        by_discount_factor[SC_YEARS_MAX];
    struct sc_derivative by_terminal_wacc, by_terminal_growth;
    struct sc_derivative by_training_spend[SC_YEARS_MAX], by_inference_spend[SC_YEARS_MAX];
};

/* What holding the chair does not depend on leaves it alone, though it be beyond any number. */
static inline double sc_hold_times(double hold, double factor)
{
    return hold == 0 ? 0 : hold * factor;
}

static inline void sc_derivative_add(struct sc_derivative *sum, struct sc_derivative more, double factor)
{
    sum->value += more.value * factor;
    sum->chair_value += more.chair_value * factor;
    sum->hold += sc_hold_times(more.hold, factor);
}

static inline struct sc_derivative sc_derivative_times(struct sc_derivative by, double factor)
{
    return (struct sc_derivative){by.value * factor, by.chair_value * factor, sc_hold_times(by.hold, factor)};
}

/* What a figure of the lanes adds to the headline figures. */
struct sc_derivative sc_sweep_sum(const struct sc_sweep *sweep, const sc_row by);

/* Adds to the derivative by a driver; nothing for SC_NO_SLOT. */
void sc_sweep_slot(struct sc_sweep *sweep, sc_slot slot, struct sc_derivative by);

/* Adds to the derivatives by the numbers of a path what a unit more of its value in a year adds. */
void sc_sweep_path(struct sc_sweep *sweep, const struct sc_path *path, int year, struct sc_derivative by);

/* The plan's value of a path in a year. */
double sc_sweep_path_value(const struct sc_sweep *sweep, const struct sc_path *path, int year);

/* Of the branches in the lanes. */
void sc_sweep_settlement(struct sc_sweep *sweep); /* MODEL 7: the share down to enterprise value */
void sc_sweep_terminal(struct sc_sweep *sweep);   /* MODEL 7: terminal value, present values */
void sc_sweep_cash_flow(struct sc_sweep *sweep);  /* MODEL 6 */
void sc_sweep_loss(struct sc_sweep *sweep);       /* MODEL 5, 8: the chair's loss, down to revenue if held */

/* Once, over all branches. */
void sc_sweep_segments(struct sc_sweep *sweep); /* MODEL 5 */
void sc_sweep_discount(struct sc_sweep *sweep); /* MODEL 7: factors and rates */
void sc_sweep_market(struct sc_sweep *sweep);   /* MODEL 2, 4 */
void sc_sweep_share(struct sc_sweep *sweep);    /* MODEL 3: from the share of each year to the curve */
void sc_sweep_fit(struct sc_sweep *sweep);      /* MODEL 3: from a fitted curve to the observations */

/* The value of a pchip curve by the points that it is read from: those from first on, at most four. */
struct sc_pchip_derivative {
    size_t first, count;
    double x[4], y[4];
    bool kink;
};
void sc_pchip_derive(size_t count, const double *x, const double *y, double at,
                     struct sc_pchip_derivative *by);

#endif
