#include "batch.h"
#include "codec/writer.h"
#include "evaluation.h"
#include "secondchair/solve.h"

#include <math.h>
#include <string.h>

/* What lanes can say without all that goes into a valuation. */
static const char *const LIGHT[] = {"price", "value_per_share", "upside", "verdict", "fair_band"};

static bool is_light_field(const char *name)
{
    for (size_t i = 0; i < sizeof LIGHT / sizeof *LIGHT; i++)
        if (strcmp(LIGHT[i], name) == 0) return true;
    return false;
}

bool sc_batch_is_light(const struct sc_batch_terms *terms, const struct sc_subject *subject)
{
    if (terms->asking != &SC_ASK_VALUATION || !terms->fields || subject->inputs) return false;
    for (size_t i = 0; i < terms->fields; i++)
        if (!is_light_field(terms->field[i])) return false;
    return true;
}

bool sc_batch_wait(struct sc_batch_asker *asker, const struct sc_batch_point *point, struct sc_mould *mould,
                   const double *value)
{
    bool joins = asker->points < SC_BATCH_POINTS && asker->mould == mould;
    bool done = joins || sc_batch_flush(asker);
    if (asker->mould != mould) {
        sc_mould_release(asker->mould);
        asker->mould = sc_mould_share(mould);
    }
    for (size_t i = 0; i < sc_mould_moves(mould); i++) asker->value[i][asker->points] = value[i];
    asker->point[asker->points++] = *point;
    return done;
}

/* A driver of a point: moved, or the plan's own. */
static double driver_of(const struct sc_batch_asker *asker, size_t point, sc_slot slot)
{
    for (size_t i = 0; i < sc_mould_moves(asker->mould); i++)
        if (sc_mould_slot(asker->mould, i) == slot) return asker->value[i][point];
    return sc_mould_plan(asker->mould)->driver[slot];
}

/* The headline values of all points; false where the arena is exhausted. */
static bool evaluate(struct sc_batch_asker *asker, double *value)
{
    const struct sc_plan *plan = sc_mould_plan(asker->mould);
    size_t moves = sc_mould_moves(asker->mould);
    struct sc_change change[SC_MOULD_MOVES_MAX];
    struct sc_block block;
    sc_arena_reset(&asker->lanes);
    if (!sc_block_make(&block, plan, &asker->lanes)) return false;
    for (size_t i = 0; i < moves; i++)
        change[i] = (struct sc_change){sc_mould_slot(asker->mould, i), asker->value[i]};
    sc_values(&block, change, moves, asker->points, value, NULL);
    return true;
}

/* The answer of a point that has a value. */
static bool write_light(struct sc_batch_asker *asker, const struct sc_batch_point *point,
                        const struct sc_headline *headline)
{
    struct sc_json_filter filter = {.name = point->terms.field, .count = point->terms.fields};
    struct sc_buffer text;
    struct sc_json_writer writer;
    sc_buffer_init(&text, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &text);
    writer.filter = &filter;
    sc_json_object_begin(&writer);
    sc_headline_write(headline, &writer);
    sc_json_object_end(&writer);
    struct sc_answer answer = {.outcome = SC_OUTCOME_OK, .body = text.data, .body_length = text.length};
    bool done = sc_json_finish(&writer) && sc_batch_line(asker, point->index, point->json, &answer);
    sc_buffer_fini(&text);
    return done;
}

/* One that has no value is asked by itself, for the reasons. */
static bool answer_point(struct sc_batch_asker *asker, size_t index, double value)
{
    const struct sc_batch_point *point = &asker->point[index];
    const struct sc_plan *plan = sc_mould_plan(asker->mould);
    struct sc_headline headline = {.price = driver_of(asker, index, plan->price),
                                   .value = value,
                                   .value_if_held = NAN,
                                   .fair_band = driver_of(asker, index, plan->fair_band)};
    if (!isfinite(value / headline.price)) return sc_batch_ask_alone(asker, &asker->lanes, point);
    return write_light(asker, point, &headline);
}

bool sc_batch_flush(struct sc_batch_asker *asker)
{
    double value[SC_BATCH_POINTS];
    if (!asker->points) return true;
    bool evaluated = evaluate(asker, value), done = true;
    for (size_t i = 0; i < asker->points; i++) {
        done = done && answer_point(asker, i, evaluated ? value[i] : NAN);
        json_decref(asker->point[i].json);
    }
    asker->points = 0;
    return done;
}
