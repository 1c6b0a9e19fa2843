/* What many questions in one call stand on: lists taken apart without being read, members chosen while they
 * are written, digests of what differs in numbers, scenarios whose numbers move, values that threads share.
 */
#include "app/mould.h"
#include "codec/budget.h"
#include "codec/canonical.h"
#include "codec/frozen.h"
#include "codec/number.h"
#include "codec/split.h"
#include "codec/writer.h"
#include "scenarios.h"

#include <dirent.h>
#include <math.h>

/* ---------------------------------------------------------------- lists */

static const struct sc_json_limits LIMITS = {20000, 32};

struct split {
    struct sc_arena arena;
    struct sc_spans spans;
    struct sc_json_error error;
    json_t *envelope;
};

static void split_begin(struct split *split, const char *text, size_t limit)
{
    sc_arena_init(&split->arena, 1 << 20);
    split->envelope = sc_split_member(text, strlen(text), "list", limit, &LIMITS, &split->arena,
                                      &split->spans, &split->error);
}

static void split_end(struct split *split)
{
    json_decref(split->envelope);
    sc_arena_fini(&split->arena);
}

static void assert_span(const struct sc_span *span, const char *expected)
{
    assert_int_equal(span->length, strlen(expected));
    assert_memory_equal(span->text, expected, span->length);
}

static void lines_are_split_without_their_ends_and_blank_ones_left_out(void **state)
{
    (void)state;
    static const char text[] = "\n a\r\n\t\n{\"b\":\"x\ty\"} \n\n  \r\nlast";
    static const char *const expected[] = {"a", "{\"b\":\"x\ty\"}", "last"};
    struct sc_arena scratch;
    struct sc_spans lines;
    for (size_t limit = 1; limit < 5; limit++) {
        sc_arena_init(&scratch, 1 << 20);
        assert_true(sc_split_lines(text, strlen(text), limit, &scratch, &lines));
        assert_int_equal(lines.count, COUNT(expected));
        for (size_t i = 0; i < lines.count && i < limit; i++) assert_span(&lines.item[i], expected[i]);
        sc_arena_fini(&scratch);
    }
    sc_arena_init(&scratch, 1 << 20);
    assert_true(sc_split_lines(" \n\n", 3, 4, &scratch, &lines));
    assert_int_equal(lines.count, 0);
    sc_arena_fini(&scratch);
    sc_arena_init(&scratch, 8);
    assert_false(sc_split_lines("a", 1, 4, &scratch, &lines));
    sc_arena_fini(&scratch);
}

