/*
 * The channels of a connection, and the bytes of the one that speaks SFTP. Runs in the session, after
 * login.
 *
 * Nothing writes to a channel from within a callback of libssh, or a full window makes it wait
 * for packets inside the packet handler for good: answers are queued, the loop writes them,
 * never more than the window takes. And since libssh may handle packets within
 * ssh_channel_write, callbacks leave everything where it is while the loop writes (`writing`).
 */
#include "ssh/session_inside.h"

#include <string.h>

#include "base/clock.h"
#include "ssh/sftp_decode.h"

enum {
    UNSENT_HIGH = 64 * 1024, /* bytes in libssh: no more answers are given to it */
    WRITE_MAX = 256 * 1024,  /* bytes given to libssh at once */
    PACKET_OVERHEAD = 32     /* bytes beside the payload, at least */
};

/* ---- channels ---------------------------------------------------------------------------- */

static struct session_channel *find_channel(struct session *session, ssh_channel ssh)
{
    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        if (session->channels[i].ssh == ssh) {
            return &session->channels[i];
        }
    }
    return NULL;
}

/* Adds to `stalled` what its packet lacks, and tells how much that was. */
static size_t complete(struct session *session, struct bytes data)
{
    size_t used = 0, missing;
    struct bytes packet;
    while (used < data.size && buf_size(&session->stalled) > 0 &&
           sftp_frame(buf_view(&session->stalled), &packet, &missing) == SFTP_PARTIAL) {
        size_t size = missing < data.size - used ? missing : data.size - used;
        buf_put(&session->stalled, &data.at[used], size);
        used += size;
    }
    return used;
}

static bool take_stalled(struct session *session, struct err *err)
{
    size_t taken;
    if (!sftp_input(session->sftp, buf_view(&session->stalled), &taken, err)) {
        return false;
    }
    buf_consume(&session->stalled, taken);
    return true;
}

/* The direct way: packets are taken where libssh holds them. What is not taken it shows again,
   together with what comes next. A packet whose start is in `stalled` is made whole first, or every
   one after it would go that longer way. */
static size_t take(struct session *session, struct bytes data)
{
    struct err err = {0};
    size_t taken = 0;
    size_t used = complete(session, data);
    if (buf_size(&session->stalled) > 0 && !take_stalled(session, &err)) {
        session_fail(session, &err);
    }
    if (session->ending || buf_size(&session->stalled) > 0) {
        return used;
    }
    struct bytes rest = {&data.at[used], data.size - used};
    if (!sftp_input(session->sftp, rest, &taken, &err)) {
        session_fail(session, &err);
    }
    return used + taken;
}

static int on_data(ssh_session ssh, ssh_channel channel, void *data, uint32_t size,
                   int is_stderr, void *context)
{
    (void)ssh;
    struct session *session = context;
    if (!session->sftp_channel || session->sftp_channel->ssh != channel || is_stderr) {
        return (int)size; /* nobody listens */
    }
    size_t taken = 0;
    if (!session->writing && !session->ending) {
        taken = take(session, (struct bytes){data, size});
    }
    session->buffered = size - taken;
    return (int)taken;
}

static void on_eof(ssh_session ssh, ssh_channel channel, void *context)
{
    (void)ssh;
    struct session *session = context;
    if (session->sftp_channel && session->sftp_channel->ssh == channel) {
        session->sftp_eof = true;
    }
}

static void on_close(ssh_session ssh, ssh_channel ssh_channel, void *context)
{
    (void)ssh;
    struct session_channel *channel = find_channel(context, ssh_channel);
    if (channel) {
        channel->closed = true;
    }
}

/* 0 is yes, 1 is no. */
static int on_subsystem(ssh_session ssh, ssh_channel ssh_channel, const char *name,
                        void *context)
{
    (void)ssh;
    struct session *session = context;
    struct session_channel *channel = find_channel(session, ssh_channel);
    if (!channel || channel->told_scp || session->sftp_channel || session->ending ||
        strcmp(name, "sftp") != 0) {
        return 1;
    }
    session->sftp_channel = channel;
    session->sftp_eof = false;
    session->buffered = 0;
    return 0;
}

/* Commands are refused. scp of the old kind gets its command and, from the loop, a line of text and
   the exit code of a failure: it shows nothing otherwise. */
static int on_exec(ssh_session ssh, ssh_channel ssh_channel, const char *command,
                   void *context)
{
    (void)ssh;
    struct session *session = context;
    struct session_channel *channel = find_channel(session, ssh_channel);
    if (!channel || channel == session->sftp_channel || channel->told_scp ||
        strncmp(command, "scp ", 4) != 0) {
        return 1;
    }
    channel->told_scp = true;
    return 0;
}

static struct ssh_channel_callbacks_struct channel_callbacks = {
    .channel_data_function = on_data,
    .channel_eof_function = on_eof,
    .channel_close_function = on_close,
    .channel_subsystem_request_function = on_subsystem,
    .channel_exec_request_function = on_exec};

ssh_channel session_channel_open(ssh_session ssh, void *context)
{
    struct session *session = context;
    struct session_channel *channel = find_channel(session, NULL);
    if (!channel || !session->login.done || session->ending) {
        return NULL;
    }
    ssh_channel made = ssh_channel_new(ssh);
    if (!made || ssh_set_channel_callbacks(made, &channel_callbacks) != SSH_OK) {
        return NULL;
    }
    *channel = (struct session_channel){.ssh = made};
    return made;
}

