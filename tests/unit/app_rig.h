/* Drives the use cases as the HTTP layer would, but for the HTTP: a call, a real store in a directory of its
 * own, and a reply that outlives both. */
#ifndef SC_TEST_APP_RIG_H
#define SC_TEST_APP_RIG_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/app.h"
#include "app/kept.h"
#include "base/arena.h"
#include "secondchair/fault.h"

#include <jansson.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define UNUSED __attribute__((unused))

struct rig {
    char directory[64], file[80];
    struct sc_store *store;
    struct sc_app *app;
    struct sc_reader *reader;
};

/* What is asked; everything is optional. query is "name=value&…" and is not decoded. */
struct ask {
    const char *id, *second, *query, *body, *if_match, *if_none_match, *path;
    enum sc_media content, accept;
    const char *target; /* where the answer may be kept, and given from what is kept */
    size_t arena; /* bytes that the call may have; 0 for plenty */
    long fail_at; /* which of jansson's allocations fails, where rig_allocate is set; 0 for none */
};

/* For json_set_alloc_funcs: lets one allocation of the calling thread fail. */
static UNUSED __thread long rig_countdown;
static UNUSED void *rig_allocate(size_t size)
{
    return rig_countdown > 0 && --rig_countdown == 0 ? NULL : malloc(size);
}

struct reply {
    enum sc_outcome outcome;
    int status; /* of a problem; 0 otherwise */
    enum sc_problem problem;
    enum sc_media media;
    enum sc_freshness freshness;
    char *text;
    size_t length;
    json_t *json;
    char etag[SC_ETAG_MAX], detail[SC_DETAIL_MAX], location[128], link[512];
    struct sc_faults *faults; /* never NULL */
    bool recalled;            /* it was kept */
    bool fell_short;          /* the allocation that was to fail was asked for */
};

static UNUSED const char *const DOCUMENT =
    "{\"schema\":1,\"name\":\"Acme, base\",\"company\":\"Acme\",\"tags\":[\"test\",\"chips\"],"
    "\"valuation_date\":\"2026-04-23\",\"price\":100,\"base_year_end\":\"2025-12-27\","
    "\"segments\":[{\"id\":\"all\",\"base\":1000,\"growth\":0.1,\"margin\":0.3},"
    "{\"id\":\"rest\",\"base\":500,\"growth\":0.05,\"margin\":0.2}],"
    "\"operations\":{\"base_revenue\":1500,\"tax\":{\"rate\":0.2},\"reinvestment\":{\"sales_to_capital\":2}},"
    "\"discount\":{\"wacc\":0.1},\"terminal\":{\"method\":\"gordon\",\"growth\":0.03},"
    "\"dilution\":{\"basic\":100}}";

static UNUSED void rig_open(struct rig *rig)
{
    char reason[256];
    rig->store = sc_store_open(rig->file, sc_variant_follow, reason, sizeof reason);
    if (!rig->store) fail_msg("%s", reason);
    rig->app = sc_app_new(rig->store);
    assert_non_null(rig->app);
    assert_true(sc_app_keep(rig->app, 1 << 20, 1 << 20));
    rig->reader = sc_reader_open(rig->store);
    assert_non_null(rig->reader);
}

static UNUSED void rig_close(struct rig *rig)
{
    sc_reader_close(rig->reader);
    sc_app_free(rig->app);
    sc_store_close(rig->store);
}

static UNUSED struct rig *rig_new(void)
{
    struct rig *rig = calloc(1, sizeof *rig);
    assert_non_null(rig);
    strcpy(rig->directory, "/tmp/sc-app-XXXXXX");
    assert_non_null(mkdtemp(rig->directory));
    snprintf(rig->file, sizeof rig->file, "%s/test.db", rig->directory);
    rig_open(rig);
    return rig;
}

static UNUSED void rig_free(struct rig *rig)
{
    char command[128];
    rig_close(rig);
    snprintf(command, sizeof command, "rm -r %s", rig->directory);
    assert_int_equal(system(command), 0);
    free(rig);
}

static UNUSED int rig_setup(void **state)
{
    *state = rig_new();
    return 0;
}

static UNUSED int rig_teardown(void **state)
{
    rig_free(*state);
    return 0;
}

struct signal {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool resumed;
};

