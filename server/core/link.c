#include "secondchair/date.h"
#include "secondchair/model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define CHECK(condition, code, pointer, ...)                                                                 \
    do {                                                                                                     \
        if (!(condition)) sc_fault_add(faults, SC_FAULT_##code, pointer, __VA_ARGS__);                       \
    } while (0)

/* "/segments/3/growth" into a buffer of the caller's. */
static const char *place(char out[SC_POINTER_MAX], const char *list, size_t index, const char *member)
{
    snprintf(out, SC_POINTER_MAX, "%s/%zu%s%s", list, index, *member ? "/" : "", member);
    return out;
}

/* False where either is absent, in a document that has other faults. */
static bool same_id(const char *a, const char *b)
{
    return a && b && strcmp(a, b) == 0;
}

/* True where the document itself gives the path, not the default. */
static bool is_given(const struct sc_plan *plan, const struct sc_path *path)
{
    /* A path with a fault of its own may have a form and no numbers. */
    if (path->form == SC_PATH_ABSENT || path->slot >= plan->slots) return false;
    return plan->driver_origin[path->slot] != SC_FROM_DEFAULT;
}

/* MODEL 1: which part of year 1 is still to come, and which calendar year is market year 0. */
static void link_dates(struct sc_plan *plan, struct sc_faults *faults)
{
    int32_t first_end = sc_days_years_later(plan->base_year_end, 1);
    struct sc_date end = sc_date_of_days(plan->base_year_end), next = sc_date_of_days(first_end);
    bool current = plan->valuation_date >= plan->base_year_end && plan->valuation_date < first_end;
    CHECK(current, stale_base_year, "/valuation_date",
          "the valuation date must lie from base_year_end (%04d-%02d-%02d) to before %04d-%02d-%02d; a year "
          "that is "
          "over must be reported, not forecast: move base_year_end and the base figures with it",
          end.year, end.month, end.day, next.year, next.month, next.day);
    plan->stub = fmin((double)(first_end - plan->valuation_date) / 365, 1);
    plan->base_market_year = sc_date_of_days(plan->base_year_end - 182).year;
    if (!plan->market.present) return;
    double base_year = sc_plan_value(plan, plan->market.base_year, 0);
    CHECK(base_year == plan->base_market_year, market_base_year_mismatch, "/market/base_year",
          "must be %d, the calendar year that holds the midpoint of the fiscal year ended %04d-%02d-%02d",
          plan->base_market_year, end.year, end.month, end.day);
}

static void link_curve_given(const struct sc_share_curve *curve, struct sc_faults *faults)
{
    static const char at[] = "/market/inference_share";
    bool given = curve->k != SC_NO_SLOT || curve->mid != SC_NO_SLOT;
    if (curve->observation_count > 0) {
        CHECK(!given, conflict, at,
              "k and mid are fitted where observations are given: give the one or the other");
        return;
    }
    CHECK(curve->k != SC_NO_SLOT, missing, "/market/inference_share/k",
          "a curve needs its slope k (with mid), or observations to be fitted to");
    CHECK(curve->mid != SC_NO_SLOT, missing, "/market/inference_share/mid",
          "a curve needs its year mid (with k), or observations to be fitted to");
}

/* A curve stays strictly between its floor and its ceiling: what lies outside has likelihood 0. MODEL 3. */
static void link_observation_range(const struct sc_plan *plan, const struct sc_observation *o, const char *at,
                                   struct sc_faults *faults)
{
    double floor = sc_plan_value(plan, plan->market.inference_share.floor, 0);
    double ceiling = sc_plan_value(plan, plan->market.inference_share.ceiling, 1);
    double value = sc_plan_value(plan, o->value, NAN);
    bool inside = !(value <= floor || value >= ceiling) && !(sc_plan_value(plan, o->low, NAN) >= ceiling) &&
                  !(sc_plan_value(plan, o->high, NAN) <= floor);
    CHECK(inside, fit_failed, at, "lies outside the curve's floor of %.6g and ceiling of %.6g", floor,
          ceiling);
}

static void link_observations(const struct sc_plan *plan, const struct sc_share_curve *curve,
                              struct sc_faults *faults)
{
    char at[SC_POINTER_MAX];
    for (size_t i = 0; i < curve->observation_count; i++) {
        const struct sc_observation *o = &curve->observation[i];
        bool point = o->value != SC_NO_SLOT, range = o->low != SC_NO_SLOT || o->high != SC_NO_SLOT;
        place(at, "/market/inference_share/observations", i, "");
        CHECK(point != range, conflict, at,
              "an observation is a value, or a range of low and high (either may be absent)");
        if (o->low != SC_NO_SLOT && o->high != SC_NO_SLOT)
            CHECK(plan->driver[o->low] < plan->driver[o->high], conflict, at, "low must be below high");
        link_observation_range(plan, o, at, faults);
    }
}

static void link_share_curve(const struct sc_plan *plan, struct sc_faults *faults)
{
    const struct sc_share_curve *curve = &plan->market.inference_share;
    static const char at[] = "/market/inference_share";
    bool path = curve->path.form != SC_PATH_ABSENT, pchip = curve->curve == SC_CURVE_PCHIP;
    CHECK(path != (curve->curve != SC_CURVE_NONE), conflict, at, "give either `curve` or `path`");
    CHECK(pchip == (curve->point_count > 0), conflict, at, "points and the curve pchip need each other");
    CHECK(!(path || pchip) || curve->observation_count == 0, conflict, at,
          "only logistic and gompertz are fitted to observations");
    if (curve->curve == SC_CURVE_LOGISTIC || curve->curve == SC_CURVE_GOMPERTZ)
        link_curve_given(curve, faults);
    link_observations(plan, curve, faults);
    double floor = sc_plan_value(plan, curve->floor, 0), ceiling = sc_plan_value(plan, curve->ceiling, 1);
    CHECK(floor < ceiling, conflict, "/market/inference_share/floor", "the floor must be below the ceiling");
}

static void link_market(const struct sc_plan *plan, struct sc_faults *faults)
{
    const struct sc_market *market = &plan->market;
    if (!market->present) return;
    bool by_workload = market->training.present || market->inference.present;
    bool by_total = market->total_spend != SC_NO_SLOT || market->growth.form != SC_PATH_ABSENT ||
                    market->inference_share.present;
    if (by_workload) {
        CHECK(!by_total, conflict, "/market",
              "training and inference take the place of total_spend, growth and inference_share: give one "
              "form");
        CHECK(market->training.present, missing, "/market/training",
              "inference spend needs training spend beside it");
        CHECK(market->inference.present, missing, "/market/inference",
              "training spend needs inference spend beside it");
        return;
    }
    CHECK(market->total_spend != SC_NO_SLOT, missing, "/market/total_spend",
          "the market needs its total spend");
    CHECK(market->growth.form != SC_PATH_ABSENT, missing, "/market/growth", "total spend needs its growth");
    CHECK(market->inference_share.present, missing, "/market/inference_share",
          "total spend needs inference's share of it");
    if (market->inference_share.present) link_share_curve(plan, faults);
}

static void link_seats(const struct sc_plan *plan, struct sc_faults *faults)
{
    char at[SC_POINTER_MAX];
    size_t residuals = 0;
    for (size_t i = 0; i < plan->seat_count; i++) {
        const struct sc_seat *seat = &plan->seat[i];
        bool training = seat->training.form != SC_PATH_ABSENT,
             inference = seat->inference.form != SC_PATH_ABSENT;
        residuals += seat->residual;
        CHECK(!seat->residual || residuals == 1, conflict, place(at, "/seats", i, "residual"),
              "at most one seat takes what the others leave");
        CHECK(!seat->residual || !(training || inference), conflict, place(at, "/seats", i, ""),
              "a residual seat has no shares of its own");
        CHECK(seat->residual || training, missing, place(at, "/seats", i, "training"),
              "a seat needs its share of training");
        CHECK(seat->residual || inference, missing, place(at, "/seats", i, "inference"),
              "a seat needs its share of inference");
        for (size_t j = 0; j < i; j++)
            CHECK(!same_id(seat->id, plan->seat[j].id), duplicate_id, place(at, "/seats", i, "id"),
                  "seat %zu has this id already", j);
    }
}

static int find_seat(const struct sc_plan *plan, const char *id)
{
    for (size_t i = 0; i < plan->seat_count; i++)
        if (same_id(plan->seat[i].id, id)) return (int)i;
    return -1;
}

/* A segment's revenue has one of three forms. MODEL 5. */
static void link_revenue(const struct sc_plan *plan, size_t index, struct sc_faults *faults)
{
    const struct sc_segment *segment = &plan->segment[index];
    char at[SC_POINTER_MAX];
    bool seat = segment->seat, growth = segment->growth.form != SC_PATH_ABSENT,
         base = segment->base != SC_NO_SLOT, values = segment->values.form != SC_PATH_ABSENT;
    int forms = seat + (base || growth) + values;
    CHECK(forms == 1, conflict, place(at, "/segments", index, ""),
          "revenue is one of: a `seat`; a `base` with `growth`; `values` year by year");
    CHECK(seat || !is_given(plan, &segment->capture), conflict, place(at, "/segments", index, "capture"),
          "capture is a part of a seat's revenue: it needs `seat`");
    if (forms != 1 || base == growth) return;
    CHECK(base, missing, place(at, "/segments", index, "base"), "growth needs the base that it starts from");
    CHECK(growth, missing, place(at, "/segments", index, "growth"), "a base needs its growth");
}

static void link_segments(struct sc_plan *plan, struct sc_faults *faults)
{
    char at[SC_POINTER_MAX];
    bool seats_needed = false;
    for (size_t i = 0; i < plan->segment_count; i++) {
        struct sc_segment *segment = &plan->segment[i];
        link_revenue(plan, i, faults);
        segment->seat_index = segment->seat ? find_seat(plan, segment->seat) : -1;
        seats_needed |= segment->seat != NULL;
        if (segment->seat && plan->seat_count > 0)
            CHECK(segment->seat_index >= 0, unknown_seat, place(at, "/segments", i, "seat"),
                  "the document has no seat `%s`", segment->seat);
        for (size_t j = 0; j < i; j++)
            CHECK(!same_id(segment->id, plan->segment[j].id), duplicate_id, place(at, "/segments", i, "id"),
                  "segment %zu has this id already", j);
    }
    CHECK(!seats_needed || plan->market.present, missing, "/market",
          "a segment names a seat: the market is needed");
    CHECK(!seats_needed || plan->seat_count > 0, missing, "/seats",
          "a segment names a seat: the seats are needed");
}

static void link_operations(const struct sc_plan *plan, struct sc_faults *faults)
{
    static const char at[] = "/operations/reinvestment";
    bool sales = plan->operations.reinvestment.sales_to_capital.form != SC_PATH_ABSENT;
    bool capex = is_given(plan, &plan->operations.reinvestment.capex) ||
                 is_given(plan, &plan->operations.reinvestment.depreciation) ||
                 is_given(plan, &plan->operations.reinvestment.working_capital);
    CHECK(!(sales && capex), conflict, at,
          "give sales_to_capital, or capex, depreciation and working_capital, not both");
    CHECK(sales || sc_plan_value(plan, plan->operations.reinvestment.lag, 0) == 0, conflict,
          "/operations/reinvestment/lag", "lag belongs to sales_to_capital");
}

static void link_discount(const struct sc_plan *plan, struct sc_faults *faults)
{
    bool wacc = plan->discount.wacc.form != SC_PATH_ABSENT, capm = plan->discount.capm.present;
    CHECK(!(wacc && capm), conflict, "/discount", "give wacc or capm, not both");
    CHECK(wacc || capm, missing, "/discount/wacc", "give wacc, or capm to build it up");
    CHECK(!(plan->terminal.wacc != SC_NO_SLOT && plan->terminal.capm.present), conflict, "/terminal",
          "give wacc or capm, not both");
}

static void link_terminal(const struct sc_plan *plan, struct sc_faults *faults)
{
    int method = plan->terminal.method;
    if (method != SC_EXIT_MULTIPLE)
        CHECK(plan->terminal.growth != SC_NO_SLOT, missing, "/terminal/growth",
              "this method needs the growth for ever");
    if (method == SC_VALUE_DRIVER)
        CHECK(plan->terminal.ronic != SC_NO_SLOT, missing, "/terminal/ronic",
              "value_driver needs the return on new capital");
    if (method == SC_H_MODEL) {
        CHECK(plan->terminal.half_life != SC_NO_SLOT, missing, "/terminal/half_life", "h_model needs it");
        CHECK(plan->terminal.growth_start != SC_NO_SLOT, missing, "/terminal/growth_start",
              "h_model needs it");
    }
    if (method != SC_EXIT_MULTIPLE) return;
    CHECK(plan->terminal.multiple != SC_NO_SLOT, missing, "/terminal/multiple", "exit_multiple needs it");
    CHECK(plan->terminal.metric != SC_METRIC_ABSENT, missing, "/terminal/metric", "exit_multiple needs it");
    CHECK(plan->terminal.metric != SC_METRIC_EBITDA ||
              plan->operations.reinvestment.sales_to_capital.form == SC_PATH_ABSENT,
          conflict, "/terminal/metric",
          "ebitda needs depreciation: reinvestment must be given as capex and depreciation");
}

static void link_dilution(const struct sc_plan *plan, struct sc_faults *faults)
{
    char at[SC_POINTER_MAX];
    if (plan->dilution.method != SC_OPTION_VALUE) return;
    for (size_t i = 0; i < plan->dilution.option_count; i++) {
        const struct sc_option *option = &plan->dilution.option[i];
        CHECK(option->years != SC_NO_SLOT, missing, place(at, "/dilution/options", i, "years"),
              "option_value needs it");
        CHECK(option->volatility != SC_NO_SLOT, missing, place(at, "/dilution/options", i, "volatility"),
              "option_value needs it");
        CHECK(option->rate != SC_NO_SLOT, missing, place(at, "/dilution/options", i, "rate"),
              "option_value needs it");
    }
}

bool sc_plan_link(struct sc_plan *plan, struct sc_faults *faults)
{
    size_t before = faults->count + faults->omitted;
    link_dates(plan, faults);
    link_market(plan, faults);
    link_seats(plan, faults);
    link_segments(plan, faults);
    link_operations(plan, faults);
    link_discount(plan, faults);
    link_terminal(plan, faults);
    link_dilution(plan, faults);
    return faults->count + faults->omitted == before;
}

bool sc_plan_link_reads(const struct sc_plan *plan, sc_slot slot)
{
    const struct sc_share_curve *curve = &plan->market.inference_share;
    for (size_t i = 0; i < curve->observation_count; i++) {
        const struct sc_observation *o = &curve->observation[i];
        if (slot == o->year || slot == o->value || slot == o->low || slot == o->high || slot == o->sigma)
            return true;
    }
    return slot == plan->market.base_year || slot == curve->floor || slot == curve->ceiling ||
           slot == plan->operations.reinvestment.lag;
}
