/*
 * The agency's directory (supervisor, at its start): each role that keeps files has one folder of
 * its own, which nobody else may enter. Nothing is made outside of it.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>

#include "supervisor/supervisor.h"

static bool make_folder(const struct supervisor *supervisor, const char *name,
                        mode_t mode, uint32_t uid, struct err *err)
{
    char path[PATH_MAX];
    if (snprintf(path, sizeof path, "%s/%s", supervisor->agency, name) >=
        (int)sizeof path) {
        return err_set(err, ERR_LIMIT, "the path of the agency is too long");
    }
    if (mkdir(path, mode) != 0 && errno != EEXIST) {
        return err_sys(err, errno, "make %s", path);
    }
    AUTO_CLOSE int fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0) {
        return err_sys(err, errno, "open %s", path);
    }
    if (fchmod(fd, mode) != 0 || (supervisor->root && fchown(fd, uid, uid) != 0)) {
        return err_sys(err, errno, "set the owner of %s", path);
    }
    return true;
}

bool agency_prepare(const struct supervisor *supervisor, struct err *err)
{
    return make_folder(supervisor, "store", 0700, role_uid(supervisor, ROLE_REGISTRY),
                       err) &&
           make_folder(supervisor, "auth", 0700, role_uid(supervisor, ROLE_AUTH), err) &&
           make_folder(supervisor, "run", 0755, 0, err);
}
