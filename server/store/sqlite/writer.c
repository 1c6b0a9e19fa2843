#include "internal.h"

#include "base/log.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>

/* ---- one statement ---- */

enum sc_store_status sc_writer_fault(struct sc_writer *writer, int code, const char *doing)
{
    int primary = code & 0xff;
    if (primary != SQLITE_CONSTRAINT && primary != SQLITE_TOOBIG) writer->fatal = true;
    return sc_sqlite_fault(writer->connection.db, code, doing);
}

enum sc_store_status sc_writer_run(struct sc_writer *writer, sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    return code == SQLITE_DONE ? SC_STORE_OK : sc_writer_fault(writer, code, sqlite3_sql(statement));
}

static enum sc_store_status execute(struct sc_writer *writer, enum sc_statement which)
{
    SC_BORROWED statement = writer->connection.statement[which];
    return sc_writer_run(writer, statement);
}

/* ---- one group: one transaction, and in it a savepoint a command, so that one which fails leaves no trace
 * ---- */

static enum sc_store_status run_command(struct sc_writer *writer, struct sc_write *write)
{
    size_t changes = writer->changes.count;
    write->written = 0;
    write->failed_record = 0;
    write->status = execute(writer, SC_STATEMENT_MARK);
    if (!write->status) write->status = sc_command_run_once(writer, write);
    if (writer->fatal) return write->status;
    if (write->status) {
        writer->changes.count = changes;
        enum sc_store_status undone = execute(writer, SC_STATEMENT_UNDO);
        if (undone) return undone;
    }
    return execute(writer, SC_STATEMENT_UNMARK);
}

/* The generation changes before readers may see what is committed, and once more when all of them do. */
static enum sc_store_status commit(struct sc_store *store)
{
    atomic_fetch_add(&store->generation, 1);
    enum sc_store_status status = execute(&store->writer, SC_STATEMENT_COMMIT);
    atomic_fetch_add(&store->generation, 1);
    return status;
}

/* OK: every command of the group has its own status, and those that are OK are durable. Otherwise nothing of
 * the group is kept. */
static enum sc_store_status run_group(struct sc_store *store, struct sc_write *first)
{
    struct sc_writer *writer = &store->writer;
    writer->fatal = false;
    writer->changes.count = 0;
    enum sc_store_status status = execute(writer, SC_STATEMENT_BEGIN);
    for (struct sc_write *write = first; write && !status; write = write->next)
        status = run_command(writer, write);
    if (!status) status = sc_index_apply(writer);
    if (!status) status = commit(store);
    if (status && !sqlite3_get_autocommit(writer->connection.db)) execute(writer, SC_STATEMENT_ROLLBACK);
    return status;
}

/* Forgets the memory that a large import took. */
static void trim_changes(struct sc_changes *changes)
{
    enum { KEPT = 4 * SC_QUEUE_MAX };
    if (changes->capacity <= KEPT) return;
    free(changes->item);
    *changes = (struct sc_changes){.count = 0};
}

static void answer(struct sc_store *store, struct sc_write *first, enum sc_store_status group)
{
    uint64_t kept = 0, failed = 0;
    for (struct sc_write *write = first; write; write = write->next) {
        if (group) {
            write->status = group;
            write->written = 0;
        }
        kept += write->status == SC_STORE_OK;
        failed += group || write->status == SC_STORE_BROKEN;
    }
    atomic_fetch_add(&store->writes, kept);
    atomic_fetch_add(&store->failures, failed);
    atomic_fetch_add(&store->commits, kept ? 1u : 0u);
    while (first) {
        struct sc_write *next = first->next; /* done may free it */
        first->done(first);
        first = next;
    }
}

/* ---- checkpoints ---- */

static int note_pages(void *context, sqlite3 *db, const char *name, int pages)
{
    (void)db, (void)name;
    struct sc_writer *writer = context;
    writer->wal_pages = pages;
    return SQLITE_OK;
}

static void checkpoint(struct sc_store *store, int mode)
{
    struct sc_writer *writer = &store->writer;
    int all = 0, moved = 0;
    int code = sqlite3_wal_checkpoint_v2(writer->connection.db, NULL, mode, &all, &moved);
    if (code && (code & 0xff) != SQLITE_BUSY) sc_sqlite_fault(writer->connection.db, code, "checkpoint");
    if (!code) atomic_fetch_add(&store->checkpoints, 1u);
    /* Also where it failed: the next commit sets it again. */
    writer->wal_pages = 0;
}

/* After the answers, so that none of them waits for it. */
static void checkpoint_if_due(struct sc_store *store, bool idle)
{
    int pages = store->writer.wal_pages;
    if (pages >= SC_RESTART_PAGES)
        checkpoint(store, SQLITE_CHECKPOINT_RESTART);
    else if (pages >= SC_CHECKPOINT_PAGES || (idle && pages > 0))
        checkpoint(store, SQLITE_CHECKPOINT_PASSIVE);
}

/* ---- the thread ---- */

static struct timespec idle_deadline(void)
{
    struct timespec moment;
    clock_gettime(CLOCK_MONOTONIC, &moment);
    moment.tv_nsec += SC_IDLE_MS * 1000000L;
    moment.tv_sec += moment.tv_nsec / 1000000000L;
    moment.tv_nsec %= 1000000000L;
    return moment;
}

/* All that waits, in order. NULL when the store closes, or when nothing came and there is a log to
 * checkpoint. */
static struct sc_write *take_group(struct sc_store *store, bool *closing)
{
    struct timespec deadline = idle_deadline();
    int waited = 0;
    pthread_mutex_lock(&store->lock);
    while (!store->first && !store->closing && waited != ETIMEDOUT)
        if (store->writer.wal_pages > 0)
            waited = pthread_cond_timedwait(&store->work, &store->lock, &deadline);
        else
            pthread_cond_wait(&store->work, &store->lock);
    struct sc_write *group = store->first;
    store->first = store->last = NULL;
    store->queue_length = 0;
    *closing = store->closing;
    pthread_mutex_unlock(&store->lock);
    return group;
}

static void *write_groups(void *argument)
{
    struct sc_store *store = argument;
    bool closing = false;
    for (;;) {
        struct sc_write *group = take_group(store, &closing);
        if (group) {
            answer(store, group, run_group(store, group));
            trim_changes(&store->writer.changes);
            trim_changes(&store->writer.followers);
        } else if (closing)
            break;
        checkpoint_if_due(store, !group);
    }
    checkpoint(store, SQLITE_CHECKPOINT_TRUNCATE);
    return NULL;
}

/* Signals are for the main thread. */
int sc_writer_start(struct sc_store *store)
{
    sigset_t all, before;
    sqlite3_wal_hook(store->writer.connection.db, note_pages, &store->writer);
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = pthread_create(&store->thread, NULL, write_groups, store);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (!error) pthread_setname_np(store->thread, "writer");
    return error;
}

void sc_writer_stop(struct sc_store *store)
{
    pthread_mutex_lock(&store->lock);
    store->closing = true;
    pthread_cond_signal(&store->work);
    pthread_mutex_unlock(&store->lock);
    pthread_join(store->thread, NULL);
}

void sc_writer_fini(struct sc_writer *writer)
{
    if (writer->connection.db) sc_connection_close(&writer->connection);
    free(writer->changes.item);
    free(writer->followers.item);
}
