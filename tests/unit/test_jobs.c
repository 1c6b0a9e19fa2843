/* Jobs wait, run in turns, are cancelled, told of, and taken up again: over the real store, with a runner
 * that is held by the test. */
#include "store_stage.h"

#include "secondchair/jobs.h"

#include <pthread.h>
#include <stdatomic.h>

/* ---- the states ---- */

static void a_job_moves_only_as_it_may(void **state)
{
    (void)state;
    static const char *const moves[SC_JOB_STATES] = {
        [SC_JOB_QUEUED] = "running cancelled",
        [SC_JOB_RUNNING] = "queued done failed cancelled",
        [SC_JOB_DONE] = "",
        [SC_JOB_FAILED] = "",
        [SC_JOB_CANCELLED] = "",
    };
    for (unsigned from = 0; from < SC_JOB_STATES; from++)
        for (unsigned to = 0; to < SC_JOB_STATES; to++) {
            bool may = strstr(moves[from], sc_job_state_name(to)) != NULL;
            assert_int_equal(sc_job_may_move(from, to), may);
            assert_int_equal((sc_job_sources(to) & 1u << from) != 0, may);
        }
}

static void what_has_ended_leads_nowhere(void **state)
{
    (void)state;
    for (unsigned from = 0; from < SC_JOB_STATES; from++) {
        bool leads = false;
        for (unsigned to = 0; to < SC_JOB_STATES; to++) leads |= sc_job_may_move(from, to);
        assert_int_equal(sc_job_has_ended(from), !leads);
    }
}

/* ---- a runner that the test holds ---- */

static struct {
    struct sc_jobs *jobs;
    pthread_mutex_t lock;
    pthread_cond_t changed;
    bool hold;          /* what runs waits, and asks again and again whether it is wanted */
    const char *answer; /* or NULL: it fails */
    char order[512];    /* ids of what was begun, joined by blanks */
    size_t begun, ended;
    atomic_bool stopped; /* the last that ended was told to stop */
} run;

static bool is_held(void)
{
    pthread_mutex_lock(&run.lock);
    bool held = run.hold;
    pthread_mutex_unlock(&run.lock);
    return held;
}

static void set_hold(bool hold)
{
    pthread_mutex_lock(&run.lock);
    run.hold = hold;
    pthread_mutex_unlock(&run.lock);
}

static void *run_held(void *context, const char *id, struct sc_follower *follower,
                      struct sc_job_result *result)
{
    (void)context;
    pthread_mutex_lock(&run.lock);
    if (*run.order) strcat(run.order, " ");
    strcat(run.order, id);
    run.begun++;
    pthread_cond_broadcast(&run.changed);
    pthread_mutex_unlock(&run.lock);
    bool wanted = follower->hear(follower, 0.25, "{\"half\":1}");
    while (wanted && is_held()) {
        usleep(1000);
        wanted = follower->hear(follower, 0.5, NULL);
    }
    atomic_store(&run.stopped, !wanted);
    *result = (struct sc_job_result){.problem = run.answer ? NULL : "not_computable",
                                     .media = 1,
                                     .etag = "\"e\"",
                                     .body = run.answer ? run.answer : "{\"status\":422}"};
    result->length = strlen(result->body);
    return &run;
}

static void release(void *context, void *of_run)
{
    (void)context;
    assert_ptr_equal(of_run, &run);
    pthread_mutex_lock(&run.lock);
    run.ended++;
    pthread_cond_broadcast(&run.changed);
    pthread_mutex_unlock(&run.lock);
}

static void wait_for(const size_t *count, size_t wanted)
{
    pthread_mutex_lock(&run.lock);
    while (*count < wanted) pthread_cond_wait(&run.changed, &run.lock);
    pthread_mutex_unlock(&run.lock);
}

static void start_with(struct sc_jobs_bounds bounds)
{
    static const struct sc_jobs_runner runner = {.run = run_held, .release = release};
    run.jobs = sc_jobs_new(the.store, &bounds);
    assert_non_null(run.jobs);
    if (!sc_jobs_start(run.jobs, &runner, the.reason, sizeof the.reason)) fail_msg("%s", the.reason);
}

static const struct sc_jobs_bounds BOUNDS = {.threads = 1,
                                             .live = 20,
                                             .live_per_client = 10,
                                             .live_bytes = 1000,
                                             .kept = {.count = 10, .bytes = 1000, .age = INT64_MAX / 2}};

static int begin_jobs(void **state)
{
    begin(state);
    memset(&run, 0, sizeof run);
    pthread_mutex_init(&run.lock, NULL);
    pthread_cond_init(&run.changed, NULL);
    run.answer = "{\"v\":1}";
    return 0;
}

