/* First-order and total Sobol indices: which part of a figure's variance each driver makes by itself, and
 * which together with all others (MODEL 9, Sensitivity). Saltelli's design over scrambled Sobol points: two
 * samples A and B, and for each driver A with that driver's numbers from B. Pure; memory is the caller's. */
#ifndef SC_SOBOL_INDICES_H
#define SC_SOBOL_INDICES_H

#include "distribution.h"
#include "sobol.h"

#include <stddef.h>
#include <stdint.h>

enum {
    SC_INDEX_COLUMNS_MAX = SC_SOBOL_DIMENSIONS / 2, /* A and B each have their own dimensions */
    SC_INDEX_CHUNK = 256                            /* points that are asked for at once */
};

/* The figure at n points, 1 … SC_INDEX_CHUNK: x[c][i] is the number of column c at point i. NAN where it has
 * none. */
typedef void sc_figure_at(void *figure, const double *const *x, size_t n, double *value);

/* A number that is drawn. A driver may have several: a fitted curve has its parameters. */
struct sc_index_column {
    const struct sc_quantile *quantile;
    uint64_t key; /* sc_draw_key of its name */
    size_t driver;
};

struct sc_index_design {
    const struct sc_sobol *sobol;
    uint64_t seed;
    size_t paths; /* points of A, and of B: a power of two */
    const struct sc_index_column *column;
    size_t columns, drivers;
    sc_figure_at *at;
    void *figure;
};

/* What one driver has in one randomisation. */
struct sc_index_pair {
    double first_order, total;
};

/* What one randomisation says. Where the figure does not vary, or hardly ever has a value, the variance is 0
 * and indices are NAN. */
struct sc_index_sample {
    double mean, variance;
    size_t points, rejected;      /* asked for; of them without a value, which are left out */
    struct sc_index_pair *driver; /* [drivers], of the caller */
};

/* Bytes that sc_index_once works in, aligned to 16. */
size_t sc_index_memory(const struct sc_index_design *design);

/* One of the independent randomisations, 0, 1, …: a function of (design, randomisation) alone. First order by
 * Saltelli et al. (2010, table 2 b), total by Jansen (1999), both over a variance pooled as by Janon et al.
 * (2014): a driver on which the figure does not depend has exactly 0 and 0. */
void sc_index_once(const struct sc_index_design *design, uint32_t randomisation, void *memory,
                   struct sc_index_sample *sample);

/* An estimate from those of independent randomisations, with its standard error and the interval that
 * Student's t makes of it at a level. */
struct sc_index {
    double value, standard_error, low, high;
};
struct sc_index sc_index_of(const double *estimate, size_t randomisations, double level);

#endif
