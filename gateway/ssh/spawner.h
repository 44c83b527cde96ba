/*
 * The spawner: forks a session per connection. It parses nothing of a client; it holds the libraries,
 * the stub of the host key and the filter that its children enter, so that a session costs a
 * fork and shares its pages.
 */
#ifndef GARITA_SSH_SPAWNER_H
#define GARITA_SSH_SPAWNER_H

#include "role/role.h"
#include "ssh/session.h"

struct spawner;

/* Before the sandbox closes: compiles the sessions' filter. */
struct spawner *spawner_new(struct err *err);
bool spawner_start(struct spawner *spawner, struct loop *loop, struct err *err);

void spawner_limits(struct spawner *spawner, const struct session_limits *limits);
void spawner_old_macs(struct spawner *spawner, bool allowed); /* see transport.h */

/* The channel to garita-keys, which is asked for the public half of the host key. */
void spawner_keys(struct spawner *spawner, int take_channel);

/* fds: socket, registry, auth, keys, taken. Waits until the host key is known. */
enum { SPAWNER_FDS = 4 };
void spawner_serve(struct spawner *spawner, const struct connection_serve *serve,
                   int take_fds[SPAWNER_FDS]);

#endif
