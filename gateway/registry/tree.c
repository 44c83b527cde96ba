/*
 * From a path to what it names (registry). A place is found segment by segment from the mounts of
 * the account's policy; a file is looked for in its place. Holds no rule of its own: what may be
 * seen is asked of policy_decide(), and what it hides is not found.
 */
#include "registry/tree.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "registry/calendar.h"

enum {
    /* What may be done is the policy's and told by refusals; these are what recursive downloads
       give to their copies, which must stay writable for who made them. */
    FILE_PERMISSIONS = 0640,
    FOLDER_PERMISSIONS = 0750,
    FIRST_YEAR = 2000
};

const char TREE_README_NAME[] = "LEEME.txt";
const char TREE_REASON_ENDING[] = ".motivo.txt";

struct policy_question tree_question(const struct viewer *viewer,
                                     const struct place *place, enum policy_right right)
{
    struct policy_question question = {
        .account = viewer->account, .view = place->view, .right = right};
    if (place->rfc[0] != '\0') {
        question.rfc = place->rfc;
    }
    if (place->kind == PLACE_OPERATION) {
        question.aduana = place->operation.key.aduana;
        question.patente = place->operation.key.patente;
    }
    return question;
}

bool tree_allows(const struct viewer *viewer, const struct place *place,
                 enum policy_right right)
{
    struct policy_question question = tree_question(viewer, place, right);
    return policy_decide(viewer->registry->policy, &question).allowed;
}

bool tree_shows(const struct viewer *viewer, const struct place *place,
                const struct document_row *document)
{
    struct policy_question question = tree_question(viewer, place, POLICY_RIGHT_LIST);
    question.document_type = document->type;
    question.media_type = document->media_type;
    return policy_decide(viewer->registry->policy, &question).allowed;
}

/* ---- nodes ------------------------------------------------------------------------- */

void tree_folder_node(const struct place *place, struct node *node)
{
    memset(node, 0, sizeof *node);
    node->kind = NODE_FOLDER;
    node->place = *place;
    node->permissions = FOLDER_PERMISSIONS;
    node->modified = place->kind == PLACE_OPERATION ? place->operation.created / 1000000
                                                    : clock_wall_us() / 1000000;
}

void tree_upload_node(const struct place *place, struct upload *upload, struct node *node)
{
    memset(node, 0, sizeof *node);
    node->kind = NODE_UPLOAD;
    node->place = *place;
    node->upload = upload;
    node->size = upload_size(upload);
    node->modified =
        upload->row.modified ? upload->row.modified : upload->row.begun / 1000000;
    node->permissions = FILE_PERMISSIONS;
}

bool tree_document_node(const struct viewer *viewer, const struct place *place,
                        const struct document_row *document, struct node *node)
{
    if (!tree_shows(viewer, place, document)) {
        return false;
    }
    memset(node, 0, sizeof *node);
    node->kind = NODE_DOCUMENT;
    node->place = *place;
    node->document = *document;
    node->size = document->size;
    node->modified =
        document->modified ? document->modified : document->received / 1000000;
    node->permissions = FILE_PERMISSIONS;
    return true;
}

static uint64_t text_size(const struct viewer *viewer, const struct node *node)
{
    struct buf text;
    buf_init(&text, TREE_TEXT_MAX);
    tree_text(viewer, node, &text);
    uint64_t size = buf_size(&text);
    buf_done(&text);
    return size;
}

void tree_receipt_node(const struct viewer *viewer, enum node_kind kind,
                       const struct place *place, const struct receipt_row *receipt,
                       struct node *node)
{
    memset(node, 0, sizeof *node);
    node->kind = kind;
    node->place = *place;
    node->receipt = *receipt;
    node->permissions = FILE_PERMISSIONS;
    node->modified = receipt->received / 1000000;
    if (kind == NODE_SENT || kind == NODE_HELD) {
        node->size = receipt->size;
        node->modified = receipt->modified ? receipt->modified : node->modified;
    } else {
        node->size = text_size(viewer, node);
    }
}

void tree_readme_node(const struct viewer *viewer, struct node *node)
{
    memset(node, 0, sizeof *node);
    node->kind = NODE_README;
    node->place = (struct place){.kind = PLACE_ROOT, .view = POLICY_VIEW_README};
    node->size = text_size(viewer, node);
    node->modified = clock_wall_us() / 1000000;
    node->permissions = FILE_PERMISSIONS;
}

void tree_receipt_name(const struct receipt_row *receipt, char name[RECEIPT_NAME_SIZE])
{
    static const char *const words[] = {[RECEIPT_FILED] = "archivado",
                                        [RECEIPT_VERSION] = "archivado",
                                        [RECEIPT_ALREADY] = "duplicado",
                                        [RECEIPT_HELD] = "retenido",
                                        [RECEIPT_REFUSED] = "rechazado"};
    snprintf(name, RECEIPT_NAME_SIZE, "%s-%s.txt", receipt->folio,
             words[receipt->result]);
}

