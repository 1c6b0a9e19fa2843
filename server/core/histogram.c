#include "secondchair/statistics.h"

#include "elementary.h"

#include <math.h>
#include <stdlib.h>

#define LOG_2 0.69314718055994530942
#define LOG_10 2.30258509299404568402

/* Widths that people read: 1, 2 or 5 times a power of ten. */
struct width {
    int digit, exponent;
};

static double power_of_ten(int exponent)
{
    double power = 1;
    for (; exponent > 0; exponent--) power *= 10;
    return power;
}

/* Exact where the result has few digits, so that 3 tenths are 0.3. */
static double times(double count, struct width width)
{
    double power = power_of_ten(abs(width.exponent));
    return width.exponent < 0 ? count * width.digit / power : count * width.digit * power;
}

static struct width wider(struct width width)
{
    if (width.digit == 5) return (struct width){1, width.exponent + 1};
    return (struct width){width.digit == 1 ? 2 : 5, width.exponent};
}

/* The narrowest that is at least this; wanted > 0. */
static struct width width_of(double wanted)
{
    struct width width = {1, (int)floor(sc_log(wanted) / LOG_10) - 1};
    while (times(1, width) < wanted) width = wider(width);
    return width;
}

/* Freedman and Diaconis; Sturges where the middle half of the numbers is one. */
static double wanted_width(double range, double quartiles, double n)
{
    return quartiles > 0 ? 2 * quartiles / sc_pow(n, 1.0 / 3) : range / (1 + sc_log(n) / LOG_2);
}

static void readable_edges(double low, double high, double wanted, struct sc_histogram *histogram)
{
    double first, last;
    struct width width = width_of(fmax(wanted, 1e-290));
    for (;; width = wider(width)) {
        double unit = times(1, width);
        first = floor(low / unit);
        last = ceil(high / unit);
        first -= times(first, width) > low; /* the quotient was rounded */
        last += times(last, width) < high;
        if (last - first <= SC_HISTOGRAM_BINS_MAX && fmax(fabs(first), fabs(last)) < 1e15) break;
    }
    histogram->bins = (size_t)(last - first);
    for (size_t i = 0; i <= histogram->bins; i++) histogram->edge[i] = times(first + (double)i, width);
}

static void even_edges(double low, double high, struct sc_histogram *histogram)
{
    double bins = (double)histogram->bins;
    for (size_t i = 0; i < histogram->bins; i++) histogram->edge[i] = low + (high - low) * ((double)i / bins);
    histogram->edge[histogram->bins] = high;
}

void sc_histogram_edges(double low, double high, double quartiles, double n, struct sc_histogram *histogram)
{
    histogram->bins = 1;
    if (low < high)
        readable_edges(low, high, wanted_width(high - low, quartiles, n), histogram);
    else
        even_edges(low, high, histogram);
}

void sc_histogram(const double *sorted, size_t n, size_t bins, struct sc_histogram *histogram)
{
    double low = sorted[0], high = sorted[n - 1],
           quartiles = sc_sample_quantile(sorted, n, 0.75) - sc_sample_quantile(sorted, n, 0.25);
    histogram->bins = bins > SC_HISTOGRAM_BINS_MAX ? SC_HISTOGRAM_BINS_MAX : bins;
    if (bins > 0 && low < high)
        even_edges(low, high, histogram);
    else
        sc_histogram_edges(low, high, quartiles, (double)n, histogram);
    size_t at = 0;
    for (size_t i = 0; i < histogram->bins; i++) {
        size_t start = at;
        bool last = i + 1 == histogram->bins;
        while (at < n && (last || sorted[at] < histogram->edge[i + 1])) at++;
        histogram->count[i] = at - start;
    }
}
