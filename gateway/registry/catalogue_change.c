/*
 * Making one change, inside the transaction and a savepoint of its own. Runs in the
 * registry, on the writer's thread. Whether somebody may do it was decided before
 * (policy_decide()); here is only whether it is possible. A change may be made more than
 * once, when SQLite took a transaction back: it must not destroy what it reads.
 *
 * A function returns false when SQLite failed; what is not possible is a result.
 */
#include "base/clock.h"
#include "base/log.h"
#include "registry/catalogue_inside.h"

static bool upload_put(struct catalogue *catalogue, struct change *change)
{
    const struct upload_row *upload = &change->upload;
    AUTO_RESET struct sqlite3_stmt *put = sql_use(&catalogue->writer, SQL_UPLOAD_PUT);
    sql_put_text(put, 1, upload->object);
    sql_put_text(put, 2, upload->account);
    sql_put_text(put, 3, upload->folder);
    sql_put_text(put, 4, upload->name);
    sql_put_integer(put, 5, upload->state);
    sql_put_integer(put, 6, (int64_t)upload->size);
    sql_put_integer(put, 7, upload->modified);
    sql_put_integer(put, 8, upload->begun);
    return sql_do(&catalogue->writer, put);
}

/* After a statement that had to touch a row. */
static bool touched(struct catalogue *catalogue, struct change *change, bool worked)
{
    if (worked && sqlite3_changes(catalogue->writer.database) == 0) {
        change->result = CHANGE_MISSING;
    }
    return worked;
}

static bool upload_drop(struct catalogue *catalogue, struct change *change)
{
    AUTO_RESET struct sqlite3_stmt *drop = sql_use(&catalogue->writer, SQL_UPLOAD_DROP);
    sql_put_text(drop, 1, change->upload.object);
    return touched(catalogue, change, sql_do(&catalogue->writer, drop));
}

static bool operation_id(struct catalogue *catalogue, struct operation_row *operation,
                         const char *name)
{
    AUTO_RESET struct sqlite3_stmt *find = sql_use(&catalogue->writer, SQL_OPERATION_ID);
    sql_put_text(find, 1, operation->rfc);
    sql_put_integer(find, 2, operation->key.year);
    sql_put_text(find, 3, name);
    bool found = false;
    if (!sql_find(&catalogue->writer, find, &found)) {
        return false;
    }
    if (found) {
        operation->id = sqlite3_column_int64(find, 0);
    }
    return true;
}

static bool operation_add(struct catalogue *catalogue, struct change *change)
{
    struct operation_row *operation = &change->operation;
    char name[OPERATION_NAME_MAX];
    operation_key_format(&operation->key, name);
    if (operation->created == 0) {
        operation->created = clock_wall_us();
    }
    AUTO_RESET struct sqlite3_stmt *add = sql_use(&catalogue->writer, SQL_OPERATION_ADD);
    sql_put_text(add, 1, operation->rfc);
    sql_put_integer(add, 2, operation->key.year);
    sql_put_text(add, 3, name);
    sql_put_text(add, 4, operation->key.aduana);
    sql_put_text(add, 5, operation->key.patente);
    sql_put_text(add, 6, operation->key.pedimento);
    sql_put_integer(add, 7, operation->created);
    if (!sql_do(&catalogue->writer, add)) {
        return false;
    }
    if (sqlite3_changes(catalogue->writer.database) == 0) {
        change->result = CHANGE_EXISTS;
    }
    return operation_id(catalogue, operation, name);
}

/* Whether another visible document of the same operation has the name. */
static bool name_taken(struct catalogue *catalogue, const struct document_row *document,
                       int64_t operation, bool *taken)
{
    AUTO_RESET struct sqlite3_stmt *find =
        sql_use(&catalogue->writer, SQL_DOCUMENT_VISIBLE);
    sql_put_integer(find, 1, operation);
    sql_put_text(find, 2, document->name);
    bool found = false;
    if (!sql_find(&catalogue->writer, find, &found)) {
        return false;
    }
    *taken = found && sqlite3_column_int64(find, 0) != document->id;
    return true;
}

static bool document_place(struct catalogue *catalogue, int64_t id, int64_t *operation,
                           bool *found)
{
    AUTO_RESET struct sqlite3_stmt *place =
        sql_use(&catalogue->writer, SQL_DOCUMENT_PLACE);
    sql_put_integer(place, 1, id);
    if (!sql_find(&catalogue->writer, place, found)) {
        return false;
    }
    *operation = *found ? sqlite3_column_int64(place, 0) : 0;
    return true;
}

static bool document_rename(struct catalogue *catalogue, struct change *change)
{
    const struct document_row *document = &change->document;
    int64_t operation = 0;
    bool found = false;
    bool taken = false;
    if (!document_place(catalogue, document->id, &operation, &found) ||
        !name_taken(catalogue, document, operation, &taken)) {
        return false;
    }
    if (!found || taken) {
        change->result = found ? CHANGE_EXISTS : CHANGE_MISSING;
        return true;
    }
    AUTO_RESET struct sqlite3_stmt *rename =
        sql_use(&catalogue->writer, SQL_DOCUMENT_RENAME);
    sql_put_integer(rename, 1, document->id);
    sql_put_text(rename, 2, document->name);
    sql_put_text(rename, 3, document->type);
    return sql_do(&catalogue->writer, rename);
}

