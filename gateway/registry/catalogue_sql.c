/*
 * SQLite, wrapped thinly: opening a connection with the settings that our promises rest
 * on, the table of statements, binding and reading values. Runs in the registry. It
 * trusts the database file to be ours (schema_apply() checks that) but not to be
 * undamaged: cell_size_check and trusted_schema=OFF, and what does not fit ends the
 * process.
 */
#include "registry/catalogue_inside.h"

#include <stdio.h>

#define OPERATION_COLUMNS "id, rfc, year, aduana, patente, pedimento, created"
/* CROSS JOIN fixes the order of the join: the index of the first table decides. */
#define DOCUMENT_COLUMNS                                                               \
    "d.id, d.operation, d.version, d.name, d.type, v.media_type, v.object, v.account," \
    " d.sha256, v.size, v.modified, d.received"
#define DOCUMENT_FROM                                                            \
    " FROM document d CROSS JOIN version v ON v.document = d.id AND v.number = " \
    "d.version"
#define RECEIPT_COLUMNS                                                                 \
    "id, folio, account, address, folder, name, rfc, year, aduana, patente, pedimento," \
    " type, media_type, sha256, size, modified, received, result, findings, reason,"    \
    " earlier, object, ledger"
#define CLIENT_BUCKET(number, key)                                                      \
    "SELECT " DOCUMENT_COLUMNS DOCUMENT_FROM " WHERE d.rfc = ?1 AND d.bucket = " number \
    " AND d.received >= ?2 AND d.received < ?3 AND d.hidden = 0" key
#define CLIENT_SPAN(key)                                                \
    CLIENT_BUCKET("?6", key)                                            \
    " UNION ALL " CLIENT_BUCKET("?7", key) " UNION ALL " CLIENT_BUCKET( \
        "?8", key) " UNION ALL " CLIENT_BUCKET("?9", key)
#define RECEIPT_BUCKET(number)                                          \
    "SELECT " RECEIPT_COLUMNS " FROM receipt INDEXED BY receipt_bucket" \
    " WHERE account = ?1 AND bucket = " number                          \
    " AND received >= ?2 AND received < ?3 AND id > ?4"
#define SENT_MONTH(number)                                             \
    "SELECT " RECEIPT_COLUMNS " FROM receipt INDEXED BY receipt_inbox" \
    " WHERE account = ?1 AND folder = ?2 AND inbox = " number          \
    " AND inbox > 0 AND name > ?3 AND received >= ?4"

enum { BUSY_TIMEOUT_MS = 5000 }; /* an operator's sqlite3 shell beside us, at the start */

static const struct {
    const char *source;
    enum sql_whose whose;
} statements[SQL_COUNT] = {
#define STATEMENT(name, whose, text) {text, SQL_WHOSE_##whose},
#include "registry/catalogue_statements.def"
#undef STATEMENT
};

const char *sql_source(enum sql sql)
{
    return statements[sql].source;
}

enum sql_whose sql_whose(enum sql sql)
{
    return statements[sql].whose;
}

static bool connection_fail(struct connection *connection, const char *what,
                            struct err *err)
{
    return err_set(err, ERR_SYSTEM, "catalogue: %s: %s", what,
                   sqlite3_errmsg(connection->database));
}

bool connection_exec(struct connection *connection, const char *text, struct err *err)
{
    if (sqlite3_exec(connection->database, text, NULL, NULL, NULL) != SQLITE_OK) {
        return connection_fail(connection, "set up", err);
    }
    return true;
}

bool connection_pragma(struct connection *connection, const char *pragma, int64_t *value,
                       struct err *err)
{
    char text[64];
    snprintf(text, sizeof text, "PRAGMA %s", pragma);
    struct sqlite3_stmt *statement = NULL;
    bool good = sqlite3_prepare_v2(connection->database, text, -1, &statement, NULL) ==
                    SQLITE_OK &&
                sqlite3_step(statement) == SQLITE_ROW;
    if (good) {
        *value = sqlite3_column_int64(statement, 0);
    }
    sqlite3_finalize(statement);
    return good || connection_fail(connection, pragma, err);
}

/*
 * synchronous=FULL: each commit is on disk before it returns. Checkpoints are asked for
 * by hand on the writer (checkpoint_run()), because SQLite's own drops their errors; the
 * reader never makes one, not even when it closes: version 3.40.1 may corrupt the
 * database when two connections checkpoint. temp_store: no temporary files, for which the
 * sandbox has no place.
 */
static const char settings[] = "PRAGMA synchronous=FULL;"
                               "PRAGMA foreign_keys=ON;"
                               "PRAGMA trusted_schema=OFF;"
                               "PRAGMA cell_size_check=ON;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA mmap_size=0;"
                               "PRAGMA wal_autocheckpoint=0;"
                               "PRAGMA cache_size=-16384;";

