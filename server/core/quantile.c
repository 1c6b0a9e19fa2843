#include "quantile.h"

#include "beta.h"
#include "normal.h"
#include "odds.h"
#include "secondchair/copula.h"

#include <math.h>

enum form {
    CONSTANT,   /* a */
    NORMAL,     /* a mean, b standard deviation */
    LOGNORMAL,  /* the same of the logarithm */
    UNIFORM,    /* a low, b high, c width */
    TRIANGULAR, /* a low, b high, c width, d P(X < mode), e P(X > mode) */
    BETA,       /* a low, b high, c width, d alpha, e beta */
    STUDENT,    /* a location, b scale * sqrt(dof), d and e dof / 2 */
    DISCRETE    /* count values, ascending */
};

/* --- one draw: p = P(X < x) and q = 1 - p are both known, so that neither tail loses digits --- */

static inline double uniform(const struct sc_quantile *quantile, double p, double q)
{
    return p < 0.5 ? quantile->form.a + quantile->form.c * p : quantile->form.b - quantile->form.c * q;
}

static inline double triangular(const struct sc_quantile *quantile, double p, double q)
{
    bool rising = p < quantile->form.d;
    double from_end = quantile->form.c * sqrt(rising ? quantile->form.d * p : quantile->form.e * q);
    return rising ? quantile->form.a + from_end : quantile->form.b - from_end;
}

static inline double log_odds(const struct sc_quantile *quantile, double p, double q)
{
    double t = log(p / q), y;
    if (sc_odds_at(&quantile->odds, t, &y)) return y;
    struct sc_beta shape;
    sc_beta_init(&shape, quantile->form.d, quantile->form.e);
    return sc_beta_quantile(&shape, t, sc_beta_guess(&shape, t));
}

static inline double beta(const struct sc_quantile *quantile, double p, double q)
{
    double y = log_odds(quantile, p, q), part = quantile->form.c / (1 + exp(fabs(y)));
    return y < 0 ? quantile->form.a + part : quantile->form.b - part;
}

static inline double student(const struct sc_quantile *quantile, double p, double q)
{
    return quantile->form.a + quantile->form.b * sinh(0.5 * log_odds(quantile, p, q));
}

/* The first value whose cumulative probability is above p, by bisection. */
static inline double discrete(const struct sc_quantile *quantile, double p)
{
    size_t at = 0;
    for (size_t many = quantile->count; many > 1;) {
        size_t half = many / 2;
        at += p >= quantile->cumulative[at + half - 1] ? half : 0;
        many -= half;
    }
    return quantile->value[at];
}

static inline double untruncated(const struct sc_quantile *quantile, double p, double q)
{
    switch (quantile->form.kind) {
    case NORMAL:
        return quantile->form.a + quantile->form.b * sc_normal_quantile_between(p, q);
    case LOGNORMAL:
        return exp(quantile->form.a + quantile->form.b * sc_normal_quantile_between(p, q));
    case UNIFORM:
        return uniform(quantile, p, q);
    case TRIANGULAR:
        return triangular(quantile, p, q);
    case BETA:
        return beta(quantile, p, q);
    case STUDENT:
        return student(quantile, p, q);
    case DISCRETE:
        return discrete(quantile, p);
    default:
        return quantile->form.a;
    }
}

static inline double truncated(const struct sc_quantile *quantile, double u, double v)
{
    double p = quantile->below + u * quantile->mass, q = quantile->above + v * quantile->mass;
    return fmax(quantile->min,
                fmin(quantile->max, untruncated(quantile, p, q))); /* but for rounding, within */
}

double sc_quantile_between(const struct sc_quantile *quantile, double u, double v)
{
    return quantile->truncated ? truncated(quantile, u, v) : untruncated(quantile, u, v);
}

double sc_quantile_at(const struct sc_quantile *quantile, double u)
{
    return sc_quantile_between(quantile, u, 1 - u);
}

/* --- many draws: the common forms without a choice inside the loop --- */

/* Of standard normal numbers. */
static void scale_row(const struct sc_quantile *quantile, const double *z, size_t n, double *x)
{
    double mean = quantile->form.a, sd = quantile->form.b;
    for (size_t i = 0; i < n; i++) x[i] = mean + sd * z[i];
    if (quantile->form.kind == LOGNORMAL)
        for (size_t i = 0; i < n; i++) x[i] = exp(x[i]);
}

static void constant_row(const struct sc_quantile *quantile, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) x[i] = quantile->form.a;
}

static bool is_normal(const struct sc_quantile *quantile)
{
    return !quantile->truncated && (quantile->form.kind == NORMAL || quantile->form.kind == LOGNORMAL);
}

void sc_quantile_row(const struct sc_quantile *quantile, const double *u, size_t n, double *x)
{
    const struct sc_quantile *of = quantile;
    if (is_normal(of)) {
        sc_normal_quantile_row(u, n, x);
        scale_row(of, x, n, x);
    } else if (of->truncated || of->form.kind == BETA || of->form.kind == STUDENT) {
        for (size_t i = 0; i < n; i++) x[i] = sc_quantile_at(of, u[i]);
    } else if (of->form.kind == UNIFORM) {
        for (size_t i = 0; i < n; i++) x[i] = uniform(of, u[i], 1 - u[i]);
    } else if (of->form.kind == TRIANGULAR) {
        for (size_t i = 0; i < n; i++) x[i] = triangular(of, u[i], 1 - u[i]);
    } else if (of->form.kind == DISCRETE) {
        for (size_t i = 0; i < n; i++) x[i] = discrete(of, u[i]);
    } else {
        constant_row(of, n, x);
    }
}