struct catalogue_span tree_month(int year, int month)
{
    return (struct catalogue_span){calendar_month_begin(year, month),
                                   calendar_month_begin(year, month + 1)};
}

/* ---- places ------------------------------------------------------------------------ */

/* A client account has one digital file: its own. */
static bool own_client(const struct viewer *viewer, char rfc[CATALOGUE_RFC_SIZE])
{
    const struct policy *policy = viewer->registry->policy;
    for (size_t i = 0; i < policy_client_count(policy); i++) {
        struct policy_client client = policy_client(policy, i);
        if (policy_serves_client(policy, viewer->account, client.rfc)) {
            snprintf(rfc, CATALOGUE_RFC_SIZE, "%s", client.rfc);
            return true;
        }
    }
    return false;
}

static bool mount_place(const struct viewer *viewer, enum policy_view view,
                        struct place *place)
{
    static const enum place_kind kinds[POLICY_VIEW_COUNT] = {
        [POLICY_VIEW_INBOX] = PLACE_INBOX, [POLICY_VIEW_CLIENTS] = PLACE_CLIENTS,
        [POLICY_VIEW_HELD] = PLACE_HELD,   [POLICY_VIEW_RECEIPTS] = PLACE_MONTH_YEARS,
        [POLICY_VIEW_FILES] = PLACE_YEARS, [POLICY_VIEW_STATEMENTS] = PLACE_MONTH_YEARS};
    place->kind = kinds[view];
    place->view = view;
    bool own = view == POLICY_VIEW_FILES || view == POLICY_VIEW_STATEMENTS;
    return (!own || own_client(viewer, place->rfc)) &&
           tree_allows(viewer, place, POLICY_RIGHT_LIST);
}

static bool step_root(const struct viewer *viewer, const char *name, struct place *place)
{
    const struct policy *policy = viewer->registry->policy;
    size_t count = policy_mount_count(policy, viewer->account);
    for (size_t i = 0; i < count; i++) {
        struct policy_mount mount = policy_mount(policy, viewer->account, i);
        if (strcmp(mount.name, name) == 0) {
            return mount_place(viewer, mount.view, place);
        }
    }
    return false;
}

static bool step_clients(const struct viewer *viewer, const char *name,
                         struct place *place)
{
    size_t index;
    if (!policy_client_find(viewer->registry->policy, name, &index)) {
        return false;
    }
    place->kind = PLACE_YEARS;
    snprintf(place->rfc, sizeof place->rfc, "%s", name);
    return tree_allows(viewer, place, POLICY_RIGHT_LIST);
}

bool tree_operation_shown(const struct viewer *viewer, const struct place *operations,
                          const struct operation_row *operation)
{
    struct place place = *operations;
    place.kind = PLACE_OPERATION;
    place.operation = *operation;
    if (!tree_allows(viewer, &place, POLICY_RIGHT_LIST)) {
        return false;
    }
    if (tree_allows(viewer, &place, POLICY_RIGHT_UPLOAD)) {
        return true;
    }
    /* Who only reads sees an operation from its first document that he may see. */
    struct document_row rows[16];
    const char *after = "";
    size_t count;
    while ((count = catalogue_documents(viewer->registry->catalogue, operation->id, after,
                                        rows, ARRAY_SIZE(rows))) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (tree_shows(viewer, &place, &rows[i])) {
                return true;
            }
        }
        after = rows[count - 1].name;
    }
    return false;
}

bool tree_year_shown(const struct viewer *viewer, const struct place *years, int year)
{
    struct place place = *years;
    place.kind = PLACE_OPERATIONS;
    place.year = year;
    if (tree_allows(viewer, &place, POLICY_RIGHT_MKDIR)) {
        return true;
    }
    struct operation_row rows[16];
    char after[OPERATION_NAME_MAX] = "";
    size_t count;
    while ((count = catalogue_operations(viewer->registry->catalogue, years->rfc, year,
                                         after, rows, ARRAY_SIZE(rows))) > 0) {
        for (size_t i = 0; i < count; i++) {
            if (tree_operation_shown(viewer, &place, &rows[i])) {
                return true;
            }
        }
        operation_key_format(&rows[count - 1].key, after);
    }
    return false;
}

static bool step_years(const struct viewer *viewer, const char *name, struct place *place)
{
    int this_year, month, year;
    calendar_month_of(clock_wall_us(), &this_year, &month);
    if (!operation_year_parse(name, &year) || year < FIRST_YEAR || year > this_year + 1 ||
        !tree_year_shown(viewer, place, year)) {
        return false;
    }
    place->kind = PLACE_OPERATIONS;
    place->year = year;
    return true;
}

