/*
 * Renaming, removing, folders, and attributes (registry). A rename to a final name is where an
 * upload under a partial name comes in; a document's rename is judged as its new name would be; a
 * remove hides and never destroys.
 */
#include "registry/request.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/log.h"
#include "hooks/filing/filing.h"
#include "registry/intake.h"

/* ---- renaming ---------------------------------------------------------------------- */

struct renaming {
    struct request request; /* path: where from */
    struct vpath to;
    struct place place; /* where to */
    char folder[CATALOGUE_PATH_SIZE];
    bool overwrite;
};

static void refuse(const struct renaming *renaming, enum text reason)
{
    request_refuse(&renaming->request, TREE_FAILED, reason);
}

static void rename_upload(struct renaming *renaming, struct upload *upload)
{
    struct session *session = renaming->request.session;
    struct registry *registry = session->registry;
    struct node there;
    size_t final_size;
    enum policy_right right = POLICY_RIGHT_UPLOAD;
    if (upload->settling && request_wait(&renaming->request)) {
        return;
    }
    if (upload->settling || upload->writer || upload->row.state != UPLOAD_WAITING) {
        refuse(renaming, TEXT_BUSY);
        return;
    }
    if (renaming->place.kind != PLACE_INBOX && renaming->place.kind != PLACE_OPERATION) {
        request_refuse(&renaming->request, TREE_DENIED, TEXT_UPLOAD_ELSEWHERE);
        return;
    }
    bool taken = tree_find(&renaming->request.viewer, &renaming->to, &there) &&
                 there.kind != NODE_SENT;
    if (taken && there.kind == NODE_DOCUMENT && renaming->overwrite) {
        right = POLICY_RIGHT_NEW_VERSION;
        taken = false;
    }
    if (taken) {
        refuse(renaming, TEXT_EXISTS);
        return;
    }
    if (!request_may_send(&renaming->request, &renaming->place, vpath_name(&renaming->to),
                          right)) {
        return;
    }
    upload_move(registry->uploads, upload, renaming->folder, vpath_name(&renaming->to));
    if (filing_is_partial(registry->policy, upload->row.name, &final_size)) {
        struct change *change = request_change(&renaming->request, CHANGE_UPLOAD_PUT);
        change->upload = upload->row;
        request_submit(&renaming->request, change);
    } else {
        intake_begin(registry, upload, session, renaming->request.id);
    }
}

/* The new name must tell a type that takes the format and that the account may send, and keep the
   extension that the content was checked against. */
static bool judge_document_name(const struct renaming *renaming,
                                const struct document_row *document,
                                struct filing *filing)
{
    const struct policy *policy = renaming->request.viewer.registry->policy;
    struct filing before;
    filing_classify(policy, document->name, &before);
    filing_classify(policy, vpath_name(&renaming->to), filing);
    enum finding finding = FINDING_COUNT;
    if (!filing->type_known) {
        finding = FINDING_DOCUMENT_TYPE_UNKNOWN;
    } else if (strcasecmp(before.extension, filing->extension) != 0) {
        finding = FINDING_TYPE_MISMATCH;
    } else if (!policy_document_type_takes(policy, filing->document_type,
                                           filing->extension)) {
        finding = FINDING_FORMAT_NOT_ALLOWED;
    }
    if (finding == FINDING_COUNT) {
        return strcmp(policy_document_type(policy, filing->document_type).code,
                      document->type) == 0 ||
               request_may_send(&renaming->request, &renaming->place,
                                vpath_name(&renaming->to), POLICY_RIGHT_UPLOAD);
    }
    session_status(renaming->request.session, renaming->request.id, TREE_FAILED,
                   finding_code(finding),
                   text_finding(session_language(renaming->request.session), finding));
    return false;
}

static void describe_rename(struct change *change, const char *from, const char *to)
{
    char before[CATALOGUE_DETAIL_SIZE / 3], after[CATALOGUE_DETAIL_SIZE / 3];
    log_escape(from, strlen(from), before, sizeof before);
    log_escape(to, strlen(to), after, sizeof after);
    snprintf(change->detail, sizeof change->detail, "from=%s to=%s", before, after);
}

