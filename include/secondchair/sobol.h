/* Sobol points with the direction numbers of Joe and Kuo (new-joe-kuo-6.21201), scrambled after Owen: the
 * same points, random in such a way that every prefix of 2^m of them stays as even as Sobol made it, and that
 * independent randomisations give a standard error (MODEL 10). */
#ifndef SC_SOBOL_H
#define SC_SOBOL_H

#include <stddef.h>
#include <stdint.h>

enum { SC_SOBOL_DIMENSIONS = 256, SC_SOBOL_BITS = 32 };

/* Direction numbers, made once for as many dimensions as are drawn, for many threads to read. */
struct sc_sobol {
    uint32_t reversed[SC_SOBOL_DIMENSIONS][SC_SOBOL_BITS]; /* most significant digit in the lowest bit */
};
void sc_sobol_init(struct sc_sobol *sobol, size_t dimensions);

/* Coordinate `dimension` of point `index`, not scrambled: 32 bits after the binary point. */
uint32_t sc_sobol_point(const struct sc_sobol *sobol, size_t dimension, uint32_t index);

/* u[i] in (0, 1), i < n: coordinate `dimension` of the points first … first + n - 1 of one randomisation. Its
 * scramble is keyed by (seed, randomisation, key), key being sc_draw_key of the driver's pointer. To share
 * random numbers two simulations must give a driver the same dimension too. first + n <= 2^32. */
void sc_sobol_row(const struct sc_sobol *sobol, size_t dimension, uint64_t seed, uint32_t randomisation,
                  uint64_t key, uint32_t first, size_t n, double *u);

#endif
