#include "internal.h"

#include "base/arena.h"
#include "base/clock.h"
#include "base/log.h"

#include <stdlib.h>
#include <string.h>

/* Columns of every statement that reads records: statements.def. */
enum column {
    CURSOR,
    TYPE,
    ID,
    PARENT,
    BUILTIN,
    NUMBER,
    CREATED_AT,
    UPDATED_AT,
    DELETED_AT,
    NAME,
    COMPANY,
    DESCRIPTION,
    TAGS,
    KIND,
    SHA256,
    PARENTS,
    BODY
};

static int past_deadline(void *context)
{
    const struct sc_reader *reader = context;
    return sc_clock_nanoseconds() > reader->deadline;
}

struct sc_reader *sc_reader_open(struct sc_store *store)
{
    struct sc_reader *reader = calloc(1, sizeof *reader);
    if (!reader) return NULL;
    int code;
    reader->connection.db = sc_connection_open(store->path, SQLITE_OPEN_READONLY, &code);
    sqlite3 *db = reader->connection.db;
    if (!code)
        code = sqlite3_exec(
            db, "PRAGMA query_only = 1; PRAGMA wal_autocheckpoint = 0; PRAGMA cache_size = -2000;", NULL,
            NULL, NULL);
    /* Only the writer checkpoints, even if a reader should be closed after it. */
    if (!code) code = sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (!code) code = sc_connection_prepare(&reader->connection, SC_ROLE_READER);
    if (code) {
        sc_sqlite_fault(db, code, "open a reader");
        sc_reader_close(reader);
        return NULL;
    }
    sqlite3_limit(db, SQLITE_LIMIT_ATTACHED, 0);
    sqlite3_progress_handler(db, SC_READ_STEPS, past_deadline, reader);
    return reader;
}

void sc_reader_close(struct sc_reader *reader)
{
    if (!reader) return;
    sc_connection_close(&reader->connection);
    free(reader);
}

sqlite3_stmt *sc_reader_begin(struct sc_reader *reader, enum sc_statement which)
{
    reader->deadline = sc_clock_nanoseconds() + (uint64_t)SC_READ_DEADLINE_MS * 1000000u;
    return reader->connection.statement[which];
}

static enum sc_store_status fail(struct sc_reader *reader, int code, const char *doing)
{
    return sc_sqlite_fault(reader->connection.db, code, doing);
}

const char *sc_reader_take_text(sqlite3_stmt *row, int column, char **end)
{
    const unsigned char *text = sqlite3_column_text(row, column);
    if (!text) return NULL;
    size_t size = (size_t)sqlite3_column_bytes(row, column) + 1;
    char *copy = *end;
    memcpy(copy, text, size);
    *end += size;
    return copy;
}

char *sc_reader_text_room(sqlite3_stmt *row, struct sc_arena *arena)
{
    size_t size = 0;
    int columns = sqlite3_column_count(row);
    for (int i = 0; i < columns; i++)
        if (sqlite3_column_type(row, i) == SQLITE_TEXT) size += (size_t)sqlite3_column_bytes(row, i) + 1;
    return sc_arena_alloc(arena, size);
}

/* False when the arena has no room for the texts. */
static bool read_record(sqlite3_stmt *row, struct sc_arena *arena, struct sc_record *record)
{
    char *end = sc_reader_text_room(row, arena);
    if (!end) return false;
    *record = (struct sc_record){
        .type = (enum sc_record_type)sqlite3_column_int(row, TYPE),
        .id = sc_reader_take_text(row, ID, &end),
        .parent = sc_reader_take_text(row, PARENT, &end),
        .builtin = sqlite3_column_int(row, BUILTIN) != 0,
        .revision = sqlite3_column_int64(row, NUMBER),
        .created_at = sqlite3_column_int64(row, CREATED_AT),
        .updated_at = sqlite3_column_int64(row, UPDATED_AT),
        .deleted_at = sqlite3_column_int64(row, DELETED_AT),
        .name = sc_reader_take_text(row, NAME, &end),
        .company = sc_reader_take_text(row, COMPANY, &end),
        .description = sc_reader_take_text(row, DESCRIPTION, &end),
        .tags = sc_reader_take_text(row, TAGS, &end),
        .kind = sqlite3_column_int(row, KIND) ? SC_BODY_OVERLAY : SC_BODY_DOCUMENT,
        .sha256 = sc_reader_take_text(row, SHA256, &end),
        .parents = sc_reader_take_text(row, PARENTS, &end),
    };
    if (sqlite3_column_count(row) > BODY) {
        record->body = sc_reader_take_text(row, BODY, &end);
        record->body_length = (size_t)sqlite3_column_bytes(row, BODY);
    }
    return true;
}

