/*
 * What sessions ask garita-auth, and its answers.
 *
 * SECURITY: a session parses bytes from the network and may have been taken over. What it says is
 * a claim: it logs nobody in without a password that is right, or a signature by a key of the
 * user over the session identifier that garita-keys itself named for this connection. It has
 * few tries, hears of failures late, and can be granted one account, once.
 */
#include "auth/visitor.h"

#include <arpa/inet.h>
#include <inttypes.h>
#include <stdatomic.h>
#include <stdio.h>

#include "auth/signed_data.h"
#include "auth/tries.h"
#include "base/log.h"
#include "wire/login.h"

enum {
    STATE_TRYING = 1,
    STATE_GRANTED = 2,
    STATE_UNPLACED = 4, /* behind a proxy: the client's address is still to come */
    STATE_PLACED = 8,   /* the supervisor is asked whether it may connect */
    ADDRESS_SIZE = 64,
    TOLD_NAME_SIZE = 65
};

struct visitor {
    struct gate *gate;
    uint64_t connection;
    char connection_text[24]; /* for the journal */
    char address[ADDRESS_SIZE];
    struct role_channel *channel;
    struct identity identity;
    struct tries tries;
    struct attempt *attempts;            /* that are not answered yet */
    char account[SIGNED_DATA_USER_SIZE]; /* once granted */
    struct visitor *next;
};

/* One try: with a worker, or waiting for the moment to say no. */
struct attempt {
    struct worker_job job;
    struct visitor *visitor; /* NULL: it left; only the worker still holds this */
    struct attempt *next;
    uint32_t id;
    char user[SIGNED_DATA_USER_SIZE]; /* "" if what came cannot be a name */
    const char *method;               /* a literal */
    char credential[KEY_FINGERPRINT_SIZE];
    struct loop_timer *refusal;

    /* For the worker. */
    atomic_bool abandoned; /* do not waste a hash on it */
    bool right;
    bool has_phc;
    char phc[PASSWORD_PHC_SIZE];
    size_t password_size;
    uint8_t password[PASSWORD_MAX];
};

static void on_address(void *context, const void *message, struct channel_message *in);
static void on_probe(void *context, const void *message, struct channel_message *in);
static void on_verify(void *context, const void *message, struct channel_message *in);
static void on_password(void *context, const void *message, struct channel_message *in);

/* Whom I hear: a session, until somebody is logged in on it. */
static const struct wire_permit permits[] = {
    {&connection_address_schema, STATE_UNPLACED, on_address},
    {&login_probe_schema, STATE_TRYING, on_probe},
    {&login_verify_schema, STATE_TRYING, on_verify},
    {&login_password_schema, STATE_TRYING, on_password},
};

/* ---- attempts ---------------------------------------------------------------------- */

static void attempt_wipe(struct attempt *attempt)
{
    explicit_bzero(attempt->password, sizeof attempt->password);
    explicit_bzero(attempt->phc, sizeof attempt->phc);
    attempt->password_size = 0;
}

static void attempt_free(struct attempt *attempt)
{
    attempt_wipe(attempt);
    free(attempt);
}

static void attempt_unlink(struct attempt *attempt)
{
    struct attempt **link = &attempt->visitor->attempts;
    while (*link != attempt) {
        link = &(*link)->next;
    }
    *link = attempt->next;
}

/* The visitor has no more use for its attempts; a worker may still hold some. */
static void attempts_drop(struct visitor *visitor)
{
    while (visitor->attempts) {
        struct attempt *attempt = visitor->attempts;
        visitor->attempts = attempt->next;
        attempt->visitor = NULL;
        atomic_store(&attempt->abandoned, true);
        if (attempt->refusal) {
            loop_cancel(attempt->refusal);
            attempt_free(attempt);
        }
    }
}

/* ---- visitors ---------------------------------------------------------------------- */

static struct visitor **bucket(struct gate *gate, uint64_t connection)
{
    return &gate->visitors[connection % GATE_BUCKETS];
}

static struct visitor *find(struct gate *gate, uint64_t connection)
{
    struct visitor *visitor = *bucket(gate, connection);
    while (visitor && visitor->connection != connection) {
        visitor = visitor->next;
    }
    return visitor;
}

