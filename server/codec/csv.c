#include "csv.h"

#include "number.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static void begin_cell(struct sc_csv *csv)
{
    if (csv->cells++ > 0) sc_buffer_append(csv->buffer, ",", 1);
}

static void append_quoted(struct sc_buffer *buffer, const char *text)
{
    for (const char *quote; (quote = strchr(text, '"')); text = quote + 1) {
        sc_buffer_append(buffer, text, (size_t)(quote - text));
        sc_buffer_append(buffer, "\"\"", 2);
    }
    sc_buffer_append_text(buffer, text);
}

void sc_csv_text(struct sc_csv *csv, const char *text)
{
    begin_cell(csv);
    if (!text || !*text) return;
    bool formula = strchr("=+-@\t\r", *text), quoted = formula || strpbrk(text, ",\"\r\n");
    if (quoted) sc_buffer_append(csv->buffer, "\"", 1);
    if (formula) sc_buffer_append(csv->buffer, "'", 1);
    append_quoted(csv->buffer, text);
    if (quoted) sc_buffer_append(csv->buffer, "\"", 1);
}

void sc_csv_number(struct sc_csv *csv, double value)
{
    char text[SC_NUMBER_MAX];
    begin_cell(csv);
    if (isfinite(value)) sc_buffer_append(csv->buffer, text, sc_number_write(value, text));
}

void sc_csv_integer(struct sc_csv *csv, int64_t value)
{
    char text[24];
    begin_cell(csv);
    int length = snprintf(text, sizeof text, "%lld", (long long)value);
    sc_buffer_append(csv->buffer, text, (size_t)length);
}

void sc_csv_end_row(struct sc_csv *csv)
{
    sc_buffer_append(csv->buffer, "\r\n", 2);
    csv->cells = 0;
}

void sc_csv_header(struct sc_csv *csv, const char *const *names, size_t count)
{
    for (size_t i = 0; i < count; i++) sc_csv_text(csv, names[i]);
    sc_csv_end_row(csv);
}
