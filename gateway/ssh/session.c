/*
 * A connection: key exchange, login, one SFTP channel at a time. Parses what comes from the
 * network before anybody is known; trusts its channels.
 * SECURITY: libssh knows no deadline, no tries, no number of channels and no ceiling on what it
 * has to send; all of these are here.
 */
#include "ssh/session_inside.h"

#include <fcntl.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "base/auto.h"
#include "base/clock.h"
#include "base/log.h"
#include "ssh/ask.h"
#include "ssh/interpose.h"
#include "ssh/proxy.h"
#include "ssh/sftp_decode.h"
#include "ssh/transport.h"
#include "text/text.h"
#include "wire/signing.h"

enum {
    SIGN_WAIT_MS = 10 * 1000,
    SIGN_BURST = 15,
    SIGN_REFILL_MS = 105,
    FAREWELL_MS = 1000 /* for the last bytes to leave */
};

const struct sandbox_call session_calls[] = {
    SANDBOX_CALL(recvfrom),
    SANDBOX_CALL(sendto),
    SANDBOX_CALL(ppoll),
    SANDBOX_CALL(recvmsg),
    SANDBOX_CALL(sendmsg),
    SANDBOX_CALL(pread64),
    SANDBOX_CALL(pwrite64),
    SANDBOX_CALL(ftruncate),
    SANDBOX_CALL(fdatasync),
    SANDBOX_CALL(getsockopt),
    /* fstat() of what is open; no path. */
    SANDBOX_CALL_IF(newfstatat, 3, SANDBOX_INT, AT_EMPTY_PATH),
};
const size_t session_call_count = ARRAY_SIZE(session_calls);

void session_finish(struct session *session, const char *why)
{
    if (!session->ending) {
        session->ending = why;
    }
}

void session_fail(struct session *session, const struct err *err)
{
    if (!session->ending) {
        snprintf(session->ending_text, sizeof session->ending_text, "%s", err->text);
        session->ending = session->ending_text;
    }
}

/* ---- questions of libssh that others answer --------------------------------------------- */

/* keys signs some times at once and then some times a second (keys/rate.h), and ends whoever asks
   for more. A client that rekeys too often is slowed down here instead. */
static void pace(struct session *session)
{
    int64_t now = clock_monotonic_ms();
    int64_t full = now - SIGN_BURST * SIGN_REFILL_MS;
    session->sign_clock = session->sign_clock > full ? session->sign_clock : full;
    session->sign_clock += SIGN_REFILL_MS;
    if (session->sign_clock > now) {
        poll(NULL, 0, (int)(session->sign_clock - now));
    }
}

static bool sign(void *context, struct bytes exchange_hash, unsigned char *signature)
{
    struct session *session = context;
    pace(session);
    struct sign_ask question = {.id = ++session->last_sign,
                                .exchange_hash = exchange_hash};
    struct ask asked = {.channel = session->options->keys,
                        .deadline_ms = clock_monotonic_ms() + SIGN_WAIT_MS,
                        .question_schema = &sign_ask_schema,
                        .question = &question,
                        .answer_schema = &sign_answer_schema};
    struct channel_message in;
    struct sign_answer answer;
    struct err err = {0};
    bool good = ask_and_wait(&asked, &in, &answer, &err) && answer.id == question.id &&
                answer.signature.size == INTERPOSE_SIGNATURE_SIZE;
    if (good) {
        memcpy(signature, answer.signature.at, INTERPOSE_SIGNATURE_SIZE);
    } else {
        session_finish(session, "no signature from keys");
    }
    channel_message_done(&in);
    return good;
}

static bool verify(void *context, struct bytes signed_data, struct bytes signature)
{
    struct session *session = context;
    return login_signature(&session->login, signed_data, signature);
}

/* Before the first answer to a login; earlier clients do not expect it. Nobody knows yet who reads
   it, so it is in the agency's language. */
static void greet(struct session *session)
{
    if (session->greeted) {
        return;
    }
    session->greeted = true;
    char text[512];
    snprintf(text, sizeof text, "%s\n",
             text_get(session->options->limits.language, TEXT_BANNER));
    ssh_string banner = ssh_string_from_char(text);
    if (banner) {
        ssh_send_issue_banner(session->ssh, banner);
        ssh_string_free(banner);
    }
}

static int on_password(ssh_session ssh, const char *user, const char *password,
                       void *context)
{
    struct session *session = context;
    greet(session);
    return login_password(ssh, user, password, &session->login);
}

static int on_public_key(ssh_session ssh, const char *user, struct ssh_key_struct *key,
                         char signature_state, void *context)
{
    struct session *session = context;
    greet(session);
    return login_public_key(ssh, user, key, signature_state, &session->login);
}

static int on_message(ssh_session ssh, ssh_message message, void *context)
{
    struct session *session = context;
    if (ssh_message_type(message) == SSH_REQUEST_AUTH) {
        greet(session);
    }
    return login_message(ssh, message, &session->login);
}

/* ---- from first to last ------------------------------------------------------------------ */

/* SECURITY: after a packet that was tampered with libssh keeps the session until the client
   leaves; its status must be asked for. */
static void check_transport(struct session *session)
{
    if (ssh_get_status(session->ssh) & (SSH_CLOSED | SSH_CLOSED_ERROR)) {
        session_finish(session, "closed");
    } else if (ssh_get_error_code(session->ssh) == SSH_FATAL) {
        session_finish(session, "broken");
    }
}

