#include "app.h"
#include "ask.h"
#include "base/arena.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/canonical.h"
#include "codec/csv.h"
#include "codec/diff.h"
#include "codec/document.h"
#include "codec/writer.h"
#include "evaluation.h"
#include "request.h"
#include "secondchair/field.h"

#include <math.h>
#include <string.h>

/* "Why is the one worth more than the other, and by what?" Exact Shapley attribution over the ten groups of
 * drivers (MODEL 9, Comparison; L. S. Shapley 1953): each group's contribution, averaged over all orders in
 * which the groups may be exchanged. */
enum { GROUPS = SC_GROUP_TIMING, SUBSETS = 1 << GROUPS };

/* Which members of a document belong to which group; "market" is what is left of it without inference_share.
 */
static const struct {
    enum sc_group group;
    const char *member;
} MEMBERS_OF[] = {
    {SC_GROUP_MARKET, "market"},         {SC_GROUP_SEATS, "seats"},
    {SC_GROUP_SEGMENTS, "segments"},     {SC_GROUP_OPERATIONS, "operations"},
    {SC_GROUP_DISCOUNT, "discount"},     {SC_GROUP_TERMINAL, "terminal"},
    {SC_GROUP_BRIDGE, "bridge"},         {SC_GROUP_BRIDGE, "dilution"},
    {SC_GROUP_BRIDGE, "failure"},        {SC_GROUP_CHAIR, "chair"},
    {SC_GROUP_TIMING, "valuation_date"}, {SC_GROUP_TIMING, "base_year_end"},
    {SC_GROUP_TIMING, "timing"},
};

struct comparison {
    const json_t *from, *to; /* documents */
    const struct sc_subject *other;
    size_t group[GROUPS], groups; /* that differ */
    double value[SUBSETS];        /* by set of exchanged groups, a bit each in the order of group[] */
    double contribution[SC_GROUPS];
};

static bool takes(unsigned exchanged, enum sc_group group)
{
    return exchanged & (1u << group);
}

/* Puts one member of a document into the mixture, or takes it out where the document has none. */
static bool put(json_t *mixture, const json_t *from, const char *member)
{
    json_t *value = json_object_get(from, member);
    if (value) return json_object_set(mixture, member, value) == 0;
    json_object_del(mixture, member);
    return true;
}

/* The market of one document with the inference share of the other. */
static bool put_share(json_t *mixture, const json_t *market, const json_t *share_of)
{
    json_t *share = json_object_get(json_object_get(share_of, "market"), "inference_share");
    const json_t *own = json_object_get(market, "market");
    if (!own) return true;
    json_auto_t *copy = json_copy(sc_json_unconst(own));
    if (!copy) return false;
    if (share && json_object_set(copy, "inference_share", share) < 0) return false;
    if (!share) json_object_del(copy, "inference_share");
    return json_object_set(mixture, "market", copy) == 0;
}

/* The document in which the groups of a set (bit 1 << group) come from `to`, all else from `from`. */
static json_t *mix(const struct comparison *pair, unsigned exchanged)
{
    json_t *mixture = json_copy(sc_json_unconst(pair->from));
    bool done = mixture != NULL;
    for (size_t i = 0; done && i < sizeof MEMBERS_OF / sizeof *MEMBERS_OF; i++)
        if (takes(exchanged, MEMBERS_OF[i].group)) done = put(mixture, pair->to, MEMBERS_OF[i].member);
    const json_t *market = takes(exchanged, SC_GROUP_MARKET) ? pair->to : pair->from;
    const json_t *share = takes(exchanged, SC_GROUP_INFERENCE_SHARE) ? pair->to : pair->from;
    if (done && market != share) done = put_share(mixture, market, share);
    if (done) return mixture;
    json_decref(mixture);
    return NULL;
}

/* The groups in which the documents differ: only those can contribute. */
static bool find_groups(struct comparison *pair)
{
    for (unsigned group = 1; group < SC_GROUPS; group++) {
        json_auto_t *mixture = mix(pair, 1u << group);
        if (!mixture) return false;
        if (!sc_json_same(mixture, pair->from)) pair->group[pair->groups++] = group;
    }
    return true;
}

