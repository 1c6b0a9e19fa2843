#include "resolve.h"

#include "base/arena.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/budget.h"
#include "codec/document.h"
#include "codec/patch.h"
#include "evaluation.h"
#include "request.h"
#include "secondchair/limits.h"
#include "secondchair/uncertainty.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Adds a revision to the version; false when it has no room. */
static bool extend_version(char version[SC_VERSION_MAX], int64_t revision)
{
    size_t length = strlen(version);
    int added =
        snprintf(version + length, SC_VERSION_MAX - length, "%s%" PRId64, length ? "." : "", revision);
    return added > 0 && (size_t)added < SC_VERSION_MAX - length;
}

int64_t sc_parents_next(const char **parents)
{
    char *end;
    if (!*parents) return 0;
    long long revision = strtoll(*parents, &end, 10);
    *parents = *end == '.' ? end + 1 : NULL;
    return revision;
}

enum sc_store_status sc_chain_load(struct sc_reader *reader, enum sc_record_type type, const char *id,
                                   int64_t revision, struct sc_arena *arena, struct sc_chain *chain)
{
    const char *parents = NULL;
    bool now = revision == 0;
    chain->count = 0;
    chain->version[0] = '\0';
    while (id) {
        if (chain->count == SC_CHAIN_MAX) return SC_STORE_BROKEN;
        struct sc_record *record = &chain->record[chain->count];
        enum sc_store_status status = sc_reader_get(reader, type, id, revision, arena, record);
        if (status != SC_STORE_OK)
            return status == SC_STORE_NOT_FOUND && chain->count > 0 ? SC_STORE_BROKEN : status;
        if (!extend_version(chain->version, record->revision)) return SC_STORE_BROKEN;
        if (chain->count++ == 0 && !now) parents = record->parents;
        id = record->kind == SC_BODY_OVERLAY ? record->parent : NULL;
        revision = sc_parents_next(&parents);
        if (id && !now && revision < 1) return SC_STORE_BROKEN;
    }
    return SC_STORE_OK;
}

bool sc_chain_is_as_written(const struct sc_chain *chain)
{
    const char *parents = chain->record[0].parents, *now = sc_chain_parents(chain);
    return chain->count == 1 || (parents && strcmp(parents, now + 1) == 0);
}

const char *sc_chain_parents(const struct sc_chain *chain)
{
    const char *dot = strchr(chain->version, '.');
    return dot ? dot : "";
}

json_t *sc_record_body(const struct sc_record *record)
{
    struct sc_json_error error;
    return sc_json_parse(record->body, record->body_length, &SC_BODY_LIMITS, &error);
}

json_t *sc_variant_body(const char *name, json_t *overrides)
{
    json_t *body = json_object();
    if (body && json_object_set_new(body, "name", json_string(name)) == 0 &&
        json_object_set(body, "overrides", overrides) == 0)
        return body;
    json_decref(body);
    return NULL;
}

json_t *sc_variant_document(const json_t *parent, const json_t *body, struct sc_faults *faults)
{
    json_t *document = sc_overlay_apply(parent, json_object_get(body, "overrides"), faults);
    if (!document) return NULL;
    if (json_object_set(document, "name", json_object_get(body, "name")) == 0) return document;
    json_decref(document);
    return NULL;
}

json_t *sc_chain_document(const struct sc_chain *chain, size_t index, struct sc_faults *faults,
                          size_t *broken)
{
    json_t *document = NULL;
    for (size_t i = chain->count; i-- > index;) {
        *broken = i;
        json_t *body = sc_record_body(&chain->record[i]);
        json_t *next = i == chain->count - 1 ? json_incref(body)
                       : body                ? sc_variant_document(document, body, faults)
                                             : NULL;
        json_decref(body);
        json_decref(document);
        document = next;
        if (!document) return NULL;
    }
    return document;
}

static bool is_uncertainty_valid(const json_t *document, const struct sc_plan *plan, struct sc_arena *scratch,
                                 struct sc_faults *faults)
{
    const json_t *given = json_object_get(document, "uncertainty");
    struct sc_uncertainty uncertainty;
    return !given ||
           sc_uncertainty_compile(given, document, plan, "/uncertainty", scratch, &uncertainty, faults);
}

bool sc_document_is_valid(const json_t *document, struct sc_faults *faults)
{
    struct sc_arena scratch;
    sc_arena_init(&scratch, SC_LIMIT_ARENA);
    const struct sc_plan *plan = sc_document_compile(document, &scratch, faults);
    bool certain = plan && is_uncertainty_valid(document, plan, &scratch, faults);
    bool valued = plan && sc_evaluation_new(plan, &scratch, faults);
    sc_arena_fini(&scratch);
    return certain && valued;
}

bool sc_call_chain(struct sc_call *call, enum sc_record_type type, const char *id, int64_t revision,
                   bool deleted, struct sc_chain *chain)
{
    if (!sc_call_reader(call)) return false;
    uint64_t start = sc_clock_nanoseconds();
    enum sc_store_status status = sc_chain_load(call->reader, type, id, revision, call->arena, chain);
    sc_call_spent(call, SC_STAGE_DB, start);
    if (status == SC_STORE_OK && chain->record[0].deleted_at && !deleted) status = SC_STORE_DELETED;
    if (status == SC_STORE_NOT_FOUND && revision)
        sc_call_fail(call, SC_PROBLEM_not_found, "There is no revision %" PRId64 " of \"%s\"", revision, id);
    else if (status != SC_STORE_OK)
        sc_call_store_problem(call, type, status, id);
    return status == SC_STORE_OK;
}

enum sc_progress sc_call_unfit(struct sc_call *call, const struct sc_record *variant,
                               const struct sc_faults *faults)
{
    const struct sc_fault *first = &faults->item[0];
    sc_call_fail(call, SC_PROBLEM_variant_not_applicable,
                 "\"%.64s\" no longer fits its parent \"%.64s\" (%s: %s); PUT a whole document to mend it",
                 variant->id, variant->parent, first->pointer, first->detail);
    call->answer->faults = faults;
    return SC_ANSWERED;
}

static json_t *read_chain(struct sc_call *call, const struct sc_chain *chain, bool compile,
                          struct sc_faults *faults)
{
    size_t broken = 0;
    json_t *document = sc_chain_document(chain, 0, faults, &broken);
    if (document && (!compile || chain->count == 1 || sc_document_is_valid(document, faults)))
        return document;
    if (sc_faults_any(faults))
        sc_call_unfit(call, &chain->record[document ? 0 : broken], faults);
    else
        sc_call_exhausted(call);
    json_decref(document);
    return NULL;
}

/* Microseconds that parsing a chain's bodies takes, at the 50 MB/s of jansson. */
static double reading_cost(const struct sc_chain *chain)
{
    size_t bytes = 0;
    for (size_t i = 0; i < chain->count; i++) bytes += chain->record[i].body_length;
    return (double)bytes / 50;
}

json_t *sc_call_chain_document(struct sc_call *call, const struct sc_chain *chain, bool compile,
                               char sha256[SC_DIGEST_TEXT])
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return NULL;
    if (sc_call_postpones(call, reading_cost(chain))) return NULL;
    uint64_t start = sc_clock_nanoseconds();
    json_t *document = read_chain(call, chain, compile, faults);
    if (document && chain->count == 1) {
        snprintf(sha256, SC_DIGEST_TEXT, "%s", chain->record[0].sha256);
    } else if (document && !sc_json_digest(document, sha256)) {
        json_decref(document);
        document = NULL;
        sc_call_exhausted(call);
    }
    sc_call_spent(call, SC_STAGE_PARSE, start);
    return document;
}
