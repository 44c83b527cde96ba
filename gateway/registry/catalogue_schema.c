/*
 * The tables. Runs once, when the registry starts. Every list that catalogue.h offers has
 * an index whose order is the list's, so that a page costs the same whether the table
 * holds ten thousand rows or ten million.
 *
 * Enumerations of the code that may move are stored by their code (findings); those of
 * catalogue.h by their number, which stands there. What a later version needs becomes a
 * step from one user_version to the next.
 */
#include <inttypes.h>
#include <stdio.h>

#include "registry/catalogue_inside.h"

enum { SCHEMA_APPLICATION = 0x47415249, SCHEMA_VERSION = 2 }; /* "GARI" */

_Static_assert(RECEIPT_HELD == 4, "the indices of what is held say result = 4");

/* What an account takes up: each version that it sent, and each file that is held for it. Changed
   in the transaction that changes those; SQL_USAGE_COUNT says it anew. */
static const char usage_table[] =
    "CREATE TABLE usage ("
    " account TEXT PRIMARY KEY, bytes INTEGER NOT NULL, files INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;";

static const char tables[] =
    "CREATE TABLE upload ("
    " object TEXT PRIMARY KEY, account TEXT NOT NULL, folder TEXT NOT NULL,"
    " name TEXT NOT NULL, state INTEGER NOT NULL, size INTEGER NOT NULL,"
    " modified INTEGER NOT NULL, begun INTEGER NOT NULL"
    ") STRICT, WITHOUT ROWID;"

    /* name is the folder's: year, aduana, patente and pedimento in fixed width. */
    "CREATE TABLE operation ("
    " id INTEGER PRIMARY KEY, rfc TEXT NOT NULL, year INTEGER NOT NULL, name TEXT NOT "
    "NULL,"
    " aduana TEXT NOT NULL, patente TEXT NOT NULL, pedimento TEXT NOT NULL,"
    " created INTEGER NOT NULL"
    ") STRICT;"
    "CREATE UNIQUE INDEX operation_place ON operation (rfc, year, name);"

    "CREATE TABLE receipt ("
    " id INTEGER PRIMARY KEY, folio TEXT NOT NULL UNIQUE, account TEXT NOT NULL,"
    " address TEXT NOT NULL, folder TEXT NOT NULL, name TEXT NOT NULL, rfc TEXT NOT NULL,"
    " year INTEGER NOT NULL, aduana TEXT NOT NULL, patente TEXT NOT NULL,"
    " pedimento TEXT NOT NULL, type TEXT NOT NULL, media_type TEXT NOT NULL,"
    " sha256 BLOB NOT NULL CHECK (length(sha256) = 32), size INTEGER NOT NULL,"
    " modified INTEGER NOT NULL, received INTEGER NOT NULL,"
    " result INTEGER NOT NULL CHECK (result BETWEEN 1 AND 5), findings TEXT NOT NULL,"
    " reason TEXT NOT NULL, earlier TEXT NOT NULL, object TEXT NOT NULL,"
    " ledger INTEGER NOT NULL,"
    " bucket INTEGER NOT NULL," /* of received */
    " inbox INTEGER NOT NULL"   /* its month, in the latest filed of its name; else 0 */
    ") STRICT;"
    "CREATE INDEX receipt_account ON receipt (account, id, received);"
    "CREATE INDEX receipt_bucket ON receipt (account, bucket, id, received);"
    "CREATE INDEX receipt_sent ON receipt (account, folder, name, id);"
    "CREATE INDEX receipt_inbox ON receipt (account, folder, inbox, name, received)"
    " WHERE inbox > 0;"
    "CREATE UNIQUE INDEX receipt_latest ON receipt (account, folder, name) WHERE inbox > "
    "0;"
    "CREATE INDEX receipt_held ON receipt (account, name, id) WHERE result = 4;"
    "CREATE UNIQUE INDEX receipt_object ON receipt (object) WHERE result = 4;"

    /* hidden: 0, or when it was hidden. sha256 and received are the current version's.
       Names are unique among what can be seen; a name that was hidden may be taken by a
       rename. */
    "CREATE TABLE document ("
    " id INTEGER PRIMARY KEY, operation INTEGER NOT NULL REFERENCES operation,"
    " rfc TEXT NOT NULL, name TEXT NOT NULL, type TEXT NOT NULL, version INTEGER NOT "
    "NULL,"
    " sha256 BLOB NOT NULL CHECK (length(sha256) = 32), received INTEGER NOT NULL,"
    " bucket INTEGER NOT NULL, hidden INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX document_named ON document (operation, name);"
    "CREATE UNIQUE INDEX document_visible ON document (operation, name) WHERE hidden = 0;"
    "CREATE INDEX document_bytes ON document (operation, sha256) WHERE hidden = 0;"
    "CREATE INDEX document_bucket ON document (rfc, bucket, name, id, received)"
    " WHERE hidden = 0;"

    "CREATE TABLE version ("
    " document INTEGER NOT NULL REFERENCES document, number INTEGER NOT NULL,"
    " object TEXT NOT NULL UNIQUE, account TEXT NOT NULL, media_type TEXT NOT NULL,"
    " size INTEGER NOT NULL, modified INTEGER NOT NULL,"
    " receipt INTEGER NOT NULL REFERENCES receipt,"
    " PRIMARY KEY (document, number)"
    ") STRICT, WITHOUT ROWID;"

    "CREATE TABLE folio (year INTEGER PRIMARY KEY, number INTEGER NOT NULL) STRICT;"

    "CREATE TABLE ledger ("
    " sequence INTEGER PRIMARY KEY, time INTEGER NOT NULL, kind TEXT NOT NULL,"
    " account TEXT NOT NULL, address TEXT NOT NULL, detail TEXT NOT NULL,"
    " hash BLOB NOT NULL CHECK (length(hash) = 32)"
    ") STRICT;"
    /* Against our own mistakes; who tampers drops these first, and the hashes tell. */
    "CREATE TRIGGER ledger_update BEFORE UPDATE ON ledger"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
    "CREATE TRIGGER ledger_delete BEFORE DELETE ON ledger"
    " BEGIN SELECT RAISE(ABORT, 'the ledger is append-only'); END;"
    /* Where it ends, so that an end that was cut off shows too. */
    "CREATE TABLE ledger_head ("
    " id INTEGER PRIMARY KEY CHECK (id = 1), sequence INTEGER NOT NULL,"
    " hash BLOB NOT NULL CHECK (length(hash) = 32)"
    ") STRICT;"
    "INSERT INTO ledger_head VALUES (1, 0, zeroblob(32));";

