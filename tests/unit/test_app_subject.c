/* A question is asked of a stored scenario or of a document sent along; the answer names what it is about,
 * and the same question has the same ETag. */
#include "app_rig.h"

#include "app/question.h"
#include "codec/canonical.h"

static char *sent(const char *rest)
{
    static char text[8192];
    snprintf(text, sizeof text, "{\"scenario\":%s%s}", DOCUMENT, rest);
    return text;
}

static double value_of(const struct reply *reply)
{
    if (reply->outcome != SC_OUTCOME_OK) fail_msg("%s", reply->detail);
    return number_of(reply->json, "value_per_share");
}

static const char *sha256_of(const struct reply *reply)
{
    return text_of(json_object_get(reply->json, "scenario"), "sha256");
}

static void stored_and_sent_give_the_same_answer(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    char by_id[128];
    snprintf(by_id, sizeof by_id, "{\"scenario\":\"%s\"}", id);
    REPLY stored = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id});
    REPLY along = rig_ask(rig, sc_valuation_sent, (struct ask){.body = sent("")});
    REPLY named = rig_ask(rig, sc_valuation_sent, (struct ask){.body = by_id});
    assert_true(value_of(&stored) > 0);
    assert_true(value_of(&stored) == value_of(&along) && value_of(&stored) == value_of(&named));
    assert_string_equal(sha256_of(&stored), sha256_of(&along));
    const json_t *scenario = json_object_get(stored.json, "scenario");
    assert_string_equal(text_of(scenario, "id"), id);
    assert_true(number_of(scenario, "revision") == 1);
    assert_true(json_is_null(json_object_get(json_object_get(along.json, "scenario"), "id")));
    assert_true(json_is_null(json_object_get(json_object_get(along.json, "scenario"), "revision")));
    assert_string_equal(named.text, stored.text);
    assert_string_equal(text_of(stored.json, "engine"), "1.0.1");
}

static void overrides_come_from_the_body_and_from_the_link(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    REPLY plain = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id});
    REPLY link = rig_ask(rig, sc_valuation_stored,
                         (struct ask){.id = id, .query = "set=/discount/wacc:0.09&set=/price:80"});
    REPLY body =
        rig_ask(rig, sc_valuation_stored,
                (struct ask){.id = id,
                             .body = "{\"overrides\":[{\"pointer\":\"/discount/wacc\",\"value\":0.09},"
                                     "{\"pointer\":\"/price\",\"value\":80}]}"});
    REPLY both =
        rig_ask(rig, sc_valuation_stored,
                (struct ask){.id = id,
                             .query = "set=/price:80",
                             .body = "{\"overrides\":[{\"pointer\":\"/discount/wacc\",\"value\":0.09}]}"});
    assert_true(value_of(&link) > value_of(&plain));
    assert_string_equal(link.text, body.text);
    assert_string_equal(link.text, both.text);
    assert_string_equal(link.etag, body.etag);
    assert_string_not_equal(sha256_of(&link), sha256_of(&plain));
    REPLY wrong = rig_ask(rig, sc_valuation_stored,
                          (struct ask){.id = id, .query = "set=/discount/wac:1&set=/price&set=/name:3"});
    assert_true(is_problem(&wrong, SC_PROBLEM_invalid_question));
    assert_true(has_fault(&wrong, SC_FAULT_bad_parameter, "/overrides/1"));
    REPLY nowhere =
        rig_ask(rig, sc_valuation_stored, (struct ask){.id = id, .query = "set=/discount/wac:1&set=/name:3"});
    assert_true(is_problem(&nowhere, SC_PROBLEM_invalid_question));
    assert_int_equal(nowhere.faults->count, 2);
    REPLY range = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id, .query = "set=/price:-1"});
    assert_true(is_problem(&range, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&range, SC_FAULT_out_of_range, "/price"));
}

