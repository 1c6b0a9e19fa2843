#include "quantile.h"

#include "beta.h"
#include "elementary.h"
#include "normal.h"
#include "odds.h"
#include "secondchair/copula.h"

#include <math.h>
#include <string.h>

enum form {
    /* by way of a standard normal number with the same probability */
    NORMAL,    /* a mean, b standard deviation */
    LOGNORMAL, /* the same of the logarithm */
    BETA,      /* a low, b high, c width, d alpha, e beta */
    STUDENT,   /* a location, b scale * sqrt(dof), d and e dof / 2 */
    LAST_OF_NORMAL_NUMBERS = STUDENT,
    UNIFORM,    /* a low, b high, c width */
    TRIANGULAR, /* a low, b high, c width, d P(X < mode), e P(X > mode) */
    DISCRETE,   /* count values, ascending */
    CONSTANT    /* a */
};

/* The normal number with a probability of 2^-53 beyond it is 8.21; that of LEAST_MASS is 37.05. */
#define FAR 8.25
#define FARTHEST 37

/* --- one draw: p = P(X < x) and q = 1 - p are both known, so that neither tail loses digits --- */

SC_PART double uniform(const struct sc_quantile_form *form, double p, double q)
{
    return p < 0.5 ? form->a + form->c * p : form->b - form->c * q;
}

SC_PART double triangular(const struct sc_quantile_form *form, double p, double q)
{
    bool rising = p < form->d;
    double from_end = form->c * sqrt(rising ? form->d * p : form->e * q);
    return rising ? form->a + from_end : form->b - from_end;
}

SC_PART double beta_of(const struct sc_quantile_form *form, double y)
{
    double part = form->c / (1 + sc_exp(fabs(y)));
    return y < 0 ? form->a + part : form->b - part;
}

SC_PART double student_of(const struct sc_quantile_form *form, double y)
{
    return form->a + form->b * sc_sinh(0.5 * y);
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

/* Solved for where it is beyond what was prepared, which no uniform number is. */
static double log_odds(const struct sc_quantile *quantile, double z)
{
    struct sc_beta shape;
    if (sc_odds_has(&quantile->odds, z)) return sc_odds_at(&quantile->odds, z);
    sc_beta_init(&shape, quantile->form.d, quantile->form.e);
    return sc_odds_solved(&shape, fmax(-FARTHEST, fmin(FARTHEST, z)));
}

static double untruncated(const struct sc_quantile *quantile, double p, double q)
{
    const struct sc_quantile_form *form = &quantile->form;
    switch (form->kind) {
    case NORMAL:
        return form->a + form->b * sc_normal_quantile_between(p, q);
    case LOGNORMAL:
        return sc_exp(form->a + form->b * sc_normal_quantile_between(p, q));
    case UNIFORM:
        return uniform(form, p, q);
    case TRIANGULAR:
        return triangular(form, p, q);
    case BETA:
        return beta_of(form, log_odds(quantile, sc_normal_quantile_between(p, q)));
    case STUDENT:
        return student_of(form, log_odds(quantile, sc_normal_quantile_between(p, q)));
    case DISCRETE:
        return discrete(quantile, p);
    default:
        return form->a;
    }
}

static double truncated(const struct sc_quantile *quantile, double u, double v)
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

/* --- many draws: rows of p and q, or of normal numbers z, without a choice inside the loop --- */

enum { ROW = 256 };

SC_WIDE static void truncate_row(const struct sc_quantile *quantile, size_t n, double *p, double *q)
{
    double below = quantile->below, above = quantile->above, mass = quantile->mass;
    for (size_t i = 0; i < n; i++) p[i] = below + p[i] * mass;
    for (size_t i = 0; i < n; i++) q[i] = above + q[i] * mass;
}

SC_WIDE static void clip_row(const struct sc_quantile *quantile, size_t n, double *x)
{
    double min = quantile->min, max = quantile->max;
    for (size_t i = 0; i < n; i++) {
        double within = x[i] < max ? x[i] : max;
        x[i] = within > min ? within : min;
    }
}

/* From standard normal numbers, or from log odds; x may be they. */
SC_WIDE static void normal_row(const struct sc_quantile_form *form, const double *z, size_t n, double *x)
{
    double mean = form->a, sd = form->b;
    for (size_t i = 0; i < n; i++) x[i] = mean + sd * z[i];
}

SC_WIDE static void beta_row(const struct sc_quantile_form *of, size_t n, double *x)
{
    const struct sc_quantile_form form = *of;
    for (size_t i = 0; i < n; i++) x[i] = beta_of(&form, x[i]);
}

SC_WIDE static void student_row(const struct sc_quantile_form *of, size_t n, double *x)
{
    const struct sc_quantile_form form = *of;
    for (size_t i = 0; i < n; i++) x[i] = student_of(&form, x[i]);
}

static bool has_normal_numbers(const struct sc_quantile *quantile)
{
    return quantile->form.kind <= LAST_OF_NORMAL_NUMBERS;
}

SC_WIDE static bool has_beyond(const double *z, size_t n)
{
    int beyond = 0;
    for (size_t i = 0; i < n; i++) beyond += fabs(z[i]) > FAR ? 1 : 0;
    return beyond > 0;
}

/* x is not z. */
static void of_normal_row(const struct sc_quantile *quantile, const double *z, size_t n, double *x)
{
    const struct sc_quantile_form *form = &quantile->form;
    if (form->kind == NORMAL || form->kind == LOGNORMAL) {
        normal_row(form, z, n, x);
        if (form->kind == LOGNORMAL) sc_exp_row(x, n, x);
        return;
    }
    sc_odds_row(&quantile->odds, z, n, x);
    if (has_beyond(z, n))
        for (size_t i = 0; i < n; i++) x[i] = log_odds(quantile, z[i]);
    if (form->kind == BETA)
        beta_row(form, n, x);
    else
        student_row(form, n, x);
}

SC_WIDE static void uniform_row(const struct sc_quantile_form *of, const double *p, const double *q, size_t n,
                                double *x)
{
    const struct sc_quantile_form form = *of;
    for (size_t i = 0; i < n; i++) x[i] = uniform(&form, p[i], q[i]);
}

SC_WIDE static void triangular_row(const struct sc_quantile_form *of, const double *p, const double *q,
                                   size_t n, double *x)
{
    const struct sc_quantile_form form = *of;
    for (size_t i = 0; i < n; i++) x[i] = triangular(&form, p[i], q[i]);
}

static void constant_row(const struct sc_quantile *quantile, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) x[i] = quantile->form.a;
}

