/*
 * Starts a role. The supervisor only, on its one thread. Between fork() and execve() the
 * child puts its descriptors in place and tells the parent through a close-on-exec pipe
 * if anything failed, so that a missing executable is an error here and not a mystery
 * later.
 */
#include "base/spawn.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/sanitize.h"

enum {
    STATUS_FD = SPAWN_CONTROL_FD + 1, /* in the child until execve() */
    FIRST_SPARE_FD = 16,
    ENVIRONMENT_MAX = 8
};

/* The environment is made from nothing: what the supervisor was given reaches no role.
   Builds for tests let their tools' settings through. */
static void make_environment(char *environment[ENVIRONMENT_MAX])
{
    static char locale[] = "LC_ALL=C.UTF-8";
    size_t count = 0;
    environment[count++] = locale;
#if BUILT_WITH_ASAN || defined(GARITA_COVERAGE)
    static const char *const passed[] = {
        "ASAN_OPTIONS=", "UBSAN_OPTIONS=", "LSAN_OPTIONS=", "GCOV_PREFIX="};
    for (char **entry = environ; entry && *entry; entry++) {
        for (size_t i = 0; i < ARRAY_SIZE(passed) && count < ENVIRONMENT_MAX - 1; i++) {
            if (strncmp(*entry, passed[i], strlen(passed[i])) == 0) {
                environment[count++] = *entry;
            }
        }
    }
#endif
    environment[count] = NULL;
}

static bool reset_signals(void)
{
    for (int number = 1; number < NSIG; number++) {
        signal(number, SIG_DFL); /* fails for KILL, STOP and libc's own: as it should */
    }
    sigset_t none;
    sigemptyset(&none);
    return sigprocmask(SIG_SETMASK, &none, NULL) == 0;
}

/* Puts fd at `place`, which none of the descriptors still needed occupies. */
static bool place_fd(int fd, int place, int flags)
{
    return fd >= 0 && dup3(fd, place, flags) == place;
}

static bool place_descriptors(const struct spawn *spawn, int status)
{
    /* First all of them out of the way of 0 to 4, then each to its place. */
    int control = fcntl(spawn->control, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int error = fcntl(spawn->standard_error >= 0 ? spawn->standard_error : STDERR_FILENO,
                      F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int report = fcntl(status, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    null = null < 0 ? -1 : fcntl(null, F_DUPFD_CLOEXEC, FIRST_SPARE_FD);
    if (!place_fd(null, STDIN_FILENO, 0) || !place_fd(null, STDOUT_FILENO, 0) ||
        !place_fd(error, STDERR_FILENO, 0) || !place_fd(control, SPAWN_CONTROL_FD, 0) ||
        !place_fd(report, STATUS_FD, O_CLOEXEC)) {
        return false;
    }
    return close_range(STATUS_FD + 1, ~0U, 0) == 0;
}

/* In the child. The parent may have died before the death signal was asked for. */
static bool prepare_child(const struct spawn *spawn, pid_t parent, int status)
{
    if (prctl(PR_SET_PDEATHSIG, SIGKILL) < 0 || getppid() != parent) {
        return false;
    }
    return place_descriptors(spawn, status) && reset_signals();
}

static void run_child(const struct spawn *spawn, char *environment[], pid_t parent,
                      int status)
{
    if (prepare_child(spawn, parent, status)) {
        status = STATUS_FD;
        char *arguments[] = {(char *)(uintptr_t)spawn->name, NULL};
        execve(spawn->executable, arguments, environment);
    }
    int failure = errno;
    ssize_t written = write(status, &failure, sizeof failure);
    (void)written;
    _exit(127);
}

/* errno of the child's failure, 0 when execve() closed the pipe. */
static int read_status(int status)
{
    int failure = 0;
    ssize_t got;
    do {
        got = read(status, &failure, sizeof failure);
    } while (got < 0 && errno == EINTR);
    if (got < 0) {
        return errno;
    }
    return got == (ssize_t)sizeof failure ? failure : 0;
}

pid_t spawn_role(const struct spawn *spawn, struct err *err)
{
    int ends[2];
    if (pipe2(ends, O_CLOEXEC) < 0) {
        err_sys(err, errno, "make pipe to start %s", spawn->name);
        return -1;
    }
    AUTO_CLOSE int reading = ends[0];
    AUTO_CLOSE int writing = ends[1];
    char *environment[ENVIRONMENT_MAX];
    make_environment(environment);
    pid_t parent = getpid();
    pid_t child = fork();
    if (child < 0) {
        err_sys(err, errno, "fork to start %s", spawn->name);
        return -1;
    }
    if (child == 0) {
        run_child(spawn, environment, parent, writing);
    }
    close(TAKE_FD(writing));
    int failure = read_status(reading);
    if (failure != 0) {
        waitpid(child, NULL, 0);
        err_sys(err, failure, "start %s", spawn->executable);
        return -1;
    }
    return child;
}

bool spawn_own_directory(char *path, size_t size, struct err *err)
{
    char found[PATH_MAX];
    ssize_t length = readlink("/proc/self/exe", found, sizeof found - 1);
    if (length < 0) {
        return err_sys(err, errno, "read own path");
    }
    found[length] = '\0';
    char *slash = strrchr(found, '/');
    if (!slash) {
        return err_set(err, ERR_SYSTEM, "own path %s has no directory", found);
    }
    *slash = '\0';
    if (strlen(found) >= size) {
        return err_set(err, ERR_LIMIT, "own path is longer than %zu", size);
    }
    memcpy(path, found, strlen(found) + 1);
    return true;
}
