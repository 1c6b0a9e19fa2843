#include "secondchair/sobol_indices.h"
#include "secondchair/statistics.h"

#include <math.h>
#include <stdbool.h>

/* Both samples come from one sequence, so B's keys must differ from A's. */
#define KEY_OF_B UINT64_C(0x9e3779b97f4a7c15)

/* Sums over the points of a randomisation that have values; figures are counted from the origin, a number
 * near their mean, so that their squares keep their digits. */
struct moments {
    double sum, square;
};

struct of_driver {
    size_t n;
    struct moments a, b, ab;
    double change;  /* f(AB) - f(A) */
    double product; /* f(B) (f(AB) - f(A)) */
    double square;  /* (f(AB) - f(A))^2 */
};

struct sums {
    double origin;
    size_t n; /* of A and of B */
    struct moments both;
    struct of_driver *driver;
};

/* What one randomisation works in. */
struct work {
    double *a, *b;     /* [columns][SC_INDEX_CHUNK]: numbers */
    const double **at; /* [columns]: the rows that a figure is asked for at */
    double f_a[SC_INDEX_CHUNK], f_b[SC_INDEX_CHUNK], f_ab[SC_INDEX_CHUNK];
    struct sums sums;
};

size_t sc_index_memory(const struct sc_index_design *design)
{
    return sizeof(struct work) + design->drivers * sizeof(struct of_driver) +
           design->columns * (sizeof(double *) + sizeof(double[2 * SC_INDEX_CHUNK]));
}

static struct work *lay_out(const struct sc_index_design *design, void *memory)
{
    struct work *work = memory;
    size_t numbers = design->columns * SC_INDEX_CHUNK;
    *work = (struct work){.sums.origin = NAN};
    work->a = (double *)(work + 1);
    work->b = work->a + numbers;
    work->sums.driver = (struct of_driver *)(work->b + numbers);
    work->at = (const double **)(work->sums.driver + design->drivers);
    for (size_t i = 0; i < design->drivers; i++) work->sums.driver[i] = (struct of_driver){.n = 0};
    return work;
}

/* The numbers of the points first … first + n - 1 of both samples: A in the first dimensions, B in as many
 * after them. */
static void draw(const struct sc_index_design *design, uint32_t randomisation, uint32_t first, size_t n,
                 struct work *work)
{
    for (size_t c = 0; c < design->columns; c++) {
        const struct sc_index_column *column = &design->column[c];
        double *a = work->a + c * SC_INDEX_CHUNK, *b = work->b + c * SC_INDEX_CHUNK;
        sc_sobol_row(design->sobol, c, design->seed, randomisation, column->key, first, n, a);
        sc_sobol_row(design->sobol, design->columns + c, design->seed, randomisation, column->key ^ KEY_OF_B,
                     first, n, b);
        sc_quantile_row(column->quantile, a, n, a);
        sc_quantile_row(column->quantile, b, n, b);
    }
}

/* Instead of a driver: all of them, or none. */
enum { ALL = SC_INDEX_COLUMNS_MAX, NONE };

/* The figure at points of A, with one driver's numbers from B. */
static void ask(const struct sc_index_design *design, size_t driver, size_t n, struct work *work,
                double *value)
{
    for (size_t c = 0; c < design->columns; c++) {
        bool from_b = driver == ALL || driver == design->column[c].driver;
        work->at[c] = (from_b ? work->b : work->a) + c * SC_INDEX_CHUNK;
    }
    design->at(design->figure, work->at, n, value);
}

static size_t count_missing(const double *value, size_t n)
{
    size_t missing = 0;
    for (size_t i = 0; i < n; i++) missing += isnan(value[i]) ? 1 : 0;
    return missing;
}

/* The mean of the first figures there are. */
static void find_origin(const double *value, size_t n, struct sums *sums)
{
    double found[SC_INDEX_CHUNK];
    size_t count = 0;
    for (size_t i = 0; i < n; i++)
        if (!isnan(value[i])) found[count++] = value[i];
    if (isnan(sums->origin) && count > 0) sums->origin = sc_mean(found, count);
}

