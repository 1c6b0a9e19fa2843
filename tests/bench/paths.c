/* paths DOCUMENT PATHS [DUMP | once]: draws and evaluates paths of a document's uncertainty, and evaluates them drawn
 * before, on 1 thread and on as many as there are cores; prints "threads paths_per_second evaluated_per_second" for each,
 * the best of RUNS ("once": of one run on 1 thread, drawn and evaluated). DUMP receives the draws and the values for another
 * program to check: "draws paths" and the pointers as a line each, then doubles, row by row. */
#include "base/arena.h"
#include "base/clock.h"
#include "codec/document.h"
#include "secondchair/simulate.h"

#include <jansson.h>
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { RUNS = 101, THREADS_MAX = 16 };

struct share {
    const struct sc_simulation *simulation;
    double *value, *draw; /* draw: [moved][paths], or NULL */
    bool drawn;           /* what is there is evaluated */
    size_t paths, first, count;
};

static void require(bool holds, const char *what)
{
    if (holds) return;
    fprintf(stderr, "paths: %s\n", what);
    exit(1);
}

static void *aligned(size_t bytes)
{
    void *memory = aligned_alloc(64, (bytes + 63) / 64 * 64);
    require(memory != NULL, "no memory");
    return memory;
}

static void evaluate_drawn(const struct share *share, struct sc_block *block, struct sc_mixture *mixture)
{
    struct sc_change change[SC_DRAWS_MAX];
    size_t moved = share->simulation->moved;
    mixture->keeps_flows = false;
    for (size_t at = share->first; at < share->first + share->count; at += SC_LANES) {
        for (size_t i = 0; i < moved; i++)
            change[i] = (struct sc_change){share->simulation->draw[i].slot, share->draw + i * share->paths + at};
        sc_mix(block, &(struct sc_lanes){.count = SC_LANES, .change = change, .change_count = moved}, mixture);
        memcpy(share->value + at, mixture->value, sizeof mixture->value);
    }
}

static void *evaluate(void *context)
{
    struct share *share = context;
    const struct sc_simulation *simulation = share->simulation;
    struct sc_block block;
    struct sc_simulation_scratch *scratch = aligned(sizeof *scratch);
    uint8_t *bin = aligned(SC_UNCERTAIN_MAX * SC_PATHS_AT_ONCE);
    void *memory = aligned(sc_block_size(simulation->plan));
    struct sc_tally tally = {.least_spread = INFINITY};
    sc_block_init(&block, simulation->plan, memory);
    sc_simulation_begin(simulation, &block);
    if (share->drawn) evaluate_drawn(share, &block, &scratch->mixture);
    for (size_t at = share->first; at < share->first + share->count && !share->drawn; at += SC_PATHS_AT_ONCE) {
        struct sc_paths paths = {.value = share->value + at};
        for (size_t i = 0; i < SC_UNCERTAIN_MAX; i++) paths.bin[i] = bin + i * SC_PATHS_AT_ONCE;
        sc_simulate(simulation, &block, scratch, 0, (uint32_t)at, SC_PATHS_AT_ONCE, &paths, &tally);
        for (size_t i = 0; i < simulation->moved && share->draw; i++)
            for (size_t p = 0; p < SC_PATHS_AT_ONCE; p++)
                share->draw[i * share->paths + at + p] = scratch->draw[i][p];
    }
    free(memory);
    free(bin);
    free(scratch);
    return NULL;
}

static double rate(const struct sc_simulation *simulation, double *value, double *draw, bool drawn, size_t paths,
                   size_t threads)
{
    pthread_t thread[THREADS_MAX];
    struct share share[THREADS_MAX];
    uint64_t start = sc_clock_nanoseconds();
    size_t each = paths / threads / SC_PATHS_AT_ONCE * SC_PATHS_AT_ONCE;
    for (size_t i = 0; i < threads; i++) {
        share[i] = (struct share){simulation, value, draw, drawn, paths, i * each, i + 1 < threads ? each : paths - i * each};
        require(pthread_create(&thread[i], NULL, evaluate, &share[i]) == 0, "no thread");
    }
    for (size_t i = 0; i < threads; i++) pthread_join(thread[i], NULL);
    return (double)paths / ((double)(sc_clock_nanoseconds() - start) / 1e9);
}

static void dump(const char *path, const struct sc_simulation *simulation, const struct sc_uncertainty *uncertainty,
                 const double *draw, const double *value, size_t paths)
{
    FILE *file = fopen(path, "wb");
    require(file != NULL, path);
    fprintf(file, "%zu %zu\n", simulation->moved, paths);
    for (size_t i = 0; i < simulation->moved; i++)
        fprintf(file, "%s %u\n", uncertainty->driver[simulation->draw[i].driver].pointer, simulation->draw[i].slot);
    require(fwrite(draw, sizeof *draw, simulation->moved * paths, file) == simulation->moved * paths &&
                fwrite(value, sizeof *value, paths, file) == paths && fclose(file) == 0,
            "the dump was not written");
}

int main(int argc, char **argv)
{
    require(argc >= 3, "usage: paths DOCUMENT PATHS [DUMP]");
    struct sc_arena arena;
    struct sc_faults faults = {0};
    struct sc_uncertainty uncertainty;
    struct sc_block block;
    struct sc_sampling sampling = {SC_SAMPLER_SOBOL, 1, false};
    struct sc_simulation *simulation = aligned(sizeof *simulation);
    struct sc_copula_scratch *scratch = aligned(sizeof *scratch);
    size_t paths = (size_t)strtoul(argv[2], NULL, 10) / SC_PATHS_AT_ONCE * SC_PATHS_AT_ONCE,
           cores = (size_t)sysconf(_SC_NPROCESSORS_ONLN);
    sc_arena_init(&arena, 1 << 26);
    json_auto_t *document = json_load_file(argv[1], 0, NULL);
    struct sc_plan *plan = sc_document_compile(document, &arena, &faults);
    require(plan && sc_uncertainty_compile(json_object_get(document, "uncertainty"), document, plan, "/uncertainty",
                                           &arena, &uncertainty, &faults),
            "the document is not valid");
    void *memory = aligned(sc_block_size(plan));
    sc_block_init(&block, plan, memory);
    require(sc_simulation_prepare(simulation, &block, &uncertainty, &sampling, NULL, scratch, "/uncertainty", &faults),
            "the simulation is not valid");
    bool once = argc > 3 && strcmp(argv[3], "once") == 0;
    if (once) cores = 1;
    double *value = aligned(paths * sizeof *value), *draw = aligned(simulation->moved * paths * sizeof *draw);
    if (!once) rate(simulation, value, draw, false, paths, 1);
    for (size_t threads = 1; threads <= cores && threads <= THREADS_MAX; threads += cores > 1 ? cores - 1 : 1) {
        double best = 0, evaluated = 0;
        for (int i = 0; i < (once ? 1 : RUNS); i++) {
            best = fmax(best, rate(simulation, value, NULL, false, paths, threads));
            evaluated = fmax(evaluated, once ? 0 : rate(simulation, value, draw, true, paths, threads));
        }
        printf("%zu %.0f %.0f\n", threads, best, evaluated);
    }
    if (argc > 3 && !once) dump(argv[3], simulation, &uncertainty, draw, value, paths);
    free(draw);
    free(value);
    free(memory);
    free(scratch);
    free(simulation);
    sc_arena_fini(&arena);
    return 0;
}
