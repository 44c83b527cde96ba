/*
 * What libssh is told: which algorithms, which host key, nothing from configuration files. Made once
 * by the spawner, used by every session that is forked from it.
 */
#ifndef GARITA_SSH_TRANSPORT_H
#define GARITA_SSH_TRANSPORT_H

#include <libssh/libssh.h>
#include <libssh/server.h>

#include "base/bytes.h"
#include "base/err.h"

/* host_key: the public half in SSH wire form. NULL on failure; else ssh_bind_free(). */
ssh_bind transport_new(struct bytes host_key, struct err *err);

/* Whether clients may also authenticate packets before they encrypt them, as those of libssh2 before
   1.11 (Debian 12's curl) alone can. */
bool transport_old_macs(ssh_bind transport, bool allowed);

/* A session on this socket, which it takes even on failure; not yet speaking. */
ssh_session transport_accept(ssh_bind transport, int take_socket, struct err *err);

#endif
