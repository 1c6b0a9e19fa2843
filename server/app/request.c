#include "request.h"

#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "base/etag.h"
#include "budget.h"
#include "codec/budget.h"
#include "codec/pointer.h"
#include "codec/text.h"
#include "codec/writer.h"
#include "collection.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static size_t count_names(const char *const *names)
{
    size_t count = 0;
    while (names && names[count]) count++;
    return count;
}

static bool is_among(const char *const *names, const char *name)
{
    for (size_t i = 0; names && names[i]; i++)
        if (strcmp(names[i], name) == 0) return true;
    return false;
}

static bool is_repeated(const struct sc_call *call, size_t index)
{
    for (size_t i = 0; i < index; i++)
        if (strcmp(call->parameter[i].name, call->parameter[index].name) == 0) return true;
    return false;
}

bool sc_call_allows(struct sc_call *call, const char *const *names)
{
    for (size_t i = 0; i < call->parameter_count; i++) {
        const char *name = call->parameter[i].name;
        if (!is_among(names, name)) {
            const char *meant = sc_text_suggest(name, names, count_names(names));
            sc_call_fail(call, SC_PROBLEM_bad_request, "\"%s\" is no parameter here%s%s%s", name,
                         meant ? "; did you mean \"" : "", meant ? meant : "", meant ? "\"?" : "");
            return false;
        }
        if (strcmp(name, "set") != 0 && strcmp(name, "job") != 0 && is_repeated(call, i)) {
            sc_call_fail(call, SC_PROBLEM_bad_request, "The parameter \"%s\" is given twice", name);
            return false;
        }
    }
    return true;
}

static void add_unknown(const char *key, const char *const *choice, size_t count, const char *place,
                        struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    sc_pointer_append_key(pointer, place, key);
    const char *meant = sc_text_suggest(key, choice, count);
    sc_fault_add(faults, SC_FAULT_unknown_field, pointer, "There is no such member%s%s%s",
                 meant ? "; did you mean `" : "", meant ? meant : "", meant ? "`?" : "");
}

void sc_request_members(const json_t *object, const char *const *names, const char *const *more,
                        const char *place, struct sc_faults *faults)
{
    const char *choice[2 * SC_NAMES_MAX];
    size_t count = 0;
    for (size_t i = 0; names && names[i] && i < SC_NAMES_MAX; i++) choice[count++] = names[i];
    for (size_t i = 0; more && more[i] && i < SC_NAMES_MAX; i++) choice[count++] = more[i];
    const char *key;
    json_t *value;
    json_object_foreach ((json_t *)(uintptr_t)object, key, value) {
        if (!is_among(names, key) && !is_among(more, key)) add_unknown(key, choice, count, place, faults);
    }
}

bool sc_call_flag(struct sc_call *call, const char *name, bool *value)
{
    const char *text = sc_call_parameter(call, name);
    if (!text) return true;
    bool yes = strcmp(text, "true") == 0;
    if (!yes && strcmp(text, "false") != 0) {
        sc_call_fail(call, SC_PROBLEM_bad_request, "The parameter \"%s\" is true or false", name);
        return false;
    }
    *value = yes;
    return true;
}

/* False where it is absent, or not usable: then with a fault. */
static bool read_number(const json_t *question, const char *name, double low, double high, double *value,
                        struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    const json_t *given = json_object_get(question, name);
    double number = json_number_value(given);
    if (!given) return false;
    snprintf(pointer, sizeof pointer, "/%s", name);
    if (json_is_number(given) && number >= low && number <= high) {
        *value = number;
        return true;
    }
    sc_fault_add(faults, json_is_number(given) ? SC_FAULT_out_of_range : SC_FAULT_wrong_type, pointer,
                 "%s must be a number between %.10g and %.10g", name, low, high);
    return false;
}

void sc_request_number(const json_t *question, const char *name, double low, double high, double *value,
                       struct sc_faults *faults)
{
    (void)read_number(question, name, low, high, value, faults);
}

void sc_request_whole(const json_t *question, const char *name, double low, double high, double *value,
                      struct sc_faults *faults)
{
    char pointer[SC_POINTER_MAX];
    double number = *value;
    if (!read_number(question, name, low, high, &number, faults)) return;
    snprintf(pointer, sizeof pointer, "/%s", name);
    if (number == floor(number))
        *value = number;
    else
        sc_fault_add(faults, SC_FAULT_not_an_integer, pointer, "%s must be a whole number", name);
}

bool sc_call_is_sound(struct sc_call *call, const struct sc_faults *faults)
{
    if (sc_faults_any(faults)) sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    return !sc_faults_any(faults);
}