/* x is neither p nor q, which change. */
static void of_tails_row(const struct sc_quantile *quantile, size_t n, double *p, double *q, double *x)
{
    double z[ROW];
    if (quantile->truncated) truncate_row(quantile, n, p, q);
    if (has_normal_numbers(quantile)) {
        sc_normal_quantile_between_row(p, q, n, z);
        of_normal_row(quantile, z, n, x);
    } else if (quantile->form.kind == UNIFORM) {
        uniform_row(&quantile->form, p, q, n, x);
    } else if (quantile->form.kind == TRIANGULAR) {
        triangular_row(&quantile->form, p, q, n, x);
    } else {
        for (size_t i = 0; i < n; i++) x[i] = discrete(quantile, p[i]);
    }
    if (quantile->truncated) clip_row(quantile, n, x);
}

SC_WIDE static void tails_of(const double *u, size_t n, double *p, double *q)
{
    for (size_t i = 0; i < n; i++) p[i] = u[i];
    for (size_t i = 0; i < n; i++) q[i] = 1 - p[i];
}

void sc_quantile_row(const struct sc_quantile *quantile, const double *u, size_t n, double *x)
{
    double p[ROW], q[ROW];
    if (quantile->form.kind == CONSTANT) {
        constant_row(quantile, n, x);
        return;
    }
    for (size_t done = 0; done < n; done += ROW) {
        size_t piece = n - done < ROW ? n - done : ROW;
        tails_of(u + done, piece, p, q);
        of_tails_row(quantile, piece, p, q, x + done);
    }
}

void sc_quantile_normal_row(const struct sc_quantile *quantile, const double *z, size_t n, double *x)
{
    double p[ROW], q[ROW];
    if (quantile->form.kind == CONSTANT) {
        constant_row(quantile, n, x);
        return;
    }
    for (size_t done = 0; done < n; done += ROW) {
        size_t piece = n - done < ROW ? n - done : ROW;
        memcpy(p, z + done, piece * sizeof *p);
        if (!quantile->truncated && has_normal_numbers(quantile)) {
            of_normal_row(quantile, p, piece, x + done);
        } else {
            sc_normal_tails_row(z + done, piece, p, q);
            of_tails_row(quantile, piece, p, q, x + done);
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

/* The normal number with the part u of the probability between min and max below it, v above. */
static double normal_number(const struct sc_quantile *quantile, double u, double v)
{
    return sc_normal_quantile_between(quantile->below + u * quantile->mass,
                                      quantile->above + v * quantile->mass);
}

/* No uniform number is nearer to an end than 2^-53. */
static void prepare_odds(struct sc_quantile *quantile)
{
    struct sc_beta shape;
    double low = -FAR, high = FAR;
    sc_beta_init(&shape, quantile->form.d, quantile->form.e);
    if (quantile->truncated) {
        low = normal_number(quantile, 0x1p-53, 1 - 0x1p-53);
        high = normal_number(quantile, 1 - 0x1p-53, 0x1p-53);
    }
    sc_odds_prepare(&shape, low, high, &quantile->odds);
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
        if (quantile->form.kind == BETA || quantile->form.kind == STUDENT) prepare_odds(quantile);
    }
}
