#include "problem.h"

#include "codec/faults.h"

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

void sc_problem_members(struct sc_json_writer *writer, const struct sc_answer *answer, const char *instance)
{
    const struct sc_problem_class *class = sc_problem_class(answer->problem);
    write_type(writer, class->name);
    sc_json_member_text(writer, "title", class->title);
    sc_json_member_integer(writer, "status", class->status);
    sc_json_member_text(writer, "detail", answer->detail);
    if (instance) sc_json_member_text(writer, "instance", instance);
    if (answer->faults && sc_faults_any(answer->faults)) sc_json_member_faults(writer, answer->faults);
}
