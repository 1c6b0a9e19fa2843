/* Which drivers of a scenario are uncertain, how each is distributed, and how they move together (MODEL 10).
 * Filled by server/codec from a document's `uncertainty` or a question's own. */
#ifndef SC_UNCERTAINTY_H
#define SC_UNCERTAINTY_H

#include "distribution.h"
#include "field.h"
#include "plan.h"

#include <stdbool.h>
#include <stddef.h>

enum { SC_UNCERTAIN_MAX = 64 };

struct sc_uncertain {
    sc_slot
        slot; /* SC_NO_SLOT where a fitted inference share is drawn from its covariance: SC_FITTED_CURVE */
    const char *pointer;
    const struct sc_field
        *bounds; /* of the driver: a draw outside them is rejected; NULL for a fitted curve */
    struct sc_distribution distribution;
};

struct sc_uncertainty {
    struct sc_uncertain *driver;
    size_t count;
    bool correlated;      /* the document gives a matrix; otherwise the drivers are independent */
    bool spearman;        /* of ranks; otherwise Pearson's, of the copula's normal variables */
    bool repair;          /* where it is not positive definite, the nearest that is takes its place */
    const double *matrix; /* [count * count], rows one after another; NULL where not correlated */
};

/* As a document writes it, before it is known to make sense: what the table of fields fills. A figure that is
 * absent is NAN. The index of `kind` is enum sc_distribution_kind. */
struct sc_written_distribution {
    bool present;
    int kind;
    double mean, sd, mu, sigma, low, mode, high, lambda, alpha, beta, location, scale, dof, min, max;
    const double *values;
    size_t value_count;
    const double *weights;
    size_t weight_count;
};

struct sc_written_driver {
    const char *pointer;
    struct sc_written_distribution distribution;
};

struct sc_written_uncertainty {
    bool present;
    struct sc_written_driver *driver;
    size_t count;
    struct {
        bool present;
        int kind;
        const double *matrix;
        size_t rows;
        bool repair;
    } correlation;
};

#endif
