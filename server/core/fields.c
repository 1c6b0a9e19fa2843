#include "secondchair/field.h"
#include "secondchair/uncertainty.h"

/* A line of the table is one of these; AT says where the value goes. */
#define AT(type, path) offsetof(struct type, path)
#define END                                                                                                  \
    {                                                                                                        \
        .name = NULL                                                                                         \
    }
#define NUMBER(at, text, when, what, of, least_, most_, otherwise, says)                                     \
    {                                                                                                        \
        .name = text, .kind = SC_KIND_NUMBER, .presence = when, .unit = SC_UNIT_##what,                      \
        .group = SC_GROUP_##of, .low = least_, .high = most_, .fallback = otherwise, .offset = at,           \
        .meaning = says                                                                                      \
    }
#define ABOVE(at, text, when, what, of, least_, most_, otherwise, says)                                      \
    {                                                                                                        \
        .name = text, .kind = SC_KIND_NUMBER, .presence = when, .unit = SC_UNIT_##what,                      \
        .group = SC_GROUP_##of, .open_low = true, .low = least_, .high = most_, .fallback = otherwise,       \
        .offset = at, .meaning = says                                                                        \
    }
#define BELOW(at, text, when, what, of, least_, most_, otherwise, says)                                      \
    {                                                                                                        \
        .name = text, .kind = SC_KIND_NUMBER, .presence = when, .unit = SC_UNIT_##what,                      \
        .group = SC_GROUP_##of, .open_high = true, .low = least_, .high = most_, .fallback = otherwise,      \
        .offset = at, .meaning = says                                                                        \
    }
#define INTEGER(at, text, when, what, of, least_, most_, otherwise, says)                                    \
    {                                                                                                        \
        .name = text, .kind = SC_KIND_INTEGER, .presence = when, .unit = SC_UNIT_##what,                     \
        .group = SC_GROUP_##of, .low = least_, .high = most_, .fallback = otherwise, .offset = at,           \
        .meaning = says                                                                                      \
    }
#define PATH(at, text, when, what, of, first, least_, most_, otherwise, says)                                \
    {                                                                                                        \
        .name = text, .kind = SC_KIND_PATH, .presence = when, .unit = SC_UNIT_##what,                        \
        .group = SC_GROUP_##of, .first_year = first, .low = least_, .high = most_, .fallback = otherwise,    \
        .offset = at, .meaning = says                                                                        \
    }
#define PATH_ABOVE(at, text, when, what, of, first, least_, most_, otherwise, says)                          \
    {                                                                                                        \
        .name = text, .kind = SC_KIND_PATH, .presence = when, .unit = SC_UNIT_##what,                        \
        .group = SC_GROUP_##of, .first_year = first, .open_low = true, .low = least_, .high = most_,         \
        .fallback = otherwise, .offset = at, .meaning = says                                                 \
    }
#define OBJECT(at, text, when, of, members, says)                                                            \
    {                                                                                                        \
        .name = text, .kind = SC_KIND_OBJECT, .presence = when, .group = SC_GROUP_##of, .offset = at,        \
        .member = members, .meaning = says                                                                   \
    }
#define LIST(at, text, when, of, members, element, least_, most_, says)                                      \
    {                                                                                                        \
        .name = text, .kind = SC_KIND_LIST, .presence = when, .group = SC_GROUP_##of, .offset = at,          \
        .member = members, .size = sizeof(struct element), .least = least_, .most = most_, .meaning = says   \
    }
#define CHOICE(at, text, when, of, words, otherwise, says)                                                   \
    {                                                                                                        \
        .name = text, .kind = SC_KIND_CHOICE, .presence = when, .group = SC_GROUP_##of, .choice = words,     \
        .fallback = otherwise, .offset = at, .meaning = says                                                 \
    }
#define TEXT(at, text, when, least_, most_, says)                                                            \
    {                                                                                                        \
        .name = text, .kind = SC_KIND_TEXT, .presence = when, .low = least_, .high = most_, .offset = at,    \
        .meaning = says                                                                                      \
    }
#define ID(at, text, when, of, says)                                                                         \
    {                                                                                                        \
        .name = text, .kind = SC_KIND_ID, .presence = when, .group = SC_GROUP_##of, .low = 1, .high = 64,    \
        .offset = at, .meaning = says                                                                        \
    }

enum { FROM_BASE_YEAR = 0, FROM_YEAR_1 = 1 };

#define MONEY_MAX 1e9 /* a quadrillion dollars */
#define COUNT_MAX 1e9

static const char *const CURRENCIES[] = {"USD", NULL};
static const char *const TIMINGS[] = {"mid", "end", NULL};
static const char *const SHAPES[] = {"linear", "geometric", "logistic", NULL};
static const char *const CURVES[] = {"", "logistic", "gompertz", "pchip", NULL};
static const char *const METHODS[] = {"gordon", "value_driver", "exit_multiple", "h_model", NULL};
static const char *const METRICS[] = {"", "revenue", "ebit", "ebitda", "nopat", NULL};
static const char *const DILUTIONS[] = {"treasury", "option_value", NULL};
static const char *const TREATMENTS[] = {"expense", "addback", NULL};
static const char *const SOURCE_KINDS[] = {"reported", "derived", "assumption", NULL};
static const char *const CORRELATIONS[] = {"spearman", "pearson", NULL};
static const char *const DISTRIBUTIONS[] = {"normal", "lognormal", "uniform",  "triangular", "pert",
                                            "beta",   "student_t", "discrete", "fit",        NULL};

