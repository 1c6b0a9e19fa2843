#include "internal.h"

#include "base/clock.h"
#include "base/log.h"
#include "sc_migrations.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { MIGRATIONS = sizeof SC_MIGRATIONS / sizeof *SC_MIGRATIONS };

static int newest_version(void)
{
    return SC_MIGRATIONS[MIGRATIONS - 1].version;
}

/* A migration's statements, with the marks that say that it has been done; then whether every reference
 * holds. */
static int run_migration(sqlite3 *db, size_t i)
{
    char marks[128];
    snprintf(marks, sizeof marks, "PRAGMA application_id = %d; PRAGMA user_version = %d;", SC_APPLICATION_ID,
             SC_MIGRATIONS[i].version);
    int64_t dangling = 0;
    int code = sqlite3_exec(db, SC_MIGRATIONS[i].sql, NULL, NULL, NULL);
    if (!code) code = sqlite3_exec(db, marks, NULL, NULL, NULL);
    if (!code) code = sc_query_integer(db, "SELECT count(*) FROM pragma_foreign_key_check", &dangling);
    return !code && dangling ? SQLITE_CONSTRAINT_FOREIGNKEY : code;
}

static int migrate(sqlite3 *db, int64_t version)
{
    for (size_t i = 0; i < MIGRATIONS; i++) {
        if (SC_MIGRATIONS[i].version <= version) continue;
        int code = sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL);
        if (!code) code = run_migration(db, i);
        if (!code) code = sqlite3_exec(db, "COMMIT", NULL, NULL, NULL);
        if (code) {
            sc_sqlite_fault(db, code, SC_MIGRATIONS[i].name);
            if (!sqlite3_get_autocommit(db)) sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
            return code;
        }
        sc_log(SC_LOG_INFO, "migrated", "migration", SC_MIGRATIONS[i].name, NULL);
    }
    return SQLITE_OK;
}

static void remove_beside(const char *path, const char *suffix)
{
    char *name = sc_file_beside(path, suffix);
    if (name) unlink(name);
    free(name);
}

/* A whole empty database at path, which is nobody's yet. */
static bool fill_new(const char *path, const struct sc_reason *reason)
{
    int code;
    sqlite3 *db = sc_connection_open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, &code);
    if (db) code = migrate(db, 0);
    if (sqlite3_close(db) == SQLITE_OK && !code && chmod(path, 0600) == 0) return true;
    return sc_explain(reason, "The database %s cannot be created: %s.", path, sqlite3_errstr(code));
}

/* Made under another name and renamed: at path there is nothing, or a whole database. */
static bool create_database(const char *path, const struct sc_reason *reason)
{
    char *draft = sc_file_beside(path, ".new");
    if (!draft) return sc_explain(reason, "There is no memory to open %s.", path);
    remove_beside(draft, "-journal");
    remove_beside(draft, "");
    bool done = fill_new(draft, reason);
    if (done && rename(draft, path))
        done = sc_explain(reason, "%s cannot be created: %s.", path, strerror(errno));
    if (done && !sc_file_sync_directory(path))
        done = sc_explain(reason, "The directory of %s cannot be synchronised: %s.", path, strerror(errno));
    if (!done) remove_beside(draft, "");
    free(draft);
    return done;
}

/* Whether there is a file that may be opened; makes one where there is none. */
static bool ensure_database(const char *path, const struct sc_reason *reason)
{
    int64_t size = sc_file_size(path, "");
    if (size == 0)
        return sc_explain(
            reason, "%s is an empty file. Restore a backup there, or remove it to begin with no scenarios.",
            path);
    if (size > 0) return true;
    if (sc_file_size(path, "-wal") > 0 || sc_file_size(path, "-journal") > 0)
        return sc_explain(
            reason,
            "%s is missing, but its write-ahead log %s-wal is there: they belong together. Put the "
            "database back, or move the log away to begin with no scenarios.",
            path, path);
    return create_database(path, reason);
}

/* What to say when the file cannot be read at all. */
static bool explain_unreadable(sqlite3 *db, int code, const char *path, const struct sc_reason *reason)
{
    switch (code & 0xff) {
    case SQLITE_NOTADB:
        return sc_explain(
            reason,
            "%s is not a SQLite database, or its beginning is damaged. Give another path, or restore "
            "a backup.",
            path);
    case SQLITE_CORRUPT:
        return sc_explain(reason,
                          "%s is corrupt: damaged or cut short (%s). Restore a backup; it was not changed.",
                          path, db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    default:
        return sc_explain(reason, "%s cannot be opened: %s.", path,
                          db ? sqlite3_errmsg(db) : sqlite3_errstr(code));
    }
}

static bool check_owner(sqlite3 *db, const char *path, int64_t *version, const struct sc_reason *reason)
{
    int64_t owner = 0, tables = 0;
    int code = sc_query_integer(db, "PRAGMA application_id", &owner);
    if (!code) code = sc_query_integer(db, "PRAGMA user_version", version);
    if (!code) code = sc_query_integer(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (code) return explain_unreadable(db, code, path, reason);
    if (owner != SC_APPLICATION_ID)
        return sc_explain(
            reason,
            "%s is a database of another program (application_id %lld, %lld tables and indexes). Give "
            "another path; it was not changed.",
            path, (long long)owner, (long long)tables);
    if (*version > newest_version())
        return sc_explain(
            reason,
            "%s has schema %lld, and this program knows schemas up to %d. Start the newer program; "
            "it was not changed.",
            path, (long long)*version, newest_version());
    return true;
}

/* After a shutdown that was not clean: is every page what it should be? */
static bool check_pages(sqlite3 *db, const char *path, const struct sc_reason *reason)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "PRAGMA quick_check(1)", -1, &statement, NULL);
    if (!code) code = sqlite3_step(statement);
    const char *finding = code == SQLITE_ROW ? (const char *)sqlite3_column_text(statement, 0) : NULL;
    bool sound = finding && strcmp(finding, "ok") == 0;
    if (finding && !sound)
        sc_explain(reason, "%s is corrupt (%s). Restore a backup; it was not changed.", path, finding);
    else if (!sound)
        explain_unreadable(db, code, path, reason);
    sqlite3_finalize(statement);
    return sound;
}

