/*
 * Listings (registry), a page at a time: each answer starts after the last name of the one before,
 * so that no statement stays open and a folder of a million entries needs no memory. A listing
 * goes through stages, each a keyset walk of its own: what is filed, what was sent and lies
 * elsewhere, and one's own unfinished uploads.
 */
#include "registry/tree.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "registry/calendar.h"
#include "wire/tree.h"

enum { ROWS = 64 };

struct page {
    const struct viewer *viewer;
    struct folder_cursor *cursor;
    struct buf *entries;
    uint32_t count;
};

/* A stage adds entries from the cursor on and says whether it has more to give. */
typedef bool (*stage_function)(struct page *page);

static void put_entry(struct page *page, const char *name, const struct node *node)
{
    buf_put_text(page->entries, name);
    buf_put_u8(page->entries, node->kind == NODE_FOLDER ? TREE_FOLDER : TREE_FILE);
    buf_put_u32(page->entries, node->permissions);
    buf_put_u64(page->entries, node->size);
    buf_put_u64(page->entries, (uint64_t)node->modified);
    page->count++;
}

/* Room is kept for two: a held file and its reason. */
static bool page_full(const struct page *page)
{
    enum { ENTRY_MAX = CATALOGUE_FOLIO_SIZE + CATALOGUE_NAME_SIZE + 64 };
    return buf_size(page->entries) > TREE_PAGE_MAX - 2 * ENTRY_MAX;
}

static void move_cursor(struct page *page, const char *name, int64_t id)
{
    snprintf(page->cursor->after, sizeof page->cursor->after, "%s", name);
    page->cursor->after_id = id;
}

static void put_folder(struct page *page, const struct place *place, const char *name)
{
    struct node node;
    tree_folder_node(place, &node);
    put_entry(page, name, &node);
}

/* ---- the top ----------------------------------------------------------------------- */

static bool stage_root(struct page *page)
{
    const struct policy *policy = page->viewer->registry->policy;
    struct node node;
    tree_readme_node(page->viewer, &node);
    put_entry(page, TREE_README_NAME, &node);
    for (size_t i = 0; i < policy_mount_count(policy, page->viewer->account); i++) {
        struct policy_mount mount = policy_mount(policy, page->viewer->account, i);
        struct place place = {.kind = PLACE_INBOX, .view = mount.view};
        if (tree_allows(page->viewer, &place, POLICY_RIGHT_LIST)) {
            put_folder(page, &place, mount.name);
        }
    }
    return false;
}

/* ---- digital files ----------------------------------------------------------------- */

static bool stage_clients(struct page *page)
{
    const struct policy *policy = page->viewer->registry->policy;
    size_t count = policy_client_count(policy);
    for (size_t i = (size_t)page->cursor->after_id; i < count; i++) {
        if (page_full(page)) {
            page->cursor->after_id = (int64_t)i;
            return true;
        }
        struct place place = {.kind = PLACE_YEARS, .view = page->cursor->place.view};
        snprintf(place.rfc, sizeof place.rfc, "%s", policy_client(policy, i).rfc);
        if (tree_allows(page->viewer, &place, POLICY_RIGHT_LIST)) {
            put_folder(page, &place, place.rfc);
        }
    }
    return false;
}

static void put_year(struct page *page, int year)
{
    char name[16];
    struct place place = page->cursor->place;
    place.kind = PLACE_OPERATIONS;
    place.year = year;
    snprintf(name, sizeof name, "%04d", year);
    put_folder(page, &place, name);
}

static bool stage_years(struct page *page)
{
    const struct place *place = &page->cursor->place;
    int years[ROWS], this_year, month;
    calendar_month_of(clock_wall_us(), &this_year, &month);
    bool there = false; /* this year may be used before it has an operation */
    size_t count = catalogue_years(page->viewer->registry->catalogue, place->rfc, 0,
                                   years, ARRAY_SIZE(years));
    for (size_t i = 0; i < count; i++) {
        there = there || years[i] == this_year;
        if (tree_year_shown(page->viewer, place, years[i])) {
            put_year(page, years[i]);
        }
    }
    if (!there && tree_year_shown(page->viewer, place, this_year)) {
        put_year(page, this_year);
    }
    return false;
}

static bool stage_operations(struct page *page)
{
    const struct place *operations = &page->cursor->place;
    struct operation_row rows[ROWS];
    size_t count =
        catalogue_operations(page->viewer->registry->catalogue, operations->rfc,
                             operations->year, page->cursor->after, rows, ROWS);
    for (size_t i = 0; i < count; i++) {
        char name[OPERATION_NAME_MAX];
        operation_key_format(&rows[i].key, name);
        if (page_full(page)) {
            return true;
        }
        if (tree_operation_shown(page->viewer, operations, &rows[i])) {
            struct place place = *operations;
            place.kind = PLACE_OPERATION;
            place.operation = rows[i];
            put_folder(page, &place, name);
        }
        move_cursor(page, name, 0);
    }
    return count > 0;
}

