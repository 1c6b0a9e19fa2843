/* What a client or operator sends besides bodies: the target, header fields, settings. The first byte says
 * which; the others are the text, in lines where there are several. */
#include "base/etag.h"
#include "base/utf8.h"
#include "fuzz.h"
#include "http/cors.h"
#include "http/fields.h"
#include "http/media.h"
#include "http/route.h"
#include "http/uri.h"
#include "secondchair/settings.h"

#include <microhttpd.h>

/* In libmicrohttpd's stead: the lines "Name: value" of the text that stands for the connection. */
int MHD_get_connection_values(struct MHD_Connection *connection, enum MHD_ValueKind kind,
                              MHD_KeyValueIterator iterator, void *context)
{
    char *rest = (char *)connection, *line;
    int count = 0;
    while ((line = strsep(&rest, "\n"))) {
        char *value = strchr(line, ':');
        if (value) *value++ = '\0';
        count++;
        if (iterator(context, kind, line, value) != MHD_YES) break;
    }
    return count;
}

static void read_target(const char *text)
{
    static const char *const methods[] = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "X"};
    struct sc_arena arena;
    struct sc_uri uri;
    struct sc_match match;
    sc_arena_init(&arena, 1 << 20);
    if (!sc_uri_read(&uri, text, &arena)) {
        MUST(uri.path && uri.parameter_count <= SC_LIMIT_PARAMETERS);
        for (size_t i = 0; i < uri.segment_count && i < SC_LIMIT_SEGMENTS; i++)
            MUST(sc_utf8_is_printable(uri.segment[i], strlen(uri.segment[i]), false));
        for (size_t i = 0; i < uri.parameter_count; i++) {
            MUST(sc_utf8_is_valid(uri.parameter[i].name, strlen(uri.parameter[i].name)));
            MUST(sc_utf8_is_valid(uri.parameter[i].value, strlen(uri.parameter[i].value)));
        }
        for (size_t i = 0; i < sizeof methods / sizeof methods[0]; i++) {
            sc_route_find(&match, methods[i], &uri);
            MUST(!match.route || match.path_known);
        }
    }
    sc_arena_fini(&arena);
}

static void read_fields(char *text)
{
    static const enum sc_media offered[] = {SC_MEDIA_JSON, SC_MEDIA_CSV, SC_MEDIA_HTML};
    struct sc_arena arena;
    struct sc_fields fields;
    struct sc_cors cors;
    sc_arena_init(&arena, 1 << 20);
    sc_fields_read(&fields, (struct MHD_Connection *)text, "GET", "HTTP/1.1", &arena);
    const char *accept = fields.value[SC_FIELD_ACCEPT], *type = fields.value[SC_FIELD_CONTENT_TYPE];
    enum sc_media media = sc_media_negotiate(accept, offered, 3);
    MUST(media == SC_MEDIA_NONE || media == offered[0] || media == offered[1] || media == offered[2]);
    if (type) media = sc_media_of_content_type(type);
    bool strongly = sc_etag_matches_strongly(fields.value[SC_FIELD_IF_MATCH], "\"1.5\"");
    MUST(!strongly || sc_etag_matches(fields.value[SC_FIELD_IF_MATCH], "\"1.5\""));
    if (accept && sc_cors_init(&cors, accept) && fields.value[SC_FIELD_ORIGIN])
        (void)sc_cors_allows(&cors, fields.value[SC_FIELD_ORIGIN]);
    MUST(!fields.chunked || fields.value[SC_FIELD_TRANSFER_ENCODING]);
    sc_arena_fini(&arena);
}

static void read_settings(char *text)
{
    char *argv[64], reason[SC_SETTINGS_REASON_MAX] = "";
    int argc = 0;
    struct sc_settings settings;
    struct sc_cors cors;
    for (char *rest = text; rest && argc < 64;) argv[argc++] = strsep(&rest, "\n");
    if (sc_settings_read(&settings, argc, argv, reason))
        (void)sc_cors_init(&cors, settings.cors_origins);
    else
        MUST(reason[0] && strlen(reason) < sizeof reason);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) return -1;
    char *text = fuzz_text(data + 1, size - 1);
    if (data[0] == 'u') read_target(text);
    if (data[0] == 'f') read_fields(text);
    if (data[0] == 's') read_settings(text);
    free(text);
    return data[0] == 'u' || data[0] == 'f' || data[0] == 's' ? 0 : -1;
}
