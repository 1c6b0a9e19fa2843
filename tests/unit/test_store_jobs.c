/* The store keeps jobs and their results, moves them only from the states that are expected, prunes, and
 * shows the scenarios of a moment. */
#include "store_stage.h"

static struct sc_job make_job(const char *id)
{
    return (struct sc_job){.id = id,
                           .question = "comparison",
                           .target = "/v1/comparison?inputs=true",
                           .content = 1,
                           .accept = 2,
                           .as_of = 7,
                           .body = "{\"with\":\"b\"}",
                           .length = 12};
}

static enum sc_store_status add(const char *id)
{
    struct sc_job job = make_job(id);
    struct sc_write write = {.kind = SC_WRITE_JOB_CREATE, .job = &job};
    return submit(&write);
}

static enum sc_store_status move(struct sc_job *job)
{
    struct sc_write write = {.kind = SC_WRITE_JOB_MOVE, .job = job, .from = sc_job_sources(job->state)};
    return submit(&write);
}

static enum sc_store_status put(const char *id, enum sc_job_state state)
{
    struct sc_job job = {.id = id, .state = state};
    return move(&job);
}

static enum sc_store_status finish(const char *id, const char *body)
{
    struct sc_job job = {.id = id,
                         .state = SC_JOB_DONE,
                         .progress = 1,
                         .result = {.media = 2, .etag = "\"tag\"", .body = body, .length = strlen(body)}};
    put(id, SC_JOB_RUNNING);
    return move(&job);
}

static enum sc_store_status remove_job(const char *id)
{
    struct sc_job job = {.id = id};
    struct sc_write write = {.kind = SC_WRITE_JOB_REMOVE, .job = &job, .from = SC_JOB_ENDED};
    return submit(&write);
}

static void prune(struct sc_job_keep kept)
{
    struct sc_write write = {.kind = SC_WRITE_JOB_PRUNE, .kept = &kept};
    assert_int_equal(submit(&write), SC_STORE_OK);
}

/* The ids of the jobs in these states, joined by blanks. */
static const char *jobs(unsigned states)
{
    static char ids[1024];
    struct sc_job_page page;
    ids[0] = '\0';
    assert_int_equal(sc_reader_jobs(the.reader, states, 0, 100, &the.arena, &page), SC_STORE_OK);
    for (size_t i = 0; i < page.count; i++) {
        if (i) strcat(ids, " ");
        strcat(ids, page.item[i].id);
    }
    return ids;
}

enum { ALL = (1 << SC_JOB_STATES) - 1 };

static void a_job_is_read_as_it_was_accepted(void **state)
{
    (void)state;
    struct sc_job job;
    add("a");
    assert_int_equal(sc_reader_job(the.reader, "a", true, &the.arena, &job), SC_STORE_OK);
    assert_string_equal(job.id, "a");
    assert_int_equal(job.state, SC_JOB_QUEUED);
    assert_string_equal(job.question, "comparison");
    assert_string_equal(job.target, "/v1/comparison?inputs=true");
    assert_int_equal(job.content, 1);
    assert_int_equal(job.accept, 2);
    assert_int_equal(job.as_of, 7);
    assert_int_equal(job.length, 12);
    assert_string_equal(job.body, "{\"with\":\"b\"}");
    assert_true(job.created_at > 0 && !job.started_at && !job.finished_at);
    assert_int_equal(sc_reader_job(the.reader, "a", false, &the.arena, &job), SC_STORE_OK);
    assert_null(job.body);
    assert_int_equal(sc_reader_job(the.reader, "b", false, &the.arena, &job), SC_STORE_NOT_FOUND);
    assert_int_equal(add("a"), SC_STORE_BROKEN); /* ids are random: this does not happen */
}

static void it_moves_only_from_where_it_may(void **state)
{
    (void)state;
    add("a");
    assert_int_equal(put("a", SC_JOB_DONE), SC_STORE_STALE);
    assert_int_equal(put("a", SC_JOB_RUNNING), SC_STORE_OK);
    assert_int_equal(put("a", SC_JOB_RUNNING), SC_STORE_STALE);
    assert_int_equal(remove_job("a"), SC_STORE_STALE);
    assert_int_equal(put("a", SC_JOB_CANCELLED), SC_STORE_OK);
    for (unsigned to = 0; to < SC_JOB_STATES; to++) assert_int_equal(put("a", to), SC_STORE_STALE);
    assert_int_equal(remove_job("a"), SC_STORE_OK);
    assert_int_equal(remove_job("a"), SC_STORE_NOT_FOUND);
    assert_int_equal(put("a", SC_JOB_RUNNING), SC_STORE_NOT_FOUND);
}

static void a_result_is_kept_to_the_byte_and_goes_with_its_job(void **state)
{
    (void)state;
    static const char body[] = "line,\"\xc3\xa9\"\r\n\n";
    char *read;
    struct sc_job_result result;
    add("a");
    assert_int_equal(sc_reader_job_result(the.reader, "a", &the.arena, &result, &read), SC_STORE_NOT_FOUND);
    assert_int_equal(finish("a", body), SC_STORE_OK);
    assert_int_equal(sc_reader_job_result(the.reader, "a", &the.arena, &result, &read), SC_STORE_OK);
    assert_int_equal(result.length, sizeof body - 1);
    assert_memory_equal(read, body, sizeof body);
    assert_string_equal(result.etag, "\"tag\"");
    assert_int_equal(result.media, 2);
    assert_null(result.problem);
    free(read);
    remove_job("a");
    assert_int_equal(sc_reader_job_result(the.reader, "a", &the.arena, &result, &read), SC_STORE_NOT_FOUND);
}

