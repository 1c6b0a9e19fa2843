#include "internal.h"

#include "base/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

static const struct {
    enum sc_role role;
    const char *name, *sql;
} STATEMENTS[] = {
#define READER SC_ROLE_READER
#define WRITER SC_ROLE_WRITER
#define STATEMENT(name, role, sql) {role, #name, sql},
#include "statements.def"
#undef STATEMENT
#undef READER
#undef WRITER
};

static void configure(void)
{
    sqlite3_config(SQLITE_CONFIG_MULTITHREAD); /* a connection belongs to one thread at a time */
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    sqlite3_config(SQLITE_CONFIG_URI, 0); /* a path is a path, also one that begins with "file:" */
}

void sc_sqlite_configure(void)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, configure);
}

static enum sc_store_status status_of(sqlite3 *db, int code)
{
    int cause = db ? sqlite3_system_errno(db) : 0;
    switch (code & 0xff) {
    case SQLITE_FULL:
        return SC_STORE_FULL;
    case SQLITE_IOERR:
        return cause == ENOSPC || cause == EDQUOT ? SC_STORE_FULL : SC_STORE_BROKEN;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_INTERRUPT:
    case SQLITE_NOMEM:
        return SC_STORE_BUSY;
    default:
        return SC_STORE_BROKEN;
    }
}

enum sc_store_status sc_sqlite_fault(sqlite3 *db, int code, const char *doing)
{
    enum sc_store_status status = status_of(db, code);
    char number[16];
    snprintf(number, sizeof number, "%d", code);
    sc_log(status == SC_STORE_BROKEN ? SC_LOG_ERROR : SC_LOG_WARN, "store failed", "doing", doing, "cause",
           db ? sqlite3_errmsg(db) : sqlite3_errstr(code), "code", number, NULL);
    return status;
}

bool sc_explain(const struct sc_reason *reason, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    if (reason->size) vsnprintf(reason->text, reason->size, format, arguments);
    va_end(arguments);
    return false;
}

/* cell_size_check notices damaged pages early; temporary tables need no directory; without mmap an I/O error
 * is an error and not a signal. */
static int harden(sqlite3 *db)
{
    static const struct {
        int option, value;
    } options[] = {{SQLITE_DBCONFIG_DQS_DDL, 0},
                   {SQLITE_DBCONFIG_DQS_DML, 0},
                   {SQLITE_DBCONFIG_DEFENSIVE, 1},
                   {SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0},
                   {SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0}};
    for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
        int code = sqlite3_db_config(db, options[i].option, options[i].value, NULL);
        if (code) return code;
    }
    return sqlite3_exec(db, "PRAGMA cell_size_check = 1; PRAGMA temp_store = MEMORY; PRAGMA mmap_size = 0;",
                        NULL, NULL, NULL);
}

sqlite3 *sc_connection_open(const char *path, int flags, int *code)
{
    sqlite3 *db = NULL;
    *code = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
    if (!*code) *code = sqlite3_busy_timeout(db, flags & SQLITE_OPEN_READONLY ? 1000 : 5000);
    if (!*code) *code = harden(db);
    if (!*code) return db;
    sqlite3_close(db);
    return NULL;
}

int sc_connection_prepare(struct sc_connection *connection, enum sc_role role)
{
    for (size_t i = 0; i < SC_STATEMENTS; i++) {
        if (STATEMENTS[i].role != role) continue;
        int code = sqlite3_prepare_v3(connection->db, STATEMENTS[i].sql, -1, SQLITE_PREPARE_PERSISTENT,
                                      &connection->statement[i], NULL);
        if (code) {
            sc_sqlite_fault(connection->db, code, STATEMENTS[i].name);
            return code;
        }
    }
    return SQLITE_OK;
}

void sc_connection_close(struct sc_connection *connection)
{
    for (size_t i = 0; i < SC_STATEMENTS; i++) sqlite3_finalize(connection->statement[i]);
    int code = sqlite3_close(connection->db);
    if (code) sc_sqlite_fault(connection->db, code, "close");
    *connection = (struct sc_connection){0};
}

int sc_query_integer(sqlite3 *db, const char *sql, int64_t *value)
{
    sqlite3_stmt *statement = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &statement, NULL);
    if (!code) code = sqlite3_step(statement);
    if (code == SQLITE_ROW) *value = sqlite3_column_int64(statement, 0);
    sqlite3_finalize(statement);
    return code == SQLITE_ROW ? SQLITE_OK : code;
}

void sc_statement_reset(sqlite3_stmt **statement)
{
    sqlite3_reset(*statement);
    sqlite3_clear_bindings(*statement);
}

int sc_bind_text(sqlite3_stmt *statement, int place, const char *text)
{
    return sqlite3_bind_text(statement, place, text, -1, SQLITE_STATIC);
}

int sc_bind_integer(sqlite3_stmt *statement, int place, int64_t value)
{
    return sqlite3_bind_int64(statement, place, value);
}
