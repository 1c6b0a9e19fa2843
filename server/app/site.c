/* What the service says of itself: its pages and their files, the description of the API, the schema of the
 * documents, what each problem means, the version. All of it is fixed while the process runs. */
#include "app.h"

#include "base/buffer.h"
#include "base/etag.h"
#include "codec/canonical.h"
#include "codec/document.h"
#include "codec/writer.h"
#include "secondchair/model.h"
#include "site.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "sc_assets.h"

#ifdef __clang__
#define COMPILER __VERSION__ /* begins with its name */
#else
#define COMPILER "GCC " __VERSION__
#endif

enum { SCHEMA_LIMIT = 1024 * 1024, PAGE_LIMIT = 16 * 1024 };

static const struct sc_asset_file *asset_named(const char *name)
{
    for (size_t i = 0; i < sizeof SC_ASSETS / sizeof SC_ASSETS[0]; i++)
        if (strcmp(SC_ASSETS[i].name, name) == 0) return &SC_ASSETS[i];
    return NULL;
}

const char *sc_site_file(const char *name, size_t *length)
{
    const struct sc_asset_file *file = asset_named(name);
    *length = file ? file->length : 0;
    return file ? (const char *)file->bytes : NULL;
}

static enum sc_progress answer_file(struct sc_call *call, const struct sc_asset_file *file,
                                    enum sc_freshness freshness)
{
    struct sc_answer *answer = call->answer;
    answer->media = file->media;
    answer->freshness = freshness;
    snprintf(answer->etag, sizeof answer->etag, "%s", file->etag);
    if (sc_etag_matches(call->if_none_match, file->etag)) {
        answer->outcome = SC_OUTCOME_NOT_MODIFIED;
        return SC_ANSWERED;
    }
    answer->fixed = (const char *)file->bytes;
    answer->body_length = file->length;
    answer->gzipped = (const char *)file->gzipped;
    answer->gzipped_length = file->gzipped_length;
    return SC_ANSWERED;
}

static enum sc_progress answer_named(struct sc_call *call, const char *name)
{
    const struct sc_asset_file *file = asset_named(name);
    if (!file) return sc_call_fail(call, SC_PROBLEM_internal, "The file %s was not built in.", name);
    return answer_file(call, file, SC_FRESH_REVALIDATE);
}

enum sc_progress sc_home_page(struct sc_call *call)
{
    return answer_named(call, "index.html");
}

enum sc_progress sc_docs_page(struct sc_call *call)
{
    return answer_named(call, "docs.html");
}

enum sc_progress sc_openapi(struct sc_call *call)
{
    return answer_named(call, "openapi.json");
}

enum sc_progress sc_curve_observations(struct sc_call *call)
{
    return answer_named(call, "observations.json");
}

/* Does the address name these very bytes ("?v=" and the digest)? Then they may be kept for ever. */
static bool names_digest(const struct sc_call *call, const struct sc_asset_file *file)
{
    const char *version = sc_call_parameter(call, "v");
    size_t length = strlen(file->etag) - 2; /* its quotes */
    return version && strlen(version) == length && strncmp(version, file->etag + 1, length) == 0;
}

enum sc_progress sc_asset(struct sc_call *call)
{
    const struct sc_asset_file *file = asset_named(call->argument[0]);
    bool part_of_pages = file && (file->media & (SC_MEDIA_SCRIPT | SC_MEDIA_STYLE | SC_MEDIA_SVG));
    if (!part_of_pages) return sc_call_fail(call, SC_PROBLEM_not_found, "There is no such file.");
    return answer_file(call, file, names_digest(call, file) ? SC_FRESH_IMMUTABLE : SC_FRESH_REVALIDATE);
}

/* The schema of the documents, made once of the table of fields. */
static struct {
    pthread_once_t once;
    struct sc_buffer text;
    char etag[SC_ETAG_MAX];
    bool complete;
} schema = {.once = PTHREAD_ONCE_INIT};

