/*
 * Handlers of what a session asks (request_*.c), and what they share. A handler answers exactly
 * once, now or later, under the id of the request.
 */
#ifndef GARITA_REGISTRY_REQUEST_H
#define GARITA_REGISTRY_REQUEST_H

#include "registry/session.h"

/* One request about one path. */
struct request {
    struct session *session;
    uint32_t id;
    struct viewer viewer;
    struct vpath path;
    struct channel_message *in; /* borrowed; set by handlers that use request_wait() */
};

/* Fills request; false when it was already answered (or the session closed). With `looking`, a
   name that could never exist is answered as one that does not. */
bool request_begin(struct request *request, struct session *session, uint32_t id,
                   struct bytes path, bool looking);

void request_refuse(const struct request *request, enum tree_outcome outcome,
                    enum text reason);

/* No request touches an upload on its way through the intake. A client that did not wait for the
   answer to its CLOSE (sshfs) asks for a rename all the same: then its request is heard again a
   little later, from its start. False: it has waited for long enough, or too many do; refuse it. */
bool request_wait(const struct request *request);

/* Asks the policy; answers the refusal itself and then returns false. */
bool request_permitted(const struct request *request,
                       const struct policy_question *question);

/* The same about sending a file under this name to a place: the type that it tells is asked about;
   an ending such as .filepart is not looked at. */
bool request_may_send(const struct request *request, const struct place *place,
                      const char *name, enum policy_right right);

/* Submits a change whose result is the answer: OK, or why not. */
struct change *request_change(const struct request *request, enum change_kind kind);
void request_submit(const struct request *request, struct change *change);

/* request_read.c */
void request_realpath(void *context, const void *message, struct channel_message *in);
void request_stat(void *context, const void *message, struct channel_message *in);
void request_space(void *context, const void *message, struct channel_message *in);
void request_open_folder(void *context, const void *message, struct channel_message *in);
void request_read_folder(void *context, const void *message, struct channel_message *in);
void request_open_to_read(struct request *request);
/* request_open.c */
void request_open(void *context, const void *message, struct channel_message *in);
void request_close(void *context, const void *message, struct channel_message *in);
/* request_change.c */
void request_rename(void *context, const void *message, struct channel_message *in);
void request_remove(void *context, const void *message, struct channel_message *in);
void request_make_folder(void *context, const void *message, struct channel_message *in);
void request_remove_folder(void *context, const void *message,
                           struct channel_message *in);
void request_set(void *context, const void *message, struct channel_message *in);

#endif
