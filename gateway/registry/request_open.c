/*
 * Opening for writing, and closing (registry). An upload is a row and an object of its own from
 * its first byte; what is filed is never written to. A new login that goes on with an unfinished
 * upload takes it over from the connection that still holds it, since dropped lines leave ghosts.
 */
#include "registry/request.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "hooks/filing/filing.h"
#include "registry/intake.h"
#include "registry/space.h"

struct opening {
    struct request request;
    uint32_t intent;
    bool whole; /* a new version of a file that the client did not truncate */
    struct place place;
    char folder[CATALOGUE_PATH_SIZE];
};

static const char *name_of(const struct opening *opening)
{
    return vpath_name(&opening->request.path);
}

static void refuse(const struct opening *opening, enum text reason)
{
    request_refuse(&opening->request, TREE_FAILED, reason);
}

static bool may_send(const struct opening *opening, enum policy_right right)
{
    return request_may_send(&opening->request, &opening->place, name_of(opening), right);
}

/* ---- answering --------------------------------------------------------------------- */

/* Taken before anything is made, so that a refusal leaves nothing behind. */
static struct handle *take_handle(const struct opening *opening)
{
    struct handle *handle = session_handle_new(opening->request.session, HANDLE_WRITE);
    if (!handle) {
        refuse(opening, TEXT_TOO_MANY_HANDLES);
    }
    return handle;
}

static void answer_opened(const struct opening *opening, struct handle *handle,
                          struct upload *upload, int write_fd)
{
    struct session *session = opening->request.session;
    handle->upload = upload;
    upload->writer = session;
    struct tree_opened answer = {
        .id = opening->request.id,
        .handle = handle->number,
        .size = upload_size(upload),
        .limit = policy_account_max_file(opening->request.viewer.account),
        .modified = upload->row.modified,
        .whole = opening->whole};
    session_send(session, &tree_opened_schema, &answer, &write_fd);
}

/* The row joins the next commit; nobody waits for it, since nothing is promised yet. */
static void put_row(struct registry *registry, const struct upload *upload)
{
    struct change *change = change_new(CHANGE_UPLOAD_PUT);
    change->upload = upload->row;
    catalogue_submit(registry->catalogue, change);
}

/* ---- a fresh upload ------------------------------------------------------------------ */

static void open_fresh(const struct opening *opening)
{
    struct registry *registry = opening->request.viewer.registry;
    struct err err = {0};
    struct upload_row row = {.state = UPLOAD_WRITING, .begun = clock_wall_us()};
    AUTO_CLOSE int write_fd = -1;
    AUTO_CLOSE int read_fd = -1;
    struct handle *handle = take_handle(opening);
    if (!handle) {
        return;
    }
    if (!objects_create(registry->objects, row.object, &write_fd, &read_fd, &err)) {
        log_text(LOG_ERROR, "object", "%s", err.text);
        session_handle_free(handle);
        refuse(opening, TEXT_STORE_FAILED);
        return;
    }
    strcpy(row.account, opening->request.session->account);
    strcpy(row.folder, opening->folder);
    strcpy(row.name, name_of(opening));
    struct upload *upload = upload_add(registry->uploads, &row, read_fd);
    if (!upload) {
        die("no memory for an upload");
    }
    (void)TAKE_FD(read_fd);
    put_row(registry, upload);
    answer_opened(opening, handle, upload, write_fd);
}

/* ---- an unfinished one --------------------------------------------------------------- */

static void go_on_writing(const struct opening *opening, struct upload *upload)
{
    struct registry *registry = opening->request.session->registry;
    AUTO_CLOSE int write_fd = -1;
    struct err err = {0};
    struct handle *handle = take_handle(opening);
    if (!handle) {
        return;
    }
    if (!objects_open_write(registry->objects, upload->row.object, &write_fd, &err)) {
        log_text(LOG_ERROR, "object", "%s", err.text);
        session_handle_free(handle);
        refuse(opening, TEXT_STORE_FAILED);
        return;
    }
    upload->row.state = UPLOAD_WRITING;
    put_row(registry, upload);
    answer_opened(opening, handle, upload, write_fd);
}