static void visitor_free(struct visitor *visitor)
{
    struct visitor **link = bucket(visitor->gate, visitor->connection);
    while (*link != visitor) {
        link = &(*link)->next;
    }
    *link = visitor->next;
    attempts_drop(visitor);
    role_channel_close(visitor->channel);
    free(visitor);
}

static void end_visit(struct visitor *visitor, const char *reason)
{
    log_event(LOG_WARNING, "login_ended", "conn", visitor->connection_text, "address",
              visitor->address, "reason", reason, NULL);
    visitor_free(visitor);
}

static void on_closed(void *context, const struct err *why)
{
    struct visitor *visitor = context;
    if (why->code != ERR_CLOSED) {
        log_event(LOG_WARNING, "login_ended", "conn", visitor->connection_text, "address",
                  visitor->address, "reason", why->text, NULL);
    }
    visitor->channel = NULL;
    visitor_free(visitor);
}

bool visitor_identify(struct gate *gate, const struct identity *identity)
{
    struct visitor *visitor = find(gate, identity->connection);
    if (!visitor) {
        return false;
    }
    /* keys names the first hash of a connection, once; a second is not believed. */
    if (visitor->identity.size == 0) {
        visitor->identity = *identity;
    }
    return true;
}

void visitor_add(struct gate *gate, const struct role_peer *peer, int take_channel)
{
    AUTO_CLOSE int channel = take_channel;
    struct visitor *visitor =
        find(gate, peer->connection) ? NULL : calloc(1, sizeof *visitor);
    if (!visitor) {
        log_event(LOG_ERROR, "connection_refused", NULL);
        return;
    }
    visitor->gate = gate;
    visitor->connection = peer->connection;
    visitor->identity = identities_take(&gate->identities, peer->connection);
    snprintf(visitor->connection_text, sizeof visitor->connection_text, "%" PRIu64,
             peer->connection);
    snprintf(visitor->address, sizeof visitor->address, "%s", peer->address);
    visitor->next = *bucket(gate, peer->connection);
    *bucket(gate, peer->connection) = visitor;
    struct role_channel_options options = {.permits = permits,
                                           .permit_count = ARRAY_SIZE(permits),
                                           .context = visitor,
                                           .closed = on_closed};
    struct err err = {0};
    visitor->channel = role_channel_open(gate->loop, TAKE_FD(channel), &options, &err);
    if (!visitor->channel) {
        end_visit(visitor, err.text);
    } else if (peer->proxied) {
        role_channel_state(visitor->channel, STATE_UNPLACED);
    }
}

void visitors_drop(struct gate *gate)
{
    for (size_t i = 0; i < GATE_BUCKETS; i++) {
        while (gate->visitors[i]) {
            visitor_free(gate->visitors[i]);
        }
    }
}

/* ---- answers ----------------------------------------------------------------------- */

static void answer(struct visitor *visitor, uint32_t id, enum login_result result)
{
    struct login_answer message = {.id = id, .result = (uint8_t)result};
    role_channel_send(visitor->channel, &login_answer_schema, &message, NULL);
}

static unsigned tries_limit(const struct gate *gate)
{
    return (unsigned)policy_limit(gate->policy, POLICY_LIMIT_LOGIN_TRIES);
}

static void say_no(void *context)
{
    struct attempt *attempt = context;
    struct visitor *visitor = attempt->visitor;
    attempt->refusal = NULL;
    answer(visitor, attempt->id, LOGIN_DENIED);
    attempt_unlink(attempt);
    attempt_free(attempt);
    if (!tries_failed(&visitor->tries, tries_limit(visitor->gate))) {
        end_visit(visitor, "too many failed logins");
    }
}

/* The reason is for the journal alone: neither the client nor the session learns it. */
static void refuse(struct attempt *attempt, const char *reason)
{
    struct visitor *visitor = attempt->visitor;
    struct gate *gate = visitor->gate;
    char name[TOLD_NAME_SIZE];
    char detail[128];
    log_escape(attempt->user, strlen(attempt->user), name, sizeof name);
    snprintf(detail, sizeof detail, "method=%s%s%s", attempt->method,
             attempt->credential[0] ? " key=" : "", attempt->credential);
    log_event(LOG_WARNING, "login_failed", "conn", visitor->connection_text, "user",
              attempt->user, "address", visitor->address, "method", attempt->method,
              "reason", reason, NULL);
    gate_tell(gate, "LOGIN_FAILED", name, visitor->address, detail);
    attempt_wipe(attempt);
    int64_t delay =
        (int64_t)policy_limit(gate->policy, POLICY_LIMIT_REJECTED_ATTEMPTS_DELAY_MS);
    attempt->refusal = loop_after(gate->loop, delay, say_no, attempt);
}

