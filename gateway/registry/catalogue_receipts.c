/*
 * Looking up and listing receipts: by folio, by account and time, what is held, what
 * became of what was sent to a folder. Runs in the registry, on the loop's thread, over
 * the read-only connection.
 */
#include "base/clock.h"
#include "registry/catalogue_inside.h"

/* ---- a row ------------------------------------------------------------------------- */

/* A code that this program does not know, from a later one, is left out. */
static finding_set get_findings(const char *text)
{
    finding_set findings = 0;
    while (*text) {
        char code[CATALOGUE_CODE_SIZE] = "";
        size_t size = strcspn(text, " ");
        enum finding finding;
        if (size < sizeof code) {
            memcpy(code, text, size);
        }
        if (finding_by_code(code, &finding)) {
            findings |= finding_bit(finding);
        }
        text += size + (text[size] == ' ' ? 1 : 0);
    }
    return findings;
}

static enum finding get_reason(struct sqlite3_stmt *from, int column)
{
    char code[CATALOGUE_CODE_SIZE];
    enum finding finding;
    sql_get_text(from, column, code, sizeof code);
    return finding_by_code(code, &finding) ? finding : FINDING_COUNT;
}

static void get_sender(struct sqlite3_stmt *from, struct receipt_row *row)
{
    row->id = sqlite3_column_int64(from, 0);
    sql_get_text(from, 1, row->folio, sizeof row->folio);
    sql_get_text(from, 2, row->account, sizeof row->account);
    sql_get_text(from, 3, row->address, sizeof row->address);
    sql_get_text(from, 4, row->folder, sizeof row->folder);
    sql_get_text(from, 5, row->name, sizeof row->name);
    sql_get_text(from, 6, row->rfc, sizeof row->rfc);
    row->operation.year = sqlite3_column_int(from, 7);
    sql_get_text(from, 8, row->operation.aduana, sizeof row->operation.aduana);
    sql_get_text(from, 9, row->operation.patente, sizeof row->operation.patente);
    sql_get_text(from, 10, row->operation.pedimento, sizeof row->operation.pedimento);
}

static void get_receipt(struct sqlite3_stmt *from, struct receipt_row *row)
{
    *row = (struct receipt_row){0};
    get_sender(from, row);
    sql_get_text(from, 11, row->type, sizeof row->type);
    sql_get_text(from, 12, row->media_type, sizeof row->media_type);
    sql_get_digest(from, 13, row->sha256);
    row->size = (uint64_t)sqlite3_column_int64(from, 14);
    row->modified = sqlite3_column_int64(from, 15);
    row->received = sqlite3_column_int64(from, 16);
    row->result = (enum receipt_result)sqlite3_column_int(from, 17);
    row->findings = get_findings((const char *)sqlite3_column_text(from, 18));
    row->reason = get_reason(from, 19);
    sql_get_text(from, 20, row->earlier, sizeof row->earlier);
    sql_get_text(from, 21, row->object, sizeof row->object);
    row->ledger = sqlite3_column_int64(from, 22);
}

static size_t list_receipts(struct catalogue *catalogue, struct sqlite3_stmt *list,
                            struct receipt_row *rows, size_t most)
{
    size_t count = 0;
    while (count < most && sql_next(&catalogue->reader, list)) {
        get_receipt(list, &rows[count++]);
    }
    return count;
}

bool catalogue_receipt_find(struct catalogue *catalogue, const char *folio,
                            struct receipt_row *row)
{
    AUTO_RESET struct sqlite3_stmt *find = sql_use(&catalogue->reader, SQL_RECEIPT_FIND);
    sql_put_text(find, 1, folio);
    return list_receipts(catalogue, find, row, 1) == 1;
}

/* ---- by account and time ----------------------------------------------------------- */

/* A month is a merge of its buckets. A longer span walks the account's receipts by id,
   through an index that holds the times. */