static void serve(struct session *session)
{
    while (!session->ending) {
        if (ssh_event_dopoll(session->event, session_limits_wait(session)) == SSH_ERROR) {
            session_finish(session, "closed");
        }
        check_transport(session);
        if (!session->ending) {
            sftp_work(session->sftp);
            session_channel_move(session);
            session_channel_tend(session);
            session_limits_check(session);
        }
    }
}

static bool prepare_libssh(struct session *session,
                           struct ssh_server_callbacks_struct *callbacks)
{
    ssh_callbacks_init(callbacks);
    session_channel_init(session);
    ssh_set_message_callback(session->ssh, on_message, session);
    ssh_set_auth_methods(session->ssh, SSH_AUTH_METHOD_PUBLICKEY |
                                           SSH_AUTH_METHOD_PASSWORD |
                                           SSH_AUTH_METHOD_INTERACTIVE);
    ssh_set_counters(session->ssh, &session->socket_counter, &session->packet_counter);
    session->event = ssh_event_new();
    return ssh_set_server_callbacks(session->ssh, callbacks) == SSH_OK &&
           session->event &&
           ssh_event_add_fd(session->event, session->options->registry, POLLIN,
                            session_channel_registry, session) == SSH_OK;
}

static enum connection_outcome outcome(const struct session *session)
{
    if (session->login.done) {
        return CONNECTION_SERVED;
    }
    return session->login.tried ? CONNECTION_LOGIN_FAILED : CONNECTION_NO_LOGIN;
}

static void record_end(const struct session *session)
{
    char connection[24], received[24], sent[24];
    snprintf(connection, sizeof connection, "%" PRIu64, session->options->connection);
    snprintf(received, sizeof received, "%" PRIu64, interpose_counts().bytes);
    snprintf(sent, sizeof sent, "%" PRIu64, session->socket_counter.out_bytes);
    log_event(LOG_INFO, "session-ended", "conn", connection, "address", session->address,
              "user", session->login.done ? session->login.user : NULL, "reason",
              session->ending, "received", received, "sent", sent, NULL);
}

/* Key exchange is begun here and goes on by itself, packet by packet, in serve(). */
static bool begin(struct session *session)
{
    int begun = ssh_handle_key_exchange(session->ssh);
    return begun != SSH_ERROR &&
           ssh_event_add_session(session->event, session->ssh) == SSH_OK;
}

/* Behind a proxy the client is somebody else than who connected. */
static enum proxy_outcome meet_client(struct session *session, struct err *err)
{
    const struct session_options *options = session->options;
    struct proxy proxy = {.connection = options->connection,
                          .socket = options->socket,
                          .auth = options->auth};
    if (!options->proxied) {
        return PROXY_ADMITTED;
    }
    enum proxy_outcome outcome = proxy_meet(&proxy, err);
    if (proxy.address[0]) {
        snprintf(session->address, sizeof session->address, "%s", proxy.address);
    }
    return outcome;
}

/* The last refusal, or the last answer, should still arrive. */
static void say_goodbye(struct session *session)
{
    if (ssh_get_status(session->ssh) & (SSH_CLOSED | SSH_CLOSED_ERROR)) {
        return;
    }
    ssh_blocking_flush(session->ssh, FAREWELL_MS);
    ssh_session_set_disconnect_message(session->ssh, session->ending);
    ssh_disconnect(session->ssh);
}

static enum connection_outcome run(struct session *session,
                                   struct ssh_server_callbacks_struct *callbacks)
{
    struct err err = {0};
    enum proxy_outcome met = PROXY_REFUSED;
    if (prepare_libssh(session, callbacks) &&
        sandbox_enter_calls(session->options->filter, &err)) {
        met = meet_client(session, &err);
    }
    if (met == PROXY_LOCAL) {
        return CONNECTION_SERVED;
    }
    if (met == PROXY_REFUSED || !begin(session)) {
        session_finish(session, err.text[0] ? err.text : "libssh does not begin");
        record_end(session);
        return CONNECTION_NO_LOGIN;
    }
    serve(session);
    record_end(session);
    session->writing = true; /* callbacks have nothing more to do */
    say_goodbye(session);
    return outcome(session);
}

enum connection_outcome session_run(const struct session_options *options)
{
    int64_t now = clock_monotonic_ms();
    struct session session = {
        .options = options,
        .active_ms = now,
        .moved_ms = now,
        .heard_ms = now,
        .login = {.auth = options->auth,
                  .deadline_ms = now + (int64_t)options->limits.login_grace_ms,
                  .tries_left = options->limits.login_tries}};
    struct interpose interpose = {
        .sign = sign, .verify = verify, .context = &session, .socket = options->socket};
    struct ssh_server_callbacks_struct callbacks = {
        .userdata = &session,
        .auth_password_function = on_password,
        .auth_pubkey_function = on_public_key,
        .channel_open_request_session_function = session_channel_open};
    struct err err = {0};
    snprintf(session.address, sizeof session.address, "%s", options->address);
    interpose_session(&interpose);
    buf_init(&session.stalled, SFTP_PACKET_MAX + SFTP_PACKET_GRACE + sizeof(uint32_t));
    session.sftp = sftp_new(options->registry, options->limits.handles);
    session.ssh = transport_accept(options->transport, options->socket, &err);
    if (!session.sftp || !session.ssh) {
        log_text(LOG_ERROR, "session-not-begun", "%s", err.text);
        return CONNECTION_NO_LOGIN;
    }
    sftp_pace(session.sftp, options->limits.requests_per_s);
    return run(&session, &callbacks);
}
