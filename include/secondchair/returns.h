/* The look back from the horizon: what one earns who pays a price today (MODEL 9, Returns). Pure. */
#ifndef SC_RETURNS_H
#define SC_RETURNS_H

#include "model.h"

/* Of one branch, or expected over all; by year 0 (the valuation date) to the horizon. */
struct sc_lookback {
    double value_per_share[SC_YEARS_MAX]; /* of what is then still to come, and of the net cash */
    double net_cash[SC_YEARS_MAX];        /* USD million: today's and the flows since, compounded */
};

struct sc_returns {
    double years;                /* t, from the valuation date to the end of year H */
    struct sc_lookback held;     /* the branch in which the chair is held */
    struct sc_lookback expected; /* over the branches; the same where there is no chair */
};

/* Cash is compounded at reinvestment_rate (above -1) from the dates of the discounting; the basic share count
 * grows by the plan's net_share_growth. False: some branch has no value; faults say why. */
bool sc_returns_evaluate(struct sc_block *block, double reinvestment_rate, struct sc_returns *returns,
                         struct sc_faults *faults);

/* (value / price)^(1 / years) - 1. */
double sc_annual_return(double value, double price, double years);

#endif
