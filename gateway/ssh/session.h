/*
 * One client's connection, from its first byte to its last. Runs in a process of its own, forked
 * by the spawner, in a sandbox that opens no file and no socket.
 */
#ifndef GARITA_SSH_SESSION_H
#define GARITA_SSH_SESSION_H

#include <libssh/libssh.h>
#include <libssh/server.h>

#include "base/sandbox.h"
#include "wire/control.h"

struct session_limits {
    uint64_t login_grace_ms;
    uint64_t login_tries;
    uint64_t handles;
    uint64_t idle_ms;
};

struct session_options {
    uint64_t connection;
    const char *address;
    int socket;               /* taken */
    int registry, auth, keys; /* borrowed */
    ssh_bind transport;
    const struct sandbox_filter *filter;
    struct session_limits limits;
};

/* What a session's filter allows beside what every C program needs (base/sandbox.h). */
extern const struct sandbox_call session_calls[];
extern const size_t session_call_count;

/* Serves until the end. The process is inside the filter then. */
enum connection_outcome session_run(const struct session_options *options);

#endif
