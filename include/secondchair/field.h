/* The one table of fields: what a scenario document holds. Each line says a member's name, kind, unit,
 * bounds, default, group and meaning, and where in sc_plan it goes. Parsing, validation, suggestions, the
 * JSON Schema, the reference and the list of inputs are read from it; a new driver is one line here and its
 * use in a formula. */
#ifndef SC_FIELD_H
#define SC_FIELD_H

#include "plan.h"

#include <stddef.h>

enum sc_kind {
    SC_KIND_OBJECT,  /* members; goes to a struct whose first member, bool present, is set */
    SC_KIND_LIST,    /* elements, each an object of members; goes to a pointer and a size_t count after it */
    SC_KIND_NUMBER,  /* goes to an sc_slot */
    SC_KIND_INTEGER, /* a whole number; goes to an sc_slot */
    SC_KIND_PATH,    /* a number, an array or a ramp; goes to a struct sc_path */
    SC_KIND_VALUES,  /* a path that must be an array */
    SC_KIND_POINTS,  /* [[year, value], …]; goes to a pointer to sc_point and a count */
    SC_KIND_TEXT,    /* goes to a const char * */
    SC_KIND_ID,      /* a text that names an element of a list; goes to a const char * */
    SC_KIND_DATE,    /* goes to an int32_t */
    SC_KIND_CHOICE,  /* one of the words; its index goes to an int */
    SC_KIND_FLAG,    /* goes to a bool */
    SC_KIND_TEXTS,   /* an array of texts; checked, not stored */
    SC_KIND_FIGURE,  /* a number that is no driver; goes to a double, NAN where it is absent */
    SC_KIND_POINTER, /* an RFC 6901 pointer; goes to a const char * */
    SC_KIND_NUMBERS, /* an array of numbers that are no drivers; goes to a const double * and a count */
    SC_KIND_MATRIX, /* a square array of rows of such numbers; goes to a const double * and the rows' count */
    SC_KIND_ANY     /* any value, which is looked at elsewhere */
};

enum sc_unit {
    SC_UNIT_NONE,
    SC_UNIT_USD_MILLION,
    SC_UNIT_USD_PER_SHARE,
    SC_UNIT_SHARES_MILLION,
    SC_UNIT_RATE,  /* decimal a year */
    SC_UNIT_SHARE, /* decimal part of a whole */
    SC_UNIT_RATIO,
    SC_UNIT_YEAR,  /* calendar year, may be fractional where a curve is read */
    SC_UNIT_YEARS, /* a duration or a fiscal year's number */
    SC_UNITS
};

/* The ten groups of the comparison (MODEL 9); descriptive members belong to none. */
enum sc_group {
    SC_GROUP_NONE,
    SC_GROUP_MARKET,
    SC_GROUP_INFERENCE_SHARE,
    SC_GROUP_SEATS,
    SC_GROUP_SEGMENTS,
    SC_GROUP_OPERATIONS,
    SC_GROUP_DISCOUNT,
    SC_GROUP_TERMINAL,
    SC_GROUP_BRIDGE,
    SC_GROUP_CHAIR,
    SC_GROUP_TIMING,
    SC_GROUPS
};

enum sc_presence { SC_REQUIRED, SC_OPTIONAL, SC_DEFAULTED };

enum { SC_NOT_STORED = 0xffff };

struct sc_field {
    const char *name;
    enum sc_kind kind;
    enum sc_presence presence;
    enum sc_unit unit;
    enum sc_group group;
    bool open_low;                 /* the lower bound itself is excluded */
    bool open_high;                /* the upper bound itself is excluded */
    double low, high;              /* bounds of a number or of each number of a path; of a text's length */
    double fallback;               /* the default: a number, or a choice's index */
    size_t offset;                 /* in the enclosing struct; SC_NOT_STORED */
    const struct sc_field *member; /* of an object or of a list's elements; ended by a NULL name */
    size_t size;                   /* of a list's element */
    size_t most, least;            /* elements of a list */
    const char *const
        *choice;        /* ended by NULL; an empty word stands for absence and is not allowed in a document */
    uint8_t first_year; /* of a path */
    const char *meaning;
};

/* The document's members. */
extern const struct sc_field SC_SCENARIO_FIELDS[];

/* A distribution's members (MODEL 10); they go to a struct sc_written_distribution. */
extern const struct sc_field SC_DISTRIBUTION_FIELDS[];

/* The ramp's own members (start, end, shape, from, to), for the schema and for suggestions. */
extern const struct sc_field SC_RAMP_FIELDS[];

/* The bounds of the year of a point. */
extern const struct sc_field SC_POINT_YEAR;

/* Whether a number is within a field's bounds. */
bool sc_field_allows(const struct sc_field *field, double number);

const char *sc_unit_name(enum sc_unit unit);
const char *sc_group_name(enum sc_group group);

/* The pointer of a node, terminated; cut with "…" when longer than size. Returns out. */
char *sc_plan_pointer(const struct sc_plan *plan, size_t node, char *out, size_t size);

/* The slot of the number at a pointer; SC_NO_SLOT where the plan has none there: it may lead to more than one
 * number, or to one that the document leaves out and that has no default. */
sc_slot sc_plan_find(const struct sc_plan *plan, const char *pointer);

/* The field that a number belongs to, with its bounds and group: its own, or that of the path or the points
 * that it is a part of; and its unit. */
const struct sc_field *sc_plan_field(const struct sc_plan *plan, sc_slot slot);
enum sc_unit sc_plan_unit(const struct sc_plan *plan, sc_slot slot);

/* The field whose bounds hold for a number: its owner, but for the year of a point. */
const struct sc_field *sc_plan_bounds(const struct sc_plan *plan, sc_slot slot);

#endif
