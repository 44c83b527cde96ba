/*
 * The catalogue: every fact that the gateway keeps, in one SQLite database, reached through
 * this interface alone. No SQL leaves catalogue*.c and ledger*.c.
 *
 * Two connections: a read-only one for the loop's thread, and the writer's, which a thread of
 * its own holds: it takes all changes that wait, makes them in one transaction (each in its own
 * savepoint) and commits with synchronous=FULL. The change's `done` runs on the loop's thread
 * after the commit, so what it says is on disk. A commit that fails is never tried again: the
 * process ends, and recovery at the next start finds the state of the last commit.
 *
 * Texts in rows are owned by the row (fixed arrays). Times are microseconds since 1970, UTC, but
 * `modified`, a file's own time, is in seconds. Sizes are bytes.
 */
#ifndef GARITA_REGISTRY_CATALOGUE_H
#define GARITA_REGISTRY_CATALOGUE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/auto.h"
#include "base/err.h"
#include "base/loop.h"
#include "base/workers.h"
#include "hooks/filing/filing.h"
#include "hooks/finding/finding.h"

enum {
    CATALOGUE_ID_SIZE = 33,     /* an object's name: 32 hexadecimal digits and NUL */
    CATALOGUE_NAME_SIZE = 256,  /* a path segment, NFC */
    CATALOGUE_PATH_SIZE = 1024, /* a virtual path */
    CATALOGUE_RFC_SIZE = 16,    /* 13 characters, of which Ñ takes two bytes */
    CATALOGUE_CODE_SIZE = 40,   /* document type, reason */
    CATALOGUE_MEDIA_SIZE = 96,
    CATALOGUE_ACCOUNT_SIZE = 65,
    CATALOGUE_ADDRESS_SIZE = 64,
    CATALOGUE_FOLIO_SIZE = 24, /* "A26-0000123" */
    CATALOGUE_DETAIL_SIZE = 1536
};

struct catalogue;

/* Opens or makes DIRECTORY/catalogue.db (the current directory for "."), checks it, and starts
   the writer. */
struct catalogue *catalogue_open(struct loop *loop, const char *directory,
                                 struct err *err);
void catalogue_close(struct catalogue *catalogue); /* waits for all changes */
DEFINE_AUTO(catalogue, catalogue_close);

/* ---- rows -------------------------------------------------------------------------- */

/* An unfinished upload: being written, left by a dropped line, or closed under a partial
   name and waiting for its final one. */
enum upload_state {
    UPLOAD_WRITING = 1,
    UPLOAD_WAITING = 2, /* closed under a partial name; waits for its final one */
    UPLOAD_CLOSED = 3   /* closed and answered; its verdict is still to come */
};

struct upload_row {
    char object[CATALOGUE_ID_SIZE]; /* the key */
    char account[CATALOGUE_ACCOUNT_SIZE];
    char folder
        [CATALOGUE_PATH_SIZE]; /* virtual path of the folder, without slash at its end */
    char name[CATALOGUE_NAME_SIZE]; /* as the client gave it */
    enum upload_state state;
    uint64_t size; /* when closed; 0 while being written */
    int64_t modified;
    int64_t begun;
};

struct operation_row {
    int64_t id;
    char rfc[CATALOGUE_RFC_SIZE];
    struct operation_key key;
    int64_t created;
};

/* The current version of a document. */
struct document_row {
    int64_t id;
    int64_t operation;
    int64_t version;
    char name[CATALOGUE_NAME_SIZE];
    char type[CATALOGUE_CODE_SIZE];
    char media_type[CATALOGUE_MEDIA_SIZE];
    char object[CATALOGUE_ID_SIZE];
    char account[CATALOGUE_ACCOUNT_SIZE]; /* who sent the version */
    uint8_t sha256[32];
    uint64_t size;
    int64_t modified;
    int64_t received;
};

enum receipt_result {
    RECEIPT_FILED = 1,
    RECEIPT_VERSION,
    RECEIPT_ALREADY,
    RECEIPT_HELD,
    RECEIPT_REFUSED
};

