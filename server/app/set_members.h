/* The members of a set that a question is about: each loaded, looked at and left again, for their documents
 * would be much at once; what is kept of them; and the price that all are weighed against. */
#ifndef SC_APP_SET_MEMBERS_H
#define SC_APP_SET_MEMBERS_H

#include "secondchair/weigh.h"
#include "set.h"

struct sc_json_writer;

/* What is kept of a member when its document is gone. In the call's arena. */
struct sc_member_figures {
    const char *id, *name, *company;
    int64_t revision;
    int32_t valuation_date;
    char sha256[SC_DIGEST_TEXT];
    double price, hold_probability; /* the latter NAN where there is no chair */
    const char *inputs;             /* as JSON, where asked for */
    size_t inputs_length;
};

struct sc_set_members {
    const struct sc_set_subject *subject;
    size_t count;
    struct sc_member_figures figures[SC_SET_MEMBERS_MAX];
    struct sc_weighted weighted[SC_SET_MEMBERS_MAX];
    double price;           /* at first the question's own, or NAN */
    const char *price_from; /* "question", "set", "members" */
};

/* Begins with the question's own "price", if it has one. */
void sc_set_members_init(struct sc_set_members *members, const struct sc_set_subject *subject,
                         struct sc_faults *faults);

/* Looks at a member that is loaded. False with faults, or without when memory is short. */
typedef bool sc_member_visit(void *context, const struct sc_case_context *where, size_t index,
                             struct sc_case *one);

/* Loads a member, calls visit and lets go of it; what lies in where->arena is gone then. False as above. */
bool sc_set_visit(struct sc_call *call, const struct sc_set_subject *subject, size_t index,
                  struct sc_faults *faults, sc_member_visit *visit, void *context)
    __attribute__((warn_unused_result));

/* Values all members, so that all faults are found; then sets the ETag and finds the price. look: what else
 * is looked at in each, or NULL. False: the answer is complete. */
bool sc_set_members_value(struct sc_call *call, struct sc_set_members *members, sc_member_visit *look,
                          void *context) __attribute__((warn_unused_result));

/* The problem that faults of members make: a question's own overrides and uncertainty are its own faults;
 * those of the members are the set's, if it was sent along. */
void sc_set_members_refuse(struct sc_call *call, const struct sc_set_subject *subject,
                           const struct sc_faults *faults);

/* What answers begin with: engine, set, name, currency, price and price_from. */
void sc_set_members_write(struct sc_json_writer *w, const struct sc_set_members *members);

/* What a member's line begins with. */
void sc_set_member_write(struct sc_json_writer *w, const struct sc_set_members *members, size_t index);

/* What makes an average of the members say less than it seems to. */
void sc_set_members_write_checks(struct sc_json_writer *w, const struct sc_set_members *members);

#endif
