/* Numbers and canonical texts: what is written reads back as the same, and writing is final. */
#include "codec/number.h"
#include "fuzz.h"

#include <math.h>

static void written_reads_back(double value)
{
    char text[SC_NUMBER_MAX], plain[40];
    double back = NAN;
    size_t length = sc_number_write(value, text);
    MUST(length < SC_NUMBER_MAX && text[length] == '\0' && strlen(text) == length);
    MUST((length > 0) == (isfinite(value) != 0));
    if (length == 0) return;
    MUST(sc_number_read(text, length, &back) && back == value && strtod(text, NULL) == value);
    snprintf(plain, sizeof plain, "%.17g", value);
    back = NAN;
    MUST(sc_number_read(plain, strlen(plain), &back) && back == value);
}

static void read_is_right(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    double value = 4711;
    bool read = sc_number_read(text, strlen(text), &value);
    json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL, NULL);
    bool blank = strpbrk(text, " \t\r\n") != NULL;
    MUST(read || value == 4711);
    if (read) MUST(isfinite(value) && value == strtod(text, NULL));
    if (json_is_number(json) && !blank && strlen(text) <= SC_NUMBER_TEXT_MAX) MUST(read);
    if (read) MUST(json_is_number(json) && json_number_value(json) == value);
    if (read) written_reads_back(value);
    json_decref(json);
    free(text);
}

static void canonical_is_final(const uint8_t *data, size_t size)
{
    json_t *json = fuzz_parse(data, size);
    size_t length, again;
    if (!json) return;
    char *first = fuzz_canonical(json, &length);
    json_t *read = json_loadb(first, length, JSON_DECODE_ANY | JSON_REJECT_DUPLICATES | JSON_ALLOW_NUL, NULL);
    json_t *reals =
        json_loadb(first, length, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_REJECT_DUPLICATES, NULL);
    json_t *any = read ? read : reals; /* integers beyond 64 bits are written out in full up to 1e21 */
    MUST(any);
    char *second = fuzz_canonical(any, &again);
    MUST(length == again && memcmp(first, second, length) == 0);
    MUST(sc_json_same(any, any));
    json_decref(read);
    json_decref(reals);
    json_decref(json);
    free(first);
    free(second);
}

/* What is stored is read again. */
static void written_is_readable(const uint8_t *data, size_t size)
{
    json_t *json = fuzz_parse(data, size);
    struct sc_buffer text;
    struct sc_json_writer writer;
    if (!json) return;
    sc_buffer_init(&text, 64 << 20);
    sc_json_writer_init(&writer, &text);
    sc_json_value(&writer, json);
    MUST(sc_json_finish(&writer));
    json_t *read = fuzz_parse(text.data, text.length);
    MUST(read && sc_json_same(json, read));
    json_decref(read);
    json_decref(json);
    sc_buffer_fini(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double value;
    for (size_t at = 0; at + sizeof value <= size && at < 64; at += sizeof value) {
        memcpy(&value, data + at, sizeof value);
        written_reads_back(value);
    }
    read_is_right(data, size);
    canonical_is_final(data, size);
    written_is_readable(data, size);
    return 0;
}
