/*
 * Connections (registry). SECURITY: a session process is as hostile as the client that may have
 * taken it over. It is somebody only because auth says so, over auth's own channel; it names
 * handles by numbers that are checked; and what it may do is asked of the policy at each request.
 */
#include "registry/session.h"

#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"

static struct session *find_connection(struct registry *registry, uint64_t connection)
{
    struct session *session = registry->sessions;
    while (session && session->connection != connection) {
        session = session->next;
    }
    return session;
}

/* ---- life -------------------------------------------------------------------------- */

static struct session *session_new(struct registry *registry, uint64_t connection)
{
    struct session *session = calloc(1, sizeof *session);
    if (!session) {
        die("no memory for a connection");
    }
    session->registry = registry;
    session->connection = connection;
    session->waiting_channel = -1;
    session->references = 1;
    session->next = registry->sessions;
    registry->sessions = session;
    return session;
}

struct session *session_reference(struct session *session)
{
    session->references++;
    return session;
}

void session_release(struct session *session)
{
    if (--session->references == 0) {
        free(session);
    }
}

static void unlink_session(struct session *session)
{
    struct session **link = &session->registry->sessions;
    while (*link && *link != session) {
        link = &(*link)->next;
    }
    if (*link) {
        *link = session->next;
    }
}

static void close_waiting(struct session *session)
{
    loop_unwatch(session->hangup);
    session->hangup = NULL;
    if (session->waiting_channel >= 0) {
        close(session->waiting_channel);
        session->waiting_channel = -1;
    }
}

void session_close(struct session *session)
{
    unlink_session(session);
    close_waiting(session);
    role_channel_close(TAKE_PTR(session->channel));
    for (size_t i = 0; i < SESSION_HANDLES_MAX; i++) {
        struct handle *handle = &session->handles[i];
        if (handle->kind == HANDLE_WRITE && handle->upload) {
            upload_leave(handle->upload);
        }
        session_handle_free(handle);
    }
    session_release(session);
}

static void channel_closed(void *context, const struct err *why)
{
    struct session *session = context;
    session->channel = NULL; /* closed and freed before this is called */
    char connection[24];
    snprintf(connection, sizeof connection, "%llu",
             (unsigned long long)session->connection);
    if (why->code != ERR_CLOSED) {
        log_event(LOG_WARNING, "session-broke-off", "conn", connection, "user",
                  session->account, "error", why->text, NULL);
    }
    session_close(session);
}

/* ---- the grant --------------------------------------------------------------------- */

static void waiting_hangup(void *context, int fd, uint32_t events)
{
    (void)fd;
    (void)events;
    session_close(context);
}

static void start_hearing(struct session *session)
{
    struct err err = {0};
    struct role_channel_options options = {.permits = session_permits,
                                           .permit_count = session_permit_count,
                                           .context = session,
                                           .closed = channel_closed};
    loop_unwatch(TAKE_PTR(session->hangup));
    session->channel = role_channel_open(
        session->registry->loop, TAKE_FD(session->waiting_channel), &options, &err);
    if (!session->channel) {
        log_text(LOG_ERROR, "session", "%s", err.text);
        session_close(session);
    }
}

void session_open(struct registry *registry, const struct role_peer *peer,
                  int take_channel)
{
    struct session *session = find_connection(registry, peer->connection);
    if (!session) {
        session = session_new(registry, peer->connection);
    }
    session->waiting_channel = take_channel;
    if (session->account[0] != '\0') {
        start_hearing(session);
        return;
    }
    snprintf(session->address, sizeof session->address, "%s", peer->address);
    struct err err = {0};
    session->hangup = loop_watch(registry->loop, take_channel, EPOLLRDHUP, waiting_hangup,
                                 session, &err);
    if (!session->hangup) {
        log_text(LOG_ERROR, "session", "%s", err.text);
        session_close(session);
    }
}

static void record_login(struct session *session, const struct login_grant *grant)
{
    struct change *change = change_new(CHANGE_EVENT);
    change->event = "login";
    snprintf(change->account, sizeof change->account, "%s", grant->account);
    snprintf(change->address, sizeof change->address, "%s", grant->address);
    snprintf(change->detail, sizeof change->detail, "connection=%llu method=%s%s%s",
             (unsigned long long)grant->connection, grant->method,
             grant->credential[0] ? " key=" : "", grant->credential);
    catalogue_submit(session->registry->catalogue, change);
}

void session_grant(struct registry *registry, const struct login_grant *grant)
{
    struct session *session = find_connection(registry, grant->connection);
    if (!session) {
        session = session_new(registry, grant->connection);
    }
    if (session->account[0] != '\0') {
        log_text(LOG_ERROR, "grant", "connection %llu was granted twice",
                 (unsigned long long)grant->connection);
        return;
    }
    snprintf(session->account, sizeof session->account, "%s", grant->account);
    snprintf(session->address, sizeof session->address, "%s", grant->address);
    record_login(session, grant);
    if (session->waiting_channel >= 0) {
        start_hearing(session);
    }
}

bool session_viewer(struct session *session, struct viewer *viewer)
{
    viewer->registry = session->registry;
    viewer->account = policy_account_find(session->registry->policy, session->account);
    if (!viewer->account) {
        log_event(LOG_INFO, "account-left-policy", "user", session->account, NULL);
        session_close(session);
        return false;
    }
    return true;
}

/* ---- handles ----------------------------------------------------------------------- */

struct handle *session_handle_new(struct session *session, enum handle_kind kind)
{
    uint64_t limit = policy_limit(session->registry->policy, POLICY_LIMIT_HANDLES);
    for (size_t i = 0; i < limit && i < SESSION_HANDLES_MAX; i++) {
        struct handle *handle = &session->handles[i];
        if (handle->kind == HANDLE_FREE) {
            *handle = (struct handle){.kind = kind, .number = ++session->last_number};
            return handle;
        }
    }
    return NULL;
}

struct handle *session_handle_find(struct session *session, uint32_t number)
{
    for (size_t i = 0; i < SESSION_HANDLES_MAX; i++) {
        struct handle *handle = &session->handles[i];
        if (handle->kind != HANDLE_FREE && handle->number == number) {
            return handle;
        }
    }
    return NULL;
}

void session_handle_free(struct handle *handle)
{
    free(handle->cursor);
    *handle = (struct handle){.kind = HANDLE_FREE};
}

/* ---- answers ----------------------------------------------------------------------- */

enum language session_language(const struct session *session)
{
    const struct policy_account *account =
        policy_account_find(session->registry->policy, session->account);
    return account ? policy_account_language(account) : LANGUAGE_SPANISH;
}

void session_send(struct session *session, const struct wire_schema *schema,
                  const void *message, const int *fds)
{
    if (session->channel) {
        role_channel_send(session->channel, schema, message, fds);
    }
}

void session_status(struct session *session, uint32_t id, enum tree_outcome outcome,
                    const char *reason, const char *sentence)
{
    struct tree_status status = {
        .id = id, .outcome = (uint8_t)outcome, .reason = reason, .text = sentence};
    session_send(session, &tree_status_schema, &status, NULL);
}

void session_ok(struct session *session, uint32_t id)
{
    session_status(session, id, TREE_OK, "", "");
}

void session_refuse(struct session *session, uint32_t id, enum tree_outcome outcome,
                    enum text reason)
{
    session_status(session, id, outcome, text_code(reason),
                   text_get(session_language(session), reason));
}
