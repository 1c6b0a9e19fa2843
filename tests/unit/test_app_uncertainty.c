/* Which drivers a question takes for uncertain: its own, or those of the scenario that it is asked of. */
#include "app_rig.h"

#include "app/ask.h"
#include "codec/writer.h"
#include "secondchair/uncertainty.h"

#define DRIVER(pointer, low, high)                                                                           \
    "{\"pointer\":\"" pointer "\",\"distribution\":{\"kind\":\"uniform\",\"low\":" low ",\"high\":" high "}" \
    "}"
#define UNCERTAIN(drivers) "{\"drivers\":[" drivers "]}"

/* A question that says which drivers are uncertain. */
static enum sc_progress answer(struct sc_call *call, const struct sc_subject *subject)
{
    struct sc_uncertainty uncertainty;
    struct sc_json_writer writer;
    struct sc_buffer buffer;
    if (!sc_subject_uncertainty(call, subject, &uncertainty)) return SC_ANSWERED;
    sc_ask_begin(subject, &writer, &buffer);
    sc_json_member_array_begin(&writer, "drivers");
    for (size_t i = 0; i < uncertainty.count; i++) {
        const struct sc_uncertain *driver = &uncertainty.driver[i];
        char pointer[SC_POINTER_MAX];
        sc_json_text(&writer, driver->pointer);
        size_t node = subject->plan->driver_node[driver->slot];
        assert_string_equal(sc_plan_pointer(subject->plan, node, pointer, sizeof pointer), driver->pointer);
    }
    sc_json_array_end(&writer);
    return sc_ask_end(call, subject, &writer, &buffer, 0);
}

static const char *const MEMBERS[] = {"uncertainty", NULL};
static const struct sc_asking ASKING = {.name = "uncertainty", .members = MEMBERS, .answer = answer};

static enum sc_progress ask_stored(struct sc_call *call)
{
    return sc_ask_stored(call, &ASKING);
}

static enum sc_progress ask_sent(struct sc_call *call)
{
    return sc_ask_sent(call, &ASKING);
}

/* The document of the tests with an uncertainty of its own. */
static const char *uncertain_document(void)
{
    static char text[8192];
    static const char end[] = "}";
    size_t length = strlen(DOCUMENT) - (sizeof end - 1);
    snprintf(text, sizeof text, "%.*s,\"uncertainty\":%s}", (int)length, DOCUMENT,
             UNCERTAIN(DRIVER("/price", "90", "110") "," DRIVER("/discount/wacc", "0.08", "0.12")));
    return text;
}

static void expect_drivers(const struct reply *reply, const char *wanted)
{
    if (reply->outcome != SC_OUTCOME_OK) fail_msg("%s", reply->detail);
    char *found = json_dumps(json_object_get(reply->json, "drivers"), JSON_COMPACT);
    assert_string_equal(found, wanted);
    free(found);
}

static void the_documents_drivers_are_uncertain_unless_the_question_says_otherwise(void **state)
{
    struct rig *rig = *state;
    ID certain = store_document(rig, DOCUMENT);
    ID id = store_document(rig, uncertain_document());
    REPLY none = rig_ask(rig, ask_stored, (struct ask){.id = certain});
    expect_drivers(&none, "[]");
    REPLY own = rig_ask(rig, ask_stored, (struct ask){.id = id});
    expect_drivers(&own, "[\"/price\",\"/discount/wacc\"]");
    REPLY others = rig_ask(
        rig, ask_stored,
        (struct ask){.id = id,
                     .body = "{\"uncertainty\":" UNCERTAIN(DRIVER("/terminal/growth", "0", "0.02")) "}"});
    expect_drivers(&others, "[\"/terminal/growth\"]");
    assert_string_not_equal(others.etag, own.etag);
    REPLY off =
        rig_ask(rig, ask_stored, (struct ask){.id = id, .body = "{\"uncertainty\":" UNCERTAIN("") "}"});
    expect_drivers(&off, "[]");
    char body[8192];
    snprintf(body, sizeof body, "{\"scenario\":%s}", uncertain_document());
    REPLY sent = rig_ask(rig, ask_sent, (struct ask){.body = body});
    expect_drivers(&sent, "[\"/price\",\"/discount/wacc\"]");
}

static void the_questions_own_faults_are_the_questions(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, uncertain_document());
    REPLY wrong = rig_ask(
        rig, ask_stored,
        (struct ask){.id = id,
                     .body = "{\"uncertainty\":" UNCERTAIN(DRIVER("/terminl/growth", "0", "0.02")) "}"});
    assert_true(is_problem(&wrong, SC_PROBLEM_invalid_question));
    assert_true(has_fault(&wrong, SC_FAULT_bad_pointer, "/uncertainty/drivers/0/pointer"));
    REPLY text = rig_ask(rig, ask_stored, (struct ask){.id = id, .query = "uncertainty=much"});
    assert_true(is_problem(&text, SC_PROBLEM_invalid_question));
    assert_true(has_fault(&text, SC_FAULT_wrong_type, "/uncertainty"));
}

/* An override may take away what the document's uncertainty is about; only who asks for that minds. */
static void an_override_may_leave_the_documents_uncertainty_without_its_driver(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, uncertain_document());
    static const char ramp[] =
        "{\"overrides\":[{\"pointer\":\"/discount/wacc\",\"value\":{\"start\":0.1,\"end\":0.09}}]}";
    REPLY valuation = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id, .body = ramp});
    assert_int_equal(valuation.outcome, SC_OUTCOME_OK);
    REPLY reply = rig_ask(rig, ask_stored, (struct ask){.id = id, .body = ramp});
    assert_true(is_problem(&reply, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&reply, SC_FAULT_bad_pointer, "/uncertainty/drivers/1/pointer"));
    REPLY moved = rig_ask(rig, ask_stored,
                          (struct ask){.id = id, .query = "set=/uncertainty/drivers/0/distribution/low:120"});
    assert_true(is_problem(&moved, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&moved, SC_FAULT_conflict, "/uncertainty/drivers/0/distribution/low"));
}

static void an_uncertainty_without_sense_is_not_stored(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, uncertain_document());
    REPLY patched =
        rig_ask(rig, sc_scenario_patch,
                (struct ask){.id = id,
                             .if_match = "*",
                             .body = "{\"uncertainty\":" UNCERTAIN(DRIVER("/horizon", "5", "9")) "}"});
    assert_true(is_problem(&patched, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&patched, SC_FAULT_bad_pointer, "/uncertainty/drivers/0/pointer"));
    REPLY variant =
        rig_ask(rig, sc_variant_create,
                (struct ask){.id = id,
                             .body = "{\"name\":\"v\",\"overrides\":[{\"pointer\":"
                                     "\"/uncertainty/drivers/0/distribution/low\",\"value\":120}]}"});
    assert_true(is_problem(&variant, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&variant, SC_FAULT_conflict, "/uncertainty/drivers/0/distribution/low"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_documents_drivers_are_uncertain_unless_the_question_says_otherwise),
        TEST(the_questions_own_faults_are_the_questions),
        TEST(an_override_may_leave_the_documents_uncertainty_without_its_driver),
        TEST(an_uncertainty_without_sense_is_not_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
