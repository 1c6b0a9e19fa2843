/* Stands in for the application and the store, so that the HTTP side can be probed alone: use cases that
 * sleep, are held, answer from elsewhere, stream, fail and echo on demand. */
#include "app/app.h"
#include "app/kept.h"

#include "base/arena.h"
#include "base/etag.h"
#include "http/request.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

struct sc_store {
    int open;
};
struct sc_reader {
    int open;
};
struct sc_app {
    struct sc_store *store;
};

struct sc_store *sc_store_open(const char *path, sc_store_follow *follow, char *reason, size_t reason_size)
{
    (void)follow;
    if (strcmp(path, "bad") != 0) return calloc(1, sizeof(struct sc_store));
    snprintf(reason, reason_size, "the stand-in store does not open \"bad\"");
    return NULL;
}

void sc_store_close(struct sc_store *store)
{
    free(store);
}

struct sc_reader *sc_reader_open(struct sc_store *store)
{
    (void)store;
    return calloc(1, sizeof(struct sc_reader));
}

void sc_reader_close(struct sc_reader *reader)
{
    free(reader);
}

enum sc_store_status sc_reader_check(struct sc_reader *reader)
{
    (void)reader;
    return SC_STORE_OK;
}

void sc_store_figures(struct sc_store *store, struct sc_store_figures *figures)
{
    (void)store;
    *figures = (struct sc_store_figures){.writes = 1};
}

/* Jobs are never taken on here: there is nothing to write and nothing to read. */
bool sc_store_submit(struct sc_store *store, struct sc_write *write)
{
    (void)store;
    write->status = SC_STORE_OK;
    write->done(write);
    return true;
}

enum sc_store_status sc_reader_jobs(struct sc_reader *reader, unsigned states, int64_t after, size_t limit,
                                    struct sc_arena *arena, struct sc_job_page *page)
{
    (void)reader, (void)states, (void)after, (void)limit, (void)arena;
    *page = (struct sc_job_page){0};
    return SC_STORE_OK;
}

enum sc_store_status sc_reader_job(struct sc_reader *reader, const char *id, bool whole,
                                   struct sc_arena *arena, struct sc_job *job)
{
    (void)reader, (void)id, (void)whole, (void)arena, (void)job;
    return SC_STORE_NOT_FOUND;
}

void sc_reader_set_moment(struct sc_reader *reader, int64_t moment)
{
    (void)reader, (void)moment;
}

void sc_app_limit_once(struct sc_app *app, const struct sc_once_keep *keep)
{
    (void)app, (void)keep;
}

void sc_app_limit_batch(struct sc_app *app, uint64_t milliseconds)
{
    (void)app;
    (void)milliseconds;
}

const struct sc_app_counter *sc_app_counters(struct sc_app *app, struct sc_app_counter out[SC_APP_COUNTERS])
{
    static _Atomic uint64_t none;
    (void)app;
    for (size_t i = 0; i < SC_APP_COUNTERS; i++)
        out[i] = (struct sc_app_counter){"standin", "Counts nothing.", &none};
    return out;
}

void sc_app_set_jobs(struct sc_app *app, struct sc_jobs *jobs)
{
    (void)app, (void)jobs;
}

enum sc_progress sc_job_accept(struct sc_call *call, sc_use_case *question)
{
    return question(call);
}

struct sc_app *sc_app_new(struct sc_store *store)
{
    struct sc_app *app = calloc(1, sizeof *app);
    if (app) app->store = store;
    return app;
}

bool sc_app_keep(struct sc_app *app, size_t answers, size_t plans)
{
    (void)app, (void)answers, (void)plans;
    return true;
}

bool sc_answer_recall(struct sc_call *call)
{
    (void)call;
    return false;
}

void sc_answer_keep(struct sc_call *call)
{
    (void)call;
}

bool sc_once_begin(struct sc_call *call)
{
    (void)call;
    return true;
}

void sc_once_settle(struct sc_call *call)
{
    (void)call;
}

void sc_app_free(struct sc_app *app)
{
    free(app);
}

int sc_app_seed(struct sc_app *app, char *reason, size_t reason_size)
{
    (void)app;
    (void)reason;
    (void)reason_size;
    return 0;
}

bool sc_variant_follow(const struct sc_record *parent, struct sc_record *variant, struct sc_arena *arena)
{
    (void)parent;
    (void)variant;
    (void)arena;
    return false;
}

