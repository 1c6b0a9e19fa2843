#include "kept.h"

#include "base/arena.h"
#include "base/etag.h"
#include "budget.h"
#include "cache.h"
#include "secondchair/store.h"
#include "state.h"

#include <stdlib.h>
#include <string.h>

/* What stands first is the cache's, so that the one is the other. */
struct kept {
    struct sc_cached front;
    enum sc_media media;
    enum sc_freshness freshness;
    char etag[SC_ETAG_MAX];
    size_t body_length;
    const char *link; /* or NULL */
    char *body;
    _Atomic(char *) gzipped; /* malloc'd; NULL until somebody wants it */
    atomic_size_t gzipped_length;
    char key[]; /* then the link's text and the body */
};

/* Room for the body compressed is counted from the start: what takes more is not kept. */
static size_t gzipped_most(const struct kept *kept)
{
    return kept->body_length / 2;
}

/* The first to come with it stays: they are all the same. A copy, for the room they were written into is
 * larger. */
static const char *adopt(void *owner, const char *gzipped, size_t length)
{
    struct kept *kept = owner;
    char *none = NULL, *copy = length <= gzipped_most(kept) ? malloc(length) : NULL;
    if (!copy) return NULL;
    memcpy(copy, gzipped, length);
    atomic_store(&kept->gzipped_length, length);
    if (atomic_compare_exchange_strong(&kept->gzipped, &none, copy)) return copy;
    free(copy);
    return none;
}

static void free_kept(struct sc_cached *front)
{
    struct kept *kept = (struct kept *)(void *)front;
    free(kept->gzipped);
    free(kept);
}

static void release(void *owner)
{
    sc_cached_release(owner);
}

/* What the answer depends on beside the store: types, address, body. 0 where it is too long for a key. */
static size_t key_length(const struct sc_call *call)
{
    if (call->body_length > SC_KEPT_BODY_MAX) return 0;
    return 2 * sizeof(enum sc_media) + strlen(call->target) + 1 + call->body_length;
}

static void write_key(const struct sc_call *call, char *key)
{
    size_t target = strlen(call->target) + 1;
    memcpy(key, &call->accept, sizeof call->accept);
    memcpy(key += sizeof call->accept, &call->content, sizeof call->content);
    memcpy(key += sizeof call->content, call->target, target);
    if (call->body_length) memcpy(key + target, call->body, call->body_length);
}

/* Fills the answer in; it has the caller's share of what is kept until it is sent. */
static void give(struct sc_call *call, struct kept *kept)
{
    struct sc_answer *answer = call->answer;
    answer->media = kept->media;
    answer->freshness = kept->freshness;
    memcpy(answer->etag, kept->etag, sizeof answer->etag);
    answer->link = kept->link;
    answer->owner = kept;
    answer->release = release;
    if (*kept->etag && sc_etag_matches(call->if_none_match, kept->etag)) {
        answer->outcome = SC_OUTCOME_NOT_MODIFIED;
        return;
    }
    answer->fixed = kept->body;
    answer->body_length = kept->body_length;
    answer->adopt = adopt;
    answer->gzipped = atomic_load(&kept->gzipped);
    answer->gzipped_length = atomic_load(&kept->gzipped_length);
}

bool sc_answer_recall(struct sc_call *call)
{
    struct sc_app *app = call->app;
    call->generation = sc_store_generation(app->store);
    size_t length = key_length(call);
    char *key = length && app->answers ? sc_arena_alloc(call->arena, length) : NULL;
    if (!key || call->generation % 2) return false;
    write_key(call, key);
    struct sc_cached *found = sc_cache_find(app->answers, key, length);
    if (found && atomic_load_explicit(&found->generation, memory_order_relaxed) == call->generation) {
        give(call, (struct kept *)(void *)found);
        return true;
    }
    sc_cached_release(found);
    return false;
}

static bool may_be_kept(const struct sc_call *call)
{
    const struct sc_answer *answer = call->answer;
    return answer->outcome == SC_OUTCOME_OK && answer->body && answer->freshness != SC_FRESH_NO_STORE &&
           answer->media != SC_MEDIA_EVENTS && call->generation % 2 == 0 && key_length(call) > 0;
}

/* All in one piece: the end of a larger one given back would leave a gap that no other answer fits into. */
static struct kept *make_kept(const struct sc_call *call)
{
    const struct sc_answer *answer = call->answer;
    size_t key = key_length(call), link = answer->link ? strlen(answer->link) + 1 : 0;
    size_t bytes = sizeof(struct kept) + key + link + answer->body_length;
    struct kept *kept = malloc(bytes);
    if (!kept) return NULL;
    *kept = (struct kept){.front = {.key = kept->key, .key_length = key, .free = free_kept},
                          .media = answer->media,
                          .freshness = answer->freshness,
                          .body = kept->key + key + link,
                          .body_length = answer->body_length};
    kept->front.bytes = bytes + gzipped_most(kept);
    atomic_init(&kept->front.generation, call->generation);
    sc_cached_init(&kept->front);
    memcpy(kept->etag, answer->etag, sizeof kept->etag);
    write_key(call, kept->key);
    if (link) kept->link = memcpy(kept->key + key, answer->link, link);
    memcpy(kept->body, answer->body, answer->body_length);
    return kept;
}

void sc_answer_keep(struct sc_call *call)
{
    struct sc_answer *answer = call->answer;
    if (!call->app->answers || !may_be_kept(call)) return;
    struct kept *kept = make_kept(call);
    if (!kept) return;
    sc_cache_put(call->app->answers, &kept->front);
    free(answer->body);
    answer->body = NULL;
    answer->fixed = kept->body;
    answer->owner = kept;
    answer->release = release;
    answer->adopt = adopt;
}
