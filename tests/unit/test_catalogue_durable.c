/*
 * The promise of the catalogue: what `done` said is on disk, what failed left nothing,
 * and a disk that lies ends the process. A VFS between SQLite and the files counts, holds
 * and fails the calls that matter.
 */
#include "support/store.h"

#include <semaphore.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

/* ---- the files in between ---------------------------------------------------------- */

enum { FILE_DATABASE, FILE_LOG, FILE_KINDS };

static struct {
    sqlite3_vfs vfs;
    sqlite3_vfs *real;
    const sqlite3_io_methods *real_methods;
    sqlite3_io_methods methods[FILE_KINDS];
    atomic_int write_code[FILE_KINDS]; /* instead of writing */
    atomic_int sync_code[FILE_KINDS];
    atomic_bool hold; /* the next sync of the log waits for `go` */
    sem_t held;
    sem_t go;
} fault;

static int fault_write(int kind, sqlite3_file *file, const void *bytes, int size,
                       sqlite3_int64 offset)
{
    int code = atomic_load(&fault.write_code[kind]);
    return code ? code : fault.real_methods->xWrite(file, bytes, size, offset);
}

static int fault_sync(int kind, sqlite3_file *file, int flags)
{
    if (kind == FILE_LOG && atomic_exchange(&fault.hold, false)) {
        sem_post(&fault.held);
        sem_wait(&fault.go);
    }
    int code = atomic_load(&fault.sync_code[kind]);
    return code ? code : fault.real_methods->xSync(file, flags);
}

static int write_database(sqlite3_file *file, const void *bytes, int size,
                          sqlite3_int64 offset)
{
    return fault_write(FILE_DATABASE, file, bytes, size, offset);
}

static int write_log(sqlite3_file *file, const void *bytes, int size,
                     sqlite3_int64 offset)
{
    return fault_write(FILE_LOG, file, bytes, size, offset);
}

static int sync_database(sqlite3_file *file, int flags)
{
    return fault_sync(FILE_DATABASE, file, flags);
}

static int sync_log(sqlite3_file *file, int flags)
{
    return fault_sync(FILE_LOG, file, flags);
}

static int fault_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags,
                      int *out_flags)
{
    (void)vfs;
    int code = fault.real->xOpen(fault.real, name, file, flags, out_flags);
    int kind = flags & SQLITE_OPEN_WAL ? FILE_LOG : FILE_DATABASE;
    if (code == SQLITE_OK && flags & (SQLITE_OPEN_WAL | SQLITE_OPEN_MAIN_DB)) {
        fault.real_methods = file->pMethods;
        fault.methods[kind] = *file->pMethods;
        fault.methods[kind].xWrite = kind == FILE_LOG ? write_log : write_database;
        fault.methods[kind].xSync = kind == FILE_LOG ? sync_log : sync_database;
        file->pMethods = &fault.methods[kind];
    }
    return code;
}

static void fault_install(void)
{
    fault.real = sqlite3_vfs_find(NULL);
    fault.vfs = *fault.real;
    fault.vfs.zName = "fault";
    fault.vfs.xOpen = fault_open;
    assert_int_equal(sem_init(&fault.held, 0, 0), 0);
    assert_int_equal(sem_init(&fault.go, 0, 0), 0);
    assert_int_equal(sqlite3_vfs_register(&fault.vfs, 1), SQLITE_OK);
}

static void fault_clear(void)
{
    for (int kind = 0; kind < FILE_KINDS; kind++) {
        atomic_store(&fault.write_code[kind], SQLITE_OK);
        atomic_store(&fault.sync_code[kind], SQLITE_OK);
    }
}

static int setup(void **state)
{
    fault_clear();
    return store_setup(state);
}

static int teardown(void **state)
{
    fault_clear();
    return store_teardown(state);
}

/* ---- changes ----------------------------------------------------------------------- */

static void fill_event(struct change *change, size_t size)
{
    *change = (struct change){.kind = CHANGE_EVENT, .event = "LOGIN"};
    strcpy(change->account, "laredo");
    memset(change->detail, 'x', size);
}

/* Holds the writer in a commit, submits the changes, lets go: they are one batch. */
static void change_together(struct store *store, struct change *changes, size_t count)
{
    struct change first;
    fill_event(&first, 1);
    atomic_store(&fault.hold, true);
    store_submit(store, &first);
    sem_wait(&fault.held);
    for (size_t i = 0; i < count; i++) {
        store_submit(store, &changes[i]);
    }
    sem_post(&fault.go);
    store_wait(store);
    assert_int_equal(first.result, CHANGE_DONE);
}

static int64_t ledger_size(struct store *store)
{
    struct ledger_walk walk = {0};
    ledger_verify(store->catalogue, &walk, SIZE_MAX / 2);
    assert_true(walk.finished);
    assert_false(walk.broken);
    return walk.sequence;
}

