/*
 * The sandbox from inside: each case forks a child that enters it and tries one thing;
 * the parent looks at how the child ended. The cases that need root are skipped without
 * it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/channel.h"
#include "base/loop.h"
#include "base/sandbox.h"
#include "base/sanitize.h"
#include "base/workers.h"

enum {
    TEST_UID = 61234,
    PASSED = 0,
    NOT_ENTERED = 90,
    REFUSED = 91,
    ALLOWED = 92,
    KILLED = 1000 /* by SIGSYS */
};

static const struct sandbox_call open_calls[] = {
    SANDBOX_CALL(openat),
    SANDBOX_CALL(unlink),
    SANDBOX_CALL(getuid),
    SANDBOX_CALL_IF(socket, 0, SANDBOX_INT, AF_UNIX),
    SANDBOX_CALL_IF(socket, 0, SANDBOX_INT, AF_NETLINK),
};

static struct sandbox closed(void)
{
    return (struct sandbox){.uid = TEST_UID,
                            .descriptors = 64,
                            .processes = UINT32_MAX,
                            .file_size = SIZE_MAX};
}

static struct sandbox with_open(enum sandbox_files files, const char *root)
{
    struct sandbox sandbox = closed();
    sandbox.files = files;
    sandbox.root = root;
    sandbox.calls = open_calls;
    sandbox.call_count = sizeof open_calls / sizeof open_calls[0];
    return sandbox;
}

static void enter_or_exit(const struct sandbox *sandbox)
{
    struct err err = {0};
    if (!sandbox_enter(sandbox, &err) || !sandbox_check(sandbox, &err)) {
        dprintf(STDERR_FILENO, "%s\n", err.text);
        _exit(NOT_ENTERED);
    }
}

static int outcome_of(pid_t child)
{
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    if (WIFSIGNALED(status)) {
        return WTERMSIG(status) == SIGSYS ? KILLED : KILLED + WTERMSIG(status);
    }
    return WEXITSTATUS(status);
}

/* The exit code of `attempt` inside the sandbox, or KILLED. */
static int inside(const struct sandbox *sandbox, int (*attempt)(void))
{
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        enter_or_exit(sandbox);
        _exit(attempt());
    }
    return outcome_of(child);
}

static int do_nothing(void)
{
    return PASSED;
}

static int do_open(void)
{
    return open("/etc/passwd", O_RDONLY) >= 0 ? ALLOWED : REFUSED;
}

static int do_inet_socket(void)
{
    return socket(AF_INET, SOCK_STREAM, 0) >= 0 ? ALLOWED : REFUSED;
}

static int do_unix_socket(void)
{
    return socket(AF_UNIX, SOCK_STREAM, 0) >= 0 ? ALLOWED : REFUSED;
}

static int do_execve(void)
{
    char *arguments[] = {(char *)(uintptr_t) "/bin/true", NULL};
    execve("/bin/true", arguments, NULL);
    return REFUSED;
}

static int do_unshare(void)
{
    return unshare(CLONE_NEWUSER) == 0 ? ALLOWED : REFUSED;
}

static int do_fork(void)
{
    pid_t child = fork();
    if (child == 0) {
        _exit(PASSED);
    }
    int status = 0;
    return child > 0 && waitpid(child, &status, 0) == child ? status : REFUSED;
}

static int do_clone_new_user(void)
{
    long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, NULL, NULL, NULL, NULL);
    return child >= 0 ? ALLOWED : REFUSED;
}

static int do_executable_memory(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ | PROT_WRITE | PROT_EXEC,
                        MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? REFUSED : ALLOWED;
}

static int do_make_executable(void)
{
    void *memory =
        mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mprotect(memory, 4096, PROT_READ | PROT_EXEC) < 0 ? REFUSED : ALLOWED;
}

static int do_map_descriptor(void)
{
    void *memory = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, STDIN_FILENO, 0);
    return memory == MAP_FAILED ? REFUSED : ALLOWED;
}

static int do_large_memory(void)
{
    /* malloc, realloc and free by mmap, mremap and munmap. */
    char *memory = malloc(1 << 20);
    char *larger = memory ? realloc(memory, 4 << 20) : NULL;
    if (!larger) {
        return REFUSED;
    }
    memset(larger, 1, 4 << 20);
    free(larger);
    return PASSED;
}