const struct sc_field SC_RAMP_FIELDS[] = {
    NUMBER(0, "start", SC_REQUIRED, NONE, NONE, -MONEY_MAX, MONEY_MAX, 0,
           "Value up to and including year `from`."),
    NUMBER(0, "end", SC_REQUIRED, NONE, NONE, -MONEY_MAX, MONEY_MAX, 0, "Value from year `to` on."),
    CHOICE(0, "shape", SC_DEFAULTED, NONE, SHAPES, SC_SHAPE_LINEAR, "How the value moves between the two."),
    INTEGER(
        0, "from", SC_OPTIONAL, YEARS, NONE, 0, 100, 0,
        "Fiscal year in which the move starts; 1 unless given (0 for the market's shares and the seats)."),
    INTEGER(0, "to", SC_OPTIONAL, YEARS, NONE, 0, 100, 0,
            "Fiscal year in which the move ends; the horizon unless given."),
    END};

static const struct sc_field OBSERVATION[] = {
    NUMBER(AT(sc_observation, year), "year", SC_REQUIRED, YEAR, INFERENCE_SHARE, 1900, 2200, 0,
           "Calendar year observed; may be fractional."),
    {.name = "value",
     .kind = SC_KIND_NUMBER,
     .presence = SC_OPTIONAL,
     .unit = SC_UNIT_SHARE,
     .group = SC_GROUP_INFERENCE_SHARE,
     .open_low = true,
     .open_high = true,
     .low = 0,
     .high = 1,
     .offset = AT(sc_observation, value),
     .meaning = "Inference's share as observed: a point."},
    NUMBER(AT(sc_observation, low), "low", SC_OPTIONAL, SHARE, INFERENCE_SHARE, 0, 1, 0,
           "Lower bound of a range; alone: \"more than\"."),
    NUMBER(AT(sc_observation, high), "high", SC_OPTIONAL, SHARE, INFERENCE_SHARE, 0, 1, 0,
           "Upper bound of a range; alone: \"less than\"."),
    ABOVE(AT(sc_observation, sigma), "sigma", SC_DEFAULTED, RATIO, INFERENCE_SHARE, 0, 100, 0.25,
          "Standard deviation of the observation's error on the logit scale."),
    TEXT(SC_NOT_STORED, "source", SC_OPTIONAL, 0, 2000, "Where the observation was published."),
    END};

static const struct sc_field SHARE_CURVE[] = {
    CHOICE(AT(sc_share_curve, curve), "curve", SC_OPTIONAL, INFERENCE_SHARE, CURVES, SC_CURVE_NONE,
           "Family of the curve: logistic, gompertz or pchip."),
    NUMBER(AT(sc_share_curve, k), "k", SC_OPTIONAL, RATE, INFERENCE_SHARE, -100, 100, 0,
           "Slope of the curve, a year."),
    NUMBER(AT(sc_share_curve, mid), "mid", SC_OPTIONAL, YEAR, INFERENCE_SHARE, 1000, 3000, 0,
           "Year of the logistic's midpoint, or of the gompertz curve's inflection."),
    BELOW(AT(sc_share_curve, floor), "floor", SC_DEFAULTED, SHARE, INFERENCE_SHARE, 0, 1, 0,
          "Share far in the past."),
    ABOVE(AT(sc_share_curve, ceiling), "ceiling", SC_OPTIONAL, SHARE, INFERENCE_SHARE, 0, 1, 1,
          "Share far in the future; 1 unless given, or fitted where observations are given."),
    LIST(AT(sc_share_curve, observation), "observations", SC_OPTIONAL, INFERENCE_SHARE, OBSERVATION,
         sc_observation, 1, SC_OBSERVATIONS_MAX, "What publishers reported; the curve is fitted to them."),
    {.name = "points",
     .kind = SC_KIND_POINTS,
     .presence = SC_OPTIONAL,
     .unit = SC_UNIT_SHARE,
     .group = SC_GROUP_INFERENCE_SHARE,
     .low = 0,
     .high = 1,
     .least = 1,
     .most = SC_POINTS_MAX,
     .offset = AT(sc_share_curve, point),
     .meaning = "[[year, value], …] of a pchip curve, years ascending; flat outside."},
    PATH(AT(sc_share_curve, path), "path", SC_OPTIONAL, SHARE, INFERENCE_SHARE, FROM_BASE_YEAR, 0, 1, 0,
         "The share as a path instead of a curve."),
    END};

static const struct sc_field WORKLOAD[] = {
    NUMBER(AT(sc_workload, base), "base", SC_REQUIRED, USD_MILLION, MARKET, 0, MONEY_MAX, 0,
           "Spend on this workload in the market's base year."),
    PATH_ABOVE(AT(sc_workload, growth), "growth", SC_REQUIRED, RATE, MARKET, FROM_YEAR_1, -1, 10, 0,
               "Growth of that spend."),
    END};

