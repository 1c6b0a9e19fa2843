#include "internal.h"

#include "base/arena.h"

#include <stdlib.h>
#include <string.h>

/* What is found by what is brought in line at the end of a group, in ascending order of scenarios and outside
 * all savepoints: FTS5 makes a segment of its own of whatever comes before a savepoint or out of order, and
 * segments cost merging. Variants come after their parents, so that each sees what its parent is found by
 * now. */

enum { FIRST_CAPACITY = 64, WORD_COLUMNS = 7, TEXTS_MEMORY = 32 << 20 };

/* Columns of READ_TEXTS: those of a row, of its newest revision, of its parent. */
enum column {
    NAME,
    COMPANY,
    DESCRIPTION,
    TAGS,
    OWN_NAME,
    OWN_COMPANY,
    OWN_DESCRIPTION,
    OWN_TAGS,
    PARENT_COMPANY,
    PARENT_DESCRIPTION,
    PARENT_TAGS,
    KIND,
    BODY
};

enum sc_store_status sc_index_note(struct sc_changes *changes, const struct sc_change *change)
{
    if (changes->count == changes->capacity) {
        size_t capacity = changes->capacity ? 2 * changes->capacity : (size_t)FIRST_CAPACITY;
        struct sc_change *grown = reallocarray(changes->item, capacity, sizeof *grown);
        if (!grown) return SC_STORE_BUSY;
        changes->item = grown;
        changes->capacity = capacity;
    }
    struct sc_change *noted = &changes->item[changes->count];
    *noted = *change;
    noted->order = changes->count++;
    return SC_STORE_OK;
}

