#include "batch.h"
#include "codec/pointer.h"
#include "codec/text.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

enum { KINDS_MAX = 32 };

static void read_kind(const json_t *value, struct sc_batch_terms *terms, struct sc_faults *faults)
{
    const char *names[KINDS_MAX], *name = json_string_value(value);
    size_t count = 0;
    for (size_t i = 0; SC_ASKINGS[i] && count < KINDS_MAX; i++) {
        names[count++] = SC_ASKINGS[i]->name;
        if (!name || strcmp(name, SC_ASKINGS[i]->name) != 0) continue;
        terms->asking = SC_ASKINGS[i];
        return;
    }
    terms->asking = NULL;
    const char *meant = name ? sc_text_suggest(name, names, count) : NULL;
    char list[160] = "";
    for (size_t i = 0, length = 0; i < count && length < sizeof list; i++)
        length += (size_t)snprintf(list + length, sizeof list - length, "%s`%s`", i ? ", " : "", names[i]);
    sc_fault_add(faults, name ? SC_FAULT_bad_choice : SC_FAULT_wrong_type, "/question",
                 "a question is one of %s%s%s%s", list, meant ? "; did you mean `" : "", meant ? meant : "",
                 meant ? "`?" : "");
}

static void read_revision(const json_t *value, struct sc_batch_terms *terms, struct sc_faults *faults)
{
    terms->revision = json_integer_value(value);
    if (!json_is_integer(value))
        sc_fault_add(faults, SC_FAULT_wrong_type, "/revision", "must be a whole number");
    else if (terms->revision < 1 || terms->revision > SC_REVISION_MAX)
        sc_fault_add(faults, SC_FAULT_out_of_range, "/revision", "a revision is from 1 to %d",
                     SC_REVISION_MAX);
}

static void read_fields(const json_t *value, struct sc_batch_terms *terms, struct sc_faults *faults)
{
    size_t count = json_array_size(value);
    terms->fields = 0;
    if (!json_is_array(value)) {
        sc_fault_add(faults, SC_FAULT_wrong_type, "/fields",
                     "must be an array of the names of an answer's members");
        return;
    }
    if (count < 1 || count > SC_BATCH_FIELDS_MAX) {
        sc_fault_add(faults, SC_FAULT_wrong_length, "/fields", "must have 1 to %d names; it has %zu",
                     SC_BATCH_FIELDS_MAX, count);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        char place[SC_POINTER_MAX];
        terms->field[i] = json_string_value(json_array_get(value, i));
        sc_pointer_append_index(place, "/fields", i);
        if (!terms->field[i])
            sc_fault_add(faults, SC_FAULT_wrong_type, place, "must be the name of a member");
    }
    terms->fields = count;
}

void sc_batch_terms_read(const json_t *object, struct sc_batch_terms *terms, struct sc_faults *faults)
{
    const json_t *kind = json_object_get(object, "question"), *revision = json_object_get(object, "revision");
    const json_t *fields = json_object_get(object, "fields");
    if (kind) read_kind(kind, terms, faults);
    if (revision) read_revision(revision, terms, faults);
    if (fields) read_fields(fields, terms, faults);
}
