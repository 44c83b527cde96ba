/*
 * A token bucket whose tokens are milliseconds, so that nothing is lost to rounding. Run by
 * garita-keys.
 */
#include "keys/rate.h"

enum { FULL_MS = RATE_BURST * RATE_REFILL_MS };

struct rate rate_start(int64_t now_ms)
{
    return (struct rate){.credit_ms = FULL_MS, .at_ms = now_ms};
}

bool rate_take(struct rate *rate, int64_t now_ms)
{
    int64_t passed = now_ms - rate->at_ms;
    if (passed >= FULL_MS - rate->credit_ms) {
        rate->credit_ms = FULL_MS;
    } else if (passed > 0) {
        rate->credit_ms += passed;
    }
    rate->at_ms = now_ms;
    if (rate->credit_ms < RATE_REFILL_MS || rate->total >= RATE_TOTAL) {
        return false;
    }
    rate->credit_ms -= RATE_REFILL_MS;
    rate->total++;
    return true;
}