static const struct sc_field MARKET[] = {
    INTEGER(AT(sc_market, base_year), "base_year", SC_REQUIRED, YEAR, MARKET, 1900, 2200, 0,
            "Calendar year of the first figures; must hold the midpoint of fiscal year 0."),
    NUMBER(AT(sc_market, total_spend), "total_spend", SC_OPTIONAL, USD_MILLION, MARKET, 0, MONEY_MAX, 0,
           "Total AI compute spend in the base year."),
    PATH_ABOVE(AT(sc_market, growth), "growth", SC_OPTIONAL, RATE, MARKET, FROM_YEAR_1, -1, 10, 0,
               "Growth of total spend."),
    PATH(AT(sc_market, silicon_content), "silicon_content", SC_DEFAULTED, SHARE, MARKET, FROM_BASE_YEAR, 0, 1,
         1, "Part of spend that goes to accelerators and the systems sold with them."),
    OBJECT(AT(sc_market, inference_share), "inference_share", SC_OPTIONAL, INFERENCE_SHARE, SHARE_CURVE,
           "Inference's share of total spend."),
    OBJECT(AT(sc_market, training), "training", SC_OPTIONAL, MARKET, WORKLOAD,
           "Training spend by itself; with `inference`, instead of total_spend, growth and inference_share."),
    OBJECT(AT(sc_market, inference), "inference", SC_OPTIONAL, MARKET, WORKLOAD,
           "Inference spend by itself; with `training`."),
    END};

static const struct sc_field SEAT[] = {
    ID(AT(sc_seat, id), "id", SC_REQUIRED, SEATS, "Name of the seat, unique in the document."),
    {.name = "group",
     .kind = SC_KIND_TEXT,
     .presence = SC_OPTIONAL,
     .group = SC_GROUP_SEATS,
     .low = 1,
     .high = 64,
     .offset = AT(sc_seat, group),
     .meaning = "Which chair: first, second, custom silicon, …"},
    {.name = "residual",
     .kind = SC_KIND_FLAG,
     .presence = SC_DEFAULTED,
     .group = SC_GROUP_SEATS,
     .offset = AT(sc_seat, residual),
     .meaning = "Takes what the other seats leave; at most one seat does."},
    PATH(AT(sc_seat, training), "training", SC_OPTIONAL, SHARE, SEATS, FROM_BASE_YEAR, 0, 1, 0,
         "Share of the silicon spent on training."),
    PATH(AT(sc_seat, inference), "inference", SC_OPTIONAL, SHARE, SEATS, FROM_BASE_YEAR, 0, 1, 0,
         "Share of the silicon spent on inference."),
    END};

static const struct sc_field SEGMENT[] = {
    ID(AT(sc_segment, id), "id", SC_REQUIRED, SEGMENTS, "Name of the segment, unique in the document."),
    {.name = "chair",
     .kind = SC_KIND_FLAG,
     .presence = SC_DEFAULTED,
     .group = SC_GROUP_SEGMENTS,
     .offset = AT(sc_segment, chair),
     .meaning = "The segment stands on the chair: losing the chair hits it."},
    ID(AT(sc_segment, seat), "seat", SC_OPTIONAL, SEGMENTS, "Seat whose revenue the segment captures."),
    PATH(AT(sc_segment, capture), "capture", SC_DEFAULTED, RATIO, SEGMENTS, FROM_YEAR_1, 0, 10, 1,
         "Part of the seat's revenue that the segment books."),
    NUMBER(AT(sc_segment, base), "base", SC_OPTIONAL, USD_MILLION, SEGMENTS, 0, MONEY_MAX, 0,
           "Revenue in the base year; with `growth`."),
    PATH_ABOVE(AT(sc_segment, growth), "growth", SC_OPTIONAL, RATE, SEGMENTS, FROM_YEAR_1, -1, 10, 0,
               "Growth of revenue, compounding from `base`."),
    {.name = "values",
     .kind = SC_KIND_VALUES,
     .presence = SC_OPTIONAL,
     .unit = SC_UNIT_USD_MILLION,
     .group = SC_GROUP_SEGMENTS,
     .first_year = FROM_YEAR_1,
     .low = 0,
     .high = MONEY_MAX,
     .offset = AT(sc_segment, values),
     .meaning = "Revenue year by year."},
    PATH(AT(sc_segment, margin), "margin", SC_REQUIRED, RATIO, SEGMENTS, FROM_YEAR_1, -100, 1, 0,
         "Operating margin after stock-based compensation, before amortisation of acquired intangibles."),
    END};

static const struct sc_field TAX[] = {
    PATH(AT(sc_plan, operations.tax.rate) - AT(sc_plan, operations.tax), "rate", SC_REQUIRED, RATE,
         OPERATIONS, FROM_YEAR_1, 0, 1, 0, "Tax rate on operating profit."),
    NUMBER(AT(sc_plan, operations.tax.nol) - AT(sc_plan, operations.tax), "nol", SC_DEFAULTED, USD_MILLION,
           OPERATIONS, 0, MONEY_MAX, 0, "Net operating loss carried forward at the end of year 0."),
    NUMBER(AT(sc_plan, operations.tax.nol_limit) - AT(sc_plan, operations.tax), "nol_limit", SC_DEFAULTED,
           SHARE, OPERATIONS, 0, 1, 0.8, "Part of a year's profit that losses carried forward may offset."),
    END};