size_t catalogue_receipts(struct catalogue *catalogue, const char *account,
                          struct catalogue_span span, int64_t after,
                          struct receipt_row *rows, size_t most)
{
    int64_t buckets[CIVIL_BUCKETS];
    bool month = civil_buckets(span.from, span.until, buckets);
    AUTO_RESET struct sqlite3_stmt *list =
        sql_use(&catalogue->reader, month ? SQL_RECEIPTS_SPAN : SQL_RECEIPTS);
    sql_put_text(list, 1, account);
    sql_put_integer(list, 2, span.from);
    sql_put_integer(list, 3, span.until);
    sql_put_integer(list, 4, after);
    sql_put_integer(list, 5, (int64_t)most);
    for (int i = 0; month && i < CIVIL_BUCKETS; i++) {
        sql_put_integer(list, 6 + i, buckets[i]);
    }
    return list_receipts(catalogue, list, rows, most);
}

size_t catalogue_receipts_newest(struct catalogue *catalogue, const char *account,
                                 struct receipt_row *rows, size_t most)
{
    AUTO_RESET struct sqlite3_stmt *list =
        sql_use(&catalogue->reader, SQL_RECEIPTS_NEWEST);
    sql_put_text(list, 1, account);
    sql_put_integer(list, 2, (int64_t)most);
    return list_receipts(catalogue, list, rows, most);
}

/* ---- held -------------------------------------------------------------------------- */

/* In two steps, as catalogue_client_documents(). */
size_t catalogue_held(struct catalogue *catalogue, const char *account,
                      const char *after_name, int64_t after_id, struct receipt_row *rows,
                      size_t most)
{
    size_t count = 0;
    static const enum sql steps[] = {SQL_HELD_SAME, SQL_HELD_NEXT};
    for (size_t i = 0; i < ARRAY_SIZE(steps) && count < most; i++) {
        AUTO_RESET struct sqlite3_stmt *list = sql_use(&catalogue->reader, steps[i]);
        sql_put_text(list, 1, account);
        sql_put_text(list, 2, after_name);
        sql_put_integer(list, 3, (int64_t)(most - count));
        if (steps[i] == SQL_HELD_SAME) {
            sql_put_integer(list, 4, after_id);
        }
        count += list_receipts(catalogue, list, rows + count, most - count);
    }
    return count;
}

bool catalogue_held_find(struct catalogue *catalogue, const char *account,
                         const char *name, struct receipt_row *row)
{
    AUTO_RESET struct sqlite3_stmt *find = sql_use(&catalogue->reader, SQL_HELD_FIND);
    sql_put_text(find, 1, account);
    sql_put_text(find, 2, name);
    return list_receipts(catalogue, find, row, 1) == 1;
}

/* ---- what was sent ----------------------------------------------------------------- */

bool catalogue_sent_find(struct catalogue *catalogue, const struct catalogue_box *box,
                         const char *name, struct receipt_row *row)
{
    AUTO_RESET struct sqlite3_stmt *find = sql_use(&catalogue->reader, SQL_SENT_FIND);
    sql_put_text(find, 1, box->account);
    sql_put_text(find, 2, box->folder);
    sql_put_text(find, 3, name);
    struct receipt_row newest;
    if (list_receipts(catalogue, find, &newest, 1) == 0 || newest.received < box->since) {
        return false;
    }
    *row = newest;
    return true;
}

/* The thirty days that an inbox shows touch at most three months, which are merged. */
size_t catalogue_sent(struct catalogue *catalogue, const struct catalogue_box *box,
                      const char *after_name, struct receipt_row *rows, size_t most)
{
    int64_t first = civil_month(box->since);
    bool recent = civil_month(clock_wall_us()) <= first + 2;
    AUTO_RESET struct sqlite3_stmt *list =
        sql_use(&catalogue->reader, recent ? SQL_SENT_RECENT : SQL_SENT);
    sql_put_text(list, 1, box->account);
    sql_put_text(list, 2, box->folder);
    sql_put_text(list, 3, after_name);
    sql_put_integer(list, 4, box->since);
    sql_put_integer(list, 5, (int64_t)most);
    for (int i = 0; recent && i < 3; i++) {
        sql_put_integer(list, 6 + i, first + i);
    }
    return list_receipts(catalogue, list, rows, most);
}
