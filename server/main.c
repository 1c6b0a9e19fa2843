/* The composition root: settings, store, application, pool, HTTP; waits; drains. */
#include "app/app.h"
#include "base/log.h"
#include "http/probe.h"
#include "http/server.h"
#include "obs/metrics.h"

#include "obs/signals.h"
#include "secondchair/jobs.h"
#include "secondchair/model.h"
#include "secondchair/pool.h"
#include "secondchair/settings.h"
#include "secondchair/store.h"

#include <malloc.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>
#include <unistd.h>

enum { EXIT_USAGE = 2, KEPT_BYTES = 8 << 20 };

/* What serving is made of, in the order in which it is made. */
struct service {
    struct sc_settings settings;
    struct sc_store *store;
    struct sc_app *app;
    struct sc_pool *pool;
    struct sc_jobs *jobs;
    struct sc_http *http;
};

static int complain(const char *what, int status)
{
    fprintf(stderr, "secondchair: %s\n", what);
    return status;
}

static void print_help(FILE *stream)
{
    fputs(
        "secondchair values companies: discounted cash flow, and what a lost seat at the table is worth.\n\n"
        "  secondchair serve [--setting value …]   serve HTTP until SIGTERM\n"
        "  secondchair value FILE                  print the valuation of a document (\"-\": standard "
        "input)\n"
        "  secondchair health [--setting value …]  ask the service with these settings whether it is ready\n"
        "  secondchair schema                      print the JSON Schema of a scenario document\n"
        "  secondchair version                     print the version\n"
        "  secondchair help                        print this\n\n"
        "Settings of serve: flag, environment's variable, default. The flag wins.\n",
        stream);
    sc_settings_help(stream);
}

/* As many files as we may have: each connection is one. */
static void raise_file_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

/* What a simulation frees the next one takes: fetching pages anew costs a slider's step a tenth of its time.
 */
static void keep_freed_memory(void)
{
    mallopt(M_MMAP_THRESHOLD, KEPT_BYTES);
    mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
}

static void show_counters(struct sc_app *app)
{
    struct sc_app_counter counter[SC_APP_COUNTERS];
    sc_app_counters(app, counter);
    for (size_t i = 0; i < SC_APP_COUNTERS; i++)
        sc_metrics_show(counter[i].name, counter[i].help, counter[i].value);
}

static void limit(struct sc_app *app, const struct sc_settings *settings)
{
    sc_app_limit_batch(app, settings->batch_work_ms);
    sc_app_limit_once(app, &(struct sc_once_keep){.count = settings->keys,
                                                  .bytes = settings->keys_bytes,
                                                  .age = (int64_t)settings->keys_age_ms * 1000});
}

static struct sc_jobs *make_jobs(const struct service *service)
{
    const struct sc_settings *settings = &service->settings;
    const struct sc_jobs_bounds bounds = {.threads = settings->job_threads,
                                          .live = settings->jobs,
                                          .live_per_client = settings->jobs_per_client,
                                          .live_bytes = settings->jobs_bytes,
                                          .kept = {.count = settings->jobs_kept,
                                                   .bytes = settings->jobs_bytes,
                                                   .age = (int64_t)settings->jobs_age_ms * 1000}};
    struct sc_jobs *jobs = sc_jobs_new(service->store, &bounds);
    sc_app_set_jobs(service->app, jobs);
    return jobs;
}

