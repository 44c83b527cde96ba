/*
 * Login, from the session's side: asks auth, and tells libssh what auth said. Decides nothing.
 * These are libssh's callbacks; their last argument is the struct login.
 */
#ifndef GARITA_SSH_LOGIN_H
#define GARITA_SSH_LOGIN_H

#include <libssh/callbacks.h>
#include <libssh/libssh.h>
#include <libssh/server.h>

#include "base/bytes.h"

enum { LOGIN_USER_MAX = 256, LOGIN_PASSWORD_MAX = 1024 };

struct login {
    int auth; /* channel, borrowed */
    int64_t deadline_ms;
    uint32_t last_id;
    uint64_t tries_left;
    bool tried;                    /* somebody tried to log in */
    bool granted;                  /* auth says so, and has told the registry */
    bool done;                     /* libssh knows it too */
    bool ended;                    /* no more tries: the session is to be closed */
    char user[LOGIN_USER_MAX];     /* for whom it was granted */
    char prompted[LOGIN_USER_MAX]; /* who was asked, keyboard-interactive */
};

int login_password(ssh_session ssh, const char *user, const char *password, void *login);
int login_public_key(ssh_session ssh, const char *user, struct ssh_key_struct *key,
                     char signature_state, void *login);

/* ssh_set_message_callback: what no other callback takes. Keyboard-interactive is one prompt for
   the same password; all else is left to libssh's refusal. */
int login_message(ssh_session ssh, ssh_message message, void *login);

/* For interpose.h: asks auth about a signature. False: no answer. */
bool login_signature(struct login *login, struct bytes signed_data,
                     struct bytes signature);

#endif