static bool step_operations(const struct viewer *viewer, const char *name,
                            struct place *place)
{
    struct operation_key key;
    struct operation_row row;
    if (!operation_key_parse(name, &key) || key.year != place->year ||
        !catalogue_operation_find(viewer->registry->catalogue, place->rfc, &key, &row) ||
        !tree_operation_shown(viewer, place, &row)) {
        return false;
    }
    place->kind = PLACE_OPERATION;
    place->operation = row;
    return true;
}

static bool step_month_years(const struct viewer *viewer, const char *name,
                             struct place *place)
{
    (void)viewer;
    int this_year, month, year;
    calendar_month_of(clock_wall_us(), &this_year, &month);
    if (!operation_year_parse(name, &year) || year < FIRST_YEAR || year > this_year) {
        return false;
    }
    place->kind = PLACE_MONTHS;
    place->year = year;
    return true;
}

static bool step_months(const struct viewer *viewer, const char *name,
                        struct place *place)
{
    (void)viewer;
    int month = 0;
    for (int i = 1; i <= 12 && month == 0; i++) {
        char text[16];
        snprintf(text, sizeof text, "%02d", i);
        month = strcmp(text, name) == 0 ? i : 0;
    }
    if (month == 0 || calendar_month_begin(place->year, month) > clock_wall_us()) {
        return false;
    }
    place->kind = PLACE_MONTH;
    place->month = month;
    return true;
}

/* From a folder to one that lies in it. place is spoilt on failure. */
static bool step(const struct viewer *viewer, const char *name, struct place *place)
{
    static bool (*const steps[])(const struct viewer *, const char *, struct place *) = {
        [PLACE_ROOT] = step_root,
        [PLACE_CLIENTS] = step_clients,
        [PLACE_YEARS] = step_years,
        [PLACE_OPERATIONS] = step_operations,
        [PLACE_MONTH_YEARS] = step_month_years,
        [PLACE_MONTHS] = step_months,
        [PLACE_MONTH] = NULL};
    return steps[place->kind] && steps[place->kind](viewer, name, place);
}

bool tree_place(const struct viewer *viewer, const struct vpath *path, size_t count,
                struct place *place)
{
    memset(place, 0, sizeof *place);
    place->view = POLICY_VIEW_ROOT;
    for (size_t i = 0; i < count; i++) {
        if (!step(viewer, vpath_segment(path, i), place)) {
            return false;
        }
    }
    return true;
}

/* ---- files ------------------------------------------------------------------------- */

static bool find_document(const struct viewer *viewer, const struct place *place,
                          const char *name, struct node *node)
{
    struct document_row document;
    return catalogue_document_find(viewer->registry->catalogue, place->operation.id, name,
                                   &document) &&
           tree_document_node(viewer, place, &document, node);
}

/* Filed in its folder, and not there any more: renamed, or removed. */
static bool is_moved_away(const struct viewer *viewer, const struct place *place,
                          const struct receipt_row *receipt)
{
    struct document_row document;
    bool filed = receipt->result == RECEIPT_FILED || receipt->result == RECEIPT_VERSION;
    return filed && place->kind == PLACE_OPERATION &&
           !catalogue_document_find(viewer->registry->catalogue, place->operation.id,
                                    receipt->name, &document);
}

/* What was sent under this path and is now elsewhere: it keeps answering for itself, since clients
   look at a file again after they sent it. Refused bytes are gone and say so. */
static bool find_sent(const struct viewer *viewer, const struct place *place,
                      const char *folder, const char *name, struct node *node)
{
    struct receipt_row receipt;
    const struct catalogue_box box = {policy_account_name(viewer->account), folder,
                                      registry_days_ago(clock_wall_us(), LISTED_DAYS)};
    if (!catalogue_sent_find(viewer->registry->catalogue, &box, name, &receipt) ||
        receipt.result == RECEIPT_REFUSED || is_moved_away(viewer, place, &receipt)) {
        return false;
    }
    tree_receipt_node(viewer, NODE_SENT, place, &receipt, node);
    return true;
}

static bool find_received(const struct viewer *viewer, const struct place *place,
                          const struct vpath *path, struct node *node)
{
    if (!tree_allows(viewer, place, POLICY_RIGHT_UPLOAD)) {
        return place->kind == PLACE_OPERATION &&
               find_document(viewer, place, vpath_name(path), node);
    }
    char folder[CATALOGUE_PATH_SIZE];
    vpath_folder(path, folder);
    struct upload *upload =
        upload_find(viewer->registry->uploads, policy_account_name(viewer->account),
                    folder, vpath_name(path));
    if (upload) {
        tree_upload_node(place, upload, node);
        return true;
    }
    return (place->kind == PLACE_OPERATION &&
            find_document(viewer, place, vpath_name(path), node)) ||
           find_sent(viewer, place, folder, vpath_name(path), node);
}

