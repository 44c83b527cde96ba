/*
 * A client's connection, as the registry sees it: the channel of its session process, the
 * account that auth granted it, and what it has open. Until the grant the channel is not even
 * read. A session outlives its channel while requests are still under way (references).
 */
#ifndef GARITA_REGISTRY_SESSION_H
#define GARITA_REGISTRY_SESSION_H

#include "registry/registry.h"
#include "registry/tree.h"
#include "registry/upload.h"
#include "wire/login.h"
#include "wire/tree.h"

enum handle_kind { HANDLE_FREE, HANDLE_READ, HANDLE_WRITE, HANDLE_FOLDER };

struct handle {
    enum handle_kind kind;
    uint32_t number;              /* what the session calls it; never used twice */
    struct upload *upload;        /* HANDLE_WRITE */
    struct folder_cursor *cursor; /* HANDLE_FOLDER, owned */
};

enum { SESSION_HANDLES_MAX = 1024 };

struct session {
    struct registry *registry;
    struct session *next;
    uint64_t connection;
    char address[CATALOGUE_ADDRESS_SIZE];
    char account[CATALOGUE_ACCOUNT_SIZE]; /* "" before the grant */
    int waiting_channel;                  /* before the grant; then -1 */
    struct loop_watch *hangup;            /* before the grant */
    struct role_channel *channel;         /* after it; NULL once closed */
    struct handle handles[SESSION_HANDLES_MAX];
    uint32_t last_number;
    unsigned references;
    unsigned waiting;              /* requests, see request_wait() */
    struct waiting_request *again; /* the one that is heard again now, else NULL */
};

/* From the supervisor: connection's channel. */
void session_open(struct registry *registry, const struct role_peer *peer,
                  int take_channel);
/* From auth: who it is. A grant may come before the channel. */
void session_grant(struct registry *registry, const struct login_grant *grant);
/* Ends it: whatever it was writing is left, unfinished. */
void session_close(struct session *session);

struct session *session_reference(struct session *session);
void session_release(struct session *session);

/* The viewer for one request; false when the account is no longer in the policy, and then the
   session is closed. */
bool session_viewer(struct session *session, struct viewer *viewer);

struct handle *session_handle_new(struct session *session, enum handle_kind kind);
struct handle *session_handle_find(struct session *session, uint32_t number);
void session_handle_free(struct handle *handle);

/* Answers. A session whose channel is gone drops them. */
void session_send(struct session *session, const struct wire_schema *schema,
                  const void *message, const int *fds);
void session_ok(struct session *session, uint32_t id);
/* A refusal: code and sentence of `reason`, in the account's language. */
void session_refuse(struct session *session, uint32_t id, enum tree_outcome outcome,
                    enum text reason);
void session_status(struct session *session, uint32_t id, enum tree_outcome outcome,
                    const char *reason, const char *sentence);
enum language session_language(const struct session *session);

/* The handlers (request_*.c) by message: what a session may say. */
extern const struct wire_permit session_permits[];
extern const size_t session_permit_count;

#endif
