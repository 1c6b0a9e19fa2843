#include "metrics.h"

#include "base/buffer.h"
#include "secondchair/jobs.h"
#include "secondchair/model.h"
#include "secondchair/pool.h"
#include "secondchair/store.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Upper bounds of the latency's buckets, in nanoseconds and as Prometheus writes them. */
static const struct {
    uint64_t nanoseconds;
    const char *seconds;
} BUCKETS[] = {
    {100000, "0.0001"},  {250000, "0.00025"}, {500000, "0.0005"},  {1000000, "0.001"},  {2500000, "0.0025"},
    {5000000, "0.005"},  {10000000, "0.01"},  {25000000, "0.025"}, {50000000, "0.05"},  {100000000, "0.1"},
    {250000000, "0.25"}, {500000000, "0.5"},  {1000000000, "1"},   {2500000000, "2.5"}, {UINT64_MAX, "+Inf"},
};

enum { BUCKET_COUNT = sizeof BUCKETS / sizeof BUCKETS[0], CLASSES = 6 };

static const char *const CLASS_NAMES[CLASSES] = {"aborted", "1xx", "2xx", "3xx", "4xx", "5xx"};

/* One route's counters, on cache lines of their own. */
struct route {
    _Alignas(64) _Atomic uint64_t answers[CLASSES];
    _Atomic uint64_t bucket[BUCKET_COUNT];
    _Atomic uint64_t nanoseconds;
    const char *method, *pattern;
};

/* The process has one set of counters: they are written from every thread and read by one page. */
static struct {
    struct route route[SC_LIMIT_ROUTES + 1];
    _Alignas(64) _Atomic uint64_t counter[SC_COUNTERS];
    _Alignas(64) _Atomic int64_t in_flight;
    struct sc_store *store;
    struct sc_pool *pool;
    struct shown {
        const char *name, *help;
        _Atomic uint64_t *value;
    } shown[SC_METRICS_SHOWN_MAX];
    size_t shown_count;
    struct sc_jobs *jobs;
    bool enabled;
} metrics;

static const struct {
    const char *name, *help;
} COUNTERS[SC_COUNTERS] = {
    [SC_COUNTER_CONNECTIONS_OPENED] = {"connections_opened", "Connections accepted."},
    [SC_COUNTER_CONNECTIONS_CLOSED] = {"connections_closed", "Connections closed."},
    [SC_COUNTER_REAPED] = {"connections_reaped", "Connections cut at their deadline."},
    [SC_COUNTER_REFUSED] = {"requests_refused", "Requests refused by the framing gate."},
    [SC_COUNTER_SUSPENDED] = {"requests_suspended", "Requests handed to the compute pool."},
    [SC_COUNTER_ABANDONED] = {"requests_abandoned", "Computations that outlasted the drain."},
    [SC_COUNTER_RECALLED] = {"requests_recalled", "Requests answered by an answer that was kept."},
    [SC_COUNTER_STREAMS_OPENED] = {"streams_opened", "Streams of events that were begun."},
    [SC_COUNTER_STREAMS_CLOSED] = {"streams_closed", "Streams of events that have ended."},
};

static void add(_Atomic uint64_t *counter, uint64_t count)
{
    atomic_fetch_add_explicit(counter, count, memory_order_relaxed);
}

