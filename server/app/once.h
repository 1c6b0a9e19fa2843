/* Writes that are done once however often they are asked for: those that come with a key of the client's
 * (Idempotency-Key). The answer is stored with the write, and given again to whoever sends the key again. */
#ifndef SC_APP_ONCE_H
#define SC_APP_ONCE_H

#include "secondchair/call.h"
#include "secondchair/store.h"

/* Before a write whose call has a key. False: the answer is complete, the one that was given before or a
 * problem. */
bool sc_once_begin(struct sc_call *call) __attribute__((warn_unused_result));

/* After a use case that answered without writing: another call with the same key may have done so meanwhile,
 * and then its answer is this one's too. */
void sc_once_settle(struct sc_call *call);

/* Hands a write over. compose makes the call's answer of what is written, and ends with sc_once_keep. */
bool sc_once_submit(struct sc_call *call, struct sc_write *write, bool (*compose)(struct sc_write *write))
    __attribute__((warn_unused_result));

/* True where the call has an answer, not a problem, which is then kept with the write. */
bool sc_once_keep(struct sc_call *call);

/* When a write has ended: true where the answer is complete; false where it failed, for the caller to say
 * how. */
bool sc_once_finish(struct sc_call *call, struct sc_write *write, bool (*compose)(struct sc_write *write))
    __attribute__((warn_unused_result));

#endif
