#include "secondchair/stream.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

/* One event as it goes over the wire, or a comment. */
struct piece {
    struct piece *next;
    uint64_t key;
    size_t length;
    char text[];
};

struct sc_stream {
    pthread_mutex_t lock;
    struct piece *first, *last;
    size_t sent;    /* bytes of the first that have left */
    size_t waiting; /* bytes of all pieces */
    size_t limit;
    struct sc_waiter waiter;
    bool asleep;         /* the reader waits to be woken */
    bool writer, reader; /* whose ends are open */
    bool cut;            /* nothing more is taken */
};

/* How soon a client asks again, in milliseconds, when it was cut off: the first thing that it reads. */
static const char RETRY[] = "retry: 2000\n\n";
static const char COMMENT[] = ":\n\n";

static void drop_first(struct sc_stream *stream)
{
    struct piece *piece = stream->first;
    stream->first = piece->next;
    if (!stream->first) stream->last = NULL;
    stream->waiting -= piece->length;
    stream->sent = 0;
    free(piece);
}

/* Ends the use of one end, whose flag the caller has taken back: unlocks, and frees where it was the last. */
static void let_go(struct sc_stream *stream)
{
    bool last = !stream->writer && !stream->reader;
    pthread_mutex_unlock(&stream->lock);
    if (!last) return;
    while (stream->first) drop_first(stream);
    pthread_mutex_destroy(&stream->lock);
    free(stream);
}

static void wake(struct sc_stream *stream)
{
    if (!stream->asleep) return;
    stream->asleep = false;
    stream->waiter.wake(stream->waiter.context);
}

static void append(struct sc_stream *stream, struct piece *piece)
{
    if (stream->last)
        stream->last->next = piece;
    else
        stream->first = piece;
    stream->last = piece;
    stream->waiting += piece->length;
    wake(stream);
}

static struct piece *make_text(const char *text)
{
    size_t length = strlen(text);
    struct piece *piece = malloc(sizeof *piece + length);
    if (!piece) return NULL;
    *piece = (struct piece){.length = length};
    memcpy(piece->text, text, length);
    return piece;
}

struct sc_stream *sc_stream_new(size_t limit)
{
    struct sc_stream *stream = calloc(1, sizeof *stream);
    struct piece *retry = make_text(RETRY);
    if (!stream || !retry) {
        free(stream);
        free(retry);
        return NULL;
    }
    pthread_mutex_init(&stream->lock, NULL);
    stream->limit = limit + retry->length;
    stream->writer = stream->reader = true;
    append(stream, retry);
    return stream;
}

/* ---- the writer's end ---- */

/* Puts "name: text" and a line break at out, where there is one to put; the bytes it takes. */
static size_t put_field(char *out, const char *name, const char *text, size_t length)
{
    size_t before = strlen(name);
    if (out) {
        memcpy(out, name, before);
        memcpy(out + before, text, length);
        out[before + length] = '\n';
    }
    return before + length + 1;
}

/* The event as text at out, or only its length where out is NULL. */
static size_t put_event(char *out, const struct sc_event *event)
{
    size_t length = 0;
    const char *line = event->data, *end = event->data + event->length;
    if (event->name) length += put_field(out, "event: ", event->name, strlen(event->name));
    if (event->id) length += put_field(out ? out + length : NULL, "id: ", event->id, strlen(event->id));
    for (bool more = true; more;) {
        const char *stop = line < end ? memchr(line, '\n', (size_t)(end - line)) : NULL;
        more = stop != NULL;
        size_t size = (size_t)((stop ? stop : end) - line);
        length += put_field(out ? out + length : NULL, "data: ", line, size);
        line += size + 1;
    }
    if (out) out[length] = '\n';
    return length + 1;
}

static struct piece *make_piece(const struct sc_event *event)
{
    size_t length = put_event(NULL, event);
    struct piece *piece = malloc(sizeof *piece + length);
    if (!piece) return NULL;
    *piece = (struct piece){.key = event->key, .length = length};
    put_event(piece->text, event);
    return piece;
}

/* Takes the piece of this key out, unless a part of it has left. */
static void supersede(struct sc_stream *stream, uint64_t key)
{
    struct piece *before = NULL, *piece = stream->first;
    if (piece && stream->sent > 0) {
        before = piece;
        piece = piece->next;
    }
    while (piece && piece->key != key) {
        before = piece;
        piece = piece->next;
    }
    if (!piece) return;
    if (before)
        before->next = piece->next;
    else
        stream->first = piece->next;
    if (stream->last == piece) stream->last = before;
    stream->waiting -= piece->length;
    free(piece);
}

/* Takes the piece, or frees it. */
static bool take(struct sc_stream *stream, struct piece *piece)
{
    bool open = stream->reader && !stream->cut;
    if (open && piece->key) supersede(stream, piece->key);
    if (open && piece->length <= stream->limit - stream->waiting) {
        append(stream, piece);
        return true;
    }
    free(piece);
    if (stream->reader && !stream->cut) {
        stream->cut = true;
        wake(stream);
    }
    return false;
}

bool sc_stream_event(struct sc_stream *stream, const struct sc_event *event)
{
    struct piece *piece = make_piece(event);
    if (!piece) return false;
    pthread_mutex_lock(&stream->lock);
    bool taken = take(stream, piece);
    pthread_mutex_unlock(&stream->lock);
    return taken;
}

bool sc_stream_is_read(struct sc_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    bool is_read = stream->reader && !stream->cut;
    pthread_mutex_unlock(&stream->lock);
    return is_read;
}

void sc_stream_end(struct sc_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->writer = false;
    wake(stream);
    let_go(stream);
}

/* ---- the reader's end ---- */

void sc_stream_attach(struct sc_stream *stream, const struct sc_waiter *waiter)
{
    pthread_mutex_lock(&stream->lock);
    stream->waiter = *waiter;
    pthread_mutex_unlock(&stream->lock);
}

static size_t copy_waiting(struct sc_stream *stream, char *bytes, size_t capacity)
{
    size_t length = 0;
    while (stream->first && length < capacity) {
        size_t left = stream->first->length - stream->sent;
        size_t size = left < capacity - length ? left : capacity - length;
        memcpy(bytes + length, stream->first->text + stream->sent, size);
        length += size;
        stream->sent += size;
        if (size == left) drop_first(stream);
    }
    return length;
}

ptrdiff_t sc_stream_read(struct sc_stream *stream, char *bytes, size_t capacity)
{
    pthread_mutex_lock(&stream->lock);
    ptrdiff_t length = (ptrdiff_t)copy_waiting(stream, bytes, capacity);
    if (length == 0 && !stream->cut && stream->writer) {
        length = SC_PIECE_LATER;
        stream->asleep = true;
        stream->waiter.sleep(stream->waiter.context);
    }
    pthread_mutex_unlock(&stream->lock);
    return length;
}

void sc_stream_beat(struct sc_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    struct piece *piece = stream->first || stream->cut ? NULL : make_text(COMMENT);
    if (piece) append(stream, piece);
    pthread_mutex_unlock(&stream->lock);
}

void sc_stream_cut(struct sc_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->cut = true;
    wake(stream);
    pthread_mutex_unlock(&stream->lock);
}

void sc_stream_close(struct sc_stream *stream)
{
    pthread_mutex_lock(&stream->lock);
    stream->reader = false;
    stream->asleep = false;
    let_go(stream);
}
