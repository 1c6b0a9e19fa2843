/* Comma-separated values (RFC 4180) that a spreadsheet opens as they are. */
#ifndef SC_CODEC_CSV_H
#define SC_CODEC_CSV_H

#include "base/buffer.h"

#include <stddef.h>
#include <stdint.h>

/* Appends cells to a bounded buffer, whose failure is sticky; ask buffer->failed at the end. */
struct sc_csv {
    struct sc_buffer *buffer;
    size_t cells; /* of the row so far */
};

/* A text, quoted where it must be. One that a spreadsheet would run as a formula (it begins with = + - @, a
 * tab or a carriage return) gets a ' in front. NULL is an empty cell. */
void sc_csv_text(struct sc_csv *csv, const char *text);

/* The shortest number that reads back the same; NaN is an empty cell. */
void sc_csv_number(struct sc_csv *csv, double value);
void sc_csv_integer(struct sc_csv *csv, int64_t value);

void sc_csv_end_row(struct sc_csv *csv);

/* A whole row of texts: the header. */
void sc_csv_header(struct sc_csv *csv, const char *const *names, size_t count);

#endif
