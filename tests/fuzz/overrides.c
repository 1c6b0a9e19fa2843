/* Questions about amd-base through the use cases: the input is the array of overrides, then, after a NUL
 * each, texts of ?set=. Every answer is a problem with its faults or JSON, finite throughout. */
#include "app/app.h"
#include "fuzz.h"
#include "secondchair/call.h"

static sc_use_case *const USE_CASES[] = {sc_valuation_sent, sc_chair_sent, sc_projection_sent};

static const char *document(void)
{
    static char text[65536];
    FILE *file = text[0] ? NULL : fopen("schema/scenarios/amd-base.json", "rb");
    if (!text[0]) {
        MUST(file);
        text[fread(text, 1, sizeof text - 1, file)] = '\0';
        fclose(file);
    }
    return text;
}

static enum sc_outcome ask(sc_use_case *use_case, const char *body, const struct sc_parameter *parameter,
                           size_t parameters)
{
    struct sc_arena arena;
    struct sc_answer answer = {.outcome = SC_OUTCOME_OK};
    sc_arena_init(&arena, 16 << 20);
    struct sc_call call = {.arena = &arena,
                           .request_id = "fuzz",
                           .path = "/",
                           .parameter = parameter,
                           .parameter_count = parameters,
                           .body = body,
                           .body_length = strlen(body),
                           .content = SC_MEDIA_JSON,
                           .accept = SC_MEDIA_JSON,
                           .answer = &answer};
    MUST(use_case(&call) == SC_ANSWERED);
    if (answer.outcome == SC_OUTCOME_PROBLEM) {
        int status = sc_problem_class(answer.problem)->status;
        MUST(status == 400 || status == 413 || (status == 422 && answer.faults && answer.faults->count > 0));
    } else {
        json_t *read = json_loadb(answer.body, answer.body_length, JSON_REJECT_DUPLICATES, NULL);
        MUST(answer.outcome == SC_OUTCOME_OK && read);
        json_decref(read);
    }
    free(answer.body);
    sc_arena_fini(&arena);
    return answer.outcome;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct sc_parameter parameter[8];
    size_t parameters = 0, room = size + strlen(document()) + 64;
    char *copy = malloc(size + 1), *body = malloc(room);
    MUST(copy && body);
    memcpy(copy, data, size);
    copy[size] = '\0';
    for (const char *at = copy + strlen(copy) + 1; at < copy + size && parameters < 8; at += strlen(at) + 1)
        parameter[parameters++] = (struct sc_parameter){"set", at};
    snprintf(body, room, "{\"inputs\":true,\"overrides\":%s,\"scenario\":%s}", *copy ? copy : "[]",
             document());
    for (size_t i = 0; i < sizeof USE_CASES / sizeof USE_CASES[0]; i++)
        ask(USE_CASES[i], body, parameter, parameters);
    free(copy);
    free(body);
    return 0;
}
