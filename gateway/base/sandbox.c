/*
 * The process half of the sandbox: limits, root directory, user, capabilities. Every
 * sandboxed process, once, while it has one thread. Files are in sandbox_files.c, system
 * calls in sandbox_calls.c.
 * SECURITY: the order matters. Limits and chroot need the rights that the user change
 * takes away; the dumpable flag and the death signal are reset by it and are set after
 * it.
 */
#include "base/sandbox_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/sanitize.h"

static bool set_limit(int resource, rlim_t value, const char *name, struct err *err)
{
    struct rlimit limit;
    if (getrlimit((unsigned)resource, &limit) < 0) {
        return err_sys(err, errno, "read limit %s", name);
    }
    if (limit.rlim_max < value) {
        value = limit.rlim_max; /* somebody was stricter */
    }
    limit = (struct rlimit){.rlim_cur = value, .rlim_max = value};
    if (setrlimit((unsigned)resource, &limit) < 0) {
        return err_sys(err, errno, "set limit %s", name);
    }
    return true;
}

/* A journal in a regular file grows: there a limit on files would silence the role. */
static bool journal_is_file(void)
{
    struct stat status;
    return fstat(STDERR_FILENO, &status) == 0 && S_ISREG(status.st_mode);
}

static bool set_limits(const struct sandbox *sandbox, struct err *err)
{
    if (!set_limit(RLIMIT_CORE, 0, "core", err) ||
        !set_limit(RLIMIT_NOFILE, sandbox->descriptors, "descriptors", err)) {
        return false;
    }
    if (sandbox->processes != UINT32_MAX &&
        !set_limit(RLIMIT_NPROC, sandbox->processes, "processes", err)) {
        return false;
    }
    if (sandbox->file_size != SIZE_MAX && !journal_is_file() &&
        !set_limit(RLIMIT_FSIZE, sandbox->file_size, "file size", err)) {
        return false;
    }
    /* AddressSanitizer reserves terabytes. */
    if (!BUILT_WITH_ASAN && sandbox->address_space != 0 &&
        !set_limit(RLIMIT_AS, sandbox->address_space, "address space", err)) {
        return false;
    }
    return true;
}

/* A directory that has no name any more: nothing can be made in it. */
static int open_nowhere(struct err *err)
{
    char run[] = "/run/garita-XXXXXX";
    char tmp[] = "/tmp/garita-XXXXXX";
    const char *path = mkdtemp(run);
    if (!path) {
        path = mkdtemp(tmp);
    }
    if (!path) {
        err_sys(err, errno, "make an empty directory");
        return -1;
    }
    AUTO_CLOSE int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0 || rmdir(path) < 0) {
        err_sys(err, errno, "empty directory %s", path);
        return -1;
    }
    return TAKE_FD(directory);
}

static int open_root(const struct sandbox *sandbox, bool privileged, struct err *err)
{
    if (!sandbox->root && sandbox->files != SANDBOX_FILES_NONE) {
        bug("sandbox: files without a root directory");
    }
    if (!sandbox->root && privileged) {
        return open_nowhere(err);
    }
    const char *path = sandbox->root ? sandbox->root : "/";
    int directory = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (directory < 0) {
        err_sys(err, errno, "open root directory %s", path);
    }
    return directory;
}

static bool enter_root(int directory, bool privileged, struct err *err)
{
    if (fchdir(directory) < 0) {
        return err_sys(err, errno, "enter root directory");
    }
    if (privileged && (chroot(".") < 0 || chdir("/") < 0)) {
        return err_sys(err, errno, "change root directory");
    }
    return true;
}

static bool change_user(uid_t uid, struct err *err)
{
    /* Groups are numbered as users are. */
    if (setgroups(0, NULL) < 0 || setresgid(uid, uid, uid) < 0 ||
        setresuid(uid, uid, uid) < 0) {
        return err_sys(err, errno, "become user %u", (unsigned)uid);
    }
    return true;
}

static bool set_capabilities(struct err *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct none[_LINUX_CAPABILITY_U32S_3] = {0};
    if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) < 0 ||
        syscall(__NR_capset, &header, none) < 0) {
        return err_sys(err, errno, "drop capabilities");
    }
    return true;
}

/* The bounding set needs CAP_SETPCAP, so it goes before the user does. */
static bool drop_bounding_set(struct err *err)
{
    for (unsigned long number = 0; prctl(PR_CAPBSET_READ, number, 0, 0, 0) >= 0;
         number++) {
        if (prctl(PR_CAPBSET_DROP, number, 0, 0, 0) < 0) {
            return err_sys(err, errno, "drop capability %lu", number);
        }
    }
    return true;
}

static bool drop_rights(const struct sandbox *sandbox, bool privileged, struct err *err)
{
    int death_signal = 0;
    if (prctl(PR_GET_PDEATHSIG, &death_signal) < 0) {
        return err_sys(err, errno, "read death signal");
    }
    if (privileged && !drop_bounding_set(err)) {
        return false;
    }
    if (privileged && sandbox->uid != 0 && !change_user(sandbox->uid, err)) {
        return false;
    }
    if (!set_capabilities(err)) {
        return false;
    }
    if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) < 0 ||
        prctl(PR_SET_PDEATHSIG, death_signal) < 0 ||
        prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return err_sys(err, errno, "close the process to others");
    }
    return true;
}

/* Asks the kernel what is left, and tries to get it back. */
static bool try_rights(const struct sandbox *sandbox, bool privileged, struct err *err)
{
    struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
    struct __user_cap_data_struct left[_LINUX_CAPABILITY_U32S_3] = {0};
    if (syscall(__NR_capget, &header, left) < 0) {
        return err_sys(err, errno, "read capabilities");
    }
    for (size_t i = 0; i < ARRAY_SIZE(left); i++) {
        if (left[i].effective || left[i].permitted || left[i].inheritable) {
            return err_set(err, ERR_SYSTEM, "capabilities are left");
        }
    }
    if (privileged && sandbox->uid != 0 && setresuid(0, 0, 0) == 0) {
        return err_set(err, ERR_SYSTEM, "the process can be root again");
    }
    if (chroot(".") == 0) {
        return err_set(err, ERR_SYSTEM, "the root directory can be changed");
    }
    return true;
}

bool sandbox_enter_process(const struct sandbox *sandbox, struct err *err)
{
    bool privileged = geteuid() == 0;
    AUTO_CLOSE int directory = open_root(sandbox, privileged, err);
    if (directory < 0) {
        return false;
    }
    return set_limits(sandbox, err) && enter_root(directory, privileged, err) &&
           drop_rights(sandbox, privileged, err) &&
           sandbox_restrict_files(sandbox, directory, err) &&
           try_rights(sandbox, privileged, err) && sandbox_try_files(sandbox, err);
}

bool sandbox_enter(const struct sandbox *sandbox, struct err *err)
{
    AUTO(sandbox_filter) filter = sandbox_filter_new(sandbox, err);
    return filter && sandbox_enter_process(sandbox, err) &&
           sandbox_enter_calls(filter, err);
}