#define REINVEST(member) (AT(sc_plan, operations.reinvestment.member) - AT(sc_plan, operations.reinvestment))
static const struct sc_field REINVESTMENT[] = {
    PATH_ABOVE(REINVEST(sales_to_capital), "sales_to_capital", SC_OPTIONAL, RATIO, OPERATIONS, FROM_YEAR_1, 0,
               1e6, 0, "Revenue gained per dollar reinvested; instead of the three below."),
    INTEGER(REINVEST(lag), "lag", SC_DEFAULTED, YEARS, OPERATIONS, 0, 3, 0,
            "Years from reinvestment to the revenue that it brings; with sales_to_capital."),
    PATH(REINVEST(capex), "capex", SC_DEFAULTED, RATIO, OPERATIONS, FROM_YEAR_1, -10, 10, 0,
         "Capital expenditure, share of revenue."),
    PATH(REINVEST(depreciation), "depreciation", SC_DEFAULTED, RATIO, OPERATIONS, FROM_YEAR_1, -10, 10, 0,
         "Depreciation, share of revenue."),
    PATH(REINVEST(working_capital), "working_capital", SC_DEFAULTED, RATIO, OPERATIONS, FROM_YEAR_1, -10, 10,
         0, "Working capital, share of the change in revenue."),
    END};

#define SBC(member) (AT(sc_plan, operations.sbc.member) - AT(sc_plan, operations.sbc))
static const struct sc_field STOCK_COMPENSATION[] = {
    PATH(SBC(share_of_revenue), "share_of_revenue", SC_REQUIRED, RATIO, OPERATIONS, FROM_YEAR_1, 0, 10, 0,
         "Stock-based compensation, share of revenue."),
    CHOICE(SBC(treatment), "treatment", SC_DEFAULTED, OPERATIONS, TREATMENTS, SC_SBC_EXPENSE,
           "Whether it stays an expense or is added back to cash flow."),
    END};

static const struct sc_field OPERATIONS[] = {
    NUMBER(AT(sc_operations, base_revenue), "base_revenue", SC_REQUIRED, USD_MILLION, OPERATIONS, 0,
           MONEY_MAX, 0, "Revenue of the last reported year, year 0."),
    NUMBER(AT(sc_operations, invested_capital), "invested_capital", SC_OPTIONAL, USD_MILLION, OPERATIONS,
           -MONEY_MAX, MONEY_MAX, 0,
           "Invested capital at the end of year 0; only the reported ROIC needs it."),
    PATH(AT(sc_operations, corporate_cost), "corporate_cost", SC_DEFAULTED, RATIO, OPERATIONS, FROM_YEAR_1,
         -10, 10, 0, "Costs that no segment bears, share of revenue."),
    OBJECT(AT(sc_operations, tax), "tax", SC_REQUIRED, OPERATIONS, TAX, "Tax on operating profit."),
    OBJECT(AT(sc_operations, reinvestment), "reinvestment", SC_REQUIRED, OPERATIONS, REINVESTMENT,
           "What growth costs: sales_to_capital, or capex, depreciation and working capital."),
    OBJECT(AT(sc_operations, sbc), "sbc", SC_OPTIONAL, OPERATIONS, STOCK_COMPENSATION,
           "Stock-based compensation, where it is to be shown or added back."),
    END};

#define CAPM_FIELDS(of)                                                                                      \
    {                                                                                                        \
        NUMBER(AT(sc_capm, risk_free), "risk_free", SC_REQUIRED, RATE, of, -1, 1, 0, "Risk-free rate."),     \
            NUMBER(AT(sc_capm, erp), "erp", SC_REQUIRED, RATE, of, -1, 1, 0, "Equity risk premium."),        \
            NUMBER(AT(sc_capm, beta_unlevered), "beta_unlevered", SC_REQUIRED, RATIO, of, -10, 10, 0,        \
                   "Beta of the business without debt."),                                                    \
            BELOW(AT(sc_capm, debt_to_value), "debt_to_value", SC_DEFAULTED, SHARE, of, 0, 1, 0,             \
                  "Debt's part of the firm's value, D/V."),                                                  \
            NUMBER(AT(sc_capm, cost_of_debt), "cost_of_debt", SC_DEFAULTED, RATE, of, -1, 1, 0,              \
                   "Cost of debt before tax."),                                                              \
            NUMBER(AT(sc_capm, tax), "tax", SC_DEFAULTED, RATE, of, 0, 1, 0,                                 \
                   "Tax rate of the interest shield and of the levered beta."),                              \
            NUMBER(AT(sc_capm, premium), "premium", SC_DEFAULTED, RATE, of, -1, 1, 0,                        \
                   "Added to the cost of equity, for size or country."),                                     \
            END                                                                                              \
    }
static const struct sc_field DISCOUNT_CAPM[] = CAPM_FIELDS(DISCOUNT);
static const struct sc_field TERMINAL_CAPM[] = CAPM_FIELDS(TERMINAL);

