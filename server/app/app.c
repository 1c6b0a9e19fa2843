#include "app.h"

#include "base/log.h"
#include "state.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

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
    return app;
}

void sc_app_free(struct sc_app *app)
{
    free(app);
}

struct sc_store *sc_app_store(struct sc_app *app)
{
    return app->store;
}
