/* A program whose store is killed or gets I/O errors; tests/fault/run.sh compiles and drives it:
 * gcc -std=c17 -D_GNU_SOURCE -O1 -g -Iinclude -Iserver -Ibuild/gen tests/fault/writer_child.c \
 *     server/store/sqlite/?*.c server/base/{arena,clock,log}.c -lsqlite3 -lpthread -o writer_child
 *
 * writer_child flood PATH PREFIX          creates and revises with eight threads until it is killed
 * writer_child steps PATH PREFIX STATUS   creates and revises COUNT scenarios one by one; writes may be
 * refused with this status of sc_store_status, as long as in the end they succeed writer_child verify PATH
 * ANSWERS        checks a list of answers against the database, and the database itself
 *
 * Answers, a line each: "kept ID REVISION" once it is acknowledged, "refused ID REVISION" when it is not. */
#include "base/arena.h"
#include "secondchair/store.h"

#include <pthread.h>
#include <semaphore.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { THREADS = 8, COUNT = 60, LAST = 5, BODY = 20000, ID = 48, OPENINGS = 3 };

static struct sc_store *store;

struct writer {
    const char *prefix;
    int thread;
    size_t body_length;
    char body[BODY + 1];
};

static void post(struct sc_write *write)
{
    sem_post(write->context);
}

/* One line with one write(2), so that none is torn when the process is killed. */
static void say(const char *what, const char *id, int64_t revision)
{
    char line[128];
    int length = snprintf(line, sizeof line, "%s %s %lld\n", what, id, (long long)revision);
    if (write(STDOUT_FILENO, line, (size_t)length) != length) exit(3);
}

/* The body says whose it is. */
static void fill_body(struct writer *writer, const char *id, int64_t revision)
{
    size_t length = (size_t)snprintf(writer->body, BODY, "[\"%s\",%lld,", id, (long long)revision);
    memset(writer->body + length, '7', writer->body_length - length);
    writer->body[writer->body_length - 1] = ']';
}

static enum sc_store_status write_one(struct writer *writer, enum sc_write_kind kind, const char *id,
                                      int64_t revision)
{
    sem_t done;
    sem_init(&done, 0, 0);
    fill_body(writer, id, revision);
    struct sc_record record = {.id = id,
                               .name = "Case of the fault tests",
                               .company = "Acme",
                               .tags = "[\"x\",\"y\"]",
                               .body = writer->body,
                               .body_length = writer->body_length,
                               .sha256 = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"};
    struct sc_write write = {.kind = kind,
                             .record = &record,
                             .record_count = 1,
                             .expected_revision = revision - 1,
                             .done = post,
                             .context = &done};
    if (sc_store_submit(store, &write)) sem_wait(&done);
    sem_destroy(&done);
    say(write.status ? "refused" : "kept", id, revision);
    return write.status;
}

/* ---- flood ---- */

static void *flood(void *argument)
{
    struct writer *writer = argument;
    char id[ID];
    for (long i = 0;; i++) {
        snprintf(id, sizeof id, "%s-%d-%ld", writer->prefix, writer->thread, i);
        if (write_one(writer, SC_WRITE_CREATE, id, 1)) exit(4);
        if (i % 3 == 0 && write_one(writer, SC_WRITE_REVISE, id, 2)) exit(4);
    }
    return NULL;
}

static int run_flood(const char *prefix)
{
    static struct writer writers[THREADS];
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++) {
        writers[i] = (struct writer){.prefix = prefix, .thread = i, .body_length = (size_t)(300 + 400 * i)};
        pthread_create(&thread[i], NULL, flood, &writers[i]);
    }
    for (int i = 0; i < THREADS; i++) pthread_join(thread[i], NULL);
    return 0;
}

/* ---- steps ---- */

/* Is what was refused really not there, nor its neighbours harmed? */
static int check_refused(const char *id, int64_t revision)
{
    struct sc_arena arena;
    struct sc_record record;
    struct sc_reader *reader = sc_reader_open(store);
    if (!reader) return 0; /* the fault hit the reader: later ones will see */
    sc_arena_init(&arena, 1u << 20);
    enum sc_store_status status = sc_reader_get(reader, SC_RECORD_SCENARIO, id, 0, &arena, &record);
    int wrong =
        revision == 1 ? status == SC_STORE_OK : status == SC_STORE_OK && record.revision != revision - 1;
    if (wrong) fprintf(stderr, "%s %lld was refused and is there\n", id, (long long)revision);
    sc_arena_fini(&arena);
    sc_reader_close(reader);
    return wrong;
}

