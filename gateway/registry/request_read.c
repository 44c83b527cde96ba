/*
 * Looking: REALPATH, STAT, listings, and opening for reading (registry).
 */
#include "registry/request.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/log.h"
#include "registry/space.h"

void request_realpath(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    const struct tree_realpath *asked = message;
    struct request request;
    if (!request_begin(&request, context, asked->id, asked->path, false)) {
        return;
    }
    struct tree_path answer = {.id = asked->id, .path = request.path.text};
    session_send(request.session, &tree_path_schema, &answer, NULL);
}

static bool find_node(const struct request *request, struct node *node)
{
    if (tree_find(&request->viewer, &request->path, node)) {
        return true;
    }
    request_refuse(request, TREE_NO_SUCH, TEXT_NO_SUCH);
    return false;
}

void request_stat(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    const struct tree_stat *asked = message;
    struct request request;
    struct node node;
    if (!request_begin(&request, context, asked->id, asked->path, true) ||
        !find_node(&request, &node)) {
        return;
    }
    struct tree_attributes answer = {.id = asked->id,
                                     .kind = node.kind == NODE_FOLDER ? TREE_FOLDER
                                                                      : TREE_FILE,
                                     .permissions = node.permissions,
                                     .size = node.size,
                                     .modified = node.modified};
    session_send(request.session, &tree_attributes_schema, &answer, NULL);
}

static uint64_t left_of(uint64_t total, uint64_t used)
{
    return used < total ? total - used : 0;
}

/* SECURITY: of the account alone; how large the disk is, and what others take, is nobody's
   business. */
void request_space(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    const struct tree_space *asked = message;
    struct request request;
    struct node node;
    if (!request_begin(&request, context, asked->id, asked->path, true) ||
        !find_node(&request, &node)) {
        return;
    }
    struct policy_quota quota = policy_account_quota(request.viewer.account);
    struct catalogue_usage used =
        space_used(request.viewer.registry, request.session->account);
    uint64_t bytes = quota.bytes > 0 ? quota.bytes : TREE_SPACE_BYTES;
    uint64_t files = quota.files > 0 ? quota.files : TREE_SPACE_FILES;
    struct tree_space_answer answer = {.id = asked->id,
                                       .bytes_total = bytes,
                                       .bytes_free = left_of(bytes, used.bytes),
                                       .files_total = files,
                                       .files_free = left_of(files, used.files)};
    session_send(request.session, &tree_space_answer_schema, &answer, NULL);
}

/* ---- listings ---------------------------------------------------------------------- */

void request_open_folder(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    const struct tree_open_folder *asked = message;
    struct request request;
    struct node node;
    if (!request_begin(&request, context, asked->id, asked->path, true) ||
        !find_node(&request, &node)) {
        return;
    }
    if (node.kind != NODE_FOLDER) {
        request_refuse(&request, TREE_FAILED, TEXT_NOT_FOLDER);
        return;
    }
    struct handle *handle = session_handle_new(request.session, HANDLE_FOLDER);
    struct folder_cursor *cursor = handle ? calloc(1, sizeof *cursor) : NULL;
    if (!cursor) {
        if (handle) {
            session_handle_free(handle);
        }
        request_refuse(&request, TREE_FAILED, TEXT_TOO_MANY_HANDLES);
        return;
    }
    cursor->place = node.place;
    snprintf(cursor->folder, sizeof cursor->folder, "%s",
             request.path.count == 0 ? "" : request.path.text);
    handle->cursor = cursor;
    struct tree_folder answer = {.id = asked->id, .handle = handle->number};
    session_send(request.session, &tree_folder_schema, &answer, NULL);
}

void request_read_folder(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct session *session = context;
    const struct tree_read_folder *asked = message;
    struct viewer viewer;
    struct handle *handle = session_handle_find(session, asked->handle);
    if (!handle || handle->kind != HANDLE_FOLDER) {
        session_refuse(session, asked->id, TREE_BAD_REQUEST, TEXT_BAD_REQUEST);
        return;
    }
    if (!session_viewer(session, &viewer)) {
        return;
    }
    struct buf entries;
    buf_init(&entries, TREE_PAGE_MAX);
    struct tree_entries answer = {.id = asked->id};
    answer.count = tree_list(&viewer, handle->cursor, &entries);
    answer.entries = buf_view(&entries);
    session_send(session, &tree_entries_schema, &answer, NULL);
    buf_done(&entries);
}

