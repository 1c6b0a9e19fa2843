/* One call on the service, free of HTTP and of SQL: what was asked, and what is answered. The use cases of
 * server/app read a call and fill an answer; server/http translates both ways. */
#ifndef SC_CALL_H
#define SC_CALL_H

#include "fault.h"
#include "follower.h"
#include "pool.h"
#include "waiter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sc_arena;
struct sc_app;
struct sc_once;
struct sc_reader;
struct sc_stream;

enum sc_problem {
#define SC_PROBLEM(name, status, title, retryable) SC_PROBLEM_##name,
#include "problems.def"
#undef SC_PROBLEM
    SC_PROBLEMS
};

/* What a problem is called in the API, and what it says and means. */
struct sc_problem_class {
    const char *name, *title;
    int status;
    bool retryable;
};
const struct sc_problem_class *sc_problem_class(enum sc_problem problem);

/* Media types of bodies. A bit each, so that a route can say which it takes and which it offers. They are
 * stored with jobs: a number keeps its meaning. */
enum sc_media {
    SC_MEDIA_NONE = 0,
    SC_MEDIA_JSON = 1 << 0,
    SC_MEDIA_CSV = 1 << 1,
    SC_MEDIA_NDJSON = 1 << 2,
    SC_MEDIA_MERGE_PATCH = 1 << 3,
    SC_MEDIA_JSON_PATCH = 1 << 4,
    SC_MEDIA_HTML = 1 << 5,
    SC_MEDIA_TEXT = 1 << 6,
    SC_MEDIA_SCHEMA = 1 << 7, /* application/schema+json */
    SC_MEDIA_SCRIPT = 1 << 8, /* text/javascript */
    SC_MEDIA_STYLE = 1 << 9,  /* text/css */
    SC_MEDIA_SVG = 1 << 10,
    SC_MEDIA_METRICS = 1 << 11, /* text/plain; version=0.0.4 */
    SC_MEDIA_EVENTS = 1 << 12   /* text/event-stream */
};

/* The stages of work that Server-Timing reports. */
enum sc_stage { SC_STAGE_PARSE, SC_STAGE_DB, SC_STAGE_MODEL, SC_STAGE_ENCODE, SC_STAGES };

/* A parameter of the query, percent-decoded; both are terminated UTF-8. */
struct sc_parameter {
    const char *name, *value;
};

enum { SC_ARGUMENTS_MAX = 3, SC_ETAG_MAX = 96, SC_DELEGATED_MAX = 4 };

/* More of a call's computation: run on the pool in its client's turn, with that thread's view of the store.
 * The call and all it has stay until it was run. */
struct sc_work {
    struct sc_task task; /* the service's */
    struct sc_call *call;
    void (*run)(struct sc_work *work, struct sc_reader *reader); /* may delegate the same work anew */
};

struct sc_call {
    struct sc_app *app;
    struct sc_arena *arena;   /* freed when the answer has left */
    struct sc_reader *reader; /* the calling thread's own view of the store; NULL where none is open */
    const char *request_id;
    uint64_t client;                        /* the same for all calls of one client */
    const char *method;                     /* of the route */
    const char *target;                     /* path and query, as sent */
    const char *path;                       /* as sent, without the query */
    const char *argument[SC_ARGUMENTS_MAX]; /* what stood for the route's {…}, decoded, in order */
    const struct sc_parameter *parameter;
    size_t parameter_count;
    const char *body; /* body_length bytes and a terminating 0 that is not counted; NULL when empty */
    size_t body_length;
    enum sc_media content;                 /* the body's type */
    enum sc_media accept;                  /* which of the route's types to answer in */
    const char *if_match, *if_none_match;  /* as sent, or NULL */
    const char *last_event_id;             /* likewise: what a reader of events has had */
    const char *once_key;                  /* likewise: Idempotency-Key, of a write alone */
    struct sc_once *once;                  /* the application's */
    uint64_t stage_nanoseconds[SC_STAGES]; /* added up by the use case */
    struct sc_answer *answer;
    uint64_t generation; /* of the store, before anything of it was read: for an answer that may be kept */
    /* For a use case that returned SC_WAITING: to be called exactly once, from any thread, when the answer is
     * complete. Afterwards the call must not be touched. */
    void (*resume)(struct sc_call *call);
    /* Hands work over, also after the answer was begun: false where there is too much of it already. At most
     * SC_DELEGATED_MAX of one call at once; threads says how many run at once. */
    bool (*delegate)(struct sc_work *work);
    size_t threads;
    void *owner;   /* of whoever made the call */
    bool hurried;  /* on a connection's thread: what will take over 200 us is to be refused by
                      sc_call_postpones */
    bool too_long; /* it was: the use case is to be called again, elsewhere, and its answer counts for nothing
                    */
    bool patient;  /* a job: on a thread that waits for all others, so that no time may be taken for work */
    struct sc_follower *follower; /* or NULL */
    bool stopped;                 /* sc_call_goes_on has said so: the answer counts for nothing */
};

