#include "problem.h"

#include "base/buffer.h"
#include "codec/faults.h"
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
    if (answer->faults && sc_faults_any(answer->faults)) sc_json_member_faults(&writer, answer->faults);
    sc_json_object_end(&writer);
    if (!sc_json_finish(&writer)) sc_buffer_fini(&buffer);
    return sc_buffer_take(&buffer, length);
}
