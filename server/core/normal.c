#include "normal.h"

#include <math.h>

#define LOG_SQRT_2PI 0.91893853320467274178
#define SQRT_HALF 0.70710678118654752440

double sc_normal_cdf(double x)
{
    return 0.5 * erfc(-x * SQRT_HALF);
}

double sc_normal_log_pdf(double x)
{
    return -0.5 * x * x - LOG_SQRT_2PI;
}

/* log(P(X > x)). Where erfc nears underflow, the continued fraction of Mills' ratio,
 * x + 1/(x + 2/(x + 3/(x + …))), converges fast. */
static double log_upper_tail(double x)
{
    if (x < 30) return log(0.5 * erfc(x * SQRT_HALF));
    double fraction = x;
    for (int term = 40; term > 0; term--) fraction = x + term / fraction;
    return sc_normal_log_pdf(x) - log(fraction);
}

double sc_normal_log_between(double low, double high)
{
    if (!(low < high)) return -INFINITY;
    if (low < 0 && high > 0) return log1p(-sc_normal_cdf(low) - sc_normal_cdf(-high));
    if (high <= 0) return sc_normal_log_between(-high, -low);
    double tail = log_upper_tail(low);
    if (isinf(high)) return tail;
    return tail + log1p(-exp(log_upper_tail(high) - tail));
}

double sc_normal_quantile(double p)
{
    double low = -40, high = 40, x = 0;
    for (int step = 0; step < 200; step++) {
        double error = p < 0.5 ? sc_normal_cdf(x) - p : (1 - p) - sc_normal_cdf(-x);
        if (error < 0)
            low = x;
        else
            high = x;
        double next = x - error / exp(sc_normal_log_pdf(x));
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        if (next == x) break;
        x = next;
    }
    return x;
}
