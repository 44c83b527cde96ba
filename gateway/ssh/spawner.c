/*
 * Forks sessions and hears of their ends. Trusts the supervisor and keys.
 * SECURITY: when a session dies by a signal somebody may be probing its address layout, which all
 * children of this process share. So the spawner ends, and the supervisor starts a new one;
 * sessions that live go on without it.
 */
#include "ssh/spawner.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/fd.h"
#include "base/log.h"
#include "ssh/transport.h"
#include "wire/signing.h"

enum {
    FIRST_FD = 3,   /* where a session has its four descriptors */
    CLEAR_FD = 16,  /* above them, on the way there */
    SPARE_FDS = 24, /* that a session may have beside its clients' files */
    ADDRESS_MAX = 64
};

/* Served by a process, or with pid 0 waiting for the host key. */
struct connection {
    struct connection *next;
    uint64_t number;
    pid_t pid;
    char address[ADDRESS_MAX];
    bool proxied;
    int fds[SPAWNER_FDS];
};

struct spawner {
    struct loop *loop;
    struct role_channel *keys;
    ssh_bind transport; /* NULL until the host key is known */
    bool old_macs;
    struct sandbox_filter *filter;
    struct session_limits limits;
    struct connection *connections;
    int children; /* signalfd */
    sigset_t old_signals;
};

static const struct sandbox session_sandbox = {.files = SANDBOX_FILES_NONE};

struct spawner *spawner_new(struct err *err)
{
    struct spawner *spawner = calloc(1, sizeof *spawner);
    if (!spawner) {
        err_set(err, ERR_SYSTEM, "no memory");
        return NULL;
    }
    struct sandbox sandbox = session_sandbox;
    sandbox.calls = session_calls;
    sandbox.call_count = session_call_count;
    spawner->children = -1;
    spawner->filter = sandbox_filter_new(&sandbox, err);
    if (!spawner->filter) {
        free(spawner);
        return NULL;
    }
    return spawner;
}

void spawner_limits(struct spawner *spawner, const struct session_limits *limits)
{
    spawner->limits = *limits;
}

void spawner_old_macs(struct spawner *spawner, bool allowed)
{
    spawner->old_macs = allowed;
    if (spawner->transport && !transport_old_macs(spawner->transport, allowed)) {
        log_text(LOG_ERROR, "old-macs", "%s", ssh_get_error(spawner->transport));
    }
}

/* ---- the child --------------------------------------------------------------------------- */

/* The four descriptors go to 3 to 6, and nothing else stays open. They may stand in each other's
   place, so they are moved out of the way first. */
static bool place_fds(const struct connection *connection, struct err *err)
{
    int clear[SPAWNER_FDS];
    for (int i = 0; i < SPAWNER_FDS; i++) {
        clear[i] = fcntl(connection->fds[i], F_DUPFD_CLOEXEC, CLEAR_FD);
        if (clear[i] < 0) {
            return err_sys(err, errno, "move descriptor");
        }
    }
    for (int i = 0; i < SPAWNER_FDS; i++) {
        if (dup3(clear[i], FIRST_FD + i, O_CLOEXEC) < 0) {
            return err_sys(err, errno, "place descriptor");
        }
    }
    fd_close_from(FIRST_FD + SPAWNER_FDS);
    return true;
}

static bool narrow(const struct spawner *spawner, struct err *err)
{
    struct rlimit files = {.rlim_cur = spawner->limits.handles + SPARE_FDS,
                           .rlim_max = spawner->limits.handles + SPARE_FDS};
    if (setrlimit(RLIMIT_NOFILE, &files) < 0) {
        return err_sys(err, errno, "limit descriptors");
    }
    if (sigprocmask(SIG_SETMASK, &spawner->old_signals, NULL) < 0) {
        return err_sys(err, errno, "unblock signals");
    }
    return true;
}

static void be_session(const struct spawner *spawner, const struct connection *connection)
{
    struct err err = {0};
    if (!place_fds(connection, &err) || !narrow(spawner, &err)) {
        log_text(LOG_ERROR, "session-not-begun", "%s", err.text);
        _exit(CONNECTION_NO_LOGIN);
    }
    struct session_options options = {.connection = connection->number,
                                      .address = connection->address,
                                      .proxied = connection->proxied,
                                      .socket = FIRST_FD,
                                      .registry = FIRST_FD + 1,
                                      .auth = FIRST_FD + 2,
                                      .keys = FIRST_FD + 3,
                                      .transport = spawner->transport,
                                      .filter = spawner->filter,
                                      .limits = spawner->limits};
    _exit((int)session_run(&options));
}

/* ---- the parent -------------------------------------------------------------------------- */

static void close_fds(int fds[SPAWNER_FDS])
{
    for (int i = 0; i < SPAWNER_FDS; i++) {
        if (fds[i] >= 0) {
            close(fds[i]);
            fds[i] = -1;
        }
    }
}

static void drop(struct spawner *spawner, struct connection *connection)
{
    struct connection **link = &spawner->connections;
    while (*link != connection) {
        link = &(*link)->next;
    }
    *link = connection->next;
    close_fds(connection->fds);
    free(connection);
}

static void tell_end(uint64_t number, int signal_number, int outcome)
{
    struct connection_ended ended = {.connection = number,
                                     .signal = (uint32_t)signal_number,
                                     .outcome = (uint32_t)outcome};
    role_tell(&connection_ended_schema, &ended);
}

