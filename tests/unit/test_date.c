/* The calendar, and what a valuation takes from it (MODEL 1). */
#include "secondchair/date.h"
#include "support.h"

static int32_t days(int year, int month, int day)
{
    return sc_days_of_date((struct sc_date){year, month, day});
}

static void assert_date(int32_t day, int year, int month, int day_of_month)
{
    struct sc_date date = sc_date_of_days(day);
    assert_int_equal(date.year, year);
    assert_int_equal(date.month, month);
    assert_int_equal(date.day, day_of_month);
}

static void days_are_counted_from_1970(void **state)
{
    (void)state;
    assert_int_equal(days(1970, 1, 1), 0);
    assert_int_equal(days(1969, 12, 31), -1);
    assert_int_equal(days(2000, 2, 29), 11016);
    assert_int_equal(days(2001, 9, 9), 11574);     /* the billionth second of Unix */
    assert_int_equal(days(2038, 1, 19), 24855);    /* the last of a signed 32-bit clock */
    assert_int_equal(days(1858, 11, 17), -40587);  /* modified Julian day 0 */
    assert_int_equal(days(1582, 10, 15), -141427); /* the Gregorian calendar's first day */
}

/* Every day of 600 years, against the C library. */
static void every_day_agrees_with_the_c_library(void **state)
{
    (void)state;
    for (int32_t day = days(1700, 1, 1); day <= days(2300, 1, 1); day++) {
        time_t seconds = (time_t)day * 86400;
        struct tm there;
        gmtime_r(&seconds, &there);
        struct sc_date here = sc_date_of_days(day);
        if (here.year != there.tm_year + 1900 || here.month != there.tm_mon + 1 ||
            here.day != there.tm_mday || sc_days_of_date(here) != day || !sc_date_exists(here))
            fail_msg("day %d is not %d-%d-%d", (int)day, here.year, here.month, here.day);
    }
}

static void the_calendar_has_leap_days_by_the_gregorian_rule(void **state)
{
    (void)state;
    static const struct {
        struct sc_date date;
        bool exists;
    } CASE[] = {
        {{2024, 2, 29}, true},  {{2023, 2, 29}, false}, {{1900, 2, 29}, false}, {{2000, 2, 29}, true},
        {{2100, 2, 29}, false}, {{2024, 2, 30}, false}, {{2024, 4, 31}, false}, {{2024, 12, 31}, true},
        {{2024, 13, 1}, false}, {{2024, 0, 1}, false},  {{2024, 1, 0}, false},  {{2024, 1, 32}, false},
        {{2024, -1, 1}, false}, {{2024, 1, -1}, false},
    };
    for (size_t i = 0; i < COUNT(CASE); i++) assert_int_equal(sc_date_exists(CASE[i].date), CASE[i].exists);
}

static void the_29th_of_february_is_the_28th_in_other_years(void **state)
{
    (void)state;
    assert_date(sc_days_years_later(days(2024, 2, 29), 1), 2025, 2, 28);
    assert_date(sc_days_years_later(days(2024, 2, 29), 4), 2028, 2, 29);
    assert_date(sc_days_years_later(days(2096, 2, 29), 4), 2100, 2, 28);
    assert_date(sc_days_years_later(days(2023, 2, 28), 1), 2024, 2, 28);
    assert_date(sc_days_years_later(days(2025, 12, 27), 30), 2055, 12, 27);
    assert_date(sc_days_years_later(days(2024, 3, 31), 0), 2024, 3, 31);
}

static json_t *dated(const char *base_year_end, const char *valuation_date)
{
    json_t *document = plain_document();
    set_json(document, "/base_year_end", json_string(base_year_end));
    set_json(document, "/valuation_date", json_string(valuation_date));
    return document;
}

static void the_stub_is_actual_days_over_365_and_at_most_1(void **state)
{
    (void)state;
    static const struct {
        const char *end, *valued;
        double days;
    } CASE[] = {
        {"2025-12-27", "2026-04-23", 248}, {"2025-12-27", "2025-12-27", 365},
        {"2025-12-27", "2026-12-26", 1},   {"2023-12-31", "2023-12-31", 365}, /* 366 days: capped */
        {"2023-12-31", "2024-01-01", 365}, {"2023-12-31", "2024-02-29", 306},
        {"2024-02-29", "2024-02-29", 365}, {"2024-02-29", "2025-02-27", 1},
        {"2026-01-25", "2026-04-23", 277},
    };
    for (size_t i = 0; i < COUNT(CASE); i++) {
        struct valued v;
        value(&v, dated(CASE[i].end, CASE[i].valued));
        assert_exact(v.plan->stub, CASE[i].days / 365);
        release(&v);
    }
}

static void a_year_that_is_over_must_be_reported_not_forecast(void **state)
{
    (void)state;
    static const char *const CASE[][2] = {
        {"2025-12-27", "2026-12-27"},
        {"2025-12-27", "2025-12-26"},
        {"2024-02-29", "2025-02-28"},
        {"2020-01-01", "2026-01-01"},
    };
    for (size_t i = 0; i < COUNT(CASE); i++)
        assert_refused(dated(CASE[i][0], CASE[i][1]), "stale_base_year", "/valuation_date");
}

static const struct {
    const char *end;
    int market_year;
} MARKET_YEAR[] = {
    {"2026-01-25", 2025}, /* NVIDIA's fiscal 2026 */
    {"2025-12-27", 2025}, /* AMD's fiscal 2025 */
    {"2025-09-30", 2025}, {"2025-06-30", 2024}, {"2025-07-01", 2024}, {"2025-07-02", 2025},
    {"2024-07-01", 2024}, {"2024-06-30", 2023}, {"2024-02-29", 2023},
};

static void a_fiscal_year_reads_the_market_year_of_its_midpoint(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(MARKET_YEAR); i++) {
        struct valued v;
        value(&v, dated(MARKET_YEAR[i].end, MARKET_YEAR[i].end));
        assert_int_equal(v.plan->base_market_year, MARKET_YEAR[i].market_year);
        release(&v);
    }
}

static void the_markets_base_year_must_be_that_year(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(MARKET_YEAR); i++)
        for (int off = -1; off <= 1; off++) {
            json_t *document = dated(MARKET_YEAR[i].end, MARKET_YEAR[i].end);
            set(document, "/market", "{'total_spend':1,'growth':0,'inference_share':{'path':0.5}}");
            set_json(document, "/market/base_year", json_integer(MARKET_YEAR[i].market_year + off));
            if (off)
                assert_refused(document, "market_base_year_mismatch", "/market/base_year");
            else
                (void)share_of(document);
        }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(days_are_counted_from_1970),
        cmocka_unit_test(every_day_agrees_with_the_c_library),
        cmocka_unit_test(the_calendar_has_leap_days_by_the_gregorian_rule),
        cmocka_unit_test(the_29th_of_february_is_the_28th_in_other_years),
        cmocka_unit_test(the_stub_is_actual_days_over_365_and_at_most_1),
        cmocka_unit_test(a_year_that_is_over_must_be_reported_not_forecast),
        cmocka_unit_test(a_fiscal_year_reads_the_market_year_of_its_midpoint),
        cmocka_unit_test(the_markets_base_year_must_be_that_year),
    };
    return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
