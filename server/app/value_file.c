#include "app.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "budget.h"
#include "codec/budget.h"
#include "codec/canonical.h"
#include "codec/document.h"
#include "codec/faults.h"
#include "codec/writer.h"
#include "evaluation.h"
#include "request.h"
#include "subject.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool read_file(const char *path, struct sc_buffer *buffer)
{
    FILE *file = strcmp(path, "-") == 0 ? stdin : fopen(path, "rb");
    char piece[4096];
    size_t length;
    if (!file) {
        fprintf(stderr, "secondchair: cannot read %s: %s\n", path, strerror(errno));
        return false;
    }
    while ((length = fread(piece, 1, sizeof piece, file)) > 0 && sc_buffer_append(buffer, piece, length)) {
    }
    bool done = !ferror(file) && !buffer->failed;
    if (!done)
        fprintf(stderr, "secondchair: cannot read %s: %s\n", path,
                buffer->failed ? "it is too long" : "I/O error");
    if (file != stdin) fclose(file);
    return done;
}

/* The same faults as the service would answer, as a problem on standard error. */
static int print_faults(const struct sc_faults *faults)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    sc_json_member_text(&writer, "title", "The scenario cannot be valued");
    sc_json_member_faults(&writer, faults);
    sc_json_object_end(&writer);
    if (sc_json_finish(&writer)) fprintf(stderr, "%.*s\n", (int)buffer.length, buffer.data);
    sc_buffer_fini(&buffer);
    return 1;
}

static int print_valuation(const struct sc_subject *subject, const struct sc_evaluation *evaluation)
{
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    sc_subject_write(subject, &writer);
    sc_valuation_write(evaluation, &writer);
    sc_json_object_end(&writer);
    bool done = sc_json_finish(&writer) && fwrite(buffer.data, 1, buffer.length, stdout) == buffer.length &&
                putchar('\n') != EOF && fflush(stdout) == 0;
    sc_buffer_fini(&buffer);
    if (!done) fprintf(stderr, "secondchair: the answer could not be written\n");
    return done ? 0 : 1;
}

static int value_document(json_t *document, struct sc_arena *arena)
{
    struct sc_subject subject = {.document = document};
    struct sc_faults *faults = sc_arena_alloc(arena, sizeof *faults);
    if (!faults || !sc_json_digest(document, subject.sha256)) return 1;
    subject.plan = sc_document_compile(document, arena, faults);
    const struct sc_evaluation *evaluation =
        subject.plan ? sc_evaluation_new(subject.plan, arena, faults) : NULL;
    if (evaluation) return print_valuation(&subject, evaluation);
    if (sc_faults_any(faults)) return print_faults(faults);
    fprintf(stderr, "secondchair: out of memory\n");
    return 1;
}

static int value_text(const struct sc_buffer *text, struct sc_arena *arena)
{
    struct sc_json_error error;
    json_auto_t *document =
        sc_json_parse(text->data ? text->data : "", text->length, &SC_BODY_LIMITS, &error);
    if (document) return value_document(document, arena);
    struct sc_faults *faults = sc_arena_alloc(arena, sizeof *faults);
    if (!faults) return 1;
    bool duplicate = error.kind == SC_JSON_DUPLICATE_KEY;
    sc_fault_add(faults, duplicate ? SC_FAULT_duplicate_key : SC_FAULT_wrong_type, error.pointer, "%s",
                 error.detail);
    return print_faults(faults);
}

int sc_app_value_file(const char *path)
{
    struct sc_buffer text;
    struct sc_arena arena;
    sc_buffer_init(&text, SC_ANSWER_BYTES_MAX);
    sc_arena_init(&arena, SC_ANSWER_BYTES_MAX);
    int status = read_file(path, &text) ? value_text(&text, &arena) : 2;
    sc_arena_fini(&arena);
    sc_buffer_fini(&text);
    return status;
}
