/* A scenario is made ready once and stays so until its contents change: nobody is given one that is past. */
#include "app_rig.h"

#include "app/cache.h"
#include "app/ready.h"
#include "app/state.h"

#include <stdatomic.h>

/* A call that only finds. */
struct finding {
    struct sc_arena arena;
    struct sc_answer answer;
    struct sc_call call;
};

static void begin(struct finding *finding, struct rig *rig)
{
    *finding = (struct finding){.answer = {.outcome = SC_OUTCOME_OK}};
    sc_arena_init(&finding->arena, 1 << 24);
    finding->call = (struct sc_call){
        .app = rig->app, .arena = &finding->arena, .reader = rig->reader, .answer = &finding->answer};
}

static struct sc_ready *find(struct rig *rig, const char *id, int64_t revision)
{
    struct finding finding;
    begin(&finding, rig);
    struct sc_ready *ready = sc_ready_find(&finding.call, id, revision);
    assert_int_equal(ready == NULL, finding.answer.outcome == SC_OUTCOME_PROBLEM);
    sc_arena_fini(&finding.arena);
    return ready;
}

#define READY __attribute__((cleanup(release))) struct sc_ready *
static void release(struct sc_ready **ready)
{
    sc_ready_release(*ready);
}

static double price_of(const struct sc_ready *ready)
{
    return ready->plan->driver[ready->plan->price];
}

static void what_is_ready_is_found_until_its_contents_change(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    READY first = find(rig, id, 0);
    READY again = find(rig, id, 0);
    assert_ptr_equal(first, again);
    ID other = store_document(rig, DOCUMENT);
    READY beside = find(rig, id, 0);
    assert_ptr_equal(first, beside);
    patch_document(rig, id, "{\"price\":90}");
    READY changed = find(rig, id, 0);
    assert_ptr_not_equal(first, changed);
    assert_true(price_of(first) == 100 && price_of(changed) == 90);
    READY past = find(rig, id, 1);
    assert_true(past->source.revision == 1 && price_of(past) == 100);
    assert_string_equal(past->source.sha256, first->source.sha256);
    REPLY gone = rig_ask(rig, sc_scenario_delete, (struct ask){.id = id, .if_match = "*"});
    assert_int_equal(gone.outcome, SC_OUTCOME_NO_CONTENT);
    assert_null(find(rig, id, 0));
    assert_null(find(rig, "nobody", 0));
    assert_string_not_equal(id, other);
}

static void a_variant_is_made_ready_anew_when_its_parent_changes(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    ID child = store_variant(
        rig, id, "{\"name\":\"Child\",\"overrides\":[{\"pointer\":\"/discount/wacc\",\"value\":0.11}]}");
    READY first = find(rig, child, 0);
    patch_document(rig, id, "{\"price\":90}");
    READY changed = find(rig, child, 0);
    assert_true(price_of(first) == 100 && price_of(changed) == 90);
    assert_true(first->source.revision == changed->source.revision);
    assert_string_not_equal(first->source.sha256, changed->source.sha256);
    assert_non_null(changed->source.overlay);
}

static void who_reads_as_of_a_moment_shares_nothing(void **state)
{
    struct rig *rig = *state;
    int64_t moment;
    ID id = store_document(rig, DOCUMENT);
    assert_int_equal(sc_reader_moment(rig->reader, &moment), SC_STORE_OK);
    assert_false(sc_reader_is_past(rig->reader));
    patch_document(rig, id, "{\"price\":90}");
    READY now = find(rig, id, 0);
    sc_reader_set_moment(rig->reader, moment);
    assert_true(sc_reader_is_past(rig->reader));
    READY then = find(rig, id, 0);
    sc_reader_set_moment(rig->reader, 0);
    READY again = find(rig, id, 0);
    assert_true(price_of(now) == 90 && price_of(then) == 100);
    assert_ptr_equal(now, again);
}