static void rename_document(const struct renaming *renaming, const struct node *node)
{
    const struct request *request = &renaming->request;
    struct filing filing;
    struct node there;
    struct policy_question question =
        tree_question(&request->viewer, &node->place, POLICY_RIGHT_RENAME);
    bool same_place = renaming->place.kind == PLACE_OPERATION &&
                      renaming->place.operation.id == node->place.operation.id;
    if (!request_permitted(request, &question)) {
        return;
    }
    if (!same_place) {
        request_refuse(request, TREE_DENIED, TEXT_NOT_GRANTED);
    } else if (tree_find(&request->viewer, &renaming->to, &there) &&
               there.kind != NODE_SENT) {
        refuse(renaming, TEXT_EXISTS);
    } else if (judge_document_name(renaming, &node->document, &filing)) {
        struct change *change = request_change(request, CHANGE_DOCUMENT_RENAME);
        change->document = node->document;
        change->event = "renamed";
        strcpy(change->document.name, vpath_name(&renaming->to));
        snprintf(
            change->document.type, sizeof change->document.type, "%s",
            policy_document_type(request->viewer.registry->policy, filing.document_type)
                .code);
        describe_rename(change, node->document.name, change->document.name);
        request_submit(request, change);
    }
}

/* Both ends of a rename; answers itself when one is not to be found. */
static bool find_ends(struct renaming *renaming, struct bytes to, struct node *node)
{
    const struct request *request = &renaming->request;
    enum text reason;
    if (!tree_find(&request->viewer, &request->path, node)) {
        request_refuse(request, TREE_NO_SUCH, TEXT_NO_SUCH);
        return false;
    }
    if (!vpath_parse(to, &renaming->to, &reason)) {
        refuse(renaming, reason);
        return false;
    }
    if (renaming->to.count == 0 ||
        !tree_place(&request->viewer, &renaming->to, renaming->to.count - 1,
                    &renaming->place)) {
        request_refuse(request, TREE_NO_SUCH, TEXT_NO_SUCH);
        return false;
    }
    vpath_folder(&renaming->to, renaming->folder);
    return true;
}

void request_rename(void *context, const void *message, struct channel_message *in)
{
    const struct tree_rename *asked = message;
    struct renaming renaming = {.request = {.in = in},
                                .overwrite = asked->overwrite != 0};
    struct node node;
    if (!request_begin(&renaming.request, context, asked->id, asked->from, true) ||
        !find_ends(&renaming, asked->to, &node)) {
        return;
    }
    if (node.kind == NODE_UPLOAD) {
        rename_upload(&renaming, node.upload);
    } else if (node.kind == NODE_DOCUMENT) {
        rename_document(&renaming, &node);
    } else {
        request_refuse(&renaming.request, TREE_DENIED, TEXT_NOT_GRANTED);
    }
}

/* ---- removing ---------------------------------------------------------------------- */

static void hide_document(const struct request *request, const struct node *node)
{
    struct change *change = request_change(request, CHANGE_DOCUMENT_HIDE);
    char name[CATALOGUE_DETAIL_SIZE / 2];
    log_escape(node->document.name, strlen(node->document.name), name, sizeof name);
    change->document = node->document;
    change->event = "hidden";
    snprintf(change->detail, sizeof change->detail, "document=%lld name=%s",
             (long long)node->document.id, name);
    request_submit(request, change);
}

void request_remove(void *context, const void *message, struct channel_message *in)
{
    const struct tree_remove *asked = message;
    struct request request;
    struct node node;
    if (!request_begin(&request, context, asked->id, asked->path, true)) {
        return;
    }
    if (!tree_find(&request.viewer, &request.path, &node)) {
        request_refuse(&request, TREE_NO_SUCH, TEXT_NO_SUCH);
        return;
    }
    if (node.kind == NODE_FOLDER) {
        request_refuse(&request, TREE_FAILED, TEXT_IS_FOLDER);
        return;
    }
    struct policy_question question =
        tree_question(&request.viewer, &node.place, POLICY_RIGHT_REMOVE);
    if (!request_permitted(&request, &question)) {
        return;
    }
    request.in = in;
    if (node.kind == NODE_UPLOAD && node.upload->settling && request_wait(&request)) {
        return;
    }
    if (node.kind == NODE_UPLOAD && (node.upload->settling || node.upload->writer)) {
        request_refuse(&request, TREE_FAILED, TEXT_BUSY);
    } else if (node.kind == NODE_UPLOAD) {
        upload_drop(request.viewer.registry, node.upload);
        session_ok(request.session, request.id);
    } else if (node.kind == NODE_DOCUMENT) {
        hide_document(&request, &node);
    } else {
        request_refuse(&request, TREE_DENIED, TEXT_NOT_GRANTED);
    }
}

/* ---- folders ----------------------------------------------------------------------- */

