/* Every allocation of the service's own code fails in turn, while a real request is answered over HTTP: the
 * answer is the right one, a problem of the 5xx, or none; nothing leaks, nothing ends the process.
 * Allocations of jansson are left out (it ends the process by design: app.c), and of SQLite and
 * libmicrohttpd. Linked with --wrap for each allocator. */
#include "app/app.h"
#include "base/log.h"
#include "http/server.h"
#include "obs/metrics.h"
#include "secondchair/jobs.h"
#include "secondchair/pool.h"
#include "secondchair/settings.h"
#include "secondchair/store.h"

#include <arpa/inet.h>
#include <errno.h>
#include <jansson.h>
#include <sodium.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int bad;
static atomic_long countdown; /* which allocation fails; 0: none */

static bool fails(void)
{
    return atomic_load(&countdown) > 0 && atomic_fetch_sub(&countdown, 1) == 1;
}

#define WRAP(type, name, parameters, arguments)                                                              \
    type __real_##name parameters;                                                                           \
    type __wrap_##name parameters;                                                                           \
    type __wrap_##name parameters                                                                            \
    {                                                                                                        \
        return fails() ? NULL : __real_##name arguments;                                                     \
    }
WRAP(void *, calloc, (size_t count, size_t size), (count, size))
WRAP(void *, realloc, (void *old, size_t size), (old, size))
WRAP(void *, aligned_alloc, (size_t alignment, size_t size), (alignment, size))
WRAP(char *, strdup, (const char *text), (text))
WRAP(char *, strndup, (const char *text, size_t most), (text, most))

static struct {
    struct sc_settings settings;
    struct sc_store *store;
    struct sc_app *app;
    struct sc_pool *pool;
    struct sc_jobs *jobs;
    struct sc_http *http;
    char folder[64];
} service;

static char mine[64]; /* the scenario that is changed */

static char answer[4 << 20], right[4 << 20], document[1 << 16], body[1 << 17], lines[4 << 20];

static void need(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "torture: %s\n", what);
    abort();
}

static void start(void)
{
    static char database[128]; /* borrowed by the settings */
    char reason[1024],
        *flags[] = {"--port=0", "--log-level=error", database, "--threads=1", "--compute-threads=1"};
    strcpy(service.folder, "/tmp/sc-torture-XXXXXX");
    need(mkdtemp(service.folder), "no folder");
    sc_log_set_level(SC_LOG_ERROR);
    snprintf(database, sizeof database, "--database=%s/x.db", service.folder);
    need(sodium_init() >= 0 && sc_settings_read(&service.settings, 5, flags, reason), "no settings");
    service.store = sc_store_open(service.settings.database, sc_variant_follow, reason, sizeof reason);
    service.app = sc_app_new(service.store);
    need(sc_app_keep(service.app, 1 << 20, 1 << 20), "no memory");
    need(sc_app_seed(service.app, reason, sizeof reason) == 0, "no seed");
    service.pool = sc_pool_new(SC_POOL_INTERACTIVE, 1, 16, 16);
    const struct sc_jobs_bounds bounds = {
        .threads = 1, .live = 16, .live_per_client = 16, .live_bytes = 1 << 20, .kept = {16, 1 << 20, INT64_MAX}};
    service.jobs = sc_jobs_new(service.store, &bounds);
    need(service.jobs, "no jobs");
    sc_app_set_jobs(service.app, service.jobs);
    sc_metrics_observe(service.store, service.pool, service.jobs, true);
    const struct sc_http_parts parts = {&service.settings, service.app, service.store, service.pool, service.jobs};
    service.http = sc_http_start(&parts, reason, sizeof reason);
    need(service.http, reason);
}

