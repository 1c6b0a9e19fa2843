#include "problem.h"

#include "app/problem.h"
#include "base/buffer.h"
#include "codec/writer.h"
#include "secondchair/limits.h"

char *sc_problem_write(const struct sc_answer *answer, const char *instance, size_t *length)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_buffer_init(&buffer, SC_LIMIT_PROBLEM);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    sc_problem_members(&writer, answer, instance);
    sc_json_object_end(&writer);
    if (!sc_json_finish(&writer)) sc_buffer_fini(&buffer);
    return sc_buffer_take(&buffer, length);
}
