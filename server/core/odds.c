#include "odds.h"

#include "elementary.h"
#include "normal.h"

/* --- drawing: the polynomial of the cell that a number falls into --- */

/* As many numbers at once as powers: a square, which can be transposed. */
enum { ROW = 256, AT_ONCE = SC_ODDS_POWERS };

/* Eight numbers side by side. A compiler makes one vector of them, or as many as the machine needs. */
typedef double eight __attribute__((vector_size(64)));

/* Where a number is: its cell, and its distance from the middle of that in half widths. */
SC_PART double cell_of(const struct sc_odds *odds, double z, double *distance)
{
    const double round = 0x1.8p52;
    double along = (z - odds->anchor) * odds->per_unit, cell = along + round - round;
    cell = cell < odds->first ? odds->first : cell;
    cell = cell > odds->last ? odds->last : cell;
    double from_middle = 2 * (along - cell);
    from_middle = from_middle < -1 ? -1 : from_middle;
    *distance = from_middle > 1 ? 1 : from_middle;
    return cell - odds->first;
}

#define POLYNOMIAL(c, d, d2, d4)                                                                             \
    ((c)[0] + (c)[1] * (d) + (d2) * ((c)[2] + (c)[3] * (d)) +                                                \
     (d4) * ((c)[4] + (c)[5] * (d) + (d2) * ((c)[6] + (c)[7] * (d))))

bool sc_odds_has(const struct sc_odds *odds, double z)
{
    double along = (z - odds->anchor) * odds->per_unit;
    return along >= odds->first - 0.5 && along <= odds->last + 0.5;
}

double sc_odds_at(const struct sc_odds *odds, double z)
{
    double d, d2, d4;
    const double *c = odds->coefficient[(size_t)cell_of(odds, z, &d)];
    d2 = d * d;
    d4 = d2 * d2;
    return POLYNOMIAL(c, d, d2, d4);
}

#define PAIRS(one, other, odd)                                                                               \
    __builtin_shufflevector(one, other, odd, 8 + (odd), 2 + (odd), 10 + (odd), 4 + (odd), 12 + (odd),        \
                            6 + (odd), 14 + (odd))
#define QUARTERS(one, other, odd)                                                                            \
    __builtin_shufflevector(one, other, 2 * (odd), 2 * (odd) + 1, 2 * (odd) + 4, 2 * (odd) + 5,              \
                            2 * (odd) + 8, 2 * (odd) + 9, 2 * (odd) + 12, 2 * (odd) + 13)

/* Column k of eight rows of eight becomes c[k]. */
SC_PART void transpose(const eight *row, eight *c)
{
    for (size_t odd = 0; odd < 2; odd++) {
        eight pair[4];
        for (size_t k = 0; k < 4; k++)
            pair[k] = odd ? PAIRS(row[2 * k], row[2 * k + 1], 1) : PAIRS(row[2 * k], row[2 * k + 1], 0);
        eight low = QUARTERS(pair[0], pair[1], 0), high = QUARTERS(pair[2], pair[3], 0);
        c[odd] = QUARTERS(low, high, 0);
        c[odd + 4] = QUARTERS(low, high, 1);
        low = QUARTERS(pair[0], pair[1], 1);
        high = QUARTERS(pair[2], pair[3], 1);
        c[odd + 2] = QUARTERS(low, high, 0);
        c[odd + 6] = QUARTERS(low, high, 1);
    }
}

SC_WIDE static void draw_piece(const struct sc_odds *odds, const double *z, size_t n, double *y)
{
    double distance[ROW], result[ROW];
    int32_t cell[ROW];
    for (size_t i = 0; i < n; i++) cell[i] = (int32_t)cell_of(odds, z[i], &distance[i]);
    for (size_t i = n; i % AT_ONCE > 0; i++) {
        cell[i] = 0;
        distance[i] = 0;
    }
    for (size_t i = 0; i < n; i += AT_ONCE) {
        eight row[AT_ONCE], c[SC_ODDS_POWERS], d, d2, d4, sum;
        for (int k = 0; k < AT_ONCE; k++)
            memcpy(&row[k], odds->coefficient[cell[i + (size_t)k]], sizeof row[k]);
        transpose(row, c);
        memcpy(&d, distance + i, sizeof d);
        d2 = d * d;
        d4 = d2 * d2;
        sum = POLYNOMIAL(c, d, d2, d4);
        memcpy(result + i, &sum, sizeof sum);
    }
    memcpy(y, result, n * sizeof *y);
}

