/* A stream of server-sent events (HTML, 9.2) from whoever computes to one client: a writer's end, for any
 * thread, and a reader's end, for the connection. It is bounded, and an event that has not left yet gives way
 * to a newer one of its key: a client that reads slowly gets the newest state, not all of them. */
#ifndef SC_STREAM_H
#define SC_STREAM_H

#include "waiter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sc_stream;

struct sc_event {
    const char *name; /* one word; NULL: none, which clients take for "message" */
    const char *id;   /* without line breaks; NULL: none */
    const char *data; /* length bytes of UTF-8; each of its lines becomes a "data:" line */
    size_t length;
    uint64_t key; /* other than 0: replaces the event of this key that has not left yet */
};

/* Both ends are the caller's; the stream is freed when both were let go. limit is of the bytes that wait.
 * NULL without memory. */
struct sc_stream *sc_stream_new(size_t limit);

/* ---- the writer's end ---- */

/* Hands an event over. False: it will not be read, nor will any later one: the client has gone, or reads so
 * slowly that limit is reached. */
bool sc_stream_event(struct sc_stream *stream, const struct sc_event *event);

/* Whether the reader is there still, and may read what is written. */
bool sc_stream_is_read(struct sc_stream *stream);

/* Lets the writer's end go: after what waits the stream is at its end. */
void sc_stream_end(struct sc_stream *stream);

/* ---- the reader's end ---- */

/* Before the first read. Both functions are called under the stream's lock. */
void sc_stream_attach(struct sc_stream *stream, const struct sc_waiter *waiter);

/* Up to capacity bytes of what waits; SC_PIECE_LATER where nothing does; 0 at the end. */
ptrdiff_t sc_stream_read(struct sc_stream *stream, char *bytes, size_t capacity);

/* A sign of life, a comment, where nothing else waits. From any thread while the reader's end is open. */
void sc_stream_beat(struct sc_stream *stream);

/* Brings the stream to its end after what waits, whatever the writer does. Likewise. */
void sc_stream_cut(struct sc_stream *stream);

/* Lets the reader's end go. */
void sc_stream_close(struct sc_stream *stream);

#endif
