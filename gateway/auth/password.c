/*
 * Run by garita-auth, on its worker threads. Holds no state.
 */
#include "auth/password.h"

#include <argon2.h>
#include <openssl/rand.h>

enum { SALT_SIZE = 16, TAG_SIZE = 32 };

/* Nobody's password: the tag is all zero, which no input is known to give, and the parameters
   are those of every other hash here, so that trying it takes as long. */
static const char nobody[] = "$argon2id$v=19$m=65536,t=3,p=1$AAAAAAAAAAAAAAAAAAAAAA$"
                             "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

bool password_hash(struct bytes password, char phc[PASSWORD_PHC_SIZE], struct err *err)
{
    uint8_t salt[SALT_SIZE];
    if (RAND_bytes(salt, sizeof salt) != 1) {
        return err_set(err, ERR_SYSTEM, "no randomness for a salt");
    }
    int result = argon2id_hash_encoded(PASSWORD_PASSES, PASSWORD_MEMORY_KIB,
                                       PASSWORD_LANES, password.at, password.size, salt,
                                       sizeof salt, TAG_SIZE, phc, PASSWORD_PHC_SIZE);
    if (result != ARGON2_OK) {
        return err_set(err, ERR_SYSTEM, "hash a password: %s",
                       argon2_error_message(result));
    }
    return true;
}

bool password_verify(const char *phc, struct bytes password)
{
    int result = argon2id_verify(phc ? phc : nobody, password.at, password.size);
    return phc && result == ARGON2_OK;
}

/* Length of the UTF-8 character at the front, 0 if it is none; C0, DEL and C1 count as none. */
static size_t character(struct bytes bytes)
{
    uint8_t first = bytes.at[0];
    if (first < 0x80) {
        return first >= 0x20 && first != 0x7f;
    }
    size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    if (first < 0xc2 || first > 0xf4 || size > bytes.size) {
        return 0;
    }
    for (size_t i = 1; i < size; i++) {
        if ((bytes.at[i] & 0xc0) != 0x80) {
            return 0;
        }
    }
    return first == 0xc2 && bytes.at[1] < 0xa0 ? 0 : size;
}

bool password_acceptable(struct bytes password, struct err *err)
{
    if (password.size > PASSWORD_MAX) {
        return err_set(err, ERR_LIMIT, "The password is too long.");
    }
    size_t characters = 0;
    for (size_t at = 0; at < password.size; characters++) {
        size_t size = character((struct bytes){&password.at[at], password.size - at});
        if (size == 0) {
            return err_set(
                err, ERR_INPUT,
                "The password holds control characters or is not valid UTF-8.");
        }
        at += size;
    }
    if (characters < PASSWORD_LEAST) {
        return err_set(err, ERR_INPUT, "The password must have at least 12 characters.");
    }
    return true;
}
