/* The question `simulation`: what is asked, and what is found. Private to its files. */
#ifndef SC_APP_SIMULATION_H
#define SC_APP_SIMULATION_H

#include "simulation_run.h"
#include "subject.h"

enum {
    SC_HURDLES_MAX = 32,
    SC_FIRST_PATHS = 1 << 10 /* of a run that is looked at as it goes; it doubles from there */
};

/* The part of the paths above which rejections are worth a warning. MODEL 10. */
#define SC_MANY_REJECTED 0.01

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

/* Reads the members of a question: about a scenario, members 0, or about a set of so many. Adds faults. */
void sc_simulation_read(const json_t *given, size_t members, struct sc_simulation_question *question,
                        struct sc_faults *faults);

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

/* Makes room for the question's paths and makes a simulation ready whose plan and uncertainty are set; the
 * rest is zero before. crew: threads that will be at it. dimensions: as sc_simulation_prepare has them. False
 * with faults, at places under `place`, or without when memory is short. Always pair with sc_simulated_free.
 */
bool sc_simulated_prepare(struct sc_simulated *simulated, const struct sc_simulation_question *question,
                          size_t crew, struct sc_dimensions *dimensions, const char *place,
                          struct sc_faults *faults) __attribute__((warn_unused_result));
void sc_simulated_free(struct sc_simulated *simulated);

/* Sorts what there is and finds the mean and its error. */
void sc_simulated_summarise(struct sc_simulated *simulated, double level);

/* Whether enough paths have a value to say something of them; else adds a fault. */
bool sc_simulated_is_computable(const struct sc_simulated *simulated, const char *place,
                                struct sc_faults *faults) __attribute__((warn_unused_result));

/* Paths evaluated so far, and those of them that have no value. */
size_t sc_simulated_paths(const struct sc_simulated *simulated);
size_t sc_simulated_rejected(const struct sc_simulated *simulated);

/* Whether w_T - g comes so near 0 on some path that the mean need not exist; and in the API's words. */
enum sc_tail { SC_TAIL_OK, SC_TAIL_FIRED, SC_TAIL_NONE };
enum sc_tail sc_simulated_tail(const struct sc_simulated *simulated);
const char *sc_tail_name(enum sc_tail tail);

struct sc_json_writer;

/* The members of the answer, but for the figures of a comparison. Sorts the yearly figures in place. */
void sc_simulation_write(struct sc_json_writer *w, const struct sc_simulation_question *question,
                         struct sc_simulated *simulated, struct sc_crew *crew);

/* The estimate, its error and why it ended: what an event of a stream says. */
void sc_simulation_write_estimate(struct sc_json_writer *w, const struct sc_simulated *simulated);

/* Parts of it, which answers about sets have too; a figure for each that the question has of its kind. */
void sc_simulation_write_sampling(struct sc_json_writer *w, const struct sc_simulation_question *question);
void sc_simulation_write_quantiles(struct sc_json_writer *w, const struct sc_simulation_question *question,
                                   const struct sc_estimate *quantile);
void sc_simulation_write_hurdle(struct sc_json_writer *w, double price, const struct sc_estimate *above);
void sc_simulation_write_shortfall(struct sc_json_writer *w, const struct sc_simulation_question *question,
                                   const struct sc_estimate *shortfall);
enum sc_progress sc_simulation_quantiles_csv(struct sc_call *call,
                                             const struct sc_simulation_question *question,
                                             const struct sc_estimate *quantile);

enum sc_progress sc_simulation_csv(struct sc_call *call, const struct sc_simulation_question *question,
                                   const struct sc_simulated *simulated);

/* What the difference between two scenarios is on common random numbers. */
void sc_simulation_write_difference(struct sc_json_writer *w, const struct sc_simulation_question *question,
                                    struct sc_simulated *one, const struct sc_simulated *other);

#endif
