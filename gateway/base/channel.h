/*
 * A channel between two roles: SOCK_SEQPACKET, one message a packet, up to four
 * descriptors beside it. Sending never blocks (MSG_DONTWAIT): a full channel is an answer,
 * and the sender decides what that means.
 */
#ifndef GARITA_BASE_CHANNEL_H
#define GARITA_BASE_CHANNEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/bytes.h"
#include "base/err.h"

enum {
    CHANNEL_MESSAGE_MAX = 32 * 1024, /* bytes of one message */
    CHANNEL_FDS_MAX = 4              /* descriptors beside one message */
};

enum channel_result {
    CHANNEL_OK,
    CHANNEL_AGAIN,  /* nothing to receive, or no room to send */
    CHANNEL_CLOSED, /* the peer closed its end */
    CHANNEL_FAILED  /* err says why; a truncated message counts here */
};

struct channel_message {
    size_t size;
    size_t fd_count;
    int fds[CHANNEL_FDS_MAX]; /* owned by the message until taken; -1 when taken */
    uint8_t bytes[CHANNEL_MESSAGE_MAX];
};

/* Both ends close-on-exec, blocking off. */
bool channel_pair(int ends[2], struct err *err);

/* fds are borrowed. */
enum channel_result channel_send(int channel, struct bytes message, const int *fds,
                                 size_t fd_count, struct err *err);

/* Never blocks. On CHANNEL_OK the message is filled; channel_message_done() closes the
   descriptors in it that nobody took. */
enum channel_result channel_receive(int channel, struct channel_message *message,
                                    struct err *err);
void channel_message_done(struct channel_message *message);
int channel_message_take_fd(struct channel_message *message, size_t index);

/* Waits until the channel can be read, at most until the deadline on the monotonic
   clock; CHANNEL_AGAIN when it passed. For the few places that may wait. */
enum channel_result channel_wait(int channel, int64_t deadline_ms, struct err *err);

#endif
