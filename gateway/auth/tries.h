/*
 * How often one connection may try to log in. A try that is still being judged counts, so that
 * a session which does not wait for answers gains nothing. Questions whether a key may be tried
 * are counted apart: a client offers every key of its agent, and must not run out of tries
 * before it comes to the right one.
 */
#ifndef GARITA_AUTH_TRIES_H
#define GARITA_AUTH_TRIES_H

#include <stdbool.h>

enum { TRIES_PROBES_DENIED = 20 /* keys that may be offered in vain */ };

struct tries {
    unsigned failed;
    unsigned pending;
    unsigned probes_denied;
};

/* Takes a try; false: none is left. */
bool tries_begin(struct tries *tries, unsigned limit);
/* Ends one that tries_begin() gave. False: it was the last. */
bool tries_failed(struct tries *tries, unsigned limit);
/* False: it was one too many. */
bool tries_probe_denied(struct tries *tries);

#endif
