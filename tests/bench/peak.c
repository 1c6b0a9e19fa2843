/* peak: the most fused multiply-adds a second that one core does with the widest vectors that it was compiled for:
 * prints them as floating-point operations (two each). Enough independent chains to hide the latency. */
#include <stdio.h>
#include <stdint.h>
#include <time.h>

enum { CHAINS = 16, WIDTH = 8, ROUNDS = 1000000 };
typedef double vector __attribute__((vector_size(WIDTH * sizeof(double))));

static double now(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

static double once(void)
{
    vector x[CHAINS], a, b;
    for (int l = 0; l < WIDTH; l++) {
        a[l] = 0.999999;
        b[l] = 1e-6;
        for (int i = 0; i < CHAINS; i++) x[i][l] = i;
    }
    double start = now();
    for (long round = 0; round < ROUNDS; round++)
        for (int i = 0; i < CHAINS; i++) x[i] = x[i] * a + b;
    double spent = now() - start, sum = 0;
    for (int i = 0; i < CHAINS; i++)
        for (int l = 0; l < WIDTH; l++) sum += x[i][l];
    return sum > 0 ? 2.0 * ROUNDS * CHAINS * WIDTH / spent : 0;
}

int main(void)
{
    double best = 0;
    for (int i = 0; i < 101; i++) {
        double rate = once();
        best = rate > best ? rate : best;
    }
    printf("%.0f\n", best);
    return 0;
}
