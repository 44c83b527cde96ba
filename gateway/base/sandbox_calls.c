/*
 * The system-call half of the sandbox. Every sandboxed process.
 *
 * A filter is compiled by libseccomp once, read back as BPF from a memory file, and
 * entered with two system calls; a spawner compiles it before its children exist.
 * SECURITY: the tables below are what every role, or every role with a loop, threads or
 * children, may do. Everything else stands in that role's own table. Unknown calls trap:
 * the handler writes one journal record and the process dies of SIGSYS.
 */
#include "base/sandbox.h"

#include <errno.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <unistd.h>

#include <linux/filter.h>

#include "base/fd.h"
#include "base/log.h"
#include "base/sanitize.h"

enum {
    FILTER_BYTES_MAX = 64 * 1024,
    NAMED_CALLS_MAX = 512, /* newer calls are reported by number alone */
    CALL_NAME_MAX = 32
};

struct sandbox_filter {
    size_t count;
    struct sock_filter instructions[];
};

struct call_table {
    const struct sandbox_call *calls;
    size_t count;
};

#define NEW_NAMESPACES                                                          \
    (CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | \
     CLONE_NEWUTS | CLONE_NEWCGROUP)
#define FORK_FLAGS ((uint64_t)(CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID | CSIGNAL))
#define THREAD_FLAGS ((uint64_t)(CLONE_VM | CLONE_THREAD))

static const struct sandbox_call base_calls[] = {
    SANDBOX_CALL(read),
    SANDBOX_CALL(write),
    SANDBOX_CALL(close),
    SANDBOX_CALL(brk),
    SANDBOX_CALL(munmap),
    SANDBOX_CALL(mremap),
    SANDBOX_CALL(madvise),
    /* Memory of no file, shared with nobody, and never code: a role that maps files says so itself.
       RLIMIT_DATA counts all of it that is written to. */
    SANDBOX_CALL_IF_BOTH(mmap, 2, PROT_EXEC, 0, 3,
                         MAP_ANONYMOUS | MAP_TYPE | MAP_GROWSDOWN,
                         MAP_ANONYMOUS | MAP_PRIVATE),
    SANDBOX_CALL_IF(mprotect, 2, PROT_EXEC, 0),
    SANDBOX_CALL(futex),
    SANDBOX_CALL(clock_gettime), /* where the vDSO has no fast clock */
    SANDBOX_CALL(getpid),
    SANDBOX_CALL(getrandom),
    SANDBOX_CALL(exit_group),
    SANDBOX_CALL(rt_sigreturn),
    SANDBOX_CALL(rt_sigprocmask),
    SANDBOX_CALL(restart_syscall),
    SANDBOX_CALL_IF(prctl, 0, SANDBOX_INT, PR_GET_SECCOMP),
    SANDBOX_CALL_IF(prctl, 0, SANDBOX_INT, PR_GET_NO_NEW_PRIVS),
};

/* clang-format off */
static const struct sandbox_call loop_calls[] = {
    SANDBOX_CALL(epoll_ctl),
#ifdef __NR_epoll_wait
    SANDBOX_CALL(epoll_wait),
    SANDBOX_CALL(poll), /* channel_wait() */
#else
    SANDBOX_CALL(epoll_pwait),
    SANDBOX_CALL(ppoll), /* channel_wait() */
#endif
    SANDBOX_CALL(recvmsg),
    SANDBOX_CALL(sendmsg),
};
/* clang-format on */

static const struct sandbox_call thread_calls[] = {
    SANDBOX_CALL_IF(clone, 0, THREAD_FLAGS | NEW_NAMESPACES, THREAD_FLAGS),
    SANDBOX_CALL(exit),
    SANDBOX_CALL(eventfd2),
    SANDBOX_CALL(set_robust_list),
    SANDBOX_CALL(rseq),
    SANDBOX_CALL(rt_sigaction),
    SANDBOX_CALL(sched_getaffinity),
    SANDBOX_CALL_IF(prctl, 0, SANDBOX_INT, PR_SET_NAME),
};

static const struct sandbox_call child_calls[] = {
    SANDBOX_CALL_IF(clone, 0, ~FORK_FLAGS, 0),
    SANDBOX_CALL(wait4),
    SANDBOX_CALL(waitid),
    SANDBOX_CALL(getppid),
    SANDBOX_CALL(set_robust_list),
    SANDBOX_CALL(rt_sigaction),
    SANDBOX_CALL_IF(prctl, 0, SANDBOX_INT, PR_SET_PDEATHSIG),
    SANDBOX_CALL_IF(seccomp, 0, SANDBOX_INT, SECCOMP_SET_MODE_FILTER),
};

