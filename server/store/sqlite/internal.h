/* What the parts of the SQLite store share. One thread, the writer's, owns the only connection that changes
 * the file or checkpoints it; readers have read-only ones. That is an invariant: see PITFALLS D. */
#ifndef SC_STORE_SQLITE_INTERNAL_H
#define SC_STORE_SQLITE_INTERNAL_H

#include "secondchair/store.h"

#include <pthread.h>
#include <sqlite3.h>
#include <stdatomic.h>

enum {
    SC_APPLICATION_ID = 0x53433031, /* "SC01": says that a file is ours */
    SC_QUEUE_MAX = 1024,            /* writes that wait, as many as the server holds connections */
    SC_READ_DEADLINE_MS = 2000, /* longer reads are broken off: a long one keeps the WAL from being reset */
    SC_READ_STEPS = 2000,       /* of SQLite's machine between two looks at the clock, about 50 us */
    SC_IDLE_MS = 500,           /* after this long without writes the WAL is checkpointed */
    SC_CHECKPOINT_PAGES = 1000, /* 4 MB of WAL: checkpoint between two groups */
    SC_RESTART_PAGES = 8000,    /* 32 MB: wait for readers, so that the WAL begins anew */
    SC_PAGE_MAX = 1000,         /* records of a page */
    SC_WORDS_MAX = 32           /* of a question; more are passed over */
};

enum sc_statement {
#define STATEMENT(name, role, sql) SC_STATEMENT_##name,
#include "statements.def"
#undef STATEMENT
    SC_STATEMENTS
};

enum sc_role { SC_ROLE_READER, SC_ROLE_WRITER };

struct sc_connection {
    sqlite3 *db;
    sqlite3_stmt *statement[SC_STATEMENTS]; /* those of its role */
};

/* Where a sentence for the operator goes. */
struct sc_reason {
    char *text;
    size_t size;
};

/* Which list a row of the table scenario is in, as its column `state` says; each has a letter in the index of
 * words. */
#define SC_STATE_LETTERS "ldse"
enum { SC_STATE_NONE = -1 };
static inline int sc_state(enum sc_record_type type, bool deleted)
{
    return 2 * (int)type + deleted;
}

/* A row whose place in the lists, or what it is found by, may change. */
struct sc_change {
    int64_t sequence;
    int was_state, is_state; /* was_state SC_STATE_NONE: it is new */
    size_t order;
};

struct sc_changes {
    struct sc_change *item;
    size_t count, capacity;
};

struct sc_writer {
    struct sc_connection connection;
    sc_store_follow *follow;
    struct sc_changes changes;   /* of the group that is being written */
    struct sc_changes followers; /* the variants of those whose texts changed */
    int wal_pages;               /* not yet checkpointed */
    bool fatal;                  /* an error after which the whole group must be undone */
};

struct sc_store {
    char *path;
    int lock_file;
    struct sc_writer writer; /* the writer thread's, once it runs */
    pthread_t thread;
    pthread_mutex_t lock; /* of what follows */
    pthread_cond_t work;
    struct sc_write *first, *last;
    size_t queue_length;
    bool closing;
    _Atomic uint64_t writes, commits, failures, checkpoints, generation;
};

struct sc_reader {
    struct sc_connection connection;
    int64_t moment;    /* whose scenarios it sees; 0: the newest */
    uint64_t deadline; /* of the read under way, in sc_clock_nanoseconds */
};

/* connection.c */

/* Sets what must be set before SQLite is first used; once. */
void sc_sqlite_configure(void);

/* Logs what went wrong and says what it means for the caller. */
enum sc_store_status sc_sqlite_fault(sqlite3 *db, int code, const char *doing);

/* Always false, so that it can end a function. */
bool sc_explain(const struct sc_reason *reason, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* A hardened connection, or NULL with *code. */
sqlite3 *sc_connection_open(const char *path, int flags, int *code);

/* Prepares the statements of a role; on failure the SQLite code. */
int sc_connection_prepare(struct sc_connection *connection, enum sc_role role);
void sc_connection_close(struct sc_connection *connection);

/* One value of a query without parameters. */
int sc_query_integer(sqlite3 *db, const char *sql, int64_t *value);

/* For a pointer to a statement: puts it back as it was, whichever way its scope is left. */
void sc_statement_reset(sqlite3_stmt **statement);
#define SC_BORROWED __attribute__((cleanup(sc_statement_reset))) sqlite3_stmt *

/* Codes of SQLite, 0 when well: may be joined with |. The text must outlive the statement's use. */
int sc_bind_text(sqlite3_stmt *statement, int place, const char *text);
int sc_bind_integer(sqlite3_stmt *statement, int place, int64_t value);

/* file.c */

/* Creates the directory in which the file lies, if it is missing. */
bool sc_file_make_directory(const char *path, const struct sc_reason *reason);

/* The lock beside the file, or -1 when another server has it. */
int sc_file_lock(const char *path, const struct sc_reason *reason);
bool sc_file_sync(const char *path);
bool sc_file_sync_directory(const char *path);
bool sc_file_exists(const char *path);

/* Bytes of path followed by suffix; -1 when there is no such file. */
int64_t sc_file_size(const char *path, const char *suffix);

/* malloc'd path and suffix in one. */
char *sc_file_beside(const char *path, const char *suffix);

/* migrate.c */

/* Opens the database for writing: creates it where there is none, refuses what it does not understand, brings
 * an older one up to date after making a copy. */
sqlite3 *sc_database_open(const char *path, const struct sc_reason *reason);

/* words.c */

/* Folds the case of ASCII, Latin, Greek and Cyrillic letters of UTF-8 in place. */
void sc_fold_case(char *text);

/* The question to the index of words, in the arena. *match is NULL when the text has no words. */
enum sc_store_status sc_words_match(const struct sc_filter *filter, const char *company_key,
                                    struct sc_arena *arena, const char **match);

/* writer.c */
int sc_writer_start(struct sc_store *store);
void sc_writer_stop(struct sc_store *store);
void sc_writer_fini(struct sc_writer *writer);

/* Runs a statement to its end. */
enum sc_store_status sc_writer_run(struct sc_writer *writer, sqlite3_stmt *statement);

/* Logs, and marks the group as lost where the error is not the one command's. */
enum sc_store_status sc_writer_fault(struct sc_writer *writer, int code, const char *doing);

/* commands.c */
enum sc_store_status sc_command_run(struct sc_writer *writer, struct sc_write *write);

/* once.c */

/* The same, once for each key that a client gives its writes. */
enum sc_store_status sc_command_run_once(struct sc_writer *writer, struct sc_write *write);

/* jobs.c */
enum sc_store_status sc_job_command_run(struct sc_writer *writer, struct sc_write *write);

/* reader.c */

/* A statement ready to be bound, with the time that it may take from now. */
sqlite3_stmt *sc_reader_begin(struct sc_reader *reader, enum sc_statement which);

/* Copies a column's text and moves the end of the copies on. NULL stays NULL. */
const char *sc_reader_take_text(sqlite3_stmt *row, int column, char **end);

/* Room in the arena for all texts of a row; NULL when it has none. */
char *sc_reader_text_room(sqlite3_stmt *row, struct sc_arena *arena);
size_t sc_reader_clamp_limit(size_t limit);

/* index.c */

/* Notes a change for sc_index_apply. */
enum sc_store_status sc_index_note(struct sc_changes *changes, const struct sc_change *change);

/* Brings what the changed rows and the variants that follow them are found by, tags and words in line with
 * the changes of the group. */
enum sc_store_status sc_index_apply(struct sc_writer *writer);

#endif
