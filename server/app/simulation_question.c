#include "request.h"
#include "secondchair/fault.h"
#include "simulation.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

const char *const SC_SIMULATION_MEMBERS[] = {"paths",          "seed",      "sampler",     "randomisations",
                                             "quantiles",      "hurdles",   "chair",       "tolerance",
                                             "time_budget_ms", "bands",     "uncertainty", "with",
                                             "level",          "shortfall", NULL};

/* What is read, and where faults go. */
struct reading {
    const json_t *question;
    struct sc_faults *faults;
};

static const char *place_of(const char *name, char place[SC_POINTER_MAX])
{
    snprintf(place, SC_POINTER_MAX, "/%s", name);
    return place;
}

/* A member within bounds, or what it is left at. */
static double number(const struct reading *reading, const char *name, double low, double high,
                     double otherwise)
{
    sc_request_number(reading->question, name, low, high, &otherwise, reading->faults);
    return otherwise;
}

static double whole(const struct reading *reading, const char *name, double low, double high,
                    double otherwise)
{
    sc_request_whole(reading->question, name, low, high, &otherwise, reading->faults);
    return otherwise;
}

/* The index of the word that a member is; 0 where it is absent. */
static int choice(const struct reading *reading, const char *name, const char *const words[2])
{
    const json_t *member = json_object_get(reading->question, name);
    char place[SC_POINTER_MAX];
    if (!member) return 0;
    for (int i = 0; i < 2; i++)
        if (json_is_string(member) && strcmp(json_string_value(member), words[i]) == 0) return i;
    sc_fault_add(reading->faults, json_is_string(member) ? SC_FAULT_bad_choice : SC_FAULT_wrong_type,
                 place_of(name, place), "%s must be \"%s\" or \"%s\"", name, words[0], words[1]);
    return 0;
}

static bool flag(const struct reading *reading, const char *name, bool otherwise)
{
    const json_t *member = json_object_get(reading->question, name);
    char place[SC_POINTER_MAX];
    if (member && !json_is_boolean(member))
        sc_fault_add(reading->faults, SC_FAULT_wrong_type, place_of(name, place), "%s must be true or false",
                     name);
    return member ? json_is_true(member) : otherwise;
}

/* An array of numbers within bounds; how many. */
static size_t numbers(const struct reading *reading, const char *name, double low, double high, size_t most,
                      double *value)
{
    const json_t *member = json_object_get(reading->question, name), *element;
    char place[SC_POINTER_MAX];
    size_t index, count = 0;
    if (!member) return 0;
    if (!json_is_array(member) || json_array_size(member) < 1 || json_array_size(member) > most) {
        sc_fault_add(reading->faults, json_is_array(member) ? SC_FAULT_wrong_length : SC_FAULT_wrong_type,
                     place_of(name, place), "%s must be an array of 1 to %zu numbers", name, most);
        return 0;
    }
    json_array_foreach (member, index, element) {
        double x = json_number_value(element);
        snprintf(place, sizeof place, "/%s/%zu", name, index);
        if (json_is_number(element) && x >= low && x <= high)
            value[count++] = x;
        else
            sc_fault_add(reading->faults,
                         json_is_number(element) ? SC_FAULT_out_of_range : SC_FAULT_wrong_type, place,
                         "must be a number between %.10g and %.10g", low, high);
    }
    return count;
}

static const double USUAL_QUANTILES[] = {0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95};

/* The most that each of the members of a set may have, for all of them together to stay within the bound. */
static size_t most_paths(size_t members)
{
    return members > 0 ? SC_PATHS_MAX / members : SC_PATHS_MAX;
}

/* Unless a count is given: the largest power of two there may be, but not more than need be. */
static size_t usual_paths(size_t most)
{
    size_t paths = 65536;
    while (paths > most) paths /= 2;
    return paths;
}

/* How many paths, or until when. A target takes the place of a count, whose most it may still be given. The
 * errors of a set are from the spread of its parts, Philox numbers or not. */
static void read_extent(const struct reading *reading, size_t members,
                        struct sc_simulation_question *question)
{
    bool targeted = json_object_get(reading->question, "tolerance") ||
                    json_object_get(reading->question, "time_budget_ms");
    size_t most = most_paths(members), usual = targeted ? most : usual_paths(most);
    question->tolerance = number(reading, "tolerance", 1e-9, 1e9, NAN);
    question->time_budget = number(reading, "time_budget_ms", 1, 10000, NAN);
    question->paths = (size_t)whole(reading, "paths", 2, (double)most, (double)usual);
    question->randomisations = (size_t)whole(reading, "randomisations", 2, SC_RANDOMISATIONS_MAX, 16);
    if (question->sampling.sampler == SC_SAMPLER_PHILOX && members == 0) question->randomisations = 1;
    if (question->paths >= 2 * question->randomisations) return;
    sc_fault_add(reading->faults, SC_FAULT_out_of_range, "/paths",
                 "paths must be at least twice the randomisations (%zu): each needs points of its own",
                 question->randomisations);
}

void sc_simulation_read(const json_t *given, size_t members, struct sc_simulation_question *question,
                        struct sc_faults *faults)
{
    static const char *const SAMPLERS[] = {"sobol", "philox"}, *const LOSSES[] = {"mixture", "sampled"};
    struct reading reading = {given, faults};
    question->sampling.sampler = choice(&reading, "sampler", SAMPLERS);
    question->sampling.seed = (uint64_t)whole(&reading, "seed", 0, 9007199254740991.0, 1);
    question->sampling.samples_loss = choice(&reading, "chair", LOSSES) == 1;
    read_extent(&reading, members, question);
    question->bands = flag(&reading, "bands", true);
    question->level = number(&reading, "level", 0.5, 0.999, 0.95);
    question->shortfall = number(&reading, "shortfall", 0.001, 0.5, 0.05);
    question->hurdles = numbers(&reading, "hurdles", -1e9, 1e9, SC_HURDLES_MAX, question->hurdle);
    question->quantiles = numbers(&reading, "quantiles", 0, 1, SC_QUANTILES_MAX, question->quantile);
    if (json_object_get(given, "quantiles")) return;
    memcpy(question->quantile, USUAL_QUANTILES, sizeof USUAL_QUANTILES);
    question->quantiles = sizeof USUAL_QUANTILES / sizeof *USUAL_QUANTILES;
}