static int compare_changes(const void *left, const void *right)
{
    const struct sc_change *a = left, *b = right;
    if (a->sequence != b->sequence) return a->sequence < b->sequence ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

/* Leaves one change a scenario: from what it was before the group to what it is after it. */
static void join_changes(struct sc_changes *changes)
{
    if (!changes->count) return;
    qsort(changes->item, changes->count, sizeof *changes->item, compare_changes);
    size_t kept = 0;
    for (size_t i = 1; i < changes->count; i++) {
        struct sc_change *next = &changes->item[i], *last = &changes->item[kept];
        if (next->sequence == last->sequence)
            last->is_state = next->is_state;
        else
            changes->item[++kept] = *next;
    }
    changes->count = kept + 1;
}

/* Adds or removes the tags of a row in a state. */
static enum sc_store_status change_tags(struct sc_writer *writer, enum sc_statement which, int64_t sequence,
                                        int state)
{
    SC_BORROWED tags = writer->connection.statement[which];
    int code = sc_bind_integer(tags, 1, sequence) | sc_bind_integer(tags, 2, state);
    return code ? sc_writer_fault(writer, code, "bind tags") : sc_writer_run(writer, tags);
}

/* Hands the words of a row in a state to the statement that adds or removes them. */
static enum sc_store_status change_words(struct sc_writer *writer, enum sc_statement which, int64_t sequence,
                                         int state)
{
    SC_BORROWED words = writer->connection.statement[SC_STATEMENT_READ_WORDS];
    SC_BORROWED target = writer->connection.statement[which];
    int code = sc_bind_integer(words, 1, sequence) | sc_bind_integer(words, 2, state);
    if (!code) code = sqlite3_step(words);
    if (code != SQLITE_ROW)
        return sc_writer_fault(writer, code == SQLITE_DONE ? SQLITE_CORRUPT : code, "read words");
    code = SQLITE_OK;
    for (int i = 0; i < WORD_COLUMNS; i++)
        code |= sqlite3_bind_value(target, i + 1, sqlite3_column_value(words, i));
    return code ? sc_writer_fault(writer, code, "bind words") : sc_writer_run(writer, target);
}

static const char *text_of(sqlite3_stmt *row, enum column column)
{
    return (const char *)sqlite3_column_text(row, (int)column);
}

/* What a row is to be found by: what its newest revision says, where that is an overlay over what its parent
 * is found by. Texts of the statement's row or of the arena. */
static struct sc_record texts_now(struct sc_writer *writer, sqlite3_stmt *row, struct sc_arena *arena)
{
    const struct sc_record own = {.name = text_of(row, OWN_NAME),
                                  .company = text_of(row, OWN_COMPANY),
                                  .description = text_of(row, OWN_DESCRIPTION),
                                  .tags = text_of(row, OWN_TAGS),
                                  .kind = sqlite3_column_int(row, KIND) ? SC_BODY_OVERLAY : SC_BODY_DOCUMENT,
                                  .body = text_of(row, BODY),
                                  .body_length = (size_t)sqlite3_column_bytes(row, BODY)};
    const struct sc_record parent = {.company = text_of(row, PARENT_COMPANY),
                                     .description = text_of(row, PARENT_DESCRIPTION),
                                     .tags = text_of(row, PARENT_TAGS)};
    if (own.kind == SC_BODY_DOCUMENT || !own.body || !parent.tags || !writer->follow) return own;
    struct sc_record now = own;
    return writer->follow(&parent, &now, arena) ? now : own;
}

static bool is_same(sqlite3_stmt *row, enum column column, const char *text)
{
    const char *stored = text_of(row, column);
    return stored && text && strcmp(stored, text) == 0;
}

static enum sc_store_status set_texts(struct sc_writer *writer, int64_t sequence, const struct sc_record *now,
                                      struct sc_arena *arena)
{
    SC_BORROWED update = writer->connection.statement[SC_STATEMENT_SET_TEXTS];
    char *key = now->company ? sc_arena_text(arena, now->company, strlen(now->company)) : NULL;
    if (!key) return sc_writer_fault(writer, SQLITE_NOMEM, "fold a company");
    sc_fold_case(key);
    int code = sc_bind_integer(update, 1, sequence) | sc_bind_text(update, 2, now->name) |
               sc_bind_text(update, 3, now->company) | sc_bind_text(update, 4, now->description) |
               sc_bind_text(update, 5, now->tags) | sc_bind_text(update, 6, key);
    return code ? sc_writer_fault(writer, code, "bind texts") : sc_writer_run(writer, update);
}

/* Takes the row out of tags and words as it was, and puts it in as it is. */
static enum sc_store_status move(struct sc_writer *writer, const struct sc_change *change,
                                 const struct sc_record *now, struct sc_arena *arena)
{
    int64_t sequence = change->sequence;
    enum sc_store_status status = SC_STORE_OK;
    if (change->was_state != SC_STATE_NONE) {
        status = change_tags(writer, SC_STATEMENT_REMOVE_TAGS, sequence, change->was_state);
        if (!status) status = change_words(writer, SC_STATEMENT_REMOVE_WORDS, sequence, change->was_state);
    }
    if (!status) status = set_texts(writer, sequence, now, arena);
    if (!status) status = change_tags(writer, SC_STATEMENT_ADD_TAGS, sequence, change->is_state);
    return status ? status : change_words(writer, SC_STATEMENT_ADD_WORDS, sequence, change->is_state);
}

/* The variants of a row are to follow it. */
static enum sc_store_status note_followers(struct sc_writer *writer, int64_t sequence)
{
    SC_BORROWED rows = writer->connection.statement[SC_STATEMENT_READ_VARIANTS];
    int code = sc_bind_integer(rows, 1, sequence);
    while (!code && (code = sqlite3_step(rows)) == SQLITE_ROW) {
        int state = sqlite3_column_int(rows, 1);
        struct sc_change change = {
            .sequence = sqlite3_column_int64(rows, 0), .was_state = state, .is_state = state};
        code = sc_index_note(&writer->followers, &change) ? SQLITE_NOMEM : SQLITE_OK;
    }
    return code == SQLITE_DONE ? SC_STORE_OK : sc_writer_fault(writer, code, "read variants");
}

static enum sc_store_status apply_texts(struct sc_writer *writer, const struct sc_change *change,
                                        sqlite3_stmt *row, struct sc_arena *arena)
{
    const struct sc_record now = texts_now(writer, row, arena);
    bool inherited_same = is_same(row, COMPANY, now.company) && is_same(row, DESCRIPTION, now.description) &&
                          is_same(row, TAGS, now.tags);
    bool same = inherited_same && is_same(row, NAME, now.name);
    if (same && change->was_state == change->is_state) return SC_STORE_OK;
    enum sc_store_status status = move(writer, change, &now, arena);
    bool new = change->was_state == SC_STATE_NONE; /* and has no variants yet that are not new too */
    return status || inherited_same || new ? status : note_followers(writer, change->sequence);
}

static enum sc_store_status apply(struct sc_writer *writer, const struct sc_change *change)
{
    struct sc_arena arena;
    SC_BORROWED row = writer->connection.statement[SC_STATEMENT_READ_TEXTS];
    int code = sc_bind_integer(row, 1, change->sequence);
    if (!code) code = sqlite3_step(row);
    if (code != SQLITE_ROW)
        return sc_writer_fault(writer, code == SQLITE_DONE ? SQLITE_CORRUPT : code, "read texts");
    sc_arena_init(&arena, TEXTS_MEMORY);
    enum sc_store_status status = apply_texts(writer, change, row, &arena);
    sc_arena_fini(&arena);
    return status;
}

enum sc_store_status sc_index_apply(struct sc_writer *writer)
{
    enum sc_store_status status = SC_STORE_OK;
    while (writer->changes.count && !status) {
        writer->followers.count = 0;
        join_changes(&writer->changes);
        for (size_t i = 0; i < writer->changes.count && !status; i++)
            status = apply(writer, &writer->changes.item[i]);
        struct sc_changes done = writer->changes;
        writer->changes = writer->followers;
        writer->followers = done;
    }
    return status;
}
