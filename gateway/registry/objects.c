/*
 * The object store. Runs in the registry, the only process that opens objects; on the
 * loop's thread but for the making of the pool and fdatasync, which block and have
 * threads.
 *
 * SECURITY: an object's name is ours (128 random bits), never a client's; it is checked
 * all the same before it becomes a path, and no link is followed.
 */
#include <signal.h>

#include "registry/objects_inside.h"

/* Syncs that run at once share commits of the file system's journal: sixteen bring twice the
   files to disk in a second that four do. */
enum { SYNC_THREADS = 16 };

bool objects_is_id(const char *id)
{
    return strlen(id) == OBJECT_ID_SIZE - 1 &&
           strspn(id, "0123456789abcdef") == OBJECT_ID_SIZE - 1;
}

bool objects_path(const char *id, char path[OBJECTS_PATH_SIZE], struct err *err)
{
    if (!objects_is_id(id)) {
        return err_set(err, ERR_INPUT, "not the name of an object");
    }
    snprintf(path, OBJECTS_PATH_SIZE, "%.2s/%s", id, id);
    return true;
}

/* ---- opening and destroying -------------------------------------------------------- */

static bool open_object(const struct objects *objects, const char *id, int flags, int *fd,
                        struct err *err)
{
    char path[OBJECTS_PATH_SIZE];
    if (!objects_path(id, path, err)) {
        return false;
    }
    int opened = openat(objects->folder, path, flags | O_NOFOLLOW | O_CLOEXEC);
    if (opened < 0) {
        return err_sys(err, errno, "open object %s", id);
    }
    *fd = opened;
    return true;
}

bool objects_open_read(struct objects *objects, const char *id, int *fd, struct err *err)
{
    return open_object(objects, id, O_RDONLY, fd, err);
}

bool objects_open_write(struct objects *objects, const char *id, int *fd, struct err *err)
{
    return open_object(objects, id, O_RDWR, fd, err);
}

bool objects_create(struct objects *objects, char id[OBJECT_ID_SIZE], int *write_fd,
                    int *read_fd, struct err *err)
{
    char name[OBJECT_ID_SIZE];
    if (!objects_pool_take(objects, name, err)) {
        return false;
    }
    AUTO_CLOSE int writing = -1;
    AUTO_CLOSE int reading = -1;
    if (!open_object(objects, name, O_RDWR, &writing, err) ||
        !open_object(objects, name, O_RDONLY, &reading, err)) {
        objects_destroy(objects, name);
        return false;
    }
    memcpy(id, name, sizeof name);
    *write_fd = TAKE_FD(writing);
    *read_fd = TAKE_FD(reading);
    return true;
}

/* Not synced: what comes back after a power cut has no row, and recovery destroys it
   again. */
void objects_destroy(struct objects *objects, const char *id)
{
    char path[OBJECTS_PATH_SIZE];
    struct err err = {0};
    if (!objects_path(id, path, &err)) {
        bug("objects: destroy: %s", err.text);
    }
    if (unlinkat(objects->folder, path, 0) < 0 && errno != ENOENT) {
        err_sys(&err, errno, "destroy object %s", id);
        log_text(LOG_WARNING, "objects", "%s", err.text);
    }
}

/* ---- the seal ---------------------------------------------------------------------- */

bool objects_lease(int read_fd, struct err *err)
{
    if (fcntl(read_fd, F_SETLEASE, F_RDLCK) < 0) {
        if (errno == EAGAIN) {
            return err_set(err, ERR_LIMIT, "seal: the object still has a writer");
        }
        return err_sys(err, errno, "seal: take a lease");
    }
    if (fcntl(read_fd, F_SETLEASE, F_UNLCK) < 0) {
        return err_sys(err, errno, "seal: give back the lease");
    }
    return true;
}

