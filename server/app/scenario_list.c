#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/canonical.h"
#include "codec/csv.h"
#include "codec/writer.h"
#include "page.h"
#include "request.h"
#include "resolve.h"
#include "scenario.h"
#include "secondchair/limits.h"
#include "subject.h"

#include <jansson.h>
#include <string.h>

static const char *const OF_SCENARIOS[] = {"company", "tag", "q", "limit", "after", "deleted", NULL};
static const char *const OF_SETS[] = {"scenario", "tag", "q", "limit", "after", "deleted", NULL};

static void write_item(struct sc_json_writer *writer, const struct sc_record *record)
{
    char time[SC_TIMESTAMP_SIZE];
    sc_json_object_begin(writer);
    sc_json_member_text(writer, "id", record->id);
    sc_json_member_integer(writer, "revision", record->revision);
    sc_clock_timestamp(record->created_at, time);
    sc_json_member_text(writer, "created_at", time);
    sc_clock_timestamp(record->updated_at, time);
    sc_json_member_text(writer, "updated_at", time);
    if (record->deleted_at) {
        sc_clock_timestamp(record->deleted_at, time);
        sc_json_member_text(writer, "deleted_at", time);
    }
    sc_json_member_text(writer, "name", record->name);
    if (record->type == SC_RECORD_SCENARIO) sc_json_member_text(writer, "company", record->company);
    sc_json_member_raw(writer, "tags", record->tags, strlen(record->tags));
    if (record->type == SC_RECORD_SCENARIO) sc_json_member_text(writer, "parent", record->parent);
    sc_json_member_boolean(writer, "builtin", record->builtin);
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

/* The tags in one cell, "ai; gpu". */
static void write_tags(struct sc_csv *csv, const char *text)
{
    struct sc_buffer cell;
    json_auto_t *tags = json_loads(text, 0, NULL);
    sc_buffer_init(&cell, SC_ANSWER_BYTES_MAX);
    for (size_t i = 0; i < json_array_size(tags); i++) {
        const char *tag = json_string_value(json_array_get(tags, i));
        if (i > 0) sc_buffer_append_text(&cell, "; ");
        sc_buffer_append_text(&cell, tag ? tag : "");
    }
    sc_csv_text(csv, sc_buffer_append(&cell, "", 1) ? cell.data : NULL);
    sc_buffer_fini(&cell);
}

static void write_time(struct sc_csv *csv, int64_t microseconds)
{
    char text[SC_TIMESTAMP_SIZE];
    sc_clock_timestamp(microseconds, text);
    sc_csv_text(csv, text);
}

static void write_row(struct sc_csv *csv, const struct sc_record *record)
{
    sc_csv_text(csv, record->id);
    sc_csv_integer(csv, record->revision);
    write_time(csv, record->created_at);
    write_time(csv, record->updated_at);
    sc_csv_text(csv, record->name);
    if (record->type == SC_RECORD_SCENARIO) sc_csv_text(csv, record->company);
    write_tags(csv, record->tags);
    if (record->type == SC_RECORD_SCENARIO) sc_csv_text(csv, record->parent);
    sc_csv_text(csv, record->builtin ? "true" : "false");
    sc_csv_text(csv, record->sha256);
    sc_csv_end_row(csv);
}

static void write_header(struct sc_csv *csv, enum sc_record_type type)
{
    static const char *const of_scenarios[] = {"id",      "revision", "created_at", "updated_at", "name",
                                               "company", "tags",     "parent",     "builtin",    "sha256"};
    static const char *const of_sets[] = {"id",   "revision", "created_at", "updated_at",
                                          "name", "tags",     "builtin",    "sha256"};
    if (type == SC_RECORD_SCENARIO)
        sc_csv_header(csv, of_scenarios, sizeof of_scenarios / sizeof of_scenarios[0]);
    else
        sc_csv_header(csv, of_sets, sizeof of_sets / sizeof of_sets[0]);
}

static enum sc_progress answer_csv(struct sc_call *call, enum sc_record_type type, const struct sc_page *page)
{
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    write_header(&csv, type);
    for (size_t i = 0; i < page->count; i++) write_row(&csv, &page->item[i]);
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

static bool read_filter(struct sc_call *call, enum sc_record_type type, struct sc_filter *filter)
{
    *filter = (struct sc_filter){.type = type,
                                 .company = sc_call_parameter(call, "company"),
                                 .tag = sc_call_parameter(call, "tag"),
                                 .text = sc_call_parameter(call, "q"),
                                 .member = sc_call_parameter(call, "scenario")};
    return sc_call_allows(call, type == SC_RECORD_SCENARIO ? OF_SCENARIOS : OF_SETS) &&
           sc_call_flag(call, "deleted", &filter->deleted) &&
           sc_page_read(call, &filter->limit, &filter->after);
}

/* The digest of a variant follows its parents: it is that of its document now, not of when it was written.
 * One that no longer fits its parent has that of then. Works in memory of its own: a page has many. */
static void follow_parents(struct sc_call *call, struct sc_record *record, struct sc_faults *faults)
{
    struct sc_arena scratch;
    size_t broken;
    char sha256[SC_DIGEST_TEXT];
    sc_arena_init(&scratch, SC_LIMIT_ARENA);
    struct sc_chain *chain = sc_arena_alloc(&scratch, sizeof *chain);
    bool found = chain && sc_chain_load(call->reader, SC_RECORD_SCENARIO, record->id, 0, &scratch, chain) ==
                              SC_STORE_OK;
    bool changed = found && !sc_chain_is_as_written(chain);
    json_auto_t *document = changed ? sc_chain_document(chain, 0, faults, &broken) : NULL;
    const char *now = document && sc_json_digest(document, sha256) ? sc_call_text(call, sha256) : NULL;
    if (now) record->sha256 = now;
    sc_arena_fini(&scratch);
}

static bool follow_all(struct sc_call *call, struct sc_page *page)
{
    struct sc_faults *faults = sc_call_faults(call);
    for (size_t i = 0; faults && i < page->count; i++)
        if (page->item[i].parent) follow_parents(call, &page->item[i], faults);
    return faults != NULL;
}

static enum sc_progress list(struct sc_call *call, enum sc_record_type type)
{
    struct sc_filter filter;
    struct sc_page page = {.count = 0};
    if (!read_filter(call, type, &filter) || !sc_call_reader(call)) return SC_ANSWERED;
    uint64_t start = sc_clock_nanoseconds();
    enum sc_store_status status = sc_reader_list(call->reader, &filter, call->arena, &page);
    start = sc_call_spent(call, SC_STAGE_DB, start);
    if (status != SC_STORE_OK) return sc_call_store_problem(call, type, status, "");
    if (!follow_all(call, &page) || !sc_page_link(call, page.next)) return SC_ANSWERED;
    call->answer->freshness = SC_FRESH_REVALIDATE;
    enum sc_progress progress =
        call->accept == SC_MEDIA_CSV ? answer_csv(call, type, &page) : answer_json(call, &page);
    sc_call_spent(call, SC_STAGE_ENCODE, start);
    return progress;
}

enum sc_progress sc_scenario_list(struct sc_call *call)
{
    return list(call, SC_RECORD_SCENARIO);
}

enum sc_progress sc_set_list(struct sc_call *call)
{
    return list(call, SC_RECORD_SET);
}
