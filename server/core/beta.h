/* The beta distribution on the scale of log odds, on which its quantile function is close to a straight line
 * in either tail: y = log(x / (1 - x)) against t = log(p / q), p being P(X <= x), q = P(X > x). */
#ifndef SC_CORE_BETA_H
#define SC_CORE_BETA_H

struct sc_beta {
    double a, b;
    double mode, at_mode;      /* of y: log(a / b), and the log of the density of y there */
    double log_mean, log_rest; /* log(a / (a + b)), log(b / (a + b)) */
};

/* 0 < a, b. */
void sc_beta_init(struct sc_beta *beta, double a, double b);

struct sc_beta_point {
    double p, q, t; /* each to full relative precision */
    double rise;    /* dy / dt */
};
struct sc_beta_point sc_beta_at(const struct sc_beta *beta, double y);

/* log of the density of y. */
double sc_beta_log_density(const struct sc_beta *beta, double y);

/* The y at t, |t| <= 700, from a guess; the better, the sooner. */
double sc_beta_quantile(const struct sc_beta *beta, double t, double guess);

/* A guess for want of a better one. */
double sc_beta_guess(const struct sc_beta *beta, double t);

#endif
