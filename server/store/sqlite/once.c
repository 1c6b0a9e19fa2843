#include "internal.h"

#include "base/arena.h"
#include "base/clock.h"

/* Columns of the statements that find an answer: statements.def. */
enum column { REQUEST, OUTCOME, MEDIA, ETAG, LOCATION, BODY };

static enum sc_store_status read_answer(sqlite3_stmt *row, struct sc_arena *arena,
                                        struct sc_once_answer *answer)
{
    char *end = sc_reader_text_room(row, arena);
    if (!end) return SC_STORE_BUSY;
    *answer = (struct sc_once_answer){.request = sc_reader_take_text(row, REQUEST, &end),
                                      .outcome = sqlite3_column_int(row, OUTCOME),
                                      .media = sqlite3_column_int(row, MEDIA),
                                      .etag = sc_reader_take_text(row, ETAG, &end),
                                      .location = sc_reader_take_text(row, LOCATION, &end),
                                      .body = sc_reader_take_text(row, BODY, &end),
                                      .length = (size_t)sqlite3_column_bytes(row, BODY)};
    return answer->request && answer->etag ? SC_STORE_OK : SC_STORE_BUSY;
}

enum sc_store_status sc_reader_once(struct sc_reader *reader, const char *key, int64_t age,
                                    struct sc_arena *arena, struct sc_once_answer *answer)
{
    SC_BORROWED row = sc_reader_begin(reader, SC_STATEMENT_GET_ONCE);
    int code = sc_bind_text(row, 1, key) | sc_bind_integer(row, 2, sc_clock_microseconds() - age);
    if (!code) code = sqlite3_step(row);
    if (code == SQLITE_DONE) return SC_STORE_NOT_FOUND;
    if (code != SQLITE_ROW) return sc_sqlite_fault(reader->connection.db, code, "get an answer");
    return read_answer(row, arena, answer);
}

/* REPEATED with the answer where the key is known. */
static enum sc_store_status find(struct sc_writer *writer, struct sc_once *once)
{
    SC_BORROWED row = writer->connection.statement[SC_STATEMENT_FIND_ONCE];
    int code =
        sc_bind_text(row, 1, once->key) | sc_bind_integer(row, 2, sc_clock_microseconds() - once->keep.age);
    if (!code) code = sqlite3_step(row);
    if (code == SQLITE_DONE) return SC_STORE_OK;
    if (code != SQLITE_ROW) return sc_writer_fault(writer, code, "find an answer");
    enum sc_store_status status = read_answer(row, once->arena, &once->answer);
    return status ? status : SC_STORE_REPEATED;
}

/* Leaves room for one more. */
static enum sc_store_status prune(struct sc_writer *writer, const struct sc_once_keep *keep)
{
    SC_BORROWED delete = writer->connection.statement[SC_STATEMENT_PRUNE_ONCE];
    int code = sc_bind_integer(delete, 1, (int64_t)keep->count - 1) |
               sc_bind_integer(delete, 2, (int64_t)keep->bytes) |
               sc_bind_integer(delete, 3, sc_clock_microseconds() - keep->age);
    return code ? sc_writer_fault(writer, code, "bind a pruning") : sc_writer_run(writer, delete);
}

static enum sc_store_status insert(struct sc_writer *writer, const struct sc_once *once)
{
    const struct sc_once_answer *answer = &once->answer;
    SC_BORROWED insert = writer->connection.statement[SC_STATEMENT_INSERT_ONCE];
    int code = sc_bind_text(insert, 1, once->key) | sc_bind_text(insert, 2, once->request) |
               sc_bind_integer(insert, 3, sc_clock_microseconds()) |
               sc_bind_integer(insert, 4, (int64_t)answer->length) |
               sc_bind_integer(insert, 5, answer->outcome) | sc_bind_integer(insert, 6, answer->media) |
               sc_bind_text(insert, 7, answer->etag) | sc_bind_text(insert, 8, answer->location);
    if (!code && answer->body)
        code = sqlite3_bind_text64(insert, 9, answer->body, answer->length, SQLITE_STATIC, SQLITE_UTF8);
    return code ? sc_writer_fault(writer, code, "bind an answer") : sc_writer_run(writer, insert);
}

enum sc_store_status sc_command_run_once(struct sc_writer *writer, struct sc_write *write)
{
    struct sc_once *once = write->once;
    if (!once) return sc_command_run(writer, write);
    enum sc_store_status status = find(writer, once);
    if (!status) status = sc_command_run(writer, write);
    if (!status && !once->compose(write)) status = SC_STORE_BUSY;
    if (!status) status = prune(writer, &once->keep);
    return status ? status : insert(writer, once);
}
