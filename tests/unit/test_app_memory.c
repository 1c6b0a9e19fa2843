/* Whatever allocation fails, the answer is the right one or a problem, and nothing leaks. Those of jansson's
 * parser are left out: 2.14 drops a character when its text cannot grow, or follows a null pointer. */
#include "app_rig.h"

#include <dlfcn.h>

json_t *json_loadb(const char *bytes, size_t length, size_t flags, json_error_t *error)
{
    static json_t *(*load)(const char *, size_t, size_t, json_error_t *);
    if (!load) *(void **)&load = dlsym(RTLD_NEXT, "json_loadb");
    long countdown = rig_countdown;
    rig_countdown = 0;
    json_t *json = load(bytes, length, flags, error);
    rig_countdown = countdown;
    return json;
}

#define OVERLAY                                                                                              \
    "{\"name\":\"V\",\"tags\":[\"bold\"],\"overrides\":[{\"pointer\":\"/segments/0/"                         \
    "growth\",\"value\":0.2}]}"
#define UNCERTAIN                                                                                            \
    "\"paths\":64,\"randomisations\":4,\"uncertainty\":{\"drivers\":[{\"pointer\":\"/discount/wacc\","       \
    "\"distribution\":{\"kind\":\"normal\",\"mean\":0.1,\"sd\":0.01}},{\"pointer\":\"/operations/tax/"       \
    "rate\","                                                                                                \
    "\"distribution\":{\"kind\":\"beta\",\"alpha\":2,\"beta\":6}}],\"correlation\":{\"kind\":\"spearman\","  \
    "\"matrix\":[[1,0.5],[0.5,1]]}}"
#define QUESTION "{\"scenario\":%s,\"overrides\":[{\"pointer\":\"/price\",\"value\":80}],\"inputs\":true}"

#define TORNADO                                                                                              \
    "{\"method\":\"tornado\",\"drivers\":[{\"pointer\":\"/segments/0/growth\"},{\"pointer\":\"/bridge/"      \
    "cash\",\"low\":0,"                                                                                      \
    "\"high\":5}],\"uncertainty\":{\"drivers\":[{\"pointer\":\"/segments/0/"                                 \
    "growth\",\"distribution\":{\"kind\":\"uniform\","                                                       \
    "\"low\":0,\"high\":0.1}}]}}"
#define GRID                                                                                                 \
    "{\"method\":\"grid\",\"x\":{\"pointer\":\"/segments/0/"                                                 \
    "growth\",\"low\":0,\"high\":0.1,\"steps\":3},\"y\":{"                                                   \
    "\"pointer\":\"/bridge/cash\",\"values\":[0,5]}}"
#define SOBOL                                                                                                \
    "{\"method\":\"sobol\",\"paths\":16,\"randomisations\":2,\"drivers\":[{\"pointer\":\"/segments/0/"       \
    "growth\",\"low\":0,"                                                                                    \
    "\"high\":0.1}]}"

/* Asks with every single allocation failing in turn, then with every amount of memory. */
static void torture(struct rig *rig, sc_use_case *use_case, struct ask ask, const char *right)
{
    bool fell_short = true;
    for (ask.fail_at = 1; fell_short; ask.fail_at++) {
        REPLY reply = rig_ask(rig, use_case, ask);
        fell_short = reply.fell_short;
        bool said = reply.text && strstr(reply.text, "memory\"") && !reply.etag[0];
        if (reply.outcome != SC_OUTCOME_PROBLEM && right && !said) assert_string_equal(reply.text, right);
        if (!fell_short) assert_int_not_equal(reply.outcome, SC_OUTCOME_PROBLEM);
        assert_true(ask.fail_at < 100000);
    }
    ask.fail_at = 0;
    bool answered = false;
    for (ask.arena = 64; !answered; ask.arena += ask.arena / 8 + 64) {
        REPLY reply = rig_ask(rig, use_case, ask);
        answered = reply.outcome != SC_OUTCOME_PROBLEM;
        assert_true(answered || is_problem(&reply, SC_PROBLEM_overloaded) ||
                    reply.problem == SC_PROBLEM_body_too_large);
        if (answered && right) assert_string_equal(reply.text, right);
    }
}

