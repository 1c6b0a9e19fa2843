#include "batch.h"
#include "codec/budget.h"
#include "codec/csv.h"
#include "codec/writer.h"
#include "problem.h"
#include "secondchair/model.h"

#include <stdio.h>
#include <string.h>

static int status_of(const struct sc_answer *answer)
{
    return answer->outcome == SC_OUTCOME_PROBLEM ? sc_problem_class(answer->problem)->status : 200;
}

/* {"index", "id"?, "status", "answer" or "problem"} */
static bool write_object(struct sc_buffer *out, size_t index, const json_t *id,
                         const struct sc_answer *answer)
{
    struct sc_json_writer writer;
    sc_json_writer_init(&writer, out);
    sc_json_object_begin(&writer);
    sc_json_member_integer(&writer, "index", (int64_t)index);
    if (id) sc_json_member_value(&writer, "id", id);
    sc_json_member_integer(&writer, "status", status_of(answer));
    if (answer->outcome == SC_OUTCOME_PROBLEM) {
        sc_json_member_object_begin(&writer, "problem");
        sc_problem_members(&writer, answer, NULL);
        sc_json_object_end(&writer);
    } else {
        sc_json_member_raw(&writer, "answer", answer->body, answer->body_length);
    }
    sc_json_object_end(&writer);
    return sc_json_finish(&writer);
}

/* Text and numbers as such, what is more than that as JSON, null as nothing. */
static void write_cell(struct sc_csv *csv, const json_t *value)
{
    struct sc_buffer text;
    struct sc_json_writer writer;
    if (json_is_string(value)) {
        sc_csv_text(csv, json_string_value(value));
    } else if (json_is_number(value)) {
        sc_csv_number(csv, json_number_value(value));
    } else if (!value || json_is_null(value)) {
        sc_csv_text(csv, NULL);
    } else {
        sc_buffer_init(&text, SC_ANSWER_BYTES_MAX);
        sc_json_writer_init(&writer, &text);
        sc_json_value(&writer, value);
        sc_buffer_append(&text, "", 1);
        sc_csv_text(csv, text.failed ? NULL : text.data);
        sc_buffer_fini(&text);
    }
}

static bool write_row(const struct sc_batch_frame *frame, struct sc_buffer *out, size_t index,
                      const json_t *id, const struct sc_answer *answer)
{
    static const struct sc_json_limits limits = {SC_ANSWER_TOKENS_MAX, SC_JSON_DEPTH_MAX};
    struct sc_csv csv = {.buffer = out};
    struct sc_json_error error;
    bool problem = answer->outcome == SC_OUTCOME_PROBLEM;
    json_auto_t *members = problem ? NULL : sc_json_parse(answer->body, answer->body_length, &limits, &error);
    sc_csv_integer(&csv, (int64_t)index);
    write_cell(&csv, id);
    sc_csv_integer(&csv, status_of(answer));
    for (size_t i = 0; i < frame->terms.fields; i++)
        write_cell(&csv, json_object_get(members, frame->terms.field[i]));
    sc_csv_text(&csv, problem ? answer->detail : NULL);
    sc_csv_end_row(&csv);
    return !out->failed && (problem || members);
}

/* What it calls itself, where that can be said back. */
static const json_t *sound_id(const json_t *question)
{
    const json_t *id = json_object_get(question, "id");
    bool sound = json_is_number(id) || (json_is_string(id) && json_string_length(id) <= SC_BATCH_ID_MAX);
    return sound ? id : NULL;
}

bool sc_batch_line(struct sc_batch_asker *asker, size_t index, const json_t *json,
                   const struct sc_answer *answer)
{
    const struct sc_batch_frame *frame = asker->frame;
    const json_t *id = sound_id(json);
    struct sc_buffer *out = &asker->lines;
    if (answer->outcome == SC_OUTCOME_PROBLEM)
        asker->failed++;
    else
        asker->answered++;
    if (frame->media == SC_MEDIA_CSV) return write_row(frame, out, index, id, answer);
    if (frame->media == SC_MEDIA_JSON && index > 0) sc_buffer_append(out, ",", 1);
    bool written = write_object(out, index, id, answer);
    if (frame->media == SC_MEDIA_NDJSON) sc_buffer_append(out, "\n", 1);
    return written && !out->failed;
}

bool sc_batch_head(const struct sc_batch_frame *frame, struct sc_buffer *out)
{
    static const char *const first[] = {"index", "id", "status"};
    struct sc_csv csv = {.buffer = out};
    if (frame->media == SC_MEDIA_JSON) return sc_buffer_append_text(out, "{\"answers\":[");
    if (frame->media == SC_MEDIA_NDJSON) return true;
    for (size_t i = 0; i < sizeof first / sizeof *first; i++) sc_csv_text(&csv, first[i]);
    for (size_t i = 0; i < frame->terms.fields; i++) sc_csv_text(&csv, frame->terms.field[i]);
    sc_csv_text(&csv, "detail");
    sc_csv_end_row(&csv);
    return !out->failed;
}

bool sc_batch_tail(const struct sc_batch_frame *frame, size_t answered, size_t failed, struct sc_buffer *out)
{
    char text[128];
    if (frame->media != SC_MEDIA_JSON) return true;
    snprintf(text, sizeof text, "],\"answered\":%zu,\"failed\":%zu,\"engine\":\"%s\"}", answered, failed,
             SC_ENGINE_VERSION);
    return sc_buffer_append_text(out, text);
}
