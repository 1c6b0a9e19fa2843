#include "secondchair/weigh.h"

#include <math.h>
#include <stdbool.h>

void sc_weigh(const struct sc_weighted *cases, size_t count, double price, struct sc_weighing *weighing)
{
    *weighing = (struct sc_weighing){.low = cases[0].value, .high = cases[0].value};
    for (size_t i = 0; i < count; i++) {
        weighing->expected_value += cases[i].weight * cases[i].value;
        weighing->low = fmin(weighing->low, cases[i].value);
        weighing->high = fmax(weighing->high, cases[i].value);
        if (cases[i].value > price) weighing->probability_above += cases[i].weight;
    }
    /* The spread in parts of the range, so that no square leaves the numbers and equal values have none. */
    double range = weighing->high - weighing->low, mean = 0, variance = 0;
    if (!(range > 0)) return;
    for (size_t i = 0; i < count; i++) mean += cases[i].weight * ((cases[i].value - weighing->low) / range);
    for (size_t i = 0; i < count; i++) {
        double distance = (cases[i].value - weighing->low) / range - mean;
        variance += cases[i].weight * (distance * distance);
    }
    weighing->sd = range * sqrt(variance);
}

/* Weight of the cases worth at most that much. */
static double weight_up_to(const struct sc_weighted *cases, size_t count, double value)
{
    double weight = 0;
    for (size_t i = 0; i < count; i++)
        if (cases[i].value <= value) weight += cases[i].weight;
    return weight;
}

double sc_weighed_quantile(const struct sc_weighted *cases, size_t count, double p)
{
    double quantile = NAN, highest = NAN;
    for (size_t i = 0; i < count; i++) {
        if (!(cases[i].weight > 0)) continue;
        highest = fmax(highest, cases[i].value);
        if (weight_up_to(cases, count, cases[i].value) >= p - SC_WEIGHT_TOLERANCE)
            quantile = fmin(quantile, cases[i].value);
    }
    return isnan(quantile) ? highest : quantile; /* the weights may add up to a little less than 1 */
}

void sc_fair_weight(const struct sc_weighted *cases, size_t count, size_t index, double price,
                    struct sc_fair_weight *fair)
{
    double weight = 0, sum = 0, value = cases[index].value;
    for (size_t i = 0; i < count; i++) {
        if (i == index) continue;
        weight += cases[i].weight;
        sum += cases[i].weight * cases[i].value;
    }
    *fair = (struct sc_fair_weight){.weight = NAN, .others = sum / weight};
    if (!(weight > 0)) {
        fair->others = NAN;
        fair->reason = "The other members have no weight.";
        return;
    }
    bool adds = value > fair->others;
    double w = (price - fair->others) / (value - fair->others);
    if (!adds && !(value < fair->others))
        fair->reason = "It is worth what the others are worth on average, so its weight changes nothing.";
    else if (w < 0)
        fair->reason = adds ? "Even without it the others are worth more than the price."
                            : "Even without it the others are worth less than the price.";
    else if (w > 1)
        fair->reason = adds ? "Even alone it is worth less than the price."
                            : "Even alone it is worth more than the price.";
    else
        fair->weight = w;
}
