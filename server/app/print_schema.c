#include "app.h"
#include "budget.h"
#include "codec/document.h"
#include "codec/writer.h"

#include <stdio.h>

int sc_app_print_schema(void)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_document_write_schema(&writer);
    bool done = sc_json_finish(&writer) && fwrite(buffer.data, 1, buffer.length, stdout) == buffer.length &&
                putchar('\n') != EOF && fflush(stdout) == 0;
    sc_buffer_fini(&buffer);
    if (!done) fprintf(stderr, "secondchair: the schema could not be written\n");
    return done ? 0 : 1;
}
