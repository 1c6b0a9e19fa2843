/* The stage of the store's tests: a directory of its own for each, a store and a reader in it, and writes
 * that are waited for. */
#ifndef STORE_STAGE_H
#define STORE_STAGE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "base/arena.h"
#include "base/log.h"
#include "secondchair/store.h"

#include <semaphore.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define DIGEST "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static struct {
    char directory[64], path[128], reason[512];
    struct sc_store *store;
    struct sc_reader *reader;
    struct sc_arena arena;
    struct sc_page page;
} the;

/* ---- the stage ---- */

/* A stand-in for the application: a variant is about what its parent is about. */
static inline bool follow_parent(const struct sc_record *parent, struct sc_record *variant,
                                 struct sc_arena *arena)
{
    (void)arena;
    variant->company = parent->company;
    variant->description = parent->description;
    variant->tags = parent->tags;
    return true;
}

static inline void open_store(void)
{
    the.store = sc_store_open(the.path, follow_parent, the.reason, sizeof the.reason);
    if (!the.store) fail_msg("%s", the.reason);
    the.reader = sc_reader_open(the.store);
    assert_non_null(the.reader);
}

static inline void close_store(void)
{
    sc_reader_close(the.reader);
    sc_store_close(the.store);
    the.reader = NULL;
    the.store = NULL;
}

static inline int begin_empty(void **state)
{
    (void)state;
    memset(&the, 0, sizeof the);
    sc_log_set_level(SC_LOG_ERROR + 1);
    strcpy(the.directory, "/tmp/sc-store-XXXXXX");
    assert_non_null(mkdtemp(the.directory));
    snprintf(the.path, sizeof the.path, "%s/new/scenarios.db", the.directory);
    sc_arena_init(&the.arena, 64u << 20);
    return 0;
}

static inline int begin(void **state)
{
    begin_empty(state);
    open_store();
    return 0;
}

static inline int end(void **state)
{
    (void)state;
    close_store();
    sc_arena_fini(&the.arena);
    char command[128];
    snprintf(command, sizeof command, "rm -rf %s", the.directory);
    return system(command);
}

/* ---- writes, waited for ---- */

static inline void post(struct sc_write *write)
{
    sem_post(write->context);
}

static inline enum sc_store_status submit(struct sc_write *write)
{
    sem_t done;
    sem_init(&done, 0, 0);
    write->done = post;
    write->context = &done;
    if (sc_store_submit(the.store, write)) sem_wait(&done);
    sem_destroy(&done);
    return write->status;
}

static inline struct sc_record make_record(const char *id)
{
    return (struct sc_record){.id = id,
                              .name = "Base case",
                              .company = "Acme",
                              .description = "Moderate growth",
                              .tags = "[\"bank\"]",
                              .body = "{\"a\":1}",
                              .body_length = 7,
                              .sha256 = DIGEST};
}

static inline enum sc_store_status write_one(enum sc_write_kind kind, struct sc_record *record,
                                             int64_t expected)
{
    struct sc_write write = {
        .kind = kind, .record = record, .record_count = 1, .expected_revision = expected};
    return submit(&write);
}

static inline enum sc_store_status create(const char *id)
{
    struct sc_record record = make_record(id);
    return write_one(SC_WRITE_CREATE, &record, 0);
}

static inline void create_with(const char *id, const char *name, const char *company, const char *tags)
{
    struct sc_record record = make_record(id);
    record.name = name;
    record.company = company;
    record.tags = tags;
    assert_int_equal(write_one(SC_WRITE_CREATE, &record, 0), SC_STORE_OK);
}

static inline enum sc_store_status change(enum sc_write_kind kind, const char *id, int64_t expected)
{
    struct sc_record record = make_record(id);
    return write_one(kind, &record, expected);
}

static inline enum sc_store_status get(const char *id, int64_t revision, struct sc_record *record)
{
    return sc_reader_get(the.reader, SC_RECORD_SCENARIO, id, revision, &the.arena, record);
}

/* The ids of a list, joined by blanks. */
static inline const char *list(struct sc_filter filter)
{
    static char ids[4096];
    ids[0] = '\0';
    if (!filter.limit) filter.limit = 100;
    assert_int_equal(sc_reader_list(the.reader, &filter, &the.arena, &the.page), SC_STORE_OK);
    for (size_t i = 0; i < the.page.count; i++) {
        if (i) strcat(ids, " ");
        strcat(ids, the.page.item[i].id);
    }
    return ids;
}

#define LIST(...) list((struct sc_filter){__VA_ARGS__})

static inline void fill_for_export(void)
{
    create_with("base", "Base", "Acme", "[\"x\"]");
    struct sc_record record = make_record("variant");
    record.parent = "base";
    record.kind = SC_BODY_OVERLAY;
    record.builtin = true;
    write_one(SC_WRITE_CREATE, &record, 0);
    change(SC_WRITE_REVISE, "variant", 0);
    change(SC_WRITE_REVISE, "base", 0);
    create("gone");
    change(SC_WRITE_DELETE, "gone", 0);
}

#define WITH_STORE(test) cmocka_unit_test_setup_teardown(test, begin, end)
#define WITHOUT_STORE(test) cmocka_unit_test_setup_teardown(test, begin_empty, end)

#endif
