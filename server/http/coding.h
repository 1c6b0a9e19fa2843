/* Answers in gzip, for clients that take it (RFC 9110, 8.4 and 12.5.3). */
#ifndef SC_HTTP_CODING_H
#define SC_HTTP_CODING_H

#include "secondchair/call.h"

enum { SC_CODED_TAG_MAX = SC_ETAG_MAX + 8 };

/* What a client takes. */
struct sc_coding {
    bool gzip;         /* it is wanted */
    bool not_as_it_is; /* nothing else is */
};

/* Reads an Accept-Encoding, or NULL. False: nothing that we have is accepted. */
bool sc_coding_read(struct sc_coding *coding, const char *accept_encoding)
    __attribute__((warn_unused_result));

/* Whether such answers are ever compressed: of events each is to be seen at once. */
static inline bool sc_coding_applies(const struct sc_answer *answer)
{
    return answer->media != SC_MEDIA_EVENTS;
}

/* Compresses the bytes of an answer where that is worth it and they are not more than so many; pieces, as
 * they come. Sets answer->coded where it did. */
void sc_code(const struct sc_coding *coding, struct sc_answer *answer, size_t most);
void sc_code_pieces(const struct sc_coding *coding, struct sc_answer *answer);

/* The tag of an answer as it is coded: another one, for other bytes. */
const char *sc_coded_tag(const char *etag, char coded[SC_CODED_TAG_MAX]);

/* Takes from a list of tags what says that they are of coded answers, in place: what they name is the same.
 */
void sc_coding_strip(char *tags);

#endif