struct receipt_row {
    int64_t id;
    char folio[CATALOGUE_FOLIO_SIZE];
    char account[CATALOGUE_ACCOUNT_SIZE];
    char address[CATALOGUE_ADDRESS_SIZE];
    char folder[CATALOGUE_PATH_SIZE]; /* where it was sent */
    char name[CATALOGUE_NAME_SIZE];
    char rfc[CATALOGUE_RFC_SIZE];   /* "" while unknown */
    struct operation_key operation; /* year 0 while unknown */
    char type[CATALOGUE_CODE_SIZE];
    char media_type[CATALOGUE_MEDIA_SIZE];
    uint8_t sha256[32];
    uint64_t size;
    int64_t modified;
    int64_t received;
    enum receipt_result result;
    finding_set findings;
    enum finding reason;                /* that decided; FINDING_COUNT if none did */
    char earlier[CATALOGUE_FOLIO_SIZE]; /* of the identical file, with RECEIPT_ALREADY */
    char object[CATALOGUE_ID_SIZE];     /* while held or filed, else "" */
    int64_t ledger;                     /* sequence number of its entry */
};

/* ---- reading (the loop's thread) ---------------------------------------------------- */

/* Each list function fills at most `most` rows whose key comes after `after` (its name, or 0 or
   "" to begin) in bytewise ascending order, and returns how many; 0 is the end. A database
   error ends the process: there is nothing to go on with. */

size_t catalogue_years(struct catalogue *catalogue, const char *rfc, int after,
                       int *years, size_t most);
/* after: the last row's folder name ("26-240-3420-6001234"). */
size_t catalogue_operations(struct catalogue *catalogue, const char *rfc, int year,
                            const char *after, struct operation_row *rows, size_t most);
bool catalogue_operation_find(struct catalogue *catalogue, const char *rfc,
                              const struct operation_key *key, struct operation_row *row);
bool catalogue_operation_by_id(struct catalogue *catalogue, int64_t id,
                               struct operation_row *row);

/* Documents that are not hidden. */
size_t catalogue_documents(struct catalogue *catalogue, int64_t operation,
                           const char *after, struct document_row *rows, size_t most);
bool catalogue_document_find(struct catalogue *catalogue, int64_t operation,
                             const char *name, struct document_row *row);

/* Instants from `from` until before `until`. */
struct catalogue_span {
    int64_t from, until;
};

/* Where a walk by name and id stands; {"", 0} before the first. */
struct catalogue_position {
    const char *name;
    int64_t id;
};

/* Documents of one client received in a span of at most one calendar month, whatever the
   operation; for /cuentas-de-gastos. */
size_t catalogue_client_documents(struct catalogue *catalogue, const char *rfc,
                                  struct catalogue_span span,
                                  struct catalogue_position after,
                                  struct document_row *rows, size_t most);
/* The newest of them with this name. */
bool catalogue_client_document_find(struct catalogue *catalogue, const char *rfc,
                                    struct catalogue_span span, const char *name,
                                    struct document_row *row);

/* An account's receipts from `from` until before `until`, by id; newest first if so asked. */
size_t catalogue_receipts(struct catalogue *catalogue, const char *account,
                          struct catalogue_span span, int64_t after,
                          struct receipt_row *rows, size_t most);
size_t catalogue_receipts_newest(struct catalogue *catalogue, const char *account,
                                 struct receipt_row *rows, size_t most);
bool catalogue_receipt_find(struct catalogue *catalogue, const char *folio,
                            struct receipt_row *row);

/* Files that are held for an account, by name then id; a receipt each. */
size_t catalogue_held(struct catalogue *catalogue, const char *account,
                      const char *after_name, int64_t after_id, struct receipt_row *rows,
                      size_t most);

/* The newest of those with this name. */
bool catalogue_held_find(struct catalogue *catalogue, const char *account,
                         const char *name, struct receipt_row *row);

/* What an account sent to a folder since an instant. */
struct catalogue_box {
    const char *account;
    const char *folder;
    int64_t since;
};