static void the_same_question_has_the_same_etag(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    REPLY first = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id});
    assert_int_equal(strlen(first.etag), 34);
    assert_int_equal(first.freshness, SC_FRESH_REVALIDATE);
    REPLY known = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id, .if_none_match = first.etag});
    assert_int_equal(known.outcome, SC_OUTCOME_NOT_MODIFIED);
    assert_string_equal(known.etag, first.etag);
    static const char *const others[] = {"inputs=true", "set=/price:99"};
    for (size_t i = 0; i < 2; i++) {
        REPLY other = rig_ask(rig, sc_valuation_stored,
                              (struct ask){.id = id, .query = others[i], .if_none_match = first.etag});
        assert_int_equal(other.outcome, SC_OUTCOME_OK);
        assert_string_not_equal(other.etag, first.etag);
    }
    patch_document(rig, id, "{\"price\": 90}");
    REPLY changed = rig_ask(rig, sc_valuation_stored, (struct ask){.id = id, .if_none_match = first.etag});
    assert_int_equal(changed.outcome, SC_OUTCOME_OK);
    REPLY revision = rig_ask(rig, sc_valuation_stored,
                             (struct ask){.id = id, .query = "revision=1", .if_none_match = NULL});
    assert_string_equal(revision.text, first.text);
    assert_int_equal(revision.freshness, SC_FRESH_REVALIDATE); /* another engine answers otherwise */
    REPLY along = rig_ask(rig, sc_valuation_sent, (struct ask){.body = sent("")});
    REPLY again =
        rig_ask(rig, sc_valuation_sent, (struct ask){.body = sent(""), .if_none_match = along.etag});
    assert_int_equal(again.outcome, SC_OUTCOME_NOT_MODIFIED);
    REPLY chair = rig_ask(rig, sc_valuation_sent,
                          (struct ask){.body = sent(""), .if_none_match = along.etag, .path = "/v1/other"});
    assert_int_equal(chair.outcome, SC_OUTCOME_OK);
}

static void inputs_are_listed_and_the_result_signed(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    REPLY reply =
        rig_ask(rig, sc_valuation_stored, (struct ask){.id = id, .query = "inputs=true&set=/price:80"});
    assert_int_equal(reply.outcome, SC_OUTCOME_OK);
    assert_true(json_array_size(json_object_get(reply.json, "inputs")) > 10);
    char *claimed = strdup(text_of(reply.json, "result_sha256")), digest[SC_DIGEST_TEXT];
    json_object_del(reply.json, "result_sha256");
    assert_true(sc_json_digest(reply.json, digest));
    assert_string_equal(claimed, digest);
    free(claimed);
}

static void the_digest_is_the_last_member(void **state)
{
    REPLY reply = rig_ask(*state, sc_valuation_sent, (struct ask){.body = sent(",\"inputs\":true")});
    assert_int_equal(reply.outcome, SC_OUTCOME_OK);
    const char *at = strstr(reply.text, ",\"result_sha256\":\"");
    assert_non_null(at);
    assert_int_equal(strlen(at), strlen(",\"result_sha256\":\"") + 64 + 2);
    REPLY off = rig_ask(*state, sc_valuation_sent,
                        (struct ask){.body = sent(",\"inputs\":true"), .query = "inputs=false"});
    assert_null(json_object_get(off.json, "inputs"));
}

static void inputs_say_where_a_driver_came_from(void **state)
{
    struct rig *rig = *state;
    ID id = store_document(rig, DOCUMENT);
    ID child = store_variant(
        rig, id, "{\"name\":\"V\",\"overrides\":[{\"pointer\":\"/discount/wacc\",\"value\":0.11}]}");
    REPLY reply =
        rig_ask(rig, sc_valuation_stored, (struct ask){.id = child, .query = "inputs=true&set=/price:80"});
    const json_t *inputs = json_object_get(reply.json, "inputs");
    size_t seen = 0;
    for (size_t i = 0; i < json_array_size(inputs); i++) {
        const json_t *input = json_array_get(inputs, i);
        const char *pointer = text_of(input, "pointer"), *origin = text_of(input, "origin");
        if (strcmp(pointer, "/price") == 0) seen += strcmp(origin, "override") == 0;
        if (strcmp(pointer, "/discount/wacc") == 0) seen += strcmp(origin, "document") == 0;
        if (strcmp(pointer, "/dilution/basic") == 0) seen += strcmp(origin, "parent") == 0;
        if (strcmp(pointer, "/fair_band") == 0) seen += strcmp(origin, "default") == 0;
    }
    assert_int_equal(seen, 4);
}