static int end_jobs(void **state)
{
    sc_jobs_free(run.jobs);
    return end(state);
}

static struct sc_job make_job(const char *id)
{
    return (struct sc_job){.id = id,
                           .question = "q",
                           .target = "/v1/q?a=1",
                           .content = 1,
                           .accept = 1,
                           .body = "{}",
                           .length = 2};
}

static enum sc_store_status store_job(struct sc_job *job)
{
    struct sc_write write = {.kind = SC_WRITE_JOB_CREATE, .job = job};
    return submit(&write);
}

static enum sc_pool_status add(const char *id, uint64_t client)
{
    struct sc_job job = make_job(id);
    struct sc_job_place *place;
    enum sc_pool_status status = sc_jobs_reserve(run.jobs, client, &job, &place);
    if (status != SC_POOL_OK) return status;
    assert_int_equal(store_job(&job), SC_STORE_OK);
    sc_jobs_accept(run.jobs, place, &job);
    return SC_POOL_OK;
}

static void cancel(const char *id)
{
    struct sc_job job = {.id = id, .state = SC_JOB_CANCELLED};
    struct sc_write write = {
        .kind = SC_WRITE_JOB_MOVE, .job = &job, .from = sc_job_sources(SC_JOB_CANCELLED)};
    assert_int_equal(submit(&write), SC_STORE_OK);
    sc_jobs_cancelled(run.jobs, &job);
}

static struct sc_job stored(const char *id)
{
    struct sc_job job;
    assert_int_equal(sc_reader_job(the.reader, id, false, &the.arena, &job), SC_STORE_OK);
    return job;
}

static const char *state_of(const char *id)
{
    return sc_job_state_name(stored(id).state);
}

static void until_stored(const char *id, enum sc_job_state state)
{
    while (stored(id).state != state) usleep(1000);
}

static struct sc_job_result result_of(const char *id, char **body)
{
    struct sc_job_result result;
    assert_int_equal(sc_reader_job_result(the.reader, id, &the.arena, &result, body), SC_STORE_OK);
    return result;
}

/* ---- running ---- */

static void a_job_runs_and_its_result_is_stored(void **state)
{
    (void)state;
    start_with(BOUNDS);
    assert_int_equal(add("a", 1), SC_POOL_OK);
    wait_for(&run.ended, 1);
    struct sc_job job = stored("a");
    assert_int_equal(job.state, SC_JOB_DONE);
    assert_true(job.progress == 1);
    assert_true(job.created_at < job.started_at && job.started_at < job.finished_at);
    char *body;
    struct sc_job_result result = result_of("a", &body);
    assert_null(result.problem);
    assert_string_equal(body, "{\"v\":1}");
    assert_string_equal(result.etag, "\"e\"");
    free(body);
}

static void a_problem_makes_it_fail(void **state)
{
    (void)state;
    run.answer = NULL;
    start_with(BOUNDS);
    add("a", 1);
    wait_for(&run.ended, 1);
    assert_string_equal(state_of("a"), "failed");
    assert_true(stored("a").progress == 0.25);
    char *body;
    assert_string_equal(result_of("a", &body).problem, "not_computable");
    free(body);
}

static void clients_take_turns(void **state)
{
    (void)state;
    set_hold(true);
    start_with(BOUNDS);
    add("a1", 1);
    wait_for(&run.begun, 1);
    for (const char *const *id = (const char *const[]){"a2", "a3", "a4", NULL}; *id; id++) add(*id, 1);
    for (const char *const *id = (const char *const[]){"b1", "b2", NULL}; *id; id++) add(*id, 2);
    add("c1", 3);
    set_hold(false);
    wait_for(&run.ended, 7);
    assert_string_equal(run.order, "a1 a2 b1 c1 a3 b2 a4");
}