/* Names the groups of a set that come from the other document. */
static void name_mixture(const struct comparison *pair, unsigned set, char *out, size_t size)
{
    size_t length = 0;
    out[0] = '\0';
    for (size_t i = 0; i < pair->groups && length + 1 < size; i++) {
        if (!(set & (1u << i))) continue;
        int written = snprintf(out + length, size - length, "%s%s", length ? ", " : "",
                               sc_group_name((enum sc_group)pair->group[i]));
        if (written > 0) length += (size_t)written;
    }
}

/* The value of a mixture; false with faults where it is no valid document. */
static bool value_mixture(struct sc_call *call, struct comparison *pair, unsigned set,
                          struct sc_faults *faults)
{
    struct sc_arena scratch;
    unsigned exchanged = 0;
    for (size_t i = 0; i < pair->groups; i++)
        if (set & (1u << i)) exchanged |= 1u << pair->group[i];
    json_auto_t *mixture = mix(pair, exchanged);
    sc_arena_init(&scratch, call->arena->limit);
    const struct sc_plan *plan = mixture ? sc_document_compile(mixture, &scratch, faults) : NULL;
    const struct sc_evaluation *evaluation = plan ? sc_evaluation_new(plan, &scratch, faults) : NULL;
    if (evaluation) pair->value[set] = evaluation->chair.expected_value;
    sc_arena_fini(&scratch);
    return evaluation != NULL;
}

static bool refuse_pair(struct sc_call *call, const struct comparison *pair, unsigned set,
                        const struct sc_faults *found)
{
    char groups[160];
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    if (!sc_faults_any(found)) return sc_call_exhausted(call), false;
    if (set == 0) { /* the scenario itself has no value */
        sc_call_invalid(call, SC_PROBLEM_not_computable, found);
        return false;
    }
    name_mixture(pair, set, groups, sizeof groups);
    sc_fault_add(faults, SC_FAULT_not_comparable, "/with",
                 "with %s of the other and all else of this, the document is not valid: at %s, %.120s",
                 groups, found->item[0].pointer, found->item[0].detail);
    sc_call_invalid(call, SC_PROBLEM_not_computable, faults);
    return false;
}

static bool value_all(struct sc_call *call, struct comparison *pair)
{
    struct sc_faults *found = sc_call_faults(call);
    unsigned sets = 1u << pair->groups;
    for (unsigned set = 0; found && set < sets; set++) {
        if (!sc_call_goes_on(call, (double)set / sets, NULL)) return false;
        if (!value_mixture(call, pair, set, found)) return refuse_pair(call, pair, set, found);
    }
    return found != NULL;
}

/* size! (groups - size - 1)! / groups!, the share of the orders in which a group comes just after a set of
 * this size. */
static double shapley_weight(size_t groups, size_t size)
{
    double weight = 1.0 / (double)groups;
    for (size_t i = 0; i < size; i++) weight *= (double)(i + 1) / (double)(groups - 1 - i);
    return weight;
}

static void attribute(struct comparison *pair)
{
    size_t largest = SC_GROUP_MARKET;
    double rest = pair->value[(1u << pair->groups) - 1] - pair->value[0];
    for (size_t i = 0; i < pair->groups; i++) {
        double sum = 0;
        for (unsigned set = 0; set < 1u << pair->groups; set++)
            if (!(set & (1u << i)))
                sum += shapley_weight(pair->groups, (size_t)__builtin_popcount(set)) *
                       (pair->value[set | (1u << i)] - pair->value[set]);
        pair->contribution[pair->group[i]] = sum;
        rest -= sum;
        if (fabs(sum) > fabs(pair->contribution[largest])) largest = pair->group[i];
    }
    pair->contribution[largest] += rest; /* what rounding left, where it shows least */
}

static void write_side(struct sc_json_writer *w, const char *key, const struct sc_subject *subject,
                       double value)
{
    sc_json_member_object_begin(w, key);
    sc_json_member_text(w, "id", subject->id);
    sc_json_member_text(w, "name", json_string_value(json_object_get(subject->document, "name")));
    sc_json_member_text(w, "sha256", subject->sha256);
    sc_json_member_number(w, "value_per_share", value);
    sc_json_object_end(w);
}