/* A session keeps its channel to its end, so whoever is still here is still logged in. */
static bool has_too_many_sessions(const struct gate *gate, const char *account)
{
    uint64_t count = 0;
    for (size_t i = 0; i < GATE_BUCKETS; i++) {
        for (const struct visitor *other = gate->visitors[i]; other;
             other = other->next) {
            count += strcmp(other->account, account) == 0;
        }
    }
    return count >= policy_limit(gate->policy, POLICY_LIMIT_SESSIONS_PER_ACCOUNT);
}

/* SECURITY: the registry knows before the session does. Were it the other way round, a request
   of the session could come before the registry knows for whom to decide it. */
static void grant(struct attempt *attempt)
{
    struct visitor *visitor = attempt->visitor;
    struct gate *gate = visitor->gate;
    struct login_grant message = {.connection = visitor->connection,
                                  .account = attempt->user,
                                  .address = visitor->address,
                                  .method = attempt->method,
                                  .credential = attempt->credential};
    if (has_too_many_sessions(gate, attempt->user)) {
        refuse(attempt, "too many sessions of this account");
        return;
    }
    if (!gate->registry ||
        !role_channel_send(gate->registry, &login_grant_schema, &message, NULL)) {
        refuse(attempt, "the registry is away");
        return;
    }
    if (attempt->credential[0]) {
        identities_use(&gate->identities, &visitor->identity);
    }
    log_event(LOG_INFO, "login", "conn", visitor->connection_text, "user", attempt->user,
              "address", visitor->address, "method", attempt->method, "key",
              attempt->credential, NULL);
    role_channel_state(visitor->channel, STATE_GRANTED);
    strcpy(visitor->account, attempt->user);
    answer(visitor, attempt->id, LOGIN_GRANTED);
    attempt_unlink(attempt);
    attempt_free(attempt);
    attempts_drop(visitor);
}

/* NULL: no try was left, and the visit is over. */
static struct attempt *attempt_begin(struct visitor *visitor, uint32_t id,
                                     const char *method)
{
    if (!tries_begin(&visitor->tries, tries_limit(visitor->gate))) {
        end_visit(visitor, "more tries than answers");
        return NULL;
    }
    struct attempt *attempt = calloc(1, sizeof *attempt);
    if (!attempt) {
        end_visit(visitor, "out of memory");
        return NULL;
    }
    attempt->visitor = visitor;
    attempt->id = id;
    attempt->method = method;
    attempt->next = visitor->attempts;
    visitor->attempts = attempt;
    return attempt;
}

/* ---- behind a proxy ---------------------------------------------------------------- */

static bool is_address(const char *text)
{
    struct in6_addr address;
    return inet_pton(AF_INET, text, &address) == 1 ||
           inet_pton(AF_INET6, text, &address) == 1;
}

/* A session tells it from inside its filter, before it has read a byte of the client. */
static void on_address(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct visitor *visitor = context;
    const struct connection_address *told = message;
    if (told->connection != visitor->connection || !is_address(told->address)) {
        end_visit(visitor, "an address that is none");
        return;
    }
    snprintf(visitor->address, sizeof visitor->address, "%s", told->address);
    role_channel_state(visitor->channel, STATE_PLACED);
    role_tell(&connection_address_schema, told);
}

void visitor_admitted(struct gate *gate, const struct connection_admitted *admitted)
{
    struct visitor *visitor = find(gate, admitted->connection);
    if (!visitor) {
        return; /* it left meanwhile */
    }
    if (!admitted->admitted) {
        visitor_free(visitor);
        return;
    }
    role_channel_state(visitor->channel, STATE_TRYING);
    role_channel_send(visitor->channel, &connection_admitted_schema, admitted, NULL);
}

/* ---- keys -------------------------------------------------------------------------- */

