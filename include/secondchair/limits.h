/* Every fixed limit of the service, with its reason. Limits that an operator may want to move are settings
 * (settings.def) and have only their bounds and defaults there. */
#ifndef SC_LIMITS_H
#define SC_LIMITS_H

enum {
    /* Memory of one connection: the request's line and fields must fit in it, and so must the answer's
     * fields. libmicrohttpd hands bodies over in pieces of about half of it. Beyond it: 431. */
    SC_LIMIT_CONNECTION_MEMORY = 32 * 1024,

    /* Bytes of the request target as sent. Links that carry overrides are long, but no browser sends more
     * than this reliably. Beyond it: 414. */
    SC_LIMIT_URI = 8 * 1024,

    /* Bytes of a target for which a connection keeps memory from one request to the next. */
    SC_LIMIT_TARGET_USUAL = 512,

    /* Segments of a path; the longest route has six. Beyond it: 404. */
    SC_LIMIT_SEGMENTS = 8,

    /* Parameters of one query: more than any question takes overrides. Beyond it: 400. */
    SC_LIMIT_PARAMETERS = 64,

    /* Field lines of one request; browsers send about 20. Beyond it: 431. */
    SC_LIMIT_FIELDS = 100,

    /* Characters of an X-Request-Id that is taken over: a UUID and a few prefixes. Others are replaced. */
    SC_LIMIT_REQUEST_ID = 128,

    /* Origins of the CORS allow-list; each request compares with all of them. */
    SC_LIMIT_ORIGINS = 32,

    /* Routes of the table: the counters of the metrics are laid out for as many. */
    SC_LIMIT_ROUTES = 96,

    /* Bytes that a connection's thread compresses itself, in about half a millisecond; what is longer it
     * sends as it is, unless the client takes nothing but gzip. */
    SC_LIMIT_CODED_AT_ONCE = 64 * 1024,

    /* Work that a connection's thread does itself; what is predicted to take longer goes to the pool. */
    SC_LIMIT_INLINE_MICROSECONDS = 200,

    /* Memory of one request beside its body: a parsed body of 1 MiB with every token that is allowed takes
     * about this. */
    SC_LIMIT_ARENA = 16 * 1024 * 1024,

    /* The part of it that comes with the request: an address taken apart, with its query, and the key of an
     * answer that is kept. */
    SC_LIMIT_REQUEST_MEMORY = 3 * 1024,

    /* The same for an import, which keeps all its records until they are stored. */
    SC_LIMIT_ARENA_IMPORT = 64 * 1024 * 1024,

    /* Imports whose bodies are held at once: each may have import_limit bytes. Beyond it: 503. */
    SC_LIMIT_IMPORTS = 4,

    /* Batches that are held at once, each with batch_limit bytes at most and some MiB of answers that wait
     * for their reader. Beyond it: 503. */
    SC_LIMIT_BATCHES = 8,

    /* A problem document: 64 faults of 512 bytes, each of which an escape may make six. */
    SC_LIMIT_PROBLEM = 256 * 1024,

    /* Bytes of a body that has no length and is over its limit which are read and thrown away, so that a
     * client that sends first and reads then still gets its 413; beyond them the connection is cut. */
    SC_LIMIT_DISCARD = 16 * 1024 * 1024,

    /* Bytes per second that a body must make beyond its time allowance, both ways: 64 MiB take 256 s. */
    SC_LIMIT_RATE = 256 * 1024,

    /* Connections that were refused amid what they send and are read on, so that the answer reaches them: how
     * many at once, and for how long. */
    SC_LIMIT_LINGERERS = 64,
    SC_LIMIT_LINGER_MS = 2000,

    /* What may wait in the stream of events of one question: its whole answer (16 MiB, escapes apart), and
     * what it told before. */
    SC_LIMIT_STREAM_ANSWER = 17 * 1024 * 1024,

    /* What may wait in a stream of what becomes of jobs: of 1,000 of them, which is how many there may be,
     * the newest, each in 10 KiB and what a few can say already. Who reads more slowly is cut off and asks
     * again. */
    SC_LIMIT_STREAM = 16 * 1024 * 1024,

    /* An answer that a job keeps: as large as one that is held in memory. */
    SC_LIMIT_JOB_RESULT = 16 * 1024 * 1024,

    /* A computation tells its progress no more often than this: nobody sees more. */
    SC_LIMIT_TELL_MS = 50,

    /* How often it is looked after those who read streams of events: who has closed the connection is seen by
     * nobody else while there is nothing to send. */
    SC_LIMIT_STREAM_LOOK_MS = 1000,

    /* How often the reaper looks for connections past their deadline. */
    SC_LIMIT_REAPER_PERIOD_MS = 50,

    /* Connections that the kernel keeps for us before they are accepted. */
    SC_LIMIT_BACKLOG = 1024,

    /* Stack of a connection's thread. Stated, for musl's default is 128 KiB. */
    SC_LIMIT_THREAD_STACK = 2 * 1024 * 1024,

    /* Seconds after which a refused client may try again. */
    SC_LIMIT_RETRY_AFTER = 1,

    /* Seconds that a browser may remember the answer to a preflight. */
    SC_LIMIT_PREFLIGHT_AGE = 600
};

#endif