static void elements_stand_where_they_are_and_the_rest_is_the_envelope(void **state)
{
    (void)state;
    static const struct {
        const char *text, *envelope, *element[4];
    } cases[] = {
        {"{\"list\":[]}", "{\"list\":[]}", {NULL}},
        {" { \"a\" : 1 ,\"list\" : [ {\"x\":[1,2]} , \"],}\\\"\" ,nope nope\n, 7 ] , \"b\":[[]] } ",
         "{\"a\":1,\"list\":[],\"b\":[[]]}",
         {"{\"x\":[1,2]}", "\"],}\\\"\"", "nope nope", "7"}},
        {"{\"l\\u0069st\":[1]}", "{\"list\":[]}", {"1"}},
        {"{\"list\":{\"list\":[1]}}", "{\"list\":{\"list\":[1]}}", {NULL}},
        {"{\"other\":{\"list\":[1]}}", "{\"other\":{\"list\":[1]}}", {NULL}},
        {"{\"lists\":[1],\"lis\":[2]}", "{\"lists\":[1],\"lis\":[2]}", {NULL}},
        {"[1,2]", "[1,2]", {NULL}},
        {"7", "7", {NULL}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct split split;
        split_begin(&split, cases[i].text, 4);
        if (!split.envelope) fail_msg("%s: %s", cases[i].text, split.error.detail);
        size_t count = 0;
        while (count < 4 && cases[i].element[count]) count++;
        assert_int_equal(split.spans.count, count);
        for (size_t k = 0; k < count; k++) assert_span(&split.spans.item[k], cases[i].element[k]);
        assert_same(json_incref(split.envelope), parse(cases[i].envelope), cases[i].text);
        split_end(&split);
    }
    struct split split;
    split_begin(&split, "{\"list\":[1,2,3]}", 2);
    assert_int_equal(split.spans.count, 3);
    split_end(&split);
}

static void an_outline_that_is_not_json_is_refused_at_its_place(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        enum sc_json_error_kind kind;
        size_t line, column;
    } cases[] = {
        {"{\"list\":[1,]}", SC_JSON_SYNTAX, 1, 12},
        {"{\"list\":[,1]}", SC_JSON_SYNTAX, 1, 10},
        {"{\"list\":[1", SC_JSON_SYNTAX, 1, 10},
        {"{\"list\":[{]}", SC_JSON_SYNTAX, 1, 11},
        {"{\"list\":[1}]", SC_JSON_SYNTAX, 1, 11},
        {"{\"list\":[1]", SC_JSON_SYNTAX, 1, 11},
        {"{\"list\":[1]]", SC_JSON_SYNTAX, 1, 12},
        {"{\"list\":[1]} 2", SC_JSON_SYNTAX, 1, 14},
        {"{\"list\" [1]}", SC_JSON_SYNTAX, 1, 9},
        {"{list:[1]}", SC_JSON_SYNTAX, 1, 2},
        {"{\"list\":[1,\"a]}", SC_JSON_SYNTAX, 1, 15},
        {"{\"list\":[\"\\", SC_JSON_SYNTAX, 1, 11},
        {"{\"list\":[\n1],\n\"a\":x}", SC_JSON_SYNTAX, 3, 5},
        {"{\"a\":x,\n\"list\":[\n1]}", SC_JSON_SYNTAX, 1, 6},
        {"{\"list\":[1],\n\"a\":1,\"a\":2}", SC_JSON_DUPLICATE_KEY, 2, 9},
        {"{\"list\":[],\"list\":[]}", SC_JSON_DUPLICATE_KEY, 1, 17},
        {"{", SC_JSON_SYNTAX, 1, 1},
        {"nope", SC_JSON_SYNTAX, 1, 4},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct split split;
        split_begin(&split, cases[i].text, 4);
        if (split.envelope) fail_msg("%s is taken", cases[i].text);
        if (split.error.kind != cases[i].kind || split.error.line != cases[i].line ||
            split.error.column != cases[i].column)
            fail_msg("%s: kind %d at %zu, %zu", cases[i].text, split.error.kind, split.error.line,
                     split.error.column);
        assert_true(split.error.detail[0] != '\0');
        split_end(&split);
    }
    char deep[256] = "{\"list\":[";
    struct split split;
    memset(deep + strlen(deep), '[', 100);
    split_begin(&split, deep, 4);
    assert_null(split.envelope);
    assert_int_equal(split.error.kind, SC_JSON_TOO_DEEP);
    split_end(&split);
}

/* JSON of any kind, some of it broken at random. */
static size_t write_random(char *out, size_t depth)
{
    static const char *const scalars[] = {
        "1", "-2.5e3", "true", "null", "\"\"", "\"a\\\"]},{[\\\\\"", "\"\\u0041\xe2\x82\xac\""};
    size_t length = 0, kind = depth ? random_below(4) : 0, count = random_below(4);
    if (kind < 2) return (size_t)sprintf(out, "%s", scalars[random_below(COUNT(scalars))]);
    out[length++] = kind == 2 ? '[' : '{';
    for (size_t i = 0; i < count; i++) {
        length += (size_t)sprintf(out + length, "%s%s", i ? ", " : "", random_below(2) ? "\n" : "");
        if (kind == 3) length += (size_t)sprintf(out + length, "\"k%zu\" :", i);
        length += write_random(out + length, depth - 1);
    }
    out[length++] = kind == 2 ? ']' : '}';
    out[length] = '\0';
    return length;
}

static void what_is_json_is_split_as_jansson_reads_it(void **state)
{
    (void)state;
    char text[16384];
    size_t agreed = 0;
    for (size_t round = 0; round < 4000; round++) {
        size_t length = (size_t)sprintf(text, "{\"a\": "), count = random_below(6);
        length += write_random(text + length, 3);
        length += (size_t)sprintf(text + length, ", \"list\": [");
        for (size_t i = 0; i < count; i++) {
            length += (size_t)sprintf(text + length, "%s", i ? " ,\n" : " ");
            length += write_random(text + length, 3);
        }
        length += (size_t)sprintf(text + length, "]}");
        if (round % 2) text[random_below(length)] = "[]{}\",:x\\ "[random_below(10)];
        json_t *whole = json_loads(text, JSON_REJECT_DUPLICATES, NULL);
        struct split split;
        split_begin(&split, text, 8);
        if (whole && !split.envelope) fail_msg("%s: %s", text, split.error.detail);
        const json_t *list = json_object_get(whole, "list");
        if (json_is_array(list)) {
            assert_int_equal(split.spans.count, json_array_size(list));
            for (size_t i = 0; i < split.spans.count; i++)
                assert_same(
                    json_loadb(split.spans.item[i].text, split.spans.item[i].length, JSON_DECODE_ANY, NULL),
                    json_incref(json_array_get(list, i)), text);
            agreed++;
        }
        json_decref(whole);
        split_end(&split);
    }
    assert_true(agreed > 2000);
}

