#include "problem.h"

#include "base/buffer.h"
#include "codec/writer.h"
#include "secondchair/limits.h"

#include <stdio.h>

/* "/problems/" and the name with '-' for '_'. */
static void write_type(struct sc_json_writer *writer, const char *name)
{
    char type[96];
    snprintf(type, sizeof type, "/problems/%s", name);
    for (char *c = type; *c; c++)
        if (*c == '_') *c = '-';
    sc_json_member_text(writer, "type", type);
}

static void write_faults(struct sc_json_writer *writer, const struct sc_faults *faults)
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

char *sc_problem_write(const struct sc_answer *answer, const char *instance, size_t *length)
{
    const struct sc_problem_class *class = sc_problem_class(answer->problem);
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_buffer_init(&buffer, SC_LIMIT_PROBLEM);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    write_type(&writer, class->name);
    sc_json_member_text(&writer, "title", class->title);
    sc_json_member_integer(&writer, "status", class->status);
    sc_json_member_text(&writer, "detail", answer->detail);
    sc_json_member_text(&writer, "instance", instance);
    if (answer->faults && sc_faults_any(answer->faults)) write_faults(&writer, answer->faults);
    sc_json_object_end(&writer);
    if (!sc_json_finish(&writer)) sc_buffer_fini(&buffer);
    return sc_buffer_take(&buffer, length);
}
