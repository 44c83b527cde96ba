/*
 * Permit tables, handlers and the peers of garita-keys. Trusts nothing that a session says: the
 * connection's number comes from the supervisor, the shape of what is signed is fixed, and the
 * rate is bounded (rate.h).
 */
#include "keys/signer.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/clock.h"
#include "base/log.h"
#include "keys/rate.h"
#include "role/role.h"
#include "wire/signing.h"

/* One channel to a session, or with number 0 to the spawner. */
struct asker {
    struct signer *signer;
    uint64_t number;
    char number_text[24]; /* for the journal */
    bool identified;      /* auth knows this connection's session identifier */
    struct rate rate;
    struct role_channel *channel;
    struct asker *next;
    struct asker **link; /* what points to this one */
};

struct signer {
    struct host_key *key;
    struct loop *loop;
    struct role_channel *auth;
    struct asker *askers;
};

static void on_host_key_ask(void *context, const void *message,
                            struct channel_message *in);
static void on_sign_ask(void *context, const void *message, struct channel_message *in);

/* Whom I hear. */
static const struct wire_permit spawner_permits[] = {
    {&host_key_ask_schema, WIRE_STATE_ANY, on_host_key_ask},
};
static const struct wire_permit session_permits[] = {
    {&sign_ask_schema, WIRE_STATE_ANY, on_sign_ask},
};

static void asker_free(struct asker *asker)
{
    if (asker->link) {
        *asker->link = asker->next;
    }
    if (asker->next) {
        asker->next->link = asker->link;
    }
    role_channel_close(asker->channel);
    free(asker);
}

static void asker_refuse(struct asker *asker, const char *reason)
{
    log_event(LOG_WARNING, "sign_refused", "conn", asker->number_text, "reason", reason,
              NULL);
    asker_free(asker);
}

/* ---- what I answer ----------------------------------------------------------------- */

static void on_host_key_ask(void *context, const void *message,
                            struct channel_message *in)
{
    (void)in;
    struct asker *asker = context;
    const struct host_key_ask *ask = message;
    struct host_key_answer answer = {.id = ask->id,
                                     .blob = host_key_blob(asker->signer->key)};
    role_channel_send(asker->channel, &host_key_answer_schema, &answer, NULL);
}

/* SECURITY: auth hears the session identifier before the session can use its signature. With
   no auth there is no login either, so the connection ends. */
static bool identify(struct asker *asker, struct bytes session_id)
{
    struct signer *signer = asker->signer;
    if (asker->identified) {
        return true;
    }
    struct session_identified fact = {.connection = asker->number,
                                      .session_id = session_id};
    if (!signer->auth ||
        !role_channel_send(signer->auth, &session_identified_schema, &fact, NULL)) {
        return false;
    }
    asker->identified = true;
    return true;
}

/* SECURITY: only what has the size of an exchange hash is signed; what a client signs to
   log in (RFC 4252 section 7) is longer and can never be made to look like one. */
static bool is_exchange_hash(struct bytes bytes)
{
    return bytes.size == 32 || bytes.size == 64;
}

static void on_sign_ask(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct asker *asker = context;
    const struct sign_ask *ask = message;
    if (!is_exchange_hash(ask->exchange_hash)) {
        asker_refuse(asker, "not an exchange hash");
        return;
    }
    if (!rate_take(&asker->rate, clock_monotonic_ms())) {
        asker_refuse(asker, "too many signatures");
        return;
    }
    if (!identify(asker, ask->exchange_hash)) {
        asker_refuse(asker, "auth is away");
        return;
    }
    uint8_t signature[HOST_KEY_SIGNATURE_SIZE];
    struct err err = {0};
    if (!host_key_sign(asker->signer->key, ask->exchange_hash, signature, &err)) {
        asker_refuse(asker, err.text);
        return;
    }
    struct sign_answer answer = {.id = ask->id,
                                 .signature = {signature, sizeof signature}};
    role_channel_send(asker->channel, &sign_answer_schema, &answer, NULL);
}