static int run_steps(const char *prefix, enum sc_store_status allowed)
{
    static struct writer writer;
    int wrong = 0, refused_at_end = 0;
    char id[ID];
    writer.body_length = BODY;
    for (int i = 0; i < COUNT; i++) {
        int64_t revision = i % 4 == 3 ? 2 : 1; /* the fourth revises the third */
        snprintf(id, sizeof id, "%s-%d", prefix, revision == 2 ? i - 1 : i);
        enum sc_store_status status =
            write_one(&writer, revision == 2 ? SC_WRITE_REVISE : SC_WRITE_CREATE, id, revision);
        if (revision == 2 && status == SC_STORE_NOT_FOUND) continue; /* its creation was refused */
        if (status && status != allowed) {
            fprintf(stderr, "%s was refused with %d instead of %d\n", id, status, allowed);
            wrong = 1;
        }
        if (status) wrong |= check_refused(id, revision);
        refused_at_end = status && i >= COUNT - LAST;
        if (i == COUNT / 2) usleep(700000); /* idle: the log is checkpointed */
    }
    if (refused_at_end) fprintf(stderr, "the store did not recover\n");
    return wrong || refused_at_end;
}

/* ---- verify ---- */

static int verify_answer(struct sc_reader *reader, const char *line)
{
    char what[16], id[ID], expected[ID + 32];
    long long revision;
    struct sc_arena arena;
    struct sc_record record;
    if (sscanf(line, "%15s %47s %lld", what, id, &revision) != 3) return 0;
    sc_arena_init(&arena, 1u << 20);
    enum sc_store_status status = sc_reader_get(reader, SC_RECORD_SCENARIO, id, revision, &arena, &record);
    snprintf(expected, sizeof expected, "[\"%s\",%lld,", id, revision);
    int wrong = strcmp(what, "kept") ? status != SC_STORE_NOT_FOUND
                                     : status || strncmp(record.body, expected, strlen(expected)) != 0;
    if (wrong) fprintf(stderr, "%s %s %lld: the store says %d\n", what, id, revision, status);
    sc_arena_fini(&arena);
    return wrong;
}

static int verify_answers(const char *answers)
{
    FILE *file = fopen(answers, "r");
    struct sc_reader *reader = sc_reader_open(store);
    if (!file || !reader) return 1;
    int wrong = 0;
    char line[128];
    while (fgets(line, sizeof line, file)) wrong += verify_answer(reader, line);
    fclose(file);
    sc_reader_close(reader);
    return wrong;
}

static int expect(sqlite3 *db, const char *sql, const char *expected)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (!code) code = sqlite3_step(statement);
    const char *found =
        code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : sqlite3_errmsg(db);
    int wrong = strcmp(found, expected) != 0;
    if (wrong) fprintf(stderr, "%s: %s\n", sql, found);
    sqlite3_finalize(statement);
    return wrong;
}

/* When the store is closed. */
static int verify_file(const char *path)
{
    sqlite3 *db;
    if (sqlite3_open(path, &db)) return 1;
    int wrong = expect(db, "PRAGMA integrity_check", "ok") +
                expect(db, "SELECT count(*) FROM pragma_foreign_key_check", "0") +
                expect(db,
                       "SELECT count(*) FROM scenario WHERE newest <> (SELECT max(number) FROM revision r "
                       "WHERE r.scenario = scenario.sequence)",
                       "0") +
                expect(db, "SELECT (SELECT count(*) FROM tag) = 2 * (SELECT count(*) FROM scenario)", "1") +
                expect(db,
                       "SELECT (SELECT count(*) FROM search WHERE search MATCH 'faul*') = "
                       "(SELECT count(*) FROM scenario)",
                       "1");
    wrong +=
        sqlite3_exec(db, "INSERT INTO search (search) VALUES ('integrity-check')", NULL, NULL, NULL) != 0;
    sqlite3_close(db);
    return wrong;
}

/* A fault may hit the opening; then it is tried again, as an operator would. */
static int open_store(const char *path)
{
    char reason[512];
    for (int i = 0; i < OPENINGS && !store; i++) {
        store = sc_store_open(path, NULL, reason, sizeof reason);
        if (!store) fprintf(stderr, "opening %d: %s\n", i + 1, reason);
    }
    return store != NULL;
}

int main(int count, char **argument)
{
    if (count < 4 || !open_store(argument[2])) return 2;
    if (strcmp(argument[1], "flood") == 0) return run_flood(argument[3]);
    int wrong;
    if (strcmp(argument[1], "steps") == 0)
        wrong = run_steps(argument[3], count > 4 ? (enum sc_store_status)atoi(argument[4]) : SC_STORE_OK);
    else
        wrong = verify_answers(argument[3]);
    sc_store_close(store);
    if (strcmp(argument[1], "verify") == 0) wrong += verify_file(argument[2]);
    return wrong != 0;
}
