#include "internal.h"

#include <stdlib.h>

/* The words of a group are written at its end, in ascending order of scenarios and outside all savepoints:
 * FTS5 makes a segment of its own of whatever comes before a savepoint or out of order, and segments cost
 * merging. */

enum { FIRST_CAPACITY = 64, WORD_COLUMNS = 7 };

enum sc_store_status sc_index_note(struct sc_writer *writer, const struct sc_change *change)
{
    if (writer->change_count == writer->change_capacity) {
        size_t capacity = writer->change_capacity ? 2 * writer->change_capacity : (size_t)FIRST_CAPACITY;
        struct sc_change *grown = reallocarray(writer->change, capacity, sizeof *grown);
        if (!grown) return SC_STORE_BUSY;
        writer->change = grown;
        writer->change_capacity = capacity;
    }
    struct sc_change *noted = &writer->change[writer->change_count];
    *noted = *change;
    noted->order = writer->change_count++;
    return SC_STORE_OK;
}

static int compare_changes(const void *left, const void *right)
{
    const struct sc_change *a = left, *b = right;
    if (a->sequence != b->sequence) return a->sequence < b->sequence ? -1 : 1;
    return (a->order > b->order) - (a->order < b->order);
}

/* Leaves one change a scenario: from what it was before the group to what it is after it. */
static void join_changes(struct sc_writer *writer)
{
    if (!writer->change_count) return;
    qsort(writer->change, writer->change_count, sizeof *writer->change, compare_changes);
    size_t kept = 0;
    for (size_t i = 1; i < writer->change_count; i++) {
        struct sc_change *next = &writer->change[i], *last = &writer->change[kept];
        if (next->sequence != last->sequence) {
            writer->change[++kept] = *next;
            continue;
        }
        last->is_number = next->is_number;
        last->is_state = next->is_state;
    }
    writer->change_count = kept + 1;
}

static enum sc_store_status change_tags(struct sc_writer *writer, enum sc_statement which, int64_t sequence,
                                        int64_t number, int state)
{
    SC_BORROWED tags = writer->connection.statement[which];
    int code = sc_bind_integer(tags, 1, sequence) | sc_bind_integer(tags, 2, number) |
               sc_bind_integer(tags, 3, state);
    return code ? sc_writer_fault(writer, code, "bind tags") : sc_writer_run(writer, tags);
}

static enum sc_store_status move_tags(struct sc_writer *writer, const struct sc_change *change)
{
    enum sc_store_status status = SC_STORE_OK;
    if (change->was_number)
        status = change_tags(writer, SC_STATEMENT_REMOVE_TAGS, change->sequence, change->was_number,
                             change->was_state);
    if (status) return status;
    return change_tags(writer, SC_STATEMENT_ADD_TAGS, change->sequence, change->is_number, change->is_state);
}

/* Hands the words of a revision to the statement that adds or removes them. */
static enum sc_store_status change_words(struct sc_writer *writer, enum sc_statement which, int64_t sequence,
                                         int64_t number, int state)
{
    SC_BORROWED words = writer->connection.statement[SC_STATEMENT_READ_WORDS];
    SC_BORROWED target = writer->connection.statement[which];
    int code = sc_bind_integer(words, 1, sequence) | sc_bind_integer(words, 2, number) |
               sc_bind_integer(words, 3, state);
    if (!code) code = sqlite3_step(words);
    if (code != SQLITE_ROW)
        return sc_writer_fault(writer, code == SQLITE_DONE ? SQLITE_CORRUPT : code, "read words");
    code = SQLITE_OK;
    for (int i = 0; i < WORD_COLUMNS; i++)
        code |= sqlite3_bind_value(target, i + 1, sqlite3_column_value(words, i));
    return code ? sc_writer_fault(writer, code, "bind words") : sc_writer_run(writer, target);
}

static enum sc_store_status move_words(struct sc_writer *writer, const struct sc_change *change)
{
    enum sc_store_status status = SC_STORE_OK;
    if (change->was_number)
        status = change_words(writer, SC_STATEMENT_REMOVE_WORDS, change->sequence, change->was_number,
                              change->was_state);
    if (status) return status;
    return change_words(writer, SC_STATEMENT_ADD_WORDS, change->sequence, change->is_number,
                        change->is_state);
}

static bool changes_nothing(const struct sc_change *change)
{
    return change->was_number == change->is_number && change->was_state == change->is_state;
}

static enum sc_store_status for_each_change(struct sc_writer *writer,
                                            enum sc_store_status (*move)(struct sc_writer *,
                                                                         const struct sc_change *))
{
    enum sc_store_status status = SC_STORE_OK;
    for (size_t i = 0; i < writer->change_count && !status; i++)
        if (!changes_nothing(&writer->change[i])) status = move(writer, &writer->change[i]);
    return status;
}

enum sc_store_status sc_index_apply(struct sc_writer *writer)
{
    join_changes(writer);
    enum sc_store_status status = for_each_change(writer, move_tags);
    return status ? status : for_each_change(writer, move_words);
}
