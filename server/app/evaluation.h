/* A plan evaluated in all branches of the chair: what the questions answer from. */
#ifndef SC_APP_EVALUATION_H
#define SC_APP_EVALUATION_H

#include "secondchair/call.h"
#include "secondchair/date.h"
#include "secondchair/model.h"

#include <stdbool.h>

struct sc_evaluation {
    const struct sc_plan *plan;
    struct sc_block block; /* lane 0: the branch in which the chair is held */
    struct sc_chair chair;
};

/* A block for the plan, its memory in the arena; false when that is exhausted. */
bool sc_block_make(struct sc_block *block, const struct sc_plan *plan, struct sc_arena *arena)
    __attribute__((warn_unused_result));

/* The same for a call; false: the answer is a problem. */
bool sc_call_block(struct sc_call *call, const struct sc_plan *plan, struct sc_block *block)
    __attribute__((warn_unused_result));

/* Why a point has no value (enum sc_lane_fault), as the code of the API; NULL where it has one. */
const char *sc_lane_reason(uint32_t fault);

/* What one point of a plan costs: rows of figures in all branches (budget.h, SC_POINTS_WORK_MAX); and what it
 * costs in addition where the driver of a slot is moved on which the fit of the inference share depends, 0
 * where it does not. */
double sc_point_work(const struct sc_plan *plan);
double sc_fit_work(const struct sc_plan *plan, sc_slot slot);

/* About how many microseconds a valuation takes, with its answer. */
double sc_valuation_cost(const struct sc_plan *plan);

/* In the arena; NULL with faults: the scenario has no value; NULL without: the arena is exhausted. */
struct sc_evaluation *sc_evaluation_new(const struct sc_plan *plan, struct sc_arena *arena,
                                        struct sc_faults *faults);

/* The same for a call: NULL: the answer is a problem. Books the time. */
struct sc_evaluation *sc_call_evaluate(struct sc_call *call, const struct sc_plan *plan);

/* The fiscal year's last day; the year is named by the calendar year of that day, "FY2026". */
struct sc_date sc_fiscal_year_end(const struct sc_plan *plan, int year);

enum { SC_DATE_TEXT = 40 };
void sc_date_write(struct sc_date date, char out[SC_DATE_TEXT]);
void sc_fiscal_year_write(struct sc_date end, char out[SC_DATE_TEXT]); /* "FY2026" */

/* "cheap", "fair" or "expensive": whether the value is above the price, near it within a band, or below. */
const char *sc_verdict(double value, double price, double band);

/* The valuation's answer as JSON: from the subject's members on, without the braces. */
struct sc_json_writer;
void sc_valuation_write(const struct sc_evaluation *evaluation, struct sc_json_writer *writer);

/* The figures of it that say whether a price is expensive. */
struct sc_headline {
    double price, value, value_if_held, fair_band;
};
void sc_headline_write(const struct sc_headline *headline, struct sc_json_writer *writer);

#endif
