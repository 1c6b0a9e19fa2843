/* The use cases: everything that can be asked of the service, free of HTTP and SQL. */
#ifndef SC_APP_H
#define SC_APP_H

#include "secondchair/call.h"
#include "secondchair/store.h"

struct sc_app;
struct sc_jobs;

/* The application over a store; NULL when memory is short. Borrows the store. */
struct sc_app *sc_app_new(struct sc_store *store);
void sc_app_free(struct sc_app *app);

/* Keeps so many bytes of finished answers, and of scenarios made ready for questions, from now on. Before the
 * first call; false when memory is short. */
bool sc_app_keep(struct sc_app *app, size_t answers, size_t plans) __attribute__((warn_unused_result));
struct sc_store *sc_app_store(struct sc_app *app);

/* How many answers to writes with a key of the client's are kept; before the first call. */
void sc_app_limit_once(struct sc_app *app, const struct sc_once_keep *keep);

/* How long one batch may compute, added up over its threads; before the first call. */
void sc_app_limit_batch(struct sc_app *app, uint64_t milliseconds);

/* What it counts, for the metrics. The values may be read at any time while it lives. */
struct sc_app_counter {
    const char *name, *help;
    _Atomic uint64_t *value;
};
enum { SC_APP_COUNTERS = 3 };
const struct sc_app_counter *sc_app_counters(struct sc_app *app, struct sc_app_counter out[SC_APP_COUNTERS]);

/* What takes questions on as jobs; borrowed, and set before the first call. */
void sc_app_set_jobs(struct sc_app *app, struct sc_jobs *jobs);

/* Stores the built-in scenarios and sets that are not there yet; waits until they are durable. 0, or -1 and
 * the reason. */
int sc_app_seed(struct sc_app *app, char *reason, size_t reason_size);

/* What sc_store_open needs of the application: how a variant follows its parent. */
bool sc_variant_follow(const struct sc_record *parent, struct sc_record *variant, struct sc_arena *arena);

/* "secondchair value FILE": prints the valuation of a document ("-": standard input) as JSON to standard
 * output, or the problem to standard error. Returns the exit status: 0, 1 for a document that is not valid, 2
 * for a file that cannot be read. */
int sc_app_value_file(const char *path);

/* "secondchair schema": prints the JSON Schema of a scenario document. Returns the exit status. */
int sc_app_print_schema(void);

/* Pages, assets, descriptions (server/app/site.c). */
sc_use_case sc_home_page, sc_docs_page, sc_asset, sc_openapi, sc_schema, sc_problem_page, sc_version;

/* Scenarios (server/app/scenario*.c). */
sc_use_case sc_scenario_create, sc_scenario_list, sc_scenario_get, sc_scenario_put, sc_scenario_patch,
    sc_scenario_delete, sc_scenario_restore, sc_revision_list, sc_revision_get, sc_scenario_diff,
    sc_variant_create, sc_export, sc_import;

/* Sets of weighted scenarios: the same lives (server/app/scenario*.c), and their value (server/app/set*.c).
 */
sc_use_case sc_set_create, sc_set_list, sc_set_get, sc_set_put, sc_set_patch, sc_set_delete, sc_set_restore,
    sc_set_revision_list, sc_set_revision_get, sc_set_diff, sc_set_valuation_stored, sc_set_valuation_sent,
    sc_set_simulation_stored, sc_set_simulation_sent;

/* Curves of the inference share by themselves (server/app/curves.c), and the published observations. */
sc_use_case sc_curve_fit, sc_curve_observations;

/* Questions, of a stored scenario (its id is argument 0) and of one sent along. */
sc_use_case sc_valuation_stored, sc_valuation_sent, sc_projection_stored, sc_projection_sent, sc_chair_stored,
    sc_implied_stored, sc_implied_sent, sc_returns_stored, sc_returns_sent, sc_comparison_stored,
    sc_comparison_sent, sc_chair_sent, sc_sensitivity_stored, sc_sensitivity_sent;

/* The headline value where drivers are uncertain (server/app/simulation.c). */
sc_use_case sc_simulation_stored, sc_simulation_sent;
/* Many of them in one call (server/app/batch*.c). */
sc_use_case sc_batch;

/* Takes a question on as a job: what would be refused at once is, else 202. */
enum sc_progress sc_job_accept(struct sc_call *call, sc_use_case *question);

/* Jobs, by the id that is argument 0; streams of what becomes of them (server/app/job*.c). */
sc_use_case sc_job_list, sc_job_get, sc_job_result_get, sc_job_delete, sc_job_events, sc_events;

#endif