static void reading_answers_right_or_not_at_all(void **state)
{
    struct rig *rig = *state;
    ID parent = store_document(rig, DOCUMENT);
    ID id = store_variant(rig, parent, OVERLAY);
    patch_document(rig, parent, "{\"price\": 90}");
    patch_document(rig, id, "{\"price\": 95}");
    ID set = store_set(rig, parent, id);
    char question[4096], of_set[256], uncertain_set[1024];
    snprintf(question, sizeof question, QUESTION, DOCUMENT);
    snprintf(of_set, sizeof of_set, "{\"set\":\"%s\",\"price\":70}", set);
    snprintf(uncertain_set, sizeof uncertain_set, "{\"set\":\"%s\",\"price\":70," UNCERTAIN "}", set);
    const struct {
        sc_use_case *use_case;
        struct ask ask;
    } cases[] = {
        {sc_scenario_get, {.id = id}},
        {sc_revision_get, {.id = id, .second = "1"}},
        {sc_scenario_diff, {.id = id}},
        {sc_scenario_list, {.query = "q=acme"}},
        {sc_valuation_stored, {.id = id, .query = "inputs=true&set=/price:80"}},
        {sc_valuation_sent, {.body = question}},
        {sc_sensitivity_stored, {.id = id, .query = "inputs=true&sort=elasticity&drivers=/segments"}},
        {sc_sensitivity_stored, {.id = id, .accept = SC_MEDIA_CSV}},
        {sc_sensitivity_stored, {.id = id, .query = "method=inference"}},
        {sc_sensitivity_stored, {.id = id, .query = "method=tornado&inputs=true"}},
        {sc_sensitivity_stored, {.id = id, .body = TORNADO}},
        {sc_sensitivity_stored, {.id = id, .body = GRID}},
        {sc_sensitivity_stored, {.id = id, .body = GRID, .accept = SC_MEDIA_CSV}},
        {sc_sensitivity_stored, {.id = id, .body = SOBOL}},
        {sc_set_get, {.id = set}},
        {sc_set_list, {.query = "q=both"}},
        {sc_set_diff, {.id = set}},
        {sc_set_valuation_stored, {.id = set, .query = "inputs=true&set=/price:80&price=90"}},
        {sc_set_valuation_stored, {.id = set, .accept = SC_MEDIA_CSV}},
        {sc_set_valuation_sent, {.body = of_set}},
        {sc_simulation_stored, {.id = id, .body = "{" UNCERTAIN "}"}},
        {sc_simulation_stored, {.id = id, .body = "{" UNCERTAIN "}", .accept = SC_MEDIA_CSV}},
        {sc_set_simulation_stored,
         {.id = set, .query = "inputs=true&set=/price:80&paths=64&randomisations=4"}},
        {sc_set_simulation_sent, {.body = uncertain_set}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        REPLY right = rig_ask(rig, cases[i].use_case, cases[i].ask);
        if (right.outcome != SC_OUTCOME_OK) fail_msg("%s", right.detail);
        torture(rig, cases[i].use_case, cases[i].ask, right.text);
    }
}

static void writing_stores_right_or_not_at_all(void **state)
{
    struct rig *rig = *state;
    ID parent = store_document(rig, DOCUMENT);
    ID id = store_variant(rig, parent, OVERLAY);
    torture(rig, sc_scenario_create, (struct ask){.body = DOCUMENT}, NULL);
    torture(rig, sc_variant_create, (struct ask){.id = parent, .body = OVERLAY}, NULL);
    torture(rig, sc_scenario_patch, (struct ask){.id = id, .body = "{\"price\":7}", .if_match = "*"}, NULL);
    torture(rig, sc_scenario_put, (struct ask){.id = id, .body = DOCUMENT, .if_match = "*"}, NULL);
    ID set = store_set(rig, parent, id);
    REPLY stored = rig_ask(rig, sc_set_get, (struct ask){.id = set});
    char *body = json_dumps(document_of(&stored), JSON_COMPACT);
    torture(rig, sc_set_create, (struct ask){.body = body}, NULL);
    torture(rig, sc_set_put, (struct ask){.id = set, .body = body, .if_match = "*"}, NULL);
    torture(rig, sc_set_patch, (struct ask){.id = set, .body = "{\"price\":7}", .if_match = "*"}, NULL);
    free(body);
    REPLY list = rig_ask(rig, sc_scenario_list, (struct ask){.query = "limit=200"});
    const json_t *items = json_object_get(list.json, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const char *name = text_of(json_array_get(items, i), "name");
        REPLY got =
            rig_ask(rig, sc_scenario_get, (struct ask){.id = text_of(json_array_get(items, i), "id")});
        assert_int_equal(got.outcome, SC_OUTCOME_OK);
        assert_true(strcmp(name, "Acme, base") == 0 || strcmp(name, "V") == 0);
        assert_string_equal(text_of(got.json, "sha256"), text_of(json_array_get(items, i), "sha256"));
    }
}

static void an_import_is_right_or_nothing(void **state)
{
    struct rig *rig = *state, *other = rig_new();
    ID parent = store_document(rig, DOCUMENT);
    ID id = store_variant(rig, parent, OVERLAY);
    ID set = store_set(rig, parent, id);
    REPLY out = rig_ask(rig, sc_export, (struct ask){.id = NULL});
    bool fell_short = true;
    for (long i = 1; fell_short; i++) {
        REPLY in = rig_ask(other, sc_import,
                           (struct ask){.body = out.text, .content = SC_MEDIA_NDJSON, .fail_at = i});
        REPLY now = rig_ask(other, sc_export, (struct ask){.id = NULL});
        fell_short = in.fell_short;
        if (in.outcome == SC_OUTCOME_PROBLEM && now.length) assert_string_equal(now.text, out.text);
        if (in.outcome == SC_OUTCOME_OK) assert_string_equal(now.text, out.text);
    }
    rig_free(other);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    json_set_alloc_funcs(rig_allocate, free);
    const struct CMUnitTest tests[] = {
        TEST(reading_answers_right_or_not_at_all),
        TEST(writing_stores_right_or_not_at_all),
        TEST(an_import_is_right_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
