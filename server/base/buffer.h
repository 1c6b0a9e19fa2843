/* Bytes that grow geometrically up to a maximum that they are born with. */
#ifndef SC_BASE_BUFFER_H
#define SC_BASE_BUFFER_H

#include <stdbool.h>
#include <stddef.h>

/* Failure is sticky: after one refused append every later one is refused too, so that a writer may check
 * once at its end. Owns data (malloc'd). */
struct sc_buffer {
    char *data;
    size_t length;
    size_t capacity;
    size_t limit;
    bool failed;
};

void sc_buffer_init(struct sc_buffer *buffer, size_t limit);
void sc_buffer_fini(struct sc_buffer *buffer);

/* False when the limit or the machine's memory is reached. */
bool sc_buffer_append(struct sc_buffer *buffer, const char *bytes, size_t length);
bool sc_buffer_append_text(struct sc_buffer *buffer, const char *text);

/* Room for length more bytes at data + length, which the caller fills and then counts in; NULL on failure. */
char *sc_buffer_reserve(struct sc_buffer *buffer, size_t length);

/* Hands the bytes over to the caller, who frees them with free(); NULL when the buffer is empty. */
char *sc_buffer_take(struct sc_buffer *buffer, size_t *length);

#endif