/* ---------------------------------------------------------------- members that are wanted */

static void write_all(struct sc_json_writer *w)
{
    static const double list[] = {1, 2.5};
    sc_json_object_begin(w);
    sc_json_member_number(w, "a", 0.1);
    sc_json_member_object_begin(w, "b");
    sc_json_member_text(w, "a", "\"");
    sc_json_member_array_begin(w, "c");
    sc_json_integer(w, 1);
    sc_json_object_begin(w);
    sc_json_member_boolean(w, "d", true);
    sc_json_object_end(w);
    sc_json_array_end(w);
    sc_json_object_end(w);
    sc_json_member_numbers(w, "c", list, 2);
    sc_json_member_null(w, "d");
    sc_json_object_end(w);
}

static void a_filter_writes_the_wanted_members_as_the_whole_has_them(void **state)
{
    (void)state;
    static const char *const names[] = {"a", "b", "c", "d"};
    static const char *const texts[] = {"\"a\":0.1", "\"b\":{\"a\":\"\\\"\",\"c\":[1,{\"d\":true}]}",
                                        "\"c\":[1,2.5]", "\"d\":null"};
    for (unsigned set = 0; set < 16; set++) {
        const char *wanted[8] = {"x"};
        char expected[256] = "{";
        size_t count = 1;
        for (size_t i = 4; i-- > 0;)
            if (set & (1u << i)) wanted[count++] = names[i];
        for (size_t i = 0; i < 4; i++)
            if (set & (1u << i))
                sprintf(expected + strlen(expected), "%s%s", expected[1] ? "," : "", texts[i]);
        strcat(expected, "}");
        struct sc_json_filter filter = {.name = wanted, .count = count};
        struct sc_buffer buffer;
        struct sc_json_writer writer;
        sc_buffer_init(&buffer, 4096);
        sc_json_writer_init(&writer, &buffer);
        writer.filter = &filter;
        write_all(&writer);
        assert_true(sc_json_finish(&writer));
        assert_int_equal(buffer.length, strlen(expected));
        assert_memory_equal(buffer.data, expected, buffer.length);
        assert_int_equal(filter.met, (UINT64_C(1) << count) - 2); /* all but "x" */
        assert_int_equal(filter.known_count, 4);
        assert_string_equal(filter.known[3], "d");
        sc_buffer_fini(&buffer);
    }
}

static void texts_with_escapes_at_every_place_are_written_as_jansson_reads_them(void **state)
{
    (void)state;
    static const char special[] = {'"', '\\', '\n', '\x01', '\x1f', ' ', '!', '#', '[', ']', '\x7f'};
    for (size_t length = 0; length < 40; length++)
        for (size_t at = 0; at <= length; at++) {
            char text[48];
            memset(text, 'a', sizeof text);
            text[length] = '\0';
            if (at < length) text[at] = special[(length + at) % sizeof special];
            if (at > 8) memcpy(text + at - 8, "\xe2\x82\xac", 3);
            struct sc_buffer buffer;
            struct sc_json_writer writer;
            sc_buffer_init(&buffer, 4096);
            sc_json_writer_init(&writer, &buffer);
            sc_json_object_begin(&writer);
            sc_json_member_text(&writer, text, text);
            sc_json_object_end(&writer);
            assert_true(sc_json_finish(&writer));
            assert_same(json_loadb(buffer.data, buffer.length, 0, NULL), json_pack("{s:s}", text, text),
                        "a text");
            sc_buffer_fini(&buffer);
        }
}

