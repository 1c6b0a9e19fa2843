/* The compute pool is bounded, fair between clients, and runs everything that it took.
 * gcc -std=c17 -D_GNU_SOURCE -O1 -g -fsanitize=address,undefined -Iinclude -Iserver tests/unit/test_pool.c \
 *     server/exec/pool.c -lcmocka -lpthread -o /tmp/test_pool && /tmp/test_pool
 * and again with -fsanitize=thread. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "secondchair/pool.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

enum { TASKS = 512 };

struct item {
    struct sc_task task; /* first: a task is its item */
    size_t place;        /* in the order of running */
};

static struct item items[TASKS];
static atomic_size_t places;
static sem_t gate;

static void run_item(struct sc_task *task)
{
    struct item *item = (struct item *)(void *)task;
    item->place = atomic_fetch_add(&places, 1);
}

static void run_blocker(struct sc_task *task)
{
    (void)task;
    sem_wait(&gate);
}

static struct sc_task *make(size_t index, uint64_t client)
{
    items[index] = (struct item){.task = {.run = run_item, .client = client}};
    return &items[index].task;
}

static int begin(void **state)
{
    (void)state;
    atomic_store(&places, 0);
    return sem_init(&gate, 0, 0);
}

/* Occupies the only thread, so that what follows is queued. */
static void block(struct sc_pool *pool, struct sc_task *blocker)
{
    *blocker = (struct sc_task){.run = run_blocker, .client = 999};
    assert_int_equal(sc_pool_submit(pool, blocker), SC_POOL_OK);
    struct sc_pool_figures figures;
    do {
        usleep(100);
        sc_pool_figures(pool, &figures);
    } while (figures.running == 0);
}

static void one_clients_hundred_tasks_do_not_delay_anothers_first(void **state)
{
    (void)state;
    struct sc_pool *pool = sc_pool_new(SC_POOL_INTERACTIVE, 1, 200, 150);
    struct sc_task blocker;
    block(pool, &blocker);
    for (size_t i = 0; i < 100; i++) assert_int_equal(sc_pool_submit(pool, make(i, 1)), SC_POOL_OK);
    assert_int_equal(sc_pool_submit(pool, make(100, 2)), SC_POOL_OK);
    assert_int_equal(sc_pool_submit(pool, make(101, 3)), SC_POOL_OK);
    assert_int_equal(sc_pool_submit(pool, make(102, 2)), SC_POOL_OK);
    sem_post(&gate);
    sc_pool_free(pool);
    assert_int_equal(items[0].place, 0);
    assert_int_equal(items[100].place, 1);
    assert_int_equal(items[101].place, 2);
    assert_int_equal(items[1].place, 3);
    assert_int_equal(items[102].place, 4);
    assert_int_equal(atomic_load(&places), 103);
}

static void tasks_of_one_client_run_in_their_order(void **state)
{
    (void)state;
    struct sc_pool *pool = sc_pool_new(SC_POOL_INTERACTIVE, 1, TASKS, TASKS);
    for (size_t i = 0; i < TASKS; i++) assert_int_equal(sc_pool_submit(pool, make(i, i % 7)), SC_POOL_OK);
    sc_pool_free(pool);
    for (size_t i = 7; i < TASKS; i++) assert_true(items[i - 7].place < items[i].place);
}

static void the_queue_is_bounded_overall_and_for_each_client(void **state)
{
    (void)state;
    struct sc_pool *pool = sc_pool_new(SC_POOL_INTERACTIVE, 1, 10, 4);
    struct sc_task blocker;
    block(pool, &blocker);
    size_t next = 0;
    for (; next < 4; next++) assert_int_equal(sc_pool_submit(pool, make(next, 1)), SC_POOL_OK);
    assert_int_equal(sc_pool_submit(pool, make(next, 1)), SC_POOL_CLIENT_FULL);
    for (; next < 10; next++) assert_int_equal(sc_pool_submit(pool, make(next, 100 + next)), SC_POOL_OK);
    assert_int_equal(sc_pool_submit(pool, make(next, 2)), SC_POOL_FULL);
    struct sc_pool_figures figures;
    sc_pool_figures(pool, &figures);
    assert_int_equal(figures.queued, 10);
    assert_int_equal(figures.running, 1);
    assert_int_equal(figures.refused, 2);
    sem_post(&gate);
    sc_pool_free(pool);
    assert_int_equal(atomic_load(&places), 10);
}