void sc_quantile_normal_row(const struct sc_quantile *quantile, const double *z, size_t n, double *x)
{
    if (is_normal(quantile)) {
        scale_row(quantile, z, n, x);
    } else if (quantile->form.kind == CONSTANT) {
        constant_row(quantile, n, x);
    } else {
        for (size_t i = 0; i < n; i++) {
            double tail = sc_normal_cdf(-fabs(z[i])), rest = 1 - tail;
            x[i] = sc_quantile_between(quantile, z[i] < 0 ? tail : rest, z[i] < 0 ? rest : tail);
        }
    }
}

/* --- prepared --- */

/* Sorted by value, of those within min and max. */
static void prepare_discrete(const struct sc_distribution *distribution, struct sc_quantile *quantile)
{
    double *value = quantile->value, *weight = quantile->cumulative;
    size_t count = 0;
    for (size_t i = 0; i < distribution->count; i++) {
        double next = distribution->value[i];
        if (next < distribution->min || next > distribution->max) continue;
        size_t at = count++;
        for (; at > 0 && value[at - 1] > next; at--) {
            value[at] = value[at - 1];
            weight[at] = weight[at - 1];
        }
        value[at] = next;
        weight[at] = distribution->weight[i];
    }
    for (size_t i = 1; i < count; i++) weight[i] += weight[i - 1];
    for (size_t i = 0; i < count; i++) weight[i] /= weight[count - 1];
    quantile->form = (struct sc_quantile_form){.kind = DISCRETE};
    quantile->count = count;
}

static struct sc_quantile_form form_of(const struct sc_distribution *distribution)
{
    const double *p = distribution->parameter;
    struct sc_quantile_form form = {.kind = NORMAL, .a = 0, .b = 1};
    switch (distribution->kind) {
    case SC_NORMAL:
        return (struct sc_quantile_form){.kind = NORMAL, .a = p[0], .b = p[1]};
    case SC_LOGNORMAL:
        return (struct sc_quantile_form){.kind = LOGNORMAL, .a = p[0], .b = p[1]};
    case SC_UNIFORM:
        return (struct sc_quantile_form){.kind = UNIFORM, .a = p[0], .b = p[1], .c = p[1] - p[0]};
    case SC_TRIANGULAR:
        form = (struct sc_quantile_form){.kind = TRIANGULAR, .a = p[0], .b = p[2], .c = p[2] - p[0]};
        form.d = (p[1] - p[0]) / form.c;
        form.e = (p[2] - p[1]) / form.c;
        return form;
    case SC_PERT:
        form = (struct sc_quantile_form){.kind = BETA, .a = p[0], .b = p[2], .c = p[2] - p[0]};
        sc_pert_shape(distribution, &form.d, &form.e);
        return form;
    case SC_BETA:
        return (struct sc_quantile_form){
            .kind = BETA, .a = p[2], .b = p[3], .c = p[3] - p[2], .d = p[0], .e = p[1]};
    case SC_STUDENT_T:
        return (struct sc_quantile_form){
            .kind = STUDENT, .a = p[0], .b = p[1] * sqrt(p[2]), .d = 0.5 * p[2], .e = 0.5 * p[2]};
    default:
        return form;
    }
}

static void truncate_to(const struct sc_distribution *distribution, struct sc_quantile *quantile)
{
    quantile->min = distribution->min;
    quantile->max = distribution->max;
    quantile->truncated = quantile->min > -INFINITY || quantile->max < INFINITY;
    quantile->below = 0;
    quantile->above = 0;
    quantile->mass = 1;
    if (!quantile->truncated) return;
    quantile->below = sc_distribution_tails(distribution, quantile->min).below;
    quantile->above = sc_distribution_tails(distribution, quantile->max).above;
    quantile->mass = sc_distribution_mass(distribution, quantile->min, quantile->max);
}

static void prepare_odds(const struct sc_distribution *distribution, struct sc_quantile *quantile)
{
    struct sc_tails min = sc_distribution_tails(distribution, distribution->min);
    struct sc_tails max = sc_distribution_tails(distribution, distribution->max);
    struct sc_beta shape;
    sc_beta_init(&shape, quantile->form.d, quantile->form.e);
    sc_odds_prepare(&shape, log(min.below / min.above), log(max.below / max.above), &quantile->odds);
}

void sc_quantile_prepare(const struct sc_distribution *distribution, struct sc_quantile *quantile)
{
    double constant;
    quantile->truncated = false;
    if (sc_distribution_constant(distribution, &constant)) {
        quantile->form = (struct sc_quantile_form){.kind = CONSTANT, .a = constant};
    } else if (distribution->kind == SC_DISCRETE) {
        prepare_discrete(distribution, quantile);
    } else {
        quantile->form = form_of(distribution);
        truncate_to(distribution, quantile);
        if (quantile->form.kind == BETA || quantile->form.kind == STUDENT)
            prepare_odds(distribution, quantile);
    }
}