static void a_buffer_that_is_full_fails_the_writer_wherever_it_ends(void **state)
{
    (void)state;
    for (size_t limit = 0; limit < 200; limit++) {
        struct sc_buffer buffer;
        struct sc_json_writer writer;
        sc_buffer_init(&buffer, limit);
        sc_json_writer_init(&writer, &buffer);
        write_all(&writer);
        assert_true(buffer.length <= limit);
        if (sc_json_finish(&writer)) assert_int_equal(buffer.length, 64);
        assert_true(limit < 120 || sc_json_finish(&writer));
        sc_buffer_fini(&buffer);
    }
}

/* ---------------------------------------------------------------- digests of what differs in numbers */

static void a_stencil_digests_what_the_document_would_be(void **state)
{
    (void)state;
    static const double values[] = {
        0, -0.0, 1, -1, 0.1, 1e300, 5e-324, 9007199254740993.0, 123456789.125, -2.5e-7};
    json_t *document = load("amd-base.json");
    static const char *const pointers[] = {
        "/terminal/growth",        "/price",
        "/chair/hazard",           "/market/inference_share/observations/0/value",
        "/seats/0/training/start", "/bridge/cash",
        "/discount/wacc/end"};
    for (size_t round = 0; round < 200; round++) {
        const json_t *number[SC_STENCIL_GAPS_MAX];
        double value[SC_STENCIL_GAPS_MAX];
        char is[SC_DIGEST_TEXT], expected[SC_DIGEST_TEXT];
        size_t count = random_below(COUNT(pointers) + 1), first = random_below(COUNT(pointers));
        for (size_t i = 0; i < count; i++) {
            number[i] = sc_pointer_get(document, pointers[(first + 3 * i) % COUNT(pointers)]);
            assert_true(json_is_number(number[i]));
        }
        struct sc_stencil *stencil = sc_stencil_new(document, number, count);
        assert_non_null(stencil);
        json_t *moved = json_deep_copy(document);
        for (size_t i = 0; i < count; i++) {
            value[i] = values[random_below(COUNT(values))];
            assert_int_equal(
                sc_pointer_set(moved, pointers[(first + 3 * i) % COUNT(pointers)], json_real(value[i])),
                SC_POINTER_OK);
        }
        sc_stencil_digest(stencil, value, is);
        assert_true(sc_json_digest(moved, expected));
        assert_string_equal(is, expected);
        sc_stencil_free(stencil);
        json_decref(moved);
    }
    const json_t *stranger = json_integer(1), *many[SC_STENCIL_GAPS_MAX + 1] = {NULL};
    assert_null(sc_stencil_new(document, &stranger, 1));
    assert_null(sc_stencil_new(document, many, SC_STENCIL_GAPS_MAX + 1));
    json_decref((json_t *)(uintptr_t)stranger);
    json_decref(document);
}

/* ---------------------------------------------------------------- scenarios whose numbers move */

static json_t *make_overrides(const char *const *pointer, const double *value, size_t count)
{
    json_t *overrides = json_array();
    for (size_t i = 0; i < count; i++)
        json_array_append_new(overrides, json_pack("{s:s, s:f}", "pointer", pointer[i], "value", value[i]));
    return overrides;
}

/* A mould that can be filled gives the plan and the digest of the document with these overrides. Is it one?
 */
static bool check_mould(const struct sc_mould *mould, const json_t *document, const char *const *pointer,
                        const double *value, size_t count)
{
    double read[SC_MOULD_MOVES_MAX];
    char is[SC_DIGEST_TEXT], expected[SC_DIGEST_TEXT];
    json_t *overrides = make_overrides(pointer, value, count);
    assert_true(sc_mould_fits(mould, overrides));
    bool fills = sc_mould_read(mould, overrides, read);
    if (fills) {
        struct sc_arena scratch;
        sc_arena_init(&scratch, 1 << 20);
        faults.count = faults.omitted = 0;
        json_t *moved = sc_document_override(document, overrides, &faults);
        const struct sc_plan *plan = moved ? compile(moved) : NULL,
                             *filled = sc_mould_fill(mould, read, &scratch);
        expect(plan != NULL, pointer[0], "fills what does not compile");
        assert_int_equal(filled->slots, plan->slots);
        assert_memory_equal(filled->driver, plan->driver, plan->slots * sizeof *plan->driver);
        assert_memory_equal(filled->driver_origin, plan->driver_origin, plan->slots);
        assert_int_equal(filled->horizon, plan->horizon);
        assert_true(sc_json_digest(moved, expected));
        sc_mould_digest(mould, read, is);
        assert_string_equal(is, expected);
        sc_arena_fini(&scratch);
        json_decref(moved);
    }
    json_decref(overrides);
    return fills;
}

