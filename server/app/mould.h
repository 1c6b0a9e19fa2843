/* A scenario with the same numbers moved again and again: compiled once, filled for each question. The plan
 * and the digest are those that putting the overrides into the document and compiling it would give. Never
 * changes, so threads may share it. */
#ifndef SC_APP_MOULD_H
#define SC_APP_MOULD_H

#include "codec/canonical.h"
#include "secondchair/plan.h"

#include <jansson.h>
#include <stdbool.h>

struct sc_arena;
struct sc_cache;
struct sc_mould;

enum { SC_MOULD_MOVES_MAX = SC_STENCIL_GAPS_MAX };

/* For overrides of these pointers. NULL where memory is short or the overrides have a fault; a mould that can
 * fill nothing where other values might have another structure. One owner. */
struct sc_mould *sc_mould_new(const json_t *document, const json_t *overrides);

/* The mould in a cache that these overrides of a document with that digest fit: NULL, or shared; to be
 * released. */
struct sc_mould *sc_mould_kept(struct sc_cache *cache, const char *sha256, const json_t *overrides);

/* Keeps a new mould of that document there. */
void sc_mould_keep(struct sc_cache *cache, const char *sha256, struct sc_mould *mould);

struct sc_mould *sc_mould_share(struct sc_mould *mould);
void sc_mould_release(struct sc_mould *mould);

/* Whether a question's overrides move the same, each to a number. */
bool sc_mould_fits(const struct sc_mould *mould, const json_t *overrides) __attribute__((pure));

/* The values of overrides that fit; false where the mould cannot be filled with them: they are out of bounds,
 * or no values would do. */
bool sc_mould_read(const struct sc_mould *mould, const json_t *overrides, double value[SC_MOULD_MOVES_MAX]);

/* The plan with those values, in the arena; NULL when it is exhausted. */
const struct sc_plan *sc_mould_fill(const struct sc_mould *mould, const double *value,
                                    struct sc_arena *arena);

/* The digest of the document with those values. */
void sc_mould_digest(const struct sc_mould *mould, const double *value, char sha256[SC_DIGEST_TEXT]);

/* The plan with the values of the first question, how many slots move, and which. */
const struct sc_plan *sc_mould_plan(const struct sc_mould *mould);
size_t sc_mould_moves(const struct sc_mould *mould);
sc_slot sc_mould_slot(const struct sc_mould *mould, size_t move);

#endif