static bool is_shadowed(struct page *page, const char *name)
{
    return upload_find(page->viewer->registry->uploads,
                       policy_account_name(page->viewer->account), page->cursor->folder,
                       name);
}

static bool stage_documents(struct page *page)
{
    const struct place *place = &page->cursor->place;
    struct document_row rows[ROWS];
    size_t count =
        catalogue_documents(page->viewer->registry->catalogue, place->operation.id,
                            page->cursor->after, rows, ROWS);
    for (size_t i = 0; i < count; i++) {
        struct node node;
        if (page_full(page)) {
            return true;
        }
        if (!is_shadowed(page, rows[i].name) &&
            tree_document_node(page->viewer, place, &rows[i], &node)) {
            put_entry(page, rows[i].name, &node);
        }
        move_cursor(page, rows[i].name, rows[i].id);
    }
    return count > 0;
}

static bool stage_uploads(struct page *page)
{
    if (!tree_allows(page->viewer, &page->cursor->place, POLICY_RIGHT_UPLOAD)) {
        return false;
    }
    const char *account = policy_account_name(page->viewer->account);
    struct upload *upload;
    while ((upload = upload_after(page->viewer->registry->uploads, account,
                                  page->cursor->folder, page->cursor->after))) {
        struct node node;
        if (page_full(page)) {
            return true;
        }
        tree_upload_node(&page->cursor->place, upload, &node);
        put_entry(page, upload->row.name, &node);
        move_cursor(page, upload->row.name, 0);
    }
    return false;
}

static bool stage_sent(struct page *page)
{
    struct receipt_row rows[ROWS];
    const struct catalogue_box box = {policy_account_name(page->viewer->account),
                                      page->cursor->folder,
                                      registry_days_ago(clock_wall_us(), LISTED_DAYS)};
    size_t count = catalogue_sent(page->viewer->registry->catalogue, &box,
                                  page->cursor->after, rows, ROWS);
    for (size_t i = 0; i < count; i++) {
        struct node node;
        if (page_full(page)) {
            return true;
        }
        if (!is_shadowed(page, rows[i].name) && rows[i].result != RECEIPT_REFUSED) {
            tree_receipt_node(page->viewer, NODE_SENT, &page->cursor->place, &rows[i],
                              &node);
            put_entry(page, rows[i].name, &node);
        }
        move_cursor(page, rows[i].name, rows[i].id);
    }
    return count > 0;
}

/* ---- held files, receipts, expense accounts ------------------------------------------ */

static void put_held(struct page *page, const struct receipt_row *receipt)
{
    struct receipt_row newest;
    struct node node;
    char name[CATALOGUE_FOLIO_SIZE + CATALOGUE_NAME_SIZE + 1], reason[sizeof name + 16];
    bool plain = catalogue_held_find(page->viewer->registry->catalogue, receipt->account,
                                     receipt->name, &newest) &&
                 newest.id == receipt->id;
    snprintf(name, sizeof name, "%s%s%s", plain ? "" : receipt->folio, plain ? "" : " ",
             receipt->name);
    tree_receipt_node(page->viewer, NODE_HELD, &page->cursor->place, receipt, &node);
    put_entry(page, name, &node);
    snprintf(reason, sizeof reason, "%s%s", name, TREE_REASON_ENDING);
    tree_receipt_node(page->viewer, NODE_HELD_REASON, &page->cursor->place, receipt,
                      &node);
    put_entry(page, reason, &node);
}

static bool stage_held(struct page *page)
{
    struct receipt_row rows[ROWS];
    size_t count = catalogue_held(
        page->viewer->registry->catalogue, policy_account_name(page->viewer->account),
        page->cursor->after, page->cursor->after_id, rows, ROWS);
    for (size_t i = 0; i < count; i++) {
        if (page_full(page)) {
            return true;
        }
        put_held(page, &rows[i]);
        move_cursor(page, rows[i].name, rows[i].id);
    }
    return count > 0;
}

static bool month_has_statement(struct page *page, struct catalogue_span span)
{
    const struct place *place = &page->cursor->place;
    struct document_row rows[ROWS];
    char name[CATALOGUE_NAME_SIZE] = "";
    struct catalogue_position after = {name, 0};
    size_t count;
    while ((count = catalogue_client_documents(page->viewer->registry->catalogue,
                                               place->rfc, span, after, rows, ROWS)) >
           0) {
        for (size_t i = 0; i < count; i++) {
            if (tree_shows(page->viewer, place, &rows[i])) {
                return true;
            }
        }
        strcpy(name, rows[count - 1].name);
        after.id = rows[count - 1].id;
    }
    return false;
}

/* Does this month hold anything that the account may see? */
static bool month_used(struct page *page, int year, int month)
{
    struct receipt_row row;
    struct catalogue_span span = tree_month(year, month);
    if (page->cursor->place.view != POLICY_VIEW_RECEIPTS) {
        return month_has_statement(page, span);
    }
    return catalogue_receipts(page->viewer->registry->catalogue,
                              policy_account_name(page->viewer->account), span, 0, &row,
                              1) > 0;
}

