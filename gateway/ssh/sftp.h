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

/* Takes whole packets from the head of input while it is ready for them, and says how many bytes
   those were. False: the conversation is over, err says why. */
bool sftp_input(struct sftp *sftp, struct bytes input, size_t *taken, struct err *err);

/* May it take another packet? Not while too many requests wait for the registry or too many
   bytes for the client. */
bool sftp_ready(const struct sftp *sftp);

/* The registry's channel can be read, or is closed. False: the session is over. */
bool sftp_answers(struct sftp *sftp, struct err *err);

/* What is to be sent to the client, in order; the caller consumes it. */
struct buf *sftp_output(struct sftp *sftp);

/* The registry owes an answer. */
bool sftp_waiting(const struct sftp *sftp);

/* Nothing waits for the registry, and nothing for the client. */
bool sftp_settled(const struct sftp *sftp);

/* Whole packets taken so far. */
uint64_t sftp_requests(const struct sftp *sftp);

/* The channel ended; another one may begin. */
void sftp_reset(struct sftp *sftp);

DEFINE_AUTO(sftp, sftp_free);

#endif
