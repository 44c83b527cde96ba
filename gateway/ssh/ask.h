/*
 * Questions that a session waits for: to keys during a key exchange, to auth before login. Nothing
 * else is under way for this client then, and a deadline bounds the wait.
 */
#ifndef GARITA_SSH_ASK_H
#define GARITA_SSH_ASK_H

#include <stdbool.h>
#include <stdint.h>

#include "base/channel.h"
#include "base/err.h"
#include "wire/message.h"

/* Sends the question and waits for one answer. What `reply` borrows lives in `in`, which the caller
   gives back by channel_message_done(). */
struct ask {
    int channel;
    int64_t deadline_ms; /* on the monotonic clock */
    const struct wire_schema *question_schema;
    const void *question;
    const struct wire_schema *answer_schema;
};
bool ask_and_wait(const struct ask *ask, struct channel_message *in, void *answer,
                  struct err *err);

#endif
