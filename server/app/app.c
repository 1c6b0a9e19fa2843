#include "app.h"

#include "base/log.h"
#include "budget.h"
#include "cache.h"
#include "state.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>
#include <string.h>

/* jansson 2.14's parser goes on after a failed allocation and then reads what is not there. To stop is safer:
 * what was acknowledged is durable. */
static void *allocate(size_t size)
{
    void *memory = malloc(size);
    if (memory) return memory;
    sc_log(SC_LOG_ERROR, "no memory to read JSON", NULL);
    abort();
}

struct sc_app *sc_app_new(struct sc_store *store)
{
    if (sodium_init() < 0) return NULL;
    json_set_alloc_funcs(allocate, free);
    json_object_seed(0);
    struct sc_app *app = calloc(1, sizeof *app);
    if (!app) return NULL;
    app->store = store;
    atomic_init(&app->exports, 0);
    app->batch_work_ms = SC_BATCH_WORK_MS;
    return app;
}

bool sc_app_keep(struct sc_app *app, size_t answers, size_t plans)
{
    if (answers) app->answers = sc_cache_new(answers);
    if (plans) app->plans = sc_cache_new(plans);
    return (!answers || app->answers) && (!plans || app->plans);
}

void sc_app_free(struct sc_app *app)
{
    sc_cache_free(app->answers);
    sc_cache_free(app->plans);
    free(app);
}

void sc_app_set_jobs(struct sc_app *app, struct sc_jobs *jobs)
{
    app->jobs = jobs;
}

struct sc_store *sc_app_store(struct sc_app *app)
{
    return app->store;
}

void sc_app_limit_once(struct sc_app *app, const struct sc_once_keep *keep)
{
    app->once = *keep;
}

void sc_app_limit_batch(struct sc_app *app, uint64_t milliseconds)
{
    app->batch_work_ms = milliseconds;
}

const struct sc_app_counter *sc_app_counters(struct sc_app *app, struct sc_app_counter out[SC_APP_COUNTERS])
{
    struct sc_batch_counts *counts = &app->batch_counts;
    const struct sc_app_counter all[SC_APP_COUNTERS] = {
        {"batch_questions_answered", "Questions of batches that were answered.", &counts->answered},
        {"batch_questions_failed", "Questions of batches whose answer was a problem.", &counts->failed},
        {"batch_questions_abandoned", "Questions of batches whose reader left before.", &counts->abandoned}};
    memcpy(out, all, sizeof all);
    return out;
}
