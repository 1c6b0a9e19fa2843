#include "base/clock.h"
#include "codec/pointer.h"
#include "codec/set_document.h"
#include "request.h"
#include "resolve.h"
#include "transfer.h"

#include "budget.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { NAME_MAX_LENGTH = 800, ID_MAX_LENGTH = 64, DIGEST_LENGTH = 64 };

static const char *const MEMBERS[] = {"id",         "parent",     "builtin", "revision", "created_at",
                                      "updated_at", "deleted_at", "name",    "kind",     "document",
                                      "overrides",  "sha256",     "parents", NULL};

/* A line while it is read. */
struct reading {
    json_t *json;
    const char *place;
    struct sc_faults *faults;
};

static void refuse(const struct reading *reading, enum sc_fault_code code, const char *member,
                   const char *says)
{
    char pointer[SC_POINTER_MAX];
    sc_pointer_append_key(pointer, reading->place, member);
    sc_fault_add(reading->faults, code, pointer, "%s", says);
}

bool sc_time_read(const char *text, int64_t *microseconds)
{
    struct tm tm = {.tm_isdst = 0};
    char again[SC_TIMESTAMP_SIZE], *end = NULL;
    if (strlen(text) != sizeof "2026-04-23T09:30:00.000000Z" - 1) return false;
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (!rest || *rest != '.') return false;
    long fraction = strtol(rest + 1, &end, 10);
    int64_t value = (int64_t)timegm(&tm) * 1000000 + fraction;
    if (fraction < 0 || fraction > 999999 || value <= 0) return false;
    sc_clock_timestamp(value, again);
    if (strcmp(again, text) != 0) return false;
    *microseconds = value;
    return true;
}

/* A text member; NULL with a fault where it is missing or none, without one where it may be null and is. */
static const char *read_text(const struct reading *reading, const char *member, bool nullable)
{
    const json_t *value = json_object_get(reading->json, member);
    const char *text = json_string_value(value);
    if (text || (nullable && json_is_null(value))) return text;
    refuse(reading, value ? SC_FAULT_wrong_type : SC_FAULT_missing, member,
           nullable ? "This must be a text or null" : "This must be a text");
    return NULL;
}

static int64_t read_time(const struct reading *reading, const char *member, bool nullable)
{
    int64_t microseconds = 0;
    const char *text = read_text(reading, member, nullable);
    if (text && !sc_time_read(text, &microseconds))
        refuse(reading, SC_FAULT_bad_date, member, "A time looks like 2026-04-23T09:30:00.000000Z");
    return microseconds;
}

static const char *read_id(const struct reading *reading, const char *member, bool nullable)
{
    const char *id = read_text(reading, member, nullable);
    if (!id) return NULL;
    size_t length = strspn(id, "abcdefghijklmnopqrstuvwxyz0123456789-");
    if (length > 0 && length <= ID_MAX_LENGTH && !id[length]) return id;
    refuse(reading, SC_FAULT_bad_text, member, "An id has 1 to 64 of a-z, 0-9 and -");
    return NULL;
}

static const char *read_digest(const struct reading *reading)
{
    const char *digest = read_text(reading, "sha256", false);
    if (!digest) return NULL;
    if (strspn(digest, "0123456789abcdef") == DIGEST_LENGTH && !digest[DIGEST_LENGTH]) return digest;
    refuse(reading, SC_FAULT_bad_text, "sha256", "A digest has 64 hexadecimal digits in lower case");
    return NULL;
}

static int64_t read_revision(const struct reading *reading)
{
    const json_t *value = json_object_get(reading->json, "revision");
    int64_t revision = json_integer_value(value);
    if (!value)
        refuse(reading, SC_FAULT_missing, "revision", "This must be a whole number");
    else if (!json_is_integer(value))
        refuse(reading, SC_FAULT_wrong_type, "revision", "This must be a whole number");
    else if (revision < 1 || revision > SC_REVISION_MAX)
        refuse(reading, SC_FAULT_out_of_range, "revision", "A revision is from 1 to 999999999");
    return revision;
}

/* The revisions over which a variant was written; older exports do not say them. */
static void read_parents(const struct reading *reading, struct sc_line *line)
{
    const json_t *parents = json_object_get(reading->json, "parents");
    size_t count = json_array_size(parents), length = 0;
    bool sound = !parents || (line->variant && count > 0 && count < SC_CHAIN_MAX);
    for (size_t i = 0; i < count && sound; i++) {
        json_int_t revision = json_integer_value(json_array_get(parents, i));
        sound = revision >= 1 && revision <= SC_REVISION_MAX;
        if (sound)
            length += (size_t)snprintf(line->parents + length, sizeof line->parents - length,
                                       "%s%" JSON_INTEGER_FORMAT, i ? "." : "", revision);
    }
    if (!sound)
        refuse(reading, SC_FAULT_out_of_range, "parents",
               "These are the revisions of a variant's parent, of that one's parent and so on: 1, 2, …");
}

