/* JSON values that threads share. jansson counts references atomically but looks at the count first in a way
 * that is a race; of a frozen value, as of its own constants, it counts none. */
#ifndef SC_CODEC_FROZEN_H
#define SC_CODEC_FROZEN_H

#include <jansson.h>

/* From now on the value and all in it may be read, copied and referred to by any thread, and changed by none.
 * It has one owner, and no part of it another one. NULL is passed over. */
void sc_json_freeze(json_t *value);

/* Makes it the owner's alone again, for its json_decref: no other reference to any of it may be left. */
void sc_json_thaw(json_t *value);

/* About how many bytes of memory a value takes with all in it; NULL takes none. */
size_t sc_json_weight(const json_t *value);

#endif
