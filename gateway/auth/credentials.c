/*
 * SQLite behind credentials.h. Run by garita-auth. The only process that opens this file holds it
 * with an exclusive lock, so that the write-ahead index lives in its memory and the sandbox
 * needs no shared mapping. Statements are few and rarely run: each is prepared where it is used.
 */
#include "auth/credentials.h"

#include <stdio.h>

#include <sqlite3.h>

#include "base/clock.h"

enum { SCHEMA_VERSION = 1 };

struct credentials {
    sqlite3 *database;
};

static const char settings[] = "PRAGMA locking_mode=EXCLUSIVE;"
                               "PRAGMA journal_mode=WAL;"
                               "PRAGMA synchronous=FULL;"
                               "PRAGMA temp_store=MEMORY;"
                               "PRAGMA secure_delete=ON;" /* old hashes do not linger */
                               "PRAGMA trusted_schema=OFF;"
                               "PRAGMA cell_size_check=ON;";

static const char schema[] =
    "BEGIN IMMEDIATE;"
    "CREATE TABLE password("
    "  account TEXT PRIMARY KEY, hash TEXT NOT NULL, set_at INTEGER NOT NULL) STRICT;"
    "CREATE TABLE public_key("
    "  account TEXT NOT NULL, key BLOB NOT NULL, fingerprint TEXT NOT NULL,"
    "  comment TEXT NOT NULL, added_at INTEGER NOT NULL, PRIMARY KEY(account, key)) "
    "STRICT;"
    "CREATE TABLE disabled(account TEXT PRIMARY KEY, since INTEGER NOT NULL) STRICT;"
    "PRAGMA user_version=1;"
    "COMMIT;";

static void finalize(sqlite3_stmt **statement)
{
    sqlite3_finalize(*statement);
}

#define AUTO_STATEMENT __attribute__((cleanup(finalize)))

static bool err_database(struct err *err, struct credentials *credentials,
                         const char *what)
{
    return err_set(err, ERR_SYSTEM, "auth.db: %s: %s", what,
                   sqlite3_errmsg(credentials->database));
}

static void die_database(struct credentials *credentials)
{
    die("auth.db: %s", sqlite3_errmsg(credentials->database));
}

/* Binds the account as ?1. NULL: the database failed. */
static sqlite3_stmt *prepare(struct credentials *credentials, const char *sql,
                             const char *account)
{
    sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(credentials->database, sql, -1, &statement, NULL) !=
            SQLITE_OK ||
        sqlite3_bind_text(statement, 1, account, -1, SQLITE_STATIC) != SQLITE_OK) {
        sqlite3_finalize(statement);
        return NULL;
    }
    return statement;
}

static sqlite3_stmt *look_up(struct credentials *credentials, const char *sql,
                             const char *account)
{
    sqlite3_stmt *statement = prepare(credentials, sql, account);
    if (!statement) {
        die_database(credentials);
    }
    return statement;
}

/* True: a row; false: the end. */
static bool next_row(struct credentials *credentials, sqlite3_stmt *statement)
{
    int result = sqlite3_step(statement);
    if (result != SQLITE_ROW && result != SQLITE_DONE) {
        die_database(credentials);
    }
    return result == SQLITE_ROW;
}

static void copy_text(sqlite3_stmt *statement, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    snprintf(out, size, "%s", text ? (const char *)text : "");
}

/* ---- opening ----------------------------------------------------------------------- */

bool credentials_init(struct err *err)
{
    uint8_t byte;
    if (sqlite3_initialize() != SQLITE_OK) {
        return err_set(err, ERR_SYSTEM, "SQLite does not start");
    }
    /* Makes SQLite read its seed now: /dev/urandom is out of reach later. */
    sqlite3_randomness(sizeof byte, &byte);
    return true;
}

static bool run(struct credentials *credentials, const char *sql, const char *what,
                struct err *err)
{
    if (sqlite3_exec(credentials->database, sql, NULL, NULL, NULL) != SQLITE_OK) {
        return err_database(err, credentials, what);
    }
    return true;
}

