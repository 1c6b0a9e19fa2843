/* The threads' views of the store: each thread opens its own when it first needs one, and all are closed
 * together, when the threads have ended. */
#ifndef SC_HTTP_READER_H
#define SC_HTTP_READER_H

#include <pthread.h>
#include <stddef.h>

struct sc_reader;
struct sc_store;

/* More threads than this have no view: 64 that serve, 256 that compute and 64 for jobs are the settings'
 * bounds. */
enum { SC_READERS_MAX = 64 + 256 + 64 };

struct sc_readers {
    struct sc_store *store;
    pthread_mutex_t lock;
    struct sc_reader *reader[SC_READERS_MAX];
    size_t count;
};

void sc_readers_init(struct sc_readers *readers, struct sc_store *store);

/* Closes them all; their threads must have ended. */
void sc_readers_fini(struct sc_readers *readers);

/* The calling thread's own; NULL when none can be opened (tried anew at the next call). A process has one
 * set. */
struct sc_reader *sc_readers_own(struct sc_readers *readers);

#endif
