/* Blocks of random bits by counter, which the samplers share: Philox4x32-10 as Random123 has it. */
#ifndef SC_CORE_COUNTER_H
#define SC_CORE_COUNTER_H

#include "elementary.h"

#include <stddef.h>
#include <stdint.h>

#include <Random123/philox.h>

/* Paths are counted in pairs below this; randomisations from it. */
#define SC_COUNTER_RANDOMISATIONS (UINT64_C(1) << 63)

static inline philox4x32_ctr_t sc_counter_block(uint64_t seed, uint64_t count, uint64_t key)
{
    philox4x32_ctr_t counter = {
        {(uint32_t)key, (uint32_t)(key >> 32), (uint32_t)count, (uint32_t)(count >> 32)}};
    philox4x32_key_t seeds = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
    return philox4x32_R(10, counter, seeds);
}

static inline uint64_t sc_counter_bits(const philox4x32_ctr_t *block, size_t half)
{
    return (uint64_t)block->v[2 * half + 1] << 32 | block->v[2 * half];
}

/* The middle of one of 2^52 intervals of (0, 1): k + 1/2, exact, as 2^52 + k less the rest. */
SC_PART double sc_counter_uniform(uint64_t bits)
{
    return (sc_of_bits(bits >> 12 | UINT64_C(0x4330000000000000)) - (0x1p52 - 0.5)) * 0x1p-52;
}

#endif