bool sc_text_is_integer(const char *text, int64_t *value)
{
    int64_t result = 0;
    if (!*text) return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(result, 10, &result) ||
            __builtin_add_overflow(result, *text - '0', &result))
            return false;
    }
    *value = result;
    return true;
}

bool sc_call_integer(struct sc_call *call, const char *name, int64_t least, int64_t most, int64_t *value)
{
    const char *text = sc_call_parameter(call, name);
    if (!text) return true;
    int64_t number;
    if (!sc_text_is_integer(text, &number) || number < least || number > most) {
        sc_call_fail(call, SC_PROBLEM_bad_request,
                     "The parameter \"%s\" is a whole number from %" PRId64 " to %" PRId64, name, least,
                     most);
        return false;
    }
    *value = number;
    return true;
}

struct sc_faults *sc_call_faults(struct sc_call *call)
{
    struct sc_faults *faults =
        sc_arena_room(call->arena, sizeof *faults); /* 33 KB that are seldom looked at */
    if (!faults) {
        sc_call_exhausted(call);
        return NULL;
    }
    faults->count = faults->omitted = 0;
    return faults;
}

enum sc_progress sc_call_exhausted(struct sc_call *call)
{
    return sc_call_fail(call, SC_PROBLEM_overloaded, "There is not enough memory for this request");
}

enum sc_progress sc_call_invalid(struct sc_call *call, enum sc_problem problem,
                                 const struct sc_faults *faults)
{
    const struct sc_fault *first = &faults->item[0];
    size_t count = faults->count + faults->omitted;
    const char *place = first->pointer[0] ? first->pointer : "the whole";
    if (count == 1)
        sc_call_fail(call, problem, "At %s: %s", place, first->detail);
    else
        sc_call_fail(call, problem, "%zu faults; the first is at %s: %s", count, place, first->detail);
    call->answer->faults = faults;
    return SC_ANSWERED;
}

bool sc_call_refuse(struct sc_call *call, enum sc_problem problem, enum sc_fault_code code,
                    const char *pointer, const char *format, ...)
{
    char detail[SC_DETAIL_MAX];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(detail, sizeof detail, format, arguments);
    va_end(arguments);
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    sc_fault_add(faults, code, pointer, "%s", detail);
    sc_call_invalid(call, problem, faults);
    return false;
}

/* The pointer within the document that is sent along, or NULL where it leads elsewhere. */
static const char *pointer_within(const char *pointer, const struct sc_collection *sent)
{
    size_t length = sent ? strlen(sent->noun) : 0;
    if (!sent || *pointer != '/' || strncmp(pointer + 1, sent->noun, length) != 0) return NULL;
    return pointer[1 + length] == '/' ? pointer + 1 + length : NULL;
}

/* A duplicate key, or a number that no double holds: JSON, but not a value that can be meant. */
static void fail_value(struct sc_call *call, const struct sc_json_error *error, enum sc_problem invalid,
                       const struct sc_collection *sent)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return;
    const char *within = pointer_within(error->pointer, sent);
    sc_fault_add(faults,
                 error->kind == SC_JSON_DUPLICATE_KEY ? SC_FAULT_duplicate_key : SC_FAULT_out_of_range,
                 within ? within : error->pointer, "%s (line %zu, column %zu)", error->detail, error->line,
                 error->column);
    sc_call_invalid(call, within ? sent->invalid : invalid, faults);
}

static void fail_syntax(struct sc_call *call, const struct sc_json_error *error)
{
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return;
    sc_fault_add(faults, SC_FAULT_bad_text, error->pointer, "%s", error->detail);
    sc_call_fail(call, SC_PROBLEM_not_json, "Line %zu, column %zu: %s", error->line, error->column,
                 error->detail);
    call->answer->faults = faults;
}

void sc_call_not_json(struct sc_call *call, const struct sc_json_error *error, enum sc_problem invalid,
                      const struct sc_collection *sent)
{
    switch (error->kind) {
    case SC_JSON_DUPLICATE_KEY:
    case SC_JSON_TOO_BIG_NUMBER:
        fail_value(call, error, invalid, sent);
        break;
    case SC_JSON_TOO_DEEP:
    case SC_JSON_TOO_MANY_TOKENS:
        sc_call_fail(call, SC_PROBLEM_body_too_large, "Line %zu, column %zu: %s", error->line, error->column,
                     error->detail);
        break;
    case SC_JSON_NO_MEMORY:
        sc_call_exhausted(call);
        break;
    case SC_JSON_SYNTAX:
    case SC_JSON_FINE:
        fail_syntax(call, error);
        break;
    }
}

