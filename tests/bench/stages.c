/* How long each stage of a valuation takes, beside jansson reading the same document: one run, one machine,
 * ratios. Usage: stages DOCUMENT… (each the median of many runs, interleaved so that a noisy neighbour hits
 * all alike). */
#include "app/evaluation.h"
#include "base/arena.h"
#include "base/clock.h"
#include "codec/budget.h"
#include "codec/canonical.h"
#include "codec/document.h"
#include "codec/writer.h"
#include "secondchair/gradient.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { RUNS = 401, TEXT_MAX = 1 << 20, STAGES = 7, EVALUATE = 4, GRADIENT = 5 };

static const char *const NAMES[STAGES] = {"jansson reads the document", "budget, then jansson",
                                          "canonical form and SHA-256", "compile and check",
                                          "evaluate all branches",      "derive by all drivers",
                                          "write the answer"};

struct bench {
    char text[TEXT_MAX];
    size_t length;
    uint64_t spent[STAGES][RUNS];
    struct sc_faults faults;
};

static int by_value(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;
    return left < right ? -1 : left > right;
}

static void require(bool condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static size_t write_answer(const struct sc_evaluation *evaluation)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_buffer_init(&buffer, TEXT_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    sc_valuation_write(evaluation, &writer);
    sc_json_object_end(&writer);
    require(sc_json_finish(&writer), "the answer could not be written");
    size_t length = buffer.length;
    sc_buffer_fini(&buffer);
    return length;
}

/* The gradient with its own evaluation, over the block of the valuation. */
static void derive(struct sc_evaluation *evaluation, struct sc_arena *arena, struct sc_faults *faults)
{
    struct sc_gradient gradient;
    void *memory = sc_arena_alloc(arena, sc_gradient_size(evaluation->plan));
    require(memory != NULL, "no memory");
    sc_gradient_init(&gradient, evaluation->plan, memory);
    require(sc_gradient_evaluate(&evaluation->block, &gradient, faults), "the scenario has no gradient");
}

static size_t run_once(struct bench *bench, int run)
{
    static const struct sc_json_limits limits = {20000, 32};
    struct sc_json_error error;
    struct sc_arena arena;
    char digest[SC_DIGEST_TEXT];
    uint64_t at[STAGES + 1];
    sc_arena_init(&arena, 1 << 26);
    at[0] = sc_clock_nanoseconds();
    json_auto_t *plain = json_loadb(bench->text, bench->length, 0, NULL);
    at[1] = sc_clock_nanoseconds();
    json_auto_t *document = sc_json_parse(bench->text, bench->length, &limits, &error);
    at[2] = sc_clock_nanoseconds();
    require(plain && document && sc_json_digest(document, digest), "the document is not JSON");
    at[3] = sc_clock_nanoseconds();
    const struct sc_plan *plan = sc_document_compile(document, &arena, &bench->faults);
    at[4] = sc_clock_nanoseconds();
    require(plan != NULL, "the document is not a scenario");
    struct sc_evaluation *evaluation = sc_evaluation_new(plan, &arena, &bench->faults);
    at[5] = sc_clock_nanoseconds();
    require(evaluation != NULL, "the scenario has no value");
    derive(evaluation, &arena, &bench->faults);
    at[6] = sc_clock_nanoseconds();
    size_t answer = write_answer(evaluation);
    at[7] = sc_clock_nanoseconds();
    for (int stage = 0; stage < STAGES; stage++) bench->spent[stage][run] = at[stage + 1] - at[stage];
    sc_arena_fini(&arena);
    return answer;
}

static void report(struct bench *bench, const char *path)
{
    FILE *file = fopen(path, "rb");
    require(file != NULL, path);
    bench->length = fread(bench->text, 1, sizeof bench->text, file);
    fclose(file);
    size_t answer = 0;
    for (int run = 0; run < RUNS; run++) answer = run_once(bench, run);
    for (int stage = 0; stage < STAGES; stage++)
        qsort(bench->spent[stage], RUNS, sizeof bench->spent[stage][0], by_value);
    double base = (double)bench->spent[0][RUNS / 2];
    printf("%s: %zu bytes in, %zu bytes out\n\n", path, bench->length, answer);
    printf("| stage | median us | beside jansson |\n|---|---:|---:|\n");
    for (int stage = 0; stage < STAGES; stage++) {
        double median = (double)bench->spent[stage][RUNS / 2];
        printf("| %s | %.1f | %.2f |\n", NAMES[stage], median / 1000, median / base);
    }
    printf("\nThe derivatives by all drivers take %.1f times as long as the valuation.\n",
           (double)bench->spent[GRADIENT][RUNS / 2] / (double)bench->spent[EVALUATE][RUNS / 2]);
}

int main(int argc, char **argv)
{
    struct bench *bench = calloc(1, sizeof *bench);
    require(bench && argc > 1, "usage: stages DOCUMENT…");
    for (int i = 1; i < argc; i++) report(bench, argv[i]);
    free(bench);
    return 0;
}
