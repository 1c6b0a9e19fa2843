#include "document.h"

#include "base/arena.h"
#include "codec/pointer.h"
#include "document_distribution.h"
#include "document_override.h"
#include "secondchair/copula.h"
#include "secondchair/fit.h"
#include "secondchair/model.h"
#include "secondchair/uncertainty.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

static const char CURVE[] = "/market/inference_share";

/* One compilation. */
struct compiling {
    struct sc_reading reading;
    const json_t *document;
    json_t
        *searched; /* a copy of the document: pointers that name no number of the plan are looked up in it */
    const struct sc_plan *plan;
    struct sc_place root;
    struct sc_written_uncertainty written;
    struct sc_uncertainty *out;
    size_t first, shapes; /* faults of shape: from the one to before the other */
};

/* Where the parts of a driver stand. */
struct driver_place {
    struct sc_place list, element, pointer, distribution;
};

static void find_places(const struct compiling *c, size_t index, struct driver_place *place)
{
    place->list = (struct sc_place){.above = &c->root, .name = "drivers"};
    place->element = (struct sc_place){.above = &place->list, .index = index};
    place->pointer = (struct sc_place){.above = &place->element, .name = "pointer"};
    place->distribution = (struct sc_place){.above = &place->element, .name = "distribution"};
}

/* Was nothing wrong at a place, or below it, when it was read? What is wrong makes echoes otherwise. */
static bool is_sound(const struct compiling *c, const struct sc_place *at)
{
    char pointer[SC_POINTER_MAX];
    sc_place_pointer(at, pointer);
    for (size_t i = c->first; i < c->shapes; i++)
        if (sc_pointer_is_within(c->reading.faults->item[i].pointer, pointer)) return false;
    return true;
}

/* Was the value at a place itself what it should be, whatever its parts are? */
static bool is_whole(const struct compiling *c, const struct sc_place *at)
{
    char pointer[SC_POINTER_MAX];
    sc_place_pointer(at, pointer);
    for (size_t i = c->first; i < c->shapes; i++)
        if (strcmp(c->reading.faults->item[i].pointer, pointer) == 0) return false;
    return true;
}

/* --- which driver --- */

/* A pointer that names no number of the plan, or a whole one: says why. */
static void blame_pointer(struct compiling *c, const struct sc_place *at, const char *pointer)
{
    struct sc_target target;
    char quoted[SC_QUOTED_MAX];
    if (sc_pointer_is_within(pointer, "/uncertainty")) {
        sc_blame(&c->reading, SC_FAULT_bad_pointer, at,
                 "`%s` is of the uncertainty itself: name a driver of the value", sc_quote(pointer, quoted));
        return;
    }
    if (!c->searched) c->searched = json_deep_copy(c->document);
    if (!c->searched) {
        c->reading.exhausted = true;
        return;
    }
    if (!sc_target_find(&c->reading, at, c->searched, pointer, &target)) return;
    sc_quote(pointer, quoted);
    const json_t *there = target.name ? json_object_get(target.parent, target.name) : NULL;
    if (target.field->kind == SC_KIND_INTEGER)
        sc_blame(&c->reading, SC_FAULT_bad_pointer, at,
                 "`%s` is a whole number, which shapes the model: it cannot be uncertain", quoted);
    else if (there)
        sc_blame(&c->reading, SC_FAULT_bad_pointer, at,
                 "`%s` is a whole path here: name one of its numbers, such as `%s%s`", quoted, quoted,
                 json_is_array(there) ? "/0" : "/end");
    else
        sc_blame(&c->reading, SC_FAULT_bad_pointer, at,
                 "the document leaves `%s` out: give it a value there, then it can be uncertain", quoted);
}

static bool is_repeated(struct compiling *c, const struct sc_place *at, size_t index)
{
    char drivers[SC_POINTER_MAX];
    const struct sc_written_driver *driver = c->written.driver;
    for (size_t i = 0; i < index; i++) {
        if (!driver[i].pointer || strcmp(driver[i].pointer, driver[index].pointer) != 0) continue;
        sc_blame(&c->reading, SC_FAULT_conflict, at, "is the driver of %s/%zu already",
                 sc_place_pointer(at->above->above, drivers), i);
        return true;
    }
    return false;
}

