/* Numbers by their order. */
#include "lanes.h"
#include "secondchair/statistics.h"

#include <math.h>
#include <stdbool.h>
#include <string.h>

/* --- sorting --- */

enum { FEW = 48, DIGITS = 8, VALUES = 256 };

static void insert_sort(double *x, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        double next = x[i];
        size_t at = i;
        for (; at > 0 && x[at - 1] > next; at--) x[at] = x[at - 1];
        x[at] = next;
    }
}

/* An integer that is ordered as the number is. */
static inline uint64_t rank_of(double x)
{
    uint64_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

static inline size_t digit(uint64_t rank, int place)
{
    return rank >> (8 * place) & (VALUES - 1);
}

/* One digit: from `from` to `to`, where[v] being how many have a smaller one. */
static void distribute(const double *from, double *to, size_t n, int place, size_t *where)
{
    for (size_t i = 0; i < n; i++) to[where[digit(rank_of(from[i]), place)]++] = from[i];
}

void sc_sort(double *x, size_t n, double *scratch)
{
    size_t count[DIGITS][VALUES] = {{0}};
    if (n <= FEW) {
        insert_sort(x, n);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t rank = rank_of(x[i]);
        for (int place = 0; place < DIGITS; place++) count[place][digit(rank, place)]++;
    }
    double *from = x, *to = scratch;
    for (int place = 0; place < DIGITS; place++) {
        if (count[place][digit(rank_of(x[0]), place)] == n) continue; /* all have the same */
        size_t before = 0;
        for (size_t value = 0; value < VALUES; value++) {
            size_t here = count[place][value];
            count[place][value] = before;
            before += here;
        }
        distribute(from, to, n, place, count[place]);
        double *other = from;
        from = to;
        to = other;
    }
    if (from != x) memcpy(x, from, n * sizeof *x);
}

/* --- quantiles --- */

/* Between which ranks a quantile lies, counted from 0, and how far it is from the lower one. */
struct place {
    size_t below;
    double part;
};

static struct place place_of(size_t n, double p)
{
    double at = (double)(n - 1) * p;
    size_t below = (size_t)at;
    return below + 1 < n ? (struct place){below, at - (double)below} : (struct place){n - 1, 0};
}

static double between(const double *pair, double part)
{
    return part > 0 ? pair[0] + part * (pair[1] - pair[0]) : pair[0];
}

double sc_sample_quantile(const double *sorted, size_t n, double p)
{
    struct place place = place_of(n, p);
    return between(sorted + place.below, place.part);
}

/* --- quantiles of numbers that are not sorted: only those that lie near one are --- */

enum { PARTS = 2048, ROW = 256 };

/* Equal parts of the range, and how many numbers lie in each. */
struct parts {
    double low, scale;
    size_t count[PARTS];
    bool wanted[PARTS];
};

/* The least and the greatest of each lane, then of all. */
SC_WIDE static void find_range(const double *x, size_t n, double *low, double *high)
{
    sc_row least, most;
    size_t whole = n - n % SC_LANES;
    SC_EACH_LANE (l) {
        least[l] = INFINITY;
        most[l] = -INFINITY;
    }
    for (size_t i = 0; i < whole; i += SC_LANES)
        SC_EACH_LANE (l) {
            least[l] = x[i + l] < least[l] ? x[i + l] : least[l];
            most[l] = x[i + l] > most[l] ? x[i + l] : most[l];
        }
    *low = *high = x[0];
    for (size_t i = whole; i < n; i++) {
        *low = fmin(*low, x[i]);
        *high = fmax(*high, x[i]);
    }
    for (size_t l = 0; l < SC_LANES; l++) {
        *low = fmin(*low, least[l]);
        *high = fmax(*high, most[l]);
    }
}

/* The parts in which numbers lie: never a lower one for a greater number. */
SC_WIDE static void find_parts(const struct parts *parts, const double *x, size_t n, int32_t *part)
{
    double low = parts->low, scale = parts->scale;
    for (size_t i = 0; i < n; i++) {
        double at = (x[i] - low) * scale;
        part[i] = (int32_t)(at < PARTS - 1 ? at : PARTS - 1);
    }
}

static void count_parts(struct parts *parts, const double *x, size_t n)
{
    int32_t part[ROW] = {0};
    for (size_t from = 0; from < n; from += ROW) {
        size_t row = n - from < ROW ? n - from : ROW;
        find_parts(parts, x + from, row, part);
        for (size_t i = 0; i < row; i++) parts->count[part[i]]++;
    }
}

/* The numbers of the wanted parts; how many. */
static size_t gather(const struct parts *parts, const double *x, size_t n, double *to)
{
    int32_t part[ROW] = {0};
    size_t count = 0;
    for (size_t from = 0; from < n; from += ROW) {
        size_t row = n - from < ROW ? n - from : ROW;
        find_parts(parts, x + from, row, part);
        for (size_t i = 0; i < row; i++) {
            to[count] = x[from + i];
            count += parts->wanted[part[i]];
        }
    }
    return count;
}

static size_t part_of_rank(const struct parts *parts, size_t rank)
{
    size_t part = 0;
    for (size_t before = parts->count[0]; before <= rank; before += parts->count[part]) part++;
    return part;
}

/* How many numbers below a rank were not gathered. */
static size_t left_out_below(const struct parts *parts, size_t rank)
{
    size_t out = 0;
    for (size_t i = part_of_rank(parts, rank); i-- > 0;) out += parts->wanted[i] ? 0 : parts->count[i];
    return out;
}

/* Quantiles in the parts that hold the numbers next to them, which are sorted by themselves. */
static void select_quantiles(struct parts *parts, double *x, size_t n, const double *p, size_t quantiles,
                             double *quantile, double *scratch)
{
    count_parts(parts, x, n);
    for (size_t i = 0; i < quantiles; i++) {
        struct place place = place_of(n, p[i]);
        parts->wanted[part_of_rank(parts, place.below)] = true;
        if (place.part > 0) parts->wanted[part_of_rank(parts, place.below + 1)] = true;
    }
    sc_sort(scratch, gather(parts, x, n, scratch), x);
    for (size_t i = 0; i < quantiles; i++) {
        struct place place = place_of(n, p[i]);
        quantile[i] = between(scratch + place.below - left_out_below(parts, place.below), place.part);
    }
}

void sc_sample_quantiles(double *x, size_t n, const double *p, size_t quantiles, double *quantile,
                         double *scratch)
{
    struct parts parts = {0};
    double high = 0;
    find_range(x, n, &parts.low, &high);
    parts.scale = PARTS / (high - parts.low);
    if (n > PARTS && parts.scale > 0 && isfinite(parts.scale)) {
        select_quantiles(&parts, x, n, p, quantiles, quantile, scratch);
        return;
    }
    sc_sort(x, n, scratch);
    for (size_t i = 0; i < quantiles; i++) quantile[i] = sc_sample_quantile(x, n, p[i]);
}
