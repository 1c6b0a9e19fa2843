#include "document_reading.h"

#include <string.h>

enum { YEAR_FIRST = 1900, YEAR_LAST = 2200 };

struct day {
    int year, month, day;
};

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_in_month(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return month == 2 && is_leap(year) ? 29 : DAYS[month - 1];
}

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
static bool split(const char *text, size_t length, struct day *day)
{
    if (length != 10 || text[4] != '-' || text[7] != '-') return false;
    *day = (struct day){read_digits(text, 4), read_digits(text + 5, 2), read_digits(text + 8, 2)};
    return day->year >= 0 && day->month >= 0 && day->day >= 0;
}

static bool is_in_calendar(const struct day *day)
{
    return day->month >= 1 && day->month <= 12 && day->day >= 1 &&
           day->day <= days_in_month(day->year, day->month);
}

/* Days from 1970-01-01 in the proleptic Gregorian calendar; the year counted from March. */
static int32_t count_days(const struct day *day)
{
    int year = day->month > 2 ? day->year : day->year - 1;
    int month = (day->month + 9) % 12;
    int of_year = (153 * month + 2) / 5 + day->day - 1;
    return year * 365 + year / 4 - year / 100 + year / 400 + of_year - 719468;
}

void sc_read_date(struct sc_reading *reading, const struct sc_place *at, json_t *value, void *into)
{
    const char *text = json_string_value(value);
    struct day day;
    char quoted[SC_QUOTED_MAX];
    if (!text)
        sc_blame_type(reading, at, "a text, a date of the form YYYY-MM-DD", value);
    else if (!split(text, json_string_length(value), &day))
        sc_blame(reading, SC_FAULT_bad_date, at,
                 "must be a date of the form YYYY-MM-DD, such as 2026-04-23, not `%s`",
                 sc_quote(text, quoted));
    else if (!is_in_calendar(&day))
        sc_blame(reading, SC_FAULT_bad_date, at, "%s is no day of the calendar", text);
    else if (day.year < YEAR_FIRST || day.year > YEAR_LAST)
        sc_blame(reading, SC_FAULT_bad_date, at, "must be of the years %d to %d; it is %s", YEAR_FIRST,
                 YEAR_LAST, text);
    else if (into)
        *(int32_t *)into = count_days(&day);
}
