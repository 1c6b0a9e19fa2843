#include "warp.h"

#include "elementary.h"
#include "normal.h"

/* --- drawing: the polynomial of the cell that a number falls into --- */

/* As many numbers at once as powers: a square, which can be transposed. */
enum { ROW = 256, AT_ONCE = SC_WARP_POWERS };

/* Eight numbers side by side. A compiler makes one vector of them, or as many as the machine needs. */
typedef double eight __attribute__((vector_size(64)));

/* Where a number is: its cell, counted from the one in whose middle 0 is, and its distance from the middle in
 * half widths. */
SC_PART double cell_of(const struct sc_warp *warp, double z, double *distance)
{
    const double round = 0x1.8p52, last = warp->last;
    double along = z * warp->per_unit, cell = along + round - round;
    cell = cell < -last ? -last : cell;
    cell = cell > last ? last : cell;
    double from_middle = 2 * (along - cell);
    from_middle = from_middle < -1 ? -1 : from_middle;
    *distance = from_middle > 1 ? 1 : from_middle;
    return cell + last;
}

#define POLYNOMIAL(c, d, d2, d4)                                                                             \
    ((c)[0] + (c)[1] * (d) + (d2) * ((c)[2] + (c)[3] * (d)) +                                                \
     (d4) * ((c)[4] + (c)[5] * (d) + (d2) * ((c)[6] + (c)[7] * (d))))

