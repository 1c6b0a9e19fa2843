/* Who follows a long computation: a job, the reader of a stream of events, a service that is about to stop.
 */
#ifndef SC_FOLLOWER_H
#define SC_FOLLOWER_H

#include <stdbool.h>

struct sc_follower {
    /* done is from 0 to 1; partial is what can be said already, a JSON object, or NULL. False: nobody wants
     * the answer any more. Called on the computing thread, as often as it likes. */
    bool (*hear)(struct sc_follower *follower, double done, const char *partial);
    bool wants_partial; /* it is of use to make one */
};

#endif