/* ---- opening to read ------------------------------------------------------------------ */

static int text_fd(const struct request *request, const struct node *node,
                   struct err *err)
{
    struct buf text;
    buf_init(&text, TREE_TEXT_MAX);
    tree_text(&request->viewer, node, &text);
    int fd = fd_sealed("text", buf_view(&text), err);
    buf_done(&text);
    return fd;
}

static const char *object_of(const struct node *node)
{
    switch (node->kind) {
    case NODE_UPLOAD:
        return node->upload->row.object;
    case NODE_DOCUMENT:
        return node->document.object;
    case NODE_SENT:
    case NODE_HELD:
        return node->receipt.object;
    default:
        return NULL;
    }
}

static bool open_node(const struct request *request, const struct node *node, int *fd)
{
    struct err err = {0};
    const char *object = object_of(node);
    if (object && object[0] == '\0') {
        request_refuse(request, TREE_NO_SUCH, TEXT_NO_SUCH);
        return false;
    }
    if (object) {
        objects_open_read(request->viewer.registry->objects, object, fd, &err);
    } else {
        *fd = text_fd(request, node, &err);
    }
    if (*fd < 0) {
        log_event(LOG_ERROR, "open", "user", request->session->account, "object", object,
                  "error", err.text, NULL);
        request_refuse(request, TREE_FAILED, TEXT_STORE_FAILED);
        return false;
    }
    return true;
}

/* Who read which document is a fact; the reader does not wait for its row. */
static void record_download(const struct request *request, const struct node *node)
{
    if (node->kind != NODE_DOCUMENT) {
        return;
    }
    struct change *change = change_new(CHANGE_EVENT);
    char name[CATALOGUE_DETAIL_SIZE / 2], operation[OPERATION_NAME_MAX] = "";
    log_escape(node->document.name, strlen(node->document.name), name, sizeof name);
    if (node->place.kind == PLACE_OPERATION) {
        operation_key_format(&node->place.operation.key, operation);
    }
    change->event = "download";
    strcpy(change->account, request->session->account);
    strcpy(change->address, request->session->address);
    snprintf(change->detail, sizeof change->detail,
             "rfc=%s operation=%s version=%lld name=%s", node->place.rfc, operation,
             (long long)node->document.version, name);
    catalogue_submit(request->viewer.registry->catalogue, change);
}

static bool may_read(const struct request *request, const struct node *node)
{
    if (node->kind == NODE_UPLOAD || node->kind == NODE_README) {
        return true; /* one's own bytes, and what everybody may read */
    }
    struct policy_question question =
        tree_question(&request->viewer, &node->place, POLICY_RIGHT_READ);
    if (node->kind == NODE_DOCUMENT) {
        question.document_type = node->document.type;
        question.media_type = node->document.media_type;
    }
    return request_permitted(request, &question);
}

void request_open_to_read(struct request *request)
{
    struct node node;
    AUTO_CLOSE int fd = -1;
    if (!find_node(request, &node)) {
        return;
    }
    if (node.kind == NODE_FOLDER) {
        request_refuse(request, TREE_FAILED, TEXT_IS_FOLDER);
        return;
    }
    if (!may_read(request, &node) || !open_node(request, &node, &fd)) {
        return;
    }
    struct handle *handle = session_handle_new(request->session, HANDLE_READ);
    if (!handle) {
        request_refuse(request, TREE_FAILED, TEXT_TOO_MANY_HANDLES);
        return;
    }
    struct tree_opened answer = {.id = request->id,
                                 .handle = handle->number,
                                 .size = node.size,
                                 .modified = node.modified};
    session_send(request->session, &tree_opened_schema, &answer, &fd);
    record_download(request, &node);
}
