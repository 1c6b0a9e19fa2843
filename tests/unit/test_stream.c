/* A stream of events carries what is written to whoever reads, and no more of it than its bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "secondchair/stream.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

static struct sc_stream *stream;
static size_t sleeps, wakes;

static void note_sleep(void *context)
{
    (void)context;
    sleeps++;
}

static void note_wake(void *context)
{
    (void)context;
    wakes++;
}

static void open_with(size_t limit)
{
    sleeps = wakes = 0;
    stream = sc_stream_new(limit);
    assert_non_null(stream);
    sc_stream_attach(stream, &(struct sc_waiter){note_sleep, note_wake, NULL});
}

static bool tell(const char *name, const char *data, uint64_t key)
{
    return sc_stream_event(
        stream, &(struct sc_event){.name = name, .data = data, .length = strlen(data), .key = key});
}

/* All that waits, read in small pieces. */
static const char *read_all(void)
{
    static char text[4096];
    size_t length = 0;
    for (ptrdiff_t got; (got = sc_stream_read(stream, text + length, 7)) > 0;) length += (size_t)got;
    text[length] = '\0';
    return text;
}

static const char *read_events(void)
{
    const char *text = read_all();
    return strncmp(text, "retry: ", 7) == 0 ? strstr(text, "\n\n") + 2 : text;
}

static void close_both(void)
{
    sc_stream_end(stream);
    sc_stream_close(stream);
}

static void an_event_is_written_as_html_says(void **state)
{
    (void)state;
    open_with(1000);
    assert_string_equal(read_all(), "retry: 2000\n\n");
    tell("done", "{\"a\":1}", 0);
    assert_string_equal(read_all(), "event: done\ndata: {\"a\":1}\n\n");
    tell(NULL, "one\n\nthree", 0);
    assert_string_equal(read_all(), "data: one\ndata: \ndata: three\n\n");
    sc_stream_event(stream, &(struct sc_event){.name = "x", .id = "7", .data = "", .length = 0});
    assert_string_equal(read_all(), "event: x\nid: 7\ndata: \n\n");
    tell("x", "ends\n", 0);
    assert_string_equal(read_all(), "event: x\ndata: ends\ndata: \n\n");
    close_both();
}

static void the_newest_event_of_a_key_takes_the_place_of_those_that_wait(void **state)
{
    (void)state;
    open_with(1000);
    read_all();
    tell("progress", "1", 5);
    tell("progress", "a", 6);
    tell("other", "kept", 0);
    tell("progress", "2", 5);
    tell("progress", "b", 6);
    tell("done", "3", 5);
    assert_string_equal(read_all(),
                        "event: other\ndata: kept\n\nevent: progress\ndata: b\n\nevent: done\ndata: 3\n\n");
    close_both();
}

static void an_event_that_has_begun_to_leave_stays_whole(void **state)
{
    (void)state;
    char part[10];
    open_with(1000);
    read_all();
    tell("progress", "1", 5);
    assert_int_equal(sc_stream_read(stream, part, sizeof part), 10);
    tell("progress", "2", 5);
    tell("progress", "3", 5);
    assert_memory_equal(part, "event: pro", 10);
    assert_string_equal(read_all(), "gress\ndata: 1\n\nevent: progress\ndata: 3\n\n");
    close_both();
}

static void a_reader_sleeps_once_and_is_woken_once(void **state)
{
    (void)state;
    open_with(1000);
    read_all();
    assert_int_equal(sleeps, 1);
    tell("a", "1", 0);
    tell("a", "2", 0);
    sc_stream_beat(stream);
    assert_int_equal(wakes, 1);
    assert_string_equal(read_all(), "event: a\ndata: 1\n\nevent: a\ndata: 2\n\n");
    assert_int_equal(sleeps, 2);
    sc_stream_end(stream);
    assert_int_equal(wakes, 2);
    char byte;
    assert_int_equal(sc_stream_read(stream, &byte, 1), 0);
    assert_int_equal(sleeps, 2);
    sc_stream_close(stream);
}

static void a_heartbeat_is_a_comment_where_nothing_else_waits(void **state)
{
    (void)state;
    open_with(1000);
    read_all();
    sc_stream_beat(stream);
    sc_stream_beat(stream);
    assert_string_equal(read_all(), ":\n\n");
    tell("a", "1", 0);
    sc_stream_beat(stream);
    assert_string_equal(read_all(), "event: a\ndata: 1\n\n");
    sc_stream_cut(stream);
    sc_stream_beat(stream);
    assert_string_equal(read_all(), "");
    close_both();
}

