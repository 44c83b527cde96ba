/*
 * Clients' connections (supervisor): each gets a number, three channels and a process of the
 * spawner. Who it is, is no matter here; how many there are, is. Of a connection through a proxy the
 * client's address comes later, from its session by way of auth; the proxy's own counts for nothing.
 */
#include <stdio.h>
#include <sys/wait.h>

#include "base/clock.h"
#include "base/log.h"
#include "supervisor/penalties.h"
#include "supervisor/supervisor.h"

struct connection {
    struct connection *next;
    uint64_t number;
    pid_t pid;   /* 0 until its spawner told us */
    bool placed; /* address is the client's, and counts */
    char address[64];
};

static bool too_many(const struct supervisor *supervisor)
{
    uint64_t count = 0;
    for (const struct connection *connection = supervisor->connections; connection;
         connection = connection->next) {
        count++;
    }
    return count >= policy_limit(supervisor->policy, POLICY_LIMIT_CONNECTIONS);
}

static bool too_many_from(const struct supervisor *supervisor, const char *address)
{
    uint64_t count = 0;
    for (const struct connection *connection = supervisor->connections; connection;
         connection = connection->next) {
        count += connection->placed && strcmp(connection->address, address) == 0;
    }
    return count >=
           policy_limit(supervisor->policy, POLICY_LIMIT_CONNECTIONS_PER_ADDRESS);
}

static int64_t limit_ms(const struct supervisor *supervisor, enum policy_limit limit)
{
    return (int64_t)policy_limit(supervisor->policy, limit) * 1000;
}

/* SECURITY: refused before anything of it is read. */
static bool is_penalised(const struct supervisor *supervisor, const char *address)
{
    return penalties_left(supervisor->penalties, address, clock_monotonic_ms()) >=
           limit_ms(supervisor, POLICY_LIMIT_PENALTY_LEAST_S);
}

static void penalise(struct supervisor *supervisor, const struct connection *connection,
                     const struct connection_ended *ended)
{
    enum policy_limit limit = ended->signal != 0 ? POLICY_LIMIT_PENALTY_CRASH_S
                              : ended->outcome == CONNECTION_LOGIN_FAILED
                                  ? POLICY_LIMIT_PENALTY_LOGIN_FAILED_S
                                  : POLICY_LIMIT_PENALTY_NO_LOGIN_S;
    if (!connection->placed ||
        (ended->signal == 0 && ended->outcome == CONNECTION_SERVED)) {
        return;
    }
    penalties_add(supervisor->penalties, connection->address, clock_monotonic_ms(),
                  limit_ms(supervisor, limit),
                  limit_ms(supervisor, POLICY_LIMIT_PENALTY_MOST_S));
    if (is_penalised(supervisor, connection->address)) {
        log_event(LOG_WARNING, "source-penalised", "from", connection->address, NULL);
    }
}

static struct connection *add(struct supervisor *supervisor, const char *address,
                              bool placed)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection) {
        connection->number = ++supervisor->last_connection;
        connection->placed = placed;
        snprintf(connection->address, sizeof connection->address, "%s", address);
        connection->next = supervisor->connections;
        supervisor->connections = connection;
    }
    return connection;
}

static void drop(struct connection **link)
{
    struct connection *connection = *link;
    *link = connection->next;
    free(connection);
}

/* A channel for this connection: one end goes to the role, the other is returned. */
static int channel_to(struct supervisor *supervisor, const struct connection *connection,
                      enum role role)
{
    struct err err = {0};
    int ends[2];
    if (!channel_pair(ends, &err)) {
        log_text(LOG_ERROR, "channel", "%s", err.text);
        return -1;
    }
    struct role_peer peer = {.role = ROLE_SSH,
                             .connection = connection->number,
                             .address = connection->address,
                             .proxied = !connection->placed};
    bool told = processes_tell(supervisor, role, &role_peer_schema, &peer, &ends[0]);
    close(ends[0]);
    if (!told) {
        close(ends[1]);
        return -1;
    }
    return ends[1];
}

static bool serve(struct supervisor *supervisor, const struct connection *connection,
                  int socket)
{
    AUTO_CLOSE int registry = channel_to(supervisor, connection, ROLE_REGISTRY);
    AUTO_CLOSE int auth = channel_to(supervisor, connection, ROLE_AUTH);
    AUTO_CLOSE int keys = channel_to(supervisor, connection, ROLE_KEYS);
    if (registry < 0 || auth < 0 || keys < 0) {
        return false;
    }
    struct connection_serve message = {.connection = connection->number,
                                       .address = connection->address,
                                       .proxied = !connection->placed};
    int fds[] = {socket, registry, auth, keys};
    return processes_tell(supervisor, ROLE_SSH, &connection_serve_schema, &message, fds);
}

static void log_refused(const char *address)
{
    log_event(LOG_WARNING, "connection-refused", "from", address, "reason", "too-many",
              NULL);
}

void connections_accept(struct supervisor *supervisor, int take_socket,
                        const char *address, bool proxied)
{
    AUTO_CLOSE int socket = take_socket;
    if (!proxied && is_penalised(supervisor, address)) {
        return; /* said once, when the penalty began */
    }
    if (too_many(supervisor) || (!proxied && too_many_from(supervisor, address))) {
        log_refused(address);
        return;
    }
    struct connection *connection = add(supervisor, address, !proxied);
    if (!connection || !serve(supervisor, connection, socket)) {
        log_event(LOG_ERROR, "connection-refused", "from", address, "reason",
                  "no-channel", NULL);
        if (connection) {
            drop(&supervisor->connections);
        }
    }
}

static struct connection **find_number(struct supervisor *supervisor, uint64_t number)
{
    struct connection **link = &supervisor->connections;
    while (*link && (*link)->number != number) {
        link = &(*link)->next;
    }
    return link;
}

/* SECURITY: once a connection, and never for one that came without a proxy. */
bool connections_place(struct supervisor *supervisor, uint64_t number,
                       const char *address)
{
    struct connection *connection = *find_number(supervisor, number);
    if (!connection || connection->placed || is_penalised(supervisor, address)) {
        return false;
    }
    if (too_many_from(supervisor, address)) {
        log_refused(address);
        return false;
    }
    snprintf(connection->address, sizeof connection->address, "%s", address);
    connection->placed = true;
    return true;
}

void connections_started(struct supervisor *supervisor, uint64_t number, pid_t pid)
{
    struct connection **link = find_number(supervisor, number);
    if (*link) {
        (*link)->pid = pid;
    }
}

void connections_ended(struct supervisor *supervisor,
                       const struct connection_ended *ended)
{
    struct connection **link = find_number(supervisor, ended->connection);
    if (*link) {
        penalise(supervisor, *link, ended);
        drop(link);
    }
}

bool connections_reaped(struct supervisor *supervisor, pid_t pid, int status)
{
    for (struct connection *connection = supervisor->connections; connection;
         connection = connection->next) {
        if (connection->pid == pid) {
            struct connection_ended ended = {
                .connection = connection->number,
                .signal = WIFSIGNALED(status) ? (uint32_t)WTERMSIG(status) : 0,
                .outcome = WIFEXITED(status) ? (uint32_t)WEXITSTATUS(status) : 0};
            connections_ended(supervisor, &ended);
            return true;
        }
    }
    return false;
}