static void on_probe(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct visitor *visitor = context;
    struct gate *gate = visitor->gate;
    const struct login_probe *probe = message;
    char user[SIGNED_DATA_USER_SIZE] = "";
    bool named = signed_data_user(bytes_of_text(probe->user), user);
    /* All is looked up whatever the first answer was: the time says nothing. */
    bool enabled = gate_account_enabled(gate, user);
    bool has_key = credentials_has_key(gate->credentials, user, probe->key);
    bool usable = named && enabled && has_key;
    answer(visitor, probe->id, usable ? LOGIN_USABLE : LOGIN_DENIED);
    if (!usable && !tries_probe_denied(&visitor->tries)) {
        end_visit(visitor, "too many keys offered in vain");
    }
}

/* The identity may be on its way: keys sends it before the session has its signature, but
   that is another channel. */
static bool is_this_session(struct visitor *visitor, struct bytes session_id)
{
    struct gate *gate = visitor->gate;
    if (visitor->identity.size == 0 && gate->keys) {
        role_channel_drain(gate->keys);
    }
    return identity_is(&visitor->identity, session_id);
}

/* NULL: it is right; else why it is not. */
static const char *judge_signature(struct visitor *visitor,
                                   const struct signed_data *data,
                                   const struct login_verify *verify)
{
    struct gate *gate = visitor->gate;
    if (!is_this_session(visitor, data->session_id)) {
        return "another session's identifier";
    }
    if (identities_used(&gate->identities, &visitor->identity)) {
        return "a session identifier that was used before";
    }
    bool enabled = gate_account_enabled(gate, data->user);
    bool has_key = credentials_has_key(gate->credentials, data->user, data->key);
    AUTO(key) key = key_parse(data->key, NULL);
    if (!key ||
        !key_verify(key, data->algorithm, verify->signed_data, verify->signature)) {
        return "wrong signature";
    }
    if (!enabled) {
        return "no such account, or disabled";
    }
    return has_key ? NULL : "not a key of this account";
}

static void on_verify(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct visitor *visitor = context;
    const struct login_verify *verify = message;
    struct attempt *attempt = attempt_begin(visitor, verify->id, "publickey");
    if (!attempt) {
        return;
    }
    struct signed_data data;
    if (!signed_data_parse(verify->signed_data, &data)) {
        refuse(attempt, "malformed signed data");
        return;
    }
    memcpy(attempt->user, data.user, sizeof attempt->user);
    key_fingerprint(data.key, attempt->credential);
    const char *wrong = judge_signature(visitor, &data, verify);
    if (wrong) {
        refuse(attempt, wrong);
        return;
    }
    grant(attempt);
}

/* ---- passwords --------------------------------------------------------------------- */

static void hash_run(struct worker_job *job)
{
    struct attempt *attempt = (struct attempt *)(void *)job;
    if (atomic_load(&attempt->abandoned)) {
        return;
    }
    struct bytes password = {attempt->password, attempt->password_size};
    attempt->right = password_verify(attempt->has_phc ? attempt->phc : NULL, password);
}

static void hash_done(struct worker_job *job)
{
    struct attempt *attempt = (struct attempt *)(void *)job;
    if (!attempt->visitor) {
        attempt_free(attempt);
        return;
    }
    attempt_wipe(attempt);
    /* Looked at again: the account may have been disabled meanwhile. */
    bool enabled = gate_account_enabled(attempt->visitor->gate, attempt->user);
    if (attempt->right && enabled) {
        grant(attempt);
    } else {
        refuse(attempt, "wrong password, no such account, or disabled");
    }
}

/* SECURITY: an account that is unknown, disabled or without a password costs a hash as well. */
static void submit(struct attempt *attempt, struct bytes password)
{
    struct gate *gate = attempt->visitor->gate;
    bool enabled = gate_account_enabled(gate, attempt->user);
    bool found = credentials_password(gate->credentials, attempt->user, attempt->phc);
    attempt->has_phc = enabled && found;
    attempt->password_size = password.size;
    if (password.size > 0) {
        memcpy(attempt->password, password.at, password.size);
    }
    attempt->job = (struct worker_job){.run = hash_run, .done = hash_done};
    workers_submit(gate->hashers, &attempt->job);
}

static void on_password(void *context, const void *message, struct channel_message *in)
{
    const struct login_password *login = message;
    struct attempt *attempt = attempt_begin(context, login->id, "password");
    if (attempt) {
        signed_data_user(bytes_of_text(login->user), attempt->user);
        if (login->password.size > PASSWORD_MAX) {
            refuse(attempt, "a password of more than 1,024 bytes");
        } else {
            submit(attempt, login->password);
        }
    }
    explicit_bzero(in->bytes, in->size);
}