static int count_commit(void *context)
{
    ++*(int *)context;
    return 0;
}

enum { TOGETHER = 100 };

static void catalogue_changes_that_wait_commit_together(void **state)
{
    struct store *store = *state;
    static struct change changes[TOGETHER];
    for (size_t i = 0; i < TOGETHER; i++) {
        fill_event(&changes[i], 8);
    }
    int commits = 0;
    sqlite3_commit_hook(store->catalogue->writer.database, count_commit, &commits);
    change_together(store, changes, TOGETHER);
    assert_int_equal(commits, 2);
    assert_int_equal(ledger_size(store), TOGETHER + 1);
}

static void catalogue_change_without_room_fails_alone(void **state)
{
    struct store *store = *state;
    static struct change changes[TOGETHER + 2];
    struct change put = {.kind = CHANGE_UPLOAD_PUT};
    strcpy(put.upload.object, "aa");
    assert_int_equal(store_change(store, &put), CHANGE_DONE);
    int64_t pages = 0, limit = 0;
    assert_true(connection_pragma(&store->catalogue->writer, "page_count", &pages, NULL));
    char pragma[64];
    snprintf(pragma, sizeof pragma, "max_page_count=%d", (int)pages + 3);
    assert_true(connection_pragma(&store->catalogue->writer, pragma, &limit, NULL));

    /* A settlement at the beginning is made again whenever SQLite takes all back. */
    const struct operation_key key = store_key(1);
    int64_t id = 0;
    assert_int_equal(store_add_operation(store, STORE_RFC, &key, &id), CHANGE_DONE);
    store_fill_settle(&changes[0], RECEIPT_FILED, "a.pdf", 7);
    for (size_t i = 1; i <= TOGETHER; i++) {
        fill_event(&changes[i], 1400);
    }
    changes[TOGETHER + 1] = (struct change){.kind = CHANGE_UPLOAD_DROP};
    strcpy(changes[TOGETHER + 1].upload.object, "aa");
    int64_t before = ledger_size(store);
    change_together(store, changes, TOGETHER + 2);

    int64_t done = 1;
    for (size_t i = 0; i <= TOGETHER; i++) {
        done += changes[i].result == CHANGE_DONE;
        assert_true(changes[i].result == CHANGE_DONE ||
                    changes[i].result == CHANGE_FAILED);
    }
    assert_int_equal(changes[0].result, CHANGE_DONE);
    assert_int_equal(changes[0].receipt.result, RECEIPT_FILED);
    assert_int_equal(changes[TOGETHER].result, CHANGE_FAILED);
    assert_int_equal(changes[TOGETHER + 1].result, CHANGE_DONE);
    assert_int_equal(ledger_size(store), before + done);
    assert_false(catalogue_object_known(store->catalogue, "aa"));
    struct document_row row;
    assert_true(catalogue_document_find(store->catalogue, id, "a.pdf", &row));

    assert_true(connection_pragma(&store->catalogue->writer, "max_page_count=1000000",
                                  &limit, NULL));
    assert_int_equal(store_change(store, &changes[TOGETHER]), CHANGE_DONE);
}

static void catalogue_commit_on_a_full_disk_changes_nothing(void **state)
{
    struct store *store = *state;
    struct change changes[2] = {{.kind = CHANGE_UPLOAD_PUT}};
    strcpy(changes[0].upload.object, "aa");
    fill_event(&changes[1], 100);
    atomic_store(&fault.write_code[FILE_LOG], SQLITE_FULL);
    store_submit(store, &changes[0]);
    store_submit(store, &changes[1]);
    store_wait(store);
    assert_int_equal(changes[0].result, CHANGE_FAILED);
    assert_int_equal(changes[1].result, CHANGE_FAILED);
    assert_false(catalogue_object_known(store->catalogue, "aa"));
    assert_int_equal(ledger_size(store), 0);

    fault_clear();
    assert_int_equal(store_change(store, &changes[0]), CHANGE_DONE);
    assert_int_equal(store_change(store, &changes[1]), CHANGE_DONE);
    assert_int_equal(ledger_size(store), 1);
    store_close_catalogue(store);
    store_open_catalogue(store);
    assert_true(catalogue_object_known(store->catalogue, "aa"));
    assert_int_equal(ledger_size(store), 1);
}

static void catalogue_log_is_checkpointed_and_used_again(void **state)
{
    struct store *store = *state;
    static struct change changes[TOGETHER];
    for (int round = 0; round < 60; round++) {
        for (size_t i = 0; i < TOGETHER; i++) {
            fill_event(&changes[i], 1400);
            store_submit(store, &changes[i]);
        }
        store_wait(store);
    }
    char path[300];
    struct stat log, database;
    snprintf(path, sizeof path, "%s/catalogue.db-wal", store->directory);
    assert_int_equal(stat(path, &log), 0);
    path[strlen(path) - 4] = '\0';
    assert_int_equal(stat(path, &database), 0);
    assert_true(database.st_size > 60 * TOGETHER * 1000);
    assert_true(log.st_size < database.st_size);
}