static void no_more_are_taken_than_there_is_room_for(void **state)
{
    (void)state;
    set_hold(true);
    struct sc_jobs_bounds bounds = BOUNDS;
    bounds.live = 3;
    bounds.live_per_client = 2;
    bounds.live_bytes = 5;
    start_with(bounds);
    assert_int_equal(add("a1", 1), SC_POOL_OK);
    assert_int_equal(add("a2", 1), SC_POOL_OK);
    assert_int_equal(add("a3", 1), SC_POOL_CLIENT_FULL);
    assert_int_equal(add("b1", 2), SC_POOL_FULL); /* by its bytes */
    cancel("a2");
    assert_int_equal(add("b2", 2), SC_POOL_OK);
    struct sc_job bare = make_job("c1");
    struct sc_job_place *place;
    bare.length = 0;
    assert_int_equal(sc_jobs_reserve(run.jobs, 3, &bare, &place), SC_POOL_OK);
    struct sc_job_place *more;
    assert_int_equal(sc_jobs_reserve(run.jobs, 4, &bare, &more), SC_POOL_FULL); /* by their number */
    sc_jobs_forgo(run.jobs, place);
    assert_int_equal(sc_jobs_reserve(run.jobs, 4, &bare, &more), SC_POOL_OK);
    sc_jobs_forgo(run.jobs, more);
    struct sc_jobs_figures figures;
    sc_jobs_figures(run.jobs, &figures);
    assert_int_equal(figures.refused, 3);
    assert_int_equal(figures.state[SC_JOB_CANCELLED], 1);
    sc_jobs_close(run.jobs);
    assert_int_equal(sc_jobs_reserve(run.jobs, 5, &bare, &place), SC_POOL_CLOSED);
}

static void what_waits_is_cancelled_without_running(void **state)
{
    (void)state;
    set_hold(true);
    start_with(BOUNDS);
    add("a", 1);
    wait_for(&run.begun, 1);
    add("b", 1);
    add("c", 1);
    cancel("b");
    set_hold(false);
    wait_for(&run.ended, 2);
    assert_string_equal(run.order, "a c");
    assert_string_equal(state_of("b"), "cancelled");
}

static void what_runs_is_told_to_stop_and_leaves_nothing(void **state)
{
    (void)state;
    set_hold(true);
    start_with(BOUNDS);
    add("a", 1);
    wait_for(&run.begun, 1);
    cancel("a");
    wait_for(&run.ended, 1);
    assert_true(atomic_load(&run.stopped));
    assert_string_equal(state_of("a"), "cancelled");
    char *body;
    struct sc_job_result result;
    assert_int_equal(sc_reader_job_result(the.reader, "a", &the.arena, &result, &body), SC_STORE_NOT_FOUND);
}

/* ---- another service on the same store ---- */

static void what_an_earlier_service_left_runs_in_its_order(void **state)
{
    (void)state;
    for (const char *const *id = (const char *const[]){"a", "b", "c", NULL}; *id; id++) {
        struct sc_job job = make_job(*id);
        assert_int_equal(store_job(&job), SC_STORE_OK);
    }
    struct sc_job first = {.id = "a", .state = SC_JOB_RUNNING};
    struct sc_write write = {.kind = SC_WRITE_JOB_MOVE, .job = &first, .from = 1u << SC_JOB_QUEUED};
    assert_int_equal(submit(&write), SC_STORE_OK);
    start_with(BOUNDS);
    wait_for(&run.ended, 3);
    assert_string_equal(run.order, "a b c");
    until_stored("c", SC_JOB_DONE);
}

static void a_job_that_the_end_interrupts_begins_anew(void **state)
{
    (void)state;
    set_hold(true);
    start_with(BOUNDS);
    add("a", 1);
    add("b", 1);
    wait_for(&run.begun, 1);
    sc_jobs_close(run.jobs);
    assert_true(sc_jobs_settle(run.jobs, 60000));
    sc_jobs_free(run.jobs);
    assert_string_equal(state_of("a"), "running");
    assert_string_equal(state_of("b"), "queued");
    set_hold(false);
    start_with(BOUNDS);
    until_stored("b", SC_JOB_DONE);
    assert_string_equal(state_of("a"), "done");
    assert_string_equal(run.order, "a a b");
}

static void more_than_a_page_of_them_is_found(void **state)
{
    (void)state;
    char id[16];
    struct sc_jobs_bounds bounds = BOUNDS;
    bounds.kept.count = 1000;
    bounds.kept.bytes = 1000000;
    for (int i = 0; i < 130; i++) {
        snprintf(id, sizeof id, "job-%03d", i);
        struct sc_job job = make_job(id);
        assert_int_equal(store_job(&job), SC_STORE_OK);
    }
    run.order[0] = '\0';
    set_hold(true);
    start_with(bounds);
    wait_for(&run.begun, 1);
    struct sc_jobs_figures figures;
    sc_jobs_figures(run.jobs, &figures);
    assert_int_equal(figures.state[SC_JOB_QUEUED] + figures.state[SC_JOB_RUNNING], 130);
    assert_string_equal(run.order, "job-000");
}

/* ---- those who watch ---- */

struct watcher {
    struct sc_job_watch watch;
    char told[1024]; /* " id:state" once each, with ! after the last */
    bool unwanted;
    atomic_bool ended;
};