static void what_goes_on_is_beside_the_bounds_and_waits_its_turn(void **state)
{
    (void)state;
    struct sc_pool *pool = sc_pool_new(SC_POOL_INTERACTIVE, 1, 2, 1);
    struct sc_task blocker;
    block(pool, &blocker);
    assert_int_equal(sc_pool_submit(pool, make(0, 1)), SC_POOL_OK);
    for (size_t i = 1; i < 4; i++) assert_true(sc_pool_continue(pool, make(i, 1)));
    for (size_t i = 4; i < 8; i++) assert_true(sc_pool_continue(pool, make(i, i)));
    assert_int_equal(sc_pool_submit(pool, make(8, 1)), SC_POOL_CLIENT_FULL);
    assert_int_equal(sc_pool_submit(pool, make(8, 5)), SC_POOL_OK);
    assert_int_equal(sc_pool_submit(pool, make(9, 9)), SC_POOL_FULL);
    sem_post(&gate);
    sc_pool_free(pool);
    assert_int_equal(atomic_load(&places), 9);
    assert_int_equal(items[0].place, 0);
    for (size_t i = 4; i < 8; i++) assert_int_equal(items[i].place, i - 3);
    assert_int_equal(items[1].place, 5);
    assert_int_equal(items[8].place, 6);
    assert_int_equal(items[2].place, 7);
    assert_int_equal(items[3].place, 8);
}

static void what_goes_on_has_a_bound_of_its_own(void **state)
{
    (void)state;
    static struct item many[SC_POOL_CONTINUED_MAX + 1];
    struct sc_pool *pool = sc_pool_new(SC_POOL_INTERACTIVE, 1, 1, 1);
    struct sc_task blocker;
    block(pool, &blocker);
    for (size_t i = 0; i <= SC_POOL_CONTINUED_MAX; i++) {
        many[i] = (struct item){.task = {.run = run_item, .client = i}};
        assert_int_equal(sc_pool_continue(pool, &many[i].task), i < SC_POOL_CONTINUED_MAX);
    }
    assert_int_equal(sc_pool_submit(pool, make(0, 5000)), SC_POOL_OK);
    sem_post(&gate);
    sc_pool_free(pool);
    assert_int_equal(atomic_load(&places), SC_POOL_CONTINUED_MAX + 1);
}

/* Goes on with itself until it has run as often as its client's number says. */
static void run_again(struct sc_task *task)
{
    struct item *item = (struct item *)(void *)task;
    struct sc_pool *pool = *(struct sc_pool **)(void *)(item + 1);
    atomic_fetch_add(&places, 1);
    if (++item->place < task->client) assert_true(sc_pool_continue(pool, task));
}

static void what_goes_on_with_itself_is_run_to_its_end(void **state)
{
    (void)state;
    struct turn {
        struct item item;
        struct sc_pool *pool;
    } turns[8];
    struct sc_pool *pool = sc_pool_new(SC_POOL_INTERACTIVE, 3, 8, 8);
    for (size_t i = 0; i < 8; i++) {
        turns[i] = (struct turn){.item = {.task = {.run = run_again, .client = 50 + i}}, .pool = pool};
        assert_int_equal(sc_pool_submit(pool, &turns[i].item.task), SC_POOL_OK);
    }
    sc_pool_free(pool);
    for (size_t i = 0; i < 8; i++) assert_int_equal(turns[i].item.place, 50 + i);
}

