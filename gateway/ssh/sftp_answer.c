/*
 * The registry's answers. Runs in the session. Its word is taken, but an answer that fits no
 * question ends the session: one of us is broken then.
 */
#include "ssh/sftp_inside.h"

#include <sys/stat.h>

enum { ANSWERS_A_TURN = 32 };

/* What a handler works with; `broken` is its way to say that the answer makes no sense. */
struct answering {
    struct sftp *sftp;
    bool broken;
};

static bool fits(const struct sftp_waiting *waiting, enum sftp_expected expected)
{
    return waiting->expected == expected ||
           (waiting->expected == SFTP_EXPECT_CHECK && expected == SFTP_EXPECT_FILE);
}

/* The question behind an answer, which it settles. NULL: there is nothing to tell anybody. */
static struct sftp_waiting *settle(struct answering *answering, uint32_t id,
                                   enum sftp_expected expected)
{
    struct sftp *sftp = answering->sftp;
    if (id == 0) {
        return NULL; /* sftp_reset() */
    }
    struct sftp_waiting *waiting = NULL;
    for (size_t i = 0; i < SFTP_WAITING_MAX && !waiting; i++) {
        if (sftp->waiting[i].used && sftp->waiting[i].id == id) {
            waiting = &sftp->waiting[i];
        }
    }
    if (!waiting || (expected != SFTP_EXPECT_STATUS && !fits(waiting, expected))) {
        answering->broken = true;
        return NULL;
    }
    waiting->used = false; /* what it holds stays until the next question */
    sftp->reserved -= waiting->reserved;
    sftp->waiting_count--;
    if (waiting->expected == SFTP_EXPECT_FILE ||
        waiting->expected == SFTP_EXPECT_FOLDER) {
        sftp->handles_promised--;
    }
    return waiting;
}

static void on_status(void *context, const void *message, struct channel_message *in)
{
    static const enum sftp_status statuses[] = {[TREE_OK] = SFTP_OK,
                                                [TREE_NO_SUCH] = SFTP_NO_SUCH_FILE,
                                                [TREE_DENIED] = SFTP_PERMISSION_DENIED,
                                                [TREE_FAILED] = SFTP_FAILURE,
                                                [TREE_BAD_REQUEST] = SFTP_FAILURE,
                                                [TREE_UNSUPPORTED] = SFTP_OP_UNSUPPORTED};
    (void)in;
    struct answering *answering = context;
    const struct tree_status *status = message;
    const struct sftp_waiting *waiting =
        settle(answering, status->id, SFTP_EXPECT_STATUS);
    if (!waiting || waiting->dropped) {
        return;
    }
    bool known = status->outcome < ARRAY_SIZE(statuses);
    bool promised = waiting->expected != SFTP_EXPECT_STATUS;
    if (!known || (status->outcome == TREE_OK && promised)) {
        answering->broken = true; /* OK where a handle or a path was asked for */
        return;
    }
    const char *text = status->text[0] ? status->text : "OK";
    sftp_reply_status(&answering->sftp->output, waiting->client,
                      statuses[status->outcome], text, status->reason);
}

static void on_path(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct answering *answering = context;
    const struct tree_path *path = message;
    const struct sftp_waiting *waiting = settle(answering, path->id, SFTP_EXPECT_PATH);
    if (waiting && !waiting->dropped) {
        sftp_reply_path(&answering->sftp->output, waiting->client, path->path);
    }
}

static void on_attributes(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct answering *answering = context;
    const struct tree_attributes *found = message;
    const struct sftp_waiting *waiting =
        settle(answering, found->id, SFTP_EXPECT_ATTRIBUTES);
    if (!waiting || waiting->dropped) {
        return;
    }
    uint32_t kind = found->kind == TREE_FOLDER ? S_IFDIR : S_IFREG;
    struct sftp_attributes attributes = {
        .flags = SFTP_ATTR_SIZE | SFTP_ATTR_PERMISSIONS | SFTP_ATTR_TIMES,
        .size = found->size,
        .permissions = kind | (found->permissions & 07777),
        .modified = sftp_seconds(found->modified)};
    sftp_reply_attributes(&answering->sftp->output, waiting->client, &attributes);
}

static void on_space(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct answering *answering = context;
    const struct tree_space_answer *found = message;
    const struct sftp_waiting *waiting = settle(answering, found->id, SFTP_EXPECT_SPACE);
    if (!waiting || waiting->dropped) {
        return;
    }
    struct sftp_space space = {.bytes_total = found->bytes_total,
                               .bytes_free = found->bytes_free,
                               .files_total = found->files_total,
                               .files_free = found->files_free};
    sftp_reply_space(&answering->sftp->output, waiting->client, &space);
}

