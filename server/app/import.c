#include "app.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/budget.h"
#include "codec/writer.h"
#include "once.h"
#include "request.h"
#include "scenario.h"
#include "state.h"
#include "transfer.h"

#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

/* What the file has said so far of a scenario or set: beside its record, for the lines still to come. */
struct entry {
    size_t line;     /* of its newest revision */
    size_t depth;    /* in its chain: 1 for a document */
    bool continues;  /* an earlier line of the same scenario or set */
    size_t previous; /* whose index this is */
};

/* An import, in the call's arena until the writer has answered it. */
struct import {
    struct sc_write write;
    struct sc_call *call;
    struct sc_faults *faults;
    size_t conflicts;         /* of the faults, those with what is stored */
    size_t lines;             /* that are not blank */
    struct sc_record *record; /* of write.record_count */
    struct entry *entry;
    json_t *known;          /* id -> index of its newest record; only while lines are read */
    struct sc_arena lookup; /* what is read of the store for one line */
    size_t number;          /* of the line being read, from 1 */
    char place[32];         /* "/7" */
    bool exhausted;
    uint64_t start;
    uint64_t spent_before; /* what the thread had computed before it read the first line */
};

static enum sc_progress answer(const struct import *import, size_t written)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    sc_json_member_integer(&writer, "imported", (int64_t)written);
    sc_json_member_integer(&writer, "skipped", (int64_t)(import->lines - written));
    sc_json_member_integer(&writer, "lines", (int64_t)import->lines);
    sc_json_object_end(&writer);
    return sc_answer_json(import->call, &writer, &buffer);
}

static void refuse(struct import *import, enum sc_fault_code code, const char *member, const char *says)
{
    char pointer[SC_POINTER_MAX + 32];
    snprintf(pointer, sizeof pointer, "%s%s", import->place, member);
    sc_fault_add(import->faults, code, pointer, "%s", says);
}

/* The record that the file has of an id so far, or NULL; the index of its entry too. */
static const struct sc_record *find_known(const struct import *import, const char *id, size_t *index)
{
    const json_t *value = json_object_get(import->known, id);
    if (!value) return NULL;
    *index = (size_t)json_integer_value(value);
    return &import->record[*index];
}

/* A line of a scenario that an earlier line began. */
static void check_continuation(struct import *import, const struct sc_record *before,
                               const struct sc_line *line)
{
    const char *parent = before->parent ? before->parent : "";
    if (line->type != before->type)
        refuse(import, SC_FAULT_conflict, "/kind", "An earlier line with this id is of another kind");
    if (line->revision != before->revision + 1)
        refuse(import, SC_FAULT_out_of_range, "/revision",
               "Revisions of a scenario follow each other, 1, 2, …");
    if (strcmp(parent, line->parent ? line->parent : "") != 0)
        refuse(import, SC_FAULT_conflict, "/parent", "An earlier line of this scenario has another parent");
    if (line->created_at != before->created_at)
        refuse(import, SC_FAULT_conflict, "/created_at", "An earlier line of this scenario has another time");
    if (line->deleted_at != before->deleted_at)
        refuse(import, SC_FAULT_conflict, "/deleted_at", "An earlier line of this scenario has another time");
    if (line->builtin != before->builtin)
        refuse(import, SC_FAULT_conflict, "/builtin", "An earlier line of this scenario says otherwise");
}

/* The first line of a scenario: it may continue what is stored. True: the line is to be passed over. */
static bool check_beginning(struct import *import, const struct sc_line *line)
{
    struct sc_record stored;
    enum sc_store_status status =
        sc_reader_get(import->call->reader, line->type, line->id, 0, &import->lookup, &stored);
    if (status == SC_STORE_OK && stored.builtin && line->builtin) return true;
    if (status == SC_STORE_OK && stored.builtin) {
        refuse(import, SC_FAULT_conflict, "/id", "What is built in has this id");
        import->conflicts++;
    }
    int64_t newest = status == SC_STORE_OK ? stored.revision : 0;
    import->exhausted |= status != SC_STORE_OK && status != SC_STORE_NOT_FOUND;
    if (line->revision > newest + 1)
        refuse(import, SC_FAULT_out_of_range, "/revision", "Revisions before this one are missing");
    return false;
}

