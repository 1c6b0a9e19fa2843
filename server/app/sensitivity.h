/* "What moves the value, and by how much?" (MODEL 9, Sensitivity). One file for each method; each reads its
 * own members of the question and answers it. */
#ifndef SC_APP_SENSITIVITY_H
#define SC_APP_SENSITIVITY_H

#include "subject.h"

typedef enum sc_progress sc_sensitivity_method(struct sc_call *call, const struct sc_subject *subject);

/* The exact derivatives of the value by every driver, or by those named. */
sc_sensitivity_method sc_sensitivity_gradient;

/* How much of the value rests on the inference share: its derivatives by each year's share and by the curve's
 * parameters, and the range of values over all ceilings that fit the observations. */
sc_sensitivity_method sc_sensitivity_inference;

/* The value at given or relative swings of each driver, one at a time. */
sc_sensitivity_method sc_sensitivity_tornado;

/* The value over the points of one driver, or of two at once. */
sc_sensitivity_method sc_sensitivity_grid;

/* The parts of the value's variance that each driver makes by itself and with the others. */
sc_sensitivity_method sc_sensitivity_sobol;

/* The value of the scenario as it is: NAN with a reason where it has none. */
struct sc_base_value {
    double value;
    const char *reason;
};

/* False: the answer is a problem. */
bool sc_base_value(struct sc_call *call, const struct sc_subject *subject, struct sc_base_value *base)
    __attribute__((warn_unused_result));

/* The members that the answers of the methods begin with: method, price, value_per_share (null with its
 * reason). */
struct sc_json_writer;
void sc_sensitivity_write(struct sc_json_writer *writer, const struct sc_subject *subject, const char *method,
                          const struct sc_base_value *base);

/* Whether so many points, of that much work together (sc_point_work), are few enough for one answer. False:
 * the answer is a problem, with its fault at the pointer. */
bool sc_sensitivity_affords(struct sc_call *call, double work, size_t points, const char *pointer)
    __attribute__((warn_unused_result));

#endif