static int vacuum_into(sqlite3 *db, const char *copy)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, "VACUUM INTO ?1", -1, &statement, NULL);
    if (!code) code = sc_bind_text(statement, 1, copy);
    if (!code) code = sqlite3_step(statement);
    sqlite3_finalize(statement);
    return code == SQLITE_DONE ? SQLITE_OK : code;
}

/* A copy as it is now, whose name says of which schema and when. */
static bool back_up(sqlite3 *db, const char *path, int64_t version, const struct sc_reason *reason)
{
    char time[SC_TIMESTAMP_SIZE], suffix[96];
    sc_clock_timestamp(sc_clock_microseconds(), time);
    for (char *c = time; *c; c++)
        if (*c == ':') *c = '-';
    snprintf(suffix, sizeof suffix, ".schema-%lld.%s.backup", (long long)version, time);
    char *copy = sc_file_beside(path, suffix);
    int code = copy ? vacuum_into(db, copy) : SQLITE_NOMEM;
    bool done = !code && sc_file_sync(copy) && sc_file_sync_directory(copy);
    if (done)
        sc_log(SC_LOG_INFO, "backed up before migration", "backup", copy, NULL);
    else
        sc_explain(reason,
                   "%s needs a newer schema, but no copy of it can be made at %s%s: %s. It was not changed.",
                   path, path, suffix, code ? sqlite3_errmsg(db) : strerror(errno));
    if (copy && !done) unlink(copy);
    free(copy);
    return done;
}

static bool bring_up_to_date(sqlite3 *db, const char *path, int64_t version, const struct sc_reason *reason)
{
    if (version == newest_version()) return true;
    if (!back_up(db, path, version, reason)) return false;
    if (migrate(db, version) == SQLITE_OK) return true;
    return sc_explain(
        reason, "%s cannot be brought from schema %lld to %d: %s. It is as it was; a copy lies beside it.",
        path, (long long)version, newest_version(), sqlite3_errmsg(db));
}

/* How the writer uses its file: PITFALLS D. */
static bool set_modes(sqlite3 *db, const char *path, const struct sc_reason *reason)
{
    int64_t wal = 0, keys = 0;
    int code = sqlite3_exec(db,
                            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;"
                            "PRAGMA wal_autocheckpoint = 0; PRAGMA journal_size_limit = 67108864;"
                            "PRAGMA cache_size = -4000;",
                            NULL, NULL, NULL);
    if (!code) code = sc_query_integer(db, "SELECT journal_mode = 'wal' FROM pragma_journal_mode", &wal);
    if (!code) code = sc_query_integer(db, "PRAGMA foreign_keys", &keys);
    if (code) return explain_unreadable(db, code, path, reason);
    return (wal && keys) ||
           sc_explain(reason, "%s cannot be used with a write-ahead log. Put it on a local file system.",
                      path);
}

/* Until the file is known to be ours, closing it must not write into it. */
static bool adopt(sqlite3 *db, const char *path, bool unclean, const struct sc_reason *reason)
{
    int64_t version = 0;
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    if (!check_owner(db, path, &version, reason)) return false;
    if (unclean && !check_pages(db, path, reason)) return false;
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 0, NULL);
    return bring_up_to_date(db, path, version, reason) && set_modes(db, path, reason);
}

sqlite3 *sc_database_open(const char *path, const struct sc_reason *reason)
{
    if (!ensure_database(path, reason)) return NULL;
    /* A clean shutdown leaves no log behind. */
    bool unclean = sc_file_size(path, "-wal") > 0;
    if (unclean)
        sc_log(SC_LOG_WARN, "the last shutdown was not clean: checking the database", "path", path, NULL);
    int code;
    sqlite3 *db = sc_connection_open(path, SQLITE_OPEN_READWRITE, &code);
    if (!db) {
        explain_unreadable(NULL, code, path, reason);
        return NULL;
    }
    if (adopt(db, path, unclean, reason)) return db;
    sqlite3_close(db);
    return NULL;
}