#define IN(object, member) (AT(sc_plan, object.member) - AT(sc_plan, object))
static const struct sc_field DISCOUNT[] = {
    PATH_ABOVE(IN(discount, wacc), "wacc", SC_OPTIONAL, RATE, DISCOUNT, FROM_YEAR_1, -1, 1, 0,
               "Weighted average cost of capital; or `capm`."),
    OBJECT(IN(discount, capm), "capm", SC_OPTIONAL, DISCOUNT, DISCOUNT_CAPM,
           "The cost of capital built up; constant over the years."),
    END};

static const struct sc_field TERMINAL[] = {
    CHOICE(IN(terminal, method), "method", SC_REQUIRED, TERMINAL, METHODS, 0,
           "How the value beyond the horizon is found."),
    ABOVE(IN(terminal, growth), "growth", SC_OPTIONAL, RATE, TERMINAL, -1, 1, 0,
          "Growth for ever; required but for an exit multiple, where it is 0 unless given."),
    ABOVE(IN(terminal, wacc), "wacc", SC_OPTIONAL, RATE, TERMINAL, -1, 1, 0,
          "Discount rate beyond the horizon; that of the last year unless given."),
    OBJECT(IN(terminal, capm), "capm", SC_OPTIONAL, TERMINAL, TERMINAL_CAPM,
           "That rate built up; instead of `wacc`."),
    ABOVE(IN(terminal, ronic), "ronic", SC_OPTIONAL, RATE, TERMINAL, 0, 1000, 0,
          "Return on new invested capital for ever; for value_driver."),
    NUMBER(IN(terminal, multiple), "multiple", SC_OPTIONAL, RATIO, TERMINAL, 0, 1e6, 0,
           "Multiple of the metric; for exit_multiple."),
    CHOICE(IN(terminal, metric), "metric", SC_OPTIONAL, TERMINAL, METRICS, SC_METRIC_ABSENT,
           "What is multiplied, of year H; for exit_multiple."),
    NUMBER(IN(terminal, half_life), "half_life", SC_OPTIONAL, YEARS, TERMINAL, 0, 1000, 0,
           "Half-life of the fade of growth; for h_model."),
    ABOVE(IN(terminal, growth_start), "growth_start", SC_OPTIONAL, RATE, TERMINAL, -1, 10, 0,
          "Growth at the start of the fade; for h_model."),
    NUMBER(IN(terminal, tax_rate), "tax_rate", SC_OPTIONAL, RATE, TERMINAL, 0, 1, 0,
           "Tax rate beyond the horizon; that of the last year unless given."),
    END};

static const struct sc_field BRIDGE[] = {
    NUMBER(IN(bridge, cash), "cash", SC_DEFAULTED, USD_MILLION, BRIDGE, 0, MONEY_MAX, 0,
           "Cash and short-term investments."),
    NUMBER(IN(bridge, investments), "investments", SC_DEFAULTED, USD_MILLION, BRIDGE, 0, MONEY_MAX, 0,
           "Other non-operating investments."),
    NUMBER(IN(bridge, debt), "debt", SC_DEFAULTED, USD_MILLION, BRIDGE, 0, MONEY_MAX, 0, "Debt."),
    NUMBER(IN(bridge, leases), "leases", SC_DEFAULTED, USD_MILLION, BRIDGE, 0, MONEY_MAX, 0,
           "Lease liabilities that are not in debt."),
    NUMBER(IN(bridge, minority), "minority", SC_DEFAULTED, USD_MILLION, BRIDGE, 0, MONEY_MAX, 0,
           "Minority interests."),
    NUMBER(IN(bridge, preferred), "preferred", SC_DEFAULTED, USD_MILLION, BRIDGE, 0, MONEY_MAX, 0,
           "Preferred stock."),
    END};

static const struct sc_field OPTION[] = {
    TEXT(AT(sc_option, holder), "holder", SC_OPTIONAL, 1, 64, "Who holds the tranche."),
    NUMBER(AT(sc_option, count), "count", SC_REQUIRED, SHARES_MILLION, BRIDGE, 0, COUNT_MAX, 0,
           "Shares that the tranche may buy."),
    NUMBER(AT(sc_option, strike), "strike", SC_REQUIRED, USD_PER_SHARE, BRIDGE, 0, MONEY_MAX, 0,
           "Exercise price."),
    ABOVE(AT(sc_option, years), "years", SC_OPTIONAL, YEARS, BRIDGE, 0, 100, 0,
          "Time to expiry; for option_value."),
    ABOVE(AT(sc_option, volatility), "volatility", SC_OPTIONAL, RATE, BRIDGE, 0, 10, 0,
          "Volatility of the share; for option_value."),
    NUMBER(AT(sc_option, rate), "rate", SC_OPTIONAL, RATE, BRIDGE, -1, 1, 0,
           "Risk-free rate, continuously compounded; for option_value."),
    END};

