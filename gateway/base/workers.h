/*
 * Threads for what blocks (fdatasync, Argon2, SQLite commits). A job runs on one of a fixed
 * number of threads; its `done` runs later on the loop's thread. Jobs belong to whoever
 * submitted them and must live until `done`. With one thread the jobs run in order, and
 * `batch` lets it take all that wait at once (group commit).
 */
#ifndef GARITA_BASE_WORKERS_H
#define GARITA_BASE_WORKERS_H

#include <stddef.h>

#include "base/err.h"
#include "base/loop.h"

struct workers;

struct worker_job {
    void (*run)(struct worker_job *job);  /* on a worker thread */
    void (*done)(struct worker_job *job); /* on the loop's thread; may free the job */
    struct worker_job *next;              /* for the queue; not the caller's */
};

/* Runs on the worker thread with every job that waits, in order, linked by `next`;
   instead of job->run. It must not free jobs. */
typedef void (*workers_batch)(void *context, struct worker_job *first);

struct workers_options {
    const char *name; /* of the threads, at most 15 characters */
    size_t threads;
    workers_batch batch; /* NULL: job->run is called for each; else threads must be 1 */
    void *batch_context;
};

struct workers *workers_new(struct loop *loop, const struct workers_options *options,
                            struct err *err);

/* Waits for all submitted jobs and runs their done callbacks. */
void workers_free(struct workers *workers);

void workers_submit(struct workers *workers, struct worker_job *job);
size_t workers_waiting(const struct workers *workers); /* submitted and not yet done */

#endif
