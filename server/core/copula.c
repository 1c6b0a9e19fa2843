#include "secondchair/copula.h"

#include "lanes.h"
#include "symmetric.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Correlations are written with few digits, and read back as written. */
#define SAME 1e-12
/* Below this a matrix is as good as singular; a repaired one has no eigenvalue below the second. */
#define LEAST_EIGENVALUE 1e-12
#define REPAIRED_EIGENVALUE 1e-8
#define SIXTH_OF_PI 0.52359877559829887308

enum { REPAIR_STEPS = 2000 };

/* --- what is given --- */

struct checking {
    const struct sc_correlation *correlation;
    const char *place;
    struct sc_faults *faults;
    bool good;
};

static void refuse(struct checking *checking, enum sc_fault_code code, size_t i, size_t j, const char *says)
{
    char place[SC_POINTER_MAX];
    if (snprintf(place, sizeof place, "%s/matrix/%zu/%zu", checking->place, i, j) < 0) return;
    sc_fault_add(checking->faults, code, place, "%s", says);
    checking->good = false;
}

static void check_entry(struct checking *checking, size_t i, size_t j)
{
    size_t n = checking->correlation->n;
    double entry = checking->correlation->matrix[i * n + j],
           mirrored = checking->correlation->matrix[j * n + i];
    if (i == j && !(fabs(entry - 1) <= SAME))
        refuse(checking, SC_FAULT_out_of_range, i, j, "must be 1, the correlation of a driver with itself");
    else if (!(fabs(entry) <= 1))
        refuse(checking, SC_FAULT_out_of_range, i, j, "must be a correlation, from -1 to 1");
    else if (i > j && fabs(entry - mirrored) > SAME)
        refuse(checking, SC_FAULT_conflict, i, j, "must be what its mirror image across the diagonal is");
}

static bool check(const struct sc_correlation *correlation, const char *place, struct sc_faults *faults)
{
    struct checking checking = {correlation, place, faults, true};
    char whole[SC_POINTER_MAX];
    if (correlation->n < 1 || correlation->n > SC_COPULA_MAX) {
        if (snprintf(whole, sizeof whole, "%s/matrix", place) > 0)
            sc_fault_add(faults, SC_FAULT_wrong_length, whole, "must have from 1 to %d rows, one a driver",
                         SC_COPULA_MAX);
        return false;
    }
    for (size_t i = 0; i < correlation->n; i++)
        for (size_t j = 0; j < correlation->n; j++) check_entry(&checking, i, j);
    return checking.good;
}

/* --- the matrix of the normal numbers --- */

/* The sine of pi / 6 times a number from -1 to 1, by its series. */
static double sine_of_sixth(double rho)
{
    double x = SIXTH_OF_PI * rho, sum = 1;
    for (int power = 18; power >= 2; power -= 2) sum = 1 - sum * x * x / (power * (power + 1));
    return x * sum;
}

static void gaussian_matrix(const struct sc_correlation *correlation, double *gaussian)
{
    size_t n = correlation->n;
    for (size_t i = 0; i < n; i++) {
        gaussian[i * n + i] = 1;
        for (size_t j = 0; j < i; j++) {
            double rho = correlation->matrix[i * n + j];
            if (correlation->kind == SC_SPEARMAN) rho = 2 * sine_of_sixth(rho);
            gaussian[i * n + j] = gaussian[j * n + i] = rho;
        }
    }
}

static void make_identity(size_t n, double *matrix)
{
    memset(matrix, 0, n * n * sizeof *matrix);
    for (size_t i = 0; i < n; i++) matrix[i * n + i] = 1;
}

static double smallest_eigenvalue(size_t n, const double *gaussian, double *work, double *basis)
{
    double smallest = INFINITY;
    memcpy(work, gaussian, n * n * sizeof *work);
    make_identity(n, basis);
    sc_symmetric_diagonalise(n, work, basis);
    for (size_t k = 0; k < n; k++) smallest = fmin(smallest, work[k * n + k]);
    return smallest;
}

/* --- the repair --- */

struct repair {
    size_t n;
    double *matrix, *correction, *diagonal, *basis;
};

/* basis (matrix - correction) basis': nearly diagonal, for basis is that of the step before. */
static void turn(const struct repair *repair)
{
    size_t n = repair->n;
    double *turned = repair->diagonal;
    memset(turned, 0, n * n * sizeof *turned);
    for (size_t i = 0; i < n; i++)
        for (size_t k = 0; k < n; k++)
            for (size_t j = 0; j < n; j++)
                turned[i * n + j] +=
                    repair->basis[i * n + k] * (repair->matrix[k * n + j] - repair->correction[k * n + j]);
    for (size_t i = 0; i < n; i++) {
        double row[SC_COPULA_MAX];
        memcpy(row, turned + i * n, n * sizeof *row);
        for (size_t j = 0; j < n; j++) {
            double sum = 0;
            for (size_t k = 0; k < n; k++) sum += row[k] * repair->basis[j * n + k];
            turned[i * n + j] = sum;
            if (j < i) turned[i * n + j] = turned[j * n + i];
        }
    }
}