static void tell(struct sc_job_watch *watch, const struct sc_job *job, bool last)
{
    struct watcher *watcher = (struct watcher *)watch;
    char text[64];
    snprintf(text, sizeof text, " %s:%s%s", job->id, sc_job_state_name(job->state), last ? "!" : "");
    if (!strstr(watcher->told, text)) strcat(watcher->told, text);
}

static bool is_wanted(const struct sc_job_watch *watch)
{
    return !((const struct watcher *)watch)->unwanted;
}

static void note_end(struct sc_job_watch *watch)
{
    atomic_store(&((struct watcher *)watch)->ended, true);
}

static void watch(struct watcher *watcher, const char **id, size_t count, bool *live)
{
    *watcher = (struct watcher){.watch = {.tell = tell, .is_wanted = is_wanted, .end = note_end}};
    sc_jobs_watch(run.jobs, &watcher->watch, id, count, live);
}

static void until_ended(struct watcher *watcher)
{
    while (!atomic_load(&watcher->ended)) usleep(1000);
}

static void a_watch_tells_until_the_last_has_ended(void **state)
{
    (void)state;
    static struct watcher two, all, late;
    const char *ids[] = {"a", "b"};
    bool live[2];
    set_hold(true);
    start_with(BOUNDS);
    watch(&all, NULL, 0, NULL);
    sc_jobs_release_watch(run.jobs, &all.watch);
    add("a", 1);
    wait_for(&run.begun, 1);
    add("b", 1);
    add("c", 1);
    watch(&two, ids, 2, live);
    assert_true(live[0] && live[1]);
    sc_jobs_release_watch(run.jobs, &two.watch);
    cancel("a");
    set_hold(false);
    until_ended(&two);
    assert_string_equal(two.told, " a:running b:queued a:cancelled b:running b:done!");
    until_stored("c", SC_JOB_DONE);
    watch(&late, ids, 2, live);
    assert_false(live[0] || live[1] || atomic_load(&late.ended));
    sc_jobs_release_watch(run.jobs, &late.watch);
    assert_true(atomic_load(&late.ended));
    assert_string_equal(late.told, "");
    assert_false(atomic_load(&all.ended));
    sc_jobs_free(run.jobs);
    run.jobs = NULL;
    assert_true(atomic_load(&all.ended));
    assert_string_equal(all.told,
                        " a:queued a:running b:queued c:queued a:cancelled b:running b:done c:running "
                        "c:done");
}

static void a_watch_that_nobody_wants_ends_at_the_next_occasion(void **state)
{
    (void)state;
    static struct watcher gone, other;
    start_with(BOUNDS);
    watch(&gone, NULL, 0, NULL);
    sc_jobs_release_watch(run.jobs, &gone.watch);
    gone.unwanted = true;
    watch(&other, NULL, 0, NULL);
    assert_true(atomic_load(&gone.ended));
    other.unwanted = true;
    assert_false(atomic_load(&other.ended)); /* held */
    sc_jobs_release_watch(run.jobs, &other.watch);
    assert_true(atomic_load(&other.ended));
}

static void progress_and_what_can_be_said_already_are_told(void **state)
{
    (void)state;
    set_hold(true);
    start_with(BOUNDS);
    add("a", 1);
    wait_for(&run.begun, 1);
    struct sc_job job = stored("a");
    char *partial = NULL;
    while (job.progress < 0.5 || !partial) {
        free(partial);
        usleep(1000);
        job = stored("a");
        partial = sc_jobs_progress(run.jobs, &job);
    }
    assert_true(job.progress == 0.5);
    assert_string_equal(job.partial, "{\"half\":1}");
    free(partial);
}

int main(void)
{
#define WITH_JOBS(test) cmocka_unit_test_setup_teardown(test, begin_jobs, end_jobs)
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_job_moves_only_as_it_may),
        cmocka_unit_test(what_has_ended_leads_nowhere),
        WITH_JOBS(a_job_runs_and_its_result_is_stored),
        WITH_JOBS(a_problem_makes_it_fail),
        WITH_JOBS(clients_take_turns),
        WITH_JOBS(no_more_are_taken_than_there_is_room_for),
        WITH_JOBS(what_waits_is_cancelled_without_running),
        WITH_JOBS(what_runs_is_told_to_stop_and_leaves_nothing),
        WITH_JOBS(what_an_earlier_service_left_runs_in_its_order),
        WITH_JOBS(a_job_that_the_end_interrupts_begins_anew),
        WITH_JOBS(more_than_a_page_of_them_is_found),
        WITH_JOBS(a_watch_tells_until_the_last_has_ended),
        WITH_JOBS(a_watch_that_nobody_wants_ends_at_the_next_occasion),
        WITH_JOBS(progress_and_what_can_be_said_already_are_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
