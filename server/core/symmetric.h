/* Eigenvalues of a symmetric matrix, by Jacobi's rotations. */
#ifndef SC_CORE_SYMMETRIC_H
#define SC_CORE_SYMMETRIC_H

#include <stddef.h>

/* matrix, n x n row by row, becomes diagonal: its eigenvalues, in no order. Row k of basis, which must come
 * as an orthogonal matrix (the identity, or what nearly diagonalises), is turned along: where matrix was
 * basis A basis', row k becomes the eigenvector of A that belongs to eigenvalue k. */
void sc_symmetric_diagonalise(size_t n, double *matrix, double *basis);

#endif
