/*
 * Packets and descriptors between two roles. Every process.
 * SECURITY: the peer may be taken over. A packet that is cut, or that carries more
 * descriptors than a message may have, is a failure, and every descriptor that came is
 * closed: none stays behind unseen.
 */
#include "base/channel.h"

#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"

/* Room for control messages, aligned as the kernel wants it. */
union control {
    struct cmsghdr align;
    char bytes[CMSG_SPACE(CHANNEL_FDS_MAX * sizeof(int))];
};

bool channel_pair(int ends[2], struct err *err)
{
    int made[2];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, made) < 0) {
        return err_sys(err, errno, "make channel");
    }
    ends[0] = made[0];
    ends[1] = made[1];
    return true;
}

static void attach_fds(struct msghdr *header, union control *control, const int *fds,
                       size_t fd_count)
{
    memset(control, 0, sizeof *control);
    header->msg_control = control->bytes;
    header->msg_controllen = CMSG_SPACE(fd_count * sizeof(int));
    struct cmsghdr *part = CMSG_FIRSTHDR(header);
    part->cmsg_level = SOL_SOCKET;
    part->cmsg_type = SCM_RIGHTS;
    part->cmsg_len = CMSG_LEN(fd_count * sizeof(int));
    memcpy(CMSG_DATA(part), fds, fd_count * sizeof(int));
}

/* What errno after a send or receive means. */
static enum channel_result judge(struct err *err, const char *act)
{
    switch (errno) {
    case EAGAIN:
        return CHANNEL_AGAIN;
    case EPIPE:
    case ECONNRESET:
        return CHANNEL_CLOSED;
    default:
        err_sys(err, errno, "%s channel", act);
        return CHANNEL_FAILED;
    }
}

enum channel_result channel_send(int channel, struct bytes message, const int *fds,
                                 size_t fd_count, struct err *err)
{
    if (message.size == 0 || message.size > CHANNEL_MESSAGE_MAX ||
        fd_count > CHANNEL_FDS_MAX) {
        err_set(err, ERR_LIMIT, "message of %zu bytes and %zu descriptors", message.size,
                fd_count);
        return CHANNEL_FAILED;
    }
    struct iovec part = {.iov_base = (void *)(uintptr_t)message.at,
                         .iov_len = message.size};
    struct msghdr header = {.msg_iov = &part, .msg_iovlen = 1};
    union control control;
    if (fd_count > 0) {
        attach_fds(&header, &control, fds, fd_count);
    }
    ssize_t sent;
    do {
        sent = sendmsg(channel, &header, MSG_DONTWAIT | MSG_NOSIGNAL);
    } while (sent < 0 && errno == EINTR);
    return sent < 0 ? judge(err, "send on") : CHANNEL_OK;
}

static void collect_fds(struct channel_message *message, struct msghdr *header)
{
    for (struct cmsghdr *part = CMSG_FIRSTHDR(header); part;
         part = CMSG_NXTHDR(header, part)) {
        if (part->cmsg_level != SOL_SOCKET || part->cmsg_type != SCM_RIGHTS) {
            continue;
        }
        size_t count = (part->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (size_t i = 0; i < count && message->fd_count < CHANNEL_FDS_MAX; i++) {
            memcpy(&message->fds[message->fd_count], CMSG_DATA(part) + i * sizeof(int),
                   sizeof(int));
            message->fd_count++;
        }
    }
}

enum channel_result channel_receive(int channel, struct channel_message *message,
                                    struct err *err)
{
    union control control;
    struct iovec part = {.iov_base = message->bytes, .iov_len = sizeof message->bytes};
    struct msghdr header = {.msg_iov = &part,
                            .msg_iovlen = 1,
                            .msg_control = control.bytes,
                            .msg_controllen = sizeof control.bytes};
    message->size = 0;
    message->fd_count = 0;
    ssize_t got;
    do {
        got = recvmsg(channel, &header, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return judge(err, "receive on");
    }
    collect_fds(message, &header);
    if (header.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) {
        channel_message_done(message);
        err_set(err, ERR_INPUT, "message on channel is cut");
        return CHANNEL_FAILED;
    }
    if (got == 0) {
        channel_message_done(message);
        return CHANNEL_CLOSED;
    }
    message->size = (size_t)got;
    return CHANNEL_OK;
}

void channel_message_done(struct channel_message *message)
{
    for (size_t i = 0; i < message->fd_count; i++) {
        if (message->fds[i] >= 0) {
            close(message->fds[i]);
        }
    }
    explicit_bzero(message->bytes, message->size); /* passwords travel in messages */
    message->fd_count = 0;
    message->size = 0;
}

int channel_message_take_fd(struct channel_message *message, size_t index)
{
    if (index >= message->fd_count) {
        return -1;
    }
    int fd = message->fds[index];
    message->fds[index] = -1;
    return fd;
}

enum channel_result channel_wait(int channel, int64_t deadline_ms, struct err *err)
{
    for (;;) {
        int64_t left = deadline_ms - clock_monotonic_ms();
        left = left < 0 ? 0 : left;
        struct pollfd waiting = {.fd = channel, .events = POLLIN};
        int ready = poll(&waiting, 1, left > INT32_MAX ? INT32_MAX : (int)left);
        if (ready > 0) {
            return CHANNEL_OK; /* a closed end can be read too: the read will tell */
        }
        if (ready < 0 && errno != EINTR) {
            err_sys(err, errno, "wait on channel");
            return CHANNEL_FAILED;
        }
        if (ready == 0 && left <= INT32_MAX && deadline_ms <= clock_monotonic_ms()) {
            return CHANNEL_AGAIN;
        }
    }
}
