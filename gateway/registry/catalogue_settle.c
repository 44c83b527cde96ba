/*
 * The end of an upload: it becomes a receipt, and a document or a version if it is filed.
 * Runs in the registry, on the writer's thread. The name of the object stays in the
 * change until the commit (change_settled()), because SQLite may take the transaction
 * back and the change is then made again from the same values.
 */
#include <inttypes.h>
#include <stdio.h>

#include "base/log.h"
#include "registry/catalogue_inside.h"

struct settle {
    struct connection *writer;
    struct receipt_row *receipt;
    int64_t operation; /* 0 while unknown */
    int64_t document;  /* 0: it becomes a new one */
    int64_t number;    /* of the version */
};

static bool is_filed(enum receipt_result result)
{
    return result == RECEIPT_FILED || result == RECEIPT_VERSION ||
           result == RECEIPT_ALREADY;
}

static bool keeps_object(enum receipt_result result)
{
    return result != RECEIPT_ALREADY && result != RECEIPT_REFUSED;
}

static const char *result_word(enum receipt_result result)
{
    static const char *const words[] = {[RECEIPT_FILED] = "filed",
                                        [RECEIPT_VERSION] = "version",
                                        [RECEIPT_ALREADY] = "already",
                                        [RECEIPT_HELD] = "held",
                                        [RECEIPT_REFUSED] = "refused"};
    return words[result];
}

static bool upload_drop(const struct settle *settle)
{
    AUTO_RESET struct sqlite3_stmt *drop = sql_use(settle->writer, SQL_UPLOAD_DROP);
    sql_put_text(drop, 1, settle->receipt->object);
    return sql_do(settle->writer, drop);
}

static bool find_operation(struct settle *settle)
{
    char name[OPERATION_NAME_MAX];
    operation_key_format(&settle->receipt->operation, name);
    AUTO_RESET struct sqlite3_stmt *find = sql_use(settle->writer, SQL_OPERATION_ID);
    sql_put_text(find, 1, settle->receipt->rfc);
    sql_put_integer(find, 2, settle->receipt->operation.year);
    sql_put_text(find, 3, name);
    bool found = false;
    if (!sql_find(settle->writer, find, &found)) {
        return false;
    }
    settle->operation = found ? sqlite3_column_int64(find, 0) : 0;
    return true;
}

/* The same bytes in what is current and visible in this operation, hence of this
   client. */
static bool find_identical(struct settle *settle)
{
    struct receipt_row *receipt = settle->receipt;
    AUTO_RESET struct sqlite3_stmt *find = sql_use(settle->writer, SQL_IDENTICAL);
    sql_put_integer(find, 1, settle->operation);
    sql_put_blob(find, 2, receipt->sha256, sizeof receipt->sha256);
    bool found = false;
    if (!sql_find(settle->writer, find, &found)) {
        return false;
    }
    if (found) {
        sql_get_text(find, 0, receipt->earlier, sizeof receipt->earlier);
        receipt->result = RECEIPT_ALREADY;
    }
    return true;
}

static bool find_named(struct settle *settle, enum sql sql)
{
    AUTO_RESET struct sqlite3_stmt *find = sql_use(settle->writer, sql);
    sql_put_integer(find, 1, settle->operation);
    sql_put_text(find, 2, settle->receipt->name);
    bool found = false;
    if (!sql_find(settle->writer, find, &found)) {
        return false;
    }
    if (found) {
        settle->document = sqlite3_column_int64(find, 0);
        settle->number = sqlite3_column_int64(find, 1) + 1;
        settle->receipt->result = RECEIPT_VERSION;
    }
    return true;
}

/* What a filed upload is: known bytes, a version of a document that is seen, of one that
   was hidden, or new. */
static bool decide(struct settle *settle)
{
    settle->receipt->result = RECEIPT_FILED;
    settle->number = 1;
    if (!find_identical(settle)) {
        return false;
    }
    if (settle->receipt->result == RECEIPT_FILED &&
        !find_named(settle, SQL_DOCUMENT_VISIBLE)) {
        return false;
    }
    return settle->receipt->result != RECEIPT_FILED ||
           find_named(settle, SQL_DOCUMENT_NAMED);
}

/* Folios run by the year of receipt, in UTC, without gaps: the number is taken in the
   same transaction as the receipt. */
static bool give_folio(struct settle *settle)
{
    int64_t year = civil_time(settle->receipt->received).year;
    AUTO_RESET struct sqlite3_stmt *next = sql_use(settle->writer, SQL_FOLIO_NEXT);
    sql_put_integer(next, 1, year);
    bool found = false;
    if (!sql_find(settle->writer, next, &found)) {
        return false;
    }
    snprintf(settle->receipt->folio, sizeof settle->receipt->folio, "A%02d-%07" PRId64,
             (int)(year % 100), (int64_t)sqlite3_column_int64(next, 0));
    return sql_do(settle->writer, next);
}

