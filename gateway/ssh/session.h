/*
 * One client's connection, from its first byte to its last. Runs in a process of its own, forked
 * by the spawner, in a sandbox that opens no file and no socket.
 */
#ifndef GARITA_SSH_SESSION_H
#define GARITA_SSH_SESSION_H

#include <libssh/libssh.h>
#include <libssh/server.h>

#include "base/sandbox.h"
#include "text/text.h"
#include "wire/control.h"

/* What the policy says for every session; 0 milliseconds of stalling or silence, and 0 requests
   a second, are no limit. */
struct session_limits {
    uint64_t login_grace_ms;
    uint64_t login_tries;
    uint64_t handles;
    uint64_t idle_ms;
    uint64_t stalled_ms;
    uint64_t keepalive_ms;
    uint64_t requests_per_s;
    enum language language; /* of the banner */
};

struct session_options {
    uint64_t connection;
    const char *address;
    bool proxied;             /* a PROXY header comes first; address is who sends it */
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
