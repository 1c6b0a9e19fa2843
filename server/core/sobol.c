#include "secondchair/sobol.h"

#include "counter.h"
#include "lanes.h"
#include "sobol_directions.h"

#include <string.h>

SC_PART uint32_t reverse32(uint32_t x)
{
    x = (x >> 1 & 0x55555555) | (x & 0x55555555) << 1;
    x = (x >> 2 & 0x33333333) | (x & 0x33333333) << 2;
    x = (x >> 4 & 0x0f0f0f0f) | (x & 0x0f0f0f0f) << 4;
    return __builtin_bswap32(x);
}

SC_PART uint64_t reverse64(uint64_t x)
{
    x = (x >> 1 & UINT64_C(0x5555555555555555)) | (x & UINT64_C(0x5555555555555555)) << 1;
    x = (x >> 2 & UINT64_C(0x3333333333333333)) | (x & UINT64_C(0x3333333333333333)) << 2;
    x = (x >> 4 & UINT64_C(0x0f0f0f0f0f0f0f0f)) | (x & UINT64_C(0x0f0f0f0f0f0f0f0f)) << 4;
    return __builtin_bswap64(x);
}

/* m_k = 2 a_1 m_(k-1) ^ 4 a_2 m_(k-2) ^ … ^ 2^s m_(k-s) ^ m_(k-s), s being the polynomial's degree (Joe and
 * Kuo, equation 2); as directions v_k = m_k / 2^k. */
static void directions(size_t dimension, uint32_t v[SC_SOBOL_BITS])
{
    uint32_t polynomial = JOE_KUO[dimension - 1].polynomial;
    int degree = 31 - __builtin_clz(polynomial);
    for (int k = 0; k < SC_SOBOL_BITS; k++) {
        if (k < degree) {
            v[k] = (uint32_t)JOE_KUO[dimension - 1].m[k] << (31 - k);
            continue;
        }
        v[k] = v[k - degree] ^ v[k - degree] >> degree;
        for (int j = 1; j < degree; j++)
            if (polynomial >> (degree - j) & 1) v[k] ^= v[k - j];
    }
}

void sc_sobol_init(struct sc_sobol *sobol, size_t dimensions)
{
    uint32_t v[SC_SOBOL_BITS] = {0};
    for (size_t dimension = 0; dimension < dimensions; dimension++) {
        if (dimension > 0) directions(dimension, v);
        for (int k = 0; k < SC_SOBOL_BITS; k++)
            sobol->reversed[dimension][k] = dimension > 0 ? reverse32(v[k]) : UINT32_C(1) << k;
    }
}

/* In Gray code's order, in which two consecutive points differ by one direction (Antonov and Saleev 1979). */
static uint32_t reversed_point(const uint32_t *reversed, uint32_t index)
{
    uint32_t gray = index ^ index >> 1, point = 0;
    for (; gray; gray &= gray - 1) point ^= reversed[__builtin_ctz(gray)];
    return point;
}

uint32_t sc_sobol_point(const struct sc_sobol *sobol, size_t dimension, uint32_t index)
{
    return reverse32(reversed_point(sobol->reversed[dimension], index));
}

/* Four random numbers of one randomisation of one key. */
struct scramble {
    uint64_t add[2], multiply[2];
};

static struct scramble scramble_of(uint64_t seed, uint32_t randomisation, uint64_t key)
{
    uint64_t count = SC_COUNTER_RANDOMISATIONS | (uint64_t)randomisation << 1;
    philox4x32_ctr_t one = sc_counter_block(seed, count, key), two = sc_counter_block(seed, count | 1, key);
    return (struct scramble){{sc_counter_bits(&one, 0), sc_counter_bits(&one, 1)},
                             {sc_counter_bits(&two, 0) | 1, sc_counter_bits(&two, 1) | 1}};
}

/* Owen's nested uniform scramble by a hash of the form of Laine and Karras (2011), as Burley (2020) advises:
 * with the most significant digit lowest, sums and products change each digit by what the more significant
 * ones are, and so do products with an even number that are added without carry. Digits beyond those of Sobol
 * start as 0 and end as random as the others. With a random sum and a random odd factor twice, between three
 * even constants, the flips of two digits are independent to within what 2^17 scrambles tell. */
SC_PART uint64_t scrambled(uint64_t reversed, const struct scramble *by)
{
    uint64_t x = reversed;
    x ^= x * UINT64_C(0xd1342543de82ef94);
    x = (x + by->add[0]) * by->multiply[0];
    x ^= x * UINT64_C(0xaf251af3b0f025b4);
    x = (x + by->add[1]) * by->multiply[1];
    x ^= x * UINT64_C(0x6c8e9cf570932bd6);
    return x;
}

/* Points come in blocks, within which each differs from the first by the same directions everywhere. */
enum { BLOCK = 16, BLOCKS = 16 };

SC_WIDE static void scramble_blocks(const uint32_t *point, size_t blocks, const uint32_t *offset,
                                    const struct scramble *scramble, double *u)
{
    const struct scramble by = *scramble;
    for (size_t b = 0; b < blocks; b++)
        for (size_t i = 0; i < BLOCK; i++)
            u[b * BLOCK + i] = sc_counter_uniform(reverse64(scrambled(point[b] ^ offset[i], &by)));
}

/* Points index … index + BLOCK blocks - 1; index is a multiple of BLOCK. */
static void draw_blocks(const uint32_t *reversed, const struct scramble *by, uint32_t index, size_t blocks,
                        double *u)
{
    uint32_t point[BLOCKS], offset[BLOCK];
    for (uint32_t i = 0; i < BLOCK; i++) offset[i] = reversed_point(reversed, i);
    point[0] = reversed_point(reversed, index);
    for (uint32_t b = 1; b < blocks; b++) {
        uint32_t next = index + b * BLOCK; /* its Gray code differs in the bit next below, and in that of 8 */
        point[b] = point[b - 1] ^ reversed[__builtin_ctz(next)] ^ offset[BLOCK - 1];
    }
    scramble_blocks(point, blocks, offset, by, u);
}

void sc_sobol_row(const struct sc_sobol *sobol, size_t dimension, uint64_t seed, uint32_t randomisation,
                  uint64_t key, uint32_t first, size_t n, double *u)
{
    const uint32_t *reversed = sobol->reversed[dimension];
    const struct scramble by = scramble_of(seed, randomisation, key);
    for (size_t done = 0; done < n;) {
        uint32_t index = first + (uint32_t)done, within = index % BLOCK;
        size_t left = n - done, blocks = left / BLOCK < BLOCKS ? left / BLOCK : BLOCKS, take = blocks * BLOCK;
        double block[BLOCK];
        if (within == 0 && blocks > 0) {
            draw_blocks(reversed, &by, index, blocks, u + done);
        } else {
            draw_blocks(reversed, &by, index - within, 1, block);
            take = left < BLOCK - within ? left : BLOCK - within;
            memcpy(u + done, block + within, take * sizeof *u);
        }
        done += take;
    }
}
