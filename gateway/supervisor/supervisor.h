/*
 * The supervisor, garitad: starts the roles of roles.def, keeps them running, holds the listening
 * sockets, and hands out sockets and channels. It parses nothing from outside: a connection is a
 * number, an address and a descriptor to it. Everything runs on one loop.
 */
#ifndef GARITA_SUPERVISOR_H
#define GARITA_SUPERVISOR_H

#include <limits.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include "base/loop.h"
#include "policy/policy.h"
#include "wire/control.h"

struct connection;
struct listener;
struct penalties;

struct supervisor;

/* A role's process, or the place for one. */
struct process {
    struct supervisor *supervisor;
    pid_t pid;   /* 0 when not running */
    int control; /* -1 when not running */
    struct loop_watch *watch;
    struct loop_timer *restart;
    bool ready;
    int64_t started_ms;
    int64_t back_off_ms; /* before the next start */
};

struct supervisor {
    struct loop *loop;
    char agency[PATH_MAX];   /* absolute */
    char binaries[PATH_MAX]; /* where the roles' executables are */
    bool root;               /* started as root: roles get users of their own */
    int policy_fd;
    struct policy *policy;
    struct process processes[ROLE_COUNT];
    struct listener *listeners;
    struct connection *connections;
    struct penalties *penalties;
    uint64_t last_connection;
    bool serving; /* every role was ready once */
    bool stopping;
    int exit_code;
};

/* ---- roles.def (roles.c) */
bool role_is_kept(enum role role); /* lifetime ALWAYS */
const char *role_executable(enum role role);
const char *role_name(enum role role); /* as in the journal: "registry" */
uint32_t role_uid(const struct supervisor *supervisor, enum role role); /* 0: none */

struct arrow {
    enum role from, to;
    enum { ARROW_STANDING, ARROW_CONNECTION, ARROW_CALL } kind;
};
extern const struct arrow arrows[];
extern const size_t arrow_count;

/* ---- processes (processes.c) */
bool processes_start(struct supervisor *supervisor, enum role role, struct err *err);
bool processes_tell(struct supervisor *supervisor, enum role role,
                    const struct wire_schema *schema, const void *message,
                    const int *fds);
void processes_tell_policy(struct supervisor *supervisor);
bool processes_all_ready(const struct supervisor *supervisor);
/* A child ended: one of the roles, or a session whose spawner is gone. */
void processes_ended(struct supervisor *supervisor, pid_t pid, int status);
/* Stops all: the registry first, so that what it is taking in is finished and answered. */
void processes_stop(struct supervisor *supervisor);

/* ---- listening and connections (listeners.c, connections.c) */
bool listeners_open(struct supervisor *supervisor, struct err *err);
/* After a new policy: closes and opens what changed, and leaves the others alone. */
void listeners_follow_policy(struct supervisor *supervisor);
void listeners_close(struct supervisor *supervisor);
/* Stops or goes on accepting clients; what waits in the backlog is kept. */
void listeners_pause(struct supervisor *supervisor, bool paused);

void connections_accept(struct supervisor *supervisor, int take_socket,
                        const char *address, bool proxied);
/* Who stands behind a proxied connection, as auth heard it. False: is not to be served. */
bool connections_place(struct supervisor *supervisor, uint64_t number,
                       const char *address);
void connections_started(struct supervisor *supervisor, uint64_t number, pid_t pid);
/* How it ended, as its spawner says; signal is 0 for an exit. */
void connections_ended(struct supervisor *supervisor,
                       const struct connection_ended *ended);
/* A session ended whose spawner is gone. False: the process was none. */
bool connections_reaped(struct supervisor *supervisor, pid_t pid, int status);

/* ---- policy (policy_load.c) */
/* Runs garita-policy and waits for it. On success fd is the sealed image; else every complaint is
   in the journal. */
bool policy_load(struct supervisor *supervisor, int *fd, struct err *err);
/* Takes it into force here; false leaves the old one. */
bool policy_use(struct supervisor *supervisor, int take_fd, struct err *err);

/* ---- the agency's directories (agency.c) */
bool agency_prepare(const struct supervisor *supervisor, struct err *err);

#endif
