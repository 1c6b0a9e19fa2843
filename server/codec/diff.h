/* What turns one document into another, as a JSON Patch (RFC 6902). */
#ifndef SC_CODEC_DIFF_H
#define SC_CODEC_DIFF_H

#include <jansson.h>

/* A new array of add, remove and replace operations that sc_json_patch makes `to` of `from` with; empty when
 * they are the same. Objects are compared by member; arrays after their common beginning and end by position.
 * A part whose members' pointers would be SC_POINTER_MAX or longer is replaced as a whole. Inputs are nested
 * no deeper than SC_JSON_DEPTH_MAX. NULL when memory is short. The caller decrefs. */
json_t *sc_json_diff(const json_t *from, const json_t *to) __attribute__((warn_unused_result));

#endif