/* ---- peers ------------------------------------------------------------------------- */

static void on_asker_closed(void *context, const struct err *why)
{
    struct asker *asker = context;
    if (why && why->code != ERR_CLOSED) {
        log_event(LOG_WARNING, "asker_closed", "conn", asker->number_text, "error",
                  why->text, NULL);
    }
    asker->channel = NULL;
    asker_free(asker);
}

static void on_auth_closed(void *context, const struct err *why)
{
    struct signer *signer = context;
    log_event(LOG_WARNING, "auth_closed", "error", why ? why->text : NULL, NULL);
    signer->auth = NULL;
}

static void add_auth(struct signer *signer, int take_channel)
{
    struct role_channel_options options = {.context = signer, .closed = on_auth_closed};
    struct err err = {0};
    role_channel_close(signer->auth);
    signer->auth = role_channel_open(signer->loop, take_channel, &options, &err);
    if (!signer->auth) {
        log_event(LOG_ERROR, "auth_channel", "error", err.text, NULL);
    }
}

static struct asker *asker_new(struct signer *signer, uint64_t number)
{
    struct asker *asker = calloc(1, sizeof *asker);
    if (!asker) {
        return NULL;
    }
    asker->signer = signer;
    asker->number = number;
    asker->rate = rate_start(clock_monotonic_ms());
    snprintf(asker->number_text, sizeof asker->number_text, "%" PRIu64, number);
    asker->next = signer->askers;
    asker->link = &signer->askers;
    if (asker->next) {
        asker->next->link = &asker->next;
    }
    signer->askers = asker;
    return asker;
}

static void add_asker(struct signer *signer, uint64_t number, int take_channel)
{
    AUTO_CLOSE int channel = take_channel;
    struct asker *asker = asker_new(signer, number);
    if (!asker) {
        log_event(LOG_ERROR, "asker", "error", "out of memory", NULL);
        return;
    }
    bool spawner = number == 0;
    struct role_channel_options options = {
        .permits = spawner ? spawner_permits : session_permits,
        .permit_count =
            spawner ? ARRAY_SIZE(spawner_permits) : ARRAY_SIZE(session_permits),
        .context = asker,
        .closed = on_asker_closed};
    struct err err = {0};
    asker->channel = role_channel_open(signer->loop, TAKE_FD(channel), &options, &err);
    if (!asker->channel) {
        log_event(LOG_ERROR, "asker", "conn", asker->number_text, "error", err.text,
                  NULL);
        asker_free(asker);
    }
}

void signer_peer(struct signer *signer, const struct role_peer *peer, int take_channel)
{
    if (peer->role == ROLE_SSH) {
        add_asker(signer, peer->connection, take_channel);
    } else if (peer->role == ROLE_AUTH && peer->connection == 0) {
        add_auth(signer, take_channel);
    } else {
        log_event(LOG_WARNING, "peer_refused", NULL);
        close(take_channel);
    }
}

struct signer *signer_new(struct host_key *take_key, struct err *err)
{
    struct signer *signer = calloc(1, sizeof *signer);
    if (!signer) {
        host_key_free(take_key);
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    signer->key = take_key;
    return signer;
}

bool signer_start(struct signer *signer, struct loop *loop, struct err *err)
{
    static const uint8_t trial[32] = "garita-keys: a trial signature";
    uint8_t signature[HOST_KEY_SIGNATURE_SIZE];
    signer->loop = loop;
    return host_key_sign(signer->key, (struct bytes){trial, sizeof trial}, signature,
                         err);
}

void signer_free(struct signer *signer)
{
    if (!signer) {
        return;
    }
    while (signer->askers) {
        asker_free(signer->askers);
    }
    role_channel_close(signer->auth);
    host_key_free(signer->key);
    free(signer);
}
