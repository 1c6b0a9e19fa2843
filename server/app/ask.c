#include "ask.h"

#include "base/clock.h"
#include "budget.h"
#include "codec/writer.h"
#include "request.h"

const struct sc_asking *const SC_ASKINGS[] = {&SC_ASK_VALUATION,   &SC_ASK_PROJECTION, &SC_ASK_CHAIR,
                                              &SC_ASK_IMPLIED,     &SC_ASK_RETURNS,    &SC_ASK_COMPARISON,
                                              &SC_ASK_SENSITIVITY, &SC_ASK_SIMULATION, NULL};

enum sc_progress sc_ask_stored(struct sc_call *call, const struct sc_asking *asking)
{
    struct sc_subject subject;
    if (sc_subject_of_stored(call, asking->members, asking->plan_alone, &subject))
        asking->answer(call, &subject);
    sc_subject_fini(&subject);
    return SC_ANSWERED;
}

enum sc_progress sc_ask_sent(struct sc_call *call, const struct sc_asking *asking)
{
    struct sc_subject subject;
    if (sc_subject_of_sent(call, asking->members, asking->plan_alone, &subject))
        asking->answer(call, &subject);
    sc_subject_fini(&subject);
    return SC_ANSWERED;
}

void sc_ask_begin(const struct sc_subject *subject, struct sc_json_writer *writer, struct sc_buffer *buffer)
{
    sc_buffer_init(buffer, SC_ANSWER_BYTES_MAX);
    (void)sc_buffer_reserve(buffer, subject->filter ? SC_ANSWER_PART : SC_ANSWER_USUAL);
    sc_json_writer_init(writer, buffer);
    writer->filter = subject->filter;
    sc_json_object_begin(writer);
    sc_subject_write(subject, writer);
}

enum sc_progress sc_ask_end(struct sc_call *call, const struct sc_subject *subject,
                            struct sc_json_writer *writer, struct sc_buffer *buffer, uint64_t start)
{
    sc_json_object_end(writer);
    sc_call_spent(call, SC_STAGE_ENCODE, start);
    return sc_answer_question(call, subject->inputs, writer, buffer);
}
