/* The store port: scenarios and sets of them, their revisions, jobs, and the one way to change them.
 * Implemented by server/store. Bodies are opaque JSON text here; what they mean is the application's
 * business. */
#ifndef SC_STORE_H
#define SC_STORE_H

#include "job.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sc_arena;
struct sc_store;
struct sc_reader;
struct sc_write;

enum sc_store_status {
    SC_STORE_OK,
    SC_STORE_NOT_FOUND,
    SC_STORE_STALE,   /* the record has another revision than the one expected */
    SC_STORE_EXISTS,  /* the id is taken */
    SC_STORE_DELETED, /* the record is deleted: it must be restored before it changes */
    SC_STORE_FULL,    /* no space on the medium */
    SC_STORE_BUSY,    /* the queue of writes is full: try later */
    SC_STORE_CLOSED,  /* the store is shutting down */
    SC_STORE_BROKEN,  /* I/O error or corruption; logged with its cause */
    SC_STORE_REPEATED /* the key of the write is known: nothing was written, see sc_once */
};

/* Ids are of one space: no set has the id of a scenario. */
enum sc_record_type { SC_RECORD_SCENARIO, SC_RECORD_SET, SC_RECORD_TYPES };

enum sc_body_kind { SC_BODY_DOCUMENT, SC_BODY_OVERLAY };

/* One revision of one scenario or set. Texts are terminated; in answers they live in the arena that was
 * passed. */
struct sc_record {
    enum sc_record_type type;
    const char *id;     /* <= 64 characters of [a-z0-9-] */
    const char *parent; /* the scenario it is a variant of, or NULL; fixed at creation */
    bool builtin;       /* cannot be changed or deleted by a call */
    int64_t revision;   /* 1, 2, … */
    int64_t created_at; /* of its first revision, in microseconds since 1970 */
    int64_t updated_at; /* of this revision */
    int64_t deleted_at; /* of all its revisions, 0 when it is not deleted */
    const char *name, *company, *description; /* company is "" of a set */
    const char *tags; /* JSON array of texts. In lists all four are as it is found now */
    enum sc_body_kind kind;
    const char *body; /* the document, or for a variant the overlay; NULL in lists. Of a set {"members":
                         [{"scenario": id, …}, …], …}: the scenarios must be there, deleted or not */
    size_t body_length;
    const char *sha256;  /* 64 hex digits of the canonical document as it was at this revision */
    const char *parents; /* of an overlay: the revisions of its parent, of that one's parent and so on over
                            which it was written: "3.5". NULL of a document; of an overlay that is written it
                            means those of updated_at */
};

/* Which scenarios or sets a list holds; NULL and 0 mean no restriction. Newest first. */
struct sc_filter {
    enum sc_record_type type;
    const char *company; /* exact, case-insensitive */
    const char *tag;     /* exact, one of the tags */
    const char *text;    /* words, all of which must begin a word of name, company, description or tags */
    const char *id;      /* only this one */
    const char *member;  /* the id of a scenario that the set holds */
    bool deleted;        /* the deleted ones instead of the living ones */
    int64_t after;       /* a cursor of an earlier page, or 0 */
    size_t limit;        /* 1 … 1000 */
};

struct sc_page {
    struct sc_record *item;
    size_t count;
    int64_t next; /* cursor of the next page, 0 at the end */
};

/* What a variant is found by follows what its parent is found by: makes company, description and tags of the
 * variant, whose body is given, from those of its parent, in the arena. False: it stays as it was written. On
 * the writer's thread. */
typedef bool sc_store_follow(const struct sc_record *parent, struct sc_record *variant,
                             struct sc_arena *arena);

/* Opens or creates the database and its lock, migrates it, starts the writer. follow may be NULL: then
 * variants stay as they were written. On failure NULL, and reason says in a sentence what is wrong and what
 * to do: no directory, newer schema, foreign or corrupt file, locked by another server. Never overwrites a
 * file that it does not understand. */
struct sc_store *sc_store_open(const char *path, sc_store_follow *follow, char *reason, size_t reason_size);

/* Commits what waits, checkpoints, closes. All readers must be closed before. */
void sc_store_close(struct sc_store *store);

/* A read-only connection for the use of one thread at a time. */
struct sc_reader *sc_reader_open(struct sc_store *store);
void sc_reader_close(struct sc_reader *reader);

/* revision 0 is the newest. Finds deleted ones too: record->deleted_at tells. */
enum sc_store_status sc_reader_get(struct sc_reader *reader, enum sc_record_type type, const char *id,
                                   int64_t revision, struct sc_arena *arena, struct sc_record *record);

enum sc_store_status sc_reader_list(struct sc_reader *reader, const struct sc_filter *filter,
                                    struct sc_arena *arena, struct sc_page *page);

/* The revisions of one scenario or set, newest first, without bodies; after is a revision number or 0. */
enum sc_store_status sc_reader_revisions(struct sc_reader *reader, enum sc_record_type type, const char *id,
                                         int64_t after, size_t limit, struct sc_arena *arena,
                                         struct sc_page *page);

/* Every revision of every scenario, or of every set, deleted and built-in ones too, bodies included: in order
 * of creation, so that a parent comes before its variants, and of the revisions. cursor starts at 0 and is
 * moved on; page->count 0 is the end. */
enum sc_store_status sc_reader_export(struct sc_reader *reader, enum sc_record_type type, int64_t *cursor,
                                      size_t limit, struct sc_arena *arena, struct sc_page *page);

/* A moment of the store, which only grows: what is stored later has a later one. */
enum sc_store_status sc_reader_moment(struct sc_reader *reader, int64_t *moment);

