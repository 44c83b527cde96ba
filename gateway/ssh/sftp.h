/*
 * The SFTP server of one connection, without its transport: bytes of the client in, bytes for the
 * client out, questions to the registry between them. Requests about names go to the registry
 * and are answered in any order; reading and writing happens here, on the descriptors that the
 * registry gave. Nothing is closed for the client but by its own CLOSE: what it was writing
 * when the channel ends stays an unfinished upload.
 */
#ifndef GARITA_SSH_SFTP_H
#define GARITA_SSH_SFTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/buf.h"
#include "base/err.h"

struct sftp;

/* registry, the channel to it, is borrowed. NULL without memory. */
struct sftp *sftp_new(int registry, size_t handle_limit);
void sftp_free(struct sftp *sftp);

/* At most so many questions to the registry in a second, and as many at once; past it no packet is
   taken for a while. 0, as at first: no limit. */
void sftp_pace(struct sftp *sftp, uint64_t requests_per_s);

/* Takes whole packets from the head of input while it is ready for them, and says how many bytes
   those were. False: the conversation is over, err says why. */
bool sftp_input(struct sftp *sftp, struct bytes input, size_t *taken, struct err *err);

/* May it take another packet? Not while too many requests wait for the registry or too many
   bytes for the client, nor when they come too fast: then sftp_pause() says for how long, in
   milliseconds. */
bool sftp_ready(const struct sftp *sftp);
int64_t sftp_pause(const struct sftp *sftp);

/* The registry's channel can be read, or is closed. False: the session is over. */
bool sftp_answers(struct sftp *sftp, struct err *err);

/* What is to be sent to the client, in order; the caller consumes it. */
struct buf *sftp_output(struct sftp *sftp);

/* Goes on with the hashes that were asked for, for a few milliseconds; what it has not done when it
   returns sftp_busy() tells of. */
void sftp_work(struct sftp *sftp);
bool sftp_busy(const struct sftp *sftp);

/* An answer is owed, by the registry or by sftp_work(). */
bool sftp_waiting(const struct sftp *sftp);

/* No answer is owed, and nothing waits for the client. */
bool sftp_settled(const struct sftp *sftp);

/* Whole packets taken so far. */
uint64_t sftp_requests(const struct sftp *sftp);

/* The channel ended; another one may begin. */
void sftp_reset(struct sftp *sftp);

DEFINE_AUTO(sftp, sftp_free);

#endif
