#include "set.h"

#include "base/arena.h"
#include "codec/document.h"
#include "codec/pointer.h"
#include "codec/writer.h"
#include "request.h"
#include "secondchair/limits.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/* A member while it is loaded or evaluated. */
struct loading {
    struct sc_reader *reader;
    const struct sc_set_member *member;
    struct sc_arena *arena;
    struct sc_case *one;
    struct sc_faults *faults; /* of the whole set */
    struct sc_faults *found;  /* of one step */
    char place[SC_POINTER_MAX];
};

static bool begin(const struct sc_case_context *context, size_t index, struct sc_case *one,
                  struct loading *loading)
{
    *loading = (struct loading){.reader = context->reader,
                                .member = &context->set->member[index],
                                .arena = context->arena,
                                .one = one,
                                .faults = context->faults,
                                .found = sc_arena_alloc(context->arena, sizeof *loading->found)};
    sc_pointer_append_index(loading->place, "/members", index);
    return loading->found;
}

/* A fault of the member itself. */
__attribute__((format(printf, 4, 5))) static void
blame(const struct loading *loading, enum sc_fault_code code, const char *name, const char *format, ...)
{
    char pointer[SC_POINTER_MAX], detail[SC_DETAIL_MAX];
    va_list arguments;
    sc_pointer_append_key(pointer, loading->place, name);
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    sc_fault_add(loading->faults, code, pointer, "%s", detail);
}

/* What a step found in the scenario, as faults of the member that names it. */
static void blame_scenario(struct loading *loading, const char *what)
{
    struct sc_faults *found = loading->found;
    for (size_t i = 0; i < found->count; i++)
        blame(loading, found->item[i].code, "scenario", "\"%.64s\" %s%s%s: %s", loading->member->scenario,
              what, *found->item[i].pointer ? " at " : "", found->item[i].pointer, found->item[i].detail);
    loading->faults->omitted += found->omitted;
    found->count = found->omitted = 0;
}

/* What a step found in overrides: in the member's own, or in what the question gives, which may fit one and
 * not another. */
static void blame_given(struct loading *loading, bool own)
{
    struct sc_faults *found = loading->found;
    for (size_t i = 0; i < found->count; i++) {
        char pointer[2 * SC_POINTER_MAX];
        snprintf(pointer, sizeof pointer, "%s%s", own ? loading->place : "", found->item[i].pointer);
        sc_fault_add(loading->faults, found->item[i].code, pointer, "in \"%.64s\": %s",
                     loading->member->scenario, found->item[i].detail);
    }
    loading->faults->omitted += found->omitted;
    found->count = found->omitted = 0;
}

static void blame_absence(struct loading *loading)
{
    const struct sc_set_member *member = loading->member;
    struct sc_record newest;
    enum sc_store_status status =
        sc_reader_get(loading->reader, SC_RECORD_SCENARIO, member->scenario, 0, loading->arena, &newest);
    if (status == SC_STORE_OK)
        blame(loading, SC_FAULT_unknown_scenario, "revision",
              "there is no revision %" PRId64 " of \"%.64s\"; its newest is %" PRId64, member->revision,
              member->scenario, newest.revision);
    else if (status == SC_STORE_NOT_FOUND)
        blame(loading, SC_FAULT_unknown_scenario, "scenario",
              "there is no scenario \"%.64s\"; GET /v1/scenarios lists them", member->scenario);
}

static bool load_chain(struct loading *loading, struct sc_chain *chain)
{
    const struct sc_set_member *member = loading->member;
    enum sc_store_status status = sc_chain_load(loading->reader, SC_RECORD_SCENARIO, member->scenario,
                                                member->revision, loading->arena, chain);
    if (status == SC_STORE_NOT_FOUND) blame_absence(loading);
    if (status == SC_STORE_OK && chain->record[0].deleted_at)
        blame(loading, SC_FAULT_unknown_scenario, "scenario",
              "\"%.64s\" is deleted; POST /v1/scenarios/%.64s/restore brings it back", member->scenario,
              member->scenario);
    return status == SC_STORE_OK && !chain->record[0].deleted_at;
}

