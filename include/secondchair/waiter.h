/* Who reads an answer in pieces and sleeps while there is none: what makes pieces knows no more of it. */
#ifndef SC_WAITER_H
#define SC_WAITER_H

/* What the reader does when there is no piece yet, and what wakes it. sleep is called by the function that
 * was asked for a piece alone; wake once after each sleep, from any thread that holds work of the call, and
 * never before sleep has returned: so under one lock. */
struct sc_waiter {
    void (*sleep)(void *context);
    void (*wake)(void *context);
    void *context;
};

/* The length of a piece that is not there yet: sleep was called. */
enum { SC_PIECE_LATER = -2 };

#endif