/* The newest receipt of this name, whatever its result: what became of what was sent there. */
bool catalogue_sent_find(struct catalogue *catalogue, const struct catalogue_box *box,
                         const char *name, struct receipt_row *row);
/* The newest receipt of each name. */
size_t catalogue_sent(struct catalogue *catalogue, const struct catalogue_box *box,
                      const char *after_name, struct receipt_row *rows, size_t most);

/* All unfinished uploads, for the start; `after` is an object. */
size_t catalogue_uploads(struct catalogue *catalogue, const char *after,
                         struct upload_row *rows, size_t most);

/* What an account's stored files take: the logical size of each version that it sent and of each
   file that is held for it. */
struct catalogue_usage {
    uint64_t bytes;
    uint64_t files;
};
struct catalogue_usage catalogue_usage(struct catalogue *catalogue, const char *account);

/* True when a row anywhere names this object. For recovery. */
bool catalogue_object_known(struct catalogue *catalogue, const char *object);

/* ---- changing (done later, on the loop's thread) ------------------------------------- */

enum change_kind {
    CHANGE_UPLOAD_PUT, /* insert or replace `upload` */
    CHANGE_UPLOAD_DROP, /* delete upload.object; no receipt (the client removed it, it aged) */
    CHANGE_SETTLE,      /* an upload's end: `receipt` becomes a row (see below) */
    CHANGE_OPERATION_ADD,   /* `operation`; result CHANGE_EXISTS if it is there */
    CHANGE_DOCUMENT_RENAME, /* document.id gets document.name and document.type */
    CHANGE_DOCUMENT_HIDE,   /* document.id */
    CHANGE_DOCUMENT_TIME,   /* document.id gets document.modified */
    CHANGE_HELD_TIME,       /* receipt.id gets receipt.modified */
    CHANGE_USAGE_RECOUNT,   /* every account's usage, anew from the rows */
    CHANGE_EVENT            /* only the ledger entry */
};

enum change_result {
    CHANGE_DONE,
    CHANGE_EXISTS,  /* something of that name is there; nothing was changed */
    CHANGE_MISSING, /* what it speaks of is not there; nothing was changed */
    CHANGE_FAILED   /* the store refused (disk full); nothing was changed */
};

/*
 * CHANGE_SETTLE. In: receipt without id, folio, ledger, earlier; result is RECEIPT_FILED,
 * RECEIPT_HELD or RECEIPT_REFUSED. The upload's row goes. For RECEIPT_FILED, in one step: the
 * operation must exist (else CHANGE_MISSING); if a version in its current documents has the same
 * SHA-256, result becomes RECEIPT_ALREADY and `earlier` its folio, and the object is not kept;
 * else if the name is there (hidden or not) the document gets a new version and result becomes
 * RECEIPT_VERSION; else it is a new document. Out: the receipt, complete; its object is ""
 * when the bytes are to be destroyed, which the caller does after `done`.
 *
 * Every change enters the ledger with an entry of kind `event` about `account`, from `address`,
 * with `detail`, unless event is NULL. For CHANGE_SETTLE the detail is made from the receipt.
 */
struct change {
    struct worker_job job;
    enum change_kind kind;
    enum change_result result;
    struct upload_row upload;
    struct operation_row operation;
    struct document_row document;
    struct receipt_row receipt;
    const char *event; /* a literal of events.def */
    char account[CATALOGUE_ACCOUNT_SIZE];
    char address[CATALOGUE_ADDRESS_SIZE];
    char detail
        [CATALOGUE_DETAIL_SIZE]; /* "key=value" pairs, values escaped as in the journal */
    struct catalogue *catalogue;
    void (*done)(struct change *change); /* the loop's thread; may free the change */
    void *context;
};

/* A zeroed change of this kind that nobody waits for (change_forget), until its maker says
   otherwise. Without memory the process ends: the fact would be lost. */
struct change *change_new(enum change_kind kind);
/* A `done` for a change that nobody waits for: frees it. */
void change_forget(struct change *change);

/* change is allocated by the caller, zeroed but for what its kind reads, and lives until
   done. */
void catalogue_submit(struct catalogue *catalogue, struct change *change);

#endif