static void add(struct moments *moments, double figure)
{
    moments->sum += figure;
    moments->square += figure * figure;
}

static void add_samples(const struct work *work, size_t n, struct sums *sums)
{
    for (size_t i = 0; i < n; i++) {
        double a = work->f_a[i] - sums->origin, b = work->f_b[i] - sums->origin;
        if (isnan(a) || isnan(b)) continue;
        sums->n++;
        add(&sums->both, a);
        add(&sums->both, b);
    }
}

static void add_driver(const struct work *work, double origin, size_t n, struct of_driver *sums)
{
    for (size_t i = 0; i < n; i++) {
        double a = work->f_a[i] - origin, b = work->f_b[i] - origin, ab = work->f_ab[i] - origin;
        double change = work->f_ab[i] - work->f_a[i];
        if (isnan(b) || isnan(change)) continue;
        sums->n++;
        add(&sums->a, a);
        add(&sums->b, b);
        add(&sums->ab, ab);
        sums->change += change;
        sums->product += b * change;
        sums->square += change * change;
    }
}

/* Mean and variance of n figures of one sample and as many of another. */
static double pool(const struct moments *one, const struct moments *other, size_t n, double *mean)
{
    *mean = (one->sum + other->sum) / (2 * (double)n);
    return fmax((one->square + other->square) / (2 * (double)n) - *mean * *mean, 0);
}

/* Each index over the variance of the very points that it is made of, so that it stays near 1 at most where a
 * few points are far out. */
static struct sc_index_pair indices_of(const struct of_driver *of)
{
    double mean, n = (double)of->n;
    double with_b = pool(&of->b, &of->ab, of->n, &mean);
    double first_order = (of->product - mean * of->change) / n;
    double with_a = pool(&of->a, &of->ab, of->n, &mean);
    double total = 0.5 * of->square / n;
    return (struct sc_index_pair){with_b > 0 ? first_order / with_b : NAN, with_a > 0 ? total / with_a : NAN};
}

static void conclude(const struct sc_index_design *design, const struct sums *sums,
                     struct sc_index_sample *sample)
{
    double mean = sums->both.sum / (2 * (double)sums->n);
    sample->mean = sums->origin + mean;
    sample->variance = sums->n > 0 ? fmax(sums->both.square / (2 * (double)sums->n) - mean * mean, 0) : 0;
    for (size_t i = 0; i < design->drivers; i++) sample->driver[i] = indices_of(&sums->driver[i]);
}

void sc_index_once(const struct sc_index_design *design, uint32_t randomisation, void *memory,
                   struct sc_index_sample *sample)
{
    struct work *work = lay_out(design, memory);
    sample->points = design->paths * (design->drivers + 2);
    sample->rejected = 0;
    for (size_t first = 0; first < design->paths; first += SC_INDEX_CHUNK) {
        size_t n = design->paths - first < SC_INDEX_CHUNK ? design->paths - first : SC_INDEX_CHUNK;
        draw(design, randomisation, (uint32_t)first, n, work);
        ask(design, NONE, n, work, work->f_a);
        ask(design, ALL, n, work, work->f_b);
        sample->rejected += count_missing(work->f_a, n) + count_missing(work->f_b, n);
        find_origin(work->f_a, n, &work->sums);
        add_samples(work, n, &work->sums);
        for (size_t i = 0; i < design->drivers; i++) {
            ask(design, i, n, work, work->f_ab);
            sample->rejected += count_missing(work->f_ab, n);
            add_driver(work, work->sums.origin, n, &work->sums.driver[i]);
        }
    }
    conclude(design, &work->sums, sample);
}

struct sc_index sc_index_of(const double *estimate, size_t randomisations, double level)
{
    double mean = sc_mean(estimate, randomisations);
    struct sc_interval interval = sc_replicate_interval(estimate, randomisations, level);
    return (struct sc_index){mean, sc_sd(estimate, randomisations, mean) / sqrt((double)randomisations),
                             interval.low, interval.high};
}
