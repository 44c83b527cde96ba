/*
 * Jobs on threads: order, batches, and the end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "base/loop.h"
#include "base/workers.h"

enum { JOBS = 500 };

struct counted {
    struct worker_job job; /* first: a job is its struct */
    size_t number;
    pthread_t ran_on;
};

static struct loop *loop;
static struct workers *workers;
static struct counted jobs[JOBS];
static size_t ran_order[JOBS];
static atomic_size_t ran_count;
static size_t done_count;
static size_t done_out_of_order;
static size_t batches;
static pthread_t loop_thread;

static int set_up(void **state)
{
    (void)state;
    memset(jobs, 0, sizeof jobs);
    atomic_store(&ran_count, 0);
    done_count = 0;
    done_out_of_order = 0;
    batches = 0;
    loop_thread = pthread_self();
    loop = loop_new(NULL);
    return loop ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void run(struct worker_job *job)
{
    struct counted *counted = (struct counted *)job;
    counted->ran_on = pthread_self();
    ran_order[atomic_fetch_add(&ran_count, 1)] = counted->number;
}

static void done(struct worker_job *job)
{
    const struct counted *counted = (const struct counted *)job;
    assert_true(pthread_equal(pthread_self(), loop_thread));
    done_out_of_order += counted->number != done_count;
    done_count++;
    if (done_count == JOBS) {
        loop_stop(loop);
    }
}

static void submit_all(void)
{
    for (size_t i = 0; i < JOBS; i++) {
        jobs[i].number = i;
        jobs[i].job.run = run;
        jobs[i].job.done = done;
        workers_submit(workers, &jobs[i].job);
    }
}

static void start(const struct workers_options *options)
{
    struct err err = {0};
    workers = workers_new(loop, options, &err);
    if (!workers) {
        fail_msg("%s", err.text);
    }
}

static void workers_one_thread_keeps_order(void **state)
{
    (void)state;
    start(&(struct workers_options){.name = "one", .threads = 1});
    submit_all();
    assert_int_equal(workers_waiting(workers), JOBS);
    assert_true(loop_run(loop, NULL));
    assert_int_equal(workers_waiting(workers), 0);
    assert_int_equal(done_out_of_order, 0);
    for (size_t i = 0; i < JOBS; i++) {
        assert_int_equal(ran_order[i], i);
        assert_false(pthread_equal(jobs[i].ran_on, loop_thread));
    }
    workers_free(workers);
}

static void workers_many_threads_do_all(void **state)
{
    (void)state;
    start(&(struct workers_options){.name = "many-with-a-long-name", .threads = 4});
    submit_all();
    assert_true(loop_run(loop, NULL));
    assert_int_equal(atomic_load(&ran_count), JOBS);
    assert_int_equal(workers_waiting(workers), 0);
    workers_free(workers);
}

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

static void run_batch(void *context, struct worker_job *first)
{
    (void)context;
    pthread_mutex_lock(&gate);
    batches++;
    for (struct worker_job *job = first; job; job = job->next) {
        run(job);
    }
    pthread_mutex_unlock(&gate);
}

static void workers_batch_takes_all_that_waits(void **state)
{
    (void)state;
    start(&(struct workers_options){.name = "batch", .threads = 1, .batch = run_batch});
    /* While the gate is shut the thread holds at most one batch; the rest waits for the
       second. */
    pthread_mutex_lock(&gate);
    submit_all();
    pthread_mutex_unlock(&gate);
    assert_true(loop_run(loop, NULL));
    assert_true(batches >= 1 && batches <= 2);
    assert_int_equal(done_out_of_order, 0);
    assert_int_equal(atomic_load(&ran_count), JOBS);
    workers_free(workers);
}

static void workers_free_finishes_what_was_submitted(void **state)
{
    (void)state;
    start(&(struct workers_options){.name = "end", .threads = 2});
    submit_all();
    workers_free(workers);
    assert_int_equal(atomic_load(&ran_count), JOBS);
    assert_int_equal(done_count, JOBS);
}

static void done_and_resubmit(struct worker_job *job)
{
    if (++done_count < 3) {
        workers_submit(workers, job);
    } else {
        free(job);
    }
}

static void workers_done_may_submit_and_free(void **state)
{
    (void)state;
    start(&(struct workers_options){.name = "again", .threads = 1});
    struct counted *job = calloc(1, sizeof *job);
    assert_non_null(job);
    job->job.run = run;
    job->job.done = done_and_resubmit;
    workers_submit(workers, &job->job);
    workers_free(workers);
    assert_int_equal(done_count, 3);
    assert_int_equal(atomic_load(&ran_count), 3);
}

static void workers_free_of_null_is_fine(void **state)
{
    (void)state;
    workers_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(workers_one_thread_keeps_order, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(workers_many_threads_do_all, set_up, tear_down),
        cmocka_unit_test_setup_teardown(workers_batch_takes_all_that_waits, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(workers_free_finishes_what_was_submitted, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(workers_done_may_submit_and_free, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(workers_free_of_null_is_fine, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
