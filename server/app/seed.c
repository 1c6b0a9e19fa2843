#include "app.h"
#include "base/arena.h"
#include "budget.h"
#include "codec/budget.h"
#include "collection.h"
#include "request.h"
#include "sc_builtins.h"
#include "scenario.h"
#include "secondchair/limits.h"

#include <errno.h>
#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A call of the program's own, made to wait for the writer. */
struct seeding {
    struct sc_call call;
    struct sc_answer answer;
    struct sc_arena arena;
    sem_t durable;
};

static void resume(struct sc_call *call)
{
    struct seeding *seeding = call->owner;
    sem_post(&seeding->durable);
}

static enum sc_progress submit_and_wait(struct seeding *seeding, struct sc_edit *edit)
{
    if (sc_edit_submit(edit) == SC_WAITING)
        while (sem_wait(&seeding->durable) < 0 && errno == EINTR) {
        }
    return SC_ANSWERED;
}

/* What has the id, of whichever type. */
static enum sc_store_status find_any(struct sc_call *call, const char *id, struct sc_record *stored)
{
    enum sc_store_status status = SC_STORE_NOT_FOUND;
    for (int type = 0; type < SC_RECORD_TYPES && status == SC_STORE_NOT_FOUND; type++)
        status = sc_reader_get(call->reader, (enum sc_record_type)type, id, 0, call->arena, stored);
    return status;
}

/* Stores the edit where the id is new, or where this version of the program has another body for it. What
 * somebody has imported under that id stays. */
static enum sc_progress store(struct seeding *seeding, struct sc_edit *edit)
{
    struct sc_call *call = &seeding->call;
    struct sc_record *record = &edit->view.record, stored;
    enum sc_store_status status = find_any(call, record->id, &stored);
    if (status == SC_STORE_NOT_FOUND) return submit_and_wait(seeding, edit);
    if (status != SC_STORE_OK) return sc_call_store_problem(call, record->type, status, record->id);
    bool same =
        stored.body_length == record->body_length && !memcmp(stored.body, record->body, stored.body_length);
    if (!stored.builtin || same) return SC_ANSWERED;
    edit->write.kind = SC_WRITE_REVISE;
    return submit_and_wait(seeding, edit);
}

/* The document of a built-in variant; NULL: a problem. */
static json_t *variant_document(struct sc_call *call, const char *parent, const json_t *json, json_t *overlay)
{
    struct sc_chain chain;
    char sha256[SC_DIGEST_TEXT];
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults || !sc_call_chain(call, SC_RECORD_SCENARIO, parent, 0, true, &chain)) return NULL;
    json_auto_t *base = sc_call_chain_document(call, &chain, false, sha256);
    json_auto_t *body = sc_variant_body(json_string_value(json_object_get(json, "name")), overlay);
    json_t *document = base && body ? sc_variant_document(base, body, faults) : NULL;
    if (base && !document && sc_faults_any(faults))
        sc_call_invalid(call, SC_PROBLEM_invalid_scenario, faults);
    if (base && !document && !sc_faults_any(faults)) sc_call_exhausted(call);
    return document;
}

static void seed_one(struct seeding *seeding, size_t index, const json_t *json)
{
    struct sc_call *call = &seeding->call;
    const char *id = SC_BUILTINS[index].id, *parent = SC_BUILTINS[index].parent;
    enum sc_record_type type = SC_BUILTINS[index].type;
    json_auto_t *overlay = parent ? sc_variant_overlay(json) : NULL;
    json_auto_t *document = parent ? variant_document(call, parent, json, overlay) : json_deep_copy(json);
    if (!document || !sc_call_validate(call, type, document)) return;
    struct sc_edit *edit = sc_edit_new(call, type, SC_WRITE_CREATE, SC_OUTCOME_CREATED);
    if (!edit) return;
    edit->view.record.id = id;
    edit->view.record.parent = parent;
    edit->view.record.builtin = true;
    if (parent ? sc_edit_overlay(edit, overlay, document) : sc_edit_document(edit, document))
        store(seeding, edit);
}

/* 0, or -1 and the reason. */
static int seed(struct seeding *seeding, size_t index, char *reason, size_t size)
{
    const char *text = SC_BUILTINS[index].json;
    struct sc_json_error error;
    json_auto_t *json = sc_json_parse(text, strlen(text), &SC_BODY_LIMITS, &error);
    if (!json) {
        snprintf(reason, size, "the built-in %s %s is not JSON: line %zu: %s",
                 sc_collection(SC_BUILTINS[index].type)->noun, SC_BUILTINS[index].id, error.line,
                 error.detail);
        return -1;
    }
    seeding->answer = (struct sc_answer){.outcome = SC_OUTCOME_OK};
    seed_one(seeding, index, json);
    free(seeding->answer.body);
    sc_arena_fini(&seeding->arena);
    if (seeding->answer.outcome != SC_OUTCOME_PROBLEM) return 0;
    snprintf(reason, size, "the built-in %s %s: %s: %s", sc_collection(SC_BUILTINS[index].type)->noun,
             SC_BUILTINS[index].id, sc_problem_class(seeding->answer.problem)->title, seeding->answer.detail);
    return -1;
}

int sc_app_seed(struct sc_app *app, char *reason, size_t reason_size)
{
    struct seeding *seeding = calloc(1, sizeof *seeding);
    struct sc_reader *reader = seeding ? sc_reader_open(sc_app_store(app)) : NULL;
    int result = reader ? 0 : -1;
    if (!reader) snprintf(reason, reason_size, "the database cannot be read");
    if (reader && sem_init(&seeding->durable, 0, 0) != 0) {
        snprintf(reason, reason_size, "there is no semaphore to be had");
        result = -1;
    } else if (reader) {
        seeding->call = (struct sc_call){.app = app,
                                         .arena = &seeding->arena,
                                         .reader = reader,
                                         .path = "",
                                         .answer = &seeding->answer,
                                         .resume = resume,
                                         .owner = seeding};
        sc_arena_init(&seeding->arena, SC_LIMIT_ARENA);
        for (size_t i = 0; SC_BUILTINS[i].id && result == 0; i++)
            result = seed(seeding, i, reason, reason_size);
        sem_destroy(&seeding->durable);
    }
    sc_reader_close(reader);
    free(seeding);
    return result;
}
