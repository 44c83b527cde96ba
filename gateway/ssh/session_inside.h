/*
 * What session.c (login, from first to last), session_limits.c (time and memory) and session_channel.c
 * (channels and their bytes) share.
 */
#ifndef GARITA_SSH_SESSION_INSIDE_H
#define GARITA_SSH_SESSION_INSIDE_H

#include <libssh/callbacks.h>
#include <netinet/in.h>

#include "ssh/login.h"
#include "ssh/session.h"
#include "ssh/sftp.h"

enum { CHANNELS_MAX = 8 };

struct session_channel {
    ssh_channel ssh; /* NULL: free */
    bool closed;     /* the client closed it */
    bool told_scp;   /* legacy scp: is to hear that it should use SFTP */
};

struct session {
    const struct session_options *options;
    ssh_session ssh;
    ssh_event event;
    struct login login;
    uint32_t last_sign;
    int64_t sign_clock; /* a signature is due when the clock has reached it */
    struct session_channel channels[CHANNELS_MAX];
    struct sftp *sftp;
    struct session_channel *sftp_channel; /* NULL: no subsystem yet, or no more */
    struct buf stalled; /* the start of a packet that came while we were busy */
    size_t buffered;    /* bytes of sftp_channel that libssh still holds */
    bool sftp_eof;      /* the client sends no more */
    bool writing;
    bool greeted;                   /* the banner was sent */
    char address[INET6_ADDRSTRLEN]; /* the client's; until it is known the proxy's */
    /* For session_limits.c: when the client last got on, took a byte, sent one. */
    int64_t active_ms, moved_ms, heard_ms;
    uint64_t requests_seen, sent_seen, answered_seen, received_seen;
    uint64_t answered; /* bytes of answers that its channel's window took */
    int keepalives;    /* since it last sent one */
    struct ssh_counter_struct socket_counter, packet_counter;
    uint64_t sent_base, made_base; /* of the counters, when nothing was unsent */
    const char *ending;            /* why it ends; NULL while it goes on */
    char ending_text[ERR_TEXT_MAX];
};

/* It ends after this turn of the loop, and this is why; the first reason counts. */
void session_finish(struct session *session, const char *why);
void session_fail(struct session *session, const struct err *err);

/* libssh's callback for a new channel; the others hang on it. */
ssh_channel session_channel_open(ssh_session ssh, void *session);
int session_channel_registry(socket_t fd, int events, void *session);
void session_channel_init(struct session *session);

/* What the callbacks left to the loop: bytes to and from the SFTP channel, channels that end. */
void session_channel_move(struct session *session);
void session_channel_tend(struct session *session);

/* Ends the session when it has taken what it may, and says how long the loop may wait for the
   client before it must look again. */
void session_limits_check(struct session *session);
int session_limits_wait(const struct session *session);

/* Bytes that libssh holds for the socket. */
uint64_t session_channel_unsent(struct session *session);

#endif