void sc_odds_row(const struct sc_odds *odds, const double *z, size_t n, double *y)
{
    for (size_t done = 0; done < n; done += ROW)
        draw_piece(odds, z + done, n - done < ROW ? n - done : ROW, y + done);
}

/* --- making ready: eight segments side by side, cell after cell, each by its Taylor series --- */

enum { DEGREE = 13, SEGMENTS = AT_ONCE, FEWEST = 10, MOST = (SC_ODDS_CELLS - 1) / SEGMENTS };
#define TOLERANCE 1e-13

/* Of y by z around the middle of a cell, in half widths; with it x and s = dy/dz = normal density / density
 * of y:   x' = x (1 - x) s,   s' = -s (z + (a (1 - x) - b x) s). */
struct series {
    eight y[DEGREE + 1], x[DEGREE + 1], s[DEGREE + 1];
};

/* A segment begins at its outer end, where little probability lies beyond: an error of y shrinks on its way
 * inward, as the density grows. */
struct march {
    double a, b, half_width;
    eight z, onward; /* 2 where cells follow upward, -2 where downward */
    int start[SEGMENTS], step[SEGMENTS];
    struct series series;
};

#define PRODUCT(sum, f, g, k)                                                                                \
    do {                                                                                                     \
        (sum) = (f)[0] * (g)[k];                                                                             \
        for (int j = 1; j <= (k); j++) (sum) += (f)[j] * (g)[(k)-j];                                         \
    } while (0)

/* x and 1 - x of log odds y. */
SC_PART void parts_of(const eight *y, eight *x, eight *rest)
{
    double odds[AT_ONCE], below[AT_ONCE], above[AT_ONCE];
    memcpy(odds, y, sizeof odds);
    for (size_t l = 0; l < AT_ONCE; l++) {
        below[l] = 1 / (1 + sc_exp(-odds[l]));
        above[l] = 1 / (1 + sc_exp(odds[l]));
    }
    memcpy(x, below, sizeof below);
    memcpy(rest, above, sizeof above);
}

/* The series from their first terms of y and s. */
SC_PART void expand(const struct march *march, struct series *series)
{
    eight *x = series->x, *s = series->s, *y = series->y, sum;
    eight rest[DEGREE], spread[DEGREE], pull[DEGREE], bend[DEGREE];
    parts_of(&y[0], &x[0], &rest[0]);
    for (int k = 0; k < DEGREE; k++) {
        double integral = march->half_width / (k + 1);
        if (k > 0) rest[k] = -x[k];
        PRODUCT(spread[k], x, rest, k);
        pull[k] = k == 0 ? march->a * rest[0] - march->b * x[0] : -(march->a + march->b) * x[k];
        PRODUCT(bend[k], pull, s, k);
        if (k == 0) bend[k] += march->z;
        if (k == 1) bend[k] += march->half_width;
        y[k + 1] = s[k] * integral;
        PRODUCT(sum, spread, s, k);
        x[k + 1] = sum * integral;
        PRODUCT(sum, s, bend, k);
        s[k + 1] = sum * -integral;
    }
}

/* The series' value and its rate of change at the middle of the next cell. */
SC_PART void go_on(struct march *march)
{
    struct series *series = &march->series;
    eight d = march->onward, y = series->y[DEGREE], s = series->s[DEGREE];
    for (int k = DEGREE - 1; k >= 0; k--) {
        y = y * d + series->y[k];
        s = s * d + series->s[k];
    }
    series->y[0] = y;
    series->s[0] = s;
    march->z += d * march->half_width;
}

/* Leaves of a series the polynomial of degree SC_ODDS_POWERS - 1 that is closest between -1 and 1: the
 * highest power is taken away with as much of Chebyshev's polynomial as has it, which is everywhere small
 * (Lanczos 1938). */
SC_PART void economise(eight *c)
{
    for (int n = DEGREE; n >= SC_ODDS_POWERS; n--) {
        double share = 1;
        for (int j = 0; n - 2 * j >= 2; j++) {
            share *= -(double)((n - 2 * j) * (n - 2 * j - 1)) / (4 * (j + 1) * (n - j - 1));
            c[n - 2 * j - 2] -= share * c[n];
        }
    }
}

/* The most that any of eight has lost by that: of the first powers left out. */
SC_PART double lost(const eight *c)
{
    double first[AT_ONCE], second[AT_ONCE], most = 0;
    memcpy(first, &c[SC_ODDS_POWERS], sizeof first);
    memcpy(second, &c[SC_ODDS_POWERS + 1], sizeof second);
    for (int l = 0; l < AT_ONCE; l++) {
        double off = fabs(first[l]) / 128 + fabs(second[l]) / 256;
        most = off > most ? off : most;
    }
    return most;
}

