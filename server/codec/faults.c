#include "faults.h"

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
