/*
 * The signer: whom it hears and what it answers. A session's channel may ask for signatures of
 * exchange hashes and nothing else, the spawner's for the public half and nothing else. The first
 * hash of a connection is its session identifier, which auth learns before the session has
 * the signature: so no session can say that it signed for another.
 */
#ifndef GARITA_KEYS_SIGNER_H
#define GARITA_KEYS_SIGNER_H

#include "base/auto.h"
#include "base/err.h"
#include "base/loop.h"
#include "keys/host_key.h"
#include "wire/control.h"

struct signer;

struct signer *signer_new(struct host_key *take_key, struct err *err);
void signer_free(struct signer *signer);
DEFINE_AUTO(signer, signer_free);

/* Signs once for a trial: a key that cannot is found before the first client comes, and
   whatever libcrypto puts off is done. */
bool signer_start(struct signer *signer, struct loop *loop, struct err *err);

/* A channel to a peer, as role_peer announced it. */
void signer_peer(struct signer *signer, const struct role_peer *peer, int take_channel);

#endif