static void write_comparison(struct sc_json_writer *w, const struct sc_subject *subject,
                             const struct comparison *pair, const json_t *differences)
{
    double from = pair->value[0], to = pair->value[(1u << pair->groups) - 1];
    write_side(w, "from", subject, from);
    write_side(w, "to", pair->other, to);
    sc_json_member_number(w, "difference", to - from);
    sc_json_member_array_begin(w, "contributions");
    for (unsigned group = 1; group < SC_GROUPS; group++) {
        sc_json_object_begin(w);
        sc_json_member_text(w, "group", sc_group_name((enum sc_group)group));
        sc_json_member_number(w, "value_per_share", pair->contribution[group]);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
    sc_json_member_value(w, "differences", differences);
}

static enum sc_progress answer_csv(struct sc_call *call, const struct comparison *pair)
{
    static const char *const HEADER[] = {"group", "value_per_share"};
    struct sc_buffer buffer;
    struct sc_csv csv = {.buffer = &buffer};
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_csv_header(&csv, HEADER, 2);
    for (unsigned group = 1; group < SC_GROUPS; group++) {
        sc_csv_text(&csv, sc_group_name((enum sc_group)group));
        sc_csv_number(&csv, pair->contribution[group]);
        sc_csv_end_row(&csv);
    }
    return sc_answer_buffer(call, SC_MEDIA_CSV, &buffer);
}

/* Both are valued over the same years. */
static bool same_horizon(struct sc_call *call, const struct sc_subject *subject,
                         const struct sc_subject *other)
{
    if (subject->plan->horizon == other->plan->horizon) return true;
    return sc_call_refuse(call, SC_PROBLEM_not_computable, SC_FAULT_not_comparable, "/with",
                          "the horizons are %d and %d years: they must be equal", subject->plan->horizon,
                          other->plan->horizon);
}

static enum sc_progress compare(struct sc_call *call, const struct sc_subject *subject,
                                const struct sc_subject *other)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    struct comparison *pair = sc_arena_alloc(call->arena, sizeof *pair);
    uint64_t start = sc_clock_nanoseconds();
    if (!pair) return sc_call_exhausted(call);
    *pair = (struct comparison){.from = subject->document, .to = other->document, .other = other};
    if (!same_horizon(call, subject, other)) return SC_ANSWERED;
    if (!find_groups(pair)) return sc_call_exhausted(call);
    if (!value_all(call, pair)) return SC_ANSWERED;
    attribute(pair);
    start = sc_call_spent(call, SC_STAGE_MODEL, start);
    if (call->accept == SC_MEDIA_CSV) return answer_csv(call, pair);
    json_auto_t *differences = sc_json_diff(subject->document, other->document);
    if (!differences) return sc_call_exhausted(call);
    sc_ask_begin(subject, &writer, &buffer);
    write_comparison(&writer, subject, pair, differences);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}

/* Figures of two versions of the model cannot be set side by side: one who has some says of which they are.
 */
static bool same_engine(struct sc_call *call, const struct sc_subject *subject)
{
    const json_t *engine = json_object_get(subject->question, "engine");
    if (!engine || (json_is_string(engine) && strcmp(json_string_value(engine), SC_ENGINE_VERSION) == 0))
        return true;
    return sc_call_refuse(call, SC_PROBLEM_not_computable, SC_FAULT_not_comparable, "/engine",
                          "this is version " SC_ENGINE_VERSION
                          " of the model: figures of another cannot be attributed "
                          "here; value both scenarios anew");
}

static enum sc_progress answer(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_subject other;
    if (!same_engine(call, subject)) return SC_ANSWERED;
    if (sc_subject_of_member(call, subject, "with", &other)) compare(call, subject, &other);
    sc_subject_fini(&other);
    return SC_ANSWERED;
}

static const char *const MEMBERS[] = {"with", "engine", NULL};
const struct sc_asking SC_ASK_COMPARISON = {"comparison", MEMBERS, answer, false};

enum sc_progress sc_comparison_stored(struct sc_call *call)
{
    return sc_ask_stored(call, &SC_ASK_COMPARISON);
}

enum sc_progress sc_comparison_sent(struct sc_call *call)
{
    return sc_ask_sent(call, &SC_ASK_COMPARISON);
}
