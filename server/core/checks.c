#include "secondchair/report.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>

/* Where a check fires. */
#define SPREAD_FLOOR 0.01
#define TERMINAL_SHARE_CEILING 0.75
#define RONIC_CEILING 2.0      /* times w_T */
#define MULTIPLE_CEILING 40.0  /* of EBIT */
#define BASE_REVENUE_BAND 0.05 /* of base_revenue */
#define SEAT_REVENUE_BAND 0.1  /* of the segments' own figure */

const char *sc_check_status_name(enum sc_check_status status)
{
    static const char *const NAMES[] = {"ok", "fired", "not_applicable"};
    return NAMES[status];
}

static struct sc_check *start(struct sc_checks *checks, const char *code)
{
    struct sc_check *check = &checks->item[checks->count++];
    *check = (struct sc_check){.code = code};
    return check;
}

static void figure(struct sc_check *check, const char *name, double value)
{
    if (isfinite(value)) check->figure[check->figures++] = (struct sc_figure){name, value};
}

__attribute__((format(printf, 3, 4))) static void judge(struct sc_check *check, bool fires,
                                                        const char *format, ...)
{
    va_list arguments;
    check->status = fires ? SC_CHECK_FIRED : SC_CHECK_OK;
    va_start(arguments, format);
    vsnprintf(check->detail, sizeof check->detail, format, arguments);
    va_end(arguments);
}

static void skip(struct sc_check *check, const char *why)
{
    check->status = SC_CHECK_NOT_APPLICABLE;
    snprintf(check->detail, sizeof check->detail, "%s", why);
}

static void check_spread(const struct sc_block *b, struct sc_checks *checks)
{
    struct sc_check *check = start(checks, "terminal_spread");
    double w = b->terminal_wacc[0], g = b->terminal_growth[0];
    if (b->plan->terminal.method == SC_EXIT_MULTIPLE) {
        skip(check, "An exit multiple does not divide by the spread.");
        return;
    }
    figure(check, "wacc", w);
    figure(check, "growth", g);
    figure(check, "spread", w - g);
    judge(check, w - g < SPREAD_FLOOR,
          "The terminal discount rate stands %.2f points over growth; under 1 point the value is mostly that "
          "difference.",
          100 * (w - g));
}

static void check_growth(const struct sc_block *b, struct sc_checks *checks)
{
    struct sc_check *check = start(checks, "growth_above_risk_free");
    const struct sc_plan *plan = b->plan;
    const struct sc_capm *capm = plan->terminal.capm.present ? &plan->terminal.capm : &plan->discount.capm;
    if (!capm->present) {
        skip(check, "The document gives no risk-free rate.");
        return;
    }
    double g = b->terminal_growth[0], risk_free = b->driver[capm->risk_free][0];
    figure(check, "growth", g);
    figure(check, "risk_free", risk_free);
    judge(check, g > risk_free, "Terminal growth of %.2f %% beside a risk-free rate of %.2f %%.", 100 * g,
          100 * risk_free);
}

static void check_terminal_share(const struct sc_block *b, struct sc_checks *checks)
{
    struct sc_check *check = start(checks, "terminal_share");
    double share = b->pv_terminal[0] / b->enterprise_value[0];
    if (!(b->enterprise_value[0] > 0)) {
        skip(check, "Enterprise value is not positive.");
        return;
    }
    figure(check, "terminal_share", share);
    judge(check, share > TERMINAL_SHARE_CEILING, "%.1f %% of enterprise value lies beyond the horizon.",
          100 * share);
}

static void check_ronic(const struct sc_block *b, struct sc_checks *checks)
{
    struct sc_check *check = start(checks, "ronic_above_twice_wacc");
    if (b->plan->terminal.method != SC_VALUE_DRIVER) {
        skip(check, "The terminal method does not use RONIC.");
        return;
    }
    double ronic = b->driver[b->plan->terminal.ronic][0], w = b->terminal_wacc[0];
    figure(check, "ronic", ronic);
    figure(check, "wacc", w);
    judge(
        check, ronic > RONIC_CEILING * w,
        "New capital earns %.1f %% for ever at a cost of %.1f %%: competition seldom leaves twice the cost.",
        100 * ronic, 100 * w);
}

double sc_terminal_at_horizon(const struct sc_block *b)
{
    int last = b->years - 1;
    return b->pv_terminal[0] / b->discount_to_end[last][0];
}