#if BUILT_WITH_ASAN
/* What the sanitizers' run time does to report. Not in builds that are shipped. */
static const struct sandbox_call sanitizer_calls[] = {
    SANDBOX_CALL(mmap),        SANDBOX_CALL(openat),
    SANDBOX_CALL(readlink),    SANDBOX_CALL(newfstatat),
    SANDBOX_CALL(fstat),       SANDBOX_CALL(lseek),
    SANDBOX_CALL(ioctl),       SANDBOX_CALL(writev),
    SANDBOX_CALL(sched_yield), SANDBOX_CALL(sigaltstack),
    SANDBOX_CALL(personality), SANDBOX_CALL(prlimit64),
    SANDBOX_CALL(getrlimit),   SANDBOX_CALL(rt_sigaction),
    SANDBOX_CALL(gettid),      SANDBOX_CALL(tgkill),
    SANDBOX_CALL(prctl),       SANDBOX_CALL(sched_getaffinity),
};

/* The leak check needs a tracing thread, which the filter kills. */
static int filter_entered;
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
    return filter_entered;
}
#endif

/* Nobody with honest work tries these: no record, no second chance. */
static const int killing_calls[] = {
    __NR_execve,
    __NR_execveat,
    __NR_ptrace,
    __NR_bpf,
    __NR_io_uring_setup,
    __NR_io_uring_enter,
    __NR_io_uring_register,
    __NR_keyctl,
    __NR_add_key,
    __NR_request_key,
    __NR_mount,
    __NR_umount2,
    __NR_unshare,
    __NR_setns,
    __NR_pivot_root,
};

static char call_names[NAMED_CALLS_MAX][CALL_NAME_MAX];

/* The handler may not allocate, so the names are looked up before. */
static void load_call_names(void)
{
    for (int number = 0; number < NAMED_CALLS_MAX; number++) {
        char *name = seccomp_syscall_resolve_num_arch(SCMP_ARCH_NATIVE, number);
        snprintf(call_names[number], CALL_NAME_MAX, "%s", name ? name : "");
        free(name);
    }
}

/* log_event() takes no lock and allocates nothing. The end is a call that kills: the
   process then dies of SIGSYS, all its threads with it, and the one who waits for it sees
   why. */
static void on_trap(int signal_number, siginfo_t *info, void *context)
{
    (void)signal_number;
    (void)context;
    char number[16];
    snprintf(number, sizeof number, "%d", info->si_syscall);
    bool named = info->si_syscall >= 0 && info->si_syscall < NAMED_CALLS_MAX;
    log_event(LOG_ERROR, "sandbox_trap", "call", number, "name",
              named ? call_names[info->si_syscall] : NULL, NULL);
    syscall(__NR_execve, NULL, NULL, NULL);
    _exit(128 + SIGSYS);
}

static bool add_rule(scmp_filter_ctx context, uint32_t action,
                     const struct sandbox_call *call, struct err *err)
{
    struct scmp_arg_cmp comparisons[SANDBOX_CONDITIONS_MAX];
    for (unsigned i = 0; i < call->condition_count; i++) {
        comparisons[i] = SCMP_CMP(call->conditions[i].argument, SCMP_CMP_MASKED_EQ,
                                  call->conditions[i].mask, call->conditions[i].expected);
    }
    int result = seccomp_rule_add_array(context, action, call->number,
                                        call->condition_count, comparisons);
    /* The same rule from two tables. */
    if (result < 0 && result != -EEXIST) {
        return err_sys(err, -result, "rule for system call %d", call->number);
    }
    return true;
}

static bool add_refusals(scmp_filter_ctx context, struct err *err)
{
    for (size_t i = 0; i < ARRAY_SIZE(killing_calls); i++) {
        struct sandbox_call call = {.number = killing_calls[i]};
        if (!add_rule(context, SCMP_ACT_KILL_PROCESS, &call, err)) {
            return false;
        }
    }
    static const struct sandbox_call new_user =
        SANDBOX_CALL_IF(clone, 0, CLONE_NEWUSER, CLONE_NEWUSER);
    /* Its flags are behind a pointer, where no filter sees them; libc then uses clone. */
    static const struct sandbox_call clone3 = SANDBOX_CALL(clone3);
    return add_rule(context, SCMP_ACT_KILL_PROCESS, &new_user, err) &&
           add_rule(context, SCMP_ACT_ERRNO(ENOSYS), &clone3, err);
}

static bool add_table(scmp_filter_ctx context, struct call_table table, struct err *err)
{
    for (size_t i = 0; i < table.count; i++) {
        if (!add_rule(context, SCMP_ACT_ALLOW, &table.calls[i], err)) {
            return false;
        }
    }
    return true;
}

