#include "app.h"

#include "state.h"

#include <jansson.h>
#include <sodium.h>
#include <stdlib.h>

struct sc_app *sc_app_new(struct sc_store *store)
{
    if (sodium_init() < 0) return NULL;
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