/* Sends a request and reads the answer, without allocating. Returns its status; 0 when there is none. */
static int ask(const char *method, const char *target, const char *type, const char *content)
{
    static char head[1024];
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_port = htons((uint16_t)atoi(strrchr(sc_http_address(service.http), ':') + 1));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int client = socket(AF_INET, SOCK_STREAM, 0);
    need(connect(client, (struct sockaddr *)&address, sizeof address) == 0, "no connection");
    int length =
        snprintf(head, sizeof head,
                 "%s %s HTTP/1.1\r\nHost: a\r\nConnection: close\r\nX-Request-Id: x\r\nIf-Match: *\r\n"
                 "Accept: %s\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
                 method, target, strstr(target, "batch") ? type : "*/*", type, strlen(content));
    struct timeval patience = {20, 0};
    setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    send(client, head, (size_t)length, MSG_NOSIGNAL);
    for (size_t sent = 0, all = strlen(content); sent < all;) {
        ssize_t now = send(client, content + sent, all - sent, MSG_NOSIGNAL);
        if (now <= 0) break;
        sent += (size_t)now;
    }
    size_t got = 0;
    ssize_t now;
    while ((now = recv(client, answer + got, sizeof answer - 1 - got, 0)) > 0) got += (size_t)now;
    need(now == 0 || got > 0 || errno != EAGAIN, "no answer in 20 s");
    close(client);
    answer[got] = '\0';
    return strncmp(answer, "HTTP/1.1 ", 9) == 0 ? atoi(answer + 9) : 0;
}

/* The answer's content, put together in place where it came in chunks; NULL where it was broken off. */
static char *content_of(char *text)
{
    char *content = strstr(text, "\r\n\r\n"), *chunked = strstr(text, "\r\nTransfer-Encoding: chunked");
    if (!content) return text + strlen(text);
    content += 4;
    if (!chunked || chunked > content) return content;
    char *to = content;
    for (char *from = content, *end;; from = end + 2) {
        size_t size = strtoul(from, &end, 16);
        if (end == from || strlen(end) < size + 4) return NULL;
        if (size == 0) break;
        memmove(to, end + 2, size);
        to += size;
        end += 2 + size;
    }
    *to = '\0';
    return content;
}

/* Of a batch each line is the right one, or a problem of the 5xx. */
static bool lines_are_right(const char *is)
{
    const char *should = right;
    while (*is && *should) {
        size_t length = strcspn(is, "\n"), expected = strcspn(should, "\n");
        bool same = length == expected && strncmp(is, should, length) == 0;
        const char *problem = strstr(is, "\"status\":50");
        if (!same && (!problem || problem > is + length)) return false;
        is += length + (is[length] == '\n');
        should += expected + (should[expected] == '\n');
    }
    return !*is && !*should;
}

/* same: the right answer is always the same bytes. */
static void torture(const char *method, const char *target, const char *type, const char *content, bool same)
{
    int expected = ask(method, target, type, content), none = 0, problems = 0, rights = 0, wrong = 0;
    long n = 1;
    strcpy(right, content_of(answer));
    need(expected >= 200 && expected < 300, answer);
    for (bool met = true; met && n < 20000; n++) {
        atomic_store(&countdown, n);
        int status = ask(method, target, type, content);
        met = atomic_exchange(&countdown, 0) <= 0;
        const char *content_now = content_of(answer);
        if (!content_now) status = 0;
        bool is_right = status == expected && (!same || strcmp(right, content_now) == 0 ||
                                               (strstr(target, "batch") && lines_are_right(content_now)));
        none += status == 0;
        bool parts = status == 413 && strstr(target, "import"); /* "send it in parts" helps here too */
        problems += status >= 500 || parts;
        rights += is_right;
        if (status == 0 || status >= 500 || parts || is_right) continue;
        if (wrong++ < 3) fprintf(stderr, "%s %s: allocation %ld: %.1500s\n", method, target, n, answer);
    }
    bad += wrong > 0;
    int after = ask(method, target, type, content);
    need(after == expected, answer);
    printf("  %s  %s %s: %ld allocations; %d problems, %d without answer, %d right, %d wrong\n",
           wrong ? "FAIL" : "ok  ", method, target, n - 2, problems, none, rights, wrong);
    fflush(stdout);
}