/* From now on sc_reader_get sees the scenarios as they were then: their newest revision is the newest of that
 * moment, and what was deleted since is there. 0: as they are. */
void sc_reader_set_moment(struct sc_reader *reader, int64_t moment);

/* Does it see them so? NULL sees nothing. */
bool sc_reader_is_past(const struct sc_reader *reader);

/* A job without its result, and without partial; its request's body only where whole is true. */
enum sc_store_status sc_reader_job(struct sc_reader *reader, const char *id, bool whole,
                                   struct sc_arena *arena, struct sc_job *job);

/* The result of a job that is done or failed; NOT_FOUND for others. body is the caller's to free. */
enum sc_store_status sc_reader_job_result(struct sc_reader *reader, const char *id, struct sc_arena *arena,
                                          struct sc_job_result *result, char **body);

struct sc_job_page {
    struct sc_job *item;
    size_t count;
    int64_t next; /* cursor of the next page, 0 at the end */
};

/* Jobs in one of the states (1 << state), newest first, without bodies and results. after is a cursor or 0.
 */
enum sc_store_status sc_reader_jobs(struct sc_reader *reader, unsigned states, int64_t after, size_t limit,
                                    struct sc_arena *arena, struct sc_job_page *page);

/* A question that a health probe asks: can the database be read now? */
enum sc_store_status sc_reader_check(struct sc_reader *reader);

enum sc_write_kind {
    SC_WRITE_CREATE,  /* records[0] becomes revision 1 of a new scenario or set */
    SC_WRITE_REVISE,  /* records[0] becomes the next revision of its id */
    SC_WRITE_DELETE,  /* marks records[0].id deleted */
    SC_WRITE_RESTORE, /* takes the mark off */
    SC_WRITE_IMPORT, /* all records as they are, with their ids, revisions and times; a revision that is there
                        with the same sha256 and body is passed over, one that differs is SC_STORE_EXISTS, and
                        then nothing of the import is kept */
    SC_WRITE_JOB_CREATE, /* a new job with its request, queued: fills sequence and created_at */
    SC_WRITE_JOB_MOVE,   /* job->id into job->state, with its progress, and its result where it has one; STALE
                            where it is in none of the states in from. Fills its times. */
    SC_WRITE_JOB_REMOVE, /* job->id and all that belongs to it; STALE as above */
    SC_WRITE_JOB_RESET,  /* all running ones back into the queue: of a service that was stopped */
    SC_WRITE_JOB_PRUNE   /* removes the ended ones that are too many or too old: see kept */
};

/* How many ended jobs are kept, and of which age: the newest of them, that take so many bytes in all. */
struct sc_job_keep {
    size_t count, bytes;
    int64_t age; /* in microseconds */
};

/* The answer that a write was given, or is to be given once more. Numbers keep their meaning: they are
 * stored. */
struct sc_once_answer {
    const char *request; /* what it was asked for: see sc_once; of an answer that is found */
    int outcome, media;
    const char *etag;     /* "" for none */
    const char *location; /* or NULL */
    const char *body;     /* or NULL */
    size_t length;
};

/* How many answers are kept, of which age, and how many bytes of them before the next is added. */
struct sc_once_keep {
    size_t count, bytes;
    int64_t age; /* in microseconds */
};

/* The key that a client gave a write, so that it is done once: kept with the answer in the write's
 * transaction. */
struct sc_once {
    const char *key, *request; /* request: a digest of what is asked */
    struct sc_once_keep keep;
    struct sc_arena *arena; /* of what is found */
    /* Makes the answer of what is written but not committed yet; on the writer's thread. False: nothing is to
     * be written, for want of memory. */
    bool (*compose)(struct sc_write *write);
    struct sc_once_answer answer; /* to be kept; where the status is REPEATED, what was kept, in the arena */
};

/* The answer that is kept under a key; NOT_FOUND where there is none, or none that is young enough. */
enum sc_store_status sc_reader_once(struct sc_reader *reader, const char *key, int64_t age,
                                    struct sc_arena *arena, struct sc_once_answer *answer);

/* A write and its result. Owned by the caller, who keeps it and all it points to until done is called. */
struct sc_write {
    enum sc_write_kind kind;
    struct sc_once *once;     /* or NULL */
    struct sc_record *record; /* one, or many for an import */
    size_t record_count;
    int64_t expected_revision; /* REVISE, DELETE: the revision that must be the newest; 0 for any */
    struct sc_job *job;
    unsigned from;                  /* JOB_MOVE, JOB_REMOVE: a set of states, 1 << state */
    const struct sc_job_keep *kept; /* JOB_PRUNE */
    /* Filled before done is called: */
    enum sc_store_status status;
    size_t failed_record; /* of an import that failed: which one */
    size_t written;       /* revisions written; an import passes over what is there already */
    /* record[0]'s revision, created_at, updated_at and deleted_at say what is now stored. */
    void (*done)(
        struct sc_write *write); /* on the writer's thread, after the commit is durable (or refused) */
    void *context;
    struct sc_write *next; /* the store's */
};

/* Hands a write over. True: done will be called exactly once. False: it will not; write->status says why. */
bool sc_store_submit(struct sc_store *store, struct sc_write *write) __attribute__((warn_unused_result));

/* A number for the contents of the store as readers see them: what was read while it stayed the same holds
 * for as long as it stays the same. It has changed before a write is acknowledged. Odd while a commit is
 * under way: what is read then may be from before or after it. */
uint64_t sc_store_generation(struct sc_store *store);

/* Figures for the metrics: commits, writes, deepest queue. */
struct sc_store_figures {
    uint64_t writes, commits, failures, queue_length, checkpoints;
};
void sc_store_figures(struct sc_store *store, struct sc_store_figures *figures);

#endif
