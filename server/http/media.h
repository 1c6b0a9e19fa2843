/* Media types: their names, what a body's Content-Type says, and which of several a client's Accept prefers.
 */
#ifndef SC_HTTP_MEDIA_H
#define SC_HTTP_MEDIA_H

#include "secondchair/call.h"

/* The Content-Type that an answer of this type carries, with its charset. */
const char *sc_media_type(enum sc_media media);

/* The names of a set of media types, separated by commas; cut to size. Returns out. */
char *sc_media_names(unsigned set, char *out, size_t size);

/* The type of a body; SC_MEDIA_NONE for one we do not know, or with another charset than UTF-8. */
enum sc_media sc_media_of_content_type(const char *content_type) __attribute__((pure));

/* The one of offered (count of them, the first is the default) that accept prefers by its q-values, the
 * earlier one of equals; SC_MEDIA_NONE when it accepts none. accept NULL takes anything. */
enum sc_media sc_media_negotiate(const char *accept, const enum sc_media *offered, size_t count)
    __attribute__((pure));

/* What a field like Accept-Encoding says of a coding, in thousandths; -1: nothing. */
int sc_coding_quality(const char *field, const char *coding);

#endif
