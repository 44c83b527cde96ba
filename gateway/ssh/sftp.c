/*
 * The client's requests. Runs in the session. This file holds no rules: it checks form, counts
 * what grows, and hands every question about the tree to the registry.
 */
#include "ssh/sftp_inside.h"

#include "base/clock.h"
#include "base/reader.h"

typedef bool (*handler)(struct sftp *sftp, const struct sftp_request *request,
                        struct err *err);

struct sftp *sftp_new(int registry, size_t handle_limit)
{
    AUTO(handles) handles = handles_new(handle_limit);
    struct sftp *sftp = calloc(1, sizeof *sftp);
    if (!sftp || !handles) {
        free(sftp);
        return NULL;
    }
    sftp->registry = registry;
    sftp->handles = TAKE_PTR(handles);
    buf_init(&sftp->output, SFTP_OUTPUT_MAX);
    return sftp;
}

void sftp_pace(struct sftp *sftp, uint64_t requests_per_s)
{
    pace_init(&sftp->pace, requests_per_s);
}

void sftp_free(struct sftp *sftp)
{
    if (sftp) {
        sftp_checks_drop(sftp);
        handles_free(sftp->handles);
        buf_done(&sftp->output);
        free(sftp);
    }
}

/* ---- asking the registry ----------------------------------------------------------- */

struct sftp_waiting *sftp_wait_for(struct sftp *sftp, const struct sftp_request *request,
                                   enum sftp_expected expected)
{
    struct sftp_waiting *waiting = sftp->waiting;
    while (waiting->used) {
        waiting++; /* sftp_ready() was true: one is free */
    }
    sftp->last_id += sftp->last_id == UINT32_MAX ? 2 : 1; /* 0 is nobody's */
    *waiting = (struct sftp_waiting){
        .used = true,
        .expected = expected,
        .id = sftp->last_id,
        .client = request->id,
        .reserved = expected == SFTP_EXPECT_ENTRIES ? SFTP_NAMES_MAX : SFTP_ANSWER_MAX};
    pace_take(&sftp->pace, clock_monotonic_ms());
    sftp->reserved += waiting->reserved;
    sftp->waiting_count++;
    return waiting;
}

/* A registry that does not take our questions is overloaded or gone: either way no more can be
   promised on this connection. */
bool sftp_ask(struct sftp *sftp, const struct wire_schema *schema, const void *message,
              struct err *err)
{
    switch (wire_send(sftp->registry, schema, message, NULL, err)) {
    case CHANNEL_OK:
        return true;
    case CHANNEL_AGAIN:
        return err_set(err, ERR_LIMIT, "the registry does not keep up");
    case CHANNEL_CLOSED:
        return err_set(err, ERR_CLOSED, "the registry left");
    default:
        return false;
    }
}

bool sftp_path_fits(struct sftp *sftp, const struct sftp_request *request)
{
    if (request->path.size > SFTP_NAME_MAX || request->target.size > SFTP_NAME_MAX) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_NAME_TOO_LONG);
        return false;
    }
    return true;
}

bool sftp_ask_path(struct sftp *sftp, const struct sftp_request *request,
                   enum sftp_expected expected, const struct wire_schema *schema,
                   struct err *err)
{
    if (!sftp_path_fits(sftp, request)) {
        return true;
    }
    const struct sftp_waiting *waiting = sftp_wait_for(sftp, request, expected);
    struct tree_stat message = {.id = waiting->id, .path = request->path};
    return sftp_ask(sftp, schema, &message, err);
}

/* Requests that are one path and nothing else. */
struct path_question {
    unsigned type;
    enum sftp_expected expected;
    const struct wire_schema *schema;
};

/* They have the same fields, so one struct serves them all. */
_Static_assert(sizeof(struct tree_stat) == sizeof(struct tree_realpath) &&
                   sizeof(struct tree_stat) == sizeof(struct tree_space) &&
                   sizeof(struct tree_stat) == sizeof(struct tree_remove) &&
                   sizeof(struct tree_stat) == sizeof(struct tree_make_folder) &&
                   sizeof(struct tree_stat) == sizeof(struct tree_remove_folder),
               "questions about one path");