/* The document as it is stored. */
static bool resolve(struct loading *loading)
{
    size_t broken;
    struct sc_case *one = loading->one;
    struct sc_chain *chain = sc_arena_alloc(loading->arena, sizeof *chain);
    if (!chain || !load_chain(loading, chain)) return false;
    one->id = chain->record[0].id;
    one->revision = chain->record[0].revision;
    memcpy(one->version, chain->version, sizeof one->version);
    one->document = sc_chain_document(chain, 0, loading->found, &broken);
    blame_scenario(loading, "no longer fits its parent");
    if (!one->document || chain->count == 1) return one->document;
    json_auto_t *body = sc_record_body(&chain->record[0]);
    one->overlay = json_incref(json_object_get(body, "overrides"));
    return one->overlay;
}

/* Puts one list of overrides in; false with faults, or without when memory is short. */
static bool put_in(struct loading *loading, const json_t *overrides, bool own)
{
    struct sc_case *one = loading->one;
    if (json_array_size(overrides) == 0) return true;
    json_t *changed = sc_document_override(one->document, overrides, loading->found);
    blame_given(loading, own);
    json_decref(one->document);
    one->document = changed;
    if (!one->overrides) one->overrides = json_array();
    return changed && json_array_extend(one->overrides, sc_json_unconst(overrides)) == 0;
}

static bool compile(struct loading *loading)
{
    struct sc_case *one = loading->one;
    one->plan = sc_document_compile(one->document, loading->arena, loading->found);
    blame_scenario(loading, "is not valid");
    return one->plan && sc_json_digest(one->document, one->sha256);
}

bool sc_case_load(const struct sc_case_context *context, size_t index, struct sc_case *one)
{
    struct loading loading;
    *one = (struct sc_case){.id = NULL};
    return begin(context, index, one, &loading) && resolve(&loading) &&
           put_in(&loading, loading.member->overrides, true) && put_in(&loading, context->overrides, false) &&
           compile(&loading);
}

bool sc_case_evaluate(const struct sc_case_context *context, size_t index, struct sc_case *one)
{
    struct loading loading;
    if (!begin(context, index, one, &loading)) return false;
    one->evaluation = sc_evaluation_new(one->plan, loading.arena, loading.found);
    blame_scenario(&loading, "has no value");
    return one->evaluation;
}

void sc_case_blame(const struct sc_case_context *context, size_t index, struct sc_faults *found,
                   const char *what)
{
    struct loading loading;
    if (!begin(context, index, NULL, &loading)) return;
    loading.found = found;
    if (what)
        blame_scenario(&loading, what);
    else
        blame_given(&loading, false);
}

void sc_case_fini(struct sc_case *one)
{
    json_decref(one->document);
    json_decref(one->overlay);
    json_decref(one->overrides);
    *one = (struct sc_case){.id = NULL};
}

/* True when the member has a value. */
static bool check_member(struct sc_call *call, const struct sc_set *set, size_t index,
                         struct sc_faults *faults)
{
    struct sc_arena scratch;
    struct sc_case one;
    const struct sc_case_context context = {
        .reader = call->reader, .set = set, .arena = &scratch, .faults = faults};
    sc_arena_init(&scratch, SC_LIMIT_ARENA);
    bool valued = sc_case_load(&context, index, &one) && sc_case_evaluate(&context, index, &one);
    sc_case_fini(&one);
    sc_arena_fini(&scratch);
    return valued;
}

bool sc_set_is_valid(struct sc_call *call, const json_t *document, struct sc_faults *faults)
{
    struct sc_set set;
    bool valid = sc_set_read(document, &set, faults) && call->reader;
    for (size_t i = 0; call->reader && i < set.count && !faults->omitted; i++)
        if (set.member[i].scenario) valid &= check_member(call, &set, i, faults);
    return valid;
}
