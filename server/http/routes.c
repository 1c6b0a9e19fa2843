#include "app/app.h"
#include "obs/health.h"
#include "obs/metrics.h"
#include "route.h"

#define JSON SC_MEDIA_JSON
#define CSV SC_MEDIA_CSV
#define EVENTS SC_MEDIA_EVENTS
#define HTML SC_MEDIA_HTML
#define NDJSON SC_MEDIA_NDJSON
#define SCHEMA SC_MEDIA_SCHEMA
#define METRICS SC_MEDIA_METRICS
#define PATCH (SC_MEDIA_MERGE_PATCH | SC_MEDIA_JSON_PATCH | SC_MEDIA_JSON)
#define LINES (SC_MEDIA_JSON | SC_MEDIA_NDJSON)
#define USUAL SC_BODY_USUAL
#define IMPORT SC_BODY_IMPORT
#define BATCH SC_BODY_BATCH
#define INLINE SC_RUN_INLINE
#define POOL SC_RUN_POOL
#define WRITE (SC_RUN_POOL | SC_RUN_ONCE)
#define LOOK (SC_RUN_INLINE | SC_RUN_KEPT)
#define READ (SC_RUN_POOL | SC_RUN_KEPT)
#define ASK (SC_RUN_POOL | SC_RUN_KEPT | SC_RUN_JOB)
#define QUICK (SC_RUN_INLINE | SC_RUN_KEPT | SC_RUN_JOB)
#define WORK (SC_RUN_POOL | SC_RUN_JOB)

/* The whole API. Columns: method, pattern, use case, where it runs, the body's types, the answer's types, how
 * large a body may be. */