static bool schema_create(struct connection *connection, struct err *err)
{
    char numbers[96];
    snprintf(numbers, sizeof numbers, "PRAGMA application_id=%d; PRAGMA user_version=%d;",
             SCHEMA_APPLICATION, SCHEMA_VERSION);
    return connection_exec(connection, "BEGIN IMMEDIATE", err) &&
           connection_exec(connection, tables, err) &&
           connection_exec(connection, usage_table, err) &&
           connection_exec(connection, numbers, err) &&
           connection_exec(connection, "COMMIT", err);
}

/* Version 1 did not keep count. */
static bool schema_upgrade_1(struct connection *connection, struct err *err)
{
    return connection_exec(connection, "BEGIN IMMEDIATE", err) &&
           connection_exec(connection, usage_table, err) &&
           connection_exec(connection, sql_source(SQL_USAGE_COUNT), err) &&
           connection_exec(connection, "PRAGMA user_version=2; COMMIT", err);
}

bool schema_apply(struct connection *connection, struct err *err)
{
    int64_t application = 0, version = 0, pages = 0;
    if (!connection_exec(connection, "PRAGMA journal_mode=WAL", err) ||
        !connection_pragma(connection, "application_id", &application, err) ||
        !connection_pragma(connection, "user_version", &version, err) ||
        !connection_pragma(connection, "schema_version", &pages, err)) {
        return false;
    }
    if (application == 0 && version == 0 && pages == 0) {
        return schema_create(connection, err);
    }
    if (application != SCHEMA_APPLICATION) {
        return err_set(err, ERR_CORRUPT, "catalogue.db is not a catalogue of Garita");
    }
    if (version == 1) {
        return schema_upgrade_1(connection, err);
    }
    if (version != SCHEMA_VERSION) {
        return err_set(err, ERR_CORRUPT, "catalogue.db has version %" PRId64 ", not %d",
                       version, SCHEMA_VERSION);
    }
    return true;
}
