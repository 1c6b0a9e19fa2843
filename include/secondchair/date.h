/* Days of the Gregorian calendar, counted from 1970-01-01. Pure. */
#ifndef SC_DATE_H
#define SC_DATE_H

#include <stdbool.h>
#include <stdint.h>

struct sc_date {
    int year, month, day; /* month 1 … 12, day 1 … 31 */
};

int32_t sc_days_of_date(struct sc_date date);
struct sc_date sc_date_of_days(int32_t days);

/* True for a day that the calendar has. */
bool sc_date_exists(struct sc_date date);

/* The same month and day some years later; 29 February becomes 28 February where the year has none (MODEL 1).
 */
int32_t sc_days_years_later(int32_t days, int years);

#endif
