/*
 * Local time for the folders and texts that people read (registry). The ledger never uses it.
 */
#include "registry/calendar.h"

#include <time.h>

static struct tm local_of(int64_t instant)
{
    time_t seconds = (time_t)(instant / 1000000);
    struct tm local = {0};
    localtime_r(&seconds, &local);
    return local;
}

void calendar_month_of(int64_t instant, int *year, int *month)
{
    struct tm local = local_of(instant);
    *year = local.tm_year + 1900;
    *month = local.tm_mon + 1;
}

int64_t calendar_month_begin(int year, int month)
{
    struct tm first = {
        .tm_year = year - 1900, .tm_mon = month - 1, .tm_mday = 1, .tm_isdst = -1};
    return (int64_t)mktime(&first) * 1000000;
}

void calendar_format(int64_t instant, char text[CALENDAR_TEXT_MAX])
{
    struct tm local = local_of(instant);
    strftime(text, CALENDAR_TEXT_MAX, "%d/%m/%Y %H:%M:%S", &local);
}
