/* The HTTP side of the service, over libmicrohttpd: listens, reads and judges requests, hands them to the use
 * cases, sends the answers, and drains. */
#ifndef SC_HTTP_SERVER_H
#define SC_HTTP_SERVER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sc_app;
struct sc_http;
struct sc_jobs;
struct sc_pool;
struct sc_settings;
struct sc_store;

/* What serving needs; all are borrowed. */
struct sc_http_parts {
    const struct sc_settings *settings;
    struct sc_app *app;
    struct sc_store *store;
    struct sc_pool *pool;
    struct sc_jobs *jobs;
};

/* Starts the jobs, then serving. NULL on failure, and reason says why; the jobs are then closed. */
struct sc_http *sc_http_start(const struct sc_http_parts *parts, char *reason, size_t reason_size);

/* Where it listens: "http://127.0.0.1:8080". */
const char *sc_http_address(const struct sc_http *http);

/* Stops within the settings' drain time: takes no more connections, lets what was asked be answered, cuts
 * what is too slow. True when no computation is left; false when some still run: then nothing that they use
 * (the store, the application, the pool, http itself) may be freed, and the process should just end. */
bool sc_http_drain(struct sc_http *http) __attribute__((warn_unused_result));

/* Closes the threads' views of the store. After a drain that was true, and the end of the pool. */
void sc_http_free(struct sc_http *http);

#endif
