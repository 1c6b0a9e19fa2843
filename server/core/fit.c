#include "secondchair/fit.h"

#include "elementary.h"
#include "likelihood.h"
#include "normal.h"

#include <math.h>

enum { MOST_STEPS = 200, GRID = 33, MOST_BISECTIONS = 200 };

/* A maximum over level and slope at one ceiling. */
struct inner {
    struct sc_likelihood_at at;
    struct sc_likelihood_value here;
    bool converged;
    bool singular; /* the data leave a direction free */
};

/* The argument x at which the curve's level is `level`. */
static double curve_argument(int curve, double level)
{
    return curve == SC_CURVE_GOMPERTZ ? -sc_log(-sc_log(level)) : sc_log(level / (1 - level));
}

/* One number that stands for an observation where a start is sought. */
static double rough_share(const struct sc_fit_observation *observation, double floor, double ceiling)
{
    double low = isnan(observation->low) ? floor : fmax(observation->low, floor);
    double high = isnan(observation->high) ? ceiling : fmin(observation->high, ceiling);
    double share = isnan(observation->value) ? 0.5 * (low + high) : observation->value;
    return fmin(fmax((share - floor) / (ceiling - floor), 1e-6), 1 - 1e-6);
}

/* Least squares of the curve's argument on year: where the search starts. */
static struct sc_likelihood_at start_of(const struct sc_likelihood *problem, double ceiling)
{
    double sum_x = 0, sum_tx = 0, sum_tt = 0;
    for (size_t i = 0; i < problem->count; i++) {
        const struct sc_fit_observation *observation = &problem->observation[i];
        double t = observation->year - problem->centre;
        double x = curve_argument(problem->curve, rough_share(observation, problem->floor, ceiling));
        sum_x += x;
        sum_tx += t * x;
        sum_tt += t * t;
    }
    return (struct sc_likelihood_at){
        .level = sum_x / (double)problem->count,
        .slope = sum_tt > 0 ? sum_tx / sum_tt : 0.5,
        .ceiling = ceiling,
    };
}

/* Newton's step in (level, slope) for the maximum, damped; false where the damped Hessian is not negative
 * definite. */
static bool newton_step(const struct sc_likelihood_value *here, double damping, double step[2])
{
    double a = -here->hessian[0][0], b = -here->hessian[0][1], d = -here->hessian[1][1];
    double scale = damping * fmax(fmax(fabs(a), fabs(d)), 1e-12);
    a += scale;
    d += scale;
    double determinant = a * d - b * b;
    if (!(a > 0) || !(determinant > 0)) return false;
    step[0] = (d * here->gradient[0] - b * here->gradient[1]) / determinant;
    step[1] = (a * here->gradient[1] - b * here->gradient[0]) / determinant;
    return true;
}

/* True where the observed information in (level, slope) leaves a direction free. */
static bool is_singular(const struct sc_likelihood_value *here)
{
    double a = -here->hessian[0][0], b = -here->hessian[0][1], d = -here->hessian[1][1];
    return !(a > 0) || !(d > 0) || !(a * d - b * b > 1e-10 * a * d);
}

/* Newton's method with Levenberg's damping; undamped near the maximum, where it gains digits quadratically.
 */
static struct inner maximise(const struct sc_likelihood *problem, struct sc_likelihood_at start)
{
    struct inner best = {.at = start, .here = sc_likelihood(problem, &start)};
    double damping = 0;
    for (int count = 0; count < MOST_STEPS && !best.converged; count++) {
        double step[2];
        if (!newton_step(&best.here, damping, step)) {
            damping = fmax(10 * damping, 1e-6);
            continue;
        }
        struct sc_likelihood_at at = best.at;
        at.level += step[0];
        at.slope += step[1];
        struct sc_likelihood_value here = sc_likelihood(problem, &at);
        bool tiny =
            fabs(step[0]) <= 1e-9 * (1 + fabs(at.level)) && fabs(step[1]) <= 1e-9 * (1 + fabs(at.slope));
        if (!tiny && !(here.value > best.here.value)) {
            damping = fmax(10 * damping, 1e-6);
            if (damping > 1e16) break;
            continue;
        }
        best.at = at;
        best.here = here;
        best.converged = tiny && damping < 1e-6;
        damping = damping < 1e-5 ? 0 : damping / 10;
    }
    best.singular = is_singular(&best.here);
    return best;
}

