/*
 * The database of credentials, auth.db: password hashes, public keys and who is disabled. What an
 * account may do is not in here but in the policy; an account that has rows here and is not in
 * the policy cannot log in.
 *
 * One connection, of the loop's thread. Looking up cannot fail for its caller: a database that
 * cannot be read ends the process, since there is nothing to decide with. No SQL leaves
 * credentials.c.
 */
#ifndef GARITA_AUTH_CREDENTIALS_H
#define GARITA_AUTH_CREDENTIALS_H

#include <stdbool.h>
#include <stdint.h>

#include "auth/key.h"
#include "auth/password.h"
#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"

enum { CREDENTIALS_KEYS_MAX = 32 /* of one account */ };

struct credentials;

/* Seeds the database library while files can still be opened; once, before the sandbox. */
bool credentials_init(struct err *err);

/* Opens or makes DIRECTORY/auth.db and checks it. */
struct credentials *credentials_open(const char *directory, struct err *err);
void credentials_close(struct credentials *credentials);
DEFINE_AUTO(credentials, credentials_close);

/* ---- looking up -------------------------------------------------------------------- */

struct credential_summary {
    bool disabled;
    bool has_password;
    int64_t password_set_at; /* microseconds since 1970, UTC */
    uint32_t keys;
};
struct credential_summary credentials_summary(struct credentials *credentials,
                                              const char *account);

bool credentials_disabled(struct credentials *credentials, const char *account);
bool credentials_has_key(struct credentials *credentials, const char *account,
                         struct bytes blob);
/* False: it has no password. */
bool credentials_password(struct credentials *credentials, const char *account,
                          char phc[PASSWORD_PHC_SIZE]);

struct credential_key {
    char fingerprint[KEY_FINGERPRINT_SIZE];
    char comment[KEY_COMMENT_SIZE];
    int64_t added_at;
};
/* At most CREDENTIALS_KEYS_MAX, oldest first; returns how many. */
size_t credentials_keys(struct credentials *credentials, const char *account,
                        struct credential_key keys[CREDENTIALS_KEYS_MAX]);

/* ---- changing: on disk when it returns --------------------------------------------- */

bool credentials_set_password(struct credentials *credentials, const char *account,
                              const char *phc, struct err *err);
/* ERR_LIMIT: the account has this key, or too many. */
bool credentials_add_key(struct credentials *credentials, const char *account,
                         const struct key_line *line, struct err *err);
/* ERR_NOT_FOUND: it has none with this fingerprint. */
bool credentials_remove_key(struct credentials *credentials, const char *account,
                            const char *fingerprint, struct err *err);
bool credentials_set_disabled(struct credentials *credentials, const char *account,
                              bool disabled, struct err *err);

#endif