/* ---- in a process of its own ------------------------------------------------------- */

struct child {
    struct store store;
    struct change changes[8];
    uint32_t next;
    int acknowledged; /* a pipe: the number of each change that was done */
};

static void child_submit(struct child *child, struct change *change);

static void on_child_done(struct change *change)
{
    struct child *child = change->context;
    uint32_t number = (uint32_t)change->receipt.size;
    if (change->result == CHANGE_DONE &&
        write(child->acknowledged, &number, sizeof number) != sizeof number) {
        _exit(9);
    }
    child_submit(child, change);
}

static void child_submit(struct child *child, struct change *change)
{
    char name[32];
    uint32_t number = child->next++;
    snprintf(name, sizeof name, "%u.pdf", number);
    store_fill_settle(change, RECEIPT_FILED, name, number);
    change->context = child;
    change->done = on_child_done;
    catalogue_submit(child->store.catalogue, change);
}

/* Never returns: it submits for ever. */
static void child_run(const char *directory, int acknowledged, int file, int sync_code)
{
    static struct child child;
    child.acknowledged = acknowledged;
    child.next = 1;
    snprintf(child.store.directory, sizeof child.store.directory, "%s", directory);
    store_open_catalogue(&child.store);
    const struct operation_key key = store_key(1);
    int64_t id = 0;
    store_add_operation(&child.store, STORE_RFC, &key, &id);
    atomic_store(&fault.sync_code[file], sync_code);
    for (size_t i = 0; i < ARRAY_SIZE(child.changes); i++) {
        child_submit(&child, &child.changes[i]);
    }
    loop_run(child.store.loop, NULL);
    _exit(8);
}

static pid_t child_start(const char *directory, int *acknowledged, int file,
                         int sync_code)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        child_run(directory, ends[1], file, sync_code);
    }
    close(ends[1]);
    *acknowledged = ends[0];
    return child;
}

static void catalogue_killed_in_the_middle_has_all_that_was_done(void **state)
{
    (void)state;
    fault_clear();
    for (uint32_t round = 1; round <= 5; round++) {
        struct store store = {0};
        store_make_directory(store.directory, sizeof store.directory);
        int acknowledged;
        pid_t child = child_start(store.directory, &acknowledged, FILE_LOG, SQLITE_OK);
        uint32_t number, last = 0;
        while (last < 100 * round &&
               read(acknowledged, &number, sizeof number) == sizeof number) {
            last = number;
        }
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, NULL, 0), child);
        while (read(acknowledged, &number, sizeof number) == sizeof number) {
            last = number;
        }
        close(acknowledged);
        assert_true(last >= 100 * round);

        store_open_catalogue(&store);
        for (uint32_t i = 1; i <= last; i++) {
            char name[32];
            struct document_row row;
            snprintf(name, sizeof name, "%u.pdf", i);
            assert_true(catalogue_document_find(store.catalogue, 1, name, &row));
            assert_int_equal(row.size, i);
        }
        assert_true(ledger_size(&store) >= last + 1);
        store_close_catalogue(&store);
        store_remove_directory(store.directory);
    }
}

static void catalogue_failed_sync_ends_the_process(void **state)
{
    (void)state;
    /* Of the log at a commit: nothing is acknowledged. Of the database at a checkpoint:
       that is not tried again either. */
    for (int file = 0; file < FILE_KINDS; file++) {
        fault_clear();
        char directory[256];
        store_make_directory(directory, sizeof directory);
        int acknowledged, status;
        pid_t child = child_start(directory, &acknowledged, file, SQLITE_IOERR_FSYNC);
        uint32_t number, count = 0;
        while (read(acknowledged, &number, sizeof number) == sizeof number) {
            count++;
        }
        close(acknowledged);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFEXITED(status));
        assert_int_equal(WEXITSTATUS(status), 1);
        assert_true(file == FILE_LOG ? count == 0 : count > 0);
        store_remove_directory(directory);
    }
}

int main(void)
{
#define HERE(test) cmocka_unit_test_setup_teardown(test, setup, teardown)
    const struct CMUnitTest tests[] = {
        HERE(catalogue_changes_that_wait_commit_together),
        HERE(catalogue_change_without_room_fails_alone),
        HERE(catalogue_commit_on_a_full_disk_changes_nothing),
        HERE(catalogue_log_is_checkpointed_and_used_again),
        cmocka_unit_test(catalogue_killed_in_the_middle_has_all_that_was_done),
        cmocka_unit_test(catalogue_failed_sync_ends_the_process),
    };
    fault_install();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
