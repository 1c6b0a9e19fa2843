/* From what is stored to a document: a variant is an overlay on its parent's document, which may be a variant
 * itself. As it is now it follows its parent's newest revision; a revision of it is over that revision of its
 * parent over which it was written. A chain is all that is needed of the store for that, read once. */
#ifndef SC_APP_RESOLVE_H
#define SC_APP_RESOLVE_H

#include "codec/canonical.h"
#include "secondchair/call.h"
#include "secondchair/store.h"
#include "subject.h"

#include <jansson.h>

enum { SC_CHAIN_MAX = 8 }; /* a document and seven variants of variants; each costs a copy of the document */

enum { SC_VERSION_MAX = 80 }; /* the revisions of a chain as a text */

struct sc_chain {
    struct sc_record record[SC_CHAIN_MAX]; /* the one asked for, its parent, … */
    size_t count;
    char version[SC_VERSION_MAX]; /* the revisions, own first: "2.5" */
};

/* Of a scenario or a set, whose chain is itself. revision 0: as it is now; another: as that revision was
 * written. BROKEN too where a parent is missing or the chain is longer than SC_CHAIN_MAX. Deleted parents
 * serve their variants; that the first is deleted is for the caller to see. */
enum sc_store_status sc_chain_load(struct sc_reader *reader, enum sc_record_type type, const char *id,
                                   int64_t revision, struct sc_arena *arena, struct sc_chain *chain)
    __attribute__((warn_unused_result));

/* The revisions beyond the scenario's own, ".5"; "" where it has no parent. Borrowed from the chain. */
const char *sc_chain_parents(const struct sc_chain *chain);

/* The document of record[index], new reference. NULL with faults where an overlay does not fit its parent:
 * *broken is then the index of that variant; NULL without faults when memory is short or a body cannot be
 * read. */
json_t *sc_chain_document(const struct sc_chain *chain, size_t index, struct sc_faults *faults,
                          size_t *broken) __attribute__((warn_unused_result));

/* The first revision of a record's parents, "3.5", which are moved on; 0 at their end. */
int64_t sc_parents_next(const char **parents);

/* Is this the chain over which its newest revision was written? Then that one's digest holds. */
bool sc_chain_is_as_written(const struct sc_chain *chain);

/* A stored body as JSON, new reference, or NULL. */
json_t *sc_record_body(const struct sc_record *record) __attribute__((warn_unused_result));

/* A variant's body {"name", "overrides"}, new reference, or NULL. */
json_t *sc_variant_body(const char *name, json_t *overrides) __attribute__((warn_unused_result));

/* The overrides that a request for a variant {"name", "overrides", "description"?, "tags"?} means, new
 * reference; NULL when memory is short. */
json_t *sc_variant_overlay(const json_t *request) __attribute__((warn_unused_result));

/* The document that a variant's body {"name", "overrides"} makes of its parent's document, new reference.
 * NULL as above. */
json_t *sc_variant_document(const json_t *parent, const json_t *body, struct sc_faults *faults)
    __attribute__((warn_unused_result));

/* Faults of a variant's overrides that can be seen without its parent: their shape, malformed pointers, and
 * those to the parent's schema and name. */
void sc_overlay_check(const json_t *overrides, struct sc_faults *faults);

/* True when the document compiles, its uncertainty too, and has a value. False with faults, or without when
 * memory is short. Books nothing. */
bool sc_document_is_valid(const json_t *document, struct sc_faults *faults);

/* Loads the chain of what must be there: and living, unless deleted is true. False: a problem. */
bool sc_call_chain(struct sc_call *call, enum sc_record_type type, const char *id, int64_t revision,
                   bool deleted, struct sc_chain *chain) __attribute__((warn_unused_result));

/* The document of record[0], new reference, and its digest; NULL: a problem, variant_not_applicable where the
 * variant does not fit its parent. compile: also where what it makes is not valid. (A document that is no
 * variant is not compiled again: it was when stored.) Books the time. */
json_t *sc_call_chain_document(struct sc_call *call, const struct sc_chain *chain, bool compile,
                               char sha256[SC_DIGEST_TEXT]) __attribute__((warn_unused_result));

/* Says that a variant does not fit its parent. */
enum sc_progress sc_call_unfit(struct sc_call *call, const struct sc_record *variant,
                               const struct sc_faults *faults);

#endif