static UNUSED void rig_resume(struct sc_call *call)
{
    struct signal *signal = call->owner;
    pthread_mutex_lock(&signal->lock);
    signal->resumed = true;
    pthread_cond_signal(&signal->changed);
    pthread_mutex_unlock(&signal->lock);
}

/* No thread helps. */
static UNUSED bool rig_delegate(struct sc_work *work)
{
    (void)work;
    return false;
}

/* Splits "a=1&b=2" in place. */
static UNUSED size_t rig_query(char *query, struct sc_parameter *parameter, size_t most)
{
    size_t count = 0;
    for (char *item = strtok(query, "&"); item && count < most; item = strtok(NULL, "&")) {
        char *value = strchr(item, '=');
        *value = '\0';
        parameter[count++] = (struct sc_parameter){item, value + 1};
    }
    return count;
}

/* Pulls a stream to its end in small pieces. */
static UNUSED void rig_pull(struct sc_answer *answer, struct reply *reply)
{
    char piece[777];
    ptrdiff_t got;
    while ((got = answer->next_piece(answer->stream, piece, sizeof piece)) > 0) {
        reply->text = realloc(reply->text, reply->length + (size_t)got + 1);
        memcpy(reply->text + reply->length, piece, (size_t)got);
        reply->length += (size_t)got;
        reply->text[reply->length] = '\0';
    }
    assert_int_equal(got, 0);
    answer->close(answer->stream);
}

static UNUSED struct reply rig_reply(struct sc_answer *answer)
{
    struct reply reply = {.outcome = answer->outcome,
                          .problem = answer->problem,
                          .media = answer->media,
                          .freshness = answer->freshness,
                          .faults = calloc(1, sizeof *reply.faults)};
    if (answer->outcome == SC_OUTCOME_PROBLEM) reply.status = sc_problem_class(answer->problem)->status;
    strcpy(reply.etag, answer->etag);
    strcpy(reply.detail, answer->detail);
    snprintf(reply.location, sizeof reply.location, "%s", answer->location ? answer->location : "");
    snprintf(reply.link, sizeof reply.link, "%s", answer->link ? answer->link : "");
    if (answer->faults) *reply.faults = *answer->faults;
    if (answer->next_piece) rig_pull(answer, &reply);
    const char *bytes = answer->body ? answer->body : answer->fixed;
    if (bytes) {
        reply.text = malloc(answer->body_length + 1);
        memcpy(reply.text, bytes, answer->body_length);
        reply.text[answer->body_length] = '\0';
        reply.length = answer->body_length;
        if (answer->media != SC_MEDIA_CSV) {
            reply.json = json_loads(reply.text, JSON_REJECT_DUPLICATES, NULL);
            assert_non_null(reply.json);
        }
    }
    free(answer->body);
    if (answer->release) answer->release(answer->owner);
    return reply;
}

static UNUSED struct reply rig_ask_with(struct rig *rig, struct sc_reader *reader, sc_use_case *use_case,
                                        struct ask ask)
{
    struct signal signal = {PTHREAD_MUTEX_INITIALIZER, PTHREAD_COND_INITIALIZER, false};
    struct sc_parameter parameter[16];
    struct sc_answer answer = {.outcome = SC_OUTCOME_OK};
    struct sc_arena arena;
    char *query = strdup(ask.query ? ask.query : "");
    char *body = ask.body ? strdup(ask.body) : NULL; /* so that reading past its end is seen */
    sc_arena_init(&arena, ask.arena ? ask.arena : 64 << 20);
    struct sc_call call = {.app = rig->app,
                           .arena = &arena,
                           .reader = reader,
                           .request_id = "test",
                           .target = ask.target ? ask.target : "/v1/test",
                           .path = ask.path ? ask.path : "/v1/test",
                           .argument = {ask.id, ask.second},
                           .parameter = parameter,
                           .parameter_count = rig_query(query, parameter, 16),
                           .body = body,
                           .body_length = body ? strlen(body) : 0,
                           .content = ask.content ? ask.content : SC_MEDIA_JSON,
                           .accept = ask.accept ? ask.accept : SC_MEDIA_JSON,
                           .if_match = ask.if_match,
                           .if_none_match = ask.if_none_match,
                           .answer = &answer,
                           .resume = rig_resume,
                           .delegate = rig_delegate,
                           .threads = 1,
                           .owner = &signal};
    rig_countdown = ask.fail_at;
    bool recalled = ask.target && sc_answer_recall(&call);
    enum sc_progress progress = recalled ? SC_ANSWERED : use_case(&call);
    long left = rig_countdown;
    rig_countdown = 0;
    if (progress == SC_WAITING) {
        pthread_mutex_lock(&signal.lock);
        while (!signal.resumed) pthread_cond_wait(&signal.changed, &signal.lock);
        pthread_mutex_unlock(&signal.lock);
    }
    if (ask.target && !recalled) sc_answer_keep(&call);
    struct reply reply = rig_reply(&answer);
    reply.recalled = recalled;
    reply.fell_short = ask.fail_at > 0 && left == 0;
    sc_arena_fini(&arena);
    free(query);
    free(body);
    return reply;
}

