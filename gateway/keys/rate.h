/*
 * How often one connection may have something signed: a burst for the key exchange and the
 * first rekeys, then a slow refill, and an end. A client that rekeys in a loop, or a session that
 * was taken over and wants signatures, runs dry here. Pure: the caller brings the time.
 */
#ifndef GARITA_KEYS_RATE_H
#define GARITA_KEYS_RATE_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RATE_BURST = 16,      /* signatures at once */
    RATE_REFILL_MS = 100, /* one more after each of these: a client that rekeys every MiB
                             sends a GiB in two minutes */
    RATE_TOTAL = 10000    /* in the life of a connection */
};

struct rate {
    int64_t credit_ms; /* RATE_REFILL_MS buys one signature */
    int64_t at_ms;     /* monotonic time of the last call */
    uint32_t total;
};

struct rate rate_start(int64_t now_ms);

/* Takes one; false: none is left, now or for ever. */
bool rate_take(struct rate *rate, int64_t now_ms);

#endif
