/*
 * Asks auth, waits, and counts tries. Runs in the session before anybody is logged in.
 * SECURITY: what is answered to libssh here opens nothing by itself: the registry hears of a
 * login from auth alone, and a session that lies to itself gets no answer there.
 */
#include "ssh/login.h"

#include <openssl/evp.h>
#include <string.h>

#include "base/buf.h"
#include "base/reader.h"
#include "ssh/ask.h"
#include "wire/login.h"

enum { BLOB_MAX = 8192 };

static enum login_result ask(struct login *login, const struct wire_schema *schema,
                             const void *question)
{
    struct ask asked = {.channel = login->auth,
                        .deadline_ms = login->deadline_ms,
                        .question_schema = schema,
                        .question = question,
                        .answer_schema = &login_answer_schema};
    struct channel_message in;
    struct login_answer answer;
    struct err err = {0};
    bool answered = ask_and_wait(&asked, &in, &answer, &err);
    channel_message_done(&in);
    if (!answered || answer.id != login->last_id) {
        login->ended = true;
        return LOGIN_DENIED;
    }
    return (enum login_result)answer.result;
}

static int refuse(struct login *login)
{
    login->ended |= login->tries_left <= 1;
    login->tries_left -= login->tries_left > 0;
    return SSH_AUTH_DENIED;
}

static void grant(struct login *login, struct bytes user)
{
    login->granted = true;
    memcpy(login->user, user.at, user.size);
    login->user[user.size] = '\0';
}

static bool is_name(const char *user)
{
    return strnlen(user, LOGIN_USER_MAX) < LOGIN_USER_MAX;
}

/* ---- passwords ------------------------------------------------------------------------- */

int login_password(ssh_session ssh, const char *user, const char *password, void *context)
{
    (void)ssh;
    struct login *login = context;
    size_t size = strnlen(password, LOGIN_PASSWORD_MAX + 1);
    struct login_password question = {.id = ++login->last_id,
                                      .user = user,
                                      .password = {(const uint8_t *)password, size}};
    login->tried = true;
    if (login->ended || login->granted || size > LOGIN_PASSWORD_MAX || !is_name(user) ||
        ask(login, &login_password_schema, &question) != LOGIN_GRANTED) {
        return refuse(login);
    }
    grant(login, bytes_of_text(user));
    login->done = true;
    return SSH_AUTH_SUCCESS;
}

/* 0: answered here. 1: libssh refuses. */
static int ask_for_password(struct login *login, ssh_message message)
{
    const char *user = ssh_message_auth_user(message);
    const char *prompts[] = {"Password: "};
    char echo[] = {0};
    if (!user || !is_name(user)) {
        return 1;
    }
    strcpy(login->prompted, user);
    return ssh_message_auth_interactive_request(message, "", "", 1, prompts, echo) ==
                   SSH_OK
               ? 0
               : 1;
}

static int take_password(ssh_session ssh, struct login *login, ssh_message message)
{
    const char *password = ssh_userauth_kbdint_getnanswers(ssh) == 1
                               ? ssh_userauth_kbdint_getanswer(ssh, 0)
                               : NULL;
    if (!login->prompted[0] || !password) {
        refuse(login);
        return 1;
    }
    if (login_password(ssh, login->prompted, password, login) != SSH_AUTH_SUCCESS) {
        return 1;
    }
    ssh_message_auth_reply_success(message, 0);
    return 0;
}

int login_message(ssh_session ssh, ssh_message message, void *context)
{
    struct login *login = context;
    if (ssh_message_type(message) != SSH_REQUEST_AUTH ||
        ssh_message_subtype(message) != SSH_AUTH_METHOD_INTERACTIVE || login->ended) {
        return 1;
    }
    return ssh_message_auth_kbdint_is_response(message)
               ? take_password(ssh, login, message)
               : ask_for_password(login, message);
}

/* ---- keys ------------------------------------------------------------------------------ */

/* The user name stands in what was signed (RFC 4252 section 7): the login is for that one. */
static bool read_user(struct bytes signed_data, struct bytes *user)
{
    struct reader reader = reader_of(signed_data);
    reader_string(&reader); /* session identifier */
    reader_u8(&reader);
    *user = reader_string(&reader);
    return !reader.failed && user->size < LOGIN_USER_MAX;
}

bool login_signature(struct login *login, struct bytes signed_data,
                     struct bytes signature)
{
    struct login_verify question = {
        .id = ++login->last_id, .signed_data = signed_data, .signature = signature};
    struct bytes user;
    login->tried = true;
    if (login->ended || login->granted || !read_user(signed_data, &user)) {
        return false;
    }
    if (ask(login, &login_verify_schema, &question) == LOGIN_GRANTED) {
        grant(login, user);
    }
    return !login->ended;
}

/* libssh gives a key as base64 only. */
static bool export_blob(ssh_key key, struct buf *blob)
{
    char *text = NULL;
    if (ssh_pki_export_pubkey_base64(key, &text) != SSH_OK) {
        return false;
    }
    size_t length = strlen(text);
    uint8_t *room = buf_reserve(blob, length);
    int size = room ? EVP_DecodeBlock(room, (const uint8_t *)text, (int)length) : -1;
    size_t padding = 0;
    while (padding < 2 && length > padding && text[length - 1 - padding] == '=') {
        padding++;
    }
    ssh_string_free_char(text);
    if (size < 0 || (size_t)size < padding) {
        return false;
    }
    buf_commit(blob, (size_t)size - padding);
    return true;
}

static bool probe(struct login *login, const char *user, ssh_key key)
{
    struct buf blob;
    buf_init(&blob, BLOB_MAX);
    bool usable = false;
    if (is_name(user) && export_blob(key, &blob)) {
        struct login_probe question = {
            .id = ++login->last_id, .user = user, .key = buf_view(&blob)};
        usable = ask(login, &login_probe_schema, &question) == LOGIN_USABLE;
    }
    buf_done(&blob);
    return usable;
}

int login_public_key(ssh_session ssh, const char *user, struct ssh_key_struct *key,
                     char signature_state, void *context)
{
    (void)ssh;
    struct login *login = context;
    login->tried = true;
    if (signature_state == SSH_PUBLICKEY_STATE_NONE) {
        return !login->ended && probe(login, user, key) ? SSH_AUTH_SUCCESS
                                                        : SSH_AUTH_DENIED;
    }
    /* SECURITY: what libssh thinks of the signature is nothing; auth granted, and to whom. */
    if (!login->granted || login->done || strcmp(user, login->user) != 0) {
        return refuse(login);
    }
    login->done = true;
    return SSH_AUTH_SUCCESS;
}
