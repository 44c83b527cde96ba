/*
 * Clients' connections (supervisor): each gets a number, three channels and a process of the
 * spawner. Who it is, is no matter here; how many there are, is.
 */
#include <stdio.h>

#include "base/log.h"
#include "supervisor/supervisor.h"

struct connection {
    struct connection *next;
    uint64_t number;
    pid_t pid; /* 0 until its spawner told us */
    char address[64];
};

static bool too_many(const struct supervisor *supervisor, const char *address)
{
    uint64_t all = 0, same = 0;
    for (const struct connection *connection = supervisor->connections; connection;
         connection = connection->next) {
        all++;
        same += strcmp(connection->address, address) == 0;
    }
    return all >= policy_limit(supervisor->policy, POLICY_LIMIT_CONNECTIONS) ||
           same >= policy_limit(supervisor->policy, POLICY_LIMIT_CONNECTIONS_PER_ADDRESS);
}

static struct connection *add(struct supervisor *supervisor, const char *address)
{
    struct connection *connection = calloc(1, sizeof *connection);
    if (connection) {
        connection->number = ++supervisor->last_connection;
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
                             .address = connection->address};
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
                                       .address = connection->address};
    int fds[] = {socket, registry, auth, keys};
    return processes_tell(supervisor, ROLE_SSH, &connection_serve_schema, &message, fds);
}

void connections_accept(struct supervisor *supervisor, int take_socket,
                        const char *address)
{
    AUTO_CLOSE int socket = take_socket;
    if (too_many(supervisor, address)) {
        log_event(LOG_WARNING, "connection-refused", "from", address, "reason",
                  "too-many", NULL);
        return;
    }
    struct connection *connection = add(supervisor, address);
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

void connections_started(struct supervisor *supervisor, uint64_t number, pid_t pid)
{
    struct connection **link = find_number(supervisor, number);
    if (*link) {
        (*link)->pid = pid;
    }
}

void connections_ended(struct supervisor *supervisor, uint64_t number)
{
    struct connection **link = find_number(supervisor, number);
    if (*link) {
        drop(link);
    }
}

bool connections_reaped(struct supervisor *supervisor, pid_t pid)
{
    for (struct connection **link = &supervisor->connections; *link;
         link = &(*link)->next) {
        if ((*link)->pid == pid) {
            drop(link);
            return true;
        }
    }
    return false;
}
