#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/canonical.h"
#include "question.h"
#include "request.h"
#include "secondchair/limits.h"
#include "secondchair/model.h"
#include "set.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { ETAG_DIGITS = 32 }; /* of the 64 that SHA-256 has */

static bool take_stored(struct sc_call *call, const struct sc_question *question, const char *id,
                        struct sc_set_subject *subject)
{
    struct sc_chain *chain = sc_arena_alloc(call->arena, sizeof *chain);
    if (!chain) sc_call_exhausted(call);
    if (!chain || !sc_call_chain(call, SC_RECORD_SET, id, question->revision, false, chain)) return false;
    subject->document = sc_call_chain_document(call, chain, false, subject->sha256);
    subject->id = chain->record[0].id;
    subject->revision = chain->record[0].revision;
    return subject->document;
}

static bool take_sent(struct sc_call *call, const struct sc_question *question,
                      struct sc_set_subject *subject)
{
    if (question->revision) {
        sc_call_fail(call, SC_PROBLEM_bad_request, "\"revision\" names one of a stored set; a set is sent");
        return false;
    }
    subject->document = json_incref(question->sent);
    if (!sc_json_digest(subject->document, subject->sha256)) sc_call_exhausted(call);
    return subject->sha256[0];
}

/* What lies in the document. A stored one was found valid then, but maybe not by this program. */
static bool read_set(struct sc_call *call, struct sc_set_subject *subject)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    uint64_t start = sc_clock_nanoseconds();
    bool sound = sc_set_read(subject->document, &subject->set, faults);
    sc_call_spent(call, SC_STAGE_PARSE, start);
    if (!sound) sc_call_invalid(call, SC_PROBLEM_invalid_set, faults);
    return sound;
}

static bool make_subject(struct sc_call *call, const char *const *members, const struct sc_collection *sent,
                         struct sc_set_subject *subject)
{
    struct sc_question question;
    *subject = (struct sc_set_subject){.id = NULL};
    bool found = sc_question_read(call, members, sent, &question) && sc_call_reader(call);
    if (found) {
        const char *id = sent ? json_string_value(question.sent) : call->argument[0];
        found = id ? take_stored(call, &question, id, subject) : take_sent(call, &question, subject);
        subject->inputs = question.inputs;
        subject->overrides = json_incref(question.overrides);
        subject->question = json_incref(question.members);
    }
    sc_question_fini(&question);
    return found && read_set(call, subject);
}

bool sc_set_subject_of_stored(struct sc_call *call, const char *const *members,
                              struct sc_set_subject *subject)
{
    return make_subject(call, members, NULL, subject);
}

bool sc_set_subject_of_sent(struct sc_call *call, const char *const *members, struct sc_set_subject *subject)
{
    return make_subject(call, members, sc_collection(SC_RECORD_SET), subject);
}

void sc_set_subject_fini(struct sc_set_subject *subject)
{
    json_decref(subject->document);
    json_decref(subject->overrides);
    json_decref(subject->question);
    *subject = (struct sc_set_subject){.id = NULL};
}

bool sc_set_identity_begin(const struct sc_call *call, const struct sc_set_subject *subject,
                           struct sc_buffer *identity)
{
    const char *name = strrchr(call->path, '/');
    char head[512];
    int length = snprintf(head, sizeof head, "set\n%s\n%.64s\n%.64s\n%" PRId64 "\n%s\n%d\n%d\n",
                          SC_ENGINE_VERSION, name ? name : call->path, subject->id ? subject->id : "",
                          subject->revision, subject->sha256, (int)call->accept, (int)subject->inputs);
    return length > 0 && (size_t)length < sizeof head && sc_buffer_append(identity, head, (size_t)length) &&
           sc_json_canonical(subject->question, identity) && sc_buffer_append_text(identity, "\n") &&
           (!subject->overrides || sc_json_canonical(subject->overrides, identity));
}

bool sc_set_identity_add(struct sc_buffer *identity, const char *id, const char *version)
{
    return sc_buffer_append_text(identity, "\n") && sc_buffer_append_text(identity, id) &&
           sc_buffer_append_text(identity, " ") && sc_buffer_append_text(identity, version);
}

bool sc_set_identity_is_known(struct sc_call *call, const struct sc_buffer *identity)
{
    char digest[SC_DIGEST_TEXT];
    sc_digest_bytes(identity->data, identity->length, digest);
    digest[ETAG_DIGITS] = '\0';
    return sc_answer_is_known(call, digest, SC_FRESH_REVALIDATE);
}

/* A member's line; false where it is not there, and so the answer is not the one that the client has. */
static bool add_member(struct sc_call *call, const struct sc_set_member *member, struct sc_buffer *identity)
{
    struct sc_arena scratch;
    sc_arena_init(&scratch, SC_LIMIT_ARENA);
    struct sc_chain *chain = sc_arena_alloc(&scratch, sizeof *chain);
    bool added = chain &&
                 sc_chain_load(call->reader, SC_RECORD_SCENARIO, member->scenario, member->revision, &scratch,
                               chain) == SC_STORE_OK &&
                 !chain->record[0].deleted_at &&
                 sc_set_identity_add(identity, member->scenario, chain->version);
    sc_arena_fini(&scratch);
    return added;
}

bool sc_set_subject_is_known(struct sc_call *call, const struct sc_set_subject *subject)
{
    struct sc_buffer identity;
    if (!call->if_none_match) return false;
    uint64_t start = sc_clock_nanoseconds();
    sc_buffer_init(&identity, SC_ANSWER_BYTES_MAX);
    bool whole = sc_set_identity_begin(call, subject, &identity);
    for (size_t i = 0; i < subject->set.count && whole; i++)
        whole = add_member(call, &subject->set.member[i], &identity);
    bool known = whole && sc_set_identity_is_known(call, &identity);
    sc_buffer_fini(&identity);
    sc_call_spent(call, SC_STAGE_DB, start);
    return known;
}