static const struct sc_field WARRANT[] = {
    TEXT(AT(sc_warrant, holder), "holder", SC_OPTIONAL, 1, 64, "Who holds the tranche."),
    NUMBER(AT(sc_warrant, count), "count", SC_REQUIRED, SHARES_MILLION, BRIDGE, 0, COUNT_MAX, 0,
           "Shares that the tranche may buy."),
    NUMBER(AT(sc_warrant, strike), "strike", SC_REQUIRED, USD_PER_SHARE, BRIDGE, 0, MONEY_MAX, 0,
           "Exercise price."),
    NUMBER(AT(sc_warrant, probability), "probability", SC_DEFAULTED, SHARE, BRIDGE, 0, 1, 1,
           "Probability of the operational milestone."),
    NUMBER(AT(sc_warrant, threshold), "threshold", SC_DEFAULTED, USD_PER_SHARE, BRIDGE, 0, MONEY_MAX, 0,
           "Share price that vests the tranche."),
    END};

static const struct sc_field DILUTION[] = {
    CHOICE(IN(dilution, method), "method", SC_DEFAULTED, BRIDGE, DILUTIONS, SC_TREASURY,
           "How options dilute: by the treasury method, or valued and taken off equity."),
    ABOVE(IN(dilution, basic), "basic", SC_REQUIRED, SHARES_MILLION, BRIDGE, 0, COUNT_MAX, 0,
          "Shares outstanding."),
    NUMBER(IN(dilution, rsu), "rsu", SC_DEFAULTED, SHARES_MILLION, BRIDGE, 0, COUNT_MAX, 0,
           "Restricted stock units not yet vested."),
    LIST(IN(dilution, option), "options", SC_OPTIONAL, BRIDGE, OPTION, sc_option, 0, SC_TRANCHES_MAX,
         "Employee options, by tranche."),
    LIST(IN(dilution, warrant), "warrants", SC_OPTIONAL, BRIDGE, WARRANT, sc_warrant, 0, SC_TRANCHES_MAX,
         "Warrants, by tranche, with what vests them."),
    END};

static const struct sc_field FAILURE[] = {NUMBER(IN(failure, probability), "probability", SC_REQUIRED, SHARE,
                                                 BRIDGE, 0, 1, 0, "Probability that the firm fails."),
                                          NUMBER(IN(failure, recovery), "recovery", SC_REQUIRED, SHARE,
                                                 BRIDGE, 0, 1, 0, "Part of enterprise value recovered then."),
                                          END};

static const struct sc_field CHAIR[] = {
    PATH(IN(chair, hazard), "hazard", SC_REQUIRED, RATE, CHAIR, FROM_YEAR_1, 0, 1, 0,
         "Probability of losing the chair in a year, given that it was held."),
    NUMBER(IN(chair, retention), "retention", SC_REQUIRED, SHARE, CHAIR, 0, 1, 0,
           "Part of the chair's revenue above the floor that is kept from year to year after the loss."),
    NUMBER(IN(chair, floor), "floor", SC_DEFAULTED, SHARE, CHAIR, 0, 1, 0,
           "Part of the chair's revenue that is never lost."),
    NUMBER(IN(chair, margin_loss), "margin_loss", SC_DEFAULTED, RATIO, CHAIR, -10, 10, 0,
           "Operating margin lost on the chair's segments."),
    END};

static const struct sc_field RETURNS[] = {
    ABOVE(IN(returns, reinvestment_rate), "reinvestment_rate", SC_DEFAULTED, RATE, NONE, -1, 10, 0,
          "Rate at which cash paid in is compounded to the horizon."),
    ABOVE(IN(returns, net_share_growth), "net_share_growth", SC_DEFAULTED, RATE, NONE, -1, 10, 0,
          "Yearly growth of the basic share count, net of buybacks."),
    END};

/* A figure of a distribution is no driver: it is not in the plan. Where it is absent it is NAN. */
#define FIGURE(member, least_, most_, says)                                                                  \
    {                                                                                                        \
        .name = #member, .kind = SC_KIND_FIGURE, .presence = SC_OPTIONAL, .low = least_, .high = most_,      \
        .offset = AT(sc_written_distribution, member), .meaning = says                                       \
    }
#define FIGURES(member, least_, most_, says)                                                                 \
    {                                                                                                        \
        .name = #member, .kind = SC_KIND_NUMBERS, .presence = SC_OPTIONAL, .low = least_, .high = most_,     \
        .offset = AT(sc_written_distribution, member), .least = 1, .most = SC_DISCRETE_MAX, .meaning = says  \
    }