static void tell_scp(struct session_channel *channel)
{
    static const char text[] = "garita: scp: use SFTP (scp -s, or sftp)\n";
    ssh_channel_write_stderr(channel->ssh, text, sizeof text - 1);
    ssh_channel_request_send_exit_status(channel->ssh, 1);
    ssh_channel_send_eof(channel->ssh);
    ssh_channel_close(channel->ssh);
    channel->told_scp = false;
}

static void leave_sftp(struct session *session)
{
    sftp_reset(session->sftp);
    buf_done(&session->stalled);
    session->buffered = 0;
    session->sftp_channel = NULL;
}

/* What the callbacks left to the loop. */
void session_channel_tend(struct session *session)
{
    for (size_t i = 0; i < CHANNELS_MAX; i++) {
        struct session_channel *channel = &session->channels[i];
        if (channel->ssh && channel->told_scp && !channel->closed) {
            tell_scp(channel);
        }
        if (channel->ssh && channel->closed) {
            if (channel == session->sftp_channel) {
                leave_sftp(session);
            }
            ssh_channel_free(channel->ssh);
            *channel = (struct session_channel){.ssh = NULL};
        }
    }
    /* The client said all it had to say, and has all its answers. */
    if (session->sftp_channel && session->sftp_eof && session->buffered == 0 &&
        sftp_settled(session->sftp)) {
        ssh_channel channel = session->sftp_channel->ssh;
        leave_sftp(session);
        ssh_channel_request_send_exit_status(channel, 0);
        ssh_channel_send_eof(channel);
        ssh_channel_close(channel);
    }
}

/* ---- bytes ------------------------------------------------------------------------------- */

/* What libssh holds for the socket: packets made, less bytes sent. Nearly right is good enough, and
   the error does not add up, since it starts again whenever nothing is pending. */
uint64_t session_channel_unsent(struct session *session)
{
    uint64_t sent = session->socket_counter.out_bytes;
    uint64_t made = session->packet_counter.out_bytes +
                    session->packet_counter.out_packets * PACKET_OVERHEAD;
    if ((ssh_get_status(session->ssh) & SSH_WRITE_PENDING) == 0) {
        session->sent_base = sent;
        session->made_base = made;
    }
    uint64_t gone = sent - session->sent_base;
    uint64_t come = made - session->made_base;
    return come > gone ? come - gone : 0;
}

static bool write_some(struct session *session)
{
    struct buf *output = sftp_output(session->sftp);
    ssh_channel channel = session->sftp_channel->ssh;
    size_t size = buf_size(output);
    size_t window = ssh_channel_window_size(channel);
    size = size < window ? size : window;
    size = size < WRITE_MAX ? size : WRITE_MAX;
    if (size == 0 || session_channel_unsent(session) > UNSENT_HIGH) {
        return false;
    }
    int wrote = ssh_channel_write(channel, buf_view(output).at, (uint32_t)size);
    if (wrote < 0) {
        session->sftp_channel->closed = true;
        return false;
    }
    buf_consume(output, (size_t)wrote);
    session->answered += (size_t)wrote;
    session->active_ms = wrote > 0 ? clock_monotonic_ms() : session->active_ms;
    return wrote > 0;
}

/* Moves from libssh to `stalled` what the packet there lacks and no more: so `stalled` is empty
   again after it, and the direct way is open. */
static bool fetch(struct session *session, size_t missing)
{
    size_t size = missing < session->buffered ? missing : session->buffered;
    uint8_t *room = size > 0 ? buf_reserve(&session->stalled, size) : NULL;
    if (!room) {
        return false;
    }
    int got =
        ssh_channel_read_nonblocking(session->sftp_channel->ssh, room, (uint32_t)size, 0);
    if (got <= 0) {
        session->buffered = 0; /* it will be shown again */
        return false;
    }
    buf_commit(&session->stalled, (size_t)got);
    session->buffered -= (size_t)got;
    return true;
}

/* Takes what waits since sftp was not ready. */
static bool read_some(struct session *session)
{
    struct bytes packet;
    size_t missing;
    struct err err = {0};
    if (!sftp_ready(session->sftp)) {
        return false;
    }
    switch (sftp_frame(buf_view(&session->stalled), &packet, &missing)) {
    case SFTP_PARTIAL:
        return fetch(session, missing);
    case SFTP_WHOLE:
    case SFTP_BROKEN:
        break;
    }
    if (!take_stalled(session, &err)) {
        session_fail(session, &err);
        return false;
    }
    return true;
}

void session_channel_move(struct session *session)
{
    bool moved = true;
    session->writing = true;
    while (moved && !session->ending && session->sftp_channel &&
           !session->sftp_channel->closed) {
        moved = write_some(session);
        moved |= read_some(session);
    }
    session->writing = false;
}

int session_channel_registry(socket_t fd, int events, void *context)
{
    (void)fd;
    (void)events;
    struct session *session = context;
    struct err err = {0};
    /* Left alone, it calls again. */
    if (!session->writing && !session->ending && !sftp_answers(session->sftp, &err)) {
        session_fail(session, &err);
    }
    return 0;
}

void session_channel_init(struct session *session)
{
    ssh_callbacks_init(&channel_callbacks);
    channel_callbacks.userdata = session;
}
