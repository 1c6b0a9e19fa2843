/* The request's header fields, read in one pass, and the framing gate: libmicrohttpd 0.9.75 accepts requests
 * that two servers may read differently (smuggling); what is ambiguous is refused here. */
#ifndef SC_HTTP_FIELDS_H
#define SC_HTTP_FIELDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct MHD_Connection;
struct sc_arena;

/* Field values that we use, in the order of the table in fields.c; absent ones are NULL. */
enum sc_field_name {
    SC_FIELD_ACCEPT,
    SC_FIELD_ACCEPT_ENCODING,
    SC_FIELD_CONTENT_TYPE,
    SC_FIELD_CONTENT_ENCODING,
    SC_FIELD_ORIGIN,
    SC_FIELD_IF_MATCH,
    SC_FIELD_IF_NONE_MATCH,
    SC_FIELD_REQUEST_ID,
    SC_FIELD_PREFLIGHT_METHOD,
    SC_FIELD_EXPECT,
    SC_FIELD_PREFER,
    SC_FIELD_LAST_EVENT_ID,
    SC_FIELD_IDEMPOTENCY_KEY,
    SC_FIELD_HOST,
    SC_FIELD_CONTENT_LENGTH,
    SC_FIELD_TRANSFER_ENCODING,
    SC_FIELDS
};

struct sc_fields {
    const char *value[SC_FIELDS];
    size_t count;            /* of all field lines */
    uint64_t content_length; /* 0 without one */
    bool chunked;
    const char *fault; /* what the gate refuses, or NULL */
    struct sc_arena *arena;
};

/* Reads them all and judges the framing. Values are libmicrohttpd's, or joined in the arena where a list came
 * in several lines: they live as long as the connection reads this request. */
void sc_fields_read(struct sc_fields *fields, struct MHD_Connection *connection, const char *method,
                    const char *version, struct sc_arena *arena);

static inline bool sc_fields_have_body(const struct sc_fields *fields)
{
    return fields->chunked || fields->content_length > 0;
}

#endif