const struct sc_field SC_DISTRIBUTION_FIELDS[] = {
    CHOICE(AT(sc_written_distribution, kind), "kind", SC_REQUIRED, NONE, DISTRIBUTIONS, 0,
           "Family of the distribution; `fit` draws a fitted inference share from its covariance."),
    FIGURE(mean, -MONEY_MAX, MONEY_MAX, "Mean; of normal."),
    FIGURE(sd, 0, MONEY_MAX, "Standard deviation; of normal."),
    FIGURE(mu, -100, 100, "Mean of the logarithm; of lognormal."),
    FIGURE(sigma, 0, 40, "Standard deviation of the logarithm; of lognormal."),
    FIGURE(low, -MONEY_MAX, MONEY_MAX, "Lower end; of uniform, triangular, pert and beta (0 unless given)."),
    FIGURE(mode, -MONEY_MAX, MONEY_MAX, "Most likely value; of triangular and pert."),
    FIGURE(high, -MONEY_MAX, MONEY_MAX, "Upper end; of uniform, triangular, pert and beta (1 unless given)."),
    FIGURE(lambda, 0, 1e4, "Weight of the mode; of pert, 4 unless given."),
    FIGURE(alpha, 0.05, 1e5, "First shape; of beta."),
    FIGURE(beta, 0.05, 1e5, "Second shape; of beta."),
    FIGURE(location, -MONEY_MAX, MONEY_MAX, "Location; of student_t."),
    FIGURE(scale, 0, MONEY_MAX, "Scale; of student_t."),
    FIGURE(dof, 0.5, 1e5, "Degrees of freedom; of student_t."),
    FIGURES(values, -MONEY_MAX, MONEY_MAX, "Values; of discrete."),
    FIGURES(weights, 0, MONEY_MAX, "Their weights, which need not add up to 1; of discrete."),
    FIGURE(min, -MONEY_MAX, MONEY_MAX, "Truncates the distribution from below."),
    FIGURE(max, -MONEY_MAX, MONEY_MAX, "Truncates it from above."),
    END};

static const struct sc_field UNCERTAIN_DRIVER[] = {
    {.name = "pointer",
     .kind = SC_KIND_POINTER,
     .presence = SC_REQUIRED,
     .offset = AT(sc_written_driver, pointer),
     .meaning = "The driver that is uncertain: a number of the document, or a fitted inference share."},
    OBJECT(AT(sc_written_driver, distribution), "distribution", SC_REQUIRED, NONE, SC_DISTRIBUTION_FIELDS,
           "How it is distributed."),
    END};

#define CORRELATED(member)                                                                                   \
    (AT(sc_written_uncertainty, correlation.member) - AT(sc_written_uncertainty, correlation))
static const struct sc_field CORRELATION[] = {
    CHOICE(CORRELATED(kind), "kind", SC_REQUIRED, NONE, CORRELATIONS, 0,
           "Which coefficients the matrix holds."),
    {.name = "matrix",
     .kind = SC_KIND_MATRIX,
     .presence = SC_REQUIRED,
     .low = -1,
     .high = 1,
     .offset = CORRELATED(matrix),
     .least = 1,
     .most = SC_UNCERTAIN_MAX,
     .meaning = "Correlations, in the order of the drivers."},
    {.name = "repair",
     .kind = SC_KIND_FLAG,
     .presence = SC_DEFAULTED,
     .offset = CORRELATED(repair),
     .meaning = "Replace a matrix that is not positive definite by the nearest one that is."},
    END};

static const struct sc_field UNCERTAINTY[] = {
    LIST(AT(sc_written_uncertainty, driver), "drivers", SC_REQUIRED, NONE, UNCERTAIN_DRIVER,
         sc_written_driver, 0, SC_UNCERTAIN_MAX, "The uncertain drivers."),
    OBJECT(AT(sc_written_uncertainty, correlation), "correlation", SC_OPTIONAL, NONE, CORRELATION,
           "How they move together."),
    END};

static const struct sc_field SOURCE[] = {
    {.name = "pointer",
     .kind = SC_KIND_POINTER,
     .presence = SC_REQUIRED,
     .offset = SC_NOT_STORED,
     .meaning = "The figure, or the part of the document, that the source is for."},
    TEXT(SC_NOT_STORED, "text", SC_REQUIRED, 1, 2000, "The source, in words."),
    CHOICE(SC_NOT_STORED, "kind", SC_OPTIONAL, NONE, SOURCE_KINDS, 0,
           "Whether the figure was reported, derived from reported ones, or is an assumption."),
    END};

