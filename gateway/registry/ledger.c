/*
 * The ledger: appending on the writer's thread, reading and verifying on the loop's. Runs
 * in the registry. ledger.h has the form of an entry.
 *
 * SECURITY: an entry's line must have one reading. So '|' and control characters are
 * escaped in the account and the address (the account of a failed login is whatever
 * somebody typed) before they enter, and the verifier takes an entry that has them, or a
 * text that is longer than we write, for a forgery even where the hash fits.
 */
#include "registry/ledger.h"

#include <ctype.h>
#include <inttypes.h>
#include <sha2.h>

#include "base/clock.h"
#include "base/log.h"
#include "registry/catalogue_inside.h"

enum {
    LINE_MAX_SIZE = 64 + CATALOGUE_CODE_SIZE + CATALOGUE_ACCOUNT_SIZE +
                    CATALOGUE_ADDRESS_SIZE + CATALOGUE_DETAIL_SIZE
};

void ledger_format(const struct ledger_entry *entry, struct buf *line)
{
    struct civil_time time = civil_time(entry->time);
    buf_printf(line,
               "%" PRId64 "|%04" PRId64 "-%02d-%02dT%02d:%02d:%02d.%06dZ|%s|%s|%s|%s\n",
               entry->sequence, time.year, time.month, time.day, time.hour, time.minute,
               time.second, time.microsecond, entry->kind, entry->account, entry->address,
               entry->detail);
}

void ledger_hash(const uint8_t before[32], const struct ledger_entry *entry,
                 uint8_t hash[32])
{
    struct buf line;
    buf_init(&line, LINE_MAX_SIZE);
    ledger_format(entry, &line);
    if (line.failed) {
        bug("ledger: no room for an entry");
    }
    struct bytes text = buf_view(&line);
    SHA2_CTX sha;
    SHA256Init(&sha);
    SHA256Update(&sha, before, 32);
    SHA256Update(&sha, text.at, text.size);
    SHA256Final(hash, &sha);
    buf_done(&line);
}

/* ---- the writer's thread ----------------------------------------------------------- */

static void put_kind(const char *event, char kind[CATALOGUE_CODE_SIZE])
{
    size_t used = 0;
    for (; event[used] && used < CATALOGUE_CODE_SIZE - 1; used++) {
        kind[used] = (char)tolower((unsigned char)event[used]);
    }
    kind[used] = '\0';
}

static void put_word(const char *word, char *out, size_t size)
{
    log_escape(word, strlen(word), out, size);
    for (size_t i = 0; out[i]; i++) {
        if (out[i] == '|') {
            out[i] = '/';
        }
    }
}

/* Its values were escaped by whoever put it together; this holds the line together. */
static void put_detail(const char *text, char detail[CATALOGUE_DETAIL_SIZE])
{
    size_t used = 0;
    for (; text[used] && used < CATALOGUE_DETAIL_SIZE - 1; used++) {
        detail[used] = iscntrl((unsigned char)text[used]) ? '?' : text[used];
    }
    detail[used] = '\0';
}

static bool insert(struct connection *writer, const struct ledger_entry *entry)
{
    AUTO_RESET struct sqlite3_stmt *add = sql_use(writer, SQL_LEDGER_ADD);
    sql_put_integer(add, 1, entry->sequence);
    sql_put_integer(add, 2, entry->time);
    sql_put_text(add, 3, entry->kind);
    sql_put_text(add, 4, entry->account);
    sql_put_text(add, 5, entry->address);
    sql_put_text(add, 6, entry->detail);
    sql_put_blob(add, 7, entry->hash, sizeof entry->hash);
    return sql_do(writer, add);
}

bool ledger_append(struct catalogue *catalogue, const struct change *change)
{
    if (!change->event) {
        return true;
    }
    struct ledger_entry entry = {.sequence = catalogue->head.sequence + 1,
                                 .time = clock_wall_us()};
    put_kind(change->event, entry.kind);
    put_word(change->account, entry.account, sizeof entry.account);
    put_word(change->address, entry.address, sizeof entry.address);
    put_detail(change->detail, entry.detail);
    ledger_hash(catalogue->head.hash, &entry, entry.hash);
    if (!insert(&catalogue->writer, &entry)) {
        return false;
    }
    catalogue->head.sequence = entry.sequence;
    memcpy(catalogue->head.hash, entry.hash, sizeof entry.hash);
    return true;
}

/* From the head and not from the last row: where rows were cut off the end, the next
   entry must not close the gap. */
static bool head_read(struct connection *connection, struct ledger_head *head)
{
    AUTO_RESET struct sqlite3_stmt *read = sql_use(connection, SQL_LEDGER_HEAD);
    bool found = false;
    if (!sql_find(connection, read, &found) || !found) {
        return false;
    }
    head->sequence = sqlite3_column_int64(read, 0);
    sql_get_digest(read, 1, head->hash);
    return true;
}

