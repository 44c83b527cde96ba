/*
 * Opening the catalogue, and the writer: a thread that takes every change that waits,
 * makes them in one transaction and commits it. Runs in the registry; the loop's thread
 * submits and hears of the result, the writer's thread does the rest.
 *
 * What may fail, and what then:
 * - The disk is full for one change: that change is CHANGE_FAILED, the others go on.
 *   SQLite may then have taken the whole transaction back: it is made again without that
 *   change.
 * - The disk is full at COMMIT: everything is rolled back and all of the batch is
 *   CHANGE_FAILED. Nothing was acknowledged, the database is as before, the process lives
 *   on.
 * - Anything else (an I/O error, above all of fsync; a damaged file): the process ends.
 *   After a failed fsync the kernel has forgotten which pages were not written, and
 *   trying again would report success for lost data. The next start reads what is really
 *   on disk.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "registry/catalogue_inside.h"

enum { CHECKPOINT_FRAMES = 1000, PATH_SIZE = 4096 };

/* ---- the writer's thread ----------------------------------------------------------- */

static int on_commit(void *context, struct sqlite3 *database, const char *name,
                     int frames)
{
    (void)database;
    (void)name;
    struct catalogue *catalogue = context;
    atomic_store(&catalogue->frames, frames);
    return SQLITE_OK;
}

/* A reader that is busy leaves a part for the next time, and so does a full disk: what is
   not copied stays in the write-ahead log. Everything else is the end, as at a commit. */