int sc_app_print_schema(void)
{
    return 2;
}

int sc_app_value_file(const char *path)
{
    printf("{\"file\":\"%s\"}\n", path);
    return 0;
}

static void nap(unsigned milliseconds)
{
    nanosleep(&(struct timespec){milliseconds / 1000, milliseconds % 1000 * 1000000L}, NULL);
}

static bool is_given_up(struct sc_call *call)
{
    struct sc_request *request = call->owner;
    pthread_mutex_lock(&request->http->lock);
    bool given_up = request->abandoned;
    pthread_mutex_unlock(&request->http->lock);
    return given_up;
}

/* ?hold=PATH lasts until there is such a file, ?outlast until it is given up; ?sleep=MS takes its time, then.
 */
static void linger(struct sc_call *call)
{
    const char *sleep = sc_call_parameter(call, "sleep"), *hold = sc_call_parameter(call, "hold");
    while (hold && access(hold, F_OK) != 0) nap(5);
    while (sc_call_parameter(call, "outlast") && !is_given_up(call)) nap(5);
    if (sleep) nap((unsigned)strtoul(sleep, NULL, 10));
}

static unsigned number(const struct sc_call *call, const char *name, unsigned otherwise)
{
    const char *text = sc_call_parameter(call, name);
    return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static bool tell(struct sc_call *call, unsigned step)
{
    char partial[32];
    snprintf(partial, sizeof partial, "{\"step\":%u}", step);
    return sc_call_goes_on(call, 1 - 1 / (1.0 + step), sc_call_is_heard(call) ? partial : NULL);
}

/* ?tell=N tells its progress so often, ?telling=PATH every 20 ms until there is such a file, ?silent=PATH
 * once and then nothing until there is. False: nobody listens. */
static bool work(struct sc_call *call)
{
    const char *telling = sc_call_parameter(call, "telling"), *silent = sc_call_parameter(call, "silent");
    unsigned step = 0, steps = number(call, "tell", silent ? 1 : 0);
    for (; step < steps; step++)
        if (!tell(call, step)) return false;
    for (; telling && access(telling, F_OK) != 0; step++) {
        if (!tell(call, step)) return false;
        nap(20);
    }
    while (silent && access(silent, F_OK) != 0) nap(20);
    return true;
}

/* ?fill=BYTES: a long answer. */
static enum sc_progress fill(struct sc_call *call, unsigned length)
{
    call->answer->media = SC_MEDIA_JSON;
    call->answer->body = malloc(length);
    if (!call->answer->body) return sc_call_fail(call, SC_PROBLEM_internal, "No memory.");
    memset(call->answer->body, '7', length);
    call->answer->body_length = length;
    return SC_ANSWERED;
}

/* Takes its time; then the body's length and its sum are told. */
static enum sc_progress echo(struct sc_call *call)
{
    linger(call);
    if (!work(call)) return SC_ANSWERED;
    if (sc_call_parameter(call, "problem")) return sc_call_fail(call, SC_PROBLEM_not_computable, "Broken.");
    if (sc_call_parameter(call, "fill")) return fill(call, number(call, "fill", 0));
    unsigned long sum = 0;
    for (size_t i = 0; i < call->body_length; i++) sum += (unsigned char)call->body[i];
    char *text = malloc(1024);
    if (!text) return sc_call_fail(call, SC_PROBLEM_internal, "No memory.");
    const char *q = sc_call_parameter(call, "q");
    int length = snprintf(text, 1024,
                          "{\"path\":\"%s\",\"argument\":\"%s\",\"q\":\"%s\",\"length\":%zu,\"sum\":%lu,"
                          "\"content\":%d,\"accept\":%d}",
                          call->path, call->argument[0] ? call->argument[0] : "", q ? q : "",
                          call->body_length, sum, (int)call->content, (int)call->accept);
    call->answer->media = SC_MEDIA_JSON;
    call->answer->freshness = SC_FRESH_REVALIDATE;
    call->answer->body = text;
    call->answer->body_length = (size_t)length;
    call->stage_nanoseconds[SC_STAGE_MODEL] = 1234567;
    return SC_ANSWERED;
}

/* Answers from another thread, as the store's writer does. */
static void *write_later(void *context)
{
    struct sc_call *call = context;
    nap(1);
    call->answer->outcome = SC_OUTCOME_CREATED;
    call->answer->location = sc_arena_text(call->arena, "/v1/scenarios/new", 17);
    echo(call);
    call->resume(call);
    return NULL;
}

enum sc_progress sc_scenario_create(struct sc_call *call)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, write_later, call) != 0)
        return sc_call_fail(call, SC_PROBLEM_internal, "No thread.");
    pthread_detach(thread);
    return SC_WAITING;
}

