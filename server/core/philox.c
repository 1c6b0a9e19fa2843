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

void sc_philox_row(uint64_t seed, uint64_t key, uint64_t first, size_t n, double *u)
{
    size_t i = 0;
    if (n > 0 && first % 2) u[i++] = sc_philox_uniform(seed, first, key);
    for (; i + 1 < n; i += 2) {
        philox4x32_ctr_t block = sc_counter_block(seed, (first + i) / 2, key);
        u[i] = sc_counter_uniform(sc_counter_bits(&block, 0));
        u[i + 1] = sc_counter_uniform(sc_counter_bits(&block, 1));
    }
    if (i < n) u[i] = sc_philox_uniform(seed, first + i, key);
}