/* Fills a cell of each segment; returns the most that any has lost. */
SC_WIDE static double fill_cells(struct march *march, int step, struct sc_odds *odds)
{
    eight c[DEGREE + 1];
    double lane[AT_ONCE];
    expand(march, &march->series);
    memcpy(c, march->series.y, sizeof c);
    economise(c);
    for (int k = 0; k < SC_ODDS_POWERS; k++) {
        memcpy(lane, &c[k], sizeof lane);
        for (int l = 0; l < SEGMENTS; l++)
            odds->coefficient[march->start[l] + step * march->step[l]][k] = lane[l];
    }
    go_on(march);
    return lost(c);
}

/* log(p / (1 - p)) of the probability p below z. */
static double log_odds_of(double z)
{
    double less = sc_normal_log_between(-INFINITY, -fabs(z)), odds = less - sc_log1p(-sc_exp(less));
    return z < 0 ? odds : -odds;
}

double sc_odds_solved(const struct sc_beta *beta, double z)
{
    double t = log_odds_of(z);
    return sc_beta_quantile(beta, t, sc_beta_guess(beta, t));
}

/* y and dy/dz where the segments begin. */
static void begin(const struct sc_beta *beta, const double *z, double *y, double *s)
{
    for (int l = 0; l < SEGMENTS; l++) {
        y[l] = sc_odds_solved(beta, z[l]);
        s[l] = sc_exp(sc_normal_log_pdf(z[l]) - sc_beta_log_density(beta, y[l]));
    }
}

/* The segments' middles are below 0 for those that go upward: the first `upward` of them. */
static int going_upward(double low, double width)
{
    int upward = 0;
    while (upward < SEGMENTS && low + (upward + 0.5) * width < 0) upward++;
    return upward;
}

/* Each segment of so many cells, and one more, which it shares with its neighbour. */
static double fill(const struct sc_beta *beta, double low, double width, int cells, const double *y,
                   const double *s, struct sc_odds *odds)
{
    int upward = going_upward(low, width);
    struct march march = {.a = beta->a, .b = beta->b, .half_width = 0.5 * width / cells};
    double most = 0, z[SEGMENTS];
    for (int l = 0; l < SEGMENTS; l++) {
        march.start[l] = (l < upward ? l : l + 1) * cells;
        march.step[l] = l < upward ? 1 : -1;
        march.onward[l] = 2 * march.step[l];
        z[l] = low + width * (l < upward ? l : l + 1);
    }
    memcpy(&march.z, z, sizeof march.z);
    memcpy(&march.series.y[0], y, sizeof march.series.y[0]);
    memcpy(&march.series.s[0], s, sizeof march.series.s[0]);
    odds->anchor = low + width * upward;
    odds->per_unit = cells / width;
    odds->first = -(double)(upward * cells);
    odds->last = (double)((SEGMENTS - upward) * cells);
    for (int step = 0; step <= cells; step++) most = fmax(most, fill_cells(&march, step, odds));
    return most;
}

/* Of a distribution that is even about its middle: y is odd. */
static void make_odd(struct sc_odds *odds)
{
    double *middle = odds->coefficient[-(int)odds->first];
    for (int k = 0; k < SC_ODDS_POWERS; k += 2) middle[k] = 0;
}

void sc_odds_prepare(const struct sc_beta *beta, double low, double high, struct sc_odds *odds)
{
    double width = fmax(high - low, 1e-9 * (1 + fabs(low))) / SEGMENTS, z[SEGMENTS], y[SEGMENTS], s[SEGMENTS];
    int upward = going_upward(low, width);
    for (int l = 0; l < SEGMENTS; l++) z[l] = low + width * (l < upward ? l : l + 1);
    begin(beta, z, y, s);
    double allowed = TOLERANCE * fmin(1, sqrt(1 / beta->a + 1 / beta->b));
    double off = fill(beta, low, width, FEWEST, y, s, odds) / allowed;
    if (off > 1) {
        int cells = (int)fmin(ceil(FEWEST * sc_pow(off, 1.0 / SC_ODDS_POWERS)), MOST);
        fill(beta, low, width, cells, y, s, odds);
    }
    if (beta->a == beta->b && odds->anchor == 0) make_odd(odds);
}
