#include "symmetric.h"

#include <float.h>
#include <math.h>
#include <stdbool.h>

enum { SWEEPS = 60 };

static void rotate_rows(double *p, double *q, size_t n, double cosine, double sine)
{
    for (size_t k = 0; k < n; k++) {
        double along = p[k], across = q[k];
        p[k] = cosine * along - sine * across;
        q[k] = sine * along + cosine * across;
    }
}

static void rotate_columns(double *matrix, size_t n, size_t p, size_t q, double cosine, double sine)
{
    for (size_t k = 0; k < n; k++) {
        double along = matrix[k * n + p], across = matrix[k * n + q];
        matrix[k * n + p] = cosine * along - sine * across;
        matrix[k * n + q] = sine * along + cosine * across;
    }
}

/* The rotation by the smaller angle that makes the entry (p, q) 0 (Golub and Van Loan, algorithm 8.5.1).
 * False where it is as good as 0, no more than `nothing`. */
static bool annihilate(double *matrix, double *basis, size_t n, size_t p, size_t q, double nothing)
{
    double entry = matrix[p * n + q], first = matrix[p * n + p], second = matrix[q * n + q];
    if (fabs(entry) <= nothing) return false;
    double tau = (second - first) / (2 * entry);
    double tangent = copysign(1, tau) / (fabs(tau) + sqrt(1 + tau * tau));
    double cosine = 1 / sqrt(1 + tangent * tangent), sine = tangent * cosine;
    rotate_rows(matrix + p * n, matrix + q * n, n, cosine, sine);
    rotate_columns(matrix, n, p, q, cosine, sine);
    rotate_rows(basis + p * n, basis + q * n, n, cosine, sine);
    matrix[p * n + q] = matrix[q * n + p] = 0;
    return true;
}

void sc_symmetric_diagonalise(size_t n, double *matrix, double *basis)
{
    double largest = 0;
    bool turned = true;
    for (size_t k = 0; k < n * n; k++) largest = fmax(largest, fabs(matrix[k]));
    for (int sweep = 0; turned && sweep < SWEEPS; sweep++) {
        turned = false;
        for (size_t p = 0; p < n; p++)
            for (size_t q = p + 1; q < n; q++)
                turned |= annihilate(matrix, basis, n, p, q, 0.5 * DBL_EPSILON * largest);
    }
}
