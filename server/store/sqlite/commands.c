#include "internal.h"

#include "base/clock.h"

#include <stdlib.h>
#include <string.h>

/* A scenario or set as it is now. */
struct current {
    int64_t sequence, newest, created_at, updated_at, deleted_at;
    bool same_type, same_parent; /* as the record that was looked for */
};

static const char *or_else(const char *text, const char *otherwise)
{
    return text ? text : otherwise;
}

/* What has the record's id. */
static enum sc_store_status find(struct sc_writer *writer, const struct sc_record *record,
                                 struct current *current)
{
    SC_BORROWED row = writer->connection.statement[SC_STATEMENT_FIND];
    int code = sc_bind_text(row, 1, record->id);
    if (!code) code = sqlite3_step(row);
    if (code == SQLITE_DONE) return SC_STORE_NOT_FOUND;
    if (code != SQLITE_ROW) return sc_writer_fault(writer, code, "find");
    const char *stored = (const char *)sqlite3_column_text(row, 5);
    *current = (struct current){
        .sequence = sqlite3_column_int64(row, 0),
        .newest = sqlite3_column_int64(row, 1),
        .created_at = sqlite3_column_int64(row, 2),
        .updated_at = sqlite3_column_int64(row, 3),
        .deleted_at = sqlite3_column_int64(row, 4),
        .same_type = sqlite3_column_int(row, 6) == (int)record->type,
        .same_parent = strcmp(or_else(stored, ""), or_else(record->parent, "")) == 0,
    };
    return SC_STORE_OK;
}

static enum sc_store_status check_parent(struct sc_writer *writer, const char *id)
{
    const struct sc_record wanted = {.type = SC_RECORD_SCENARIO, .id = id};
    struct current parent;
    enum sc_store_status status = find(writer, &wanted, &parent);
    return !status && !parent.same_type ? SC_STORE_NOT_FOUND : status;
}

/* A new scenario or set as its record has it; its revision is still to come. */
static enum sc_store_status insert_scenario(struct sc_writer *writer, const struct sc_record *record,
                                            int64_t *sequence)
{
    enum sc_store_status status = record->parent ? check_parent(writer, record->parent) : SC_STORE_OK;
    if (status) return status;
    SC_BORROWED insert = writer->connection.statement[SC_STATEMENT_INSERT_SCENARIO];
    int code = sc_bind_text(insert, 1, record->id) | sc_bind_text(insert, 2, record->parent) |
               sc_bind_integer(insert, 3, record->builtin) | sc_bind_integer(insert, 4, record->created_at) |
               sc_bind_integer(insert, 5, record->deleted_at) | sc_bind_integer(insert, 6, record->revision) |
               sc_bind_integer(insert, 7, record->type);
    if (code) return sc_writer_fault(writer, code, "bind a scenario");
    status = sc_writer_run(writer, insert);
    *sequence = sqlite3_last_insert_rowid(writer->connection.db);
    return status;
}

static enum sc_store_status insert_members(struct sc_writer *writer, int64_t sequence, int64_t number)
{
    SC_BORROWED insert = writer->connection.statement[SC_STATEMENT_ADD_MEMBERS];
    int code = sc_bind_integer(insert, 1, sequence) | sc_bind_integer(insert, 2, number);
    return code ? sc_writer_fault(writer, code, "bind members") : sc_writer_run(writer, insert);
}

static enum sc_store_status insert_revision(struct sc_writer *writer, int64_t sequence,
                                            const struct sc_record *record)
{
    SC_BORROWED insert = writer->connection.statement[SC_STATEMENT_INSERT_REVISION];
    int code =
        sc_bind_integer(insert, 1, sequence) | sc_bind_integer(insert, 2, record->revision) |
        sc_bind_integer(insert, 3, record->updated_at) | sc_bind_text(insert, 4, or_else(record->name, "")) |
        sc_bind_text(insert, 5, or_else(record->company, "")) |
        sc_bind_text(insert, 6, or_else(record->description, "")) |
        sc_bind_text(insert, 7, or_else(record->tags, "[]")) | sc_bind_integer(insert, 8, record->kind) |
        sc_bind_text(insert, 9, record->sha256) |
        sqlite3_bind_text64(insert, 10, record->body, record->body_length, SQLITE_STATIC, SQLITE_UTF8) |
        sc_bind_text(insert, 11, record->parents);
    if (code) return sc_writer_fault(writer, code, "bind a revision");
    enum sc_store_status status = sc_writer_run(writer, insert);
    if (status || record->type != SC_RECORD_SET) return status;
    return insert_members(writer, sequence, record->revision);
}