/* Largest observation: the ceiling must be above it. */
static double largest_observed(const struct sc_likelihood *problem)
{
    double largest = problem->floor;
    for (size_t i = 0; i < problem->count; i++) {
        const struct sc_fit_observation *observation = &problem->observation[i];
        double seen = isnan(observation->value) ? observation->low : observation->value;
        if (seen > largest) largest = seen;
    }
    return largest;
}

/* The ceiling at which the profile likelihood's slope changes from up to down between two ceilings. By the
 * envelope theorem that slope is the partial derivative at the inner maximum. */
static struct inner bisect_ceiling(const struct sc_likelihood *problem, struct inner left, struct inner right)
{
    for (int count = 0; count < MOST_BISECTIONS; count++) {
        double middle = 0.5 * (left.at.ceiling + right.at.ceiling);
        if (middle <= left.at.ceiling || middle >= right.at.ceiling) break;
        struct sc_likelihood_at start = left.at;
        start.ceiling = middle;
        struct inner found = maximise(problem, start);
        if (found.here.gradient[2] > 0)
            left = found;
        else
            right = found;
    }
    return left;
}

/* The best ceiling in (largest, 1]: all turns of the profile likelihood on a grid, and the bound 1. */
static struct inner maximise_ceiling(const struct sc_likelihood *problem, bool *on_bound)
{
    double lowest = largest_observed(problem);
    struct inner best = maximise(problem, start_of(problem, 1)), right = best;
    *on_bound = true;
    for (int i = GRID - 1; i > 0; i--) {
        double part = (double)i / GRID;
        struct sc_likelihood_at start = start_of(problem, lowest + (1 - lowest) * sc_pow(part, 4));
        struct inner left = maximise(problem, start);
        if (left.converged && left.here.gradient[2] > 0 && right.here.gradient[2] < 0) {
            struct inner turn = bisect_ceiling(problem, left, right);
            if (turn.converged && turn.here.value > best.here.value + 1e-12) {
                best = turn;
                *on_bound = false;
            }
        }
        right = left;
    }
    return best;
}

/* Inverse of the leading size x size part of a symmetric positive definite matrix; false where it is not. */
static bool invert(double in[3][3], size_t size, double out[3][3])
{
    double work[3][6] = {{0}};
    for (size_t i = 0; i < size; i++) {
        for (size_t j = 0; j < size; j++) work[i][j] = in[i][j];
        work[i][size + i] = 1;
    }
    for (size_t i = 0; i < size;
         i++) { /* Gauss-Jordan; the pivots of a positive definite matrix are positive */
        double pivot = work[i][i];
        if (!(pivot > 1e-12 * fabs(in[i][i]))) return false;
        for (size_t j = 0; j < 2 * size; j++) work[i][j] /= pivot;
        for (size_t k = 0; k < size; k++) {
            double factor = work[k][i];
            if (k == i) continue;
            for (size_t j = 0; j < 2 * size; j++) work[k][j] -= factor * work[i][j];
        }
    }
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++) out[i][j] = work[i][size + j];
    return true;
}

/* Covariance in (k, mid, ceiling): at a maximum the Hessian moves to other parameters by their Jacobian
 * alone. level = k (centre - mid), slope = k. */
static bool covariance_of(const struct sc_likelihood *problem, const struct inner *best, size_t size,
                          double out[3][3])
{
    double k = best->at.slope, mid = problem->centre - best->at.level / k;
    double jacobian[3][3] = {{problem->centre - mid, -k, 0}, {1, 0, 0}, {0, 0, 1}};
    double information[3][3] = {{0}};
    for (size_t i = 0; i < size; i++)
        for (size_t j = 0; j < size; j++)
            for (size_t a = 0; a < 3; a++)
                for (size_t b = 0; b < 3; b++)
                    information[i][j] -= jacobian[a][i] * best->here.hessian[a][b] * jacobian[b][j];
    return invert(information, size, out);
}

static double residual_of(const struct sc_fit *fit, const struct sc_fit_observation *observation)
{
    const struct sc_curve_parameters *curve = &fit->curve;
    double model = sc_logit_of_curve(curve->curve, curve->k * (observation->year - curve->mid)).value;
    if (!isnan(observation->value))
        return sc_logit_of_share(observation->value, curve->floor, curve->ceiling) - model;
    double low = sc_logit_of_share(observation->low, curve->floor, curve->ceiling);
    double high = sc_logit_of_share(observation->high, curve->floor, curve->ceiling);
    if (!isnan(observation->low) && model < low) return low - model;
    if (!isnan(observation->high) && model > high) return high - model;
    return 0;
}

