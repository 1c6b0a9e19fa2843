/* The request target, taken apart from the bytes that were sent: libmicrohttpd's own decoding turns %2F into
 * a separator and cuts at %00. Decoding is per segment, so that %2F inside one is data. */
#ifndef SC_HTTP_URI_H
#define SC_HTTP_URI_H

#include "secondchair/call.h"
#include "secondchair/limits.h"

struct sc_uri {
    const char *path;                       /* as sent, without the query; "*" for the whole server */
    const char *segment[SC_LIMIT_SEGMENTS]; /* decoded, terminated UTF-8; none for "/" */
    size_t segment_count;                   /* SC_LIMIT_SEGMENTS + 1 when there are more */
    struct sc_parameter *parameter;         /* in the arena */
    size_t parameter_count;
};

/* What sc_uri_read answers when memory is short, which is not the client's fault. */
extern const char SC_URI_NO_MEMORY[];

/* Takes raw apart into memory of the arena. NULL, or what is wrong with it, as a sentence. The scheme and
 * authority of an absolute target are passed over. In the query '+' is a space, as forms send it. */
const char *sc_uri_read(struct sc_uri *uri, const char *raw, struct sc_arena *arena)
    __attribute__((warn_unused_result));

#endif
