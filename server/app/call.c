#include "secondchair/call.h"

#include "base/clock.h"
#include "secondchair/limits.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sc_problem_class CLASSES[] = {
#define SC_PROBLEM(name_, status_, title_, retryable_)                                                       \
    {.name = #name_, .title = title_, .status = status_, .retryable = retryable_},
#include "secondchair/problems.def"
#undef SC_PROBLEM
};

enum { RETRY_AFTER_SECONDS = 1 };

const struct sc_problem_class *sc_problem_class(enum sc_problem problem)
{
    return &CLASSES[problem];
}

enum sc_progress sc_call_fail(struct sc_call *call, enum sc_problem problem, const char *format, ...)
{
    struct sc_answer *answer = call->answer;
    free(answer->body);
    if (answer->release) answer->release(answer->owner);
    *answer = (struct sc_answer){.outcome = SC_OUTCOME_PROBLEM, .media = SC_MEDIA_JSON, .problem = problem};
    if (CLASSES[problem].retryable) answer->retry_after = RETRY_AFTER_SECONDS;
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(answer->detail, sizeof answer->detail, format, arguments);
    va_end(arguments);
    if (length < (int)sizeof answer->detail) return SC_ANSWERED;
    size_t end = sizeof answer->detail - sizeof "…";
    while (end > 0 && ((unsigned char)answer->detail[end] & 0xc0) == 0x80) end--;
    memcpy(answer->detail + end, "…", sizeof "…");
    return SC_ANSWERED;
}

const char *sc_call_parameter(const struct sc_call *call, const char *name)
{
    for (size_t i = 0; i < call->parameter_count; i++)
        if (strcmp(call->parameter[i].name, name) == 0) return call->parameter[i].value;
    return NULL;
}

uint64_t sc_call_spent(struct sc_call *call, enum sc_stage stage, uint64_t start)
{
    uint64_t now = sc_clock_nanoseconds();
    call->stage_nanoseconds[stage] += now - start;
    return now;
}

bool sc_call_postpones(struct sc_call *call, double microseconds)
{
    if (call->hurried && microseconds > SC_LIMIT_INLINE_MICROSECONDS) call->too_long = true;
    return call->too_long;
}

bool sc_call_goes_on(struct sc_call *call, double done, const char *partial)
{
    if (call->follower && !call->follower->hear(call->follower, done, partial)) call->stopped = true;
    return !call->stopped;
}

bool sc_call_is_heard(const struct sc_call *call)
{
    return call->follower && call->follower->wants_partial;
}
