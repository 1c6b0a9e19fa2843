/* What is said of a valuation beside its value: warnings, and how the value divides. Nothing here changes a
 * figure. Pure. */
#ifndef SC_REPORT_H
#define SC_REPORT_H

#include "model.h"

enum sc_check_status { SC_CHECK_OK, SC_CHECK_FIRED, SC_CHECK_NOT_APPLICABLE };

enum { SC_CHECKS_MAX = 20, SC_FIGURES_MAX = 6, SC_CHECK_DETAIL_MAX = 400 };

struct sc_figure {
    const char *name;
    double value;
};

struct sc_check {
    const char *code;
    enum sc_check_status status;
    char detail[SC_CHECK_DETAIL_MAX];
    struct sc_figure figure[SC_FIGURES_MAX];
    size_t figures;
};

struct sc_checks {
    struct sc_check item[SC_CHECKS_MAX];
    size_t count;
};

/* The report of checks (MODEL 9) on lane 0 of an evaluated block. */
void sc_checks_run(const struct sc_block *block, struct sc_checks *checks);

/* "ok", "fired", "not_applicable". */
const char *sc_check_status_name(enum sc_check_status status);

/* A segment's part of enterprise value, in lane 0: each year's free cash flow is allocated by the segment's
 * own operating profit after its share of corporate cost (by revenue), of tax (by profit) and of reinvestment
 * and stock-based compensation (by revenue); the terminal value by the terminal year's allocated flow. The
 * parts add up to enterprise value. value[segment_count] is filled; false, and the reason, where the flows to
 * divide by are 0. */
bool sc_divide_value(const struct sc_block *block, double *value, const char **reason);

/* The terminal value as it stands at the end of year H, in lane 0: one that was discounted by a mid-year
 * factor is carried forward half a year (MODEL 9, Returns). */
double sc_terminal_at_horizon(const struct sc_block *block);

#endif
