#include "mould.h"

#include "base/arena.h"
#include "cache.h"
#include "codec/document.h"
#include "codec/frozen.h"
#include "codec/pointer.h"
#include "secondchair/field.h"
#include "secondchair/limits.h"

#include <stdlib.h>
#include <string.h>

/* What stands first is the cache's, so that the one is the other. */
struct sc_mould {
    struct sc_cached cached;
    char *key;         /* NULL while it is not kept */
    json_t *overrides; /* of the first question: the pointers */
    json_t *document;  /* with them put in: the plan has texts of it */
    struct sc_arena arena;
    const struct sc_plan *plan;
    struct sc_stencil *stencil; /* NULL: nothing can be filled */
    size_t moves;
    sc_slot slot[SC_MOULD_MOVES_MAX];
};

static const char *pointer_of(const json_t *overrides, size_t index)
{
    return json_string_value(json_object_get(json_array_get(overrides, index), "pointer"));
}

/* {"pointer": a text, "value": a number} and nothing else. */
static bool moves_number(const json_t *override)
{
    return json_object_size(override) == 2 && json_is_string(json_object_get(override, "pointer")) &&
           json_is_number(json_object_get(override, "value"));
}

static bool moves_numbers(const json_t *overrides)
{
    for (size_t i = 0; i < json_array_size(overrides); i++)
        if (!moves_number(json_array_get(overrides, i))) return false;
    return json_array_size(overrides) > 0;
}

/* Finds the slot of a move and its number in the document; false where it is more than a number that moves
 * freely. */
static bool find_move(struct sc_mould *mould, size_t move, const json_t **number)
{
    const char *pointer = pointer_of(mould->overrides, move);
    char last[SC_POINTER_MAX];
    json_t *holder = NULL;
    *number = sc_pointer_get(mould->document, pointer);
    mould->slot[move] = sc_plan_find(mould->plan, pointer);
    return json_is_number(*number) && mould->slot[move] != SC_NO_SLOT &&
           sc_pointer_parent(mould->document, pointer, &holder, last) == SC_POINTER_OK &&
           sc_document_is_movable(mould->plan, mould->slot[move], holder);
}

/* False when memory is short. */
static bool open_gaps(struct sc_mould *mould)
{
    const json_t *number[SC_MOULD_MOVES_MAX];
    size_t count = json_array_size(mould->overrides);
    if (count > SC_MOULD_MOVES_MAX) return true;
    for (size_t i = 0; i < count; i++)
        if (!find_move(mould, i, &number[i])) return true;
    mould->moves = count;
    mould->stencil = sc_stencil_new(mould->document, number, count);
    return mould->stencil;
}

static bool compile(struct sc_mould *mould, const json_t *document)
{
    struct sc_faults *faults = calloc(1, sizeof *faults);
    if (faults) mould->document = sc_document_override(document, mould->overrides, faults);
    if (mould->document) mould->plan = sc_document_compile(mould->document, &mould->arena, faults);
    free(faults);
    return mould->plan;
}

static void free_mould(struct sc_cached *cached)
{
    struct sc_mould *mould = (struct sc_mould *)(void *)cached;
    sc_stencil_free(mould->stencil);
    sc_arena_fini(&mould->arena);
    json_decref(mould->document);
    json_decref(mould->overrides);
    free(mould->key);
    free(mould);
}

struct sc_mould *sc_mould_new(const json_t *document, const json_t *overrides)
{
    struct sc_mould *mould = moves_numbers(overrides) ? calloc(1, sizeof *mould) : NULL;
    if (!mould) return NULL;
    sc_cached_init(&mould->cached);
    mould->cached.free = free_mould;
    sc_arena_init(&mould->arena, SC_LIMIT_ARENA);
    mould->overrides = json_deep_copy(overrides);
    if (mould->overrides && compile(mould, document) && open_gaps(mould)) return mould;
    sc_mould_release(mould);
    return NULL;
}

