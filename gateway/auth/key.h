/*
 * A user's public key as SSH writes it (RFC 4253 section 6.6, RFC 5656, RFC 8709): Ed25519, ECDSA
 * over the three NIST curves, and RSA from 2,048 to 8,192 bits. Nothing else is a key here: no
 * DSA, no certificates, no security keys. Verifies signatures under exactly one algorithm per
 * kind (two for RSA, never SHA-1).
 */
#ifndef GARITA_AUTH_KEY_H
#define GARITA_AUTH_KEY_H

#include <stdbool.h>

#include "base/auto.h"
#include "base/bytes.h"
#include "base/err.h"

enum {
    KEY_BLOB_MAX = 2048,       /* bytes; an RSA key of 8,192 bits has 1,047 */
    KEY_SIGNATURE_MAX = 1024,  /* bytes; of an RSA key of 8,192 bits */
    KEY_FINGERPRINT_SIZE = 52, /* "SHA256:", 43 characters, NUL */
    KEY_COMMENT_SIZE = 128,
    KEY_LINE_MAX = 4096
};

struct key;

/* NULL: not a key that we take. */
struct key *key_parse(struct bytes blob, struct err *err);
void key_free(struct key *key);
DEFINE_AUTO(key, key_free);

/* "ssh-ed25519" and so on, as in the blob; a literal. */
const char *key_type(const struct key *key);

/* Did this key sign data under this signature algorithm? signature is what libssh gives to
   EVP_DigestVerify: raw for Ed25519 and RSA, DER for ECDSA. */
bool key_verify(const struct key *key, struct bytes algorithm, struct bytes data,
                struct bytes signature);

/* As ssh-keygen -lf shows it. */
void key_fingerprint(struct bytes blob, char text[KEY_FINGERPRINT_SIZE]);

/* A line of an OpenSSH public key file, "ssh-ed25519 AAAA... comment": no options before it. */
struct key_line {
    uint8_t blob[KEY_BLOB_MAX];
    size_t blob_size;
    char comment[KEY_COMMENT_SIZE]; /* printable, cut to fit */
};
bool key_line_parse(const char *text, struct key_line *line, struct err *err);

#endif
