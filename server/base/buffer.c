#include "buffer.h"

#include <stdlib.h>
#include <string.h>

enum { FIRST_CAPACITY = 512 };

void sc_buffer_init(struct sc_buffer *buffer, size_t limit)
{
    *buffer = (struct sc_buffer){.limit = limit};
}

void sc_buffer_fini(struct sc_buffer *buffer)
{
    free(buffer->data);
    *buffer = (struct sc_buffer){.limit = buffer->limit};
}

static bool grow(struct sc_buffer *buffer, size_t needed)
{
    size_t capacity = buffer->capacity ? buffer->capacity : (size_t)FIRST_CAPACITY;
    while (capacity < needed && !__builtin_mul_overflow(capacity, (size_t)2, &capacity)) {
    }
    if (capacity > buffer->limit) capacity = buffer->limit;
    char *data = capacity < needed ? NULL : realloc(buffer->data, capacity);
    if (!data) return false;
    buffer->data = data;
    buffer->capacity = capacity;
    return true;
}

char *sc_buffer_reserve(struct sc_buffer *buffer, size_t length)
{
    size_t needed;
    if (buffer->failed || __builtin_add_overflow(buffer->length, length, &needed) || needed > buffer->limit ||
        (needed > buffer->capacity && !grow(buffer, needed))) {
        buffer->failed = true;
        return NULL;
    }
    return buffer->data + buffer->length;
}

bool sc_buffer_append(struct sc_buffer *buffer, const char *bytes, size_t length)
{
    if (length == 0) return !buffer->failed;
    char *end = sc_buffer_reserve(buffer, length);
    if (!end) return false;
    memcpy(end, bytes, length);
    buffer->length += length;
    return true;
}

bool sc_buffer_append_text(struct sc_buffer *buffer, const char *text)
{
    return sc_buffer_append(buffer, text, strlen(text));
}

char *sc_buffer_take(struct sc_buffer *buffer, size_t *length)
{
    char *data = buffer->data;
    *length = buffer->length;
    *buffer = (struct sc_buffer){.limit = buffer->limit};
    return data;
}