static bool connection_configure(struct connection *connection, enum sql_whose whose,
                                 struct err *err)
{
    struct sqlite3 *database = connection->database;
    sqlite3_extended_result_codes(database, 1);
    sqlite3_busy_timeout(database, BUSY_TIMEOUT_MS);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DML, 0, NULL);
    sqlite3_db_config(database, SQLITE_DBCONFIG_DQS_DDL, 0, NULL);
    if (whose == SQL_WHOSE_READER) {
        sqlite3_db_config(database, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
        if (!connection_exec(connection, "PRAGMA query_only=ON;", err)) {
            return false;
        }
    }
    return connection_exec(connection, settings, err);
}

bool connection_open(struct connection *connection, const char *path,
                     enum sql_whose whose, struct err *err)
{
    /* Each connection stays on one thread: no mutex of its own. */
    int flags =
        SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE |
        (whose == SQL_WHOSE_READER ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE);
    if (sqlite3_open_v2(path, &connection->database, flags, NULL) != SQLITE_OK) {
        return connection_fail(connection, "open", err);
    }
    return connection_configure(connection, whose, err);
}

bool connection_prepare(struct connection *connection, enum sql_whose whose,
                        struct err *err)
{
    for (size_t i = 0; i < SQL_COUNT; i++) {
        if (!(statements[i].whose & whose)) {
            continue;
        }
        if (sqlite3_prepare_v3(connection->database, statements[i].source, -1,
                               SQLITE_PREPARE_PERSISTENT, &connection->statements[i],
                               NULL) != SQLITE_OK) {
            return connection_fail(connection, statements[i].source, err);
        }
    }
    return true;
}

void connection_close(struct connection *connection)
{
    for (size_t i = 0; i < SQL_COUNT; i++) {
        sqlite3_finalize(connection->statements[i]);
        connection->statements[i] = NULL;
    }
    if (sqlite3_close(connection->database) != SQLITE_OK) {
        bug("catalogue: a statement stayed open");
    }
    connection->database = NULL;
}

struct sqlite3_stmt *sql_use(struct connection *connection, enum sql sql)
{
    struct sqlite3_stmt *statement = connection->statements[sql];
    if (!statement || sqlite3_stmt_busy(statement)) {
        bug("catalogue: statement %d is not free", (int)sql);
    }
    sqlite3_clear_bindings(statement);
    return statement;
}

static void put_check(int code)
{
    if (code != SQLITE_OK) {
        bug("catalogue: bind: %s", sqlite3_errstr(code));
    }
}

void sql_put_text(struct sqlite3_stmt *statement, int index, const char *text)
{
    put_check(sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC));
}

void sql_put_integer(struct sqlite3_stmt *statement, int index, int64_t value)
{
    put_check(sqlite3_bind_int64(statement, index, value));
}

void sql_put_blob(struct sqlite3_stmt *statement, int index, const void *blob,
                  size_t size)
{
    put_check(sqlite3_bind_blob64(statement, index, blob, size, SQLITE_STATIC));
}

bool sql_next(struct connection *connection, struct sqlite3_stmt *statement)
{
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        die("catalogue: read: %s (%d)", sqlite3_errmsg(connection->database), code);
    }
    return code == SQLITE_ROW;
}

bool sql_find(struct connection *connection, struct sqlite3_stmt *statement, bool *found)
{
    int code = sqlite3_step(statement);
    if (code != SQLITE_ROW && code != SQLITE_DONE) {
        connection->code = code;
        return false;
    }
    *found = code == SQLITE_ROW;
    return true;
}

bool sql_do(struct connection *connection, struct sqlite3_stmt *statement)
{
    bool found = true;
    while (found) {
        if (!sql_find(connection, statement, &found)) {
            return false;
        }
    }
    return true;
}

bool sql_copy_text(struct sqlite3_stmt *statement, int column, char *text, size_t size)
{
    const char *value = (const char *)sqlite3_column_text(statement, column);
    size_t length = (size_t)sqlite3_column_bytes(statement, column);
    size_t kept = length < size ? length : size - 1;
    if (value) {
        memcpy(text, value, kept);
    }
    text[value ? kept : 0] = '\0';
    return value && strlen(text) == length;
}

void sql_get_text(struct sqlite3_stmt *statement, int column, char *text, size_t size)
{
    if (!sql_copy_text(statement, column, text, size)) {
        die("catalogue: column %s does not hold what we wrote",
            sqlite3_column_name(statement, column));
    }
}

void sql_get_digest(struct sqlite3_stmt *statement, int column, uint8_t digest[32])
{
    const void *value = sqlite3_column_blob(statement, column);
    if (!value || sqlite3_column_bytes(statement, column) != 32) {
        die("catalogue: column %s is not a digest",
            sqlite3_column_name(statement, column));
    }
    memcpy(digest, value, 32);
}
