/*
 * Passwords: Argon2id (RFC 9106) with 64 MiB, 3 passes, 1 lane, a 16-byte salt and a 32-byte
 * tag, kept as PHC strings. Each call takes a fifth of a second and 64 MiB: run them on
 * workers, never on the loop's thread.
 */
#ifndef GARITA_AUTH_PASSWORD_H
#define GARITA_AUTH_PASSWORD_H

#include <stdbool.h>

#include "base/bytes.h"
#include "base/err.h"

enum {
    PASSWORD_MAX = 1024, /* bytes; longer ones are refused before they cost anything */
    PASSWORD_LEAST = 12, /* characters of a new one */
    PASSWORD_PHC_SIZE = 128,
    PASSWORD_MEMORY_KIB = 64 * 1024,
    PASSWORD_PASSES = 3,
    PASSWORD_LANES = 1
};

bool password_hash(struct bytes password, char phc[PASSWORD_PHC_SIZE], struct err *err);

/* phc NULL: there is none to compare with; takes as long, and is false. */
bool password_verify(const char *phc, struct bytes password);

/* May this become somebody's password: valid UTF-8, long enough, no control characters. */
bool password_acceptable(struct bytes password, struct err *err);

#endif