static void make_schema(void)
{
    struct sc_json_writer writer;
    char digest[SC_DIGEST_TEXT];
    sc_buffer_init(&schema.text, SCHEMA_LIMIT);
    sc_json_writer_init(&writer, &schema.text);
    sc_document_write_schema(&writer);
    schema.complete = sc_json_finish(&writer);
    if (!schema.complete) return;
    sc_digest_bytes(schema.text.data, schema.text.length, digest);
    snprintf(schema.etag, sizeof schema.etag, "\"%.16s\"", digest);
}

enum sc_progress sc_schema(struct sc_call *call)
{
    if (strcmp(call->argument[0], "openapi.json") == 0) return sc_openapi(call);
    if (strcmp(call->argument[0], "scenario.json") != 0)
        return sc_call_fail(call, SC_PROBLEM_not_found, "There are scenario.json and openapi.json.");
    pthread_once(&schema.once, make_schema);
    if (!schema.complete) return sc_call_fail(call, SC_PROBLEM_internal, "The schema cannot be written.");
    const struct sc_asset_file file = {
        .media = call->accept == SC_MEDIA_JSON ? SC_MEDIA_JSON : SC_MEDIA_SCHEMA,
        .bytes = (const unsigned char *)schema.text.data,
        .length = schema.text.length,
        .etag = schema.etag,
    };
    return answer_file(call, &file, SC_FRESH_REVALIDATE);
}

/* Hands a small page over with the digest of its bytes as its ETag; a buffer that overflowed is a problem. */
static enum sc_progress answer_page(struct sc_call *call, struct sc_buffer *page, enum sc_media media)
{
    struct sc_answer *answer = call->answer;
    char digest[SC_DIGEST_TEXT];
    if (page->failed || page->length == 0) {
        sc_buffer_fini(page);
        return sc_call_fail(call, SC_PROBLEM_internal, "The memory did not suffice.");
    }
    sc_digest_bytes(page->data, page->length, digest);
    snprintf(answer->etag, sizeof answer->etag, "\"%.16s\"", digest);
    answer->media = media;
    answer->freshness = SC_FRESH_REVALIDATE;
    if (sc_etag_matches(call->if_none_match, answer->etag)) {
        answer->outcome = SC_OUTCOME_NOT_MODIFIED;
        sc_buffer_fini(page);
        return SC_ANSWERED;
    }
    answer->body = sc_buffer_take(page, &answer->body_length);
    return SC_ANSWERED;
}

