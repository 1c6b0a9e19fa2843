#include "log.h"
#include "clock.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

/* Longer lines are cut: up to PIPE_BUF (4,096 on Linux) one write is one piece even in a pipe. */
enum { LINE_MAX_BYTES = 4096, LINE_END = 8 /* room kept for "…", the closing quote and the line feed */ };

struct line {
    char text[LINE_MAX_BYTES];
    size_t length;
    bool cut;
};

static const char *const LEVELS[] = {"debug", "info", "warn", "error"};
static _Atomic int least_level = SC_LOG_INFO;

void sc_log_set_level(enum sc_log_level least)
{
    atomic_store(&least_level, (int)least);
}

/* A piece is kept whole or not at all, so that no escape and no character is cut in two. */
static void put(struct line *line, const char *bytes, size_t length)
{
    if (line->cut || length > sizeof line->text - LINE_END - line->length) {
        line->cut = true;
        return;
    }
    memcpy(line->text + line->length, bytes, length);
    line->length += length;
}

static void put_text(struct line *line, const char *text)
{
    put(line, text, strlen(text));
}

/* One character in quotes; answers how many bytes of the text it was. */
static size_t put_escaped(struct line *line, const char *text)
{
    static const char names[] = "\"\"\\\\\nn\rr\tt";
    unsigned char first = (unsigned char)*text;
    for (size_t i = 0; i + 1 < sizeof names; i += 2)
        if (*text == names[i]) {
            put(line, (char[]){'\\', names[i + 1]}, 2);
            return 1;
        }
    if (first < 0x20 || first == 0x7f) {
        char code[8];
        int length = snprintf(code, sizeof code, "\\u%04x", (unsigned)first);
        put(line, code, (size_t)length);
        return 1;
    }
    size_t length = 1;
    while (((unsigned char)text[length] & 0xc0) == 0x80) length++;
    put(line, text, length);
    return length;
}

static bool needs_quotes(const char *value)
{
    if (!*value) return true;
    for (const char *c = value; *c; c++)
        if ((unsigned char)*c <= ' ' || *c == '"' || *c == '=' || *c == '\\' || *c == 0x7f) return true;
    return false;
}

static void put_value(struct line *line, const char *value)
{
    static const char ellipsis[] = "\xe2\x80\xa6";
    bool quoted = needs_quotes(value);
    if (quoted) put_text(line, "\"");
    while (*value && !line->cut) value += put_escaped(line, value);
    size_t end = line->length;
    if (line->cut) {
        memcpy(line->text + end, ellipsis, sizeof ellipsis - 1);
        end += sizeof ellipsis - 1;
    }
    if (quoted) line->text[end++] = '"';
    line->length = end;
}

static void put_pair(struct line *line, const char *key, const char *value)
{
    if (line->cut) return;
    if (line->length) put_text(line, " ");
    put_text(line, key);
    put_text(line, "=");
    if (!line->cut) put_value(line, value ? value : "");
}

static void write_line(const struct line *line)
{
    ssize_t written;
    do {
        written = write(STDERR_FILENO, line->text, line->length);
    } while (written < 0 && errno == EINTR);
}

void sc_log(enum sc_log_level level, const char *event, ...)
{
    if ((int)level < atomic_load(&least_level)) return;
    int error = errno;
    struct line line;
    line.length = 0;
    line.cut = false;
    char time[SC_TIMESTAMP_SIZE];
    sc_clock_timestamp(sc_clock_microseconds(), time);
    put_pair(&line, "time", time);
    put_pair(&line, "level", LEVELS[level]);
    put_pair(&line, "event", event);
    va_list pairs;
    va_start(pairs, event);
    for (const char *key; (key = va_arg(pairs, const char *));)
        put_pair(&line, key, va_arg(pairs, const char *));
    va_end(pairs);
    line.text[line.length++] = '\n';
    write_line(&line);
    errno = error;
}
