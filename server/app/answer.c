#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/budget.h"
#include "codec/canonical.h"
#include "codec/document.h"
#include "codec/writer.h"
#include "request.h"
#include "secondchair/model.h"
#include "subject.h"

void sc_subject_write(const struct sc_subject *subject, struct sc_json_writer *writer)
{
    sc_json_member_text(writer, "engine", SC_ENGINE_VERSION);
    sc_json_member_object_begin(writer, "scenario");
    sc_json_member_text(writer, "id", subject->id);
    if (subject->id)
        sc_json_member_integer(writer, "revision", subject->revision);
    else
        sc_json_member_null(writer, "revision");
    sc_json_member_text(writer, "sha256", subject->sha256);
    sc_json_object_end(writer);
    if (!subject->inputs) return;
    sc_json_key(writer, "inputs");
    sc_document_write_inputs(subject->plan, subject->overlay, subject->overrides, writer);
}

enum sc_progress sc_answer_json(struct sc_call *call, struct sc_json_writer *writer, struct sc_buffer *buffer)
{
    if (sc_json_finish(writer)) return sc_answer_buffer(call, SC_MEDIA_JSON, buffer);
    bool exhausted = buffer->failed;
    sc_buffer_fini(buffer);
    if (exhausted) return sc_call_exhausted(call);
    return sc_call_fail(call, SC_PROBLEM_internal, "The answer could not be written as JSON");
}

/* The digest of the object's text as a reader would compute it. */
static bool digest_text(const struct sc_buffer *buffer, char sha256[SC_DIGEST_TEXT])
{
    static const struct sc_json_limits limits = {SC_ANSWER_TOKENS_MAX, SC_JSON_DEPTH_MAX};
    struct sc_json_error error;
    json_auto_t *read = sc_json_parse(buffer->data, buffer->length, &limits, &error);
    return read && sc_json_digest(read, sha256);
}

enum sc_progress sc_answer_question(struct sc_call *call, bool inputs, struct sc_json_writer *writer,
                                    struct sc_buffer *buffer)
{
    char sha256[SC_DIGEST_TEXT];
    if (!inputs || !sc_json_finish(writer)) return sc_answer_json(call, writer, buffer);
    uint64_t start = sc_clock_nanoseconds();
    bool done = buffer->length > 0 && digest_text(buffer, sha256);
    sc_call_spent(call, SC_STAGE_ENCODE, start);
    if (!done) {
        sc_buffer_fini(buffer);
        return sc_call_exhausted(call);
    }
    buffer->length--; /* the closing brace */
    sc_buffer_append_text(buffer, ",\"result_sha256\":\"");
    sc_buffer_append_text(buffer, sha256);
    sc_buffer_append_text(buffer, "\"}");
    return sc_answer_buffer(call, SC_MEDIA_JSON, buffer);
}
