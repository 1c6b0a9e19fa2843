/* Changes to documents: merge patches (RFC 7396), JSON Patches (RFC 6902) and overlays, the list of overrides
 * by which a variant differs from its parent. Inputs stay as they are and are nested no deeper than
 * SC_JSON_DEPTH_MAX; results are new documents, nested no deeper either, which the caller decrefs. */
#ifndef SC_CODEC_PATCH_H
#define SC_CODEC_PATCH_H

#include "secondchair/fault.h"

#include <jansson.h>

enum {
    SC_PATCH_COPIES_MAX = 20000
}; /* values that the copy operations of one patch may make: they double quickly */

/* NULL when memory is short. */
json_t *sc_merge_patch(const json_t *target, const json_t *patch) __attribute__((warn_unused_result));

/* All operations or none: NULL, with faults whose pointers lead into the patch ("/2/path"), when one is
 * malformed (all of those are reported) or cannot be applied (the first): bad_patch, test_failed. */
json_t *sc_json_patch(const json_t *target, const json_t *operations, struct sc_faults *faults)
    __attribute__((warn_unused_result));

/* The document with [{"pointer", "value"}] applied in order: null takes the member or element out (it must be
 * there), "-" appends to an array, anything else replaces or adds. No overrides (NULL or null) give a copy.
 * NULL with all faults, their pointers being "/overrides/<i>/pointer" and the like: bad_pointer, wrong_type,
 * missing. */
json_t *sc_overlay_apply(const json_t *document, const json_t *overrides, struct sc_faults *faults)
    __attribute__((warn_unused_result));

/* The overrides that turn parent into child, both objects; empty when they are the same. A member that child
 * lacks is null; arrays of different lengths are given as a whole, and so is what holds a null of the child's
 * own. (A null directly in the root cannot be said and counts as absent.) NULL when memory is short, when one
 * is no object or a key of the root is too long for a pointer. */
json_t *sc_overlay_between(const json_t *parent, const json_t *child) __attribute__((warn_unused_result));

#endif
