/* The question `simulation`: what is asked, and what is found. Private to its files. */
#ifndef SC_APP_SIMULATION_H
#define SC_APP_SIMULATION_H

#include "simulation_run.h"
#include "subject.h"

enum { SC_HURDLES_MAX = 32 };

struct sc_simulation_question {
    struct sc_sampling sampling;
    size_t randomisations, paths; /* paths: asked for, or at most, of all randomisations */
    double tolerance;             /* standard error of the mean that is wanted; NAN: none */
    double time_budget;           /* milliseconds; NAN: none */
    bool bands;
    double level; /* of intervals and bands */
    double shortfall;
    double quantile[SC_QUANTILES_MAX], hurdle[SC_HURDLES_MAX];
    size_t quantiles, hurdles;
};

extern const char *const SC_SIMULATION_MEMBERS[];

/* False: the answer is a problem. */
bool sc_simulation_read(struct sc_call *call, const struct sc_subject *subject,
                        struct sc_simulation_question *question) __attribute__((warn_unused_result));

/* Why a simulation ended. */
enum sc_simulation_end { SC_GOES_ON, SC_ENDED_PATHS, SC_ENDED_TOLERANCE, SC_ENDED_TIME };

/* One scenario's simulation and what is said of it. */
struct sc_simulated {
    const struct sc_plan *plan;
    double value_per_share; /* of the drivers as the document has them */
    struct sc_uncertainty uncertainty;
    struct sc_run run;
    struct sc_sample sample;
    struct sc_sorted sorted;
    double *scratch; /* as many numbers as there are paths */
    struct sc_moments moments;
    enum sc_simulation_end end;
};

struct sc_json_writer;

/* The members of the answer, but for the figures of a comparison. Sorts the yearly figures in place. */
void sc_simulation_write(struct sc_json_writer *w, const struct sc_simulation_question *question,
                         struct sc_simulated *simulated, struct sc_crew *crew);

/* The estimate, its error and why it ended: what an event of a stream says. */
void sc_simulation_write_estimate(struct sc_json_writer *w, const struct sc_simulated *simulated);

enum sc_progress sc_simulation_csv(struct sc_call *call, const struct sc_simulation_question *question,
                                   const struct sc_simulated *simulated);

/* What the difference between two scenarios is on common random numbers. */
void sc_simulation_write_difference(struct sc_json_writer *w, const struct sc_simulation_question *question,
                                    struct sc_simulated *one, const struct sc_simulated *other);

#endif
