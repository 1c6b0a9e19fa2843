#include "fit_write.h"

#include "codec/writer.h"

static void write_covariance(const struct sc_fit *fit, struct sc_json_writer *w)
{
    if (!fit->has_covariance) {
        sc_json_member_null(w, "covariance");
        return;
    }
    sc_json_member_array_begin(w, "covariance");
    for (size_t i = 0; i < fit->covariance_size; i++)
        sc_json_numbers(w, fit->covariance[i], fit->covariance_size);
    sc_json_array_end(w);
}

static void write_residuals(const struct sc_fit *fit, const double *year, struct sc_json_writer *w)
{
    sc_json_member_array_begin(w, "residuals");
    for (size_t i = 0; i < fit->observations; i++) {
        sc_json_object_begin(w);
        sc_json_member_number(w, "year", year[i]);
        sc_json_member_number(w, "residual", fit->residual[i]);
        sc_json_object_end(w);
    }
    sc_json_array_end(w);
}

void sc_fit_write(const struct sc_fit *fit, const double *year, struct sc_json_writer *w)
{
    static const char *const NAMES[] = {"k", "mid", "ceiling"};
    const double estimates[] = {fit->curve.k, fit->curve.mid, fit->curve.ceiling};
    sc_json_member_text(w, "curve", fit->curve.curve == SC_CURVE_GOMPERTZ ? "gompertz" : "logistic");
    sc_json_member_number(w, "k", fit->curve.k);
    sc_json_member_number(w, "mid", fit->curve.mid);
    sc_json_member_number(w, "floor", fit->curve.floor);
    sc_json_member_number(w, "ceiling", fit->curve.ceiling);
    sc_json_member_boolean(w, "ceiling_fitted", fit->ceiling_free);
    sc_json_member_object_begin(w, "parameters");
    for (size_t i = 0; i < fit->parameters; i++) sc_json_member_number(w, NAMES[i], estimates[i]);
    sc_json_object_end(w);
    write_covariance(fit, w);
    sc_json_member_number(w, "log_likelihood", fit->log_likelihood);
    sc_json_member_number(w, "aic", fit->aic);
    write_residuals(fit, year, w);
    sc_json_member_boolean(w, "identified", fit->identified);
    sc_json_member_text(w, "reason", fit->reason);
}