/* A statement of an id and one number that must find its row. */
static bool set_number(struct catalogue *catalogue, struct change *change, enum sql sql,
                       int64_t id, int64_t value)
{
    AUTO_RESET struct sqlite3_stmt *set = sql_use(&catalogue->writer, sql);
    sql_put_integer(set, 1, id);
    sql_put_integer(set, 2, value);
    return touched(catalogue, change, sql_do(&catalogue->writer, set));
}

static bool document_hide(struct catalogue *catalogue, struct change *change)
{
    return set_number(catalogue, change, SQL_DOCUMENT_HIDE, change->document.id,
                      clock_wall_us());
}

static bool document_time(struct catalogue *catalogue, struct change *change)
{
    return set_number(catalogue, change, SQL_DOCUMENT_TIME, change->document.id,
                      change->document.modified);
}

static bool held_time(struct catalogue *catalogue, struct change *change)
{
    return set_number(catalogue, change, SQL_HELD_TIME, change->receipt.id,
                      change->receipt.modified);
}

/* Its ledger entry is all there is. */
static bool only_event(struct catalogue *catalogue, struct change *change)
{
    (void)catalogue;
    (void)change;
    return true;
}

/* A settlement writes its own entry, because the receipt carries its number. */
static const struct {
    bool (*make)(struct catalogue *catalogue, struct change *change);
    bool writes_entry;
} changes[] = {
    [CHANGE_UPLOAD_PUT] = {upload_put, false},
    [CHANGE_UPLOAD_DROP] = {upload_drop, false},
    [CHANGE_SETTLE] = {change_settle, true},
    [CHANGE_OPERATION_ADD] = {operation_add, false},
    [CHANGE_DOCUMENT_RENAME] = {document_rename, false},
    [CHANGE_DOCUMENT_HIDE] = {document_hide, false},
    [CHANGE_DOCUMENT_TIME] = {document_time, false},
    [CHANGE_HELD_TIME] = {held_time, false},
    [CHANGE_USAGE_RECOUNT] = {change_usage_recount, false},
    [CHANGE_EVENT] = {only_event, false},
};

static bool run(struct catalogue *catalogue, enum sql sql)
{
    AUTO_RESET struct sqlite3_stmt *statement = sql_use(&catalogue->writer, sql);
    return sql_do(&catalogue->writer, statement);
}

static bool make(struct catalogue *catalogue, struct change *change)
{
    if ((size_t)change->kind >= ARRAY_SIZE(changes)) {
        bug("catalogue: change of kind %d", (int)change->kind);
    }
    if (!run(catalogue, SQL_SAVEPOINT) ||
        !changes[change->kind].make(catalogue, change)) {
        return false;
    }
    if (change->result != CHANGE_DONE) {
        return run(catalogue, SQL_UNDO) && run(catalogue, SQL_RELEASE);
    }
    if (!changes[change->kind].writes_entry && !ledger_append(catalogue, change)) {
        return false;
    }
    return run(catalogue, SQL_RELEASE);
}

/* A full disk is a result. A constraint means that two changes contradict each other (the
   same object settled twice): the second fails, and says so. */
static void survive_or_die(struct catalogue *catalogue, const struct change *change)
{
    int code = catalogue->writer.code;
    const char *text = sqlite3_errmsg(catalogue->writer.database);
    if ((code & 0xff) == SQLITE_CONSTRAINT) {
        log_text(LOG_ERROR, "catalogue", "change %d: %s", (int)change->kind, text);
    } else if ((code & 0xff) != SQLITE_FULL) {
        die("catalogue: change %d: %s (%d)", (int)change->kind, text, code);
    }
}

bool change_apply(struct catalogue *catalogue, struct change *change)
{
    const struct ledger_head before = catalogue->head;
    change->result = CHANGE_DONE;
    if (make(catalogue, change)) {
        if (change->result != CHANGE_DONE) {
            catalogue->head = before;
        }
        return true;
    }
    survive_or_die(catalogue, change);
    change->result = CHANGE_FAILED;
    catalogue->head = before;
    if (sqlite3_get_autocommit(catalogue->writer.database)) {
        return false;
    }
    if (!run(catalogue, SQL_UNDO) || !run(catalogue, SQL_RELEASE)) {
        die("catalogue: undo: %s", sqlite3_errmsg(catalogue->writer.database));
    }
    return true;
}

struct change *change_new(enum change_kind kind)
{
    struct change *change = calloc(1, sizeof *change);
    if (!change) {
        die("no memory for a change of the catalogue");
    }
    change->kind = kind;
    change->done = change_forget;
    return change;
}

void change_forget(struct change *change)
{
    free(change);
}
