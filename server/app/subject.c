#include "subject.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/canonical.h"
#include "codec/document.h"
#include "codec/writer.h"
#include "question.h"
#include "request.h"
#include "resolve.h"
#include "secondchair/model.h"
#include "secondchair/uncertainty.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ETAG_DIGITS = 32 }; /* of the 64 that SHA-256 has */

bool sc_source_load(struct sc_call *call, const char *id, int64_t revision, struct sc_source *source)
{
    struct sc_chain *chain = sc_arena_alloc(call->arena, sizeof *chain);
    *source = (struct sc_source){.id = NULL};
    if (!chain) sc_call_exhausted(call);
    if (!chain || !sc_call_chain(call, SC_RECORD_SCENARIO, id, revision, false, chain)) return false;
    source->id = chain->record[0].id;
    source->revision = chain->record[0].revision;
    for (size_t i = 0; i < chain->count; i++) source->length += chain->record[i].body_length;
    source->document = sc_call_chain_document(call, chain, false, source->sha256);
    if (source->document && chain->count > 1) {
        json_auto_t *body = sc_record_body(&chain->record[0]);
        source->overlay = json_incref(json_object_get(body, "overrides"));
    }
    return source->document;
}

void sc_source_fini(struct sc_source *source)
{
    json_decref(source->document);
    json_decref(source->overlay);
    *source = (struct sc_source){.id = NULL};
}

/* The stored scenario that is asked about, or the document that is sent. */
static bool find_source(struct sc_call *call, const char *id, int64_t revision, const json_t *document,
                        struct sc_source *source)
{
    if (id) return sc_source_load(call, id, revision, source);
    *source = (struct sc_source){.document = json_incref(sc_json_unconst(document))};
    if (!revision) return true;
    sc_call_fail(call, SC_PROBLEM_bad_request,
                 "\"revision\" names one of a stored scenario; a document is sent");
    return false;
}

/* Puts the overrides in, where there are any, and makes sure that sha256 is that of the document. */
static bool override(struct sc_call *call, struct sc_subject *subject, struct sc_faults *faults)
{
    if (subject->overrides) {
        json_t *changed = sc_document_override(subject->document, subject->overrides, faults);
        json_decref(subject->document);
        subject->document = changed;
        if (!changed && sc_faults_any(faults)) {
            sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
            return false;
        }
        subject->sha256[0] = '\0';
    }
    if (subject->document && (subject->sha256[0] || sc_json_digest(subject->document, subject->sha256)))
        return true;
    sc_call_exhausted(call);
    return false;
}

/* Writes what the answer's bytes depend on; false when memory is short. */
static bool write_identity(const struct sc_call *call, const struct sc_subject *subject,
                           struct sc_buffer *out)
{
    const char *name = strrchr(call->path, '/');
    char head[512];
    int length = snprintf(head, sizeof head, "%s\n%.64s\n%.64s\n%" PRId64 "\n%s\n%d\n%d\n", SC_ENGINE_VERSION,
                          name ? name : call->path, subject->id ? subject->id : "", subject->revision,
                          subject->sha256, (int)call->accept, (int)subject->inputs);
    if (length < 0 || (size_t)length >= sizeof head) return false;
    if (!sc_buffer_append(out, head, (size_t)length) || !sc_json_canonical(subject->question, out))
        return false;
    if (!subject->inputs) return true;
    return (!subject->overlay || sc_json_canonical(subject->overlay, out)) &&
           sc_buffer_append_text(out, "\n") &&
           (!subject->overrides || sc_json_canonical(subject->overrides, out));
}

/* True when the model has to run: the client has no such answer yet. */
static bool is_new(struct sc_call *call, const struct sc_subject *subject)
{
    char digest[SC_DIGEST_TEXT];
    struct sc_buffer buffer;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    bool written = write_identity(call, subject, &buffer);
    if (written) sc_digest_bytes(buffer.data, buffer.length, digest);
    sc_buffer_fini(&buffer);
    if (!written) {
        sc_call_exhausted(call);
        return false;
    }
    digest[ETAG_DIGITS] = '\0';
    return !sc_answer_is_known(call, digest, SC_FRESH_REVALIDATE);
}

/* Says what is wrong with the document itself. */
static void refuse_document(struct sc_call *call, const struct sc_subject *subject,
                            const struct sc_faults *faults)
{
    struct sc_chain chain;
    if (!sc_faults_any(faults))
        sc_call_exhausted(call);
    else if (subject->overlay && !subject->overrides &&
             sc_chain_load(call->reader, SC_RECORD_SCENARIO, subject->id, subject->revision, call->arena,
                           &chain) == SC_STORE_OK)
        sc_call_unfit(call, &chain.record[0], faults);
    else
        sc_call_invalid(call, SC_PROBLEM_invalid_scenario, faults);
}

static bool compile(struct sc_call *call, struct sc_subject *subject, struct sc_faults *faults)
{
    subject->plan = sc_document_compile(subject->document, call->arena, faults);
    if (!subject->plan) refuse_document(call, subject, faults);
    return subject->plan;
}