/* Held files are listed by name; two of one name are told apart by their receipt, which then
   stands before the name: "A26-0000123 factura.pdf". */
static bool find_held_file(const struct viewer *viewer, const struct place *place,
                           enum node_kind kind, const char *name, struct node *node)
{
    const char *account = policy_account_name(viewer->account);
    struct receipt_row receipt;
    char folio[CATALOGUE_FOLIO_SIZE];
    size_t length = strcspn(name, " ");
    if (name[length] == ' ' && length < sizeof folio) {
        memcpy(folio, name, length);
        folio[length] = '\0';
        if (catalogue_receipt_find(viewer->registry->catalogue, folio, &receipt) &&
            strcmp(receipt.account, account) == 0 && receipt.result == RECEIPT_HELD &&
            strcmp(receipt.name, name + length + 1) == 0) {
            tree_receipt_node(viewer, kind, place, &receipt, node);
            return true;
        }
    }
    if (!catalogue_held_find(viewer->registry->catalogue, account, name, &receipt)) {
        return false;
    }
    tree_receipt_node(viewer, kind, place, &receipt, node);
    return true;
}

static bool find_held(const struct viewer *viewer, const struct place *place,
                      const struct vpath *path, struct node *node)
{
    const char *name = vpath_name(path);
    if (find_held_file(viewer, place, NODE_HELD, name, node)) {
        return true;
    }
    size_t length = strlen(name), ending = strlen(TREE_REASON_ENDING);
    if (length <= ending || strcmp(name + length - ending, TREE_REASON_ENDING) != 0) {
        return false;
    }
    char file[CATALOGUE_NAME_SIZE];
    snprintf(file, sizeof file, "%.*s", (int)(length - ending), name);
    return find_held_file(viewer, place, NODE_HELD_REASON, file, node);
}

static bool find_receipt(const struct viewer *viewer, const struct place *place,
                         const struct vpath *path, struct node *node)
{
    const char *name = vpath_name(path);
    char folio[CATALOGUE_FOLIO_SIZE] = "";
    const char *end = strrchr(name, '-');
    if (!end || (size_t)(end - name) >= sizeof folio) {
        return false;
    }
    memcpy(folio, name, (size_t)(end - name));
    folio[end - name] = '\0';
    struct receipt_row receipt;
    if (!catalogue_receipt_find(viewer->registry->catalogue, folio, &receipt) ||
        strcmp(receipt.account, policy_account_name(viewer->account)) != 0) {
        return false;
    }
    char expected[RECEIPT_NAME_SIZE];
    tree_receipt_name(&receipt, expected);
    int year, month;
    calendar_month_of(receipt.received, &year, &month);
    if (strcmp(expected, name) != 0 || year != place->year || month != place->month) {
        return false;
    }
    tree_receipt_node(viewer, NODE_RECEIPT, place, &receipt, node);
    return true;
}

static bool find_statement(const struct viewer *viewer, const struct place *place,
                           const struct vpath *path, struct node *node)
{
    struct document_row row;
    return catalogue_client_document_find(viewer->registry->catalogue, place->rfc,
                                          tree_month(place->year, place->month),
                                          vpath_name(path), &row) &&
           tree_document_node(viewer, place, &row, node);
}

static bool find_file(const struct viewer *viewer, const struct place *place,
                      const struct vpath *path, struct node *node)
{
    switch (place->kind) {
    case PLACE_ROOT:
        if (strcmp(vpath_name(path), TREE_README_NAME) != 0) {
            return false;
        }
        tree_readme_node(viewer, node);
        return true;
    case PLACE_INBOX:
    case PLACE_OPERATION:
        return find_received(viewer, place, path, node);
    case PLACE_HELD:
        return find_held(viewer, place, path, node);
    case PLACE_MONTH:
        return place->view == POLICY_VIEW_RECEIPTS
                   ? find_receipt(viewer, place, path, node)
                   : find_statement(viewer, place, path, node);
    default:
        return false;
    }
}

bool tree_find(const struct viewer *viewer, const struct vpath *path, struct node *node)
{
    struct place place, inner;
    if (path->count == 0) {
        tree_place(viewer, path, 0, &place);
        tree_folder_node(&place, node);
        return true;
    }
    if (!tree_place(viewer, path, path->count - 1, &place)) {
        return false;
    }
    inner = place;
    if (step(viewer, vpath_name(path), &inner)) {
        tree_folder_node(&inner, node);
        return true;
    }
    return find_file(viewer, &place, path, node);
}
