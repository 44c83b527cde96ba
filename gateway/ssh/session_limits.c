/*
 * What a connection may take of time and memory, looked at once a turn of the loop. Runs in the
 * session.
 * SECURITY: libssh knows none of these; a client that does nothing, sends without end or never reads
 * is ended here.
 */
#include "ssh/session_inside.h"

#include "base/clock.h"
#include "ssh/interpose.h"

enum {
    BYTES_BEFORE_LOGIN = 1024 * 1024,
    UNSENT_MAX = 2 * 1024 * 1024, /* keepalives whose replies nobody reads */
    KEEPALIVES_UNANSWERED = 3,
    TURN_MAX_MS = 60 * 1000
};

/* ---- before login ------------------------------------------------------------------------ */

static void check_before_login(struct session *session, int64_t now)
{
    if (session->login.done) {
        return;
    }
    if (now >= session->login.deadline_ms) {
        session_finish(session, "no login in time");
    } else if (interpose_counts().bytes > BYTES_BEFORE_LOGIN) {
        session_finish(session, "too many bytes before login");
    } else if (session->login.ended) {
        session_finish(session, "no more tries");
    }
    session->active_ms = now;
}

/* ---- idle -------------------------------------------------------------------------------- */

static int64_t idle_deadline(const struct session *session)
{
    return session->active_ms + (int64_t)session->options->limits.idle_ms;
}

static void check_idle(struct session *session, int64_t now)
{
    if (sftp_requests(session->sftp) != session->requests_seen) {
        session->requests_seen = sftp_requests(session->sftp);
        session->active_ms = now;
    }
    if (sftp_waiting(session->sftp)) {
        session->active_ms = now; /* that is our time, not the client's */
    }
    if (now >= idle_deadline(session)) {
        session_finish(session, "idle");
    }
}

/* ---- stalled ----------------------------------------------------------------------------- */

static bool socket_is_full(const struct session *session)
{
    return (ssh_get_status(session->ssh) & SSH_WRITE_PENDING) != 0;
}

static int64_t stalled_deadline(const struct session *session)
{
    int64_t most = (int64_t)session->options->limits.stalled_ms;
    bool owes = buf_size(sftp_output(session->sftp)) > 0 || socket_is_full(session);
    return most > 0 && owes ? session->moved_ms + most : INT64_MAX;
}

/* Keepalives that leave while the channel's window is closed are no answers: what moves on the
   socket counts only while bytes wait for it. */
static bool has_moved(struct session *session)
{
    uint64_t sent = session->socket_counter.out_bytes;
    bool moved = session->answered != session->answered_seen ||
                 (sent != session->sent_seen && socket_is_full(session));
    session->answered_seen = session->answered;
    session->sent_seen = sent;
    return moved;
}

/* Answers wait, and not one byte of them leaves. */
static void check_stalled(struct session *session, int64_t now)
{
    int64_t deadline = stalled_deadline(session);
    if (has_moved(session) || deadline == INT64_MAX) {
        session->moved_ms = now;
    } else if (now >= deadline) {
        session_finish(session, "stalled");
    }
}

/* ---- silent ------------------------------------------------------------------------------ */

static int64_t silence_deadline(const struct session *session)
{
    int64_t every = (int64_t)session->options->limits.keepalive_ms;
    return every > 0 && session->login.done
               ? session->heard_ms + every * (session->keepalives + 1)
               : INT64_MAX;
}

/* The first call after an answer only takes note of it, in libssh. One that nobody answered yet is
   not sent again: TCP does that. */
static void send_keepalive(struct session *session)
{
    uint64_t packets = session->packet_counter.out_packets;
    session->keepalives++;
    ssh_send_keepalive(session->ssh);
    if (session->packet_counter.out_packets == packets) {
        ssh_send_keepalive(session->ssh);
    }
}

/* SSH's own keepalive goes through load balancers, where that of TCP ends. */
static void check_silent(struct session *session, int64_t now)
{
    uint64_t received = interpose_counts().bytes;
    if (received != session->received_seen || !session->login.done) {
        session->received_seen = received;
        session->heard_ms = now;
        session->keepalives = 0;
    } else if (now >= silence_deadline(session)) {
        if (session->keepalives == KEEPALIVES_UNANSWERED) {
            session_finish(session, "no answer to keepalives");
        } else {
            send_keepalive(session);
        }
    }
}

/* ---- all of them ------------------------------------------------------------------------- */

void session_limits_check(struct session *session)
{
    int64_t now = clock_monotonic_ms();
    check_before_login(session, now);
    if (session_channel_unsent(session) > UNSENT_MAX) {
        session_finish(session, "the client does not read");
    }
    check_idle(session, now);
    check_stalled(session, now);
    if (!session->ending) {
        check_silent(session, now);
    }
}

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

int session_limits_wait(const struct session *session)
{
    if (sftp_busy(session->sftp)) {
        return 0;
    }
    int64_t now = clock_monotonic_ms();
    int64_t deadline =
        session->login.done ? idle_deadline(session) : session->login.deadline_ms;
    deadline = earlier(deadline, stalled_deadline(session));
    deadline = earlier(deadline, silence_deadline(session));
    if (session->buffered > 0 || buf_size(&session->stalled) > 0) {
        int64_t pause = sftp_pause(session->sftp);
        deadline = pause > 0 ? earlier(deadline, now + pause) : deadline;
    }
    int64_t left = deadline - now;
    return left < 0 ? 0 : (int)earlier(left, TURN_MAX_MS);
}