enum { YEARS_BACK = 10 };

static bool stage_month_years(struct page *page)
{
    int this_year, this_month;
    calendar_month_of(clock_wall_us(), &this_year, &this_month);
    for (int year = this_year - YEARS_BACK; year <= this_year; year++) {
        bool used = year == this_year;
        for (int month = 1; month <= 12 && !used; month++) {
            used = month_used(page, year, month);
        }
        if (used) {
            char name[16];
            struct place place = page->cursor->place;
            place.kind = PLACE_MONTHS;
            snprintf(name, sizeof name, "%04d", year);
            put_folder(page, &place, name);
        }
    }
    return false;
}

static bool stage_months(struct page *page)
{
    int this_year, this_month;
    calendar_month_of(clock_wall_us(), &this_year, &this_month);
    int year = page->cursor->place.year;
    int last = year == this_year ? this_month : 12;
    for (int month = 1; month <= last; month++) {
        if ((year == this_year && month == this_month) || month_used(page, year, month)) {
            char name[16];
            struct place place = page->cursor->place;
            place.kind = PLACE_MONTH;
            snprintf(name, sizeof name, "%02d", month);
            put_folder(page, &place, name);
        }
    }
    return false;
}

static bool stage_month_receipts(struct page *page)
{
    const struct place *place = &page->cursor->place;
    struct receipt_row rows[ROWS];
    size_t count = catalogue_receipts(
        page->viewer->registry->catalogue, policy_account_name(page->viewer->account),
        tree_month(place->year, place->month), page->cursor->after_id, rows, ROWS);
    for (size_t i = 0; i < count; i++) {
        struct node node;
        char name[RECEIPT_NAME_SIZE];
        if (page_full(page)) {
            return true;
        }
        tree_receipt_node(page->viewer, NODE_RECEIPT, place, &rows[i], &node);
        tree_receipt_name(&rows[i], name);
        put_entry(page, name, &node);
        move_cursor(page, name, rows[i].id);
    }
    return count > 0;
}

/* Of two of one name the newest is the one that the name opens. */
static bool find_newest(struct page *page, const char *name, struct document_row *newest)
{
    const struct place *place = &page->cursor->place;
    return catalogue_client_document_find(page->viewer->registry->catalogue, place->rfc,
                                          tree_month(place->year, place->month), name,
                                          newest);
}

static bool stage_month_statements(struct page *page)
{
    const struct place *place = &page->cursor->place;
    struct document_row rows[ROWS];
    size_t count = catalogue_client_documents(
        page->viewer->registry->catalogue, place->rfc,
        tree_month(place->year, place->month),
        (struct catalogue_position){page->cursor->after, page->cursor->after_id}, rows,
        ROWS);
    for (size_t i = 0; i < count; i++) {
        struct document_row newest;
        struct node node;
        if (page_full(page)) {
            return true;
        }
        bool repeated = strcmp(rows[i].name, page->cursor->after) == 0;
        if (!repeated && find_newest(page, rows[i].name, &newest) &&
            tree_document_node(page->viewer, place, &newest, &node)) {
            put_entry(page, rows[i].name, &node);
        }
        move_cursor(page, rows[i].name, rows[i].id);
    }
    return count > 0;
}

static bool stage_month(struct page *page)
{
    return page->cursor->place.view == POLICY_VIEW_RECEIPTS
               ? stage_month_receipts(page)
               : stage_month_statements(page);
}

/* ---- the walk ---------------------------------------------------------------------- */

enum { STAGES_MAX = 3 };

static const stage_function stages[][STAGES_MAX] = {
    [PLACE_ROOT] = {stage_root},
    [PLACE_INBOX] = {stage_sent, stage_uploads},
    [PLACE_CLIENTS] = {stage_clients},
    [PLACE_YEARS] = {stage_years},
    [PLACE_OPERATIONS] = {stage_operations},
    [PLACE_OPERATION] = {stage_documents, stage_uploads},
    [PLACE_HELD] = {stage_held},
    [PLACE_MONTH_YEARS] = {stage_month_years},
    [PLACE_MONTHS] = {stage_months},
    [PLACE_MONTH] = {stage_month}};

uint32_t tree_list(const struct viewer *viewer, struct folder_cursor *cursor,
                   struct buf *entries)
{
    struct page page = {.viewer = viewer, .cursor = cursor, .entries = entries};
    const stage_function *now = stages[cursor->place.kind];
    /* A stage may pass over a whole batch that is hidden: go on until something shows. */
    while (page.count == 0 && cursor->stage < STAGES_MAX && now[cursor->stage]) {
        if (!now[cursor->stage](&page)) {
            cursor->stage++;
            cursor->after[0] = '\0';
            cursor->after_id = 0;
        }
    }
    return page.count;
}
