#include "evaluation.h"

#include "base/arena.h"
#include "base/clock.h"
#include "request.h"
#include "secondchair/field.h"

#include <math.h>
#include <string.h>

bool sc_block_make(struct sc_block *block, const struct sc_plan *plan, struct sc_arena *arena)
{
    void *memory = sc_arena_room(arena, sc_block_size(plan)); /* which an evaluation fills */
    if (memory) sc_block_init(block, plan, memory);
    return memory != NULL;
}

bool sc_call_block(struct sc_call *call, const struct sc_plan *plan, struct sc_block *block)
{
    bool made = sc_block_make(block, plan, call->arena);
    if (!made) sc_call_exhausted(call);
    return made;
}

const char *sc_lane_reason(uint32_t fault)
{
    if (!fault) return NULL;
    return sc_fault_name(fault & SC_LANE_SHARES   ? SC_FAULT_shares_exceed_one
                         : fault & SC_LANE_GROWTH ? SC_FAULT_growth_not_below_discount_rate
                         : fault & SC_LANE_FIT    ? SC_FAULT_fit_failed
                                                  : SC_FAULT_not_computable);
}

double sc_point_work(const struct sc_plan *plan)
{
    enum { OF_THE_WHOLE = 24, OF_A_SEAT = 3, OF_A_SEGMENT = 2 }; /* rows a year, as in sc_block_size */
    double years = plan->horizon + 1, branches = plan->chair.present ? years : 1;
    double rows =
        OF_THE_WHOLE + OF_A_SEAT * (double)plan->seat_count + OF_A_SEGMENT * (double)plan->segment_count;
    return branches * years * rows;
}

/* The fit of the inference share, where the plan has one. */
static double work_of_fit(const struct sc_plan *plan)
{
    enum { OF_A_START = 4, WITH_CEILING = 1500, WITHOUT = 60000 }; /* of an observation, as measured */
    const struct sc_share_curve *curve = &plan->market.inference_share;
    if (curve->observation_count == 0) return 0;
    return ((double)curve->observation_count + OF_A_START) *
           (curve->ceiling == SC_NO_SLOT ? WITHOUT : WITH_CEILING);
}

double sc_fit_work(const struct sc_plan *plan, sc_slot slot)
{
    return sc_plan_field(plan, slot)->group == SC_GROUP_INFERENCE_SHARE ? work_of_fit(plan) : 0;
}

double sc_valuation_cost(const struct sc_plan *plan)
{
    enum { ROWS = 1000, FIGURES = 20, OF_A_YEAR = 24, OF_A_SEGMENT = 4 }; /* in a microsecond; as written */
    double figures = plan->horizon * (OF_A_YEAR + OF_A_SEGMENT * (double)plan->segment_count);
    return (sc_point_work(plan) + work_of_fit(plan)) / ROWS + figures / FIGURES;
}

struct sc_evaluation *sc_evaluation_new(const struct sc_plan *plan, struct sc_arena *arena,
                                        struct sc_faults *faults)
{
    struct sc_evaluation *evaluation = sc_arena_alloc(arena, sizeof *evaluation);
    if (!evaluation || !sc_block_make(&evaluation->block, plan, arena)) return NULL;
    evaluation->plan = plan;
    if (!sc_chair_evaluate(&evaluation->block, &evaluation->chair, faults)) return NULL;
    if (isfinite(evaluation->chair.expected_value / plan->driver[plan->price])) return evaluation;
    sc_fault_add(faults, SC_FAULT_not_computable, "/price",
                 "the value is no finite multiple of so small a price");
    return NULL;
}

struct sc_evaluation *sc_call_evaluate(struct sc_call *call, const struct sc_plan *plan)
{
    uint64_t start = sc_clock_nanoseconds();
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return NULL;
    struct sc_evaluation *evaluation = sc_evaluation_new(plan, call->arena, faults);
    sc_call_spent(call, SC_STAGE_MODEL, start);
    if (evaluation) return evaluation;
    if (sc_faults_any(faults))
        sc_call_invalid(call, SC_PROBLEM_not_computable, faults);
    else
        sc_call_exhausted(call);
    return NULL;
}

struct sc_date sc_fiscal_year_end(const struct sc_plan *plan, int year)
{
    return sc_date_of_days(sc_days_years_later(plan->base_year_end, year));
}

/* So many digits of a number. */
static char *put_digits(char *at, int number, size_t digits)
{
    for (size_t i = digits; i-- > 0; number /= 10) at[i] = (char)('0' + number % 10);
    return at + digits;
}

void sc_date_write(struct sc_date date, char out[SC_DATE_TEXT])
{
    char *at = put_digits(out, date.year, 4);
    *at++ = '-';
    at = put_digits(at, date.month, 2);
    *at++ = '-';
    *put_digits(at, date.day, 2) = '\0';
}

void sc_fiscal_year_write(struct sc_date end, char out[SC_DATE_TEXT])
{
    *put_digits(stpcpy(out, "FY"), end.year, 4) = '\0';
}

const char *sc_verdict(double value, double price, double band)
{
    if (value > price * (1 + band)) return "cheap";
    return value < price * (1 - band) ? "expensive" : "fair";
}