/* How deep a variant of that parent is; 0 where neither the file nor the store has it. */
static size_t depth_under(struct import *import, const char *parent)
{
    size_t index;
    struct sc_chain chain;
    const struct sc_record *known = find_known(import, parent, &index);
    if (known) return known->type == SC_RECORD_SCENARIO ? import->entry[index].depth + 1 : 0;
    bool stored = sc_chain_load(import->call->reader, SC_RECORD_SCENARIO, parent, 0, &import->lookup,
                                &chain) == SC_STORE_OK;
    return stored ? chain.count + 1 : 0;
}

/* A revision, of the file or of the store. */
static bool find_revision(struct import *import, const char *id, int64_t revision, struct sc_record *found)
{
    size_t index;
    bool more = find_known(import, id, &index);
    for (; more; more = import->entry[index].continues, index = import->entry[index].previous)
        if (import->record[index].revision == revision) {
            *found = import->record[index];
            return true;
        }
    return sc_reader_get(import->call->reader, SC_RECORD_SCENARIO, id, revision, &import->lookup, found) ==
           SC_STORE_OK;
}

/* What a variant was written over. */
static bool find_parents(struct import *import, struct sc_chain *chain)
{
    const char *id = chain->record[0].parent, *parents = chain->record[0].parents;
    while (id && chain->count < SC_CHAIN_MAX) {
        struct sc_record *record = &chain->record[chain->count++];
        int64_t revision = sc_parents_next(&parents);
        if (!revision || !find_revision(import, id, revision, record)) return false;
        id = record->kind == SC_BODY_OVERLAY ? record->parent : NULL;
    }
    return !id && !parents;
}

/* A variant with what it was written over must be the document whose digest it has. */
static void check_variant(struct import *import, const struct sc_record *record)
{
    struct sc_chain chain = {.record = {*record}, .count = 1};
    struct sc_faults *found = sc_arena_alloc(&import->lookup, sizeof *found);
    size_t broken;
    char digest[SC_DIGEST_TEXT];
    if (!find_parents(import, &chain)) {
        refuse(import, SC_FAULT_out_of_range, "/parents",
               "Neither earlier lines nor the store have these revisions of its parents");
        return;
    }
    json_auto_t *document = found ? sc_chain_document(&chain, 0, found, &broken) : NULL;
    bool valid = document && sc_document_is_valid(document, found);
    if (found && sc_faults_any(found))
        refuse(import, SC_FAULT_conflict, "/overrides",
               "They make no valid document of its parents' revisions");
    else if (!valid || !sc_json_digest(document, digest))
        import->exhausted = true;
    else if (strcmp(digest, record->sha256) != 0)
        refuse(
            import, SC_FAULT_conflict, "/sha256",
            "The variant has another digest over its parents' revisions: it has been changed, or they have");
}

/* What it is found by the store makes of its parent. */
static bool describe_variant(struct import *import, const struct sc_line *line, struct sc_record *record)
{
    size_t depth = depth_under(import, line->parent);
    import->entry[import->write.record_count].depth = depth;
    if (depth == 0)
        refuse(import, SC_FAULT_missing, "/parent", "Neither an earlier line nor the store has this parent");
    else if (depth > SC_CHAIN_MAX)
        refuse(import, SC_FAULT_out_of_range, "/parent", "Variants go too deep");
    record->name = sc_call_text(import->call, line->name);
    record->parents = *line->parents ? sc_call_text(import->call, line->parents) : NULL;
    if (!record->name || (*line->parents && !record->parents)) return false;
    if (record->parents && depth > 0 && depth <= SC_CHAIN_MAX) check_variant(import, record);
    return true;
}

/* The revision that the file or the store has as the newest of a scenario; 0 where neither has it. */
static int64_t newest_of(struct import *import, const char *id)
{
    size_t index;
    struct sc_record stored;
    const struct sc_record *known = find_known(import, id, &index);
    if (known) return known->type == SC_RECORD_SCENARIO ? known->revision : 0;
    enum sc_store_status status =
        sc_reader_get(import->call->reader, SC_RECORD_SCENARIO, id, 0, &import->lookup, &stored);
    import->exhausted |= status != SC_STORE_OK && status != SC_STORE_NOT_FOUND;
    return status == SC_STORE_OK ? stored.revision : 0;
}

