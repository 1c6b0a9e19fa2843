/* Set documents: scenarios with their weights, from JSON to a struct. */
#ifndef SC_CODEC_SET_DOCUMENT_H
#define SC_CODEC_SET_DOCUMENT_H

#include "secondchair/fault.h"

#include <jansson.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SC_SET_MEMBERS_MAX = 64 };

/* One scenario of the set. */
struct sc_set_member {
    const char *scenario; /* an id; NULL where there is a fault in this member */
    int64_t revision;     /* 0: the newest */
    double weight;
    const char *role;        /* or NULL */
    const json_t *overrides; /* [{"pointer", "value"}], or NULL */
};

struct sc_set {
    const char *name;
    double price;     /* NAN: none is given */
    double fair_band; /* 0.1 unless given */
    struct sc_set_member member[SC_SET_MEMBERS_MAX];
    size_t count;
    size_t bull; /* the member whose role is "bull"; SC_SET_MEMBERS_MAX where there is none */
};

/* Reads a set, whose texts and values stay the document's. False with every fault found: of shape, and of
 * sense where the shape is sound: weights that do not add up to 1 within 1e-9, two members that are the same,
 * two bull cases. Whether the scenarios are there is not looked at. */
bool sc_set_read(const json_t *document, struct sc_set *set, struct sc_faults *faults);

#endif
