/*
 * Starts a role's executable: fork, descriptors put in place, empty environment, exec.
 */
#ifndef GARITA_BASE_SPAWN_H
#define GARITA_BASE_SPAWN_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/err.h"

enum { SPAWN_CONTROL_FD = 3 }; /* where a role finds its channel to the supervisor */

struct spawn {
    const char *executable; /* absolute path */
    const char *name;       /* argv[0] */
    int control;            /* becomes SPAWN_CONTROL_FD; borrowed */
    int standard_error;     /* becomes 2; borrowed; -1 inherits */
};

/* The child has /dev/null as 0 and 1, its control channel as 3, nothing above, the
   environment LC_ALL=C.UTF-8 alone, and dies with its parent. -1 on failure. */
pid_t spawn_role(const struct spawn *spawn, struct err *err);

/* The directory that holds the running executable, without a slash at the end. */
bool spawn_own_directory(char *path, size_t size, struct err *err);

#endif
