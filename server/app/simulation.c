#include "simulation.h"

#include "app.h"
#include "ask.h"
#include "base/arena.h"
#include "base/buffer.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/document.h"
#include "codec/writer.h"
#include "evaluation.h"
#include "request.h"

#include <math.h>
#include <stdlib.h>

/* "What is it worth where I am not sure?" */
struct asked {
    struct sc_call *call;
    struct sc_simulation_question question;
    struct sc_crew *crew;
    struct sc_dimensions dimensions;
    uint64_t began;
};

/* Without faults it was for want of memory. */
static bool refuse(struct sc_call *call, enum sc_problem problem, const struct sc_faults *faults)
{
    (void)(sc_faults_any(faults) ? sc_call_invalid(call, problem, faults) : sc_call_exhausted(call));
    return false;
}

/* The question's own uncertainty, else the document's. */
static bool read_uncertainty(struct sc_call *call, const struct sc_subject *subject, const json_t *own,
                             struct sc_simulated *simulated)
{
    struct sc_faults *faults = sc_call_faults(call);
    const json_t *uncertainty = own ? own : json_object_get(subject->document, "uncertainty");
    if (!faults) return false;
    if (!uncertainty) {
        sc_fault_add(
            faults, SC_FAULT_missing, "/uncertainty",
            "the scenario says of no driver that it is uncertain; give `uncertainty` with the question, or "
            "in the document");
        return refuse(call, SC_PROBLEM_invalid_question, faults);
    }
    if (sc_uncertainty_compile(uncertainty, subject->document, subject->plan, "/uncertainty", call->arena,
                               &simulated->uncertainty, faults))
        return true;
    return refuse(call, SC_PROBLEM_invalid_question, faults);
}

/* Dimensions are common to all that the question simulates. */
static bool prepare(struct asked *asked, struct sc_simulated *simulated)
{
    struct sc_faults *faults = sc_call_faults(asked->call);
    return faults && (sc_simulated_prepare(simulated, &asked->question, sc_crew_members(asked->crew),
                                           &asked->dimensions, "/uncertainty", faults) ||
                      refuse(asked->call, SC_PROBLEM_invalid_question, faults));
}

static void summarise(struct asked *asked, struct sc_simulated *simulated)
{
    sc_simulated_summarise(simulated, asked->question.level);
}

static bool has_target(const struct sc_simulation_question *question)
{
    return !isnan(question->tolerance) || !isnan(question->time_budget);
}

/* Whether a run may end; towards a time, where the next doubling would take it beyond. */
static bool is_enough(const struct asked *asked, struct sc_simulated *simulated)
{
    const struct sc_simulation_question *question = &asked->question;
    double spent = (double)(sc_clock_nanoseconds() - asked->began) / 1e6;
    if (simulated->moments.mean.standard_error <= question->tolerance)
        simulated->end = SC_ENDED_TOLERANCE;
    else if (simulated->run.points == simulated->run.stride)
        simulated->end = SC_ENDED_PATHS;
    else if (2 * spent > question->time_budget)
        simulated->end = SC_ENDED_TIME;
    return simulated->end != SC_GOES_ON;
}

/* Tells who follows how far it is; false where nobody wants the answer any more. */
static bool tell(struct asked *asked, const struct sc_simulated *simulated)
{
    const struct sc_run *paths = &simulated->run;
    double done = (double)paths->points / (double)paths->stride;
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    if (!sc_call_is_heard(asked->call)) return sc_call_goes_on(asked->call, done, NULL);
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    if (simulated->sorted.count > 1) sc_simulation_write_estimate(&writer, simulated);
    sc_json_object_end(&writer);
    bool told = sc_buffer_append(&buffer, "", 1);
    bool goes_on = sc_call_goes_on(asked->call, done, told ? buffer.data : NULL);
    sc_buffer_fini(&buffer);
    return goes_on;
}

/* In doublings: every prefix of them is a simulation by itself. False where nobody wants it any more. */
static bool run(struct asked *asked, struct sc_simulated *simulated)
{
    struct sc_run *paths = &simulated->run;
    bool heard = sc_call_is_heard(asked->call), ended = false;
    if (!sc_call_goes_on(asked->call, 0, NULL)) return false;
    for (size_t points = SC_FIRST_PATHS / paths->randomisations; !ended; points *= 2) {
        bool last = points >= paths->stride;
        sc_run_to(paths, asked->crew, last ? paths->stride : points);
        if (last || heard || has_target(&asked->question)) summarise(asked, simulated);
        ended = is_enough(asked, simulated);
        if (!tell(asked, simulated)) return false;
    }
    return true;
}

