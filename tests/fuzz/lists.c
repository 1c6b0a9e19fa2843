/* Lists taken apart without being read: of what is JSON the elements are those that jansson reads; of what is
 * none every element lies in the text, in order, and the fault has a place. */
#include "codec/split.h"
#include "fuzz.h"

enum { LIMIT = 100 };

static void spans_lie_in_order(const struct sc_spans *spans, const char *text, size_t length)
{
    const char *at = text;
    for (size_t i = 0; i < spans->count && i < LIMIT; i++) {
        const struct sc_span *span = &spans->item[i];
        MUST(span->length > 0 && span->text >= at && span->text + span->length <= text + length);
        at = span->text + span->length;
    }
}

static void is_split_as_jansson_reads_it(const struct sc_spans *spans, const json_t *list)
{
    MUST(spans->count == json_array_size(list));
    for (size_t i = 0; i < spans->count && i < LIMIT; i++) {
        json_t *element = json_loadb(spans->item[i].text, spans->item[i].length, JSON_DECODE_ANY, NULL);
        MUST(element && sc_json_same(element, json_array_get(list, i)));
        json_decref(element);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static const struct sc_json_limits limits = {20000, SC_JSON_DEPTH_MAX};
    struct sc_json_error error;
    struct sc_arena arena;
    struct sc_spans spans;
    char *text = malloc(size + 1);
    MUST(text);
    memcpy(text, data, size);
    text[size] = '\0';
    sc_arena_init(&arena, 1 << 20);
    MUST(sc_split_lines(text, size, LIMIT, &arena, &spans));
    spans_lie_in_order(&spans, text, size);
    json_object_seed(1);
    json_t *whole = json_loadb(text, size, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, NULL);
    json_t *envelope = sc_split_member(text, size, "questions", LIMIT, &limits, &arena, &spans, &error);
    spans_lie_in_order(&spans, text, size);
    MUST(envelope || (error.kind != SC_JSON_FINE && error.position <= size && error.detail[0]));
    const json_t *list = json_object_get(whole, "questions");
    bool nested = !envelope && (error.kind == SC_JSON_TOO_DEEP || error.kind == SC_JSON_TOO_MANY_TOKENS);
    MUST(!whole || envelope || nested);
    if (envelope && json_is_array(list)) is_split_as_jansson_reads_it(&spans, list);
    json_decref(envelope);
    json_decref(whole);
    sc_arena_fini(&arena);
    free(text);
    return 0;
}