/* Up to limit records; the statement asks for one more, which shows that there is another page. Where the
 * arena ends first, so does the page. */
static enum sc_store_status read_page(struct sc_reader *reader, sqlite3_stmt *rows, size_t limit,
                                      struct sc_arena *arena, struct sc_page *page, int64_t *last)
{
    page->item = sc_arena_array(arena, limit, sizeof *page->item);
    if (!page->item) return SC_STORE_BUSY;
    int code;
    while ((code = sqlite3_step(rows)) == SQLITE_ROW) {
        if (page->count == limit || !read_record(rows, arena, &page->item[page->count])) break;
        *last = sqlite3_column_int64(rows, CURSOR);
        page->count++;
    }
    if (code == SQLITE_DONE) return SC_STORE_OK;
    if (code != SQLITE_ROW) return fail(reader, code, "list");
    page->next = *last;
    if (page->count) return SC_STORE_OK;
    sc_log(SC_LOG_WARN, "a record is larger than the memory of its request", NULL);
    return SC_STORE_BUSY;
}

size_t sc_reader_clamp_limit(size_t limit)
{
    return limit < 1 ? 1 : limit > SC_PAGE_MAX ? (size_t)SC_PAGE_MAX : limit;
}

enum sc_store_status sc_reader_get(struct sc_reader *reader, enum sc_record_type type, const char *id,
                                   int64_t revision, struct sc_arena *arena, struct sc_record *record)
{
    SC_BORROWED row = sc_reader_begin(reader, revision         ? SC_STATEMENT_GET_REVISION
                                              : reader->moment ? SC_STATEMENT_GET_THEN
                                                               : SC_STATEMENT_GET_NEWEST);
    int64_t third = revision ? revision : reader->moment;
    int code = sc_bind_text(row, 1, id) | sc_bind_integer(row, 2, type);
    if (!code && third) code = sc_bind_integer(row, 3, third);
    if (!code) code = sqlite3_step(row);
    if (code == SQLITE_DONE) return SC_STORE_NOT_FOUND;
    if (code != SQLITE_ROW) return fail(reader, code, "get");
    if (!read_record(row, arena, record)) return SC_STORE_BUSY;
    if (reader->moment) record->deleted_at = 0;
    return SC_STORE_OK;
}

static enum sc_store_status find_sequence(struct sc_reader *reader, enum sc_record_type type, const char *id,
                                          int64_t *sequence)
{
    SC_BORROWED row = sc_reader_begin(reader, SC_STATEMENT_FIND_SEQUENCE);
    int code = sc_bind_text(row, 1, id) | sc_bind_integer(row, 2, type);
    if (!code) code = sqlite3_step(row);
    if (code == SQLITE_DONE) return SC_STORE_NOT_FOUND;
    if (code != SQLITE_ROW) return fail(reader, code, "find");
    *sequence = sqlite3_column_int64(row, 0);
    return SC_STORE_OK;
}

/* What a list is narrowed by, in the form in which the statements take it. */
struct selection {
    int64_t low, high; /* sequences, both inclusive */
    const char *company_key, *match;
};

static enum sc_store_status fold_company(const char *company, struct sc_arena *arena, const char **key)
{
    if (!company) return SC_STORE_OK;
    char *copy = sc_arena_text(arena, company, strlen(company));
    if (!copy) return SC_STORE_BUSY;
    sc_fold_case(copy);
    *key = copy;
    return SC_STORE_OK;
}

static enum sc_store_status make_selection(struct sc_reader *reader, const struct sc_filter *filter,
                                           struct sc_arena *arena, struct selection *selection)
{
    *selection = (struct selection){.low = 1, .high = filter->after > 0 ? filter->after - 1 : INT64_MAX};
    if (filter->id) {
        enum sc_store_status status = find_sequence(reader, filter->type, filter->id, &selection->low);
        if (status) return status;
        if (selection->high > selection->low) selection->high = selection->low;
    }
    enum sc_store_status status = fold_company(filter->company, arena, &selection->company_key);
    if (status) return status;
    return sc_words_match(filter, selection->company_key, arena, &selection->match);
}

