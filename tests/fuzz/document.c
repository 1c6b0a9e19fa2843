/* Bytes as a document: compiled, evaluated, derived, written, its uncertain drivers drawn. The answer is
 * JSON, finite throughout, and the same for the same bytes; a document without one has faults. */
#include "codec/document.h"
#include "app/evaluation.h"
#include "codec/faults.h"
#include "fuzz.h"
#include "secondchair/gradient.h"
#include "secondchair/uncertainty.h"

enum { MEMORY = 16 << 20 };

static void write_faults(const struct sc_faults *faults, struct sc_json_writer *writer)
{
    MUST(sc_faults_any(faults));
    MUST(faults->count <= SC_FAULTS_MAX);
    sc_json_member_faults(writer, faults);
}

/* Whatever is let through can be drawn from, out to the tails. */
static void write_draws(const struct sc_uncertain *driver, struct sc_arena *arena,
                        struct sc_json_writer *writer)
{
    struct sc_quantile *quantile = sc_arena_alloc(arena, sizeof *quantile);
    MUST(quantile);
    sc_quantile_prepare(&driver->distribution, quantile);
    double before = -INFINITY;
    sc_json_array_begin(writer);
    for (int i = 0; i <= 8; i++) {
        static const double u[] = {1e-300, 1e-9, 0.1, 0.3, 0.5, 0.7, 0.9, 1 - 1e-9, 1 - 0x1p-53};
        double x = sc_quantile_at(quantile, u[i]);
        MUST(x >= before && x >= driver->distribution.min && x <= driver->distribution.max);
        sc_json_number(writer, before = x);
    }
    sc_json_array_end(writer);
}

static void write_uncertainty(const json_t *document, const struct sc_plan *plan, struct sc_arena *arena,
                              struct sc_json_writer *writer)
{
    struct sc_uncertainty uncertainty;
    struct sc_faults *faults = sc_arena_alloc(arena, sizeof *faults);
    const json_t *given = json_object_get(document, "uncertainty");
    if (!given) return;
    bool sound = sc_uncertainty_compile(given, document, plan, "/uncertainty", arena, &uncertainty, faults);
    MUST(sound != sc_faults_any(faults));
    sc_json_member_object_begin(writer, "uncertainty");
    if (!sound) write_faults(faults, writer);
    sc_json_member_array_begin(writer, "draws");
    for (size_t i = 0; sound && i < uncertainty.count; i++)
        if (uncertainty.driver[i].slot != SC_NO_SLOT) write_draws(&uncertainty.driver[i], arena, writer);
    sc_json_array_end(writer);
    sc_json_object_end(writer);
}

/* Whatever has a value has derivatives, though some may be beyond any number. */
static void write_gradient(struct sc_evaluation *evaluation, struct sc_arena *arena,
                           struct sc_json_writer *writer)
{
    struct sc_gradient gradient;
    struct sc_faults *faults = sc_arena_alloc(arena, sizeof *faults);
    sc_gradient_init(&gradient, evaluation->plan, sc_arena_alloc(arena, sc_gradient_size(evaluation->plan)));
    MUST(sc_gradient_evaluate(&evaluation->block, &gradient, faults));
    MUST(gradient.value_per_share == evaluation->chair.expected_value);
    MUST(gradient.chair_value_per_share == evaluation->chair.chair_value_per_share);
    MUST(gradient.hold_probability == evaluation->chair.hold_probability);
    sc_json_member_array_begin(writer, "gradient");
    for (size_t slot = 0; slot < gradient.slots; slot++) {
        MUST(!isnan(gradient.driver[slot].hold));
        sc_json_object_begin(writer);
        sc_json_member_figure(writer, "value", gradient.driver[slot].value);
        sc_json_member_figure(writer, "chair_value", gradient.driver[slot].chair_value);
        sc_json_object_end(writer);
    }
    sc_json_array_end(writer);
}

static void write_answer(json_t *document, struct sc_arena *arena, struct sc_json_writer *writer)
{
    struct sc_faults *faults = sc_arena_alloc(arena, sizeof *faults);
    struct sc_plan *plan = sc_document_compile(document, arena, faults);
    MUST(!plan == sc_faults_any(faults));
    if (!plan) {
        write_faults(faults, writer);
        return;
    }
    sc_json_member_array_begin(writer, "inputs");
    sc_document_write_inputs(plan, NULL, NULL, writer);
    sc_json_array_end(writer);
    write_uncertainty(document, plan, arena, writer);
    struct sc_evaluation *evaluation = sc_evaluation_new(plan, arena, faults);
    MUST(!evaluation == sc_faults_any(faults));
    if (!evaluation) {
        write_faults(faults, writer);
        return;
    }
    sc_valuation_write(evaluation, writer);
    write_gradient(evaluation, arena, writer);
}

static char *answer(const uint8_t *data, size_t size, size_t *length)
{
    struct sc_arena arena;
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    json_t *document = fuzz_parse(data, size);
    if (!document) return NULL;
    sc_arena_init(&arena, MEMORY);
    sc_buffer_init(&buffer, MEMORY);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    write_answer(document, &arena, &writer);
    sc_json_object_end(&writer);
    MUST(sc_json_finish(&writer)); /* fails for a number that is not finite */
    json_decref(document);
    sc_arena_fini(&arena);
    return sc_buffer_take(&buffer, length);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    size_t length = 0, again = 0;
    char *first = answer(data, size, &length), *second = answer(data, size, &again);
    MUST(!first == !second);
    if (!first) return -1;
    MUST(length == again && memcmp(first, second, length) == 0);
    json_t *read = json_loadb(first, length, JSON_REJECT_DUPLICATES, NULL);
    MUST(read);
    json_decref(read);
    free(first);
    free(second);
    return 0;
}