static void check_multiple(const struct sc_block *b, struct sc_checks *checks)
{
    struct sc_check *check = start(checks, "implied_exit_multiple");
    int last = b->years - 1;
    double value = sc_terminal_at_horizon(b), ebit = b->ebit[last][0], multiple = value / ebit;
    if (b->plan->terminal.method == SC_EXIT_MULTIPLE) {
        skip(check, "The exit multiple is given.");
        return;
    }
    figure(check, "revenue", value / b->revenue[last][0]);
    if (ebit > 0) figure(check, "ebit", multiple);
    if (ebit > 0 && b->plan->operations.reinvestment.sales_to_capital.form == SC_PATH_ABSENT)
        figure(check, "ebitda", value / (ebit + b->depreciation[last][0]));
    if (b->nopat[last][0] > 0) figure(check, "nopat", value / b->nopat[last][0]);
    if (ebit > 0)
        judge(check, multiple > MULTIPLE_CEILING, "The terminal value is %.1f times EBIT of the last year.",
              multiple);
    else
        judge(check, true,
              "EBIT of the last year is not positive: the terminal value implies no multiple of it.");
}

/* The g at which Gordon's formula gives the exit multiple's present value. */
static void check_implied_growth(const struct sc_block *b, struct sc_checks *checks)
{
    struct sc_check *check = start(checks, "implied_growth");
    if (b->plan->terminal.method != SC_EXIT_MULTIPLE) {
        skip(check, "The growth is given.");
        return;
    }
    double value = b->pv_terminal[0] / b->discount_factor[b->years - 1][0], flow = b->terminal_fcff[0];
    double w = b->terminal_wacc[0], growth = (value * w - flow) / (value + flow);
    if (!(value > 0) || !(flow > 0)) {
        skip(check, "The terminal value or the flow behind it is not positive: no growth explains it.");
        return;
    }
    figure(check, "growth", growth);
    figure(check, "wacc", w);
    judge(check, growth > w - SPREAD_FLOOR, "The exit multiple implies growth of %.2f %% for ever.",
          100 * growth);
}

static void check_losses(const struct sc_block *b, struct sc_checks *checks)
{
    struct sc_check *check = start(checks, "nol_at_horizon");
    double left = b->nol[b->years - 1][0];
    figure(check, "nol", left);
    judge(check, left > 0, "%.6g million of losses are still unused at the horizon and count for nothing.",
          left);
}

static void check_negative_years(const struct sc_block *b, const char *code, const char *what,
                                 const sc_row *row, struct sc_checks *checks)
{
    struct sc_check *check = start(checks, code);
    int count = 0, first = 0;
    for (int year = 1; year < b->years; year++) {
        if (row[year][0] >= 0) continue;
        if (count++ == 0) first = year;
    }
    figure(check, "years", count);
    if (count > 0) figure(check, "first_year", first);
    judge(check, count > 0, "%s is negative in %d of %d years.", what, count, b->years - 1);
}

static void check_settlement(const struct sc_block *b, struct sc_checks *checks)
{
    const struct sc_settlement *s = &b->settlement[0];
    struct sc_check *check = start(checks, "negative_equity");
    figure(check, "equity_value", s->equity);
    judge(check, s->equity < 0,
          s->equity < 0 ? "Claims exceed the firm's value: the share is worth 0 by limited liability."
                        : "Equity is not negative.");
    check = start(checks, "pinned_at_threshold");
    figure(check, "value_per_share", s->value_per_share);
    judge(check, s->pinned,
          s->pinned ? "The warrants that vest at this price hold the share there."
                    : "No threshold holds the share.");
}

struct base_revenue {
    double of_bases, of_seats, reported;
    bool seats, values;
};

/* What the segments book in year 0: their bases, and what the seats bring. */
static struct base_revenue base_revenue_of(const struct sc_block *b)
{
    struct base_revenue sum = {.reported = b->revenue[0][0]};
    for (size_t i = 0; i < b->plan->segment_count; i++) {
        const struct sc_segment *segment = &b->plan->segment[i];
        sc_row capture;
        if (segment->seat_index >= 0) {
            sc_path_row(b, &segment->capture, 1, capture);
            sum.of_seats += capture[0] * b->seat_revenue[(size_t)segment->seat_index * (size_t)b->years][0];
            sum.seats = true;
        } else if (segment->base != SC_NO_SLOT) {
            sum.of_bases += b->driver[segment->base][0];
        } else {
            sum.values = true;
        }
    }
    return sum;
}