/* What a problem means and what to do about it. */
static const char *const MEANINGS[SC_PROBLEMS] = {
    [SC_PROBLEM_not_json] = "The body is not well-formed JSON in UTF-8, names a member twice, or is nested "
                            "too deeply. The detail says "
                            "where.",
    [SC_PROBLEM_bad_request] = "The address, a parameter or a header field is malformed. The detail says "
                               "which; mend it and ask again.",
    [SC_PROBLEM_bad_framing] =
        "Two servers could disagree where the request ends, so it was refused and the connection closed. "
        "Send "
        "one Content-Length of digits only, or Transfer-Encoding: chunked, and one Host.",
    [SC_PROBLEM_origin_not_allowed] = "The page that sent the request comes from an origin that the operator "
                                      "has not listed in cors_origins.",
    [SC_PROBLEM_builtin_read_only] = "The scenario is part of the service. Make a variant of it (POST "
                                     "…/variants) or store a copy, and change "
                                     "that.",
    [SC_PROBLEM_not_found] = "No address, scenario, revision or file has this name; or the scenario is "
                             "deleted, and can be read with "
                             "?deleted=true and restored.",
    [SC_PROBLEM_method_not_allowed] = "The Allow field of the answer lists the methods of this address.",
    [SC_PROBLEM_not_acceptable] = "The Accept field leaves none of the types in which this answer is "
                                  "offered. The reference lists them.",
    [SC_PROBLEM_conflict] = "What is stored does not admit the change: for instance an id that is taken, or "
                            "a scenario that is deleted. "
                            "Read it again.",
    [SC_PROBLEM_stale_revision] = "Somebody else stored a newer revision. Read it, apply the change to it, "
                                  "and send its ETag in If-Match.",
    [SC_PROBLEM_body_too_large] =
        "The body is longer than the setting body_limit (for an import: import_limit) admits.",
    [SC_PROBLEM_uri_too_long] =
        "The address is longer than 8 KiB. Ask with POST and send the overrides in the body.",
    [SC_PROBLEM_unsupported_media_type] = "The Content-Type is missing or is none of the types that this "
                                          "address takes. The reference lists them.",
    [SC_PROBLEM_invalid_scenario] =
        "The body is JSON, but no valid scenario. The member errors lists every fault with its place in the "
        "document.",
    [SC_PROBLEM_invalid_set] = "The body is JSON, but no valid set of weighted scenarios. The member errors "
                               "lists every fault with its "
                               "place in the set.",
    [SC_PROBLEM_invalid_question] = "A member or a parameter of the question, or one of its overrides, is "
                                    "not usable. The member errors lists "
                                    "every fault.",
    [SC_PROBLEM_not_computable] = "The figures leave the domain of the model, so that a result would not be "
                                  "a finite number; or a member of a set is gone. The member "
                                  "errors says where.",
    [SC_PROBLEM_variant_not_applicable] = "The parent has changed so that an override of the variant no "
                                          "longer names one of its drivers. Change "
                                          "the variant's overrides.",
    [SC_PROBLEM_idempotency_key_reused] =
        "An earlier request with the same Idempotency-Key had another method, address, "
        "type or body. A key stands for one request: take a new one for each, and the "
        "same one only to send that request again.",
    [SC_PROBLEM_match_required] = "Read what is to be changed and send its ETag in If-Match, so that no "
                                  "other change is overwritten unseen.",
    [SC_PROBLEM_too_many_requests] = "Too many computations of this client are waiting. Try again after the "
                                     "seconds that Retry-After says.",
    [SC_PROBLEM_headers_too_large] = "The header fields of the request are too many or too long.",
    [SC_PROBLEM_job_not_done] =
        "The job waits or is being computed. Its events tell when it is done; or ask again "
        "after the seconds that Retry-After says.",
    [SC_PROBLEM_internal] =
        "The fault is the service's, not the request's. The instance is the id under which it was logged.",
    [SC_PROBLEM_overloaded] = "Too many computations are waiting, or the service is starting or shutting "
                              "down. Try again after the seconds "
                              "that Retry-After says.",
    [SC_PROBLEM_too_much_work] =
        "The questions of one batch may compute so long, added up over its threads. Those that are left are "
        "not "
        "asked: ask them in another batch. It is said of single questions, never of the batch.",
    [SC_PROBLEM_storage_unavailable] = "The database cannot be read or written now. The log says why.",
    [SC_PROBLEM_storage_full] = "The disk has no room for the change; nothing of it was stored.",
};

static const char *meaning_of(enum sc_problem problem)
{
    return MEANINGS[problem] ? MEANINGS[problem] : sc_problem_class(problem)->title;
}

/* "stale-revision" is SC_PROBLEM_stale_revision; SC_PROBLEMS for names that no problem has. */
static enum sc_problem problem_named(const char *name)
{
    size_t length = strlen(name);
    for (int problem = 0; problem < SC_PROBLEMS; problem++) {
        const char *own = sc_problem_class((enum sc_problem)problem)->name;
        size_t i = 0;
        while (i < length && name[i] == (own[i] == '_' ? '-' : own[i])) i++;
        if (i == length && own[i] == '\0') return (enum sc_problem)problem;
    }
    return SC_PROBLEMS;
}

/* Does it list faults, each with a code? */
static bool has_faults(const struct sc_problem_class *class)
{
    enum { UNPROCESSABLE = 422 };
    return class->status == UNPROCESSABLE;
}

static void write_codes(struct sc_json_writer *writer)
{
    sc_json_member_array_begin(writer, "codes");
    for (int code = 0; code < SC_FAULT_CODES; code++) {
        sc_json_object_begin(writer);
        sc_json_member_text(writer, "code", sc_fault_name((enum sc_fault_code)code));
        sc_json_member_text(writer, "meaning", sc_fault_meaning((enum sc_fault_code)code));
        sc_json_object_end(writer);
    }
    sc_json_array_end(writer);
}