static void *thread_main(void *context)
{
    pthread_setname_np(pthread_self(), "probe");
    char *memory = malloc(1 << 16); /* from an arena of the thread's own */
    memset(memory, 1, 1 << 16);
    free(memory);
    *(int *)context = 1;
    return NULL;
}

static int do_thread(void)
{
    int ran = 0;
    pthread_t thread;
    if (pthread_create(&thread, NULL, thread_main, &ran) != 0) {
        return REFUSED;
    }
    pthread_join(thread, NULL);
    return ran ? PASSED : REFUSED;
}

static void stop_loop(void *context)
{
    loop_stop(context);
}

static void run_job(struct worker_job *job)
{
    (void)job;
}

/* A loop made before, as role_run() does; workers, channel and timer inside. */
static struct loop *loop;
static int channel_ends[2];

static int do_loop_with_workers(void)
{
    const struct workers_options options = {.name = "probe", .threads = 2};
    struct workers *workers = workers_new(loop, &options, NULL);
    if (!workers) {
        return REFUSED;
    }
    struct worker_job jobs[3];
    for (size_t i = 0; i < 3; i++) {
        jobs[i] = (struct worker_job){.run = run_job, .done = run_job};
        workers_submit(workers, &jobs[i]);
    }
    loop_after(loop, 5, stop_loop, loop);
    struct channel_message in;
    bool good =
        loop_run(loop, NULL) &&
        channel_send(channel_ends[0], bytes_of_text("x"), NULL, 0, NULL) == CHANNEL_OK &&
        channel_wait(channel_ends[1], INT64_MAX, NULL) == CHANNEL_OK &&
        channel_receive(channel_ends[1], &in, NULL) == CHANNEL_OK;
    workers_free(workers);
    return good ? PASSED : REFUSED;
}

static int do_bug(void)
{
    bug("on purpose");
}

static void sandbox_empty_work_passes(void **state)
{
    (void)state;
    struct sandbox sandbox = closed();
    assert_int_equal(inside(&sandbox, do_nothing), PASSED);
    assert_int_equal(inside(&sandbox, do_large_memory), PASSED);
}

static void sandbox_unknown_call_ends_process(void **state)
{
    (void)state;
    struct sandbox sandbox = closed();
    assert_int_equal(inside(&sandbox, do_inet_socket), KILLED);
    if (!BUILT_WITH_ASAN) {
        assert_int_equal(inside(&sandbox, do_open), KILLED);
        assert_int_equal(inside(&sandbox, do_map_descriptor), KILLED);
        assert_int_equal(inside(&sandbox, do_executable_memory), KILLED);
    }
    assert_int_equal(inside(&sandbox, do_make_executable), KILLED);
    assert_int_equal(inside(&sandbox, do_fork), KILLED);
    assert_int_equal(inside(&sandbox, do_thread), KILLED);
}

static void sandbox_unknown_call_is_named_in_journal(void **state)
{
    (void)state;
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        struct sandbox sandbox = closed();
        enter_or_exit(&sandbox);
        _exit(do_inet_socket());
    }
    close(ends[1]);
    char record[512] = "";
    ssize_t size = read(ends[0], record, sizeof record - 1);
    close(ends[0]);
    assert_int_equal(outcome_of(child), KILLED);
    assert_true(size > 0);
    assert_non_null(strstr(record, " error - sandbox_trap call="));
    assert_non_null(strstr(record, " name=socket\n"));
    assert_int_equal(record[10], 'T');
}

static void sandbox_execve_kills(void **state)
{
    (void)state;
    struct sandbox sandbox = closed();
    assert_int_equal(inside(&sandbox, do_execve), KILLED);
}

static void sandbox_namespaces_kill(void **state)
{
    (void)state;
    struct sandbox sandbox = closed();
    sandbox.sets = SANDBOX_THREADS | SANDBOX_CHILDREN;
    assert_int_equal(inside(&sandbox, do_unshare), KILLED);
    assert_int_equal(inside(&sandbox, do_clone_new_user), KILLED);
}

static void sandbox_conditions_are_alternatives(void **state)
{
    (void)state;
    struct sandbox sandbox = with_open(SANDBOX_FILES_NONE, NULL);
    assert_int_equal(inside(&sandbox, do_unix_socket), ALLOWED);
    assert_int_equal(inside(&sandbox, do_inet_socket), KILLED);
}

