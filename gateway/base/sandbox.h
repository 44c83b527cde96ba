/*
 * A role gives up what it does not need: user, root directory, capabilities, files and
 * TCP (Landlock), system calls (seccomp), resources. What works without root is applied
 * without root too. There is no switch that turns it off. After sandbox_enter() an
 * unknown system call ends the process with one journal record that names it; execve,
 * ptrace, bpf, io_uring, keyctl, mount and new namespaces kill at once. Either way it
 * dies of SIGSYS.
 */
#ifndef GARITA_BASE_SANDBOX_H
#define GARITA_BASE_SANDBOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <sys/types.h>

#include "base/auto.h"
#include "base/err.h"

/* A condition on an argument: (value & mask) == expected. */
struct sandbox_condition {
    unsigned argument;
    uint64_t mask;
    uint64_t expected;
};

enum { SANDBOX_CONDITIONS_MAX = 2 };

/* One allowed system call, if all its conditions hold. Several entries with the same
   number are alternatives. */
struct sandbox_call {
    int number;
    unsigned condition_count;
    struct sandbox_condition conditions[SANDBOX_CONDITIONS_MAX];
};

/* clang-format off */
#define SANDBOX_CALL(name) {.number = __NR_##name}
#define SANDBOX_CALL_IF(name, arg, bits, value)                                          \
    {.number = __NR_##name, .condition_count = 1,                                        \
     .conditions = {{.argument = (arg), .mask = (bits), .expected = (value)}}}
#define SANDBOX_CALL_IF_BOTH(name, arg1, bits1, value1, arg2, bits2, value2)             \
    {.number = __NR_##name, .condition_count = 2,                                        \
     .conditions = {{.argument = (arg1), .mask = (bits1), .expected = (value1)},         \
                    {.argument = (arg2), .mask = (bits2), .expected = (value2)}}}
/* clang-format on */

/* For conditions on an argument that the kernel reads as an int. */
#define SANDBOX_INT UINT32_MAX

/* Ready-made sets of calls. Every sandbox has the calls that any C program needs: read,
   write, close, memory that is neither executable nor of a file, futex, clocks, exit. */
enum sandbox_set {
    SANDBOX_LOOP = 1,    /* base/loop, base/channel */
    SANDBOX_THREADS = 2, /* base/workers: threads may start */
    SANDBOX_CHILDREN = 4 /* fork, wait, and sandbox_enter_calls() in the child */
};

enum sandbox_files {
    SANDBOX_FILES_NONE, /* no path can be opened */
    SANDBOX_FILES_READ, /* read below the root directory */
    SANDBOX_FILES_WRITE /* read, make, write and remove below the root directory */
};

struct sandbox {
    uid_t uid;        /* 0: keep the user (the supervisor did not start as root) */
    const char *root; /* new root directory, absolute; NULL: an empty one */
    enum sandbox_files files;
    size_t address_space; /* bytes, RLIMIT_AS; 0: no limit */
    size_t file_size;     /* bytes, RLIMIT_FSIZE; 0: not one byte, SIZE_MAX: no limit */
    unsigned descriptors; /* RLIMIT_NOFILE */
    unsigned processes;   /* RLIMIT_NPROC for its user; UINT32_MAX: no limit */
    unsigned sets;        /* bits of enum sandbox_set */
    const struct sandbox_call *calls; /* what this role needs beside those */
    size_t call_count;
};

/* A compiled system-call filter, made once and entered by many children. A filter entered
   inside another one can only narrow it. */
struct sandbox_filter;
struct sandbox_filter *sandbox_filter_new(const struct sandbox *sandbox, struct err *err);
void sandbox_filter_free(struct sandbox_filter *filter);

/* All of it, in the order limits, root, user, capabilities, no_new_privs, Landlock,
   system calls. When not root, chroot and setuid are skipped and Landlock alone confines
   files to `root`. After it the working directory is the root. Before the system calls
   close, it tries what must be refused by then (open a file outside, a capability, TCP)
   and fails when one of them works: later the trap would end the process. */
bool sandbox_enter(const struct sandbox *sandbox, struct err *err);

/* The same in two steps, for a spawner whose children narrow further. */
bool sandbox_enter_process(const struct sandbox *sandbox, struct err *err);
bool sandbox_enter_calls(const struct sandbox_filter *filter, struct err *err);

/* Asks the kernel whether this process is under a system-call filter and no_new_privs.
   Called by every role after sandbox_enter(). */
bool sandbox_check(const struct sandbox *sandbox, struct err *err);

DEFINE_AUTO(sandbox_filter, sandbox_filter_free);

#endif