/* Members may be deleted by now, or have no value any more: they are only looked for. */
static void check_members(struct import *import, const json_t *set)
{
    const json_t *members = json_object_get(set, "members");
    for (size_t i = 0; i < json_array_size(members); i++) {
        const json_t *member = json_array_get(members, i), *revision = json_object_get(member, "revision");
        int64_t newest = newest_of(import, json_string_value(json_object_get(member, "scenario")));
        char place[64];
        bool there = newest > 0 && newest >= (int64_t)json_number_value(revision);
        snprintf(place, sizeof place, "/document/members/%zu/%s", i, newest > 0 ? "revision" : "scenario");
        if (!there)
            refuse(import, SC_FAULT_unknown_scenario, place, "Neither an earlier line nor the store has it");
        sc_arena_fini(&import->lookup);
    }
}

/* The body as it will be stored, and what it is found by. */
static bool take_body(struct import *import, const struct sc_line *line, struct sc_record *record)
{
    struct sc_arena *arena = import->call->arena;
    if (line->type == SC_RECORD_SET) check_members(import, line->document);
    if (!line->variant) {
        record->body = sc_json_in_arena(arena, line->document, &record->body_length);
        return record->body && sc_record_describe(record, line->document, arena);
    }
    json_auto_t *body = sc_variant_body(line->name, line->overrides);
    record->kind = SC_BODY_OVERLAY;
    record->body = body ? sc_json_in_arena(arena, body, &record->body_length) : NULL;
    return record->body && describe_variant(import, line, record);
}

/* Makes the line's record the import's next one; false when memory is short. */
static bool take_line(struct import *import, const struct sc_line *line)
{
    size_t index = import->write.record_count;
    struct sc_record *record = &import->record[index];
    *record = (struct sc_record){.type = line->type,
                                 .id = sc_call_text(import->call, line->id),
                                 .parent = sc_call_text(import->call, line->parent),
                                 .builtin = false, /* only the program itself builds in */
                                 .revision = line->revision,
                                 .created_at = line->created_at,
                                 .updated_at = line->updated_at,
                                 .deleted_at = line->deleted_at,
                                 .sha256 = sc_call_text(import->call, line->sha256)};
    import->entry[index] = (struct entry){.line = import->number, .depth = 1};
    import->entry[index].continues = find_known(import, line->id, &import->entry[index].previous);
    if (!record->id || !record->sha256 || !take_body(import, line, record)) return false;
    if (record->body_length > SC_STORED_BODY_MAX)
        refuse(import, SC_FAULT_wrong_length, line->variant ? "/overrides" : "/document",
               "A body takes at most 1 MiB");
    import->write.record_count++;
    return json_object_set_new(import->known, line->id, json_integer((json_int_t)index)) == 0;
}

static void check_line(struct import *import, const struct sc_line *line)
{
    size_t index;
    const struct sc_record *before = find_known(import, line->id, &index);
    if (before)
        check_continuation(import, before, line);
    else if (check_beginning(import, line))
        return;
    import->exhausted |= !take_line(import, line);
}

static void read_line(struct import *import, const char *text, size_t length)
{
    struct sc_json_error error;
    struct sc_line line;
    snprintf(import->place, sizeof import->place, "/%zu", import->number);
    json_auto_t *json = sc_json_parse(text, length, &SC_BODY_LIMITS, &error);
    size_t before = import->faults->count + import->faults->omitted;
    if (json && sc_line_read(json, import->place, &line, import->faults))
        check_line(import, &line);
    else if (!json && error.kind != SC_JSON_NO_MEMORY)
        refuse(import, error.kind == SC_JSON_DUPLICATE_KEY ? SC_FAULT_duplicate_key : SC_FAULT_bad_text,
               error.pointer, error.detail);
    else
        import->exhausted |= before == import->faults->count + import->faults->omitted;
    sc_arena_fini(&import->lookup);
}

static bool is_blank(const char *text, size_t length)
{
    return strspn(text, " \t\r") >= length;
}

/* False where more lines would change nothing any more, or took too much already. */
static bool may_read(struct import *import)
{
    uint64_t spent = sc_clock_thread_nanoseconds() - import->spent_before;
    import->exhausted |= spent > SC_IMPORT_SECONDS * UINT64_C(1000000000);
    return !import->exhausted && !import->faults->omitted;
}

/* Calls read_line for each line that is not blank, or only counts them. */
static size_t each_line(struct import *import, bool read)
{
    const char *text = import->call->body, *end = text + import->call->body_length;
    size_t lines = 0;
    for (import->number = 1; text < end; import->number++) {
        const char *newline = memchr(text, '\n', (size_t)(end - text));
        size_t length = (size_t)((newline ? newline : end) - text);
        if (!is_blank(text, length)) {
            lines++;
            if (read && may_read(import)) read_line(import, text, length);
        }
        text += length + 1;
    }
    return lines;
}

