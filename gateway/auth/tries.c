/*
 * Run by garita-auth, one struct a connection.
 */
#include "auth/tries.h"

bool tries_begin(struct tries *tries, unsigned limit)
{
    if (tries->failed + tries->pending >= limit) {
        return false;
    }
    tries->pending++;
    return true;
}

bool tries_failed(struct tries *tries, unsigned limit)
{
    tries->pending--;
    tries->failed++;
    return tries->failed < limit;
}

bool tries_probe_denied(struct tries *tries)
{
    tries->probes_denied++;
    return tries->probes_denied <= TRIES_PROBES_DENIED;
}
