/*
 * recovery.h's steps, in an order that holds up under a crash in the middle of them: rows are
 * read first, so that no object is destroyed that a row names.
 */
#include "registry/recovery.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/log.h"
#include "registry/intake.h"
#include "registry/upload.h"

enum { ROWS = 64, AGE_EVERY_MS = 60 * 60 * 1000 };

struct recovered {
    struct registry *registry;
    unsigned unfinished;
    unsigned taken_up;
    unsigned lost;
    unsigned destroyed;
};

static bool object_size(struct registry *registry, const char *object, uint64_t *size)
{
    struct err err = {0};
    struct stat status;
    AUTO_CLOSE int fd = -1;
    if (!objects_open_read(registry->objects, object, &fd, &err) ||
        fstat(fd, &status) != 0) {
        return false;
    }
    *size = (uint64_t)status.st_size;
    return true;
}

static void load_upload(struct recovered *recovered, struct upload_row *row)
{
    struct registry *registry = recovered->registry;
    bool there = object_size(registry, row->object, &row->size);
    struct upload *upload = upload_add(registry->uploads, row, -1);
    if (!upload) {
        die("no memory for the unfinished uploads");
    }
    if (!there) {
        recovered->lost++;
        upload_drop(registry, upload);
    } else if (row->state == UPLOAD_CLOSED) {
        recovered->taken_up++;
        intake_begin(registry, upload, NULL, 0);
    } else {
        recovered->unfinished++;
    }
}

static void load_uploads(struct recovered *recovered)
{
    struct upload_row rows[ROWS];
    char after[CATALOGUE_ID_SIZE] = "";
    size_t count;
    while ((count = catalogue_uploads(recovered->registry->catalogue, after, rows,
                                      ROWS)) > 0) {
        strcpy(after, rows[count - 1].object);
        for (size_t i = 0; i < count; i++) {
            load_upload(recovered, &rows[i]);
        }
    }
}

static void visit_object(void *context, const char *id)
{
    struct recovered *recovered = context;
    if (!catalogue_object_known(recovered->registry->catalogue, id)) {
        objects_destroy(recovered->registry->objects, id);
        recovered->destroyed++;
    }
}

static void log_start(const struct recovered *recovered)
{
    char unfinished[16], taken_up[16], lost[16], destroyed[16];
    snprintf(unfinished, sizeof unfinished, "%u", recovered->unfinished);
    snprintf(taken_up, sizeof taken_up, "%u", recovered->taken_up);
    snprintf(lost, sizeof lost, "%u", recovered->lost);
    snprintf(destroyed, sizeof destroyed, "%u", recovered->destroyed);
    log_event(LOG_INFO, "recovered", "unfinished", unfinished, "taken_up", taken_up,
              "lost", lost, "destroyed", destroyed, NULL);
}

static void record_start(const struct recovered *recovered)
{
    struct change *change = change_new(CHANGE_EVENT);
    change->event = "start";
    snprintf(change->detail, sizeof change->detail,
             "unfinished=%u taken_up=%u lost=%u destroyed=%u", recovered->unfinished,
             recovered->taken_up, recovered->lost, recovered->destroyed);
    catalogue_submit(recovered->registry->catalogue, change);
    log_start(recovered);
}

/* Unfinished uploads are kept for unfinished_days. */
static void discard_old(void *context)
{
    struct registry *registry = context;
    int64_t days = (int64_t)policy_limit(registry->policy, POLICY_LIMIT_UNFINISHED_DAYS);
    int64_t than = registry_days_ago(clock_wall_us(), days);
    struct upload *upload;
    while ((upload = upload_older(registry->uploads, than))) {
        upload_drop(registry, upload);
    }
    loop_after(registry->loop, AGE_EVERY_MS, discard_old, registry);
}

bool recovery_run(struct registry *registry, struct err *err)
{
    struct recovered recovered = {.registry = registry};
    load_uploads(&recovered);
    if (!objects_each(registry->objects, visit_object, &recovered, err)) {
        return err_wrap(err, "recovery");
    }
    record_start(&recovered);
    discard_old(registry);
    return true;
}
