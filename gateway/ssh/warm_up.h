/*
 * One key exchange with ourselves, before any client comes: what libssh and libcrypto look up,
 * build and keep at their first use is then in memory that all sessions share, and a login costs
 * half of what it would.
 */
#ifndef GARITA_SSH_WARM_UP_H
#define GARITA_SSH_WARM_UP_H

#include <stdbool.h>

#include "base/err.h"

/* In the spawner, before its sandbox closes. */
bool warm_up(struct err *err);

#endif
