#include "secondchair/report.h"

/* What a segment has of a year's flow before the terminal adjustments: profit, tax, and what goes by revenue.
 */
struct part {
    double profit, by_profit, by_revenue;
};

/* A segment's profit after corporate cost, and its parts of the year's profit and revenue. */
static struct part part_of(const struct sc_block *b, size_t segment, int year)
{
    size_t at = segment * (size_t)b->years + (size_t)year;
    double revenue = b->segment_revenue[at][0], whole = b->revenue[year][0], ebit = b->ebit[year][0];
    struct part part = {.by_revenue = whole != 0 ? revenue / whole : 0};
    part.profit = revenue * b->segment_margin[at][0] - part.by_revenue * b->corporate_cost[year][0];
    part.by_profit = ebit != 0 ? part.profit / ebit : 0;
    return part;
}

/* Of a year's free cash flow: profit less tax (by profit) less reinvestment net of what is added back (by
 * revenue). */
static double flow_of(const struct sc_block *b, size_t segment, int year)
{
    struct part part = part_of(b, segment, year);
    double by_revenue = b->fcff[year][0] - b->nopat[year][0];
    return part.profit - part.by_profit * b->tax[year][0] + part.by_revenue * by_revenue;
}

/* The same of the terminal flow, with the terminal tax. */
static double terminal_flow_of(const struct sc_block *b, size_t segment)
{
    int last = b->years - 1;
    struct part part = part_of(b, segment, last);
    double tax = b->ebit[last][0] - b->terminal_nopat[0],
           by_revenue = b->terminal_fcff[0] - b->terminal_nopat[0];
    return part.profit - part.by_profit * tax + part.by_revenue * by_revenue;
}

bool sc_divide_value(const struct sc_block *b, double *value, const char **reason)
{
    for (int year = 1; year < b->years; year++) {
        if (b->revenue[year][0] > 0) continue;
        *reason = "Revenue is 0 in some year: there is nothing to divide by.";
        return false;
    }
    if (b->terminal_fcff[0] == 0) {
        *reason = "The terminal free cash flow is 0: there is nothing to divide by.";
        return false;
    }
    for (size_t i = 0; i < b->plan->segment_count; i++) {
        value[i] = b->pv_terminal[0] * terminal_flow_of(b, i) / b->terminal_fcff[0];
        for (int year = 1; year < b->years; year++)
            value[i] += sc_part_of_year(b->plan, year) * flow_of(b, i, year) * b->discount_factor[year][0];
    }
    return true;
}