enum sc_progress sc_scenario_get(struct sc_call *call)
{
    const char *id = call->argument[0];
    if (strcmp(id, "faulty") == 0) {
        struct sc_faults *faults = sc_arena_alloc(call->arena, sizeof *faults);
        for (int i = 0; faults && i < SC_FAULTS_MAX + 3; i++)
            sc_fault_add(faults, SC_FAULT_out_of_range, "/a/b", "Number %d \"is\" out of range.", i);
        sc_call_fail(call, SC_PROBLEM_invalid_scenario, "Many faults.");
        call->answer->faults = faults;
        return SC_ANSWERED;
    }
    snprintf(call->answer->etag, sizeof call->answer->etag, "\"%.40s-1\"", id);
    if (sc_etag_matches(call->if_none_match, call->answer->etag)) {
        call->answer->outcome = SC_OUTCOME_NOT_MODIFIED;
        call->answer->freshness = SC_FRESH_REVALIDATE;
        return SC_ANSWERED;
    }
    return echo(call);
}

enum sc_progress sc_scenario_delete(struct sc_call *call)
{
    call->answer->outcome = SC_OUTCOME_NO_CONTENT;
    return SC_ANSWERED;
}

struct stream {
    unsigned left;
};

static ptrdiff_t next_line(void *context, char *bytes, size_t capacity)
{
    struct stream *stream = context;
    size_t length = 0;
    while (stream->left > 0 && length + 16 < capacity)
        length += (size_t)snprintf(bytes + length, capacity - length, "{\"n\":%08u}\n", stream->left--);
    return (ptrdiff_t)length;
}

static ptrdiff_t next_broken(void *context, char *bytes, size_t capacity)
{
    struct stream *stream = context;
    return stream->left-- > 1 ? next_line(&(struct stream){1}, bytes, capacity) : -1;
}

static void close_stream(void *context)
{
    free(context);
}

/* ?nap=MS: every line takes a nap first, on the pool, where two workers take turns; the reader sleeps
 * meanwhile. */
struct slow {
    pthread_mutex_t lock;
    struct sc_work work[2];
    struct sc_waiter waiter;
    unsigned made, sent, lines, milliseconds;
    bool asleep, closed;
    unsigned owners;
};

static void let_go(struct slow *slow)
{
    bool last = --slow->owners == 0;
    pthread_mutex_unlock(&slow->lock);
    if (!last) return;
    pthread_mutex_destroy(&slow->lock);
    free(slow);
}

static void make_line(struct sc_work *work, struct sc_reader *reader)
{
    struct slow *slow = (struct slow *)(void *)work->call->answer->stream;
    nap(slow->milliseconds);
    pthread_mutex_lock(&slow->lock);
    slow->made += slow->made < slow->lines && reader;
    if (slow->asleep) {
        slow->asleep = false;
        slow->waiter.wake(slow->waiter.context);
    }
    bool more = slow->made < slow->lines && !slow->closed;
    if (more && work->call->delegate(work))
        pthread_mutex_unlock(&slow->lock);
    else
        let_go(slow);
}

static ptrdiff_t next_slow(void *context, char *bytes, size_t capacity)
{
    struct slow *slow = context;
    pthread_mutex_lock(&slow->lock);
    ptrdiff_t length = 0;
    if (slow->sent < slow->made) {
        length = snprintf(bytes, capacity, "{\"n\":%08u}\n", ++slow->sent);
    } else if (slow->sent < slow->lines) {
        slow->asleep = true;
        slow->waiter.sleep(slow->waiter.context);
        length = SC_PIECE_LATER;
    }
    pthread_mutex_unlock(&slow->lock);
    return length;
}

static void attach_slow(void *context, const struct sc_waiter *waiter)
{
    struct slow *slow = context;
    pthread_mutex_lock(&slow->lock);
    slow->waiter = *waiter;
    pthread_mutex_unlock(&slow->lock);
}

static void close_slow(void *context)
{
    struct slow *slow = context;
    pthread_mutex_lock(&slow->lock);
    slow->closed = true;
    slow->asleep = false;
    let_go(slow);
}