static void check_base_revenue(const struct sc_block *b, struct sc_checks *checks)
{
    struct base_revenue sum = base_revenue_of(b);
    struct sc_check *check = start(checks, "segments_base_revenue");
    double total = sum.of_bases + sum.of_seats, rest = sum.reported - sum.of_bases;
    if (sum.values) {
        skip(check, "A segment given year by year has no year 0.");
    } else {
        figure(check, "segments", total);
        figure(check, "base_revenue", sum.reported);
        judge(check, fabs(total - sum.reported) > BASE_REVENUE_BAND * sum.reported,
              "The segments' year 0 adds up to %.6g million beside the reported %.6g million.", total,
              sum.reported);
    }
    check = start(checks, "seat_revenue_year_0");
    if (!sum.seats || sum.values) {
        skip(check, sum.seats ? "A segment given year by year has no year 0." : "No segment names a seat.");
        return;
    }
    figure(check, "model", sum.of_seats);
    figure(check, "reported", rest);
    judge(check, fabs(sum.of_seats - rest) > SEAT_REVENUE_BAND * fabs(rest),
          "The seat brings %.6g million in year 0; reported revenue less the other segments' bases leaves "
          "%.6g million.",
          sum.of_seats, rest);
}

/* Growth of a seat's revenue less the growth of all silicon spend, in a year; NAN where either starts from 0.
 */
static double growth_past_market(const struct sc_block *b, size_t seat, int year)
{
    const sc_row *revenue = (const sc_row *)b->seat_revenue + seat * (size_t)b->years;
    double now = b->silicon_content[year][0] * b->total_spend[year][0],
           before = b->silicon_content[year - 1][0] * b->total_spend[year - 1][0];
    if (!(revenue[year - 1][0] > 0) || !(before > 0)) return NAN;
    return revenue[year][0] / revenue[year - 1][0] - now / before;
}

static void check_seat_growth(const struct sc_block *b, struct sc_checks *checks)
{
    struct sc_check *check = start(checks, "seat_growth_past_market");
    if (!b->plan->market.present || b->plan->seat_count == 0) {
        skip(check, "The document has no market with seats.");
        return;
    }
    double largest = 0;
    size_t seat = 0;
    int in_year = 0;
    for (size_t s = 0; s < b->plan->seat_count; s++)
        for (int year = 1; year < b->years; year++) {
            double past = growth_past_market(b, s, year);
            if (!(past > largest + 1e-12)) continue;
            largest = past;
            seat = s;
            in_year = year;
        }
    figure(check, "excess_growth", largest);
    figure(check, "year", in_year);
    figure(check, "seat", (double)seat);
    if (in_year == 0)
        judge(check, false, "No seat outgrows the market.");
    else
        judge(check, true,
              "Seat %s outgrows the whole market most in year %d, by %.1f points: its share rises.",
              b->plan->seat[seat].id, in_year, 100 * largest);
}

static void check_accounting(const struct sc_block *b, struct sc_checks *checks)
{
    const struct sc_plan *plan = b->plan;
    int last = b->years - 1;
    struct sc_check *check = start(checks, "sbc_added_back");
    bool added = plan->operations.sbc.present && plan->operations.sbc.treatment == SC_SBC_ADDBACK;
    figure(check, "sbc_at_horizon", b->sbc[last][0]);
    judge(check, added,
          added ? "Stock-based compensation is added back: the shares that it costs must be in dilution."
                : "Stock-based compensation is not added back.");
    check = start(checks, "depreciation_above_capex");
    if (plan->operations.reinvestment.sales_to_capital.form != SC_PATH_ABSENT) {
        skip(check, "Reinvestment is given by sales to capital.");
        return;
    }
    figure(check, "depreciation", b->depreciation[last][0]);
    figure(check, "capex", b->capex[last][0]);
    judge(check, b->depreciation[last][0] > b->capex[last][0],
          "Depreciation of %.6g million beside capital expenditure of %.6g million in the last year.",
          b->depreciation[last][0], b->capex[last][0]);
}

static void check_fit(const struct sc_block *b, struct sc_checks *checks)
{
    struct sc_check *check = start(checks, "fit_not_identified");
    const struct sc_fit *fit = &b->fit;
    if (!fit->found) {
        skip(check, "No curve is fitted.");
        return;
    }
    figure(check, "observations", (double)fit->observations);
    figure(check, "parameters", (double)fit->parameters);
    judge(check, !fit->identified, "%s",
          fit->identified ? "The observations pin the curve down." : fit->reason);
}

void sc_checks_run(const struct sc_block *block, struct sc_checks *checks)
{
    checks->count = 0;
    check_spread(block, checks);
    check_growth(block, checks);
    check_terminal_share(block, checks);
    check_ronic(block, checks);
    check_multiple(block, checks);
    check_implied_growth(block, checks);
    check_losses(block, checks);
    check_negative_years(block, "negative_ebit", "EBIT", (const sc_row *)block->ebit, checks);
    check_negative_years(block, "negative_fcff", "Free cash flow", (const sc_row *)block->fcff, checks);
    check_settlement(block, checks);
    check_base_revenue(block, checks);
    check_seat_growth(block, checks);
    check_accounting(block, checks);
    check_fit(block, checks);
}