static void begin_session(struct spawner *spawner, struct connection *connection)
{
    pid_t pid = fork();
    if (pid == 0) {
        be_session(spawner, connection);
    }
    close_fds(connection->fds);
    if (pid < 0) {
        log_text(LOG_ERROR, "session-not-begun", "fork: %s", strerror(errno));
        tell_end(connection->number, 0, CONNECTION_NO_LOGIN);
        drop(spawner, connection);
        return;
    }
    connection->pid = pid;
    struct connection_started started = {.connection = connection->number,
                                         .pid = (uint32_t)pid};
    role_tell(&connection_started_schema, &started);
}

void spawner_serve(struct spawner *spawner, const struct connection_serve *serve,
                   int take_fds[SPAWNER_FDS])
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (!connection) {
        close_fds(take_fds);
        tell_end(serve->connection, 0, CONNECTION_NO_LOGIN);
        return;
    }
    connection->number = serve->connection;
    connection->proxied = serve->proxied != 0;
    snprintf(connection->address, sizeof connection->address, "%s", serve->address);
    memcpy(connection->fds, take_fds, sizeof connection->fds);
    connection->next = spawner->connections;
    spawner->connections = connection;
    if (spawner->transport) {
        begin_session(spawner, connection);
    }
}

static struct connection *find_pid(struct spawner *spawner, pid_t pid)
{
    struct connection *connection = spawner->connections;
    while (connection && connection->pid != pid) {
        connection = connection->next;
    }
    return connection;
}

static void end_session(struct spawner *spawner, struct connection *connection,
                        int status)
{
    bool killed = WIFSIGNALED(status);
    tell_end(connection->number, killed ? WTERMSIG(status) : 0,
             WIFEXITED(status) ? WEXITSTATUS(status) : CONNECTION_NO_LOGIN);
    if (killed) {
        char number[24], signal_number[12];
        snprintf(number, sizeof number, "%" PRIu64, connection->number);
        snprintf(signal_number, sizeof signal_number, "%d", WTERMSIG(status));
        log_event(LOG_ERROR, "session-killed", "conn", number, "address",
                  connection->address, "signal", signal_number, NULL);
        exit(EXIT_FAILURE);
    }
    drop(spawner, connection);
}

static void on_children(void *context, int fd, uint32_t events)
{
    (void)events;
    struct spawner *spawner = context;
    struct signalfd_siginfo signals[8];
    while (read(fd, signals, sizeof signals) > 0) {
        /* How many there were does not matter: several ends may share one signal. */
    }
    int status;
    for (pid_t pid; (pid = waitpid(-1, &status, WNOHANG)) > 0;) {
        struct connection *connection = find_pid(spawner, pid);
        if (connection) {
            end_session(spawner, connection, status);
        }
    }
}

bool spawner_start(struct spawner *spawner, struct loop *loop, struct err *err)
{
    sigset_t child;
    sigemptyset(&child);
    sigaddset(&child, SIGCHLD);
    if (sigprocmask(SIG_BLOCK, &child, &spawner->old_signals) < 0) {
        return err_sys(err, errno, "block SIGCHLD");
    }
    spawner->loop = loop;
    spawner->children = signalfd(-1, &child, SFD_CLOEXEC | SFD_NONBLOCK);
    if (spawner->children < 0) {
        return err_sys(err, errno, "watch children");
    }
    return loop_watch(loop, spawner->children, EPOLLIN, on_children, spawner, err);
}

/* ---- the host key ------------------------------------------------------------------------ */

static void begin_waiting(struct spawner *spawner)
{
    struct connection *next;
    for (struct connection *connection = spawner->connections; connection;
         connection = next) {
        next = connection->next;
        if (connection->pid == 0) {
            begin_session(spawner, connection);
        }
    }
}

static void on_host_key(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct spawner *spawner = context;
    const struct host_key_answer *answer = message;
    struct err err = {0};
    ssh_bind transport = transport_new(answer->blob, &err);
    if (!transport) {
        log_text(LOG_ERROR, "host-key", "%s", err.text);
        return;
    }
    ssh_bind_free(spawner->transport);
    spawner->transport = transport;
    spawner_old_macs(spawner, spawner->old_macs);
    begin_waiting(spawner);
}

/* Keys comes back by itself, and a new channel with it; sessions have their own. */
static void on_keys_closed(void *context, const struct err *why)
{
    struct spawner *spawner = context;
    log_event(LOG_WARNING, "keys-closed", "error", why ? why->text : NULL, NULL);
    spawner->keys = NULL;
}

static const struct wire_permit keys_permits[] = {
    {&host_key_answer_schema, WIRE_STATE_ANY, on_host_key},
};

void spawner_keys(struct spawner *spawner, int take_channel)
{
    struct role_channel_options options = {.permits = keys_permits,
                                           .permit_count = ARRAY_SIZE(keys_permits),
                                           .context = spawner,
                                           .closed = on_keys_closed};
    struct err err = {0};
    role_channel_close(spawner->keys);
    spawner->keys = role_channel_open(spawner->loop, take_channel, &options, &err);
    if (!spawner->keys) {
        log_text(LOG_ERROR, "keys-channel", "%s", err.text);
        return;
    }
    role_channel_send(spawner->keys, &host_key_ask_schema,
                      &(struct host_key_ask){.id = 1}, NULL);
}
