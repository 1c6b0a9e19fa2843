#include "transfer.h"

#include "app.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/writer.h"
#include "request.h"
#include "resolve.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>

/* An export on its way: pages of records become lines, lines become pieces. */
struct export
{
    struct sc_app *app;
    struct sc_reader *reader; /* its own: pieces are asked for on another thread than the call's */
    enum sc_record_type type; /* scenarios first, so that a set comes after its members */
    int64_t cursor;
    struct sc_arena arena; /* of the page */
    struct sc_page page;
    size_t index; /* of the page's next record */
    struct sc_buffer line;
    size_t sent; /* of the line */
};

static void write_time(struct sc_json_writer *writer, const char *name, int64_t microseconds)
{
    char text[SC_TIMESTAMP_SIZE];
    if (microseconds) sc_clock_timestamp(microseconds, text);
    sc_json_member_text(writer, name, microseconds ? text : NULL);
}

static void write_body(struct sc_json_writer *writer, const struct sc_record *record)
{
    if (record->kind == SC_BODY_DOCUMENT) {
        sc_json_member_raw(writer, "document", record->body, record->body_length);
        return;
    }
    json_auto_t *body = sc_record_body(record);
    sc_json_member_value(writer, "overrides", json_object_get(body, "overrides"));
}

const char *sc_line_kind(const struct sc_record *record)
{
    if (record->type == SC_RECORD_SET) return "set";
    return record->kind == SC_BODY_DOCUMENT ? "document" : "variant";
}

static void write_parents(struct sc_json_writer *writer, const char *parents)
{
    sc_json_member_array_begin(writer, "parents");
    for (int64_t revision; (revision = sc_parents_next(&parents)) > 0;) sc_json_integer(writer, revision);
    sc_json_array_end(writer);
}

static void write_line(struct sc_json_writer *writer, const struct sc_record *record)
{
    sc_json_object_begin(writer);
    sc_json_member_text(writer, "id", record->id);
    sc_json_member_text(writer, "parent", record->parent);
    if (record->parents) write_parents(writer, record->parents);
    sc_json_member_boolean(writer, "builtin", record->builtin);
    sc_json_member_integer(writer, "revision", record->revision);
    write_time(writer, "created_at", record->created_at);
    write_time(writer, "updated_at", record->updated_at);
    write_time(writer, "deleted_at", record->deleted_at);
    sc_json_member_text(writer, "name", record->name);
    sc_json_member_text(writer, "kind", sc_line_kind(record));
    write_body(writer, record);
    sc_json_member_text(writer, "sha256", record->sha256);
    sc_json_object_end(writer);
}

static bool read_page(struct export *export)
{
    sc_arena_fini(&export->arena);
    export->index = 0;
    if (sc_reader_export(export->reader, export->type, &export->cursor, SC_EXPORT_PAGE, &export->arena,
                         &export->page) != SC_STORE_OK)
        return false;
    if (export->page.count > 0 || export->type == SC_RECORD_SET) return true;
    export->type = SC_RECORD_SET;
    export->cursor = 0;
    return read_page(export);
}

/* Makes the next line: 1, 0 at the end, -1 when it cannot. */
static int next_line(struct export *export)
{
    struct sc_json_writer writer;
    if (export->index == export->page.count && !read_page(export)) return -1;
    if (export->page.count == 0) return 0;
    export->line.length = export->sent = 0;
    sc_json_writer_init(&writer, &export->line);
    write_line(&writer, &export->page.item[export->index++]);
    return sc_json_finish(&writer) && sc_buffer_append_text(&export->line, "\n") ? 1 : -1;
}

static ptrdiff_t next_piece(void *stream, char *bytes, size_t capacity)
{
    struct export *export = stream;
    size_t length = 0;
    while (length < capacity) {
        if (export->sent == export->line.length) {
            int more = next_line(export);
            if (more < 0) return -1;
            if (more == 0) break;
        }
        size_t left = export->line.length - export->sent;
        size_t taken = left < capacity - length ? left : capacity - length;
        memcpy(bytes + length, export->line.data + export->sent, taken);
        export->sent += taken;
        length += taken;
    }
    return (ptrdiff_t)length;
}

static void close_export(void *stream)
{
    struct export *export = stream;
    sc_reader_close(export->reader);
    sc_arena_fini(&export->arena);
    sc_buffer_fini(&export->line);
    atomic_fetch_sub(&export->app->exports, 1);
    free(export);
}

static struct export *open_export(struct sc_app *app)
{
    struct export *export = calloc(1, sizeof *export);
    struct sc_reader *reader = export ? sc_reader_open(app->store) : NULL;
    if (!reader) {
        free(export);
        return NULL;
    }
    export->app = app;
    export->reader = reader;
    sc_arena_init(&export->arena, SC_PAGE_ARENA);
    sc_buffer_init(&export->line, SC_ANSWER_BYTES_MAX);
    return export;
}

enum sc_progress sc_export(struct sc_call *call)
{
    static const char *const names[] = {NULL};
    struct sc_app *app = call->app;
    if (!sc_call_allows(call, names)) return SC_ANSWERED;
    if (atomic_fetch_add(&app->exports, 1) >= SC_EXPORTS_MAX) {
        atomic_fetch_sub(&app->exports, 1);
        return sc_call_fail(call, SC_PROBLEM_overloaded, "%d exports are running already", SC_EXPORTS_MAX);
    }
    struct export *export = open_export(app);
    if (!export) {
        atomic_fetch_sub(&app->exports, 1);
        return sc_call_store_problem(call, SC_RECORD_SCENARIO, SC_STORE_BROKEN, "");
    }
    struct sc_answer *answer = call->answer;
    answer->media = SC_MEDIA_NDJSON;
    answer->next_piece = next_piece;
    answer->close = close_export;
    answer->stream = export;
    return SC_ANSWERED;
}