static void on_sync_run(struct worker_job *job)
{
    struct object_sync *sync = (struct object_sync *)job;
    struct stat status = {0};
    sync->error = 0;
    if (fdatasync(sync->fd) < 0 || fstat(sync->fd, &status) < 0) {
        sync->error = errno;
    }
    sync->synced = sync->error == 0;
    sync->size = sync->synced ? (uint64_t)status.st_size : 0;
}
_Static_assert(offsetof(struct object_sync, job) == 0, "a sync is its job");

static void on_sync_done(struct worker_job *job)
{
    struct object_sync *sync = (struct object_sync *)job;
    sync->done(sync);
}

void objects_sync(struct objects *objects, struct object_sync *sync)
{
    sync->job.run = on_sync_run;
    sync->job.done = on_sync_done;
    workers_submit(objects->workers, &sync->job);
}

/* ---- opening the store ------------------------------------------------------------- */

static bool make_folders(struct objects *objects, const char *directory, struct err *err)
{
    AUTO_CLOSE int above = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above < 0) {
        return err_sys(err, errno, "open folder %s", directory);
    }
    if (mkdirat(above, "objects", 0700) < 0 && errno != EEXIST) {
        return err_sys(err, errno, "make folder objects");
    }
    objects->folder =
        openat(above, "objects", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (objects->folder < 0) {
        return err_sys(err, errno, "open folder objects");
    }
    for (unsigned i = 0; i < OBJECTS_FOLDERS; i++) {
        char name[3];
        snprintf(name, sizeof name, "%02x", i & 0xff);
        if (mkdirat(objects->folder, name, 0700) < 0 && errno != EEXIST) {
            return err_sys(err, errno, "make folder objects/%s", name);
        }
    }
    if (fsync(objects->folder) < 0 || fsync(above) < 0) {
        return err_sys(err, errno, "sync folder objects");
    }
    return true;
}

static bool probe_with(struct objects *objects, const char *id, struct err *err)
{
    AUTO_CLOSE int writing = -1;
    AUTO_CLOSE int reading = -1;
    struct err refusal = {0};
    if (!open_object(objects, id, O_RDWR, &writing, err) ||
        !open_object(objects, id, O_RDONLY, &reading, err)) {
        return false;
    }
    if (objects_lease(reading, &refusal)) {
        return err_set(err, ERR_SYSTEM,
                       "objects: leases do not hold on this file system");
    }
    if (refusal.code != ERR_LIMIT) {
        return err_set(err, refusal.code, "objects: no leases here: %s", refusal.text);
    }
    close(TAKE_FD(writing));
    return objects_lease(reading, err);
}

/* SECURITY: the seal rests on leases. Some file systems grant them to anyone, or to
   none. */
static bool probe_leases(struct objects *objects, struct err *err)
{
    char id[OBJECT_ID_SIZE];
    if (!objects_pool_make(objects, id, err)) {
        return false;
    }
    bool held = probe_with(objects, id, err);
    objects_destroy(objects, id);
    return held;
}

struct objects *objects_open(struct loop *loop, const char *directory, struct err *err)
{
    AUTO(objects) objects = calloc(1, sizeof *objects);
    if (!objects) {
        err_sys(err, ENOMEM, "open objects");
        return NULL;
    }
    objects->folder = -1;
    objects->refill.objects = objects;
    /* Somebody who opens a leased file for writing makes the kernel send one. */
    signal(SIGIO, SIG_IGN);
    if (!make_folders(objects, directory, err) || !probe_leases(objects, err) ||
        !objects_pool_fill(objects, err)) {
        return NULL;
    }
    const struct workers_options options = {.name = "objects", .threads = SYNC_THREADS};
    objects->workers = workers_new(loop, &options, err);
    if (!objects->workers) {
        return NULL;
    }
    return TAKE_PTR(objects);
}

/* After a crash the pool's files stay behind; nothing names them, so recovery destroys
   them. */
void objects_close(struct objects *objects)
{
    if (!objects) {
        return;
    }
    objects->closing = true;
    workers_free(objects->workers);
    while (objects->pooled > 0) {
        objects_destroy(objects, objects->pool[--objects->pooled]);
    }
    if (objects->folder >= 0) {
        close(objects->folder);
    }
    free(objects);
}
