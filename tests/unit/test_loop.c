/*
 * The loop: events, timers, and callbacks that change both.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/loop.h"

enum { FD_COUNT = 8, TIMER_COUNT = 200 };

static struct loop *loop;
static char order[1024];

/* What a callback notes; its context points into this. */
static char letters[128];

static void *as(char letter)
{
    letters[(unsigned char)letter] = letter;
    return &letters[(unsigned char)letter];
}

static void note(char letter)
{
    size_t used = strlen(order);
    if (used < sizeof order - 1) {
        order[used] = letter;
        order[used + 1] = '\0';
    }
}

static int set_up(void **state)
{
    (void)state;
    order[0] = '\0';
    loop = loop_new(NULL);
    return loop ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    loop_free(loop);
    return 0;
}

static void stop(void *context)
{
    (void)context;
    loop_stop(loop);
}

static void note_timer(void *context)
{
    note(*(const char *)context);
}

static void loop_timers_fire_by_deadline_then_age(void **state)
{
    (void)state;
    loop_after(loop, 20, note_timer, as('d'));
    loop_after(loop, 0, note_timer, as('a'));
    loop_after(loop, 10, note_timer, as('b'));
    loop_after(loop, 10, note_timer, as('c'));
    loop_after(loop, 25, stop, NULL);
    assert_true(loop_run(loop, NULL));
    assert_string_equal(order, "abcd");
}

static void loop_cancelled_timers_do_not_fire(void **state)
{
    (void)state;
    struct loop_timer *timers[TIMER_COUNT];
    for (size_t i = 0; i < TIMER_COUNT; i++) {
        timers[i] = loop_after(loop, (int64_t)(i * 37 % 20), note_timer,
                               as(i % 5 == 0 ? 'k' : 'x'));
    }
    for (size_t i = 0; i < TIMER_COUNT; i++) {
        if (i % 5 != 0) {
            loop_cancel(timers[i]);
        }
    }
    loop_cancel(NULL);
    loop_after(loop, 21, stop, NULL);
    assert_true(loop_run(loop, NULL));
    assert_int_equal(strlen(order), TIMER_COUNT / 5);
    assert_null(strchr(order, 'x'));
}

static int again_count;

static void start_again(void *context)
{
    if (++again_count < 1000) {
        loop_after(loop, 0, start_again, context);
    }
}

static void stop_on_event(void *context, int fd, uint32_t events)
{
    (void)context;
    (void)fd;
    (void)events;
    loop_stop(loop);
}

static void loop_endless_timer_does_not_starve_descriptors(void **state)
{
    (void)state;
    again_count = 0;
    int fd = eventfd(1, EFD_CLOEXEC);
    loop_after(loop, 0, start_again, NULL);
    struct loop_watch *watch = loop_watch(loop, fd, EPOLLIN, stop_on_event, NULL, NULL);
    assert_non_null(watch);
    assert_true(loop_run(loop, NULL));
    assert_true(again_count < 3);
    loop_unwatch(watch);
    close(fd);
}

static struct loop_watch *watches[FD_COUNT];
static int fds[FD_COUNT];
static int calls;

static void unwatch_all(void *context, int fd, uint32_t events)
{
    (void)context;
    (void)fd;
    (void)events;
    calls++;
    for (size_t i = 0; i < FD_COUNT; i++) {
        loop_unwatch(watches[i]);
        watches[i] = NULL;
        close(fds[i]);
    }
    loop_stop(loop);
}

/* All are ready in the same turn; the first callback drops and closes them all. */
static void loop_unwatch_in_callback_silences_pending_events(void **state)
{
    (void)state;
    calls = 0;
    for (size_t i = 0; i < FD_COUNT; i++) {
        fds[i] = eventfd(1, EFD_CLOEXEC);
        watches[i] = loop_watch(loop, fds[i], EPOLLIN, unwatch_all, NULL, NULL);
        assert_non_null(watches[i]);
    }
    assert_true(loop_run(loop, NULL));
    assert_int_equal(calls, 1);
}

static void note_and_stop(void *context, int fd, uint32_t events)
{
    (void)fd;
    (void)events;
    note(*(const char *)context);
    loop_stop(loop);
}

static void replace_other(void *context, int fd, uint32_t events)
{
    (void)context;
    (void)events;
    note('r');
    /* The same descriptor number, a new watch: an old event may not reach it. */
    size_t other = fd == fds[0] ? 1 : 0;
    loop_unwatch(watches[other]);
    watches[other] = loop_watch(loop, fds[other], EPOLLOUT, note_and_stop, as('n'), NULL);
    loop_unwatch(watches[1 - other]);
    watches[1 - other] = NULL;
}

static void loop_watch_on_reused_descriptor_gets_only_its_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        fds[i] = eventfd(1, EFD_CLOEXEC);
        watches[i] = loop_watch(loop, fds[i], EPOLLIN, replace_other, NULL, NULL);
    }
    assert_true(loop_run(loop, NULL));
    assert_string_equal(order, "rn");
    close(fds[0]);
    close(fds[1]);
}

static void note_end(void *context)
{
    (void)context;
    note('e');
}

static void drain_and_note(void *context, int fd, uint32_t events)
{
    (void)events;
    uint64_t count;
    assert_int_equal(read(fd, &count, sizeof count), sizeof count);
    note(*(const char *)context);
}

static void loop_turn_end_runs_after_all_events(void **state)
{
    (void)state;
    for (size_t i = 0; i < 2; i++) {
        fds[i] = eventfd(1, EFD_CLOEXEC);
        watches[i] = loop_watch(loop, fds[i], EPOLLIN, drain_and_note, as('f'), NULL);
    }
    loop_after(loop, 0, note_timer, as('t'));
    loop_after(loop, 0, stop, NULL);
    loop_at_turn_end(loop, note_end, NULL);
    assert_true(loop_run(loop, NULL));
    assert_string_equal(order, "ffte");
    close(fds[0]);
    close(fds[1]);
}

static void loop_rewatch_changes_events(void **state)
{
    (void)state;
    fds[0] = eventfd(0, EFD_CLOEXEC); /* writable, not readable */
    watches[0] = loop_watch(loop, fds[0], EPOLLIN, note_and_stop, as('w'), NULL);
    loop_after(loop, 5, stop, NULL);
    assert_true(loop_run(loop, NULL));
    assert_string_equal(order, "");
    assert_true(loop_rewatch(watches[0], EPOLLOUT, NULL));
    assert_true(loop_run(loop, NULL));
    assert_string_equal(order, "w");
    close(fds[0]);
}

static void loop_watch_of_closed_descriptor_fails(void **state)
{
    (void)state;
    struct err err = {0};
    assert_null(loop_watch(loop, -1, EPOLLIN, note_and_stop, NULL, &err));
    assert_int_equal(err.code, ERR_SYSTEM);
}

static void loop_stop_before_run_ends_at_once(void **state)
{
    (void)state;
    loop_stop(loop);
    assert_true(loop_run(loop, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(loop_timers_fire_by_deadline_then_age, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(loop_cancelled_timers_do_not_fire, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(loop_endless_timer_does_not_starve_descriptors,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(loop_unwatch_in_callback_silences_pending_events,
                                        set_up, tear_down),
        cmocka_unit_test_setup_teardown(
            loop_watch_on_reused_descriptor_gets_only_its_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loop_turn_end_runs_after_all_events, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(loop_rewatch_changes_events, set_up, tear_down),
        cmocka_unit_test_setup_teardown(loop_watch_of_closed_descriptor_fails, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(loop_stop_before_run_ends_at_once, set_up,
                                        tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
