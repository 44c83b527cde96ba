/*
 * The one form that an Ed25519 key has in a PKCS#8 PEM file (RFC 8410 section 7, RFC 7468), for
 * the two files that read and write it. Not for others.
 */
#ifndef GARITA_KEYS_HOST_KEY_FILE_H
#define GARITA_KEYS_HOST_KEY_FILE_H

#include <stdint.h>

#define HOST_KEY_PEM_HEAD "-----BEGIN PRIVATE KEY-----\n"
#define HOST_KEY_PEM_TAIL "\n-----END PRIVATE KEY-----\n"

enum {
    HOST_KEY_DER_HEAD_SIZE = 16, /* everything before the 32 bytes of the seed */
    HOST_KEY_DER_SIZE = 48,
    HOST_KEY_PEM_HEAD_SIZE = sizeof HOST_KEY_PEM_HEAD - 1,
    HOST_KEY_PEM_TEXT_SIZE = 64,
    HOST_KEY_PEM_TAIL_SIZE = sizeof HOST_KEY_PEM_TAIL - 1,
    HOST_KEY_PEM_SIZE =
        HOST_KEY_PEM_HEAD_SIZE + HOST_KEY_PEM_TEXT_SIZE + HOST_KEY_PEM_TAIL_SIZE
};

extern const uint8_t host_key_der_head[HOST_KEY_DER_HEAD_SIZE];

#endif
