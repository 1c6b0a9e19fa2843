#!/usr/bin/env python3
"""Writes server/core/sobol_directions.h from the copy of new-joe-kuo-6.21201 that SciPy carries.

    sobol_directions.py > server/core/sobol_directions.h        (needs Debian's python3-scipy)

S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput.
30 (2008) 2635-2654; https://web.maths.unsw.edu.au/~fkuo/sobol/. Table columns there: d s a m_i."""
from pathlib import Path

import numpy
import scipy.stats

DIMENSIONS = 256

table = numpy.load(Path(scipy.stats.__file__).parent / "_sobol_direction_numbers.npz")
print("""/* The direction numbers new-joe-kuo-6.21201 of Joe and Kuo (2008), from dimension 2 on: of each the
 * primitive polynomial over GF(2), its coefficients as bits with both ends, and as many of the odd numbers
 * m_1, m_2, … as its degree. Written by tests/oracle/numerics/sobol_directions.py. */
#ifndef SC_CORE_SOBOL_DIRECTIONS_H
#define SC_CORE_SOBOL_DIRECTIONS_H

#include "secondchair/sobol.h"

/* clang-format off */
static const struct {
    uint16_t polynomial, m[11];
} JOE_KUO[SC_SOBOL_DIMENSIONS - 1] = {""")
for dimension in range(1, DIMENSIONS):
    polynomial = int(table["poly"][dimension])
    numbers = [int(m) for m in table["vinit"][dimension][:polynomial.bit_length() - 1]]
    print(f"    {{{polynomial}, {{{', '.join(map(str, numbers))}}}}},")
print("""};
/* clang-format on */

#endif""")