static void a_mould_is_kept_for_a_document_and_its_pointers(void **state)
{
    struct rig *rig = *state;
    struct finding finding;
    begin(&finding, rig);
    ID id = store_document(rig, DOCUMENT);
    ID twin = store_document(rig, DOCUMENT);
    READY ready = find(rig, id, 0);
    READY same = find(rig, twin, 0);
    json_t *one = json_loads("[{\"pointer\":\"/price\",\"value\":50}]", 0, NULL),
           *other = json_loads("[{\"pointer\":\"/price\",\"value\":60}]", 0, NULL),
           *more = json_loads("[{\"pointer\":\"/discount/wacc\",\"value\":0.1}]", 0, NULL),
           *shape = json_loads("[{\"pointer\":\"/discount/wacc\",\"value\":[0.1]}]", 0, NULL);
    struct sc_mould *mould = sc_ready_mould(&finding.call, ready, one),
                    *again = sc_ready_mould(&finding.call, same, other),
                    *third = sc_ready_mould(&finding.call, ready, more);
    assert_non_null(mould);
    assert_ptr_equal(mould, again);
    assert_ptr_not_equal(mould, third);
    assert_null(sc_ready_mould(&finding.call, ready, shape));
    patch_document(rig, id, "{\"price\":90}");
    READY changed = find(rig, id, 0);
    struct sc_mould *fourth = sc_ready_mould(&finding.call, changed, one);
    assert_ptr_not_equal(mould, fourth);
    struct sc_mould *const moulds[] = {mould, again, third, fourth};
    for (size_t i = 0; i < 4; i++) sc_mould_release(moulds[i]);
    json_t *const values[] = {one, other, more, shape};
    for (size_t i = 0; i < 4; i++) json_decref(values[i]);
    sc_arena_fini(&finding.arena);
}

static void who_is_hurried_reads_only_what_is_ready(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    struct finding finding;
    begin(&finding, rig);
    finding.call.hurried = true;
    assert_null(sc_ready_find(&finding.call, id, 0));
    assert_true(finding.call.too_long);
    READY ready = find(rig, id, 0);
    finding.call.too_long = false;
    READY again = sc_ready_find(&finding.call, id, 0);
    assert_false(finding.call.too_long);
    assert_ptr_equal(ready, again);
    sc_arena_fini(&finding.arena);
}

static void what_is_kept_has_its_bounds(void **state)
{
    struct rig *rig = *state;
    struct sc_cache_figures figures;
    for (int i = 0; i < 300; i++) {
        ID id = store_document(rig, DOCUMENT);
        READY ready = find(rig, id, 0);
        sc_cache_figures(rig->app->plans, &figures);
        assert_in_range(figures.bytes, 1, 1 << 20);
    }
    assert_true(figures.evicted > 0 && figures.values > 10);
}

enum { READERS = 3, WRITES = 60 };

struct race {
    struct rig *rig;
    const char *id, *child;
    atomic_int written; /* the price that is acknowledged */
    atomic_bool over, wrong;
    atomic_long read;
};

/* What is acknowledged before a question is asked is in its answer, and nothing goes back in time: of plans
 * and of moulds. */
static void *keep_reading(void *argument)
{
    struct race *race = argument;
    struct sc_reader *reader = sc_reader_open(race->rig->store);
    double last = 0;
    while (!atomic_load(&race->over)) {
        int acknowledged = atomic_load(&race->written);
        REPLY parent = rig_ask_with(race->rig, reader, sc_valuation_stored, (struct ask){.id = race->id});
        REPLY child = rig_ask_with(race->rig, reader, sc_valuation_stored,
                                   (struct ask){.id = race->child, .query = "set=/terminal/growth:0.02"});
        double seen = number_of(parent.json, "price"), below = number_of(child.json, "price");
        if (seen < acknowledged || seen < last || below < seen) atomic_store(&race->wrong, true);
        last = below;
        atomic_fetch_add(&race->read, 1);
    }
    sc_reader_close(reader);
    return NULL;
}

static void readers_beside_a_writer_never_see_what_is_past(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    ID child = store_variant(
        rig, id, "{\"name\":\"Child\",\"overrides\":[{\"pointer\":\"/discount/wacc\",\"value\":0.11}]}");
    struct race race = {.rig = rig, .id = id, .child = child};
    pthread_t thread[READERS];
    for (int i = 0; i < READERS; i++)
        assert_int_equal(pthread_create(&thread[i], NULL, keep_reading, &race), 0);
    for (int price = 101; price <= 100 + WRITES; price++) {
        char patch[64];
        snprintf(patch, sizeof patch, "{\"price\":%d}", price);
        patch_document(rig, id, patch);
        atomic_store(&race.written, price);
        long before = atomic_load(&race.read);
        while (atomic_load(&race.read) < before + 2 && !atomic_load(&race.wrong)) usleep(100);
    }
    atomic_store(&race.over, true);
    for (int i = 0; i < READERS; i++) pthread_join(thread[i], NULL);
    assert_false(atomic_load(&race.wrong));
}

int main(void)
{
#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)
    const struct CMUnitTest tests[] = {
        WITH_RIG(what_is_ready_is_found_until_its_contents_change),
        WITH_RIG(a_variant_is_made_ready_anew_when_its_parent_changes),
        WITH_RIG(who_reads_as_of_a_moment_shares_nothing),
        WITH_RIG(a_mould_is_kept_for_a_document_and_its_pointers),
        WITH_RIG(who_is_hurried_reads_only_what_is_ready),
        WITH_RIG(what_is_kept_has_its_bounds),
        WITH_RIG(readers_beside_a_writer_never_see_what_is_past),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
