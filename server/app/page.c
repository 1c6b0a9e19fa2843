#include "page.h"

#include "base/buffer.h"
#include "budget.h"
#include "codec/writer.h"
#include "request.h"
#include "subject.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { LINK_MAX = 25 * 1024 }; /* a request target of 8 KiB with every byte escaped, and the cursor */

bool sc_page_read(struct sc_call *call, size_t *limit, int64_t *after)
{
    int64_t asked = SC_PAGE_DEFAULT;
    *after = 0;
    if (!sc_call_integer(call, "limit", 1, SC_PAGE_ITEMS_MAX, &asked) ||
        !sc_call_integer(call, "after", 1, INT64_MAX, after))
        return false;
    *limit = (size_t)asked;
    return true;
}

static bool is_unreserved(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           (c && strchr("-._~", c));
}

static void append_escaped(struct sc_buffer *buffer, const char *text)
{
    for (; *text; text++) {
        char escape[4];
        int length = snprintf(escape, sizeof escape, "%%%02X", (unsigned char)*text);
        if (is_unreserved(*text))
            sc_buffer_append(buffer, text, 1);
        else
            sc_buffer_append(buffer, escape, (size_t)length);
    }
}

bool sc_page_link(struct sc_call *call, int64_t next)
{
    if (next == 0) return true;
    char after[64];
    struct sc_buffer buffer;
    sc_buffer_init(&buffer, LINK_MAX);
    sc_buffer_append_text(&buffer, "<");
    sc_buffer_append_text(&buffer, call->path);
    sc_buffer_append_text(&buffer, "?");
    for (size_t i = 0; i < call->parameter_count; i++) {
        if (strcmp(call->parameter[i].name, "after") == 0) continue;
        append_escaped(&buffer, call->parameter[i].name);
        sc_buffer_append_text(&buffer, "=");
        append_escaped(&buffer, call->parameter[i].value);
        sc_buffer_append_text(&buffer, "&");
    }
    snprintf(after, sizeof after, "after=%" PRId64 ">; rel=\"next\"", next);
    sc_buffer_append(&buffer, after, strlen(after) + 1);
    call->answer->link = buffer.failed ? NULL : sc_call_text(call, buffer.data);
    sc_buffer_fini(&buffer);
    if (!call->answer->link) sc_call_exhausted(call);
    return call->answer->link;
}

void sc_page_begin(struct sc_json_writer *writer, struct sc_buffer *buffer)
{
    sc_buffer_init(buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(writer, buffer);
    sc_json_object_begin(writer);
    sc_json_member_array_begin(writer, "items");
}

enum sc_progress sc_page_end(struct sc_call *call, struct sc_json_writer *writer, struct sc_buffer *buffer,
                             int64_t next)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, next);
    sc_json_array_end(writer);
    sc_json_member_text(writer, "next", next ? text : NULL);
    sc_json_object_end(writer);
    return sc_answer_json(call, writer, buffer);
}