/* Entry (i, j) of the projection on the matrices whose eigenvalues are not below the least one. */
static double projected(const struct repair *repair, size_t i, size_t j)
{
    size_t n = repair->n;
    double sum = 0;
    for (size_t k = 0; k < n; k++)
        sum += fmax(repair->diagonal[k * n + k], REPAIRED_EIGENVALUE) * repair->basis[k * n + i] *
               repair->basis[k * n + j];
    return sum;
}

/* One step of Higham's alternating projections (2002, algorithm 3.3): on the matrices whose eigenvalues are
 * not below the least one, with Dykstra's correction, then on those of unit diagonal. Returns how far the two
 * projections are apart. */
static double alternate(const struct repair *repair)
{
    size_t n = repair->n;
    double apart = 0;
    turn(repair);
    sc_symmetric_diagonalise(n, repair->diagonal, repair->basis);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double entry = projected(repair, i, j), kept = i == j ? 1 : entry;
            double correction = repair->correction[i * n + j] + entry - repair->matrix[i * n + j];
            repair->correction[i * n + j] = repair->correction[j * n + i] = correction;
            repair->matrix[i * n + j] = repair->matrix[j * n + i] = kept;
            apart = fmax(apart, fabs(kept - entry));
        }
    }
    return apart;
}

static void repair_matrix(struct sc_copula_scratch *scratch, struct sc_copula *copula)
{
    size_t n = copula->n;
    const double *gaussian = scratch->matrix[0];
    struct repair repair = {n, scratch->matrix[1], scratch->matrix[2], scratch->matrix[3],
                            scratch->matrix[4]};
    double squares = 0;
    memcpy(repair.matrix, gaussian, n * n * sizeof *repair.matrix);
    memset(repair.correction, 0, n * n * sizeof *repair.correction);
    make_identity(n, repair.basis);
    for (int step = 0; step < REPAIR_STEPS && alternate(&repair) > LEAST_EIGENVALUE; step++) {
    }
    for (size_t k = 0; k < n * n; k++) {
        double change = fabs(repair.matrix[k] - gaussian[k]);
        copula->largest_change = fmax(copula->largest_change, change);
        squares += change * change;
    }
    copula->change_norm = sqrt(squares);
    copula->repaired = true;
}

/* --- the factor --- */

/* matrix = L L'; false where it is not positive definite. */
static bool factorise(size_t n, const double *matrix, double *factor)
{
    memset(factor, 0, n * n * sizeof *factor);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            double rest = matrix[i * n + j];
            for (size_t k = 0; k < j; k++) rest -= factor[i * n + k] * factor[j * n + k];
            if (i == j && !(rest > 0)) return false;
            factor[i * n + j] = i == j ? sqrt(rest) : rest / factor[j * n + j];
        }
    }
    return true;
}

bool sc_copula_prepare(const struct sc_correlation *correlation, const char *place,
                       struct sc_copula_scratch *scratch, struct sc_copula *copula, struct sc_faults *faults)
{
    size_t n = correlation->n;
    if (!check(correlation, place, faults)) return false;
    gaussian_matrix(correlation, scratch->matrix[0]);
    copula->n = n;
    copula->repaired = false;
    copula->largest_change = copula->change_norm = 0;
    copula->smallest_eigenvalue =
        smallest_eigenvalue(n, scratch->matrix[0], scratch->matrix[1], scratch->matrix[2]);
    bool definite = copula->smallest_eigenvalue > LEAST_EIGENVALUE;
    if (!definite && correlation->repair) repair_matrix(scratch, copula);
    if ((definite || copula->repaired) &&
        factorise(n, scratch->matrix[copula->repaired ? 1 : 0], copula->factor))
        return true;
    char whole[SC_POINTER_MAX];
    if (snprintf(whole, sizeof whole, "%s/matrix", place) > 0)
        sc_fault_add(faults, SC_FAULT_not_positive_definite, whole,
                     "no drivers can be correlated like this: its smallest eigenvalue is %.6g, which must be "
                     "above 0; weaken the strongest correlations, or ask for `repair`",
                     copula->smallest_eigenvalue);
    return false;
}

SC_WIDE static void multiply(double factor, size_t lanes, double *row)
{
    for (size_t lane = 0; lane < lanes; lane++) row[lane] *= factor;
}

SC_WIDE static void add_product(double factor, const double *other, size_t lanes, double *row)
{
    for (size_t lane = 0; lane < lanes; lane++) row[lane] += factor * other[lane];
}

/* From the last row up, since row i needs those before it as they were. */
void sc_copula_correlate(const struct sc_copula *copula, size_t lanes, size_t stride, double *z)
{
    for (size_t i = copula->n; i-- > 0;) {
        const double *factor = copula->factor + i * copula->n;
        if (factor[i] != 1) multiply(factor[i], lanes, z + i * stride);
        for (size_t j = 0; j < i; j++)
            if (factor[j] != 0) add_product(factor[j], z + j * stride, lanes, z + i * stride);
    }
}
