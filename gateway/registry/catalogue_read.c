/*
 * Looking up and listing clients' digital files: years, operations, documents, uploads.
 * Runs in the registry, on the loop's thread, over the read-only connection. A statement
 * is open within one call only.
 */
#include "registry/catalogue_inside.h"

size_t catalogue_years(struct catalogue *catalogue, const char *rfc, int after,
                       int *years, size_t most)
{
    size_t count = 0;
    /* One look-up a year, because DISTINCT would walk all operations of the client. */
    while (count < most) {
        AUTO_RESET struct sqlite3_stmt *next =
            sql_use(&catalogue->reader, SQL_YEAR_AFTER);
        sql_put_text(next, 1, rfc);
        sql_put_integer(next, 2, count > 0 ? years[count - 1] : after);
        if (!sql_next(&catalogue->reader, next)) {
            break;
        }
        years[count++] = sqlite3_column_int(next, 0);
    }
    return count;
}

/* ---- operations -------------------------------------------------------------------- */

static void get_operation(struct sqlite3_stmt *from, struct operation_row *row)
{
    *row = (struct operation_row){.id = sqlite3_column_int64(from, 0)};
    sql_get_text(from, 1, row->rfc, sizeof row->rfc);
    row->key.year = sqlite3_column_int(from, 2);
    sql_get_text(from, 3, row->key.aduana, sizeof row->key.aduana);
    sql_get_text(from, 4, row->key.patente, sizeof row->key.patente);
    sql_get_text(from, 5, row->key.pedimento, sizeof row->key.pedimento);
    row->created = sqlite3_column_int64(from, 6);
}

size_t catalogue_operations(struct catalogue *catalogue, const char *rfc, int year,
                            const char *after, struct operation_row *rows, size_t most)
{
    AUTO_RESET struct sqlite3_stmt *list = sql_use(&catalogue->reader, SQL_OPERATIONS);
    sql_put_text(list, 1, rfc);
    sql_put_integer(list, 2, year);
    sql_put_text(list, 3, after);
    sql_put_integer(list, 4, (int64_t)most);
    size_t count = 0;
    while (count < most && sql_next(&catalogue->reader, list)) {
        get_operation(list, &rows[count++]);
    }
    return count;
}

bool catalogue_operation_find(struct catalogue *catalogue, const char *rfc,
                              const struct operation_key *key, struct operation_row *row)
{
    char name[OPERATION_NAME_MAX];
    operation_key_format(key, name);
    AUTO_RESET struct sqlite3_stmt *find =
        sql_use(&catalogue->reader, SQL_OPERATION_FIND);
    sql_put_text(find, 1, rfc);
    sql_put_integer(find, 2, key->year);
    sql_put_text(find, 3, name);
    if (!sql_next(&catalogue->reader, find)) {
        return false;
    }
    get_operation(find, row);
    return true;
}

bool catalogue_operation_by_id(struct catalogue *catalogue, int64_t id,
                               struct operation_row *row)
{
    AUTO_RESET struct sqlite3_stmt *find =
        sql_use(&catalogue->reader, SQL_OPERATION_BY_ID);
    sql_put_integer(find, 1, id);
    if (!sql_next(&catalogue->reader, find)) {
        return false;
    }
    get_operation(find, row);
    return true;
}

/* ---- documents --------------------------------------------------------------------- */

static void get_document(struct sqlite3_stmt *from, struct document_row *row)
{
    *row = (struct document_row){.id = sqlite3_column_int64(from, 0),
                                 .operation = sqlite3_column_int64(from, 1),
                                 .version = sqlite3_column_int64(from, 2)};
    sql_get_text(from, 3, row->name, sizeof row->name);
    sql_get_text(from, 4, row->type, sizeof row->type);
    sql_get_text(from, 5, row->media_type, sizeof row->media_type);
    sql_get_text(from, 6, row->object, sizeof row->object);
    sql_get_text(from, 7, row->account, sizeof row->account);
    sql_get_digest(from, 8, row->sha256);
    row->size = (uint64_t)sqlite3_column_int64(from, 9);
    row->modified = sqlite3_column_int64(from, 10);
    row->received = sqlite3_column_int64(from, 11);
}

static size_t list_documents(struct catalogue *catalogue, struct sqlite3_stmt *list,
                             struct document_row *rows, size_t most)
{
    size_t count = 0;
    while (count < most && sql_next(&catalogue->reader, list)) {
        get_document(list, &rows[count++]);
    }
    return count;
}

