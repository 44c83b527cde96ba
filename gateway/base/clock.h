/*
 * Time. Deadlines use the monotonic clock, facts the wall clock.
 */
#ifndef GARITA_BASE_CLOCK_H
#define GARITA_BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

int64_t clock_monotonic_ms(void);
int64_t clock_wall_us(void); /* microseconds since 1970, UTC */

enum { CLOCK_TEXT_MAX = 32 };

/* "2026-11-22T15:04:05.123Z"; returns text. */
const char *clock_format_utc(int64_t wall_us, char text[CLOCK_TEXT_MAX]);

#endif