/* Says what the data do not pin down. */
static void judge(struct sc_fit *fit, const struct inner *best, bool on_bound)
{
    if (fit->observations < fit->parameters)
        fit->reason = "There are fewer observations than parameters.";
    else if (best->singular || !fit->has_covariance)
        fit->reason = "The observed information is singular: the observations leave a direction free.";
    else if (on_bound)
        fit->reason = "The ceiling stands on its bound of 1.";
    fit->identified = !fit->reason;
}

/* True where some observation cannot have come from any curve between floor and ceiling. */
static bool is_impossible(const struct sc_likelihood *problem, double ceiling)
{
    for (size_t i = 0; i < problem->count; i++) {
        const struct sc_fit_observation *observation = &problem->observation[i];
        if (observation->value <= problem->floor || observation->value >= ceiling) return true;
        if (observation->low >= ceiling || observation->high <= problem->floor) return true;
    }
    return false;
}

static void complete(struct sc_fit *fit, const struct sc_likelihood *problem, const struct inner *best,
                     bool on_bound)
{
    fit->found = true;
    fit->curve.k = best->at.slope;
    fit->curve.mid = problem->centre - best->at.level / best->at.slope;
    fit->curve.ceiling = best->at.ceiling;
    fit->log_likelihood = best->here.value;
    fit->aic = 2 * (double)fit->parameters - 2 * fit->log_likelihood;
    fit->covariance_size = fit->ceiling_free && !on_bound ? 3 : 2;
    fit->has_covariance =
        !best->singular && covariance_of(problem, best, fit->covariance_size, fit->covariance);
    judge(fit, best, on_bound);
    for (size_t i = 0; i < problem->count; i++) fit->residual[i] = residual_of(fit, &problem->observation[i]);
}

bool sc_fit_curve(int curve, double floor, double ceiling, const struct sc_fit_observation *observation,
                  size_t count, struct sc_fit *fit)
{
    *fit = (struct sc_fit){.curve = {.curve = curve, .floor = floor, .ceiling = ceiling},
                           .ceiling_free = isnan(ceiling),
                           .parameters = isnan(ceiling) ? 3 : 2,
                           .observations = count};
    struct sc_likelihood problem = {curve, floor, 0, observation, count};
    for (size_t i = 0; i < count; i++) problem.centre += observation[i].year / (double)count;
    if (count == 0 || is_impossible(&problem, fit->ceiling_free ? 1 : ceiling)) {
        fit->reason = "An observation lies outside the floor and the ceiling.";
        return false;
    }
    bool on_bound = false;
    struct inner best = fit->ceiling_free ? maximise_ceiling(&problem, &on_bound)
                                          : maximise(&problem, start_of(&problem, ceiling));
    if ((!best.converged && !best.singular) || !isfinite(best.here.value) || fabs(best.at.slope) < 1e-12) {
        fit->reason = "The likelihood has no maximum: the observations fit ever steeper or flatter curves.";
        return false;
    }
    complete(fit, &problem, &best, on_bound);
    return true;
}

bool sc_fit_band(const struct sc_fit *fit, double year, double level, double *low, double *high)
{
    if (!fit->has_covariance) return false;
    const struct sc_curve_parameters *curve = &fit->curve;
    double x = curve->k * (year - curve->mid), decay = sc_exp(-x), span = curve->ceiling - curve->floor;
    bool gompertz = curve->curve == SC_CURVE_GOMPERTZ;
    double part = gompertz ? sc_exp(-decay) : 1 / (1 + decay);
    double missing =
        gompertz ? -sc_expm1(-decay) : decay / (1 + decay); /* 1 - part, without its cancellation */
    double slope = gompertz ? decay * part : part * missing;
    double share = curve->floor + span * part, rest = 1 - curve->ceiling + span * missing;
    double logit = sc_log(share / rest), scale = 1 / (share * rest);
    double jacobian[3] = {scale * span * slope * (year - curve->mid), -scale * span * slope * curve->k,
                          scale * part};
    double variance = 0;
    for (size_t i = 0; i < fit->covariance_size; i++)
        for (size_t j = 0; j < fit->covariance_size; j++)
            variance += jacobian[i] * fit->covariance[i][j] * jacobian[j];
    double reach = sc_normal_quantile(0.5 + 0.5 * level) * sqrt(fmax(variance, 0));
    *low = 1 / (1 + sc_exp(-(logit - reach)));
    *high = 1 / (1 + sc_exp(-(logit + reach)));
    return true;
}
