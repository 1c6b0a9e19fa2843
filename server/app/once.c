#include "once.h"

#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "codec/canonical.h"
#include "request.h"
#include "state.h"

#include <nettle/sha2.h>
#include <sodium.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { KEY_MAX = 255 };

/* Characters that are seen. */
static bool is_key(const char *text)
{
    size_t length = strlen(text);
    for (size_t i = 0; i < length; i++)
        if (text[i] <= ' ' || text[i] > '~') return false;
    return length >= 1 && length <= KEY_MAX;
}

static void add_text(struct sha256_ctx *state, const char *text)
{
    sha256_update(state, strlen(text) + 1, (const uint8_t *)text);
}

/* A digest of what is asked: method, address, type and bytes of the body. */
static const char *request_digest(struct sc_call *call)
{
    uint8_t digest[SHA256_DIGEST_SIZE];
    char hex[SC_DIGEST_TEXT], content[16];
    struct sha256_ctx state;
    sha256_init(&state);
    add_text(&state, call->method);
    add_text(&state, call->target);
    snprintf(content, sizeof content, "%d", (int)call->content);
    add_text(&state, content);
    if (call->body) sha256_update(&state, call->body_length, (const uint8_t *)call->body);
    sha256_digest(&state, sizeof digest, digest);
    sodium_bin2hex(hex, sizeof hex, digest, sizeof digest);
    return sc_call_text(call, hex);
}

/* The answer that the key has, where it was asked for the same; else a problem. */
static void give(struct sc_call *call, const struct sc_once_answer *kept)
{
    struct sc_answer *answer = call->answer;
    free(answer->body);
    *answer = (struct sc_answer){.outcome = SC_OUTCOME_OK};
    if (strcmp(kept->request, call->once->request) != 0) {
        sc_call_fail(call, SC_PROBLEM_idempotency_key_reused,
                     "Another request came with this Idempotency-Key; each needs a key of its own");
        return;
    }
    if (kept->body) answer->body = malloc(kept->length + 1);
    if (kept->body && !answer->body) {
        sc_call_exhausted(call);
        return;
    }
    if (kept->body) memcpy(answer->body, kept->body, kept->length);
    answer->body_length = kept->length;
    answer->outcome = (enum sc_outcome)kept->outcome;
    answer->media = (enum sc_media)kept->media;
    snprintf(answer->etag, sizeof answer->etag, "%s", kept->etag);
    answer->location = kept->location;
}

/* Gives the answer that is kept; OK where there is one. */
static enum sc_store_status look(struct sc_call *call)
{
    const struct sc_once *once = call->once;
    struct sc_once_answer kept;
    uint64_t start = sc_clock_nanoseconds();
    enum sc_store_status status = sc_reader_once(call->reader, once->key, once->keep.age, call->arena, &kept);
    sc_call_spent(call, SC_STAGE_DB, start);
    if (status == SC_STORE_OK) give(call, &kept);
    return status;
}

bool sc_once_begin(struct sc_call *call)
{
    if (!is_key(call->once_key)) {
        sc_call_fail(call, SC_PROBLEM_bad_request,
                     "An Idempotency-Key has from 1 to %d visible ASCII characters and no spaces", KEY_MAX);
        return false;
    }
    if (!sc_call_reader(call)) return false;
    struct sc_once *once = call->once = sc_arena_alloc(call->arena, sizeof *once);
    const char *request = request_digest(call);
    if (!once || !request) return sc_call_exhausted(call), false;
    *once = (struct sc_once){
        .key = call->once_key, .request = request, .keep = call->app->once, .arena = call->arena};
    enum sc_store_status status = look(call);
    if (status != SC_STORE_OK && status != SC_STORE_NOT_FOUND)
        sc_call_store_problem(call, SC_RECORD_SCENARIO, status, "");
    return status == SC_STORE_NOT_FOUND;
}

void sc_once_settle(struct sc_call *call)
{
    (void)look(call); /* where that fails the answer stands as it is */
}

bool sc_once_submit(struct sc_call *call, struct sc_write *write, bool (*compose)(struct sc_write *write))
{
    write->once = call->once;
    if (call->once) call->once->compose = compose;
    return sc_store_submit(call->app->store, write);
}

bool sc_once_keep(struct sc_call *call)
{
    const struct sc_answer *answer = call->answer;
    if (answer->outcome == SC_OUTCOME_PROBLEM) return false;
    if (!call->once) return true;
    struct sc_once_answer *kept = &call->once->answer;
    kept->outcome = (int)answer->outcome;
    kept->media = (int)answer->media;
    kept->etag = answer->etag;
    kept->location = answer->location;
    kept->body = answer->body;
    kept->length = answer->body_length;
    return true;
}

bool sc_once_finish(struct sc_call *call, struct sc_write *write, bool (*compose)(struct sc_write *write))
{
    if (write->status == SC_STORE_OK) {
        if (!call->once) (void)compose(write);
        return true;
    }
    if (write->status == SC_STORE_REPEATED) {
        give(call, &call->once->answer);
        return true;
    }
    free(call->answer->body); /* of what was written and undone */
    *call->answer = (struct sc_answer){.outcome = SC_OUTCOME_OK};
    return false;
}
