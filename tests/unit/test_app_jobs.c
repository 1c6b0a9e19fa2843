/* Questions become jobs, and jobs are read: also where a call's memory ends at any point of it. */
#include "app_rig.h"

#include "secondchair/jobs.h"

static struct sc_jobs *jobs;

/* Nothing is computed here: jobs are held until the service closes. */
static void *hold(void *context, const char *id, struct sc_follower *follower, struct sc_job_result *result)
{
    (void)context, (void)id, (void)result;
    while (follower->hear(follower, 0.5, "{\"half\":1}")) usleep(1000);
    return NULL;
}

static void release(void *context, void *of_run)
{
    (void)context, (void)of_run;
}

static int begin(void **state)
{
    static const struct sc_jobs_bounds bounds = {.threads = 1,
                                                 .live = 50,
                                                 .live_per_client = 50,
                                                 .live_bytes = 1 << 20,
                                                 .kept = {10, 1 << 20, INT64_MAX / 2}};
    static const struct sc_jobs_runner runner = {.run = hold, .release = release};
    char reason[256];
    rig_setup(state);
    struct rig *rig = *state;
    jobs = sc_jobs_new(rig->store, &bounds);
    assert_non_null(jobs);
    sc_app_set_jobs(rig->app, jobs);
    assert_true(sc_jobs_start(jobs, &runner, reason, sizeof reason));
    return 0;
}

static int end(void **state)
{
    sc_jobs_free(jobs);
    return rig_teardown(state);
}

static size_t count_live(void)
{
    struct sc_jobs_figures figures;
    sc_jobs_figures(jobs, &figures);
    return figures.state[SC_JOB_QUEUED] + figures.state[SC_JOB_RUNNING];
}

static enum sc_progress accept_valuation(struct sc_call *call)
{
    call->target = call->path;
    return sc_job_accept(call, sc_valuation_sent);
}

static char *question(void)
{
    char *text = malloc(strlen(DOCUMENT) + 32);
    sprintf(text, "{\"scenario\":%s}", DOCUMENT);
    return text;
}

static struct reply accept(struct rig *rig, size_t arena)
{
    char *body = question();
    struct reply reply =
        rig_ask(rig, accept_valuation, (struct ask){.body = body, .path = "/v1/valuation", .arena = arena});
    free(body);
    return reply;
}

static void a_question_is_accepted_or_leaves_no_trace(void **state)
{
    struct rig *rig = *state;
    bool accepted = false;
    for (size_t arena = 1000; !accepted; arena += arena / 16) {
        REPLY reply = accept(rig, arena);
        accepted = reply.outcome == SC_OUTCOME_ACCEPTED;
        if (!accepted) assert_true(is_problem(&reply, SC_PROBLEM_overloaded));
        assert_int_equal(count_live(), accepted);
        if (accepted) assert_string_equal(text_of(reply.json, "state"), "queued");
    }
}

static void what_is_refused_makes_no_job(void **state)
{
    struct rig *rig = *state;
    REPLY reply = rig_ask(rig, accept_valuation,
                          (struct ask){.body = "{\"scenario\":\"absent\"}", .path = "/v1/valuation"});
    assert_true(is_problem(&reply, SC_PROBLEM_not_found));
    assert_int_equal(count_live(), 0);
}

/* Asks with more and more memory until it is enough. */
static struct reply ask_until_enough(struct rig *rig, sc_use_case *use_case, struct ask ask)
{
    for (ask.arena = 64;; ask.arena += 1 + ask.arena / 16) {
        struct reply reply = rig_ask(rig, use_case, ask);
        if (reply.outcome != SC_OUTCOME_PROBLEM || reply.problem != SC_PROBLEM_overloaded) return reply;
        reply_free(&reply);
    }
}

static void a_job_is_read_with_any_memory_or_not_at_all(void **state)
{
    struct rig *rig = *state;
    REPLY made = accept(rig, 0);
    const char *id = text_of(made.json, "id");
    REPLY one = ask_until_enough(rig, sc_job_get, (struct ask){.id = id});
    assert_string_equal(text_of(one.json, "id"), id);
    REPLY all = ask_until_enough(rig, sc_job_list, (struct ask){.query = "limit=1"});
    assert_int_equal(json_array_size(json_object_get(all.json, "items")), 1);
    REPLY result = ask_until_enough(rig, sc_job_result_get, (struct ask){.id = id});
    assert_true(is_problem(&result, SC_PROBLEM_job_not_done));
    REPLY removed = ask_until_enough(rig, sc_job_delete, (struct ask){.id = id});
    assert_int_equal(removed.outcome, SC_OUTCOME_NO_CONTENT);
    REPLY gone = ask_until_enough(rig, sc_job_result_get, (struct ask){.id = id});
    assert_true(is_problem(&gone, SC_PROBLEM_not_found));
    assert_int_equal(count_live(), 0);
}

int main(void)
{
#define WITH_JOBS(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        WITH_JOBS(a_question_is_accepted_or_leaves_no_trace),
        WITH_JOBS(what_is_refused_makes_no_job),
        WITH_JOBS(a_job_is_read_with_any_memory_or_not_at_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
