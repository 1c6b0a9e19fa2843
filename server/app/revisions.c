#include "app.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/csv.h"
#include "codec/diff.h"
#include "codec/writer.h"
#include "page.h"
#include "request.h"
#include "resolve.h"

#include <stdio.h>

/* What has the history that is asked for, which may be deleted where ?deleted=true; only its newest record.
 */
static bool find_newest(struct sc_call *call, enum sc_record_type type, struct sc_record *record)
{
    bool deleted = false;
    if (!sc_call_flag(call, "deleted", &deleted) || !sc_call_reader(call)) return false;
    uint64_t start = sc_clock_nanoseconds();
    const char *id = call->argument[0];
    enum sc_store_status status = sc_reader_get(call->reader, type, id, 0, call->arena, record);
    sc_call_spent(call, SC_STAGE_DB, start);
    if (status == SC_STORE_OK && record->deleted_at && !deleted) status = SC_STORE_DELETED;
    if (status != SC_STORE_OK) sc_call_store_problem(call, type, status, id);
    return status == SC_STORE_OK;
}

static void write_item(struct sc_json_writer *writer, const struct sc_record *record)
{
    char time[SC_TIMESTAMP_SIZE];
    sc_clock_timestamp(record->updated_at, time);
    sc_json_object_begin(writer);
    sc_json_member_integer(writer, "revision", record->revision);
    sc_json_member_text(writer, "updated_at", time);
    sc_json_member_text(writer, "name", record->name);
    sc_json_member_text(writer, "sha256", record->sha256);
    sc_json_object_end(writer);
}

static enum sc_progress answer_json(struct sc_call *call, const struct sc_page *page)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_page_begin(&writer, &buffer);
    for (size_t i = 0; i < page->count; i++) write_item(&writer, &page->item[i]);
    return sc_page_end(call, &writer, &buffer, page->next);
}

static enum sc_progress answer_csv(struct sc_call *call, const struct sc_page *page)
{
    static const char *const columns[] = {"revision", "updated_at", "name", "sha256"};
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_csv_header(&csv, columns, sizeof columns / sizeof columns[0]);
    for (size_t i = 0; i < page->count; i++) {
        char time[SC_TIMESTAMP_SIZE];
        sc_clock_timestamp(page->item[i].updated_at, time);
        sc_csv_integer(&csv, page->item[i].revision);
        sc_csv_text(&csv, time);
        sc_csv_text(&csv, page->item[i].name);
        sc_csv_text(&csv, page->item[i].sha256);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

static enum sc_progress list_revisions(struct sc_call *call, enum sc_record_type type)
{
    static const char *const names[] = {"limit", "after", "deleted", NULL};
    struct sc_record record;
    struct sc_page page = {.count = 0};
    size_t limit;
    int64_t after;
    if (!sc_call_allows(call, names) || !sc_page_read(call, &limit, &after) ||
        !find_newest(call, type, &record))
        return SC_ANSWERED;
    uint64_t start = sc_clock_nanoseconds();
    enum sc_store_status status =
        sc_reader_revisions(call->reader, type, record.id, after, limit, call->arena, &page);
    sc_call_spent(call, SC_STAGE_DB, start);
    if (status != SC_STORE_OK) return sc_call_store_problem(call, type, status, record.id);
    if (!sc_page_link(call, page.next)) return SC_ANSWERED;
    call->answer->freshness = SC_FRESH_REVALIDATE;
    return call->accept == SC_MEDIA_CSV ? answer_csv(call, &page) : answer_json(call, &page);
}

enum sc_progress sc_revision_list(struct sc_call *call)
{
    return list_revisions(call, SC_RECORD_SCENARIO);
}

enum sc_progress sc_set_revision_list(struct sc_call *call)
{
    return list_revisions(call, SC_RECORD_SET);
}

/* Both sides of a comparison, each resolved. */
struct sides {
    struct sc_chain from, to;
};

static enum sc_progress answer_diff(struct sc_call *call, const struct sides *sides)
{
    char sha256[SC_DIGEST_TEXT];
    json_auto_t *from = sc_call_chain_document(call, &sides->from, false, sha256);
    json_auto_t *to = from ? sc_call_chain_document(call, &sides->to, false, sha256) : NULL;
    if (!to) return SC_ANSWERED;
    json_auto_t *diff = sc_json_diff(from, to);
    if (!diff) return sc_call_exhausted(call);
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_json_value(&writer, diff);
    enum sc_progress progress = sc_answer_json(call, &writer, &buffer);
    bool as_patch = call->accept == SC_MEDIA_JSON_PATCH && call->answer->outcome != SC_OUTCOME_PROBLEM;
    if (as_patch) call->answer->media = SC_MEDIA_JSON_PATCH;
    return progress;
}

/* ?from= and ?to=: the newest revision and the one before it unless given. */
static bool read_range(struct sc_call *call, int64_t newest, int64_t *from, int64_t *to)
{
    *to = newest;
    if (!sc_call_integer(call, "to", 1, SC_REVISION_MAX, to)) return false;
    *from = *to > 1 ? *to - 1 : 1;
    return sc_call_integer(call, "from", 1, SC_REVISION_MAX, from);
}

static enum sc_progress diff(struct sc_call *call, enum sc_record_type type)
{
    static const char *const names[] = {"from", "to", "deleted", NULL};
    struct sc_record record;
    struct sides sides;
    char version[2 * SC_VERSION_MAX];
    int64_t from, to;
    if (!sc_call_allows(call, names) || !find_newest(call, type, &record) ||
        !read_range(call, record.revision, &from, &to) ||
        !sc_call_chain(call, type, record.id, from, true, &sides.from) ||
        !sc_call_chain(call, type, record.id, to, true, &sides.to))
        return SC_ANSWERED;
    snprintf(version, sizeof version, "%s-%s", sides.from.version, sides.to.version);
    if (sc_answer_is_known(call, version, SC_FRESH_REVALIDATE)) return SC_ANSWERED;
    return answer_diff(call, &sides);
}

enum sc_progress sc_scenario_diff(struct sc_call *call)
{
    return diff(call, SC_RECORD_SCENARIO);
}

enum sc_progress sc_set_diff(struct sc_call *call)
{
    return diff(call, SC_RECORD_SET);
}
