/*
 * What a client signs to log in with a key (RFC 4252 section 7), taken apart:
 *
 *     string    session identifier
 *     byte      50 (SSH_MSG_USERAUTH_REQUEST)
 *     string    user name
 *     string    "ssh-connection"
 *     string    "publickey"
 *     boolean   TRUE
 *     string    signature algorithm
 *     string    public key
 *
 * Nothing before, between or after. A client signs this and nothing that could be read as this, so
 * what stands in it is what the client meant, whoever carried it here.
 */
#ifndef GARITA_AUTH_SIGNED_DATA_H
#define GARITA_AUTH_SIGNED_DATA_H

#include <stdbool.h>

#include "base/bytes.h"

enum { SIGNED_DATA_USER_SIZE = 65 /* with NUL; the policy knows no longer name */ };

struct signed_data {
    struct bytes session_id;
    char user[SIGNED_DATA_USER_SIZE];
    struct bytes algorithm;
    struct bytes key; /* all borrow the bytes that were parsed */
};

/* Copies a user's name: 1 to 64 bytes, none of them NUL. */
bool signed_data_user(struct bytes name, char user[SIGNED_DATA_USER_SIZE]);

/* False: it is not of this form; *data is untouched. */
bool signed_data_parse(struct bytes bytes, struct signed_data *data);

#endif