/* ---- what the ledger says of it ---------------------------------------------------- */

/* A byte of an outside text may take four. */
enum {
    NAME_ESCAPED = 4 * CATALOGUE_NAME_SIZE,
    CODE_ESCAPED = 4 * CATALOGUE_CODE_SIZE,
    RFC_ESCAPED = 4 * CATALOGUE_RFC_SIZE,
    DETAIL_FIXED = 220
};
_Static_assert(NAME_ESCAPED + CODE_ESCAPED + RFC_ESCAPED + OPERATION_NAME_MAX +
                       2 * CATALOGUE_FOLIO_SIZE + DETAIL_FIXED <=
                   CATALOGUE_DETAIL_SIZE,
               "the whole of a settlement fits a ledger entry");

static void describe(const struct receipt_row *receipt,
                     char detail[CATALOGUE_DETAIL_SIZE])
{
    char name[NAME_ESCAPED], type[CODE_ESCAPED], rfc[RFC_ESCAPED], sha256[65];
    char operation[OPERATION_NAME_MAX] = "-";
    log_escape(receipt->name, strlen(receipt->name), name, sizeof name);
    log_escape(receipt->type, strlen(receipt->type), type, sizeof type);
    log_escape(receipt->rfc, strlen(receipt->rfc), rfc, sizeof rfc);
    hex_encode((struct bytes){receipt->sha256, 32}, sha256, sizeof sha256);
    if (receipt->operation.year != 0) {
        operation_key_format(&receipt->operation, operation);
    }
    const char *reason =
        receipt->reason < FINDING_COUNT ? finding_code(receipt->reason) : "-";
    snprintf(
        detail, CATALOGUE_DETAIL_SIZE,
        "receipt=%s result=%s rfc=%s operation=%s name=%s type=%s sha256=%s size=%" PRIu64
        " reason=%s%s%s",
        receipt->folio, result_word(receipt->result), rfc[0] ? rfc : "-", operation, name,
        type[0] ? type : "-", sha256, receipt->size, reason,
        receipt->earlier[0] ? " earlier=" : "", receipt->earlier);
}

static bool enter_ledger(struct catalogue *catalogue, struct change *change)
{
    describe(&change->receipt, change->detail);
    if (!ledger_append(catalogue, change)) {
        return false;
    }
    change->receipt.ledger = change->event ? catalogue->head.sequence : 0;
    return true;
}

/* ---- the rows ---------------------------------------------------------------------- */

enum { FINDINGS_SIZE = FINDING_COUNT * CATALOGUE_CODE_SIZE + 1 };

/* By their codes, one blank between: the numbers move when the list grows. */
static void findings_text(finding_set findings, char text[FINDINGS_SIZE])
{
    size_t used = 0;
    text[0] = '\0';
    for (int finding = 0; finding < FINDING_COUNT; finding++) {
        if (findings & finding_bit((enum finding)finding)) {
            used += (size_t)snprintf(text + used, FINDINGS_SIZE - used, "%s%s",
                                     used > 0 ? " " : "",
                                     finding_code((enum finding)finding));
        }
    }
}

static bool inbox_clear(const struct settle *settle)
{
    AUTO_RESET struct sqlite3_stmt *clear = sql_use(settle->writer, SQL_INBOX_CLEAR);
    sql_put_text(clear, 1, settle->receipt->account);
    sql_put_text(clear, 2, settle->receipt->folder);
    sql_put_text(clear, 3, settle->receipt->name);
    return sql_do(settle->writer, clear);
}

static void put_sender(struct sqlite3_stmt *add, const struct receipt_row *receipt)
{
    sql_put_text(add, 1, receipt->folio);
    sql_put_text(add, 2, receipt->account);
    sql_put_text(add, 3, receipt->address);
    sql_put_text(add, 4, receipt->folder);
    sql_put_text(add, 5, receipt->name);
    sql_put_text(add, 6, receipt->rfc);
    sql_put_integer(add, 7, receipt->operation.year);
    sql_put_text(add, 8, receipt->operation.aduana);
    sql_put_text(add, 9, receipt->operation.patente);
    sql_put_text(add, 10, receipt->operation.pedimento);
}