static void sandbox_open_without_files_is_refused(void **state)
{
    (void)state;
    struct sandbox sandbox = with_open(SANDBOX_FILES_NONE, NULL);
    assert_int_equal(inside(&sandbox, do_open), REFUSED);
}

static void sandbox_thread_set_allows_threads_only(void **state)
{
    (void)state;
    struct sandbox sandbox = closed();
    sandbox.sets = SANDBOX_THREADS;
    assert_int_equal(inside(&sandbox, do_thread), PASSED);
    assert_int_equal(inside(&sandbox, do_fork), KILLED);
}

static void sandbox_child_set_allows_fork_only(void **state)
{
    (void)state;
    struct sandbox sandbox = closed();
    sandbox.sets = SANDBOX_CHILDREN;
    assert_int_equal(inside(&sandbox, do_fork), PASSED);
    assert_int_equal(inside(&sandbox, do_thread), KILLED);
}

static void sandbox_sets_carry_loop_and_workers(void **state)
{
    (void)state;
    struct sandbox sandbox = closed();
    sandbox.sets = SANDBOX_LOOP | SANDBOX_THREADS;
    loop = loop_new(NULL);
    assert_non_null(loop);
    assert_true(channel_pair(channel_ends, NULL));
    assert_int_equal(inside(&sandbox, do_loop_with_workers), PASSED);
    close(channel_ends[0]);
    close(channel_ends[1]);
    loop_free(loop);
}

static void sandbox_bug_dies_by_signal(void **state)
{
    (void)state;
    struct sandbox sandbox = closed();
    assert_true(inside(&sandbox, do_bug) >= KILLED);
}

static struct sandbox_filter *narrow;

static int do_narrow(void)
{
    pid_t child = fork();
    if (child == 0) {
        struct err err;
        if (!sandbox_enter_calls(narrow, &err) || !sandbox_check(NULL, &err)) {
            _exit(NOT_ENTERED);
        }
        _exit(do_fork());
    }
    int status = 0;
    if (waitpid(child, &status, 0) != child) {
        return REFUSED;
    }
    return WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS ? PASSED : ALLOWED;
}

/* A spawner may fork, its child may not any more. */
static void sandbox_child_filter_narrows(void **state)
{
    (void)state;
    struct sandbox sandbox = closed();
    narrow = sandbox_filter_new(&sandbox, NULL);
    assert_non_null(narrow);
    sandbox.sets = SANDBOX_CHILDREN;
    assert_int_equal(inside(&sandbox, do_narrow), PASSED);
    sandbox_filter_free(narrow);
}

static int do_write_file(void)
{
    int fd = openat(AT_FDCWD, "made", O_WRONLY | O_CREAT | O_EXCL, 0600);
    if (fd < 0) {
        return REFUSED;
    }
    return write(fd, "x", 1) == 1 ? PASSED : ALLOWED;
}

static int do_read_file(void)
{
    return openat(AT_FDCWD, "given", O_RDONLY) >= 0 ? PASSED : REFUSED;
}

static int do_escape(void)
{
    return openat(AT_FDCWD, "../outside", O_RDONLY) >= 0 ? ALLOWED : REFUSED;
}

static int do_compare_user(void)
{
    return getuid() == TEST_UID ? PASSED : ALLOWED;
}

struct folder {
    char outer[64];
    char path[80];
};

static void make_file(const char *folder, const char *name, uid_t owner)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    int fd = open(path, O_WRONLY | O_CREAT, 0644);
    assert_true(fd >= 0);
    assert_int_equal(fchown(fd, owner, owner), 0);
    close(fd);
}

static struct folder make_folder(uid_t owner)
{
    struct folder folder = {.outer = "/tmp/test-sandbox-XXXXXX"};
    assert_non_null(mkdtemp(folder.outer));
    assert_int_equal(chmod(folder.outer, 0755), 0);
    snprintf(folder.path, sizeof folder.path, "%s/root", folder.outer);
    assert_int_equal(mkdir(folder.path, 0755), 0);
    assert_int_equal(chown(folder.path, owner, owner), 0);
    make_file(folder.outer, "outside", owner);
    make_file(folder.path, "given", owner);
    return folder;
}

static void remove_folder(const struct folder *folder)
{
    static const char *const names[] = {"root/given", "root/made", "outside", "root", ""};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        char path[128];
        snprintf(path, sizeof path, "%s/%s", folder->outer, names[i]);
        remove(path);
    }
}

