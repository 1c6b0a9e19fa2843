/* How fast the store commits with 1, 16 and 64 writers that wait, and what lists and searches cost with 1,000
 * and with many scenarios:
 * gcc -std=c17 -D_GNU_SOURCE -O2 -Iinclude -Iserver -Ibuild/gen tests/fault/store_bench.c \
 *     server/store/sqlite/?*.c server/base/{arena,clock,log}.c -lsqlite3 -lpthread -o /tmp/store_bench
 * /tmp/store_bench directory [scenarios, 200000 when not given] */
#include "base/arena.h"
#include "base/clock.h"
#include "secondchair/store.h"

#include <pthread.h>
#include <semaphore.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { BODY = 3000, RUNS = 200, SECONDS = 3, FILLERS = 256 };

static struct sc_store *store;
static atomic_long created;
static atomic_bool stop;
static long target;
static char body[BODY + 1];

static const char *const WORDS[] = {"growth", "margin",  "terminal", "moderate", "bear",   "bull",
                                    "stable", "capital", "cyclical", "recovery", "merger", "regulated"};

static void post(struct sc_write *write)
{
    sem_post(write->context);
}

static enum sc_store_status create(long number, sem_t *done)
{
    char id[32], name[64], company[32], tags[64], description[256];
    unsigned seed = (unsigned)number * 2654435761u;
    snprintf(id, sizeof id, "scenario-%ld", number);
    snprintf(name, sizeof name, "%s case %ld", WORDS[seed % 12], number);
    snprintf(company, sizeof company, "Company %u", seed / 7 % 1000);
    snprintf(tags, sizeof tags, "[\"common\",\"sector-%u\",\"rare-%u\"]", seed / 3 % 20, seed / 11 % 5000);
    snprintf(description, sizeof description,
             "Valuation of the group under %s %s and %s %s in the years to come", WORDS[seed / 13 % 12],
             WORDS[seed / 17 % 12], WORDS[seed / 19 % 12], WORDS[seed / 23 % 12]);
    struct sc_record record = {.id = id,
                               .name = name,
                               .company = company,
                               .description = description,
                               .tags = tags,
                               .body = body,
                               .body_length = BODY,
                               .sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"};
    struct sc_write write = {
        .kind = SC_WRITE_CREATE, .record = &record, .record_count = 1, .done = post, .context = done};
    if (sc_store_submit(store, &write)) sem_wait(done);
    return write.status;
}

static void *write_on(void *argument)
{
    (void)argument;
    sem_t done;
    sem_init(&done, 0, 0);
    while (!atomic_load(&stop)) {
        long number = atomic_fetch_add(&created, 1);
        if (target && number >= target) break;
        if (create(number, &done)) abort();
    }
    return NULL;
}

static void run_writers(size_t count, double seconds)
{
    pthread_t thread[FILLERS];
    atomic_store(&stop, false);
    for (size_t i = 0; i < count; i++) pthread_create(&thread[i], NULL, write_on, NULL);
    if (seconds > 0) {
        usleep((useconds_t)(seconds * 1e6));
        atomic_store(&stop, true);
    }
    for (size_t i = 0; i < count; i++) pthread_join(thread[i], NULL);
}

static void measure_commits(size_t writers)
{
    struct sc_store_figures before, after;
    sc_store_figures(store, &before);
    uint64_t start = sc_clock_nanoseconds();
    run_writers(writers, SECONDS);
    double spent = (double)(sc_clock_nanoseconds() - start) / 1e9;
    sc_store_figures(store, &after);
    double writes = (double)(after.writes - before.writes),
           commits = (double)(after.commits - before.commits);
    printf("%3zu writers: %8.0f creations/s, %6.0f transactions/s, %5.1f in each\n", writers, writes / spent,
           commits / spent, writes / commits);
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure_list(struct sc_reader *reader, const char *what, struct sc_filter filter)
{
    double microseconds[RUNS];
    struct sc_page page = {0};
    filter.limit = 50;
    for (size_t i = 0; i < RUNS; i++) {
        struct sc_arena arena;
        sc_arena_init(&arena, 16u << 20);
        uint64_t start = sc_clock_nanoseconds();
        if (sc_reader_list(reader, &filter, &arena, &page)) abort();
        microseconds[i] = (double)(sc_clock_nanoseconds() - start) / 1e3;
        sc_arena_fini(&arena);
    }
    qsort(microseconds, RUNS, sizeof *microseconds, compare);
    printf("  %-34s %3zu rows  median %8.0f us  p99 %8.0f us\n", what, page.count, microseconds[RUNS / 2],
           microseconds[RUNS * 99 / 100]);
}

static void measure_lists(long rows)
{
    struct sc_reader *reader = sc_reader_open(store);
    int64_t middle = rows / 2;
    printf("%ld scenarios, pages of 50:\n", rows);
    measure_list(reader, "all", (struct sc_filter){0});
    measure_list(reader, "all, from the middle", (struct sc_filter){.after = middle});
    measure_list(reader, "all, last page", (struct sc_filter){.after = 51});
    measure_list(reader, "deleted (none)", (struct sc_filter){.deleted = true});
    measure_list(reader, "company", (struct sc_filter){.company = "company 77"});
    measure_list(reader, "common tag, from the middle", (struct sc_filter){.tag = "common", .after = middle});
    measure_list(reader, "rare tag", (struct sc_filter){.tag = "rare-77"});
    measure_list(reader, "company and common tag",
                 (struct sc_filter){.company = "company 77", .tag = "common"});
    measure_list(reader, "word in all", (struct sc_filter){.text = "valuation"});
    measure_list(reader, "word in all, from the middle",
                 (struct sc_filter){.text = "valuation", .after = middle});
    measure_list(reader, "one letter", (struct sc_filter){.text = "m"});
    measure_list(reader, "four letters", (struct sc_filter){.text = "marg"});
    measure_list(reader, "four words", (struct sc_filter){.text = "group growth margin bear"});
    measure_list(reader, "word in all and rare tag",
                 (struct sc_filter){.text = "valuation", .tag = "rare-77"});
    measure_list(reader, "word in all and company",
                 (struct sc_filter){.text = "valuation", .company = "company 77"});
    measure_list(reader, "word in none", (struct sc_filter){.text = "zebra"});
    measure_list(reader, "word in all, deleted (none)",
                 (struct sc_filter){.text = "valuation", .deleted = true});
    measure_list(reader, "digits of a number", (struct sc_filter){.text = "case 99"});
    sc_reader_close(reader);
}

static void open_at(const char *directory, const char *name)
{
    char path[256], reason[512];
    snprintf(path, sizeof path, "%s/%s", directory, name);
    store = sc_store_open(path, NULL, reason, sizeof reason);
    if (!store) {
        fprintf(stderr, "%s\n", reason);
        exit(1);
    }
    atomic_store(&created, 0);
}

static void fill(long rows)
{
    uint64_t start = sc_clock_nanoseconds();
    target = rows;
    run_writers(FILLERS, 0);
    printf("filled with %ld in %.1f s\n", rows, (double)(sc_clock_nanoseconds() - start) / 1e9);
}

int main(int count, char **argument)
{
    long rows = count > 2 ? atol(argument[2]) : 200000;
    memset(body, '1', BODY);
    body[0] = '[';
    body[BODY - 1] = ']';
    open_at(argument[1], "bench-commits.db");
    measure_commits(1);
    measure_commits(16);
    measure_commits(64);
    sc_store_close(store);
    open_at(argument[1], "bench-lists.db");
    fill(1000);
    measure_lists(1000);
    atomic_store(&created, 1000);
    fill(rows);
    measure_lists(rows);
    sc_store_close(store);
    return 0;
}
