/* What the use cases share in reading a call and in answering it: parameters, bodies, faults, buffers. A
 * function that answers false or NULL has made a problem of the answer. */
#ifndef SC_APP_REQUEST_H
#define SC_APP_REQUEST_H

#include "secondchair/call.h"
#include "secondchair/store.h"

#include <jansson.h>

struct sc_buffer;
struct sc_collection;
struct sc_json_limits;

/* Of a body, and of what is stored, which was one. */
extern const struct sc_json_limits SC_BODY_LIMITS;

/* Every parameter of the query is one of names (ended by NULL), and none but "set" and "job" is given twice.
 */
bool sc_call_allows(struct sc_call *call, const char *const *names) __attribute__((warn_unused_result));

/* The same for a body's members: a fault for each unknown one, with a suggestion. NULL in either list ends
 * it. */
void sc_request_members(const json_t *object, const char *const *names, const char *const *more,
                        const char *place, struct sc_faults *faults);

/* A member of a question: a number within bounds. value stays as it is where the member is absent, and where
 * it is not usable, which is a fault. */
void sc_request_number(const json_t *question, const char *name, double low, double high, double *value,
                       struct sc_faults *faults);

/* The same, and whole. */
void sc_request_whole(const json_t *question, const char *name, double low, double high, double *value,
                      struct sc_faults *faults);

/* False where a question has faults, which are then the answer. */
bool sc_call_is_sound(struct sc_call *call, const struct sc_faults *faults)
    __attribute__((warn_unused_result));

/* A text of digits alone as a number. */
bool sc_text_is_integer(const char *text, int64_t *value) __attribute__((warn_unused_result));

/* "true" or "false"; value stays as it is where the parameter is absent. */
bool sc_call_flag(struct sc_call *call, const char *name, bool *value) __attribute__((warn_unused_result));

/* A whole number from least to most; likewise. */
bool sc_call_integer(struct sc_call *call, const char *name, int64_t least, int64_t most, int64_t *value)
    __attribute__((warn_unused_result));

/* The body as JSON, new reference. Not JSON is not_json; JSON that is no value here (a duplicate key, a
 * number beyond a double) is invalid, with its pointer; where a document of a collection may be sent along,
 * as the member of that noun, what lies in it is that collection's problem, with the pointer within the
 * document. NULL: none may. Books the time. */
json_t *sc_call_json(struct sc_call *call, enum sc_problem invalid, const struct sc_collection *sent)
    __attribute__((warn_unused_result));

/* The problem that JSON which could not be parsed is; invalid and sent as above. */
struct sc_json_error;
void sc_call_not_json(struct sc_call *call, const struct sc_json_error *error, enum sc_problem invalid,
                      const struct sc_collection *sent);

/* An empty list of faults in the call's arena. */
struct sc_faults *sc_call_faults(struct sc_call *call) __attribute__((warn_unused_result));

/* A problem with its faults; the detail says how many there are and the first. */
enum sc_progress sc_call_invalid(struct sc_call *call, enum sc_problem problem,
                                 const struct sc_faults *faults);

/* The same with a single fault; always false. */
bool sc_call_refuse(struct sc_call *call, enum sc_problem problem, enum sc_fault_code code,
                    const char *pointer, const char *format, ...) __attribute__((format(printf, 5, 6)));

/* For want of memory. */
enum sc_progress sc_call_exhausted(struct sc_call *call);

/* What a store's status other than OK is to the client; type and id are of what was asked for. */
enum sc_progress sc_call_store_problem(struct sc_call *call, enum sc_record_type type,
                                       enum sc_store_status status, const char *id);

/* The calling thread's view of the store, or NULL and a problem. */
struct sc_reader *sc_call_reader(struct sc_call *call) __attribute__((warn_unused_result));

/* A copy in the call's arena; NULL, for NULL and when memory is short, makes no problem. */
char *sc_call_text(struct sc_call *call, const char *text);

/* The value as JSON text, compact and terminated, in the arena; NULL when memory is short. */
const char *sc_json_in_arena(struct sc_arena *arena, const json_t *value, size_t *length);

/* Sets the answer's ETag to the text in quotes, and what may be kept; true when the client has it already:
 * the answer is then complete (304). A text too long for an ETag sets none. */
bool sc_answer_is_known(struct sc_call *call, const char *version, enum sc_freshness freshness);

/* Hands the buffer's bytes over as the answer: 200. A buffer that failed becomes a problem. Returns
 * SC_ANSWERED. */
enum sc_progress sc_answer_buffer(struct sc_call *call, enum sc_media media, struct sc_buffer *buffer);

#endif
