/* Random numbers by counter: each is a function of (seed, path, key) alone, whatever was drawn before and by
 * which thread. Philox4x32-10 of Salmon et al., "Parallel random numbers: as easy as 1, 2, 3" (2011). Two
 * simulations that share a seed share the number of every driver that they have in common, since its key is
 * made of its pointer (MODEL 10, common random numbers). */
#ifndef SC_PHILOX_H
#define SC_PHILOX_H

#include <stddef.h>
#include <stdint.h>

/* The key of a name, for instance of a driver's pointer: the same in every run, on every machine. */
uint64_t sc_draw_key(const char *name);

/* Uniform on the open interval (0, 1): (k + 1/2) / 2^52, k one of 2^52 integers. */
double sc_philox_uniform(uint64_t seed, uint64_t path, uint64_t key);

/* u[i] = sc_philox_uniform(seed, first + i, key), bit for bit. */
void sc_philox_row(uint64_t seed, uint64_t key, uint64_t first, size_t n, double *u);

#endif
