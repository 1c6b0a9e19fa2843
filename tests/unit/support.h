/* What the tests of the model share: a document valued by the real path, drivers moved by pointer, and
 * comparison of numbers within a stated tolerance. */
#ifndef SC_TEST_SUPPORT_H
#define SC_TEST_SUPPORT_H

#include "base/arena.h"
#include "codec/document.h"
#include "codec/pointer.h"
#include "secondchair/field.h"
#include "secondchair/model.h"
#include "secondchair/report.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include <jansson.h>
#include <math.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#define COUNT(array) (sizeof(array) / sizeof *(array))
#define UNUSED __attribute__((unused)) static

/* --- numbers --- */

UNUSED bool is_close(double actual, double expected, double tolerance)
{
    if (isnan(expected) || isnan(actual)) return isnan(expected) && isnan(actual);
    if (expected == actual) return true;
    return fabs(actual - expected) <= tolerance * fabs(expected);
}

UNUSED void close_at(double actual, double expected, double tolerance, const char *what, const char *file,
                     int line)
{
    if (is_close(actual, expected, tolerance)) return;
    print_error("%s is %.17g, expected %.17g within %g: off by %.3g\n", what, actual, expected, tolerance,
                expected != 0 ? actual / expected - 1 : actual);
    _fail(file, line);
}

