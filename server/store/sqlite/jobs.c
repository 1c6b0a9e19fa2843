#include "internal.h"

#include "base/arena.h"
#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

/* ---- writing ---- */

static int bind_bytes(sqlite3_stmt *statement, int place, const char *text, size_t length)
{
    return sqlite3_bind_text64(statement, place, text ? text : "", length, SQLITE_STATIC, SQLITE_UTF8);
}

static enum sc_store_status insert_request(struct sc_writer *writer, const struct sc_job *job)
{
    if (!job->body) return SC_STORE_OK;
    SC_BORROWED insert = writer->connection.statement[SC_STATEMENT_INSERT_JOB_REQUEST];
    int code = sc_bind_integer(insert, 1, job->sequence) | bind_bytes(insert, 2, job->body, job->length);
    return code ? sc_writer_fault(writer, code, "bind a request") : sc_writer_run(writer, insert);
}

static enum sc_store_status create(struct sc_writer *writer, struct sc_job *job)
{
    SC_BORROWED insert = writer->connection.statement[SC_STATEMENT_INSERT_JOB];
    job->state = SC_JOB_QUEUED;
    job->created_at = sc_clock_microseconds();
    int code = sc_bind_text(insert, 1, job->id) | sc_bind_integer(insert, 2, job->created_at) |
               sc_bind_text(insert, 3, job->question) | sc_bind_text(insert, 4, job->target) |
               sc_bind_integer(insert, 5, job->content) | sc_bind_integer(insert, 6, job->accept) |
               sc_bind_integer(insert, 7, job->as_of) | sc_bind_integer(insert, 8, (int64_t)job->length);
    if (code) return sc_writer_fault(writer, code, "bind a job");
    enum sc_store_status status = sc_writer_run(writer, insert);
    job->sequence = sqlite3_last_insert_rowid(writer->connection.db);
    return status ? status : insert_request(writer, job);
}

/* The job as it is stored; STALE where it is in none of the states that are expected. */
static enum sc_store_status find(struct sc_writer *writer, struct sc_job *job, unsigned from)
{
    SC_BORROWED row = writer->connection.statement[SC_STATEMENT_FIND_JOB];
    int code = sc_bind_text(row, 1, job->id);
    if (!code) code = sqlite3_step(row);
    if (code == SQLITE_DONE) return SC_STORE_NOT_FOUND;
    if (code != SQLITE_ROW) return sc_writer_fault(writer, code, "find a job");
    job->sequence = sqlite3_column_int64(row, 0);
    job->created_at = sqlite3_column_int64(row, 2);
    job->started_at = sqlite3_column_int64(row, 3);
    job->finished_at = sqlite3_column_int64(row, 4);
    return from & 1u << sqlite3_column_int(row, 1) ? SC_STORE_OK : SC_STORE_STALE;
}

static enum sc_store_status insert_result(struct sc_writer *writer, const struct sc_job *job)
{
    const struct sc_job_result *result = &job->result;
    if (!result->body) return SC_STORE_OK;
    SC_BORROWED insert = writer->connection.statement[SC_STATEMENT_INSERT_JOB_RESULT];
    int code = sc_bind_integer(insert, 1, job->sequence) | sc_bind_text(insert, 2, result->problem) |
               sc_bind_integer(insert, 3, result->media) |
               sc_bind_text(insert, 4, result->etag ? result->etag : "") |
               bind_bytes(insert, 5, result->body, result->length);
    return code ? sc_writer_fault(writer, code, "bind a result") : sc_writer_run(writer, insert);
}

static enum sc_store_status move(struct sc_writer *writer, struct sc_job *job, unsigned from)
{
    enum sc_store_status status = find(writer, job, from);
    if (status) return status;
    int64_t now = sc_clock_later_than(job->started_at > job->created_at ? job->started_at : job->created_at);
    if (job->state == SC_JOB_RUNNING) job->started_at = now;
    if (sc_job_has_ended(job->state)) job->finished_at = now;
    SC_BORROWED update = writer->connection.statement[SC_STATEMENT_MOVE_JOB];
    int code = sc_bind_integer(update, 1, job->sequence) | sc_bind_integer(update, 2, job->state) |
               sc_bind_integer(update, 3, job->started_at) | sc_bind_integer(update, 4, job->finished_at) |
               sqlite3_bind_double(update, 5, job->progress) |
               sc_bind_integer(update, 6, job->result.body ? (int64_t)job->result.length : 0);
    if (code) return sc_writer_fault(writer, code, "bind a state");
    status = sc_writer_run(writer, update);
    return status ? status : insert_result(writer, job);
}

static enum sc_store_status remove_job(struct sc_writer *writer, struct sc_job *job, unsigned from)
{
    enum sc_store_status status = find(writer, job, from);
    if (status) return status;
    SC_BORROWED delete = writer->connection.statement[SC_STATEMENT_REMOVE_JOB];
    int code = sc_bind_integer(delete, 1, job->sequence);
    return code ? sc_writer_fault(writer, code, "bind a removal") : sc_writer_run(writer, delete);
}

static enum sc_store_status prune(struct sc_writer *writer, const struct sc_job_keep *kept)
{
    SC_BORROWED delete = writer->connection.statement[SC_STATEMENT_PRUNE_JOBS];
    int code = sc_bind_integer(delete, 1, (int64_t)kept->count) |
               sc_bind_integer(delete, 2, (int64_t)kept->bytes) |
               sc_bind_integer(delete, 3, sc_clock_microseconds() - kept->age);
    return code ? sc_writer_fault(writer, code, "bind a pruning") : sc_writer_run(writer, delete);
}

static enum sc_store_status reset(struct sc_writer *writer)
{
    SC_BORROWED update = writer->connection.statement[SC_STATEMENT_RESET_JOBS];
    return sc_writer_run(writer, update);
}

