#include "coding.h"

#include "media.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

/* The cheapest level leaves a tenth more of JSON than the dearest, in half the time: 8 us a KiB. */
enum { LEVEL = 1, MEMORY = 8, WINDOW_GZIP = 15 + 16, WORTH_BYTES = 1024 };
#define SUFFIX "-gzip"

bool sc_coding_read(struct sc_coding *coding, const char *accept_encoding)
{
    *coding = (struct sc_coding){.gzip = false};
    if (!accept_encoding) return true;
    int gzip = sc_coding_quality(accept_encoding, "gzip"), old = sc_coding_quality(accept_encoding, "x-gzip"),
        identity = sc_coding_quality(accept_encoding, "identity");
    if (gzip < 0) gzip = old;
    coding->gzip = gzip > 0 && gzip >= identity;
    coding->not_as_it_is = identity == 0;
    return coding->gzip || identity != 0;
}

/* ---- whole answers ---- */

static bool begin(z_stream *stream)
{
    *stream = (z_stream){.zalloc = Z_NULL};
    return deflateInit2(stream, LEVEL, Z_DEFLATED, WINDOW_GZIP, MEMORY, Z_DEFAULT_STRATEGY) == Z_OK;
}

/* The interface lacks const; what it reads it does not change. */
static Bytef *bytes_of(const char *text)
{
    union {
        const char *text;
        Bytef *bytes;
    } either = {text};
    return either.bytes;
}

/* malloc'd; NULL when memory is short. */
static char *compress_bytes(const char *bytes, size_t length, size_t *compressed)
{
    z_stream stream;
    if (length > UINT32_MAX / 2 || !begin(&stream)) return NULL;
    size_t room = deflateBound(&stream, length);
    char *out = malloc(room);
    stream.next_in = bytes_of(bytes);
    stream.avail_in = (uInt)length;
    stream.next_out = (Bytef *)out;
    stream.avail_out = (uInt)room;
    bool done = out && deflate(&stream, Z_FINISH) == Z_STREAM_END;
    *compressed = stream.total_out;
    deflateEnd(&stream);
    if (done) return out;
    free(out);
    return NULL;
}

static void take(struct sc_answer *answer, const char *fixed, size_t length)
{
    answer->fixed = fixed;
    answer->body_length = length;
    answer->coded = true;
}

/* Compressed bytes, malloc'd, take the place of the answer's own. */
static void replace(struct sc_answer *answer, char *out, size_t length)
{
    const char *adopted = answer->adopt ? answer->adopt(answer->owner, out, length) : NULL;
    if (adopted) {
        free(out);
        take(answer, adopted, length);
    } else {
        free(answer->body);
        answer->body = out;
        take(answer, NULL, length);
    }
}

void sc_code(const struct sc_coding *coding, struct sc_answer *answer, size_t most)
{
    const char *bytes = answer->body ? answer->body : answer->fixed;
    size_t length = answer->body_length, compressed;
    if (!coding->gzip || !bytes || answer->coded || !sc_coding_applies(answer)) return;
    if (!coding->not_as_it_is && (length < WORTH_BYTES || (length > most && !answer->gzipped))) return;
    if (answer->gzipped) {
        take(answer, answer->gzipped, answer->gzipped_length);
        return;
    }
    char *out = compress_bytes(bytes, length, &compressed);
    if (out) replace(answer, out, compressed);
}

/* ---- pieces ---- */

enum { PIECE_MAX = 16 * 1024, PIECE_ROOM = 256 /* beyond a piece, for what does not compress */ };

struct coder {
    z_stream z;
    struct sc_answer inner;
    bool ended;
    char piece[PIECE_MAX];
};

/* What compressed there is of a piece, all of it; at the end, the rest. */
static ptrdiff_t squeeze(struct coder *coder, size_t length, char *bytes, size_t capacity)
{
    coder->z.next_in = (Bytef *)coder->piece;
    coder->z.avail_in = (uInt)length;
    coder->z.next_out = (Bytef *)bytes;
    coder->z.avail_out = (uInt)capacity;
    int code = deflate(&coder->z, length ? Z_SYNC_FLUSH : Z_FINISH);
    bool whole = length ? code == Z_OK && coder->z.avail_in == 0 : code == Z_STREAM_END;
    return whole ? (ptrdiff_t)(capacity - coder->z.avail_out) : -1;
}

static ptrdiff_t next_piece(void *stream, char *bytes, size_t capacity)
{
    struct coder *coder = stream;
    size_t room = capacity > PIECE_MAX ? PIECE_MAX : capacity;
    if (coder->ended || room <= PIECE_ROOM) return coder->ended ? 0 : -1;
    ptrdiff_t length = coder->inner.next_piece(coder->inner.stream, coder->piece, room - PIECE_ROOM);
    if (length < 0) return length;
    coder->ended = length == 0;
    return squeeze(coder, (size_t)length, bytes, room);
}

static void attach(void *stream, const struct sc_waiter *waiter)
{
    struct coder *coder = stream;
    if (coder->inner.attach) coder->inner.attach(coder->inner.stream, waiter);
}

static void close_pieces(void *stream)
{
    struct coder *coder = stream;
    coder->inner.close(coder->inner.stream);
    deflateEnd(&coder->z);
    free(coder);
}

void sc_code_pieces(const struct sc_coding *coding, struct sc_answer *answer)
{
    if (!coding->gzip || !answer->next_piece || answer->coded || !sc_coding_applies(answer)) return;
    struct coder *coder = malloc(sizeof *coder);
    if (!coder || !begin(&coder->z)) {
        free(coder);
        return;
    }
    coder->inner = *answer;
    coder->ended = false;
    answer->stream = coder;
    answer->next_piece = next_piece;
    answer->attach = attach;
    answer->close = close_pieces;
    answer->coded = true;
}

/* ---- tags ---- */

const char *sc_coded_tag(const char *etag, char coded[SC_CODED_TAG_MAX])
{
    size_t length = strlen(etag);
    if (length < 2) return etag;
    snprintf(coded, SC_CODED_TAG_MAX, "%.*s" SUFFIX "\"", (int)length - 1, etag);
    return coded;
}

void sc_coding_strip(char *tags)
{
    for (char *at = tags; (at = strstr(at, SUFFIX "\""));)
        memmove(at, at + strlen(SUFFIX), strlen(at + strlen(SUFFIX)) + 1);
}