static bool is_computable(struct sc_call *call, const struct sc_simulated *simulated)
{
    struct sc_faults *faults = sc_call_faults(call);
    return faults && (sc_simulated_is_computable(simulated, "/uncertainty", faults) ||
                      refuse(call, SC_PROBLEM_not_computable, faults));
}

/* Runs the simulation of a subject. like: of another, which had as many paths as this one is to have. */
static bool simulate(struct asked *asked, const struct sc_subject *subject, const json_t *uncertainty,
                     struct sc_simulated *simulated, const struct sc_simulated *like)
{
    simulated->plan = subject->plan;
    if (!read_uncertainty(asked->call, subject, uncertainty, simulated)) return false;
    if (!prepare(asked, simulated)) return false;
    if (like) {
        sc_run_to(&simulated->run, asked->crew, like->run.points);
        simulated->end = like->end;
        summarise(asked, simulated);
    } else if (!run(asked, simulated)) {
        return false;
    }
    return is_computable(asked->call, simulated);
}

static enum sc_progress write(struct asked *asked, const struct sc_subject *subject, struct sc_simulated *one,
                              const struct sc_simulated *other)
{
    struct sc_call *call = asked->call;
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    uint64_t start = sc_call_spent(call, SC_STAGE_MODEL, asked->began);
    if (!isnan(asked->question.time_budget)) { /* what is reached in a time is another thing every time */
        call->answer->etag[0] = '\0';
        call->answer->freshness = SC_FRESH_NO_STORE;
    }
    if (call->accept == SC_MEDIA_CSV) return sc_simulation_csv(call, &asked->question, one);
    sc_ask_begin(subject, &writer, &buffer);
    sc_simulation_write(&writer, &asked->question, one, asked->crew);
    if (other) sc_simulation_write_difference(&writer, &asked->question, one, other);
    return sc_ask_end(call, subject, &writer, &buffer, start);
}

/* On common random numbers: a driver of both scenarios has the same draw in both. */
static void compare(struct asked *asked, const struct sc_subject *subject, struct sc_simulated *one)
{
    struct sc_call *call = asked->call;
    struct sc_subject with;
    struct sc_simulated *other = calloc(1, sizeof *other);
    const json_t *own = json_object_get(subject->question, "uncertainty");
    if (!other) {
        sc_call_exhausted(call);
        return;
    }
    if (sc_subject_of_member(call, subject, "with", &with) && simulate(asked, &with, own, other, one))
        (void)write(asked, subject, one, other);
    sc_simulated_free(other);
    sc_subject_fini(&with);
}

/* False: the answer is a problem. */
static bool read_question(struct asked *asked, const struct sc_subject *subject)
{
    struct sc_faults *faults = sc_call_faults(asked->call);
    if (!faults) return false;
    sc_simulation_read(subject->question, 0, &asked->question, faults);
    return !sc_faults_any(faults) || refuse(asked->call, SC_PROBLEM_invalid_question, faults);
}

static enum sc_progress answer(struct sc_call *call, const struct sc_subject *subject)
{
    struct asked asked = {.call = call, .began = sc_clock_nanoseconds(), .crew = sc_crew_new(call)};
    struct sc_simulated *simulated = calloc(1, sizeof *simulated);
    const json_t *own = json_object_get(subject->question, "uncertainty");
    if (!asked.crew || !simulated)
        sc_call_exhausted(call);
    else if (read_question(&asked, subject) && simulate(&asked, subject, own, simulated, NULL)) {
        if (json_object_get(subject->question, "with"))
            compare(&asked, subject, simulated);
        else
            (void)write(&asked, subject, simulated, NULL);
    }
    sc_simulated_free(simulated);
    return SC_ANSWERED;
}

const struct sc_asking SC_ASK_SIMULATION = {"simulation", SC_SIMULATION_MEMBERS, answer, false};

enum sc_progress sc_simulation_stored(struct sc_call *call)
{
    return sc_ask_stored(call, &SC_ASK_SIMULATION);
}

enum sc_progress sc_simulation_sent(struct sc_call *call)
{
    return sc_ask_sent(call, &SC_ASK_SIMULATION);
}
