/*
 * The event loop. Every long-lived process, on its one main thread; a child after fork()
 * may only loop_free() its parent's loop, since both share the kernel's half of it.
 *
 * One turn: wait, callbacks of descriptors, callbacks of timers that are due, the end of
 * turn. A watch that is dropped during a turn stays in memory until the end of it, marked
 * dead, because events that the kernel already reported may still point to it.
 */
#include "base/loop.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "base/clock.h"

enum { EVENTS_A_TURN = 64, TIMERS_FIRST = 16 };

struct loop_watch {
    struct loop *loop;
    int fd;
    bool dead;
    loop_fd_callback callback;
    void *context;
    struct loop_watch *next;
    struct loop_watch **link; /* what points to this one in its list */
};

struct loop_timer {
    struct loop *loop;
    int64_t deadline_ms;
    uint64_t number; /* in order of making: keeps equal deadlines in order */
    size_t index;    /* in the heap */
    loop_timer_callback callback;
    void *context;
};

struct loop {
    int epoll;
    bool stopped;
    struct loop_watch *watches;
    struct loop_watch *dead;
    struct loop_timer **heap; /* the one due first at 0 */
    size_t timer_count;
    size_t timer_capacity;
    uint64_t timers_made;
    loop_timer_callback turn_end;
    void *turn_end_context;
};

static void list_add(struct loop_watch **list, struct loop_watch *watch)
{
    watch->next = *list;
    watch->link = list;
    if (watch->next) {
        watch->next->link = &watch->next;
    }
    *list = watch;
}

static void list_remove(struct loop_watch *watch)
{
    *watch->link = watch->next;
    if (watch->next) {
        watch->next->link = watch->link;
    }
}

static void list_free(struct loop_watch **list)
{
    struct loop_watch *watch = TAKE_PTR(*list);
    while (watch) {
        struct loop_watch *next = watch->next;
        free(watch);
        watch = next;
    }
}

struct loop *loop_new(struct err *err)
{
    AUTO(loop) loop = calloc(1, sizeof *loop);
    if (!loop) {
        err_sys(err, ENOMEM, "make loop");
        return NULL;
    }
    loop->epoll = epoll_create1(EPOLL_CLOEXEC);
    if (loop->epoll < 0) {
        err_sys(err, errno, "make epoll");
        return NULL;
    }
    return TAKE_PTR(loop);
}

void loop_free(struct loop *loop)
{
    if (!loop) {
        return;
    }
    list_free(&loop->watches);
    list_free(&loop->dead);
    for (size_t i = 0; i < loop->timer_count; i++) {
        free(loop->heap[i]);
    }
    free(loop->heap);
    if (loop->epoll >= 0) {
        close(loop->epoll);
    }
    free(loop);
}

struct loop_watch *loop_watch(struct loop *loop, int fd, uint32_t epoll_events,
                              loop_fd_callback callback, void *context, struct err *err)
{
    AUTO_FREE struct loop_watch *watch = calloc(1, sizeof *watch);
    if (!watch) {
        err_sys(err, ENOMEM, "watch descriptor %d", fd);
        return NULL;
    }
    *watch = (struct loop_watch){
        .loop = loop, .fd = fd, .callback = callback, .context = context};
    struct epoll_event event = {.events = epoll_events, .data.ptr = watch};
    if (epoll_ctl(loop->epoll, EPOLL_CTL_ADD, fd, &event) < 0) {
        err_sys(err, errno, "watch descriptor %d", fd);
        return NULL;
    }
    list_add(&loop->watches, watch);
    return TAKE_PTR(watch);
}

bool loop_rewatch(struct loop_watch *watch, uint32_t epoll_events, struct err *err)
{
    struct epoll_event event = {.events = epoll_events, .data.ptr = watch};
    if (epoll_ctl(watch->loop->epoll, EPOLL_CTL_MOD, watch->fd, &event) < 0) {
        return err_sys(err, errno, "change watch of descriptor %d", watch->fd);
    }
    return true;
}

void loop_unwatch(struct loop_watch *watch)
{
    if (!watch || watch->dead) {
        return;
    }
    if (epoll_ctl(watch->loop->epoll, EPOLL_CTL_DEL, watch->fd, NULL) < 0) {
        bug("unwatch descriptor %d: closed before", watch->fd);
    }
    watch->dead = true;
    list_remove(watch);
    list_add(&watch->loop->dead, watch);
}

static bool is_before(const struct loop_timer *a, const struct loop_timer *b)
{
    return a->deadline_ms < b->deadline_ms ||
           (a->deadline_ms == b->deadline_ms && a->number < b->number);
}