double sc_warp_at(const struct sc_warp *warp, double z)
{
    double d, d2, d4;
    const double *c = warp->coefficient[(size_t)cell_of(warp, z, &d)];
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

SC_WIDE static void draw_piece(const struct sc_warp *warp, const double *z, size_t n, double *y)
{
    double distance[ROW], result[ROW];
    int32_t cell[ROW];
    for (size_t i = 0; i < n; i++) cell[i] = (int32_t)cell_of(warp, z[i], &distance[i]);
    for (size_t i = n; i % AT_ONCE > 0; i++) {
        cell[i] = 0;
        distance[i] = 0;
    }
    for (size_t i = 0; i < n; i += AT_ONCE) {
        eight row[AT_ONCE], c[SC_WARP_POWERS], d, d2, d4, sum;
        for (int k = 0; k < AT_ONCE; k++)
            memcpy(&row[k], warp->coefficient[cell[i + (size_t)k]], sizeof row[k]);
        transpose(row, c);
        memcpy(&d, distance + i, sizeof d);
        d2 = d * d;
        d4 = d2 * d2;
        sum = POLYNOMIAL(c, d, d2, d4);
        memcpy(result + i, &sum, sizeof sum);
    }
    memcpy(y, result, n * sizeof *y);
}

void sc_warp_row(const struct sc_warp *warp, const double *z, size_t n, double *y)
{
    for (size_t done = 0; done < n; done += ROW)
        draw_piece(warp, z + done, n - done < ROW ? n - done : ROW, y + done);
}

/* --- making ready: eight segments side by side, cell after cell, each by its Taylor series --- */

enum { DEGREE = 13, SEGMENTS = AT_ONCE, FEWEST = 10, MOST = (SC_WARP_CELLS - 1) / SEGMENTS };
#define TOLERANCE 1e-13
#define WIDTH (2 * SC_WARP_FAR / SEGMENTS)

/* Of y by z around the middle of a cell, in half widths. With s = dy/dz, the density of z by that of y, whose
 * logarithm falls by `pull` as y rises:   s' = -s (z + pull s),   where pull = -y of a normal number, and
 * a (1 - x) - b x of log odds, with x' = x (1 - x) s. */
struct series {
    eight y[DEGREE + 1], x[DEGREE + 1], s[DEGREE + 1];
};

/* A segment begins at its outer end, where little probability lies beyond: an error of y shrinks on its way
 * inward, as the density grows. */
struct march {
    bool normal;
    double a, b, half_width;
    eight z, onward; /* 2 where cells follow upward, -2 where downward */
    int start[SEGMENTS], step[SEGMENTS];
    struct series series;
};

/* Term k of a product of series, added up from both ends. */
SC_PART void multiply(const eight *f, const eight *g, int k, eight *product)
{
    eight one = f[0] * g[k], other = k > 0 ? f[k] * g[0] : f[0] - f[0];
    for (int i = 1; 2 * i <= k; i++) {
        one += f[i] * g[k - i];
        if (2 * i < k) other += f[k - i] * g[i];
    }
    *product = one + other;
}

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

/* The terms k of x (1 - x), and k + 1 of x. */
SC_PART void expand_x(const struct march *march, int k, eight *rest, eight *spread, struct series *series)
{
    eight *x = series->x, sum;
    if (k == 0) parts_of(&series->y[0], &x[0], &rest[0]);
    if (k > 0) rest[k] = -x[k];
    multiply(x, rest, k, &spread[k]);
    multiply(spread, series->s, k, &sum);
    x[k + 1] = sum * (march->half_width / (k + 1));
}

/* The series from their first terms of y and s. */
SC_PART void expand(const struct march *march, bool normal, struct series *series)
{
    eight *x = series->x, *s = series->s, *y = series->y, sum;
    eight rest[DEGREE], spread[DEGREE], pull[DEGREE], bend[DEGREE];
    for (int k = 0; k < DEGREE; k++) {
        if (!normal) expand_x(march, k, rest, spread, series);
        if (normal)
            pull[k] = -y[k];
        else
            pull[k] = k == 0 ? march->a * rest[0] - march->b * x[0] : -(march->a + march->b) * x[k];
        multiply(pull, s, k, &bend[k]);
        if (k == 0) bend[k] += march->z;
        if (k == 1) bend[k] += march->half_width;
        multiply(s, bend, k, &sum);
        y[k + 1] = s[k] * (march->half_width / (k + 1));
        s[k + 1] = sum * (-march->half_width / (k + 1));
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

/* Of Chebyshev's polynomials of degree 8 to 13 with a highest power of 1: their other powers, from above. */
static const double CHEBYSHEV[DEGREE - SC_WARP_POWERS + 1][DEGREE / 2] = {
    {-2.0, 1.25, -0.25, 0.0078125},
    {-2.25, 1.6875, -0.46875, 0.03515625},
    {-2.5, 2.1875, -0.78125, 0.09765625, -0.001953125},
    {-2.75, 2.75, -1.203125, 0.21484375, -0.0107421875},
    {-3.0, 3.375, -1.75, 0.41015625, -0.03515625, 0.00048828125},
    {-3.25, 4.0625, -2.4375, 0.7109375, -0.0888671875, 0.003173828125}};

/* Leaves of a series the polynomial of degree SC_WARP_POWERS - 1 that is closest between -1 and 1: the
 * highest power is taken away with as much of Chebyshev's polynomial as has it, which is everywhere small
 * (Lanczos 1938). */
SC_PART void economise(eight *c)
{
    for (int n = DEGREE; n >= SC_WARP_POWERS; n--)
        for (int j = 0; n - 2 * j >= 2; j++) c[n - 2 * j - 2] -= CHEBYSHEV[n - SC_WARP_POWERS][j] * c[n];
}

/* The most that any of eight has lost by that: of the first powers left out. */
SC_PART double lost(const eight *c)
{
    double first[AT_ONCE], second[AT_ONCE], most = 0;
    memcpy(first, &c[SC_WARP_POWERS], sizeof first);
    memcpy(second, &c[SC_WARP_POWERS + 1], sizeof second);
    for (int l = 0; l < AT_ONCE; l++) {
        double off = fabs(first[l]) / 128 + fabs(second[l]) / 256;
        most = off > most ? off : most;
    }
    return most;
}

/* Fills a cell of each segment; returns the most that any has lost. */
SC_WIDE static double fill_cells(struct march *march, int step, struct sc_warp *warp)
{
    eight c[DEGREE + 1];
    double lane[AT_ONCE];
    if (march->normal)
        expand(march, true, &march->series);
    else
        expand(march, false, &march->series);
    memcpy(c, march->series.y, sizeof c);
    economise(c);
    for (int k = 0; k < SC_WARP_POWERS; k++) {
        memcpy(lane, &c[k], sizeof lane);
        for (int l = 0; l < SEGMENTS; l++)
            warp->coefficient[march->start[l] + step * march->step[l]][k] = lane[l];
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

double sc_warp_solved(const struct sc_density *density, double z)
{
    double least = sc_normal_cdf(-fabs(z)), p = z < 0 ? least : 1 - least, q = z < 0 ? 1 - least : least;
    if (density->mass < 1) {
        p = fmax(density->below + p * density->mass, 0x1p-1074);
        q = fmax(density->above + q * density->mass, 0x1p-1074);
        z = sc_normal_quantile_between(p, q);
    }
    if (density->normal) return z;
    double t = log_odds_of(z);
    return sc_beta_quantile(&density->beta, t, sc_beta_guess(&density->beta, t));
}

static double log_density(const struct sc_density *density, double y)
{
    return density->normal ? sc_normal_log_pdf(y) : sc_beta_log_density(&density->beta, y);
}

/* Where the segments begin: at the ends, and from there toward the middle. */
struct start {
    double z[SEGMENTS], y[SEGMENTS], s[SEGMENTS];
};

static void find_starts(const struct sc_density *density, struct start *start)
{
    for (int l = 0; l < SEGMENTS; l++) {
        double z = (l < SEGMENTS / 2 ? l - SEGMENTS / 2 : l + 1 - SEGMENTS / 2) * WIDTH;
        start->z[l] = z;
        start->y[l] = sc_warp_solved(density, z);
        start->s[l] = density->mass * sc_exp(sc_normal_log_pdf(z) - log_density(density, start->y[l]));
    }
}

/* Each segment of so many cells, and one more, which it shares with its neighbour; returns what is lost. */
static double fill(const struct sc_density *density, const struct start *start, int cells,
                   struct sc_warp *warp)
{
    struct march march = {.normal = density->normal,
                          .a = density->beta.a,
                          .b = density->beta.b,
                          .half_width = 0.5 * WIDTH / cells};
    double most = 0;
    for (int l = 0; l < SEGMENTS; l++) {
        march.start[l] = (l < SEGMENTS / 2 ? l : l + 1) * cells;
        march.step[l] = l < SEGMENTS / 2 ? 1 : -1;
        march.onward[l] = 2 * march.step[l];
    }
    memcpy(&march.z, start->z, sizeof march.z);
    memcpy(&march.series.y[0], start->y, sizeof march.series.y[0]);
    memcpy(&march.series.s[0], start->s, sizeof march.series.s[0]);
    warp->per_unit = cells / WIDTH;
    const int to_side = SEGMENTS / 2 * cells;
    warp->last = to_side;
    for (int step = 0; step <= cells; step++) most = fmax(most, fill_cells(&march, step, warp));
    return most;
}

/* Where the middle is the middle of the density too, y is odd. */
static void make_odd(struct sc_warp *warp)
{
    double *middle = warp->coefficient[(int)warp->last];
    for (int k = 0; k < SC_WARP_POWERS; k += 2) middle[k] = 0;
}

void sc_warp_prepare(const struct sc_density *density, struct sc_warp *warp)
{
    const struct sc_beta *beta = &density->beta;
    struct start start;
    find_starts(density, &start);
    double spread = density->normal ? 1 : fmin(1, sqrt(1 / beta->a + 1 / beta->b));
    double off = fill(density, &start, FEWEST, warp) / (TOLERANCE * spread);
    if (off > 1) {
        double cells = ceil(FEWEST * sc_pow(off, 1.0 / SC_WARP_POWERS));
        fill(density, &start, (int)fmin(cells, MOST), warp);
    }
    if (density->below == density->above && (density->normal || beta->a == beta->b)) make_odd(warp);
}