static void lists_are_newest_first_of_some_states_and_in_pages(void **state)
{
    (void)state;
    struct sc_job_page page;
    for (const char *const *id = (const char *const[]){"a", "b", "c", "d", NULL}; *id; id++) add(*id);
    finish("b", "{}");
    put("d", SC_JOB_CANCELLED);
    assert_string_equal(jobs(ALL), "d c b a");
    assert_string_equal(jobs(1u << SC_JOB_QUEUED), "c a");
    assert_string_equal(jobs(SC_JOB_ENDED), "d b");
    assert_int_equal(sc_reader_jobs(the.reader, ALL, 0, 3, &the.arena, &page), SC_STORE_OK);
    assert_int_equal(page.count, 3);
    assert_int_equal(sc_reader_jobs(the.reader, ALL, page.next, 3, &the.arena, &page), SC_STORE_OK);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.item[0].id, "a");
    assert_int_equal(page.next, 0);
}

static void running_ones_are_put_back(void **state)
{
    (void)state;
    add("a");
    add("b");
    add("c");
    put("a", SC_JOB_RUNNING);
    finish("b", "{}");
    struct sc_write reset = {.kind = SC_WRITE_JOB_RESET};
    assert_int_equal(submit(&reset), SC_STORE_OK);
    assert_string_equal(jobs(1u << SC_JOB_QUEUED), "c a");
    assert_string_equal(jobs(1u << SC_JOB_DONE), "b");
}

static void the_newest_that_ended_are_kept_by_number_size_and_age(void **state)
{
    (void)state;
    const struct sc_job_keep plenty = {100, 100000, INT64_MAX / 2};
    for (const char *const *id = (const char *const[]){"a", "b", "c", "d", "e", NULL}; *id; id++) add(*id);
    finish("d", "{}");
    finish("a", "0123456789");
    finish("c", "{}");
    finish("b", "{}");
    prune(plenty);
    assert_string_equal(jobs(ALL), "e d c b a");
    struct sc_job_keep kept = plenty;
    kept.count = 3;
    prune(kept);
    assert_string_equal(jobs(ALL), "e c b a"); /* d ended first; e has not ended */
    kept.bytes = 12 + 2 + 12 + 2 + 12 + 9;
    prune(kept);
    assert_string_equal(jobs(ALL), "e c b");
    kept.age = 0;
    prune(kept);
    assert_string_equal(jobs(ALL), "e");
    add("f");
    assert_string_equal(jobs(ALL), "f e");
}

static void they_are_there_after_opening_again(void **state)
{
    (void)state;
    add("a");
    add("b");
    finish("a", "{}");
    close_store();
    open_store();
    assert_string_equal(jobs(1u << SC_JOB_DONE), "a");
    assert_string_equal(jobs(1u << SC_JOB_QUEUED), "b");
}

static int64_t revision_of(const char *id)
{
    struct sc_record record;
    enum sc_store_status status = get(id, 0, &record);
    return status == SC_STORE_OK ? record.revision : -(int64_t)status;
}

static void a_moment_shows_the_scenarios_as_they_were(void **state)
{
    (void)state;
    int64_t early, moment;
    struct sc_record record;
    assert_int_equal(sc_reader_moment(the.reader, &early), SC_STORE_OK);
    create("a");
    create("b");
    change(SC_WRITE_REVISE, "a", 0);
    assert_int_equal(sc_reader_moment(the.reader, &moment), SC_STORE_OK);
    assert_true(moment > early);
    change(SC_WRITE_REVISE, "a", 0);
    change(SC_WRITE_DELETE, "b", 0);
    create("c");
    assert_int_equal(revision_of("a"), 3);
    sc_reader_set_moment(the.reader, moment);
    assert_int_equal(revision_of("a"), 2);
    assert_int_equal(revision_of("b"), 1);
    assert_int_equal(revision_of("c"), -SC_STORE_NOT_FOUND);
    get("b", 0, &record);
    assert_int_equal(record.deleted_at, 0);
    assert_int_equal(get("a", 3, &record), SC_STORE_OK); /* one that is named is that one */
    sc_reader_set_moment(the.reader, 0);
    assert_int_equal(revision_of("a"), 3);
    get("b", 0, &record);
    assert_true(record.deleted_at > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        WITH_STORE(a_job_is_read_as_it_was_accepted),
        WITH_STORE(it_moves_only_from_where_it_may),
        WITH_STORE(a_result_is_kept_to_the_byte_and_goes_with_its_job),
        WITH_STORE(lists_are_newest_first_of_some_states_and_in_pages),
        WITH_STORE(running_ones_are_put_back),
        WITH_STORE(the_newest_that_ended_are_kept_by_number_size_and_age),
        WITH_STORE(they_are_there_after_opening_again),
        WITH_STORE(a_moment_shows_the_scenarios_as_they_were),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
