/*
 * Listening sockets (supervisor): the policy's TCP addresses for clients, and two local sockets
 * through which consoles call the registry and auth. Accepting is all that is done here.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "base/log.h"
#include "supervisor/supervisor.h"

enum { BACKLOG = 512, ACCEPTED_A_TURN = 32 };

struct listener {
    struct listener *next;
    struct supervisor *supervisor;
    int socket;
    struct loop_watch *watch;
    enum role console_of; /* whom consoles reach here; ROLE_SSH: clients come here */
    /* Where clients come, and which listener of the policy in force that is. */
    char address[INET6_ADDRSTRLEN];
    uint16_t port;
    size_t index;
};

/* ---- accepting ----------------------------------------------------------------------- */

/* The kernel's addresses, large enough for every family that we listen on. */
union socket_address {
    struct sockaddr_in6 v6;
    struct sockaddr_in v4;
    struct sockaddr_un local;
    struct sockaddr any;
};

static void address_text(const union socket_address *address, char *text, size_t size)
{
    text[0] = '\0';
    if (address->any.sa_family == AF_INET) {
        inet_ntop(AF_INET, &address->v4.sin_addr, text, (socklen_t)size);
    } else if (IN6_IS_ADDR_V4MAPPED(&address->v6.sin6_addr)) {
        inet_ntop(AF_INET, &address->v6.sin6_addr.s6_addr[12], text, (socklen_t)size);
    } else {
        inet_ntop(AF_INET6, &address->v6.sin6_addr, text, (socklen_t)size);
    }
}

/* SECURITY: where a header tells who calls, nobody but the proxies may write one. */
static bool may_connect(const struct listener *listener, const char *address)
{
    const struct policy *policy = listener->supervisor->policy;
    return !policy_listener(policy, listener->index).proxied ||
           policy_listener_proxies(policy, listener->index, address);
}

static void accept_client(struct listener *listener, int take_socket,
                          const union socket_address *address)
{
    AUTO_CLOSE int socket = take_socket;
    char text[INET6_ADDRSTRLEN];
    int on = 1;
    address_text(address, text, sizeof text);
    if (!may_connect(listener, text)) {
        log_event(LOG_WARNING, "connection-refused", "from", text, "reason",
                  "not-a-proxy", NULL);
        return;
    }
    setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
    connections_accept(
        listener->supervisor, TAKE_FD(socket), text,
        policy_listener(listener->supervisor->policy, listener->index).proxied);
}

/* SECURITY: the kernel says who calls. The user who runs the gateway and the policy's operators
   may; the role that is called looks again. */
static void accept_console(struct listener *listener, int take_socket)
{
    AUTO_CLOSE int socket = take_socket;
    struct supervisor *supervisor = listener->supervisor;
    struct ucred caller = {.uid = UINT32_MAX};
    socklen_t size = sizeof caller;
    if (getsockopt(socket, SOL_SOCKET, SO_PEERCRED, &caller, &size) != 0) {
        return;
    }
    uint32_t uid = caller.uid == geteuid() ? 0 : caller.uid;
    if (uid != 0 && !policy_operator(supervisor->policy, uid)) {
        char number[16];
        snprintf(number, sizeof number, "%u", caller.uid);
        log_event(LOG_WARNING, "console-refused", "uid", number, NULL);
        return;
    }
    struct role_peer peer = {.role = ROLE_CONSOLE, .address = "", .uid = uid};
    processes_tell(supervisor, listener->console_of, &role_peer_schema, &peer, &socket);
}

static void accept_some(void *context, int fd, uint32_t events)
{
    (void)events;
    struct listener *listener = context;
    for (int i = 0; i < ACCEPTED_A_TURN; i++) {
        union socket_address address = {.v6 = {0}};
        socklen_t size = sizeof address;
        int socket = accept4(fd, &address.any, &size, SOCK_CLOEXEC | SOCK_NONBLOCK);
        if (socket < 0) {
            return; /* nothing more, or a peer that left already */
        }
        if (listener->console_of == ROLE_SSH) {
            accept_client(listener, socket, &address);
        } else {
            accept_console(listener, socket);
        }
    }
}

/* ---- opening ------------------------------------------------------------------------- */

/* NULL on failure; else it is in the list, and calls. */
static struct listener *add_listener(struct supervisor *supervisor, int take_socket,
                                     enum role console_of, struct err *err)
{
    AUTO_CLOSE int socket = take_socket;
    AUTO_FREE struct listener *listener = calloc(1, sizeof *listener);
    if (!listener || listen(socket, BACKLOG) != 0) {
        err_sys(err, errno, "listen");
        return NULL;
    }
    /* Clients wait in the backlog until every role is ready. */
    bool waits = console_of == ROLE_SSH && !processes_all_ready(supervisor);
    listener->watch = loop_watch(supervisor->loop, socket, waits ? 0 : EPOLLIN,
                                 accept_some, listener, err);
    if (!listener->watch) {
        return NULL;
    }
    listener->supervisor = supervisor;
    listener->console_of = console_of;
    listener->socket = TAKE_FD(socket);
    listener->next = supervisor->listeners;
    supervisor->listeners = listener;
    return TAKE_PTR(listener);
}