/* Within a relative tolerance; exactly, where 0 is expected. */
#define assert_close(actual, expected, tolerance)                                                            \
    close_at(actual, expected, tolerance, #actual, __FILE__, __LINE__)
#define assert_exact(actual, expected) close_at(actual, expected, 0, #actual, __FILE__, __LINE__)
/* Within an absolute tolerance. */
#define assert_near(actual, expected, tolerance)                                                             \
    close_at((actual) - (expected) + 1, 1, tolerance, #actual " - " #expected " + 1", __FILE__, __LINE__)

/* xorshift64*: the same numbers in every run. */
static uint64_t support_random = UINT64_C(0x9e3779b97f4a7c15);

UNUSED uint64_t random_bits(void)
{
    support_random ^= support_random >> 12;
    support_random ^= support_random << 25;
    support_random ^= support_random >> 27;
    return support_random * UINT64_C(0x2545f4914f6cdd1d);
}

UNUSED double random_between(double low, double high)
{
    return low + (high - low) * (double)(random_bits() >> 11) * 0x1p-53;
}

UNUSED size_t random_below(size_t limit)
{
    return (size_t)(random_bits() >> 11) % limit;
}

UNUSED int seed_random(void **state)
{
    (void)state;
    support_random = UINT64_C(0x9e3779b97f4a7c15);
    return 0;
}

/* Of processor time: how busy the machine is does not count. */
UNUSED double seconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

/* --- documents --- */

/* JSON in which ' stands for ". */
UNUSED json_t *json_of(const char *text)
{
    char copy[8192];
    size_t length = strlen(text);
    assert_true(length < sizeof copy);
    for (size_t i = 0; i <= length; i++) copy[i] = text[i] == '\'' ? '"' : text[i];
    json_error_t error;
    json_t *value = json_loads(copy, JSON_DECODE_ANY, &error);
    if (!value) fail_msg("the test's own JSON is broken, line %d: %s", error.line, error.text);
    return value;
}

UNUSED void set_json(json_t *document, const char *pointer, json_t *value)
{
    if (sc_pointer_set(document, pointer, value) != SC_POINTER_OK)
        fail_msg("nothing can stand at %s", pointer);
}

UNUSED void set(json_t *document, const char *pointer, const char *text)
{
    set_json(document, pointer, json_of(text));
}

UNUSED void set_number(json_t *document, const char *pointer, double value)
{
    set_json(document, pointer, json_real(value));
}

/* The plainest document: 100 a year for ever, untaxed, at 10 %, at the end of each whole year: worth 1000. */
UNUSED json_t *plain_document(void)
{
    return json_of("{'schema':1,'name':'Plain','company':'TEST','valuation_date':'2024-12-31','price':10,"
                   "'base_year_end':'2024-12-31','horizon':3,'timing':'end',"
                   "'segments':[{'id':'all','base':100,'growth':0,'margin':1}],"
                   "'operations':{'base_revenue':100,'tax':{'rate':0},'reinvestment':{}},"
                   "'discount':{'wacc':0.1},'terminal':{'method':'gordon','growth':0},"
                   "'dilution':{'basic':100}}");
}

/* The plain document with a horizon, and a chair under all of its revenue that is lost wholly and at once. */
UNUSED json_t *chair_document(int horizon, double hazard)
{
    json_t *document = plain_document();
    set_json(document, "/horizon", json_integer(horizon));
    set(document, "/segments/0/chair", "true");
    set(document, "/chair", "{'retention':0}");
    set_number(document, "/chair/hazard", hazard);
    set(document, "/dilution/basic", "1");
    return document;
}

struct valued {
    struct sc_arena arena;
    json_t *document;
    struct sc_plan *plan;
    struct sc_block block;
    struct sc_chair chair;
    struct sc_faults faults;
    bool done; /* it has a value */
};

/* Takes the document over. What it finds wrong is left in valued->faults. */
UNUSED void try_to_value(struct valued *valued, json_t *document)
{
    *valued = (struct valued){.document = document};
    sc_arena_init(&valued->arena, 64u << 20);
    valued->plan = sc_document_compile(document, &valued->arena, &valued->faults);
    if (!valued->plan) return;
    void *memory = sc_arena_alloc(&valued->arena, sc_block_size(valued->plan));
    assert_non_null(memory);
    sc_block_init(&valued->block, valued->plan, memory);
    valued->done = sc_chair_evaluate(&valued->block, &valued->chair, &valued->faults);
}

UNUSED void release(struct valued *valued)
{
    sc_arena_fini(&valued->arena);
    json_decref(valued->document);
}

/* Takes the document over; it must have a value. */
UNUSED void value(struct valued *valued, json_t *document)
{
    try_to_value(valued, document);
    if (valued->done) return;
    const struct sc_fault *first = &valued->faults.item[0];
    fail_msg("no value: %s at %s: %s", sc_fault_name(first->code), first->pointer, first->detail);
}

/* One figure, for short questions. Takes the document over. */
UNUSED double share_of(json_t *document)
{
    struct valued valued;
    value(&valued, document);
    double share = valued.chair.expected_value;
    release(&valued);
    return share;
}

UNUSED double enterprise_of(json_t *document)
{
    struct valued valued;
    value(&valued, document);
    double enterprise = valued.block.enterprise_value[0];
    release(&valued);
    return enterprise;
}

/* Takes the document over; it must have no value, for this reason, at this place. */
UNUSED void refuse_at(json_t *document, const char *code, const char *pointer, const char *file, int line)
{
    struct valued valued;
    try_to_value(&valued, document);
    bool found = false;
    for (size_t i = 0; i < valued.faults.count && !found; i++)
        found = strcmp(sc_fault_name(valued.faults.item[i].code), code) == 0 &&
                strcmp(valued.faults.item[i].pointer, pointer) == 0;
    if (valued.done || !found) {
        print_error("expected %s at %s, found %zu faults, the first %s at %s\n", code, pointer,
                    valued.faults.count,
                    valued.faults.count ? sc_fault_name(valued.faults.item[0].code) : "none",
                    valued.faults.item[0].pointer);
        _fail(file, line);
    }
    release(&valued);
}
#define assert_refused(document, code, pointer) refuse_at(document, code, pointer, __FILE__, __LINE__)

/* --- plans --- */

UNUSED void pointer_of_slot(const struct sc_plan *plan, size_t slot, char out[SC_POINTER_MAX])
{
    sc_plan_pointer(plan, plan->driver_node[slot], out, SC_POINTER_MAX);
}

/* The slot of a driver; the test fails where there is none. */
UNUSED sc_slot slot_at(const struct sc_plan *plan, const char *pointer)
{
    char at[SC_POINTER_MAX];
    for (size_t slot = 0; slot < plan->slots; slot++) {
        pointer_of_slot(plan, slot, at);
        if (strcmp(at, pointer) == 0) return (sc_slot)slot;
    }
    fail_msg("no driver at %s", pointer);
    return SC_NO_SLOT;
}

#endif