/* Makes the parts; false when one fails, and says why. */
static bool build(struct service *service)
{
    char reason[1024] = "there is no memory to start";
    const struct sc_settings *settings = &service->settings;
    service->store = sc_store_open(settings->database, sc_variant_follow, reason, sizeof reason);
    if (service->store) service->app = sc_app_new(service->store);
    if (service->app) limit(service->app, settings);
    bool keeps = service->app && sc_app_keep(service->app, settings->answer_cache, settings->plan_cache);
    bool seeded = keeps && sc_app_seed(service->app, reason, sizeof reason) == 0;
    if (seeded)
        service->pool = sc_pool_new(SC_POOL_INTERACTIVE, settings->compute_threads, settings->queue,
                                    settings->queue_per_client);
    if (service->pool) service->jobs = make_jobs(service);
    sc_metrics_observe(service->store, service->pool, service->jobs, settings->metrics);
    if (service->app) show_counters(service->app);
    const struct sc_http_parts parts = {settings, service->app, service->store, service->pool, service->jobs};
    if (service->jobs) service->http = sc_http_start(&parts, reason, sizeof reason);
    if (!service->http) complain(reason, 1);
    return service->http != NULL;
}

/* Takes what was built apart again: threads first, then what they used. */
static void dismantle(struct service *service)
{
    if (service->jobs) sc_jobs_stop(service->jobs);
    if (service->pool) sc_pool_free(service->pool);
    sc_http_free(service->http);
    if (service->app) sc_app_free(service->app);
    sc_jobs_free(service->jobs);
    if (service->store) sc_store_close(service->store);
}

/* Jobs stop first: they begin anew at the next start. True when nothing computes any more. */
static bool drain(struct service *service)
{
    sc_jobs_close(service->jobs);
    return sc_http_drain(service->http) &&
           sc_jobs_settle(service->jobs, service->settings.drain_timeout_ms / 10);
}

static int serve(int argc, char **argv)
{
    struct service service = {0};
    char reason[SC_SETTINGS_REASON_MAX];
    if (!sc_settings_read(&service.settings, argc, argv, reason)) return complain(reason, EXIT_USAGE);
    sc_log_set_level((enum sc_log_level)service.settings.log_level);
    sc_signals_block();
    raise_file_limit();
    keep_freed_memory();
    tzset(); /* before any thread: the first Date field would read /etc/localtime */
    if (sodium_init() < 0) return complain("libsodium does not start", EXIT_FAILURE);
    if (!build(&service)) {
        dismantle(&service);
        return EXIT_FAILURE;
    }
    printf("listening on %s\n", sc_http_address(service.http));
    fflush(stdout);
    sc_signals_wait(service.settings.drain_timeout_ms * 97 / 100);
    if (!drain(&service)) {
        sc_log(SC_LOG_WARN, "stopped with computations running", NULL);
        _exit(EXIT_SUCCESS); /* they use what would be freed; what was committed is durable */
    }
    dismantle(&service);
    sc_log(SC_LOG_INFO, "stopped", NULL);
    return EXIT_SUCCESS;
}

static int health(int argc, char **argv)
{
    struct sc_settings settings;
    char reason[SC_SETTINGS_REASON_MAX];
    if (!sc_settings_read(&settings, argc, argv, reason)) return complain(reason, EXIT_USAGE);
    return sc_probe(&settings);
}

/* Does any argument ask for help? */
static bool asks_help(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) return true;
    return false;
}

int main(int argc, char **argv)
{
    const char *command = argc > 1 ? argv[1] : "";
    if (asks_help(argc, argv) || strcmp(command, "help") == 0) {
        print_help(stdout);
        return EXIT_SUCCESS;
    }
    if (strcmp(command, "serve") == 0) return serve(argc - 2, argv + 2);
    if (strcmp(command, "value") == 0) {
        if (argc != 3) return complain("value takes one file, or - for standard input", EXIT_USAGE);
        return sc_app_value_file(argv[2]);
    }
    if (strcmp(command, "health") == 0) return health(argc - 2, argv + 2);
    if (strcmp(command, "schema") == 0) return sc_app_print_schema();
    if (strcmp(command, "version") == 0)
        return puts("secondchair " SC_SERVICE_VERSION ", engine " SC_ENGINE_VERSION) < 0;
    if (!*command) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    fprintf(stderr, "secondchair: \"%.60s\" is no command; secondchair help lists them\n", command);
    return EXIT_USAGE;
}