/* Answers with what was done. On the writer's thread. */
static bool compose(struct sc_write *write)
{
    const struct import *import = write->context;
    answer(import, write->written);
    return sc_once_keep(import->call);
}

/* On the writer's thread. */
static void finish(struct sc_write *write)
{
    struct import *import = write->context;
    struct sc_call *call = import->call;
    sc_call_spent(call, SC_STAGE_DB, import->start);
    bool done = sc_once_finish(call, write, compose);
    if (!done && write->status == SC_STORE_EXISTS) {
        const struct sc_record *record = &import->record[write->failed_record];
        size_t line = import->entry[write->failed_record].line;
        snprintf(import->place, sizeof import->place, "/%zu", line);
        refuse(import, SC_FAULT_conflict, "", "The store has another such revision");
        sc_call_fail(call, SC_PROBLEM_conflict,
                     "Line %zu: revision %" PRId64
                     " of \"%s\" is stored with other content; nothing was imported",
                     line, record->revision, record->id);
        call->answer->faults = import->faults;
    } else if (!done) {
        sc_call_store_problem(call, import->record[write->failed_record].type, write->status,
                              import->record[write->failed_record].id);
    }
    call->resume(call);
}

static enum sc_progress refuse_import(struct import *import)
{
    struct sc_call *call = import->call;
    if (import->exhausted)
        return sc_call_fail(
            call, SC_PROBLEM_body_too_large,
            "The import takes more memory or computing than a call may have; send it in parts");
    size_t count = import->faults->count + import->faults->omitted;
    bool conflict = import->conflicts == count;
    return sc_call_invalid(call, conflict ? SC_PROBLEM_conflict : SC_PROBLEM_invalid_scenario,
                           import->faults);
}

static struct import *make_import(struct sc_call *call)
{
    struct import *import = sc_arena_alloc(call->arena, sizeof *import);
    if (!import) return NULL;
    import->call = call;
    import->lines = each_line(import, false);
    if (import->lines > SC_IMPORT_LINES_MAX) return NULL;
    size_t room = import->lines ? import->lines : 1;
    import->faults = sc_arena_alloc(call->arena, sizeof *import->faults);
    import->record = sc_arena_array(call->arena, room, sizeof *import->record);
    import->entry = sc_arena_array(call->arena, room, sizeof *import->entry);
    sc_arena_init(&import->lookup, SC_PAGE_ARENA);
    import->write = (struct sc_write){
        .kind = SC_WRITE_IMPORT, .record = import->record, .done = finish, .context = import};
    return import->faults && import->record && import->entry ? import : NULL;
}

static void read_lines(struct import *import)
{
    uint64_t start = import->start = sc_clock_nanoseconds();
    import->spent_before = sc_clock_thread_nanoseconds();
    import->known = json_object();
    import->exhausted = !import->known;
    if (import->known) each_line(import, true);
    json_decref(import->known);
    import->known = NULL;
    sc_call_spent(import->call, SC_STAGE_PARSE, start);
}

enum sc_progress sc_import(struct sc_call *call)
{
    static const char *const names[] = {NULL};
    if (!sc_call_allows(call, names) || !sc_call_reader(call)) return SC_ANSWERED;
    if (!call->body) return sc_call_fail(call, SC_PROBLEM_not_json, "The body is empty");
    struct import *import = make_import(call);
    if (!import)
        return sc_call_fail(call, SC_PROBLEM_body_too_large,
                            "An import has %d lines at most; send it in parts", SC_IMPORT_LINES_MAX);
    if (atomic_fetch_add(&call->app->imports, 1) >= SC_IMPORTS_MAX) {
        atomic_fetch_sub(&call->app->imports, 1);
        return sc_call_fail(call, SC_PROBLEM_overloaded, "%d imports are running already", SC_IMPORTS_MAX);
    }
    read_lines(import);
    atomic_fetch_sub(&call->app->imports, 1);
    if (import->exhausted || sc_faults_any(import->faults)) return refuse_import(import);
    if (import->write.record_count == 0) return answer(import, 0);
    import->start = sc_clock_nanoseconds();
    if (sc_once_submit(call, &import->write, compose)) return SC_WAITING;
    return sc_call_store_problem(call, SC_RECORD_SCENARIO, import->write.status, "");
}