bool ledger_load(struct catalogue *catalogue)
{
    return head_read(&catalogue->writer, &catalogue->head);
}

bool ledger_save(struct catalogue *catalogue)
{
    AUTO_RESET struct sqlite3_stmt *set =
        sql_use(&catalogue->writer, SQL_LEDGER_HEAD_SET);
    sql_put_integer(set, 1, catalogue->head.sequence);
    sql_put_blob(set, 2, catalogue->head.hash, sizeof catalogue->head.hash);
    return sql_do(&catalogue->writer, set);
}

/* ---- the loop's thread ------------------------------------------------------------- */

/* False when the row is none that we could have written; entry is then as much as
   fits. */
static bool get_entry(struct sqlite3_stmt *row, struct ledger_entry *entry)
{
    entry->sequence = sqlite3_column_int64(row, 0);
    entry->time = sqlite3_column_int64(row, 1);
    bool whole = sql_copy_text(row, 2, entry->kind, sizeof entry->kind);
    whole &= sql_copy_text(row, 3, entry->account, sizeof entry->account);
    whole &= sql_copy_text(row, 4, entry->address, sizeof entry->address);
    whole &= sql_copy_text(row, 5, entry->detail, sizeof entry->detail);
    const void *hash = sqlite3_column_blob(row, 6);
    bool digest = hash && sqlite3_column_bytes(row, 6) == 32;
    memset(entry->hash, 0, sizeof entry->hash);
    if (digest) {
        memcpy(entry->hash, hash, sizeof entry->hash);
    }
    return whole && digest && !strchr(entry->kind, '|') && !strchr(entry->account, '|') &&
           !strchr(entry->address, '|');
}

size_t ledger_read(struct catalogue *catalogue, int64_t after, struct ledger_entry *rows,
                   size_t most)
{
    AUTO_RESET struct sqlite3_stmt *read = sql_use(&catalogue->reader, SQL_LEDGER_READ);
    sql_put_integer(read, 1, after);
    sql_put_integer(read, 2, (int64_t)most);
    size_t count = 0;
    while (count < most && sql_next(&catalogue->reader, read)) {
        get_entry(read, &rows[count++]);
    }
    return count;
}

int64_t ledger_last(struct catalogue *catalogue)
{
    struct ledger_head head;
    if (!head_read(&catalogue->reader, &head)) {
        die("the ledger has no head");
    }
    return head.sequence;
}

/* True when the row is the entry that follows, and the walk has moved on to it. */
static bool follows(struct sqlite3_stmt *row, struct ledger_walk *walk)
{
    struct ledger_entry entry;
    uint8_t hash[32];
    if (!get_entry(row, &entry) || entry.sequence != walk->sequence + 1) {
        return false;
    }
    ledger_hash(walk->hash, &entry, hash);
    if (memcmp(hash, entry.hash, sizeof hash) != 0) {
        return false;
    }
    walk->sequence = entry.sequence;
    memcpy(walk->hash, hash, sizeof hash);
    return true;
}

/* At the end of the rows, what the head says must be the last of them. */
static void check_end(struct catalogue *catalogue, struct ledger_walk *walk)
{
    struct ledger_head head;
    walk->finished = true;
    walk->broken = !head_read(&catalogue->reader, &head) ||
                   head.sequence != walk->sequence ||
                   memcmp(head.hash, walk->hash, sizeof head.hash) != 0;
}

static void verify(struct catalogue *catalogue, struct ledger_walk *walk, size_t most)
{
    AUTO_RESET struct sqlite3_stmt *read = sql_use(&catalogue->reader, SQL_LEDGER_READ);
    sql_put_integer(read, 1, walk->sequence);
    sql_put_integer(read, 2, (int64_t)most);
    for (size_t count = 0; count < most; count++) {
        if (!sql_next(&catalogue->reader, read)) {
            check_end(catalogue, walk);
            return;
        }
        if (!follows(read, walk)) {
            walk->broken = true;
            walk->finished = true;
            return;
        }
    }
}

static void run(struct catalogue *catalogue, enum sql sql)
{
    AUTO_RESET struct sqlite3_stmt *statement = sql_use(&catalogue->reader, sql);
    sql_next(&catalogue->reader, statement);
}

/* The entries and the head are read as of one moment, while the writer goes on. */
void ledger_verify(struct catalogue *catalogue, struct ledger_walk *walk, size_t most)
{
    if (walk->finished) {
        return;
    }
    run(catalogue, SQL_SNAPSHOT);
    verify(catalogue, walk, most);
    run(catalogue, SQL_SNAPSHOT_END);
}