/* What a fitted curve is fitted to, and between, cannot be uncertain beside it. */
static bool is_of_fitted_curve(const struct compiling *c, sc_slot slot)
{
    if (sc_plan_field(c->plan, slot)->group != SC_GROUP_INFERENCE_SHARE) return false;
    for (size_t i = 0; i < c->written.count; i++)
        if (c->written.driver[i].distribution.kind == SC_FITTED_CURVE) return true;
    return false;
}

/* The driver's slot and bounds. */
static void find_number(struct compiling *c, const struct sc_place *at, struct sc_uncertain *driver)
{
    char quoted[SC_QUOTED_MAX];
    sc_slot slot = sc_plan_find(c->plan, driver->pointer);
    if (slot == SC_NO_SLOT || sc_plan_field(c->plan, slot)->kind == SC_KIND_INTEGER) {
        blame_pointer(c, at, driver->pointer);
        return;
    }
    if (is_of_fitted_curve(c, slot)) {
        sc_blame(
            &c->reading, SC_FAULT_conflict, at,
            "`%s` is what the curve is fitted with, and the curve itself is drawn from its fit: leave one "
            "of the two out",
            sc_quote(driver->pointer, quoted));
        return;
    }
    driver->slot = slot;
    driver->bounds = sc_plan_bounds(c->plan, slot);
}

/* --- how it is distributed --- */

/* The curve's fit must have a covariance for the curve to be drawn from. */
static void check_fit(struct compiling *c, const struct sc_place *at)
{
    const struct sc_share_curve *curve = &c->plan->market.inference_share;
    struct sc_fit_observation observation[SC_OBSERVATIONS_MAX];
    struct sc_fit fit;
    if (!curve->present || curve->observation_count == 0) {
        sc_blame(&c->reading, SC_FAULT_conflict, at,
                 "`fit` draws the curve from the covariance of its fit, and this document fits none: its "
                 "curve has no `observations`");
        return;
    }
    size_t count = sc_fit_observations(curve, c->plan->driver, 1, observation);
    sc_fit_curve(curve->curve, sc_plan_value(c->plan, curve->floor, 0),
                 sc_plan_value(c->plan, curve->ceiling, NAN), observation, count, &fit);
    if (!fit.found || !fit.has_covariance)
        sc_blame(&c->reading, SC_FAULT_fit_failed, at, "the curve's fit has no covariance to draw from: %s",
                 fit.reason ? fit.reason : "the observations do not pin its parameters down");
}

static void check_curve(struct compiling *c, const struct driver_place *place, struct sc_uncertain *driver)
{
    struct sc_place kind = {.above = &place->distribution, .name = "kind"};
    bool fitted = driver->distribution.kind == SC_FITTED_CURVE, curve = strcmp(driver->pointer, CURVE) == 0;
    if (fitted && curve)
        check_fit(c, &kind);
    else if (fitted)
        sc_blame(
            &c->reading, SC_FAULT_conflict, &kind,
            "`fit` draws a whole curve from the covariance of its fit: it belongs to the pointer `%s` alone",
            CURVE);
    else if (curve)
        sc_blame(&c->reading, SC_FAULT_conflict, &place->pointer,
                 "`%s` is a whole curve: its distribution is `fit`, or name one of its numbers", CURVE);
}

static void check_support(struct compiling *c, const struct sc_place *at, const struct sc_uncertain *driver)
{
    char bounds[SC_BOUNDS_SHOWN], quoted[SC_QUOTED_MAX];
    if (!driver->bounds || sc_distribution_meets(&driver->distribution, driver->bounds)) return;
    sc_blame(&c->reading, SC_FAULT_out_of_range, at,
             "has no part within the bounds of `%s`, %s: every draw would be rejected",
             sc_quote(driver->pointer, quoted), sc_describe_bounds(driver->bounds, bounds));
}

