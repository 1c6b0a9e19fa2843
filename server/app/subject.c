#include "subject.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/canonical.h"
#include "codec/document.h"
#include "codec/writer.h"
#include "question.h"
#include "ready.h"
#include "request.h"
#include "resolve.h"
#include "secondchair/model.h"
#include "secondchair/uncertainty.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ETAG_DIGITS = 32 }; /* of the 64 that SHA-256 has */

void sc_source_fini(struct sc_source *source)
{
    json_decref(source->document);
    json_decref(source->overlay);
    *source = (struct sc_source){.id = NULL};
}

/* True where the overrides would be put in a document too long for a hurried call. */
static bool postpones(struct sc_call *call, const struct sc_subject *subject)
{
    enum { BYTES_A_MICROSECOND = 40 }; /* copied, digested, compiled */
    return subject->overrides && subject->ready &&
           sc_call_postpones(call, (double)subject->ready->source.length / BYTES_A_MICROSECOND);
}

/* Puts the overrides in, where there are any, and makes sure that sha256 is that of the document. */
static bool override(struct sc_call *call, struct sc_subject *subject, struct sc_faults *faults)
{
    if (postpones(call, subject)) return false;
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

static const struct sc_plan *fill(struct sc_call *call, struct sc_subject *subject)
{
    const struct sc_plan *plan = sc_mould_fill(subject->mould, subject->moved, call->arena);
    if (!plan) sc_call_exhausted(call);
    return plan;
}

static bool compile(struct sc_call *call, struct sc_subject *subject, struct sc_faults *faults)
{
    if (subject->mould) {
        subject->plan = fill(call, subject);
    } else if (!subject->overrides && subject->ready && subject->ready->plan) {
        subject->plan = subject->ready->plan;
    } else {
        subject->plan = sc_document_compile(subject->document, call->arena, faults);
        if (!subject->plan) refuse_document(call, subject, faults);
    }
    return subject->plan;
}

/* Up to what the answer depends on. */
static bool resolve(struct sc_call *call, struct sc_subject *subject, bool digest, struct sc_faults *faults)
{
    if (!subject->mould) return override(call, subject, faults);
    if (digest) sc_mould_digest(subject->mould, subject->moved, subject->sha256);
    return true;
}

/* From the document that is asked about to the plan. */
static bool prepare(struct sc_call *call, struct sc_subject *subject, bool plan_alone)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    uint64_t start = sc_clock_nanoseconds();
    bool moulded = plan_alone && sc_subject_mould(call, subject);
    bool ready = (moulded || !call->too_long) && resolve(call, subject, true, faults) &&
                 is_new(call, subject) && compile(call, subject, faults);
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

/* The stored scenario that is asked about, or the document that is sent. False: the answer is a problem. */
static bool find_subject(struct sc_call *call, const char *id, const json_t *document,
                         struct sc_question *question, struct sc_subject *subject)
{
    struct sc_source sent = {.document = id ? NULL : json_incref(sc_json_unconst(document))};
    struct sc_ready *ready = id ? sc_ready_find(call, id, question->revision) : NULL;
    bool found = ready || (!id && !question->revision);
    if (!id && question->revision)
        sc_call_fail(call, SC_PROBLEM_bad_request,
                     "\"revision\" names one of a stored scenario; a document is sent");
    if (found) sc_subject_take(subject, question, ready ? &ready->source : &sent);
    subject->ready = ready;
    sc_source_fini(&sent);
    return found;
}

static bool make_subject(struct sc_call *call, const char *const *members, const struct sc_collection *sent,
                         bool plan_alone, struct sc_subject *subject)
{
    struct sc_question question;
    *subject = (struct sc_subject){.id = NULL};
    bool found = sc_question_read(call, members, sent, &question) &&
                 find_subject(call, sent ? json_string_value(question.sent) : call->argument[0],
                              question.sent, &question, subject);
    sc_question_fini(&question);
    return found && prepare(call, subject, plan_alone);
}

bool sc_subject_mould(struct sc_call *call, struct sc_subject *subject)
{
    if (!subject->overrides || !subject->ready) return false;
    struct sc_mould *mould = sc_ready_mould(call, subject->ready, subject->overrides);
    if (mould && sc_mould_read(mould, subject->overrides, subject->moved))
        subject->mould = mould;
    else
        sc_mould_release(mould);
    return subject->mould;
}

bool sc_subject_compile(struct sc_call *call, struct sc_subject *subject, bool digest)
{
    struct sc_faults *faults = sc_call_faults(call);
    return faults && resolve(call, subject, digest, faults) && compile(call, subject, faults);
}

bool sc_subject_of_stored(struct sc_call *call, const char *const *members, bool plan_alone,
                          struct sc_subject *subject)
{
    return make_subject(call, members, NULL, plan_alone, subject);
}

bool sc_subject_of_sent(struct sc_call *call, const char *const *members, bool plan_alone,
                        struct sc_subject *subject)
{
    return make_subject(call, members, sc_collection(SC_RECORD_SCENARIO), plan_alone, subject);
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
    bool ready = find_subject(call, id, named, &question, other) && override(call, other, faults) &&
                 is_new_pair(call, other) && compile(call, other, faults);
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
    sc_mould_release(subject->mould);
    sc_ready_release(subject->ready);
    *subject = (struct sc_subject){.id = NULL};
}
