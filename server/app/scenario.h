/* A scenario or a set as it is shown, and a change of it on its way to the store. */
#ifndef SC_APP_SCENARIO_H
#define SC_APP_SCENARIO_H

#include "codec/canonical.h"
#include "resolve.h"
#include "secondchair/call.h"
#include "secondchair/store.h"

#include <jansson.h>

/* JSON text in the call's arena; NULL for none. */
struct sc_json_text {
    const char *text;
    size_t length;
};

struct sc_view {
    struct sc_record record;       /* name, company and tags are those of the document shown */
    const char *parents;           /* the revisions of the chain beyond its own: ".5", "" */
    struct sc_json_text document;  /* NULL where a variant does not fit its parent: faults says why */
    struct sc_json_text overrides; /* a variant's */
    char sha256[SC_DIGEST_TEXT];
    const struct sc_faults *faults;
};

/* The view of a chain. lenient: a variant that does not fit is shown without its document. False: a problem.
 */
bool sc_view_make(struct sc_call *call, const struct sc_chain *chain, bool lenient, struct sc_view *view)
    __attribute__((warn_unused_result));

/* Sets the ETag, which names the revisions and, of a deleted one, when it was; true: the client has it (304).
 */
bool sc_view_is_known(struct sc_call *call, const struct sc_record *record, const char *parents,
                      enum sc_freshness freshness);

/* Fills the answer's body and outcome; ETag and freshness are as set. */
enum sc_progress sc_view_answer(struct sc_call *call, const struct sc_view *view, enum sc_outcome outcome);

/* Fills name, company, description and tags from a valid document, in the arena. False when it is exhausted.
 */
bool sc_record_describe(struct sc_record *record, const json_t *document, struct sc_arena *arena)
    __attribute__((warn_unused_result));

/* A change, in the call's arena until the writer has answered it. */
struct sc_edit {
    struct sc_write write; /* of view.record */
    struct sc_view view;   /* what will be shown of it */
    struct sc_call *call;
    enum sc_outcome outcome;
    const char *location; /* of what is new */
    uint64_t start;
};

/* An edit of that kind of view's record, which is filled later; NULL and a problem when memory is short. */
struct sc_edit *sc_edit_new(struct sc_call *call, enum sc_record_type type, enum sc_write_kind kind,
                            enum sc_outcome outcome) __attribute__((warn_unused_result));

/* Makes a document, which has been found valid, the record's next body. False: a problem. */
bool sc_edit_document(struct sc_edit *edit, const json_t *document) __attribute__((warn_unused_result));

/* Makes an overlay the record's next body; document is what it makes of its parent's, and valid. */
bool sc_edit_overlay(struct sc_edit *edit, json_t *overrides, const json_t *document)
    __attribute__((warn_unused_result));

/* Gives the record an id and its Location, and hands it over with the document as its body: an overlay's
 * where there are overrides (then parent and parents are set already). */
enum sc_progress sc_edit_create(struct sc_edit *edit, json_t *overrides, const json_t *document);

/* Hands the edit over; the call must not be touched afterwards. */
enum sc_progress sc_edit_submit(struct sc_edit *edit);

/* An id for a new scenario or set: a UUID of version 7, so that ids sort by creation. In the arena, or NULL.
 */
const char *sc_record_id(struct sc_arena *arena);

/* True when the document may be stored; else the problem with all faults. Books the time. */
bool sc_call_validate(struct sc_call *call, enum sc_record_type type, const json_t *document)
    __attribute__((warn_unused_result));

#endif
