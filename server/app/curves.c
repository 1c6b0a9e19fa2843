#include "app.h"
#include "base/arena.h"
#include "base/clock.h"
#include "budget.h"
#include "codec/budget.h"
#include "codec/document.h"
#include "codec/writer.h"
#include "curve_profile.h"
#include "fit_write.h"
#include "request.h"
#include "secondchair/model.h"
#include "site.h"
#include "subject.h"

#include <math.h>
#include <string.h>

/* "What curve do these observations tell?" MODEL 3 by itself: candidates ranked by AIC, each with its profile
 * over the ceiling and with each observation left out in turn. */
enum { CURVES = 2 };

struct fitting {
    struct sc_fit_observation observation[SC_OBSERVATIONS_MAX];
    double year[SC_OBSERVATIONS_MAX];
    size_t count;
    double floor, ceiling; /* ceiling NAN: free */
    struct sc_fit fit[CURVES];
    size_t order[CURVES]; /* found fits first, by AIC */
};

static const char *const PLACE = "/market/inference_share";

/* The observations of a published set, new reference; NULL where there is none of that id. */
static json_t *published(const char *id)
{
    struct sc_json_error error;
    size_t length, index;
    const char *text = sc_site_file("observations.json", &length);
    json_auto_t *sets = text ? sc_json_parse(text, length, &SC_BODY_LIMITS, &error) : NULL;
    json_t *set;
    json_array_foreach (json_object_get(sets, "items"), index, set) {
        const char *own = json_string_value(json_object_get(set, "id"));
        if (own && strcmp(own, id) == 0) return json_incref(json_object_get(set, "observations"));
    }
    return NULL;
}

/* The smallest scenario around a curve, so that the table of fields checks the curve as it does in every
 * document. */
static json_t *document_around(json_t *curve)
{
    static const char text[] =
        "{\"schema\":1,\"name\":\"fit\",\"company\":\"none\",\"valuation_date\":\"2025-12-31\",\"price\":1,"
        "\"base_year_end\":\"2025-12-31\",\"market\":{\"base_year\":2025,\"total_spend\":1,\"growth\":0},"
        "\"segments\":[{\"id\":\"all\",\"base\":1,\"growth\":0,\"margin\":0}],\"operations\":{\"base_"
        "revenue\":1,"
        "\"tax\":{\"rate\":0},\"reinvestment\":{}},\"discount\":{\"wacc\":0.1},\"terminal\":{\"method\":"
        "\"gordon\","
        "\"growth\":0},\"dilution\":{\"basic\":1}}";
    json_t *document = json_loads(text, 0, NULL);
    if (document && json_object_set(json_object_get(document, "market"), "inference_share", curve) == 0)
        return document;
    json_decref(document);
    return NULL;
}

/* A fault of the curve stands in the body itself, not in the document around it. */
static void strip_places(struct sc_faults *faults)
{
    size_t length = strlen(PLACE);
    for (size_t i = 0; i < faults->count; i++) {
        char *pointer = faults->item[i].pointer;
        if (strncmp(pointer, PLACE, length) == 0)
            memmove(pointer, pointer + length, strlen(pointer + length) + 1);
    }
}

static void read_numbers(const struct sc_plan *plan, struct fitting *fitting)
{
    const struct sc_share_curve *curve = &plan->market.inference_share;
    fitting->floor = sc_plan_value(plan, curve->floor, 0);
    fitting->ceiling = sc_plan_value(plan, curve->ceiling, NAN);
    fitting->count = sc_fit_observations(curve, plan->driver, 1, fitting->observation);
    for (size_t i = 0; i < fitting->count; i++) fitting->year[i] = fitting->observation[i].year;
}

/* The body's curve object with the observations of the set that it names, where it names one. */
static json_t *curve_of_body(const json_t *body, struct sc_faults *faults)
{
    static const char *const names[] = {"observations", "set", "floor", "ceiling", NULL};
    json_t *curve = json_copy(sc_json_unconst(body));
    const char *id = json_string_value(json_object_get(body, "set"));
    sc_request_members(body, names, NULL, "", faults);
    if (!curve || sc_faults_any(faults)) return curve;
    if (json_object_get(body, "set")) {
        json_t *observations = id && !json_object_get(body, "observations") ? published(id) : NULL;
        if (!observations)
            sc_fault_add(
                faults, SC_FAULT_bad_choice, "/set",
                "name one of the sets of GET /v1/curves/observations, without observations of your own");
        else
            json_object_set_new(curve, "observations", observations);
        json_object_del(curve, "set");
    } else if (!json_object_get(body, "observations")) {
        sc_fault_add(faults, SC_FAULT_missing, "/observations",
                     "give observations, or the `set` of a publisher");
    }
    json_object_set_new(curve, "curve", json_string("logistic"));
    return curve;
}

static bool read_body(struct sc_call *call, struct fitting *fitting)
{
    json_auto_t *body = sc_call_json(call, SC_PROBLEM_invalid_question, NULL);
    struct sc_faults *faults = body ? sc_call_faults(call) : NULL;
    if (!faults) return false;
    if (!json_is_object(body))
        sc_fault_add(faults, SC_FAULT_wrong_type, "", "the question must be an object");
    json_auto_t *curve = sc_faults_any(faults) ? NULL : curve_of_body(body, faults);
    json_auto_t *document = curve && !sc_faults_any(faults) ? document_around(curve) : NULL;
    const struct sc_plan *plan = document ? sc_document_compile(document, call->arena, faults) : NULL;
    strip_places(faults);
    if (plan)
        read_numbers(plan, fitting);
    else if (sc_faults_any(faults))
        sc_call_invalid(call, SC_PROBLEM_invalid_question, faults);
    else
        sc_call_exhausted(call);
    return plan != NULL;
}