static bool receipt_add(const struct settle *settle)
{
    struct receipt_row *receipt = settle->receipt;
    char findings[FINDINGS_SIZE];
    findings_text(receipt->findings, findings);
    AUTO_RESET struct sqlite3_stmt *add = sql_use(settle->writer, SQL_RECEIPT_ADD);
    put_sender(add, receipt);
    sql_put_text(add, 11, receipt->type);
    sql_put_text(add, 12, receipt->media_type);
    sql_put_blob(add, 13, receipt->sha256, sizeof receipt->sha256);
    sql_put_integer(add, 14, (int64_t)receipt->size);
    sql_put_integer(add, 15, receipt->modified);
    sql_put_integer(add, 16, receipt->received);
    sql_put_integer(add, 17, receipt->result);
    sql_put_text(add, 18, findings);
    sql_put_text(add, 19,
                 receipt->reason < FINDING_COUNT ? finding_code(receipt->reason) : "");
    sql_put_text(add, 20, receipt->earlier);
    sql_put_text(add, 21, keeps_object(receipt->result) ? receipt->object : "");
    sql_put_integer(add, 22, receipt->ledger);
    sql_put_integer(add, 23, civil_bucket(receipt->received));
    sql_put_integer(add, 24,
                    is_filed(receipt->result) ? civil_month(receipt->received) : 0);
    if (!sql_do(settle->writer, add)) {
        return false;
    }
    receipt->id = sqlite3_last_insert_rowid(settle->writer->database);
    return true;
}

static bool document_add(struct settle *settle)
{
    const struct receipt_row *receipt = settle->receipt;
    AUTO_RESET struct sqlite3_stmt *add = sql_use(settle->writer, SQL_DOCUMENT_ADD);
    sql_put_integer(add, 1, settle->operation);
    sql_put_text(add, 2, receipt->rfc);
    sql_put_text(add, 3, receipt->name);
    sql_put_text(add, 4, receipt->type);
    sql_put_blob(add, 5, receipt->sha256, sizeof receipt->sha256);
    sql_put_integer(add, 6, receipt->received);
    sql_put_integer(add, 7, civil_bucket(receipt->received));
    if (!sql_do(settle->writer, add)) {
        return false;
    }
    settle->document = sqlite3_last_insert_rowid(settle->writer->database);
    return true;
}

static bool document_renew(const struct settle *settle)
{
    const struct receipt_row *receipt = settle->receipt;
    AUTO_RESET struct sqlite3_stmt *renew = sql_use(settle->writer, SQL_DOCUMENT_RENEW);
    sql_put_integer(renew, 1, settle->document);
    sql_put_text(renew, 2, receipt->type);
    sql_put_integer(renew, 3, settle->number);
    sql_put_blob(renew, 4, receipt->sha256, sizeof receipt->sha256);
    sql_put_integer(renew, 5, receipt->received);
    sql_put_integer(renew, 6, civil_bucket(receipt->received));
    return sql_do(settle->writer, renew);
}

static bool version_add(const struct settle *settle)
{
    const struct receipt_row *receipt = settle->receipt;
    AUTO_RESET struct sqlite3_stmt *add = sql_use(settle->writer, SQL_VERSION_ADD);
    sql_put_integer(add, 1, settle->document);
    sql_put_integer(add, 2, settle->number);
    sql_put_text(add, 3, receipt->object);
    sql_put_text(add, 4, receipt->account);
    sql_put_text(add, 5, receipt->media_type);
    sql_put_integer(add, 6, (int64_t)receipt->size);
    sql_put_integer(add, 7, receipt->modified);
    sql_put_integer(add, 8, receipt->id);
    return sql_do(settle->writer, add);
}

static bool add_version(struct settle *settle)
{
    switch (settle->receipt->result) {
    case RECEIPT_FILED:
        return document_add(settle) && version_add(settle);
    case RECEIPT_VERSION:
        return document_renew(settle) && version_add(settle);
    default:
        return true; /* it publishes nothing */
    }
}

static bool count(const struct settle *settle)
{
    const struct receipt_row *receipt = settle->receipt;
    return !keeps_object(receipt->result) ||
           usage_add(settle->writer, receipt->account, receipt->size);
}

bool change_settle(struct catalogue *catalogue, struct change *change)
{
    struct settle settle = {.writer = &catalogue->writer, .receipt = &change->receipt};
    struct receipt_row *receipt = &change->receipt;
    receipt->earlier[0] = '\0';
    if (!upload_drop(&settle)) {
        return false;
    }
    if (is_filed(receipt->result)) {
        if (!find_operation(&settle)) {
            return false;
        }
        if (settle.operation == 0) {
            change->result = CHANGE_MISSING;
            return true;
        }
        if (!decide(&settle) || !inbox_clear(&settle)) {
            return false;
        }
    }
    return give_folio(&settle) && enter_ledger(catalogue, change) &&
           receipt_add(&settle) && add_version(&settle) && count(&settle);
}

void change_settled(struct change *change)
{
    if (change->kind == CHANGE_SETTLE && !keeps_object(change->receipt.result)) {
        change->receipt.object[0] = '\0';
    }
}
