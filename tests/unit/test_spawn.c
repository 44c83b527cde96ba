/*
 * Starting a role: this executable starts itself, as the role "probe", which then reports
 * what it found in place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/auto.h"
#include "base/channel.h"
#include "base/clock.h"
#include "base/spawn.h"

enum { WAIT_MS = 20000 };

static char executable[PATH_MAX];

static const char *find_fault(int argc, char **argv)
{
    sigset_t blocked;
    sigprocmask(SIG_SETMASK, NULL, &blocked);
    struct sigaction action;
    sigaction(SIGTERM, NULL, &action);
    int death = 0;
    prctl(PR_GET_PDEATHSIG, &death);
    char null[64] = "";
    if (argc != 1 || strcmp(argv[0], "probe") != 0) {
        return "arguments";
    }
    if (!environ[0] || strcmp(environ[0], "LC_ALL=C.UTF-8") != 0 || getenv("HOME") ||
        getenv("GARITA_TEST")) {
        return "environment";
    }
    if (sigismember(&blocked, SIGUSR1) || action.sa_handler != SIG_DFL) {
        return "signals";
    }
    if (death != SIGKILL) {
        return "death signal";
    }
    if (readlink("/proc/self/fd/0", null, sizeof null - 1) < 0 ||
        strcmp(null, "/dev/null") != 0) {
        return "standard input";
    }
    for (int fd = SPAWN_CONTROL_FD + 1; fd < 300; fd++) {
        if (fcntl(fd, F_GETFD) >= 0) {
            return "descriptors";
        }
    }
    return "good";
}

static int probe(int argc, char **argv)
{
    const char *fault = find_fault(argc, argv);
    fprintf(stderr, "journal");
    return channel_send(SPAWN_CONTROL_FD, bytes_of_text(fault), NULL, 0, NULL);
}

static pid_t start(int control, int standard_error, struct err *err)
{
    const struct spawn spawn = {.executable = executable,
                                .name = "probe",
                                .control = control,
                                .standard_error = standard_error};
    return spawn_role(&spawn, err);
}

static void expect_good(int channel, pid_t child)
{
    struct channel_message in;
    assert_int_equal(channel_wait(channel, clock_monotonic_ms() + WAIT_MS, NULL),
                     CHANNEL_OK);
    assert_int_equal(channel_receive(channel, &in, NULL), CHANNEL_OK);
    assert_int_equal(in.size, 4);
    assert_memory_equal(in.bytes, "good", 4);
    channel_message_done(&in);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
}

static void spawn_child_finds_everything_in_place(void **state)
{
    (void)state;
    int ends[2];
    int journal[2];
    assert_true(channel_pair(ends, NULL));
    assert_int_equal(pipe(journal), 0);
    AUTO_CLOSE int stray = fcntl(STDERR_FILENO, F_DUPFD, 200);
    assert_true(stray >= 200);
    setenv("GARITA_TEST", "1", 1);
    signal(SIGTERM, SIG_IGN);
    sigset_t set, before;
    sigemptyset(&set);
    sigaddset(&set, SIGUSR1);
    sigprocmask(SIG_BLOCK, &set, &before);
    struct err err = {0};
    pid_t child = start(ends[1], journal[1], &err);
    sigprocmask(SIG_SETMASK, &before, NULL);
    signal(SIGTERM, SIG_DFL);
    assert_true(child > 0);
    expect_good(ends[0], child);
    char text[16] = "";
    assert_int_equal(read(journal[0], text, sizeof text), 7);
    assert_string_equal(text, "journal");
    close(ends[0]);
    close(ends[1]);
    close(journal[0]);
    close(journal[1]);
}

/* The parent's own descriptors may stand where the child's are to be. */
static void spawn_low_descriptors_do_not_collide(void **state)
{
    (void)state;
    fflush(NULL);
    pid_t middle = fork();
    assert_true(middle >= 0);
    if (middle == 0) {
        int ends[2];
        int journal = open("/dev/null", O_WRONLY);
        bool made = channel_pair(ends, NULL);
        int reading = fcntl(ends[0], F_DUPFD, 50);
        dup2(ends[1], 60);
        dup2(journal, 61);
        /* Now control on 0 and standard error on 3. */
        dup2(60, STDIN_FILENO);
        dup2(61, SPAWN_CONTROL_FD);
        struct err err;
        pid_t child = start(STDIN_FILENO, SPAWN_CONTROL_FD, &err);
        struct channel_message in;
        if (!made || child < 0 ||
            channel_wait(reading, clock_monotonic_ms() + WAIT_MS, NULL) != CHANNEL_OK ||
            channel_receive(reading, &in, NULL) != CHANNEL_OK ||
            memcmp(in.bytes, "good", 4) != 0) {
            _exit(1);
        }
        _exit(0);
    }
    int status;
    assert_int_equal(waitpid(middle, &status, 0), middle);
    assert_int_equal(status, 0);
}

static void spawn_missing_executable_is_an_error(void **state)
{
    (void)state;
    int ends[2];
    assert_true(channel_pair(ends, NULL));
    struct err err = {0};
    const struct spawn spawn = {.executable = "/nonexistent/garita-x",
                                .name = "x",
                                .control = ends[1],
                                .standard_error = -1};
    assert_int_equal(spawn_role(&spawn, &err), -1);
    assert_int_equal(err.sys, ENOENT);
    assert_non_null(strstr(err.text, "/nonexistent/garita-x"));
    assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nothing is left behind */
    close(ends[0]);
    close(ends[1]);
}

static void spawn_own_directory_is_where_we_are(void **state)
{
    (void)state;
    char directory[PATH_MAX];
    assert_true(spawn_own_directory(directory, sizeof directory, NULL));
    assert_int_equal(strncmp(executable, directory, strlen(directory)), 0);
    assert_string_equal(executable + strlen(directory), "/test_spawn");
    struct err err = {0};
    assert_false(spawn_own_directory(directory, 2, &err));
    assert_int_equal(err.code, ERR_LIMIT);
}

int main(int argc, char **argv)
{
    if (argc > 0 && strcmp(argv[0], "probe") == 0) {
        return probe(argc, argv);
    }
    ssize_t length = readlink("/proc/self/exe", executable, sizeof executable - 1);
    if (length < 0) {
        return 1;
    }
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(spawn_child_finds_everything_in_place),
        cmocka_unit_test(spawn_low_descriptors_do_not_collide),
        cmocka_unit_test(spawn_missing_executable_is_an_error),
        cmocka_unit_test(spawn_own_directory_is_where_we_are),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
