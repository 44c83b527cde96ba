/*
 * The body that every long-lived role shares: hear the supervisor's role_setup on descriptor
 * SPAWN_CONTROL_FD, open what must be opened, close the sandbox and check it, say role_ready,
 * and then run the loop: channels to peers come in, policies are swapped, role_stop ends it.
 * A role's main.c is its sandbox table, its permit tables, and a struct role_body.
 */
#ifndef GARITA_ROLE_H
#define GARITA_ROLE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/loop.h"
#include "base/sandbox.h"
#include "wire/control.h"

struct role_body {
    const char *name; /* in the journal; a literal */
    const char
        *directory; /* of the agency, becomes the root: "store"; NULL: an empty root */
    struct sandbox sandbox; /* uid and root are filled in by role_run() */

    /* Before the sandbox closes, with the rights that the supervisor had: load libraries' data
       files, read keys. May change the sandbox's limits. */
    bool (*prepare)(void *context, const struct role_setup *setup,
                    struct sandbox *sandbox, struct err *err);
    /* Inside it; the working directory is the role's root. The loop lives until the end. */
    bool (*start)(void *context, struct loop *loop, struct err *err);
    /* A policy, first before start() and then at each change; fd is the role's. NULL: closed. */
    bool (*policy)(void *context, int take_fd, struct err *err);
    /* A channel to a peer; channel is the role's. What peer borrows ends with the call. */
    void (*peer)(void *context, const struct role_peer *peer, int take_channel);
    /* Finish what is acknowledged, then role_leave(). NULL: leave at once. */
    void (*stop)(void *context, uint32_t grace_ms);

    /* What else the supervisor may say to this role (the spawners' connection_serve). */
    const struct wire_permit *permits;
    size_t permit_count;
};

/* Runs the role and returns main's exit code. */
int role_run(const struct role_body *body, void *context);

/* Ends the loop of role_run(); exit code 0. */
void role_leave(void);

/* A message to the supervisor. A supervisor that does not hear ends the role. */
void role_tell(const struct wire_schema *schema, const void *message);

/*
 * A conversation with a peer that the loop watches: receives, dispatches by the permit table, and
 * calls closed() once when the peer left, broke the protocol, or could not be sent to.
 */
struct role_channel;

struct role_channel_options {
    const struct wire_permit *permits;
    size_t permit_count;
    void *context; /* for the handlers and closed() */
    /* The channel is already closed and freed when this runs. */
    void (*closed)(void *context, const struct err *why);
};

struct role_channel *role_channel_open(struct loop *loop, int take_channel,
                                       const struct role_channel_options *options,
                                       struct err *err);
/* Closes without calling closed(). NULL is fine. Safe inside a handler of this channel. */
void role_channel_close(struct role_channel *channel);
void role_channel_state(struct role_channel *channel,
                        uint32_t state); /* one bit; 1 at first */
/* Sends; a channel that is full or gone is closed (closed() runs from the loop). */
bool role_channel_send(struct role_channel *channel, const struct wire_schema *schema,
                       const void *message, const int *fds);
/* Handles what has already arrived, without waiting. For the two places where a fact from
   one channel must be known before a message on another is judged. */
void role_channel_drain(struct role_channel *channel);

#endif