static void what_is_wrong_with_a_question_is_all_said(void **state)
{
    struct rig *rig = *state;
    REPLY none = rig_ask(rig, sc_valuation_sent, (struct ask){.body = "{\"overides\":[],\"inputs\":1}"});
    assert_true(is_problem(&none, SC_PROBLEM_invalid_question));
    assert_true(has_fault(&none, SC_FAULT_missing, "/scenario"));
    assert_true(has_fault(&none, SC_FAULT_unknown_field, "/overides"));
    assert_true(has_fault(&none, SC_FAULT_wrong_type, "/inputs"));
    REPLY number = rig_ask(rig, sc_valuation_sent, (struct ask){.body = "{\"scenario\":7,\"overrides\":{}}"});
    assert_true(has_fault(&number, SC_FAULT_wrong_type, "/scenario"));
    assert_true(has_fault(&number, SC_FAULT_wrong_type, "/overrides"));
    REPLY array = rig_ask(rig, sc_valuation_sent, (struct ask){.body = "[]"});
    assert_true(is_problem(&array, SC_PROBLEM_invalid_question));
    REPLY revision = rig_ask(rig, sc_valuation_sent, (struct ask){.body = sent(""), .query = "revision=1"});
    assert_true(is_problem(&revision, SC_PROBLEM_bad_request));
    REPLY parameter = rig_ask(rig, sc_valuation_sent, (struct ask){.body = sent(""), .query = "input=true"});
    assert_true(is_problem(&parameter, SC_PROBLEM_bad_request));
    REPLY unknown = rig_ask(rig, sc_valuation_sent, (struct ask){.body = "{\"scenario\":\"nobody\"}"});
    assert_true(is_problem(&unknown, SC_PROBLEM_not_found));
}

static void faults_of_a_document_point_into_the_document(void **state)
{
    struct rig *rig = *state;
    REPLY invalid =
        rig_ask(rig, sc_valuation_sent, (struct ask){.body = "{\"scenario\":{\"schema\":1,\"price\":-1}}"});
    assert_true(is_problem(&invalid, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&invalid, SC_FAULT_out_of_range, "/price"));
    assert_true(has_fault(&invalid, SC_FAULT_missing, "/segments"));
    REPLY twice =
        rig_ask(rig, sc_valuation_sent, (struct ask){.body = "{\"scenario\":{\"price\":1,\"price\":2}}"});
    assert_true(is_problem(&twice, SC_PROBLEM_invalid_scenario));
    assert_true(has_fault(&twice, SC_FAULT_duplicate_key, "/price"));
    REPLY outside =
        rig_ask(rig, sc_valuation_sent, (struct ask){.body = "{\"inputs\":true,\"inputs\":true}"});
    assert_true(is_problem(&outside, SC_PROBLEM_invalid_question));
    assert_true(has_fault(&outside, SC_FAULT_duplicate_key, "/inputs"));
}

static const char *const ASKED[] = {"to", "level", "text", NULL};

static enum sc_progress read_question(struct sc_call *call)
{
    struct sc_question question;
    if (sc_question_read(call, ASKED, NULL, &question)) {
        call->answer->body = json_dumps(question.members, JSON_COMPACT);
        call->answer->body_length = strlen(call->answer->body);
    }
    sc_question_fini(&question);
    return SC_ANSWERED;
}

static void a_questions_members_come_from_the_query_too(void **state)
{
    REPLY query = rig_ask(*state, read_question, (struct ask){.query = "to=2030&level=0.5&text=2x"});
    assert_string_equal(query.text, "{\"to\":2030,\"level\":0.5,\"text\":\"2x\"}");
    REPLY mixed = rig_ask(*state, read_question, (struct ask){.query = "to=2030", .body = "{\"level\":0.5}"});
    assert_string_equal(mixed.text, "{\"to\":2030,\"level\":0.5}");
    REPLY twice = rig_ask(*state, read_question, (struct ask){.query = "to=2030", .body = "{\"to\":2031}"});
    assert_true(is_problem(&twice, SC_PROBLEM_invalid_question));
    assert_true(has_fault(&twice, SC_FAULT_bad_parameter, "/to"));
    REPLY unknown = rig_ask(*state, read_question, (struct ask){.body = "{\"levle\":1}"});
    assert_true(has_fault(&unknown, SC_FAULT_unknown_field, "/levle"));
    assert_non_null(strstr(unknown.detail, "did you mean `level`?"));
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(stored_and_sent_give_the_same_answer),
        TEST(overrides_come_from_the_body_and_from_the_link),
        TEST(the_same_question_has_the_same_etag),
        TEST(inputs_are_listed_and_the_result_signed),
        TEST(the_digest_is_the_last_member),
        TEST(inputs_say_where_a_driver_came_from),
        TEST(what_is_wrong_with_a_question_is_all_said),
        TEST(faults_of_a_document_point_into_the_document),
        TEST(a_questions_members_come_from_the_query_too),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