static bool fits_better(const struct sc_fit *a, const struct sc_fit *b)
{
    if (a->found != b->found) return a->found;
    return a->found && a->aic < b->aic;
}

static bool fit_all(struct sc_call *call, struct fitting *fitting)
{
    static const int families[CURVES] = {SC_CURVE_LOGISTIC, SC_CURVE_GOMPERTZ};
    for (size_t i = 0; i < CURVES; i++) {
        sc_fit_curve(families[i], fitting->floor, fitting->ceiling, fitting->observation, fitting->count,
                     &fitting->fit[i]);
        fitting->order[i] = i;
    }
    if (fits_better(&fitting->fit[1], &fitting->fit[0])) {
        fitting->order[0] = 1;
        fitting->order[1] = 0;
    }
    const struct sc_fit *best = &fitting->fit[fitting->order[0]];
    if (best->found) return true;
    struct sc_faults *faults = sc_call_faults(call);
    if (!faults) return false;
    sc_fault_add(faults, SC_FAULT_fit_failed, "/observations", "%s", best->reason);
    sc_call_invalid(call, SC_PROBLEM_not_computable, faults);
    return false;
}

static void write_profile(const struct fitting *fitting, int curve, struct sc_json_writer *w)
{
    struct sc_profiled profiled = {curve, fitting->floor, fitting->observation, fitting->count};
    double lowest = sc_profile_lowest(&profiled);
    struct sc_fit fit;
    sc_json_member_array_begin(w, "profile");
    for (int i = 1; i <= SC_PROFILE_POINTS; i++) {
        double ceiling = sc_profile_ceiling(lowest, i);
        if (!sc_profile_fit(&profiled, ceiling, &fit)) continue;
        sc_json_object_begin(w);
        sc_json_member_number(w, "ceiling", ceiling);
        sc_json_member_number(w, "log_likelihood", fit.log_likelihood);
        sc_json_member_number(w, "k", fit.curve.k);
        sc_json_member_number(w, "mid", fit.curve.mid);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

/* What the others say of each observation, after so many curves. False: nobody wants it any more. */
static bool write_left_out(struct sc_call *call, const struct fitting *fitting, size_t curves, int curve,
                           struct sc_json_writer *w)
{
    struct sc_fit_observation others[SC_OBSERVATIONS_MAX];
    struct sc_fit fit;
    sc_json_member_array_begin(w, "leave_one_out");
    for (size_t out = 0; out < fitting->count; out++) {
        size_t kept = 0, turn = curves * fitting->count + out;
        if (!sc_call_goes_on(call, (double)turn / (double)(CURVES * fitting->count), NULL)) return false;
        for (size_t i = 0; i < fitting->count; i++)
            if (i != out) others[kept++] = fitting->observation[i];
        bool found = sc_fit_curve(curve, fitting->floor, fitting->ceiling, others, kept, &fit);
        sc_json_object_begin(w);
        sc_json_member_integer(w, "left_out", (int64_t)out);
        sc_json_member_number(w, "year", fitting->year[out]);
        sc_json_member_figure(w, "predicted", found ? sc_curve_value(&fit.curve, fitting->year[out]) : NAN);
        sc_json_member_boolean(w, "identified", fit.identified);
        sc_json_member_text(w, "reason", fit.reason);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
    return true;
}

static bool write_fits(struct sc_call *call, const struct fitting *fitting, struct sc_json_writer *w)
{
    double best = fitting->fit[fitting->order[0]].aic;
    sc_json_member_array_begin(w, "fits");
    for (size_t i = 0; i < CURVES; i++) {
        const struct sc_fit *fit = &fitting->fit[fitting->order[i]];
        if (!fit->found) continue;
        sc_json_object_begin(w);
        sc_fit_write(fit, fitting->year, w);
        sc_json_member_number(w, "delta_aic", fit->aic - best);
        write_profile(fitting, fit->curve.curve, w);
        if (!write_left_out(call, fitting, i, fit->curve.curve, w)) return false;
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
    return true;
}

enum sc_progress sc_curve_fit(struct sc_call *call)
{
    static const char *const no_parameters[] = {NULL};
    struct sc_buffer buffer;
    struct sc_json_writer writer;
    struct fitting *fitting = sc_arena_alloc(call->arena, sizeof *fitting);
    if (!fitting) return sc_call_exhausted(call);
    if (!sc_call_allows(call, no_parameters) || !read_body(call, fitting)) return SC_ANSWERED;
    uint64_t start = sc_clock_nanoseconds();
    if (!fit_all(call, fitting)) return SC_ANSWERED;
    sc_buffer_init(&buffer, SC_ANSWER_BYTES_MAX);
    sc_json_writer_init(&writer, &buffer);
    sc_json_object_begin(&writer);
    sc_json_member_text(&writer, "engine", SC_ENGINE_VERSION);
    if (!write_fits(call, fitting, &writer)) {
        sc_buffer_fini(&buffer);
        return SC_ANSWERED;
    }
    sc_json_object_end(&writer);
    sc_call_spent(call, SC_STAGE_MODEL, start);
    call->answer->freshness = SC_FRESH_NO_STORE;
    return sc_answer_json(call, &writer, &buffer);
}