static bool on_path(struct sftp *sftp, const struct sftp_request *request,
                    struct err *err)
{
    static const struct path_question questions[] = {
        {SFTP_REALPATH, SFTP_EXPECT_PATH, &tree_realpath_schema},
        {SFTP_STAT, SFTP_EXPECT_ATTRIBUTES, &tree_stat_schema},
        {SFTP_LSTAT, SFTP_EXPECT_ATTRIBUTES, &tree_stat_schema},
        {SFTP_REMOVE, SFTP_EXPECT_STATUS, &tree_remove_schema},
        {SFTP_MKDIR, SFTP_EXPECT_STATUS, &tree_make_folder_schema},
        {SFTP_RMDIR, SFTP_EXPECT_STATUS, &tree_remove_folder_schema},
        {SFTP_STATVFS, SFTP_EXPECT_SPACE, &tree_space_schema},
    };
    const struct path_question *question = questions;
    while (question->type != request->type) {
        question++; /* the dispatch table sends no others here */
    }
    return sftp_ask_path(sftp, request, question->expected, question->schema, err);
}

static bool on_rename(struct sftp *sftp, const struct sftp_request *request,
                      struct err *err)
{
    if (!sftp_path_fits(sftp, request)) {
        return true;
    }
    struct tree_rename message = {
        .id = sftp_wait_for(sftp, request, SFTP_EXPECT_STATUS)->id,
        .overwrite = request->type == SFTP_POSIX_RENAME,
        .from = request->path,
        .to = request->target};
    return sftp_ask(sftp, &tree_rename_schema, &message, err);
}

/* ---- opening and closing ----------------------------------------------------------- */

static bool handle_left(struct sftp *sftp, const struct sftp_request *request)
{
    size_t used = handles_used(sftp->handles) + sftp->handles_promised;
    if (used >= handles_limit(sftp->handles)) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_TOO_MANY_HANDLES);
        return false;
    }
    return true;
}

/* The bits of OPEN are those of enum tree_intent. APPEND alone, as some clients send it, means
   writing; nothing at all means reading. */
static uint32_t intent_of(uint32_t flags)
{
    uint32_t intent = flags & (TREE_READ | TREE_WRITE | TREE_APPEND | TREE_CREATE |
                               TREE_TRUNCATE | TREE_EXCLUSIVE);
    if (intent & (TREE_APPEND | TREE_CREATE | TREE_TRUNCATE)) {
        intent |= TREE_WRITE;
    }
    return intent & TREE_WRITE ? intent : intent | TREE_READ;
}

static bool on_open(struct sftp *sftp, const struct sftp_request *request,
                    struct err *err)
{
    if (!sftp_path_fits(sftp, request) || !handle_left(sftp, request)) {
        return true;
    }
    uint32_t intent = intent_of(request->flags);
    struct sftp_waiting *waiting = sftp_wait_for(sftp, request, SFTP_EXPECT_FILE);
    waiting->writes = intent & TREE_WRITE;
    waiting->append = intent & TREE_APPEND;
    sftp->handles_promised++;
    struct tree_open message = {
        .id = waiting->id, .intent = intent, .path = request->path};
    return sftp_ask(sftp, &tree_open_schema, &message, err);
}

static bool on_opendir(struct sftp *sftp, const struct sftp_request *request,
                       struct err *err)
{
    if (!sftp_path_fits(sftp, request) || !handle_left(sftp, request)) {
        return true;
    }
    struct sftp_waiting *waiting = sftp_wait_for(sftp, request, SFTP_EXPECT_FOLDER);
    sftp->handles_promised++;
    struct tree_open_folder message = {.id = waiting->id, .path = request->path};
    return sftp_ask(sftp, &tree_open_folder_schema, &message, err);
}

/* From here on the client's name for the handle means nothing; the registry answers when what
   was written is filed or held. A file with a hole, since a WRITE failed, is not offered to
   it: it stays unfinished, to be resumed. */
static bool on_close(struct sftp *sftp, const struct sftp_request *request,
                     struct err *err)
{
    struct handle *handle = sftp_handle(sftp, request);
    if (!handle) {
        return true;
    }
    bool damaged = handle->damaged;
    uint32_t number = handle->registry;
    sftp_check_closing(sftp, handle);
    handles_remove(sftp->handles, handle); /* our descriptor first: else no lease */
    if (damaged) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_INCOMPLETE);
        return true;
    }
    struct tree_close message = {
        .id = sftp_wait_for(sftp, request, SFTP_EXPECT_STATUS)->id, .handle = number};
    return sftp_ask(sftp, &tree_close_schema, &message, err);
}

static bool on_readdir(struct sftp *sftp, const struct sftp_request *request,
                       struct err *err)
{
    struct handle *handle = sftp_handle(sftp, request);
    if (!handle) {
        return true;
    }
    if (handle->kind != HANDLE_FOLDER) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_NOT_FOLDER);
        return true;
    }
    struct tree_read_folder message = {
        .id = sftp_wait_for(sftp, request, SFTP_EXPECT_ENTRIES)->id,
        .handle = handle->registry};
    return sftp_ask(sftp, &tree_read_folder_schema, &message, err);
}

/* ---- attributes -------------------------------------------------------------------- */

