#include "quantile.h"

#include "beta.h"
#include "elementary.h"
#include "normal.h"
#include "secondchair/copula.h"
#include "warp.h"

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

static bool has_log_odds(const struct sc_quantile *quantile)
{
    return quantile->form.kind == BETA || quantile->form.kind == STUDENT;
}

static bool is_warped(const struct sc_quantile *quantile)
{
    return has_log_odds(quantile) || (quantile->truncated && quantile->form.kind < BETA);
}

static struct sc_density density_of(const struct sc_quantile *quantile)
{
    struct sc_density density = {.normal = quantile->form.kind < BETA, .mass = 1};
    if (!density.normal) sc_beta_init(&density.beta, quantile->form.d, quantile->form.e);
    if (!quantile->truncated) return density;
    density.below = quantile->below;
    density.above = quantile->above;
    density.mass = quantile->mass;
    return density;
}

/* What a normal number becomes; solved for where it is beyond what is prepared, which no uniform number is.
 */
static double warped(const struct sc_quantile *quantile, double z)
{
    if (fabs(z) <= SC_WARP_FAR) return sc_warp_at(&quantile->warp, z);
    const struct sc_density density = density_of(quantile);
    return sc_warp_solved(&density, fmax(-FARTHEST, fmin(FARTHEST, z)));
}

/* Of a normal number, or of log odds. */
SC_PART double formed(const struct sc_quantile_form *form, double y)
{
    return form->kind == BETA ? beta_of(form, y) : student_of(form, y);
}

static double of_tails(const struct sc_quantile *quantile, double p, double q)
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
    case DISCRETE:
        return discrete(quantile, p);
    default:
        return form->a;
    }
}

/* But for rounding, it is within. */
static double clipped(const struct sc_quantile *quantile, double x)
{
    return quantile->truncated ? fmax(quantile->min, fmin(quantile->max, x)) : x;
}

double sc_quantile_between(const struct sc_quantile *quantile, double u, double v)
{
    if (has_log_odds(quantile))
        return clipped(quantile, formed(&quantile->form, warped(quantile, sc_normal_quantile_between(u, v))));
    if (!quantile->truncated) return of_tails(quantile, u, v);
    return clipped(quantile, of_tails(quantile, quantile->below + u * quantile->mass,
                                      quantile->above + v * quantile->mass));
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

SC_WIDE static void scale_row(const struct sc_quantile_form *form, size_t n, double *x)
{
    double mean = form->a, sd = form->b;
    for (size_t i = 0; i < n; i++) x[i] = mean + sd * x[i];
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

SC_WIDE static bool has_beyond(const double *z, size_t n)
{
    int beyond = 0;
    for (size_t i = 0; i < n; i++) beyond += fabs(z[i]) > SC_WARP_FAR ? 1 : 0;
    return beyond > 0;
}

/* x is not z. */
static void warp_row(const struct sc_quantile *quantile, const double *z, size_t n, double *x)
{
    sc_warp_row(&quantile->warp, z, n, x);
    if (!has_beyond(z, n)) return;
    for (size_t i = 0; i < n; i++) x[i] = warped(quantile, z[i]);
}

/* Of log odds, or of normal numbers; in place. */
static void form_row(const struct sc_quantile_form *form, size_t n, double *x)
{
    if (form->kind == BETA) {
        beta_row(form, n, x);
    } else if (form->kind == STUDENT) {
        student_row(form, n, x);
    } else {
        scale_row(form, n, x);
        if (form->kind == LOGNORMAL) sc_exp_row(x, n, x);
    }
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

static void discrete_row(const struct sc_quantile *quantile, const double *p, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) x[i] = discrete(quantile, p[i]);
}

static void constant_row(const struct sc_quantile *quantile, size_t n, double *x)
{
    for (size_t i = 0; i < n; i++) x[i] = quantile->form.a;
}

/* x is neither p nor q, which change. */
static void of_tails_row(const struct sc_quantile *quantile, size_t n, double *p, double *q, double *x)
{
    const struct sc_quantile_form *form = &quantile->form;
    double z[ROW];
    if (has_log_odds(quantile)) {
        sc_normal_quantile_between_row(p, q, n, z);
        warp_row(quantile, z, n, x);
        form_row(form, n, x);
        return;
    }
    if (quantile->truncated) truncate_row(quantile, n, p, q);
    if (form->kind == UNIFORM) {
        uniform_row(form, p, q, n, x);
    } else if (form->kind == TRIANGULAR) {
        triangular_row(form, p, q, n, x);
    } else if (form->kind == DISCRETE) {
        discrete_row(quantile, p, n, x);
    } else {
        sc_normal_quantile_between_row(p, q, n, x);
        form_row(form, n, x);
    }
}

SC_WIDE static void complement_row(const double *p, size_t n, double *q)
{
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
        memcpy(p, u + done, piece * sizeof *p);
        complement_row(p, piece, q);
        of_tails_row(quantile, piece, p, q, x + done);
        if (quantile->truncated) clip_row(quantile, piece, x + done);
    }
}

/* By way of the normal numbers themselves where the form has them; else of their probabilities. */
static void of_normal_row(const struct sc_quantile *quantile, const double *z, size_t n, double *x)
{
    double p[ROW], q[ROW];
    if (quantile->form.kind > LAST_OF_NORMAL_NUMBERS) {
        sc_normal_tails_row(z, n, p, q);
        of_tails_row(quantile, n, p, q, x);
        return;
    }
    memcpy(p, z, n * sizeof *p);
    if (is_warped(quantile))
        warp_row(quantile, p, n, x);
    else
        memcpy(x, p, n * sizeof *x);
    form_row(&quantile->form, n, x);
}

void sc_quantile_normal_row(const struct sc_quantile *quantile, const double *z, size_t n, double *x)
{
    if (quantile->form.kind == CONSTANT) {
        constant_row(quantile, n, x);
        return;
    }
    for (size_t done = 0; done < n; done += ROW) {
        size_t piece = n - done < ROW ? n - done : ROW;
        of_normal_row(quantile, z + done, piece, x + done);
        if (quantile->truncated) clip_row(quantile, piece, x + done);
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
        if (!is_warped(quantile)) return;
        const struct sc_density density = density_of(quantile);
        sc_warp_prepare(&density, &quantile->warp);
    }
}
