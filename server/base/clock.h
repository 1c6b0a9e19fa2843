/* The machine's clocks, read in one place. */
#ifndef SC_BASE_CLOCK_H
#define SC_BASE_CLOCK_H

#include <stdint.h>

/* For intervals: nanoseconds since some fixed moment, never going back. */
uint64_t sc_clock_nanoseconds(void);

/* For budgets of work: nanoseconds that this thread has computed, however busy the machine is otherwise. */
uint64_t sc_clock_thread_nanoseconds(void);

/* For records: microseconds since 1970-01-01 UTC. */
int64_t sc_clock_microseconds(void);

/* The same, but later than before, even if the clock was set back. */
int64_t sc_clock_later_than(int64_t before);

enum { SC_TIMESTAMP_SIZE = 32 };

/* ISO 8601 in UTC with microseconds: 2026-04-23T09:30:00.000000Z. */
void sc_clock_timestamp(int64_t microseconds, char text[SC_TIMESTAMP_SIZE]);

#endif
