/*
 * The inspectors: a queue of files, and children that look at them, as many at once as there
 * are cores. A child serves one account and is discarded after a file in which anything was
 * found, after 100 files, and after a second of work; it is killed when a file's deadline
 * passes. Whatever becomes of a child, each file gets exactly one answer.
 *
 * When more wait than can be served, accounts that have nothing under way come first.
 */
#ifndef GARITA_HOOKS_INSPECT_POOL_H
#define GARITA_HOOKS_INSPECT_POOL_H

#include "base/loop.h"
#include "hooks/inspect/inspect_child.h"
#include "wire/inspection.h"

struct inspect_pool;

struct inspect_pool_options {
    struct loop *loop;
    size_t children;            /* at once */
    struct inspect_child child; /* what each one gets */
    /* What answer borrows ends with the call. asker is as given to submit. */
    void (*answer)(void *asker, const struct inspect_answer *answer);
};

struct inspect_pool *inspect_pool_new(const struct inspect_pool_options *options,
                                      struct err *err);
void inspect_pool_free(struct inspect_pool *pool); /* no more answers */
DEFINE_AUTO(inspect_pool, inspect_pool_free);

/* Limits of the children from the next one on; those that are idle are discarded. */
void inspect_pool_limits(struct inspect_pool *pool, uint64_t memory, uint64_t cpu_s);

/* Answered later from the loop, or at once if the file cannot be queued. */
void inspect_pool_submit(struct inspect_pool *pool, void *asker,
                         const struct inspect_ask *ask, int take_fd);

/* The asker is gone: what it asked is not answered any more. */
void inspect_pool_forget(struct inspect_pool *pool, const void *asker);

#endif