static enum sc_statement choose_list(const struct sc_filter *filter, const struct selection *selection)
{
    if (selection->match) return SC_STATEMENT_LIST_TEXT;
    if (filter->member) return SC_STATEMENT_LIST_MEMBER;
    if (filter->company) return filter->tag ? SC_STATEMENT_LIST_COMPANY_TAG : SC_STATEMENT_LIST_COMPANY;
    return filter->tag ? SC_STATEMENT_LIST_TAG : SC_STATEMENT_LIST_ALL;
}

static int bind_list(sqlite3_stmt *list, const struct sc_filter *filter, const struct selection *selection)
{
    int code = sc_bind_integer(list, 1, selection->low) | sc_bind_integer(list, 2, selection->high) |
               sc_bind_integer(list, 3, (int64_t)sc_reader_clamp_limit(filter->limit) + 1) |
               sc_bind_integer(list, 4, sc_state(filter->type, filter->deleted));
    const char *const texts[] = {selection->company_key, filter->tag, selection->match, filter->member};
    int parameters = sqlite3_bind_parameter_count(list);
    for (int i = 5; i <= parameters; i++) code |= sc_bind_text(list, i, texts[i - 5]);
    return code;
}

enum sc_store_status sc_reader_list(struct sc_reader *reader, const struct sc_filter *filter,
                                    struct sc_arena *arena, struct sc_page *page)
{
    *page = (struct sc_page){0};
    struct selection selection;
    enum sc_store_status status = make_selection(reader, filter, arena, &selection);
    if (status == SC_STORE_NOT_FOUND) return SC_STORE_OK;
    if (status) return status;
    SC_BORROWED list = sc_reader_begin(reader, choose_list(filter, &selection));
    int code = bind_list(list, filter, &selection);
    if (code) return fail(reader, code, "list");
    int64_t last = 0;
    return read_page(reader, list, sc_reader_clamp_limit(filter->limit), arena, page, &last);
}

enum sc_store_status sc_reader_revisions(struct sc_reader *reader, enum sc_record_type type, const char *id,
                                         int64_t after, size_t limit, struct sc_arena *arena,
                                         struct sc_page *page)
{
    *page = (struct sc_page){0};
    int64_t sequence, last = 0;
    enum sc_store_status status = find_sequence(reader, type, id, &sequence);
    if (status) return status;
    SC_BORROWED list = sc_reader_begin(reader, SC_STATEMENT_LIST_REVISIONS);
    int code = sc_bind_integer(list, 1, sequence) | sc_bind_integer(list, 2, after > 0 ? after : INT64_MAX) |
               sc_bind_integer(list, 3, (int64_t)sc_reader_clamp_limit(limit) + 1);
    if (code) return fail(reader, code, "list revisions");
    return read_page(reader, list, sc_reader_clamp_limit(limit), arena, page, &last);
}

enum sc_store_status sc_reader_export(struct sc_reader *reader, enum sc_record_type type, int64_t *cursor,
                                      size_t limit, struct sc_arena *arena, struct sc_page *page)
{
    *page = (struct sc_page){0};
    SC_BORROWED list = sc_reader_begin(reader, SC_STATEMENT_EXPORT);
    int code = sc_bind_integer(list, 1, *cursor) |
               sc_bind_integer(list, 2, (int64_t)sc_reader_clamp_limit(limit) + 1) |
               sc_bind_integer(list, 3, type);
    if (code) return fail(reader, code, "export");
    return read_page(reader, list, sc_reader_clamp_limit(limit), arena, page, cursor);
}

enum sc_store_status sc_reader_check(struct sc_reader *reader)
{
    SC_BORROWED row = sc_reader_begin(reader, SC_STATEMENT_CHECK);
    int code = sqlite3_step(row);
    return code == SQLITE_ROW ? SC_STORE_OK : fail(reader, code, "check");
}

enum sc_store_status sc_reader_moment(struct sc_reader *reader, int64_t *moment)
{
    SC_BORROWED row = sc_reader_begin(reader, SC_STATEMENT_MOMENT);
    int code = sqlite3_step(row);
    if (code != SQLITE_ROW) return fail(reader, code, "moment");
    *moment = sqlite3_column_int64(row, 0);
    return SC_STORE_OK;
}

void sc_reader_set_moment(struct sc_reader *reader, int64_t moment)
{
    reader->moment = moment;
}

bool sc_reader_is_past(const struct sc_reader *reader)
{
    return reader && reader->moment;
}
