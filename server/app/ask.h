/* The frame that every question shares: resolve the subject, answer, release. */
#ifndef SC_APP_ASK_H
#define SC_APP_ASK_H

#include "subject.h"

struct sc_asking {
    const char *name;           /* as in its address: "valuation" */
    const char *const *members; /* of the question's body or query, ended by NULL */
    enum sc_progress (*answer)(struct sc_call *call, const struct sc_subject *subject);
    bool plan_alone; /* it reads nothing else of the subject but what every answer begins with */
};

/* The questions, each with its use case; all of them ended by NULL, for those who choose by name. */
extern const struct sc_asking SC_ASK_VALUATION, SC_ASK_PROJECTION, SC_ASK_CHAIR, SC_ASK_IMPLIED,
    SC_ASK_RETURNS, SC_ASK_COMPARISON, SC_ASK_SENSITIVITY, SC_ASK_SIMULATION;
extern const struct sc_asking *const SC_ASKINGS[];

enum sc_progress sc_ask_stored(struct sc_call *call, const struct sc_asking *asking);
enum sc_progress sc_ask_sent(struct sc_call *call, const struct sc_asking *asking);

/* An answer being written: one object, begun with the subject's members. */
struct sc_json_writer;
struct sc_buffer;
void sc_ask_begin(const struct sc_subject *subject, struct sc_json_writer *writer, struct sc_buffer *buffer);

/* Ends the object and hands it over; start is when encoding began. */
enum sc_progress sc_ask_end(struct sc_call *call, const struct sc_subject *subject,
                            struct sc_json_writer *writer, struct sc_buffer *buffer, uint64_t start);

#endif
