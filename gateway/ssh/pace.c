/*
 * See pace.h: a token bucket, kept as the time at which its next token is there.
 */
#include "ssh/pace.h"

enum { SECOND_US = 1000 * 1000, MILLISECOND_US = 1000 };

void pace_init(struct pace *pace, uint64_t per_second)
{
    int64_t interval = per_second == 0 ? 0 : (int64_t)(SECOND_US / per_second);
    *pace = (struct pace){.interval_us = interval, .next_us = INT64_MIN};
}

void pace_take(struct pace *pace, int64_t now_ms)
{
    if (pace->interval_us > 0) {
        int64_t full = now_ms * MILLISECOND_US - SECOND_US + pace->interval_us;
        pace->next_us = (pace->next_us > full ? pace->next_us : full) + pace->interval_us;
    }
}

int64_t pace_wait(const struct pace *pace, int64_t now_ms)
{
    int64_t now = now_ms * MILLISECOND_US;
    if (pace->interval_us == 0 || pace->next_us <= now) {
        return 0;
    }
    return (pace->next_us - now + MILLISECOND_US - 1) / MILLISECOND_US;
}