static bool read_version(struct credentials *credentials, int *version, struct err *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(credentials->database, "PRAGMA user_version", -1, &statement,
                           NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        return err_database(err, credentials, "read its version");
    }
    *version = sqlite3_column_int(statement, 0);
    return true;
}

static bool check(struct credentials *credentials, struct err *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = NULL;
    if (sqlite3_prepare_v2(credentials->database, "PRAGMA integrity_check(1)", -1,
                           &statement, NULL) != SQLITE_OK ||
        sqlite3_step(statement) != SQLITE_ROW) {
        return err_database(err, credentials, "check");
    }
    const char *verdict = (const char *)sqlite3_column_text(statement, 0);
    if (!verdict || strcmp(verdict, "ok") != 0) {
        return err_set(err, ERR_CORRUPT, "auth.db is damaged: %s",
                       verdict ? verdict : "");
    }
    return true;
}

static bool set_up(struct credentials *credentials, struct err *err)
{
    int version = 0;
    sqlite3_db_config(credentials->database, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
    if (!run(credentials, settings, "set up", err) ||
        !read_version(credentials, &version, err)) {
        return false;
    }
    if (version == 0) {
        return run(credentials, schema, "make its tables", err);
    }
    if (version != SCHEMA_VERSION) {
        return err_set(err, ERR_CORRUPT, "auth.db has version %d, not %d", version,
                       SCHEMA_VERSION);
    }
    return check(credentials, err);
}

struct credentials *credentials_open(const char *directory, struct err *err)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/auth.db", directory) >= (int)sizeof path) {
        err_set(err, ERR_INPUT, "the directory's name is too long");
        return NULL;
    }
    AUTO(credentials) credentials = calloc(1, sizeof *credentials);
    if (!credentials) {
        err_set(err, ERR_SYSTEM, "out of memory");
        return NULL;
    }
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX |
                SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_EXRESCODE;
    if (sqlite3_open_v2(path, &credentials->database, flags, NULL) != SQLITE_OK) {
        err_set(err, ERR_SYSTEM, "auth.db: open: %s",
                credentials->database ? sqlite3_errmsg(credentials->database)
                                      : "out of memory");
        return NULL;
    }
    if (!set_up(credentials, err)) {
        return NULL;
    }
    return TAKE_PTR(credentials);
}

void credentials_close(struct credentials *credentials)
{
    if (credentials) {
        sqlite3_close(credentials->database);
        free(credentials);
    }
}

/* ---- looking up -------------------------------------------------------------------- */

struct credential_summary credentials_summary(struct credentials *credentials,
                                              const char *account)
{
    AUTO_STATEMENT sqlite3_stmt *statement =
        look_up(credentials,
                "SELECT EXISTS(SELECT 1 FROM disabled WHERE account=?1),"
                " (SELECT set_at FROM password WHERE account=?1),"
                " (SELECT count(*) FROM public_key WHERE account=?1)",
                account);
    if (!next_row(credentials, statement)) {
        die_database(credentials);
    }
    return (struct credential_summary){
        .disabled = sqlite3_column_int(statement, 0) != 0,
        .has_password = sqlite3_column_type(statement, 1) != SQLITE_NULL,
        .password_set_at = sqlite3_column_int64(statement, 1),
        .keys = (uint32_t)sqlite3_column_int(statement, 2)};
}

bool credentials_disabled(struct credentials *credentials, const char *account)
{
    AUTO_STATEMENT sqlite3_stmt *statement =
        look_up(credentials, "SELECT 1 FROM disabled WHERE account=?1", account);
    return next_row(credentials, statement);
}

bool credentials_has_key(struct credentials *credentials, const char *account,
                         struct bytes blob)
{
    AUTO_STATEMENT sqlite3_stmt *statement = look_up(
        credentials, "SELECT 1 FROM public_key WHERE account=?1 AND key=?2", account);
    if (sqlite3_bind_blob64(statement, 2, blob.size > 0 ? (const void *)blob.at : "",
                            blob.size, SQLITE_STATIC) != SQLITE_OK) {
        die_database(credentials);
    }
    return next_row(credentials, statement);
}