static UNUSED struct reply rig_ask(struct rig *rig, sc_use_case *use_case, struct ask ask)
{
    return rig_ask_with(rig, rig->reader, use_case, ask);
}

static UNUSED void reply_free(struct reply *reply)
{
    json_decref(reply->json);
    free(reply->text);
    free(reply->faults);
}

#define REPLY __attribute__((cleanup(reply_free))) struct reply

static UNUSED const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "(none)";
}

static UNUSED const json_t *document_of(const struct reply *reply)
{
    return json_object_get(reply->json, "document");
}

static UNUSED double number_of(const json_t *object, const char *name)
{
    return json_number_value(json_object_get(object, name));
}

/* Stores a document and returns its id, which the caller frees. */
static UNUSED char *store_document(struct rig *rig, const char *document)
{
    REPLY reply = rig_ask(rig, sc_scenario_create, (struct ask){.body = document});
    if (reply.outcome != SC_OUTCOME_CREATED) fail_msg("not stored: %s", reply.detail);
    return strdup(text_of(reply.json, "id"));
}

/* A change of the document that must be accepted. */
static UNUSED void patch_document(struct rig *rig, const char *id, const char *patch)
{
    REPLY reply = rig_ask(rig, sc_scenario_patch, (struct ask){.id = id, .body = patch, .if_match = "*"});
    if (reply.outcome != SC_OUTCOME_OK) fail_msg("not patched: %s", reply.detail);
}

static UNUSED char *store_variant(struct rig *rig, const char *parent, const char *body)
{
    REPLY reply = rig_ask(rig, sc_variant_create, (struct ask){.id = parent, .body = body});
    if (reply.outcome != SC_OUTCOME_CREATED) fail_msg("not stored: %s", reply.detail);
    return strdup(text_of(reply.json, "id"));
}

/* Stores a set of two scenarios, the second with an override; returns its id, which the caller frees. */
static UNUSED char *store_set(struct rig *rig, const char *one, const char *other)
{
    char body[1024];
    snprintf(
        body, sizeof body,
        "{\"name\":\"Both\",\"price\":95,\"members\":[{\"scenario\":\"%s\",\"weight\":0.4,\"role\":\"bull\"},"
        "{\"scenario\":\"%s\",\"weight\":0.6,\"overrides\":[{\"pointer\":\"/discount/"
        "wacc\",\"value\":0.12}]}]}",
        one, other);
    REPLY reply = rig_ask(rig, sc_set_create, (struct ask){.body = body});
    if (reply.outcome != SC_OUTCOME_CREATED) fail_msg("not stored: %s", reply.detail);
    return strdup(text_of(reply.json, "id"));
}

static UNUSED bool has_fault(const struct reply *reply, enum sc_fault_code code, const char *pointer)
{
    for (size_t i = 0; i < reply->faults->count; i++)
        if (reply->faults->item[i].code == code && strcmp(reply->faults->item[i].pointer, pointer) == 0)
            return true;
    for (size_t i = 0; i < reply->faults->count; i++)
        print_message("  fault %s at %s: %s\n", sc_fault_name(reply->faults->item[i].code),
                      reply->faults->item[i].pointer, reply->faults->item[i].detail);
    return false;
}

static UNUSED bool is_problem(const struct reply *reply, enum sc_problem problem)
{
    if (reply->outcome == SC_OUTCOME_PROBLEM && reply->problem == problem) return true;
    print_message("  outcome %d, %s: %s\n", reply->outcome,
                  reply->outcome == SC_OUTCOME_PROBLEM ? sc_problem_class(reply->problem)->name
                                                       : "no problem",
                  reply->detail);
    return false;
}

static UNUSED void free_id(char **id)
{
    free(*id);
}

#define ID __attribute__((cleanup(free_id))) char *

#endif
