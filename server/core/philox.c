#include "secondchair/philox.h"

#include "counter.h"

/* FNV-1a of 64 bits, then the finaliser of MurmurHash3, so that names that differ in one letter get keys that
 * differ in half of their bits. */
uint64_t sc_draw_key(const char *name)
{
    uint64_t key = UINT64_C(0xcbf29ce484222325);
    for (; *name; name++) key = (key ^ (unsigned char)*name) * UINT64_C(0x100000001b3);
    key = (key ^ key >> 33) * UINT64_C(0xff51afd7ed558ccd);
    key = (key ^ key >> 33) * UINT64_C(0xc4ceb9fe1a85ec53);
    return key ^ key >> 33;
}

/* One block serves two consecutive paths. */
double sc_philox_uniform(uint64_t seed, uint64_t path, uint64_t key)
{
    philox4x32_ctr_t block = sc_counter_block(seed, path / 2, key);
    return sc_counter_uniform(sc_counter_bits(&block, path % 2));
}

/* Of 64 numbers at once: 32 blocks that follow one another. */
enum { BLOCKS = 32, NUMBERS = 64 };

SC_WIDE static void many(uint64_t seed, uint64_t key, uint64_t block, double *u)
{
    uint32_t low = (uint32_t)block, high = (uint32_t)(block >> 32), x[4][BLOCKS];
    for (uint32_t i = 0; i < BLOCKS; i++) {
        philox4x32_ctr_t counter = {{(uint32_t)key, (uint32_t)(key >> 32), low + i, high + (low + i < low)}};
        philox4x32_key_t seeds = {{(uint32_t)seed, (uint32_t)(seed >> 32)}};
        counter = philox4x32_R(10, counter, seeds);
        for (int word = 0; word < 4; word++) x[word][i] = counter.v[word];
    }
    for (size_t i = 0; i < BLOCKS; i++) {
        u[2 * i] = sc_counter_uniform((uint64_t)x[1][i] << 32 | x[0][i]);
        u[2 * i + 1] = sc_counter_uniform((uint64_t)x[3][i] << 32 | x[2][i]);
    }
}

void sc_philox_row(uint64_t seed, uint64_t key, uint64_t first, size_t n, double *u)
{
    size_t i = 0;
    if (n > 0 && first % 2) u[i++] = sc_philox_uniform(seed, first, key);
    for (; i + NUMBERS <= n; i += NUMBERS) many(seed, key, (first + i) / 2, u + i);
    for (; i < n; i++) u[i] = sc_philox_uniform(seed, first + i, key);
}