/* Values within the bounds, at them and beyond. */
static double choose(const struct sc_field *bounds, double own, size_t which)
{
    double low = fmax(bounds->low, -1e6), high = fmin(bounds->high, 1e6);
    const double values[] = {low,     high,    0.5 * (low + high), own, own * 1.1, own - 0.01, 0, -0.0, 1,
                             low - 1, high + 1};
    return values[which % COUNT(values)];
}

static size_t move_each(const json_t *document)
{
    size_t filled = 0;
    struct sc_plan *plan = compile(document);
    if (!plan) return 0;
    size_t slots = plan->slots;
    double *own = calloc(slots, sizeof *own);
    const struct sc_field **bounds = calloc(slots, sizeof *bounds);
    char(*pointers)[SC_POINTER_MAX] = calloc(slots, sizeof *pointers);
    for (size_t slot = 0; slot < slots; slot++) {
        own[slot] = plan->driver[slot];
        bounds[slot] = sc_plan_bounds(plan, (sc_slot)slot);
        sc_plan_pointer(plan, plan->driver_node[slot], pointers[slot], SC_POINTER_MAX);
    }
    for (size_t slot = 0; slot < slots; slot++) {
        size_t other = random_below(slots),
               count = strcmp(pointers[slot], pointers[other]) ? 1 + slot % 2 : 1;
        const char *pointer[] = {pointers[slot], pointers[other]};
        double value[] = {own[slot], own[other]};
        json_t *overrides = make_overrides(pointer, value, count);
        struct sc_mould *mould = sc_mould_new(document, overrides);
        json_decref(overrides);
        for (size_t i = 0; mould && i < 11; i++) {
            value[0] = choose(bounds[slot], own[slot], i);
            value[1] = choose(bounds[other], own[other], random_below(11));
            filled += check_mould(mould, document, pointer, value, count);
        }
        sc_mould_release(mould);
    }
    free(own);
    free(bounds);
    free(pointers);
    return filled;
}

static void a_mould_gives_the_plan_of_the_document_with_its_numbers_moved(void **state)
{
    (void)state;
    static const char *const folders[] = {"schema/scenarios", "tests/unit/cases/documents",
                                          "tests/oracle/cases"};
    size_t documents = 0, filled = 0;
    for (size_t i = 0; i < COUNT(folders); i++) {
        DIR *folder = opendir(folders[i]);
        assert_non_null(folder);
        for (struct dirent *entry; (entry = readdir(folder));) {
            char path[512];
            if (!strstr(entry->d_name, ".json")) continue;
            snprintf(path, sizeof path, "%s/%s", folders[i], entry->d_name);
            json_t *file = json_load_file(path, 0, NULL);
            json_t *inner = json_object_get(file, "document");
            if (!inner) inner = json_object_get(file, "scenario");
            size_t before = filled;
            filled += move_each(json_is_object(inner) ? inner : file);
            documents += filled > before;
            json_decref(file);
        }
        closedir(folder);
    }
    if (documents < 6 || filled < 5000) fail_msg("%zu documents, filled %zu times", documents, filled);
}

