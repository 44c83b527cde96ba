/*
 * The host key as a session holds it: the public half, and zeros where the private one would be.
 * libssh needs a key that looks whole; its signatures are made by garita-keys (interpose.h).
 */
#ifndef GARITA_SSH_HOST_KEY_H
#define GARITA_SSH_HOST_KEY_H

#include <libssh/libssh.h>

#include "base/bytes.h"
#include "base/err.h"

/* blob: an Ed25519 public key in SSH wire form. The key is the caller's (ssh_key_free). */
ssh_key host_key_stub(struct bytes blob, struct err *err);

#endif