static uint64_t get(_Atomic uint64_t *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

void sc_metrics_observe(struct sc_store *store, struct sc_pool *pool, struct sc_jobs *jobs, bool enabled)
{
    metrics.jobs = jobs;
    metrics.store = store;
    metrics.pool = pool;
    metrics.enabled = enabled;
    sc_metrics_name(SC_METRICS_NO_ROUTE, "", "");
}

void sc_metrics_name(size_t route, const char *method, const char *pattern)
{
    metrics.route[route].method = method;
    metrics.route[route].pattern = pattern;
}

void sc_metrics_show(const char *name, const char *help, _Atomic uint64_t *value)
{
    if (metrics.shown_count < SC_METRICS_SHOWN_MAX)
        metrics.shown[metrics.shown_count++] = (struct shown){name, help, value};
}

void sc_metrics_count(enum sc_counter counter)
{
    add(&metrics.counter[counter], 1);
}

void sc_metrics_started(void)
{
    atomic_fetch_add_explicit(&metrics.in_flight, 1, memory_order_relaxed);
}

void sc_metrics_finished(size_t index, int status, uint64_t nanoseconds)
{
    struct route *route = &metrics.route[index];
    size_t bucket = 0;
    while (nanoseconds > BUCKETS[bucket].nanoseconds) bucket++;
    add(&route->answers[status / 100 < CLASSES ? status / 100 : 0], 1);
    add(&route->bucket[bucket], 1);
    add(&route->nanoseconds, nanoseconds);
    atomic_fetch_sub_explicit(&metrics.in_flight, 1, memory_order_relaxed);
}

/* One line or several of the page. */
static void put(struct sc_buffer *page, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void put(struct sc_buffer *page, const char *format, ...)
{
    enum { LINE_MAX_LENGTH = 512 };
    char *line = sc_buffer_reserve(page, LINE_MAX_LENGTH);
    if (!line) return;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(line, LINE_MAX_LENGTH, format, arguments);
    va_end(arguments);
    if (length > 0 && length < LINE_MAX_LENGTH) page->length += (size_t)length;
}

static void put_value(struct sc_buffer *page, const char *name, const char *type, const char *help,
                      uint64_t value)
{
    put(page, "# HELP secondchair_%s %s\n# TYPE secondchair_%s %s\nsecondchair_%s %llu\n", name, help, name,
        type, name, (unsigned long long)value);
}

static void put_requests(struct sc_buffer *page)
{
    put(page, "# HELP secondchair_requests_total Requests by route and class of status.\n"
              "# TYPE secondchair_requests_total counter\n");
    for (size_t i = 0; i <= SC_LIMIT_ROUTES; i++) {
        struct route *route = &metrics.route[i];
        for (size_t class = 0; class < CLASSES && route->method; class ++) {
            uint64_t count = get(&route->answers[class]);
            if (count)
                put(page, "secondchair_requests_total{method=\"%s\",route=\"%s\",status=\"%s\"} %llu\n",
                    route->method, route->pattern, CLASS_NAMES[class], (unsigned long long)count);
        }
    }
}

static void put_histogram(struct sc_buffer *page, struct route *route)
{
    static const char name[] = "secondchair_request_duration_seconds";
    uint64_t sum = 0;
    for (size_t i = 0; i < BUCKET_COUNT; i++) {
        sum += get(&route->bucket[i]);
        put(page, "%s_bucket{method=\"%s\",route=\"%s\",le=\"%s\"} %llu\n", name, route->method,
            route->pattern, BUCKETS[i].seconds, (unsigned long long)sum);
    }
    put(page, "%s_sum{method=\"%s\",route=\"%s\"} %.9f\n", name, route->method, route->pattern,
        (double)get(&route->nanoseconds) / 1e9);
    put(page, "%s_count{method=\"%s\",route=\"%s\"} %llu\n", name, route->method, route->pattern,
        (unsigned long long)sum);
}

static bool was_asked(struct route *route)
{
    for (size_t i = 0; i < BUCKET_COUNT; i++)
        if (get(&route->bucket[i])) return route->method != NULL;
    return false;
}

static void put_durations(struct sc_buffer *page)
{
    put(page,
        "# HELP secondchair_request_duration_seconds From the request line to the last byte of the answer.\n"
        "# TYPE secondchair_request_duration_seconds histogram\n");
    for (size_t i = 0; i <= SC_LIMIT_ROUTES; i++)
        if (was_asked(&metrics.route[i])) put_histogram(page, &metrics.route[i]);
}

static void put_counters(struct sc_buffer *page)
{
    for (size_t i = 0; i < SC_COUNTERS; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_total", COUNTERS[i].name);
        put_value(page, name, "counter", COUNTERS[i].help, get(&metrics.counter[i]));
    }
    for (size_t i = 0; i < metrics.shown_count; i++) {
        char name[64];
        snprintf(name, sizeof name, "%s_total", metrics.shown[i].name);
        put_value(page, name, "counter", metrics.shown[i].help, get(metrics.shown[i].value));
    }
    int64_t in_flight = atomic_load_explicit(&metrics.in_flight, memory_order_relaxed);
    uint64_t closed = get(&metrics.counter[SC_COUNTER_STREAMS_CLOSED]);
    put_value(page, "streams_open", "gauge", "Streams of events that are being read.",
              get(&metrics.counter[SC_COUNTER_STREAMS_OPENED]) - closed);
    put_value(page, "requests_in_flight", "gauge", "Requests that have no answer yet.", (uint64_t)in_flight);
}

static void put_store(struct sc_buffer *page)
{
    if (!metrics.store) return;
    struct sc_store_figures figures = {0};
    sc_store_figures(metrics.store, &figures);
    put_value(page, "store_writes_total", "counter", "Writes that were handed to the store.", figures.writes);
    put_value(page, "store_commits_total", "counter", "Commits, each of one or more writes.",
              figures.commits);
    put_value(page, "store_failures_total", "counter", "Writes that failed.", figures.failures);
    put_value(page, "store_queue_length", "gauge", "Writes that wait.", figures.queue_length);
    put_value(page, "store_checkpoints_total", "counter", "Checkpoints of the write-ahead log.",
              figures.checkpoints);
}

static void put_pool(struct sc_buffer *page)
{
    if (!metrics.pool) return;
    struct sc_pool_figures figures = {0};
    sc_pool_figures(metrics.pool, &figures);
    put_value(page, "pool_done_total", "counter", "Computations that ended.", figures.done);
    put_value(page, "pool_refused_total", "counter", "Computations that found the queue full.",
              figures.refused);
    put_value(page, "pool_queued", "gauge", "Computations that wait.", figures.queued);
    put_value(page, "pool_running", "gauge", "Computations that run.", figures.running);
}

static void put_jobs(struct sc_buffer *page)
{
    if (!metrics.jobs) return;
    struct sc_jobs_figures figures = {0};
    sc_jobs_figures(metrics.jobs, &figures);
    put(page, "# HELP secondchair_jobs Jobs that have not ended.\n# TYPE secondchair_jobs gauge\n");
    for (unsigned i = 0; i < SC_JOB_STATES; i++)
        if (!sc_job_has_ended((enum sc_job_state)i))
            put(page, "secondchair_jobs{state=\"%s\"} %llu\n", sc_job_state_name((enum sc_job_state)i),
                (unsigned long long)figures.state[i]);
    put(page, "# HELP secondchair_jobs_ended_total Jobs that ended since the start.\n"
              "# TYPE secondchair_jobs_ended_total counter\n");
    for (unsigned i = 0; i < SC_JOB_STATES; i++)
        if (sc_job_has_ended((enum sc_job_state)i))
            put(page, "secondchair_jobs_ended_total{state=\"%s\"} %llu\n",
                sc_job_state_name((enum sc_job_state)i), (unsigned long long)figures.state[i]);
    put_value(page, "jobs_refused_total", "counter", "Jobs that found too many that had not ended.",
              figures.refused);
}

static uint64_t resident_bytes(void)
{
    unsigned long long pages = 0;
    FILE *file = fopen("/proc/self/statm", "re");
    if (!file) return 0;
    if (fscanf(file, "%*s %llu", &pages) != 1) pages = 0;
    fclose(file);
    long size = sysconf(_SC_PAGESIZE);
    return pages * (uint64_t)(size > 0 ? size : 4096);
}

static void put_process(struct sc_buffer *page)
{
    put_value(page, "resident_memory_bytes", "gauge", "Resident memory of the process.", resident_bytes());
    put(page,
        "# HELP secondchair_build_info What is running.\n# TYPE secondchair_build_info gauge\n"
        "secondchair_build_info{version=\"%s\"} 1\n",
        SC_ENGINE_VERSION);
}

enum sc_progress sc_metrics_page(struct sc_call *call)
{
    enum { PAGE_MAX = 4 * 1024 * 1024 };
    if (!metrics.enabled) return sc_call_fail(call, SC_PROBLEM_not_found, "The metrics are switched off.");
    struct sc_buffer page;
    sc_buffer_init(&page, PAGE_MAX);
    put_requests(&page);
    put_durations(&page);
    put_counters(&page);
    put_store(&page);
    put_pool(&page);
    put_jobs(&page);
    put_process(&page);
    if (page.failed) {
        sc_buffer_fini(&page);
        return sc_call_fail(call, SC_PROBLEM_internal, "There is no memory for the metrics.");
    }
    call->answer->media = SC_MEDIA_METRICS;
    call->answer->body = sc_buffer_take(&page, &call->answer->body_length);
    return SC_ANSWERED;
}