static void a_task_that_waits_can_be_taken_back(void **state)
{
    (void)state;
    struct sc_pool *pool = sc_pool_new(SC_POOL_BACKGROUND, 1, 10, 4);
    struct sc_task blocker;
    block(pool, &blocker);
    for (size_t i = 0; i < 4; i++) assert_int_equal(sc_pool_submit(pool, make(i, 1)), SC_POOL_OK);
    assert_int_equal(sc_pool_submit(pool, make(4, 2)), SC_POOL_OK);
    assert_int_equal(sc_pool_submit(pool, make(5, 3)), SC_POOL_OK);
    assert_false(sc_pool_withdraw(pool, &blocker));
    assert_true(sc_pool_withdraw(pool, &items[0].task));
    assert_true(sc_pool_withdraw(pool, &items[3].task));
    assert_false(sc_pool_withdraw(pool, &items[3].task));
    assert_true(sc_pool_withdraw(pool, &items[4].task)); /* the only one of its client, in mid-ring */
    assert_int_equal(sc_pool_submit(pool, make(6, 1)), SC_POOL_OK);
    assert_int_equal(sc_pool_submit(pool, make(7, 2)), SC_POOL_OK);
    assert_true(sc_pool_withdraw(pool, &items[7].task)); /* the last of the ring */
    assert_int_equal(sc_pool_submit(pool, make(8, 4)), SC_POOL_OK);
    struct sc_pool_figures figures;
    sc_pool_figures(pool, &figures);
    assert_int_equal(figures.queued, 5);
    sem_post(&gate);
    sc_pool_free(pool);
    assert_int_equal(atomic_load(&places), 5);
    static const size_t order[] = {1, 5, 8, 2, 6};
    for (size_t i = 0; i < 5; i++) assert_int_equal(items[order[i]].place, i);
}

static void there_is_room_again_after_tasks_ran(void **state)
{
    (void)state;
    struct sc_pool *pool = sc_pool_new(SC_POOL_INTERACTIVE, 2, 3, 1);
    for (size_t i = 0; i < TASKS; i++)
        while (sc_pool_submit(pool, make(i, i)) != SC_POOL_OK) usleep(50);
    sc_pool_free(pool);
    assert_int_equal(atomic_load(&places), TASKS);
}

static void a_pool_of_nothing_is_refused(void **state)
{
    (void)state;
    assert_null(sc_pool_new(SC_POOL_INTERACTIVE, 0, 1, 1));
    assert_null(sc_pool_new(SC_POOL_INTERACTIVE, 1, 0, 1));
    assert_null(sc_pool_new(SC_POOL_INTERACTIVE, 1, 1, 0));
    sc_pool_free(NULL);
}

struct producer {
    struct sc_pool *pool;
    size_t first;
    pthread_t thread;
};

static void *produce(void *argument)
{
    struct producer *producer = argument;
    for (size_t i = 0; i < TASKS / 4; i++)
        while (sc_pool_submit(producer->pool, make(producer->first + i, producer->first)) != SC_POOL_OK)
            usleep(20);
    return NULL;
}

static void many_producers_and_threads_lose_nothing(void **state)
{
    (void)state;
    struct sc_pool *pool = sc_pool_new(SC_POOL_INTERACTIVE, 4, 32, 16);
    struct producer producers[4];
    for (size_t i = 0; i < 4; i++) {
        producers[i] = (struct producer){.pool = pool, .first = i * (TASKS / 4)};
        pthread_create(&producers[i].thread, NULL, produce, &producers[i]);
    }
    for (size_t i = 0; i < 4; i++) pthread_join(producers[i].thread, NULL);
    sc_pool_free(pool);
    bool seen[TASKS] = {false};
    for (size_t i = 0; i < TASKS; i++) {
        assert_false(seen[items[i].place]);
        seen[items[i].place] = true;
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(one_clients_hundred_tasks_do_not_delay_anothers_first, begin),
        cmocka_unit_test_setup(tasks_of_one_client_run_in_their_order, begin),
        cmocka_unit_test_setup(the_queue_is_bounded_overall_and_for_each_client, begin),
        cmocka_unit_test_setup(what_goes_on_is_beside_the_bounds_and_waits_its_turn, begin),
        cmocka_unit_test_setup(what_goes_on_has_a_bound_of_its_own, begin),
        cmocka_unit_test_setup(what_goes_on_with_itself_is_run_to_its_end, begin),
        cmocka_unit_test_setup(a_task_that_waits_can_be_taken_back, begin),
        cmocka_unit_test_setup(there_is_room_again_after_tasks_ran, begin),
        cmocka_unit_test_setup(a_pool_of_nothing_is_refused, begin),
        cmocka_unit_test_setup(many_producers_and_threads_lose_nothing, begin),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