static bool read_builtin(const struct reading *reading)
{
    const json_t *value = json_object_get(reading->json, "builtin");
    if (!json_is_boolean(value))
        refuse(reading, value ? SC_FAULT_wrong_type : SC_FAULT_missing, "builtin",
               "This must be true or false");
    return json_is_true(value);
}

static void check_body(const struct reading *reading, bool variant)
{
    const char *body = variant ? "overrides" : "document";
    const char *other = variant ? "document" : "overrides";
    if (!json_object_get(reading->json, body))
        refuse(reading, SC_FAULT_missing, body, "The line has no body");
    if (json_object_get(reading->json, other))
        refuse(reading, SC_FAULT_conflict, other, "A line has one body");
    const json_t *parent = json_object_get(reading->json, "parent");
    if (parent && variant != json_is_string(parent))
        refuse(reading, SC_FAULT_conflict, "parent", "A variant has a parent, and a document has none");
}

static void read_kind(const struct reading *reading, struct sc_line *line)
{
    const char *kind = read_text(reading, "kind", false);
    bool set = kind && strcmp(kind, "set") == 0;
    line->variant = kind && strcmp(kind, "variant") == 0;
    line->type = set ? SC_RECORD_SET : SC_RECORD_SCENARIO;
    if (kind && !line->variant && !set && strcmp(kind, "document") != 0)
        refuse(reading, SC_FAULT_bad_choice, "kind", "A line is a document, a variant or a set");
    else if (kind)
        check_body(reading, line->variant);
}

/* The faults found of a part, with where that is in the file. */
static void move_faults(const struct reading *reading, const struct sc_faults *found, const char *member)
{
    for (size_t i = 0; i < found->count; i++) {
        char pointer[2 * SC_POINTER_MAX];
        snprintf(pointer, sizeof pointer, "%s%s%s", reading->place, member, found->item[i].pointer);
        sc_fault_add(reading->faults, found->item[i].code, pointer, "%s", found->item[i].detail);
    }
    reading->faults->omitted += found->omitted;
}

/* Whether the members of a set are there, and have a value, is not seen in its line: they may have changed
 * since.
 */
static bool is_sound(const struct sc_line *line, struct sc_faults *found)
{
    struct sc_set set;
    return line->type == SC_RECORD_SET ? sc_set_read(line->document, &set, found)
                                       : sc_document_is_valid(line->document, found);
}

/* False when memory is short. */
static bool check_document(const struct reading *reading, const struct sc_line *line, struct sc_faults *found)
{
    char digest[SC_DIGEST_TEXT];
    const char *name = json_string_value(json_object_get(line->document, "name"));
    if (!is_sound(line, found)) {
        move_faults(reading, found, "/document");
        return sc_faults_any(found);
    }
    if (line->name && name && strcmp(line->name, name) != 0)
        refuse(reading, SC_FAULT_conflict, "name", "The document has another name");
    if (!sc_json_digest(line->document, digest)) return false;
    if (line->sha256 && strcmp(digest, line->sha256) != 0)
        refuse(reading, SC_FAULT_conflict, "sha256", "The document has another digest: it has been changed");
    return true;
}

/* Well-formed, whatever the parent: each override names a place and a value. */
static bool check_overlay(const struct reading *reading, const struct sc_line *line, struct sc_faults *found)
{
    sc_overlay_check(line->overrides, found);
    move_faults(reading, found, "");
    if (line->name && (!*line->name || strlen(line->name) > NAME_MAX_LENGTH))
        refuse(reading, SC_FAULT_wrong_length, "name", "A name has 1 to 200 characters");
    return true;
}

static void read_members(const struct reading *reading, struct sc_line *line)
{
    sc_request_members(reading->json, MEMBERS, NULL, reading->place, reading->faults);
    line->id = read_id(reading, "id", false);
    line->parent = read_id(reading, "parent", true);
    line->builtin = read_builtin(reading);
    line->revision = read_revision(reading);
    line->created_at = read_time(reading, "created_at", false);
    line->updated_at = read_time(reading, "updated_at", false);
    line->deleted_at = read_time(reading, "deleted_at", true);
    line->name = read_text(reading, "name", false);
    read_kind(reading, line);
    read_parents(reading, line);
    line->sha256 = read_digest(reading);
    line->document = json_object_get(reading->json, "document");
    line->overrides = json_object_get(reading->json, "overrides");
}

bool sc_line_read(json_t *json, const char *place, struct sc_line *line, struct sc_faults *faults)
{
    const struct reading reading = {.json = json, .place = place, .faults = faults};
    size_t before = faults->count + faults->omitted;
    *line = (struct sc_line){.id = NULL};
    if (!json_is_object(json)) {
        sc_fault_add(faults, SC_FAULT_wrong_type, place,
                     "A line is an object: one revision of one scenario or set");
        return false;
    }
    read_members(&reading, line);
    struct sc_faults *found = calloc(1, sizeof *found);
    bool checked = found;
    if (found && line->variant && line->overrides)
        checked = check_overlay(&reading, line, found);
    else if (found && !line->variant && line->document)
        checked = check_document(&reading, line, found);
    free(found);
    return checked && faults->count + faults->omitted == before;
}
