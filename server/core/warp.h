/* Standard normal numbers become those of another distribution with the same probability below them: the map
 * in pieces, made once so that each draw is a polynomial. The other number y is one of a smooth density: a
 * normal number again or the log odds of a beta one, of which a part of the probability may be left out. */
#ifndef SC_CORE_WARP_H
#define SC_CORE_WARP_H

#include "beta.h"
#include "secondchair/distribution.h"

#include <stdbool.h>
#include <stddef.h>

/* Of y. Between its truncations lies the part `mass` of its probability, `below` them and `above` them the
 * rest. */
struct sc_density {
    bool normal; /* else the log odds of `beta` */
    struct sc_beta beta;
    double below, above, mass;
};

/* The maps of |z| <= 8.25, beyond which no uniform number is. */
#define SC_WARP_FAR 8.25
void sc_warp_prepare(const struct sc_density *density, struct sc_warp *warp);

/* y at z: to 1e-12 of the density's spread and 1e-12 absolute, or 2e-11 where one parameter of a beta
 * distribution is 1e5 times the other; at the nearer end beyond what is prepared. */
double sc_warp_at(const struct sc_warp *warp, double z);

/* y[i] = sc_warp_at(warp, z[i]), bit for bit; y may be z. */
void sc_warp_row(const struct sc_warp *warp, const double *z, size_t n, double *y);

/* The same without what was prepared, |z| <= 37. */
double sc_warp_solved(const struct sc_density *density, double z);

#endif
