/* Finished answers, kept for whoever asks the same again while nothing was written to the store. For use
 * cases that answer from the store and from the call's address, type and body alone. */
#ifndef SC_APP_KEPT_H
#define SC_APP_KEPT_H

#include "secondchair/call.h"

/* Answers a call from what is kept: true when it did, with 304 too. Otherwise notes what the store's contents
 * are from now on, for sc_answer_keep. */
bool sc_answer_recall(struct sc_call *call) __attribute__((warn_unused_result));

/* Keeps the call's answer, where it may be; to be sent as it is. */
void sc_answer_keep(struct sc_call *call);

#endif
