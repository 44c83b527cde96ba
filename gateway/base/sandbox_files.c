/*
 * The file half of the sandbox: Landlock, by raw system calls, because Debian 12's
 * headers and libc do not know all that its or a newer kernel can. Every sandboxed
 * process.
 *
 * Every right that the running kernel knows is taken away, then some are given back below
 * one directory. SECURITY: this holds without root and under chroot alike. Kernels before
 * 5.13 have no Landlock, and no role starts on them.
 */
#include "base/sandbox_parts.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/landlock.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

/* Constants and a struct newer than the headers; the kernel's numbers never change. */
#define RIGHT_REFER (1ULL << 13)        /* ABI 2 */
#define RIGHT_TRUNCATE (1ULL << 14)     /* ABI 3 */
#define RIGHT_IOCTL_DEV (1ULL << 15)    /* ABI 5 */
#define NET_BIND_TCP (1ULL << 0)        /* ABI 4 */
#define NET_CONNECT_TCP (1ULL << 1)     /* ABI 4 */
#define SCOPE_ABSTRACT_UNIX (1ULL << 0) /* ABI 6 */
#define SCOPE_SIGNAL (1ULL << 1)        /* ABI 6 */

struct ruleset {
    uint64_t files;
    uint64_t net;
    uint64_t scopes;
};

#define RIGHTS_READ (LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_READ_DIR)
#define RIGHTS_WRITE                                                                \
    (RIGHTS_READ | LANDLOCK_ACCESS_FS_WRITE_FILE | LANDLOCK_ACCESS_FS_REMOVE_FILE | \
     LANDLOCK_ACCESS_FS_REMOVE_DIR | LANDLOCK_ACCESS_FS_MAKE_DIR |                  \
     LANDLOCK_ACCESS_FS_MAKE_REG | RIGHT_REFER | RIGHT_TRUNCATE)

enum { CONNECT_ABI = 4 };

static int landlock_abi(void)
{
    return (int)syscall(__NR_landlock_create_ruleset, NULL, 0,
                        LANDLOCK_CREATE_RULESET_VERSION);
}

/* All that this kernel can take away. */
static struct ruleset everything(int abi)
{
    struct ruleset all = {.files = RIGHT_REFER - 1};
    all.files |= abi >= 2 ? RIGHT_REFER : 0;
    all.files |= abi >= 3 ? RIGHT_TRUNCATE : 0;
    all.files |= abi >= 5 ? RIGHT_IOCTL_DEV : 0;
    all.net = abi >= 4 ? NET_BIND_TCP | NET_CONNECT_TCP : 0;
    all.scopes = abi >= 6 ? SCOPE_ABSTRACT_UNIX | SCOPE_SIGNAL : 0;
    return all;
}

/* An older kernel takes the longer struct, since what it does not know is zero. */
static int make_ruleset(const struct ruleset *all, struct err *err)
{
    int ruleset = (int)syscall(__NR_landlock_create_ruleset, all, sizeof *all, 0);
    if (ruleset < 0) {
        err_sys(err, errno, "make Landlock ruleset");
    }
    return ruleset;
}

static bool allow_below(int ruleset, int directory, uint64_t rights, struct err *err)
{
    struct landlock_path_beneath_attr rule = {.allowed_access = rights,
                                              .parent_fd = directory};
    if (syscall(__NR_landlock_add_rule, ruleset, LANDLOCK_RULE_PATH_BENEATH, &rule, 0) <
        0) {
        return err_sys(err, errno, "allow files below the root directory");
    }
    return true;
}

bool sandbox_restrict_files(const struct sandbox *sandbox, int directory, struct err *err)
{
    static const uint64_t given[] = {[SANDBOX_FILES_NONE] = 0,
                                     [SANDBOX_FILES_READ] = RIGHTS_READ,
                                     [SANDBOX_FILES_WRITE] = RIGHTS_WRITE};
    int abi = landlock_abi();
    if (abi < 1) {
        return err_sys(err, errno, "this kernel has no Landlock");
    }
    struct ruleset all = everything(abi);
    AUTO_CLOSE int ruleset = make_ruleset(&all, err);
    if (ruleset < 0) {
        return false;
    }
    uint64_t rights = given[sandbox->files] & all.files;
    if (rights != 0 && !allow_below(ruleset, directory, rights, err)) {
        return false;
    }
    if (syscall(__NR_landlock_restrict_self, ruleset, 0) < 0) {
        return err_sys(err, errno, "enter Landlock");
    }
    return true;
}

static bool can_open(const char *path, int flags)
{
    AUTO_CLOSE int fd = open(path, flags | O_CLOEXEC, 0600);
    return fd >= 0;
}

/* The address does not matter: Landlock refuses before anything is sent. */
static bool can_connect(void)
{
    AUTO_CLOSE int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    struct sockaddr_in address = {.sin_family = AF_INET,
                                  .sin_port = htons(1),
                                  .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    return fd >= 0 && (connect(fd, (struct sockaddr *)&address, sizeof address) == 0 ||
                       errno != EACCES);
}

bool sandbox_try_files(const struct sandbox *sandbox, struct err *err)
{
    static const char probe[] = "garita-sandbox-check";
    if (can_open("/etc/passwd", O_RDONLY) || can_open("../../etc/passwd", O_RDONLY)) {
        return err_set(err, ERR_SYSTEM, "a file outside can be opened");
    }
    if (sandbox->files == SANDBOX_FILES_NONE && can_open(".", O_RDONLY | O_DIRECTORY)) {
        return err_set(err, ERR_SYSTEM, "a directory can be opened");
    }
    if (sandbox->files != SANDBOX_FILES_WRITE &&
        can_open(probe, O_WRONLY | O_CREAT | O_EXCL)) {
        unlink(probe);
        return err_set(err, ERR_SYSTEM, "a file can be made");
    }
    if (landlock_abi() >= CONNECT_ABI && can_connect()) {
        return err_set(err, ERR_SYSTEM, "TCP can be used");
    }
    return true;
}