static struct tree_set set_message(const struct sftp_request *request)
{
    const struct sftp_attributes *given = &request->attributes;
    struct tree_set message = {.size = given->size, .modified = given->modified};
    if (given->flags & SFTP_ATTR_SIZE) {
        message.which |= TREE_SET_SIZE;
    }
    if (given->flags & SFTP_ATTR_TIMES) {
        message.which |= TREE_SET_MODIFIED;
    }
    if (given->flags & (SFTP_ATTR_OWNER | SFTP_ATTR_PERMISSIONS | SFTP_ATTR_EXTENDED)) {
        message.which |= TREE_SET_OTHER;
    }
    return message;
}

static bool ask_set(struct sftp *sftp, const struct sftp_request *request,
                    struct tree_set *message, struct err *err)
{
    message->id = sftp_wait_for(sftp, request, SFTP_EXPECT_STATUS)->id;
    return sftp_ask(sftp, &tree_set_schema, message, err);
}

static bool on_setstat(struct sftp *sftp, const struct sftp_request *request,
                       struct err *err)
{
    if (!sftp_path_fits(sftp, request)) {
        return true;
    }
    struct tree_set message = set_message(request);
    message.path = request->path;
    return ask_set(sftp, request, &message, err);
}

/* The size is ours, on the descriptor; all else is the registry's. */
static bool on_fsetstat(struct sftp *sftp, const struct sftp_request *request,
                        struct err *err)
{
    struct handle *handle = sftp_handle(sftp, request);
    if (!handle) {
        return true;
    }
    struct tree_set message = set_message(request);
    if (message.which & TREE_SET_SIZE) {
        if (!sftp_truncate(sftp, request, handle)) {
            return true;
        }
        message.which &= ~(uint32_t)TREE_SET_SIZE;
    }
    if (message.which == 0) {
        sftp_succeed(sftp, request->id);
        return true;
    }
    if (message.which & TREE_SET_MODIFIED) {
        handle->modified = message.modified;
    }
    message.handle = handle->registry;
    return ask_set(sftp, request, &message, err);
}

/* ---- the rest ---------------------------------------------------------------------- */

static bool on_init(struct sftp *sftp, const struct sftp_request *request,
                    struct err *err)
{
    (void)request; /* whatever version it knows: ours is 3 */
    if (sftp->greeted) {
        return err_set(err, ERR_INPUT, "a second INIT");
    }
    sftp->greeted = true;
    sftp_reply_version(&sftp->output);
    return true;
}

static bool on_limits(struct sftp *sftp, const struct sftp_request *request,
                      struct err *err)
{
    (void)err;
    sftp_reply_limits(&sftp->output, request->id, handles_limit(sftp->handles));
    return true;
}

static bool on_link(struct sftp *sftp, const struct sftp_request *request,
                    struct err *err)
{
    (void)err;
    sftp_refuse(sftp, request->id, SFTP_OP_UNSUPPORTED, TEXT_UNSUPPORTED);
    return true;
}

static const struct {
    unsigned type;
    handler handle;
} handlers[] = {
    {SFTP_INIT, on_init},
    {SFTP_OPEN, on_open},
    {SFTP_CLOSE, on_close},
    {SFTP_READ, sftp_read},
    {SFTP_WRITE, sftp_write},
    {SFTP_LSTAT, on_path},
    {SFTP_FSTAT, sftp_fstat},
    {SFTP_SETSTAT, on_setstat},
    {SFTP_FSETSTAT, on_fsetstat},
    {SFTP_OPENDIR, on_opendir},
    {SFTP_READDIR, on_readdir},
    {SFTP_REMOVE, on_path},
    {SFTP_MKDIR, on_path},
    {SFTP_RMDIR, on_path},
    {SFTP_REALPATH, on_path},
    {SFTP_STAT, on_path},
    {SFTP_RENAME, on_rename},
    {SFTP_READLINK, on_link},
    {SFTP_SYMLINK, on_link},
    {SFTP_POSIX_RENAME, on_rename},
    {SFTP_FSYNC, sftp_fsync},
    {SFTP_LIMITS, on_limits},
    {SFTP_STATVFS, on_path},
    {SFTP_FSTATVFS, sftp_fstatvfs},
    {SFTP_LSETSTAT, on_setstat},
    {SFTP_EXPAND_PATH, sftp_expand_path},
    {SFTP_HOME_DIRECTORY, sftp_home_directory},
    {SFTP_USERS_GROUPS, sftp_users_groups},
    {SFTP_CHECK_NAME, sftp_check_name},
    {SFTP_CHECK_HANDLE, sftp_check_handle},
    {SFTP_CHECK_OLD, sftp_check_handle},
};

