/*
 * Run by garita-auth. The tables are searched from end to end: 256 KiB a login is nothing
 * beside the signature, and there is no hash to attack.
 */
#include "auth/identities.h"

#include <string.h>

bool identity_set(struct identity *identity, uint64_t connection, struct bytes session_id)
{
    /* The exchange hashes of our key exchanges: SHA-256 and SHA-512. */
    if (session_id.size != 32 && session_id.size != 64) {
        return false;
    }
    *identity = (struct identity){.connection = connection, .size = session_id.size};
    memcpy(identity->bytes, session_id.at, session_id.size);
    return true;
}

bool identity_is(const struct identity *identity, struct bytes session_id)
{
    struct bytes own = {identity->bytes, identity->size};
    return identity->size > 0 && bytes_equal_secret(own, session_id);
}

void identities_keep(struct identities *identities, const struct identity *identity)
{
    identities->early[identities->early_next] = *identity;
    identities->early_next = (identities->early_next + 1) % IDENTITIES_EARLY;
}

struct identity identities_take(struct identities *identities, uint64_t connection)
{
    for (size_t i = 0; i < IDENTITIES_EARLY; i++) {
        struct identity *entry = &identities->early[i];
        if (entry->size > 0 && entry->connection == connection) {
            struct identity taken = *entry;
            *entry = (struct identity){0};
            return taken;
        }
    }
    return (struct identity){.connection = connection};
}

bool identities_used(const struct identities *identities, const struct identity *identity)
{
    for (size_t i = 0; i < identities->used_count; i++) {
        if (memcmp(identities->used[i], identity->bytes, IDENTITIES_TRACE) == 0) {
            return true;
        }
    }
    return false;
}

void identities_use(struct identities *identities, const struct identity *identity)
{
    memcpy(identities->used[identities->used_next], identity->bytes, IDENTITIES_TRACE);
    identities->used_next = (identities->used_next + 1) % IDENTITIES_USED;
    if (identities->used_count < IDENTITIES_USED) {
        identities->used_count++;
    }
}