static void after_the_end_what_waits_is_read_still(void **state)
{
    (void)state;
    open_with(1000);
    tell("a", "1", 0);
    sc_stream_end(stream);
    assert_string_equal(read_events(), "event: a\ndata: 1\n\n");
    char byte;
    assert_int_equal(sc_stream_read(stream, &byte, 1), 0);
    assert_int_equal(sleeps, 0);
    sc_stream_close(stream);
}

static void who_reads_too_slowly_is_cut_off_after_what_waits(void **state)
{
    (void)state;
    open_with(40);
    read_all();
    assert_true(tell("a", "1", 0));
    assert_true(tell("a", "2", 0));
    assert_false(tell("a", "much too long for what is left", 0));
    assert_false(tell("a", "3", 0));
    assert_string_equal(read_all(), "event: a\ndata: 1\n\nevent: a\ndata: 2\n\n");
    char byte;
    assert_int_equal(sc_stream_read(stream, &byte, 1), 0);
    close_both();
}

static void nobody_writes_to_a_reader_who_has_gone(void **state)
{
    (void)state;
    open_with(1000);
    tell("a", "1", 0);
    sc_stream_close(stream);
    assert_false(tell("a", "2", 0));
    assert_int_equal(wakes, 0);
    sc_stream_end(stream);
}

/* Many events, told by one thread while another reads: a reader that is asleep waits for its waking. */
enum { MANY = 20000 };

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t woken = PTHREAD_COND_INITIALIZER;
static bool asleep;

static void fall_asleep(void *context)
{
    (void)context;
    pthread_mutex_lock(&lock);
    asleep = true;
    pthread_mutex_unlock(&lock);
}

static void wake_up(void *context)
{
    (void)context;
    pthread_mutex_lock(&lock);
    asleep = false;
    pthread_cond_signal(&woken);
    pthread_mutex_unlock(&lock);
}

static void *write_many(void *context)
{
    struct sc_stream *mine = context;
    char text[32];
    for (int i = 1; i <= MANY; i++) {
        int length = snprintf(text, sizeof text, "%d", i);
        uint64_t key = i < MANY ? 1 : 2;
        sc_stream_event(mine, &(struct sc_event){.data = text, .length = (size_t)length, .key = key});
    }
    sc_stream_end(mine);
    return NULL;
}

static void no_waking_is_lost_between_threads(void **state)
{
    (void)state;
    pthread_t thread;
    char line[64];
    size_t length = 0;
    int last = 0;
    stream = sc_stream_new(1000);
    sc_stream_attach(stream, &(struct sc_waiter){fall_asleep, wake_up, NULL});
    assert_int_equal(pthread_create(&thread, NULL, write_many, stream), 0);
    for (ptrdiff_t got; (got = sc_stream_read(stream, line + length, 1)) != 0;) {
        pthread_mutex_lock(&lock);
        while (asleep) pthread_cond_wait(&woken, &lock);
        pthread_mutex_unlock(&lock);
        if (got == SC_PIECE_LATER) continue;
        length += (size_t)got;
        if (line[length - 1] != '\n') continue;
        line[length] = '\0';
        length = 0;
        if (strncmp(line, "data: ", 6) != 0) continue;
        int number = 0;
        assert_int_equal(sscanf(line, "data: %d", &number), 1);
        assert_true(number > last);
        last = number;
    }
    assert_int_equal(last, MANY);
    pthread_join(thread, NULL);
    sc_stream_close(stream);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_event_is_written_as_html_says),
        cmocka_unit_test(the_newest_event_of_a_key_takes_the_place_of_those_that_wait),
        cmocka_unit_test(an_event_that_has_begun_to_leave_stays_whole),
        cmocka_unit_test(a_reader_sleeps_once_and_is_woken_once),
        cmocka_unit_test(a_heartbeat_is_a_comment_where_nothing_else_waits),
        cmocka_unit_test(after_the_end_what_waits_is_read_still),
        cmocka_unit_test(who_reads_too_slowly_is_cut_off_after_what_waits),
        cmocka_unit_test(nobody_writes_to_a_reader_who_has_gone),
        cmocka_unit_test(no_waking_is_lost_between_threads),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
