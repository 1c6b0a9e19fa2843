/* What a random number costs, from the counter to the driver's value, beside one exp of the C library: one
 * run, one machine, ratios. Rows of 256 numbers, as a simulation makes them; the median of many runs,
 * interleaved so that a noisy neighbour hits all alike. */
#include "base/clock.h"
#include "secondchair/copula.h"
#include "secondchair/distribution.h"
#include "secondchair/philox.h"
#include "secondchair/sobol.h"
#include "secondchair/statistics.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { ROW = 256, RUNS = 801, SORTED = 1 << 16, DRIVERS = 16 };

static double u[ROW], z[ROW], x[ROW], many[SORTED], scratch[SORTED], block[DRIVERS * ROW];
static struct sc_sobol sobol;
static struct sc_copula copula;
static struct sc_quantile quantile;

static void row_exp(void)
{
    for (int i = 0; i < ROW; i++) x[i] = exp(u[i]);
}

static void row_philox(void)
{
    static uint64_t path;
    sc_philox_row(1, 2, path += ROW, ROW, x);
}

static void row_sobol(void)
{
    static uint32_t path;
    sc_sobol_row(&sobol, 40, 1, 0, 2, path += ROW, ROW, x);
}

static void row_quantile(void)
{
    sc_quantile_row(&quantile, u, ROW, x);
}

static void row_normal_quantile(void)
{
    sc_normal_quantile_row(u, ROW, x);
}

static void row_normal_cdf(void)
{
    sc_normal_cdf_row(z, ROW, x);
}

static void row_correlate(void)
{
    sc_copula_correlate(&copula, ROW, ROW, block);
}

static void sort_many(void)
{
    sc_philox_row(3, 4, 0, SORTED, many);
    sc_sort(many, SORTED, scratch);
}

static void sum_row(void)
{
    x[0] = sc_sum(u, ROW);
}

static const double VALUES[] = {3, 1, 4, 1.5, 9, 2.6, 5}, WEIGHTS[] = {1, 2, 3, 4, 3, 2, 1};

static struct stage {
    const char *name;
    void (*run)(void);
    size_t numbers;
    struct sc_distribution of;
    double spent[RUNS];
} stages[] = {
    {.name = "exp of the C library", .run = row_exp, .numbers = ROW},
    {.name = "Philox, uniform", .run = row_philox, .numbers = ROW},
    {.name = "Sobol, scrambled", .run = row_sobol, .numbers = ROW},
    {.name = "normal quantile", .run = row_normal_quantile, .numbers = ROW},
    {.name = "normal probability", .run = row_normal_cdf, .numbers = ROW},
    {.name = "correlate, one of 16 drivers", .run = row_correlate, .numbers = DRIVERS * ROW},
    {.name = "normal", .run = row_quantile, .numbers = ROW, .of = {.kind = SC_NORMAL, .parameter = {0, 1}}},
    {.name = "lognormal",
     .run = row_quantile,
     .numbers = ROW,
     .of = {.kind = SC_LOGNORMAL, .parameter = {0, 1}}},
    {.name = "uniform", .run = row_quantile, .numbers = ROW, .of = {.kind = SC_UNIFORM, .parameter = {1, 2}}},
    {.name = "triangular",
     .run = row_quantile,
     .numbers = ROW,
     .of = {.kind = SC_TRIANGULAR, .parameter = {1, 2, 5}}},
    {.name = "pert", .run = row_quantile, .numbers = ROW, .of = {.kind = SC_PERT, .parameter = {1, 2, 5, 4}}},
    {.name = "beta",
     .run = row_quantile,
     .numbers = ROW,
     .of = {.kind = SC_BETA, .parameter = {0.7, 30, 0, 1}}},
    {.name = "student_t",
     .run = row_quantile,
     .numbers = ROW,
     .of = {.kind = SC_STUDENT_T, .parameter = {0, 1, 5}}},
    {.name = "discrete, 7 values", .run = row_quantile, .numbers = ROW, .of = {.kind = SC_DISCRETE}},
    {.name = "sum, compensated", .run = sum_row, .numbers = ROW},
    {.name = "sort 65536 numbers, and Philox", .run = sort_many, .numbers = SORTED},
};
enum { STAGES = sizeof stages / sizeof *stages };

static void require(bool condition, const char *what)
{
    if (condition) return;
    fprintf(stderr, "bench: %s\n", what);
    exit(1);
}

static void make_ready(void)
{
    static struct sc_copula_scratch memory;
    static double matrix[DRIVERS * DRIVERS];
    struct sc_faults faults = {.count = 0};
    for (size_t k = 0; k < DRIVERS * DRIVERS; k++) matrix[k] = k % (DRIVERS + 1) ? 0.3 : 1;
    require(sc_copula_prepare(&(struct sc_correlation){.kind = SC_SPEARMAN, .n = DRIVERS, .matrix = matrix},
                              "", &memory, &copula, &faults),
            "the copula");
    sc_sobol_init(&sobol, SC_SOBOL_DIMENSIONS);
    sc_philox_row(7, 8, 0, ROW, u);
    sc_normal_quantile_row(u, ROW, z);
    for (size_t i = 0; i < DRIVERS * ROW; i++) block[i] = 1e-3;
    for (size_t i = 0; i < STAGES; i++) {
        stages[i].of.min = -INFINITY;
        stages[i].of.max = INFINITY;
        stages[i].of.value = VALUES;
        stages[i].of.weight = WEIGHTS;
        stages[i].of.count = sizeof VALUES / sizeof *VALUES;
    }
}

static int by_value(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

static double median(double *spent)
{
    qsort(spent, RUNS, sizeof *spent, by_value);
    return spent[RUNS / 2];
}

/* What making each distribution ready takes. */
static double preparation(const struct sc_distribution *of)
{
    static double spent[RUNS];
    for (int run = 0; run < RUNS; run++) {
        uint64_t from = sc_clock_nanoseconds();
        sc_quantile_prepare(of, &quantile);
        spent[run] = (double)(sc_clock_nanoseconds() - from);
    }
    return median(spent);
}

int main(void)
{
    make_ready();
    for (int run = 0; run < RUNS; run++)
        for (size_t i = 0; i < STAGES; i++) {
            if (stages[i].run == row_quantile) sc_quantile_prepare(&stages[i].of, &quantile);
            if (stages[i].numbers == SORTED && run % 16) {
                stages[i].spent[run] = stages[i].spent[run - run % 16];
                continue;
            }
            stages[i].run(); /* warms the caches */
            uint64_t from = sc_clock_nanoseconds();
            stages[i].run();
            stages[i].spent[run] = (double)(sc_clock_nanoseconds() - from) / (double)stages[i].numbers;
        }
    double base = median(stages[0].spent);
    printf("| a random number | ns | beside exp | to prepare, us |\n|---|---:|---:|---:|\n");
    for (size_t i = 0; i < STAGES; i++) {
        double spent = i == 0 ? base : median(stages[i].spent);
        printf("| %s | %.1f | %.2f | ", stages[i].name, spent, spent / base);
        if (stages[i].run == row_quantile)
            printf("%.1f |\n", preparation(&stages[i].of) / 1000);
        else
            printf("|\n");
    }
    return 0;
}
