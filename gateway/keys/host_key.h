/*
 * The SSH host key: an Ed25519 key in a PKCS#8 PEM file. The only part of the program that
 * touches the private half. The key lives in OpenSSL's secure heap (locked in memory, left out of
 * core dumps, wiped when freed).
 */
#ifndef GARITA_KEYS_HOST_KEY_H
#define GARITA_KEYS_HOST_KEY_H

#include <stdbool.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"

#define HOST_KEY_FILE "host_ed25519.pem"
#define HOST_KEY_PUBLIC_FILE "host_ed25519.pub"

enum {
    HOST_KEY_SIGNATURE_SIZE = 64,
    HOST_KEY_FINGERPRINT_SIZE = 52, /* "SHA256:", 43 characters, NUL */
    HOST_KEY_LINE_SIZE = 96         /* "ssh-ed25519 ", 68 characters, NUL */
};

/* Makes the locked heap; once, before any other function here. */
bool host_key_init(struct err *err);

struct host_key;

/* Reads directory/host_ed25519.pem. Refuses a file that is not a regular one, that others may
   read, or that belongs to somebody else than root or the own user. */
struct host_key *host_key_read(const char *directory, struct err *err);
void host_key_free(struct host_key *key);
DEFINE_AUTO(host_key, host_key_free);

/* Makes directory (0700) and in it the key (0400) and its public half (0644), all on disk when
   it returns. Fails if the key is there. */
bool host_key_create(const char *directory, struct err *err);

/* The public half in SSH wire form; as long as the key lives. */
struct bytes host_key_blob(const struct host_key *key);
void host_key_fingerprint(const struct host_key *key,
                          char text[HOST_KEY_FINGERPRINT_SIZE]);
/* "ssh-ed25519 AAAA..." */
void host_key_line(const struct host_key *key, char text[HOST_KEY_LINE_SIZE]);

bool host_key_sign(const struct host_key *key, struct bytes message,
                   uint8_t signature[HOST_KEY_SIGNATURE_SIZE], struct err *err);

#endif
