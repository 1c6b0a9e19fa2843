/* A driver that a question moves over a range: named, checked, compiled in, found among the plan's numbers.
 */
#ifndef SC_APP_AXIS_H
#define SC_APP_AXIS_H

#include "subject.h"

struct sc_axis {
    const char *pointer; /* borrowed from the question */
    double low, high;
    size_t steps;           /* points on it; 0 where it has none but its ends */
    const double *value;    /* the points, where the question lists them; else NULL */
    size_t lowest, highest; /* which of those are low and high */
    sc_slot slot;           /* in the plan of sc_axes_compile */
};

/* Reads {"pointer", "low", "high"} (and "steps", from 2 to most_steps, where that is not 0) from an object of
 * the question; place is its pointer in the body, "" for the question itself. Faults name the member. */
void sc_axis_read(const json_t *object, const char *place, size_t most_steps, struct sc_axis *axis,
                  struct sc_faults *faults);

/* The same with steps, or {"pointer", "values": [from 1 to most_steps numbers]}, which go to the arena. False
 * when that is exhausted. */
bool sc_axis_read_points(const json_t *object, const char *place, size_t most_steps, struct sc_arena *arena,
                         struct sc_axis *axis, struct sc_faults *faults) __attribute__((warn_unused_result));

/* The parts of these: the driver's name, NULL in the axis where it is not sound (members: those that the
 * object may have); and low and high. */
void sc_axis_read_driver(const json_t *object, const char *place, const char *const *members,
                         struct sc_axis *axis, struct sc_faults *faults);
void sc_axis_read_range(const json_t *object, const char *place, struct sc_axis *axis,
                        struct sc_faults *faults);

/* Whether the axis' pointer names what may be moved by degrees in the subject's document; a fault where it
 * does not. False without one: memory is short. */
bool sc_axis_moves(const struct sc_subject *subject, const struct sc_axis *axis, const char *place,
                   struct sc_faults *faults) __attribute__((warn_unused_result));

/* The axis' point of an index below steps: the ends are exact. */
double sc_axis_point(const struct sc_axis *axis, size_t index);

/* The subject's document compiled, in the arena, with each axis' driver at its low end (and found valid at
 * every corner of their ranges), so that a driver may be absent with a default, or a whole path. Fills the
 * slots. places: where the axes stand in the question. NULL: faults, or without one the arena is exhausted.
 * At most SC_AXES_MAX. */
enum { SC_AXES_MAX = 2 };
struct sc_plan *sc_axes_plan(const struct sc_subject *subject, struct sc_axis *axis, size_t count,
                             const char *const *places, struct sc_arena *arena, struct sc_faults *faults);

/* The same in the call's arena. NULL: the answer is a problem. */
struct sc_plan *sc_axes_compile(struct sc_call *call, const struct sc_subject *subject, struct sc_axis *axis,
                                size_t count, const char *const *places);

#endif