static void a_mould_is_made_of_numbers_alone_and_fills_nothing_that_shapes_the_plan(void **state)
{
    (void)state;
    json_t *document = load("amd-base.json"), *overrides;
    static const char *const none[] = {
        "[]",
        "[7]",
        "[{\"pointer\":\"/price\"}]",
        "[{\"pointer\":\"/price\",\"value\":\"x\"}]",
        "[{\"pointer\":\"/price\",\"value\":1,\"x\":1}]",
        "[{\"pointer\":\"/prise\",\"value\":1}]",
        "[{\"pointer\":\"/price\",\"value\":-1}]",
        "[{\"pointer\":\"/price\",\"value\":1},{\"pointer\":\"/price\",\"value\":1}]"};
    static const char *const barren[] = {
        "[{\"pointer\":\"/horizon\",\"value\":10}]", "[{\"pointer\":\"/market/base_year\",\"value\":2025}]",
        "[{\"pointer\":\"/market/inference_share/ceiling\",\"value\":0.9}]",
        "[{\"pointer\":\"/market/inference_share/observations/0/value\",\"value\":0.4}]"};
    double value[SC_MOULD_MOVES_MAX];
    for (size_t i = 0; i < COUNT(none); i++) {
        assert_null(sc_mould_new(document, overrides = parse(none[i])));
        json_decref(overrides);
    }
    for (size_t i = 0; i < COUNT(barren); i++) {
        struct sc_mould *mould = sc_mould_new(document, overrides = parse(barren[i]));
        if (!mould) fail_msg("%s has a fault", barren[i]);
        assert_true(sc_mould_fits(mould, overrides));
        assert_false(sc_mould_read(mould, overrides, value));
        sc_mould_release(mould);
        json_decref(overrides);
    }
    struct sc_mould *mould =
        sc_mould_new(document, overrides = parse("[{\"pointer\":\"/price\",\"value\":1}]"));
    json_t *others = parse("[{\"pointer\":\"/fair_band\",\"value\":1}]");
    assert_false(sc_mould_fits(mould, others));
    assert_int_equal(sc_mould_moves(mould), 1);
    assert_true(sc_mould_slot(mould, 0) == sc_mould_plan(mould)->price);
    sc_mould_release(sc_mould_share(mould));
    sc_mould_release(mould);
    sc_mould_release(NULL);
    json_decref(others);
    json_decref(overrides);
    json_decref(document);
}

/* ---------------------------------------------------------------- what threads share */

static void what_is_frozen_counts_no_references_until_it_thaws(void **state)
{
    (void)state;
    json_t *value = parse("{\"a\":[1,{\"b\":\"c\"},null,true],\"d\":2.5}");
    json_t *inner = json_array_get(json_object_get(value, "a"), 1);
    sc_json_freeze(value);
    for (int i = 0; i < 3; i++) json_decref(value), json_decref(inner);
    json_t *copy = json_deep_copy(value), *shallow = json_copy(value);
    json_object_set_new(shallow, "d", json_integer(1));
    json_decref(shallow);
    assert_same(copy, json_incref(value), "a copy");
    sc_json_thaw(value);
    assert_int_equal(value->refcount, 1);
    assert_int_equal(inner->refcount, 1);
    json_decref(value);
    sc_json_freeze(NULL);
    sc_json_thaw(NULL);
}

static void an_arena_that_is_reset_keeps_its_room(void **state)
{
    (void)state;
    struct sc_arena scratch;
    sc_arena_init(&scratch, 1 << 20);
    sc_arena_reset(&scratch);
    unsigned char *first = NULL;
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 20; i++) {
            unsigned char *memory = sc_arena_alloc(&scratch, 10000);
            assert_non_null(memory);
            for (int k = 0; k < 10000; k++) assert_int_equal(memory[k], 0);
            memset(memory, 0xff, 10000);
            if (i == 0 && round > 1) assert_ptr_equal(memory, first);
            if (i == 0) first = memory;
        }
        sc_arena_reset(&scratch);
        assert_int_equal(scratch.used, 0);
    }
    assert_null(sc_arena_alloc(&scratch, (1 << 20) + 1));
    assert_non_null(sc_arena_room(&scratch, 100));
    sc_arena_fini(&scratch);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_are_split_without_their_ends_and_blank_ones_left_out),
        cmocka_unit_test(elements_stand_where_they_are_and_the_rest_is_the_envelope),
        cmocka_unit_test(an_outline_that_is_not_json_is_refused_at_its_place),
        cmocka_unit_test_setup(what_is_json_is_split_as_jansson_reads_it, seed),
        cmocka_unit_test(a_filter_writes_the_wanted_members_as_the_whole_has_them),
        cmocka_unit_test(texts_with_escapes_at_every_place_are_written_as_jansson_reads_them),
        cmocka_unit_test(a_buffer_that_is_full_fails_the_writer_wherever_it_ends),
        cmocka_unit_test_setup_teardown(a_stencil_digests_what_the_document_would_be, seed, release),
        cmocka_unit_test_setup_teardown(a_mould_gives_the_plan_of_the_document_with_its_numbers_moved, seed,
                                        release),
        cmocka_unit_test_teardown(a_mould_is_made_of_numbers_alone_and_fills_nothing_that_shapes_the_plan,
                                  release),
        cmocka_unit_test(what_is_frozen_counts_no_references_until_it_thaws),
        cmocka_unit_test(an_arena_that_is_reset_keeps_its_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