static void checkpoint_run(struct catalogue *catalogue)
{
    int code = sqlite3_wal_checkpoint_v2(catalogue->writer.database, NULL,
                                         SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    int kind = code & 0xff;
    if (kind != SQLITE_OK && kind != SQLITE_BUSY && kind != SQLITE_FULL) {
        die("catalogue: checkpoint: %s (%d)", sqlite3_errmsg(catalogue->writer.database),
            code);
    }
}

static struct change *change_of(struct catalogue *catalogue, struct worker_job *job)
{
    return job == &catalogue->checkpoint ? NULL : (struct change *)job;
}
_Static_assert(offsetof(struct change, job) == 0, "a job of the writer is its change");

static bool run(struct catalogue *catalogue, enum sql sql)
{
    AUTO_RESET struct sqlite3_stmt *statement = sql_use(&catalogue->writer, sql);
    return sql_do(&catalogue->writer, statement);
}

static void set_results(struct catalogue *catalogue, struct worker_job *first,
                        enum change_result result)
{
    for (struct worker_job *job = first; job; job = job->next) {
        struct change *change = change_of(catalogue, job);
        if (change) {
            change->result = result;
        }
    }
}

static void ledger_load_or_die(struct catalogue *catalogue)
{
    if (!ledger_load(catalogue)) {
        die("catalogue: read the ledger's head: %s",
            sqlite3_errmsg(catalogue->writer.database));
    }
}

static void batch_commit(struct catalogue *catalogue, struct worker_job *first)
{
    if (ledger_save(catalogue) && run(catalogue, SQL_COMMIT)) {
        return;
    }
    int code = catalogue->writer.code;
    if ((code & 0xff) != SQLITE_FULL) {
        die("catalogue: commit: %s (%d)", sqlite3_errmsg(catalogue->writer.database),
            code);
    }
    if (!sqlite3_get_autocommit(catalogue->writer.database) &&
        !run(catalogue, SQL_ROLLBACK)) {
        die("catalogue: rollback: %s", sqlite3_errmsg(catalogue->writer.database));
    }
    set_results(catalogue, first, CHANGE_FAILED);
    ledger_load_or_die(catalogue);
}

/* False when SQLite took the transaction back; one more change is then CHANGE_FAILED. */
static bool batch_try(struct catalogue *catalogue, struct worker_job *first)
{
    if (!run(catalogue, SQL_BEGIN)) {
        die("catalogue: begin: %s (%d)", sqlite3_errmsg(catalogue->writer.database),
            catalogue->writer.code);
    }
    for (struct worker_job *job = first; job; job = job->next) {
        struct change *change = change_of(catalogue, job);
        if (!change || change->result == CHANGE_FAILED) {
            continue;
        }
        if (!change_apply(catalogue, change)) {
            ledger_load_or_die(catalogue);
            return false;
        }
    }
    batch_commit(catalogue, first);
    return true;
}

static void batch_run(void *context, struct worker_job *first)
{
    struct catalogue *catalogue = context;
    bool changes = false;
    bool checkpoint = false;
    for (struct worker_job *job = first; job; job = job->next) {
        changes |= job != &catalogue->checkpoint;
        checkpoint |= job == &catalogue->checkpoint;
    }
    if (changes) {
        set_results(catalogue, first, CHANGE_DONE);
        while (!batch_try(catalogue, first)) {
        }
    }
    for (struct worker_job *job = first; job; job = job->next) {
        struct change *change = change_of(catalogue, job);
        if (change && change->result == CHANGE_DONE) {
            change_settled(change);
        }
    }
    if (checkpoint) {
        checkpoint_run(catalogue);
    }
}

/* ---- the loop's thread ------------------------------------------------------------- */

static void on_checkpoint_done(struct worker_job *job)
{
    struct catalogue *catalogue =
        (struct catalogue *)((char *)job - offsetof(struct catalogue, checkpoint));
    catalogue->checkpoint_asked = false;
}

/* A checkpoint is a job of its own, asked for after the answers went out: nobody's commit
   waits for it but those that come while it runs. */
static void checkpoint_ask(struct catalogue *catalogue)
{
    if (catalogue->closing || catalogue->checkpoint_asked ||
        atomic_load(&catalogue->frames) < CHECKPOINT_FRAMES) {
        return;
    }
    catalogue->checkpoint_asked = true;
    catalogue->checkpoint.done = on_checkpoint_done;
    workers_submit(catalogue->workers, &catalogue->checkpoint);
}

static void on_change_done(struct worker_job *job)
{
    struct change *change = (struct change *)job;
    struct catalogue *catalogue = change->catalogue;
    checkpoint_ask(catalogue);
    change->done(change);
}

void catalogue_submit(struct catalogue *catalogue, struct change *change)
{
    change->catalogue = catalogue;
    change->job.done = on_change_done;
    workers_submit(catalogue->workers, &change->job);
}

/* SQLite would make the file readable for everyone. The descriptor is closed before
   SQLite opens the file: closing one later would drop the locks of the process. */
static bool make_file(const char *directory, const char *path, struct err *err)
{
    AUTO_CLOSE int folder = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    AUTO_CLOSE int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (folder < 0 || file < 0) {
        return err_sys(err, errno, "open %s", path);
    }
    if (fsync(folder) < 0) {
        return err_sys(err, errno, "sync folder %s", directory);
    }
    return true;
}

/* The writer comes first: it makes the schema and recovers the write-ahead log, so that
   the read-only connection finds both. */
static bool open_connections(struct catalogue *catalogue, const char *path,
                             struct err *err)
{
    if (!connection_open(&catalogue->writer, path, SQL_WHOSE_WRITER, err) ||
        !schema_apply(&catalogue->writer, err) ||
        !connection_prepare(&catalogue->writer, SQL_WHOSE_WRITER, err)) {
        return false;
    }
    sqlite3_wal_hook(catalogue->writer.database, on_commit, catalogue);
    if (!ledger_load(catalogue)) {
        return err_set(err, ERR_CORRUPT, "catalogue.db has no head of the ledger");
    }
    return connection_open(&catalogue->reader, path, SQL_WHOSE_READER, err) &&
           connection_prepare(&catalogue->reader, SQL_WHOSE_READER, err);
}

struct catalogue *catalogue_open(struct loop *loop, const char *directory,
                                 struct err *err)
{
    char path[PATH_SIZE];
    if (snprintf(path, sizeof path, "%s/catalogue.db", directory) >= (int)sizeof path) {
        err_set(err, ERR_LIMIT, "open %s: name too long", directory);
        return NULL;
    }
    AUTO(catalogue) catalogue = calloc(1, sizeof *catalogue);
    if (!catalogue) {
        err_sys(err, ENOMEM, "open %s", path);
        return NULL;
    }
    if (!make_file(directory, path, err) || !open_connections(catalogue, path, err)) {
        return NULL;
    }
    const struct workers_options options = {.name = "catalogue",
                                            .threads = 1,
                                            .batch = batch_run,
                                            .batch_context = catalogue};
    catalogue->workers = workers_new(loop, &options, err);
    if (!catalogue->workers) {
        return NULL;
    }
    return TAKE_PTR(catalogue);
}

void catalogue_close(struct catalogue *catalogue)
{
    if (!catalogue) {
        return;
    }
    catalogue->closing = true;
    workers_free(catalogue->workers);
    /* The reader first: the last to close makes a checkpoint, and that is the
       writer's. */
    connection_close(&catalogue->reader);
    connection_close(&catalogue->writer);
    free(catalogue);
}
