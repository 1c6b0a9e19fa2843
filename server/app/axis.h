/* A driver that a question moves over a range: named, checked, compiled in, found among the plan's numbers.
 */
#ifndef SC_APP_AXIS_H
#define SC_APP_AXIS_H

#include "subject.h"

struct sc_axis {
    const char *pointer; /* borrowed from the question */
    double low, high;
    size_t steps; /* 0 where none are given */
    sc_slot slot; /* in the plan of sc_axes_compile */
};

/* Reads {"pointer", "low", "high"} (and "steps", from 2 to most_steps, where that is not 0) from an object of
 * the question; place is its pointer in the body, "" for the question itself. Faults name the member. */
void sc_axis_read(const json_t *object, const char *place, size_t most_steps, struct sc_axis *axis,
                  struct sc_faults *faults);

/* The subject's document compiled with each axis' driver at its low end (and found valid at its high end
 * too), so that a driver may be absent with a default, or a whole path. Fills the slots. NULL: the answer is
 * a problem. */
struct sc_plan *sc_axes_compile(struct sc_call *call, const struct sc_subject *subject, struct sc_axis *axis,
                                size_t count, const char *const *places);

#endif