static enum sc_store_status set_newest(struct sc_writer *writer, int64_t sequence, int64_t number)
{
    SC_BORROWED update = writer->connection.statement[SC_STATEMENT_SET_NEWEST];
    int code = sc_bind_integer(update, 1, sequence) | sc_bind_integer(update, 2, number);
    return code ? sc_writer_fault(writer, code, "bind a revision's number") : sc_writer_run(writer, update);
}

/* A scenario or set that is not there yet, with the record's revision, times and mark. */
static enum sc_store_status add_scenario(struct sc_writer *writer, const struct sc_record *record)
{
    int64_t sequence = 0;
    enum sc_store_status status = insert_scenario(writer, record, &sequence);
    if (!status) status = insert_revision(writer, sequence, record);
    if (status) return status;
    struct sc_change change = {.sequence = sequence,
                               .was_state = SC_STATE_NONE,
                               .is_state = sc_state(record->type, record->deleted_at > 0)};
    return sc_index_note(&writer->changes, &change);
}

/* One more revision of a scenario or set that is there. An older one than the newest is only kept. */
static enum sc_store_status add_revision(struct sc_writer *writer, const struct current *current,
                                         const struct sc_record *record)
{
    enum sc_store_status status = insert_revision(writer, current->sequence, record);
    if (status || record->revision < current->newest) return status;
    status = set_newest(writer, current->sequence, record->revision);
    if (status) return status;
    int state = sc_state(record->type, current->deleted_at > 0);
    struct sc_change change = {.sequence = current->sequence, .was_state = state, .is_state = state};
    return sc_index_note(&writer->changes, &change);
}

static enum sc_store_status create(struct sc_writer *writer, struct sc_write *write)
{
    struct sc_record *record = write->record;
    struct current current;
    enum sc_store_status status = find(writer, record, &current);
    if (status != SC_STORE_NOT_FOUND) return status ? status : SC_STORE_EXISTS;
    record->revision = 1;
    record->created_at = record->updated_at = sc_clock_microseconds();
    record->deleted_at = 0;
    status = add_scenario(writer, record);
    if (!status) write->written = 1;
    return status;
}

/* Finds what a write wants to change, tells it what is stored, and says whether it may. */
static enum sc_store_status find_expected(struct sc_writer *writer, struct sc_write *write,
                                          struct current *current)
{
    struct sc_record *record = write->record;
    enum sc_store_status status = find(writer, record, current);
    if (!status && !current->same_type) status = SC_STORE_NOT_FOUND;
    if (status) return status;
    record->revision = current->newest;
    record->created_at = current->created_at;
    record->updated_at = current->updated_at;
    record->deleted_at = current->deleted_at;
    if (current->deleted_at && write->kind != SC_WRITE_RESTORE) return SC_STORE_DELETED;
    return write->expected_revision && write->expected_revision != current->newest ? SC_STORE_STALE
                                                                                   : SC_STORE_OK;
}

static enum sc_store_status revise(struct sc_writer *writer, struct sc_write *write)
{
    struct current current;
    enum sc_store_status status = find_expected(writer, write, &current);
    if (status) return status;
    write->record->revision = current.newest + 1;
    write->record->updated_at = sc_clock_later_than(current.updated_at);
    status = add_revision(writer, &current, write->record);
    if (!status) write->written = 1;
    return status;
}