static bool add_rules(scmp_filter_ctx context, const struct sandbox *sandbox,
                      struct err *err)
{
    const struct {
        bool wanted;
        struct call_table table;
    } tables[] = {
        {true, {base_calls, ARRAY_SIZE(base_calls)}},
        {sandbox->sets & SANDBOX_LOOP, {loop_calls, ARRAY_SIZE(loop_calls)}},
        {sandbox->sets & SANDBOX_THREADS, {thread_calls, ARRAY_SIZE(thread_calls)}},
        {sandbox->sets & SANDBOX_CHILDREN, {child_calls, ARRAY_SIZE(child_calls)}},
        {true, {sandbox->calls, sandbox->call_count}},
#if BUILT_WITH_ASAN
        {true, {sanitizer_calls, ARRAY_SIZE(sanitizer_calls)}},
#endif
    };
    for (size_t i = 0; i < ARRAY_SIZE(tables); i++) {
        if (tables[i].wanted && !add_table(context, tables[i].table, err)) {
            return false;
        }
    }
    return add_refusals(context, err);
}

/* The filter as libseccomp would load it, in memory of our own. */
static struct sandbox_filter *export_filter(scmp_filter_ctx context, struct err *err)
{
    AUTO_CLOSE int file = memfd_create("filter", MFD_CLOEXEC);
    int result = file < 0 ? -errno : seccomp_export_bpf(context, file);
    if (result < 0 || lseek(file, 0, SEEK_SET) != 0) {
        err_sys(err, result < 0 ? -result : errno, "export system-call filter");
        return NULL;
    }
    size_t size = 0;
    AUTO_FREE char *bytes = fd_read_all(file, FILTER_BYTES_MAX, &size, err);
    if (!bytes) {
        return NULL;
    }
    struct sandbox_filter *filter = malloc(sizeof *filter + size);
    if (!filter) {
        err_sys(err, ENOMEM, "export system-call filter");
        return NULL;
    }
    filter->count = size / sizeof filter->instructions[0];
    memcpy(filter->instructions, bytes, size);
    return filter;
}

struct sandbox_filter *sandbox_filter_new(const struct sandbox *sandbox, struct err *err)
{
    scmp_filter_ctx context = seccomp_init(SCMP_ACT_TRAP);
    if (!context) {
        err_set(err, ERR_SYSTEM, "make system-call filter");
        return NULL;
    }
    load_call_names();
    struct sandbox_filter *filter = NULL;
    int result =
        seccomp_attr_set(context, SCMP_FLTATR_ACT_BADARCH, SCMP_ACT_KILL_PROCESS);
    if (result < 0) {
        err_sys(err, -result, "refuse other architectures");
    } else if (add_rules(context, sandbox, err)) {
        filter = export_filter(context, err);
    }
    seccomp_release(context);
    return filter;
}

void sandbox_filter_free(struct sandbox_filter *filter)
{
    free(filter);
}

/* A child of a process that is already under a filter has the handler and no_new_privs,
   and may not be allowed to set them again. */
static bool prepare_first_filter(struct err *err)
{
    struct sigaction action = {.sa_sigaction = on_trap, .sa_flags = SA_SIGINFO};
    if (sigaction(SIGSYS, &action, NULL) < 0) {
        return err_sys(err, errno, "handle SIGSYS");
    }
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) < 0) {
        return err_sys(err, errno, "give up new privileges");
    }
    return true;
}

bool sandbox_enter_calls(const struct sandbox_filter *filter, struct err *err)
{
    bool first = prctl(PR_GET_SECCOMP, 0, 0, 0, 0) == SECCOMP_MODE_DISABLED;
    if (first && !prepare_first_filter(err)) {
        return false;
    }
    struct sock_fprog program = {
        .len = (unsigned short)filter->count,
        .filter = (struct sock_filter *)(uintptr_t)filter->instructions,
    };
    /* With every thread that a library may have started. */
    long result = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER,
                          SECCOMP_FILTER_FLAG_TSYNC, &program);
    if (result != 0) {
        return err_sys(err, result < 0 ? errno : ESRCH, "enter system-call filter");
    }
#if BUILT_WITH_ASAN
    filter_entered = 1;
#endif
    return true;
}

bool sandbox_check(const struct sandbox *sandbox, struct err *err)
{
    (void)sandbox;
    if (prctl(PR_GET_SECCOMP, 0, 0, 0, 0) != SECCOMP_MODE_FILTER) {
        return err_set(err, ERR_SYSTEM, "no system-call filter is in force");
    }
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) {
        return err_set(err, ERR_SYSTEM, "new privileges are possible");
    }
    return true;
}
