/* A scenario, compiled: an array of numbers (the drivers) and small descriptors that say which number stands
 * where in the model. Nothing here points back into the document; the core computes on this and nothing else.
 * Filled from a document by server/codec through the table of fields (field.h). */
#ifndef SC_PLAN_H
#define SC_PLAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SC_HORIZON_MAX = 30,
    SC_SEATS_MAX = 32,
    SC_SEGMENTS_MAX = 32,
    SC_TRANCHES_MAX = 64, /* of options, and of warrants */
    SC_OBSERVATIONS_MAX = 256,
    SC_POINTS_MAX = 64,
    SC_SLOTS_MAX = 16384
};

/* Index of a number in sc_plan.driver; SC_NO_SLOT where the document leaves an optional number out. */
typedef uint16_t sc_slot;
#define SC_NO_SLOT ((sc_slot)0xffff)

enum sc_path_form { SC_PATH_ABSENT, SC_PATH_CONSTANT, SC_PATH_VALUES, SC_PATH_RAMP };
enum sc_path_shape { SC_SHAPE_LINEAR, SC_SHAPE_GEOMETRIC, SC_SHAPE_LOGISTIC };

/* A driver that varies by year (MODEL 1). slot is the constant, the first of count values, or the start of a
 * ramp whose end is slot + 1. */
struct sc_path {
    uint8_t form;
    uint8_t shape;
    uint8_t first_year; /* 0 for paths of the market and the seats, else 1 */
    uint8_t count;
    uint8_t from, to;
    sc_slot slot;
    uint16_t node; /* where it stands in the document: sc_plan_pointer */
};

enum sc_curve { SC_CURVE_NONE, SC_CURVE_LOGISTIC, SC_CURVE_GOMPERTZ, SC_CURVE_PCHIP };
enum sc_timing { SC_TIMING_MID, SC_TIMING_END };
enum sc_terminal_method { SC_GORDON, SC_VALUE_DRIVER, SC_EXIT_MULTIPLE, SC_H_MODEL };
enum sc_metric { SC_METRIC_ABSENT, SC_METRIC_REVENUE, SC_METRIC_EBIT, SC_METRIC_EBITDA, SC_METRIC_NOPAT };
enum sc_dilution_method { SC_TREASURY, SC_OPTION_VALUE };
enum sc_sbc_treatment { SC_SBC_EXPENSE, SC_SBC_ADDBACK };

struct sc_observation {
    sc_slot year, value, low, high, sigma;
};

struct sc_point {
    sc_slot year, value;
};

struct sc_share_curve { /* MODEL 3 */
    bool present;
    int curve;
    sc_slot k, mid, floor, ceiling;
    struct sc_observation *observation;
    size_t observation_count;
    struct sc_point *point;
    size_t point_count;
    struct sc_path path;
};

struct sc_workload {
    bool present;
    sc_slot base;
    struct sc_path growth;
};

struct sc_market { /* MODEL 2 */
    bool present;
    sc_slot base_year, total_spend;
    struct sc_path growth, silicon_content;
    struct sc_share_curve inference_share;
    struct sc_workload training, inference;
};

struct sc_seat { /* MODEL 4 */
    const char *id, *group;
    bool residual;
    struct sc_path training, inference;
};

struct sc_segment { /* MODEL 5 */
    const char *id;
    bool chair;
    const char *seat;
    int seat_index; /* -1 where no seat is named */
    struct sc_path capture, growth, values, margin;
    sc_slot base;
};

struct sc_capm { /* MODEL 7 */
    bool present;
    sc_slot risk_free, erp, beta_unlevered, debt_to_value, cost_of_debt, tax, premium;
};

struct sc_operations { /* MODEL 6 */
    bool present;
    sc_slot base_revenue, invested_capital;
    struct sc_path corporate_cost;
    struct {
        bool present;
        struct sc_path rate;
        sc_slot nol, nol_limit;
    } tax;
    struct {
        bool present;
        struct sc_path sales_to_capital, capex, depreciation, working_capital;
        sc_slot lag;
    } reinvestment;
    struct {
        bool present;
        struct sc_path share_of_revenue;
        int treatment;
    } sbc;
};

struct sc_option {
    const char *holder;
    sc_slot count, strike, years, volatility, rate;
};

struct sc_warrant {
    const char *holder;
    sc_slot count, strike, probability, threshold;
};

/* Where a value stands in the document: a chain of members and indices up to the root. */
struct sc_node {
    const struct sc_field *field; /* NULL for an element of an array of numbers */
    uint16_t parent;
    int16_t index; /* of the element in its list, or -1 */
};

enum sc_origin { SC_FROM_DOCUMENT, SC_FROM_DEFAULT };

struct sc_plan {
    const double *driver;         /* [slots] */
    const uint16_t *driver_node;  /* [slots] */
    const uint8_t *driver_origin; /* [slots], enum sc_origin */
    size_t slots;
    const struct sc_node *node;
    size_t nodes;

    const char *name, *company, *description;
    int32_t valuation_date, base_year_end; /* days since 1970-01-01 */
    sc_slot schema, price, fair_band, horizon_slot;
    int horizon;
    int timing;
    struct sc_market market;
    struct sc_seat *seat;
    size_t seat_count;
    struct sc_segment *segment;
    size_t segment_count;
    struct sc_operations operations;
    struct {
        bool present;
        struct sc_path wacc;
        struct sc_capm capm;
    } discount;
    struct {
        bool present;
        int method, metric;
        sc_slot growth, wacc, ronic, multiple, half_life, growth_start, tax_rate;
        struct sc_capm capm;
    } terminal;
    struct {
        bool present;
        sc_slot cash, investments, debt, leases, minority, preferred;
    } bridge;
    struct {
        bool present;
        int method;
        sc_slot basic, rsu;
        struct sc_option *option;
        size_t option_count;
        struct sc_warrant *warrant;
        size_t warrant_count;
    } dilution;
    struct {
        bool present;
        sc_slot probability, recovery;
    } failure;
    struct { /* MODEL 8 */
        bool present;
        struct sc_path hazard;
        sc_slot retention, floor, margin_loss;
    } chair;
    struct {
        bool present;
        sc_slot reinvestment_rate, net_share_growth;
    } returns;

    /* Follow from the dates (MODEL 1): sc_plan_link. */
    double stub;          /* s, the part of year 1 still to come */
    int base_market_year; /* m(0) */
};

#endif