enum sc_outcome {
    SC_OUTCOME_OK,
    SC_OUTCOME_CREATED,
    SC_OUTCOME_ACCEPTED, /* a job, as the client preferred */
    SC_OUTCOME_NO_CONTENT,
    SC_OUTCOME_NOT_MODIFIED,
    SC_OUTCOME_PROBLEM
};

/* How long an answer may be kept by caches. */
enum sc_freshness {
    SC_FRESH_NO_STORE,   /* writes, health, metrics, problems */
    SC_FRESH_REVALIDATE, /* "no-cache": of a stored scenario, which may change */
    SC_FRESH_IMMUTABLE   /* a named revision, an asset with its digest in its address */
};

struct sc_answer {
    enum sc_outcome outcome;
    enum sc_media media;
    enum sc_freshness freshness;
    char *body; /* malloc'd; whoever sends the answer frees it. NULL when there is none */
    size_t body_length;
    const char *fixed; /* instead of body: bytes that are not freed: they outlive the process's work (an
                          embedded asset), or … */
    void (*release)(void *owner); /* … until this is called, once, when the answer is sent or not wanted */
    void *owner;
    const char *gzipped; /* the bytes of fixed compressed, for as long as they are there; or NULL */
    size_t gzipped_length;
    /* Keeps the bytes of fixed compressed, to give them with the next such answer: where they are read from
     * now on, or NULL: it did not. NULL where there is no next one. */
    const char *(*adopt)(void *owner, const char *gzipped, size_t length);
    bool coded;             /* body or fixed, or what the pieces are, is gzip */
    char etag[SC_ETAG_MAX]; /* with its quotes; empty when there is none */
    const char *location;   /* in the call's arena, or NULL */
    const char *link;       /* the Link field's value, or NULL */
    /* Where the answer is too long to be held: called for the next piece until it answers 0 (the end) or -1
     * (broken off), on the connection's thread: it must not block. NULL otherwise. close runs once in every
     * case, when nobody wants another piece. */
    ptrdiff_t (*next_piece)(void *stream, char *bytes, size_t capacity);
    void (*close)(void *stream);
    /* Where next_piece may answer SC_PIECE_LATER, having called sleep: before the first piece is asked for.
     */
    void (*attach)(void *stream, const struct sc_waiter *waiter);
    void *stream;
    /* Instead of all these: a stream of events, whose reader's end is handed over. */
    struct sc_stream *events;
    /* Where outcome is SC_OUTCOME_PROBLEM: */
    enum sc_problem problem;
    char detail[SC_DETAIL_MAX];
    const struct sc_faults *faults; /* in the call's arena, or NULL */
    unsigned retry_after;           /* seconds; 0 for none */
};

enum sc_progress { SC_ANSWERED, SC_WAITING };

/* A use case. It may be called on any thread, and must not block on the writer: it hands its write over with
 * call->resume as what to do afterwards, and returns SC_WAITING. */
typedef enum sc_progress sc_use_case(struct sc_call *call);

/* Makes a problem of an answer; always returns SC_ANSWERED. */
enum sc_progress sc_call_fail(struct sc_call *call, enum sc_problem problem, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* True where the call is hurried and the work ahead, in microseconds, is too long for that: the use case then
 * returns SC_ANSWERED at once. */
bool sc_call_postpones(struct sc_call *call, double microseconds) __attribute__((warn_unused_result));

/* For a computation that may take over 20 ms: before it begins, when the question has been checked, and
 * between its parts. Tells who listens that so much is done (0 to 1), and what can be said already (a JSON
 * object, or NULL). False: the use case is to return SC_ANSWERED at once, its answer will not be heard. That
 * is the case too where a question is only checked, before it becomes a job: what comes before the first of
 * these calls is done while the client waits. */
bool sc_call_goes_on(struct sc_call *call, double done, const char *partial)
    __attribute__((warn_unused_result));

/* Whether a partial answer would be heard. */
bool sc_call_is_heard(const struct sc_call *call);

/* The first value of a parameter, or NULL. */
const char *sc_call_parameter(const struct sc_call *call, const char *name);

/* Adds the time since start (of sc_clock_nanoseconds) to a stage and returns now. */
uint64_t sc_call_spent(struct sc_call *call, enum sc_stage stage, uint64_t start);

#endif