static bool make_address(const struct policy_listener *wanted,
                         union socket_address *address, socklen_t *size)
{
    memset(address, 0, sizeof *address);
    if (inet_pton(AF_INET, wanted->address, &address->v4.sin_addr) == 1) {
        address->v4.sin_family = AF_INET;
        address->v4.sin_port = htons(wanted->port);
        *size = sizeof address->v4;
        return true;
    }
    address->v6.sin6_family = AF_INET6;
    address->v6.sin6_port = htons(wanted->port);
    *size = sizeof address->v6;
    return inet_pton(AF_INET6, wanted->address, &address->v6.sin6_addr) == 1;
}

static bool listen_tcp(struct supervisor *supervisor, size_t index, struct err *err)
{
    struct policy_listener wanted = policy_listener(supervisor->policy, index);
    union socket_address address;
    socklen_t size;
    int on = 1;
    if (!make_address(&wanted, &address, &size)) {
        return err_set(err, ERR_INPUT, "address %s", wanted.address);
    }
    AUTO_CLOSE int fd =
        socket(address.any.sa_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0) {
        return err_sys(err, errno, "make a socket");
    }
    setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (address.any.sa_family == AF_INET6) {
        setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    }
    if (bind(fd, &address.any, size) != 0) {
        return err_sys(err, errno, "listen on %s port %u", wanted.address, wanted.port);
    }
    struct listener *listener = add_listener(supervisor, TAKE_FD(fd), ROLE_SSH, err);
    if (!listener) {
        return false;
    }
    snprintf(listener->address, sizeof listener->address, "%s", wanted.address);
    listener->port = wanted.port;
    listener->index = index;
    return true;
}

static bool listen_console(struct supervisor *supervisor, enum role role, struct err *err)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int length = snprintf(address.sun_path, sizeof address.sun_path, "%s/run/%s.sock",
                          supervisor->agency, role_name(role));
    if (length < 0 || (size_t)length >= sizeof address.sun_path) {
        return err_set(err, ERR_LIMIT, "the path of the agency is too long for a socket");
    }
    AUTO_CLOSE int fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    unlink(address.sun_path); /* of a run that ended by a crash */
    if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof address) != 0 ||
        chmod(address.sun_path, 0666) != 0) {
        return err_sys(err, errno, "listen on %s", address.sun_path);
    }
    return add_listener(supervisor, TAKE_FD(fd), role, err) != NULL;
}

bool listeners_open(struct supervisor *supervisor, struct err *err)
{
    for (size_t i = 0; i < policy_listener_count(supervisor->policy); i++) {
        if (!listen_tcp(supervisor, i, err)) {
            return false;
        }
    }
    return listen_console(supervisor, ROLE_REGISTRY, err) &&
           listen_console(supervisor, ROLE_AUTH, err);
}

static void close_listener(struct listener **link)
{
    struct listener *listener = *link;
    *link = listener->next;
    loop_unwatch(listener->watch);
    close(listener->socket);
    free(listener);
}

void listeners_close(struct supervisor *supervisor)
{
    while (supervisor->listeners) {
        close_listener(&supervisor->listeners);
    }
}

/* ---- a new policy -------------------------------------------------------------------- */

static void log_listener(const char *event, const char *address, unsigned port,
                         const char *error)
{
    char number[8];
    snprintf(number, sizeof number, "%u", port);
    log_event(error ? LOG_ERROR : LOG_INFO, event, "address", address, "port", number,
              error ? "error" : NULL, error, NULL);
}

static bool is_wanted(struct listener *listener)
{
    const struct policy *policy = listener->supervisor->policy;
    for (size_t i = 0; i < policy_listener_count(policy); i++) {
        struct policy_listener wanted = policy_listener(policy, i);
        if (wanted.port == listener->port &&
            strcmp(wanted.address, listener->address) == 0) {
            listener->index = i;
            return true;
        }
    }
    return false;
}

/* Those first that are to go: a new one may need their address. */
static void close_unwanted(struct supervisor *supervisor)
{
    struct listener **link = &supervisor->listeners;
    while (*link) {
        struct listener *listener = *link;
        if (listener->console_of != ROLE_SSH || is_wanted(listener)) {
            link = &listener->next;
        } else {
            log_listener("listener-closed", listener->address, listener->port, NULL);
            close_listener(link);
        }
    }
}

static bool is_open(const struct supervisor *supervisor, size_t index)
{
    const struct listener *listener = supervisor->listeners;
    while (listener && (listener->console_of != ROLE_SSH || listener->index != index)) {
        listener = listener->next;
    }
    return listener != NULL;
}

void listeners_follow_policy(struct supervisor *supervisor)
{
    close_unwanted(supervisor);
    for (size_t i = 0; i < policy_listener_count(supervisor->policy); i++) {
        struct policy_listener wanted = policy_listener(supervisor->policy, i);
        struct err err = {0};
        if (is_open(supervisor, i)) {
            continue;
        }
        bool opened = listen_tcp(supervisor, i, &err);
        log_listener(opened ? "listener-opened" : "listener-not-opened", wanted.address,
                     wanted.port, opened ? NULL : err.text);
    }
}

void listeners_pause(struct supervisor *supervisor, bool paused)
{
    for (struct listener *listener = supervisor->listeners; listener;
         listener = listener->next) {
        struct err err = {0};
        if (listener->console_of == ROLE_SSH &&
            !loop_rewatch(listener->watch, paused ? 0 : EPOLLIN, &err)) {
            log_text(LOG_ERROR, "listener", "%s", err.text);
        }
    }
}
