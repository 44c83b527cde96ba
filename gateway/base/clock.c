/*
 * The two clocks. Every process.
 */
#include "base/clock.h"

#include <time.h>

#define DAY_US (INT64_C(86400) * 1000000)

static int64_t read_us(clockid_t clock)
{
    struct timespec now;
    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t clock_monotonic_ms(void)
{
    return read_us(CLOCK_MONOTONIC) / 1000;
}

int64_t clock_wall_us(void)
{
    return read_us(CLOCK_REALTIME);
}

/* Writes `value` as `digits` decimal digits; returns one past them. */
static char *put_digits(char *at, int64_t value, int digits)
{
    for (int i = digits - 1; i >= 0; i--) {
        at[i] = (char)('0' + value % 10);
        value /= 10;
    }
    return at + digits;
}

/* Days since 1970 as year, month, day (Howard Hinnant's civil_from_days): gmtime_r()
   takes the time zone's lock, and journal records are also written by a signal handler.
   */
static char *put_date(char *at, int64_t days)
{
    days += 719468; /* since 0000-03-01 */
    int64_t era = (days >= 0 ? days : days - 146096) / 146097;
    int64_t day = days - era * 146097;
    int64_t year = (day - day / 1460 + day / 36524 - day / 146096) / 365;
    day -= 365 * year + year / 4 - year / 100;
    int64_t month = (5 * day + 2) / 153; /* from March */
    day -= (153 * month + 2) / 5;
    month += month < 10 ? 3 : -9;
    year += era * 400 + (month <= 2);
    at = put_digits(at, year, 4);
    *at++ = '-';
    at = put_digits(at, month, 2);
    *at++ = '-';
    return put_digits(at, day + 1, 2);
}

const char *clock_format_utc(int64_t wall_us, char text[CLOCK_TEXT_MAX])
{
    int64_t day_us = wall_us % DAY_US;
    day_us += day_us < 0 ? DAY_US : 0;
    int64_t ms = day_us / 1000;
    char *at = put_date(text, (wall_us - day_us) / DAY_US);
    *at++ = 'T';
    at = put_digits(at, ms / 3600000, 2);
    *at++ = ':';
    at = put_digits(at, ms / 60000 % 60, 2);
    *at++ = ':';
    at = put_digits(at, ms / 1000 % 60, 2);
    *at++ = '.';
    at = put_digits(at, ms % 1000, 3);
    *at++ = 'Z';
    *at = '\0';
    return text;
}