struct sc_mould *sc_mould_share(struct sc_mould *mould)
{
    sc_cached_share(&mould->cached);
    return mould;
}

void sc_mould_release(struct sc_mould *mould)
{
    if (mould) sc_cached_release(&mould->cached);
}

/* "m", the digest, and each pointer on a line: all that a mould depends on. malloc'd; NULL where the
 * overrides fit no mould, or memory is short. */
static char *make_key(const char *sha256, const json_t *overrides)
{
    size_t count = json_array_size(overrides), length = 1 + SC_DIGEST_TEXT;
    if (count > SC_MOULD_MOVES_MAX || !moves_numbers(overrides)) return NULL;
    for (size_t i = 0; i < count; i++) length += 1 + strlen(pointer_of(overrides, i));
    char *key = malloc(length), *at = key;
    if (!key) return NULL;
    *at++ = 'm';
    at = stpcpy(at, sha256);
    for (size_t i = 0; i < count; i++) {
        *at++ = '\n';
        at = stpcpy(at, pointer_of(overrides, i));
    }
    return key;
}

struct sc_mould *sc_mould_kept(struct sc_cache *cache, const char *sha256, const json_t *overrides)
{
    char *key = make_key(sha256, overrides);
    struct sc_cached *found = key ? sc_cache_find(cache, key, strlen(key)) : NULL;
    free(key);
    return (struct sc_mould *)(void *)found;
}

void sc_mould_keep(struct sc_cache *cache, const char *sha256, struct sc_mould *mould)
{
    mould->key = make_key(sha256, mould->overrides);
    if (!mould->key) return;
    mould->cached.key = mould->key;
    mould->cached.key_length = strlen(mould->key);
    mould->cached.bytes = sizeof *mould + mould->arena.used + sc_json_weight(mould->document) +
                          sc_json_weight(mould->overrides) + sc_stencil_weight(mould->stencil);
    sc_cache_put(cache, &mould->cached);
}

bool sc_mould_fits(const struct sc_mould *mould, const json_t *overrides)
{
    size_t count = json_array_size(mould->overrides);
    if (json_array_size(overrides) != count) return false;
    for (size_t i = 0; i < count; i++)
        if (!moves_number(json_array_get(overrides, i)) ||
            strcmp(pointer_of(overrides, i), pointer_of(mould->overrides, i)) != 0)
            return false;
    return true;
}

bool sc_mould_read(const struct sc_mould *mould, const json_t *overrides, double value[SC_MOULD_MOVES_MAX])
{
    for (size_t i = 0; i < mould->moves; i++) {
        const json_t *number = json_object_get(json_array_get(overrides, i), "value");
        value[i] = json_number_value(number) + 0.0; /* -0 becomes 0 */
        if (!sc_field_allows(sc_plan_bounds(mould->plan, mould->slot[i]), value[i])) return false;
    }
    return mould->stencil;
}

const struct sc_plan *sc_mould_fill(const struct sc_mould *mould, const double *value, struct sc_arena *arena)
{
    struct sc_plan *plan = sc_arena_alloc(arena, sizeof *plan);
    double *driver = sc_arena_array(arena, mould->plan->slots, sizeof *driver);
    if (!plan || !driver) return NULL;
    memcpy(driver, mould->plan->driver, mould->plan->slots * sizeof *driver);
    for (size_t i = 0; i < mould->moves; i++) driver[mould->slot[i]] = value[i];
    *plan = *mould->plan;
    plan->driver = driver;
    return plan;
}

void sc_mould_digest(const struct sc_mould *mould, const double *value, char sha256[SC_DIGEST_TEXT])
{
    sc_stencil_digest(mould->stencil, value, sha256);
}

const struct sc_plan *sc_mould_plan(const struct sc_mould *mould)
{
    return mould->plan;
}

size_t sc_mould_moves(const struct sc_mould *mould)
{
    return mould->moves;
}

sc_slot sc_mould_slot(const struct sc_mould *mould, size_t move)
{
    return mould->slot[move];
}