static enum sc_progress problem_as_json(struct sc_call *call, enum sc_problem problem)
{
    const struct sc_problem_class *class = sc_problem_class(problem);
    struct sc_buffer page;
    struct sc_json_writer writer;
    char type[96];
    snprintf(type, sizeof type, "/problems/%s", call->argument[0]);
    sc_buffer_init(&page, PAGE_LIMIT);
    sc_json_writer_init(&writer, &page);
    sc_json_object_begin(&writer);
    sc_json_member_text(&writer, "type", type);
    sc_json_member_text(&writer, "title", class->title);
    sc_json_member_integer(&writer, "status", class->status);
    sc_json_member_boolean(&writer, "retryable", class->retryable);
    sc_json_member_text(&writer, "description", meaning_of(problem));
    if (has_faults(class)) write_codes(&writer);
    sc_json_object_end(&writer);
    if (!sc_json_finish(&writer)) page.failed = true;
    return answer_page(call, &page, SC_MEDIA_JSON);
}

static void put_codes(struct sc_buffer *page)
{
    sc_buffer_append_text(page, "<p>Each fault has one of these codes:</p><dl>");
    for (int code = 0; code < SC_FAULT_CODES; code++) {
        sc_buffer_append_text(page, "<dt><code>");
        sc_buffer_append_text(page, sc_fault_name((enum sc_fault_code)code));
        sc_buffer_append_text(page, "</code></dt><dd>");
        sc_buffer_append_text(page, sc_fault_meaning((enum sc_fault_code)code));
        sc_buffer_append_text(page, "</dd>");
    }
    sc_buffer_append_text(page, "</dl>");
}

/* The tables' texts hold nothing that HTML would read as markup. */
static enum sc_progress problem_as_html(struct sc_call *call, enum sc_problem problem)
{
    const struct sc_problem_class *class = sc_problem_class(problem);
    char text[2048];
    int length = snprintf(
        text, sizeof text,
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
        "<title>%s – secondchair</title><link rel=\"stylesheet\" href=\"/assets/style.css\">"
        "<link rel=\"icon\" href=\"/assets/icon.svg\"></head>\n"
        "<body><main class=\"prose\"><h1>%s</h1><p>Status %d. %s</p><p>%s</p>",
        class->title, class->title, class->status,
        class->retryable ? "It is worth trying again unchanged." : "Trying again unchanged will not help.",
        meaning_of(problem));
    struct sc_buffer page;
    sc_buffer_init(&page, PAGE_LIMIT);
    if (length > 0 && length < (int)sizeof text) sc_buffer_append(&page, text, (size_t)length);
    if (has_faults(class)) put_codes(&page);
    sc_buffer_append_text(&page, "<p><a href=\"/docs\">API reference</a> · <a href=\"/\">secondchair</a></p>"
                                 "</main></body></html>\n");
    return answer_page(call, &page, SC_MEDIA_HTML);
}

enum sc_progress sc_problem_page(struct sc_call *call)
{
    enum sc_problem problem = problem_named(call->argument[0]);
    if (problem == SC_PROBLEMS) return sc_call_fail(call, SC_PROBLEM_not_found, "No problem has this name.");
    return call->accept == SC_MEDIA_HTML ? problem_as_html(call, problem) : problem_as_json(call, problem);
}

enum sc_progress sc_version(struct sc_call *call)
{
    struct sc_buffer page;
    struct sc_json_writer writer;
    sc_buffer_init(&page, PAGE_LIMIT);
    sc_json_writer_init(&writer, &page);
    sc_json_object_begin(&writer);
    sc_json_member_text(&writer, "name", "secondchair");
    sc_json_member_text(&writer, "version", SC_SERVICE_VERSION);
    sc_json_member_text(&writer, "engine", SC_ENGINE_VERSION);
    sc_json_member_object_begin(&writer, "build");
    sc_json_member_text(&writer, "compiler", COMPILER);
    sc_json_member_text(&writer, "jansson", jansson_version_str());
    sc_json_object_end(&writer);
    sc_json_object_end(&writer);
    if (!sc_json_finish(&writer)) page.failed = true;
    return answer_page(call, &page, SC_MEDIA_JSON);
}
