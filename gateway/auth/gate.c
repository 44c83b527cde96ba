/*
 * The peers of garita-auth. Trusts the numbers and addresses of connections, which come from
 * the supervisor, and the session identifiers, which come from garita-keys.
 */
#include "auth/gate.h"

#include "auth/operator.h"
#include "auth/visitor.h"
#include "base/log.h"
#include "wire/login.h"
#include "wire/signing.h"

static void on_session_identified(void *context, const void *message,
                                  struct channel_message *in);

/* Whom I hear: keys. Sessions' and operators' permits stand in visitor.c and operator.c; the
   registry has nothing to say. */
static const struct wire_permit keys_permits[] = {
    {&session_identified_schema, WIRE_STATE_ANY, on_session_identified},
};

static void on_session_identified(void *context, const void *message,
                                  struct channel_message *in)
{
    (void)in;
    struct gate *gate = context;
    const struct session_identified *fact = message;
    struct identity identity;
    if (!identity_set(&identity, fact->connection, fact->session_id)) {
        log_event(LOG_WARNING, "session_identifier_odd", NULL);
        return;
    }
    if (!visitor_identify(gate, &identity)) {
        identities_keep(&gate->identities, &identity);
    }
}

/* ---- what the other files ask of the gate ------------------------------------------ */

bool gate_account_enabled(struct gate *gate, const char *account)
{
    /* Both are looked at for every name, so that the time does not tell which failed. */
    bool known = policy_account_find(gate->policy, account) != NULL;
    bool disabled = credentials_disabled(gate->credentials, account);
    return known && !disabled;
}

void gate_tell(struct gate *gate, const char *kind, const char *account,
               const char *address, const char *detail)
{
    struct login_event event = {
        .kind = kind, .account = account, .address = address, .detail = detail};
    if (!gate->registry ||
        !role_channel_send(gate->registry, &login_event_schema, &event, NULL)) {
        log_event(LOG_ERROR, "event_not_recorded", "kind", kind, "account", account,
                  "detail", detail, NULL);
    }
}

/* ---- peers ------------------------------------------------------------------------- */

static void on_registry_closed(void *context, const struct err *why)
{
    struct gate *gate = context;
    log_event(LOG_WARNING, "registry_left", "error", why->text, NULL);
    gate->registry = NULL;
}

static void on_keys_closed(void *context, const struct err *why)
{
    struct gate *gate = context;
    log_event(LOG_WARNING, "keys_left", "error", why->text, NULL);
    gate->keys = NULL;
}

/* A standing channel takes the place of the one before: its role was started again. */
static void replace(struct gate *gate, struct role_channel **standing, int take_channel,
                    const struct role_channel_options *options)
{
    struct err err = {0};
    role_channel_close(*standing);
    *standing = role_channel_open(gate->loop, take_channel, options, &err);
    if (!*standing) {
        log_event(LOG_ERROR, "standing_channel", "error", err.text, NULL);
    }
}

void gate_peer(struct gate *gate, const struct role_peer *peer, int take_channel)
{
    if (peer->role == ROLE_SSH && peer->connection != 0) {
        visitor_add(gate, peer, take_channel);
    } else if (peer->role == ROLE_CONSOLE) {
        operator_add(gate, peer->uid, take_channel);
    } else if (peer->role == ROLE_REGISTRY && peer->connection == 0) {
        struct role_channel_options options = {.context = gate,
                                               .closed = on_registry_closed};
        replace(gate, &gate->registry, take_channel, &options);
    } else if (peer->role == ROLE_KEYS && peer->connection == 0) {
        struct role_channel_options options = {.permits = keys_permits,
                                               .permit_count = ARRAY_SIZE(keys_permits),
                                               .context = gate,
                                               .closed = on_keys_closed};
        replace(gate, &gate->keys, take_channel, &options);
    } else {
        log_event(LOG_WARNING, "peer_refused", NULL);
        close(take_channel);
    }
}

/* ---- beginning and end ------------------------------------------------------------- */

bool gate_policy(struct gate *gate, int take_fd, struct err *err)
{
    AUTO_CLOSE int fd = take_fd;
    struct policy *policy = policy_map(fd, err);
    if (!policy) {
        return false;
    }
    policy_free(gate->policy);
    gate->policy = policy;
    return true;
}

bool gate_start(struct gate *gate, struct loop *loop, struct err *err)
{
    gate->loop = loop;
    gate->credentials = credentials_open(".", err);
    if (!gate->credentials) {
        return false;
    }
    struct workers_options options = {
        .name = "hashers",
        .threads = policy_limit(gate->policy, POLICY_LIMIT_PASSWORD_HASHES_AT_ONCE)};
    gate->hashers = workers_new(loop, &options, err);
    return gate->hashers != NULL;
}

void gate_stop(struct gate *gate)
{
    visitors_drop(gate);
    workers_free(gate->hashers);
    gate->hashers = NULL;
    credentials_close(gate->credentials);
    gate->credentials = NULL;
}
