/*
 * Years and months as people count them, in the agency's time zone (TZ is set once, before the
 * sandbox closes). Instants are microseconds since 1970, UTC.
 */
#ifndef GARITA_REGISTRY_CALENDAR_H
#define GARITA_REGISTRY_CALENDAR_H

#include <stddef.h>
#include <stdint.h>

enum { CALENDAR_TEXT_MAX = 32 };

void calendar_month_of(int64_t instant, int *year, int *month); /* month 1..12 */

/* First instant of a month; month may be 13 for the next year's first. */
int64_t calendar_month_begin(int year, int month);

/* "22/11/2026 15:04:05" */
void calendar_format(int64_t instant, char text[CALENDAR_TEXT_MAX]);

#endif