bool credentials_password(struct credentials *credentials, const char *account,
                          char phc[PASSWORD_PHC_SIZE])
{
    AUTO_STATEMENT sqlite3_stmt *statement =
        look_up(credentials, "SELECT hash FROM password WHERE account=?1", account);
    if (!next_row(credentials, statement)) {
        return false;
    }
    copy_text(statement, 0, phc, PASSWORD_PHC_SIZE);
    return true;
}

size_t credentials_keys(struct credentials *credentials, const char *account,
                        struct credential_key keys[CREDENTIALS_KEYS_MAX])
{
    AUTO_STATEMENT sqlite3_stmt *statement =
        look_up(credentials,
                "SELECT fingerprint, comment, added_at FROM public_key WHERE account=?1"
                " ORDER BY added_at, fingerprint",
                account);
    size_t count = 0;
    while (count < CREDENTIALS_KEYS_MAX && next_row(credentials, statement)) {
        struct credential_key *key = &keys[count++];
        copy_text(statement, 0, key->fingerprint, sizeof key->fingerprint);
        copy_text(statement, 1, key->comment, sizeof key->comment);
        key->added_at = sqlite3_column_int64(statement, 2);
    }
    return count;
}

/* ---- changing ---------------------------------------------------------------------- */

/* One statement is one transaction: with synchronous=FULL it is on disk when it is done. */
static bool change(struct credentials *credentials, sqlite3_stmt *statement,
                   struct err *err)
{
    if (!statement || sqlite3_step(statement) != SQLITE_DONE) {
        return err_database(err, credentials, "write");
    }
    return true;
}

bool credentials_set_password(struct credentials *credentials, const char *account,
                              const char *phc, struct err *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement = prepare(
        credentials, "INSERT OR REPLACE INTO password VALUES(?1, ?2, ?3)", account);
    if (statement) {
        sqlite3_bind_text(statement, 2, phc, -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 3, clock_wall_us());
    }
    return change(credentials, statement, err);
}

bool credentials_add_key(struct credentials *credentials, const char *account,
                         const struct key_line *line, struct err *err)
{
    struct bytes blob = {line->blob, line->blob_size};
    char fingerprint[KEY_FINGERPRINT_SIZE];
    key_fingerprint(blob, fingerprint);
    if (credentials_has_key(credentials, account, blob)) {
        return err_set(err, ERR_LIMIT, "The account has this key already.");
    }
    if (credentials_summary(credentials, account).keys >= CREDENTIALS_KEYS_MAX) {
        return err_set(err, ERR_LIMIT, "The account has too many keys.");
    }
    AUTO_STATEMENT sqlite3_stmt *statement = prepare(
        credentials, "INSERT INTO public_key VALUES(?1, ?2, ?3, ?4, ?5)", account);
    if (statement) {
        sqlite3_bind_blob64(statement, 2, blob.at, blob.size, SQLITE_STATIC);
        sqlite3_bind_text(statement, 3, fingerprint, -1, SQLITE_STATIC);
        sqlite3_bind_text(statement, 4, line->comment, -1, SQLITE_STATIC);
        sqlite3_bind_int64(statement, 5, clock_wall_us());
    }
    return change(credentials, statement, err);
}

bool credentials_remove_key(struct credentials *credentials, const char *account,
                            const char *fingerprint, struct err *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement =
        prepare(credentials, "DELETE FROM public_key WHERE account=?1 AND fingerprint=?2",
                account);
    if (statement) {
        sqlite3_bind_text(statement, 2, fingerprint, -1, SQLITE_STATIC);
    }
    if (!change(credentials, statement, err)) {
        return false;
    }
    if (sqlite3_changes(credentials->database) == 0) {
        return err_set(err, ERR_NOT_FOUND,
                       "The account has no key with this fingerprint.");
    }
    return true;
}

bool credentials_set_disabled(struct credentials *credentials, const char *account,
                              bool disabled, struct err *err)
{
    AUTO_STATEMENT sqlite3_stmt *statement =
        prepare(credentials,
                disabled ? "INSERT OR IGNORE INTO disabled VALUES(?1, ?2)"
                         : "DELETE FROM disabled WHERE account=?1",
                account);
    if (statement && disabled) {
        sqlite3_bind_int64(statement, 2, clock_wall_us());
    }
    return change(credentials, statement, err);
}