enum sc_store_status sc_job_command_run(struct sc_writer *writer, struct sc_write *write)
{
    switch (write->kind) {
    case SC_WRITE_JOB_CREATE:
        return create(writer, write->job);
    case SC_WRITE_JOB_MOVE:
        return move(writer, write->job, write->from);
    case SC_WRITE_JOB_REMOVE:
        return remove_job(writer, write->job, write->from);
    case SC_WRITE_JOB_RESET:
        return reset(writer);
    default:
        return prune(writer, write->kept);
    }
}

/* ---- reading ---- */

/* Columns of the statements that read jobs: statements.def. */
enum column {
    SEQUENCE,
    ID,
    STATE,
    CREATED_AT,
    STARTED_AT,
    FINISHED_AT,
    PROGRESS,
    QUESTION,
    TARGET,
    CONTENT,
    ACCEPT,
    AS_OF,
    BODY
};

static bool read_job(sqlite3_stmt *row, struct sc_arena *arena, struct sc_job *job)
{
    char *end = sc_reader_text_room(row, arena);
    if (!end) return false;
    *job = (struct sc_job){
        .id = sc_reader_take_text(row, ID, &end),
        .sequence = sqlite3_column_int64(row, SEQUENCE),
        .state = (enum sc_job_state)sqlite3_column_int(row, STATE),
        .created_at = sqlite3_column_int64(row, CREATED_AT),
        .started_at = sqlite3_column_int64(row, STARTED_AT),
        .finished_at = sqlite3_column_int64(row, FINISHED_AT),
        .progress = sqlite3_column_double(row, PROGRESS),
        .question = sc_reader_take_text(row, QUESTION, &end),
        .target = sc_reader_take_text(row, TARGET, &end),
        .content = sqlite3_column_int(row, CONTENT),
        .accept = sqlite3_column_int(row, ACCEPT),
        .as_of = sqlite3_column_int64(row, AS_OF),
    };
    if (sqlite3_column_count(row) > BODY) {
        job->body = sc_reader_take_text(row, BODY, &end);
        job->length = (size_t)sqlite3_column_bytes(row, BODY);
    }
    return true;
}

enum sc_store_status sc_reader_job(struct sc_reader *reader, const char *id, bool whole,
                                   struct sc_arena *arena, struct sc_job *job)
{
    SC_BORROWED row = sc_reader_begin(reader, whole ? SC_STATEMENT_GET_WHOLE_JOB : SC_STATEMENT_GET_JOB);
    int code = sc_bind_text(row, 1, id);
    if (!code) code = sqlite3_step(row);
    if (code == SQLITE_DONE) return SC_STORE_NOT_FOUND;
    if (code != SQLITE_ROW) return sc_sqlite_fault(reader->connection.db, code, "get a job");
    return read_job(row, arena, job) ? SC_STORE_OK : SC_STORE_BUSY;
}

/* A copy of a column that is a text, and terminated. */
static char *copy_text(sqlite3_stmt *row, int column, size_t *length)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    *length = (size_t)sqlite3_column_bytes(row, column);
    char *copy = text ? malloc(*length + 1) : NULL;
    if (copy) memcpy(copy, text, *length + 1);
    return copy;
}

static const char *arena_text(sqlite3_stmt *row, int column, struct sc_arena *arena)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    return text ? sc_arena_text(arena, (const char *)text, (size_t)sqlite3_column_bytes(row, column)) : NULL;
}

enum sc_store_status sc_reader_job_result(struct sc_reader *reader, const char *id, struct sc_arena *arena,
                                          struct sc_job_result *result, char **body)
{
    *body = NULL;
    SC_BORROWED row = sc_reader_begin(reader, SC_STATEMENT_GET_JOB_RESULT);
    int code = sc_bind_text(row, 1, id);
    if (!code) code = sqlite3_step(row);
    if (code == SQLITE_DONE) return SC_STORE_NOT_FOUND;
    if (code != SQLITE_ROW) return sc_sqlite_fault(reader->connection.db, code, "get a result");
    bool problem = sqlite3_column_type(row, 0) != SQLITE_NULL;
    *result = (struct sc_job_result){.problem = arena_text(row, 0, arena),
                                     .media = sqlite3_column_int(row, 1),
                                     .etag = arena_text(row, 2, arena)};
    *body = copy_text(row, 3, &result->length);
    result->body = *body;
    return *body && result->etag && !problem == !result->problem ? SC_STORE_OK : SC_STORE_BUSY;
}

enum sc_store_status sc_reader_jobs(struct sc_reader *reader, unsigned states, int64_t after, size_t limit,
                                    struct sc_arena *arena, struct sc_job_page *page)
{
    *page = (struct sc_job_page){0};
    limit = sc_reader_clamp_limit(limit);
    SC_BORROWED rows = sc_reader_begin(reader, SC_STATEMENT_LIST_JOBS);
    int code = sc_bind_integer(rows, 1, states) | sc_bind_integer(rows, 2, after > 0 ? after : INT64_MAX) |
               sc_bind_integer(rows, 3, (int64_t)limit + 1);
    if (code) return sc_sqlite_fault(reader->connection.db, code, "list jobs");
    page->item = sc_arena_array(arena, limit, sizeof *page->item);
    if (!page->item) return SC_STORE_BUSY;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW && page->count < limit)
        if (!read_job(rows, arena, &page->item[page->count++])) return SC_STORE_BUSY;
    if (code == SQLITE_ROW) page->next = page->item[page->count - 1].sequence;
    return code == SQLITE_ROW || code == SQLITE_DONE
               ? SC_STORE_OK
               : sc_sqlite_fault(reader->connection.db, code, "list jobs");
}
