/*
 * The virtual tree of one account: what a path names, computed from catalogue, uploads and
 * policy. Nothing in it is a file of the machine. What the policy hides does not resolve, so
 * that every request answers alike for what is forbidden and what is not there.
 */
#ifndef GARITA_REGISTRY_TREE_H
#define GARITA_REGISTRY_TREE_H

#include "base/buf.h"
#include "registry/registry.h"
#include "registry/upload.h"
#include "registry/vpath.h"

/* Whose tree; made for one request, since the policy may change between two. */
struct viewer {
    struct registry *registry;
    const struct policy_account *account;
};

/* Folders. */
enum place_kind {
    PLACE_ROOT,
    PLACE_INBOX,
    PLACE_CLIENTS,    /* lists RFCs */
    PLACE_YEARS,      /* of one client: lists years */
    PLACE_OPERATIONS, /* of one year: lists operations */
    PLACE_OPERATION,  /* lists documents */
    PLACE_HELD,
    PLACE_MONTH_YEARS, /* receipts or expense accounts: lists years */
    PLACE_MONTHS,      /* of one year */
    PLACE_MONTH        /* lists receipts or expense accounts */
};

struct place {
    enum place_kind kind;
    enum policy_view view;
    char rfc[CATALOGUE_RFC_SIZE];
    int year;
    int month;
    struct operation_row operation; /* PLACE_OPERATION */
};

/* Files. */
enum node_kind {
    NODE_FOLDER,
    NODE_README,
    NODE_UPLOAD, /* one's own, unfinished */
    NODE_DOCUMENT,
    NODE_SENT, /* what was sent under this name, and is filed or held elsewhere */
    NODE_HELD,
    NODE_HELD_REASON, /* the text beside a held file */
    NODE_RECEIPT
};

struct node {
    enum node_kind kind;
    struct place place; /* of a folder, itself; of a file, where it lies */
    struct upload *upload;
    struct document_row document;
    struct receipt_row receipt; /* SENT, HELD, HELD_REASON, RECEIPT */
    uint64_t size;
    int64_t modified; /* seconds since 1970 */
    uint32_t permissions;
};

/* The folder that the first `count` segments name. */
bool tree_place(const struct viewer *viewer, const struct vpath *path, size_t count,
                struct place *place);

/* The file or folder that the whole path names. */
bool tree_find(const struct viewer *viewer, const struct vpath *path, struct node *node);

/* The question to ask the policy about a right at a place, filled but for right and size. */
struct policy_question tree_question(const struct viewer *viewer,
                                     const struct place *place, enum policy_right right);
bool tree_allows(const struct viewer *viewer, const struct place *place,
                 enum policy_right right);
/* May this account see that document in that place? */
bool tree_shows(const struct viewer *viewer, const struct place *place,
                const struct document_row *document);

/* A file's own bytes, for what is text: README, reasons, receipts. */
void tree_text(const struct viewer *viewer, const struct node *node, struct buf *text);

/* ---- listing ------------------------------------------------------------------------ */

/* Where a listing stands. Zeroed but for path and place, it stands before the first entry. */
struct folder_cursor {
    struct place place;
    char folder[CATALOGUE_PATH_SIZE]; /* the place's path; "" for the top */
    unsigned stage;
    char after[CATALOGUE_NAME_SIZE];
    int64_t after_id;
};

enum {
    TREE_PAGE_MAX = 24 * 1024, /* bytes of entries in one answer */
    TREE_TEXT_MAX = 64 * 1024  /* bytes of a text of the tree's own */
};

/* Appends entries (wire/tree.def: tree_entries) and returns how many; 0 at the end. */
uint32_t tree_list(const struct viewer *viewer, struct folder_cursor *cursor,
                   struct buf *entries);

/* ---- shared by the files of this family ----------------------------------------------- */

enum { RECEIPT_NAME_SIZE = CATALOGUE_FOLIO_SIZE + 24 };

extern const char TREE_README_NAME[];   /* "LEEME.txt" */
extern const char TREE_REASON_ENDING[]; /* ".motivo.txt" */
struct catalogue_span tree_month(int year, int month);
void tree_receipt_name(const struct receipt_row *receipt, char name[RECEIPT_NAME_SIZE]);
bool tree_document_node(const struct viewer *viewer, const struct place *place,
                        const struct document_row *document, struct node *node);
void tree_receipt_node(const struct viewer *viewer, enum node_kind kind,
                       const struct place *place, const struct receipt_row *receipt,
                       struct node *node);
void tree_folder_node(const struct place *place, struct node *node);
void tree_upload_node(const struct place *place, struct upload *upload,
                      struct node *node);
void tree_readme_node(const struct viewer *viewer, struct node *node);
bool tree_operation_shown(const struct viewer *viewer, const struct place *operations,
                          const struct operation_row *operation);
bool tree_year_shown(const struct viewer *viewer, const struct place *years, int year);

#endif
