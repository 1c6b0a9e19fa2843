#include "fields.h"

#include "base/arena.h"
#include "secondchair/limits.h"

#include <ctype.h>
#include <microhttpd.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

/* How often a field may come. */
enum repetition { LIST, ONCE };

static const struct {
    const char *name;
    enum repetition repetition;
} FIELDS[SC_FIELDS] = {
    [SC_FIELD_ACCEPT] = {"Accept", LIST},
    [SC_FIELD_ACCEPT_ENCODING] = {"Accept-Encoding", LIST},
    [SC_FIELD_CONTENT_TYPE] = {"Content-Type", ONCE},
    [SC_FIELD_CONTENT_ENCODING] = {"Content-Encoding", LIST},
    [SC_FIELD_ORIGIN] = {"Origin", ONCE},
    [SC_FIELD_IF_MATCH] = {"If-Match", LIST},
    [SC_FIELD_IF_NONE_MATCH] = {"If-None-Match", LIST},
    [SC_FIELD_REQUEST_ID] = {"X-Request-Id", LIST},
    [SC_FIELD_PREFLIGHT_METHOD] = {"Access-Control-Request-Method", ONCE},
    [SC_FIELD_EXPECT] = {"Expect", LIST},
    [SC_FIELD_PREFER] = {"Prefer", LIST},
    [SC_FIELD_LAST_EVENT_ID] = {"Last-Event-ID", ONCE},
    [SC_FIELD_IDEMPOTENCY_KEY] = {"Idempotency-Key", ONCE},
    [SC_FIELD_HOST] = {"Host", ONCE},
    [SC_FIELD_CONTENT_LENGTH] = {"Content-Length", ONCE},
    [SC_FIELD_TRANSFER_ENCODING] = {"Transfer-Encoding", ONCE},
};

static bool is_token(const char *text)
{
    if (!*text) return false;
    for (; *text; text++)
        if (!isalnum((unsigned char)*text) && !strchr("!#$%&'*+-.^_`|~", *text)) return false;
    return true;
}

static bool has_control(const char *text)
{
    for (; *text; text++)
        if (((unsigned char)*text < 0x20 && *text != '\t') || *text == 0x7f) return true;
    return false;
}

static void blame(struct sc_fields *fields, const char *fault)
{
    if (!fields->fault) fields->fault = fault;
}

/* Lists that come in several lines are one list (RFC 9110, 5.3). */
static void join(struct sc_fields *fields, enum sc_field_name field, const char *value)
{
    const char *first = fields->value[field];
    size_t size = strlen(first) + strlen(value) + 3;
    char *joined = sc_arena_alloc(fields->arena, size);
    if (!joined) {
        blame(fields, "There is no memory for the request.");
        return;
    }
    snprintf(joined, size, "%s, %s", first, value);
    fields->value[field] = joined;
}

static void keep(struct sc_fields *fields, enum sc_field_name field, const char *value)
{
    if (!fields->value[field])
        fields->value[field] = value;
    else if (FIELDS[field].repetition == LIST)
        join(fields, field, value);
    else
        blame(fields, "A header field that may come once came twice.");
}

static enum MHD_Result read_field(void *context, enum MHD_ValueKind kind, const char *name, const char *value)
{
    struct sc_fields *fields = context;
    (void)kind;
    fields->count++;
    if (!value) value = "";
    if (!is_token(name)) blame(fields, "A header field's name is not a token.");
    if (has_control(value)) blame(fields, "A header field's value holds a control character.");
    for (enum sc_field_name field = 0; field < SC_FIELDS; field++)
        if (strcasecmp(name, FIELDS[field].name) == 0) keep(fields, field, value);
    return MHD_YES;
}

/* Digits only: no sign, no space, nothing beyond 64 bits. */
static bool read_length(const char *text, uint64_t *length)
{
    const char *digit = text;
    for (*length = 0; isdigit((unsigned char)*digit); digit++)
        if (__builtin_mul_overflow(*length, (uint64_t)10, length) ||
            __builtin_add_overflow(*length, (uint64_t)(*digit - '0'), length))
            return false;
    return digit > text && *digit == '\0';
}

static void judge_length(struct sc_fields *fields)
{
    const char *length = fields->value[SC_FIELD_CONTENT_LENGTH];
    const char *encoding = fields->value[SC_FIELD_TRANSFER_ENCODING];
    fields->chunked = encoding != NULL;
    if (encoding && length) blame(fields, "Content-Length and Transfer-Encoding exclude each other.");
    if (encoding && strcasecmp(encoding, "chunked") != 0)
        blame(fields, "The only Transfer-Encoding that is understood is chunked.");
    if (length && !read_length(length, &fields->content_length))
        blame(fields, "Content-Length is not a number.");
}

static void judge_host(struct sc_fields *fields, const char *version)
{
    const char *host = fields->value[SC_FIELD_HOST];
    if (!host) {
        if (strcmp(version, "HTTP/1.0") != 0) blame(fields, "A request of HTTP/1.1 must have a Host field.");
        return;
    }
    if (!*host) blame(fields, "The Host field is empty.");
    for (; *host; host++)
        if (!isalnum((unsigned char)*host) && !strchr(".-:[]_~%!$&'()*+,;=", *host))
            blame(fields, "The Host field is not a host and port.");
}

static void judge_method(struct sc_fields *fields, const char *method)
{
    for (; *method; method++)
        if ((*method < 'A' || *method > 'Z') && *method != '-')
            blame(fields, "The method is not a word of capital letters.");
}

void sc_fields_read(struct sc_fields *fields, struct MHD_Connection *connection, const char *method,
                    const char *version, struct sc_arena *arena)
{
    *fields = (struct sc_fields){.arena = arena};
    judge_method(fields, method);
    MHD_get_connection_values(connection, MHD_HEADER_KIND, read_field, fields);
    judge_length(fields);
    judge_host(fields, version);
}
