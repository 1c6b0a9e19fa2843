/* How the core says "in every lane", so that a compiler makes vectors of it. Private to the core. */
#ifndef SC_CORE_LANES_H
#define SC_CORE_LANES_H

#include "secondchair/model.h"

/* Iterations are independent of each other; rows may not overlap in part. (GCC unrolls a loop of this length
 * before it would make vectors of it, unless told that it is to.) */
#if defined(__clang__)
#define SC_EACH_LANE(l) _Pragma("clang loop vectorize(assume_safety)") for (size_t l = 0; l < SC_LANES; l++)
#else
#define SC_EACH_LANE(l) _Pragma("omp simd") for (size_t l = 0; l < SC_LANES; l++)
#endif

/* A function that is compiled for each width of vectors; the machine's widest runs. Contraction of products
 * and sums is off and every operation is rounded by itself, so that the bytes are the same in all of them. */
#if defined(__x86_64__) && !defined(__clang__) && !defined(__SANITIZE_ADDRESS__) &&                          \
    !defined(__SANITIZE_THREAD__) && !defined(SC_ONE_WIDTH)
#define SC_WIDE __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define SC_WIDE
#endif

/* Part of a wide function: compiled with it. */
#define SC_PART static inline __attribute__((always_inline))

#endif