static void make_operation(const struct request *request, const struct place *place)
{
    struct operation_key key;
    if (place->kind != PLACE_OPERATIONS ||
        !operation_key_parse(vpath_name(&request->path), &key) ||
        key.year != place->year) {
        bool client = policy_account_kind(request->viewer.account) == POLICY_CLIENT;
        request_refuse(request, TREE_DENIED,
                       client ? TEXT_NOT_GRANTED : TEXT_FOLDER_ELSEWHERE);
        return;
    }
    struct policy_question question =
        tree_question(&request->viewer, place, POLICY_RIGHT_MKDIR);
    question.aduana = key.aduana;
    question.patente = key.patente;
    if (!request_permitted(request, &question)) {
        return;
    }
    struct change *change = request_change(request, CHANGE_OPERATION_ADD);
    change->event = "operation";
    change->operation.key = key;
    strcpy(change->operation.rfc, place->rfc);
    snprintf(change->detail, sizeof change->detail, "rfc=%s operation=%s", place->rfc,
             vpath_name(&request->path));
    request_submit(request, change);
}

void request_make_folder(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    const struct tree_make_folder *asked = message;
    struct request request;
    struct place place;
    struct node node;
    if (!request_begin(&request, context, asked->id, asked->path, false)) {
        return;
    }
    if (tree_find(&request.viewer, &request.path, &node)) {
        request_refuse(&request, TREE_FAILED, TEXT_EXISTS);
    } else if (!tree_place(&request.viewer, &request.path, request.path.count - 1,
                           &place)) {
        request_refuse(&request, TREE_NO_SUCH, TEXT_NO_SUCH);
    } else {
        make_operation(&request, &place);
    }
}

void request_remove_folder(void *context, const void *message, struct channel_message *in)
{
    (void)in;
    const struct tree_remove_folder *asked = message;
    struct request request;
    struct node node;
    if (!request_begin(&request, context, asked->id, asked->path, true)) {
        return;
    }
    if (!tree_find(&request.viewer, &request.path, &node)) {
        request_refuse(&request, TREE_NO_SUCH, TEXT_NO_SUCH);
    } else if (node.kind != NODE_FOLDER) {
        request_refuse(&request, TREE_FAILED, TEXT_NOT_FOLDER);
    } else {
        request_refuse(&request, TREE_DENIED, TEXT_NOT_GRANTED);
    }
}

/* ---- attributes -------------------------------------------------------------------- */

static void set_time(const struct request *request, const struct node *node,
                     int64_t modified)
{
    struct change *change = NULL;
    switch (node->kind) {
    case NODE_UPLOAD:
        node->upload->row.modified = modified; /* goes into the row at its next change */
        break;
    case NODE_DOCUMENT:
        change = request_change(request, CHANGE_DOCUMENT_TIME);
        change->document = node->document;
        change->document.modified = modified;
        break;
    case NODE_SENT:
    case NODE_HELD:
        if (node->receipt.result != RECEIPT_HELD) {
            break; /* a filed document keeps its own time; clients set it all the same */
        }
        change = request_change(request, CHANGE_HELD_TIME);
        change->receipt = node->receipt;
        change->receipt.modified = modified;
        break;
    default:
        break;
    }
    if (change) {
        request_submit(request, change);
    } else {
        session_ok(request->session, request->id);
    }
}

static void set_by_path(const struct request *request, const struct tree_set *asked)
{
    struct node node;
    if (!tree_find(&request->viewer, &request->path, &node)) {
        request_refuse(request, TREE_NO_SUCH, TEXT_NO_SUCH);
        return;
    }
    struct policy_question question =
        tree_question(&request->viewer, &node.place, POLICY_RIGHT_SETSTAT);
    if (!request_permitted(request, &question)) {
        return;
    }
    if ((asked->which & TREE_SET_SIZE) && asked->size != node.size) {
        request_refuse(request, TREE_FAILED, TEXT_FILED_UNCHANGED);
    } else if (node.kind == NODE_UPLOAD && node.upload->settling &&
               request_wait(request)) {
        return; /* the time goes to what it becomes */
    } else if (asked->which & TREE_SET_MODIFIED) {
        set_time(request, &node, asked->modified);
    } else {
        /* Owner and mode mean nothing here; refusing them would fail good uploads. */
        session_ok(request->session, request->id);
    }
}

void request_set(void *context, const void *message, struct channel_message *in)
{
    struct session *session = context;
    const struct tree_set *asked = message;
    struct request request;
    if (asked->handle == 0) {
        if (request_begin(&request, session, asked->id, asked->path, true)) {
            request.in = in;
            set_by_path(&request, asked);
        }
        return;
    }
    struct handle *handle = session_handle_find(session, asked->handle);
    if (!handle) {
        session_refuse(session, asked->id, TREE_BAD_REQUEST, TEXT_BAD_REQUEST);
        return;
    }
    if (handle->upload && (asked->which & TREE_SET_MODIFIED)) {
        handle->upload->row.modified = asked->modified;
    }
    session_ok(session, asked->id);
}