static void heap_place(struct loop *loop, size_t index, struct loop_timer *timer)
{
    loop->heap[index] = timer;
    timer->index = index;
}

/* Moves the timer at index towards the root or the leaves until the heap holds. */
static void heap_settle(struct loop *loop, size_t index)
{
    struct loop_timer *timer = loop->heap[index];
    while (index > 0 && is_before(timer, loop->heap[(index - 1) / 2])) {
        heap_place(loop, index, loop->heap[(index - 1) / 2]);
        index = (index - 1) / 2;
    }
    for (;;) {
        size_t child = 2 * index + 1;
        if (child >= loop->timer_count) {
            break;
        }
        if (child + 1 < loop->timer_count &&
            is_before(loop->heap[child + 1], loop->heap[child])) {
            child++;
        }
        if (!is_before(loop->heap[child], timer)) {
            break;
        }
        heap_place(loop, index, loop->heap[child]);
        index = child;
    }
    heap_place(loop, index, timer);
}

struct loop_timer *loop_after(struct loop *loop, int64_t delay_ms,
                              loop_timer_callback callback, void *context)
{
    if (loop->timer_count == loop->timer_capacity) {
        size_t capacity =
            loop->timer_capacity == 0 ? TIMERS_FIRST : loop->timer_capacity * 2;
        struct loop_timer **heap =
            reallocarray(loop->heap, capacity, sizeof(struct loop_timer *));
        if (!heap) {
            die("no memory for %zu timers", capacity);
        }
        loop->heap = heap;
        loop->timer_capacity = capacity;
    }
    struct loop_timer *timer = calloc(1, sizeof *timer);
    if (!timer) {
        die("no memory for a timer");
    }
    *timer = (struct loop_timer){.loop = loop,
                                 .deadline_ms = clock_monotonic_ms() + delay_ms,
                                 .number = loop->timers_made++,
                                 .callback = callback,
                                 .context = context};
    heap_place(loop, loop->timer_count++, timer);
    heap_settle(loop, timer->index);
    return timer;
}

void loop_cancel(struct loop_timer *timer)
{
    if (!timer) {
        return;
    }
    struct loop *loop = timer->loop;
    size_t index = timer->index;
    struct loop_timer *last = loop->heap[--loop->timer_count];
    if (last != timer) {
        heap_place(loop, index, last);
        heap_settle(loop, index);
    }
    free(timer);
}

void loop_at_turn_end(struct loop *loop, loop_timer_callback callback, void *context)
{
    loop->turn_end = callback;
    loop->turn_end_context = context;
}

static int wait_ms(const struct loop *loop)
{
    if (loop->timer_count == 0) {
        return -1;
    }
    int64_t left = loop->heap[0]->deadline_ms - clock_monotonic_ms();
    if (left <= 0) {
        return 0;
    }
    return left > INT_MAX ? INT_MAX : (int)left;
}

/* Timers that are started meanwhile wait for the next turn, or one that starts itself
   again with no delay would keep the descriptors from being heard. */
static void fire_timers(struct loop *loop)
{
    int64_t now = clock_monotonic_ms();
    uint64_t limit = loop->timers_made;
    while (loop->timer_count > 0) {
        struct loop_timer *timer = loop->heap[0];
        if (timer->deadline_ms > now || timer->number >= limit) {
            break;
        }
        loop_timer_callback callback = timer->callback;
        void *context = timer->context;
        loop_cancel(timer);
        callback(context);
    }
}

static bool turn(struct loop *loop, struct err *err)
{
    struct epoll_event events[EVENTS_A_TURN];
    int count = epoll_wait(loop->epoll, events, EVENTS_A_TURN, wait_ms(loop));
    if (count < 0 && errno != EINTR) {
        return err_sys(err, errno, "wait for events");
    }
    for (int i = 0; i < count; i++) {
        struct loop_watch *watch = events[i].data.ptr;
        if (!watch->dead) {
            watch->callback(watch->context, watch->fd, events[i].events);
        }
    }
    fire_timers(loop);
    if (loop->turn_end) {
        loop->turn_end(loop->turn_end_context);
    }
    list_free(&loop->dead);
    return true;
}

bool loop_run(struct loop *loop, struct err *err)
{
    bool good = true;
    while (good && !loop->stopped) {
        good = turn(loop, err);
    }
    loop->stopped = false;
    return good;
}

void loop_stop(struct loop *loop)
{
    loop->stopped = true;
}