/* Deletes, or restores where deleted_at is 0. */
static enum sc_store_status set_deleted(struct sc_writer *writer, enum sc_record_type type,
                                        const struct current *current, int64_t deleted_at)
{
    SC_BORROWED update = writer->connection.statement[SC_STATEMENT_SET_DELETED];
    int code = sc_bind_integer(update, 1, current->sequence) | sc_bind_integer(update, 2, deleted_at);
    if (code) return sc_writer_fault(writer, code, "bind a mark");
    enum sc_store_status status = sc_writer_run(writer, update);
    if (status) return status;
    struct sc_change change = {.sequence = current->sequence,
                               .was_state = sc_state(type, current->deleted_at > 0),
                               .is_state = sc_state(type, deleted_at > 0)};
    return sc_index_note(&writer->changes, &change);
}

static enum sc_store_status mark(struct sc_writer *writer, struct sc_write *write)
{
    struct current current;
    enum sc_store_status status = find_expected(writer, write, &current);
    if (status) return status;
    write->record->deleted_at = write->kind == SC_WRITE_DELETE ? sc_clock_later_than(current.updated_at) : 0;
    if (current.deleted_at == write->record->deleted_at) return SC_STORE_OK;
    return set_deleted(writer, write->record->type, &current, write->record->deleted_at);
}

/* EXISTS when the revision is stored with other content, NOT_FOUND when it is not stored. */
static enum sc_store_status compare_revision(struct sc_writer *writer, const struct current *current,
                                             const struct sc_record *record)
{
    SC_BORROWED row = writer->connection.statement[SC_STATEMENT_FIND_REVISION];
    int code = sc_bind_integer(row, 1, current->sequence) | sc_bind_integer(row, 2, record->revision);
    if (!code) code = sqlite3_step(row);
    if (code == SQLITE_DONE) return SC_STORE_NOT_FOUND;
    if (code != SQLITE_ROW) return sc_writer_fault(writer, code, "find a revision");
    const char *sha256 = (const char *)sqlite3_column_text(row, 0);
    const void *body = sqlite3_column_text(row, 1);
    size_t length = (size_t)sqlite3_column_bytes(row, 1);
    if (!sha256 || !body) return sc_writer_fault(writer, SQLITE_NOMEM, "compare a revision");
    bool same = strcmp(sha256, record->sha256) == 0 && length == record->body_length &&
                memcmp(body, record->body, length) == 0;
    return same ? SC_STORE_OK : SC_STORE_EXISTS;
}

/* An import adds and never changes: of what is there already, its times and whether it is deleted stay. */
static enum sc_store_status import_record(struct sc_writer *writer, const struct sc_record *record,
                                          size_t *written)
{
    struct current current;
    enum sc_store_status status = find(writer, record, &current);
    if (status == SC_STORE_NOT_FOUND)
        status = add_scenario(writer, record);
    else if (!status && !(current.same_type && current.same_parent))
        status = SC_STORE_EXISTS;
    else if (!status) {
        status = compare_revision(writer, &current, record);
        if (status != SC_STORE_NOT_FOUND) return status;
        status = add_revision(writer, &current, record);
    }
    if (!status) ++*written;
    return status;
}

static enum sc_store_status import(struct sc_writer *writer, struct sc_write *write)
{
    size_t written = 0;
    for (size_t i = 0; i < write->record_count; i++) {
        enum sc_store_status status = import_record(writer, &write->record[i], &written);
        if (status) {
            write->failed_record = i;
            return status;
        }
    }
    write->written = written;
    return SC_STORE_OK;
}

enum sc_store_status sc_command_run(struct sc_writer *writer, struct sc_write *write)
{
    switch (write->kind) {
    case SC_WRITE_CREATE:
        return create(writer, write);
    case SC_WRITE_REVISE:
        return revise(writer, write);
    case SC_WRITE_DELETE:
    case SC_WRITE_RESTORE:
        return mark(writer, write);
    case SC_WRITE_IMPORT:
        return import(writer, write);
    case SC_WRITE_JOB_CREATE:
    case SC_WRITE_JOB_MOVE:
    case SC_WRITE_JOB_REMOVE:
    case SC_WRITE_JOB_RESET:
    case SC_WRITE_JOB_PRUNE:
        return sc_job_command_run(writer, write);
    }
    return SC_STORE_BROKEN;
}
