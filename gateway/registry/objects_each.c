/*
 * The walk over all objects, for recovery at the start. Runs in the registry, on the
 * loop's thread. Files that are no objects are not ours to touch.
 */
#include <dirent.h>

#include "registry/objects_inside.h"

struct visitor {
    const struct objects *objects;
    void (*visit)(void *context, const char *id);
    void *context;
};

static bool visit_folder(const struct visitor *visitor, const char *name, struct err *err)
{
    int fd = openat(visitor->objects->folder, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *folder = fd < 0 ? NULL : fdopendir(fd);
    if (!folder) {
        err_sys(err, errno, "open folder objects/%s", name);
        if (fd >= 0) {
            close(fd);
        }
        return false;
    }
    errno = 0;
    const struct dirent *entry;
    while ((entry = readdir(folder))) {
        if (objects_is_id(entry->d_name) &&
            !objects_pool_has(visitor->objects, entry->d_name)) {
            visitor->visit(visitor->context, entry->d_name);
        }
        errno = 0;
    }
    int failure = errno;
    closedir(folder);
    return failure == 0 || err_sys(err, failure, "read folder objects/%s", name);
}

bool objects_each(struct objects *objects, void (*visit)(void *context, const char *id),
                  void *context, struct err *err)
{
    const struct visitor visitor = {objects, visit, context};
    for (unsigned i = 0; i < OBJECTS_FOLDERS; i++) {
        char name[3];
        snprintf(name, sizeof name, "%02x", i & 0xff);
        if (!visit_folder(&visitor, name, err)) {
            return false;
        }
    }
    return true;
}
