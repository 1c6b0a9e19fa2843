#include "document_reading.h"
#include "secondchair/date.h"

enum { YEAR_FIRST = 1900, YEAR_LAST = 2200 };

/* Number of decimal digits at text as a number; -1 when one of them is none. */
static int read_digits(const char *text, size_t count)
{
    int number = 0;
    for (size_t i = 0; i < count; i++) {
        if (text[i] < '0' || text[i] > '9') return -1;
        number = number * 10 + (text[i] - '0');
    }
    return number;
}

/* The shape YYYY-MM-DD, whatever its numbers. */
static bool split(const char *text, size_t length, struct sc_date *day)
{
    if (length != 10 || text[4] != '-' || text[7] != '-') return false;
    *day = (struct sc_date){read_digits(text, 4), read_digits(text + 5, 2), read_digits(text + 8, 2)};
    return day->year >= 0 && day->month >= 0 && day->day >= 0;
}

void sc_read_date(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    const char *text = json_string_value(value);
    struct sc_date day;
    char quoted[SC_QUOTED_MAX];
    if (!text)
        sc_blame_type(reading, at, "a text, a date of the form YYYY-MM-DD", value);
    else if (!split(text, json_string_length(value), &day))
        sc_blame(reading, SC_FAULT_bad_date, at,
                 "must be a date of the form YYYY-MM-DD, such as 2026-04-23, not `%s`",
                 sc_quote(text, quoted));
    else if (!sc_date_exists(day))
        sc_blame(reading, SC_FAULT_bad_date, at, "%s is no day of the calendar", text);
    else if (day.year < YEAR_FIRST || day.year > YEAR_LAST)
        sc_blame(reading, SC_FAULT_bad_date, at, "must be of the years %d to %d; it is %s", YEAR_FIRST,
                 YEAR_LAST, text);
    else if (into)
        *(int32_t *)into = sc_days_of_date(day);
}