size_t catalogue_documents(struct catalogue *catalogue, int64_t operation,
                           const char *after, struct document_row *rows, size_t most)
{
    AUTO_RESET struct sqlite3_stmt *list = sql_use(&catalogue->reader, SQL_DOCUMENTS);
    sql_put_integer(list, 1, operation);
    sql_put_text(list, 2, after);
    sql_put_integer(list, 3, (int64_t)most);
    return list_documents(catalogue, list, rows, most);
}

bool catalogue_document_find(struct catalogue *catalogue, int64_t operation,
                             const char *name, struct document_row *row)
{
    AUTO_RESET struct sqlite3_stmt *find = sql_use(&catalogue->reader, SQL_DOCUMENT_FIND);
    sql_put_integer(find, 1, operation);
    sql_put_text(find, 2, name);
    return list_documents(catalogue, find, row, 1) == 1;
}

struct client_page {
    const char *rfc;
    int64_t from;
    int64_t until;
    const char *after_name;
    int64_t after_id;
};

static size_t client_documents(struct catalogue *catalogue, enum sql sql,
                               const struct client_page *page, struct document_row *rows,
                               size_t most)
{
    int64_t buckets[CIVIL_BUCKETS];
    if (!civil_buckets(page->from, page->until, buckets)) {
        return 0; /* no month, and no bounds that we would have made */
    }
    AUTO_RESET struct sqlite3_stmt *list = sql_use(&catalogue->reader, sql);
    sql_put_text(list, 1, page->rfc);
    sql_put_integer(list, 2, page->from);
    sql_put_integer(list, 3, page->until);
    sql_put_text(list, 4, page->after_name);
    sql_put_integer(list, 5, (int64_t)most);
    for (int i = 0; i < CIVIL_BUCKETS; i++) {
        sql_put_integer(list, 6 + i, buckets[i]);
    }
    if (sql == SQL_CLIENT_DOCUMENTS_SAME) {
        sql_put_integer(list, 10, page->after_id);
    }
    return list_documents(catalogue, list, rows, most);
}

/* In two steps, because SQLite seeks (name, id) by the name alone: a name that many
   operations have would be walked again for every page. */
size_t catalogue_client_documents(struct catalogue *catalogue, const char *rfc,
                                  struct catalogue_span span,
                                  struct catalogue_position after,
                                  struct document_row *rows, size_t most)
{
    const struct client_page page = {rfc, span.from, span.until, after.name, after.id};
    size_t count =
        client_documents(catalogue, SQL_CLIENT_DOCUMENTS_SAME, &page, rows, most);
    if (count < most) {
        count += client_documents(catalogue, SQL_CLIENT_DOCUMENTS_NEXT, &page,
                                  rows + count, most - count);
    }
    return count;
}

bool catalogue_client_document_find(struct catalogue *catalogue, const char *rfc,
                                    struct catalogue_span span, const char *name,
                                    struct document_row *row)
{
    const struct client_page page = {rfc, span.from, span.until, name, 0};
    return client_documents(catalogue, SQL_CLIENT_DOCUMENT_FIND, &page, row, 1) == 1;
}

/* ---- objects ----------------------------------------------------------------------- */

size_t catalogue_uploads(struct catalogue *catalogue, const char *after,
                         struct upload_row *rows, size_t most)
{
    AUTO_RESET struct sqlite3_stmt *list = sql_use(&catalogue->reader, SQL_UPLOADS);
    sql_put_text(list, 1, after);
    sql_put_integer(list, 2, (int64_t)most);
    size_t count = 0;
    while (count < most && sql_next(&catalogue->reader, list)) {
        struct upload_row *row = &rows[count++];
        *row =
            (struct upload_row){.state = (enum upload_state)sqlite3_column_int(list, 4),
                                .size = (uint64_t)sqlite3_column_int64(list, 5),
                                .modified = sqlite3_column_int64(list, 6),
                                .begun = sqlite3_column_int64(list, 7)};
        sql_get_text(list, 0, row->object, sizeof row->object);
        sql_get_text(list, 1, row->account, sizeof row->account);
        sql_get_text(list, 2, row->folder, sizeof row->folder);
        sql_get_text(list, 3, row->name, sizeof row->name);
    }
    return count;
}

bool catalogue_object_known(struct catalogue *catalogue, const char *object)
{
    static const enum sql places[] = {SQL_OBJECT_VERSION, SQL_OBJECT_UPLOAD,
                                      SQL_OBJECT_HELD};
    for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
        AUTO_RESET struct sqlite3_stmt *find = sql_use(&catalogue->reader, places[i]);
        sql_put_text(find, 1, object);
        if (sql_next(&catalogue->reader, find)) {
            return true;
        }
    }
    return false;
}
