/*
 * The inside of the catalogue, for catalogue*.c and ledger*.c (and their unit tests)
 * alone: the two connections, their statements, and small helpers around SQLite.
 *
 * Threads: `reader` belongs to the loop's thread. `writer` and `head` belong to the
 * writer thread from catalogue_open() to catalogue_close(). `frames` alone is shared.
 *
 * Statements are prepared once and reset when they leave their scope (AUTO_RESET), so
 * that no read transaction outlives a call; one that stayed open would stop checkpoints.
 */
#ifndef GARITA_REGISTRY_CATALOGUE_INSIDE_H
#define GARITA_REGISTRY_CATALOGUE_INSIDE_H

#include <sqlite3.h>
#include <stdatomic.h>

#include "registry/catalogue.h"
#include "registry/ledger.h"

enum sql {
#define STATEMENT(name, whose, text) SQL_##name,
#include "registry/catalogue_statements.def"
#undef STATEMENT
    SQL_COUNT
};

enum sql_whose { SQL_WHOSE_READER = 1, SQL_WHOSE_WRITER = 2, SQL_WHOSE_BOTH = 3 };

const char *sql_source(enum sql sql);
enum sql_whose sql_whose(enum sql sql);

struct connection {
    struct sqlite3 *database;
    struct sqlite3_stmt *statements[SQL_COUNT];
    int code; /* of the last failure, extended */
};

/* The end of the ledger: sequence and hash of the last entry, 0 and zeros before the
   first. */
struct ledger_head {
    int64_t sequence;
    uint8_t hash[32];
};

struct catalogue {
    struct connection reader;
    struct connection writer;
    struct ledger_head head;
    struct workers *workers;
    struct worker_job checkpoint; /* waits in the writer's queue while checkpoint_asked */
    bool checkpoint_asked;
    bool closing;
    atomic_int frames; /* in the write-ahead log after the last commit */
};

/* ---- connections (catalogue_sql.c) ---- */

bool connection_open(struct connection *connection, const char *path,
                     enum sql_whose whose, struct err *err);
bool connection_prepare(struct connection *connection, enum sql_whose whose,
                        struct err *err);
void connection_close(struct connection *connection);

/* Runs text that needs no parameters, at the start. */
bool connection_exec(struct connection *connection, const char *text, struct err *err);
bool connection_pragma(struct connection *connection, const char *pragma, int64_t *value,
                       struct err *err);

/* ---- statements ---- */

static inline void sql_reset_(struct sqlite3_stmt **statement)
{
    sqlite3_reset(*statement);
}
#define AUTO_RESET __attribute__((cleanup(sql_reset_)))

struct sqlite3_stmt *sql_use(struct connection *connection, enum sql sql);
/* The value must live until the statement is reset. */
void sql_put_text(struct sqlite3_stmt *statement, int index, const char *text);
void sql_put_integer(struct sqlite3_stmt *statement, int index, int64_t value);
void sql_put_blob(struct sqlite3_stmt *statement, int index, const void *blob,
                  size_t size);

/* Reading: true while there is a row. Ends the process when the database fails. */
bool sql_next(struct connection *connection, struct sqlite3_stmt *statement);

/* Writing: false when it failed, and connection->code says how. sql_do() runs to the end;
   sql_find() stops at the first row and says whether there was one. */
bool sql_do(struct connection *connection, struct sqlite3_stmt *statement);
bool sql_find(struct connection *connection, struct sqlite3_stmt *statement, bool *found);

/* Columns. A text that does not fit, which we never wrote, ends the process. */
void sql_get_text(struct sqlite3_stmt *statement, int column, char *text, size_t size);
void sql_get_digest(struct sqlite3_stmt *statement, int column, uint8_t digest[32]);
/* The same for what somebody may have tampered with: false if it is not whole. */
bool sql_copy_text(struct sqlite3_stmt *statement, int column, char *text, size_t size);

/* ---- the rest ---- */

bool schema_apply(struct connection *connection, struct err *err);

/* Makes one change inside the open transaction, in a savepoint of its own. False when
   SQLite took the whole transaction back; the change is then CHANGE_FAILED. */
bool change_apply(struct catalogue *catalogue, struct change *change);
bool change_settle(struct catalogue *catalogue, struct change *change);
bool change_usage_recount(struct catalogue *catalogue, struct change *change);
/* One more file of the account's, inside the transaction that stores it. */
bool usage_add(struct connection *writer, const char *account, uint64_t size);
void change_settled(struct change *change); /* after the commit */

bool ledger_load(struct catalogue *catalogue);
bool ledger_save(struct catalogue *catalogue); /* before each commit */
bool ledger_append(struct catalogue *catalogue, const struct change *change);

/* UTC, without the C library's time zones, which live in files. */
struct civil_time {
    int64_t year;
    int month, day, hour, minute, second, microsecond;
};
struct civil_time civil_time(int64_t wall_us);
int64_t civil_month(int64_t wall_us); /* a number that grows by one a month; positive */

/*
 * Three buckets a month: its first twelve hours, its last fourteen, and what is between.
 * A calendar month of any time zone (UTC+14 to UTC-12) is then made of whole buckets but
 * for those few hours, whose rows alone are looked at in vain.
 */
enum { CIVIL_BUCKETS = 4 }; /* that a month of any time zone touches */
int64_t civil_bucket(int64_t wall_us);
/* The buckets of a span, filled up with 0, which nothing has; false if they are more. */
bool civil_buckets(int64_t from, int64_t until, int64_t buckets[CIVIL_BUCKETS]);

#endif