/* clang-format off */
const struct sc_route SC_ROUTES[] = {
    {"GET", "/", sc_home_page, INLINE, 0, {HTML}, USUAL},
    {"GET", "/docs", sc_docs_page, INLINE, 0, {HTML}, USUAL},
    {"GET", "/assets/{name}", sc_asset, INLINE, 0, {0}, USUAL},
    {"GET", "/openapi.json", sc_openapi, INLINE, 0, {JSON}, USUAL},
    {"GET", "/schema/{name}", sc_schema, INLINE, 0, {SCHEMA, JSON}, USUAL},
    {"GET", "/problems/{name}", sc_problem_page, INLINE, 0, {HTML, JSON}, USUAL},
    {"GET", "/version", sc_version, INLINE, 0, {JSON}, USUAL},
    {"GET", "/health/live", sc_health_live, INLINE, 0, {JSON}, USUAL},
    {"GET", "/health/ready", sc_health_ready, INLINE, 0, {JSON}, USUAL},
    {"GET", "/metrics", sc_metrics_page, INLINE, 0, {METRICS}, USUAL},

    {"POST", "/v1/scenarios", sc_scenario_create, WRITE, JSON, {JSON}, USUAL},
    {"GET", "/v1/scenarios", sc_scenario_list, READ, 0, {JSON, CSV}, USUAL},
    {"GET", "/v1/scenarios/{id}", sc_scenario_get, LOOK, 0, {JSON}, USUAL},
    {"PUT", "/v1/scenarios/{id}", sc_scenario_put, WRITE, JSON, {JSON}, USUAL},
    {"PATCH", "/v1/scenarios/{id}", sc_scenario_patch, WRITE, PATCH, {JSON}, USUAL},
    {"DELETE", "/v1/scenarios/{id}", sc_scenario_delete, WRITE, 0, {JSON}, USUAL},
    {"POST", "/v1/scenarios/{id}/restore", sc_scenario_restore, WRITE, JSON, {JSON}, USUAL},
    {"GET", "/v1/scenarios/{id}/revisions", sc_revision_list, LOOK, 0, {JSON, CSV}, USUAL},
    {"GET", "/v1/scenarios/{id}/revisions/{n}", sc_revision_get, LOOK, 0, {JSON}, USUAL},
    {"GET", "/v1/scenarios/{id}/diff", sc_scenario_diff, LOOK, 0, {JSON, SC_MEDIA_JSON_PATCH}, USUAL},
    {"POST", "/v1/scenarios/{id}/variants", sc_variant_create, WRITE, JSON, {JSON}, USUAL},
    {"GET", "/v1/export", sc_export, POOL, 0, {NDJSON}, USUAL},
    {"POST", "/v1/import", sc_import, WRITE, NDJSON, {JSON}, IMPORT},

    {"POST", "/v1/sets", sc_set_create, WRITE, JSON, {JSON}, USUAL},
    {"GET", "/v1/sets", sc_set_list, READ, 0, {JSON, CSV}, USUAL},
    {"POST", "/v1/sets/valuation", sc_set_valuation_sent, ASK, JSON, {JSON, CSV}, USUAL},
    {"POST", "/v1/sets/simulation", sc_set_simulation_sent, ASK, JSON, {JSON, CSV}, USUAL},
    {"GET", "/v1/sets/{id}", sc_set_get, LOOK, 0, {JSON}, USUAL},
    {"PUT", "/v1/sets/{id}", sc_set_put, WRITE, JSON, {JSON}, USUAL},
    {"PATCH", "/v1/sets/{id}", sc_set_patch, WRITE, PATCH, {JSON}, USUAL},
    {"DELETE", "/v1/sets/{id}", sc_set_delete, WRITE, 0, {JSON}, USUAL},
    {"POST", "/v1/sets/{id}/restore", sc_set_restore, WRITE, JSON, {JSON}, USUAL},
    {"GET", "/v1/sets/{id}/revisions", sc_set_revision_list, LOOK, 0, {JSON, CSV}, USUAL},
    {"GET", "/v1/sets/{id}/revisions/{n}", sc_set_revision_get, LOOK, 0, {JSON}, USUAL},
    {"GET", "/v1/sets/{id}/diff", sc_set_diff, LOOK, 0, {JSON, SC_MEDIA_JSON_PATCH}, USUAL},
    {"GET", "/v1/sets/{id}/valuation", sc_set_valuation_stored, READ, 0, {JSON, CSV}, USUAL},
    {"POST", "/v1/sets/{id}/valuation", sc_set_valuation_stored, ASK, JSON, {JSON, CSV}, USUAL},
    {"GET", "/v1/sets/{id}/simulation", sc_set_simulation_stored, READ, 0, {JSON, CSV}, USUAL},
    {"POST", "/v1/sets/{id}/simulation", sc_set_simulation_stored, ASK, JSON, {JSON, CSV}, USUAL},

    {"POST", "/v1/valuation", sc_valuation_sent, ASK, JSON, {JSON, CSV}, USUAL},
    {"GET", "/v1/scenarios/{id}/valuation", sc_valuation_stored, LOOK, 0, {JSON, CSV}, USUAL},
    {"POST", "/v1/scenarios/{id}/valuation", sc_valuation_stored, QUICK, JSON, {JSON, CSV}, USUAL},
    {"POST", "/v1/projection", sc_projection_sent, ASK, JSON, {JSON, CSV}, USUAL},
    {"GET", "/v1/scenarios/{id}/projection", sc_projection_stored, READ, 0, {JSON, CSV}, USUAL},
    {"POST", "/v1/scenarios/{id}/projection", sc_projection_stored, ASK, JSON, {JSON, CSV}, USUAL},
    {"POST", "/v1/chair", sc_chair_sent, ASK, JSON, {JSON, CSV}, USUAL},
    {"GET", "/v1/scenarios/{id}/chair", sc_chair_stored, READ, 0, {JSON, CSV}, USUAL},
    {"POST", "/v1/scenarios/{id}/chair", sc_chair_stored, ASK, JSON, {JSON, CSV}, USUAL},
    {"POST", "/v1/implied", sc_implied_sent, ASK, JSON, {JSON, CSV, EVENTS}, USUAL},
    {"GET", "/v1/scenarios/{id}/implied", sc_implied_stored, READ, 0, {JSON, CSV, EVENTS}, USUAL},
    {"POST", "/v1/scenarios/{id}/implied", sc_implied_stored, ASK, JSON, {JSON, CSV, EVENTS}, USUAL},
    {"POST", "/v1/returns", sc_returns_sent, ASK, JSON, {JSON, CSV}, USUAL},
    {"GET", "/v1/scenarios/{id}/returns", sc_returns_stored, READ, 0, {JSON, CSV}, USUAL},
    {"POST", "/v1/scenarios/{id}/returns", sc_returns_stored, ASK, JSON, {JSON, CSV}, USUAL},
    {"POST", "/v1/comparison", sc_comparison_sent, ASK, JSON, {JSON, CSV, EVENTS}, USUAL},
    {"GET", "/v1/scenarios/{id}/comparison", sc_comparison_stored, READ, 0, {JSON, CSV, EVENTS}, USUAL},
    {"POST", "/v1/scenarios/{id}/comparison", sc_comparison_stored, ASK, JSON, {JSON, CSV, EVENTS}, USUAL},
    {"POST", "/v1/sensitivity", sc_sensitivity_sent, ASK, JSON, {JSON, CSV, EVENTS}, USUAL},
    {"GET", "/v1/scenarios/{id}/sensitivity", sc_sensitivity_stored, READ, 0, {JSON, CSV, EVENTS}, USUAL},
    {"POST", "/v1/scenarios/{id}/sensitivity", sc_sensitivity_stored, ASK, JSON, {JSON, CSV, EVENTS}, USUAL},

    {"POST", "/v1/simulation", sc_simulation_sent, ASK, JSON, {JSON, CSV, EVENTS}, USUAL},
    {"GET", "/v1/scenarios/{id}/simulation", sc_simulation_stored, READ, 0, {JSON, CSV, EVENTS}, USUAL},
    {"POST", "/v1/scenarios/{id}/simulation", sc_simulation_stored, ASK, JSON, {JSON, CSV, EVENTS}, USUAL},
    {"POST", "/v1/batch", sc_batch, WORK, LINES, {JSON, NDJSON, CSV}, BATCH},

    {"POST", "/v1/curves/fit", sc_curve_fit, WORK, JSON, {JSON, EVENTS}, USUAL},
    {"GET", "/v1/curves/observations", sc_curve_observations, INLINE, 0, {JSON}, USUAL},

    {"GET", "/v1/jobs", sc_job_list, POOL, 0, {JSON, CSV}, USUAL},
    {"GET", "/v1/jobs/{id}", sc_job_get, INLINE, 0, {JSON}, USUAL},
    {"DELETE", "/v1/jobs/{id}", sc_job_delete, POOL, 0, {JSON}, USUAL},
    {"GET", "/v1/jobs/{id}/result", sc_job_result_get, POOL, 0, {0}, USUAL},
    {"GET", "/v1/jobs/{id}/events", sc_job_events, INLINE, 0, {EVENTS}, USUAL},
    {"GET", "/v1/events", sc_events, POOL, 0, {EVENTS}, USUAL},
};
/* clang-format on */

const size_t SC_ROUTE_COUNT = sizeof SC_ROUTES / sizeof SC_ROUTES[0];

_Static_assert(sizeof SC_ROUTES / sizeof SC_ROUTES[0] <= SC_LIMIT_ROUTES,
               "the metrics have room for no more");
