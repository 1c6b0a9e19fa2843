#include "secondchair/date.h"

static bool is_leap(int year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int days_of_month(int year, int month)
{
    static const int DAYS[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return DAYS[month - 1] + (month == 2 && is_leap(year));
}

bool sc_date_exists(struct sc_date date)
{
    return date.month >= 1 && date.month <= 12 && date.day >= 1 &&
           date.day <= days_of_month(date.year, date.month);
}

/* Days before 1 January of a year, from 1 January of year 1 (years >= 1). */
static int32_t days_before_year(int year)
{
    int before = year - 1;
    return before * 365 + before / 4 - before / 100 + before / 400;
}

enum { EPOCH = 719162 }; /* days_before_year(1970) */

int32_t sc_days_of_date(struct sc_date date)
{
    int32_t days = days_before_year(date.year) - EPOCH + date.day - 1;
    for (int month = 1; month < date.month; month++) days += days_of_month(date.year, month);
    return days;
}

struct sc_date sc_date_of_days(int32_t days)
{
    int year = 1970 + (int)((double)days / 365.2425);
    while (days < days_before_year(year) - EPOCH) year--;
    while (days >= days_before_year(year + 1) - EPOCH) year++;
    struct sc_date date = {.year = year, .month = 1};
    int32_t left = days - (days_before_year(year) - EPOCH);
    while (left >= days_of_month(year, date.month)) left -= days_of_month(year, date.month++);
    date.day = left + 1;
    return date;
}

int32_t sc_days_years_later(int32_t days, int years)
{
    struct sc_date date = sc_date_of_days(days);
    date.year += years;
    if (!sc_date_exists(date)) date.day = 28;
    return sc_days_of_date(date);
}