const struct sc_json_limits SC_BODY_LIMITS = {SC_BODY_TOKENS_MAX, SC_BODY_DEPTH_MAX};

json_t *sc_call_json(struct sc_call *call, enum sc_problem invalid, const struct sc_collection *sent)
{
    enum { BYTES_A_MICROSECOND = 50 }; /* of jansson */
    struct sc_json_error error;
    if (!call->body) {
        sc_call_fail(call, SC_PROBLEM_not_json, "The body is empty");
        return NULL;
    }
    if (sc_call_postpones(call, (double)call->body_length / BYTES_A_MICROSECOND)) return NULL;
    uint64_t start = sc_clock_nanoseconds();
    json_t *json = sc_json_parse(call->body, call->body_length, &SC_BODY_LIMITS, &error);
    sc_call_spent(call, SC_STAGE_PARSE, start);
    if (!json) sc_call_not_json(call, &error, invalid, sent);
    return json;
}

enum sc_progress sc_call_store_problem(struct sc_call *call, enum sc_record_type type,
                                       enum sc_store_status status, const char *id)
{
    const struct sc_collection *of = sc_collection(type);
    switch (status) {
    case SC_STORE_NOT_FOUND:
        return sc_call_fail(call, SC_PROBLEM_not_found, "There is no %s \"%s\"; GET %s lists them", of->noun,
                            id, of->path);
    case SC_STORE_DELETED:
        return sc_call_fail(call, SC_PROBLEM_not_found,
                            "\"%.64s\" is deleted; POST %s/%.64s/restore brings it back", id, of->path, id);
    case SC_STORE_STALE:
        return sc_call_fail(call, SC_PROBLEM_stale_revision, "\"%.64s\" has just been changed; read it again",
                            id);
    case SC_STORE_EXISTS:
        return sc_call_fail(call, SC_PROBLEM_conflict, "\"%.64s\" is there already", id);
    case SC_STORE_FULL:
        return sc_call_fail(call, SC_PROBLEM_storage_full, "Nothing was stored");
    case SC_STORE_BUSY:
        return sc_call_fail(call, SC_PROBLEM_overloaded,
                            "The storage is too busy, or has no memory for this");
    case SC_STORE_CLOSED:
        return sc_call_fail(call, SC_PROBLEM_storage_unavailable, "The service is shutting down");
    case SC_STORE_BROKEN:
    case SC_STORE_REPEATED:
        break;
    case SC_STORE_OK:
        break;
    }
    return sc_call_fail(call, SC_PROBLEM_storage_unavailable, "The storage cannot be read or written");
}

struct sc_reader *sc_call_reader(struct sc_call *call)
{
    if (!call->reader) sc_call_store_problem(call, SC_RECORD_SCENARIO, SC_STORE_BROKEN, "");
    return call->reader;
}

char *sc_call_text(struct sc_call *call, const char *text)
{
    return text ? sc_arena_text(call->arena, text, strlen(text)) : NULL;
}

const char *sc_json_in_arena(struct sc_arena *arena, const json_t *value, size_t *length)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    const char *text = NULL;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_json_value(&writer, value);
    if (sc_json_finish(&writer)) text = sc_arena_text(arena, buffer.data, buffer.length);
    if (length) *length = text ? buffer.length : 0;
    sc_buffer_fini(&buffer);
    return text;
}

bool sc_answer_is_known(struct sc_call *call, const char *version, enum sc_freshness freshness)
{
    struct sc_answer *answer = call->answer;
    int length = snprintf(answer->etag, sizeof answer->etag, "\"%s\"", version);
    if (length >= (int)sizeof answer->etag) answer->etag[0] = '\0';
    answer->freshness = freshness;
    if (answer->outcome == SC_OUTCOME_PROBLEM) return false;
    bool known = answer->etag[0] && sc_etag_matches(call->if_none_match, answer->etag);
    if (known) answer->outcome = SC_OUTCOME_NOT_MODIFIED;
    return known;
}

enum sc_progress sc_answer_buffer(struct sc_call *call, enum sc_media media, struct sc_buffer *buffer)
{
    bool failed = buffer->failed;
    struct sc_answer *answer = call->answer;
    if (!failed) {
        answer->media = media;
        answer->body = sc_buffer_take(buffer, &answer->body_length);
    }
    sc_buffer_fini(buffer);
    return failed ? sc_call_exhausted(call) : SC_ANSWERED;
}