static void compile_driver(struct compiling *c, size_t index)
{
    const struct sc_written_driver *written = &c->written.driver[index];
    struct sc_uncertain *driver = &c->out->driver[index];
    struct driver_place place;
    find_places(c, index, &place);
    *driver = (struct sc_uncertain){.slot = SC_NO_SLOT, .pointer = written->pointer};
    bool pointed = written->pointer && is_sound(c, &place.pointer) && !is_repeated(c, &place.pointer, index);
    bool written_well = written->distribution.present && is_sound(c, &place.distribution);
    bool distributed = written_well && sc_distribution_compile(&c->reading, &place.distribution,
                                                               &written->distribution, &driver->distribution);
    if (!pointed) return;
    if (strcmp(driver->pointer, CURVE) == 0 || written->distribution.kind == SC_FITTED_CURVE) {
        if (written_well) check_curve(c, &place, driver);
        return;
    }
    find_number(c, &place.pointer, driver);
    if (distributed) check_support(c, &place.distribution, driver);
}

/* --- how they move together --- */

/* What a copula is made of and in: only whether it can be made is of interest here. */
struct trial {
    struct sc_copula_scratch scratch;
    struct sc_copula copula;
};

static void check_matrix(struct compiling *c, const struct sc_place *at)
{
    char place[SC_POINTER_MAX];
    const struct sc_correlation correlation = {.kind = c->written.correlation.kind,
                                               .repair = c->written.correlation.repair,
                                               .n = c->written.count,
                                               .matrix = c->written.correlation.matrix};
    struct trial *trial = sc_arena_alloc(c->reading.arena, sizeof *trial);
    if (!trial)
        c->reading.exhausted = true;
    else
        (void)sc_copula_prepare(&correlation, sc_place_pointer(at, place), &trial->scratch, &trial->copula,
                                c->reading.faults);
}

static void compile_correlation(struct compiling *c)
{
    struct sc_place drivers = {.above = &c->root, .name = "drivers"};
    struct sc_place here = {.above = &c->root, .name = "correlation"};
    struct sc_place matrix = {.above = &here, .name = "matrix"};
    size_t count = c->written.count;
    if (!c->written.correlation.present || !is_sound(c, &here) || !is_whole(c, &drivers)) return;
    if (c->written.correlation.rows != count)
        sc_blame_length(&c->reading, &matrix, count, count, c->written.correlation.rows,
                        "rows, one for each driver");
    else
        check_matrix(c, &here);
    c->out->correlated = true;
    c->out->spearman = c->written.correlation.kind == SC_SPEARMAN;
    c->out->repair = c->written.correlation.repair;
    c->out->matrix = c->written.correlation.matrix;
}

/* What the members say together, once each is known to be well-formed or not. */
static void compile_sense(struct compiling *c)
{
    c->shapes = c->reading.faults->count;
    c->out->count = c->written.count;
    c->out->driver = sc_arena_array(c->reading.arena, c->written.count, sizeof *c->out->driver);
    if (!c->out->driver && c->written.count > 0) c->reading.exhausted = true;
    for (size_t i = 0; i < c->written.count && !c->reading.exhausted; i++) compile_driver(c, i);
    if (!c->reading.exhausted) compile_correlation(c);
}

bool sc_uncertainty_compile(const json_t *uncertainty, const json_t *document, const struct sc_plan *plan,
                            const char *place, struct sc_arena *arena, struct sc_uncertainty *out,
                            struct sc_faults *faults)
{
    size_t before = faults->count + faults->omitted;
    struct compiling c = {.reading = {.arena = arena, .faults = faults},
                          .document = document,
                          .plan = plan,
                          .root = {.name = place, .field = sc_find_member(SC_SCENARIO_FIELDS, "uncertainty")},
                          .out = out,
                          .first = faults->count};
    *out = (struct sc_uncertainty){.driver = NULL};
    sc_read_alone(&c.reading, &c.root, (json_t *)(uintptr_t)uncertainty, &c.written);
    if (!c.reading.exhausted && faults->count < SC_FAULTS_MAX) compile_sense(&c);
    json_decref(c.searched);
    return !c.reading.exhausted && faults->count + faults->omitted == before;
}