static enum sc_progress export_slowly(struct sc_call *call, const char *lines, const char *milliseconds)
{
    struct slow *slow = calloc(1, sizeof *slow);
    if (!slow) return sc_call_fail(call, SC_PROBLEM_internal, "No memory.");
    pthread_mutex_init(&slow->lock, NULL);
    slow->lines = lines ? (unsigned)strtoul(lines, NULL, 10) : 10;
    slow->milliseconds = (unsigned)strtoul(milliseconds, NULL, 10);
    slow->owners = 3;
    *call->answer = (struct sc_answer){.media = SC_MEDIA_NDJSON,
                                       .next_piece = next_slow,
                                       .attach = attach_slow,
                                       .close = close_slow,
                                       .stream = slow};
    pthread_mutex_lock(&slow->lock);
    for (size_t i = 0; i < 2; i++) {
        slow->work[i] = (struct sc_work){.call = call, .run = make_line};
        if (!call->delegate(&slow->work[i])) slow->owners--;
    }
    pthread_mutex_unlock(&slow->lock);
    return SC_ANSWERED;
}

enum sc_progress sc_export(struct sc_call *call)
{
    const char *slowly = sc_call_parameter(call, "nap");
    if (slowly) return export_slowly(call, sc_call_parameter(call, "lines"), slowly);
    const char *lines = sc_call_parameter(call, "lines");
    struct stream *stream = calloc(1, sizeof *stream);
    if (!stream) return sc_call_fail(call, SC_PROBLEM_internal, "No memory.");
    stream->left = lines ? (unsigned)strtoul(lines, NULL, 10) : 1000;
    call->answer->media = SC_MEDIA_NDJSON;
    call->answer->next_piece = sc_call_parameter(call, "broken") ? next_broken : next_line;
    call->answer->close = close_stream;
    call->answer->stream = stream;
    return SC_ANSWERED;
}

enum sc_progress sc_home_page(struct sc_call *call)
{
    call->answer->media = SC_MEDIA_HTML;
    call->answer->fixed = "<!doctype html><title>stand-in</title>";
    call->answer->body_length = strlen(call->answer->fixed);
    return SC_ANSWERED;
}

#define ECHO(name)                                                                                           \
    enum sc_progress name(struct sc_call *call)                                                              \
    {                                                                                                        \
        return echo(call);                                                                                   \
    }
ECHO(sc_docs_page)
ECHO(sc_asset)
ECHO(sc_openapi)
ECHO(sc_schema)
ECHO(sc_problem_page)
ECHO(sc_version)
ECHO(sc_scenario_list)
ECHO(sc_scenario_put)
ECHO(sc_scenario_patch)
ECHO(sc_scenario_restore)
ECHO(sc_revision_list)
ECHO(sc_revision_get)
ECHO(sc_scenario_diff)
ECHO(sc_variant_create)
ECHO(sc_import)
ECHO(sc_valuation_sent)
ECHO(sc_valuation_stored)
ECHO(sc_projection_sent)
ECHO(sc_projection_stored)
ECHO(sc_chair_sent)
ECHO(sc_chair_stored)
ECHO(sc_implied_sent)
ECHO(sc_implied_stored)
ECHO(sc_returns_sent)
ECHO(sc_returns_stored)
ECHO(sc_comparison_sent)
ECHO(sc_comparison_stored)
ECHO(sc_simulation_sent)
ECHO(sc_simulation_stored)
ECHO(sc_sensitivity_sent)
ECHO(sc_sensitivity_stored)
ECHO(sc_set_create)
ECHO(sc_set_list)
ECHO(sc_set_get)
ECHO(sc_set_put)
ECHO(sc_set_patch)
ECHO(sc_set_delete)
ECHO(sc_set_restore)
ECHO(sc_set_revision_list)
ECHO(sc_set_revision_get)
ECHO(sc_set_diff)
ECHO(sc_set_valuation_stored)
ECHO(sc_set_valuation_sent)
ECHO(sc_set_simulation_stored)
ECHO(sc_set_simulation_sent)
ECHO(sc_batch)
ECHO(sc_curve_fit)
ECHO(sc_curve_observations)
ECHO(sc_job_list)
ECHO(sc_job_get)
ECHO(sc_job_result_get)
ECHO(sc_job_delete)
ECHO(sc_job_events)
ECHO(sc_events)