/* The registry may forget a file that is only read while we go on reading it. */
static void forget(struct sftp *sftp, uint32_t registry)
{
    struct tree_close message = {.handle = registry}; /* id 0: nobody waits */
    wire_send(sftp->registry, &tree_close_schema, &message, NULL, NULL);
}

/* A handle for what the registry opened; it was promised when the question was asked. */
static struct handle *add_handle(struct sftp *sftp, const struct sftp_waiting *waiting,
                                 enum handle_kind kind, uint32_t registry)
{
    if (waiting->dropped) {
        if (kind != HANDLE_WRITE) {
            forget(sftp, registry);
        }
        return NULL;
    }
    struct handle *handle = handles_add(sftp->handles, kind);
    if (!handle) {
        bug("sftp: more handles than were promised");
    }
    handle->registry = registry;
    struct bytes name = {handle->name, sizeof handle->name};
    sftp_reply_handle(&sftp->output, waiting->client, name);
    return handle;
}

static void on_opened(void *context, const void *message, struct channel_message *in)
{
    struct answering *answering = context;
    const struct tree_opened *opened = message;
    const struct sftp_waiting *waiting = settle(answering, opened->id, SFTP_EXPECT_FILE);
    if (!waiting) {
        return;
    }
    if (waiting->expected == SFTP_EXPECT_CHECK) {
        forget(answering->sftp, opened->handle);
        sftp_check_opened(answering->sftp, waiting, channel_message_take_fd(in, 0));
        return;
    }
    enum handle_kind kind = waiting->writes ? HANDLE_WRITE : HANDLE_READ;
    struct handle *handle = add_handle(answering->sftp, waiting, kind, opened->handle);
    if (handle) {
        handle->fd = channel_message_take_fd(in, 0);
        handle->append = waiting->append;
        handle->size = opened->size;
        handle->limit = opened->limit;
        handle->whole = opened->whole != 0;
        handle->modified = opened->modified;
    }
}

static void on_folder(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct answering *answering = context;
    const struct tree_folder *folder = message;
    const struct sftp_waiting *waiting =
        settle(answering, folder->id, SFTP_EXPECT_FOLDER);
    if (waiting) {
        add_handle(answering->sftp, waiting, HANDLE_FOLDER, folder->handle);
    }
}

static void on_entries(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct answering *answering = context;
    const struct tree_entries *page = message;
    const struct sftp_waiting *waiting = settle(answering, page->id, SFTP_EXPECT_ENTRIES);
    if (!waiting || waiting->dropped) {
        return;
    }
    struct buf *out = &answering->sftp->output;
    if (page->count == 0) {
        sftp_reply_status(out, waiting->client, SFTP_EOF, "EOF", "");
    } else if (!sftp_reply_names(out, waiting->client, page->count, page->entries)) {
        answering->broken = true;
    }
}

/* Whom I hear: the registry, with these. */
static const struct wire_permit permits[] = {
    {&tree_status_schema, WIRE_STATE_ANY, on_status},
    {&tree_path_schema, WIRE_STATE_ANY, on_path},
    {&tree_attributes_schema, WIRE_STATE_ANY, on_attributes},
    {&tree_space_answer_schema, WIRE_STATE_ANY, on_space},
    {&tree_opened_schema, WIRE_STATE_ANY, on_opened},
    {&tree_folder_schema, WIRE_STATE_ANY, on_folder},
    {&tree_entries_schema, WIRE_STATE_ANY, on_entries},
};

static bool take_answer(struct sftp *sftp, struct channel_message *in, struct err *err)
{
    struct answering answering = {.sftp = sftp};
    if (!wire_dispatch(permits, ARRAY_SIZE(permits), 1, in, &answering, err)) {
        return false;
    }
    if (answering.broken) {
        return err_set(err, ERR_CORRUPT, "an answer that fits no question");
    }
    return !sftp->output.failed || err_set(err, ERR_LIMIT, "no room for an answer");
}

bool sftp_answers(struct sftp *sftp, struct err *err)
{
    for (unsigned i = 0; i < ANSWERS_A_TURN; i++) {
        struct channel_message in;
        switch (channel_receive(sftp->registry, &in, err)) {
        case CHANNEL_AGAIN:
            return true;
        case CHANNEL_CLOSED:
            return err_set(err, ERR_CLOSED, "the registry ended the session");
        case CHANNEL_FAILED:
            return false;
        case CHANNEL_OK:
            break;
        }
        bool good = take_answer(sftp, &in, err);
        channel_message_done(&in);
        if (!good) {
            return false;
        }
    }
    return true;
}
