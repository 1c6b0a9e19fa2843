#include "health.h"

#include "secondchair/store.h"

#include <stdatomic.h>
#include <string.h>

static atomic_bool draining;

void sc_health_drain(void)
{
    atomic_store(&draining, true);
}

static enum sc_progress answer_fixed(struct sc_call *call, const char *text)
{
    call->answer->media = SC_MEDIA_JSON;
    call->answer->fixed = text;
    call->answer->body_length = strlen(text);
    return SC_ANSWERED;
}

enum sc_progress sc_health_live(struct sc_call *call)
{
    return answer_fixed(call, "{\"status\":\"live\"}");
}

enum sc_progress sc_health_ready(struct sc_call *call)
{
    if (atomic_load(&draining))
        return sc_call_fail(call, SC_PROBLEM_overloaded, "The service is shutting down.");
    if (!call->reader || sc_reader_check(call->reader) != SC_STORE_OK)
        return sc_call_fail(call, SC_PROBLEM_storage_unavailable, "The database cannot be read.");
    return answer_fixed(call, "{\"status\":\"ready\"}");
}