static void try_folder(uid_t owner)
{
    struct folder folder = make_folder(owner);
    struct sandbox reading = with_open(SANDBOX_FILES_READ, folder.path);
    assert_int_equal(inside(&reading, do_read_file), PASSED);
    assert_int_equal(inside(&reading, do_write_file), REFUSED);
    assert_int_equal(inside(&reading, do_escape), REFUSED);
    struct sandbox writing = with_open(SANDBOX_FILES_WRITE, folder.path);
    assert_int_equal(inside(&writing, do_read_file), PASSED);
    assert_int_equal(inside(&writing, do_write_file), PASSED);
    assert_int_equal(inside(&writing, do_escape), REFUSED);
    remove_folder(&folder);
}

static void sandbox_files_end_at_the_root(void **state)
{
    (void)state;
    try_folder(geteuid() == 0 ? TEST_UID : geteuid());
}

/* As an ordinary user there is no chroot: Landlock alone holds. */
static void sandbox_files_end_at_the_root_without_privilege(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    fflush(NULL);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        if (setresgid(TEST_UID, TEST_UID, TEST_UID) < 0 ||
            setresuid(TEST_UID, TEST_UID, TEST_UID) < 0) {
            _exit(NOT_ENTERED);
        }
        try_folder(TEST_UID);
        struct sandbox sandbox = with_open(SANDBOX_FILES_NONE, NULL);
        assert_int_equal(inside(&sandbox, do_open), REFUSED);
        _exit(PASSED);
    }
    assert_int_equal(outcome_of(child), PASSED);
}

static void sandbox_user_is_changed(void **state)
{
    (void)state;
    if (geteuid() != 0) {
        skip();
    }
    struct sandbox sandbox = with_open(SANDBOX_FILES_NONE, NULL);
    assert_int_equal(inside(&sandbox, do_compare_user), PASSED);
}

static void sandbox_user_zero_keeps_root_without_rights(void **state)
{
    (void)state;
    struct sandbox sandbox = with_open(SANDBOX_FILES_NONE, NULL);
    sandbox.uid = 0;
    assert_int_equal(inside(&sandbox, do_open), REFUSED);
}

static void sandbox_missing_root_fails(void **state)
{
    (void)state;
    struct sandbox sandbox = with_open(SANDBOX_FILES_READ, "/nonexistent/root");
    assert_int_equal(inside(&sandbox, do_nothing), NOT_ENTERED);
}

static void sandbox_check_outside_fails(void **state)
{
    (void)state;
    struct sandbox sandbox = closed();
    struct err err = {0};
    assert_false(sandbox_check(&sandbox, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
}

static void sandbox_death_signal_survives(void **state)
{
    (void)state;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        struct sandbox sandbox = closed();
        struct err err;
        int kept = 0;
        bool entered = sandbox_enter_process(&sandbox, &err);
        prctl(PR_GET_PDEATHSIG, &kept);
        _exit(entered && kept == SIGKILL ? PASSED : REFUSED);
    }
    assert_int_equal(outcome_of(child), PASSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(sandbox_empty_work_passes),
        cmocka_unit_test(sandbox_unknown_call_ends_process),
        cmocka_unit_test(sandbox_unknown_call_is_named_in_journal),
        cmocka_unit_test(sandbox_execve_kills),
        cmocka_unit_test(sandbox_namespaces_kill),
        cmocka_unit_test(sandbox_conditions_are_alternatives),
        cmocka_unit_test(sandbox_open_without_files_is_refused),
        cmocka_unit_test(sandbox_thread_set_allows_threads_only),
        cmocka_unit_test(sandbox_child_set_allows_fork_only),
        cmocka_unit_test(sandbox_sets_carry_loop_and_workers),
        cmocka_unit_test(sandbox_bug_dies_by_signal),
        cmocka_unit_test(sandbox_child_filter_narrows),
        cmocka_unit_test(sandbox_files_end_at_the_root),
        cmocka_unit_test(sandbox_files_end_at_the_root_without_privilege),
        cmocka_unit_test(sandbox_user_is_changed),
        cmocka_unit_test(sandbox_user_zero_keeps_root_without_rights),
        cmocka_unit_test(sandbox_missing_root_fails),
        cmocka_unit_test(sandbox_check_outside_fails),
        cmocka_unit_test(sandbox_death_signal_survives),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