static bool dispatch(struct sftp *sftp, const struct sftp_request *request,
                     struct err *err)
{
    if (!sftp->greeted && request->type != SFTP_INIT) {
        return err_set(err, ERR_INPUT, "request %u before INIT", request->type);
    }
    for (size_t i = 0; i < ARRAY_SIZE(handlers); i++) {
        if (handlers[i].type == request->type) {
            return handlers[i].handle(sftp, request, err);
        }
    }
    return on_link(sftp, request, err);
}

static bool take_packet(struct sftp *sftp, struct bytes packet, struct err *err)
{
    struct sftp_request request;
    sftp->requests++;
    switch (sftp_decode(packet, &request)) {
    case SFTP_DECODED:
        if (!dispatch(sftp, &request, err)) {
            return false;
        }
        break;
    case SFTP_UNKNOWN:
        sftp_refuse(sftp, request.id, SFTP_OP_UNSUPPORTED, TEXT_UNSUPPORTED);
        break;
    case SFTP_SHORT:
        sftp_refuse(sftp, request.id, SFTP_BAD_MESSAGE, TEXT_BAD_REQUEST);
        break;
    case SFTP_NO_ID:
        return err_set(err, ERR_INPUT, "a packet of %zu bytes", packet.size);
    }
    return !sftp->output.failed || err_set(err, ERR_LIMIT, "no room for an answer");
}

bool sftp_input(struct sftp *sftp, struct bytes input, size_t *taken, struct err *err)
{
    struct reader rest = reader_of(input);
    *taken = 0;
    while (sftp_ready(sftp)) {
        struct bytes packet;
        size_t missing;
        switch (sftp_frame(rest.rest, &packet, &missing)) {
        case SFTP_PARTIAL:
            return true;
        case SFTP_BROKEN:
            return err_set(err, ERR_INPUT, "a length that no packet has");
        case SFTP_WHOLE:
            break;
        }
        reader_take(&rest, sizeof(uint32_t) + packet.size);
        *taken = input.size - rest.rest.size;
        if (!take_packet(sftp, packet, err)) {
            return false;
        }
    }
    return true;
}

bool sftp_ready(const struct sftp *sftp)
{
    return sftp->waiting_count < SFTP_WAITING_MAX &&
           sftp->check_count < SFTP_CHECKS_MAX && sftp->reserved < SFTP_RESERVED_MAX &&
           buf_size(&sftp->output) < SFTP_HIGH_WATER && sftp_pause(sftp) == 0;
}

int64_t sftp_pause(const struct sftp *sftp)
{
    return pace_wait(&sftp->pace, clock_monotonic_ms());
}

struct buf *sftp_output(struct sftp *sftp)
{
    return &sftp->output;
}

bool sftp_waiting(const struct sftp *sftp)
{
    return sftp->waiting_count > 0 || sftp->check_count > 0;
}

bool sftp_settled(const struct sftp *sftp)
{
    return !sftp_waiting(sftp) && buf_size(&sftp->output) == 0;
}

uint64_t sftp_requests(const struct sftp *sftp)
{
    return sftp->requests;
}

/* What was open to be read the registry may forget. What was written it must not take for
   complete: that handle stays with the registry until the connection ends. */
void sftp_reset(struct sftp *sftp)
{
    for (struct handle *handle; (handle = handles_any(sftp->handles));) {
        struct tree_close message = {.handle = handle->registry};
        if (handle->kind != HANDLE_WRITE) {
            sftp_ask(sftp, &tree_close_schema, &message, NULL); /* id 0: nobody waits */
        }
        handles_remove(sftp->handles, handle);
    }
    sftp_checks_drop(sftp);
    for (size_t i = 0; i < SFTP_WAITING_MAX; i++) {
        sftp->waiting[i].dropped = true;
    }
    buf_done(&sftp->output);
    sftp->greeted = false;
}

/* ---- shared ------------------------------------------------------------------------ */

void sftp_refuse(struct sftp *sftp, uint32_t id, enum sftp_status status,
                 enum text reason)
{
    sftp_reply_status(&sftp->output, id, status, text_get(LANGUAGE_SPANISH, reason),
                      text_code(reason));
}

void sftp_succeed(struct sftp *sftp, uint32_t id)
{
    sftp_reply_status(&sftp->output, id, SFTP_OK, "OK", "");
}

struct handle *sftp_handle(struct sftp *sftp, const struct sftp_request *request)
{
    struct handle *handle = handles_find(sftp->handles, request->handle);
    if (!handle) {
        sftp_refuse(sftp, request->id, SFTP_FAILURE, TEXT_BAD_REQUEST);
    }
    return handle;
}