const struct sc_field SC_SCENARIO_FIELDS[] = {
    INTEGER(AT(sc_plan, schema), "schema", SC_REQUIRED, NONE, NONE, 1, 1, 1, "Version of this shape: 1."),
    TEXT(AT(sc_plan, name), "name", SC_REQUIRED, 1, 200, "What the scenario is called."),
    TEXT(AT(sc_plan, company), "company", SC_REQUIRED, 1, 100, "Company valued, by name or ticker."),
    TEXT(AT(sc_plan, description), "description", SC_OPTIONAL, 0, 4000, "What the scenario is about."),
    {.name = "tags",
     .kind = SC_KIND_TEXTS,
     .presence = SC_OPTIONAL,
     .offset = SC_NOT_STORED,
     .low = 1,
     .high = 50,
     .least = 0,
     .most = 32,
     .meaning = "Words to find the scenario by."},
    CHOICE(SC_NOT_STORED, "currency", SC_DEFAULTED, NONE, CURRENCIES, 0, "Currency of all amounts."),
    {.name = "valuation_date",
     .kind = SC_KIND_DATE,
     .presence = SC_REQUIRED,
     .group = SC_GROUP_TIMING,
     .offset = AT(sc_plan, valuation_date),
     .meaning = "Day on which the company is valued."},
    ABOVE(AT(sc_plan, price), "price", SC_REQUIRED, USD_PER_SHARE, NONE, 0, MONEY_MAX, 0,
          "Price of a share on that day."),
    NUMBER(AT(sc_plan, fair_band), "fair_band", SC_DEFAULTED, SHARE, NONE, 0, 1, 0.1,
           "How far value may be from price, up or down, and the price still be called fair."),
    {.name = "base_year_end",
     .kind = SC_KIND_DATE,
     .presence = SC_REQUIRED,
     .group = SC_GROUP_TIMING,
     .offset = AT(sc_plan, base_year_end),
     .meaning = "Day on which the last reported fiscal year, year 0, ended."},
    INTEGER(AT(sc_plan, horizon_slot), "horizon", SC_DEFAULTED, YEARS, NONE, 1, SC_HORIZON_MAX, 10,
            "Number of years forecast."),
    CHOICE(AT(sc_plan, timing), "timing", SC_DEFAULTED, TIMING, TIMINGS, SC_TIMING_MID,
           "Whether a year's cash comes in its middle or at its end."),
    OBJECT(AT(sc_plan, market), "market", SC_OPTIONAL, MARKET, MARKET,
           "The AI compute market; required where a segment names a seat."),
    LIST(AT(sc_plan, seat), "seats", SC_OPTIONAL, SEATS, SEAT, sc_seat, 0, SC_SEATS_MAX,
         "Who gets the spend; required where a segment names a seat."),
    LIST(AT(sc_plan, segment), "segments", SC_REQUIRED, SEGMENTS, SEGMENT, sc_segment, 1, SC_SEGMENTS_MAX,
         "The company's businesses: revenue from a seat, from a base that grows, or year by year."),
    OBJECT(AT(sc_plan, operations), "operations", SC_REQUIRED, OPERATIONS, OPERATIONS,
           "From revenue to free cash flow."),
    OBJECT(AT(sc_plan, discount), "discount", SC_REQUIRED, DISCOUNT, DISCOUNT, "The discount rate."),
    OBJECT(AT(sc_plan, terminal), "terminal", SC_REQUIRED, TERMINAL, TERMINAL, "Value beyond the horizon."),
    OBJECT(AT(sc_plan, bridge), "bridge", SC_DEFAULTED, BRIDGE, BRIDGE, "From enterprise value to equity."),
    OBJECT(AT(sc_plan, dilution), "dilution", SC_REQUIRED, BRIDGE, DILUTION, "Who shares the equity."),
    OBJECT(AT(sc_plan, failure), "failure", SC_OPTIONAL, BRIDGE, FAILURE, "The risk that the firm fails."),
    OBJECT(AT(sc_plan, chair), "chair", SC_OPTIONAL, CHAIR, CHAIR, "The risk that the chair is lost."),
    OBJECT(AT(sc_plan, returns), "returns", SC_DEFAULTED, NONE, RETURNS,
           "For the look back from the horizon."),
    OBJECT(SC_NOT_STORED, "uncertainty", SC_OPTIONAL, NONE, UNCERTAINTY, "Drivers that are not certain."),
    {.name = "sources",
     .kind = SC_KIND_LIST,
     .presence = SC_OPTIONAL,
     .offset = SC_NOT_STORED,
     .member = SOURCE,
     .least = 0,
     .most = 256,
     .meaning = "Where the figures come from."},
    END};

const struct sc_field SC_POINT_YEAR = {
    .name = "year", .kind = SC_KIND_NUMBER, .unit = SC_UNIT_YEAR, .low = 1000, .high = 3000};

bool sc_field_allows(const struct sc_field *field, double number)
{
    if (!(number >= field->low) || !(number <= field->high)) return false;
    return !(field->open_low && number <= field->low) && !(field->open_high && number >= field->high);
}

const char *sc_unit_name(enum sc_unit unit)
{
    static const char *const NAMES[SC_UNITS] = {
        [SC_UNIT_NONE] = "",
        [SC_UNIT_USD_MILLION] = "USD million",
        [SC_UNIT_USD_PER_SHARE] = "USD per share",
        [SC_UNIT_SHARES_MILLION] = "million shares",
        [SC_UNIT_RATE] = "decimal per year",
        [SC_UNIT_SHARE] = "decimal share",
        [SC_UNIT_RATIO] = "decimal ratio",
        [SC_UNIT_YEAR] = "calendar year",
        [SC_UNIT_YEARS] = "years",
    };
    return NAMES[unit];
}

const char *sc_group_name(enum sc_group group)
{
    static const char *const NAMES[SC_GROUPS] = {
        [SC_GROUP_NONE] = "",
        [SC_GROUP_MARKET] = "market",
        [SC_GROUP_INFERENCE_SHARE] = "inference_share",
        [SC_GROUP_SEATS] = "seats",
        [SC_GROUP_SEGMENTS] = "segments",
        [SC_GROUP_OPERATIONS] = "operations",
        [SC_GROUP_DISCOUNT] = "discount",
        [SC_GROUP_TERMINAL] = "terminal",
        [SC_GROUP_BRIDGE] = "bridge",
        [SC_GROUP_CHAIR] = "chair",
        [SC_GROUP_TIMING] = "timing",
    };
    return NAMES[group];
}