static void resume_sealed(void *context, bool sealed)
{
    struct opening *opening = context;
    struct session *session = opening->request.session;
    struct upload *upload = upload_find(session->registry->uploads, session->account,
                                        opening->folder, name_of(opening));
    upload->settling = false;
    /* The policy may have changed and the session may be gone while this waited. */
    if (session->channel && session_viewer(session, &opening->request.viewer)) {
        if (sealed) {
            go_on_writing(opening, upload);
        } else {
            refuse(opening, TEXT_BUSY);
        }
    }
    if (!upload->writer) {
        upload_leave(upload);
    }
    session_release(session);
    free(opening);
}

static void resume(const struct opening *opening, struct upload *upload)
{
    struct opening *waiting = malloc(sizeof *waiting);
    if (!waiting) {
        die("no memory to resume an upload");
    }
    *waiting = *opening;
    session_reference(waiting->request.session);
    intake_seal(opening->request.viewer.registry, upload, resume_sealed, waiting);
}

static void open_unfinished(const struct opening *opening, struct upload *upload)
{
    struct session *session = opening->request.session;
    if (opening->intent & TREE_EXCLUSIVE) {
        refuse(opening, TEXT_EXISTS);
        return;
    }
    if (upload->settling && request_wait(&opening->request)) {
        return;
    }
    if (upload->settling || upload->writer == session) {
        refuse(opening, TEXT_BUSY);
        return;
    }
    if (upload->writer) {
        log_event(LOG_INFO, "taken-over", "user", session->account, "name",
                  upload->row.name, NULL);
        session_close(upload->writer);
    }
    if (opening->intent & TREE_TRUNCATE) {
        upload_drop(session->registry, upload);
        open_fresh(opening);
    } else if (may_send(opening, POLICY_RIGHT_RESUME)) {
        resume(opening, upload);
    }
}

/* ---- which of them ------------------------------------------------------------------- */

/* scp overwrites in place: CREATE, no TRUNCATE, every byte from the first on. That is a new version
   like any other as long as nothing is left out, for which the session looks (`whole`); a client
   that would change or append a part meets its refusal there. */
static void open_over_document(struct opening *opening)
{
    bool in_place =
        (opening->intent & (TREE_CREATE | TREE_APPEND | TREE_TRUNCATE)) == TREE_CREATE;
    opening->whole = in_place;
    if (opening->intent & TREE_EXCLUSIVE) {
        refuse(opening, TEXT_EXISTS);
    } else if (!(opening->intent & TREE_TRUNCATE) && !in_place) {
        refuse(opening, TEXT_FILED_UNCHANGED);
    } else if (may_send(opening, POLICY_RIGHT_NEW_VERSION)) {
        open_fresh(opening);
    }
}

/* Told before the bytes are sent. A policy may take QUOTA for less than a refusal: then it is one
   of the findings, at the end. */
static bool space_left(const struct opening *opening)
{
    const struct viewer *viewer = &opening->request.viewer;
    const struct policy *policy = viewer->registry->policy;
    if (!space_full(viewer->registry, viewer->account) ||
        policy_verdict(policy, viewer->account, NULL, FINDING_QUOTA) != VERDICT_REJECT) {
        return true;
    }
    refuse(opening, TEXT_QUOTA_REACHED);
    return false;
}

static bool receives(const struct opening *opening)
{
    const struct viewer *viewer = &opening->request.viewer;
    struct place any;
    if (tree_place(viewer, &opening->request.path, opening->request.path.count, &any)) {
        refuse(opening, TEXT_IS_FOLDER);
        return false;
    }
    if (opening->place.kind == PLACE_INBOX || opening->place.kind == PLACE_OPERATION) {
        return may_send(opening, POLICY_RIGHT_UPLOAD) && space_left(opening);
    }
    /* Who can upload somewhere is told where; who cannot at all is told that. */
    bool correspondent = policy_account_kind(viewer->account) == POLICY_CORRESPONDENT;
    request_refuse(&opening->request, TREE_DENIED,
                   correspondent ? TEXT_UPLOAD_ELSEWHERE : TEXT_NOT_GRANTED);
    return false;
}

