/*
 * Threads for what blocks: in registry (sync, SQLite writer), auth (Argon2). One lock
 * guards both queues; jobs go submit -> waiting -> a thread -> finished -> done, the last
 * on the loop's thread, which an eventfd wakes. Everything here is called on the loop's
 * thread but the threads' own body.
 */
#include "base/workers.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { WORKER_STACK = 1024 * 1024, WORKER_NAME_MAX = 16 };

struct job_queue {
    struct worker_job *first;
    struct worker_job *last;
};

struct workers {
    struct workers_options options;
    char name[WORKER_NAME_MAX];
    pthread_mutex_t lock; /* guards the four below */
    pthread_cond_t work;  /* there is a job, or the threads are to end */
    struct job_queue waiting;
    struct job_queue finished;
    bool ending;
    pthread_cond_t progress; /* something finished, for workers_free() */
    size_t unfinished;       /* submitted, and done() not yet called; the loop's thread */
    int wake;                /* eventfd: `finished` is not empty */
    struct loop_watch *watch;
    size_t started;
    pthread_t threads[];
};

DEFINE_AUTO(workers, workers_free);

static void lock(struct workers *workers)
{
    if (pthread_mutex_lock(&workers->lock) != 0) {
        bug("workers %s: lock", workers->name);
    }
}

static void unlock(struct workers *workers)
{
    if (pthread_mutex_unlock(&workers->lock) != 0) {
        bug("workers %s: unlock", workers->name);
    }
}

/* Appends the chain that starts at job. */
static void queue_append(struct job_queue *queue, struct worker_job *job)
{
    if (queue->last) {
        queue->last->next = job;
    } else {
        queue->first = job;
    }
    while (job->next) {
        job = job->next;
    }
    queue->last = job;
}

static struct worker_job *queue_take_all(struct job_queue *queue)
{
    struct worker_job *first = queue->first;
    *queue = (struct job_queue){0};
    return first;
}

static struct worker_job *queue_take_one(struct job_queue *queue)
{
    struct worker_job *job = queue->first;
    queue->first = job->next;
    if (!queue->first) {
        queue->last = NULL;
    }
    job->next = NULL;
    return job;
}

static void run_jobs(const struct workers *workers, struct worker_job *jobs)
{
    if (workers->options.batch) {
        workers->options.batch(workers->options.batch_context, jobs);
    } else {
        jobs->run(jobs);
    }
}

static void hand_back(struct workers *workers, struct worker_job *jobs)
{
    bool first = !workers->finished.first;
    queue_append(&workers->finished, jobs);
    pthread_cond_signal(&workers->progress);
    if (first) {
        uint64_t one = 1;
        if (write(workers->wake, &one, sizeof one) != (ssize_t)sizeof one) {
            bug("workers %s: wake", workers->name);
        }
    }
}

static void *worker_main(void *context)
{
    struct workers *workers = context;
    pthread_setname_np(pthread_self(), workers->name);
    lock(workers);
    for (;;) {
        while (!workers->waiting.first && !workers->ending) {
            pthread_cond_wait(&workers->work, &workers->lock);
        }
        if (!workers->waiting.first) {
            break;
        }
        struct worker_job *jobs = workers->options.batch
                                      ? queue_take_all(&workers->waiting)
                                      : queue_take_one(&workers->waiting);
        unlock(workers);
        run_jobs(workers, jobs);
        lock(workers);
        hand_back(workers, jobs);
    }
    unlock(workers);
    return NULL;
}

/* Calls done() for what has finished. Jobs submitted by a done() are for a later turn. */
static void collect(struct workers *workers)
{
    lock(workers);
    struct worker_job *job = queue_take_all(&workers->finished);
    unlock(workers);
    while (job) {
        struct worker_job *next = job->next;
        job->next = NULL;
        workers->unfinished--;
        job->done(job);
        job = next;
    }
}

static void on_wake(void *context, int fd, uint32_t events)
{
    (void)events;
    uint64_t count;
    /* Emptied before the queue is taken: a job that finishes between wakes us again. */
    ssize_t got = read(fd, &count, sizeof count);
    (void)got;
    collect(context);
}

static bool start_threads(struct workers *workers, struct err *err)
{
    pthread_attr_t attributes;
    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, WORKER_STACK);
    /* Signals belong to the main thread; but a system call that the sandbox traps is told of by
       the thread that made it. */
    sigset_t all, before;
    sigfillset(&all);
    sigdelset(&all, SIGSYS);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    int failure = 0;
    while (failure == 0 && workers->started < workers->options.threads) {
        failure = pthread_create(&workers->threads[workers->started], &attributes,
                                 worker_main, workers);
        if (failure == 0) {
            workers->started++;
        }
    }
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    pthread_attr_destroy(&attributes);
    if (failure != 0) {
        return err_sys(err, failure, "start thread of %s", workers->name);
    }
    return true;
}

struct workers *workers_new(struct loop *loop, const struct workers_options *options,
                            struct err *err)
{
    if (options->threads == 0 || (options->batch && options->threads != 1)) {
        bug("workers %s: %zu threads", options->name, options->threads);
    }
    struct workers *made =
        calloc(1, sizeof *made + options->threads * sizeof made->threads[0]);
    if (!made) {
        err_sys(err, ENOMEM, "make workers %s", options->name);
        return NULL;
    }
    AUTO(workers) workers = made;
    workers->options = *options;
    workers->wake = -1;
    strncpy(workers->name, options->name, sizeof workers->name - 1);
    pthread_mutex_init(&workers->lock, NULL);
    pthread_cond_init(&workers->work, NULL);
    pthread_cond_init(&workers->progress, NULL);
    workers->wake = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    if (workers->wake < 0) {
        err_sys(err, errno, "make eventfd of workers %s", options->name);
        return NULL;
    }
    workers->watch = loop_watch(loop, workers->wake, EPOLLIN, on_wake, workers, err);
    if (!workers->watch || !start_threads(workers, err)) {
        return NULL;
    }
    return TAKE_PTR(workers);
}

static void finish_jobs(struct workers *workers)
{
    while (workers->unfinished > 0) {
        lock(workers);
        while (!workers->finished.first) {
            pthread_cond_wait(&workers->progress, &workers->lock);
        }
        unlock(workers);
        collect(workers);
    }
}

void workers_free(struct workers *workers)
{
    if (!workers) {
        return;
    }
    finish_jobs(workers);
    lock(workers);
    workers->ending = true;
    pthread_cond_broadcast(&workers->work);
    unlock(workers);
    for (size_t i = 0; i < workers->started; i++) {
        pthread_join(workers->threads[i], NULL);
    }
    loop_unwatch(workers->watch);
    if (workers->wake >= 0) {
        close(workers->wake);
    }
    pthread_cond_destroy(&workers->progress);
    pthread_cond_destroy(&workers->work);
    pthread_mutex_destroy(&workers->lock);
    free(workers);
}

void workers_submit(struct workers *workers, struct worker_job *job)
{
    job->next = NULL;
    workers->unfinished++;
    lock(workers);
    queue_append(&workers->waiting, job);
    pthread_cond_signal(&workers->work);
    unlock(workers);
}

size_t workers_waiting(const struct workers *workers)
{
    return workers->unfinished;
}
