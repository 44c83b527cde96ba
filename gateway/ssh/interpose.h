/*
 * Where our executable stands in front of its libraries. libssh signs and verifies by
 * EVP_DigestSign and EVP_DigestVerify, and reads its socket by poll and recv: garita-ssh exports
 * functions of these names (interpose.list), so that libssh's calls come here. That is how the
 * host key stays in garita-keys, how garita-auth verifies a user's signature itself, and how the
 * socket is read in pieces larger than libssh's 4 KiB. Everything of that kind is in interpose.c.
 *
 * Before interpose_session() the functions refuse: a process that serves nobody signs nothing.
 */
#ifndef GARITA_SSH_INTERPOSE_H
#define GARITA_SSH_INTERPOSE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum { INTERPOSE_SIGNATURE_SIZE = 64 /* Ed25519 */ };

struct interpose {
    /* Asks garita-keys; signature has INTERPOSE_SIGNATURE_SIZE bytes. */
    bool (*sign)(void *context, struct bytes exchange_hash, unsigned char *signature);
    /* Asks garita-auth, which reads what was signed and by whom from signed_data itself. True: it
       has answered. libssh sends no answer at all after a signature that is wrong, and a client
       with several keys would wait for ever; so whether the login is granted it hears a moment
       later, from the callback (login.h). */
    bool (*verify)(void *context, struct bytes signed_data, struct bytes signature);
    void *context;
    int socket; /* the client's: read ahead */
};

/* borrowed until the process ends */
void interpose_session(const struct interpose *interpose);

/* How often libssh came here; a test fails when it no longer does. fills and bytes are what was
   really read from the client's socket. */
struct interpose_counts {
    uint64_t signs, verifies, reads, polls, fills, bytes;
};
struct interpose_counts interpose_counts(void);

#endif