int main(void)
{
    FILE *file = fopen("schema/scenarios/amd-base.json", "rb");
    need(file && fread(document, 1, sizeof document - 1, file) > 0, "no document");
    fclose(file);
    start();
    ask("GET", "/v1/scenarios/amd-base", "text/plain", "");
    snprintf(body, sizeof body,
             "{\"scenario\":%s,\"inputs\":true,\"overrides\":[{\"pointer\":\"/price\",\"value\":9}]}",
             document);
    torture("POST", "/v1/valuation", "application/json", body, true);
    torture("POST", "/v1/projection", "application/json", body, true);
    torture("POST", "/v1/chair", "application/json", body, true);
    torture("GET", "/v1/scenarios/amd-base/valuation?set=/price:9&inputs=true", "text/plain", "", true);
    torture("GET", "/v1/scenarios/amd-bear/chair", "text/plain", "", true);
    torture("GET", "/v1/scenarios/amd-base/projection?to=2030", "text/plain", "", true);
    torture("GET", "/v1/scenarios/amd-uncertain/sensitivity?method=tornado", "text/plain", "", true);
    torture("GET", "/v1/scenarios/amd-uncertain/sensitivity?method=sobol&paths=16&randomisations=2",
            "text/plain", "", true);
    torture("POST", "/v1/scenarios/amd-base/sensitivity?method=grid", "application/json",
            "{\"x\":{\"pointer\":\"/terminal/growth\",\"low\":0,\"high\":0.1,\"steps\":5}}", true);
    torture("GET", "/v1/scenarios/amd-uncertain/simulation?paths=64&randomisations=4", "text/plain", "",
            true);
    torture("POST", "/v1/sets/amd-view/simulation", "application/json",
            "{\"paths\":64,\"randomisations\":4,\"uncertainty\":{\"drivers\":[{\"pointer\":\"/chair/hazard\","
            "\"distribution\":{\"kind\":\"beta\",\"alpha\":6,\"beta\":144}}]}}",
            true);
    torture("GET", "/v1/scenarios?limit=3&q=amd", "text/plain", "", true);
    torture("GET", "/v1/scenarios/amd-bear", "text/plain", "", true);
    torture("GET", "/v1/scenarios/amd-base/revisions", "text/plain", "", true);
    torture("POST", "/v1/batch?scenario=amd-bear", "application/x-ndjson",
            "{\"overrides\":[{\"pointer\":\"/price\",\"value\":9}]}\n"
            "{\"question\":\"chair\"}\n{\"id\":1}\n{\"prise\":1}\n"
            "{\"fields\":[\"verdict\"],\"overrides\":[{\"pointer\":\"/price\",\"value\":9}]}\n",
            true);
    torture("GET", "/v1/export", "text/plain", "", true);
    strcpy(lines, content_of(answer));
    torture("POST", "/v1/scenarios", "application/json", document, false);
    const char *id = strstr(answer, "\"id\":\"");
    need(id, answer);
    snprintf(mine, sizeof mine, "/v1/scenarios/%.36s", id + 6);
    torture("PATCH", mine, "application/merge-patch+json", "{\"price\":7}", false);
    torture("PATCH", mine, "application/json-patch+json",
            "[{\"op\":\"replace\",\"path\":\"/price\",\"value\":8}]", false);
    torture("PUT", mine, "application/json", document, false);
    torture("POST", "/v1/scenarios/amd-base/variants", "application/json",
            "{\"name\":\"V\",\"overrides\":[{\"pointer\":\"/price\",\"value\":3}]}", false);
    torture("POST", "/v1/import", "application/x-ndjson", lines, false);
    torture("GET", "/v1/scenarios?limit=50", "text/plain", "", true);
    need(sc_http_drain(service.http), "no drain");
    sc_jobs_stop(service.jobs);
    sc_pool_free(service.pool);
    sc_http_free(service.http);
    sc_app_free(service.app);
    sc_jobs_free(service.jobs);
    sc_store_close(service.store);
    char command[128];
    snprintf(command, sizeof command, "rm -r %s", service.folder);
    return system(command) == 0 && bad == 0 ? 0 : 1;
}
