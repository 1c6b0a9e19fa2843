/* Numbers as text: the shortest decimal that reads back as the same double, laid out as ECMAScript does it
 * (RFC 8785 asks for this), and the strict way back. Neither knows a locale. */
#ifndef SC_CODEC_NUMBER_H
#define SC_CODEC_NUMBER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    SC_NUMBER_MAX = 32,       /* room for any number written, terminated; the longest takes 26 */
    SC_NUMBER_TEXT_MAX = 1024 /* longest text read */
};

/* Builds the table of powers of ten. Optional: the first number does it otherwise. Any thread, any time. */
void sc_number_init(void);

/* Writes value, terminated, and returns its length; 0 and an empty text when value is NaN or infinite. Zero
 * of either sign is "0". Allocates nothing. */
size_t sc_number_write(double value, char out[SC_NUMBER_MAX]);

/* The same of a whole number. */
size_t sc_integer_write(int64_t value, char out[SC_NUMBER_MAX]);

/* Reads all of text as one JSON number, correctly rounded. False, and out as it was, when text is no JSON
 * number, longer than SC_NUMBER_TEXT_MAX, or too large for a double; what is too small becomes 0. */
bool sc_number_read(const char *text, size_t length, double *out) __attribute__((warn_unused_result));

#endif
