/* One request, from its line to the last byte of its answer, as a machine of declared states; and what all
 * requests share. */
#ifndef SC_HTTP_REQUEST_H
#define SC_HTTP_REQUEST_H

#include "base/arena.h"
#include "base/buffer.h"
#include "coding.h"
#include "cors.h"
#include "fields.h"
#include "listen.h"
#include "peer.h"
#include "reader.h"
#include "route.h"
#include "secondchair/call.h"
#include "secondchair/pool.h"
#include "secondchair/settings.h"
#include "secondchair/stream.h"
#include "uri.h"

#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>

enum sc_state {
    SC_STATE_RECEIVED,  /* the request line has come */
    SC_STATE_PARSED,    /* the header fields are read and judged; the body is coming */
    SC_STATE_SUSPENDED, /* the pool or the store works on it; the connection sleeps */
    SC_STATE_COMPUTED,  /* the answer is complete */
    SC_STATE_REPLIED,   /* the answer is with libmicrohttpd */
    SC_STATE_SLEEPING,  /* its next piece is not there yet; the connection sleeps */
    SC_STATE_FREED,
    SC_STATES
};

/* What all requests share. */
struct sc_http {
    const struct sc_settings *settings;
    struct sc_app *app;
    struct sc_pool *pool;
    struct MHD_Daemon *daemon;
    struct sc_peers *peers;
    struct sc_readers readers;
    struct sc_cors cors;
    struct sc_listener listener;
    atomic_size_t in_flight;           /* requests between line and completion */
    atomic_size_t outstanding;         /* computations handed over and not ended */
    atomic_uint held[SC_BODY_CLASSES]; /* bodies of each class that may be large */
    atomic_bool draining;              /* nothing more is suspended, connections close after their answer */
    atomic_bool refusing;              /* computations that have not begun are refused */
    pthread_mutex_t lock;              /* of the list of suspended requests */
    struct sc_request *suspended;
    bool abandoned;               /* the list is closed: the drain has given up on what was in it */
    pthread_mutex_t streams_lock; /* of what follows; taken before the other lock where both are */
    struct sc_request *streaming; /* those whose answers are streams of events: events.c */
    size_t streams;               /* how many */
    uint64_t look_at;             /* when it is time to look whether their readers are there */
    bool streams_closed;          /* the drain takes no more */
};

struct sc_request {
    struct sc_http *http;
    struct MHD_Connection *connection;
    struct sc_peer *peer;
    _Atomic int state;
    atomic_int owners; /* the connection; a computation; an answer in pieces: the last one frees it */
    bool is_head, decided, abandoned;
    bool holding;                   /* counted among the large bodies that are held */
    uint64_t client;                /* its peer's, which it may outlive */
    uint64_t pieces_started, sent;  /* of an answer in pieces: when it began, and its bytes so far */
    uint64_t slept;                 /* when it last fell asleep for want of a piece; 0: it did not */
    struct sc_coding coding;        /* of the answer */
    bool asked;                     /* a use case made the answer */
    bool as_job;                    /* the question is to become a job */
    int status;                     /* of the answer; 0 until there is one */
    uint64_t started, body_started; /* of sc_clock_nanoseconds */
    uint64_t received;              /* bytes of the body */
    struct sc_arena arena;
    struct sc_buffer body;
    struct sc_fields fields;
    struct sc_uri uri;
    struct sc_match match;
    struct sc_call call;
    struct sc_answer answer;
    struct sc_task task;
    struct sc_request *previous, *next; /* in the list of suspended ones */
    struct sc_answer opening;           /* of a stream that the computation itself writes */
    struct sc_answer *given;            /* what the connection sends: the answer, or the opening */
    struct sc_stream *events;           /* what is given, where it is a stream of events: its reader's end */
    struct sc_request *previous_stream, *next_stream;
    uint64_t beat_at;            /* when the stream is due to show that it lives */
    struct sc_follower follower; /* of a computation on the pool */
    struct sc_stream *writer;    /* of the events that the computation itself tells */
    uint64_t told_at;            /* when it last did */
    const char *stopped_for;     /* why it was told to stop */
    char id[SC_LIMIT_REQUEST_ID + 1];
    size_t raw_length;
    char raw[]; /* the target as sent */
};

/* NULL without memory. peer may be NULL. Counted in http->in_flight until sc_request_complete. */
struct sc_request *sc_request_new(struct sc_http *http, struct MHD_Connection *connection,
                                  struct sc_peer *peer, const char *raw);

/* Moves on; a move that is not declared ends the process: going on would free or send something twice. */
void sc_request_move(struct sc_request *request, enum sc_state state);

static inline enum sc_state sc_request_state(struct sc_request *request)
{
    return (enum sc_state)atomic_load_explicit(&request->state, memory_order_acquire);
}

/* The connection is done with it: it is counted, and released. */
void sc_request_complete(struct sc_request *request);

/* One owner less. */
void sc_request_release(struct sc_request *request);

/* Chooses the request's id: the client's own where it is usable. */
void sc_request_identify(struct sc_request *request);

/* Largest body that the request may have. */
size_t sc_request_body_limit(const struct sc_request *request);

/* The class of its body, and how many of that class may be held at once; 0: any number. */
enum sc_body_class sc_request_body_class(const struct sc_request *request);
unsigned sc_request_body_most(const struct sc_request *request);

/* sc_clock_nanoseconds, so many milliseconds after start. */
static inline uint64_t sc_after(uint64_t start, uint64_t milliseconds)
{
    return start + milliseconds * 1000000u;
}

/* Time for length bytes at the least rate, beside the settings' allowance. */
static inline uint64_t sc_allowance(const struct sc_http *http, uint64_t length)
{
    return http->settings->body_timeout_ms + length / (SC_LIMIT_RATE / 1000);
}

#endif
