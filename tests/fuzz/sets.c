/* Bytes as a set document: read, and weighed with values that hang on it. One that has no faults has members
 * whose weights add up to 1, and every figure of it is a number within its bounds. */
#include "codec/set_document.h"
#include "fuzz.h"
#include "secondchair/weigh.h"

#include <math.h>

static void check_members(const struct sc_set *set)
{
    double sum = 0;
    MUST(set->name && set->count >= 1 && set->count <= SC_SET_MEMBERS_MAX);
    MUST(set->fair_band >= 0 && set->fair_band <= 1 && (isnan(set->price) || set->price > 0));
    MUST(set->bull == SC_SET_MEMBERS_MAX || strcmp(set->member[set->bull].role, "bull") == 0);
    for (size_t i = 0; i < set->count; i++) {
        MUST(set->member[i].scenario && set->member[i].revision >= 0);
        MUST(set->member[i].weight >= 0 && set->member[i].weight <= 1);
        MUST(!set->member[i].overrides || json_is_array(set->member[i].overrides));
        sum += set->member[i].weight;
    }
    MUST(fabs(sum - 1) <= SC_WEIGHT_TOLERANCE);
}

/* A value of that member, from 0 to 1e308. */
static double value_of(const struct sc_set_member *member)
{
    uint64_t bits = 0;
    for (const char *c = member->scenario; *c; c++) bits = bits * 257 + (unsigned char)*c;
    return member->revision % 2 ? (double)(bits % 5) : exp2((double)(bits % 2046) - 1022);
}

static void weigh(const struct sc_set *set)
{
    struct sc_weighted cases[SC_SET_MEMBERS_MAX];
    struct sc_weighing of;
    for (size_t i = 0; i < set->count; i++)
        cases[i] = (struct sc_weighted){set->member[i].weight, value_of(&set->member[i])};
    double price = isnan(set->price) ? cases[0].value : set->price;
    sc_weigh(cases, set->count, price, &of);
    MUST(of.low <= of.high && of.probability_above >= 0 && of.probability_above <= 1 + 1e-9);
    MUST(of.expected_value >= of.low * (1 - 1e-8) && of.expected_value <= of.high * (1 + 1e-8));
    MUST(of.sd >= 0 && of.sd <= of.high - of.low);
    for (int p = 0; p <= 20; p++) {
        double quantile = sc_weighed_quantile(cases, set->count, p / 20.0);
        MUST(quantile >= of.low && quantile <= of.high);
    }
    for (size_t i = 0; i < set->count; i++) {
        struct sc_fair_weight fair;
        sc_fair_weight(cases, set->count, i, price, &fair);
        MUST(fair.reason ? isnan(fair.weight) : fair.weight >= 0 && fair.weight <= 1);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sc_faults faults = {.count = 0};
    struct sc_set set;
    json_t *document = fuzz_parse(data, size);
    if (!document) return -1;
    bool sound = sc_set_read(document, &set, &faults);
    MUST(sound == !sc_faults_any(&faults));
    MUST(faults.count <= SC_FAULTS_MAX);
    if (sound) {
        check_members(&set);
        weigh(&set);
    }
    json_decref(document);
    return 0;
}
