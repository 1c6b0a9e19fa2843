/* What the tests of scenario documents share: the cases' files, compiling, looking for faults. */
#ifndef SC_TEST_SCENARIOS_H
#define SC_TEST_SCENARIOS_H

#include "base/arena.h"
#include "base/utf8.h"
#include "codec/document.h"
#include "codec/pointer.h"
#include "documents.h"
#include "secondchair/field.h"

#include <stdio.h>
#include <string.h>

static struct sc_arena arena;
static struct sc_faults faults;

static inline json_t *load(const char *name)
{
    char path[256];
    json_error_t error;
    snprintf(path, sizeof path, "tests/unit/cases/documents/%s", name);
    json_t *value = json_load_file(path, JSON_REJECT_DUPLICATES, &error);
    if (!value) fail_msg("%s: %s", path, error.text);
    return value;
}

/* The plan lives until the next compilation. */
static inline struct sc_plan *compile(const json_t *document)
{
    sc_arena_fini(&arena);
    sc_arena_init(&arena, 1 << 20);
    faults = (struct sc_faults){.count = 0};
    struct sc_plan *plan = sc_document_compile(document, &arena, &faults);
    assert_true(plan == NULL || faults.count == 0);
    for (size_t i = 0; i < faults.count; i++) {
        assert_true(sc_utf8_is_valid(faults.item[i].detail, strlen(faults.item[i].detail)));
        assert_true(sc_utf8_is_valid(faults.item[i].pointer, strlen(faults.item[i].pointer)));
        assert_true(strlen(faults.item[i].detail) > 10);
    }
    return plan;
}

static inline const struct sc_fault *find_fault(const char *pointer, const char *code)
{
    for (size_t i = 0; i < faults.count; i++)
        if (strcmp(faults.item[i].pointer, pointer) == 0 &&
            strcmp(sc_fault_name(faults.item[i].code), code) == 0)
            return &faults.item[i];
    return NULL;
}

static inline void print_faults(void)
{
    for (size_t i = 0; i < faults.count; i++)
        print_message("  %s %s: %s\n", faults.item[i].pointer, sc_fault_name(faults.item[i].code),
                      faults.item[i].detail);
}

static inline void expect(bool fine, const char *about, const char *what)
{
    if (fine) return;
    print_faults();
    fail_msg("%s: %s", about, what);
}

/* The faults found are those of the case, no more, and say what it wants. */
static inline void expect_faults(const char *about, const json_t *wanted)
{
    for (size_t i = 0; i < json_array_size(wanted); i++) {
        const json_t *one = json_array_get(wanted, i);
        const char *pointer = json_string_value(json_object_get(one, "pointer"));
        const char *says = json_string_value(json_object_get(one, "says"));
        const struct sc_fault *found = find_fault(pointer, json_string_value(json_object_get(one, "code")));
        expect(found != NULL, about, pointer);
        expect(strstr(found->detail, says) != NULL, about, says);
    }
    expect(faults.count == json_array_size(wanted), about, "another number of faults");
}

/* Puts in and takes out what the case says. */
static inline void apply_edits(json_t *document, const json_t *one)
{
    const char *pointer;
    json_t *value;
    size_t i;
    json_object_foreach (json_object_get(one, "set"), pointer, value)
        assert_int_equal(sc_pointer_set(document, pointer, json_deep_copy(value)), SC_POINTER_OK);
    json_array_foreach (json_object_get(one, "remove"), i, value)
        assert_int_equal(sc_pointer_remove(document, json_string_value(value)), SC_POINTER_OK);
}

static inline int release(void **state)
{
    (void)state;
    sc_arena_fini(&arena);
    return 0;
}

#endif
