/*
 * One question and the wait for its answer. Runs in the session; used where nothing else is under
 * way for this client.
 */
#include "ssh/ask.h"

bool ask_and_wait(const struct ask *ask, struct channel_message *in, void *answer,
                  struct err *err)
{
    in->size = 0;
    in->fd_count = 0;
    if (wire_send(ask->channel, ask->question_schema, ask->question, NULL, err) !=
        CHANNEL_OK) {
        return err_set(err, ERR_CLOSED, "%s cannot be asked", ask->question_schema->name);
    }
    if (channel_wait(ask->channel, ask->deadline_ms, err) != CHANNEL_OK) {
        return err_set(err, ERR_TIMEOUT, "%s is not answered",
                       ask->question_schema->name);
    }
    if (channel_receive(ask->channel, in, err) != CHANNEL_OK) {
        return err_set(err, ERR_CLOSED, "%s is not answered", ask->question_schema->name);
    }
    return wire_get(in, ask->answer_schema, answer, err);
}