/* From the document that is asked about to the plan. */
static bool prepare(struct sc_call *call, struct sc_subject *subject)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    uint64_t start = sc_clock_nanoseconds();
    bool ready = override(call, subject, faults) && is_new(call, subject) && compile(call, subject, faults);
    sc_call_spent(call, SC_STAGE_PARSE, start);
    return ready;
}

void sc_subject_take(struct sc_subject *subject, struct sc_question *question, const struct sc_source *source)
{
    *subject = (struct sc_subject){.id = source->id,
                                   .revision = source->revision,
                                   .document = json_incref(source->document),
                                   .overlay = json_incref(source->overlay),
                                   .overrides = question->overrides,
                                   .question = question->members,
                                   .inputs = question->inputs};
    memcpy(subject->sha256, source->sha256, sizeof subject->sha256);
    question->members = question->overrides = NULL;
}

static bool make_subject(struct sc_call *call, const char *const *members, const struct sc_collection *sent,
                         struct sc_subject *subject)
{
    struct sc_question question;
    struct sc_source source = {.id = NULL};
    *subject = (struct sc_subject){.id = NULL};
    bool found = sc_question_read(call, members, sent, &question);
    if (found) {
        const char *id = sent ? json_string_value(question.sent) : call->argument[0];
        found = find_source(call, id, question.revision, question.sent, &source);
        sc_subject_take(subject, &question, &source);
    }
    sc_source_fini(&source);
    sc_question_fini(&question);
    return found && prepare(call, subject);
}

bool sc_subject_compile(struct sc_call *call, struct sc_subject *subject)
{
    struct sc_faults *faults = sc_call_faults(call);
    return faults && override(call, subject, faults) && compile(call, subject, faults);
}

bool sc_subject_of_stored(struct sc_call *call, const char *const *members, struct sc_subject *subject)
{
    return make_subject(call, members, NULL, subject);
}

bool sc_subject_of_sent(struct sc_call *call, const char *const *members, struct sc_subject *subject)
{
    return make_subject(call, members, sc_collection(SC_RECORD_SCENARIO), subject);
}

/* Makes the answer's ETag one of both scenarios; true when the client has no such answer yet. */
static bool is_new_pair(struct sc_call *call, const struct sc_subject *other)
{
    char both[SC_ETAG_MAX + SC_DIGEST_TEXT], digest[SC_DIGEST_TEXT];
    int length = snprintf(both, sizeof both, "%s%s", call->answer->etag, other->sha256);
    sc_digest_bytes(both, (size_t)length, digest);
    digest[ETAG_DIGITS] = '\0';
    return !sc_answer_is_known(call, digest, SC_FRESH_REVALIDATE);
}

bool sc_subject_of_member(struct sc_call *call, const struct sc_subject *subject, const char *member,
                          struct sc_subject *other)
{
    const json_t *named = json_object_get(subject->question, member);
    const char *id = json_string_value(named);
    struct sc_question question = {.revision = 0};
    struct sc_source source;
    struct sc_faults *faults = sc_call_faults(call);
    *other = (struct sc_subject){.id = NULL};
    if (!faults) return false;
    if (!id && !json_is_object(named)) {
        char pointer[SC_POINTER_MAX];
        snprintf(pointer, sizeof pointer, "/%s", member);
        sc_fault_add(faults, named ? SC_FAULT_wrong_type : SC_FAULT_missing, pointer,
                     "the question needs a second scenario here: a document, or the id of a stored one");
        sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
        return false;
    }
    bool found = find_source(call, id, 0, named, &source);
    sc_subject_take(other, &question, &source);
    sc_source_fini(&source);
    bool ready =
        found && override(call, other, faults) && is_new_pair(call, other) && compile(call, other, faults);
    for (size_t i = 0; !id && i < faults->count;
         i++) { /* the places are those of the body that holds the document */
        char place[2 * SC_POINTER_MAX];
        int length = snprintf(place, sizeof place, "/%s%s", member, faults->item[i].pointer);
        if (length > 0 && length < SC_POINTER_MAX) memcpy(faults->item[i].pointer, place, (size_t)length + 1);
    }
    return ready;
}

bool sc_subject_uncertainty(struct sc_call *call, const struct sc_subject *subject,
                            struct sc_uncertainty *uncertainty)
{
    const json_t *own = json_object_get(subject->question, "uncertainty");
    const json_t *given = own ? own : json_object_get(subject->document, "uncertainty");
    struct sc_faults *faults = sc_call_faults(call);
    *uncertainty = (struct sc_uncertainty){.count = 0};
    if (!faults || !given) return faults;
    uint64_t start = sc_clock_nanoseconds();
    bool sound = sc_uncertainty_compile(given, subject->document, subject->plan, "/uncertainty", call->arena,
                                        uncertainty, faults);
    sc_call_spent(call, SC_STAGE_PARSE, start);
    if (!sound && own && sc_faults_any(faults))
        sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    else if (!sound)
        refuse_document(call, subject, faults);
    return sound;
}

void sc_subject_fini(struct sc_subject *subject)
{
    json_decref(subject->document);
    json_decref(subject->overlay);
    json_decref(subject->overrides);
    json_decref(subject->question);
    *subject = (struct sc_subject){.id = NULL};
}
