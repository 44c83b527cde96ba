/*
 * Calendar dates in UTC, by arithmetic. Runs in the registry. Pure. The catalogue needs
 * whole microseconds, years and months, and no question whether the C library opens a
 * file for it.
 */
#include "registry/catalogue_inside.h"

static int64_t floor_divide(int64_t value, int64_t by, int64_t *rest)
{
    int64_t quotient = value / by;
    int64_t left = value % by;
    if (left < 0) {
        left += by;
        quotient--;
    }
    *rest = left;
    return quotient;
}

/* Years that begin in March put the leap day at their end; 400 of them are 146,097
   days. */
static void civil_date(int64_t days, struct civil_time *civil)
{
    int64_t in_era = 0;
    int64_t era = floor_divide(days + 719468, 146097, &in_era);
    int64_t year = (in_era - in_era / 1460 + in_era / 36524 - in_era / 146096) / 365;
    int64_t in_year = in_era - (365 * year + year / 4 - year / 100);
    int64_t month = (5 * in_year + 2) / 153; /* 0 is March */
    civil->day = (int)(in_year - (153 * month + 2) / 5 + 1);
    civil->month = (int)(month < 10 ? month + 3 : month - 9);
    civil->year = era * 400 + year + (civil->month <= 2 ? 1 : 0);
}

struct civil_time civil_time(int64_t wall_us)
{
    struct civil_time civil;
    int64_t in_day = 0;
    civil_date(floor_divide(wall_us, 86400LL * 1000000, &in_day), &civil);
    civil.microsecond = (int)(in_day % 1000000);
    int64_t seconds = in_day / 1000000;
    civil.second = (int)(seconds % 60);
    civil.minute = (int)(seconds / 60 % 60);
    civil.hour = (int)(seconds / 3600);
    return civil;
}

int64_t civil_month(int64_t wall_us)
{
    struct civil_time civil = civil_time(wall_us);
    int64_t month = civil.year * 12 + civil.month - 1;
    return month < 1 ? 1 : month;
}

static bool is_last_day(int64_t wall_us, const struct civil_time *civil)
{
    static const int64_t day = INT64_C(86400000000);
    return wall_us > INT64_MAX - day || civil_time(wall_us + day).month != civil->month;
}

int64_t civil_bucket(int64_t wall_us)
{
    struct civil_time civil = civil_time(wall_us);
    int64_t first = civil_month(wall_us) * 3;
    if (civil.day == 1 && civil.hour < 12) {
        return first;
    }
    return first + (civil.hour >= 10 && is_last_day(wall_us, &civil) ? 2 : 1);
}

bool civil_buckets(int64_t from, int64_t until, int64_t buckets[CIVIL_BUCKETS])
{
    int64_t first = civil_bucket(from);
    int64_t last = until > from ? civil_bucket(until - 1) : first;
    for (int i = 0; i < CIVIL_BUCKETS; i++) {
        buckets[i] = first + i <= last ? first + i : 0;
    }
    return last - first < CIVIL_BUCKETS;
}
