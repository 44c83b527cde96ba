/*
 * How often something may be done: so many times a second, and as many at once after a second of
 * rest. Pure; times are milliseconds of the monotonic clock.
 */
#ifndef GARITA_SSH_PACE_H
#define GARITA_SSH_PACE_H

#include <stdint.h>

struct pace {
    int64_t interval_us; /* 0: as often as one likes */
    int64_t next_us;     /* when it may be done next */
};

void pace_init(struct pace *pace,
               uint64_t per_second); /* at most a million; 0: no limit */

/* It was done. */
void pace_take(struct pace *pace, int64_t now_ms);

/* Milliseconds until it may be done again; 0: now. */
int64_t pace_wait(const struct pace *pace, int64_t now_ms);

#endif