static void open_to_write(struct opening *opening)
{
    struct request *request = &opening->request;
    struct node node;
    size_t count = request->path.count;
    if (count == 0) {
        refuse(opening, TEXT_IS_FOLDER);
        return;
    }
    if (!tree_place(&request->viewer, &request->path, count - 1, &opening->place)) {
        request_refuse(request, TREE_NO_SUCH, TEXT_NO_SUCH);
        return;
    }
    vpath_folder(&request->path, opening->folder);
    if (!receives(opening)) {
        return;
    }
    bool found = tree_find(&request->viewer, &request->path, &node);
    if (found && node.kind == NODE_UPLOAD) {
        open_unfinished(opening, node.upload);
    } else if (found && node.kind == NODE_DOCUMENT) {
        open_over_document(opening);
    } else if (!(opening->intent & TREE_CREATE)) {
        request_refuse(request, TREE_NO_SUCH, TEXT_NO_SUCH);
    } else {
        open_fresh(opening);
    }
}

void request_open(void *context, const void *message, struct channel_message *in)
{
    const struct tree_open *asked = message;
    struct opening opening = {.intent = asked->intent};
    bool writes =
        asked->intent & (TREE_WRITE | TREE_APPEND | TREE_CREATE | TREE_TRUNCATE);
    if (!request_begin(&opening.request, context, asked->id, asked->path, !writes)) {
        return;
    }
    opening.request.in = in;
    if (opening.request.session->registry->stopping) {
        refuse(&opening, TEXT_STOPPING);
    } else if (writes) {
        open_to_write(&opening);
    } else {
        request_open_to_read(&opening.request);
    }
}

/* ---- closing ----------------------------------------------------------------------- */

/* Closed under a partial name: sealed, synced and said so, but not looked at before it has its
   final name. */
struct partial {
    struct session *session;
    uint32_t id;
    struct upload *upload;
    struct object_sync sync;
};

static void partial_end(struct partial *partial)
{
    partial->session->registry->intakes--;
    session_release(partial->session);
    free(partial);
}

static void partial_synced(struct object_sync *sync)
{
    struct partial *partial = sync->context;
    struct upload *upload = partial->upload;
    struct registry *registry = partial->session->registry;
    if (!sync->synced) {
        log_event(LOG_ERROR, "sync-failed", "object", upload->row.object, "error",
                  strerror(sync->error), NULL);
        session_refuse(partial->session, partial->id, TREE_FAILED, TEXT_STORE_FAILED);
        upload_drop(registry, upload);
        partial_end(partial);
        return;
    }
    struct request request = {
        .session = partial->session, .id = partial->id, .viewer = {.registry = registry}};
    upload->row.state = UPLOAD_WAITING;
    upload->settling = false;
    upload_leave(upload);
    struct change *change = request_change(&request, CHANGE_UPLOAD_PUT);
    change->upload = upload->row;
    request_submit(&request, change);
    partial_end(partial);
}

static void partial_sealed(void *context, bool sealed)
{
    struct partial *partial = context;
    if (!sealed) {
        partial->upload->settling = false;
        upload_leave(partial->upload);
        session_refuse(partial->session, partial->id, TREE_FAILED, TEXT_BUSY);
        partial_end(partial);
        return;
    }
    partial->sync = (struct object_sync){
        .fd = partial->upload->read_fd, .done = partial_synced, .context = partial};
    objects_sync(partial->session->registry->objects, &partial->sync);
}

static void close_partial(struct session *session, uint32_t id, struct upload *upload)
{
    struct partial *partial = calloc(1, sizeof *partial);
    if (!partial) {
        die("no memory to close an upload");
    }
    partial->session = session_reference(session);
    partial->id = id;
    partial->upload = upload;
    session->registry->intakes++;
    intake_seal(session->registry, upload, partial_sealed, partial);
}

void request_close(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    struct session *session = context;
    const struct tree_close *asked = message;
    struct handle *handle = session_handle_find(session, asked->handle);
    if (!handle) {
        session_refuse(session, asked->id, TREE_BAD_REQUEST, TEXT_BAD_REQUEST);
        return;
    }
    struct upload *upload = TAKE_PTR(handle->upload);
    session_handle_free(handle);
    if (!upload) {
        session_ok(session, asked->id);
        return;
    }
    upload->writer = NULL;
    size_t final_size;
    if (filing_is_partial(session->registry->policy, upload->row.name, &final_size)) {
        close_partial(session, asked->id, upload);
    } else {
        intake_begin(session->registry, upload, session, asked->id);
    }
}
