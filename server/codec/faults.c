#include "faults.h"

#include <string.h>

void sc_json_member_faults(struct sc_json_writer *writer, const struct sc_faults *faults)
{
    sc_json_member_array_begin(writer, "errors");
    for (size_t i = 0; i < faults->count; i++) {
        sc_json_object_begin(writer);
        sc_json_member_text(writer, "pointer", faults->item[i].pointer);
        sc_json_member_text(writer, "code", sc_fault_name(faults->item[i].code));
        sc_json_member_text(writer, "detail", faults->item[i].detail);
        sc_json_object_end(writer);
    }
    sc_json_array_end(writer);
    if (faults->omitted) sc_json_member_integer(writer, "errors_omitted", (int64_t)faults->omitted);
}

static bool find_code(const char *name, enum sc_fault_code *code)
{
    for (unsigned i = 0; name && i < SC_FAULT_CODES; i++) {
        *code = (enum sc_fault_code)i;
        if (strcmp(sc_fault_name(*code), name) == 0) return true;
    }
    return false;
}

static const char *text_of(const json_t *object, const char *name)
{
    const char *text = json_string_value(json_object_get(object, name));
    return text ? text : "";
}

void sc_json_read_faults(const json_t *object, struct sc_faults *faults)
{
    const json_t *errors = json_object_get(object, "errors");
    for (size_t i = 0; i < json_array_size(errors); i++) {
        const json_t *error = json_array_get(errors, i);
        enum sc_fault_code code;
        if (find_code(text_of(error, "code"), &code))
            sc_fault_add(faults, code, text_of(error, "pointer"), "%s", text_of(error, "detail"));
    }
    faults->omitted += (size_t)json_integer_value(json_object_get(object, "errors_omitted"));
}
