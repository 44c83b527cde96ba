/*
 * The pool: empty objects whose directory entries are on disk already. Runs in the
 * registry; a thread of objects_sync()'s makes them, the loop's thread draws their names
 * and takes them.
 */
#include <sys/random.h>

#include "base/bytes.h"
#include "registry/objects_inside.h"

/* The first byte, which is the folder, is drawn once for all of them. */
static bool draw_ids(struct refill *refill, size_t count, struct err *err)
{
    uint8_t folder = 0;
    for (size_t i = 0; i < count; i++) {
        uint8_t random[(OBJECT_ID_SIZE - 1) / 2];
        if (getrandom(random, sizeof random, 0) != (ssize_t)sizeof random) {
            return err_sys(err, errno, "draw the name of an object");
        }
        folder = i == 0 ? random[0] : folder;
        random[0] = folder;
        hex_encode((struct bytes){random, sizeof random}, refill->ids[i], OBJECT_ID_SIZE);
    }
    refill->count = count;
    return true;
}

/* ---- making objects ---------------------------------------------------------------- */

static bool make_file(const struct objects *objects, const char *id, struct err *err)
{
    char path[OBJECTS_PATH_SIZE];
    if (!objects_path(id, path, err)) {
        return false;
    }
    int fd = openat(objects->folder, path,
                    O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) {
        return err_sys(err, errno, "make object %s", id);
    }
    close(fd); /* nothing was written */
    return true;
}

static bool sync_folder(const struct objects *objects, const char *id, struct err *err)
{
    char name[3];
    snprintf(name, sizeof name, "%.2s", id);
    AUTO_CLOSE int folder =
        openat(objects->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (folder < 0) {
        return err_sys(err, errno, "open folder objects/%s", name);
    }
    if (fsync(folder) < 0) {
        return err_sys(err, errno, "sync folder objects/%s", name);
    }
    return true;
}

static void unmake(const struct objects *objects, const struct refill *refill)
{
    char path[OBJECTS_PATH_SIZE];
    for (size_t i = 0; i < refill->count; i++) {
        if (objects_path(refill->ids[i], path, NULL)) {
            unlinkat(objects->folder, path, 0);
        }
    }
}

/* All of them or none. */
static bool make_batch(const struct objects *objects, struct refill *refill,
                       struct err *err)
{
    for (size_t i = 0; i < refill->count; i++) {
        if (!make_file(objects, refill->ids[i], err)) {
            unmake(objects, refill);
            return false;
        }
    }
    if (!sync_folder(objects, refill->ids[0], err)) {
        unmake(objects, refill);
        return false;
    }
    return true;
}

/* ---- the pool ---------------------------------------------------------------------- */

static void on_refill_run(struct worker_job *job)
{
    struct refill *refill = (struct refill *)job;
    refill->made = make_batch(refill->objects, refill, &refill->err);
}
_Static_assert(offsetof(struct refill, job) == 0, "a refill is its job");

static void take_refill(struct objects *objects)
{
    for (size_t i = 0; i < objects->refill.count; i++) {
        memcpy(objects->pool[objects->pooled++], objects->refill.ids[i], OBJECT_ID_SIZE);
    }
    objects->refill.count = 0;
}

static void on_refill_done(struct worker_job *job)
{
    struct refill *refill = (struct refill *)job;
    refill->running = false;
    if (refill->made) {
        take_refill(refill->objects);
        return;
    }
    /* The next objects_create() tries again, and says it to whoever asked. */
    refill->count = 0;
    log_text(LOG_WARNING, "objects", "%s", refill->err.text);
}

static void refill_start(struct objects *objects)
{
    struct refill *refill = &objects->refill;
    if (refill->running || objects->closing || objects->pooled > OBJECTS_POOL_SIZE / 2 ||
        !draw_ids(refill, OBJECTS_POOL_SIZE - objects->pooled, &refill->err)) {
        return;
    }
    refill->running = true;
    refill->job.run = on_refill_run;
    refill->job.done = on_refill_done;
    workers_submit(objects->workers, &refill->job);
}

bool objects_pool_make(const struct objects *objects, char id[OBJECT_ID_SIZE],
                       struct err *err)
{
    struct refill one = {0};
    if (!draw_ids(&one, 1, err) || !make_batch(objects, &one, err)) {
        return false;
    }
    memcpy(id, one.ids[0], OBJECT_ID_SIZE);
    return true;
}

bool objects_pool_take(struct objects *objects, char id[OBJECT_ID_SIZE], struct err *err)
{
    bool taken = objects->pooled > 0;
    if (taken) {
        memcpy(id, objects->pool[--objects->pooled], OBJECT_ID_SIZE);
    }
    refill_start(objects);
    /* Empty: the disk is slower than the clients, who wait for it here. */
    return taken || objects_pool_make(objects, id, err);
}

bool objects_pool_has(const struct objects *objects, const char *id)
{
    for (size_t i = 0; i < objects->pooled; i++) {
        if (strcmp(objects->pool[i], id) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < objects->refill.count; i++) {
        if (strcmp(objects->refill.ids[i], id) == 0) {
            return true;
        }
    }
    return false;
}

bool objects_pool_fill(struct objects *objects, struct err *err)
{
    if (!draw_ids(&objects->refill, OBJECTS_POOL_SIZE, err) ||
        !make_batch(objects, &objects->refill, err)) {
        objects->refill.count = 0;
        return false;
    }
    take_refill(objects);
    return true;
}
