/*
 * Session identifiers (RFC 4253 section 7.2): what garita-keys announced for connections that
 * we have not met yet, and which ones have logged somebody in. Pure, of fixed size.
 *
 * The supervisor hands a connection to auth and to keys at the same time, so keys may speak of it
 * first. And a session that was taken over could have keys sign the identifier of an older
 * session, to play back the login that it saw there; an identifier is therefore good for one
 * login.
 */
#ifndef GARITA_AUTH_IDENTITIES_H
#define GARITA_AUTH_IDENTITIES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"

enum {
    IDENTITY_MAX = 64,      /* bytes: SHA-512 */
    IDENTITIES_EARLY = 256, /* connections announced and not met; the oldest is dropped */
    IDENTITIES_USED = 16 * 1024, /* logins by key remembered; the oldest is forgotten */
    IDENTITIES_TRACE = 16        /* bytes of a used identifier that are kept */
};

struct identity {
    uint64_t connection;
    size_t size; /* 0: not known */
    uint8_t bytes[IDENTITY_MAX];
};

struct identities {
    struct identity early[IDENTITIES_EARLY];
    size_t early_next;
    uint8_t used[IDENTITIES_USED][IDENTITIES_TRACE];
    size_t used_count;
    size_t used_next;
};

/* False: no session identifier has this size. */
bool identity_set(struct identity *identity, uint64_t connection,
                  struct bytes session_id);
bool identity_is(const struct identity *identity, struct bytes session_id);

void identities_keep(struct identities *identities, const struct identity *identity);
/* Moves out what was announced for this connection; size 0 if nothing was. */
struct identity identities_take(struct identities *identities, uint64_t connection);

bool identities_used(const struct identities *identities,
                     const struct identity *identity);
void identities_use(struct identities *identities, const struct identity *identity);

#endif
