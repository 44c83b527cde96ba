/*
 * A conversation with one peer on the role's loop. Every role that has peers.
 * SECURITY: the peer may have been taken over. It is heard by its permit table alone, and
 * the first message that does not fit ends the conversation.
 *
 * closed() is always called from a timer, never from inside a send or a handler, so that
 * an owner may free itself there. What ends a conversation therefore only breaks it off:
 * the descriptor is closed at once, nothing more is heard, and the timer does the rest.
 * While messages are being handled the struct stays in memory, whoever closes it
 * meanwhile.
 */
#include "role/role.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

enum {
    MESSAGES_A_TURN = 16,        /* then other descriptors have their turn */
    MESSAGES_A_DRAIN = 64 * 1024 /* more than a socket holds */
};

struct role_channel {
    struct role_channel_options options;
    struct loop *loop;
    struct loop_watch *watch;
    struct loop_timer *farewell; /* running once the conversation is broken off */
    int fd;                      /* -1 from then on */
    uint32_t state;
    unsigned busy; /* depth of receiving; freed at 0 */
    bool closed;
    struct err why;
};

static void hang_up(struct role_channel *channel)
{
    if (channel->fd >= 0) {
        loop_unwatch(channel->watch);
        close(channel->fd);
        channel->fd = -1;
    }
}

void role_channel_close(struct role_channel *channel)
{
    if (!channel || channel->closed) {
        return;
    }
    hang_up(channel);
    loop_cancel(channel->farewell);
    channel->closed = true;
    if (channel->busy == 0) {
        free(channel);
    }
}

static void say_farewell(void *context)
{
    struct role_channel *channel = context;
    struct role_channel_options options = channel->options;
    struct err why = channel->why;
    channel->farewell = NULL; /* a timer that fires is gone */
    role_channel_close(channel);
    if (options.closed) {
        options.closed(options.context, &why);
    }
}

static void break_off(struct role_channel *channel, const struct err *why)
{
    if (channel->fd < 0) {
        return;
    }
    channel->why = *why;
    hang_up(channel);
    channel->farewell = loop_after(channel->loop, 0, say_farewell, channel);
}

/* True when there may be more to receive. */
static bool receive_one(struct role_channel *channel)
{
    struct err err = {0};
    struct channel_message in;
    switch (channel_receive(channel->fd, &in, &err)) {
    case CHANNEL_AGAIN:
        return false;
    case CHANNEL_CLOSED:
        err_set(&err, ERR_CLOSED, "the peer left");
        break_off(channel, &err);
        return false;
    case CHANNEL_FAILED:
        break_off(channel, &err);
        return false;
    case CHANNEL_OK:
        break;
    }
    bool good = wire_dispatch(channel->options.permits, channel->options.permit_count,
                              channel->state, &in, channel->options.context, &err);
    channel_message_done(&in);
    if (!good) {
        break_off(channel, &err);
    }
    return true;
}

static void receive(struct role_channel *channel, unsigned most)
{
    channel->busy++;
    while (most > 0 && channel->fd >= 0 && receive_one(channel)) {
        most--;
    }
    channel->busy--;
    if (channel->closed && channel->busy == 0) {
        free(channel);
    }
}

static void on_event(void *context, int fd, uint32_t events)
{
    (void)fd;
    (void)events;
    receive(context, MESSAGES_A_TURN);
}

void role_channel_drain(struct role_channel *channel)
{
    receive(channel, MESSAGES_A_DRAIN);
}

struct role_channel *role_channel_open(struct loop *loop, int take_channel,
                                       const struct role_channel_options *options,
                                       struct err *err)
{
    AUTO_CLOSE int fd = take_channel;
    AUTO_FREE struct role_channel *channel = calloc(1, sizeof *channel);
    if (!channel) {
        err_sys(err, ENOMEM, "open channel");
        return NULL;
    }
    *channel =
        (struct role_channel){.options = *options, .loop = loop, .fd = fd, .state = 1};
    channel->watch = loop_watch(loop, fd, EPOLLIN, on_event, channel, err);
    if (!channel->watch) {
        return NULL;
    }
    (void)TAKE_FD(fd);
    return TAKE_PTR(channel);
}

void role_channel_state(struct role_channel *channel, uint32_t state)
{
    channel->state = state;
}

bool role_channel_send(struct role_channel *channel, const struct wire_schema *schema,
                       const void *message, const int *fds)
{
    if (channel->fd < 0) {
        return false;
    }
    struct err err = {0};
    switch (wire_send(channel->fd, schema, message, fds, &err)) {
    case CHANNEL_OK:
        return true;
    case CHANNEL_AGAIN:
        err_set(&err, ERR_LIMIT, "the peer does not read: no room for %s", schema->name);
        break;
    case CHANNEL_CLOSED:
        err_set(&err, ERR_CLOSED, "the peer left before %s", schema->name);
        break;
    case CHANNEL_FAILED:
        break;
    }
    break_off(channel, &err);
    return false;
}
