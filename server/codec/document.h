/* Scenario documents: from JSON to a compiled plan, and what the table of fields says of them. */
#ifndef SC_CODEC_DOCUMENT_H
#define SC_CODEC_DOCUMENT_H

#include "secondchair/fault.h"
#include "secondchair/plan.h"

#include <jansson.h>

struct sc_arena;
struct sc_json_writer;
struct sc_uncertainty;

/* The plan of a document, in the arena, its texts borrowed from the document (which must outlive it); or
 * NULL, and then faults holds every fault found: of shape (unknown members with a suggestion, types, ranges,
 * lengths), and, where the shape is sound, of sense (sc_plan_link). No fault and NULL means that the arena is
 * exhausted. */
struct sc_plan *sc_document_compile(const json_t *document, struct sc_arena *arena, struct sc_faults *faults);

/* Puts the overrides of a question, [{"pointer", "value"}], at most 256, into a new copy of the document.
 * Only drivers can be moved: a pointer must name a number or a whole path of the table, there or absent (an
 * absent object on the way is put in where nothing else is required in it), or a number inside a path, an
 * element, points or the uncertainty that are there; never `schema`, a text, a date, a choice or sources. A
 * value must be a number (for a path any of its forms); ranges and lengths are for sc_document_compile to
 * check. No two pointers may be the same, or one below the other. Faults carry pointers into the overrides:
 * /overrides/0/pointer. NULL on any fault; overrides NULL are none. */
json_t *sc_document_override(const json_t *document, const json_t *overrides, struct sc_faults *faults);

/* Whether a number of a document that compiled may be any other within its bounds, so that the plan with that
 * number in its slot is the plan of the document with that number in it. holder is what the number stands in.
 */
bool sc_document_is_movable(const struct sc_plan *plan, sc_slot slot, const json_t *holder);

/* The override that "?set=POINTER:NUMBER" means, as a new {"pointer", "value"}; NULL when the text is none.
 */
json_t *sc_document_parse_set(const char *text);

/* What an `uncertainty` at a place, "/uncertainty", says of the drivers of a document and its plan (MODEL
 * 10): the document's own, or one that takes its place. In the arena; pointers are borrowed from it. False
 * with every fault found, of shape and of sense: pointers that name no number of the document, a driver named
 * twice, parameters that do not belong to the kind or that it needs, a distribution with no part within its
 * driver's bounds, a matrix that is no correlation matrix of the drivers. False without a fault: the arena is
 * exhausted. */
bool sc_uncertainty_compile(const json_t *uncertainty, const json_t *document, const struct sc_plan *plan,
                            const char *place, struct sc_arena *arena, struct sc_uncertainty *out,
                            struct sc_faults *faults) __attribute__((warn_unused_result));

/* Where the numbers of a plan come from: "override" at and below a pointer of overrides; "parent" or
 * "document" for a variant, whose own overlay's pointers are "document" and all else "parent"; "document"
 * where overlay is NULL; "default" where the document is silent. False when memory is short; always pair with
 * sc_origins_fini. Borrows both. */
struct sc_origins {
    const char **own, **moved;
    size_t own_count, moved_count;
    bool is_variant;
};
bool sc_origins_init(struct sc_origins *origins, const json_t *overlay, const json_t *overrides)
    __attribute__((warn_unused_result));
const char *sc_origin_of(const struct sc_origins *origins, const struct sc_plan *plan, sc_slot slot,
                         const char *pointer);
void sc_origins_fini(struct sc_origins *origins);

/* Every driver of the plan as an array of {"pointer", "value", "unit", "group", "origin"}. */
void sc_document_write_inputs(const struct sc_plan *plan, const json_t *overlay, const json_t *overrides,
                              struct sc_json_writer *writer);

/* The JSON Schema 2020-12 of the document, from the table. */
void sc_document_write_schema(struct sc_json_writer *writer);

#endif
