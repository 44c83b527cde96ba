/*
 * The process that looks at files: made by the pool for one account, heard on one channel.
 * To each inspect_ask it sends two inspect_answers, the first with the digest alone, before
 * anything has parsed the file; so the digest is known even of a file that ends the child.
 */
#ifndef GARITA_HOOKS_INSPECT_CHILD_H
#define GARITA_HOOKS_INSPECT_CHILD_H

#include "base/sandbox.h"
#include "hooks/inspect/inspect.h"

typedef void (*inspect_work)(const struct inspect_tools *tools, int fd, const char *name,
                             size_t most, struct inspection *inspection);

struct inspect_child {
    const struct inspect_tools *tools;
    inspect_work work;                   /* inspect_look, but in tests */
    const struct sandbox_filter *filter; /* NULL in tests */
    uint64_t memory;                     /* bytes, beside the file's own */
    uint64_t cpu_s;                      /* seconds over all its files */
};

/* In the child, after fork: takes the channel, drops every other descriptor but standard
   error, serves until the parent leaves, and never returns. */
void inspect_child_run(const struct inspect_child *child, int channel)
    __attribute__((noreturn));

/* What the child does beside its parent's sandbox; both need these calls. */
extern const struct sandbox_call inspect_child_calls[];
extern const size_t inspect_child_call_count;

#endif
